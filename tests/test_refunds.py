"""Refunds: whole, by item, of the shipping; pending, called off, final; never more than is left (chapter 10)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.json import decode

from sandbox.central import claims, ledger, orders, refunds
from sandbox.central.days import DAY, HOUR, MINUTE, rfc3339
from sandbox.central.facts import RefundPosted, decoded
from sandbox.central.payments import left_minor
from sandbox.central.records import Refund
from sandbox.central.world import World
from tests import shop, till
from tests.till import KETTLE, MAKER, SHIPPING


def latest(world: World, order_id: str) -> Refund:
    return refunds.refunds_of(world, world.order(order_id))[-1]


def state(world: World, order_id: str) -> str:
    return latest(world, order_id).state


def asked(world: World, order_id: str, **what: Any) -> dict[str, Any]:
    return {"act": refunds.refund, "order_id": order_id, "reason": "CustomerReturn", **what}


@pytest.fixture
def order(quiet: World) -> str:
    """An order of two kettles and a coffee maker, shipped."""
    return till.sold(quiet, (1, 2), (2, 1))


@pytest.fixture
def today(tmp_path: Path) -> Iterator[World]:
    """A quiet shop under the marketplace's rules of today."""
    world = shop.quiet(tmp_path, '[policy]\npack = "marketplace-today"\n', "today")
    yield world
    world.close()


# -- whole and in part


def test_a_refund_without_amounts_gives_all_back(quiet: World, order: str) -> None:
    till.refund(quiet, order)
    assert latest(quiet, order).amount_minor == 2 * KETTLE + MAKER + SHIPPING


def test_a_refund_may_be_of_one_item(quiet: World, order: str) -> None:
    kettle, _ = till.items(quiet, order)
    till.refund(quiet, order, items={kettle: 30_000})
    assert (latest(quiet, order).amount_minor, decode(latest(quiet, order).items)) == (30_000, {"1": 30_000})


def test_a_refund_may_be_of_the_shipping_alone(quiet: World, order: str) -> None:
    till.refund(quiet, order, shipping_minor=SHIPPING)
    assert (latest(quiet, order).amount_minor, decode(latest(quiet, order).items)) == (SHIPPING, {})


def test_a_refund_may_be_of_items_and_shipping(quiet: World, order: str) -> None:
    kettle, maker = till.items(quiet, order)
    till.refund(quiet, order, items={kettle: 1, maker: 2}, shipping_minor=3)
    assert latest(quiet, order).amount_minor == 6


