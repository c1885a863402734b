"""Demand: busy days and slack ones, growth, festivals and promotions, and that windows change nothing of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import correlation, fmean, stdev

import pytest

from sandbox.central.days import DAY, HOUR, WEEK, parse_moment, start_of_day
from sandbox.central.world import World
from sandbox.sim.cast import Run
from sandbox.sim.demand import busyness, factor_of, next_arrival
from sandbox.sim.driver import Driver
from tests import shop
from tests.test_luck import NORMAL_999

DAYS = 4_000
MEMORIES = {0.0: 0.177, 0.23: 0.177, 0.6: 0.5, 0.9: 0.3, 0.98: 0.2}
"""Memory and coefficient of variation."""
STEADY = "demand = {orders_per_day = 60, busyness_cv = 0, pending_share = 0}"
PER_DAY = 60

Shop = Callable[..., World]
Varied = tuple[float, float, list[float]]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """Opens a quiet shop with changes, and closes it after the test."""
    opened: list[World] = []

    def begin(*changes: str) -> World:
        opened.append(shop.altered(tmp_path, *changes, name=f"shop-{len(opened)}"))
        return opened[-1]

    yield begin
    for world in opened:
        world.close()


def days_of(world: World) -> list[float]:
    run = Run(world)
    return [busyness(run, day) for day in range(20_000, 20_000 + DAYS)]


def changing(memory: float, cv: float) -> str:
    return f"demand = {{busyness_cv = {cv}, busyness_memory = {memory}}}"


def counts(world: World, span: int = DAY) -> Counter[int]:
    """How many orders came, by the day, or by other spans from the beginning on."""
    rows = world.execute("select placed_at from orders where view = 'production'")
    begin = start_of_day(shop.MONDAY)
    return Counter((at - begin) // span for (at,) in rows)


def is_near(found: float, mean: float) -> bool:
    """Whether a Poisson count of that mean may be so."""
    return abs(found - mean) < NORMAL_999 * sqrt(mean)


# -- busy days


@pytest.fixture(scope="module", params=MEMORIES.items(), ids=map(str, MEMORIES))
def varied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varied]:
    """Memory, coefficient of variation, and how busy some thousand days are."""
    memory, cv = request.param
    world = shop.altered(tmp_path_factory.mktemp("varied"), changing(memory, cv))
    yield memory, cv, days_of(world)
    world.close()


def test_busy_days_and_slack_ones_have_the_mean_1(varied: Varied) -> None:
    memory, cv, found = varied
    spread = cv * sqrt((1 + memory) / (1 - memory) / DAYS)
    assert abs(fmean(found) - 1) < NORMAL_999 * spread


def test_days_vary_as_much_as_the_scenario_says(varied: Varied) -> None:
    """The variance of a sample of a process that remembers, and the excess of a gamma distribution: 6 cv squared."""
    memory, cv, found = varied
    remembers = (1 + memory**2) / (1 - memory**2)
    spread = cv * sqrt((remembers / 2 + 6 * cv**2 / 4 * remembers) / DAYS)
    assert abs(stdev(found) - cv) < NORMAL_999 * spread


def test_a_day_remembers_the_one_before_as_the_scenario_says(varied: Varied) -> None:
    """Beside the error of a sample, the gamma transform of normal variates may take a fiftieth off."""
    memory, _, found = varied
    tie = correlation(found[:-1], found[1:])
    assert memory - 0.02 - NORMAL_999 / sqrt(DAYS) < tie < memory + NORMAL_999 / sqrt(DAYS)


def test_no_day_is_less_than_empty(open_shop: Shop) -> None:
    assert min(days_of(open_shop(changing(0.23, 2)))) == 0


def test_without_variation_every_day_is_as_busy(open_shop: Shop) -> None:
    assert set(days_of(open_shop(changing(0.23, 0)))) == {1.0}


def test_a_day_is_as_busy_whenever_it_is_asked_about(open_shop: Shop) -> None:
    world = open_shop(changing(0.23, 0.177))
    found = days_of(world)
    run = Run(world)
    assert [busyness(run, day) for day in reversed(range(20_000, 20_000 + DAYS))] == found[::-1]


def test_more_orders_come_on_busy_days(open_shop: Shop) -> None:
    world = open_shop(STEADY, "demand.busyness_cv = 0.5")
    shop.wait(world, 8 * WEEK)
    run, found = Run(world), counts(world)
    busy = [factor_of(run, shop.MONDAY + day * DAY) for day in range(1, 55)]
    assert correlation(busy, [found[day] for day in range(1, 55)]) > 0.8


# -- growth


def test_demand_grows_week_by_week(open_shop: Shop) -> None:
    run = Run(open_shop("demand = {busyness_cv = 0, growth_per_week = 0.05}"))
    factors = [factor_of(run, shop.MONDAY + week * WEEK) for week in range(20)]
    assert all(later / earlier == pytest.approx(1.05) for earlier, later in pairwise(factors))


def test_twice_as_many_orders_come_each_week_if_the_scenario_says_so(open_shop: Shop) -> None:
    world = open_shop(STEADY, "demand.orders_per_day = 20\ndemand.growth_per_week = 1")
    shop.wait(world, 4 * WEEK)
    run, found = Run(world), counts(world, WEEK)
    weeks = [sum(factor_of(run, shop.MONDAY + (7 * week + day) * DAY) for day in range(7)) for week in range(4)]
    assert all(is_near(found[week], 20 * weeks[week]) for week in (1, 2, 3))


def test_where_demand_shrinks_to_nothing_nobody_comes_any_more(open_shop: Shop) -> None:
    world = open_shop(STEADY, "demand.growth_per_week = -0.9")
    shop.wait(world, 20 * WEEK)
    assert counts(world, WEEK)[0] > 0 and max(counts(world, WEEK)) < 5


def test_an_arrival_beyond_a_scenarios_longest_span_is_none() -> None:
    assert next_arrival([1.0] * 168, shop.MONDAY, 10.0, lambda at: 0.0) is None


# -- festivals


FESTIVAL = 'demand.festivals = [{name = "Holi", start = "2026-03-11T00:00:00+05:30", days = 2, factor = 5}]'


def test_a_festival_brings_so_many_times_the_orders(open_shop: Shop) -> None:
    world = open_shop(STEADY, FESTIVAL)
    shop.wait(world, 21 * DAY)
    weekdays = world_shares(world)
    found = counts(world)
    assert is_near(found[9], 5 * PER_DAY * weekdays[2]) and is_near(found[10], 5 * PER_DAY * weekdays[3])
    assert is_near(found[8], PER_DAY * weekdays[1]) and is_near(found[11], PER_DAY * weekdays[4])


def world_shares(world: World) -> list[float]:
    """How many times the mean day's demand each weekday has."""
    weekdays = Run(world).scenario.demand.weekdays
    return [7 * share / sum(weekdays) for share in weekdays]


