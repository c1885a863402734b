"""Payments: what is due for an order and what can be given back (chapters 5 and 10). The ledger itself comes later."""

from sandbox.central.guide import rule
from sandbox.central.orders import items_of, packages_of, shipped
from sandbox.central.records import Order, Package
from sandbox.central.world import World


@rule(chapter=5, says="Money is due only for what was confirmed as shipped in time; the rest is never paid.")
def payable_minor(world: World, order: Order) -> int:
    """What the confirmed packages are worth, in minor units; the order's shipping charge comes with the first."""
    if order.quantity_shipped == order.quantity:
        return order.items_minor + order.shipping_minor
    return packages_minor(world, order, packages_of(world, order)) if order.confirmed_at is not None else 0


def packages_minor(world: World, order: Order, packages: list[Package]) -> int:
    """What these packages of an order are worth."""
    gone = shipped(packages)
    pieces = sum(gone[item.line] * item.price_minor for item, _ in items_of(world, order))
    return pieces + order.shipping_minor * any(package.package == 1 for package in packages)


@rule(
    chapter=10,
    says="A buyer can be refunded what was paid for, and no more; what was never confirmed goes back by itself.",
)
def refundable_minor(world: World, order: Order) -> int:
    """What a refund of this order may come to, in minor units."""
    return payable_minor(world, order)
