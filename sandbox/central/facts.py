"""Everything that can happen, in the past tense. A fact is never changed or removed; another fact corrects it.

Facts are msgspec structs rather than NamedTuples: made three times faster, and written and read back as plain JSON
objects, so that the `facts` table can be read without this program.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Decoder, Encoder


class Address(Struct, frozen=True, omit_defaults=True):
    """Where a parcel goes."""

    name: str
    line1: str
    city: str
    state: str
    postal_code: str
    line2: str = ""
    country: str = "IN"
    phone: str = ""


class Line(Struct, frozen=True, array_like=True):
    """One line of an order."""

    item_id: str
    product: int
    quantity: int
    price_minor: int
    """For one piece, tax included."""


class Fact(Struct, frozen=True):
    """What every fact has: when it happened, in milliseconds UTC of world time."""

    at: int


class AccountOpened(Fact, frozen=True):
    """The seller's account began, with its numbers and its currency."""

    shop: str
    seed: str
    policy: str
    currency: str
    policy_changes: dict[str, object] = {}


class ProductListed(Fact, frozen=True):
    """The shop offers a product."""

    product: int
    sku: str
    title: str
    price_minor: int


class BuyerJoined(Fact, frozen=True):
    """Somebody bought here for the first time."""

    buyer: int
    name: str
    email: str


class AddressAdded(Fact, frozen=True):
    """A buyer's address that orders can go to."""

    address: int
    buyer: int
    place: Address


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
    view: Literal["production", "sandbox"] = "production"
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
    method: str = ""
    ship_to: Address | UnsetType = UNSET
    """Only where it is not the order's own address; it takes the protection away (chapter 7)."""


class ParcelDelivered(Fact, frozen=True):
    """The carrier handed a package over."""

    order_id: str
    package: int


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


class MessageSent(Fact, frozen=True, omit_defaults=True):
    """What the buyer's and the seller's messages have in common. The first of a thread opens it."""

    order_id: str
    thread: int
    message: int
    subject: str
    text: str


class BuyerAsked(MessageSent, frozen=True):
    """A buyer wrote to the seller; it needs a reply (chapter 11)."""


class SellerWrote(MessageSent, frozen=True):
    """The seller wrote to a buyer of their own accord (chapter 3)."""


class SellerReplied(MessageSent, frozen=True, omit_defaults=True):
    """The seller answered a thread: all that waited in it is answered, unless a machine did it."""

    automatic: bool = False


class NoResponseNeeded(Fact, frozen=True):
    """The seller marked a buyer's message as one that needs no reply."""

    message: int
    order_id: str


# -- settings and cases


class SettingChosen(Fact, frozen=True):
    """What all settings have in common: the last fact of a kind is how that setting stands (chapters 2 and 12)."""


class AccountInfoSet(SettingChosen, frozen=True):
    """The seller told who owns the shop and whom to reach."""

    legal_name: str
    contact_name: str
    contact_email: str
    contact_phone: str


class BankAccountChanged(SettingChosen, frozen=True):
    """The seller's money goes to another bank account from now on. Its number is kept nowhere."""

    holder: str
    bank_code: str
    last_digits: str
    mark: str
    """Tells another number from the same one."""


class LogoSet(SettingChosen, frozen=True):
    """The seller chose the logo that buyers see, a file's name or a URL; or took it away."""

    logo: str


class ShippingRatesSet(SettingChosen, frozen=True):
    """The seller chose what buyers pay for shipping, by service."""

    charges_minor: dict[str, int]


class NotificationAddressesSet(SettingChosen, frozen=True):
    """The seller chose the addresses that notifications go to."""

    addresses: list[str]


class ReturnUrlSet(SettingChosen, frozen=True):
    """The seller chose where buyers come back to after a successful payment; without it nobody can check out."""

    url: str


class PoliciesSet(SettingChosen, frozen=True):
    """The seller told buyers how returns go and who the company is."""

    returns: str
    company: str


class AcceptanceAnnounced(SettingChosen, frozen=True):
    """The seller put up the banner and the footer logo that say how buyers can pay (chapter 2)."""

    banners: list[str]
    footer_logo: bool


class MetricsReviewed(Fact, frozen=True):
    """The seller looked at the rates."""


class CaseOpened(Fact, frozen=True, omit_defaults=True):
    """The seller asked seller support about something, or about an order."""

    case: int
    subject: str
    text: str
    order_id: str = ""


class CaseAnswered(Fact, frozen=True):
    """Seller support answered."""

    case: int
    text: str


class CaseRead(Fact, frozen=True):
    """The seller read the answer."""

    case: int


class CaseRepliedTo(Fact, frozen=True):
    """The seller wrote again. A case that was answered waits for another answer."""

    case: int
    text: str


class CaseClosed(Fact, frozen=True):
    """The seller closed the case. It stays closed."""

    case: int


class ActionRefused(Fact, frozen=True):
    """Somebody tried what the rules do not allow. Nothing else changed."""

    tried: str
    """The rule's name."""
    code: str
    sentence: str
    order_id: str = ""


def _kinds(base: type[Fact]) -> dict[str, type[Fact]]:
    """The classes without children below `base`, by name."""
    found: dict[str, type[Fact]] = {}
    for child in base.__subclasses__():
        found |= _kinds(child) or {child.__name__: child}
    return found


KINDS: dict[str, type[Fact]] = _kinds(Fact)
_DECODERS = {kind: Decoder(struct) for kind, struct in KINDS.items()}
encoded = Encoder().encode
"""A fact's body as JSON bytes."""


def decoded(kind: str, body: bytes | str) -> Fact:
    """The fact that `encoded` wrote."""
    return _DECODERS[kind].decode(body)
