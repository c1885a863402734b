"""Chargebacks: a buyer's bank takes a payment back; answered, or lost, decided by the bank (chapters 7 and 9)."""

from collections.abc import Iterator, Sequence

from sandbox.central.days import DAY, after, rfc3339
from sandbox.central.disputes import (
    CHARGEBACK,
    CLAIM,
    UNDER_REVIEW,
    Verdict,
    accepted,
    amount_in_dispute,
    answered,
    case_of,
    check_text,
    decided,
    dispute_of,
    disputes_of,
    lapsed,
)
from sandbox.central.facts import ChargebackFiled, ClaimWithdrawn, DisputeDecided, Fact
from sandbox.central.guide import Due, Refused, rule
from sandbox.central.records import PRODUCTION, Dispute, Order
from sandbox.central.world import World

UNAUTHORISED, SERVICE = "UnauthorisedUse", "Service"
REASONS = {
    "UnauthorisedUse": UNAUTHORISED,
    "NotReceived": SERVICE,
    "WrongItem": SERVICE,
    "NotAsDescribed": SERVICE,
    "BelowExpectations": SERVICE,
    "ChargedTwice": SERVICE,
    "Other": SERVICE,
}
"""What a bank gives as its reason, and the type of chargeback that makes it."""

BY_ADDRESS = ("UnauthorisedUse", "NotReceived")
"""The reasons that another address than the order's decides."""

WON, LOST, COVERED = "Won", "Lost", "PaidByAmazon"
_PROTECTED = "It was sent with tracking to the address of the order, so the payment is protected."


@rule(
    chapter=9,
    says="A buyer may go to the bank instead of claiming: the seller answers in time, or has lost the payment.",
)
def file(
    world: World, at: int, order_id: str, reason: str, text: str = "", amount_minor: float | None = None
) -> Iterator[Fact | Due]:
    """The bank takes back all that is left of the order, or so much of it. An open claim on it ends."""
    order = world.order(order_id)
    if reason not in REASONS:
        names = ", ".join(REASONS)
        raise Refused("UnknownReason", f"{reason[:60]!r} is no reason for a chargeback. There are: {names}.")
    if text:
        check_text(world, text)
    _check_first(world, order)
    amount = amount_in_dispute(world, order, amount_minor)
    _check_window(world, at, order)
    for earlier in disputes_of(world, order):
        if earlier.kind == CLAIM and earlier.closed_at is None:
            yield ClaimWithdrawn(at, order_id, earlier.dispute, "The buyer went to the bank instead.")
    number = world.clock.disputes + 1
    respond_by = after(at, world.policy.chargeback_response_days * DAY)
    yield ChargebackFiled(at, order_id, number, reason, amount, respond_by, text)
    if REASONS[reason] == UNAUTHORISED and is_covered(world, order):
        yield DisputeDecided(at, order_id, number, COVERED, "amazon", amount, 0, _PROTECTED)
    else:
        yield Due(respond_by, "chargebacks.lapse", str(number))


def _check_first(world: World, order: Order) -> None:
    for earlier in disputes_of(world, order):
        if earlier.kind == CHARGEBACK:
            when = rfc3339(earlier.filed_at)
            raise Refused(
                "AlreadyChargedBack", f"Order {order.order_id} has chargeback {earlier.dispute} of {when} already."
            )


def _check_window(world: World, at: int, order: Order) -> None:
    closes = after(order.confirmed_at or 0, world.policy.chargeback_closes_days * DAY)
    if at > closes:
        raise Refused(
            "ChargebackTooLate", f"A bank could take back order {order.order_id}'s payment until {rfc3339(closes)}."
        )


@rule(
    chapter=7,
    says="What went to the address of the order, with tracking, is protected: unauthorised use is then Amazon's loss.",
)
def is_covered(world: World, order: Order) -> bool:
    """Whether the platform bears an unauthorised-use chargeback on the order as it is now."""
    case = case_of(world, order)
    return case.to_orders_address and case.tracked


@rule(chapter=9, says="The seller represents the case to the bank with shipping details and evidence.")
def represent(
    world: World, at: int, chargeback: int, text: str, evidence: Sequence[tuple[str, str]] = (), view: str = PRODUCTION
) -> Iterator[Fact]:
    """The seller contests a chargeback, before its deadline. The bank takes weeks."""
    yield from answered(world, at, dispute_of(world, chargeback, CHARGEBACK, view), text, evidence)


@rule(chapter=9, says="A seller who accepts a chargeback bears it, and it is closed.")
def accept(world: World, at: int, chargeback: int, view: str = PRODUCTION) -> Iterator[Fact]:
    """The seller gives the payment back at once."""
    yield from accepted(world, at, dispute_of(world, chargeback, CHARGEBACK, view))


@rule(chapter=9, says="A chargeback that is not answered in time is lost in that moment.")
def lapse(world: World, at: int, chargeback: int) -> Iterator[Fact]:
    """The deadline of a chargeback."""
    yield from lapsed(world, at, dispute_of(world, chargeback, CHARGEBACK), LOST)


@rule(
    chapter=7,
    says="What was sent to another address than the order's is not protected:"
    " a chargeback for unauthorised use or for what did not arrive is lost.",
)
def odds_percent(world: World, found: Dispute) -> float:
    """How often a bank decides for the seller in such a case, in percent."""
    if certain(world, found):
        return 0.0
    case, policy = case_of(world, world.order(found.order_id)), world.policy
    if case.tracked and case.delivered and case.to_orders_address:
        return policy.chargeback_won_delivered_percent
    return policy.chargeback_won_percent


def certain(world: World, found: Dispute) -> Verdict | None:
    """The bank's decision where no luck is in it: what went to another address, for a reason that this decides."""
    if found.reason not in BY_ADDRESS or case_of(world, world.order(found.order_id)).to_orders_address:
        return None
    return Verdict(LOST, "seller", "It went to another address than the order's, so nothing protects it.")


def decide(world: World, at: int, chargeback: int, draw: float) -> Iterator[Fact]:
    """The bank's decision: `draw`, from 0 to 1, against the policy's odds."""
    found = dispute_of(world, chargeback, CHARGEBACK)
    if found.state != UNDER_REVIEW:
        return
    if draw * 100 < odds_percent(world, found):
        yield from decided(world, at, found, Verdict(WON, "nobody", "The bank found for the seller."))
    else:
        lost = certain(world, found) or Verdict(LOST, "seller", "The bank found for the buyer.")
        yield from decided(world, at, found, lost)