def test_a_festival_of_the_plot_brings_more_orders_too(open_shop: Shop) -> None:
    plot = '[[happenings]]\nwhat = "festival"\nday = 10\ntime = "0:00"\ndays = 2\nfactor = 5'
    world = open_shop(STEADY, plot)
    shop.wait(world, 21 * DAY)
    weekdays, found = world_shares(world), counts(world)
    assert is_near(found[9] + found[10], 5 * PER_DAY * (weekdays[2] + weekdays[3]))
    assert is_near(found[11] + found[12], PER_DAY * (weekdays[4] + weekdays[5]))


def test_a_festival_of_the_plot_is_the_same_for_whoever_moves_the_world(open_shop: Shop) -> None:
    """One driver all the time, and a new one every three hours."""
    plot = '[[happenings]]\nwhat = "festival"\nday = 3\ntime = "11:00"\ndays = 1.3\nfactor = 5'
    one, many = open_shop(STEADY, plot), open_shop(STEADY, plot)
    Driver(one).advance(one.now + 6 * DAY)
    for _ in range(6 * 8):
        shop.wait(many, 3 * HOUR)
    assert shop.facts(many) == shop.facts(one)


def test_a_driver_learns_of_a_festival_that_began_in_anothers_hands(open_shop: Shop) -> None:
    plot = '[[happenings]]\nwhat = "festival"\nday = 3\ntime = "11:00"\ndays = 3\nfactor = 5'
    one, two = open_shop(STEADY, plot), open_shop(STEADY, plot)
    Driver(one).advance(one.now + 6 * DAY)
    first = Driver(two)
    first.advance(two.now + 2 * DAY - HOUR)
    shop.wait(two, 3 * HOUR)
    first.advance(one.now)
    assert shop.facts(two) == shop.facts(one)


# -- promotions

PROMOTION = '{sku = "KK-014", start = "2026-03-09T00:00:00+05:30", days = 7, factor = 3, price_off = 0.2}'


def bought(world: World, first: str, until: str) -> list[tuple[int, int]]:
    """Product and price of each first line, of the orders placed between."""
    sql = """select product, price_minor from items join orders on number = order_number
        where line = 1 and placed_at >= ? and placed_at < ?"""
    between = (parse_moment(f"2026-{first}T00:00:00+05:30"), parse_moment(f"2026-{until}T00:00:00+05:30"))
    return world.execute(sql, between).fetchall()


