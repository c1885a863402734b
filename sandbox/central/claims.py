"""Guarantee claims: filed, answered, judged by the record, withdrawn, appealed (chapter 9)."""

from collections.abc import Callable, Iterator, Sequence

from sandbox.central.days import DAY, HOUR, after, rfc3339
from sandbox.central.disputes import (
    APPEALED,
    CLAIM,
    SELLER_PAYS,
    UNDER_REVIEW,
    Case,
    Verdict,
    accepted,
    amount_in_dispute,
    answered,
    case_of,
    check_open,
    check_text,
    checked_evidence,
    decided,
    dispute_of,
    disputes_of,
    lapsed,
)
from sandbox.central.facts import AppealDecided, ClaimAppealed, ClaimFiled, ClaimWithdrawn, Fact
from sandbox.central.guide import Due, Refused, rule
from sandbox.central.records import PRODUCTION, Dispute, Order
from sandbox.central.world import World

AMAZON_PAYS, DENIED = "GrantedAmazonFunded", "Denied"

REASONS = {
    "NotReceived": "The parcel did not arrive",
    "Late": "It arrived too late",
    "DefectiveOrDifferent": "Defective, damaged, with parts missing, or another thing",
    "ReturnedNotReimbursed": "Returned, and no money came",
    "ReturnRefused": "The seller takes nothing back",
    "ChargedMore": "More was charged than agreed",
}
"""What a buyer can claim for."""


# -- filed


@rule(
    chapter=9,
    says="A buyer may claim two days after writing to the seller, or when nothing came in 30 days; once an order.",
)
def file(
    world: World, at: int, order_id: str, reason: str, text: str = "", amount_minor: float | None = None
) -> Iterator[Fact | Due]:
    """A buyer claims all that is left of the order, or so much of it."""
    order = world.order(order_id)
    if reason not in REASONS:
        raise Refused("UnknownReason", f"{reason[:60]!r} is no reason for a claim. There are: {', '.join(REASONS)}.")
    if text:
        check_text(world, text)
    _check_first(world, order)
    amount = amount_in_dispute(world, order, amount_minor)
    _check_window(world, at, order)
    if reason == "Late":
        check_late(world, at, order)
    number = world.clock.disputes + 1
    respond_by = after(at, world.policy.claim_response_hours * HOUR)
    yield ClaimFiled(at, order_id, number, reason, amount, respond_by, text)
    yield Due(respond_by, "claims.lapse", str(number))


def _check_first(world: World, order: Order) -> None:
    for earlier in disputes_of(world, order):
        if earlier.kind == CLAIM:
            when = rfc3339(earlier.filed_at)
            raise Refused(
                "AlreadyClaimed",
                f"Order {order.order_id} has claim {earlier.dispute} of {when} already, and can have one."
                " What is left is the buyer's bank.",
            )
        raise Refused(
            "AlreadyChargedBack",
            f"The buyer of order {order.order_id} went to the bank instead: chargeback {earlier.dispute}.",
        )


def _check_window(world: World, at: int, order: Order) -> None:
    policy = world.policy
    opens, closes = opens_at(world, order), after(order.deliver_by, policy.claim_closes_days * DAY)
    if at > closes:
        raise Refused(
            "ClaimTooLate",
            f"Claims on order {order.order_id} could be filed until {rfc3339(closes)}. Ask the seller for a refund.",
        )
    if opens is None:
        days = policy.claim_opens_after_contact_days
        why = f"Order {order.order_id} was delivered" if case_of(world, order).delivered else "The seller was not asked"
        raise Refused("ClaimTooEarly", f"{why}. Write to the seller, wait {days} days, then claim.")
    if at < opens:
        raise Refused("ClaimTooEarly", f"Claims on order {order.order_id} open at {rfc3339(opens)}.")


@rule(chapter=9, says="What is still to come is late only once its last promised day is over.")
def check_late(world: World, at: int, order: Order) -> None:
    """Refused with ClaimTooEarly before that."""
    if at <= order.deliver_by and not case_of(world, order).delivered:
        raise Refused(
            "ClaimTooEarly",
            f"Order {order.order_id} is promised until {rfc3339(order.deliver_by)}; it can be late from then on.",
        )


