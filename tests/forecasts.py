"""Presents to forecast from: a stressed little shop, lived on by the driver."""

from collections import Counter
from pathlib import Path
from typing import Any

from sandbox.central.days import DAY
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.cast import Draw
from sandbox.sim.driver import Driver
from sandbox.sim.forecast import fork
from sandbox.sim.luck import luck
from sandbox.sim.workers import unpack
from tests import shop

STRESSED = """
test_orders = 0
[demand]
orders_per_day = 6
busyness_cv = 0.5
pending_share = 0.3
pending_minutes = 300
[buyers]
ask_share = 0.4
[buyers.wishes]
cancels = 0.05
asks_to_cancel = 0.1
another_address = 0.25
asks_about_product = 0.1
impostors = 0.5
[buyers.ratings]
share = 0.4
[buyers.returns]
faulty = 0.1
wrong_item = 0.05
not_as_described = 0.05
regretted = 0.15
[buyers.disputes]
claims_faulty = 0.5
chargebacks_faulty = 0.4
chargebacks_not_received = 0.4
chargeback_days = 12
fraud = 0.05
[parcels]
failed_share = 0.3
lost_share = 0.05
[desks.dispatch]
slip_share = 0.1
[desks.stock]
no_stock_share = 0.05
out_of_stock = "alternative"
[desks.disputes]
missed_share = 0.3
[desks.refunds]
missed_share = 0.3
"""
"""Few orders, and most of them with a story: every room has something open at any moment."""


def stressed(folder: Path, *changes: str, days: float = 25.4, name: str = "stressed") -> World:
    """A world of the stressed shop that has lived so many days."""
    scenario = shop.altered_scenario(STRESSED, *changes, text=shop.BUSY)
    world = worlds.make(folder / f"{name}.world", scenario)
    Driver(world).advance(scenario.start + int(days * DAY))
    return world


def ready(world: World) -> fork.Prepared:
    """Its present, made ready to be forked as a worker does."""
    present = fork.snapshot(world)
    unpack({present.mark: present.content})
    return fork.prepared(present.mark)


def ready_again(present: fork.Prepared, replication: int) -> fork.Prepared:
    """The present of one of its forks: the same facts, and another hidden future."""
    with fork.forked(present, replication) as driver:
        content, drawn = driver.world.connection.serialize("main"), driver.run.draw
    return ready_content(content, drawn)


def ready_content(content: bytes, past: Draw = luck) -> fork.Prepared:
    """A present made ready from a file's content."""
    with fork.in_memory(content) as world:
        return fork.ready(world, past)


def lived(present: fork.Prepared, replication: int, days: int) -> list[Any]:
    """The facts of one future, whole."""
    with fork.forked(present, replication) as driver:
        driver.advance(present.now + days * DAY, window=7 * DAY)
        return shop.facts(driver.world)


def agenda(world: World) -> Counter[tuple[int, str, str]]:
    """What waits on the agenda, without the numbers."""
    return Counter((at, step, ref) for at, step, ref in world.rows("select at, step, ref from agenda"))
