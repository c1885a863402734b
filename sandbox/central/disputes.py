"""What claims and chargebacks have in common: the record they are judged by, the answer, the evidence (chapter 9)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.json import decode

from sandbox.central.days import rfc3339
from sandbox.central.facts import DisputeAnswered, DisputeDecided, Evidence, Fact, RefundPosted
from sandbox.central.guide import Refused
from sandbox.central.messages import is_plain
from sandbox.central.orders import checked_view, packages_of
from sandbox.central.payments import checked_minor, fee_returned_minor, left_minor, told_minor
from sandbox.central.records import CANCELED, DISPUTED, PRODUCTION, Dispute, Order, Refund
from sandbox.central.refunds import refunds_of
from sandbox.central.world import World

CLAIM, CHARGEBACK = "claim", "chargeback"
ACTION_REQUIRED, UNDER_REVIEW, APPEALED, CLOSED = "action-required", "under-review", "appealed", "closed"
STATES = (ACTION_REQUIRED, UNDER_REVIEW, APPEALED, CLOSED)

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

REFUNDED = "Refunded"
SELLER_PAYS = "GrantedSellerFunded"


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
    """All that was sent arrived; what was never sent was never paid."""
    delivered_late: bool
    confirmed_in_time: bool
    """All that was sent; the rest of an order may have ended unconfirmed."""
    return_offered: bool
    """The seller sent return instructions as evidence."""
    promised_until: int


def case_of(world: World, order: Order, evidence: str = "[]") -> Case:
    """The record of an order as it is now, with a dispute's evidence."""
    packages = packages_of(world, order)
    delivered = [package.delivered_at for package in packages if package.delivered_at is not None]
    return Case(
        to_orders_address=all(package.address_ok for package in packages),
        tracked=all(package.tracking for package in packages),
        delivered=bool(packages) and len(delivered) == len(packages),
        delivered_late=bool(delivered) and max(delivered) > order.deliver_by,
        confirmed_in_time=all(package.confirmed_at <= order.dispatch_by for package in packages),
        return_offered=any(kind == "ReturnInstructions" for kind, _ in decode(evidence)),
        promised_until=order.deliver_by,
    )


def dispute_of(world: World, dispute: int, kind: str, view: str = PRODUCTION) -> Dispute:
    """The claim or chargeback of that number. Refused with UnknownClaim, UnknownChargeback or WrongView."""
    row = world.row("select * from disputes where dispute = ? and kind = ?", (dispute, kind))
    if row is None:
        raise _unknown(world, dispute, kind)
    found = Dispute._make(row)
    checked_view(world.order(found.order_id), view)
    return found


def _unknown(world: World, dispute: int, kind: str) -> Refused:
    row = world.row("select kind from disputes where dispute = ?", (dispute,))
    hint = f" {dispute} is a {row[0]}." if row else ""
    return Refused(f"Unknown{kind.capitalize()}", f"There is no {kind} {dispute} in this world.{hint}")


def disputes_of(world: World, order: Order) -> list[Dispute]:
    """An order's claims and chargebacks, the first one first."""
    if not order.defects & DISPUTED:
        return []
    rows = world.rows("select * from disputes where order_number = ? order by dispute", (order.number,))
    return [Dispute._make(row) for row in rows]


def amount_in_dispute(world: World, order: Order, amount: float | None) -> int:
    """What is disputed: that amount, or all that is left. Refused where nothing was paid or less is left."""
    _check_paid(order)
    left = left_minor(order)
    if left <= 0:
        pending = order.refunding_minor
        how = f"gets {pending} minor units with a refund that is pending" if pending else "has all the money back"
        raise Refused("NothingLeft", f"Nothing is left of order {order.order_id}: the buyer {how}.")
    asked = left if amount is None else checked_minor(world, amount, None)
    if asked > left:
        told = told_minor(asked)
        raise Refused("MoreThanLeft", f"{told} are more than is left of order {order.order_id}: {left}.")
    return asked


def _check_paid(order: Order) -> None:
    if order.view != PRODUCTION:
        raise Refused("NotPaid", f"Order {order.order_id} is in the {order.view} view, which moves no money.")
    if order.confirmed_at is None:
        why = "was cancelled" if order.status == CANCELED else f"is {order.status}"
        raise Refused("NotPaid", f"Order {order.order_id} {why}: nothing was paid for it that could be claimed.")


def answered(
    world: World, at: int, found: Dispute, text: str, evidence: Sequence[tuple[str, str]]
) -> Iterator[DisputeAnswered]:
    """The seller's answer, checked. Refused once it is answered or closed."""
    check_in_time(found)
    if found.state != ACTION_REQUIRED:
        when = rfc3339(found.answered_at or found.filed_at)
        raise Refused(
            "AlreadyAnswered", f"The {found.kind} {found.dispute} was answered at {when}; it is under review."
        )
    check_text(world, text)
    yield DisputeAnswered(at, found.order_id, found.dispute, text, checked_evidence(evidence))


def check_in_time(found: Dispute) -> None:
    """Refused with AnswerTooLate where nobody answered in time, with DisputeClosed where it ended otherwise."""
    if found.closed_at is not None and found.closed_at == found.respond_by and found.answered_at is None:
        raise Refused(
            "AnswerTooLate",
            f"The {found.kind} {found.dispute} had to be answered by {rfc3339(found.respond_by)};"
            f" it is {found.outcome}. {_left_to_do(found)}",
        )
    check_open(found)


