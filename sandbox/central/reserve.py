"""The reserve: what is held back now and behind which orders (chapter 6). Four reasons come with the ledger."""

from typing import NamedTuple

from sandbox.central.days import DAY
from sandbox.central.guide import rule
from sandbox.central.orders import packages_of
from sandbox.central.payments import packages_minor, payable_minor
from sandbox.central.records import PRODUCTION, Order
from sandbox.central.world import World


class Hold(NamedTuple):
    """Money held back for one reason."""

    reason: str
    amount_minor: int
    order_ids: list[str]


@rule(chapter=6, says="On the individual plan the orders confirmed in the last 7 days are held in reserve.")
def individual_plan(world: World) -> Hold | None:
    """That hold as it stands now, or None where the plan or the week asks for none."""
    if world.policy.seller_plan != "individual":
        return None
    since = world.now - world.policy.individual_reserve_days * DAY
    orders = world.orders(_DISPATCHED, (since, since, PRODUCTION))
    if not orders:
        return None
    return Hold("IndividualPlan", sum(_held(world, order, since) for order in orders), [o.order_id for o in orders])


_DISPATCHED = """
    where number in (select number from orders where confirmed_at > ?
        union select order_number from packages where confirmed_at > ? and package > 1)
    and view = ? order by confirmed_at, number"""


def _held(world: World, order: Order, since: int) -> int:
    """What the packages confirmed since then are worth."""
    if order.confirmed_at is not None and order.confirmed_at > since:
        return payable_minor(world, order)
    return packages_minor(world, order, [row for row in packages_of(world, order) if row.confirmed_at > since])
