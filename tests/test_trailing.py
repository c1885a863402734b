"""Trailing windows: to the millisecond, though the days between their edges are added up (chapters 6, 8 and 9)."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.central.days import DAY, HOUR, start_of_day
from sandbox.central.trailing import orders, paid_minor
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from tests import shop, till

PAID = till.KETTLE + till.SHIPPING


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop that was busy for three weeks and a half day; no test changes it."""
    world = shop.busy(tmp_path_factory.mktemp("lived"))
    shop.wait(world, 21 * DAY + 7 * HOUR)
    yield world
    world.close()


@pytest.mark.parametrize(("waited", "paid"), [(7 * DAY - 1, PAID), (7 * DAY, 0)])
def test_a_payment_leaves_its_window_to_the_millisecond(quiet: World, waited: int, paid: int) -> None:
    till.sold(quiet)
    shop.wait(quiet, waited)
    assert paid_minor(quiet, quiet.now, 7) == paid


def test_a_window_is_whole_days_long_and_not_as_long_as_today_is_old(quiet: World) -> None:
    shop.wait(quiet, 10 * HOUR)
    till.sold(quiet)
    shop.wait(quiet, 6 * DAY + 5 * HOUR)
    assert paid_minor(quiet, quiet.now, 7) == PAID


@pytest.mark.parametrize(("before", "paid"), [(0, PAID), (1, 0)])
def test_a_moment_gone_by_knows_nothing_that_was_paid_later_that_day(quiet: World, before: int, paid: int) -> None:
    shop.wait(quiet, HOUR)
    till.sold(quiet)
    sold_at = quiet.now
    shop.wait(quiet, 3 * DAY)
    assert paid_minor(quiet, sold_at - before, 7) == paid


@pytest.mark.parametrize("days", [0, 1, 7, 30])
def test_what_is_paid_in_this_millisecond_is_in_the_window_of_now(quiet: World, days: int) -> None:
    till.sold(quiet)
    assert paid_minor(quiet, quiet.now, days) == (PAID if days else 0)


def test_days_that_end_in_one_window_are_added_up_each_by_itself(tmp_path: Path) -> None:
    found = []
    for window in (DAY, 9 * DAY):
        with closing(shop.busy(tmp_path, name=f"by-{window // DAY}")) as world:
            Driver(world).advance(world.now + 9 * DAY, window=window)
            found.append(world.rows("select * from days order by day"))
    assert len(found[0]) > 7 and found[0] == found[1]


_PAID = """
    select ifnull(sum(p.paid_minor), 0) from packages p join orders o on o.number = p.order_number
    where p.confirmed_at > ? and p.confirmed_at <= ? and view = 'production'"""


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(back=st.integers(0, 25 * DAY), days=st.integers(1, 30))
def test_every_window_holds_what_a_walk_over_all_packages_finds(lived: World, back: int, days: int) -> None:
    at = lived.now - back
    assert paid_minor(lived, at, days) == lived.row(_PAID, (at - days * DAY, at))[0]


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(day=st.integers(0, 25), days=st.integers(1, 30), aside=st.integers(-2, 2))
def test_windows_that_end_with_a_day_hold_it_whole(lived: World, day: int, days: int, aside: int) -> None:
    at = start_of_day(lived.now) - day * DAY + aside
    assert paid_minor(lived, at, days) == lived.row(_PAID, (at - days * DAY, at))[0]


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(back=st.integers(0, 25 * DAY), what=st.sampled_from(["placed", "confirmed"]))
def test_orders_are_counted_as_a_walk_over_all_of_them_would(lived: World, back: int, what: str) -> None:
    sql = f"select count(*) from orders where {what}_at > ? and view = 'production'"
    assert orders(lived, what, lived.now - back) == lived.row(sql, (lived.now - back,))[0]
