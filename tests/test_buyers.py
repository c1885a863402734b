"""Buyers: when they come, what they buy, and when they ask where the parcel is."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest

from sandbox.central import messages, orders, shipments
from sandbox.central.days import DAY, HOUR, MINUTE, SHOP_OFFSET, hour_of_day, start_of_day, weekday
from sandbox.central.ids import BY_HAND
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.people import people
from sandbox.sim.scenario import Scenario, parse
from tests import shop
from tests.test_luck import CHI_SQUARE, NORMAL_999, chi_square, ks

WEEKS, PER_DAY = 8, 300
HOUSE = Path(__file__).parents[1]

MARKET = f"""
title = "Many buyers, and nobody at the desks"
seed = 5
start = "2026-03-02T00:00:00+05:30"
[demand]
orders_per_day = {PER_DAY}
busyness_cv = 0
[buyers]
pool = 200
ask_share = 0
[[products]]
sku = "A"
title = "Kettle"
price = 849
weight = 3
[[products]]
sku = "B"
title = "Tin"
price = 325
weight = 4
[[products]]
sku = "C"
title = "Towel"
price = 540
weight = 2
[[products]]
sku = "D"
title = "Tumbler"
price = 1150
weight = 1
[desks.dispatch]
played_by = "person"
[desks.inbox]
played_by = "person"
{shop.CALM}"""

ASKING = """
title = "Everybody asks"
seed = 3
start = "2026-03-02T10:00:00+05:30"
[demand]
orders_per_day = 20
pending_share = 0.2
[buyers]
pool = 40
ask_share = 1
patience_days = 3
ask_again_hours = 24
"""


def made(folder: Path, text: str) -> World:
    return worlds.make(folder / "shop.world", parse(text, "shop.toml"))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Eight whole weeks of a large shop."""
    world = made(tmp_path_factory.mktemp("market"), MARKET)
    shop.wait(world, WEEKS * 7 * DAY)
    yield world
    world.close()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Six weeks of a shop that dispatches, in which everybody runs out of patience and nobody answers."""
    world = made(tmp_path_factory.mktemp("asked"), ASKING + shop.CALM + '[desks.inbox]\nplayed_by = "person"\n')
    shop.wait(world, 42 * DAY)
    yield world
    world.close()


def placed(world: World) -> list[int]:
    return [at for (at,) in world.execute("select placed_at from orders order by placed_at")]


def expected(shares: list[float], of: int) -> list[float]:
    return [of * share / sum(shares) for share in shares]


# -- when they come


def test_orders_come_by_the_hour_as_the_scenario_says(market: World) -> None:
    counts = Counter(map(hour_of_day, placed(market)))
    hours = parse(MARKET, "market.toml").demand.hours
    assert chi_square([counts[h] for h in range(24)], expected(hours, counts.total())) < CHI_SQUARE[23]


def test_orders_come_by_the_weekday_as_the_scenario_says(market: World) -> None:
    counts = Counter(map(weekday, placed(market)))
    weekdays = parse(MARKET, "market.toml").demand.weekdays
    assert chi_square([counts[d] for d in range(7)], expected(weekdays, counts.total())) < CHI_SQUARE[6]


def test_as_many_orders_come_as_the_scenario_says(market: World) -> None:
    mean = WEEKS * 7 * PER_DAY
    assert abs(len(placed(market)) - mean) < NORMAL_999 * sqrt(mean)


def test_the_counts_of_an_hour_vary_as_a_poisson_process_does(market: World) -> None:
    """Their chi-square against the means of a known rate has mean n and variance 2 n + sum 1 / mean."""
    demand = parse(MARKET, "market.toml").demand
    rates = [PER_DAY * 7 * day / 100 * hour / sum(demand.hours) for day in demand.weekdays for hour in demand.hours]
    means = rates * WEEKS
    begin = market.now - WEEKS * 7 * DAY
    counts = Counter((at - begin) // HOUR for at in placed(market))
    found = chi_square([counts[hour] for hour in range(len(means))], means)
    spread = sqrt(2 * len(means) + sum(1 / mean for mean in means))
    assert abs(found - len(means)) < NORMAL_999 * spread


def test_within_an_hour_orders_come_at_any_moment_alike(market: World) -> None:
    assert ks((at + SHOP_OFFSET) % HOUR / HOUR for at in placed(market)) < 1.95


def test_how_many_come_on_one_day_tells_nothing_of_the_next(market: World) -> None:
    days = Counter(start_of_day(at) for at in placed(market))
    means = [PER_DAY * 7 * share / 100 for share in parse(MARKET, "market.toml").demand.weekdays]
    noise = [(count - means[weekday(day)]) / sqrt(means[weekday(day)]) for day, count in sorted(days.items())]
    tie = sum(a * b for a, b in pairwise(noise)) / sqrt(len(noise) - 1)
    assert abs(tie) < NORMAL_999


def test_nobody_comes_in_an_hour_without_a_share(tmp_path: Path) -> None:
    hours = f"hours = [{'1, ' * 8}{'0, ' * 16}]\n[buyers]"
    world = made(tmp_path, MARKET.replace("[buyers]", hours))
    shop.wait(world, 14 * DAY)
    found = {hour_of_day(at) for at in placed(world)}
    world.close()
    assert found == set(range(8))


def test_nobody_comes_to_a_shop_without_demand(quiet: World) -> None:
    shop.wait(quiet, 100 * DAY)
    assert placed(quiet) == []


HARDLY = """
import sys
from pathlib import Path
from sandbox.sim import worlds
from sandbox.sim.scenario import InvalidScenario, parse
try:
    worlds.make(Path(sys.argv[1]), parse('title = "x"\\n[demand]\\norders_per_day = 1e-12\\n', "x.toml"))
