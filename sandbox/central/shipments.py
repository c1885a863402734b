"""Shipments: confirmed package by package, to the order's address or another, and delivered (chapters 5, 7, 8)."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import UNSET

from sandbox.central.days import end_of_day, rfc3339, start_of_day
from sandbox.central.facts import (
    Address,
    DeliveryFailed,
    Fact,
    ParcelDelivered,
    ParcelLost,
    ParcelReturned,
    ShipmentConfirmed,
    View,
)
from sandbox.central.guide import Refused, rule
from sandbox.central.orders import OrderDetails, details, in_view, items_of, left_to_ship
from sandbox.central.payments import fee_minor, payment_minor
from sandbox.central.records import CANCELED, PENDING, PRODUCTION, SHIPPED, UNSHIPPED, AddressRow, Order
from sandbox.central.tables.base import SIXTEEN, by_sixteen
from sandbox.central.world import World

CARRIERS = (
    "BlueDart",
    "AFL/Fedex",
    "Aramex",
    "India Post",
    "Professional",
    "DTDC",
    "Overnite Express",
    "First Flight",
    "Delhivery",
    "Other",
)
"""The documented carriers of India. Another name is taken as it is, for real clients send what they like."""

CARRIER_MAX_CHARS = 60
_TRACKING = re.compile(r"[A-Za-z0-9][A-Za-z0-9 /-]{2,39}", re.ASCII)


class PackingSlip(NamedTuple):
    """What lies in the parcel: no prices, and never the buyer's mail address."""

    shop: str
    details: OrderDetails


@rule(
    chapter=8,
    says="Payment starts with confirming, package by package; nothing ships twice or beyond what was ordered.",
)
def confirm_shipment(
    world: World,
    at: int,
    order_id: str,
    carrier: str,
    tracking: str = "",
    ship_to: Address | None = None,
    method: str = "",
    shipped_at: int | None = None,
    items: dict[str, int] | None = None,
    view: str = PRODUCTION,
) -> Iterable[Fact]:
    """Confirm one package: `items` are pieces by item id, or all that is left to ship."""
    order = in_view(world, order_id, view)
    _check_shippable(order)
    _check_papers(order, at, carrier, tracking, shipped_at)
    contents = _contents(world, order, items)
    elsewhere = ship_to if ship_to and not is_orders_address(world, order, ship_to) else UNSET
    package = 1 if order.confirmed_at is None else _packages(world, order) + 1
    sent_at = at if shipped_at is None else shipped_at
    paid = payment_minor(world, order, contents, package == 1)
    fee = fee_minor(world.policy, paid, package == 1)
    seen_as: View = "production" if order.view == PRODUCTION else "sandbox"  # a default is left out by identity
    return (
        ShipmentConfirmed(
            at, order_id, package, carrier, tracking, sent_at, contents, paid, fee, method, seen_as, elsewhere
        ),
    )


@rule(chapter=7, says="Payments are protected only when the parcel went to the address of the order.")
def is_orders_address(world: World, order: Order, ship_to: Address) -> bool:
    """Whether that is the order's own address. Another one is accepted, recorded, and loses the protection."""
    row = world.row("select * from addresses where address = ?", (order.address,))
    return _place(AddressRow._make(row)) == _place(ship_to)


def _place(address: AddressRow | Address) -> list[str]:
    """What makes two addresses the same: capitals and spaces do not, nor does the telephone."""
    parts = (
        address.name,
        address.line1,
        address.line2,
        address.city,
        address.state,
        address.postal_code,
        address.country,
    )
    return ["".join(part.split()).casefold() for part in parts]


def _check_shippable(order: Order) -> None:
    if order.status == UNSHIPPED:
        return
    if order.status == PENDING:
        raise Refused(
            "OrderPending", f"Order {order.order_id} is pending: its payment is not authorised yet. Do not ship it."
        )
    if order.status == CANCELED:
        assert order.cancelled_at is not None
        when = rfc3339(order.cancelled_at)
        raise Refused("OrderNotOpen", f"Order {order.order_id} was cancelled at {when}, so it cannot be shipped.")
    if order.status == SHIPPED:
        assert order.confirmed_at is not None
        when = rfc3339(order.confirmed_at)
        raise Refused("AlreadyShipped", f"Order {order.order_id} was confirmed at {when}; nothing is left to ship.")


def _check_papers(order: Order, at: int, carrier: str, tracking: str, shipped_at: int | None) -> None:
    if not carrier.strip() or len(carrier) > CARRIER_MAX_CHARS or not carrier.isprintable():
        raise Refused("InvalidCarrier", f"{carrier[:80]!r} is no carrier. Name one, such as {', '.join(CARRIERS[:3])}.")
    if tracking and not _TRACKING.fullmatch(tracking):
        raise Refused("InvalidTracking", f"{tracking[:80]!r} is no tracking id: 3 to 40 letters, digits and dashes.")
    if shipped_at is not None and not start_of_day(order.placed_at) <= shipped_at <= end_of_day(at):
        raise Refused(
            "InvalidShipDate",
            f"The ship date {rfc3339(shipped_at)} is not between the day of the order ({rfc3339(order.placed_at)})"
            " and today. Leave it out to ship now.",
        )


