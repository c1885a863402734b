"""Deadlines of open orders, which stand in the orders' own rows and not on the agenda (chapter 4)."""

from sandbox.central.records import AgendaRow
from sandbox.central.world import World

_DEADLINES = """
    select auto_cancel_at, placed_fact, order_id from orders indexed by orders_open
    where is_open and auto_cancel_at <= ? order by auto_cancel_at, placed_fact"""


def due(world: World, until: int) -> list[AgendaRow]:
    """The deadlines of open orders up to then. Every order has one and hardly any is missed, so they stand in the
    orders' own rows and cost nothing once met, where rows of the agenda would be written, read and found idle."""
    return [row_of(*row) for row in world.rows(_DEADLINES, (until,))]


def row_of(at: int, placed_fact: int, order_id: str) -> AgendaRow:
    """An order's deadline, as a row of the agenda would say it."""
    return at, placed_fact, "orders.auto_cancel", order_id, placed_fact
