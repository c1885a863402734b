"""A forecast is honest: what has shown stays, all else is drawn anew, at the odds that are left; nothing true leaks."""

from collections.abc import Callable, Iterable, Iterator
from math import erf, exp, log, sqrt
from pathlib import Path
from statistics import mean

import pytest

from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.guide import Due
from sandbox.central.world import World
from sandbox.sim.cast import ROUNDS, STEPS, Run
from sandbox.sim.demand import busyness
from sandbox.sim.driver import Driver
from sandbox.sim.forecast import fork
from sandbox.sim.forecast.book import SIZES, Book, Kept
from sandbox.sim.forecast.days import likelihood
from sandbox.sim.forecast.present import Coming, Unit, drawn_anew
from sandbox.sim.forecast.table import TABLE
from sandbox.sim.luck import luck
from tests import shop
from tests.forecasts import agenda, lived, ready, ready_again, stressed

FUTURES = 19
"""Of so many, and the truth, each of twenty ranks is as likely."""


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fork.Prepared]:
    """The present of the stressed shop."""
    world = stressed(tmp_path_factory.mktemp("forecast"))
    yield ready(world)
    world.close()


# -- the table


def test_every_step_of_the_cast_is_in_the_table() -> None:
    assert set(TABLE) == {*STEPS, *ROUNDS}


def test_the_luck_of_every_step_is_a_stream_of_the_book() -> None:
    streams = {stream for one in TABLE.values() for stream in one.luck.split(", ") if stream}
    assert streams == set(SIZES)


def test_what_follows_from_luck_is_off_the_agenda_unless_it_has_shown(present: fork.Prepared) -> None:
    with fork.in_memory(present.content) as world:
        left = [(step, ref) for _, step, ref in agenda(world) if TABLE.get(step) and TABLE[step].luck]
    assert {step for step, _ in left} <= {
        *("asking.asks", "complaints.is_troubled_by", "complaints.thinks_of_claiming"),
        *("dispatch_desk.picks", "refund_desk.pays_back", "dispute_desk.acts"),
    }
    assert [ref for step, ref in left if step == "asking.asks" and ref.endswith(" 1")] == []
    assert {ref.split(" ")[1] for step, ref in left if step == "complaints.is_troubled_by"} <= {"unpaid"}


# -- nothing true leaks


def test_worlds_with_the_same_past_and_another_hidden_future_have_the_same_forecast(present: fork.Prepared) -> None:
    for hidden in (5, 6):
        twin = ready_again(present, hidden)
        assert twin.content != present.content or twin.kept == present.kept
        assert [lived(twin, number, 12) for number in (1, 2)] == [lived(present, number, 12) for number in (1, 2)]


@pytest.mark.parametrize("days", [10.2, 17.71, 25.9, 33.0])
def test_that_is_so_at_any_moment(tmp_path: Path, days: float) -> None:
    world = stressed(tmp_path, "seed = 5", days=days)
    found = ready(world)
    twin = ready_again(found, 8)
    with fork.forked(found, 3) as here, fork.forked(twin, 3) as there:
        assert agenda(here.world) == agenda(there.world)
        assert shop.facts(here.world) == shop.facts(there.world)
    world.close()


PLOT = """
[[happenings]]
what = "chargeback-wave"
day = 10
time = "9:00"
days = 6
orders = 20
[[happenings]]
what = "courier-strike"
day = 8
time = "9:00"
days = 9
slower = 2.5
[[happenings]]
what = "festival"
day = 11
time = "15:00"
days = 3
factor = 3
[[happenings]]
what = "desk-away"
desk = "disputes"
day = 9
time = "9:00"
days = 4
"""


@pytest.mark.parametrize("days", [11.6, 16.46])
def test_that_is_so_in_the_middle_of_a_plot(tmp_path: Path, days: float) -> None:
    """Of a wave as many are left as were, whom they meet is drawn; a strike slows those that left in it."""
    world = stressed(tmp_path, PLOT, "[desks.inbox]\nhandling_minutes = 40", days=days)
    wave = "select count(*) from agenda where step = 'happenings.charges_back'"
    (left,) = world.row(wave)
    found = ready(world)
    twin = ready_again(found, 8)
    with fork.forked(found, 3) as here, fork.forked(twin, 3) as there:
        assert agenda(here.world) == agenda(there.world)
        assert here.world.row(wave) == (left,)
    world.close()


BY_OTHER_NUMBERS = ("inbox", "reads", "disputes desk")
"""Streams whose numbers are of messages and disputes."""


