"""Refunds: whole or by item, pending for a while, then final (chapter 10)."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.json import decode

from sandbox.central.days import LAST_MOMENT, MINUTE, rfc3339
from sandbox.central.facts import DisputeDecided, Fact, RefundCalledOff, RefundPosted, RefundRequested
from sandbox.central.guide import Due, Refused, rule
from sandbox.central.orders import in_view, items_of, packages_of, shipped
from sandbox.central.payments import check_currency, checked_minor, fee_returned_minor, left_minor, told_minor
from sandbox.central.records import CANCELED, DISPUTED, PRODUCTION, Order, Refund
from sandbox.central.world import World

REASONS = {
    "NoInventory": "No inventory",
    "CustomerReturn": "Customer return",
    "GeneralAdjustment": "General adjustment",
    "CouldNotShip": "Could not ship",
    "DifferentItem": "Different item",
    "Abandoned": "Abandoned",
    "CustomerCancel": "Buyer cancelled",
    "PriceError": "Pricing error",
    "ProductOutofStock": "Product out of stock",
    "CustomerAddressIncorrect": "Buyer's address incorrect",
    "Exchange": "Exchange",
    "Other": "Other",
    "CarrierCreditDecision": "Carrier credit decision",
    "RiskAssessmentInformationNotValid": "Risk assessment information not valid",
    "CarrierCoverageFailure": "Carrier coverage failure",
    "TransactionRecord": "Transaction record",
    "Undeliverable": "Undeliverable",
    "RefusedDelivery": "Refused delivery",
}
"""The documented adjustment reasons; the labels are approximate."""

NOTE_MAX_CHARS = 500
"""Of the memo and of the note to the buyer. Assumed; no source names a limit."""


class Left(NamedTuple):
    """What of an order can still be given back, in minor units."""

    items: dict[int, int]
    """By line of the order."""
    shipping_minor: int


class Given(NamedTuple):
    """An order's refunds, the first one first, and what is left."""

    order_id: str
    item_ids: dict[int, str]
    """By line."""
    refunds: list[Refund]
    left: Left
    left_minor: int
    """Of the whole order: a claim or chargeback takes of no line."""


@rule(chapter=10, says="A refund is posted through Seller Central, with a reason, and never exceeds what was paid.")
def refund(
    world: World,
    at: int,
    order_id: str,
    reason: str,
    items: Mapping[str, float] | None = None,
    shipping_minor: float | None = None,
    currency: str | None = None,
    memo: str = "",
    note: str = "",
    view: str = PRODUCTION,
) -> Iterator[Fact | Due]:
    """Give back some of the money of some items (minor units by item id) and of the shipping, or all that is left."""
    order = in_view(world, order_id, view)
    _check_words(reason, memo, note)
    check_currency(world, currency)
    _check_paid(world, order)
    left = left_of(world, order)
    lines, shipping = _asked(world, order, left, items, shipping_minor)
    number = world.clock.refunds + 1
    final_at = min(at + world.policy.refund_cancellable_minutes * MINUTE, LAST_MOMENT)
    yield RefundRequested(at, order_id, number, reason, final_at, lines, shipping, memo, note)
    yield Due(final_at, "refunds.finish", str(number))


def _check_words(reason: str, memo: str, note: str) -> None:
    if reason not in REASONS:
        raise Refused("UnknownReason", f"{reason[:60]!r} is no reason for a refund. There are: {', '.join(REASONS)}.")
    for what, text in (("memo", memo), ("note", note)):
        if len(text) > NOTE_MAX_CHARS:
            raise Refused("InvalidNote", f"The {what} has {len(text)} characters; it may have {NOTE_MAX_CHARS}.")
        if unprinted := [letter for letter in text if not letter.isprintable() and letter != "\n"]:
            raise Refused(
                "InvalidNote", f"The {what} has {unprinted[0]!r} in it, which is not printed. Write plain text."
            )


def _check_paid(world: World, order: Order) -> None:
    """Refused where nothing was paid, or nothing of it is left."""
    if order.confirmed_at is None:
        way = "It was cancelled" if order.status == CANCELED else "Cancel it instead"
        raise Refused(
            "NotPaid",
            f"Order {order.order_id} is {order.status}: no shipment was confirmed, so nothing was paid. {way};"
            " the buyer gets all money back by itself.",
        )
    if order.view != PRODUCTION:
        raise Refused("NotPaid", f"Order {order.order_id} is in the {order.view} view, which moves no money.")
    if left_minor(order) > 0:
        return
    if order.reversed_minor:
        raise Refused(
            "AlreadyReimbursed",
            f"The buyer of order {order.order_id} got {order.reversed_minor} minor units by a claim or chargeback;"
            " nothing is left to refund.",
        )
    pending = [refund for refund in refunds_of(world, order) if refund.state == "pending"]
    state = f"is {'being ' if pending else ''}refunded already, all {order.paid_minor} minor units"
    until = [f"; refund {refund.refund} can be called off until {rfc3339(refund.final_at)}" for refund in pending[:5]]
    raise Refused("AlreadyRefunded", f"Order {order.order_id} {state}{''.join(until)}.")


