"""The trend: a rate of a moment gone by is what it was then (chapters 8, 9 and 11)."""

from collections.abc import Callable
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import claims, feedback, health, messages, orders, trend
from sandbox.central.days import DAY, HOUR, end_of_day, ends_of_days, parse_moment
from sandbox.central.guide import Refused
from sandbox.central.world import Act, World
from tests import money, quarrels, shop

TROUBLED = """
[[parcels.transit]]
weight = 1
mean_days = 3
[desks.dispatch]
slip_share = 0.2
[desks.stock]
no_stock_share = 0.05
[desks.inbox]
closes = "12:00"
"""
STRICT = """
[policy]
pack = "marketplace-today"
[policy.changes]
auto_cancel_counts = false
chargeback_is_defect = false
"""

Told = dict[tuple[str, int], tuple[int, int]]
"""Counted and out of, by rate and window."""


def as_it_was(world: World, at: int) -> Told:
    found = {}
    for rate in health.scored_rates(world):
        point = trend.rate_at(world, rate, at)
        assert point.at == at
        found[rate.name, rate.window_days] = (point.counted, point.out_of)
    return found


def as_it_is(world: World) -> Told:
    return {(rate.name, rate.window_days): (rate.counted, rate.out_of) for rate in health.scored_rates(world)}


def lived(world: World, days: int) -> dict[int, Told]:
    """So many days with troubles of every kind; what the rates were at the end of each of them."""
    found = {}
    for number in range(days):
        shop.wait(world, end_of_day(world.now) - world.now)
        found[world.now] = as_it_is(world)
        shop.wait(world, 11 * HOUR)
        _trouble(world, number)
    return found


def _trouble(world: World, number: int) -> None:
    """Something else each day, and what becomes of what was done before."""
    calm = [order.order_id for order in money.untouched(world, 3)]
    if len(calm) < 3:
        return
    quarrels.write(world, calm[0])
    quarrels.rate(world, calm[1], 1 + number % 3, "Write to meera@example.invalid.")
    (quarrels.charge_back if number % 4 == 0 else quarrels.refund)(world, calm[2])
    for act, sql in _LATER:
        for (about,) in world.rows(sql, {"now": world.now, "of_3": number % 3}):
            act(world, about)
    _split(world)


def _split(world: World) -> None:
    """An order of two pieces, the second of which leaves days later; and one that is cancelled."""
    order_id = shop.place(world, (1, 1), (2, 1))
    item = quarrels.first_item(world, order_id)
    quarrels.ship(world, order_id, items={item: 1})
    world.do(orders.cancel, by="seller", order_id=shop.place(world), reason="BuyerCanceled")


def _tried(world: World, act: Act, **what: Any) -> None:
    """Do it, or be refused: what somebody tries here depends on chance."""
    with suppress(Refused):
        world.do(act, by="somebody", **what)


def _file(world: World, order_id: str) -> None:
    _tried(world, claims.file, order_id=order_id, reason="DefectiveOrDifferent")


def _withdraw(world: World, claim: int) -> None:
    _tried(world, claims.withdraw, claim=claim)


def _appeal(world: World, claim: int) -> None:
    _tried(world, claims.appeal, claim=claim, text="Sent.", evidence=[("ReturnInstructions", "Sent.")])


def _take_back(world: World, order_id: str) -> None:
    _tried(world, feedback.withdraw, order_id=order_id)


def _ask_removal(world: World, order_id: str) -> None:
    _tried(world, feedback.ask_removal, order_id=order_id, reason=next(iter(feedback.REMOVAL_REASONS)))


def _mark(world: World, message: int) -> None:
    _tried(world, messages.mark_no_response_needed, message=message)


_RATED = (
    "select order_id from feedback where state = 'shown' and left_at < :now - 86400000 and order_number % 3 = :of_3"
)
_LATER: list[tuple[Callable[[World, Any], None], str]] = [
    (
        _file,
        """select order_id from orders o join messages m on m.order_number = o.number
        where sender = 'buyer' and m.at < :now - 172800000 and number not in (select order_number from disputes)
        and confirmed_at and number % 3 = :of_3 limit 2""",
    ),
    (_withdraw, "select dispute from disputes where state = 'action-required' and dispute % 5 = :of_3 limit 1"),
    (_appeal, "select dispute from disputes where paid_by = 'seller' and closed_at < :now and dispute % 3 = :of_3"),
    (_take_back, f"{_RATED} and order_number % 2 limit 1"),
    (_ask_removal, f"{_RATED} and order_number % 2 = 0 limit 1"),
    (_mark, "select message from messages where state = 'waiting' and at < :now - 18000000 and message % 3 = :of_3"),
]
"""What somebody does some days later, and about what."""


_ALL = {
    *("ClaimWithdrawn", "AppealDecided", "FeedbackWithdrawn", "FeedbackRemovalDecided", "NoResponseNeeded"),
    *("ChargebackFiled", "OrderCancelled", "DisputeDecided"),
}


def _happened(world: World) -> set[str]:
    return {kind for (kind,) in world.rows("select distinct kind from facts")}


@pytest.mark.parametrize("policy", ["", STRICT], ids=["guide-2015", "another reading"])
def test_a_rate_of_a_moment_gone_by_is_what_it_was_then(tmp_path: Path, policy: str) -> None:
    with closing(shop.busy(tmp_path, shop.CALM + policy + TROUBLED)) as world:
        told = lived(world, 45)
        assert _happened(world) >= _ALL
        assert all(max(counts[name][0] for counts in told.values()) for name in as_it_is(world))
        assert {at: as_it_was(world, at) for at in told} == told


def test_as_of_now_it_is_the_rate_of_now(tmp_path: Path) -> None:
    with closing(money.moved(tmp_path)) as world:
        assert as_it_was(world, world.now) == as_it_is(world)


def test_where_nothing_is_to_count_there_is_no_percentage(quiet: World) -> None:
    (rate, *_) = health.scored_rates(quiet)
    assert trend.rate_at(quiet, rate, quiet.now) == (quiet.now, 0, 0)
    assert trend.rate_at(quiet, rate, quiet.now).percent is None


# -- the ends of days


MONDAY_NOON = parse_moment("2026-03-02T12:00:00+05:30")


def test_days_end_on_the_shops_own_clock_and_the_last_one_now() -> None:
    until = MONDAY_NOON + 2 * DAY
    midnights = [parse_moment(f"2026-03-0{day}T00:00:00+05:30") - 1 for day in (3, 4)]
    assert ends_of_days(MONDAY_NOON, until, 100) == [*midnights, until]


def test_a_day_that_has_not_ended_is_one_moment() -> None:
    assert ends_of_days(MONDAY_NOON, MONDAY_NOON, 100) == [MONDAY_NOON]


def test_of_a_day_that_ends_now_the_end_is_told_once() -> None:
    until = end_of_day(MONDAY_NOON)
    assert ends_of_days(MONDAY_NOON, until, 100) == [until]


def test_of_many_days_every_so_manieth_is_told() -> None:
    found = ends_of_days(MONDAY_NOON, MONDAY_NOON + 1000 * DAY, 100)
    gaps = {later - earlier for earlier, later in pairwise(found[:-1])}
    assert (len(found), gaps) == (101, {10 * DAY})
