"""Parcels: how long they travel, and that each arrives once."""

from collections.abc import Iterator
from math import exp, sqrt
from pathlib import Path
from statistics import correlation, fmean

import pytest

from sandbox.central import orders, shipments
from sandbox.central.days import DAY, MINUTE
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.scenario import parse
from tests import shop
from tests.test_luck import NORMAL_999, ks

MANY = 3_000

NEAR, METRO, FAR = (0.45, 2.5), (0.30, 4.5), (0.25, 7.0)
"""Weight and mean days of the three routes, each a gamma distribution of shape 2."""


def confirm(world: World, order_id: str, **more: object) -> None:
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC", **more)


def with_parcels(world: World, count: int) -> World:
    """Order and confirm that often at once, and wait until all has arrived."""
    with world.writing():
        for _ in range(count):
            confirm(world, shop.place(world))
    shop.wait(world, 200 * DAY)
    return world


def transit_days(world: World) -> list[float]:
    rows = world.execute("select delivered_at - confirmed_at from packages order by order_number, package")
    return [span / DAY for (span,) in rows]


def travelled(folder: Path, route: str, count: int = MANY) -> list[float]:
    """The days that parcels took where there is that route only."""
    world = worlds.make(
        folder / "one.world", parse(shop.QUIET.replace("[parcels]", f"[parcels]\ntransit = [{route}]"), "one.toml")
    )
    found = transit_days(with_parcels(world, count))
    world.close()
    return found


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop whose every parcel has arrived."""
    world = with_parcels(shop.quiet(tmp_path_factory.mktemp("parcels")), MANY)
    yield world
    world.close()


# -- how long they travel


def test_the_mean_transit_is_that_of_the_mixture(many: World) -> None:
    mean = sum(weight * days for weight, days in (NEAR, METRO, FAR))
    square = sum(weight * days**2 * 1.5 for weight, days in (NEAR, METRO, FAR))
    found = fmean(transit_days(many))
    assert abs(found - mean) < NORMAL_999 * sqrt((square - mean**2) / MANY)


@pytest.mark.parametrize(("days", "shape"), [(2.5, 1), (4.5, 2), (7.0, 5)])
def test_a_route_has_its_mean(tmp_path: Path, days: float, shape: int) -> None:
    found = travelled(tmp_path, f"{{weight = 1, mean_days = {days}, shape = {shape}}}")
    assert abs(fmean(found) - days) < NORMAL_999 * days / sqrt(shape * MANY)


def test_a_route_of_shape_1_is_exponential(tmp_path: Path) -> None:
    found = travelled(tmp_path, "{weight = 1, mean_days = 3, shape = 1}")
    assert ks(1 - exp(-days / 3) for days in found) < 1.95


def test_a_route_of_shape_2_is_a_gamma_distribution(tmp_path: Path) -> None:
    found = travelled(tmp_path, "{weight = 1, mean_days = 4, shape = 2}")
    assert ks(1 - exp(-days / 2) * (1 + days / 2) for days in found) < 1.95


def test_routes_are_taken_as_often_as_they_weigh(tmp_path: Path) -> None:
    """A near place and one a hundred times as far, so that the days tell which."""
    found = travelled(tmp_path, "{weight = 3, mean_days = 0.1, shape = 5}, {weight = 1, mean_days = 60, shape = 5}")
    far = sum(days > 2 for days in found)
    assert abs(far - MANY / 4) < NORMAL_999 * sqrt(MANY * 3 / 16)


def test_one_parcels_transit_tells_nothing_of_the_next(many: World) -> None:
    found = transit_days(many)
    assert abs(correlation(found[:-1], found[1:])) < NORMAL_999 / sqrt(MANY)


def test_a_parcel_takes_the_same_time_whenever_it_leaves(tmp_path: Path) -> None:
    """A faster seller gets the same luck from the carrier."""
    spans = []
    for hours in (0, 30):
        world = shop.quiet(tmp_path, name=f"after-{hours}")
        order_id = shop.place(world)
        shop.wait(world, hours * 60 * MINUTE)
        confirm(world, order_id)
        shop.wait(world, 60 * DAY)
        spans += transit_days(world)
        world.close()
    assert spans[0] == spans[1]


# -- arriving


def test_every_parcel_arrives_once(many: World) -> None:
    sql = "select count(*), count(distinct order_number) from facts where kind = 'ParcelDelivered'"
    assert many.execute(sql).fetchone() == (MANY, MANY)


def test_a_parcel_arrives_because_it_was_confirmed(many: World) -> None:
    sql = """select count(*) from facts d join facts c on c.seq = d.because
        where d.kind = 'ParcelDelivered' and c.kind = 'ShipmentConfirmed' and c.order_number = d.order_number"""
    assert many.execute(sql).fetchone() == (MANY,)


def test_nothing_arrives_before_it_left(many: World) -> None:
    assert many.execute("select count(*) from packages where delivered_at < confirmed_at").fetchone() == (0,)


def test_nothing_arrives_that_was_not_confirmed(quiet: World) -> None:
    shop.place(quiet)
    shop.wait(quiet, 29 * DAY)
    assert quiet.facts(kinds=("ParcelDelivered",)) == []


def test_two_packages_of_an_order_travel_each_by_itself(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item = orders.details(quiet, order_id).items[0][0].item_id
    confirm(quiet, order_id, items={item: 1})
    confirm(quiet, order_id)
    shop.wait(quiet, 60 * DAY)
    first, second = transit_days(quiet)
    assert first != second


def test_a_parcel_on_its_way_arrives_though_the_rest_of_its_order_was_cancelled(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item = orders.details(quiet, order_id).items[0][0].item_id
    shop.wait(quiet, 30 * DAY - MINUTE)
    confirm(quiet, order_id, items={item: 1})
    shop.wait(quiet, 60 * DAY)
    assert [fact.kind for fact in quiet.facts(kinds=("RestCancelled", "ParcelDelivered"))] == [
        "RestCancelled",
        "ParcelDelivered",
    ]


def test_a_parcel_handed_over_by_hand_is_not_handed_over_again(quiet: World) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id)
    quiet.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
    shop.wait(quiet, 60 * DAY)
    assert [fact.at for fact in quiet.facts(kinds=("ParcelDelivered",))] == [shop.MONDAY]
