"""Shipments: confirmed whole or in part, on time or late, to the order's address or another (chapters 5, 7 and 8)."""

import pytest
from msgspec.json import decode
from msgspec.structs import replace

from sandbox.central import orders, shipments
from sandbox.central.days import DAY, end_of_day, rfc3339, start_of_day
from sandbox.central.facts import Address, Fact, ShipmentConfirmed
from sandbox.central.guide import Refused
from sandbox.central.payments import left_minor
from sandbox.central.records import Arrival, Package, Shipment
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from tests import shop


def confirm(world: World, order_id: str, **what: object) -> ShipmentConfirmed:
    papers = {"carrier": "BlueDart", "tracking": "BD100200300", **what}
    (fact,) = world.do(shipments.confirm_shipment, by="seller", order_id=order_id, **papers)
    assert isinstance(fact, ShipmentConfirmed)
    return fact


def items(world: World, order_id: str) -> list[str]:
    return [item.item_id for item, _ in orders.items_of(world, world.order(order_id))]


def package(world: World, order_id: str) -> Package:
    return orders.packages_of(world, world.order(order_id))[-1]


def payable(world: World, order_id: str) -> int:
    return world.order(order_id).paid_minor


# -- whole and in part


def test_an_order_is_shipped_once_its_shipment_is_confirmed(quiet: World) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id)
    assert quiet.order(order_id).status == "Shipped"


def test_without_items_a_package_holds_all_that_is_left(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2), (2, 1))
    assert confirm(quiet, order_id).contents == {1: 2, 2: 1}


def test_an_order_is_partly_shipped_while_a_piece_is_left(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2), (2, 1))
    kettle, maker = items(quiet, order_id)
    confirm(quiet, order_id, items={kettle: 1, maker: 1})
    assert (quiet.order(order_id).status, quiet.order(order_id).quantity_shipped) == ("PartiallyShipped", 2)


def test_what_is_left_to_ship_is_told_line_by_line(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3), (2, 1))
    kettle, maker = items(quiet, order_id)
    confirm(quiet, order_id, items={kettle: 2, maker: 1})
    assert orders.left_to_ship(quiet, quiet.order(order_id)) == {1: 1}


def test_a_second_package_takes_the_rest(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3), (2, 1))
    confirm(quiet, order_id, items={items(quiet, order_id)[0]: 2})
    second = confirm(quiet, order_id)
    assert (second.package, second.contents, quiet.order(order_id).status) == (2, {1: 1, 2: 1}, "Shipped")


def test_packages_are_numbered_in_the_order_of_their_confirmation(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3))
    (kettle,) = items(quiet, order_id)
    assert [confirm(quiet, order_id, items={kettle: 1}).package for _ in range(3)] == [1, 2, 3]


def test_packages_are_kept_with_carrier_method_tracking_and_contents(quiet: World) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id, carrier="DTDC", tracking="D4477", method="Surface")
    kept = package(quiet, order_id)
    assert (kept.carrier, kept.tracking, kept.method, decode(kept.contents)) == ("DTDC", "D4477", "Surface", {"1": 1})


def test_an_order_with_two_packages_keeps_the_moment_of_its_first(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    first = confirm(quiet, order_id, items={items(quiet, order_id)[0]: 1})
    shop.wait(quiet, DAY)
    confirm(quiet, order_id)
    assert quiet.order(order_id).confirmed_at == first.at


# -- no more than was ordered


@pytest.mark.parametrize("quantity", [-1, 0, 3, 10**20])
def test_nothing_is_shipped_beyond_what_was_ordered(quiet: World, quantity: int) -> None:
    order_id = shop.place(quiet, (1, 2))
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, items={items(quiet, order_id)[0]: quantity})
    assert refused.value.code == "NotThatMany" and "2 left to ship" in refused.value.sentence


@pytest.mark.parametrize("quantity", [-1, 0])
def test_a_package_holds_one_piece_at_least(quiet: World, quantity: int) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused, match="it holds one piece at least"):
        confirm(quiet, order_id, items={items(quiet, order_id)[0]: quantity})


def test_nothing_is_shipped_beyond_what_earlier_packages_left(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3))
    (kettle,) = items(quiet, order_id)
    confirm(quiet, order_id, items={kettle: 2})
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, items={kettle: 2})
    assert refused.value.code == "NotThatMany" and "1 left to ship" in refused.value.sentence


