"""Orders: placed, authorised, cancelled, noted on (chapters 4, 7 and 9)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct
from msgspec.json import decode

from sandbox.central.days import DAY, HOUR, LAST_MOMENT, MINUTE, after, next_working_day, rfc3339, start_of_day
from sandbox.central.facts import (
    Address,
    AddressAdded,
    BuyerJoined,
    Fact,
    Line,
    MemoWritten,
    OrderCancelled,
    OrderPlaced,
    PaymentAuthorised,
    ProductListed,
    RestCancelled,
    decoded,
)
from sandbox.central.guide import Refused, rule
from sandbox.central.ids import BY_HAND, unknown_order
from sandbox.central.records import (
    CANCELED,
    PARTIALLY_SHIPPED,
    PENDING,
    PRODUCTION,
    SANDBOX,
    SHIPPED,
    AddressRow,
    Buyer,
    Item,
    Order,
    Package,
    Product,
)
from sandbox.central.world import World

CANCEL_REASONS = {
    "NoInventory": "No inventory",
    "BuyerCanceled": "Buyer cancelled",
    "GeneralAdjustment": "General adjustment",
    "PricingError": "Pricing error",
    "ShippingAddressUndeliverable": "Shipping address undeliverable",
    "CustomerExchange": "Customer exchange",
    "CarrierCreditDecision": "Carrier credit decision",
    "RiskAssessmentInformationNotValid": "Risk assessment information not valid",
    "CarrierCoverageFailure": "Carrier coverage failure",
    "CustomerReturn": "Customer return",
    "MerchandiseNotReceived": "Merchandise not received",
}
"""The documented reasons: the first six stand on the screen, the feed knows all but PricingError."""

NOT_CONFIRMED_IN_TIME, NOT_PAID = "NotConfirmedInTime", "PaymentNotAuthorised"
"""The platform's own reasons, which no seller can give. The second is nobody's fault: it may not be shipped."""

LINES_AT_MOST = 60

MEMO_MAX_CHARS = 500
"""Assumed; no source names a limit."""

VIEWS = {
    PRODUCTION: ("Pay with Amazon (IN Production)", "A3PY9OQTG31F3H"),
    SANDBOX: ("Pay with Amazon (IN Sandbox)", "AXGTNDD750VEM"),
}
"""The two views of an account with their labels and marketplace ids."""


class Piece(Struct, frozen=True, gc=False):
    """What a buyer puts in the basket."""

    product: int
    quantity: int
    price_minor: int


class OrderDetails(NamedTuple):
    """An order with all that Seller Central shows of it."""

    order: Order
    buyer: Buyer
    ship_to: AddressRow
    items: list[tuple[Item, Product]]
    packages: list[Package]
    rest: RestCancelled | None
    """What of an order that was shipped in part was never confirmed in time."""


# -- the shop and its buyers


def list_product(world: World, at: int, sku: str, title: str, price_minor: int) -> Iterator[Fact]:
    """Offer a product."""
    yield ProductListed(at, world.clock.products + 1, sku, title, price_minor)


def join(world: World, at: int, name: str, email: str, place: Address) -> Iterator[Fact]:
    """Somebody becomes a buyer, with one address."""
    buyer = world.clock.buyers + 1
    yield BuyerJoined(at, buyer, name, email)
    yield AddressAdded(at, world.clock.addresses + 1, buyer, place)


def add_address(world: World, at: int, buyer: int, place: Address) -> Iterator[Fact]:
    """A buyer has another address from now on, beside the ones before."""
    yield AddressAdded(at, world.clock.addresses + 1, buyer, place)


# -- placed and authorised


@rule(
    chapter=8,
    says="Every order is promised a day by which its shipment is confirmed and days between which it arrives.",
)
def place(
    world: World,
    at: int,
    buyer: int,
    address: int,
    pieces: list[Piece],
    shipping_minor: int = 0,
    service: str = "Standard",
    pending: bool = False,
    view: str = PRODUCTION,
    number: int | None = None,
) -> Iterable[Fact]:
    """A buyer orders. The order carries its own deadline for confirmation; see `deadlines`.

    The simulator numbers its own orders; others count from `BY_HAND` on, so that one more of them reshuffles nobody.
    """
    check_view(view)
    check_checkout(world)
    assert 1 <= len(pieces) <= LINES_AT_MOST
    policy, ids = world.policy, world.ids
    number = number or BY_HAND + world.clock.orders_by_hand + 1
    today = start_of_day(at)
    dispatch_by, deliver_from, deliver_by = world.promises.get(today) or _promised(world, today)
    starts = at if policy.auto_cancel_from == "order" else dispatch_by
    order_id = ids.order_id(number)
    placed = OrderPlaced(
        at,
        order_id,
        buyer,
        address,
        [
            Line(ids.item_id(number, line), piece.product, piece.quantity, piece.price_minor)
            for line, piece in enumerate(pieces, 1)
        ],
        shipping_minor,
        dispatch_by=dispatch_by,
        deliver_from=deliver_from,
        deliver_by=deliver_by,
        auto_cancel_at=min(starts + policy.auto_cancel_after_hours * HOUR, LAST_MOMENT),
        view=view,  # type: ignore[arg-type]  # a view name is checked where it comes in
        service=service,
        pending=pending,
    )
    return (placed,)


def _promised(world: World, today: int) -> tuple[int, int, int]:
    """The moments until which an order of that day is to be dispatched, and between which it is to arrive."""
    policy = world.policy
    leaves = next_working_day(today, world.working_weekdays, policy.dispatch_within_working_days)
    from_day, by_day = (after(today, days * DAY) for days in (policy.deliver_from_days, policy.deliver_by_days))
    found = world.promises[today] = after(leaves, DAY - 1), from_day, after(by_day, DAY - 1)
    return found


@rule(chapter=12, says="Without a return URL for successful payments no buyer can check out.")
def check_checkout(world: World) -> None:
    """Refused with NoReturnUrl while the seller has set none."""
    if not world.clock.checkout_open:
        raise Refused(
            "NoReturnUrl", "The shop has no return URL for successful payments, so nobody can check out. Set one."
        )


@rule(chapter=4, says="An order is pending until its payment is authorised; only then may it be shipped.")
def authorise(world: World, at: int, order_id: str) -> Iterator[Fact]:
    """A pending order's payment comes through. An order that ended meanwhile stays ended."""
    if world.order(order_id).status == PENDING:
        yield PaymentAuthorised(at, order_id)