def test_of_a_partly_shipped_order_only_what_was_shipped_is_given_back(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    till.ship(quiet, order_id, items={till.items(quiet, order_id)[0]: 1})
    till.refund(quiet, order_id)
    assert latest(quiet, order_id).amount_minor == KETTLE + SHIPPING


def test_several_refunds_of_an_order_come_to_what_was_paid(quiet: World, order: str) -> None:
    kettle, _ = till.items(quiet, order)
    for what in ({"items": {kettle: KETTLE}}, {"shipping_minor": 900}, {}):
        till.refund(quiet, order, **what)
    given = [one.amount_minor for one in refunds.refunds_of(quiet, quiet.order(order))]
    assert given == [KETTLE, 900, KETTLE + MAKER + SHIPPING - 900]


def test_what_is_left_is_told_by_item(quiet: World, order: str) -> None:
    _, maker = till.items(quiet, order)
    till.refund(quiet, order, items={maker: 29_000}, shipping_minor=900)
    assert refunds.left_of(quiet, quiet.order(order)) == ({1: 2 * KETTLE, 2: 100_000}, 4_000)


def test_what_is_left_is_told_of_an_order_that_was_placed_in_the_same_transaction(quiet: World) -> None:
    with quiet.writing():
        order_id = shop.place(quiet, (1, 2), (2, 1))
        assert refunds.left_of(quiet, quiet.order(order_id)) == ({1: 0, 2: 0}, 0)


@pytest.mark.parametrize("reason", refunds.REASONS)
def test_every_documented_reason_is_taken(quiet: World, reason: str) -> None:
    order_id = till.sold(quiet)
    till.refund(quiet, order_id, reason=reason)
    assert latest(quiet, order_id).reason == reason


def test_a_refund_keeps_its_memo_and_its_note(quiet: World, order: str) -> None:
    till.refund(quiet, order, memo="Dented lid", note="Sorry for the dent.\nKeep the kettle.")
    assert (latest(quiet, order).memo, latest(quiet, order).note[:5]) == ("Dented lid", "Sorry")


# -- pending, then final


def test_a_refund_is_pending_until_its_last_millisecond(quiet: World, order: str) -> None:
    till.refund(quiet, order)
    shop.wait(quiet, 2 * HOUR - 1)
    assert (state(quiet, order), quiet.order(order).refunded_minor) == ("pending", 0)


def test_a_refund_is_final_after_two_hours(quiet: World, order: str) -> None:
    till.refund(quiet, order)
    shop.wait(quiet, 2 * HOUR)
    assert (state(quiet, order), quiet.order(order).refunded_minor) == ("final", quiet.order(order).paid_minor)


@pytest.mark.parametrize(("span", "expected"), [(15 * MINUTE - 1, "pending"), (15 * MINUTE, "final")])
def test_the_marketplace_of_today_waits_for_15_minutes(today: World, span: int, expected: str) -> None:
    order_id = till.sold(today)
    till.refund(today, order_id)
    shop.wait(today, span)
    assert state(today, order_id) == expected


def test_a_final_refund_goes_to_the_buyer_and_brings_a_part_of_the_fee_back(quiet: World) -> None:
    order_id = till.sold(quiet)
    till.refund(quiet, order_id)
    shop.wait(quiet, 2 * HOUR)
    entries = [entry[3:7] for entry in ledger.entries_of_order(quiet, quiet.order(order_id).number)]
    given = ("Refund", "refunds", "buyer", KETTLE + SHIPPING)
    assert entries[2:] == [given, ("RefundFee", "fees", "refunds", 2_604)]


def test_the_fixed_part_of_the_fee_stays_after_a_full_refund(quiet: World) -> None:
    order_id = till.sold(quiet)
    till.refund(quiet, order_id)
    shop.wait(quiet, 2 * HOUR)
    assert quiet.order(order_id).fee_minor == 300


def test_each_part_of_a_refund_brings_its_part_of_the_fee_back(quiet: World) -> None:
    order_id = till.sold(quiet)
    for amount in (1_000, 2_000):
        till.refund(quiet, order_id, shipping_minor=amount)
    shop.wait(quiet, 2 * HOUR)
    assert quiet.order(order_id).fee_minor == 2_904 - 29 - 58


def test_nothing_is_posted_while_a_refund_is_pending(quiet: World, order: str) -> None:
    till.refund(quiet, order)
    assert ledger.balances(quiet)["refunds"] == 0


# -- called off


def test_a_pending_refund_can_be_called_off_until_its_last_millisecond(quiet: World, order: str) -> None:
    number = till.refund(quiet, order)
    shop.wait(quiet, 2 * HOUR - 1)
    quiet.do(refunds.call_off, by="seller", order_id=order, refund=number)
    shop.wait(quiet, DAY)
    assert (state(quiet, order), quiet.order(order).refunded_minor) == ("called-off", 0)


def test_a_final_refund_cannot_be_called_off(quiet: World, order: str) -> None:
    number = till.refund(quiet, order)
    shop.wait(quiet, 2 * HOUR)
    error = till.refused(quiet, refunds.call_off, order_id=order, refund=number)
    assert (error.code, "is final since" in error.sentence) == ("RefundNotPending", True)


def test_a_refund_is_called_off_once(quiet: World, order: str) -> None:
    what = {"order_id": order, "refund": till.refund(quiet, order)}
    quiet.do(refunds.call_off, by="seller", **what)
    error = till.refused(quiet, refunds.call_off, **what)
    assert (error.code, "Give another one." in error.sentence) == ("RefundNotPending", True)


def test_what_was_called_off_can_be_given_back_again(quiet: World, order: str) -> None:
    number = till.refund(quiet, order)
    quiet.do(refunds.call_off, by="seller", order_id=order, refund=number)
    assert left_minor(quiet.order(order)) == quiet.order(order).paid_minor


@pytest.mark.parametrize("number", [0, 2, 10**9])
def test_a_refund_that_is_not_there_cannot_be_called_off(quiet: World, order: str, number: int) -> None:
    till.refund(quiet, order)
    error = till.refused(quiet, refunds.call_off, order_id=order, refund=number)
    assert (error.code, "It has: 1" in error.sentence) == ("UnknownRefund", True)


def test_a_refund_is_called_off_by_its_own_order(quiet: World, order: str) -> None:
    number = till.refund(quiet, order)
    other = till.sold(quiet)
    assert till.refused(quiet, refunds.call_off, order_id=other, refund=number).code == "UnknownRefund"


def test_a_refund_that_an_accepted_claim_counted_cannot_be_called_off(quiet: World, order: str) -> None:
    claim = till.claim(quiet, order)
    number = till.refund(quiet, order)
    quiet.do(claims.accept, by="seller", claim=claim)
    error = till.refused(quiet, refunds.call_off, order_id=order, refund=number)
    assert (error.code, "is final since" in error.sentence) == ("RefundNotPending", True)


# -- refused


def test_no_refund_is_more_than_is_left_of_an_item(quiet: World, order: str) -> None:
    _, maker = till.items(quiet, order)
    error = till.refused(quiet, **asked(quiet, order, items={maker: MAKER + 1}))
    assert (error.code, f"{MAKER + 1} minor units" in error.sentence) == ("MoreThanLeft", True)


def test_pending_refunds_count_as_given_back(quiet: World, order: str) -> None:
    _, maker = till.items(quiet, order)
    till.refund(quiet, order, items={maker: 100_000})
    error = till.refused(quiet, **asked(quiet, order, items={maker: 29_001}))
    assert error.sentence.endswith(f"item {maker} of order {order}: 29000.")


def test_no_refund_is_more_than_is_left_of_the_shipping(quiet: World, order: str) -> None:
    error = till.refused(quiet, **asked(quiet, order, shipping_minor=SHIPPING + 1))
    assert error.sentence.endswith(f"the shipping of order {order}: {SHIPPING}.")


def test_no_refund_is_more_than_a_claim_left_of_the_order(quiet: World, order: str) -> None:
    quiet.do(claims.accept, by="seller", claim=till.claim(quiet, order, 100_000))
    kettle, maker = till.items(quiet, order)
    error = till.refused(quiet, **asked(quiet, order, items={kettle: 2 * KETTLE, maker: MAKER}))
    assert (error.code, f"left of order {order}: 203700" in error.sentence) == ("MoreThanLeft", True)


def test_a_full_refund_after_a_claim_gives_the_rest(quiet: World, order: str) -> None:
    quiet.do(claims.accept, by="seller", claim=till.claim(quiet, order, 100_000))
    till.refund(quiet, order)
    assert (latest(quiet, order).amount_minor, left_minor(quiet.order(order))) == (203_700, 0)


def test_an_order_that_is_not_shipped_is_cancelled_instead(quiet: World) -> None:
    error = till.refused(quiet, **asked(quiet, shop.place(quiet)))
    assert (error.code, "Cancel it instead" in error.sentence) == ("NotPaid", True)


def test_a_cancelled_order_has_nothing_to_refund(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    error = till.refused(quiet, **asked(quiet, order_id))
    assert (error.code, "It was cancelled" in error.sentence) == ("NotPaid", True)


def test_an_order_is_refunded_once(quiet: World, order: str) -> None:
    till.refund(quiet, order)
    shop.wait(quiet, DAY)
    error = till.refused(quiet, **asked(quiet, order))
    told = f"Order {order} is refunded already, all {2 * KETTLE + MAKER + SHIPPING} minor units."
    assert (error.code, error.sentence) == ("AlreadyRefunded", told)


def test_an_order_that_is_being_refunded_tells_which_refund_can_be_called_off_and_until_when(
    quiet: World, order: str
) -> None:
    number = till.refund(quiet, order)
    error = till.refused(quiet, **asked(quiet, order))
    until = rfc3339(quiet.now + 2 * HOUR)
    assert error.sentence.endswith(f"; refund {number} can be called off until {until}.")


def test_nothing_is_refunded_after_a_granted_claim(quiet: World, order: str) -> None:
    till.claim(quiet, order)
    shop.wait(quiet, 7 * DAY)
    error = till.refused(quiet, **asked(quiet, order))
    assert (error.code, "by a claim or chargeback" in error.sentence) == ("AlreadyReimbursed", True)


def test_nothing_is_refunded_after_a_lost_chargeback(quiet: World, order: str) -> None:
    till.charge_back(quiet, order)
    shop.wait(quiet, 11 * DAY)
    assert till.refused(quiet, **asked(quiet, order)).code == "AlreadyReimbursed"


@pytest.mark.parametrize(("amount", "code"), [(0.5, "FractionOfMinorUnit"), (100.01, "FractionOfMinorUnit")])
def test_a_fraction_of_a_paisa_is_refused(quiet: World, order: str, amount: float, code: str) -> None:
    error = till.refused(quiet, **asked(quiet, order, shipping_minor=amount))
    assert (error.code, str(amount) in error.sentence) == (code, True)


def test_an_amount_written_with_a_zero_fraction_is_whole(quiet: World, order: str) -> None:
    till.refund(quiet, order, shipping_minor=100.0)
    assert latest(quiet, order).amount_minor == 100


@pytest.mark.parametrize("amount", [0, -1, -84_900])
def test_an_amount_is_above_zero(quiet: World, order: str, amount: int) -> None:
    error = till.refused(quiet, **asked(quiet, order, items={till.items(quiet, order)[0]: amount}))
    assert (error.code, error.sentence[: len(str(amount))]) == ("AmountNotPositive", str(amount))


def test_the_shipping_is_not_given_back_below_zero(quiet: World, order: str) -> None:
    assert till.refused(quiet, **asked(quiet, order, shipping_minor=-1)).code == "AmountNotPositive"


@pytest.mark.parametrize("what", [{"items": {}}, {"shipping_minor": 0}, {"items": {}, "shipping_minor": 0}])
def test_a_refund_that_names_no_money_is_refused(quiet: World, order: str, what: dict[str, Any]) -> None:
    assert till.refused(quiet, **asked(quiet, order, **what)).code == "NothingAsked"


@pytest.mark.parametrize("what", [{}, {"shipping_minor": 100}])
def test_another_currency_is_refused(quiet: World, order: str, what: dict[str, Any]) -> None:
    error = till.refused(quiet, **asked(quiet, order, currency="USD", **what))
    assert (error.code, "'USD'" in error.sentence and "INR" in error.sentence) == ("WrongCurrency", True)


def test_an_item_of_another_order_is_refused(quiet: World, order: str) -> None:
    (stranger,) = till.items(quiet, shop.place(quiet))
    error = till.refused(quiet, **asked(quiet, order, items={stranger: 100}))
    assert (error.code, stranger in error.sentence) == ("UnknownItem", True)


def test_an_unknown_reason_is_refused_with_those_there_are(quiet: World, order: str) -> None:
    error = till.refused(quiet, **asked(quiet, order) | {"reason": "Because"})
    assert (error.code, "CustomerReturn" in error.sentence) == ("UnknownReason", True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"memo": "x" * 501}, "The memo has 501 characters; it may have 500."),
        ({"note": "x" * 501}, "The note has 501 characters; it may have 500."),
        ({"note": "a\0b"}, "The note has '\\x00' in it, which is not printed. Write plain text."),
        ({"memo": "\u200b"}, "The memo has '\\u200b' in it, which is not printed. Write plain text."),
    ],
)
def test_a_note_is_plain_and_short(quiet: World, order: str, words: dict[str, str], told: str) -> None:
    error = till.refused(quiet, **asked(quiet, order, **words))
    assert (error.code, error.sentence) == ("InvalidNote", told)


