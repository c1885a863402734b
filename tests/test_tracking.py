"""Tracking: what a carrier tells of a package is on record or owed to its ids, and is not told before it happens."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox.central import shipments
from sandbox.central.days import DAY, HOUR
from sandbox.central.guide import Refused
from sandbox.central.orders import details
from sandbox.central.tracking import Scan, journey
from sandbox.central.world import World
from tests import quarrels, shop

MANY = 40
LONG = 60 * DAY
"""After so long every parcel's journey is over."""


@pytest.fixture
def rough(tmp_path: Path) -> Iterator[World]:
    """A shop whose parcels are missed at the door, and lost, far more often than usual."""
    world = shop.altered(tmp_path, "parcels = {failed_share = 0.5, failed_again = 0.5, lost_share = 0.2}")
    yield world
    world.close()


def scans(world: World, order_id: str, package: int = 1) -> list[Scan]:
    return journey(world, order_id, package).scans


def codes(world: World, order_id: str, package: int = 1) -> list[str]:
    return [scan.code for scan in scans(world, order_id, package)]


def sent(world: World, count: int = MANY) -> list[str]:
    with world.writing():
        return [quarrels.shipped(world) for _ in range(count)]


def test_a_parcel_is_announced_with_its_confirmation(slow: World) -> None:
    assert scans(slow, quarrels.shipped(slow)) == [Scan(slow.now, "Announced")]


def test_a_parcel_on_its_way_is_picked_up_and_sorted(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    shop.wait(slow, LONG)
    assert codes(slow, order_id) == ["Announced", "PickedUp", "AtHub", "AtHub", "AtHub"]


def test_parcels_are_picked_up_at_moments_of_their_own(slow: World) -> None:
    placed = sent(slow, 5)
    shop.wait(slow, 5 * HOUR)
    assert len({scans(slow, order_id)[1].at for order_id in placed}) == 5


def test_a_delivery_is_told_at_its_moment_after_the_van_that_took_it_out(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    shop.wait(slow, 9 * DAY)
    quarrels.deliver(slow, order_id)
    *_, out, delivered = scans(slow, order_id)
    assert delivered == Scan(slow.now, "Delivered")
    assert out.code == "OutForDelivery" and out.at < delivered.at


def test_each_attempt_and_the_way_back_are_told(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    shop.wait(slow, 9 * DAY)
    for attempt in (1, 2):
        slow.do(shipments.fail, by="carrier", order_id=order_id, package=1, attempt=attempt)
        shop.wait(slow, DAY)
    slow.do(shipments.bring_back, by="carrier", order_id=order_id, package=1)
    expected = ["OutForDelivery", "Attempted", "OutForDelivery", "Attempted", "Returned"]
    assert codes(slow, order_id)[5:] == expected


def test_a_lost_parcel_was_scanned_like_any_other(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    shop.wait(slow, 30 * DAY)
    before = scans(slow, order_id)
    slow.do(shipments.lose, by="carrier", order_id=order_id, package=1)
    assert scans(slow, order_id) == [*before, Scan(slow.now, "Lost")]


def test_what_arrived_at_once_was_picked_up_by_nobody(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    quarrels.deliver(slow, order_id)
    assert codes(slow, order_id) == ["Announced", "Delivered"]


def test_a_package_without_tracking_id_is_not_tracked(slow: World) -> None:
    order_id = quarrels.shipped(slow, tracking="")
    shop.wait(slow, 5 * DAY)
    assert scans(slow, order_id) == []


def test_each_package_has_its_own_journey(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    for _ in range(2):
        quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    shop.wait(slow, 9 * DAY)
    quarrels.deliver(slow, order_id, package=2)
    assert codes(slow, order_id, 1)[-1] == "AtHub"
    assert codes(slow, order_id, 2)[-1] == "Delivered"


def test_a_package_that_is_not_there_is_refused(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    with pytest.raises(Refused, match=rf"Order {order_id} has no package 2\."):
        journey(slow, order_id, 2)


def test_nothing_is_told_before_it_happens_or_taken_back(rough: World) -> None:
    placed = sent(rough)
    told: dict[str, set[Scan]] = {order_id: set() for order_id in placed}
    for _ in range(60):
        shop.wait(rough, 13 * HOUR)
        for order_id in placed:
            found = scans(rough, order_id)
            assert told[order_id] <= set(found)
            assert all(scan.at <= rough.now for scan in found)
            told[order_id] = set(found)
    ends = {codes(rough, order_id)[-1] for order_id in placed}
    assert ends >= {"Delivered", "Lost", "Returned"}


def test_scans_lie_in_the_order_of_time(rough: World) -> None:
    placed = sent(rough)
    shop.wait(rough, LONG)
    for order_id in placed:
        assert all(one.at <= other.at for one, other in pairwise(scans(rough, order_id)))


def test_the_last_scan_is_what_the_package_says(rough: World) -> None:
    placed = sent(rough)
    shop.wait(rough, 3 * LONG)
    for order_id in placed:
        (package,) = details(rough, order_id).packages
        ends = {"Delivered": package.delivered_at, "Lost": package.lost_at, "Returned": package.returned_at}
        last = scans(rough, order_id)[-1]
        assert {code: at for code, at in ends.items() if at} == {last.code: last.at}
