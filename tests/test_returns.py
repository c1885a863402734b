"""Returns: what a buyer sends back once it was delivered, and that it arrived (chapter 10)."""

from pathlib import Path

import pytest

from sandbox.central import orders, returns, shipments
from sandbox.central.days import DAY, rfc3339
from sandbox.central.replay import replayed
from sandbox.central.world import World
from tests import quarrels, shop
from tests.quarrels import refusal


def delivered(world: World) -> str:
    order_id = quarrels.shipped(world)
    quarrels.deliver(world, order_id)
    return order_id


def send(world: World, order_id: str, reason: str = "Defective") -> None:
    world.do(returns.send, by="buyer", order_id=order_id, reason=reason)


def arrive(world: World, order_id: str) -> int:
    """How many facts came of it."""
    return len(world.do(returns.arrive, by="carrier", order_id=order_id))


@pytest.mark.parametrize("reason", returns.REASONS)
def test_what_was_delivered_is_sent_back_for_a_reason(slow: World, reason: str) -> None:
    order_id = delivered(slow)
    shop.wait(slow, DAY)
    send(slow, order_id, reason)
    found = returns.return_of(slow, slow.order(order_id).number)
    assert found is not None and (found.reason, found.sent_at, found.arrived_at) == (reason, slow.now, None)


def test_an_order_of_which_nothing_was_sent_back_has_no_return(slow: World) -> None:
    assert returns.return_of(slow, slow.order(delivered(slow)).number) is None


def test_what_was_sent_back_arrives_at_the_seller(slow: World) -> None:
    order_id = delivered(slow)
    send(slow, order_id)
    shop.wait(slow, DAY)
    arrive(slow, order_id)
    found = returns.return_of(slow, slow.order(order_id).number)
    assert found is not None and found.arrived_at == slow.now


def test_a_return_arrives_once(slow: World) -> None:
    order_id = delivered(slow)
    send(slow, order_id)
    assert [arrive(slow, order_id), arrive(slow, order_id)] == [1, 0]


def test_a_return_moves_no_money_by_itself(slow: World) -> None:
    order_id = delivered(slow)
    before = slow.order(order_id)
    send(slow, order_id)
    arrive(slow, order_id)
    assert (slow.order(order_id), slow.check()) == (before, [])


def test_one_delivered_package_of_two_is_enough_to_send_something_back(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    for _ in range(2):
        quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    quarrels.deliver(slow, order_id, 2)
    send(slow, order_id)
    assert returns.return_of(slow, slow.order(order_id).number) is not None


# -- refused


@pytest.mark.parametrize("reason", ["", "Regret", "defective", "x" * 100])
def test_a_reason_that_is_none_is_refused_with_those_there_are(slow: World, reason: str) -> None:
    assert refusal(slow, returns.send, order_id=delivered(slow), reason=reason) == (
        "UnknownReason",
        f"{reason[:60]!r} is no reason to return. There are: Defective, WrongItem, NotAsDescribed, NoLongerWanted.",
    )


def test_what_was_not_delivered_cannot_be_sent_back(slow: World) -> None:
    order_id = quarrels.shipped(slow)
    assert refusal(slow, returns.send, order_id=order_id, reason="Defective") == (
        "NotDelivered",
        f"Nothing of order {order_id} was delivered, so nothing can be sent back.",
    )


@pytest.mark.parametrize("act", [shipments.lose, shipments.bring_back])
def test_what_was_lost_or_brought_back_cannot_be_sent_back(slow: World, act: object) -> None:
    order_id = quarrels.shipped(slow)
    slow.do(act, by="carrier", order_id=order_id, package=1)  # type: ignore[arg-type]
    assert refusal(slow, returns.send, order_id=order_id, reason="Defective")[0] == "NotDelivered"


def test_what_was_never_shipped_cannot_be_sent_back(slow: World) -> None:
    assert refusal(slow, returns.send, order_id=shop.place(slow), reason="Defective")[0] == "NotDelivered"


def test_an_order_goes_back_once(slow: World) -> None:
    order_id = delivered(slow)
    send(slow, order_id)
    when = rfc3339(slow.now)
    shop.wait(slow, DAY)
    assert refusal(slow, returns.send, order_id=order_id, reason="WrongItem") == (
        "AlreadyReturned",
        f"Order {order_id} was sent back at {when}; it goes back once.",
    )


def test_what_was_not_sent_back_does_not_arrive(slow: World) -> None:
    order_id = delivered(slow)
    assert refusal(slow, returns.arrive, order_id=order_id) == (
        "NoReturn",
        f"Nothing of order {order_id} was sent back.",
    )


@pytest.mark.parametrize(("act", "what"), [(returns.send, {"reason": "Defective"}), (returns.arrive, {})])
def test_an_order_that_is_not_there_or_in_the_other_view_is_not_returned(
    slow: World, act: object, what: dict[str, str]
) -> None:
    test_order = shop.place(slow, view="sandbox")
    found = [
        refusal(slow, act, order_id=order_id, **what)[0]  # type: ignore[arg-type]
        for order_id in ("402-1-1", test_order)
    ]
    assert found == ["UnknownOrder", "WrongView"]


# -- on record


def test_the_facts_of_parcels_and_returns_make_the_same_tables_again(slow: World, tmp_path: Path) -> None:
    back = delivered(slow)
    send(slow, back)
    arrive(slow, back)
    for act in (shipments.lose, shipments.bring_back):
        order_id = quarrels.shipped(slow)
        slow.do(shipments.fail, by="carrier", order_id=order_id, package=1, attempt=1)
        slow.do(act, by="carrier", order_id=order_id, package=1)
    twin = replayed(slow, tmp_path / "twin.world")
    found, kinds = shop.tables(twin), {row.kind for row in twin.facts(limit=-1)}
    twin.close()
    assert found == shop.tables(slow)
    assert {"ReturnSent", "ReturnArrived", "ParcelLost", "ParcelReturned", "DeliveryFailed"} <= kinds


def test_a_return_is_a_part_of_its_orders_history(slow: World) -> None:
    order_id = delivered(slow)
    send(slow, order_id)
    arrive(slow, order_id)
    found = [row.kind for row in slow.facts(order_id=order_id)]
    assert found[-2:] == ["ReturnSent", "ReturnArrived"]


def test_what_was_sent_back_leaves_the_order_shipped(slow: World) -> None:
    order_id = delivered(slow)
    send(slow, order_id)
    assert orders.details(slow, order_id).order.status == "Shipped"