def test_only_what_has_happened_keeps_luck(tmp_path: Path) -> None:
    world = stressed(tmp_path, "[demand]\norders_per_day = 40\npending_share = 0", days=6.3)
    sql = "select order_number from facts where order_number is not null group by 1 having count(*) = 1"
    untouched = {number for (number,) in world.rows(sql)}
    waiting = {message for (message,) in world.rows("select message from messages where state = 'waiting'")}
    on_their_way = {
        (f"parcel {package}", number)
        for package, number in world.rows(
            "select package, order_number from packages where delivered_at is null and not exists ("
            "select 1 from facts f where f.order_number = packages.order_number and kind = 'DeliveryFailed')"
        )
    }
    kept = ready(world).kept.places
    world.close()
    assert min(map(len, (untouched, waiting, on_their_way))) > 5
    slipped = {number for stream, number in kept if stream == "dispatch"}
    assert {number for stream, number in kept if stream not in BY_OTHER_NUMBERS} & untouched <= slipped
    assert {("inbox", message) for message in waiting} & set(kept) == set()
    assert on_their_way & set(kept) == set()


def test_no_future_is_the_true_one(tmp_path: Path, present: fork.Prepared) -> None:
    world = stressed(tmp_path)
    behind = world.clock.facts
    Driver(world).advance(world.now + 3 * DAY)
    true = shop.facts(world)
    world.close()
    futures = [lived(present, number, 3) for number in range(5)]
    assert all(future[:behind] == true[:behind] for future in futures)
    placed = [frozenset(_placed(future[behind:])) for future in [true, *futures]]
    assert all(placed)
    for place, one in enumerate(placed):
        assert [other for other in placed[place + 1 :] if one & other] == []


def _placed(facts: list[tuple[object, ...]]) -> list[object]:
    """The moments of the orders among facts."""
    return [at for _, at, kind, *_ in facts if kind == "OrderPlaced"]


_FAILED = "select order_id from orders join facts on order_number = number where kind = 'DeliveryFailed'"
"""Orders whose parcel comes again: when, is known."""


def _back(rows: Iterable[tuple[int, str, str]]) -> set[tuple[int, str, str]]:
    """What is on the way back to the shop. It comes with the one round of a day: some of it with the same one."""
    return {row for row in rows if row[1] == "receiving.arrives_back"}


def test_what_waits_in_one_future_waits_elsewhere_in_the_next(present: fork.Prepared) -> None:
    with fork.forked(present, 1) as first, fork.forked(present, 2) as second:
        here, there = agenda(first.world), agenda(second.world)
        failed = {ref for (ref,) in first.world.rows(_FAILED)}
    assert _back(here) != _back(there)
    kept = {*(here & there)} - _back(here)
    kept = {row for row in kept if row[1] != "parcels.arrives" or row[2].split(" ")[0] not in failed}
    drawn = [step for _, step, _ in kept if TABLE.get(step) and TABLE[step].luck]
    assert {*drawn} <= {
        *("asking.asks", "complaints.is_troubled_by", "dispatch_desk.picks", "refund_desk.pays_back"),
        *("dispute_desk.acts", "receiving.rates", "complaints.thinks_of_claiming"),
    }


def test_the_same_future_is_the_same_to_the_byte(present: fork.Prepared) -> None:
    assert lived(present, 4, 8) == lived(present, 4, 8)


# -- at the odds that are left


def calibrated(folder: Path, worlds: int, days: int) -> dict[str, list[int]]:
    """For each figure the rank of the truth among the futures, world by world; ties are broken by lot."""
    ranks: dict[str, list[int]] = {}
    for seed in range(1, worlds + 1):
        world = stressed(folder, f"seed = {seed}", "[demand]\norders_per_day = 4", days=12.4, name=f"w{seed}")
        found, behind, known = ready(world), world.clock.facts, world.clock.orders
        futures = []
        for number in range(FUTURES):
            with fork.forked(found, number) as driver:
                driver.advance(found.now + days * DAY, window=7 * DAY)
                futures.append(_figures(driver.world, behind, known))
        Driver(world).advance(world.now + days * DAY)
        truth = _figures(world, behind, known)
        world.close()
        for place, name in enumerate(truth):
            below = sum(one[name] < truth[name] for one in futures)
            equal = sum(one[name] == truth[name] for one in futures)
            lot = luck("ties", name, seed * 10 + place, 1)[0]
            ranks.setdefault(name, []).append(below + int(lot * (equal + 1)))
    return ranks


def _figures(world: World, behind: int, known: int) -> dict[str, int]:
    """What a future came to, of all orders and of those that there were."""
    sql = "select kind, count(*), count(iif(order_number <= ?, 1, null)) from facts where seq > ? group by kind"
    all_of = {kind: (count, mine) for kind, count, mine in world.rows(sql, (known, behind))}
    (paid,) = world.row("select sum(paid_minor - fee_minor - refunding_minor - refunded_minor) from orders")
    kinds = ("ParcelDelivered", "BuyerAsked", "FeedbackLeft", "RefundRequested", "ShipmentConfirmed")
    found = {f"{kind} of now": all_of.get(kind, (0, 0))[1] for kind in kinds}
    return found | {"orders": all_of["OrderPlaced"][0], "money": paid}


