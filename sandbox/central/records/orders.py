"""Rows of orders, their parcels and what is said about them."""

from typing import NamedTuple

PENDING, UNSHIPPED, PARTIALLY_SHIPPED = "Pending", "Unshipped", "PartiallyShipped"
SHIPPED, CANCELED = "Shipped", "Canceled"
OPEN = (PENDING, UNSHIPPED, PARTIALLY_SHIPPED)
STATUSES = (*OPEN, SHIPPED, CANCELED)

PRODUCTION, SANDBOX = "production", "sandbox"


class Product(NamedTuple):
    """A product the shop offers."""

    product: int
    sku: str
    title: str
    price_minor: int


class Buyer(NamedTuple):
    """Somebody who bought here."""

    buyer: int
    name: str
    email: str
    """Their own address, which nobody outside sees."""
    masked_email: str


class AddressRow(NamedTuple):
    """Where a parcel goes."""

    address: int
    buyer: int
    name: str
    line1: str
    line2: str
    city: str
    state: str
    postal_code: str
    country: str
    phone: str


class Order(NamedTuple):
    """An order as it is now: first what it was when it was placed, then what became of it."""

    number: int
    """The how-manieth of its world; the id leads to it."""
    order_id: str
    view: str
    status: str
    placed_at: int
    authorised_at: int | None
    """When its payment came through: as it was placed, or later; None as long as it never did."""
    buyer: int
    address: int
    service: str
    dispatch_by: int
    deliver_from: int
    deliver_by: int
    auto_cancel_at: int
    quantity: int
    items_minor: int
    shipping_minor: int
    placed_fact: int
    """The fact that placed it: of deadlines in the same millisecond, the older order's comes first."""
    is_open: int
    """1 while it is neither wholly shipped nor cancelled; an index on a list of statuses is thrice the work."""
    quantity_shipped: int
    quantity_cancelled: int
    paid_minor: int
    """What the buyer was charged so far, package by package."""
    fee_minor: int
    """What the platform keeps of that now."""
    refunding_minor: int
    """Refunds that are pending."""
    refunded_minor: int
    reversed_minor: int
    """What the buyer got by claims and chargebacks, whoever bore it."""
    defects: int
    """Bits of `Defect`."""
    confirmed_at: int | None
    """When its first package was confirmed."""
    late: int
    """1 once a package was confirmed, or the rest ended unconfirmed, after `dispatch_by`."""
    cancelled_at: int | None
    cancelled_by: str | None
    cancel_reason: str | None
    memo: str
    version: int
    """One more with each fact about it."""


class Item(NamedTuple):
    """One line of an order, as it was ordered. What became of it stands in the packages and the order."""

    order_number: int
    line: int
    item_id: str
    product: int
    quantity: int
    price_minor: int


class Shipment(NamedTuple):
    """A package as it was confirmed, which never changes."""

    order_number: int
    package: int
    carrier: str
    method: str
    tracking: str
    shipped_at: int
    confirmed_at: int
    contents: str
    """JSON: pieces by line of the order."""
    address_ok: int
    """0 where it went to another address than the order's (chapter 7)."""
    ship_to: str | None
    """JSON: that other address."""
    paid_minor: int
    fee_minor: int
    """What the platform kept of that."""


class Arrival(NamedTuple):
    """Where a package's way ended. It is a row of its own: a shipment that grew would not fit its place any more."""

    order_number: int
    package: int
    delivered_at: int | None
    lost_at: int | None
    """When the carrier gave it up."""
    returned_at: int | None
    """When it came back to the seller, for nobody took it in."""


class Package(NamedTuple):
    """A confirmed package of an order, as it is now: its shipment, and its arrival once there is one."""

    order_number: int
    package: int
    carrier: str
    method: str
    tracking: str
    shipped_at: int
    confirmed_at: int
    contents: str
    address_ok: int
    ship_to: str | None
    paid_minor: int
    fee_minor: int
    delivered_at: int | None
    lost_at: int | None
    returned_at: int | None


class Return(NamedTuple):
    """What a buyer sent back: one of an order at most."""

    order_number: int
    order_id: str
    reason: str
    sent_at: int
    arrived_at: int | None


class Thread(NamedTuple):
    """A conversation with one buyer about one order, under one subject."""

    thread: int
    order_number: int
    order_id: str
    subject: str
    opened_at: int
    last_at: int


class Message(NamedTuple):
    """One message of a thread."""

    message: int
    thread: int
    order_number: int
    sender: str
    """buyer or seller."""
    at: int
    text: str
    automatic: int
    state: str
    """Of a buyer's: waiting, answered or not-needed; of a seller's: sent."""
    answered_at: int | None
    fact: int
    """The fact that it was written: whoever acts upon it does so because of that."""
