"""Differences: what one world has and another has not, fact by fact and field by field."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from sandbox.central import shipments
from sandbox.central.days import DAY, HOUR, rfc3339
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim import snapshots
from sandbox.sim.differences import Changed, Differences, differences, point, present
from sandbox.sim.worlds import Shelf
from tests import shop


@pytest.fixture
def world(shelf: Shelf) -> Iterator[World]:
    """A busy shop that has lived for three days, with a snapshot of that."""
    world = shelf.make("calm", shop.scenario().model_copy(update={"history_days": 3}))
    snapshots.take(world, "before")
    yield world
    world.close()


def since(shelf: Shelf, world: World, snapshot: str | None = "before", **how: int) -> Differences:
    with point(shelf, world, snapshot, None, None) as other:
        return differences(present(world), other, **how)


def ship(world: World) -> str:
    """Ship an open order, and return its id."""
    sql = "select order_id from orders where status = 'Unshipped' and view = 'production' order by number"
    (order_id,) = world.row(sql)
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart", tracking="BD-1")
    return str(order_id)


def test_a_world_differs_from_itself_in_nothing(shelf: Shelf, world: World) -> None:
    found = since(shelf, world)
    assert (found.this.kinds, found.other.kinds, found.orders, found.more) == ({}, {}, 0, False)


def test_what_was_done_is_told_fact_by_fact(shelf: Shelf, world: World) -> None:
    order_id = ship(world)
    found = since(shelf, world)
    assert [(fact.kind, fact.order_id, fact.by) for fact in found.this.only] == [
        ("ShipmentConfirmed", order_id, "seller")
    ]
    assert (found.this.kinds, found.other.kinds) == ({"ShipmentConfirmed": 1}, {})


def test_an_order_that_differs_is_told_field_by_field(shelf: Shelf, world: World) -> None:
    order_id = ship(world)
    (order,) = since(shelf, world).differing
    assert (order.order_id, order.only_in) == (order_id, None)
    fields = {field.field: field for field in order.fields}
    assert fields["status"] == Changed("status", "Shipped", "Unshipped")
    assert fields["packages.1.tracking"] == Changed("packages.1.tracking", "BD-1", None)
    assert fields["confirmed_at"] == Changed("confirmed_at", rfc3339(world.now), None)
    assert "version" not in fields and "memo" not in fields


def test_an_order_that_only_one_has_is_told_as_that(shelf: Shelf, world: World) -> None:
    order_id = shop.place(world)
    assert [(one.order_id, one.only_in) for one in since(shelf, world).differing] == [(order_id, "this")]


def test_what_one_did_besides_does_not_make_all_that_follows_another(shelf: Shelf, world: World) -> None:
    """All facts behind it have other numbers in the two worlds, and most of them say the same."""
    with closing(snapshots.fork(shelf, "other", world)) as other:
        order_id = ship(world)
        for one in (world, other):
            shop.wait(one, DAY)
        with point(shelf, world, None, "other", None) as there:
            found = differences(present(world), there, limit=1000)
        assert {fact.order_id for fact in (*found.this.only, *found.other.only)} == {order_id}
        assert world.clock.facts - found.this.facts == 0 and len(found.this.only) < 20


def test_each_side_of_two_worlds_is_told(shelf: Shelf, world: World) -> None:
    with closing(snapshots.fork(shelf, "other", world)) as other:
        one, two = ship(world), shop.place(other)
        with point(shelf, world, None, "other", None) as there:
            found = differences(present(world), there)
    assert (list(found.this.kinds), "OrderPlaced" in found.other.kinds) == (["ShipmentConfirmed"], True)
    assert {order.order_id: order.only_in for order in found.differing} == {one: None, two: "other"}


def test_worlds_of_different_seeds_have_nothing_in_common(shelf: Shelf, world: World) -> None:
    shelf.make("stranger", shop.scenario().model_copy(update={"seed": 99, "history_days": 1})).close()
    with point(shelf, world, None, "stranger", None) as there:
        found = differences(present(world), there, limit=1000)
    assert sum(found.this.kinds.values()) == found.this.facts
    assert {order.only_in for order in found.differing} == {"this", "other"}


def test_a_world_is_compared_with_itself_after_a_fact(shelf: Shelf, world: World) -> None:
    before = world.clock.facts
    order_id = ship(world)
    with point(shelf, world, None, None, before) as then:
        found = differences(present(world), then)
    by_snapshot = since(shelf, world)
    assert (found.this, found.differing) == (by_snapshot.this, by_snapshot.differing)
    assert found.differing[0].order_id == order_id


def test_after_its_first_fact_a_world_had_nothing(shelf: Shelf, world: World) -> None:
    with point(shelf, world, None, None, 1) as then:
        found = differences(present(world), then)
    assert (sum(found.this.kinds.values()), found.other.facts) == (world.clock.facts - 1, 1)


@pytest.mark.parametrize("fact", [0, -1, 10**9])
def test_a_fact_that_is_not_there_is_refused(shelf: Shelf, world: World, fact: int) -> None:
    with (
        pytest.raises(Refused, match=f"no fact {fact} in 'calm'. The last one is") as refused,
        point(shelf, world, None, None, fact),
    ):
        pass
    assert refused.value.code == "UnknownFact"


def test_lists_come_in_pages(shelf: Shelf, world: World) -> None:
    shop.wait(world, 12 * HOUR)
    whole = since(shelf, world, limit=1000)
    facts, ids, after, more = [], [], 0, True
    while more:
        page = since(shelf, world, limit=7, after=after)
        facts += page.this.only
        ids += [order.order_id for order in page.differing]
        after, more = after + 7, page.more
    assert facts == whole.this.only and ids == [order.order_id for order in whole.differing] and len(facts) > 14


def test_comparing_changes_nothing_and_leaves_nothing(shelf: Shelf, world: World) -> None:
    ship(world)
    before, files = shop.facts(world), sorted(path.name for path in shelf.folder.rglob("*"))
    since(shelf, world)
    assert (shop.facts(world), sorted(path.name for path in shelf.folder.rglob("*"))) == (before, files)
    shop.place(world)
    assert world.check() == []


@pytest.mark.parametrize(
    ("snapshot", "other", "code"),
    [
        ("after", None, "UnknownSnapshot"),
        (None, "nowhere", "UnknownWorld"),
        (None, "../calm", "InvalidName"),
        ("before", "nowhere", "UnknownWorld"),
        ("x" * 10_000, None, "InvalidName"),
    ],
)
def test_what_is_not_there_cannot_be_compared_with(
    shelf: Shelf, world: World, snapshot: str | None, other: str | None, code: str
) -> None:
    with pytest.raises(Refused) as refused, point(shelf, world, snapshot, other, None):
        pass
    assert refused.value.code == code
