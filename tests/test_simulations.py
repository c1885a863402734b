"""Events on demand: what is made to happen happens by the rules, to the order that is named or drawn."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import chargebacks, orders, settings, shipments, standing
from sandbox.central.days import DAY, HOUR, LAST_MOMENT
from sandbox.central.facts import Address
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from sandbox.sim.simulations import SIMULATIONS, simulate
from tests import shop

PLACE = {
    "name": "Asha Rao",
    "line1": "7 Lake Road",
    "city": "Pune",
    "state": "Maharashtra",
    "postal_code": "411001",
}


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[World]:
    with closing(shop.slow(tmp_path)) as world:
        yield world


def make(world: World, event: str, **given: Any) -> str:
    """Make it happen; the order's id."""
    with world.writing():
        return str(simulate(world, *event.split("/"), given))


def kinds_since(world: World, last: int) -> list[str]:
    return [row.kind for row in world.facts(last, -1)]


def shipped(world: World) -> str:
    order_id = shop.place(world)
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart", tracking="BD12345")
    return order_id


def delivered(world: World) -> str:
    order_id = shipped(world)
    world.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
    return order_id


def answered(world: World) -> str:
    order_id = delivered(world)
    make(world, "chargebacks/file", order_id=order_id, reason="NotAsDescribed")
    number = world.clock.disputes
    world.do(chargebacks.represent, by="seller", chargeback=number, text="It was as described.")
    return order_id


READY = {
    "payments/authorise": lambda world: shop.place(world, pending=True),
    "payments/decline": lambda world: shop.place(world, pending=True),
    "messages/send": shop.place,
    "address-changes/request": shop.place,
    "cancellations/request": shop.place,
    "cancellations/make": shop.place,
    "returns/send": delivered,
    "feedback/leave": delivered,
    "claims/file": lambda world: _waited(world, shipped(world), 60),
    "chargebacks/file": delivered,
    "banks/decide": answered,
    "parcels/deliver": shipped,
    "parcels/lose": shipped,
    "parcels/return": shipped,
}
"""An order to which it can happen."""
GIVEN: dict[str, dict[str, Any]] = {
    "feedback/leave": {"rating": 1, "comment": "Late."},
    "banks/decide": {"outcome": "won"},
    "stock/lose": {"sku": "KK-001"},
}
KINDS = {
    "orders/place": "OrderPlaced",
    "payments/review": "OrderPlaced",
    "payments/authorise": "PaymentAuthorised",
    "payments/decline": "OrderCancelled",
    "messages/send": "BuyerAsked",
    "address-changes/request": "BuyerAsked",
    "cancellations/request": "BuyerAsked",
    "cancellations/make": "OrderCancelled",
    "returns/send": "ReturnSent",
    "returns/arrive": "ReturnArrived",
    "feedback/leave": "FeedbackLeft",
    "claims/file": "ClaimFiled",
    "chargebacks/file": "ChargebackFiled",
    "banks/decide": "DisputeDecided",
    "parcels/deliver": "ParcelDelivered",
    "parcels/lose": "ParcelLost",
    "parcels/return": "ParcelReturned",
}


OF_NO_ORDER = ("orders/place", "payments/review", "accounts/review", "stock/lose")


def _waited(world: World, order_id: str, days: int) -> str:
    shop.wait(world, days * DAY)
    return order_id


def _sent_back(world: World) -> str:
    order_id = delivered(world)
    make(world, "returns/send", order_id=order_id)
    return order_id


READY["returns/arrive"] = _sent_back


def test_every_event_is_tried_here() -> None:
    assert {"/".join(name) for name in SIMULATIONS} == {*READY, *OF_NO_ORDER}


@pytest.mark.parametrize("event", READY)
def test_an_event_happens_to_the_order_that_is_named(quiet: World, event: str) -> None:
    shop.place(quiet)
    order_id = READY[event](quiet)
    shop.place(quiet)
    last = quiet.clock.facts
    given = GIVEN.get(event, {})
    if event == "feedback/leave":
        shop.wait(quiet, quiet.policy.feedback_opens_days * DAY)
    assert make(quiet, event, order_id=order_id, **given) == order_id
    number = quiet.ids.order_number(order_id)
    assert (KINDS[event], number) in [(row.kind, row.order_number) for row in quiet.facts(last, -1)]
    assert quiet.check() == []


@pytest.mark.parametrize("event", READY)
def test_an_order_to_which_it_can_happen_is_drawn(quiet: World, event: str) -> None:
    order_id = READY[event](quiet)
    if event == "feedback/leave":
        shop.wait(quiet, quiet.policy.feedback_opens_days * DAY)
    assert make(quiet, event, **GIVEN.get(event, {})) == order_id