def _asked(
    world: World,
    order: Order,
    left: Left,
    items: Mapping[str, float] | None,
    shipping: float | None,
) -> tuple[dict[int, int], int]:
    """Money by line and for the shipping, checked against what is left."""
    if items is None and shipping is None:
        return _all_left(order, left)
    lines = {item.item_id: item.line for item, _ in items_of(world, order)}
    asked: dict[int, int] = {}
    for item_id, amount in (items or {}).items():
        if item_id not in lines:
            names = ", ".join(lines)
            raise Refused("UnknownItem", f"Order {order.order_id} has no item {item_id[:40]}. It has: {names}.")
        asked[lines[item_id]] = checked_minor(world, amount, None)
        what = f"item {item_id} of order {order.order_id}"
        _check_left(what, asked[lines[item_id]], left.items[lines[item_id]])
    for_shipping = checked_minor(world, shipping, None) if shipping else 0
    _check_left(f"the shipping of order {order.order_id}", for_shipping, left.shipping_minor)
    if not asked and not for_shipping:
        raise Refused("NothingAsked", "The refund names no money. Name items or shipping, or leave both out for all.")
    _check_left(f"order {order.order_id}", sum(asked.values()) + for_shipping, left_minor(order))
    return asked, for_shipping


def _check_left(what: str, amount: int, left: int) -> None:
    if amount > left:
        raise Refused("MoreThanLeft", f"{told_minor(amount)} are more than is left of {what}: {left}.")


def _all_left(order: Order, left: Left) -> tuple[dict[int, int], int]:
    """All of it; what a claim took already comes off the last lines."""
    most = left_minor(order)
    shipping = min(left.shipping_minor, most)
    most -= shipping
    lines: dict[int, int] = {}
    for line, amount in left.items.items():
        if taken := min(amount, most):
            lines[line] = taken
            most -= taken
    return lines, shipping


def left_of(world: World, order: Order) -> Left:
    """What was paid for each line and the shipping, less the refunds that are not called off."""
    items = _paid_by_line(world, order)
    shipping = order.shipping_minor if order.confirmed_at is not None else 0
    if not order.refunding_minor and not order.refunded_minor:
        return Left(items, shipping)
    for earlier in refunds_of(world, order):
        if earlier.state == "called-off":
            continue
        shipping -= earlier.shipping_minor
        for line, amount in decode(earlier.items).items():
            items[int(line)] -= amount
    return Left(items, shipping)


_LINES = "select line, quantity, price_minor from items where order_number = ? order by line"


def _paid_by_line(world: World, order: Order) -> dict[int, int]:
    """What was paid for the pieces of each line that were shipped. Most orders are of one piece."""
    if order.quantity == order.quantity_shipped == 1:
        return {1: order.items_minor}
    lines = world.rows_about(order.number, _LINES)
    if order.quantity_shipped == order.quantity:
        return {line: quantity * price for line, quantity, price in lines}
    gone = shipped(packages_of(world, order))
    return {line: gone[line] * price for line, _, price in lines}


def given(world: World, order_id: str, view: str = PRODUCTION) -> Given:
    """What was given back for an order, and what can be."""
    order = in_view(world, order_id, view)
    item_ids = {item.line: item.item_id for item, _ in items_of(world, order)}
    return Given(order_id, item_ids, refunds_of(world, order), left_of(world, order), left_minor(order))


def refunds_of(world: World, order: Order) -> list[Refund]:
    """An order's refunds, the first one first."""
    rows = world.rows("select * from refunds where order_number = ? order by refund", (order.number,))
    return [Refund._make(row) for row in rows]


def refund_of(world: World, order: Order, refund: int) -> Refund:
    """One of them. Refused with UnknownRefund."""
    row = world.row("select * from refunds where refund = ? and order_number = ?", (refund, order.number))
    if row is None:
        numbers = ", ".join(str(found.refund) for found in refunds_of(world, order)) or "none"
        raise Refused("UnknownRefund", f"Order {order.order_id} has no refund {refund}. It has: {numbers}.")
    return Refund._make(row)


@rule(chapter=10, says="A refund can be called off while it is pending, for two hours; then it is final.")
def call_off(world: World, at: int, order_id: str, refund: int, view: str = PRODUCTION) -> Iterator[Fact]:
    """The seller thinks better of it."""
    found = refund_of(world, in_view(world, order_id, view), refund)
    if found.state != "pending":
        when = rfc3339(found.final_at)
        if found.state == "called-off":
            raise Refused("RefundNotPending", f"Refund {refund} was called off at {when} already. Give another one.")
        raise Refused(
            "RefundNotPending", f"Refund {refund} is final since {when}: the buyer has the money and keeps it."
        )
    yield RefundCalledOff(at, order_id, refund)


@rule(chapter=10, says="A refund that is not called off reaches the buyer when its time is up.")
def finish(world: World, at: int, refund: int) -> Iterator[Fact]:
    """The deadline of a refund. A claim whose whole amount was refunded meanwhile ends with it."""
    found = Refund._make(world.row("select * from refunds where refund = ?", (refund,)))
    if found.state != "pending" or at < found.final_at:
        return
    order = world.order(found.order_id)
    fee = fee_returned_minor(world.policy, order, found.amount_minor)
    yield RefundPosted(at, found.order_id, refund, found.amount_minor, fee)
    if order.defects & DISPUTED:
        yield from _disputes_ended(world, at, order, found)


_PAID_BACK = """
    select dispute from disputes where order_number = :number and closed_at is null and appealed_at is null
        and (:is_whole or amount_minor <= (
            select sum(r.amount_minor) from refunds r where r.order_number = :number
            and r.refund > after_refund and (r.state = 'final' or r.refund = :refund)))
    order by dispute"""
"""Disputes whose money came back since they were filed. An appeal goes on: the buyer has its money already."""


def _disputes_ended(world: World, at: int, order: Order, last: Refund) -> Iterator[Fact]:
    is_whole = order.paid_minor - order.refunded_minor - order.reversed_minor == last.amount_minor
    because = "The seller refunded the whole order." if is_whole else "The seller refunded what was disputed."
    for (dispute,) in world.rows(_PAID_BACK, {"number": order.number, "is_whole": is_whole, "refund": last.refund}):
        yield DisputeDecided(at, order.order_id, dispute, "Refunded", "seller", 0, 0, because)
