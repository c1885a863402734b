"""Chargebacks: protected, answered, lost, decided by the bank (chapters 7 and 9)."""

from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central import chargebacks, claims, orders, performance
from sandbox.central.days import DAY, HOUR
from sandbox.central.disputes import CHARGEBACK
from sandbox.central.world import World
from tests import quarrels, shop
from tests.quarrels import ELSEWHERE, SHARE, WHOLE, charge_back, chargeback_of, complained, cost, refusal, shipped

LOST = ("Lost", "seller", WHOLE)


def ended(world: World, number: int) -> tuple[str | None, str | None, int]:
    return quarrels.ended(world, number, CHARGEBACK)


def file(world: World, order_id: str, **what: object) -> tuple[str, str]:
    return refusal(world, chargebacks.file, **{"order_id": order_id, "reason": "NotReceived", **what})


def decide(world: World, number: int, draw: float) -> None:
    world.do(chargebacks.decide, by="bank", chargeback=number, draw=draw)


# -- filed


def test_unauthorised_use_is_amazons_loss_where_it_was_sent_to_the_orders_address_with_tracking(slow: World) -> None:
    number = charge_back(slow, shipped(slow), "UnauthorisedUse")
    assert (ended(slow, number), cost(slow)) == (("PaidByAmazon", "amazon", WHOLE), {"protection": WHOLE})


def test_unauthorised_use_is_lost_where_it_was_sent_elsewhere(slow: World) -> None:
    number = charge_back(slow, shipped(slow, ship_to=ELSEWHERE), "UnauthorisedUse")
    shop.wait(slow, 11 * DAY)
    assert (ended(slow, number), cost(slow)) == (LOST, {"chargebacks": WHOLE - SHARE})


def test_unauthorised_use_sent_elsewhere_is_lost_whatever_the_seller_answers(slow: World) -> None:
    number = charge_back(slow, shipped(slow, ship_to=ELSEWHERE), "UnauthorisedUse")
    quarrels.represent(slow, number, ("ProofOfDelivery", "Signed for."))
    decide(slow, number, 0.0)
    assert ended(slow, number) == LOST
    assert chargeback_of(slow, number).because.startswith("It went to another address")


@pytest.mark.parametrize("reason", ["UnauthorisedUse", "NotReceived"])
@pytest.mark.parametrize("draw", [0.0, 0.5])
def test_by_another_address_unauthorised_use_and_not_received_are_lost_without_luck(
    slow: World, reason: str, draw: float
) -> None:
    order_id = shipped(slow, ship_to=ELSEWHERE)
    quarrels.deliver(slow, order_id)
    number = charge_back(slow, order_id, reason)
    quarrels.represent(slow, number)
    told = performance.dispute(slow, CHARGEBACK, number)
    assert (told.won_percent, told.verdict and told.verdict.outcome) == (0.0, "Lost")
    decide(slow, number, draw)
    assert ended(slow, number) == LOST


@pytest.mark.parametrize("reason", sorted(set(chargebacks.REASONS) - {"UnauthorisedUse", "NotReceived"}))
@pytest.mark.parametrize(("draw", "outcome"), [(0.319, "Won"), (0.32, "Lost")])
def test_any_other_reason_has_a_banks_odds_wherever_it_was_sent(
    slow: World, reason: str, draw: float, outcome: str
) -> None:
    order_id = shipped(slow, ship_to=ELSEWHERE)
    quarrels.deliver(slow, order_id)
    number = charge_back(slow, order_id, reason)
    quarrels.represent(slow, number)
    told = performance.dispute(slow, CHARGEBACK, number)
    decide(slow, number, draw)
    assert (told.verdict, told.won_percent, ended(slow, number)[0]) == (None, 32.0, outcome)


def test_unauthorised_use_is_not_protected_without_tracking(slow: World) -> None:
    number = charge_back(slow, shipped(slow, tracking=""), "UnauthorisedUse")
    assert chargeback_of(slow, number).state == "action-required"


def test_any_other_reason_is_for_the_seller_to_answer(slow: World) -> None:
    number = charge_back(slow, shipped(slow), "NotAsDescribed")
    assert chargeback_of(slow, number).state == "action-required"


def test_a_chargeback_ends_an_open_claim(slow: World) -> None:
    claim = quarrels.claimed(slow)
    charge_back(slow, quarrels.of(slow, claim).order_id)
    found = quarrels.of(slow, claim)
    assert (found.outcome, found.because) == ("Withdrawn", "The buyer went to the bank instead.")


