"""A small shop to test with: built by commands, moved by the driver."""

import tomllib
from pathlib import Path
from typing import Any

from sandbox.central import orders
from sandbox.central.days import parse_moment
from sandbox.central.orders import Piece
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import Scenario, parse

MONDAY = parse_moment("2026-03-02T10:00:00+05:30")

CALM = """
[buyers.wishes]
cancels = 0
asks_to_cancel = 0
another_address = 0
asks_about_product = 0
[buyers.ratings]
share = 0
[buyers.regard]
thanks = 0
[buyers.returns]
faulty = 0
wrong_item = 0
not_as_described = 0
regretted = 0
[buyers.disputes]
misses = 0
claims_not_received = 0
fraud = 0
charged_twice = 0
chargebacks_not_received = 0
[parcels]
failed_share = 0
lost_share = 0
delivers_from = "0:00"
delivers_until = "24:00"
[desks.disputes]
played_by = "person"
[desks.refunds]
played_by = "person"
"""
"""Buyers want nothing, send nothing back, and quarrel with nobody; parcels arrive at the first
attempt, day and night; two desks are open."""

QUIET = (
    """
title = "A quiet shop"
seed = 7
start = "2026-03-02T10:00:00+05:30"
[demand]
orders_per_day = 0
[buyers]
pool = 3
ask_share = 0
[[products]]
sku = "KK-001"
title = "Steel kettle"
price = 849
[[products]]
sku = "KK-014"
title = "Coffee maker, 2 cups"
price = 1290
[desks.dispatch]
played_by = "person"
[desks.inbox]
played_by = "person"
"""
    + CALM
)
"""Nobody comes by themselves, nobody asks, and no desk is played: only what a test does happens."""

BUSY = """
title = "A busy shop"
seed = 11
start = "2026-03-02T10:00:00+05:30"
test_orders = 2
[demand]
orders_per_day = 25
[buyers]
pool = 40
ask_share = 0.3
[[products]]
sku = "KK-001"
title = "Steel kettle"
price = 849
[[products]]
sku = "KK-014"
title = "Coffee maker, 2 cups"
price = 1290
"""
"""Buyers come, ask and are answered, and both desks are scripted."""

SLOW = "[[parcels.transit]]\nweight = 1\nmean_days = 3660\nshape = 5\n"
"""Parcels travel for years."""

ALL_OPEN = """
[settings]
left_open = [
    "account_info", "bank_account", "logo", "shipping_rates", "notification_addresses", "return_url", "policies"
]
"""
"""Nothing is filled in."""

ALWAYS = """
[desks.inbox]
played_by = "script"
opens = "0:00"
closes = "24:00"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
agents = 20
helpful_share = 1
"""
"""An inbox in which somebody sits day and night and finds helpful words for everybody."""

INFO = {
    "legal_name": "Kettle and Kin Private Limited",
    "contact_name": "Meera Iyer",
    "contact_email": "meera@shop.example.invalid",
    "contact_phone": "+91 80 5550 0100",
}
BANK = {"holder": "Kettle and Kin", "bank_code": "SAND0000402", "number": "123456789012"}


def quiet(folder: Path, changes: str = "", name: str = "quiet") -> World:
    """A world of `QUIET`; `changes` is more TOML, such as a `[policy]` table."""
    return worlds.make(folder / f"{name}.world", parse(QUIET + changes, f"{name}.toml"))


def slow(folder: Path, changes: str = "", name: str = "slow") -> World:
    """A world of `QUIET` whose parcels travel for years: they arrive when a test hands them over."""
    return quiet(folder, SLOW + changes, name)


def staffed(folder: Path, desk: str, keys: str = "", changes: str = "") -> World:
    """A world of `slow` in which that desk is played by its script, or as `keys` have it."""
    person = f'[desks.{desk}]\nplayed_by = "person"\n'
    assert person in QUIET
    text = QUIET.replace(person, f"[desks.{desk}]\n{keys}\n") + SLOW + changes
    return worlds.make(folder / f"{desk}.world", parse(text, f"{desk}.toml"))


def busy(folder: Path, changes: str = "", name: str = "busy") -> World:
    """A world of `BUSY`."""
    return worlds.make(folder / f"{name}.world", scenario(changes))


def altered(folder: Path, *changes: str, text: str = QUIET, name: str = "altered") -> World:
    """A world of `QUIET`, or of another text, in which some keys have other values; `changes` are TOML, too."""
    return worlds.make(folder / f"{name}.world", altered_scenario(*changes, text=text))


def altered_scenario(*changes: str, text: str = QUIET) -> Scenario:
    """A scenario with other values under some of its keys."""
    found = tomllib.loads(text)
    for change in changes:
        _put(found, tomllib.loads(change))
    return Scenario.model_validate(found)


def _put(table: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and key in table:
            _put(table[key], value)
        else:
            table[key] = value


def scenario(changes: str = "") -> Scenario:
    """The scenario `BUSY`."""
    return parse(BUSY + changes, "busy.toml")


def place(world: World, *pieces: tuple[int, int], view: str = "production", pending: bool = False) -> str:
    """Place an order of (product, quantity) pairs, one kettle if none are given, and return its id."""
    bought = [Piece(product, quantity, (84_900, 129_000)[product - 1]) for product, quantity in pieces or ((1, 1),)]
    (fact,) = world.do(
        orders.place, by="buyer", buyer=1, address=1, pieces=bought, shipping_minor=4_900, view=view, pending=pending
    )
    return fact.order_id  # type: ignore[attr-defined,no-any-return]


def places(world: World, count: int) -> list[str]:
    """Place so many orders at once, and return their ids."""
    with world.writing():
        return [place(world) for _ in range(count)]


def wait(world: World, span: int) -> None:
    """Let world time pass."""
    Driver(world).advance(world.now + span)


def tables(world: World) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the tables that the facts make."""
    from sandbox.central.schema import FROM_FACTS

    return {name: world.execute(f"select * from {name} order by 1, 2").fetchall() for name in FROM_FACTS}


def facts(world: World) -> list[tuple[object, ...]]:
    """All facts, whole."""
    return world.execute("select * from facts order by seq").fetchall()
