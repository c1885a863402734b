"""The reserve: what the individual plan holds back, and behind which orders (chapter 6)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.central import orders, shipments
from sandbox.central.days import DAY
from sandbox.central.reserve import reserve
from sandbox.central.world import World
from tests import shop


@pytest.fixture
def professional(tmp_path: Path) -> Iterator[World]:
    """A quiet shop on the professional plan."""
    world = shop.quiet(tmp_path, '[policy.changes]\nseller_plan = "professional"\n')
    yield world
    world.close()


def confirmed(world: World, *pieces: tuple[int, int], view: str = "production") -> str:
    order_id = shop.place(world, *pieces, view=view)
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart", view=view)
    return order_id


Found = list[tuple[str, int, list[str]]]


def held(world: World) -> Found:
    return [
        (hold.reason, hold.amount_minor, [order.order_id for order in hold.orders]) for hold in reserve(world).holds
    ]


def test_the_individual_plan_holds_what_was_confirmed_and_names_the_orders(quiet: World) -> None:
    first = confirmed(quiet)
    shop.wait(quiet, DAY)
    second = confirmed(quiet, (2, 1))
    amount = 84_900 + 4_900 + 129_000 + 4_900
    assert held(quiet) == [("IndividualPlan", amount, [first, second])]


def test_a_shop_that_confirmed_nothing_has_no_reserve(quiet: World) -> None:
    shop.place(quiet)
    assert held(quiet) == []


def test_a_cancelled_order_is_not_held(quiet: World) -> None:
    quiet.do(orders.cancel, by="seller", order_id=shop.place(quiet), reason="NoInventory")
    assert held(quiet) == []


def test_an_order_is_held_until_the_last_millisecond_of_its_7_days(quiet: World) -> None:
    order_id = confirmed(quiet)
    shop.wait(quiet, 7 * DAY - 1)
    assert held(quiet) == [("IndividualPlan", 84_900 + 4_900, [order_id])]


def test_an_order_is_free_7_days_after_it_was_confirmed(quiet: World) -> None:
    confirmed(quiet)
    shop.wait(quiet, 7 * DAY)
    assert held(quiet) == []


def test_only_what_was_confirmed_of_an_order_is_held(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item, _ = orders.items_of(quiet, quiet.order(order_id))[0]
    what = {"order_id": order_id, "carrier": "BlueDart", "items": {item.item_id: 1}}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    assert held(quiet) == [("IndividualPlan", 84_900 + 4_900, [order_id])]


def test_a_second_package_confirmed_within_7_days_is_held_though_the_first_is_free(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item, _ = orders.items_of(quiet, quiet.order(order_id))[0]
    what = {"order_id": order_id, "carrier": "BlueDart", "items": {item.item_id: 1}}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    shop.wait(quiet, 7 * DAY)
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    assert held(quiet) == [("IndividualPlan", 84_900, [order_id])]


def test_orders_of_the_sandbox_view_hold_no_money(quiet: World) -> None:
    confirmed(quiet, view="sandbox")
    assert held(quiet) == []


def test_the_professional_plan_holds_nothing(professional: World) -> None:
    confirmed(professional)
    assert held(professional) == []
