"""Trailing windows: the shop's days that have ended are added up once, so that a window adds up days and not orders."""

from sandbox.central.days import DAY, SHOP_OFFSET, start_of_day
from sandbox.central.records import PRODUCTION
from sandbox.central.world import World

_SHOP_DAY = f"({{at}} + {SHOP_OFFSET}) / {DAY} * {DAY} - {SHOP_OFFSET}"
_PAID = """
    select {day}, {paid} from orders indexed by orders_confirmed
        join packages p on order_number = number and package = 1
        where orders.confirmed_at >= :first and orders.confirmed_at < :end and view = 'production' union all
    select {day}, {paid} from packages p indexed by packages_later join orders on number = order_number
        where package > 1 and p.confirmed_at >= :first and p.confirmed_at < :end and view = 'production'"""
_CLOSE = f"""
    insert into days select day, sum(placed), sum(confirmed), sum(paid_minor) from (
        select {_SHOP_DAY.format(at="placed_at")} day, 1 placed, 0 confirmed, 0 paid_minor
            from orders indexed by orders_placed
            where placed_at >= :first and placed_at < :end and view = 'production' union all
        select {_SHOP_DAY.format(at="confirmed_at")}, 0, 1, 0 from orders indexed by orders_confirmed
            where confirmed_at >= :first and confirmed_at < :end and view = 'production' union all
        {_PAID.format(day=_SHOP_DAY.format(at="p.confirmed_at"), paid="0, 0, p.paid_minor")})
    group by day"""
_PAID_BETWEEN = f"select ifnull(sum(paid_minor), 0) from ({_PAID.format(day='0', paid='p.paid_minor paid_minor')})"


def close_days(world: World) -> None:
    """Add up the days that have ended since this was last done. Whoever moves time does it, in that transaction."""
    first, end = world.clock.days_until, start_of_day(world.clock.now)
    if first < end:
        world.execute(_CLOSE, {"first": first, "end": end})
        world.clock.days_until = end


def orders(world: World, what: str, since: int) -> int:
    """Orders of the production view that were `placed` or `confirmed` after a moment."""
    next_day, until = start_of_day(since) + DAY, world.clock.days_until
    if next_day >= until:
        return _counted(world, f"{what}_at > ?", what, since)
    (closed,) = world.row(f"select ifnull(sum({what}), 0) from days where day >= ?", (next_day,))
    first = _counted(world, f"{what}_at > ? and {what}_at < ?", what, since, next_day)
    return int(first + closed + _counted(world, f"{what}_at >= ?", what, until))


def _counted(world: World, where: str, what: str, *moments: int) -> int:
    sql = f"select count(*) from orders indexed by orders_{what} where {where} and view = '{PRODUCTION}'"
    (count,) = world.row(sql, moments)
    return int(count)


def paid_minor(world: World, at: int, days: int) -> int:
    """What was paid after the moment so many days before `at` and up to it, in minor units.

    Of the days at the edges only a part may count, so their packages are walked; those between are added up already.
    """
    first, end = at - days * DAY + 1, at + 1
    next_day, last_day = start_of_day(first - 1) + DAY, min(start_of_day(end), world.clock.days_until)
    if next_day >= last_day:
        return _paid_between(world, first, end)
    sql = "select ifnull(sum(paid_minor), 0) from days where day >= ? and day < ?"
    (closed,) = world.row(sql, (next_day, last_day))
    return _paid_between(world, first, next_day) + int(closed) + _paid_between(world, last_day, end)


def _paid_between(world: World, first: int, end: int) -> int:
    if first >= end:
        return 0
    (paid,) = world.row(_PAID_BETWEEN, {"first": first, "end": end})
    return int(paid)