def test_the_truth_lies_among_the_futures_as_any_other_of_them(tmp_path: Path) -> None:
    worlds = 48
    for name, ranks in calibrated(tmp_path, worlds, 5).items():
        inside = sum(2 <= rank <= 17 for rank in ranks)
        assert 29 <= inside <= 46, (name, inside)  # 16 ranks of 20: binomial, each side beyond chance of 1 in 1000
        assert abs(mean(ranks) - 9.5) < 3.3 * 5.77 / sqrt(worlds), (name, mean(ranks))  # of a uniform rank, likewise


def furthest(values: list[float]) -> float:
    """Kolmogorov and Smirnov's distance of values from evenly spread ones, times the root of their count."""
    values = sorted(values)
    count = len(values)
    return sqrt(count) * max(max((i + 1) / count - u, u - i / count) for i, u in enumerate(values))


UNLIKELY = 1.95
"""Evenly spread values are further once in a thousand times."""


def rest(below: Callable[[float], float], wait: float, elapsed: float) -> float:
    """Where a wait lies among those that last longer than what is over: evenly spread, if it is drawn right."""
    return (below(wait) - below(elapsed)) / (1 - below(elapsed))


def lognormal_below(median: float, sigma: float, wait: float) -> float:
    return 0.5 * (1 + erf(log(wait / median) / sigma / sqrt(2))) if wait > 0 else 0.0


def drawn(present: fork.Prepared, futures: int) -> Iterator[Run]:
    for number in range(futures):
        with fork.forked(present, number) as driver:
            yield driver.run


def test_a_pending_payment_waits_for_the_rest_of_its_lognormal(tmp_path: Path) -> None:
    world = stressed(tmp_path, "[demand]\norders_per_day = 40\npending_share = 1\npending_minutes = 600", days=4.4)
    sql = "select order_id, placed_at from orders where status = 'Pending'"
    placed = dict(world.rows(sql))
    found = ready(world)
    values = []
    for run in drawn(found, 12):
        rows = run.world.rows("select at, ref from agenda where step = 'buyers.pays'")
        waits = [(at - placed[ref], found.now - placed[ref]) for at, ref in rows if ref in placed]
        values += [rest(_pays_within, wait, elapsed) for wait, elapsed in waits]
    world.close()
    assert len(values) == 12 * len(placed) > 300
    assert furthest(values) < UNLIKELY


def _pays_within(wait: float) -> float:
    return lognormal_below(600 * MINUTE, 1.0, wait)


def test_a_parcel_on_its_way_arrives_by_the_rest_of_its_gamma(tmp_path: Path) -> None:
    world = stressed(tmp_path, "[demand]\norders_per_day = 15", ALL_ARRIVE, days=12.4)
    sql = "select order_id, confirmed_at from orders where confirmed_at is not null"
    left = dict(world.rows(sql))
    found = ready(world)
    values = []
    for run in drawn(found, 10):
        for at, ref in run.world.rows("select at, ref from agenda where step = 'parcels.arrives'"):
            since = left[ref.split(" ")[0]]
            values.append(rest(_gamma_of_two, at - since, found.now - since))
    world.close()
    assert len(values) > 300
    assert furthest(values) < UNLIKELY


def _gamma_of_two(wait: float) -> float:
    """The share of transits below that: two legs of two days on average."""
    x = wait / (2 * DAY)
    return 1 - exp(-x) * (1 + x) if x > 0 else 0.0


ALL_ARRIVE = """
[parcels]
lost_share = 0
failed_share = 0
failed_at_old_address = 0
transit = [{weight = 1, mean_days = 4, shape = 2}]
delivers_from = "0:00"
delivers_until = "24:00"
"""


def test_whoever_has_not_asked_yet_may_ask_at_the_odds_that_are_left(tmp_path: Path) -> None:
    """A decision with its wait: those who asked in time are gone, so of the others fewer will."""
    only = "[buyers]\nask_share = 0.5\npatience_days = 4\npatience_sigma = 0.5\n" + SILENT
    world = stressed(tmp_path, only, "[demand]\norders_per_day = 60\npending_share = 0\nhours = " + _EVEN, days=4.4)
    placed = dict(world.rows("select order_id, placed_at from orders"))
    pending = {ref for (ref,) in world.rows("select ref from agenda where step = 'buyers.runs_out_of_patience'")}
    asked = {order_id for (order_id,) in world.rows("select order_id from threads")}
    found = ready(world)
    silent = [order_id for order_id in placed if order_id not in asked]
    expected = sum(_will_ask((found.now - placed[order_id]) / DAY) for order_id in silent)
    counts = [
        run.world.row("select count(*) from agenda where step = 'buyers.runs_out_of_patience'")[0]
        for run in drawn(found, 40)
    ]
    world.close()
    spread = sqrt(len(silent) * 0.25 / 40)
    assert pending <= set(silent)
    assert abs(mean(counts) - expected) < 3.3 * spread + 0.02 * len(silent)


