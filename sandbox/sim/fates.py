"""Fates: the orders that hold a magic word, each lived by the cast as if its scenario were the one that the word makes.

An order is marked when it is placed. Whatever the cast does about it is handed another run: of the same world, under
the scenario that its words change, with the uniforms that decide at their least. Nobody else's luck is touched, and a
world without such orders is asked once a window whether it has any.
"""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from sandbox.central import messages, orders
from sandbox.central.days import MINUTE
from sandbox.central.disputes import CHARGEBACK, dispute_of
from sandbox.central.guide import Due
from sandbox.central.ids import BY_HAND
from sandbox.sim import asking, banks, buyers, complaints, dispute_desk, parcels, receiving, refund_desk, regard, stock
from sandbox.sim import wishes as wishing
from sandbox.sim.cast import Draw, Dues, News, Run, Those, keep, step
from sandbox.sim.luck import Uniforms
from sandbox.sim.magic import NOTHING, Changes, Draws, together
from sandbox.sim.scenario import Scenario
from sandbox.sim.scenario.plain import plain

_PLACED = "orders with a fate"
_MEAN_LEG = 1 - 2.718281828459045**-1
"""The uniform that is worth the mean of an exponential variate: with it on every leg a parcel takes its mean time."""
_MIDDLE, _SOONEST = 0.5, 0.0

DRAWS: Draws = {
    ("order", buyers.PENDING_TIME): _MIDDLE,
    ("order", buyers.ASKS): _SOONEST,
    ("order", buyers.PATIENCE): _MIDDLE,
    ("order", wishing.WISH): _SOONEST,
    ("order", wishing.WHEN): _MIDDLE,
    ("order", complaints.FRAUD): _SOONEST,
    ("order", complaints.LAG): _MIDDLE,
    ("wish", wishing.INSISTS): _SOONEST,
    ("wish", wishing.REORDERS): _SOONEST,
    ("wish", wishing.IMPOSTOR): _SOONEST,
    ("wish", wishing.AGAIN_AFTER): _SOONEST,
    ("parcel", parcels.LOST): _SOONEST,
    ("parcel", parcels.FAILS): _SOONEST,
    **{("parcel", parcels.LEGS + leg): _MEAN_LEG for leg in range(parcels.LOST - parcels.LEGS)},
    ("after", receiving.RATES): _SOONEST,
    ("after", receiving.RATES_WHEN): _MIDDLE,
    ("after", receiving.FAULT): _SOONEST,
    ("after", receiving.FAULT_WHEN): _MIDDLE,
    ("after", receiving.SENDS_WHEN): _MIDDLE,
    ("after", receiving.TRAVELS): _MIDDLE,
    ("complaint", complaints.CLAIMS): _SOONEST,
    ("complaint", complaints.CHARGES_BACK): _SOONEST,
    ("complaint", complaints.CLAIM_WAIT): _MIDDLE,
    ("complaint", complaints.BANK_WAIT): _MIDDLE,
    ("complaint", complaints.MISSES): _SOONEST,
    ("bank", banks.WEEKS): _MIDDLE,
    ("reads", asking.THANKS): _SOONEST,
    ("inbox", regard.HELPS): _SOONEST,
    ("alternative", stock.ACCEPTS): _SOONEST,
    ("disputes desk", dispute_desk.MISSES): _SOONEST,
    ("refunds desk", refund_desk.MISSES): _SOONEST,
}
"""What is drawn for every order with a fate: least where a share decides, so that it does, and the middle of waits."""


# -- which orders


def mark(run: Run, number: int, words: list[str]) -> None:
    """Have an order that was just placed meet the fate of these words."""
    keep(run.world, _name(number), words)
    there(run)["count"] += 1
    fate, world = together(words), run.world
    for name, minutes in fate.soon:
        world.put_off(Due(world.now + minutes * MINUTE, name, world.ids.order_id(number)), world.clock.facts)


def there(run: Run) -> dict[str, int]:
    """How many orders of this world have a fate."""
    found: dict[str, int] = run.state(_PLACED, {"count": 0})
    return found


