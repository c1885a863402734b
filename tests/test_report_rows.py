"""What reports tell: every line has its entries behind it, and all of them add up to the ledger (chapters 5 and 12)."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.central import orders as rule_orders
from sandbox.central import refunds, shipments
from sandbox.central.days import DAY, MINUTE
from sandbox.central.ledger import entries_between
from sandbox.central.records import Entry
from sandbox.central.reports import orders, performance
from sandbox.central.reports.money import SIGNS, SettlementLine, settlement_lines, sums, transactions
from sandbox.central.reports.scope import Scope, split
from sandbox.central.settlements import open_period, settlements
from sandbox.central.world import World
from tests import money, shop


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop in which money went every way; no test changes it."""
    found = money.moved(tmp_path_factory.mktemp("money"))
    assert found.check() == [] and len(settlements(found).rows) >= 5
    yield found
    found.close()


def whole(world: World) -> Scope:
    return Scope(world.now, 0, world.now + 1)


def all_lines(world: World) -> list[list[SettlementLine]]:
    """The lines of every settlement, the first one first."""
    return [
        list(settlement_lines(world, Scope(world.now, settlement=number + 1)))
        for number in range(len(settlements(world).rows))
    ]


def entries(world: World) -> list[Entry]:
    return [Entry._make(row) for row in world.rows("select * from entries order by entry")]


# -- a settlement


def test_the_lines_of_a_settlement_add_up_to_what_goes_to_the_bank(world: World) -> None:
    for summary, *lines in all_lines(world):
        assert sum(line.amount_minor or 0 for line in lines) == summary.total_minor


def test_the_lines_behind_an_entry_add_up_to_it(world: World) -> None:
    found: dict[int, int] = defaultdict(int)
    for _, *lines in all_lines(world):
        for line in lines:
            if line.order_id:
                found[line.entries[0]] += line.amount_minor or 0
    last = settlements(world).rows[0].last_entry
    of_orders = [
        entry for entry in entries(world) if entry.entry <= last and entry.kind in SIGNS and entry.order_number
    ]
    assert found == {entry.entry: SIGNS[entry.kind] * entry.amount_minor for entry in of_orders}
    kinds = {entry.kind for entry in of_orders}
    assert kinds > {"OrderPayment", "Fee", "Refund", "RefundFee", "Claim", "Appeal", "AppealFee", "Chargeback"}


def test_every_line_with_money_names_entries_of_the_ledger(world: World) -> None:
    known = {entry.entry for entry in entries(world)}
    for _, *lines in all_lines(world):
        for line in lines:
            assert set(line.entries) <= known and (line.entries or not line.amount_minor)


def test_a_settlement_after_weeks_without_sales_names_the_entries_of_what_it_began_with(quiet: World) -> None:
    shop.wait(quiet, 13 * DAY)
    quiet.do(shipments.confirm_shipment, by="seller", order_id=shop.place(quiet), carrier="DTDC")
    shop.wait(quiet, 22 * DAY)
    for _, *lines in all_lines(quiet):
        assert all(line.adjustment_id or line.shipment_id for line in lines if line.amount_minor)


def test_what_one_settlement_leaves_the_next_one_begins_with(world: World) -> None:
    for before, after in pairwise(all_lines(world)):
        lines = {line.description: line for line in after[1:] if not line.order_id}
        assert lines["Balance of the settlement before"].amount_minor == before[0].total_minor
        assert lines["Previous Reserve Amount Balance"].amount_minor == -(before[-1].amount_minor or 0)
        assert before[-1].description == "Current Reserve Amount"


def test_a_transfer_is_a_line_of_the_settlement_in_which_it_left(world: World) -> None:
    for closed, lines in zip(reversed(settlements(world).rows), all_lines(world), strict=True):
        gone = [line.amount_minor or 0 for line in lines if line.description == "Transfer to bank"]
        assert sum(gone) == closed.transferred_minor


def test_only_the_summary_fills_the_first_six_columns_and_it_fills_no_other(world: World) -> None:
    for summary, *lines in all_lines(world):
        assert all(cell not in (None, "") for cell in summary[:6]) and not any(summary[6:])
        assert not any(any(line[1:6]) for line in lines)


def test_a_package_of_two_items_shares_its_shipping_and_its_fee(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2), (2, 1))
    quiet.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC")
    shop.wait(quiet, 15 * DAY)
    _, *lines = all_lines(quiet)[0]
    of_order = [(line.description, line.amount_minor, line.quantity) for line in lines if line.order_id]
    fee = round((2 * 84_900 + 129_000 + 4_900) * 0.029) + 300
    assert of_order[:4] == [
        ("Principal", 169_800, 2),
        ("Shipping", 2_785, None),
        ("Principal", 129_000, 1),
        ("Shipping", 2_115, None),
    ]
    assert [row[0] for row in of_order[4:]] == ["Commission"] * 2 and sum(row[1] or 0 for row in of_order[4:]) == -fee