def test_a_claim_that_a_chargeback_ended_costs_nothing_of_its_own(slow: World) -> None:
    claim = quarrels.claimed(slow)
    charge_back(slow, quarrels.of(slow, claim).order_id)
    shop.wait(slow, 11 * DAY)
    assert cost(slow) == {"chargebacks": WHOLE - SHARE}


def test_a_denied_claim_does_not_keep_the_buyer_from_the_bank(slow: World) -> None:
    claim = quarrels.claimed(slow, "ChargedMore")
    quarrels.answer(slow, claim)
    shop.wait(slow, 2 * DAY)
    assert charge_back(slow, quarrels.of(slow, claim).order_id) == 2


def test_what_a_claim_brought_back_is_not_charged_back_again(slow: World) -> None:
    claim = quarrels.claimed(slow)
    slow.do(claims.accept, by="seller", claim=claim)
    code, sentence = file(slow, quarrels.of(slow, claim).order_id)
    assert code == "NothingLeft" and "has all the money back" in sentence


def test_an_order_is_charged_back_once(slow: World) -> None:
    order_id = shipped(slow)
    charge_back(slow, order_id, amount_minor=100)
    code, sentence = file(slow, order_id)
    assert code == "AlreadyChargedBack" and "has chargeback 1 of 2026-03-02" in sentence


@pytest.mark.parametrize("late", [0, 1])
def test_a_chargeback_comes_120_days_after_the_payment_at_most(slow: World, late: int) -> None:
    order_id = shipped(slow)
    shop.wait(slow, 120 * DAY + late)
    if late:
        code, sentence = file(slow, order_id)
        assert code == "ChargebackTooLate" and "until 2026-06-30T04:30:00.000Z" in sentence
    else:
        assert charge_back(slow, order_id) == 1


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (0, "AmountNotPositive"),
        (-1, "AmountNotPositive"),
        (0.5, "FractionOfMinorUnit"),
        (WHOLE + 1, "MoreThanLeft"),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(slow: World, amount: float, code: str) -> None:
    assert file(slow, shipped(slow), amount_minor=amount)[0] == code


def test_what_was_never_paid_is_not_charged_back(slow: World) -> None:
    unshipped, cancelled = shop.place(slow), shop.place(slow)
    slow.do(orders.cancel, by="seller", order_id=cancelled, reason="NoInventory")
    assert [file(slow, order_id)[0] for order_id in (unshipped, cancelled)] == ["NotPaid", "NotPaid"]


def test_an_unknown_reason_names_those_there_are(slow: World) -> None:
    code, sentence = file(slow, shipped(slow), reason="Bored")
    assert code == "UnknownReason" and "UnauthorisedUse, NotReceived" in sentence


# -- answered in time


