"""Keys: what opens what, and what opens nothing."""

import pytest

from tests.http.conftest import Worlds
from tests.server import Client, Server, Shop, said_no

NATIVE = ["/v1/orders", "/v1/orders/402-0000000-0000000", "/v1/threads", "/v1/messages", "/v1/metrics", "/v1/settings"]
CONTROL = ["/sandbox/worlds", "/sandbox/worlds/still", "/sandbox/worlds/still/facts", "/sandbox/scenarios"]
CONTROL += ["/sandbox/simulations"]


def ask(server: Server, path: str, authorization: str | None) -> tuple[int, str]:
    return said_no(Client(server.url).get(path, headers={"Authorization": authorization} if authorization else {}))


@pytest.mark.parametrize("path", NATIVE + CONTROL)
def test_without_a_key_nothing_opens(server: Server, still: Shop, path: str) -> None:
    assert ask(server, path, None) == (401, "NoKey")


@pytest.mark.parametrize("path", ["/v1/orders", "/sandbox/worlds"])
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer a b", "{key}", "Token {key}", "Bearer{key}"]
)
def test_a_key_that_is_not_sent_as_a_bearers_is_none(server: Server, still: Shop, path: str, header: str) -> None:
    assert ask(server, path, header.format(key=still.key)) == (401, "NoKey")


WRONG = [
    "x",
    "sk_still_",
    "sk_still_" + "0" * 32,
    "sk_nowhere_" + "0" * 32,
    "sk_-a-_" + "0" * 32,
    "sk__" + "0" * 32,
]
WRONG += ["sk_" + "a" * 41 + "_" + "0" * 32, "op_" + "0" * 32, "../still", "x" * 200]


@pytest.mark.parametrize("path", ["/v1/orders", "/sandbox/worlds"])
@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_key_opens_nothing(server: Server, still: Shop, path: str, key: str) -> None:
    assert ask(server, path, f"Bearer {key}") == (401, "InvalidKey")


@pytest.mark.parametrize("change", [str.upper, lambda key: key[:-1], lambda key: key + "0", lambda key: key[::-1]])
def test_a_key_is_right_to_its_last_letter(server: Server, still: Shop, change: object) -> None:
    assert callable(change)
    assert ask(server, "/v1/orders", f"Bearer {change(still.key)}") == (401, "InvalidKey")


def test_a_refused_key_is_not_told_back(server: Server, still: Shop) -> None:
    answer = Client(server.url, "sk_still_" + "7" * 32).get("/v1/orders")
    assert b"7777" not in answer.body and answer.headers["www-authenticate"] == "Bearer"


def test_bearer_may_be_written_in_any_capitals(server: Server, still: Shop) -> None:
    assert Client(server.url).get("/v1/orders", headers={"Authorization": f"bearer  {still.key}"}).status == 200


def test_a_key_opens_its_own_world_only(make: Worlds) -> None:
    one, other = make(), make(seed=6)
    assert said_no(one.seller.get(f"/v1/orders/{other.unshipped()}")) == (404, "UnknownOrder")


def test_a_key_of_one_world_with_the_name_of_another_opens_neither(server: Server, make: Worlds) -> None:
    one, other = make(), make()
    mixed = one.key.replace(one.name, other.name)
    assert ask(server, "/v1/orders", f"Bearer {mixed}") == (401, "InvalidKey")


@pytest.mark.parametrize("path", NATIVE)
def test_the_operators_key_opens_no_account(server: Server, path: str) -> None:
    assert ask(server, path, f"Bearer {server.operator_key}") == (401, "InvalidKey")


@pytest.mark.parametrize("path", CONTROL)
def test_a_worlds_key_moves_no_world(server: Server, still: Shop, path: str) -> None:
    assert ask(server, path, f"Bearer {still.key}") == (401, "InvalidKey")


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_without_a_key_nothing_is_done(server: Server, still: Shop, method: str) -> None:
    path = {"POST": f"{still.path}/freeze", "DELETE": still.path, "PUT": f"{still.path}/desks/inbox"}[method]
    assert said_no(Client(server.url).ask(method, path, {"played_by": "script"})) == (401, "NoKey")


def test_the_key_of_a_deleted_world_opens_nothing_at_once(make: Worlds) -> None:
    shop = make()
    for _ in range(32):  # every thread of every worker has it open
        shop.seller.get("/v1/settings")
    shop.operator.delete(shop.path)
    assert {said_no(shop.seller.get("/v1/settings")) for _ in range(32)} == {(401, "InvalidKey")}


def test_the_key_of_a_deleted_world_does_not_open_its_successor(make: Worlds) -> None:
    shop = make(name="again")
    for _ in range(32):
        shop.seller.get("/v1/settings")
    shop.operator.delete(shop.path)
    make(name="again")
    assert {said_no(shop.seller.get("/v1/settings")) for _ in range(32)} == {(401, "InvalidKey")}


@pytest.mark.parametrize("path", ["/sandbox/health", "/sandbox/version", "/openapi.json", "/docs", "/"])
def test_whether_it_is_up_and_what_it_is_needs_no_key(server: Server, path: str) -> None:
    assert Client(server.url).get(path).status == 200


def test_health_and_version_say_so(server: Server) -> None:
    client = Client(server.url)
    assert client.get("/sandbox/health").json == {"status": "up"} and client.get("/sandbox/version").json["version"]
