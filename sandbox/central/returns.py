"""Returns: what a buyer sends back, and that it arrived (chapter 10)."""

from collections.abc import Iterator

from sandbox.central.days import rfc3339
from sandbox.central.facts import Fact, ReturnArrived, ReturnSent
from sandbox.central.guide import Refused, rule
from sandbox.central.orders import in_view
from sandbox.central.records import PRODUCTION, Return
from sandbox.central.shipments import deliveries
from sandbox.central.world import World

REASONS = {
    "Defective": "Defective, damaged or with parts missing",
    "WrongItem": "Another thing came",
    "NotAsDescribed": "Not as described",
    "NoLongerWanted": "Not wanted any more",
}
"""Why something is sent back."""


@rule(chapter=10, says="A buyer sends an order back once it has arrived; the seller then owes the money.")
def send(world: World, at: int, order_id: str, reason: str) -> Iterator[Fact]:
    """The buyer hands the goods to a carrier. Refused with UnknownReason, NotDelivered or AlreadyReturned."""
    order = in_view(world, order_id, PRODUCTION)
    if reason not in REASONS:
        raise Refused("UnknownReason", f"{reason[:60]!r} is no reason to return. There are: {', '.join(REASONS)}.")
    if (earlier := return_of(world, order.number)) is not None:
        when = rfc3339(earlier.sent_at)
        raise Refused("AlreadyReturned", f"Order {order_id} was sent back at {when}; it goes back once.")
    if not deliveries(world, order.number)[0]:
        raise Refused("NotDelivered", f"Nothing of order {order_id} was delivered, so nothing can be sent back.")
    yield ReturnSent(at, order_id, reason)


def arrive(world: World, at: int, order_id: str) -> Iterator[Fact]:
    """What was sent back reaches the seller, once. Refused with NoReturn."""
    found = return_of(world, in_view(world, order_id, PRODUCTION).number)
    if found is None:
        raise Refused("NoReturn", f"Nothing of order {order_id} was sent back.")
    if found.arrived_at is None:
        yield ReturnArrived(at, order_id)


def return_of(world: World, order_number: int) -> Return | None:
    """The return of an order, if there is one."""
    row = world.row("select * from returns where order_number = ?", (order_number,))
    return Return._make(row) if row else None