def check_open(found: Dispute) -> None:
    """Refused with DisputeClosed once it has ended; an appeal does not open it again."""
    if found.closed_at is not None:
        when = rfc3339(found.closed_at)
        raise Refused(
            "DisputeClosed",
            f"The {found.kind} {found.dispute} was closed at {when}: {found.outcome}. {_left_to_do(found)}",
        )


def _left_to_do(found: Dispute) -> str:
    """What a seller can do about a dispute that has ended."""
    return "Appeal it instead." if found.outcome == SELLER_PAYS and found.appealed_at is None else "It stays closed."


def check_text(world: World, text: str, wanted: str = "Say what happened.") -> None:
    """Refused with TextMissing, which says what is wanted, TextTooLong or TextNotPlain."""
    limit = world.policy.message_max_chars
    if not text.strip():
        raise Refused("TextMissing", f"The text is empty. {wanted}")
    if len(text) > limit:
        raise Refused("TextTooLong", f"The text has {len(text)} characters; it may have {limit}.")
    if not is_plain(text):
        raise Refused("TextNotPlain", "The text has control characters in it. Send plain text.")


def checked_evidence(evidence: Sequence[tuple[str, str]]) -> list[Evidence]:
    """Evidence of known kinds and bearable size.

    Refused with TooMuchEvidence, UnknownEvidence, EmptyEvidence, EvidenceTooLarge or EvidenceNotPlain.
    """
    if len(evidence) > EVIDENCE_PIECES_AT_MOST:
        count = len(evidence)
        raise Refused(
            "TooMuchEvidence",
            f"{count} pieces of evidence are too many: {EVIDENCE_PIECES_AT_MOST} may be. Put some of them together.",
        )
    for kind, text in evidence:
        if kind not in EVIDENCE:
            raise Refused("UnknownEvidence", f"{kind[:60]!r} is no kind of evidence. There are: {', '.join(EVIDENCE)}.")
        _check_evidence(kind, text)
    return [Evidence(kind, text) for kind, text in evidence]


def _check_evidence(kind: str, text: str) -> None:
    if not text.strip():
        raise Refused("EmptyEvidence", f"The {kind} is empty. Say what it shows, or leave it out.")
    if len(text) > EVIDENCE_MAX_CHARS:
        raise Refused("EvidenceTooLarge", f"The {kind} has {len(text)} characters; it may have {EVIDENCE_MAX_CHARS}.")
    if not is_plain(text):
        raise Refused("EvidenceNotPlain", f"The {kind} has control characters in it. Send plain text.")


# -- decided


def decided(world: World, at: int, found: Dispute, verdict: Verdict) -> Iterator[Fact]:
    """The end of a dispute. Where somebody pays, the buyer gets what is disputed, less what the seller refunded since.

    Such refunds that are pending are final with it: what was counted cannot be called off any more.
    """
    order = world.order(found.order_id)
    if verdict.paid_by == "nobody":
        yield ended(at, found, verdict, 0, 0)
        return
    refunds = refunded_since(world, order, found)
    for refund in refunds:
        if refund.state == "pending":
            fee = fee_returned_minor(world.policy, order, refund.amount_minor)
            yield RefundPosted(at, order.order_id, refund.refund, refund.amount_minor, fee)
            order = order._replace(fee_minor=order.fee_minor - fee)
    amount = min(found.amount_minor - sum(refund.amount_minor for refund in refunds), left_minor(order))
    if amount <= 0:
        yield ended(at, found, Verdict(REFUNDED, "seller", "The seller refunded what was disputed."), 0, 0)
        return
    fee = fee_returned_minor(world.policy, order, amount) if verdict.paid_by == "seller" else 0
    yield ended(at, found, verdict, amount, fee)


def accepted(world: World, at: int, found: Dispute) -> Iterator[Fact]:
    """The seller bears it at once. Refused once its time is up, or it is decided."""
    check_in_time(found)
    yield from decided(world, at, found, Verdict(REFUNDED, "seller", f"The seller accepted the {found.kind}."))


def lapsed(world: World, at: int, found: Dispute, outcome: str) -> Iterator[Fact]:
    """The deadline of a dispute: what nobody answered is the seller's loss, in that moment."""
    if found.state == ACTION_REQUIRED:
        because = f"No answer came by {rfc3339(found.respond_by)}."
        yield from decided(world, at, found, Verdict(outcome, "seller", because))


def refunded_since(world: World, order: Order, found: Dispute) -> list[Refund]:
    """The order's refunds that were asked for after a dispute was filed, and not called off."""
    return [
        refund
        for refund in refunds_of(world, order)
        if refund.refund > found.after_refund and refund.state != "called-off"
    ]


def ended(at: int, found: Dispute, verdict: Verdict, amount_minor: int, fee_minor: int) -> DisputeDecided:
    """A verdict as a fact, with what the buyer gets and what of the fee the seller gets back."""
    outcome, paid_by, because = verdict
    order_id, number = found.order_id, found.dispute
    return DisputeDecided(at, order_id, number, outcome, paid_by, amount_minor, fee_minor, because)  # type: ignore[arg-type]  # ours alone
