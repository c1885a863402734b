"""A busy shop in which money goes every way that it can, by commands and the passing of time."""

from pathlib import Path

from sandbox.central import chargebacks, claims, feedback, messages, orders, refunds
from sandbox.central.days import DAY, HOUR
from sandbox.central.records import Order
from sandbox.central.world import World
from tests import shop

WEEKS = 6


def moved(folder: Path, changes: str = "", name: str = "money") -> World:
    """Six weeks of a busy shop with refunds, claims, appeals, chargebacks and ratings of every kind in each."""
    world = shop.busy(folder, shop.CALM + changes, name)
    shop.wait(world, 8 * DAY)
    for _ in range(WEEKS):
        _give_back(world)
        shop.wait(world, 7 * DAY)
    return world


def untouched(world: World, count: int) -> list[Order]:
    """Shipped orders of a few days ago that nobody has complained about, those of several lines first."""
    where = """
        where view = 'production' and status = 'Shipped' and confirmed_at < ? and reversed_minor = 0
        and refunded_minor = 0 and refunding_minor = 0 and number not in (select order_number from disputes)
        and number not in (select order_number from feedback) order by confirmed_at desc limit ?"""
    return world.orders(where, (world.now - 3 * DAY, count))


def _give_back(world: World) -> None:
    found = [order.order_id for order in untouched(world, 10)]
    whole, partly, ship, claimed, appealed, charged, lapsed, rated, neutral, loved = found
    _appeal(world)
    world.do(refunds.refund, by="seller", order_id=whole, reason="CustomerReturn")
    item, _ = orders.items_of(world, world.order(partly))[0]
    some = {item.item_id: 10_001}
    world.do(refunds.refund, by="seller", order_id=partly, reason="PriceError", items=some, shipping_minor=1_099)
    world.do(refunds.refund, by="seller", order_id=ship, reason="Other", shipping_minor=4_900)
    for order_id in (claimed, appealed, lapsed):
        world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="It does not work.")
    shop.wait(world, 2 * DAY)
    for order_id in (claimed, appealed, lapsed):
        world.do(claims.file, by="buyer", order_id=order_id, reason="DefectiveOrDifferent", amount_minor=33_333)
    world.do(claims.accept, by="seller", claim=world.clock.disputes)
    world.do(chargebacks.file, by="bank", order_id=charged, reason="NotAsDescribed")
    world.do(chargebacks.accept, by="seller", chargeback=world.clock.disputes)
    comment = "=2+2 is what I paid\tfor, and\nnot this."
    for order_id, rating in ((rated, 1), (neutral, 3), (loved, 5)):
        world.do(feedback.leave, by="buyer", order_id=order_id, rating=rating, comment=comment)
    shop.wait(world, 3 * HOUR)


def _appeal(world: World) -> None:
    """One of the two claims that lapsed in the week before."""
    lapsed = "select max(dispute) from disputes where kind = 'claim' and paid_by = 'seller' and outcome <> 'Refunded'"
    (claim,) = world.row(f"{lapsed} and appealed_at is null")
    if claim:
        evidence = [("ReturnInstructions", "Sent.")]
        world.do(claims.appeal, by="seller", claim=claim, text="Its return was offered.", evidence=evidence)