def _contents(world: World, order: Order, asked: dict[str, int] | None) -> dict[int, int]:
    """Pieces by line, checked against what is left."""
    left = left_to_ship(world, order)
    if asked is None:
        return left
    if not asked:
        raise Refused(
            "EmptyPackage", "A package holds at least one piece. Leave the items out to ship all that is left."
        )
    lines = {item.item_id: item.line for item, _ in items_of(world, order)}
    for item_id, quantity in asked.items():
        if item_id not in lines:
            raise Refused(
                "UnknownItem", f"Order {order.order_id} has no item {item_id[:40]}. It has: {', '.join(lines)}."
            )
        most = left.get(lines[item_id], 0)
        if quantity < 1:
            raise Refused(
                "NotThatMany",
                f"{quantity} of item {item_id} is no package: it holds one piece at least, and of this item there are"
                f" {most} left to ship. Leave an item out to send none of it.",
            )
        if not 1 <= quantity <= most:
            raise Refused("NotThatMany", f"{quantity} of item {item_id} cannot be shipped: {most} left to ship.")
    return {lines[item_id]: quantity for item_id, quantity in asked.items()}


def _packages(world: World, order: Order) -> int:
    (count,) = world.row("select count(*) from shipments where order_number = ?", (order.number,))
    return int(count)


_UNDER_WAY = f"""
    select number from {SIXTEEN} cross join orders on number = column1 where view = '{PRODUCTION}'
        and (select max(package) from shipments where order_number = number) = 1
        and not exists (select 1 from arrivals where order_number = number)"""


def look_for(world: World, numbers: list[int]) -> None:
    """Have at hand which of these orders' only packages are on their way: asked for one by one they would cost more."""
    known = world.tables.at_hand.under_way
    for some in by_sixteen([number for number in numbers if number not in known]):
        known.update(number for (number,) in world.rows(_UNDER_WAY, some))


def deliver(world: World, at: int, order_id: str, package: int) -> Iterable[Fact]:
    """The carrier hands a package over, once. Refused with UnknownPackage, ParcelLost or ParcelReturned."""
    if is_on_its_way(world, order_id, package):
        return (ParcelDelivered(at, order_id, package),)
    return ()


def fail(world: World, at: int, order_id: str, package: int, attempt: int) -> Iterator[Fact]:
    """Nobody takes a package in that is on its way; refused as `deliver` is."""
    if is_on_its_way(world, order_id, package):
        yield DeliveryFailed(at, order_id, package, attempt)


def lose(world: World, at: int, order_id: str, package: int) -> Iterator[Fact]:
    """The carrier gives a package up that is on its way."""
    if is_on_its_way(world, order_id, package):
        yield ParcelLost(at, order_id, package)


def bring_back(world: World, at: int, order_id: str, package: int) -> Iterator[Fact]:
    """The carrier brings a package back to the seller that nobody took in."""
    if is_on_its_way(world, order_id, package):
        yield ParcelReturned(at, order_id, package)


_DELIVERIES = "select count(delivered_at), max(delivered_at) from arrivals where order_number = ?"


def deliveries(world: World, number: int) -> tuple[int, int | None]:
    """How many packages of an order were delivered, and when the last of them was."""
    at = world.tables.at_hand.delivered.get(number)
    if at is not None:
        return 1, at
    ((count, last_at),) = world.rows_about(number, _DELIVERIES)
    return count, last_at


_PACKAGE = "select delivered_at, lost_at, returned_at from packages where order_number = ? and package = ?"


def is_on_its_way(world: World, order_id: str, package: int) -> bool:
    """Whether a package has not arrived yet.

    Refused with UnknownPackage, or with ParcelLost or ParcelReturned: such a one never arrives.
    """
    number = world.ids.order_number(order_id) or 0
    if package == 1 and number in world.tables.at_hand.under_way:
        return True
    rows = world.rows_about(number, _PACKAGE, package)
    if not rows:
        raise Refused("UnknownPackage", f"Order {order_id[:40]} has no package {package}.")
    ((delivered_at, lost_at, returned_at),) = rows
    if lost_at is not None:
        raise Refused("ParcelLost", f"Package {package} of order {order_id} was lost at {rfc3339(lost_at)}.")
    if returned_at is not None:
        when = rfc3339(returned_at)
        raise Refused("ParcelReturned", f"Package {package} of order {order_id} came back to the seller at {when}.")
    return delivered_at is None


@rule(chapter=4, says="The packing slip carries the order id and the order's own address, and no prices.")
def packing_slip(world: World, order_id: str, view: str = PRODUCTION) -> PackingSlip:
    """What to print and lay in the parcel. Refused while the order is pending and once it is cancelled."""
    order = in_view(world, order_id, view)
    if order.status in (PENDING, CANCELED):
        raise Refused("NothingToPack", f"Order {order_id} is {order.status}, so there is nothing to pack.")
    assert world.account is not None
    return PackingSlip(world.account.shop, details(world, order_id, view))
