"""A till to test with: orders sold, refunded and disputed, by commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import chargebacks, claims, messages, orders, refunds, shipments
from sandbox.central.days import DAY
from sandbox.central.facts import ShipmentConfirmed
from sandbox.central.guide import Refused
from sandbox.central.world import World
from tests import shop

KETTLE, MAKER, SHIPPING = 84_900, 129_000, 4_900
"""What the shop's products and its shipping cost."""


def with_policy(folder: Path, **changes: Any) -> World:
    """A quiet shop with some numbers of its policy changed."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in changes.items()]
    return shop.quiet(folder, "\n".join(["[policy.changes]", *lines, ""]))


def items(world: World, order_id: str) -> list[str]:
    """The ids of an order's items."""
    return [item.item_id for item, _ in orders.items_of(world, world.order(order_id))]


def ship(world: World, order_id: str, **what: Any) -> ShipmentConfirmed:
    """Confirm a package."""
    papers = {"carrier": "BlueDart", "tracking": "BD100200300", **what}
    (fact,) = world.do(shipments.confirm_shipment, by="seller", order_id=order_id, **papers)
    assert isinstance(fact, ShipmentConfirmed)
    return fact


def sold(world: World, *pieces: tuple[int, int]) -> str:
    """An order, one kettle if nothing else is said, placed and wholly shipped."""
    order_id = shop.place(world, *pieces)
    ship(world, order_id)
    return order_id


def refund(world: World, order_id: str, reason: str = "CustomerReturn", **what: Any) -> int:
    """Give money back, and return the refund's number."""
    world.do(refunds.refund, by="seller", order_id=order_id, reason=reason, **what)
    return world.clock.refunds


def claim(world: World, order_id: str, amount_minor: int | None = None, reason: str = "NotReceived") -> int:
    """A buyer writes, waits for two days and claims; the claim's number."""
    world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
    shop.wait(world, 2 * DAY)
    world.do(claims.file, by="buyer", order_id=order_id, reason=reason, amount_minor=amount_minor)
    return world.clock.disputes


def charge_back(world: World, order_id: str, amount_minor: int | None = None, reason: str = "WrongItem") -> int:
    """A buyer goes to the bank; the chargeback's number."""
    world.do(chargebacks.file, by="bank", order_id=order_id, reason=reason, amount_minor=amount_minor)
    return world.clock.disputes


def refused(world: World, act: Callable[..., Any], **what: Any) -> Refused:
    """The refusal that an act meets."""
    with pytest.raises(Refused) as error:
        world.do(act, by="seller", **what)
    return error.value