_EVEN = str([1] * 24)
SILENT = """
[buyers.wishes]
cancels = 0
asks_to_cancel = 0
another_address = 0
asks_about_product = 0
[parcels]
transit = [{weight = 1, mean_days = 3660, shape = 5}]
[desks.stock]
no_stock_share = 0
"""


def _will_ask(days: float) -> float:
    """Of those who were silent for so many days, the share that will ask; the hour of the day moves a wait by less."""
    gone = 0.5 * lognormal_below(4, 0.5, days)
    return (0.5 - gone) / (1 - gone)


# -- days


def test_the_next_buyer_comes_after_an_exponential_wait_from_now_on(tmp_path: Path) -> None:
    flat = "[demand]\norders_per_day = 24\nbusyness_cv = 0\nhours = " + _EVEN + "\nweekdays = " + str([1] * 7)
    world = stressed(tmp_path, flat, days=2.4)
    found = ready(world)
    values = []
    for run in drawn(found, 400):
        ((at,),) = run.world.rows("select min(at) from agenda where step = 'demand.arrives'")
        values.append(1 - exp(-(at - found.now) / HOUR))
    world.close()
    assert furthest(values) < UNLIKELY


def test_a_day_with_many_buyers_goes_on_to_be_busy(tmp_path: Path) -> None:
    """The same half day with few and with many orders: what is left of it is weighed by them."""
    demand = "[demand]\norders_per_day = 200\nbusyness_cv = 0.5\nbusyness_memory = 0"
    means = {}
    for seed in (1, 2, 3, 4, 5, 6):
        world = stressed(tmp_path, demand, f"seed = {seed}", days=1.1, name=f"d{seed}")
        found = ready(world)
        since = "select count(*) from orders where placed_at > ?"
        (came,) = world.row(since, (world.now - 4 * HOUR,))
        day = (found.now + 5 * HOUR + 30 * MINUTE) // DAY
        means[came] = mean(busyness(run, day) for run in drawn(found, 30))
        world.close()
    ordered = [means[came] for came in sorted(means)]
    assert ordered[-1] > 1.5 * ordered[0]


def test_so_many_buyers_are_likeliest_where_so_many_are_expected() -> None:
    assert likelihood(0, 0) == likelihood(7, 7) == 1
    assert likelihood(0, 2) == pytest.approx(exp(-2))
    assert likelihood(3, 5) == pytest.approx((5**3 * exp(-5)) / (3**3 * exp(-3)))
    assert likelihood(3, 0) == 0


# -- the book


def test_a_book_keeps_what_has_shown_and_draws_the_rest_by_its_own_key() -> None:
    kept = Kept({("after", 7): {2: 0.25}}, last_day=10)
    book = Book("key", luck, kept)
    block = book("seed", "after", 7, 8)
    fresh = luck("key", "after", 7, 8)
    assert block[2] == 0.25 and [*block[:2], *block[3:]] == [*fresh[:2], *fresh[3:]]
    assert book("seed", "day", 10, 2) == luck("seed", "day", 10, 2)
    assert book("seed", "day", 11, 2) == luck("key", "day", 11, 2)
    assert book("seed", "order", 7, 16) == luck("key", "order", 7, 16)


def test_a_turn_draws_the_places_anew_and_leaves_the_others() -> None:
    book = Book("key", luck, Kept({("after", 7): {2: 0.25}}, last_day=10))
    before = book("seed", "after", 7, 8)
    book.turn(("after", 7), (0, 1), 1)
    after = book("seed", "after", 7, 8)
    assert after[2:] == before[2:] and after[0] != before[0] and after[1] != before[1]
    book.turn(("wish", 7), (), 2)
    assert book("seed", "wish", 7, 8) == luck("key/2", "wish", 7, 8)


def test_what_is_all_but_impossible_stays_as_it_was(quiet: World) -> None:
    was = Coming(Due(quiet.now + DAY, "receiving.rates", shop.place(quiet)), 1)
    book = Book("key", luck, Kept({}, last_day=10))
    run = Run(quiet, book)
    unit = Unit(((("after", 7), ()), (("wish", 7), (2,))), lambda run: None, (was,))
    assert drawn_anew(run, book, unit) == [was]
    assert run.luck("after", 7, places=8) == luck(run.seed, "after", 7, 8)
    assert run.luck("wish", 7, places=8)[2] == luck(run.seed, "wish", 7, 8)[2]
