"""Reports of orders, line by line, and of what buyers think of them (chapters 4 and 12)."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from sandbox.central import orders
from sandbox.central.days import DAY as A_DAY
from sandbox.central.days import start_of_day
from sandbox.central.records import PRODUCTION, Order
from sandbox.central.reports.render import DAY, MOMENT, MONEY, TEXT, WHOLE, WORDS, Column
from sandbox.central.reports.scope import Scope, split
from sandbox.central.world import World

_SHIP_TO = (
    Column("recipient-name", WORDS),
    Column("ship-address-1", WORDS),
    Column("ship-address-2", WORDS),
    Column("ship-address-3", WORDS),
    Column("ship-city", WORDS),
    Column("ship-state", WORDS),
    Column("ship-postal-code", TEXT),
    Column("ship-country", TEXT),
)
_BUYER = (Column("buyer-email", TEXT), Column("buyer-name", WORDS), Column("buyer-phone-number", TEXT))
_PRODUCT = (Column("sku", TEXT), Column("product-name", WORDS), Column("quantity-purchased", WHOLE))


class OrderLine(NamedTuple):
    """A line of an order."""

    order_id: str
    item_id: str
    placed_at: int
    paid_at: int
    buyer_email: str
    buyer_name: str
    buyer_phone: str
    sku: str
    title: str
    quantity: int
    currency: str
    price_minor: int
    """Of all its pieces, tax included."""
    tax_minor: int
    shipping_minor: int
    """Its part of the order's shipping."""
    shipping_tax_minor: int
    service: str
    name: str
    line1: str
    line2: str
    line3: str
    city: str
    state: str
    postal_code: str
    country: str
    phone: str
    delivery_start: None
    delivery_end: None
    time_zone: str
    instructions: str
    channel: str
    channel_instance: str
    external_id: str
    ship_from: int
    ship_by: int
    deliver_from: int
    deliver_by: int
    is_business: str
    purchase_order: str
    price_designation: str


ORDER_COLUMNS = (
    Column("order-id", TEXT),
    Column("order-item-id", TEXT),
    Column("purchase-date", MOMENT),
    Column("payments-date", MOMENT),
    *_BUYER,
    *_PRODUCT,
    Column("currency", TEXT),
    Column("item-price", MONEY),
    Column("item-tax", MONEY),
    Column("shipping-price", MONEY),
    Column("shipping-tax", MONEY),
    Column("ship-service-level", TEXT),
    *_SHIP_TO,
    Column("ship-phone-number", TEXT),
    Column("delivery-start-date", MOMENT),
    Column("delivery-end-date", MOMENT),
    Column("delivery-time-zone", TEXT),
    Column("delivery-Instructions", TEXT),
    Column("order-channel", TEXT),
    Column("order-channel-instance", TEXT),
    Column("external-order-id", TEXT),
    Column("earliest-ship-date", MOMENT),
    Column("latest-ship-date", MOMENT),
    Column("earliest-delivery-date", MOMENT),
    Column("latest-delivery-date", MOMENT),
    Column("is-business-order", TEXT),
    Column("purchase-order-number", TEXT),
    Column("price-designation", TEXT),
)

_JOINED = """
    from orders o join buyers b on b.buyer = o.buyer join addresses a on a.address = o.address
    join items i on i.order_number = o.number join products p on p.product = i.product"""
_AUTHORISED = """
    select number from orders indexed by orders_placed
        where placed_at >= :since and placed_at < :until and authorised_at = placed_at union all
    select number from orders indexed by orders_authorised_later
        where authorised_at > placed_at and authorised_at >= :since and authorised_at < :until"""
"""Most are authorised as they are placed; the few others have an index of their own."""
_ORDERS = f"""
    select o.number, o.order_id, o.placed_at, o.authorised_at, o.shipping_minor, o.service, o.dispatch_by,
        o.deliver_from, o.deliver_by, b.masked_email, b.name, a.name, a.line1, a.line2, a.city, a.state,
        a.postal_code, a.country, a.phone, i.item_id, i.quantity, i.price_minor, p.sku, p.title {_JOINED}
    where o.number in ({_AUTHORISED}) and o.view = :view order by o.authorised_at, o.number, i.line"""


class _Ordered(NamedTuple):
    """What the query finds."""

    number: int
    order_id: str
    placed_at: int
    authorised_at: int
    shipping_minor: int
    service: str
    dispatch_by: int
    deliver_from: int
    deliver_by: int
    buyer_email: str
    buyer_name: str
    name: str
    line1: str
    line2: str
    city: str
    state: str
    postal_code: str
    country: str
    phone: str
    item_id: str
    quantity: int
    price_minor: int
    sku: str
    title: str


