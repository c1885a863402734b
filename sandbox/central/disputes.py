"""What claims and chargebacks have in common: the record they are judged by, the answer, the evidence (chapter 9)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sandbox.central.days import rfc3339
from sandbox.central.facts import DisputeAnswered, DisputeDecided, Evidence
from sandbox.central.guide import Refused
from sandbox.central.orders import checked_view, packages_of
from sandbox.central.payments import checked_minor, fee_returned_minor, left_minor
from sandbox.central.records import CANCELED, PRODUCTION, SHIPPED, Dispute, Order
from sandbox.central.world import World

CLAIM, CHARGEBACK = "claim", "chargeback"

EVIDENCE = {
    "Tracking": "Carrier, tracking id and ship date",
    "ProofOfDelivery": "A signature or the carrier's word that it arrived",
    "Correspondence": "What was written with the buyer",
    "RefundRecord": "Refunds made earlier",
    "ReturnInstructions": "The return that was offered",
    "ProductDescription": "What was promised of the product",
}
"""The kinds of evidence there are."""
EVIDENCE_PIECES_AT_MOST = 10
EVIDENCE_MAX_CHARS = 10_000
"""Of one piece. Assumed; the 2015 form took text alone."""


class Verdict(NamedTuple):
    """How a dispute ends, and who bears it."""

    outcome: str
    paid_by: str
    """seller, amazon or nobody."""
    because: str


class Case(NamedTuple):
    """What the platform's own record says of an order: verdicts are made of nothing else."""

    to_orders_address: bool
    tracked: bool
    delivered: bool
    delivered_late: bool
    confirmed_in_time: bool
    return_offered: bool
    """The seller sent return instructions as evidence."""
    promised_until: int


def case_of(world: World, order: Order, evidence: str = "") -> Case:
    """The record of an order as it is now."""
    packages = packages_of(world, order)
    delivered = [package.delivered_at for package in packages if package.delivered_at is not None]
    return Case(
        to_orders_address=all(package.address_ok for package in packages),
        tracked=all(package.tracking for package in packages),
        delivered=order.status == SHIPPED and len(delivered) == len(packages),
        delivered_late=bool(delivered) and max(delivered) > order.deliver_by,
        confirmed_in_time=not order.late,
        return_offered='"ReturnInstructions"' in evidence,
        promised_until=order.deliver_by,
    )


def dispute_of(world: World, dispute: int, kind: str, view: str = PRODUCTION) -> Dispute:
    """The claim or chargeback of that number. Refused with UnknownClaim, UnknownChargeback or WrongView."""
    row = world.row("select * from disputes where dispute = ? and kind = ?", (dispute, kind))
    if row is None:
        raise Refused(f"Unknown{kind.capitalize()}", f"There is no {kind} {dispute} in this world.")
    found = Dispute._make(row)
    checked_view(world.order(found.order_id), view)
    return found


def disputes_of(world: World, order: Order) -> list[Dispute]:
    """An order's claims and chargebacks, the first one first."""
    rows = world.rows("select * from disputes where order_number = ? order by dispute", (order.number,))
    return [Dispute._make(row) for row in rows]


def amount_in_dispute(world: World, order: Order, amount: float | None) -> int:
    """What is disputed: that amount, or all that is left. Refused where nothing was paid or less is left."""
    if order.confirmed_at is None or order.view != PRODUCTION:
        why = "was cancelled" if order.status == CANCELED else f"is {order.status}"
        raise Refused("NotPaid", f"Order {order.order_id} {why}: nothing was paid for it that could be claimed.")
    left = left_minor(order)
    if left <= 0:
        raise Refused("NothingLeft", f"The buyer of order {order.order_id} has all the money back already.")
    asked = left if amount is None else checked_minor(world, amount, None)
    if asked > left:
        raise Refused("MoreThanLeft", f"{asked} minor units are more than is left of order {order.order_id}: {left}.")
    return asked


def answered(
    world: World, at: int, found: Dispute, text: str, evidence: Sequence[tuple[str, str]]
) -> Iterator[DisputeAnswered]:
    """The seller's answer, checked. Refused once it is answered or closed."""
    check_open(found)
    if found.state != "action-required":
        when = rfc3339(found.answered_at or found.filed_at)
        raise Refused(
            "AlreadyAnswered", f"The {found.kind} {found.dispute} was answered at {when}; it is under review."
        )
    check_text(world, text)
    yield DisputeAnswered(at, found.order_id, found.dispute, text, checked_evidence(evidence))


def check_open(found: Dispute) -> None:
    """Refused with AnswerTooLate or DisputeClosed once it has ended."""
    if found.closed_at is None:
        return
    when, outcome = rfc3339(found.closed_at), found.outcome
    if found.answered_at is None and found.closed_at == found.respond_by:
        raise Refused(
            "AnswerTooLate", f"The {found.kind} {found.dispute} had to be answered by {when}; it is {outcome}."
        )
    raise Refused("DisputeClosed", f"The {found.kind} {found.dispute} was closed at {when}: {outcome}.")


def check_text(world: World, text: str) -> None:
    """Refused with TextMissing, TextTooLong or TextNotPlain."""
    limit = world.policy.message_max_chars
    if not text.strip():
        raise Refused("TextMissing", "The text is empty. Say what happened.")
    if len(text) > limit:
        raise Refused("TextTooLong", f"The text has {len(text)} characters; it may have {limit}.")
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise Refused("TextNotPlain", "The text has control characters in it. Send plain text.")


def checked_evidence(evidence: Sequence[tuple[str, str]]) -> list[Evidence]:
    """Evidence of known kinds and bearable size. Refused with UnknownEvidence, EvidenceTooLarge or TooMuchEvidence."""
    if len(evidence) > EVIDENCE_PIECES_AT_MOST:
        count = len(evidence)
        raise Refused("TooMuchEvidence", f"{count} pieces of evidence are too many: {EVIDENCE_PIECES_AT_MOST} may be.")
    for kind, text in evidence:
        if kind not in EVIDENCE:
            raise Refused("UnknownEvidence", f"{kind[:60]!r} is no kind of evidence. There are: {', '.join(EVIDENCE)}.")
        if len(text) > EVIDENCE_MAX_CHARS:
            raise Refused(
                "EvidenceTooLarge", f"The {kind} has {len(text)} characters; it may have {EVIDENCE_MAX_CHARS}."
            )
    return [Evidence(kind, text) for kind, text in evidence]


def decided(world: World, at: int, found: Dispute, verdict: Verdict) -> DisputeDecided:
    """The end of a dispute. The buyer gets what is disputed, as far as it is left, where somebody pays."""
    order = world.order(found.order_id)
    amount = 0 if verdict.paid_by == "nobody" else min(found.amount_minor, left_minor(order))
    fee = fee_returned_minor(world.policy, order, amount) if verdict.paid_by == "seller" else 0
    outcome, paid_by, because = verdict
    return DisputeDecided(at, order.order_id, found.dispute, outcome, paid_by, amount, fee, because)  # type: ignore[arg-type]  # ours alone
