"""Events on demand over HTTP."""

from typing import Any

import pytest

from tests.server import Answer, Shop


def make(shop: Shop, event: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
    return shop.operator.post(f"{shop.path}/simulations/{event}", body or {}, headers=headers)


def test_an_order_is_placed_and_the_seller_finds_it(world: Shop) -> None:
    made = make(world, "orders/place", {"items": [{"sku": "KK-001", "quantity": 2}]})
    assert made.status == 201
    assert [fact["kind"] for fact in made.json["facts"]] == ["OrderPlaced"]
    assert world.order(made.json["order_id"])["items"][0]["quantity"] == 2


def test_an_event_happens_to_the_order_that_is_named(world: Shop) -> None:
    order_id = world.unshipped()
    made = make(world, "messages/send", {"order_id": order_id, "text": "Is it blue?"})
    assert (made.status, made.json["order_id"], made.json["facts"][0]["body"]["text"]) == (201, order_id, "Is it blue?")


def test_a_list_tells_what_can_be_made_to_happen(world: Shop) -> None:
    listed = world.operator.get("/sandbox/simulations").json["simulations"]
    (filed,) = [one for one in listed if (one["thing"], one["verb"]) == ("chargebacks", "file")]
    assert filed["takes"][0] == "order_id" and "reason" in filed["takes"]


def test_a_list_tells_the_magic_words(world: Shop) -> None:
    listed = {one["word"]: one["says"] for one in world.operator.get("/sandbox/simulations").json["magic"]}
    assert "lost" in listed["MAGIC-PARCEL-LOST"]


def test_an_order_of_a_magic_word_meets_its_fate(world: Shop) -> None:
    order_id = make(world, "orders/place", {"buyer": "Asha Magic-Parcel-Lost"}).json["order_id"]
    assert world.ship(order_id).status == 201
    world.advance("8d")
    assert world.order(order_id)["packages"][0]["lost_at"]


def test_an_order_is_placed_at_a_moment_to_come(world: Shop) -> None:
    before = world.facts()
    made = make(world, "orders/place", {"placed_at": "2026-03-05T10:00:00+05:30", "buyer": "MAGIC-ALL-WELL"})
    assert (made.status, made.json["order_id"], made.json["facts"], world.facts()) == (201, None, [], before)
    world.advance("4d")
    (order,) = [one for one in world.orders() if one["buyer_name"] == "MAGIC-ALL-WELL"]
    assert order["placed_at"] == "2026-03-05T04:30:00.000Z"


def test_a_request_sent_twice_happens_once(world: Shop) -> None:
    first, again = (make(world, "orders/place", **{"Idempotency-Key": "one-order"}) for _ in range(2))
    assert first.json == again.json


@pytest.mark.parametrize(
    ("event", "body", "status", "code"),
    [
        ("orders/eat", {}, 422, "UnknownEvent"),
        ("parcels/%2e%2e", {}, 422, "UnknownEvent"),
        ("x" * 3000 + "/place", {}, 422, "UnknownEvent"),
        ("orders/place", {"colour": "blue"}, 422, "UnknownField"),
        ("orders/place", {"items": []}, 422, "InvalidField"),
        ("orders/place", {"items": [{"sku": "KK-001", "quantity": 0}]}, 422, "InvalidField"),
        ("messages/send", {"order_id": "402-1234567-1234567"}, 404, "UnknownOrder"),
        ("orders/place", {"items": [{"sku": "MAGIC-PARCEL-LOOST"}]}, 422, "UnknownMagic"),
        ("orders/place", {"buyer": "x" * 10_000}, 422, "InvalidField"),
        ("orders/place", {"buyer": "Magic-Next-Day", "items": [{"sku": "MAGIC-PARCEL-LATE"}]}, 422, "MagicClash"),
        ("orders/place", {"placed_at": "2020-01-01T00:00:00Z"}, 422, "TimeRunsForward"),
        ("orders/place", {"placed_at": "soon"}, 422, "InvalidField"),
        ("accounts/review", {"days": 0}, 422, "InvalidField"),
        ("banks/decide", {"outcome": "won"}, 409, "NoSuchOrder"),
        ("banks/decide", {"outcome": "perhaps"}, 422, "InvalidField"),
    ],
)
def test_what_cannot_be_made_to_happen_is_refused(
    world: Shop, event: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = world.facts()
    answer = make(world, event, body)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert [fact for fact in world.facts() if fact["kind"] != "ActionRefused"] == before


def test_the_seller_makes_nothing_happen(world: Shop) -> None:
    assert world.seller.post(f"{world.path}/simulations/orders/place", {}).status == 401
