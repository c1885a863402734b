"""Parcels: how long they travel, that each arrives once, and what becomes of those that nobody takes in."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from math import exp, sqrt
from pathlib import Path
from statistics import correlation, fmean

import pytest

from sandbox.central import orders, shipments
from sandbox.central.days import DAY, HOUR, MINUTE, hour_of_day, start_of_day
from sandbox.central.facts import decoded
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.cast import Run
from sandbox.sim.parcels import is_back_at
from sandbox.sim.scenario import InvalidScenario, parse
from tests import quarrels, shop
from tests.test_luck import NORMAL_999, ks

MANY = 3_000

NEAR, USUAL, FAR = (0.10, 1.5, 2), (0.54, 7.0, 3), (0.36, 15.0, 2)
"""Weight, mean days and shape of the three routes."""


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
    routes = (NEAR, USUAL, FAR)
    mean = sum(weight * days for weight, days, _ in routes)
    square = sum(weight * days**2 * (1 + 1 / shape) for weight, days, shape in routes)
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


BY_DAY = 'parcels = {delivers_from = "9:00", delivers_until = "20:00"}'


def test_parcels_come_by_day(tmp_path: Path) -> None:
    """Those that nobody takes in, those that are lost, and those that go back, too."""
    world = shop.altered(tmp_path, BY_DAY, "parcels = {failed_share = 0.5, failed_again = 0.5, lost_share = 0.1}")
    with_parcels(world, 500)
    found = world.facts(kinds=("DeliveryFailed", "ParcelDelivered", "ParcelLost", "ParcelReturned"), limit=10_000)
    world.close()
    assert {fact.kind for fact in found} == {"DeliveryFailed", "ParcelDelivered", "ParcelLost", "ParcelReturned"}
    assert {hour_of_day(fact.at) for fact in found} == set(range(9, 20))


def test_attempts_that_would_be_at_night_are_by_day(tmp_path: Path) -> None:
    world = shop.altered(tmp_path, BY_DAY, FAILS, "parcels.attempt_days = 1.4")
    with_parcels(world, 100)
    found = world.facts(kinds=("DeliveryFailed", "ParcelReturned"), limit=10_000)
    world.close()
    assert len(found) == 400 and all(9 * HOUR <= fact.at - start_of_day(fact.at) <= 20 * HOUR for fact in found)


@pytest.mark.parametrize(("begins", "ends"), [("9:00", "20:00"), ("6:00", "10:00"), ("18:00", "24:00")])
def test_delivery_hours_make_no_parcel_later_on_average(tmp_path: Path, begins: str, ends: str) -> None:
    means = []
    for hours in (begins, ends), ("0:00", "24:00"):
        keys = f'parcels = {{delivers_from = "{hours[0]}", delivers_until = "{hours[1]}"}}'
        world = shop.altered(tmp_path, keys, EVEN_ROUTE, name=hours[0][0])
        days = transit_days(with_parcels(world, 1_000))
        means.append(fmean(days))
        world.close()
    assert means[0] == pytest.approx(means[1], abs=NORMAL_999 * sqrt(1 / 6 / 1_000))


EVEN_ROUTE = "parcels.transit = [{weight = 1, mean_days = 20, shape = 3}]"
"""So long that a parcel may come at any time of the day; two moments of one day are a day apart at most."""


def test_hours_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(InvalidScenario, match="carriers begin to deliver before they end"):
        parse('title = "x"\n[parcels]\ndelivers_from = "20:00"\ndelivers_until = "9:00"\n', "x.toml")


# -- nobody there, lost, slow

AT_ONCE = "parcels.transit = [{weight = 1, mean_days = 2, shape = 5}]"
FAILS = "parcels = {failed_share = 1, failed_again = 1}"
LOST = "parcels.lost_share = 1"


def altered(folder: Path, *changes: str, count: int = 1, **what: object) -> World:
    """A shop with changes after so many parcels left and a hundred days went by."""
    world = shop.altered(folder, AT_ONCE, *changes)
    for order_id in shop.places(world, count):
        confirm(world, order_id, **what)
    shop.wait(world, 100 * DAY)
    return world


def kinds(world: World) -> list[str]:
    found = world.facts(kinds=("DeliveryFailed", "ParcelDelivered", "ParcelLost", "ParcelReturned"), limit=10_000)
    return [fact.kind for fact in found]


def test_after_the_last_attempt_a_parcel_is_brought_back(tmp_path: Path) -> None:
    world = altered(tmp_path, FAILS)
    found = kinds(world)
    world.close()
    assert found == ["DeliveryFailed"] * 3 + ["ParcelReturned"]


def test_there_are_as_many_attempts_as_the_scenario_says(tmp_path: Path) -> None:
    world = altered(tmp_path, FAILS, "parcels.attempts = 1")
    found = kinds(world)
    world.close()
    assert found == ["DeliveryFailed", "ParcelReturned"]


def test_attempts_are_as_far_apart_as_the_scenario_says(tmp_path: Path) -> None:
    world = altered(tmp_path, FAILS, "parcels.attempt_days = 2.5")
    found = [fact.at for fact in world.facts(kinds=("DeliveryFailed",))]
    world.close()
    assert len(found) == 3 and {later - earlier for earlier, later in pairwise(found)} == {int(2.5 * DAY)}


SOON = [HOUR, 9 * HOUR, DAY, 2 * DAY]
BACK = "parcels = {attempt_days = 2.5, delivers_from = '10:00', delivers_until = '19:00'}"


def test_a_carrier_brings_the_shop_what_goes_back_once_a_day(tmp_path: Path) -> None:
    world = altered(tmp_path, BACK, FAILS)
    *_, missed, returned = [fact.at for fact in world.facts(kinds=("DeliveryFailed", "ParcelReturned"))]
    world.close()
    assert returned - start_of_day(returned) == 14.5 * HOUR
    assert abs(returned - missed - 2.5 * DAY) <= DAY / 2


def test_what_comes_back_is_no_later_on_average_and_never_in_half_the_time(tmp_path: Path) -> None:
    world = shop.altered(tmp_path, BACK)
    run, minutes = Run(world), [minute * MINUTE for minute in range(DAY // MINUTE)]
    late = [is_back_at(run, shop.MONDAY, 5 * DAY + minute) - shop.MONDAY - 5 * DAY - minute for minute in minutes]
    soon = [is_back_at(run, shop.MONDAY + minute, span) - shop.MONDAY - minute for minute in minutes for span in SOON]
    world.close()
    assert abs(fmean(late)) < MINUTE and max(map(abs, late)) <= DAY / 2
    assert all(2 * took >= span for took, span in zip(soon, SOON * len(minutes), strict=True))


def test_attempts_are_counted_from_1(tmp_path: Path) -> None:
    world = altered(tmp_path, FAILS)
    found = [decoded(fact.kind, fact.body).attempt for fact in world.facts(kinds=("DeliveryFailed",))]
    world.close()
    assert found == [1, 2, 3]


def test_most_parcels_that_nobody_took_in_arrive_at_the_next_attempt(tmp_path: Path) -> None:
    """Each attempt fails as often as the first here, so of a thousand an eighth go back."""
    world = altered(tmp_path, "parcels = {failed_share = 0.5, failed_again = 0.5}", count=1_000)
    counts = Counter(kinds(world))
    world.close()
    assert counts["ParcelDelivered"] + counts["ParcelReturned"] == 1_000
    assert abs(counts["ParcelReturned"] - 125) < NORMAL_999 * sqrt(1_000 * 7 / 64)
    assert abs(counts["DeliveryFailed"] - 875) < 150


def test_a_lost_parcel_never_arrives(tmp_path: Path) -> None:
    world = altered(tmp_path, LOST)
    found = kinds(world)
    world.close()
    assert found == ["ParcelLost"]


def test_a_carrier_gives_a_parcel_up_after_twice_its_time(tmp_path: Path) -> None:
    arrived, lost = altered(tmp_path), shop.altered(tmp_path, AT_ONCE, LOST, name="lost")
    confirm(lost, shop.place(lost))
    shop.wait(lost, 100 * DAY)
    (lost_at,) = lost.row("select lost_at - confirmed_at from packages")
    (days,) = transit_days(arrived)
    for world in (arrived, lost):
        world.close()
    assert lost_at == pytest.approx(2 * days * DAY, abs=2)


def test_as_many_parcels_are_lost_as_the_scenario_says(tmp_path: Path) -> None:
    careless = "parcels.lost_share = 0.1\nparcels.carriers.DTDC = {lost_times = 2}"
    world = altered(tmp_path, careless, count=1_000)
    lost = kinds(world).count("ParcelLost")
    world.close()
    assert abs(lost - 200) < NORMAL_999 * sqrt(1_000 * 0.2 * 0.8)


def test_a_slow_carrier_takes_so_many_times_as_long(tmp_path: Path) -> None:
    days = []
    for carrier in ("slower = 3", "slower = 1"):
        world = shop.altered(tmp_path, AT_ONCE, f"parcels.carriers.DTDC = {{{carrier}}}", name=carrier[-1])
        days += transit_days(with_parcels(world, 1))
        world.close()
    assert days[0] == pytest.approx(3 * days[1])


STRIKE = 'what = "courier-strike"\nday = 2\ntime = "10:00"\ndays = 2\nslower = 4\n'


@pytest.mark.parametrize(
    ("carrier", "hours", "times"),
    [("DTDC", 30, 4), ("BlueDart", 30, 1), (None, 30, 4), ("DTDC", 80, 1), ("DTDC", 0, 1)],
    ids=["its-own", "anothers", "everybodys", "over", "not-begun"],
)
def test_what_is_sent_in_a_strike_takes_longer(tmp_path: Path, carrier: str | None, hours: int, times: float) -> None:
    named = f'carrier = "{carrier}"' if carrier else ""
    struck = shop.altered(tmp_path, AT_ONCE, f"[[happenings]]\n{STRIKE}{named}", name="struck")
    usual = shop.altered(tmp_path, AT_ONCE, name="usual")
    days = []
    for world in (struck, usual):
        order_id = shop.place(world)
        shop.wait(world, hours * HOUR)
        confirm(world, order_id)
        shop.wait(world, 100 * DAY)
        days += transit_days(world)
        world.close()
    assert days[0] == pytest.approx(times * days[1])


MOVED = "buyers.wishes = {another_address = 1, hours = 10000, impostors = 0}"


def test_what_goes_to_the_old_address_fails_more_often(tmp_path: Path) -> None:
    world = altered(tmp_path, MOVED, "parcels.failed_at_old_address = 1")
    found = kinds(world)
    world.close()
    assert found == ["DeliveryFailed"] * 3 + ["ParcelReturned"]


def test_what_goes_to_the_wanted_address_is_taken_in(tmp_path: Path) -> None:
    world = altered(tmp_path, MOVED, "parcels.failed_at_old_address = 1", ship_to=quarrels.ELSEWHERE)
    found = kinds(world)
    world.close()
    assert found == ["ParcelDelivered"]


def test_the_old_address_is_bad_only_for_those_who_wanted_another(tmp_path: Path) -> None:
    world = altered(tmp_path, "parcels.failed_at_old_address = 1")
    found = kinds(world)
    world.close()
    assert found == ["ParcelDelivered"]


# -- by hand

HANDS = {"deliver": shipments.deliver, "lose": shipments.lose, "bring_back": shipments.bring_back}


@pytest.mark.parametrize("course", [FAILS, LOST, "parcels.failed_share = 0"], ids=["failed", "lost", "arriving"])
@pytest.mark.parametrize("hand", HANDS)
@pytest.mark.parametrize("hours", [0, 60], ids=["at-once", "later"])
def test_no_step_does_anything_to_a_parcel_that_ended_by_hand(
    tmp_path: Path, course: str, hand: str, hours: int
) -> None:
    """At once, and while a carrier has tried already: in 60 hours."""
    world = shop.altered(tmp_path, course, "parcels.transit = [{weight = 1, mean_days = 2, shape = 5}]")
    order_id = shop.place(world)
    confirm(world, order_id)
    shop.wait(world, hours * HOUR)
    with suppress(Refused):
        world.do(HANDS[hand], by="carrier", order_id=order_id, package=1)
    before = [*kinds(world), world.row("select delivered_at, lost_at, returned_at from packages")]
    shop.wait(world, 100 * DAY)
    after = [*kinds(world), world.row("select delivered_at, lost_at, returned_at from packages")]
    world.close()
    assert after == before
