"""Time moved until something comes, and to what is due next, over HTTP."""

from typing import Any

import pytest

from tests.http.conftest import Worlds
from tests.server import Shop


def until(shop: Shop, awaited: Any, **more: Any) -> Any:
    moved = shop.operator.post(f"{shop.path}/advance", {"until": awaited} | more)
    assert moved.status == 200, moved.body
    return moved.json


def test_time_stops_where_what_is_awaited_comes(world: Shop) -> None:
    moved = until(world, "message")
    (fact,) = world.operator.get(f"{world.path}/facts", {"after": moved["stopped"]["fact"] - 1, "limit": 1}).json[
        "facts"
    ]
    assert (fact["kind"], fact["at"]) == ("BuyerAsked", moved["now"])
    assert moved["stopped"]["reason"] == "until"
    assert fact in moved["of_interest"]
    assert world.now() == moved["now"]


def test_an_order_is_awaited_by_its_status(world: Shop) -> None:
    order_id = world.unshipped()
    moved = until(world, {"event": "order-status", "order_id": order_id, "status": "Canceled"})
    assert (moved["now"], world.order(order_id)["status"]) == (world.order(order_id)["auto_cancel_at"], "Canceled")


def test_a_deadline_passes_without_a_fact(world: Shop) -> None:
    moved = until(world, "deadline")
    assert (moved["stopped"]["reason"], moved["stopped"]["fact"]) == ("until", None)


def test_what_does_not_come_is_awaited_to_the_bound_which_is_told(world: Shop) -> None:
    moved = until(world, "settlement", within="2h")
    assert moved["stopped"]["reason"] == "bound"
    assert "2h" in moved["stopped"]["sentence"] and moved["now"] in moved["stopped"]["sentence"]
    assert world.now() == moved["now"]


def test_what_must_come_and_does_not_moves_nothing(world: Shop) -> None:
    before, facts = world.now(), world.facts()
    refused = world.operator.post(f"{world.path}/advance", {"until": "settlement", "within": "2h", "must": True})
    assert (refused.status, refused.json["code"]) == (409, "NeverCame")
    assert (world.now(), world.facts()) == (before, facts)


def test_notable_facts_are_shown_and_counted(make: Worlds) -> None:
    shop = make(history_days=0)
    moved = shop.advance("40d")
    kinds = {fact["kind"] for fact in moved["of_interest"]}
    assert kinds <= set(moved["kinds"])
    assert len(moved["of_interest"]) <= 50
    assert "OrderPlaced" not in kinds and "SettlementClosed" in kinds


def test_a_step_goes_to_what_is_due_next_and_the_same_things_happen(make: Worlds) -> None:
    stepping, moving = make(), make()
    for _ in range(30):
        moved = stepping.operator.post(f"{stepping.path}/step").json
        assert moved["stopped"]["reason"] == "reached"
    moving.operator.post(f"{moving.path}/advance", {"to": stepping.now()})
    assert stepping.facts() == moving.facts()


@pytest.mark.parametrize("path", ["advance", "step"])
def test_moving_time_is_the_operators_alone(world: Shop, path: str) -> None:
    assert world.seller.post(f"{world.path}/{path}", {"by": "1d"}).status == 401


def test_a_request_sent_twice_moves_time_once(world: Shop) -> None:
    key = {"Idempotency-Key": "until-the-next-message"}
    first, again = (world.operator.post(f"{world.path}/advance", {"until": "message"}, headers=key) for _ in range(2))
    assert (first.json, again.headers["idempotent-replayed"]) == (again.json, "true")
    assert world.now() == first.json["now"]