@pytest.mark.parametrize(
    ("amount", "code"), [(1e308, "MoreThanLeft"), (10**400, "MoreThanLeft"), (-1e308, "AmountNot")]
)
def test_an_amount_of_hundreds_of_digits_is_not_repeated(quiet: World, order: str, amount: float, code: str) -> None:
    error = till.refused(quiet, **asked(quiet, order, shipping_minor=amount))
    assert error.code.startswith(code) and error.sentence.startswith("Minor units of ") and len(error.sentence) < 150


def test_an_order_is_refunded_in_its_own_view(quiet: World, order: str) -> None:
    assert till.refused(quiet, **asked(quiet, order, view="sandbox")).code == "WrongView"


def test_an_order_of_the_sandbox_view_has_no_money_to_give_back(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    till.ship(quiet, order_id, view="sandbox")
    assert till.refused(quiet, **asked(quiet, order_id, view="sandbox")).code == "NotPaid"


# -- beside a dispute


def test_a_claim_ends_with_the_refund_of_the_whole_order(quiet: World, order: str) -> None:
    claim = till.claim(quiet, order)
    till.refund(quiet, order)
    shop.wait(quiet, 2 * HOUR)
    assert quiet.row("select outcome, paid_minor from disputes where dispute = ?", (claim,)) == ("Refunded", 0)


def test_an_appeal_goes_on_after_the_refund_of_the_rest(quiet: World, order: str) -> None:
    claim = till.claim(quiet, order, 100_000)
    shop.wait(quiet, 7 * DAY)
    quiet.do(claims.appeal, by="seller", claim=claim, text="It was delivered.")
    till.refund(quiet, order)
    shop.wait(quiet, 2 * HOUR)
    assert quiet.row("select state from disputes where dispute = ?", (claim,)) == ("appealed",)


def test_a_refund_and_a_claim_together_never_give_back_more_than_was_paid(quiet: World, order: str) -> None:
    claim = till.claim(quiet, order)
    till.refund(quiet, order, items={till.items(quiet, order)[0]: KETTLE})
    quiet.do(claims.accept, by="seller", claim=claim)
    shop.wait(quiet, DAY)
    found = quiet.order(order)
    assert (found.refunded_minor + found.reversed_minor, quiet.check()) == (found.paid_minor, [])


def test_a_refund_says_when_it_is_posted_what_it_gave(quiet: World, order: str) -> None:
    till.refund(quiet, order, shipping_minor=900)
    shop.wait(quiet, 2 * HOUR)
    (row,) = quiet.facts(kinds=("RefundPosted",))
    fact = decoded(row.kind, row.body)
    assert isinstance(fact, RefundPosted) and (fact.amount_minor, row.rule) == (900, "refunds.finish")


def test_the_deadline_of_a_refund_does_nothing_before_its_time(quiet: World, order: str) -> None:
    number = till.refund(quiet, order)
    assert quiet.do(refunds.finish, by="amazon", refund=number) == []