@pytest.mark.parametrize("event", READY)
def test_an_event_that_fits_no_order_is_refused(quiet: World, event: str) -> None:
    facts = shop.facts(quiet)
    with pytest.raises(Refused) as refused:
        make(quiet, event, **GIVEN.get(event, {}))
    assert refused.value.code == "NoSuchOrder"
    assert shop.facts(quiet) == facts


def test_drawing_leaves_no_trace_but_what_happened(quiet: World) -> None:
    for _ in range(4):
        shop.place(quiet)
    last = quiet.clock.facts
    make(quiet, "cancellations/make")
    assert kinds_since(quiet, last) == ["OrderCancelled"]


def test_the_same_is_drawn_in_a_copy(quiet: World, tmp_path: Path) -> None:
    for _ in range(20):
        shop.place(quiet)
    quiet.copy_to(tmp_path / "copy.world")
    with closing(World.open(tmp_path / "copy.world")) as copy:
        drawn = [[make(world, "messages/send") for _ in range(5)] for world in (quiet, copy)]
    assert drawn[0] == drawn[1] and len(set(drawn[0])) > 1


def test_what_is_made_to_happen_moves_nobody_elses_luck(tmp_path: Path) -> None:
    with closing(shop.busy(tmp_path)) as made, closing(shop.busy(tmp_path, name="left")) as left:
        for world in (made, left):
            shop.wait(world, 5 * DAY)
        make(made, "orders/place")
        placed = made.clock.facts
        for world in (made, left):
            shop.wait(world, 5 * DAY)
        theirs = [row.body for row in made.facts(placed, -1, ("OrderPlaced",))]
        assert theirs == [row.body for row in left.facts(placed - 1, -1, ("OrderPlaced",))]


# -- orders


def test_an_order_is_placed_as_it_is_said(quiet: World) -> None:
    items = [{"sku": "KK-014", "quantity": 3}, {"sku": "KK-001", "price_minor": 100}]
    order_id = make(quiet, "orders/place", items=items, buyer="Asha Rao", address=PLACE)
    told = orders.details(quiet, order_id)
    assert [(product.sku, item.quantity, item.price_minor) for item, product in told.items] == [
        ("KK-014", 3, 129000),
        ("KK-001", 1, 100),
    ]
    assert (told.buyer.name, told.ship_to.city) == ("Asha Rao", "Pune")


def test_who_ordered_before_orders_again_under_the_same_name(quiet: World) -> None:
    first = make(quiet, "orders/place", buyer="Asha Rao", address=PLACE)
    second = make(quiet, "orders/place", buyer="Asha Rao")
    assert quiet.order(first).buyer == quiet.order(second).buyer


def test_an_order_whose_payment_is_looked_at_is_pending(quiet: World) -> None:
    assert quiet.order(make(quiet, "payments/review")).status == "Pending"


def test_a_parcel_arrives_and_the_buyer_may_send_it_back(quiet: World) -> None:
    order_id = shipped(quiet)
    for event in ("parcels/deliver", "returns/send", "returns/arrive"):
        shop.wait(quiet, HOUR)
        make(quiet, event, order_id=order_id)
    assert quiet.row("select count(*) from returns where arrived_at is not null") == (1,)


@pytest.mark.parametrize(("outcome", "state"), [("won", "Won"), ("lost", "Lost")])
def test_a_bank_decides_as_it_is_told(quiet: World, outcome: str, state: str) -> None:
    order_id = answered(quiet)
    make(quiet, "banks/decide", order_id=order_id, outcome=outcome)
    assert quiet.row("select outcome from disputes") == (state,)


def test_stock_that_is_lost_is_missed_by_the_desk(tmp_path: Path) -> None:
    with closing(shop.busy(tmp_path)) as world:
        make(world, "stock/lose", sku="KK-001")
        shop.wait(world, 10 * DAY)
        assert any(row.kind == "OrderCancelled" and "NoInventory" in row.body for row in world.facts(limit=-1))


def test_the_cast_reacts_to_what_was_made_to_happen(tmp_path: Path) -> None:
    with closing(shop.busy(tmp_path, shop.ALWAYS)) as world:
        shop.wait(world, 3 * DAY)
        order_id = make(world, "messages/send")
        asked = world.clock.facts
        Driver(world).advance(world.now + DAY)
        number = world.ids.order_number(order_id)
        replies = world.facts(asked, -1, ("SellerReplied",), order_id)
        assert replies and replies[0].because == asked and replies[0].order_number == number


def test_the_platform_reviews_the_account(quiet: World) -> None:
    make(quiet, "accounts/review", days=3)
    assert standing.review_until(quiet, quiet.now) == quiet.now + 3 * DAY
    Driver(quiet).advance(quiet.now + DAY)
    assert standing.standing(quiet) == "under-review"


