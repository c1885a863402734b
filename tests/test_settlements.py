"""Settlements: periods that follow each other and add up, and the money that leaves for the bank (chapter 5)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.central import claims, feedback, ledger, performance, settings, settlements, standing
from sandbox.central.days import DAY, HOUR, next_working_day
from sandbox.central.records import Settlement
from sandbox.central.world import World
from tests import shop, till
from tests.till import KETTLE, SHIPPING

PAID, FEE = KETTLE + SHIPPING, 2_904


def closed(world: World) -> list[Settlement]:
    """The closed ones, the first one first."""
    return settlements.settlements(world, limit=100).rows[::-1]


@pytest.fixture
def free(tmp_path: Path) -> Iterator[World]:
    """A quiet shop in which nothing is held back."""
    world = till.with_policy(tmp_path, seller_plan="professional")
    yield world
    world.close()


# -- periods


def test_the_first_settlement_closes_after_14_days(quiet: World) -> None:
    opened = quiet.now
    shop.wait(quiet, 14 * DAY - 1)
    assert closed(quiet) == []
    shop.wait(quiet, 1)
    assert [(one.since, one.closed_at) for one in closed(quiet)] == [(opened, opened + 14 * DAY)]


def test_each_further_one_closes_7_days_after_the_one_before(quiet: World) -> None:
    opened = quiet.now
    shop.wait(quiet, 35 * DAY)
    assert [one.closed_at - opened for one in closed(quiet)] == [14 * DAY, 21 * DAY, 28 * DAY, 35 * DAY]


def test_the_marketplace_of_today_settles_every_14_days(tmp_path: Path) -> None:
    world = shop.quiet(tmp_path, '[policy]\npack = "marketplace-today"\n')
    opened = world.now
    shop.wait(world, 42 * DAY)
    assert [one.closed_at - opened for one in closed(world)] == [14 * DAY, 28 * DAY, 42 * DAY]


def test_a_period_begins_when_the_one_before_ends(quiet: World) -> None:
    shop.wait(quiet, 28 * DAY)
    found = closed(quiet)
    assert [one.since for one in found[1:]] == [one.closed_at for one in found[:-1]]


def test_a_settlement_opens_with_what_the_one_before_closed_with(quiet: World) -> None:
    for _ in range(5):
        till.sold(quiet)
        shop.wait(quiet, 7 * DAY)
    found = closed(quiet)
    assert [one.opening_minor for one in found] == [0, *(one.closing_minor for one in found[:-1])]


def test_a_payment_in_the_last_millisecond_belongs_to_the_period(quiet: World) -> None:
    shop.wait(quiet, 14 * DAY - 1)
    till.sold(quiet)
    shop.wait(quiet, 7 * DAY)
    assert [one.orders_minor for one in closed(quiet)] == [PAID]


def test_a_payment_at_the_moment_of_closing_belongs_to_the_next(quiet: World) -> None:
    shop.wait(quiet, 14 * DAY)
    till.sold(quiet)
    shop.wait(quiet, 7 * DAY)
    assert [one.orders_minor for one in closed(quiet)] == [0, PAID]


def test_the_moment_at_which_the_period_closes_is_known_before(quiet: World) -> None:
    opened = quiet.now
    first = settlements.closes_at(quiet)
    shop.wait(quiet, 14 * DAY)
    assert (first, settlements.closes_at(quiet)) == (opened + 14 * DAY, opened + 21 * DAY)


# -- lines


def test_every_line_of_a_settlement_says_what_happened(free: World) -> None:
    refunded, claimed, charged = (till.sold(free) for _ in range(3))
    till.refund(free, refunded, shipping_minor=900)
    free.do(claims.accept, by="seller", claim=till.claim(free, claimed))
    till.charge_back(free, charged)
    shop.wait(free, 12 * DAY)
    (found,) = closed(free)
    lines = (found.orders_minor, found.refunds_minor, found.claims_minor, found.chargebacks_minor, found.fees_minor)
    assert lines == (3 * PAID, -900, -PAID, -PAID, -3 * FEE + 26 + 2 * 2_604)


def test_a_lost_chargeback_is_a_line_of_the_period_in_which_it_was_lost(free: World) -> None:
    till.charge_back(free, till.sold(free))
    shop.wait(free, 14 * DAY)
    (found,) = closed(free)
    assert (found.chargebacks_minor, found.fees_minor, found.closing_minor) == (-PAID, -300, -300)


def test_a_settlement_closes_with_all_its_lines(quiet: World) -> None:
    for span in (1, 13, 7, 7):
        till.refund(quiet, till.sold(quiet), shipping_minor=100)
        shop.wait(quiet, span * DAY)
    for one in closed(quiet):
        lines = one.opening_minor + one.orders_minor + one.refunds_minor + one.claims_minor + one.chargebacks_minor
        assert one.closing_minor == lines + one.fees_minor + one.transferred_minor + one.reserve_change_minor


def test_what_is_held_back_stays_out_of_the_settlement(quiet: World) -> None:
    till.sold(quiet)
    shop.wait(quiet, 8 * DAY)
    till.sold(quiet)
    shop.wait(quiet, 6 * DAY)
    (found,) = closed(quiet)
    assert (found.reserved_minor, found.reserve_change_minor) == (PAID, -PAID)
    assert found.closing_minor == 2 * (PAID - FEE) - PAID


def test_the_reserve_gives_back_in_the_next_settlement(quiet: World) -> None:
    shop.wait(quiet, 13 * DAY)
    till.sold(quiet)
    shop.wait(quiet, 8 * DAY)
    _, second = closed(quiet)
    assert (second.reserved_minor, second.reserve_change_minor, second.closing_minor) == (0, PAID - FEE, PAID - FEE)


def test_no_more_is_held_back_than_there_is(quiet: World) -> None:
    shop.wait(quiet, 13 * DAY)
    till.sold(quiet)
    shop.wait(quiet, DAY)
    assert [(one.reserved_minor, one.closing_minor) for one in closed(quiet)] == [(PAID - FEE, 0)]


def test_a_negative_balance_is_carried_to_the_next_period(free: World) -> None:
    till.charge_back(free, till.sold(free))
    shop.wait(free, 14 * DAY)
    till.sold(free)
    shop.wait(free, 7 * DAY)
    first, second = closed(free)
    assert (first.closing_minor, second.opening_minor, second.closing_minor) == (-300, -300, PAID - FEE - 300)


def told_of_debts(world: World) -> list[tuple[str, int, str]]:
    return [(row.name, row.at, row.text) for row in performance.notices(world).rows if row.kind == "balance"]


def test_a_negative_balance_is_told_in_the_moment_in_which_its_settlement_closes(free: World) -> None:
    till.charge_back(free, till.sold(free))
    shop.wait(free, 14 * DAY - 1)
    before = told_of_debts(free)
    shop.wait(free, 1)
    text = (
        "Settlement 1 closed 300 minor units of INR below nothing."
        " Nothing is paid out, and the next settlement begins with that debt."
    )
    assert (before, told_of_debts(free)) == ([], [("settlement 1", free.now, text)])


def test_each_settlement_that_closes_below_nothing_tells_it_and_none_that_closes_with_nothing(free: World) -> None:
    shop.wait(free, 13 * DAY)
    till.charge_back(free, till.sold(free))
    shop.wait(free, 22 * DAY)
    assert [one.closing_minor for one in closed(free)] == [0, 0, -300, -300]
    assert [name for name, _, _ in told_of_debts(free)] == ["settlement 4", "settlement 3"]


def test_a_debt_is_told_to_the_addresses_that_the_seller_chose_and_is_no_breach_of_a_rate(free: World) -> None:
    free.do(settings.set_notification_addresses, by="seller", addresses=["owner@shop.example.invalid"])
    till.charge_back(free, till.sold(free))
    shop.wait(free, 14 * DAY)
    (row,) = [row for row in performance.notices(free).rows if row.kind == "balance"]
    assert (row.sent_to, standing.breaches(free)) == ('["owner@shop.example.invalid"]', {})


def test_a_negative_balance_is_not_handed_out(free: World) -> None:
    till.charge_back(free, till.sold(free))
    shop.wait(free, 20 * DAY)
    assert [(one.transfer_at, one.transfer_minor) for one in closed(free)] == [(None, None)]


def test_a_settlement_keeps_the_numbers_of_its_entries(free: World) -> None:
    till.sold(free)
    shop.wait(free, 21 * DAY)
    first, second = closed(free)
    assert first.last_entry + 1 == second.first_entry
    assert {one.settlement for one in ledger.transactions(free, settlement=1).rows} == {1}


def begun_with(world: World) -> list[tuple[int, int]]:
    """What each settlement began with, and what the entries behind that come to."""
    return [
        (one.opening_minor, sum(map(given, ledger.behind(world, one.settlement, "opening", 1)[1].rows)))
        for one in closed(world)
    ]


def given(found: ledger.Transaction) -> int:
    """What an entry did to the money that a settlement hands out."""
    entry = found.entry
    return entry.amount_minor * ((entry.target == "available") - (entry.source == "available"))


def test_the_entries_behind_what_a_settlement_began_with_add_up_to_it(quiet: World) -> None:
    for _ in range(3):
        till.sold(quiet)
        shop.wait(quiet, 7 * DAY)
    shop.wait(quiet, 28 * DAY)
    told = begun_with(quiet)
    assert [opening for opening, _ in told if opening] and all(opening == moved for opening, moved in told)


def test_a_settlement_that_only_gave_the_reserve_back_is_behind_what_the_next_one_began_with(quiet: World) -> None:
    shop.wait(quiet, 13 * DAY)
    till.sold(quiet)
    shop.wait(quiet, 15 * DAY)
    (entry,) = ledger.left_by(quiet, 2)
    assert (entry.kind, entry.amount_minor, closed(quiet)[2].opening_minor) == ("Reserve", PAID - FEE, PAID - FEE)


# -- transfers


def test_a_settlements_money_leaves_two_working_days_later(free: World) -> None:
    till.sold(free)
    shop.wait(free, 14 * DAY)
    leaves_at = next_working_day(free.now, free.working_weekdays, 2)
    shop.wait(free, leaves_at - 1 - free.now)
    assert ledger.balances(free)["bank"] == 0
    shop.wait(free, 1)
    assert ledger.balances(free)["bank"] == PAID - FEE


def test_a_sunday_is_no_working_day(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, seller_plan="professional", settlement_first_after_days=4)
    till.sold(world)
    shop.wait(world, 4 * DAY)  # a Friday
    (found,) = closed(world)
    assert found.transfer_at == next_working_day(world.now, frozenset(range(6)), 2)


def test_a_settlement_tells_what_the_bank_got(free: World) -> None:
    till.sold(free)
    shop.wait(free, 20 * DAY)
    assert [one.transfer_minor for one in closed(free)] == [PAID - FEE]


def test_the_next_settlement_shows_the_transfer(free: World) -> None:
    till.sold(free)
    shop.wait(free, 21 * DAY)
    _, second = closed(free)
    assert (second.opening_minor, second.transferred_minor, second.closing_minor) == (PAID - FEE, FEE - PAID, 0)


def test_a_debt_is_followed_to_the_settlement_that_it_is_of(free: World) -> None:
    till.charge_back(free, till.sold(free))
    shop.wait(free, 35 * DAY)
    assert begun_with(free) == [(0, 0), *[(-300, -300)] * 3]


@pytest.mark.parametrize("every", [1, 2, 3])
def test_periods_shorter_than_the_way_to_the_bank_lose_nothing(tmp_path: Path, every: int) -> None:
    changes = {"settlement_first_after_days": 1, "settlement_every_days": every, "seller_plan": "professional"}
    world = till.with_policy(tmp_path, **changes)
    for _ in range(6):
        till.sold(world)
        shop.wait(world, DAY)
    shop.wait(world, 14 * DAY)
    assert (ledger.balances(world)["bank"], world.check()) == (6 * (PAID - FEE), [])


def test_money_may_leave_on_the_day_itself(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, seller_plan="professional", transfer_after_working_days=0)
    till.sold(world)
    shop.wait(world, 14 * DAY)
    assert ledger.balances(world)["bank"] == PAID - FEE


# -- held transfers


@pytest.fixture
def suspended(tmp_path: Path) -> Iterator[World]:
    """A shop that negative feedback suspended while its first settlement was on its way to the bank."""
    changes = {"standing_orders_at_least": 1, "review_sales_multiple": 1000.0, "performance_hold_percent": 0.0}
    world = till.with_policy(tmp_path, seller_plan="professional", **changes)
    order_id = till.sold(world)
    shop.wait(world, 13 * DAY)
    world.do(feedback.leave, by="buyer", order_id=order_id, rating=1)
    shop.wait(world, DAY)
    yield world
    world.close()


def test_a_suspended_accounts_transfer_is_held(suspended: World) -> None:
    shop.wait(suspended, 4 * DAY)
    (found,) = closed(suspended)
    assert found.transfer_at is not None and found.transfer_at > suspended.now
    assert (found.transfer_minor, ledger.balances(suspended)["bank"]) == (None, 0)


def test_what_a_settlement_began_with_is_followed_to_older_ones_whose_money_was_held(suspended: World) -> None:
    for _ in range(4):
        till.sold(suspended)
        shop.wait(suspended, 7 * DAY)
    told = begun_with(suspended)
    assert told[-1][0] > 3 * (PAID - FEE) and all(opening == moved for opening, moved in told)


def test_a_transfer_that_was_held_leaves_once_nothing_holds_it(suspended: World) -> None:
    shop.wait(suspended, 3 * DAY)
    suspended.do(feedback.withdraw, by="buyer", order_id=suspended.row("select order_id from feedback")[0])
    shop.wait(suspended, 2 * DAY)
    assert [one.transfer_minor for one in closed(suspended)] == [PAID - FEE]


def test_a_transfer_held_for_longer_than_a_period_goes_with_the_next_settlement(suspended: World) -> None:
    shop.wait(suspended, 8 * DAY)
    suspended.do(feedback.withdraw, by="buyer", order_id=suspended.row("select order_id from feedback")[0])
    shop.wait(suspended, 4 * DAY)
    assert [one.transfer_minor for one in closed(suspended)] == [None, PAID - FEE]


# -- the balance


def test_the_balance_is_what_was_paid_less_the_fee(free: World) -> None:
    till.sold(free)
    found = settlements.balance(free)
    assert (found.total_minor, found.reserve_minor, found.available_minor) == (PAID - FEE, 0, PAID - FEE)


def test_the_reserve_is_not_available(quiet: World) -> None:
    till.sold(quiet)
    shop.wait(quiet, 7 * DAY)
    till.sold(quiet)
    found = settlements.balance(quiet)
    assert (found.reserve_minor, found.available_minor) == (PAID, 2 * (PAID - FEE) - PAID)


def test_money_on_its_way_to_the_bank_is_told_with_its_day(free: World) -> None:
    till.sold(free)
    shop.wait(free, 14 * DAY)
    found = settlements.balance(free)
    leaves_at = next_working_day(free.now, free.working_weekdays, 2)
    assert (found.in_transfer_minor, found.transfer_at) == (PAID - FEE, leaves_at)


def test_the_balance_is_the_reserve_and_what_is_available_and_what_is_on_its_way(busy: World) -> None:
    for _ in range(20):
        shop.wait(busy, DAY)
        found = settlements.balance(busy)
        assert found.total_minor == found.reserve_minor + found.available_minor + found.in_transfer_minor


def test_money_on_its_way_to_the_bank_is_not_there_to_be_held(free: World) -> None:
    order_id = till.sold(free)
    shop.wait(free, 14 * DAY)
    till.charge_back(free, order_id)
    assert settlements.balance(free)[:4] == (PAID - FEE, 0, 0, PAID - FEE)


def test_a_settlement_takes_what_it_must_of_money_whose_transfer_was_held(suspended: World) -> None:
    shop.wait(suspended, 4 * DAY)
    till.charge_back(suspended, suspended.row("select order_id from orders")[0], KETTLE)
    before = settlements.balance(suspended)
    shop.wait(suspended, 3 * DAY)
    assert (before.reserve_minor, before.in_transfer_minor) == (0, PAID - FEE)
    assert closed(suspended)[-1].reserved_minor == KETTLE and suspended.check() == []


def test_nothing_is_on_its_way_once_the_bank_has_it(free: World) -> None:
    till.sold(free)
    shop.wait(free, 20 * DAY)
    assert settlements.balance(free)[:5] == (0, 0, 0, 0, None)


def test_a_debt_is_told(free: World) -> None:
    till.charge_back(free, till.sold(free))
    shop.wait(free, 11 * DAY)
    assert settlements.balance(free).available_minor == -300


def test_an_unknown_settlement_is_refused_with_those_there_are(quiet: World) -> None:
    shop.wait(quiet, 15 * DAY + HOUR)
    error = till.refused(quiet, lambda world, at: [settlements.settlement_of(world, 9)])
    assert (error.code, "Closed are 1 to 1" in error.sentence) == ("UnknownSettlement", True)
