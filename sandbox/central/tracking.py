"""Tracking: what a carrier tells of a package that was sent with a tracking id, scan by scan (chapter 5).

No scan is kept. What ends a journey or an attempt is on record as a fact; the scans before that are worked out from the
ids alone, at fixed spans after the confirmation, so that they tell nothing of what is still to come: a parcel that will
be lost is scanned like any other. A scan of the van that took a parcel out is told with what came of it.
"""

import hashlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.facts import Fact, decoded
from sandbox.central.guide import Refused
from sandbox.central.orders import in_view
from sandbox.central.records import PRODUCTION, Order, Package
from sandbox.central.world import World

Code = Literal["Announced", "PickedUp", "AtHub", "OutForDelivery", "Attempted", "Delivered", "Lost", "Returned"]

SAYS: dict[Code, str] = {
    "Announced": "The seller announced the parcel.",
    "PickedUp": "The parcel was picked up.",
    "AtHub": "The parcel was sorted at a hub on its way.",
    "OutForDelivery": "The parcel is out for delivery.",
    "Attempted": "Nobody could take the parcel in.",
    "Delivered": "The parcel was handed over.",
    "Lost": "The parcel cannot be found.",
    "Returned": "The parcel is back at the seller's.",
}
_ENDS: dict[str, Code] = {
    "DeliveryFailed": "Attempted",
    "ParcelDelivered": "Delivered",
    "ParcelLost": "Lost",
    "ParcelReturned": "Returned",
}
_AT_THE_DOOR = ("Attempted", "Delivered")
_HUBS = (12 * HOUR, 2 * DAY, 4 * DAY)
"""How long after the confirmation a hub sorts it, if it is still on its way (assumed). Then it is on the road."""
_SPREAD = 6 * HOUR
"""So much later at most, by the parcel."""
_OUT_BEFORE = 2 * HOUR + 30 * MINUTE
"""So long before the door a van takes it out (assumed)."""


class Scan(NamedTuple):
    """One thing that the carrier tells."""

    at: int
    code: Code


class Journey(NamedTuple):
    """A package with all that its carrier has told until now, the first scan first."""

    order_id: str
    package: Package
    scans: list[Scan]


def journey(world: World, order_id: str, package: int, view: str = PRODUCTION) -> Journey:
    """A package's scans until now; none where it was sent without a tracking id.

    Refused with UnknownOrder, WrongView or UnknownPackage. What was told once is never taken back.
    """
    order = in_view(world, order_id, view)
    row = world.row("select * from packages where order_number = ? and package = ?", (order.number, package))
    if row is None:
        raise Refused("UnknownPackage", f"Order {order_id} has no package {package}.")
    found = Package._make(row)
    scans = [*_scans(world, order, found)] if found.tracking else []
    return Journey(order_id, found, scans)


def _scans(world: World, order: Order, package: Package) -> Iterator[Scan]:
    on_record = [*_on_record(world, order, package)]
    until = min([world.now, *(scan.at - 1 for scan in on_record)])
    yield Scan(package.confirmed_at, "Announced")
    last = package.confirmed_at
    for at, code in _on_the_way(order, package):
        if at <= until:
            yield Scan(at, code)
            last = at
    for scan in on_record:
        if scan.code in _AT_THE_DOOR and scan.at > last:
            yield Scan(max(last, scan.at - _OUT_BEFORE), "OutForDelivery")
        yield scan
        last = scan.at


def _on_the_way(order: Order, package: Package) -> Iterator[Scan]:
    """The scans that every parcel has that is on its way for long enough."""
    drawn = hashlib.blake2b(f"{order.order_id}/{package.package}".encode(), digest_size=4 * (1 + len(_HUBS))).digest()
    spreads = [int.from_bytes(drawn[at : at + 4]) * _SPREAD >> 32 for at in range(0, len(drawn), 4)]
    yield Scan(package.confirmed_at + HOUR + spreads[0] // 2, "PickedUp")
    for span, spread in zip(_HUBS, spreads[1:], strict=True):
        yield Scan(package.confirmed_at + span + spread, "AtHub")


_FACTS = f"""select at, kind, body from facts where order_number = ? and kind in ({", ".join("?" * len(_ENDS))})
    order by seq"""


def _on_record(world: World, order: Order, package: Package) -> Iterator[Scan]:
    for at, kind, body in world.rows(_FACTS, (order.number, *_ENDS)):
        fact: Fact = decoded(kind, body)
        if fact.package == package.package:  # type: ignore[attr-defined]  # each of these kinds has one
            yield Scan(at, _ENDS[kind])