def test_an_order_is_placed_at_the_moment_that_is_named(quiet: World) -> None:
    at = quiet.now + 2 * DAY + 7
    assert make(quiet, "orders/place", placed_at=at, buyer="Asha Rao", address=PLACE) == "None"
    assert quiet.clock.orders_by_hand == 0
    Driver(quiet).advance(quiet.now + 5 * DAY)
    ((placed_at, name),) = quiet.rows("select placed_at, name from orders join buyers using (buyer)")
    assert (placed_at, name) == (at, "Asha Rao")
    assert quiet.check() == []


def test_several_orders_to_come_come_each_at_its_moment(quiet: World) -> None:
    for hours in (5, 3, 4):
        make(quiet, "orders/place", placed_at=quiet.now + hours * HOUR, items=[{"sku": "KK-001", "quantity": hours}])
    begins = quiet.now
    Driver(quiet).advance(begins + DAY)
    placed = quiet.rows("select (placed_at - ?) / ?, quantity from orders order by placed_at", (begins, HOUR))
    assert placed == [(3, 3), (4, 4), (5, 5)]


def test_an_order_that_comes_once_the_shop_takes_none_is_on_record(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        make(world, "orders/place", placed_at=world.now + DAY)
        world.do(settings.set_return_url, by="seller", url="")
        Driver(world).advance(world.now + 2 * DAY)
        assert [row.kind for row in world.facts(0, -1)][-1] == "ActionRefused" and world.clock.orders_by_hand == 0


# -- refused


@pytest.mark.parametrize(
    ("event", "given", "code"),
    [
        ("parcels/teleport", {}, "UnknownEvent"),
        ("../worlds", {}, "UnknownEvent"),
        ("orders/place", {"rating": 5}, "FieldNotTaken"),
        ("orders/place", {"order_id": "402-1234567-1234567"}, "FieldNotTaken"),
        ("feedback/leave", {}, "FieldMissing"),
        ("banks/decide", {}, "FieldMissing"),
        ("messages/send", {"order_id": "402-1234567-1234567"}, "UnknownOrder"),
        ("orders/place", {"items": [{"sku": "KK-002"}]}, "UnknownProduct"),
        ("orders/place", {"buyer": "Nobody"}, "UnknownBuyer"),
        ("stock/lose", {"sku": "KK-002"}, "UnknownProduct"),
        ("orders/place", {"buyer": "Asha\x1b[2J", "address": PLACE}, "NotPlainText"),
        ("orders/place", {"address": PLACE | {"city": "Pune\n"}}, "NotPlainText"),
        ("orders/place", {"buyer": "MAGIC-\0"}, "NotPlainText"),
        ("orders/place", {"placed_at": shop.MONDAY - 1}, "TimeRunsForward"),
        ("orders/place", {"placed_at": LAST_MOMENT + 1}, "TimeOutOfRange"),
        ("orders/place", {"placed_at": shop.MONDAY + DAY, "buyer": "Nobody"}, "UnknownBuyer"),
        ("orders/place", {"placed_at": shop.MONDAY + DAY, "items": [{"sku": "MAGIC-X"}]}, "UnknownMagic"),
    ],
)
def test_what_cannot_be_made_to_happen_is_refused(quiet: World, event: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        make(quiet, event, **given)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("event", "ready", "given", "code"),
    [
        ("parcels/deliver", delivered, {}, "NothingHappened"),
        ("parcels/deliver", shop.place, {}, "UnknownPackage"),
        ("cancellations/make", shipped, {}, "AlreadyShipped"),
        ("claims/file", shop.place, {}, "NotPaid"),
        ("claims/file", delivered, {"reason": "Bored"}, "UnknownReason"),
        ("returns/send", shipped, {}, "NotDelivered"),
        ("messages/send", shop.place, {"text": "See https://example.invalid/x"}, "MessageHasLink"),
        ("banks/decide", delivered, {"outcome": "won"}, "UnknownChargeback"),
        ("payments/authorise", shop.place, {}, "NothingHappened"),
    ],
)
def test_what_the_rules_refuse_is_refused_with_their_reason(
    quiet: World, event: str, ready: Any, given: dict[str, Any], code: str
) -> None:
    order_id = ready(quiet)
    with pytest.raises(Refused) as refused:
        make(quiet, event, order_id=order_id, **given)
    assert refused.value.code == code


def test_a_chargeback_that_nothing_protects_cannot_be_won(quiet: World) -> None:
    order_id = shop.place(quiet)
    what = {"order_id": order_id, "carrier": "BlueDart", "ship_to": Address(**PLACE)}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    make(quiet, "chargebacks/file", order_id=order_id)
    quiet.do(chargebacks.represent, by="seller", chargeback=quiet.clock.disputes, text="They asked for it.")
    with pytest.raises(Refused) as refused:
        make(quiet, "banks/decide", order_id=order_id, outcome="won")
    assert refused.value.code == "OutcomeImpossible"
