"""Orders: promised, pending, seen, cancelled, never confirmed, noted on (chapters 4, 7 and 9)."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central import orders, shipments
from sandbox.central.days import DAY, HOUR, MINUTE, parse_moment
from sandbox.central.facts import RestCancelled, decoded
from sandbox.central.guide import RULES, Refused
from sandbox.central.ids import BY_HAND
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
from tests import shop


@pytest.fixture
def today(tmp_path: Path) -> Iterator[World]:
    """A quiet shop under the marketplace's numbers of today."""
    world = shop.quiet(tmp_path, '[policy]\npack = "marketplace-today"\n')
    yield world
    world.close()


def cancel(world: World, order_id: str, reason: str = "NoInventory", view: str = "production") -> None:
    world.do(orders.cancel, by="seller", order_id=order_id, reason=reason, view=view)


def ship(world: World, order_id: str, items: dict[str, int] | None = None) -> None:
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart", items=items)


def first_item(world: World, order_id: str) -> str:
    return orders.items_of(world, world.order(order_id))[0][0].item_id


def partly_shipped(world: World) -> str:
    """An order of two kettles and a coffee maker of which one kettle is confirmed."""
    order_id = shop.place(world, (1, 2), (2, 1))
    ship(world, order_id, {first_item(world, order_id): 1})
    return order_id


def set_to(world: World, moment: str) -> None:
    Driver(world).advance(parse_moment(moment))


# -- placed


@pytest.mark.parametrize(
    ("placed", "dispatch_by"),
    [
        ("2026-03-02T10:00:00", "2026-03-03T23:59:59.999"),
        ("2026-03-03T00:00:00", "2026-03-04T23:59:59.999"),
        ("2026-03-03T23:59:59.999", "2026-03-04T23:59:59.999"),
        ("2026-03-06T12:00:00", "2026-03-07T23:59:59.999"),
        ("2026-03-07T12:00:00", "2026-03-09T23:59:59.999"),
        ("2026-03-08T12:00:00", "2026-03-09T23:59:59.999"),
    ],
    ids=["monday", "midnight", "last-millisecond", "friday", "saturday", "sunday"],
)
def test_an_order_is_to_be_confirmed_by_the_end_of_the_next_working_day(
    quiet: World, placed: str, dispatch_by: str
) -> None:
    set_to(quiet, placed)
    order = quiet.order(shop.place(quiet))
    assert order.dispatch_by == parse_moment(dispatch_by)


def test_the_guides_order_of_3_november_is_dispatched_on_the_4th_and_arrives_from_the_9th_to_the_27th(
    tmp_path: Path,
) -> None:
    text = shop.QUIET.replace("2026-03-02T10:00:00", "2015-11-03T17:30:42")
    with closing(worlds.make(tmp_path / "guide.world", parse(text, "guide.toml"))) as world:
        order = world.order(shop.place(world))
    promised = (order.dispatch_by, order.deliver_from, order.deliver_by)
    assert promised == (
        parse_moment("2015-11-04T23:59:59.999"),
        parse_moment("2015-11-09"),
        parse_moment("2015-11-27T23:59:59.999"),
    )


def test_an_order_is_to_be_confirmed_within_30_days_of_its_own_moment(quiet: World) -> None:
    order = quiet.order(shop.place(quiet))
    assert order.auto_cancel_at == order.placed_at + 30 * DAY


def test_an_order_adds_up_its_pieces_and_keeps_the_shipping_charge_apart(quiet: World) -> None:
    order = quiet.order(shop.place(quiet, (1, 2), (2, 1)))
    assert (order.quantity, order.items_minor, order.shipping_minor) == (3, 2 * 84_900 + 129_000, 4_900)


def test_an_order_id_looks_like_those_of_the_guide(quiet: World) -> None:
    assert re.fullmatch(r"402-\d{7}-\d{7}", shop.place(quiet))


def test_an_order_placed_by_hand_is_counted_apart_from_the_simulators(quiet: World) -> None:
    numbers = [quiet.order(shop.place(quiet)).number for _ in range(2)]
    assert numbers == [BY_HAND + 1, BY_HAND + 2]


@pytest.mark.parametrize(
    "order_id", ["", "402-1", "402-1234567-1234567", "403-9025692-5713153", "x" * 99, "402-123456\u0967-12"]
)
def test_an_order_that_was_never_placed_is_unknown(quiet: World, order_id: str) -> None:
    with pytest.raises(Refused) as refused:
        quiet.order(order_id)
    assert refused.value.code == "UnknownOrder" and order_id[:40] in refused.value.sentence


