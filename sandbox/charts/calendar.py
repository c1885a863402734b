"""The moments that charts of a run show: the ends of its days, and the last of each week for the tables."""

from collections.abc import Iterable

from sandbox.central.days import DAY, SHOP_OFFSET, ends_of_days
from sandbox.central.world import World
from sandbox.charts.words import dated, day_and_month

AT_MOST = 750
"""Of a longer run every so-manieth day is shown: a line has no more points than a screen."""
_TOLD_WITHOUT_YEAR = 330 * DAY


def moments(world: World) -> list[int]:
    """The ends of the shop's days from the account's first one on; the last is now."""
    assert world.account is not None
    return ends_of_days(world.account.opened_at, world.now, AT_MOST)


def day(world: World, at: int) -> str:
    """The shop's day as titles tell it: with its year where a run is so long that there may be two of them."""
    assert world.account is not None
    is_long = world.now - world.account.opened_at > _TOLD_WITHOUT_YEAR
    return dated(at) if is_long else day_and_month(at)


def last_of_weeks(moments: Iterable[int]) -> list[int]:
    """The last moment of each of the shop's weeks, Monday to Sunday."""
    return list({_week(at): at for at in moments}.values())


def _week(at: int) -> int:
    return ((at + SHOP_OFFSET) // DAY + 3) // 7
