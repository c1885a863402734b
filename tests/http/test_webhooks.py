"""/sandbox/worlds/<name>/webhooks and /deliveries on a real server: told once, by whichever process."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.webhooks.subscriptions import WEBHOOKS_AT_MOST
from sandbox.testing import Receiver, receiving
from tests.http.conftest import Worlds
from tests.server import Answer, Client, Shop, problem_of, running, said_no, until

NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def shop(make: Worlds) -> Shop:
    """A shop in which nothing happens by itself."""
    return make(scenario="empty", history_days=0)


def subscribe(shop: Shop, receiver: Receiver, *kinds: str, **more: Any) -> str:
    body = {"url": receiver.url, "secret": receiver.secret, "kinds": kinds or ["OrderPlaced"]} | more
    made = shop.operator.post(f"{shop.path}/webhooks", body)
    assert made.status == 201, made.body
    return str(made.json["webhook"])


def place(shop: Shop) -> Any:
    made = shop.operator.post(f"{shop.path}/simulations/orders/place", {})
    assert made.status == 201, made.body
    return made.json


def ask(shop: Shop, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    return shop.operator.ask(method, f"{shop.path}/{path}", body, headers)


# -- told


def test_what_a_seller_does_is_told_while_nobody_waits_for_it(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "ShipmentConfirmed")
    order_id = place(shop)["order_id"]
    assert shop.ship(order_id).status == 201
    (came,) = receiver.wait_for(1)
    assert (came.type, came.fact["order_id"], came.fact["by"]) == ("ShipmentConfirmed", order_id, "seller via api")


def test_a_world_whose_time_runs_tells_by_itself_in_order(make: Worlds, receiver: Receiver) -> None:
    shop = make()
    subscribe(shop, receiver, "*")
    ask(shop, "POST", "rate", {"rate": 100_000})
    came = receiver.wait_for(40)
    ask(shop, "POST", "freeze")
    assert [one.fact for one in came] == shop.facts(after=came[0].fact["fact"] - 1)[: len(came)]


def test_whatever_process_tells_each_notification_comes_once_and_in_order(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "*")
    with ThreadPoolExecutor(6) as pool:
        told = [one["deliveries"] for one in pool.map(lambda _: place(shop), range(30))]
    numbers = [one.fact["fact"] for one in receiver.wait_for(30)]
    assert numbers == [fact["fact"] for fact in shop.facts(after=numbers[0] - 1)] and len(set(numbers)) == len(numbers)
    assert all(one["failed"] == 0 for one in told)


def test_an_advance_that_is_sent_twice_tells_once_and_answers_the_same(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "*")
    place(shop)
    key = {"Idempotency-Key": "moved-once"}
    first, second = (ask(shop, "POST", "advance", {"by": "31d"}, key) for _ in range(2))
    assert first.body == second.body and second.headers["idempotent-replayed"] == "true"
    assert first.json["deliveries"]["delivered"] == first.json["facts"] > 1
    assert len(receiver.received) == first.json["facts"] + 1


def test_drained_and_redelivered_once_where_it_is_asked_twice(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    receiver.fail(1)
    place(shop)
    for path in (
        "webhooks/drain",
        f"deliveries/{ask(shop, 'GET', 'deliveries').json['deliveries'][0]['delivery']}/redeliver",
    ):
        first, second = (ask(shop, "POST", path, None, {"Idempotency-Key": path[:8]}) for _ in range(2))
        assert (first.status, first.body) == (200, second.body)
    assert len(receiver.received) == 2 and len({one.id for one in receiver.received}) == 1


def test_a_webhook_that_is_made_twice_is_made_once_with_one_secret(shop: Shop) -> None:
    body = {"url": NOWHERE, "kinds": ["*"]}
    first, second = (ask(shop, "POST", "webhooks", body, {"Idempotency-Key": "once"}) for _ in range(2))
    assert first.body == second.body and first.json["secret"].startswith("whsec_")
    (listed,) = ask(shop, "GET", "webhooks").json["webhooks"]
    assert listed == {key: value for key, value in first.json.items() if key != "secret"}


def test_a_webhook_that_changed_meanwhile_is_not_changed(shop: Shop) -> None:
    body = {"url": NOWHERE, "kinds": ["*"]}
    path = f"webhooks/{ask(shop, 'POST', 'webhooks', body).json['webhook']}"
    tag = {"If-Match": ask(shop, "GET", path).headers["etag"]}
    assert ask(shop, "PUT", path, body | {"by": "buyer"}, tag).status == 200
    assert said_no(ask(shop, "PUT", path, body, tag)) == (412, "PreconditionFailed")


def test_a_target_that_is_down_is_told_of_and_holds_up_no_other(shop: Shop, receiver: Receiver) -> None:
    ask(shop, "POST", "webhooks", {"url": NOWHERE, "kinds": ["OrderPlaced"]})
    subscribe(shop, receiver)
    assert place(shop)["deliveries"] == {"delivered": 1, "failed": 1, "pending": 1}


# -- killed


def test_nothing_is_lost_where_the_server_is_killed_in_the_middle(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is asked while the server dies has perhaps taken it, perhaps not: it comes again, under the same id."""
    monkeypatch.setenv("SANDBOX_SERVE_ALLOW_HOST", "10.0.0.5 *.hooks.example")
    with running(tmp_path) as server:
        shop = Shop(server.operator(), scenario="empty", history_days=0)
        for url in ("http://10.0.0.5/", "https://a.hooks.example/"):
            assert ask(shop, "POST", "webhooks", {"url": url, "kinds": ["*"], "paused": True}).status == 201
        subscribe(shop, receiver, "ShipmentConfirmed")
        order_id = place(shop)["order_id"]
        came, over, take = threading.Event(), threading.Event(), receiver.take

        def taken(*what: Any) -> Any:
            found = take(*what)
            came.set()
            over.wait(30)
            return found

        receiver.take = taken  # type: ignore[method-assign]
        shop.ship(order_id)
        assert came.wait(30)
        server.kill()
        receiver.take = take  # type: ignore[method-assign]
        over.set()
        server.start()
        shop.reached_at(server)
        first, again = receiver.wait_for(2)
        assert (first.id, first.payload) == (again.id, again.payload)
        until(lambda: ask(shop, "GET", "deliveries").json["deliveries"][0]["state"] == "delivered")


