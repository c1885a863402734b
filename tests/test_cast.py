"""The cast: who reacts to what, singly or to many at once, and by whose luck."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from sandbox.central.days import DAY
from sandbox.central.facts import Fact, OrderPlaced, ParcelDelivered, ShipmentConfirmed, decoded
from sandbox.central.world import World
from sandbox.sim import happenings, parcels, receiving
from sandbox.sim.cast import TO_MANY, News, Run, reactions, worked_out_once
from sandbox.sim.driver import Driver
from sandbox.sim.luck import Few, Uniforms, luck
from tests import shop

WAITS_FOR_ORDERS = '[[happenings]]\nwhat = "stock-lost"\nsku = "KK-001"\nwhen_orders = 40\n'


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[World]:
    """A busy shop, some days later: parcels have left and arrived."""
    world = shop.busy(tmp_path)
    Driver(world).advance(world.now + 12 * DAY)
    yield world
    world.close()


def news(world: World, kind: type[Fact]) -> list[News]:
    rows = world.rows("select seq, body, order_number from facts where kind = ? order by seq", (kind.__name__,))
    return [(seq, decoded(kind.__name__, body), number) for seq, body, number in rows]


@pytest.mark.parametrize("kind", [ShipmentConfirmed, ParcelDelivered])
def test_what_comes_of_many_at_once_is_what_comes_of_each_by_itself(lived: World, kind: type[Fact]) -> None:
    run, those = Run(lived), news(lived, kind)
    together = [*TO_MANY[kind](run, those)]
    singly = [due for one in those for due in TO_MANY[kind](run, [one])]
    assert together and together == singly


def test_each_of_many_parcels_travels_as_a_single_one_would(lived: World) -> None:
    run, those = Run(lived), news(lived, ShipmentConfirmed)
    singly = [(seq, due) for seq, fact, number in those for due in parcels.leaves(run, fact, number)]
    assert [*parcels.leave(run, those)] == singly


def test_most_buyers_do_nothing_with_what_they_receive(lived: World) -> None:
    run, those = Run(lived), news(lived, ParcelDelivered)
    assert 0 < len({seq for seq, _ in receiving.open_them(run, those)}) < len(those) / 2


@pytest.mark.parametrize(("plot", "waits"), [("", False), (WAITS_FOR_ORDERS, True)])
def test_who_waits_for_so_many_orders_is_asked_only_where_somebody_does(tmp_path: Path, plot: str, waits: bool) -> None:
    world = shop.busy(tmp_path, plot)
    assert (happenings.when_orders in reactions(Run(world))[OrderPlaced]) == waits
    world.close()


def test_under_other_luck_those_asked_one_by_one_draw_from_it(lived: World) -> None:
    def book(seed: str, stream: str, number: int, places: int = 16, first: int | None = None) -> Uniforms:
        return luck("another", stream, number, places, first)

    ours, theirs = Run(lived), Run(lived, draw=book)
    assert theirs.in_turn("order", 16, 3)(5) == luck("another", "order", 5)[:3]
    assert ours.in_turn("order", 16, 3)(5) == luck(ours.seed, "order", 5)[:3]
    assert theirs.lot("order", 5, 16, 3) == luck("another", "order", 5)[3]
    assert ours.lot("order", 5, 16, 3) == luck(ours.seed, "order", 5)[3]


def test_what_is_worked_out_once_is_worked_out_anew_under_another_scenario(lived: World) -> None:
    asked: list[int] = []

    @worked_out_once
    def pool(run: Run) -> int:
        asked.append(run.scenario.buyers.pool)
        return asked[-1]

    run = Run(lived)
    fewer: Any = replace(run.scenario, buyers=replace(run.scenario.buyers, pool=5))  # type: ignore[type-var]
    other = run.elsewhere(fewer, run.draw, Few)
    assert [pool(run), pool(run), pool(other), pool(other)] == [run.scenario.buyers.pool] * 2 + [5] * 2
    assert len(asked) == 2
