"""The simulator against closed forms: queues, pipelines and picks that have an exact answer.

Means of what hangs together are judged by batches of days: 20 batch means, and Student's t with 19 degrees of freedom.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import exp, factorial, sqrt
from pathlib import Path
from statistics import fmean, stdev

import pytest

from sandbox.central import reserve
from sandbox.central.days import DAY, HOUR
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
from tests import shop
from tests.test_luck import NORMAL_999

BATCHES = 20
STUDENT_999 = 3.883
"""Of 19 degrees of freedom, both sides together one in a thousand."""

EVEN = """
title = "Even hours, even weekdays"
seed = {seed}
start = "2026-03-02T00:00:00+05:30"
[[products]]
sku = "KK-001"
title = "Steel kettle"
price = 849
[demand]
orders_per_day = {per_day}
hours = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
weekdays = [1, 1, 1, 1, 1, 1, 1]
busyness_cv = 0
pending_share = 0
second_line_share = 0
second_piece_share = 0
"""
INBOX = (
    EVEN
    + """
[buyers]
ask_share = 1
patience_days = 2
patience_sigma = 0.3
ask_again_hours = 10000
"""
    + shop.CALM
    + """
[desks.dispatch]
played_by = "person"
[desks.inbox]
opens = "0:00"
closes = "24:00"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
agents = {agents}
handling = "exponential"
handling_minutes = 10
"""
)
DISPATCH = (
    EVEN
    + """
[buyers]
ask_share = 0
"""
    + shop.CALM
    + """
[desks.inbox]
played_by = "person"
[desks.stock]
no_stock_share = 0
[desks.dispatch]
slip_share = 0
"""
)
ALL_WEEK = 'working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'


@contextmanager
def lived(folder: Path, text: str, days: int) -> Iterator[World]:
    world = worlds.make(folder / "closed.world", parse(text, "closed.toml"))
    Driver(world).advance(world.now + days * DAY)
    yield world
    world.close()


def interval(values: list[float]) -> tuple[float, float]:
    """Where the mean of values in their order lies, by batches."""
    size = len(values) // BATCHES
    means = [fmean(values[at * size : (at + 1) * size]) for at in range(BATCHES)]
    half = STUDENT_999 * stdev(means) / sqrt(BATCHES)
    return fmean(means) - half, fmean(means) + half


def erlang_c(load: float, agents: int) -> float:
    """The probability that somebody has to wait; `load` in agents."""
    last = load**agents / factorial(agents) * agents / (agents - load)
    return last / (sum(load**n / factorial(n) for n in range(agents)) + last)


@pytest.mark.parametrize(
    ("per_hour", "agents", "wait_hours"), [(2, 1, 0.0833333333), (5, 1, 0.8333333333), (10, 2, 0.3787878788)]
)
def test_the_wait_for_an_answer_is_that_of_erlang(
    tmp_path: Path, per_hour: int, agents: int, wait_hours: float
) -> None:
    """Six messages an hour for each agent, so with the waits of the known table of M/M/c."""
    load = per_hour / 6
    assert erlang_c(load, agents) / (6 * agents - per_hour) == pytest.approx(wait_hours, abs=1e-9)
    with lived(tmp_path, INBOX.format(seed=5, per_day=24 * per_hour, agents=agents), 70) as world:
        sql = "select (answered_at - at) / 3600000.0 from messages where answered_at is not null order by at"
        responses = [span for (span,) in world.rows(sql)]
    low, high = interval(responses[len(responses) // 10 :])
    assert low < wait_hours + 1 / 6 < high


def test_as_many_messages_wait_as_come_times_how_long_they_stay(tmp_path: Path) -> None:
    """Little's law, with the messages that are open counted every hour."""
    with lived(tmp_path, INBOX.format(seed=6, per_day=120, agents=1), 60) as world:
        rows = world.rows(
            "select at, ifnull(answered_at, ?) from messages where sender = 'buyer' order by at", (world.now,)
        )
        begin, end = world.now - 40 * DAY, world.now - 2 * DAY
    inside = [(at, answered) for at, answered in rows if begin <= at < end]
    rate, stay = len(inside) / (end - begin), fmean(answered - at for at, answered in inside)
    open_ = [sum(at <= moment < answered for at, answered in rows) for moment in range(begin, end, HOUR)]
    assert fmean(open_) == pytest.approx(rate * stay, rel=0.05)