def test_a_package_is_told_by_what_is_in_it(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item, _ = rule_orders.items_of(quiet, quiet.order(order_id))[0]
    for _ in range(2):
        what = {"order_id": order_id, "carrier": "DTDC", "items": {item.item_id: 1}}
        quiet.do(shipments.confirm_shipment, by="seller", **what)
    shop.wait(quiet, 15 * DAY)
    lines = [line for line in all_lines(quiet)[0] if line.order_id and line.amount_type == "ItemPrice"]
    told = [(line.description, line.amount_minor, line.quantity, line.shipment_id) for line in lines]
    first, second = told[0][3], told[2][3]
    assert told == [("Principal", 84_900, 1, first), ("Shipping", 4_900, None, first), ("Principal", 84_900, 1, second)]
    assert first != second


def test_a_refund_of_the_shipping_alone_gives_no_principal_back(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC")
    quiet.do(refunds.refund, by="seller", order_id=order_id, reason="Other", shipping_minor=4_900)
    shop.wait(quiet, 15 * DAY)
    refunded = [line for line in all_lines(quiet)[0] if line.transaction == "Refund"]
    assert [(line.description, line.amount_minor) for line in refunded] == [("Shipping", -4_900), ("Commission", 142)]
    assert all(line.adjustment_id == str(line.entries[0]) and not line.shipment_id for line in refunded)


def test_a_shop_without_sales_has_a_settlement_of_nothing(quiet: World) -> None:
    shop.wait(quiet, 22 * DAY)
    assert [[line.amount_minor for line in lines[1:]] for lines in all_lines(quiet)] == [[0], [0, 0, 0]]


# -- amounts are split without a rest


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_the_parts_of_an_amount_add_up_to_it(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount and len(parts) == len(weights) and min(parts) >= 0


def test_what_rounding_leaves_goes_to_the_largest_rests() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [5, 3, 3]) == [4, 3, 3]
    assert split(7, [0, 0]) == [7, 0]


# -- transactions and sums


def test_transactions_are_all_entries_of_the_ledger(world: World) -> None:
    found = list(transactions(world, whole(world)))
    assert [row.entry for row in found] == [entry.entry for entry in entries(world)]


def test_what_transactions_give_the_seller_is_what_is_the_sellers_now(world: World) -> None:
    assert sum(row.seller_minor for row in transactions(world, whole(world))) == open_period(world).funds_minor


def test_the_sums_of_a_span_are_those_of_its_transactions(world: World) -> None:
    scope = Scope(world.now, world.now - 20 * DAY, world.now - 3 * DAY)
    *lines, total = sums(world, scope)
    assert total.amount_minor == sum(row.seller_minor for row in transactions(world, scope))
    assert {line.line for line in lines} == {"orders", "refunds", "claims", "chargebacks", "fees", "transferred"}


def test_the_sums_over_a_closed_period_are_the_settlements_own(world: World) -> None:
    last = settlements(world).rows[0]
    found: dict[str, int] = defaultdict(int)
    for line in sums(world, Scope(world.now, last.since, last.closed_at)):
        found[line.line] += line.amount_minor
    told = (last.orders_minor, last.refunds_minor, last.claims_minor, last.chargebacks_minor, last.fees_minor)
    names = ("orders", "refunds", "claims", "chargebacks", "fees")
    assert tuple(found[name] for name in names) == told and found["transferred"] == last.transferred_minor


@pytest.mark.parametrize(("shift", "included"), [(0, True), (1, False), (-1, True)])
def test_a_span_holds_its_first_moment_and_not_its_last(world: World, shift: int, included: bool) -> None:
    some = entries(world)[100]
    first, last = entries_between(world, some.at + shift, some.at + shift + 1_000_000)
    assert (first <= some.entry <= last) == included
    first, last = entries_between(world, some.at - 1_000_000, some.at + shift)
    assert (first <= some.entry <= last) == (shift > 0)


def test_transactions_can_be_those_of_one_order_or_one_kind(world: World) -> None:
    order_id = next(row.order_id for row in transactions(world, whole(world)) if row.kind == "Refund")
    of_order = list(transactions(world, whole(world)._replace(order_id=order_id)))
    assert {row.order_id for row in of_order} == {order_id} and {"Refund", "Fee"} <= {row.kind for row in of_order}
    (fee,) = transactions(world, whole(world)._replace(order_id=order_id, transaction="RefundFee"))
    assert fee.kind == "RefundFee"


# -- orders and feedback


def test_the_order_report_has_a_line_for_each_item_and_its_shipping_adds_up(world: World) -> None:
    found: dict[str, int] = defaultdict(int)
    for line in orders.all_orders(world, whole(world)):
        found[line.order_id] += line.price_minor + line.shipping_minor
    sql = """
        select order_id, items_minor + shipping_minor from orders
        where view = 'production' and authorised_at is not null"""
    assert found == dict(world.rows(sql)) and len(found) > 500


def test_a_pending_order_is_in_no_report(quiet: World) -> None:
    shop.place(quiet, pending=True)
    shop.place(quiet, view="sandbox")
    assert list(orders.all_orders(quiet, whole(quiet))) == []
    assert list(orders.actionable_orders(quiet, whole(quiet))) == []


def test_an_order_that_was_never_authorised_is_in_no_report_when_it_has_ended_either(unpaid: World) -> None:
    order_id = shop.place(unpaid, pending=True)
    shop.wait(unpaid, 30 * DAY)
    assert unpaid.order(order_id).status == "Canceled"
    assert list(orders.all_orders(unpaid, whole(unpaid))) == []


def test_both_order_reports_tell_when_an_order_was_placed_and_when_its_payment_came_through(unpaid: World) -> None:
    order_id, placed_at = shop.place(unpaid, pending=True), unpaid.now
    shop.wait(unpaid, 8 * MINUTE)
    unpaid.do(rule_orders.authorise, by="amazon", order_id=order_id)
    (line,) = orders.all_orders(unpaid, whole(unpaid))
    (actionable,) = orders.actionable_orders(unpaid, whole(unpaid))
    moments = (placed_at, placed_at + 8 * MINUTE)
    assert (line.placed_at, line.paid_at) == (actionable.placed_at, actionable.paid_at) == moments


def test_an_order_authorised_at_once_was_paid_as_it_was_placed(quiet: World) -> None:
    shop.place(quiet)
    (line,) = orders.all_orders(quiet, whole(quiet))
    assert line.paid_at == line.placed_at == quiet.now


def test_what_is_left_of_a_partly_shipped_order_waits_for_dispatch(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3), (2, 1))
    kettle, maker = (item.item_id for item, _ in rule_orders.items_of(quiet, quiet.order(order_id)))
    what = {"order_id": order_id, "carrier": "DTDC", "items": {kettle: 1, maker: 1}}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    (line,) = orders.actionable_orders(quiet, Scope(quiet.now))
    assert (line.item_id, line.quantity, line.quantity_shipped, line.quantity_to_ship) == (kettle, 3, 1, 2)


@pytest.mark.parametrize(("days", "past"), [(0, -1), (1, 0), (3, 2)])
def test_days_past_the_promise_are_days_of_the_shop(quiet: World, days: int, past: int) -> None:
    shop.place(quiet)
    (line,) = orders.actionable_orders(quiet, Scope(quiet.now + days * DAY))
    assert line.days_past == past


def test_the_feedback_report_has_no_good_ratings(world: World) -> None:
    found = list(orders.feedback(world, whole(world)))
    assert {line.rating for line in found} == {1, 3} and len(found) == 2 * money.WEEKS
    assert all(line.rater_email.endswith(".example.invalid") for line in found)


# -- metrics


def test_the_metrics_tell_every_rate_over_every_window(world: World) -> None:
    found = list(performance.metrics(world, Scope(world.now)))
    windows = {metric.name: {other.window_days for other in found if other.name == metric.name} for metric in found}
    for name in ("late-shipment", "cancellation", "order-defect", "refund", "response-time"):
        assert windows[name] >= {7, 30, 90}
    scored = {metric.name for metric in found if metric.scored == "yes"}
    assert scored == {"account-standing", "late-shipment", "cancellation", "order-defect", "response-time"}


def test_a_metric_over_its_own_window_is_the_rate_that_counts(world: World) -> None:
    found = [metric for metric in performance.metrics(world, Scope(world.now)) if metric.name == "cancellation"]
    scored = next(metric for metric in found if metric.scored == "yes")
    beside = next(metric for metric in found if metric.scored == "no" and metric.window_days == scored.window_days)
    assert beside._replace(scored="yes") == scored


def test_answers_are_in_time_late_or_missing(world: World) -> None:
    for metric in performance.metrics(world, Scope(world.now)):
        if metric.name == "response-time":
            assert metric.counted + (metric.answered_late or 0) + (metric.unanswered or 0) == metric.out_of


def test_a_shop_without_orders_has_metrics_without_data(quiet: World) -> None:
    found = list(performance.metrics(quiet, Scope(quiet.now)))
    assert {metric.state for metric in found} == {"good", "no-data"} and {metric.percent for metric in found} == {None}


def test_a_copy_tells_the_same(world: World, tmp_path: Path) -> None:
    world.copy_to(tmp_path / "copy.world")
    twin = World.open(tmp_path / "copy.world")
    assert all_lines(twin) == all_lines(world)
    twin.close()
