"""What happens to orders, from the basket to the door."""

from typing import Literal

from msgspec import UNSET, UnsetType

from sandbox.central.facts.base import Address, Fact, Line

View = Literal["production", "sandbox"]


class OrderPlaced(Fact, frozen=True, omit_defaults=True):
    """A buyer ordered. The dates promised then stay, whatever the policy says later."""

    order_id: str
    buyer: int
    address: int
    lines: list[Line]
    shipping_minor: int
    dispatch_by: int
    deliver_from: int
    deliver_by: int
    auto_cancel_at: int
    view: View = "production"
    service: str = "Standard"
    pending: bool = False
    """Payment was not authorised at once: the order may not be shipped yet."""


class PaymentAuthorised(Fact, frozen=True):
    """A pending order's payment came through: it may be shipped now."""

    order_id: str


class ShipmentConfirmed(Fact, frozen=True, omit_defaults=True):
    """The seller told Seller Central that a package left. Payment starts here (chapters 5 and 8)."""

    order_id: str
    package: int
    """1 for the order's first package."""
    carrier: str
    tracking: str
    shipped_at: int
    """What the seller typed; lateness is judged by `at`."""
    contents: dict[int, int]
    """Pieces by line of the order, the first line being 1."""
    paid_minor: int = 0
    """What the buyer is charged for this package; nothing in the sandbox view."""
    fee_minor: int = 0
    """What the platform keeps of it."""
    method: str = ""
    view: View = "production"
    ship_to: Address | UnsetType = UNSET
    """Only where it is not the order's own address; it takes the protection away (chapter 7)."""


class ParcelDelivered(Fact, frozen=True):
    """The carrier handed a package over."""

    order_id: str
    package: int


class DeliveryFailed(Fact, frozen=True):
    """Nobody took a package in; the carrier tries again, or sends it back."""

    order_id: str
    package: int
    attempt: int


class ParcelLost(Fact, frozen=True):
    """The carrier gave a package up."""

    order_id: str
    package: int


class ParcelReturned(Fact, frozen=True):
    """A package that nobody took in is back at the seller's."""

    order_id: str
    package: int


class ReturnSent(Fact, frozen=True):
    """A buyer sent the order back to the seller."""

    order_id: str
    reason: str


class ReturnArrived(Fact, frozen=True):
    """What a buyer sent back is there: the seller has the goods, and owes the money (chapter 10)."""

    order_id: str


class OrderCancelled(Fact, frozen=True):
    """An order ended before it was wholly shipped; the buyer gets the money back (chapter 9)."""

    order_id: str
    by: Literal["seller", "buyer", "amazon"]
    reason: str


class RestCancelled(Fact, frozen=True):
    """The pieces of a partly shipped order that were never confirmed ended; what was shipped stays shipped."""

    order_id: str
    reason: str
    contents: dict[int, int]
    """Pieces by line of the order."""


class MemoWritten(Fact, frozen=True):
    """The seller noted something on an order, for the seller's own eyes."""

    order_id: str
    memo: str
