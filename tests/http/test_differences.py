"""/sandbox/worlds/<name>/differences over HTTP."""

from typing import Any

import pytest

from tests.http.conftest import Worlds
from tests.server import Shop, said_no


@pytest.fixture
def world(make: Worlds) -> Shop:
    """A world with a snapshot `before`."""
    shop = make()
    shop.operator.post(f"{shop.path}/snapshots", {"name": "before"})
    return shop


def test_what_a_shipment_changed_is_told(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    told = world.operator.get(f"{world.path}/differences", {"snapshot": "before"}).json
    (fact,), (order,) = told["facts"]["this"]["facts"], told["orders"]["orders"]
    assert (fact["kind"], fact["order_id"], fact["body"]["tracking"]) == ("ShipmentConfirmed", order_id, "BD-1234")
    assert {"field": "status", "this": "Shipped", "other": "Unshipped"} in order["fields"]
    assert (told["facts"]["other"]["count"], told["orders"]["count"], told["next_after"]) == (0, 1, None)
    assert (told["other"]["snapshot"], told["this"]["snapshot"]) == ("before", None)


def test_since_a_fact_is_the_same_as_since_a_snapshot_of_then(world: Shop) -> None:
    last = world.operator.get(world.path).json["facts"]
    world.advance("6h")
    by_fact = world.operator.get(f"{world.path}/differences", {"since": last}).json
    by_snapshot = world.operator.get(f"{world.path}/differences", {"snapshot": "before"}).json
    assert by_fact["facts"] == by_snapshot["facts"] and by_fact["orders"] == by_snapshot["orders"]


def test_pages_lead_on_to_the_end(world: Shop) -> None:
    world.advance("12h")
    facts, query = [], {"snapshot": "before", "limit": 10}
    while True:
        page = world.operator.get(f"{world.path}/differences", query).json
        facts += page["facts"]["this"]["facts"]
        if page["next_after"] is None:
            break
        query["after"] = page["next_after"]
    assert len(facts) == page["facts"]["this"]["count"] > 10
    assert [fact["fact"] for fact in facts] == sorted({fact["fact"] for fact in facts})


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({}, (422, "InvalidField")),
        ({"since": 1, "world": "still"}, (422, "InvalidField")),
        ({"since": 0}, (422, "InvalidField")),
        ({"since": 10**12}, (404, "UnknownFact")),
        ({"snapshot": "after"}, (404, "UnknownSnapshot")),
        ({"snapshot": "../before"}, (422, "InvalidName")),
        ({"world": "nowhere"}, (404, "UnknownWorld")),
        ({"world": "still", "limit": 1001}, (422, "InvalidField")),
        ({"word": "still"}, (422, "UnknownField")),
    ],
)
def test_what_does_not_fit_is_refused(world: Shop, still: Shop, query: dict[str, Any], answer: tuple[int, str]) -> None:
    assert said_no(world.operator.get(f"{world.path}/differences", query)) == answer