def test_a_line_wholly_shipped_is_not_shipped_again(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 1), (2, 1))
    kettle, _ = items(quiet, order_id)
    confirm(quiet, order_id, items={kettle: 1})
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, items={kettle: 1})
    assert refused.value.code == "NotThatMany" and "0 left to ship" in refused.value.sentence


def test_a_package_with_one_wrong_line_ships_nothing(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 1), (2, 1))
    kettle, maker = items(quiet, order_id)
    with pytest.raises(Refused):
        confirm(quiet, order_id, items={kettle: 1, maker: 2})
    assert quiet.order(order_id).quantity_shipped == 0


def test_an_item_of_another_order_is_unknown(quiet: World) -> None:
    order_id, other = shop.place(quiet), shop.place(quiet)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, items={items(quiet, other)[0]: 1})
    assert refused.value.code == "UnknownItem" and items(quiet, order_id)[0] in refused.value.sentence


def test_a_package_holds_at_least_one_piece(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, items={})
    assert refused.value.code == "EmptyPackage" and "Leave the items out" in refused.value.sentence


def test_nothing_ships_twice(quiet: World) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id)
    sentence = "was confirmed at 2026-03-02T04:30:00.000Z; nothing is left to ship"
    assert refused.value.code == "AlreadyShipped" and sentence in refused.value.sentence


def test_a_cancelled_order_is_not_shipped(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id)
    assert refused.value.code == "OrderNotOpen" and "was cancelled at 2026-03-02" in refused.value.sentence


def test_a_pending_order_is_not_shipped(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id)
    assert refused.value.code == "OrderPending" and "Do not ship it" in refused.value.sentence


def test_a_pending_order_is_shipped_once_its_payment_is_authorised(quiet: World) -> None:
    order_id = shop.place(quiet, pending=True)
    quiet.do(orders.authorise, by="amazon", order_id=order_id)
    confirm(quiet, order_id)
    assert quiet.order(order_id).status == "Shipped"


def test_what_was_cancelled_after_30_days_is_not_shipped_any_more(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    confirm(quiet, order_id, items={items(quiet, order_id)[0]: 1})
    shop.wait(quiet, 30 * DAY)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id)
    assert refused.value.code == "AlreadyShipped" and "nothing is left to ship" in refused.value.sentence


def test_an_order_of_the_sandbox_view_is_not_shipped_from_the_production_view(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id)
    assert refused.value.code == "WrongView"


# -- the papers


@pytest.mark.parametrize("carrier", [*shipments.CARRIERS, "Ekart", "श्री कूरियर", "x" * 60])
def test_a_carrier_is_taken_by_its_name(quiet: World, carrier: str) -> None:
    order_id = shop.place(quiet)
    assert confirm(quiet, order_id, carrier=carrier).carrier == carrier


@pytest.mark.parametrize("carrier", ["", "   ", "x" * 61, "Blue\nDart", "Blue\x00Dart", "Blue\x7fDart", "\ud800"])
def test_a_carrier_without_a_name_is_refused(quiet: World, carrier: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, carrier=carrier)
    assert refused.value.code == "InvalidCarrier" and "such as BlueDart" in refused.value.sentence


@pytest.mark.parametrize("tracking", ["", "BD1", "EE 123 456 789 IN", "AWB/2026-001", "9" * 14, "x" * 40])
def test_a_tracking_id_is_taken_as_it_is(quiet: World, tracking: str) -> None:
    order_id = shop.place(quiet)
    assert confirm(quiet, order_id, tracking=tracking).tracking == tracking


@pytest.mark.parametrize("tracking", ["B1", "x" * 41, "-BD1", " BD1", "BD1\n", "BD#100", "BD<1>", "बीडी100", "   "])
def test_a_tracking_id_that_no_carrier_gives_is_refused(quiet: World, tracking: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, tracking=tracking)
    assert refused.value.code == "InvalidTracking" and "3 to 40 letters" in refused.value.sentence


def test_without_a_ship_date_a_package_left_when_it_was_confirmed(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, DAY)
    assert confirm(quiet, order_id).shipped_at == quiet.now


