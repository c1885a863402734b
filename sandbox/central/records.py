"""The rows of the tables as they are read: one shape for the table, for the rules and for the doors.

`schema` makes each table from its record here, field by field; money is in minor units, moments in milliseconds UTC.
"""

from dataclasses import dataclass
from typing import NamedTuple

PENDING, UNSHIPPED, PARTIALLY_SHIPPED = "Pending", "Unshipped", "PartiallyShipped"
SHIPPED, CANCELED = "Shipped", "Canceled"
OPEN = (PENDING, UNSHIPPED, PARTIALLY_SHIPPED)
STATUSES = (*OPEN, SHIPPED, CANCELED)

PRODUCTION, SANDBOX = "production", "sandbox"


class Account(NamedTuple):
    """The seller's account: one row."""

    shop: str
    seed: str
    policy: str
    policy_changes: str
    """JSON: the policy's numbers that this account changes."""
    currency: str
    opened_at: int


@dataclass(slots=True)
class ClockRow:
    """The world's clock and the numbers last given out: one row. It moves inside a transaction, hence no tuple."""

    now: int
    rate: float
    """World seconds for each second on the wall; 0 is a frozen world."""
    dues: int
    reacted: int
    """The last fact that the simulated people have seen."""
    orders: int
    """Of the simulator's orders; the others are counted next."""
    orders_by_hand: int
    products: int
    buyers: int
    addresses: int
    threads: int
    messages: int


@dataclass(slots=True)
class Clock(ClockRow):
    """The same, with what the facts tell by themselves: a command that gives no number out leaves the row alone."""

    facts: int
    """The number of the last fact."""


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
    """An order as it is now."""

    number: int
    """The how-manieth of its world; the id leads to it."""
    order_id: str
    view: str
    status: str
    is_open: int
    """1 while it is neither wholly shipped nor cancelled; an index on a list of statuses is thrice the work."""
    placed_at: int
    buyer: int
    address: int
    service: str
    dispatch_by: int
    deliver_from: int
    deliver_by: int
    auto_cancel_at: int
    quantity: int
    quantity_shipped: int
    quantity_cancelled: int
    items_minor: int
    shipping_minor: int
    confirmed_at: int | None
    """When its first package was confirmed."""
    late: int
    """1 once a package was confirmed after `dispatch_by`."""
    cancelled_at: int | None
    cancelled_by: str | None
    cancel_reason: str | None
    memo: str
    version: int
    """One more with each fact about it."""
    placed_fact: int
    """The fact that placed it: of deadlines in the same millisecond, the older order's comes first."""


class Item(NamedTuple):
    """One line of an order, as it was ordered. What became of it stands in the packages and the order."""

    order_number: int
    line: int
    item_id: str
    product: int
    quantity: int
    price_minor: int


class Package(NamedTuple):
    """A confirmed package of an order."""

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
    delivered_at: int | None


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


# -- settings and cases


class Setting(NamedTuple):
    """How a setting stands."""

    setting: str
    """The kind of fact that sets it."""
    fact: int
    """The number of the last one, which tells who and when."""
    body: str
    """That fact, as JSON."""


class MetricsReview(NamedTuple):
    """The seller looked at the rates."""

    fact: int
    at: int


class Case(NamedTuple):
    """A question to seller support."""

    case: int
    subject: str
    order_id: str
    """Empty where it is about no order."""
    state: str
    """open, requires-attention (answered and not read), answered, re-opened or closed."""
    opened_at: int
    last_at: int
    closed_at: int | None
    read_fact: int | None
    """The fact that an answer was first read."""


class CaseText(NamedTuple):
    """What was said in a case, by the seller or by support."""

    case: int
    number: int
    sender: str
    at: int
    text: str


class FactRow(NamedTuple):
    """A fact as it is kept, with who did it and because of what."""

    seq: int
    at: int
    kind: str
    order_number: int | None
    by: str
    rule: str
    because: int | None
    """The fact that led to this one; none where somebody outside acted."""
    body: str
    """The fact itself, as JSON."""


class Agenda(NamedTuple):
    """Something to come."""

    at: int
    seq: int
    step: str
    ref: str
    because: int | None


class Cast(NamedTuple):
    """What the simulator keeps from one window to the next, as JSON."""

    name: str
    state: str


class Credential(NamedTuple):
    """A key to this world."""

    key: str
    label: str


class KeptAnswer(NamedTuple):
    """What a request with an Idempotency-Key was answered."""

    key: str
    fingerprint: str
    status: int
    body: str
    content_type: str
    tag: str | None