def opens_at(world: World, order: Order) -> int | None:
    """When the buyer may claim: some time after writing, or when nothing came for long; None while neither is so."""
    policy = world.policy
    (asked_at,) = world.row(_FIRST_CONTACT, (order.number,))
    moments = [] if asked_at is None else [after(asked_at, policy.claim_opens_after_contact_days * DAY)]
    if policy.claim_opens_undelivered_days and not case_of(world, order).delivered:
        moments.append(after(order.placed_at, policy.claim_opens_undelivered_days * DAY))
    return min(moments, default=None)


_FIRST_CONTACT = """
    select min(m.at) from threads join messages m using (thread)
    where threads.order_number = ? and sender = 'buyer'"""


# -- answered


@rule(chapter=9, says="The seller answers a claim with what happened and with evidence, and the record decides.")
def represent(
    world: World, at: int, claim: int, text: str, evidence: Sequence[tuple[str, str]] = (), view: str = PRODUCTION
) -> Iterator[Fact | Due]:
    """The seller contests a claim, before its deadline."""
    found = dispute_of(world, claim, CLAIM, view)
    yield from answered(world, at, found, text, evidence)
    yield Due(after(at, world.policy.claim_decided_hours * HOUR), "claims.decide", str(claim))


@rule(chapter=9, says="A seller who accepts a claim refunds the buyer, and the claim is closed.")
def accept(world: World, at: int, claim: int, view: str = PRODUCTION) -> Iterator[Fact]:
    """The seller pays at once."""
    yield from accepted(world, at, dispute_of(world, claim, CLAIM, view))


@rule(chapter=9, says="A claim that is not answered in time is granted, and the seller pays.")
def lapse(world: World, at: int, claim: int) -> Iterator[Fact]:
    """The deadline of a claim."""
    yield from lapsed(world, at, dispute_of(world, claim, CLAIM), SELLER_PAYS)


@rule(chapter=9, says="The buyer can let a claim go as long as it is open.")
def withdraw(world: World, at: int, claim: int) -> Iterator[Fact]:
    """The buyer takes it back."""
    found = dispute_of(world, claim, CLAIM)
    check_open(found)
    yield ClaimWithdrawn(at, found.order_id, claim)


# -- judged


@rule(
    chapter=9,
    says="An answered claim is decided by the record of its order: where it went, with tracking, in time, delivered.",
)
def decide(world: World, at: int, claim: int) -> Iterator[Fact]:
    """The platform's answer to the seller's."""
    found = dispute_of(world, claim, CLAIM)
    if found.state == UNDER_REVIEW:
        yield from decided(world, at, found, verdict(world, found))


def verdict(world: World, found: Dispute) -> Verdict:
    """How a claim that was answered in time ends, by the record as it is now."""
    return JUDGED[found.reason](case_of(world, world.order(found.order_id), found.evidence))


@rule(chapter=9, says="A parcel lost on its way to the order's address, in time and tracked, is the platform's loss.")
def judge_not_received(case: Case) -> Verdict:
    """Sent elsewhere or untracked is always the seller's loss."""
    if not case.to_orders_address:
        return Verdict(SELLER_PAYS, "seller", "It was not sent to the address of the order, so nothing protects it.")
    if not case.tracked:
        return Verdict(SELLER_PAYS, "seller", "It was sent without tracking, so nothing shows that it arrived.")
    if case.delivered:
        return Verdict(DENIED, "nobody", "Tracking shows that it was delivered to the address of the order.")
    if case.confirmed_in_time:
        return Verdict(AMAZON_PAYS, "amazon", "It was sent in time, with tracking, to the address of the order.")
    return Verdict(SELLER_PAYS, "seller", "It was confirmed after its dispatch date and did not arrive.")


@rule(
    chapter=9,
    says="A parcel that came after its promised days, or has not come, is late; one that came in time is not.",
)
def judge_late(case: Case) -> Verdict:
    """By the last promised day of delivery."""
    if case.delivered and not case.delivered_late:
        return Verdict(DENIED, "nobody", "It was delivered within the promised days.")
    return Verdict(SELLER_PAYS, "seller", "It was not delivered within the promised days.")


