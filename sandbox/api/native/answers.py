"""The shapes of the native API's answers, for the OpenAPI document. The tests hold the answers against them."""

from typing import Literal

from pydantic import Field

from sandbox.api.asked import Answered
from sandbox.central import tracking


class InvalidField(Answered):
    """One field that does not fit."""

    field: str
    sentence: str


class Problem(Answered):
    """Why not: RFC 9457, with a code for machines and a sentence for people."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What is so, with the value in it, and what would work.")
    code: str
    request_id: str
    chapter: int | None = Field(None, description="The guide's chapter, where a rule refused.")
    rule: str | None = None
    says: str | None = Field(None, description="What that rule says.")
    errors: list[InvalidField] | None = None


class Address(Answered):
    """Where a parcel goes."""

    name: str
    line1: str
    line2: str = ""
    city: str
    state: str
    postal_code: str
    country: str = "IN"
    phone: str = ""


class Buyer(Answered):
    """Somebody who bought, by the masked address."""

    name: str
    masked_email: str


class OrderItem(Answered):
    """One line of an order."""

    item_id: str
    sku: str
    title: str
    quantity: int
    quantity_shipped: int
    quantity_cancelled: int
    price_minor: int = Field(description="For one piece, tax included.")


class Package(Answered):
    """A confirmed package."""

    package: int
    carrier: str
    method: str
    tracking: str
    shipped_at: str = Field(description="What the seller typed.")
    confirmed_at: str = Field(description="What lateness is judged by.")
    items: dict[str, int]
    address_ok: bool = Field(description="False where it went to another address: no protection (chapter 7).")
    ship_to: Address | None
    delivered_at: str | None
    lost_at: str | None = Field(description="When the carrier gave it up.")
    returned_at: str | None = Field(description="When it was back at the seller's, for nobody took it in.")


class Scan(Answered):
    """One thing that the carrier tells of a package."""

    at: str
    code: tracking.Code
    says: str


class Tracking(Answered):
    """What the carrier has told of a package until now, the first scan first."""

    order_id: str
    package: int
    carrier: str
    tracking: str
    scans: list[Scan] = Field(description="Empty where the package has no tracking id.")


class Cancellation(Answered):
    """How an order ended."""

    cancelled_at: str
    by: Literal["seller", "buyer", "amazon"]
    reason: str


class RestCancelled(Answered):
    """What of a partly shipped order was never confirmed in time, and so ended."""

    cancelled_at: str
    by: Literal["amazon"]
    reason: str
    items: dict[str, int] = Field(description="Pieces by item id.")


Status = Literal["Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled"]


class Order(Answered):
    """An order. Money is in minor units, moments are RFC 3339 in UTC."""

    order_id: str
    view: Literal["production", "sandbox"]
    status: Status
    placed_at: str
    buyer: Buyer
    ship_to: Address | None = Field(description="None while the order is pending.")
    service: str
    dispatch_by: str
    deliver_from: str
    deliver_by: str
    auto_cancel_at: str
    currency: str
    items_minor: int
    shipping_minor: int
    total_minor: int
    paid_minor: int = Field(description="What the buyer was charged so far, package by package.")
    fee_minor: int
    refunded_minor: int
    refundable_minor: int
    confirmed_at: str | None
    late: bool
    items: list[OrderItem]
    packages: list[Package]
    cancellation: Cancellation | None
    rest_cancelled: RestCancelled | None = Field(description="Of an order that was shipped in part.")
    memo: str


class ListedOrder(Answered):
    """An order as a list shows it."""

    order_id: str
    status: Status
    placed_at: str
    dispatch_by: str
    deliver_by: str
    buyer_name: str
    titles: list[str]
    quantity: int
    quantity_to_ship: int
    currency: str
    total_minor: int
    late: bool


class Orders(Answered):
    """A page of orders, the newest first."""

    orders: list[ListedOrder]
    next_cursor: str | None


class SlipItem(Answered):
    """One line of a packing slip."""

    item_id: str
    sku: str
    title: str
    quantity: int


class PackingSlip(Answered):
    """What lies in the parcel."""

    shop: str
    order_id: str
    placed_at: str
    service: str
    ship_to: Address
    items: list[SlipItem]
    notice: str


class Message(Answered):
    """One message."""

    message: int
    thread: int
    sender: Literal["buyer", "seller"]
    sent_at: str
    text: str
    automatic: bool
    state: Literal["waiting", "answered", "not-needed", "sent"]
    answered_at: str | None
    reply_by: str | None = Field(None, description="Of a buyer's message: the scored limit.")
    reply_by_lenient: str | None = Field(None, description="Of a buyer's message: the checklist's limit.")


class ListedMessage(Message):
    """A message in a list over all threads."""

    order_id: str
    subject: str
    buyer_name: str


class Messages(Answered):
    """A page of messages, the oldest first."""

    messages: list[ListedMessage]
    next_cursor: str | None


class ListedThread(Answered):
    """A thread as the inbox shows it."""

    thread: int
    order_id: str
    subject: str
    buyer: Buyer
    opened_at: str
    last_at: str
    waiting: int
    waiting_since: str | None


class Threads(Answered):
    """A page of threads, the one last written in first."""

    threads: list[ListedThread]
    next_cursor: str | None


class Seller(Answered):
    """The seller, by the masked address."""

    masked_email: str


class Thread(Answered):
    """A thread with its messages."""

    thread: int
    order_id: str
    subject: str
    buyer: Buyer
    seller: Seller
    opened_at: str
    last_at: str
    messages: list[Message]


class Rate(Answered):
    """One rate as it stands now."""

    name: Literal["late-shipment", "cancellation", "order-defect", "response-time"]
    chapter: int
    window_days: int
    within_hours: int | None
    scored: bool
    out_of: int
    counted: int
    limit_percent: float
    percent: float | None = Field(description="None where there is nothing to count.")
    state: Literal["good", "breached", "no-data"]
    room: int = Field(description="So many more bad ones, and it is still within its limit.")
    needed: int = Field(description="So many good ones in a row would bring it back.")
    orders: list[str]
    upcoming: int
    reading: str = Field(description="What counts, where the guide can be read in more than one way.")
    parts: dict[str, int] = Field(description="What makes up the count; an order with two defects is in two parts.")


class Metrics(Answered):
    """All rates."""

    as_of: str
    rates: list[Rate]


CaseState = Literal["open", "requires-attention", "answered", "re-opened", "closed"]


class ListedCase(Answered):
    """A case as the dashboard shows it."""

    case: int
    subject: str
    order_id: str | None
    state: CaseState
    opened_at: str
    last_at: str
    closed_at: str | None


class Cases(Answered):
    """A page of cases, the newest first."""

    cases: list[ListedCase]
    next_cursor: str | None


class CaseText(Answered):
    """What was said in a case."""

    number: int
    sender: Literal["seller", "support"]
    sent_at: str
    text: str


class Case(ListedCase):
    """A case with all that was said in it."""

    texts: list[CaseText]