def all_orders(world: World, scope: Scope) -> Iterator[OrderLine]:
    """The orders authorised in a span, shipped, cancelled or open since: each is in one span, however long it waited.

    One that is pending shows neither buyer nor address, so it is told with its payment, or never.
    """
    asked = {"since": scope.since, "until": scope.until, "view": PRODUCTION}
    rows = map(_Ordered._make, world.execute(_ORDERS, asked))
    for _, lines in groupby(rows, lambda row: row.number):
        of_order = list(lines)
        prices = [row.quantity * row.price_minor for row in of_order]
        shipping = split(of_order[0].shipping_minor, prices)
        for row, price, share in zip(of_order, prices, shipping, strict=True):
            yield _order_line(row, world.currency, price, share)


def _order_line(row: _Ordered, currency: str, price: int, shipping: int) -> OrderLine:
    """Taxes are in the prices, and nothing here is sold to businesses or delivered by appointment."""
    about = (row.order_id, row.item_id, row.placed_at, row.authorised_at, row.buyer_email, row.buyer_name, row.phone)
    bought = (row.sku, row.title, row.quantity, currency, price, 0, shipping, 0, row.service)
    ship_to = (row.name, row.line1, row.line2, "", row.city, row.state, row.postal_code, row.country, row.phone)
    channel = (None, None, "Asia/Kolkata", "", "Pay with Amazon", "", "")
    promised = (row.placed_at, row.dispatch_by, row.deliver_from, row.deliver_by)
    return OrderLine._make((*about, *bought, *ship_to, *channel, *promised, "false", "", ""))


# -- what waits for dispatch


class ActionableLine(NamedTuple):
    """A line of an order of which something is to be shipped."""

    order_id: str
    item_id: str
    placed_at: int
    paid_at: int
    reported_at: int
    dispatch_by: int
    days_past: int
    """Days since the dispatch date; before it they are negative."""
    buyer_email: str
    buyer_name: str
    buyer_phone: str
    sku: str
    title: str
    quantity: int
    quantity_shipped: int
    quantity_to_ship: int
    service: str
    name: str
    line1: str
    line2: str
    line3: str
    city: str
    state: str
    postal_code: str
    country: str


ACTIONABLE_COLUMNS = (
    Column("order-id", TEXT),
    Column("order-item-id", TEXT),
    Column("purchase-date", MOMENT),
    Column("payments-date", MOMENT),
    Column("reporting-date", MOMENT),
    Column("promise-date", MOMENT),
    Column("days-past-promise", WHOLE),
    *_BUYER,
    *_PRODUCT,
    Column("quantity-shipped", WHOLE),
    Column("quantity-to-ship", WHOLE),
    Column("ship-service-level", TEXT),
    *_SHIP_TO,
)


def actionable_orders(world: World, scope: Scope) -> Iterator[ActionableLine]:
    """What may be shipped and is not, the most urgent first."""
    where = "indexed by orders_open where is_open and status <> 'Pending' and view = ? order by dispatch_by, number"
    for order in world.orders(where, (PRODUCTION,)):
        yield from _actionable(world, order, scope.at)


def _actionable(world: World, order: Order, at: int) -> Iterator[ActionableLine]:
    assert order.authorised_at is not None
    details = orders.details(world, order.order_id)
    to_ship, ship_to, buyer = orders.left_to_ship(world, order), details.ship_to, details.buyer
    days_past = (start_of_day(at) - start_of_day(order.dispatch_by)) // A_DAY
    for item, product in details.items:
        left = to_ship.get(item.line, 0)
        if left:
            yield ActionableLine(
                *(order.order_id, item.item_id, order.placed_at, order.authorised_at, at, order.dispatch_by, days_past),
                *(buyer.masked_email, buyer.name, ship_to.phone, product.sku, product.title),
                *(item.quantity, item.quantity - left, left, order.service, ship_to.name),
                *(ship_to.line1, ship_to.line2, "", ship_to.city, ship_to.state, ship_to.postal_code, ship_to.country),
            )


# -- feedback


class FeedbackLine(NamedTuple):
    """A rating that is not a good one."""

    left_at: int
    rating: int
    comment: str
    reply: str
    order_id: str
    rater_email: str


FEEDBACK_COLUMNS = (
    Column("Date", DAY),
    Column("Rating", WHOLE),
    Column("Comments", WORDS),
    Column("Your Response", WORDS),
    Column("Order ID", TEXT),
    Column("Rater Email", TEXT),
)
NEUTRAL = 3
"""The report tells of ratings up to this one."""


def feedback(world: World, scope: Scope) -> Iterator[FeedbackLine]:
    """Neutral and negative ratings of a span that were neither removed nor withdrawn."""
    sql = """
        select f.left_at, f.rating, f.comment, f.reply, f.order_id, b.masked_email
        from feedback f join orders o on o.number = f.order_number join buyers b on b.buyer = o.buyer
        where f.left_at >= ? and f.left_at < ? and f.rating <= ? and f.state not in ('removed', 'withdrawn')
        order by f.left_at, f.order_number"""
    yield from map(FeedbackLine._make, world.rows(sql, (scope.since, scope.until, NEUTRAL)))