@rule(chapter=9, says="A defective or different item is the seller's loss, unless its return was offered.")
def judge_defective(case: Case) -> Verdict:
    """The offer is shown by return instructions among the evidence."""
    if case.return_offered:
        return Verdict(DENIED, "nobody", "The seller offered to take it back, and it was not sent back.")
    return Verdict(SELLER_PAYS, "seller", "The seller did not offer to take it back.")


@rule(chapter=9, says="What was returned has to be paid back; a refund that was made ends the claim by itself.")
def judge_returned(case: Case) -> Verdict:
    """While the claim is open, no full refund was made."""
    return Verdict(SELLER_PAYS, "seller", "No refund of the whole order was made.")


@rule(chapter=9, says="More than the order's amount is never charged, so nobody was overcharged.")
def judge_overcharged(case: Case) -> Verdict:
    """The ledger shows one payment for each package."""
    return Verdict(DENIED, "nobody", "The ledger shows that no more than the order's amount was charged.")


JUDGED: dict[str, Callable[[Case], Verdict]] = {
    "NotReceived": judge_not_received,
    "Late": judge_late,
    "DefectiveOrDifferent": judge_defective,
    "ReturnedNotReimbursed": judge_returned,
    "ReturnRefused": judge_defective,
    "ChargedMore": judge_overcharged,
}
"""Which rule judges which reason."""


# -- appealed


@rule(chapter=9, says="A seller who bears a claim may appeal for 30 days, once, with better evidence.")
def appeal(
    world: World, at: int, claim: int, text: str, evidence: Sequence[tuple[str, str]] = (), view: str = PRODUCTION
) -> Iterator[Fact | Due]:
    """The seller asks the platform to look again. The money stays where it is until then."""
    found = dispute_of(world, claim, CLAIM, view)
    if found.appealed_at is not None:
        raise Refused(
            "AlreadyAppealed", f"Claim {claim} was appealed at {rfc3339(found.appealed_at)}, and can be once."
        )
    until = appeal_by(world, found)
    if until is None:
        state = found.outcome or found.state
        raise Refused(
            "NothingToAppeal", f"Claim {claim} is {state}; only a claim granted at your cost can be appealed."
        )
    if at > until:
        raise Refused("AppealTooLate", f"Claim {claim} could be appealed until {rfc3339(until)}.")
    check_text(world, text)
    yield ClaimAppealed(at, found.order_id, claim, text, checked_evidence(evidence))
    yield Due(after(at, world.policy.appeal_decided_hours * HOUR), "claims.decide_appeal", str(claim))


def appeal_by(world: World, found: Dispute) -> int | None:
    """Until when a claim may be appealed; None where there is nothing to appeal, or not any more."""
    if found.closed_at is None or found.outcome != SELLER_PAYS or found.appealed_at is not None:
        return None
    return after(found.closed_at, world.policy.claim_appeal_days * DAY)


def decided_at(world: World, found: Dispute) -> int | None:
    """When the platform decides on the seller's answer or appeal; None where it has neither before it."""
    if found.state == UNDER_REVIEW and found.answered_at is not None:
        return after(found.answered_at, world.policy.claim_decided_hours * HOUR)
    if found.state == APPEALED and found.appealed_at is not None:
        return after(found.appealed_at, world.policy.appeal_decided_hours * HOUR)
    return None


@rule(chapter=9, says="An appeal is judged by the same record, as if the claim had been answered in time.")
def decide_appeal(world: World, at: int, claim: int) -> Iterator[Fact]:
    """The platform judges again, as if the answer had come in time."""
    found = dispute_of(world, claim, CLAIM)
    if found.state != APPEALED:
        return
    again = verdict(world, found)
    if again.paid_by == "seller":
        yield AppealDecided(at, found.order_id, claim, False, 0, 0, again.because)
    else:
        paid, fee = found.paid_minor, found.fee_returned_minor
        yield AppealDecided(at, found.order_id, claim, True, paid, fee, again.because)
