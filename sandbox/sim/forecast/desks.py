"""What the seller's scripts have shown of their luck: the orders that they passed over, the words that they found."""

from sandbox.central.days import DAY, WEEKDAYS, start_of_day, weekday
from sandbox.sim import dispatch_desk, inbox_desk
from sandbox.sim.forecast.present import Present
from sandbox.sim.regard import HELPS

Turn = tuple[int, int]
"""The last day of dispatch and the number of an order, which the desk goes by."""

_OPEN = """
    select number, placed_at, authorised_at, dispatch_by from orders indexed by orders_open
    where is_open and status <> 'Pending' and view = 'production' and placed_at > ?"""
_CONFIRMED = "select dispatch_by, number from orders where confirmed_at = ? and view = 'production'"
_DONE = """
    select message from messages join orders o on o.number = order_number
    where sender = 'buyer' and state <> 'waiting' and placed_at > ?"""


def inbox(present: Present) -> None:
    """Keep how helpful each answer was: buyers remember it."""
    for (message,) in present.world.rows(_DONE, (present.since,)):
        present.keep(("inbox", message), inbox_desk.HANDLING, HELPS)


def dispatch(present: Present) -> None:
    """Keep what made the desk pass an order over at a pick: it does so again."""
    picks: dict[int, Turn | None] = {}
    for number, placed_at, authorised_at, dispatch_by in present.world.rows(_OPEN, (present.since,)):
        for at in _picks(present, placed_at, authorised_at or placed_at):
            if at not in picks:
                picks[at] = _came_to(present, at)
            last = picks[at]
            if last is not None and (dispatch_by, number) <= last:
                present.keep(("dispatch", number), dispatch_desk.SLIPS, dispatch_desk.NO_STOCK)
                break


def _picks(present: Present, placed_at: int, authorised_at: int) -> list[int]:
    """The picks so far for which an order was there in time."""
    desk = present.past.scenario.desks.dispatch
    first = start_of_day(authorised_at)
    days = range(first, present.now + 1, DAY)
    moments = (day + time for day in days if WEEKDAYS[weekday(day)] in desk.working_days for time in desk.picks or [0])
    return [
        at
        for at in moments
        if authorised_at < at <= present.now and placed_at < min(at, start_of_day(at) + desk.cut_off)
    ]


def _came_to(present: Present, at: int) -> Turn | None:
    """How far the desk came at a pick; None where it left no trace, so that nobody was there."""
    confirmed = present.world.rows(_CONFIRMED, (at,))
    if not confirmed:
        return None
    capacity = present.past.scenario.desks.dispatch.capacity
    everything = (2**62, 0)
    return everything if capacity is None or len(confirmed) < capacity else max(confirmed)