# -- refused


GOOD: dict[str, Any] = {"url": NOWHERE, "kinds": ["*"]}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"url": "http://10.0.0.1/"}, "ForbiddenTarget", "--allow-host 10.0.0.1"),
    ({"url": "http://169.254.169.254/latest"}, "ForbiddenTarget", "can be no target"),
    ({"url": "http://shop.example/"}, "ForbiddenTarget", "--allow-host shop.example"),
    ({"url": "http://0x7f000001/"}, "InvalidUrl", "127.0.0.1"),
    ({"url": "http://2130706433/"}, "InvalidUrl", "127.0.0.1"),
    ({"url": "http://a:b@localhost/"}, "InvalidUrl", "no user and no password"),
    ({"url": "ftp://localhost/"}, "InvalidUrl", "http:// or https://"),
    ({"url": "x" * 10_000}, "InvalidUrl", "2000"),
    ({"url": "http://localhost/\u0007"}, "InvalidUrl", "visible ASCII"),
    ({"url": None}, "InvalidField", "url"),
    ({"kinds": []}, "UnknownKind", "No kinds"),
    ({"kinds": ["OrderPlacd"]}, "UnknownKind", "The nearest is OrderPlaced"),
    ({"kinds": ["orderplaced"]}, "UnknownKind", "The nearest is"),
    ({"kinds": [""]}, "UnknownKind", "The nearest is"),
    ({"kinds": "*"}, "InvalidField", "kinds"),
    ({"kinds": ["*"] * 201}, "InvalidField", "kinds"),
    ({"order_id": "402-1234567-1234567"}, "UnknownOrder", "402-1234567-1234567"),
    ({"by": ""}, "InvalidField", "by"),
    ({"by": "buyer\u001b[2J"}, "InvalidField", "by"),
    ({"secret": "swordfish"}, "InvalidSecret", "whsec_"),
    ({"secret": "whsec_c3dvcmRmaXNo"}, "InvalidSecret", "24 to 64"),
    ({"secret": "whsec_" + "é" * 40}, "InvalidSecret", "base64"),
    ({"secret": "whsec_" + "A" * 100}, "InvalidSecret", "24 to 64"),
    ({"paused": "yes"}, "InvalidField", "paused"),
    ({"colour": "red"}, "UnknownField", "colour"),
]