def test_an_unanswered_chargeback_is_lost_after_11_days_in_that_moment(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    shop.wait(slow, 11 * DAY)
    found = chargeback_of(slow, number)
    assert (found.closed_at, ended(slow, number)) == (slow.now, LOST)


def test_a_chargeback_is_answered_until_the_last_millisecond_of_its_11_days(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    shop.wait(slow, 11 * DAY - 1)
    quarrels.represent(slow, number)
    shop.wait(slow, 1)
    assert chargeback_of(slow, number).state == "under-review"


@pytest.mark.parametrize(("span", "state"), [(7 * DAY - 1, "action-required"), (7 * DAY, "closed")])
def test_today_a_chargeback_is_answered_within_7_days(today: World, span: int, state: str) -> None:
    number = charge_back(today, shipped(today))
    shop.wait(today, span)
    assert chargeback_of(today, number).state == state


def test_an_answer_after_the_deadline_is_refused(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    shop.wait(slow, 11 * DAY)
    code, sentence = refusal(slow, chargebacks.represent, chargeback=number, text="Sent.")
    assert code == "AnswerTooLate" and sentence.endswith("Z; it is Lost. It stays closed.")


def test_a_chargeback_is_answered_once(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    quarrels.represent(slow, number)
    code, sentence = refusal(slow, chargebacks.represent, chargeback=number, text="Sent.")
    assert code == "AlreadyAnswered" and "it is under review" in sentence


def test_a_protected_chargeback_needs_no_answer(slow: World) -> None:
    number = charge_back(slow, shipped(slow), "UnauthorisedUse")
    assert refusal(slow, chargebacks.represent, chargeback=number, text="Sent.")[0] == "DisputeClosed"


def test_an_accepted_chargeback_costs_the_seller_what_was_paid_less_the_fee(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    slow.do(chargebacks.accept, by="seller", chargeback=number)
    assert (ended(slow, number)[0], cost(slow)) == ("Refunded", {"chargebacks": WHOLE - SHARE})


def test_an_unknown_chargeback_is_refused_and_a_claim_of_that_number_is_named(slow: World) -> None:
    number = quarrels.claimed(slow)
    code, sentence = refusal(slow, chargebacks.accept, chargeback=number)
    assert code == "UnknownChargeback" and sentence.endswith("1 is a claim.")


def test_a_chargeback_is_answered_in_the_production_view(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    what = {"chargeback": number, "text": "Sent.", "view": "sandbox"}
    assert refusal(slow, chargebacks.represent, **what)[0] == "WrongView"


# -- decided by the bank


@pytest.mark.parametrize(("draw", "outcome"), [(0.319, "Won"), (0.32, "Lost")])
def test_a_bank_finds_for_the_seller_in_32_of_100_cases(slow: World, draw: float, outcome: str) -> None:
    number = charge_back(slow, shipped(slow))
    quarrels.represent(slow, number)
    decide(slow, number, draw)
    assert ended(slow, number)[0] == outcome


@pytest.mark.parametrize(("draw", "outcome"), [(0.449, "Won"), (0.45, "Lost")])
def test_and_in_45_where_tracking_shows_the_delivery(slow: World, draw: float, outcome: str) -> None:
    order_id = shipped(slow)
    quarrels.deliver(slow, order_id)
    number = charge_back(slow, order_id)
    quarrels.represent(slow, number)
    decide(slow, number, draw)
    assert ended(slow, number)[0] == outcome


def test_a_chargeback_that_is_won_costs_nobody_anything(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    quarrels.represent(slow, number)
    decide(slow, number, 0.0)
    assert (ended(slow, number), cost(slow)) == (("Won", "nobody", 0), {})


def test_a_bank_that_never_finds_for_sellers_does_not_blame_the_address(tmp_path: Path) -> None:
    with closing(shop.slow(tmp_path, "[policy.changes]\nchargeback_won_percent = 0\n")) as world:
        number = charge_back(world, shipped(world))
        quarrels.represent(world, number)
        decide(world, number, 0.0)
        assert chargeback_of(world, number).because == "The bank found for the buyer."


def test_a_bank_decides_nothing_before_the_answer_nor_after_the_end(slow: World) -> None:
    number = charge_back(slow, shipped(slow))
    decide(slow, number, 0.0)
    slow.do(chargebacks.accept, by="seller", chargeback=number)
    decide(slow, number, 0.0)
    assert ended(slow, number)[0] == "Refunded"


# -- odd sequences


def test_an_appeal_goes_on_while_the_rest_is_charged_back(slow: World) -> None:
    claim = quarrels.claimed(slow, amount=40_000)
    shop.wait(slow, 7 * DAY)
    quarrels.appeal(slow, claim)
    charge_back(slow, quarrels.of(slow, claim).order_id)
    shop.wait(slow, 11 * DAY)
    assert quarrels.of(slow, claim).outcome == "AppealGranted"
    assert cost(slow) == {"chargebacks": WHOLE - 40_000 - 1_444, "protection": 40_000}


def test_a_refund_of_the_whole_order_ends_a_chargeback_too(slow: World) -> None:
    order_id = shipped(slow)
    number = charge_back(slow, order_id)
    quarrels.refund(slow, order_id)
    shop.wait(slow, 2 * HOUR)
    assert (ended(slow, number), cost(slow)) == (("Refunded", "seller", 0), {"refunds": WHOLE - SHARE})


def test_a_refund_of_the_rest_leaves_an_appeal_alone(slow: World) -> None:
    claim = quarrels.claimed(slow, amount=40_000)
    shop.wait(slow, 7 * DAY)
    quarrels.appeal(slow, claim)
    quarrels.refund(slow, quarrels.of(slow, claim).order_id)
    shop.wait(slow, 72 * HOUR)
    assert quarrels.of(slow, claim).outcome == "AppealGranted"
    assert cost(slow) == {"refunds": WHOLE - 40_000 - 1_444, "protection": 40_000}


def test_a_chargeback_takes_no_more_than_a_pending_refund_leaves(slow: World) -> None:
    order_id = complained(slow, shipped(slow))
    quarrels.refund(slow, order_id, shipping_minor=4_900)
    number = charge_back(slow, order_id)
    slow.do(chargebacks.accept, by="seller", chargeback=number)
    shop.wait(slow, 2 * HOUR)
    order = slow.order(order_id)
    assert (order.reversed_minor, order.refunded_minor, slow.check()) == (84_900, 4_900, [])
