"""The reserve: what is held back now and behind which orders (chapter 6). Four reasons come with the ledger."""

from typing import NamedTuple

from sandbox.central.days import DAY
from sandbox.central.guide import rule
from sandbox.central.payments import payable_minor
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
    sql = "select * from orders where confirmed_at > ? and view = ? order by confirmed_at, number"
    orders = [Order._make(row) for row in world.execute(sql, (since, PRODUCTION))]
    if not orders:
        return None
    return Hold("IndividualPlan", sum(payable_minor(world, order) for order in orders), [o.order_id for o in orders])