def test_a_ship_date_may_be_any_time_from_the_order_to_the_end_of_today(quiet: World) -> None:
    first, second = shop.place(quiet), shop.place(quiet)
    placed = quiet.now
    shop.wait(quiet, 3 * DAY)
    taken = [confirm(quiet, first, shipped_at=placed), confirm(quiet, second, shipped_at=end_of_day(quiet.now))]
    assert [fact.shipped_at for fact in taken] == [placed, end_of_day(quiet.now)]


def test_a_ship_date_without_a_time_of_day_may_be_the_day_of_the_order(quiet: World) -> None:
    order_id = shop.place(quiet)
    midnight = start_of_day(quiet.now)
    assert confirm(quiet, order_id, shipped_at=midnight).shipped_at == midnight


def test_a_ship_date_on_a_day_before_the_order_is_refused(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, shipped_at=start_of_day(quiet.now) - 1)
    assert refused.value.code == "InvalidShipDate" and "2026-03-01T18:29:59.999Z" in refused.value.sentence


def test_a_ship_date_of_tomorrow_is_refused(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        confirm(quiet, order_id, shipped_at=end_of_day(quiet.now) + 1)
    assert refused.value.code == "InvalidShipDate" and "today" in refused.value.sentence


# -- late


@pytest.mark.parametrize(("after", "late"), [(-1, 0), (0, 0), (1, 1), (DAY, 1)])
def test_an_order_is_late_once_its_confirmation_is_past_the_dispatch_date(quiet: World, after: int, late: int) -> None:
    order = quiet.order(shop.place(quiet))
    Driver(quiet).advance(order.dispatch_by + after)
    confirm(quiet, order.order_id)
    assert quiet.order(order.order_id).late == late


def test_back_dating_the_ship_date_does_not_save_the_metric(quiet: World) -> None:
    order = quiet.order(shop.place(quiet))
    Driver(quiet).advance(order.dispatch_by + 1)
    confirm(quiet, order.order_id, shipped_at=order.placed_at)
    assert quiet.order(order.order_id).late


def test_a_ship_date_after_the_dispatch_date_does_not_make_a_confirmation_late(quiet: World) -> None:
    order = quiet.order(shop.place(quiet))
    Driver(quiet).advance(order.dispatch_by)
    confirm(quiet, order.order_id, shipped_at=end_of_day(quiet.now))
    assert not quiet.order(order.order_id).late


def test_a_late_second_package_makes_the_order_late(quiet: World) -> None:
    order = quiet.order(shop.place(quiet, (1, 2)))
    confirm(quiet, order.order_id, items={items(quiet, order.order_id)[0]: 1})
    Driver(quiet).advance(order.dispatch_by + 1)
    confirm(quiet, order.order_id)
    assert quiet.order(order.order_id).late


def test_a_later_package_does_not_make_up_for_a_late_one(quiet: World) -> None:
    order = quiet.order(shop.place(quiet, (1, 2)))
    Driver(quiet).advance(order.dispatch_by + 1)
    confirm(quiet, order.order_id, items={items(quiet, order.order_id)[0]: 1})
    confirm(quiet, order.order_id)
    assert quiet.order(order.order_id).late


# -- the address of the order


def own_address(world: World, order_id: str) -> Address:
    place = orders.details(world, order_id).ship_to
    parts = (place.name, place.line1, place.city, place.state, place.postal_code, place.line2, place.country)
    return Address(*parts, phone=place.phone)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"phone": "080-23456789"},
        {"name": str.upper},
        {"line1": lambda line: f"  {line.replace(' ', '  ')} "},
        {"city": str.lower},
        {"postal_code": lambda code: f"{code[:3]} {code[3:]}"},
        {"country": "in"},
    ],
    ids=["the-same", "telephone", "capitals", "spaces", "small-letters", "split-code", "country"],
)
def test_capitals_spaces_and_the_telephone_do_not_make_another_address(quiet: World, change: dict[str, object]) -> None:
    order_id = shop.place(quiet)
    own = own_address(quiet, order_id)
    typed = {name: part(getattr(own, name)) if callable(part) else part for name, part in change.items()}
    confirm(quiet, order_id, ship_to=replace(own, **typed))
    assert (package(quiet, order_id).address_ok, package(quiet, order_id).ship_to) == (1, None)


