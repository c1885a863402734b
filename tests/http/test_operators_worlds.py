"""X-Sandbox-World: the operator's key opens the account that it names."""

from typing import Any

import pytest

from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, problem_of, said_no


def ask(key: str, server: Server, name: str, method: str = "GET", path: str = "/v1/orders", body: Any = None) -> Answer:
    return Client(server.url, key).ask(method, path, body, {"X-Sandbox-World": name})


def test_the_operators_key_opens_the_world_that_is_named(server: Server, still: Shop) -> None:
    found = ask(server.operator_key, server, still.name)
    assert (found.status, found.body) == (200, still.seller.get("/v1/orders").body)


def test_what_the_operator_does_is_done_to_that_world_alone(server: Server, make: Worlds) -> None:
    one, other = make(), make()
    order_id = one.unshipped()
    body = {"carrier": "BlueDart", "tracking": "BD-1"}
    done = ask(server.operator_key, server, one.name, "POST", f"/v1/orders/{order_id}/shipments", body)
    assert (done.status, one.order(order_id)["status"], other.order(order_id)["status"]) == (
        201,
        "Shipped",
        "Unshipped",
    )


def test_a_worlds_own_key_may_name_its_world(server: Server, still: Shop) -> None:
    assert ask(still.key, server, still.name).status == 200


def test_a_key_of_another_world_is_refused_with_what_would_work(server: Server, still: Shop, make: Worlds) -> None:
    shop = make()
    said = problem_of(ask(shop.key, server, still.name))
    assert (said["status"], said["code"]) == (403, "KeyOfAnotherWorld")
    assert shop.name in said["detail"] and "the operator's" in said["detail"]


def test_a_world_that_is_not_there_is_told_with_those_that_are(server: Server, still: Shop) -> None:
    said = problem_of(ask(server.operator_key, server, "nowhere"))
    assert (said["status"], said["code"]) == (404, "UnknownWorld") and "There are: " in said["detail"]


@pytest.mark.parametrize("name", ["", "../still", "Still", "x" * 10_000, "a.b", "a%00"])
def test_a_name_that_is_none_is_refused(server: Server, name: str) -> None:
    said = problem_of(ask(server.operator_key, server, name))
    assert (said["status"], said["code"]) == (422, "InvalidName") and len(said["detail"]) < 200


def test_a_wrong_key_opens_nothing_whatever_it_names(server: Server, still: Shop) -> None:
    for key in ("op_" + "0" * 32, "sk_still_" + "0" * 32):
        assert said_no(ask(key, server, still.name)) == (401, "InvalidKey")


def test_the_operator_who_names_no_world_is_told_how(server: Server, still: Shop) -> None:
    said = problem_of(Client(server.url, server.operator_key).get("/v1/orders"))
    assert said["code"] == "InvalidKey" and "X-Sandbox-World" in said["detail"]


def test_the_operator_finds_a_service_down_as_programs_do(server: Server, make: Worlds) -> None:
    shop = make(scenario="integration-outage", history_days=0)
    for _ in range(40):
        if ask(server.operator_key, server, shop.name).status != 200:
            break
        shop.advance("1d")
    assert said_no(ask(server.operator_key, server, shop.name)) == (503, "ServiceUnavailable")
