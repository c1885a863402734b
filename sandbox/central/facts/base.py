"""What every fact has, and what some are made of."""

from msgspec import Struct


class Address(Struct, frozen=True, omit_defaults=True, gc=False):
    """Where a parcel goes."""

    name: str
    line1: str
    city: str
    state: str
    postal_code: str
    line2: str = ""
    country: str = "IN"
    phone: str = ""


class Line(Struct, frozen=True, array_like=True, gc=False):
    """One line of an order."""

    item_id: str
    product: int
    quantity: int
    price_minor: int
    """For one piece, tax included."""


class Fact(Struct, frozen=True, gc=False):
    """What every fact has: when it happened, in milliseconds UTC of world time."""

    at: int