def test_a_weeks_money_in_reserve_is_that_of_a_pipeline_without_queue(tmp_path: Path) -> None:
    """M/G/infinity: the mean is rate times stay times value, and the variance has the value squared."""
    per_day, days, value = 40, 7, 84_900 + 4_900
    text = DISPATCH.format(seed=7, per_day=per_day) + ALL_WEEK
    with lived(tmp_path, text, 10) as world:
        found = []
        for _ in range(60):
            Driver(world).advance(world.now + 8 * DAY)
            found.append(reserve.reserve(world).holds[0].amount_minor / value)
    mean = per_day * days
    assert abs(fmean(found) - mean) < NORMAL_999 * sqrt(mean / len(found))
    spread = 2 * mean * mean / (len(found) - 1)
    assert abs(stdev(found) ** 2 - mean) < NORMAL_999 * sqrt(spread)


@pytest.mark.parametrize("cut_off", [9, 14, 20])
def test_what_comes_after_the_last_pick_before_a_day_off_is_late(tmp_path: Path, cut_off: int) -> None:
    """The platform counts Sundays here and the desk does not work on them: of a week, what comes on Saturday after the
    cut-off is late, and nothing else is."""
    text = DISPATCH.format(seed=8, per_day=60) + f'cut_off = "{cut_off}:00"\npicks = ["21:00"]\n[policy.changes]\n'
    with lived(tmp_path, text + ALL_WEEK, 15 * 7) as world:
        orders, late = world.row("select count(*), sum(late) from orders where confirmed_at is not null")
    share = (24 - cut_off) / 24 / 7
    assert abs(late / orders - share) < NORMAL_999 * sqrt(share * (1 - share) / orders)


DAILY_PICKS = [
    *((17, 14, 24, 0.125), (17, 14, 26, 0.0416667), (17, 14, 27, 0)),
    *((11, 9, 24, 0.0833333), (17, 12, 24, 0.2083333), (17, 17, 24, 0)),
]
"""Pick, cut-off, hours that are promised, and the known share that leaves later than that."""


@pytest.mark.parametrize(("pick", "cut_off", "hours", "late"), DAILY_PICKS)
def test_a_daily_pick_is_late_as_often_as_its_cut_off_says(
    tmp_path: Path, pick: int, cut_off: int, hours: int, late: float
) -> None:
    """(24 + pick - hours - cut-off) / 24, of orders that come evenly around the clock."""
    assert late == pytest.approx(min(1, max(0, (24 + pick - hours - cut_off) / 24)), abs=1e-7)
    text = DISPATCH.format(seed=9, per_day=120) + f'picks = ["{pick}:00"]\ncut_off = "{cut_off}:00"\n' + ALL_WEEK
    with lived(tmp_path, text, 40) as world:
        sql = "select count(*), sum(confirmed_at - placed_at > ? * 3600000) from orders where confirmed_at is not null"
        orders, found = world.row(sql, (hours,))
    assert abs(found / orders - late) <= NORMAL_999 * sqrt(late * (1 - late) / orders)


def test_lognormal_values_have_their_mean() -> None:
    """What the tests above lean on: e to the half of sigma squared times the median."""
    from sandbox.sim.luck import lognormal, luck

    values = [lognormal(luck("1", "mean", number, 1)[0], 8.0, 0.5) for number in range(20_000)]
    assert fmean(values) == pytest.approx(8 * exp(0.125), rel=0.01)