except InvalidScenario:
    pass
"""


def test_a_shop_to_which_hardly_anybody_comes_is_made_or_refused(tmp_path: Path) -> None:
    """In a process of its own, which is ended after some seconds: it must not count a million million hours."""
    words = [sys.executable, "-c", HARDLY, str(tmp_path / "hardly.world")]
    ran = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(HOUSE)}, check=False, timeout=20)
    assert ran.returncode == 0


def test_twice_the_demand_is_twice_the_orders(tmp_path: Path, market: World) -> None:
    double = MARKET.replace(f"orders_per_day = {PER_DAY}", f"orders_per_day = {2 * PER_DAY}")
    world = made(tmp_path, double)
    shop.wait(world, WEEKS * 7 * DAY // 2)
    count = len(placed(world))
    world.close()
    assert abs(count - WEEKS * 7 * PER_DAY) < NORMAL_999 * sqrt(WEEKS * 7 * PER_DAY)


# -- who they are and what they buy


def test_a_product_is_bought_as_often_as_it_weighs(market: World) -> None:
    counts = dict(market.execute("select product, count(*) from items where line = 1 group by product"))
    found = [counts[product] for product in (1, 2, 3, 4)]
    assert chi_square(found, expected([3, 4, 2, 1], sum(found))) < CHI_SQUARE[3]


def test_everybody_in_the_pool_buys_alike(market: World) -> None:
    """By eights of the pool."""
    counts = Counter(buyer * 8 // 201 for (buyer,) in market.execute("select buyer from orders"))
    sizes = Counter(buyer * 8 // 201 for buyer in range(1, 201))
    found = [counts[eighth] for eighth in range(8)]
    assert chi_square(found, expected([sizes[n] for n in range(8)], sum(found))) < CHI_SQUARE[7]


@pytest.mark.parametrize(
    ("share", "sql"),
    [
        (0.1, "select avg(json_extract(body, '$.pending') is not null) from facts where kind = 'OrderPlaced'"),
        (0.06, "select avg(quantity = 2) from items where line = 1"),
        (0.1 * 0.7, "select avg(json_array_length(body, '$.lines') = 2) from facts where kind = 'OrderPlaced'"),
    ],
    ids=["pending", "second piece", "second line of another product"],
)
def test_the_shares_of_the_scenario_hold(market: World, share: float, sql: str) -> None:
    (found,) = market.execute(sql).fetchone()
    assert abs(found - share) < NORMAL_999 * sqrt(share * (1 - share) / len(placed(market)))


def test_an_order_goes_to_an_address_of_its_buyer(market: World) -> None:
    sql = "select count(*) from orders o join addresses a using (address) where a.buyer <> o.buyer"
    assert market.execute(sql).fetchone() == (0,)


def test_the_people_of_a_small_pool_are_the_first_of_a_large_one() -> None:
    assert people("7", 20) == people("7", 60)[:20]


def test_no_two_people_share_a_mail_address() -> None:
    assert len({person.email for person in people("7", 500)}) == 500


def test_a_faster_seller_reshuffles_nobody(tmp_path: Path) -> None:
    sql = f"select at, body from facts where kind = 'OrderPlaced' and order_number < {BY_HAND} order by seq"
    found = []
    for name, changes in (("script", ""), ("person", '[desks.dispatch]\nplayed_by = "person"\n')):
        world = shop.busy(tmp_path, changes, name)
        shop.wait(world, 20 * DAY)
        found.append(world.execute(sql).fetchall())
        world.close()
    assert found[0] == found[1]


# -- paying


def test_every_pending_order_is_paid_in_the_end(market: World) -> None:
    sql = "select count(*) from orders where status = 'Pending' and placed_at < ?"
    assert market.execute(sql, (market.now - 3 * DAY,)).fetchone() == (0,)


def test_half_of_the_pending_orders_are_paid_within_the_median(market: World) -> None:
    sql = """select p.at - o.placed_at from facts p join orders o on o.number = p.order_number
        where p.kind = 'PaymentAuthorised'"""
    waits = [wait for (wait,) in market.execute(sql)]
    soon = sum(wait < 21 * MINUTE for wait in waits)
    assert abs(soon - len(waits) / 2) < NORMAL_999 * sqrt(len(waits) / 4)


def test_an_order_that_was_paid_at_once_is_not_paid_again(market: World) -> None:
    sql = """select count(*) from facts p join facts o using (order_number) where p.kind = 'PaymentAuthorised'
        and o.kind = 'OrderPlaced' and json_extract(o.body, '$.pending') is null"""
    assert market.execute(sql).fetchone() == (0,)


def test_a_pending_order_placed_by_hand_is_paid_too(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    shop.wait(quiet, 2 * DAY)
    assert quiet.order(order_id).status == "Unshipped"


def test_a_pending_order_that_was_cancelled_is_not_paid(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    quiet.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    shop.wait(quiet, 2 * DAY)
    assert quiet.facts(kinds=("PaymentAuthorised",)) == []


def test_nobody_pays_for_an_order_of_the_sandbox_view(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox", pending=True)
    shop.wait(quiet, 2 * DAY)
    assert quiet.order(order_id).status == "Pending"


# -- asking


def questions(world: World) -> dict[int, list[int]]:
    """When each order's buyer asked."""
    found: dict[int, list[int]] = {}
    for number, at in world.execute("select order_number, at from facts where kind = 'BuyerAsked' order by seq"):
        found.setdefault(number, []).append(at)
    return found


