"""/v1/metrics and /v1/settings over HTTP."""

from typing import Any

import pytest

from sandbox.central.guide import RULES
from sandbox.central.settings import ADDRESSES_AT_MOST
from tests.http.conftest import Worlds
from tests.server import Shop, problem_of


def rate(shop: Shop, name: str) -> Any:
    return shop.seller.get(f"/v1/metrics/{name}").json["rates"][0]


def addresses(shop: Shop, *found: str) -> Any:
    return shop.seller.put("/v1/settings", {"notification_addresses": list(found)})


# -- the rates


def test_every_rate_is_told_as_of_now(still: Shop) -> None:
    found = still.seller.get("/v1/metrics").json
    assert found["as_of"] == still.now()
    assert {row["name"] for row in found["rates"]} == {"late-shipment", "cancellation", "order-defect", "response-time"}


@pytest.mark.parametrize("name", ["late-shipment", "cancellation", "order-defect", "response-time"])
def test_one_rate_reads_as_among_all(still: Shop, name: str) -> None:
    rates = still.seller.get("/v1/metrics").json["rates"]
    assert still.seller.get(f"/v1/metrics/{name}").json["rates"] == [row for row in rates if row["name"] == name]


def test_response_time_has_both_readings_and_one_is_scored(still: Shop) -> None:
    readings = still.seller.get("/v1/metrics/response-time").json["rates"]
    assert [(row["within_hours"], row["scored"]) for row in readings] == [(4, True), (24, False)]


def test_a_cancellation_by_the_seller_counts_and_names_the_order(world: Shop) -> None:
    order_id = world.unshipped()
    before = rate(world, "cancellation")["counted"]
    world.cancel(order_id)
    after = rate(world, "cancellation")
    assert (after["counted"], after["orders"][0]) == (before + 1, order_id)


def test_a_late_confirmation_counts_and_names_the_order(world: Shop) -> None:
    order_id = world.unshipped()
    world.advance("4d")
    world.ship(order_id)
    found = rate(world, "late-shipment")
    assert (found["counted"], found["orders"]) == (1, [order_id])


def test_an_order_of_the_sandbox_view_leaves_the_rates_alone(world: Shop) -> None:
    before = world.seller.get("/v1/metrics").json
    order_id = world.orders(view="sandbox")[0]["order_id"]
    world.seller.post(f"/v1/orders/{order_id}/cancellation?view=sandbox", {"reason": "NoInventory"})
    assert world.seller.get("/v1/metrics").json == before


def test_a_world_without_orders_has_no_rates_yet(fresh: Shop) -> None:
    assert {row["state"] for row in fresh.seller.get("/v1/metrics").json["rates"]} == {"no-data"}


@pytest.fixture
def fresh(make: Worlds) -> Shop:
    """A world at its very beginning."""
    return make(history_days=0)


# -- the settings


def test_settings_tell_both_views_with_their_orders(still: Shop) -> None:
    views = {row["view"]: row["orders"] for row in still.seller.get("/v1/settings").json["views"]}
    assert views == {"production": len(still.orders()), "sandbox": 3}


def test_notification_addresses_are_set_all_at_once(world: Shop) -> None:
    addresses(world, "a@shop.example.invalid", "b@shop.example.invalid")
    answer = addresses(world, "c@shop.example.invalid")
    assert (answer.status, answer.json["notification_addresses"]) == (200, ["c@shop.example.invalid"])


def test_changed_settings_read_as_answered(world: Shop) -> None:
    assert addresses(world, "a@shop.example.invalid").json == world.seller.get("/v1/settings").json


def test_no_address_turns_notifications_off(world: Shop) -> None:
    addresses(world, "a@shop.example.invalid")
    assert addresses(world).json["notification_addresses"] == []


def test_the_same_addresses_again_are_no_fact(world: Shop) -> None:
    for _ in range(2):
        addresses(world, "a@shop.example.invalid")
    assert len(world.facts("NotificationAddressesSet")) == 2  # the shop began with one


@pytest.mark.parametrize(
    "text", ["", "nobody", "a@b", "a b@c.example", "a@c.example, b@c.example", "x" * 300 + "@c.in"]
)
def test_what_is_no_mail_address_is_refused(world: Shop, text: str) -> None:
    said = problem_of(addresses(world, "good@shop.example.invalid", text))
    rule = RULES["settings.set_notification_addresses"]
    assert [said[key] for key in ("status", "code", "rule", "chapter", "says")] == [
        422,
        "InvalidMailAddress",
        rule.name,
        12,
        rule.says,
    ]
    assert repr(text[:80]) in said["detail"]


def test_more_than_twenty_addresses_are_refused(world: Shop) -> None:
    said = problem_of(addresses(world, *(f"a{number}@shop.example.invalid" for number in range(ADDRESSES_AT_MOST + 1))))
    assert (said["status"], said["code"]) == (422, "TooManyAddresses") and "21" in said["detail"]


def test_refused_addresses_change_nothing(world: Shop) -> None:
    addresses(world, "a@shop.example.invalid")
    addresses(world, "b@shop.example.invalid", "nobody")
    assert world.seller.get("/v1/settings").json["notification_addresses"] == ["a@shop.example.invalid"]