@pytest.mark.parametrize("part", ["name", "line1", "line2", "city", "state", "postal_code", "country"])
def test_a_shipment_to_another_address_is_accepted_recorded_and_loses_the_protection(quiet: World, part: str) -> None:
    order_id = shop.place(quiet)
    elsewhere = replace(own_address(quiet, order_id), **{part: "Elsewhere"})
    confirm(quiet, order_id, ship_to=elsewhere)
    kept = package(quiet, order_id)
    assert (kept.address_ok, decode(kept.ship_to or "", type=Address)) == (0, elsewhere)


def test_a_shipment_without_an_address_goes_to_the_orders_own(quiet: World) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id)
    assert package(quiet, order_id).address_ok == 1


def test_each_package_is_protected_by_its_own_address(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    elsewhere = replace(own_address(quiet, order_id), city="Elsewhere")
    confirm(quiet, order_id, items={items(quiet, order_id)[0]: 1}, ship_to=elsewhere)
    confirm(quiet, order_id)
    sent = orders.packages_of(quiet, quiet.order(order_id))
    assert [package.address_ok for package in sent] == [0, 1]


def test_another_address_does_not_change_the_address_of_the_order(quiet: World) -> None:
    order_id = shop.place(quiet)
    own = own_address(quiet, order_id)
    confirm(quiet, order_id, ship_to=replace(own, city="Elsewhere"))
    assert own_address(quiet, order_id) == own


# -- what is due


def test_nothing_is_due_before_the_shipment_is_confirmed(quiet: World) -> None:
    assert payable(quiet, shop.place(quiet)) == 0


def test_all_is_due_once_all_is_confirmed(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2), (2, 1))
    confirm(quiet, order_id)
    assert payable(quiet, order_id) == 2 * 84_900 + 129_000 + 4_900


def test_what_was_confirmed_is_due_package_by_package_and_shipping_with_the_first(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2), (2, 1))
    kettle, maker = items(quiet, order_id)
    confirm(quiet, order_id, items={kettle: 1})
    first = payable(quiet, order_id)
    confirm(quiet, order_id, items={maker: 1})
    assert (first, payable(quiet, order_id)) == (84_900 + 4_900, 84_900 + 129_000 + 4_900)