@pytest.mark.parametrize(("change", "code", "says"), WRONG)
def test_a_webhook_that_does_not_fit_is_refused_and_makes_none(
    still: Shop, change: dict[str, Any], code: str, says: str
) -> None:
    said = problem_of(ask(still, "POST", "webhooks", GOOD | change))
    assert (said["status"], said["code"]) == (404 if code == "UnknownOrder" else 422, code) and says in said["detail"]
    assert "swordfish" not in str(said) and ask(still, "GET", "webhooks").json["webhooks"] == []


def test_a_change_that_does_not_fit_changes_nothing(shop: Shop) -> None:
    made = ask(shop, "POST", "webhooks", GOOD).json["webhook"]
    before = ask(shop, "GET", f"webhooks/{made}").body
    assert said_no(ask(shop, "PUT", f"webhooks/{made}", GOOD | {"url": "http://10.0.0.1/"})) == (422, "ForbiddenTarget")
    assert said_no(ask(shop, "PUT", f"webhooks/{made}", GOOD | {"paused": True})) == (422, "UnknownField")
    assert ask(shop, "GET", f"webhooks/{made}").body == before


NOT_THERE = [
    *(("GET", "webhooks/{}"), ("PUT", "webhooks/{}"), ("DELETE", "webhooks/{}")),
    *(("POST", "webhooks/{}/pause"), ("POST", "webhooks/{}/resume"), ("GET", "deliveries?webhook={}")),
    *(("GET", "deliveries/{}"), ("POST", "deliveries/{}/redeliver"), ("GET", "deliveries?after={}")),
]


@pytest.mark.parametrize("name", ["wh_000000000000", "x" * 10_000, "%00", "..%2f.."])
@pytest.mark.parametrize(("method", "path"), NOT_THERE)
def test_what_is_not_there_is_unknown(still: Shop, method: str, path: str, name: str) -> None:
    status, code = said_no(ask(still, method, path.format(name), GOOD if method == "PUT" else None))
    what = "Delivery" if path.startswith("deliveries/") or "after" in path else "Webhook"
    assert (status, code) in ((404, f"Unknown{what}"), (404, "UnknownPath"))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("state=lost", "InvalidField"),
        ("kind=Orderplaced", "UnknownKind"),
        ("limit=0", "InvalidField"),
        ("x=1", "UnknownField"),
    ],
)
def test_a_filter_that_can_find_nothing_is_refused(still: Shop, query: str, code: str) -> None:
    assert said_no(ask(still, "GET", f"deliveries?{query}")) == (422, code)


@pytest.mark.parametrize("path", ["webhooks", "deliveries"])
def test_a_worlds_own_key_tells_nobody(still: Shop, path: str) -> None:
    assert said_no(still.seller.get(f"{still.path}/{path}")) == (401, "InvalidKey")


def test_an_unknown_world_tells_nobody(operator: Client) -> None:
    assert said_no(operator.post("/sandbox/worlds/nowhere/webhooks", GOOD)) == (404, "UnknownWorld")


def test_a_world_has_so_many_webhooks_and_no_more(shop: Shop) -> None:
    for _ in range(WEBHOOKS_AT_MOST):
        assert ask(shop, "POST", "webhooks", GOOD | {"paused": True}).status == 201
    assert said_no(ask(shop, "POST", "webhooks", GOOD)) == (409, "TooManyWebhooks")
