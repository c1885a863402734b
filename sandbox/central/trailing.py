"""Trailing windows: the shop's days that have ended are added up once, so that a window adds up days and not orders."""

from sandbox.central.days import DAY, start_of_day
from sandbox.central.records import PRODUCTION
from sandbox.central.world import World

_PAID_BETWEEN = """
    select ifnull(sum(paid_minor), 0) from (
        select p.paid_minor from orders indexed by orders_confirmed
            join shipments p on order_number = number and package = 1
            where orders.confirmed_at >= :first and orders.confirmed_at < :end and view = 'production' union all
        select p.paid_minor from shipments p indexed by shipments_later join orders on number = order_number
            where package > 1 and p.confirmed_at >= :first and p.confirmed_at < :end and view = 'production')"""
_CLOSE = f"""
    insert into days select * from (select :first,
        (select count(*) from orders indexed by orders_placed
            where placed_at >= :first and placed_at < :end and view = 'production') placed,
        (select count(*) from orders indexed by orders_confirmed
            where confirmed_at >= :first and confirmed_at < :end and view = 'production') confirmed,
        ({_PAID_BETWEEN}) paid_minor)
    where placed or confirmed or paid_minor"""
_BUSY_FROM = """
    select min(at) from (
        select min(placed_at) at from orders where placed_at >= :first union all
        select min(confirmed_at) from orders indexed by orders_confirmed where confirmed_at >= :first union all
        select min(confirmed_at) from shipments indexed by shipments_later
            where package > 1 and confirmed_at >= :first)"""


def close_days(world: World) -> None:
    """Add up the days that have ended since this was last done. Whoever moves time does it, in that transaction."""
    first, end = world.clock.days_until, start_of_day(world.clock.now)
    while first < end and (day := _busy_day(world, first)) is not None and day < end:
        first = day + DAY
        world.execute(_CLOSE, {"first": day, "end": first})
    world.clock.days_until = max(world.clock.days_until, end)


def _busy_day(world: World, since: int) -> int | None:
    """The first day from one on that has something to add up: time may pass over years in one step."""
    (busy_from,) = world.row(_BUSY_FROM, {"first": since})
    return None if busy_from is None else start_of_day(busy_from)


def orders(world: World, what: str, since: int) -> int:
    """Orders of the production view that were `placed` or `confirmed` after a moment.

    The first day is taken whole, less what came before: most moments asked for are the ends of days.
    """
    first_day, until = start_of_day(since), world.clock.days_until
    if first_day >= until:
        return _counted(world, f"{what}_at > ?", what, since)
    (closed,) = world.row(f"select ifnull(sum({what}), 0) from days where day >= ?", (first_day,))
    before = _counted(world, f"{what}_at >= ? and {what}_at <= ?", what, first_day, since)
    return int(closed - before + _counted(world, f"{what}_at >= ?", what, until))


def _counted(world: World, where: str, what: str, *moments: int) -> int:
    sql = f"select count(*) from orders indexed by orders_{what} where {where} and view = '{PRODUCTION}'"
    (count,) = world.row(sql, moments)
    return int(count)


def paid_minor(world: World, at: int, days: int) -> int:
    """What was paid after the moment so many days before `at` and up to it, in minor units.

    Of the days at the edges only a part may count, so packages are walked: those before the moment in the first day,
    and those of the last one. All days between are added up already.
    """
    first, end = at - days * DAY + 1, at + 1
    first_day, last_day = start_of_day(first), min(start_of_day(end), world.clock.days_until)
    if first_day >= last_day:
        return _paid_between(world, first, end)
    sql = "select ifnull(sum(paid_minor), 0) from days where day >= ? and day < ?"
    (closed,) = world.row(sql, (first_day, last_day))
    return int(closed) - _paid_between(world, first_day, first) + _paid_between(world, last_day, end)


def _paid_between(world: World, first: int, end: int) -> int:
    if first >= end:
        return 0
    (paid,) = world.row(_PAID_BETWEEN, {"first": first, "end": end})
    return int(paid)