def test_the_id_of_an_order_not_placed_yet_is_unknown(quiet: World) -> None:
    with pytest.raises(Refused, match=r"There is no order '402-") as refused:
        quiet.order(quiet.ids.order_id(BY_HAND + 1))
    assert refused.value.code == "UnknownOrder"


# -- pending


def test_an_order_is_pending_until_its_payment_is_authorised(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    before = quiet.order(order_id).status
    quiet.do(orders.authorise, by="amazon", order_id=order_id)
    assert (before, quiet.order(order_id).status) == ("Pending", "Unshipped")


def test_authorising_twice_says_nothing_new(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    quiet.do(orders.authorise, by="amazon", order_id=order_id)
    assert quiet.do(orders.authorise, by="amazon", order_id=order_id) == []


def test_an_order_that_ended_before_its_payment_came_stays_ended(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    quiet.do(orders.cancel_by_buyer, by="buyer", order_id=order_id)
    quiet.do(orders.authorise, by="amazon", order_id=order_id)
    assert quiet.order(order_id).status == "Canceled"


# -- seen from a view


def test_an_order_of_the_sandbox_view_is_not_fulfilled_from_the_production_view(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    with pytest.raises(Refused) as refused:
        cancel(quiet, order_id)
    assert refused.value.code == "WrongView" and "Switch to sandbox" in refused.value.sentence


def test_an_order_of_the_production_view_is_not_seen_from_the_sandbox_view(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        orders.details(quiet, order_id, view="sandbox")
    assert refused.value.code == "WrongView" and "Switch to production" in refused.value.sentence


def test_an_order_of_the_sandbox_view_is_cancelled_from_the_sandbox_view(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    cancel(quiet, order_id, view="sandbox")
    assert quiet.order(order_id).status == "Canceled"


def test_there_are_two_views_and_no_other(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        shop.place(quiet, view="Production")
    assert refused.value.code == "UnknownView" and "There are: production, sandbox." in refused.value.sentence


def test_an_order_is_shown_with_its_buyer_address_lines_and_packages(quiet: World) -> None:
    order_id = partly_shipped(quiet)
    seen = orders.details(quiet, order_id)
    shown = (seen.buyer.buyer, seen.ship_to.address, [product.sku for _, product in seen.items], len(seen.packages))
    assert shown == (1, 1, ["KK-001", "KK-014"], 1)


# -- cancelled by the seller


DOCUMENTED = {
    "NoInventory",
    "BuyerCanceled",
    "GeneralAdjustment",
    "PricingError",
    "ShippingAddressUndeliverable",
    "CustomerExchange",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "CustomerReturn",
    "MerchandiseNotReceived",
}


def test_the_reasons_for_cancelling_are_those_documented() -> None:
    assert set(orders.CANCEL_REASONS) == DOCUMENTED


@pytest.mark.parametrize("reason", sorted(DOCUMENTED))
def test_a_seller_cancels_with_any_documented_reason(quiet: World, reason: str) -> None:
    order_id = shop.place(quiet)
    cancel(quiet, order_id, reason)
    order = quiet.order(order_id)
    assert (order.status, order.cancelled_by, order.cancel_reason) == ("Canceled", "seller", reason)


@pytest.mark.parametrize("reason", ["", "noinventory", "No inventory", "NotConfirmedInTime", "x' or 1=1"])
def test_another_reason_for_cancelling_is_refused(quiet: World, reason: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        cancel(quiet, order_id, reason)
    assert refused.value.code == "UnknownReason" and "There are: NoInventory, " in refused.value.sentence


def test_a_cancelled_order_is_cancelled_with_all_its_pieces(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2), (2, 1))
    cancel(quiet, order_id)
    order = quiet.order(order_id)
    assert (order.quantity_cancelled, order.quantity_shipped, order.is_open) == (3, 0, 0)


def test_a_pending_order_can_be_cancelled(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    cancel(quiet, order_id)
    assert quiet.order(order_id).status == "Canceled"


def test_a_cancelled_order_stays_cancelled(quiet: World) -> None:
    order_id = shop.place(quiet)
    cancel(quiet, order_id)
    with pytest.raises(Refused) as refused:
        cancel(quiet, order_id)
    assert refused.value.code == "OrderNotOpen" and "cancelled at 2026-03-02T04:30:00.000Z" in refused.value.sentence


def test_a_shipped_order_is_refunded_instead_of_cancelled(quiet: World) -> None:
    order_id = shop.place(quiet)
    ship(quiet, order_id)
    with pytest.raises(Refused) as refused:
        cancel(quiet, order_id)
    assert refused.value.code == "AlreadyShipped" and "Refund it instead" in refused.value.sentence


def test_a_partly_shipped_order_cannot_be_cancelled(quiet: World) -> None:
    order_id = partly_shipped(quiet)
    with pytest.raises(Refused) as refused:
        cancel(quiet, order_id)
    assert refused.value.code == "AlreadyShipped" and "is PartiallyShipped" in refused.value.sentence


def test_an_order_the_seller_cancelled_is_not_cancelled_again_after_30_days(quiet: World) -> None:
    order_id = shop.place(quiet)
    cancel(quiet, order_id)
    shop.wait(quiet, 31 * DAY)
    assert len(quiet.facts(kinds=("OrderCancelled",))) == 1


# -- cancelled by the buyer


@pytest.mark.parametrize("waited", [0, 30 * MINUTE - 1, 30 * MINUTE])
def test_a_buyer_can_cancel_for_30_minutes(quiet: World, waited: int) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, waited)
    quiet.do(orders.cancel_by_buyer, by="buyer", order_id=order_id)
    order = quiet.order(order_id)
    assert (order.status, order.cancelled_by, order.cancel_reason) == ("Canceled", "buyer", "BuyerCanceled")


def test_after_30_minutes_only_the_seller_can_cancel(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * MINUTE + 1)
    with pytest.raises(Refused) as refused:
        quiet.do(orders.cancel_by_buyer, by="buyer", order_id=order_id)
    assert refused.value.code == "TooLateForBuyer" and "30 minutes" in refused.value.sentence


def test_a_buyer_cannot_cancel_what_was_shipped_within_the_30_minutes(quiet: World) -> None:
    order_id = shop.place(quiet)
    ship(quiet, order_id)
    with pytest.raises(Refused) as refused:
        quiet.do(orders.cancel_by_buyer, by="buyer", order_id=order_id)
    assert refused.value.code == "AlreadyShipped"


@pytest.mark.parametrize("waited", [0, 1, MINUTE])
def test_today_a_buyer_cannot_cancel_without_asking_not_even_in_the_same_millisecond(today: World, waited: int) -> None:
    order_id = shop.place(today)
    shop.wait(today, waited)
    with pytest.raises(Refused) as refused:
        today.do(orders.cancel_by_buyer, by="buyer", order_id=order_id)
    assert refused.value.code == "TooLateForBuyer" and "no time here" in refused.value.sentence


def test_how_long_a_buyer_can_cancel_is_the_policys(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path, "[policy.changes]\nbuyer_self_cancel_within_minutes = 5\n")) as world:
        order_id = shop.place(world)
        shop.wait(world, 5 * MINUTE + 1)
        with pytest.raises(Refused) as refused:
            world.do(orders.cancel_by_buyer, by="buyer", order_id=order_id)
    assert refused.value.code == "TooLateForBuyer" and "for 5 minutes" in refused.value.sentence


# -- never confirmed


@pytest.mark.parametrize("pending", [False, True])
def test_an_order_is_open_until_the_last_millisecond_of_its_30_days(quiet: World, pending: bool) -> None:
    order_id = shop.place(quiet, pending=pending)
    shop.wait(quiet, 30 * DAY - 1)
    assert quiet.order(order_id).is_open


@pytest.mark.parametrize("pending", [False, True])
def test_an_order_not_confirmed_within_30_days_is_cancelled(quiet: World, pending: bool) -> None:
    order_id = shop.place(quiet, pending=pending)
    shop.wait(quiet, 30 * DAY)
    order = quiet.order(order_id)
    ended = (order.status, order.cancelled_by, order.cancel_reason, order.cancelled_at)
    assert ended == ("Canceled", "amazon", "NotConfirmedInTime", order.placed_at + 30 * DAY)


def test_an_order_of_the_sandbox_view_is_cancelled_after_30_days_too(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    shop.wait(quiet, 30 * DAY)
    assert quiet.order(order_id).status == "Canceled"


@pytest.mark.parametrize("steps", [(31 * DAY,), (30 * DAY - 1, DAY), (30 * DAY, DAY), (7 * DAY,) * 5])
def test_an_order_is_cancelled_at_its_own_moment_however_time_is_moved(quiet: World, steps: tuple[int, ...]) -> None:
    order = quiet.order(shop.place(quiet))
    for span in steps:
        shop.wait(quiet, span)
    assert quiet.order(order.order_id).cancelled_at == order.placed_at + 30 * DAY


def test_an_order_confirmed_in_the_last_millisecond_is_not_cancelled(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * DAY - 1)
    ship(quiet, order_id)
    shop.wait(quiet, 2 * DAY)
    assert quiet.order(order_id).status == "Shipped"


def test_an_order_cannot_be_confirmed_in_the_millisecond_in_which_its_30_days_are_over(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * DAY)
    with pytest.raises(Refused) as refused:
        ship(quiet, order_id)
    assert refused.value.code == "OrderNotOpen" and "cancelled at 2026-04-01T04:30:00.000Z" in refused.value.sentence


@pytest.mark.parametrize(("hours", "status"), [(7, "Canceled"), (8, "Shipped")])
def test_a_deadline_comes_before_what_a_desk_does_in_the_same_millisecond(
    tmp_path: Path, hours: int, status: str
) -> None:
    picked_at_five = 'dispatch]\npicks = ["17:00"]\nslip_share = 0\n[desks.stock]\nno_stock_share = 0\n'
    text = shop.QUIET.replace('dispatch]\nplayed_by = "person"\n', picked_at_five)
    text += f"[policy.changes]\nauto_cancel_after_hours = {hours}\n"
    with closing(worlds.make(tmp_path / "picked.world", parse(text, "picked.toml"))) as world:
        order_id = shop.place(world)
        shop.wait(world, 7 * HOUR)
        assert world.order(order_id).status == status


def test_the_deadline_of_an_order_does_nothing_before_its_moment(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * DAY - 1)
    assert quiet.do(orders.auto_cancel, by="amazon", order_id=order_id) == []


def test_a_partly_shipped_order_is_open_until_the_last_millisecond_of_its_30_days(quiet: World) -> None:
    order_id = partly_shipped(quiet)
    shop.wait(quiet, 30 * DAY - 1)
    assert quiet.order(order_id).status == "PartiallyShipped"


def test_what_a_partly_shipped_order_lacks_after_30_days_is_cancelled_and_the_rest_stays_shipped(quiet: World) -> None:
    order_id = partly_shipped(quiet)
    shop.wait(quiet, 30 * DAY)
    order = quiet.order(order_id)
    assert (order.status, order.is_open, order.quantity_shipped, order.quantity_cancelled) == ("Shipped", 0, 1, 2)


def test_the_record_tells_which_pieces_were_cancelled_after_30_days(quiet: World) -> None:
    order_id = partly_shipped(quiet)
    shop.wait(quiet, 30 * DAY)
    (row,) = quiet.facts(kinds=("RestCancelled",))
    told = RestCancelled(quiet.now, order_id, "NotConfirmedInTime", {1: 1, 2: 1})
    assert decoded(row.kind, row.body) == told


def test_the_rest_of_an_order_is_cancelled_by_the_platform_because_the_order_was_placed(quiet: World) -> None:
    order_id = partly_shipped(quiet)
    shop.wait(quiet, 30 * DAY)
    (row,) = quiet.facts(kinds=("RestCancelled",))
    assert (row.by, row.rule, row.because) == ("amazon", "orders.auto_cancel", quiet.order(order_id).placed_fact)


def test_an_order_is_cancelled_by_the_platform_because_it_was_placed(quiet: World) -> None:
    order = quiet.order(shop.place(quiet))
    shop.wait(quiet, 30 * DAY)
    (row,) = quiet.facts(kinds=("OrderCancelled",))
    assert (row.by, row.rule, row.because) == ("amazon", "orders.auto_cancel", order.placed_fact)


def test_of_two_orders_due_in_the_same_millisecond_the_older_one_is_cancelled_first(quiet: World) -> None:
    placed = [shop.place(quiet) for _ in range(3)]
    shop.wait(quiet, 30 * DAY)
    ended = [row.order_number for row in quiet.facts(kinds=("OrderCancelled",))]
    assert ended == [quiet.order(order_id).number for order_id in placed]


# -- the marketplace's numbers of today


def test_today_an_order_is_open_until_24_hours_after_its_dispatch_date(today: World) -> None:
    order = today.order(shop.place(today))
    Driver(today).advance(order.dispatch_by + 24 * HOUR - 1)
    assert today.order(order.order_id).status == "Unshipped"


def test_today_an_order_is_cancelled_24_hours_after_its_dispatch_date(today: World) -> None:
    order = today.order(shop.place(today))
    Driver(today).advance(order.dispatch_by + 24 * HOUR)
    assert today.order(order.order_id).cancelled_at == parse_moment("2026-03-04T23:59:59.999")


def test_today_the_rest_of_a_partly_shipped_order_is_cancelled_24_hours_after_its_dispatch_date(today: World) -> None:
    order = today.order(partly_shipped(today))
    Driver(today).advance(order.dispatch_by + 24 * HOUR)
    assert today.order(order.order_id).quantity_cancelled == 2


# -- noted on


def write_memo(world: World, order_id: str, memo: str) -> list[object]:
    return [*world.do(orders.write_memo, by="seller", order_id=order_id, memo=memo)]


def test_a_seller_notes_something_on_an_order(quiet: World) -> None:
    order_id = shop.place(quiet)
    write_memo(quiet, order_id, "Gift, leave the bill out. ☎ twice")
    assert quiet.order(order_id).memo == "Gift, leave the bill out. ☎ twice"


def test_an_empty_memo_takes_the_memo_away(quiet: World) -> None:
    order_id = shop.place(quiet)
    write_memo(quiet, order_id, "Gift")
    write_memo(quiet, order_id, "")
    assert quiet.order(order_id).memo == ""


def test_the_same_memo_again_is_nothing_new(quiet: World) -> None:
    order_id = shop.place(quiet)
    write_memo(quiet, order_id, "Gift")
    assert write_memo(quiet, order_id, "Gift") == []


def test_a_memo_may_have_500_characters(quiet: World) -> None:
    order_id = shop.place(quiet)
    write_memo(quiet, order_id, "ग" * 500)
    assert len(quiet.order(order_id).memo) == 500


def test_a_memo_of_501_characters_is_refused(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        write_memo(quiet, order_id, "x" * 501)
    assert refused.value.code == "MemoTooLong" and "501 characters; it may have 500" in refused.value.sentence


def test_a_memo_is_written_from_the_orders_own_view(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    with pytest.raises(Refused) as refused:
        write_memo(quiet, order_id, "Try out")
    assert refused.value.code == "WrongView"


def test_a_memo_on_a_cancelled_order_is_kept(quiet: World) -> None:
    order_id = shop.place(quiet)
    cancel(quiet, order_id)
    write_memo(quiet, order_id, "Buyer rang")
    assert quiet.order(order_id).memo == "Buyer rang"


# -- the packing slip


def test_the_packing_slip_carries_the_order_id_the_shop_and_the_orders_own_address(quiet: World) -> None:
    order_id = shop.place(quiet)
    slip = shipments.packing_slip(quiet, order_id)
    seen = orders.details(quiet, order_id)
    assert (slip.shop, slip.details.order.order_id, slip.details.ship_to) == ("Kettle and Kin", order_id, seen.ship_to)


def test_a_shipped_order_has_a_packing_slip_still(quiet: World) -> None:
    order_id = shop.place(quiet)
    ship(quiet, order_id)
    assert shipments.packing_slip(quiet, order_id).details.order.status == "Shipped"


def test_a_pending_order_has_no_packing_slip(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    with pytest.raises(Refused) as refused:
        shipments.packing_slip(quiet, order_id)
    assert refused.value.code == "NothingToPack" and "is Pending" in refused.value.sentence


def test_a_cancelled_order_has_no_packing_slip(quiet: World) -> None:
    order_id = shop.place(quiet)
    cancel(quiet, order_id)
    with pytest.raises(Refused) as refused:
        shipments.packing_slip(quiet, order_id)
    assert refused.value.code == "NothingToPack" and "is Canceled" in refused.value.sentence


# -- which rule said no


def test_a_refusal_names_the_rule_that_was_tried(quiet: World) -> None:
    order_id = shop.place(quiet)
    ship(quiet, order_id)
    with pytest.raises(Refused) as refused:
        cancel(quiet, order_id)
    assert refused.value.rule == RULES["orders.cancel"]


def test_a_refusal_for_the_wrong_view_quotes_the_chapter_on_views(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    with pytest.raises(Refused) as refused:
        cancel(quiet, order_id)
    assert refused.value.rule and refused.value.rule.chapter == 4
