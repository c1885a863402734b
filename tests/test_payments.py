"""Payments: what a buyer is charged for a package, and what the platform keeps of it (chapters 5 and 8)."""

from pathlib import Path

import pytest

from sandbox.central import ledger, orders
from sandbox.central.days import DAY
from sandbox.central.payments import fee_minor, fee_returned_minor, left_minor
from sandbox.central.policy import Policy, with_changes
from sandbox.central.records import Entry
from sandbox.central.world import World
from tests import shop, till
from tests.till import KETTLE, MAKER, SHIPPING


def posted(world: World, order_id: str) -> list[tuple[str, str, str, int]]:
    entries = ledger.entries_of_order(world, world.order(order_id).number)
    return [(entry.kind, entry.source, entry.target, entry.amount_minor) for entry in entries]


def priced(**changes: object) -> Policy:
    return with_changes(Policy(), changes)


# -- what the buyer is charged


def test_nothing_is_paid_until_a_shipment_is_confirmed(quiet: World) -> None:
    assert posted(quiet, shop.place(quiet)) == []


def test_an_order_shipped_whole_is_paid_whole(quiet: World) -> None:
    assert till.ship(quiet, shop.place(quiet, (1, 2), (2, 1))).paid_minor == 2 * KETTLE + MAKER + SHIPPING


def test_a_package_is_paid_by_its_pieces(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3), (2, 1))
    kettle, maker = till.items(quiet, order_id)
    paid = [till.ship(quiet, order_id, items=some).paid_minor for some in ({kettle: 2}, {maker: 1}, {kettle: 1})]
    assert paid == [2 * KETTLE + SHIPPING, MAKER, KETTLE]


def test_the_shipping_is_paid_with_the_first_package_alone(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    (kettle,) = till.items(quiet, order_id)
    paid = [till.ship(quiet, order_id, items={kettle: 1}).paid_minor for _ in range(2)]
    assert paid == [KETTLE + SHIPPING, KETTLE]


def test_the_packages_of_an_order_come_to_what_it_cost(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3), (2, 2))
    kettle, maker = till.items(quiet, order_id)
    for some in ({kettle: 1, maker: 1}, {kettle: 1}, None):
        till.ship(quiet, order_id, items=some)
    order = quiet.order(order_id)
    assert order.paid_minor == order.items_minor + order.shipping_minor


def test_an_order_that_the_seller_cancels_is_never_paid(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    assert (quiet.order(order_id).paid_minor, posted(quiet, order_id)) == (0, [])


def test_an_order_that_is_not_confirmed_in_time_is_never_paid(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * DAY)
    assert (quiet.order(order_id).status, posted(quiet, order_id)) == ("Canceled", [])


def test_the_rest_of_a_partly_shipped_order_is_never_paid(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    till.ship(quiet, order_id, items={till.items(quiet, order_id)[0]: 1})
    shop.wait(quiet, 31 * DAY)
    assert (quiet.order(order_id).status, quiet.order(order_id).paid_minor) == ("Shipped", KETTLE + SHIPPING)


def test_an_order_of_the_sandbox_view_moves_no_money(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    fact = till.ship(quiet, order_id, view="sandbox")
    assert (fact.paid_minor, fact.fee_minor, posted(quiet, order_id)) == (0, 0, [])


def test_a_payment_goes_from_the_buyer_to_the_sales_and_its_fee_from_there(quiet: World) -> None:
    order_id = till.sold(quiet)
    payment = ("OrderPayment", "buyer", "sales", KETTLE + SHIPPING)
    assert posted(quiet, order_id) == [payment, ("Fee", "sales", "fees", 2_904)]


def test_what_a_package_posts_is_dated_by_its_confirmation(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, DAY)
    fact = till.ship(quiet, order_id)
    entries: list[Entry] = [*ledger.entries_of_order(quiet, quiet.order(order_id).number)]
    assert {entry.at for entry in entries} == {fact.at}


# -- the fee


def test_the_fee_is_a_share_and_a_fixed_part(quiet: World) -> None:
    assert till.ship(quiet, shop.place(quiet)).fee_minor == round((KETTLE + SHIPPING) * 0.029) + 300


def test_the_fixed_part_is_kept_once_for_each_order(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    (kettle,) = till.items(quiet, order_id)
    fees = [till.ship(quiet, order_id, items={kettle: 1}).fee_minor for _ in range(2)]
    assert fees == [2_604 + 300, 2_462]


@pytest.mark.parametrize(("paid", "fee"), [(1, 0), (17, 0), (18, 1), (50, 1), (51, 1), (52, 2), (100, 3), (1_000, 29)])
def test_the_share_is_rounded_to_the_nearest_minor_unit(paid: int, fee: int) -> None:
    assert fee_minor(priced(fee_fixed_minor=0), paid, first=True) == fee


@pytest.mark.parametrize(("paid", "fee"), [(1, 1), (49, 25), (50, 25), (51, 26)])
def test_a_half_is_rounded_upwards(paid: int, fee: int) -> None:
    assert fee_minor(priced(fee_percent=50.0, fee_fixed_minor=0), paid, first=True) == fee


@pytest.mark.parametrize("paid", [1, 299, 300, 308])
def test_the_fee_is_never_more_than_the_payment(paid: int) -> None:
    assert fee_minor(Policy(), paid, first=True) == paid


def test_the_fee_leaves_something_as_soon_as_there_is_more() -> None:
    assert fee_minor(Policy(), 310, first=True) == 309


def test_no_fee_is_kept_of_nothing() -> None:
    assert fee_minor(Policy(), 0, first=True) == 0


def test_a_policy_may_keep_nothing(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, fee_percent=0.0, fee_fixed_minor=0)
    order_id = till.sold(world)
    assert posted(world, order_id) == [("OrderPayment", "buyer", "sales", KETTLE + SHIPPING)]


def test_a_large_share_is_exact() -> None:
    assert fee_minor(priced(fee_percent=2.9, fee_fixed_minor=0), 10**15, first=True) == 29 * 10**12


# -- the fee that comes back


def test_the_share_comes_back_with_the_money_and_the_fixed_part_stays(quiet: World) -> None:
    order = quiet.order(till.sold(quiet))
    assert fee_returned_minor(quiet.policy, order, order.paid_minor) == order.fee_minor - 300


def test_half_of_the_money_brings_half_of_the_share_back(quiet: World) -> None:
    order = quiet.order(till.sold(quiet))
    assert fee_returned_minor(quiet.policy, order, 44_900) == 1_302


def test_a_policy_may_return_less_of_the_share(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, fee_returned_percent=80.0)
    order = world.order(till.sold(world))
    assert fee_returned_minor(world.policy, order, order.paid_minor) == 2_083


def test_no_more_of_a_fee_comes_back_than_was_kept_beyond_the_fixed_part(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, fee_returned_percent=300.0)
    order = world.order(till.sold(world))
    assert fee_returned_minor(world.policy, order, order.paid_minor) == order.fee_minor - 300


def test_a_fee_that_took_the_whole_payment_does_not_come_back(tmp_path: Path) -> None:
    world = till.with_policy(tmp_path, fee_fixed_minor=100_000)
    order = world.order(till.sold(world))
    assert (order.fee_minor, fee_returned_minor(world.policy, order, order.paid_minor)) == (order.paid_minor, 0)


def test_what_is_left_is_what_was_paid_and_not_given_back(quiet: World) -> None:
    order_id = till.sold(quiet)
    till.refund(quiet, order_id, shipping_minor=900)
    assert left_minor(quiet.order(order_id)) == KETTLE + SHIPPING - 900
