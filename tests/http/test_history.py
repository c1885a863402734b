"""/v1/orders/{id}/history over HTTP: what happened to an order, and why."""

from typing import Any

import pytest

from sandbox.central.guide import RULES
from tests.http.conftest import Worlds
from tests.http.quarrel import Quarrel
from tests.server import Server, Shop, problem_of, said_no


def history(shop: Shop, order_id: str, **query: Any) -> list[Any]:
    return shop.pages(f"/v1/orders/{order_id}/history", **query)


def test_a_shipment_is_told_with_its_rule_and_what_it_was_upon(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    placed, confirmed = history(world, order_id)
    rule = RULES["shipments.confirm_shipment"]
    assert (confirmed["kind"], confirmed["by"], confirmed["at"]) == ("ShipmentConfirmed", "seller via api", world.now())
    assert (confirmed["rule"], confirmed["chapter"], confirmed["says"]) == (rule.name, rule.chapter, rule.says)
    told = ("fact", "at", "kind", "order_id", "by", "sentence")
    assert confirmed["because"] == [{"link": "upon"} | {key: placed[key] for key in told}]


def test_the_facts_are_those_of_the_feed(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    world.advance("30d")
    told = ("fact", "at", "kind", "by", "order_id")
    kept = [row for row in world.facts() if row["order_id"] == order_id]
    assert [{key: row[key] for key in told} for row in history(world, order_id)] == [
        {key: row[key] for key in told} for row in kept
    ]


def test_a_delivery_has_no_rule(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    world.advance("30d")
    delivered = next(row for row in history(world, order_id) if row["kind"] == "ParcelDelivered")
    assert [delivered[key] for key in ("rule", "chapter", "says", "code")] == [None] * 4
    assert [cause["link"] for cause in delivered["because"]] == ["because", "upon"]


def test_an_auto_cancelled_order_names_chapter_4(make: Worlds) -> None:
    shop = make()
    order_id = shop.unshipped()
    shop.advance("30d")
    cancelled = next(row for row in history(shop, order_id) if row["kind"] == "OrderCancelled")
    assert (cancelled["rule"], cancelled["chapter"], cancelled["by"]) == ("orders.auto_cancel", 4, "amazon")


def test_a_lapsed_claim_goes_back_to_claim_shipment_and_order(make: Worlds, server: Server) -> None:
    quarrel = Quarrel(make(), server)
    claim = quarrel.get(quarrel.claim())
    quarrel.shop.advance("8d")
    decided = next(row for row in history(quarrel.shop, claim["order_id"]) if row["kind"] == "DisputeDecided")
    assert decided["rule"] == "claims.lapse"
    assert [cause["kind"] for cause in decided["because"]] == ["ClaimFiled", "ShipmentConfirmed", "OrderPlaced"]


def test_a_refusal_is_told_with_its_code(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    why = problem_of(world.cancel(order_id))
    *_, refused = history(world, order_id)
    assert (refused["kind"], refused["code"], refused["rule"]) == ("ActionRefused", "AlreadyShipped", "orders.cancel")
    assert refused["sentence"].endswith(why["detail"])


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_of_any_size_tell_every_fact_once(world: Shop, limit: int) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    world.cancel(order_id)
    found = history(world, order_id, limit=limit)
    assert found == history(world, order_id) and len(found) == 3


def test_an_order_of_the_sandbox_view_is_told_there(still: Shop) -> None:
    order_id = still.orders(view="sandbox")[0]["order_id"]
    (placed,) = history(still, order_id, view="sandbox")
    assert placed["kind"] == "OrderPlaced" and "in the sandbox view" in placed["sentence"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"view": "sandbox"}, 409, "WrongView"),
        ({"view": "other"}, 422, "InvalidField"),
        ({"cursor": "x"}, 422, "UnknownCursor"),
        ({"limit": 0}, 422, "InvalidField"),
        ({"limit": 101}, 422, "InvalidField"),
        ({"lmit": 1}, 422, "UnknownField"),
    ],
)
def test_what_cannot_be_told_is_refused(still: Shop, query: dict[str, Any], status: int, code: str) -> None:
    order_id = still.unshipped()
    assert said_no(still.seller.get(f"/v1/orders/{order_id}/history", query)) == (status, code)


@pytest.mark.parametrize("order_id", ["x", "402-0000000-0000000", "402-1234567-1234567"])
def test_an_order_that_is_not_there_has_no_history(still: Shop, order_id: str) -> None:
    found = problem_of(still.seller.get(f"/v1/orders/{order_id}/history"))
    assert (found["status"], found["code"]) == (404, "UnknownOrder") and order_id in found["detail"]


def test_reading_a_history_adds_nothing_to_it(still: Shop) -> None:
    order_id, before = still.unshipped(), still.facts()
    history(still, order_id)
    still.seller.get(f"/v1/orders/{order_id}/history", {"view": "sandbox"})
    assert still.facts() == before