def test_buyers_ask_only_while_the_parcel_is_not_there(asked: World) -> None:
    delivered = dict(asked.execute("select order_number, max(delivered_at) from packages group by 1"))
    late = [number for number, times in questions(asked).items() if times[-1] > (delivered.get(number) or asked.now)]
    assert late == []


def test_everybody_whose_patience_ended_before_the_parcel_came_has_asked(asked: World) -> None:
    """With so many asking, some of them never got an answer or a parcel for three questions."""
    assert Counter(len(times) for times in questions(asked).values()).keys() == {1, 2, 3}


def test_a_buyer_asks_three_times_at_most(asked: World) -> None:
    assert max(len(times) for times in questions(asked).values()) == 3


def test_a_buyer_asks_again_a_day_later(asked: World) -> None:
    gaps = {b - a for times in questions(asked).values() for a, b in pairwise(times)}
    assert gaps == {24 * HOUR}


def test_a_buyer_who_was_answered_does_not_ask_again(tmp_path: Path) -> None:
    always = 'opens = "0:00"\ncloses = "24:00"\nworking_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n'
    world = made(tmp_path, f"{ASKING}{shop.CALM}[desks.inbox]\nhelpful_share = 1\nagents = 50\n{always}")
    shop.wait(world, 30 * DAY)
    found = questions(world)
    world.close()
    assert {len(times) for times in found.values()} == {1}


def one_who_asks(tmp_path: Path) -> tuple[World, str]:
    """A shop without demand, and an order by hand whose buyer asks three days later and on each of the next two."""
    text = shop.QUIET.replace("ask_share = 0", "ask_share = 1\npatience_days = 3\npatience_sigma = 0")
    world = made(tmp_path, text)
    return world, shop.place(world)


