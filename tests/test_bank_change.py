"""A new bank account: what is held for three days, and when its first transfer leaves (chapter 6)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.central import reserve, settings, settlements, standing
from sandbox.central.days import DAY, HOUR
from sandbox.central.holds import Held
from sandbox.central.standing import Stop
from sandbox.central.world import World
from tests import shop, till


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[World]:
    """A professional shop whose first settlement has closed, with its transfer to come in two working days."""
    world = till.with_policy(tmp_path, seller_plan="professional")
    till.sold(world)
    shop.wait(world, 14 * DAY)
    yield world
    world.close()


def change(world: World, number: str = "998877665544") -> None:
    account = {"holder": "Kettle and Kin", "bank_code": "ABCD0123456", "number": number}
    world.do(settings.change_bank_account, by="seller", **account)


def held(world: World) -> list[tuple[str, int, int | None]]:
    return [(hold.reason, hold.amount_minor, hold.free_at) for hold in reserve.reserve(world).holds]


def test_the_account_that_a_shop_begins_with_is_no_change(quiet: World) -> None:
    assert standing.bank_changed_at(quiet, quiet.now) is None


def test_a_changed_account_holds_the_whole_balance_for_3_days(paid: World) -> None:
    change(paid)
    funds = settlements.open_period(paid).funds_minor
    assert held(paid) == [("AccountChange", funds, paid.now + 3 * DAY)]


def behind(world: World) -> list[Held]:
    return reserve.hold_of(world, "AccountChange").orders


def test_the_latest_orders_that_make_up_the_balance_are_behind_it(paid: World) -> None:
    (first, confirmed_at) = paid.row("select order_id, confirmed_at from orders")
    change(paid)
    funds = settlements.open_period(paid).funds_minor
    assert behind(paid) == [Held(paid.order(first).number, funds, confirmed_at, paid.now + 3 * DAY)]


def test_orders_whose_money_went_to_the_bank_are_not_behind_it(paid: World) -> None:
    shop.wait(paid, 5 * DAY)
    second, third = till.sold(paid), till.sold(paid)
    change(paid)
    assert [paid.ids.order_id(held.number) for held in behind(paid)] == [second, third]


def test_orders_that_another_reason_holds_are_not_behind_it(paid: World) -> None:
    (first,) = paid.row("select order_id from orders")
    second = till.sold(paid)
    till.charge_back(paid, second)
    change(paid)
    assert [paid.ids.order_id(held.number) for held in behind(paid)] == [first]


def test_an_old_shops_balance_is_followed_to_its_first_orders(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, seller_plan="professional", settlement_first_after_days=400)
    order_id = till.sold(world)
    shop.wait(world, 200 * DAY)
    change(world)
    assert [world.ids.order_id(held.number) for held in behind(world)] == [order_id]
    world.close()


def test_it_is_held_until_the_last_millisecond_of_the_3_days(paid: World) -> None:
    change(paid)
    shop.wait(paid, 3 * DAY - 1)
    assert [reason for reason, _, _ in held(paid)] == ["AccountChange"]


def test_it_falls_free_3_days_after_the_change(paid: World) -> None:
    change(paid)
    shop.wait(paid, 3 * DAY)
    assert held(paid) == []


def test_an_earlier_change_stays_in_the_history_of_the_reserve(paid: World) -> None:
    change(paid)
    first = paid.now
    shop.wait(paid, 10 * DAY)
    till.sold(paid)
    change(paid, "887766554433")
    moments = (first - 1, first, first + 3 * DAY - 1, first + 3 * DAY, paid.now - 1, paid.now)
    told = [[hold.reason for hold in reserve.reserve(paid, at).holds] for at in moments]
    assert told == [[], ["AccountChange"], ["AccountChange"], [], [], ["AccountChange"]]


def test_a_second_change_within_the_3_days_begins_them_anew(paid: World) -> None:
    change(paid)
    first = paid.now
    shop.wait(paid, 2 * DAY)
    change(paid, "887766554433")
    assert standing.transfer_stop(paid, paid.now) == Stop("BankAccountChanged", paid.now + 3 * DAY, paid.now + 3 * DAY)
    assert reserve.reserve(paid, first + DAY).holds[0].free_at == first + 3 * DAY


def test_what_another_reason_holds_is_not_held_again(quiet: World) -> None:
    till.sold(quiet)
    shop.wait(quiet, HOUR)
    change(quiet)
    assert [reason for reason, _, _ in held(quiet)] == ["IndividualPlan"]


def test_a_transfer_waits_until_the_new_account_may_have_it(paid: World) -> None:
    shop.wait(paid, DAY)
    change(paid)
    until = paid.now + 3 * DAY
    shop.wait(paid, 3 * DAY - 1)
    assert settlements.settlement_of(paid, 1).transfer_minor is None
    shop.wait(paid, 1)
    found = settlements.settlement_of(paid, 1)
    assert (found.transfer_minor, found.transfer_at) == (found.closing_minor, until)


def test_no_pack_pays_a_new_account_at_once(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, reserve_pack="tier-2-plus")
    change_at_once = standing.transfer_stop(world, world.now)
    shop.wait(world, DAY)
    change(world)
    stop = standing.transfer_stop(world, world.now)
    world.close()
    over_at = world.clock.now + 3 * DAY
    assert change_at_once is None and stop == ("BankAccountChanged", over_at, over_at)
