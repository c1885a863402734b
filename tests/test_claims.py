"""Guarantee claims: when they open, when they lapse, who bears them, and how they are appealed (chapters 7 and 9)."""

import pytest

from sandbox.central import claims, orders, shipments
from sandbox.central.days import DAY, HOUR
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from tests import quarrels, shop
from tests.quarrels import ELSEWHERE, FEE, SHARE, WHOLE, appeal, claimed, complained, cost, ended, refusal, shipped

LOST_PARCEL = {"reason": "NotReceived"}


def file(world: World, order_id: str, **what: object) -> tuple[str, str]:
    return refusal(world, claims.file, **{"order_id": order_id, **LOST_PARCEL, **what})


# -- filed


def test_a_claim_opens_2_days_after_the_buyer_wrote(slow: World) -> None:
    order_id = complained(slow, shipped(slow))
    assert quarrels.of(slow, quarrels.claim(slow, order_id)).state == "action-required"


def test_a_claim_is_too_early_a_millisecond_before(slow: World) -> None:
    order_id = complained(slow, shipped(slow), 2 * DAY - 1)
    code, sentence = file(slow, order_id)
    assert code == "ClaimTooEarly" and "open at 2026-03-04T04:30:00.000Z" in sentence


def test_the_first_message_opens_the_claim_however_many_follow(slow: World) -> None:
    order_id = complained(slow, shipped(slow), DAY)
    complained(slow, order_id, DAY)
    assert quarrels.claim(slow, order_id) == 1


def test_without_a_word_a_claim_opens_after_30_days_undelivered(slow: World) -> None:
    order_id = shipped(slow)
    shop.wait(slow, 30 * DAY)
    assert quarrels.claim(slow, order_id) == 1


def test_without_a_word_a_claim_is_too_early_a_millisecond_before_the_30_days(slow: World) -> None:
    order_id = shipped(slow)
    shop.wait(slow, 30 * DAY - 1)
    assert file(slow, order_id)[0] == "ClaimTooEarly"


def test_what_was_delivered_is_claimed_only_after_writing(slow: World) -> None:
    order_id = shipped(slow)
    quarrels.deliver(slow, order_id)
    shop.wait(slow, 31 * DAY)
    code, sentence = file(slow, order_id)
    assert code == "ClaimTooEarly" and "was delivered. Write to the seller, wait 2 days" in sentence