@rule(
    chapter=4, says="An order whose payment is declined is cancelled by the platform, and that counts against nobody."
)
def decline(world: World, at: int, order_id: str) -> Iterator[Fact]:
    """A pending order's payment fails for good. Once it came through, or the order ended, nothing is declined."""
    if world.order(order_id).status == PENDING:
        yield OrderCancelled(at, order_id, by="amazon", reason=NOT_PAID)


# -- ended


@rule(
    chapter=4,
    says="An order whose shipment is not confirmed within 30 days is cancelled and never paid, shipped or not.",
)
def auto_cancel(world: World, at: int, order_id: str) -> Iterator[Fact]:
    """The deadline of an order. What a partly shipped order still lacks ends; what was confirmed stays."""
    order = world.order(order_id)
    if not order.is_open or at < order.auto_cancel_at:
        return
    if order.status != PARTIALLY_SHIPPED:
        reason = NOT_PAID if order.status == PENDING else NOT_CONFIRMED_IN_TIME
        yield OrderCancelled(at, order_id, by="amazon", reason=reason)
        return
    yield RestCancelled(at, order_id, NOT_CONFIRMED_IN_TIME, left_to_ship(world, order))


@rule(chapter=9, says="A seller may cancel until shipment is confirmed; the buyer gets all money back by itself.")
def cancel(world: World, at: int, order_id: str, reason: str, view: str = PRODUCTION) -> Iterator[Fact]:
    """The seller cancels, with one of the documented reasons."""
    order = in_view(world, order_id, view)
    if reason not in CANCEL_REASONS:
        raise Refused(
            "UnknownReason", f"{reason[:60]!r} is no reason for cancelling. There are: {', '.join(CANCEL_REASONS)}."
        )
    yield from _cancelled(order, at, by="seller", reason=reason)


@rule(
    chapter=7,
    says="A buyer who wants another address cancels within 30 minutes and orders again; later only the seller can.",
)
def cancel_by_buyer(world: World, at: int, order_id: str) -> Iterator[Fact]:
    """The buyer cancels without asking, soon after ordering."""
    order, minutes = world.order(order_id), world.policy.buyer_self_cancel_within_minutes
    if not minutes:
        raise Refused(
            "TooLateForBuyer", "A buyer has no time here to cancel without asking. Ask the seller, who can cancel."
        )
    if at > order.placed_at + minutes * MINUTE:
        raise Refused(
            "TooLateForBuyer", f"A buyer can cancel for {minutes} minutes after ordering. Ask the seller instead."
        )
    yield from _cancelled(order, at, by="buyer", reason="BuyerCanceled")


def _cancelled(order: Order, at: int, by: str, reason: str) -> Iterator[Fact]:
    if order.status == CANCELED:
        assert order.cancelled_at is not None
        when = rfc3339(order.cancelled_at)
        raise Refused("OrderNotOpen", f"Order {order.order_id} was cancelled at {when}. It stays cancelled.")
    if order.confirmed_at is not None:
        rest = f"Ship the rest, or it ends at {rfc3339(order.auto_cancel_at)}" if order.is_open else "Refund it instead"
        raise Refused(
            "AlreadyShipped",
            f"Order {order.order_id} is {order.status}: shipment was confirmed at {rfc3339(order.confirmed_at)},"
            f" so it cannot be cancelled. {rest}.",
        )
    yield OrderCancelled(at, order.order_id, by=by, reason=reason)  # type: ignore[arg-type]  # ours alone


# -- noted on