def test_a_buyer_asks_on_the_day_on_which_patience_ends(tmp_path: Path) -> None:
    world, _ = one_who_asks(tmp_path)
    shop.wait(world, 10 * DAY)
    (times,) = questions(world).values()
    world.close()
    assert [weekday(at) for at in times] == [3, 4, 5] and times[0] < shop.MONDAY + 4 * DAY


def test_people_write_at_the_hours_at_which_they_buy(tmp_path: Path) -> None:
    text = MARKET.replace("ask_share = 0", "ask_share = 1\nask_again_hours = 10000")
    world = made(tmp_path, text)
    shop.wait(world, 35 * DAY)
    counts = Counter(hour_of_day(times[0]) for times in questions(world).values())
    world.close()
    hours = parse(MARKET, "market.toml").demand.hours
    assert chi_square([counts[h] for h in range(24)], expected(hours, counts.total())) < CHI_SQUARE[23]


def test_nobody_asks_within_an_hour_of_ordering(tmp_path: Path) -> None:
    world = made(tmp_path, ASKING.replace("patience_days = 3", "patience_days = 0.01"))
    shop.wait(world, 20 * DAY)
    placed_at = dict(world.execute("select number, placed_at from orders").fetchall())
    waits = [times[0] - placed_at[number] for number, times in questions(world).items()]
    world.close()
    assert min(waits) == HOUR


def test_a_buyer_does_not_ask_about_a_cancelled_order(tmp_path: Path) -> None:
    world, order_id = one_who_asks(tmp_path)
    world.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    shop.wait(world, 10 * DAY)
    found = questions(world)
    world.close()
    assert found == {}


def test_a_buyer_does_not_ask_about_an_order_of_the_sandbox_view(tmp_path: Path) -> None:
    world, _ = one_who_asks(tmp_path)
    shop.place(world, view="sandbox")
    shop.wait(world, 10 * DAY)
    found = questions(world)
    world.close()
    assert len(found) == 1


def test_a_buyer_whose_second_package_is_missing_asks(tmp_path: Path) -> None:
    world, _ = one_who_asks(tmp_path)
    order_id = shop.place(world, (1, 2))
    item = orders.details(world, order_id).items[0][0].item_id
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC", items={item: 1})
    world.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
    shop.wait(world, 4 * DAY)
    number = world.order(order_id).number
    found = questions(world)
    world.close()
    assert number in found


def until_asked(world: World) -> None:
    """Let time pass, hour by hour, until the first question."""
    for _ in range(5 * 24):
        if not questions(world):
            shop.wait(world, HOUR)


def test_a_buyer_told_that_no_response_is_needed_does_not_ask_again(tmp_path: Path) -> None:
    world, _ = one_who_asks(tmp_path)
    until_asked(world)
    world.do(messages.mark_no_response_needed, by="seller", message=1)
    shop.wait(world, 5 * DAY)
    found = questions(world)
    world.close()
    assert [*map(len, found.values())] == [1]


def test_an_automatic_reply_keeps_nobody_from_asking_again(tmp_path: Path) -> None:
    world, _ = one_who_asks(tmp_path)
    until_asked(world)
    world.do(messages.reply, by="machine", thread=1, text="We are closed today.", automatic=True)
    shop.wait(world, 5 * DAY)
    found = questions(world)
    world.close()
    assert [*map(len, found.values())] == [3]


def test_a_larger_share_asks_and_the_others_stay_the_same(tmp_path: Path) -> None:
    """The same uniform is compared with another threshold: who asked at 10 % asks at 40 % as well."""
    asking = []
    for share in (0.1, 0.4):
        changed = scenario_asking(share)
        world = worlds.make(tmp_path / f"share-{int(share * 10)}.world", changed)
        Driver(world).advance(world.now + 20 * DAY)
        asking.append(set(questions(world)))
        world.close()
    assert asking[0] < asking[1]


def scenario_asking(share: float) -> Scenario:
    text = ASKING.replace("ask_share = 1", f"ask_share = {share}")
    return parse(text + '[desks.inbox]\nplayed_by = "person"\n', "asking.toml")