def _name(number: int) -> str:
    return f"fate of {number}"


def has_one(run: Run, number: int | None) -> bool:
    """Whether an order has a fate."""
    return (number or 0) > BY_HAND and there(run)["count"] > 0 and run.kept(_name(number or 0), None) is not None


def is_about_one(run: Run, name: str, ref: str) -> bool:
    """Whether a step of the agenda is about an order with a fate."""
    return there(run)["count"] > 0 and has_one(run, order_of(run, name, ref))


def theirs(run: Run, number: int | None) -> Run:
    """The run for whatever is done about an order: its own if it has a fate, everybody's otherwise."""
    if number is None or number <= BY_HAND or not there(run)["count"]:
        return run
    words = run.kept(_name(number), None)
    return _fated(run, words) if words else run


def by_run(run: Run, news: list[News]) -> Iterable[tuple[Run, list[News]]]:
    """The same for many: each with a fate by itself, and all of them at once where there are no fates."""
    if there(run)["count"]:
        return [(theirs(run, number), [(seq, fact, number)]) for seq, fact, number in news]
    return [(run, news)]


def theirs_by(run: Run, name: str, ref: str) -> Run:
    """The same for a step of the agenda."""
    return theirs(run, order_of(run, name, ref))


def order_of(run: Run, name: str, ref: str) -> int | None:
    """The number of the order that a step is about, if it is about one."""
    if name == "banks.decides":
        return dispute_of(run.world, int(ref), CHARGEBACK).order_number
    return run.world.ids.order_number(ref.partition(" ")[0])


# -- as if under another scenario


class _Everybody:
    """Whom luck singles out where it must: all are looked at, and the shares decide."""

    def __contains__(self, number: int, /) -> bool:
        return True


def _everybody(seed: str, stream: str, places: int, shares: dict[int, float]) -> Those:
    return _Everybody()


def _fated(run: Run, words: list[str]) -> Run:
    """The run for orders of these words, made once."""
    made: dict[str, Run] = run.made.setdefault("fates", {})
    name = " ".join(words)
    if name not in made:
        fate = together(words)
        scenario = changed(run.scenario, NOTHING | fate.changes)
        made[name] = run.elsewhere(scenario, _drawing(run.draw, DRAWS | fate.draws), _everybody)
    return made[name]


def changed(scenario: Scenario, changes: Changes) -> Scenario:
    """A scenario to run by with other values under some of its keys."""
    tables: dict[str, Changes] = {}
    for key, value in changes.items():
        table, _, name = key.rpartition(".")
        tables.setdefault(table, {})[name] = plain(value)
    whole: Any = scenario
    for table, values in tables.items():
        whole = _put(whole, table.split("."), values)
    found: Scenario = whole
    return found


def _put(table: Any, path: list[str], values: Changes) -> Any:
    if not path:
        return replace(table, **values)
    return replace(table, **{path[0]: _put(getattr(table, path[0]), path[1:], values)})


def _drawing(draw: Draw, wanted: Draws) -> Draw:
    """Luck as it is, but for the places that are as they must be."""
    streams: dict[str, dict[int, float]] = {}
    for (stream, place), value in wanted.items():
        streams.setdefault(stream, {})[place] = value

    def drawn(seed: str, stream: str, number: int, places: int = 16, first: int | None = None) -> Uniforms:
        found = draw(seed, stream, number, places, first)
        forced = streams.get(stream) or streams.get(stream.partition(" ")[0])
        return tuple(forced.get(place, u) for place, u in enumerate(found)) if forced else found

    return drawn


# -- what only fates bring


@step
def is_declined(run: Run, at: int, order_id: str) -> Dues:
    """The payment fails."""
    run.world.do(orders.decline, by="amazon", order_id=order_id)
    return ()


@step
def writes_a_link(run: Run, at: int, order_id: str) -> Dues:
    """A buyer writes what may not be passed on; that it was refused is on record."""
    run.tries(messages.ask, by="buyer", order_id=order_id, subject="OtherQuestion", text=_LINK)
    return ()


_LINK = "Is it this one? https://example.invalid/kettle"