def write_memo(world: World, at: int, order_id: str, memo: str, view: str = PRODUCTION) -> Iterator[Fact]:
    """The seller's own note on an order; the buyer never sees it. An empty one takes it away."""
    order = in_view(world, order_id, view)
    if len(memo) > MEMO_MAX_CHARS:
        raise Refused("MemoTooLong", f"The memo has {len(memo)} characters; it may have {MEMO_MAX_CHARS}.")
    if not memo.replace("\n", " ").isprintable():
        raise Refused("MemoNotText", "The memo has control characters in it. Write plain text.")
    if memo != order.memo:
        yield MemoWritten(at, order_id, memo)


# -- looked at


@rule(chapter=4, says="Orders are checked and fulfilled in the production view; the sandbox view holds other orders.")
def checked_view(order: Order, view: str) -> Order:
    """The order, if it is one of that view. Refused with WrongView, or UnknownView."""
    if order.view != view:
        check_view(view)
        raise Refused(
            "WrongView",
            f"Order {order.order_id} is in the {order.view} view, and you are in the {view} view."
            f" Switch to {order.view}.",
        )
    return order


def in_view(world: World, order_id: str, view: str) -> Order:
    """The order, seen from a view."""
    return checked_view(world.order(order_id), view)


def check_view(view: str) -> None:
    """Refused with UnknownView for anything but the two."""
    if view not in VIEWS:
        raise Refused("UnknownView", f"There is no view {view[:40]!r}. There are: {', '.join(VIEWS)}.")


def shipped(packages: list[Package]) -> dict[int, int]:
    """Pieces shipped by line of the order; a line of which nothing was shipped is 0."""
    pieces: dict[int, int] = defaultdict(int)
    for package in packages:
        for line, quantity in decode(package.contents).items():
            pieces[int(line)] += quantity
    return pieces


def left_to_ship(world: World, order: Order) -> dict[int, int]:
    """Pieces by line of the order that are neither shipped nor cancelled."""
    if not order.is_open:
        return {}
    if order.quantity == 1:
        return {1: 1}
    if order.confirmed_at is None:
        return pieces_of(world, order)
    gone = shipped(packages_of(world, order))
    return {line: quantity - gone[line] for line, quantity in pieces_of(world, order).items() if quantity > gone[line]}


def pieces_of(world: World, order: Order) -> dict[int, int]:
    """Pieces by line that were ordered."""
    known = world.tables.at_hand.pieces.get(order.number)
    if known is not None:
        return known.copy()
    sql = "select line, quantity from items where order_number = ? order by line"
    return dict(world.rows_about(order.number, sql))


_ITEMS = "select i.*, p.* from items i join products p using (product) where order_number = ? order by line"
_ITEM_FIELDS = len(Item._fields)


def items_of(world: World, order: Order) -> list[tuple[Item, Product]]:
    """An order's lines, each with its product, in their order."""
    rows = world.rows_about(order.number, _ITEMS)
    return [(Item._make(row[:_ITEM_FIELDS]), Product._make(row[_ITEM_FIELDS:])) for row in rows]


def packages_of(world: World, order: Order) -> list[Package]:
    """An order's confirmed packages, the first one first."""
    rows = world.rows_about(order.number, "select * from packages where order_number = ? order by package")
    return [Package._make(row) for row in rows]


_STAMP = """
    select now, view, version, epoch, (
        select count(*) from arrivals where order_number = number)
    from orders, clock where number = ?"""


def stamp(world: World, order_id: str, view: str = PRODUCTION) -> tuple[object, ...]:
    """What changes whenever `details` would. It costs a quarter of them. The world's clock tells the moment then."""
    found = world.row(_STAMP, (world.ids.order_number(order_id),))
    if found is None or found[1] != view:
        in_view(world, order_id, view)
    world.clock.now, *stamp = found
    return tuple(stamp)


_DETAILS = """
    select o.*, b.*, a.* from orders o join buyers b on b.buyer = o.buyer join addresses a on a.address = o.address
    where o.number = ?"""
_BUYER, _ADDRESS = len(Order._fields), len(Order._fields) + len(Buyer._fields)


def details(world: World, order_id: str, view: str = PRODUCTION) -> OrderDetails:
    """The order with its buyer, address, lines and packages."""
    rows = world.rows(_DETAILS, (world.ids.order_number(order_id),))
    if not rows:
        raise unknown_order(order_id)
    (row,) = rows
    order = checked_view(Order._make(row[:_BUYER]), view)
    buyer, ship_to = Buyer._make(row[_BUYER:_ADDRESS]), AddressRow._make(row[_ADDRESS:])
    packages = packages_of(world, order) if order.confirmed_at is not None else []
    return OrderDetails(order, buyer, ship_to, items_of(world, order), packages, _rest_cancelled(world, order))


def _rest_cancelled(world: World, order: Order) -> RestCancelled | None:
    if order.status != SHIPPED or not order.quantity_cancelled:
        return None
    row = world.row("select body from facts where order_number = ? and kind = 'RestCancelled'", (order.number,))
    found = decoded("RestCancelled", row[0])
    assert isinstance(found, RestCancelled)
    return found