@pytest.fixture
def promoted(open_shop: Shop) -> World:
    """Three weeks of a shop; in the second the coffee maker costs a fifth less."""
    world = open_shop(STEADY, f"demand.promotions = [{PROMOTION}]")
    shop.wait(world, 21 * DAY)
    return world


def test_a_promoted_product_is_chosen_so_many_times_as_often(promoted: World) -> None:
    found = bought(promoted, "03-09", "03-16")
    chosen = sum(product == 2 for product, _ in found)
    assert abs(chosen - len(found) * 3 / 4) < NORMAL_999 * sqrt(len(found) * 3 / 16)


def test_before_and_after_a_promotion_both_are_chosen_alike(promoted: World) -> None:
    found = bought(promoted, "03-03", "03-09") + bought(promoted, "03-16", "03-23")
    chosen = sum(product == 2 for product, _ in found)
    assert abs(chosen - len(found) / 2) < NORMAL_999 * sqrt(len(found) / 4)


def test_a_promoted_product_costs_less_while_the_promotion_runs(promoted: World) -> None:
    assert set(bought(promoted, "03-09", "03-16")) == {(1, 84_900), (2, 103_200)}
    assert set(bought(promoted, "03-16", "03-23")) == {(1, 84_900), (2, 129_000)}


def test_two_promotions_of_a_product_add_up(open_shop: Shop) -> None:
    second = PROMOTION.replace("0.2", "0.5").replace("days = 7", "days = 2")
    world = open_shop(STEADY, f"demand.promotions = [{PROMOTION}, {second}]")
    shop.wait(world, 21 * DAY)
    assert (2, 51_600) in bought(world, "03-09", "03-11") and (2, 103_200) in bought(world, "03-11", "03-16")


def test_a_promotion_changes_neither_who_comes_nor_when(open_shop: Shop) -> None:
    with_one, without = open_shop(STEADY, f"demand.promotions = [{PROMOTION}]"), open_shop(STEADY)
    found = []
    for world in (with_one, without):
        shop.wait(world, 14 * DAY)
        found.append(world.execute("select placed_at, buyer from orders order by number").fetchall())
    assert found[0] == found[1]


# -- all of it

EVERYTHING = f"""
[demand]
busyness_cv = 0.4
busyness_memory = 0.5
growth_per_week = 0.3
festivals = [{{name = "Holi", start = "2026-03-04T18:00:00+05:30", days = 1.5, factor = 3}}]
promotions = [{PROMOTION.replace("03-09", "03-04")}]
[buyers]
wishes = {{cancels = 0.1, asks_to_cancel = 0.1, another_address = 0.2, asks_about_product = 0.1, reorders = 0.9}}
ratings = {{share = 0.5}}
returns = {{faulty = 0.1, wrong_item = 0.1, not_as_described = 0.1, regretted = 0.2, days = 1}}
disputes = {{fraud = 0.1, chargeback_days = 9, claims_not_received = 0.9, chargebacks_faulty = 0.9}}
[parcels]
failed_share = 0.3
lost_share = 0.1
[policy]
changes = {{deliver_from_days = 2, deliver_by_days = 5}}
[[happenings]]
what = "courier-strike"
day = 4
days = 2
slower = 3
[[happenings]]
what = "festival"
day = 6
time = "15:30"
days = 1.2
"""
WINDOWS = {"an hour": HOUR, "a day": DAY, "one window": 1_000 * DAY}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The facts of a busy month in which all of it happens, moved in windows of seven days."""
    return all_of_it(tmp_path_factory.mktemp("lived"), 7 * DAY)


def all_of_it(folder: Path, window: int) -> list[tuple[object, ...]]:
    world = shop.altered(folder, EVERYTHING, text=shop.BUSY)
    Driver(world).advance(world.now + 30 * DAY, window=window)
    found = shop.facts(world)
    world.close()
    return found


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_windows_change_nothing_of_what_buyers_and_parcels_do(
    tmp_path: Path, lived: list[tuple[object, ...]], window: int
) -> None:
    assert all_of_it(tmp_path, window) == lived


def test_a_month_in_which_all_of_it_happens_has_all_of_it(lived: list[tuple[object, ...]]) -> None:
    kinds = {str(fact[2]) for fact in lived}
    parcels = {"ParcelDelivered", "DeliveryFailed", "ParcelLost", "ParcelReturned"}
    buyers = {"OrderCancelled", "BuyerAsked", "FeedbackLeft", "ReturnSent", "ReturnArrived", "ClaimFiled"}
    assert parcels | buyers | {"ChargebackFiled", "AddressAdded"} <= kinds