def test_a_partly_shipped_order_counts_as_delivered_once_what_was_sent_arrived(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    quarrels.deliver(slow, order_id)
    shop.wait(slow, 31 * DAY)
    assert "was delivered" in file(slow, order_id)[1]


def test_today_a_claim_never_opens_without_a_word_to_the_seller(today: World) -> None:
    order_id = shipped(today)
    shop.wait(today, 100 * DAY)
    code, sentence = file(today, order_id)
    assert code == "ClaimTooEarly" and sentence.startswith("The seller was not asked. Write to the seller, wait 2 days")


@pytest.mark.parametrize("early", [1, 0])
def test_today_a_claim_opens_48_hours_after_the_buyer_wrote(today: World, early: int) -> None:
    order_id = complained(today, shipped(today), 48 * HOUR - early)
    if early:
        assert file(today, order_id)[0] == "ClaimTooEarly"
    else:
        assert quarrels.claim(today, order_id) == 1


@pytest.mark.parametrize("late", [0, 1])
def test_claims_close_90_days_after_the_last_promised_day(slow: World, late: int) -> None:
    order_id = shipped(slow)
    Driver(slow).advance(slow.order(order_id).deliver_by + 90 * DAY + late)
    if late:
        code, sentence = file(slow, order_id)
        assert code == "ClaimTooLate" and "until 2026-06-24T18:29:59.999Z" in sentence
    else:
        assert quarrels.claim(slow, order_id) == 1


def test_an_order_can_be_claimed_once(slow: World) -> None:
    number = claimed(slow)
    slow.do(claims.withdraw, by="buyer", claim=number)
    code, sentence = file(slow, quarrels.of(slow, number).order_id)
    assert (code, "has claim 1 of 2026-03-04" in sentence) == ("AlreadyClaimed", True)


def test_nobody_claims_and_goes_to_the_bank(slow: World) -> None:
    order_id = complained(slow, shipped(slow))
    quarrels.charge_back(slow, order_id)
    assert file(slow, order_id)[0] == "AlreadyChargedBack"


def test_late_is_only_what_is_still_to_come_after_its_last_promised_day(slow: World) -> None:
    order_id = complained(slow, shipped(slow))
    Driver(slow).advance(slow.order(order_id).deliver_by)
    assert file(slow, order_id, reason="Late")[0] == "ClaimTooEarly"
    shop.wait(slow, 1)
    assert quarrels.claim(slow, order_id, "Late") == 1


def test_a_claim_is_for_all_that_is_left_unless_it_says_otherwise(slow: World) -> None:
    whole, part = claimed(slow), claimed(slow, amount=40_000)
    assert [quarrels.of(slow, number).amount_minor for number in (whole, part)] == [WHOLE, 40_000]


@pytest.mark.parametrize(
    ("amount", "code", "says"),
    [
        (0, "AmountNotPositive", "0 minor units are no amount"),
        (-5, "AmountNotPositive", "-5 minor units are no amount"),
        (1.5, "FractionOfMinorUnit", "1.5 has a fraction"),
        (WHOLE + 1, "MoreThanLeft", f"{WHOLE + 1} minor units are more than is left"),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(slow: World, amount: float, code: str, says: str) -> None:
    found = file(slow, complained(slow, shipped(slow)), amount_minor=amount)
    assert found[0] == code and says in found[1]


def test_what_was_refunded_cannot_be_claimed(slow: World) -> None:
    order_id = complained(slow, shipped(slow))
    quarrels.refund(slow, order_id)
    pending = file(slow, order_id)
    shop.wait(slow, 2 * HOUR)
    final = file(slow, order_id)
    assert pending[0] == final[0] == "NothingLeft"
    assert f"gets {WHOLE} minor units with a refund" in pending[1] and "has all the money back" in final[1]


def test_an_unshipped_order_cannot_be_claimed(slow: World) -> None:
    code, sentence = file(slow, shop.place(slow))
    assert code == "NotPaid" and "is Unshipped: nothing was paid" in sentence


def test_a_cancelled_order_cannot_be_claimed(slow: World) -> None:
    order_id = shop.place(slow)
    slow.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    assert "was cancelled: nothing was paid" in file(slow, order_id)[1]


def test_an_order_of_the_sandbox_view_cannot_be_claimed(slow: World) -> None:
    order_id = shop.place(slow, view="sandbox")
    slow.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC", view="sandbox")
    assert "in the sandbox view, which moves no money" in file(slow, order_id)[1]


def test_an_unknown_reason_names_those_there_are(slow: World) -> None:
    code, sentence = file(slow, shipped(slow), reason="Bored")
    assert code == "UnknownReason" and "NotReceived, Late, DefectiveOrDifferent" in sentence


# -- answered


def test_an_unanswered_claim_is_open_until_the_last_millisecond_of_its_7_days(slow: World) -> None:
    number = claimed(slow)
    shop.wait(slow, 7 * DAY - 1)
    quarrels.answer(slow, number)
    assert quarrels.of(slow, number).state == "under-review"


def test_an_unanswered_claim_is_granted_after_7_days_in_that_moment(slow: World) -> None:
    number = claimed(slow)
    shop.wait(slow, 7 * DAY)
    found = quarrels.of(slow, number)
    assert (found.closed_at, ended(slow, number)) == (slow.now, ("GrantedSellerFunded", "seller", WHOLE))
    assert found.because == "No answer came by 2026-03-11T04:30:00.000Z."


def test_today_a_claim_is_granted_after_72_hours(today: World) -> None:
    number = claimed(today)
    shop.wait(today, 72 * HOUR - 1)
    before = quarrels.of(today, number).state
    shop.wait(today, 1)
    assert (before, ended(today, number)[0]) == ("action-required", "GrantedSellerFunded")


def test_an_answer_after_the_deadline_is_refused_and_told_to_appeal(slow: World) -> None:
    number = claimed(slow)
    shop.wait(slow, 7 * DAY)
    code, sentence = refusal(slow, claims.represent, claim=number, text="Sent.")
    assert code == "AnswerTooLate" and sentence.endswith("it is GrantedSellerFunded. Appeal it instead.")


def test_a_claim_is_answered_once(slow: World) -> None:
    number = claimed(slow)
    quarrels.answer(slow, number)
    assert refusal(slow, claims.represent, claim=number, text="Sent.")[0] == "AlreadyAnswered"


def test_an_answered_claim_is_decided_48_hours_later(slow: World) -> None:
    number = claimed(slow)
    quarrels.answer(slow, number)
    shop.wait(slow, 48 * HOUR - 1)
    before = quarrels.of(slow, number).state
    shop.wait(slow, 1)
    assert (before, quarrels.of(slow, number).state) == ("under-review", "closed")


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        ([("Photo", "A picture.")], "UnknownEvidence"),
        ([("Tracking", "x" * 10_001)], "EvidenceTooLarge"),
        ([("Tracking", " ")], "EmptyEvidence"),
        ([("Tracking", "a\x00b")], "EvidenceNotPlain"),
        ([("Tracking", "BD1")] * 11, "TooMuchEvidence"),
    ],
)
def test_evidence_that_does_not_fit_is_refused(slow: World, evidence: list[tuple[str, str]], code: str) -> None:
    number = claimed(slow)
    assert refusal(slow, claims.represent, claim=number, text="Sent.", evidence=evidence)[0] == code


def test_as_much_evidence_as_may_be_is_taken(slow: World) -> None:
    number = claimed(slow)
    quarrels.answer(slow, number, *[("Tracking", "x" * 10_000)] * 10)
    assert quarrels.of(slow, number).state == "under-review"


@pytest.mark.parametrize(
    ("text", "code"), [(" ", "TextMissing"), ("x" * 4_001, "TextTooLong"), ("\x07", "TextNotPlain")]
)
def test_an_answer_is_plain_text_of_4000_characters_at_most(slow: World, text: str, code: str) -> None:
    assert refusal(slow, claims.represent, claim=claimed(slow), text=text)[0] == code


@pytest.mark.parametrize("text", ["Sent.\r\nTracked.", "भेजा क्\u200dष", "Sent\u00a0today"])
def test_line_ends_and_the_joiners_of_indian_scripts_are_plain_text(slow: World, text: str) -> None:
    number = claimed(slow)
    quarrels.answer(slow, number, text=text)
    assert quarrels.of(slow, number).answer == text


def test_an_unknown_claim_is_refused_and_a_chargeback_of_that_number_is_named(slow: World) -> None:
    number = quarrels.charge_back(slow, shipped(slow))
    assert refusal(slow, claims.accept, claim=99) == ("UnknownClaim", "There is no claim 99 in this world.")
    assert refusal(slow, claims.accept, claim=number)[1].endswith("1 is a chargeback.")


def test_a_claim_is_answered_in_the_production_view(slow: World) -> None:
    assert refusal(slow, claims.accept, claim=claimed(slow), view="sandbox")[0] == "WrongView"


# -- who bears it


def test_an_accepted_claim_costs_the_seller_what_was_claimed_less_the_fee(slow: World) -> None:
    number = claimed(slow)
    slow.do(claims.accept, by="seller", claim=number)
    assert (ended(slow, number), cost(slow)) == (("Refunded", "seller", WHOLE), {"claims": WHOLE - SHARE})


def test_the_fixed_part_of_the_fee_stays_with_the_platform(slow: World) -> None:
    order_id = quarrels.of(slow, claimed(slow)).order_id
    before = slow.order(order_id).fee_minor
    slow.do(claims.accept, by="seller", claim=1)
    assert (before, slow.order(order_id).fee_minor) == (FEE, FEE - SHARE)


def test_a_withdrawn_claim_costs_nobody_anything(slow: World) -> None:
    number = claimed(slow)
    slow.do(claims.withdraw, by="buyer", claim=number)
    assert (ended(slow, number), cost(slow)) == (("Withdrawn", "nobody", 0), {})


def test_a_closed_claim_is_neither_accepted_nor_withdrawn(slow: World) -> None:
    number = claimed(slow)
    slow.do(claims.withdraw, by="buyer", claim=number)
    found = [refusal(slow, act, claim=number) for act in (claims.accept, claims.withdraw)]
    sentence = "The claim 1 was closed at 2026-03-04T04:30:00.000Z: Withdrawn. It stays closed."
    assert found == [("DisputeClosed", sentence)] * 2


def test_a_refund_of_the_whole_order_ends_the_claim_when_it_is_final(slow: World) -> None:
    number = claimed(slow)
    quarrels.refund(slow, quarrels.of(slow, number).order_id)
    shop.wait(slow, 2 * HOUR - 1)
    before = quarrels.of(slow, number).state
    shop.wait(slow, 1)
    assert (before, ended(slow, number)) == ("action-required", ("Refunded", "seller", 0))
    assert cost(slow) == {"refunds": WHOLE - SHARE}


@pytest.mark.parametrize(("refunded", "state"), [(40_000, "closed"), (39_999, "action-required")])
def test_a_refund_of_what_was_claimed_ends_the_claim_when_it_is_final(slow: World, refunded: int, state: str) -> None:
    number = claimed(slow, amount=40_000)
    order_id = quarrels.of(slow, number).order_id
    quarrels.refund(slow, order_id, items={quarrels.first_item(slow, order_id): refunded})
    shop.wait(slow, 2 * HOUR)
    assert quarrels.of(slow, number).state == state and slow.check() == []


def test_what_was_refunded_before_the_claim_does_not_end_it(slow: World) -> None:
    order_id = quarrels.complained(slow, shipped(slow))
    quarrels.refund(slow, order_id, items={quarrels.first_item(slow, order_id): 40_000})
    number = quarrels.claim(slow, order_id, amount_minor=30_000)
    quarrels.refund(slow, order_id, shipping_minor=4_900)
    shop.wait(slow, 2 * HOUR)
    assert quarrels.of(slow, number).state == "action-required"


# -- appealed


def granted(world: World, **what: object) -> int:
    """A claim that nobody answered."""
    number = claimed(world, **what)  # type: ignore[arg-type]  # tests alone
    shop.wait(world, 7 * DAY)
    return number


def test_an_appeal_is_judged_by_the_same_record_and_gives_exactly_the_money_back(slow: World) -> None:
    number = granted(slow)
    assert cost(slow) == {"claims": WHOLE - SHARE}
    appeal(slow, number)
    shop.wait(slow, 72 * HOUR)
    assert (ended(slow, number)[:2], cost(slow)) == (("AppealGranted", "amazon"), {"protection": WHOLE})


def test_a_granted_appeal_gives_the_platform_its_fee_back(slow: World) -> None:
    number = granted(slow)
    appeal(slow, number)
    shop.wait(slow, 72 * HOUR)
    assert slow.order(quarrels.of(slow, number).order_id).fee_minor == FEE


def test_an_appeal_for_what_went_elsewhere_is_denied(slow: World) -> None:
    number = granted(slow, ship_to=ELSEWHERE)
    appeal(slow, number)
    shop.wait(slow, 72 * HOUR)
    assert (ended(slow, number)[:2], cost(slow)) == (("AppealDenied", "seller"), {"claims": WHOLE - SHARE})


def test_the_money_stays_where_it_is_until_an_appeal_is_decided(slow: World) -> None:
    number = granted(slow)
    appeal(slow, number)
    shop.wait(slow, 72 * HOUR - 1)
    assert (quarrels.of(slow, number).state, cost(slow)) == ("appealed", {"claims": WHOLE - SHARE})


@pytest.mark.parametrize("late", [0, 1])
def test_a_claim_can_be_appealed_for_30_days(slow: World, late: int) -> None:
    number = granted(slow)
    shop.wait(slow, 30 * DAY + late)
    if late:
        code, sentence = refusal(slow, claims.appeal, claim=number, text="Please.")
        assert code == "AppealTooLate" and "until 2026-04-10T04:30:00.000Z" in sentence
    else:
        appeal(slow, number)


def test_an_appeal_brings_new_evidence_to_the_old(slow: World) -> None:
    number = claimed(slow, "DefectiveOrDifferent")
    quarrels.answer(slow, number, ("Correspondence", "We wrote."))
    shop.wait(slow, 2 * DAY)
    appeal(slow, number, ("ReturnInstructions", "Send it back."))
    shop.wait(slow, 3 * DAY)
    found = quarrels.of(slow, number)
    assert (found.outcome, "Correspondence" in found.evidence) == ("AppealGranted", True)


def test_a_claim_is_appealed_once(slow: World) -> None:
    number = granted(slow)
    appeal(slow, number)
    assert refusal(slow, claims.appeal, claim=number, text="Again.")[0] == "AlreadyAppealed"


def test_an_appealed_claim_is_not_accepted_and_paid_again(slow: World) -> None:
    number = granted(slow, amount=40_000)
    appeal(slow, number)
    code, _ = refusal(slow, claims.accept, claim=number)
    assert (code, slow.order(quarrels.of(slow, number).order_id).reversed_minor) == ("AnswerTooLate", 40_000)


def test_an_appealed_claim_is_not_withdrawn(slow: World) -> None:
    number = granted(slow)
    appeal(slow, number)
    assert refusal(slow, claims.withdraw, claim=number)[0] == "DisputeClosed"


@pytest.mark.parametrize("act", [claims.accept, claims.withdraw])
def test_only_a_claim_granted_at_the_sellers_cost_is_appealed(slow: World, act: object) -> None:
    number = claimed(slow)
    slow.do(act, by="somebody", claim=number)  # type: ignore[arg-type]
    code, sentence = refusal(slow, claims.appeal, claim=number, text="Please.")
    assert code == "NothingToAppeal" and "only a claim granted at your cost" in sentence


def test_an_open_claim_is_answered_and_not_appealed(slow: World) -> None:
    code, sentence = refusal(slow, claims.appeal, claim=claimed(slow), text="Please.")
    assert (code, "is action-required" in sentence) == ("NothingToAppeal", True)