def test_a_cancelled_order_is_never_paid(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    assert payable(quiet, order_id) == 0


def test_an_order_not_confirmed_within_30_days_is_never_paid(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * DAY)
    assert payable(quiet, order_id) == 0


def test_the_rest_not_confirmed_within_30_days_is_never_paid(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    confirm(quiet, order_id, items={items(quiet, order_id)[0]: 1})
    shop.wait(quiet, 30 * DAY)
    assert payable(quiet, order_id) == 84_900 + 4_900


def test_a_buyer_can_be_refunded_what_was_paid_for_and_no_more(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    confirm(quiet, order_id, items={items(quiet, order_id)[0]: 1})
    assert left_minor(quiet.order(order_id)) == 84_900 + 4_900


def test_a_late_confirmation_is_paid_all_the_same(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 29 * DAY)
    confirm(quiet, order_id)
    assert payable(quiet, order_id) == 84_900 + 4_900


# -- delivered


def test_a_delivered_package_is_delivered_because_it_was_confirmed(quiet: World) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id)
    shop.wait(quiet, 60 * DAY)
    (confirmed,), (delivered,) = (quiet.facts(kinds=(kind,)) for kind in ("ShipmentConfirmed", "ParcelDelivered"))
    told = (delivered.by, delivered.because, package(quiet, order_id).delivered_at)
    assert told == ("carrier", confirmed.seq, delivered.at)


def test_a_package_is_its_shipment_with_what_became_of_it(slow: World) -> None:
    columns = [name for _, name, *_ in slow.rows("pragma table_info(packages)")]
    assert columns == [*Package._fields] == [*Shipment._fields, *Arrival._fields[2:]]
    order_ids = shop.places(slow, 4)
    for order_id in order_ids:
        confirm(slow, order_id)
    for act, order_id in zip((shipments.deliver, shipments.lose, shipments.bring_back), order_ids, strict=False):
        slow.do(act, by="carrier", order_id=order_id, package=1)
    now, found = slow.now, [orders.packages_of(slow, slow.order(order_id)) for order_id in order_ids]
    ends = [(one.delivered_at, one.lost_at, one.returned_at) for (one,) in found]
    assert ends == [(now, None, None), (None, now, None), (None, None, now), (None, None, None)]


def test_a_package_is_delivered_once(quiet: World) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id)
    quiet.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
    assert quiet.do(shipments.deliver, by="carrier", order_id=order_id, package=1) == []


@pytest.mark.parametrize("number", [0, 2])
def test_a_package_that_was_never_confirmed_is_not_delivered(quiet: World, number: int) -> None:
    order_id = shop.place(quiet)
    confirm(quiet, order_id)
    with pytest.raises(Refused) as refused:
        quiet.do(shipments.deliver, by="carrier", order_id=order_id, package=number)
    assert refused.value.code == "UnknownPackage" and f"no package {number}" in refused.value.sentence


# -- lost, failed, brought back

TRIES = {
    "delivered": (shipments.deliver, {}),
    "failed": (shipments.fail, {"attempt": 1}),
    "lost": (shipments.lose, {}),
    "brought back": (shipments.bring_back, {}),
}


def carries(world: World, how: str, order_id: str, package: int = 1) -> list[Fact]:
    act, what = TRIES[how]
    return world.do(act, by="carrier", order_id=order_id, package=package, **what)


@pytest.fixture
def sent(slow: World) -> str:
    """An order that is on its way."""
    order_id = shop.place(slow)
    confirm(slow, order_id)
    return order_id


@pytest.mark.parametrize(("how", "field"), [("lost", "lost_at"), ("brought back", "returned_at")])
def test_a_package_is_known_to_be_lost_or_brought_back(slow: World, sent: str, how: str, field: str) -> None:
    shop.wait(slow, DAY)
    carries(slow, how, sent)
    found = package(slow, sent)
    assert (getattr(found, field), found.delivered_at) == (slow.now, None)


@pytest.mark.parametrize("how", TRIES)
@pytest.mark.parametrize(
    ("end", "code", "says"),
    [("lost", "ParcelLost", "was lost at"), ("brought back", "ParcelReturned", "came back to the seller at")],
)
def test_a_package_that_was_lost_or_brought_back_never_arrives(
    slow: World, sent: str, how: str, end: str, code: str, says: str
) -> None:
    carries(slow, end, sent)
    when = rfc3339(slow.now)
    shop.wait(slow, DAY)
    with pytest.raises(Refused) as refused:
        carries(slow, how, sent)
    assert (refused.value.code, refused.value.sentence) == (code, f"Package 1 of order {sent} {says} {when}.")


@pytest.mark.parametrize("how", TRIES)
def test_nothing_comes_of_a_package_that_was_delivered(slow: World, sent: str, how: str) -> None:
    carries(slow, "delivered", sent)
    assert carries(slow, how, sent) == []


@pytest.mark.parametrize("how", TRIES)
def test_a_package_that_there_is_not_is_refused(slow: World, sent: str, how: str) -> None:
    with pytest.raises(Refused) as refused:
        carries(slow, how, sent, 7)
    assert (refused.value.code, refused.value.sentence) == ("UnknownPackage", f"Order {sent} has no package 7.")


@pytest.mark.parametrize("how", TRIES)
def test_a_package_of_an_order_that_there_is_not_is_refused(slow: World, how: str) -> None:
    with pytest.raises(Refused, match="has no package 1"):
        carries(slow, how, "402-0000000-0000000")


def test_a_failed_attempt_leaves_a_package_on_its_way(slow: World, sent: str) -> None:
    before = package(slow, sent)
    (failed,) = carries(slow, "failed", sent)
    assert package(slow, sent) == before and type(failed).__name__ == "DeliveryFailed"
    assert carries(slow, "delivered", sent) != []


@pytest.mark.parametrize("how", ["delivered", "lost", "brought back"])
def test_the_stamp_of_an_order_changes_with_what_becomes_of_its_package(slow: World, sent: str, how: str) -> None:
    before = orders.stamp(slow, sent)
    carries(slow, how, sent)
    assert orders.stamp(slow, sent) != before


def test_a_lost_package_leaves_the_others_on_their_way(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    for _ in range(2):
        confirm(slow, order_id, items={items(slow, order_id)[0]: 1})
    carries(slow, "lost", order_id, 1)
    carries(slow, "delivered", order_id, 2)
    first, second = orders.packages_of(slow, slow.order(order_id))
    assert (first.delivered_at, second.lost_at, second.delivered_at) == (None, None, slow.now)
