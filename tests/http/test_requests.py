"""The journal over HTTP: what was asked is told by any worker, masked, explained, counted, and survives the server."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.journal.record import BODY_AT_MOST, PATH_AT_MOST
from tests.http.conftest import Worlds
from tests.server import Answer, Client, Server, Shop, problem_of, running, said_no

LONG = "x" * 10_000


def asked(shop: Shop, **filters: Any) -> list[Any]:
    """The requests in a world's journal that fit."""
    answer = shop.operator.get(f"{shop.path}/requests", filters)
    assert answer.status == 200, answer.body
    found: list[Any] = answer.json["requests"]
    return found


def last(shop: Shop) -> Any:
    return asked(shop)[-1]


def counted(shop: Shop, **filters: Any) -> Any:
    answer = shop.operator.get(f"{shop.path}/requests/count", filters)
    assert answer.status == 200, answer.body
    return answer.json


def strays(operator: Client, **filters: Any) -> list[Any]:
    """The requests of no world."""
    found: list[Any] = operator.get("/sandbox/requests", {"limit": 1000} | filters).json["requests"]
    return found


# -- what is kept


def test_a_request_is_kept_with_all_that_was_asked_and_answered(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id, {"X-Request-Id": "mine"})
    told = last(world)
    assert told.pop("duration_ms") > 0 and told.pop("wall_at") > "2020" and told.pop("request") > 1
    body = '{"carrier": "BlueDart", "tracking": "BD-1234"}'
    assert told == {
        "at": "2026-03-02T03:30:00.000Z",
        "method": "POST",
        "path": f"/v1/orders/{order_id}/shipments",
        "query": "",
        "door": "v1",
        "operation": "confirm_shipment",
        "status": 201,
        "code": None,
        "sentence": None,
        "near_miss": None,
        "body": body,
        "body_bytes": len(body),
        "body_cut": False,
        "replayed": None,
        "request_id": "mine",
    }


def test_whoever_was_answered_finds_the_request_whichever_worker_is_asked(world: Shop) -> None:
    workers = set()
    for number in range(40):
        answer = world.seller.get("/v1/settings")
        workers.add(answer.headers["x-request-id"].partition("-")[0])
        found = asked(world)
        assert [one["request_id"] for one in found][-1:] == [answer.headers["x-request-id"]] and len(
            found
        ) == number + 1
    assert len(workers) == 2


def test_requests_of_many_at_once_are_all_there(world: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(world.seller.get, ["/v1/settings"] * 100))
    found = asked(world)
    assert [one["request"] for one in found] == list(range(1, 101))
    assert {one["request_id"] for one in found} == {answer.headers["x-request-id"] for answer in answers}


def test_control_calls_on_a_world_are_there_too(world: Shop) -> None:
    world.advance("1h")
    world.operator.post(f"{world.path}/advance", {"bye": "1h"})
    told = [(one["door"], one["operation"], one["status"], one["at"]) for one in asked(world)]
    now = "2026-03-02T04:30:00.000Z"
    assert told == [("sandbox", "advance", 200, now), ("sandbox", "advance", 422, now)]


def test_reading_the_journal_is_not_in_it(world: Shop) -> None:
    asked(world)
    counted(world)
    world.operator.get(f"{world.path}/requests", {"limti": 1})
    assert asked(world) == []


def test_the_world_s_moment_is_told_also_where_another_worker_moved_it(make: Worlds) -> None:
    shop = make()
    order_id = shop.unshipped()
    for _ in range(6):
        now = shop.advance("1h")["now"]
        for _ in range(4):
            shop.seller.get(f"/v1/orders/{order_id}")
        assert [one["at"] for one in asked(shop)[-4:]] == [now] * 4


def test_a_request_sent_twice_is_told_as_replayed(world: Shop) -> None:
    order_id, once = world.unshipped(), {"Idempotency-Key": "one"}
    answers = [world.ship(order_id, once), world.ship(order_id, once), world.ship(order_id, {"Idempotency-Key": "two"})]
    found = asked(world, operation="confirm_shipment")
    assert [one["replayed"] for one in found] == [False, True, False]
    assert [(one["status"], one["code"]) for one in found] == [(201, None), (201, None), (409, "AlreadyShipped")]
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_a_refusal_that_is_replayed_keeps_its_code(world: Shop) -> None:
    for _ in range(2):
        world.seller.post(f"/v1/orders/{world.unshipped()}/cancellation", {"reason": "x"}, {"Idempotency-Key": "three"})
    found = asked(world, operation="cancel")
    assert [one["replayed"] for one in found] == [False, True] and len({one["code"] for one in found}) == 1
    assert found[0]["code"] is not None


def test_a_long_body_is_cut_and_that_is_told(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}/memo"
    world.seller.put(path, {"memo": LONG})
    world.seller.ask("PUT", path, b"\xff" * 2_000_000)
    whole, large = asked(world, operation="write_memo")
    assert (len(whole["body"]), whole["body_bytes"], whole["body_cut"]) == (BODY_AT_MOST, 10_012, True)
    assert (large["code"], large["body_bytes"]) == ("BodyTooLarge", 2_000_000)


def test_a_long_path_and_query_are_cut(world: Shop) -> None:
    world.seller.get(f"/v1/orders/{LONG}?q={LONG}")
    told = last(world)
    assert (len(told["path"]), len(told["query"])) == (PATH_AT_MOST + 1, PATH_AT_MOST + 1)


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/sandbox/health", "/sandbox/version"])
def test_pages_that_explain_and_calls_without_a_key_are_in_no_journal(operator: Client, path: str) -> None:
    before = len(strays(operator))
    assert operator.get(path).status == 200
    assert len(strays(operator)) == before


# -- secrets


def test_no_key_and_no_secret_is_kept(server: Server, world: Shop) -> None:
    path = "/v1/settings/bank-account"
    bank = {"holder": "A", "bank_code": "SAND0000777", "number": "987654321012"}
    assert world.seller.put(path, bank).status == 200
    assert world.seller.put(path, bank | {"number": 987654321012}).status == 422
    world.seller.put(path, bank | {"Password": "hush-hush"})
    world.seller.get(f"/v1/orders/{world.key}?Signature=hush-hush&q={server.operator_key}&token={world.key}")
    world.seller.ask("PUT", path, b"number=987654321012", {"Content-Type": "application/x-www-form-urlencoded"})
    Client(server.url, "sk_nobody_" + "7" * 32).get("/v1/orders?key=hush-hush")
    text = b"".join(file.read_bytes() for file in (server.folder / "worlds").glob(f".{world.name}.requests*"))
    text += (server.folder / "worlds" / ".requests.1").read_bytes()
    assert len(asked(world)) == 5 and text.count(b"***") > 6
    for secret in (world.key, server.operator_key, "hush-hush", "987654321012", "7" * 32):
        assert secret.encode() not in text


# -- near misses


NEAR: list[tuple[str, str, Any, str]] = [
    ("POST", "/v1/order/{}/shipments", {}, "met no route; nearest is POST /v1/orders/{order_id}/shipments."),
    ("POST", "/orders/{}/shipments", {}, "met no route; nearest is POST /v1/orders/{order_id}/shipments."),
    ("GET", "/v1/ordres", None, "GET /v1/ordres met no route; nearest is GET /v1/orders."),
    ("GET", "/v1/orders/", None, "GET /v1/orders/ met no route; nearest is GET /v1/orders."),
    ("DELETE", "/v1/orders/{}", None, "met a route that does not take it; nearest is GET /v1/orders/{order_id}."),
    ("GET", "/v1/orders/{}/shipments", None, "does not take it; nearest is POST /v1/orders/{order_id}/shipments."),
    ("POST", "/v1/orders/{}/shipments", {"carier": "x"}, "carier: There is no such field here. Did you mean carrier?"),
    ("POST", "/v1/orders/{}/shipments", {"carrier": "x", "trakcing": "1"}, "Did you mean tracking?"),
    ("POST", "/v1/orders/{}/shipments", {"carrier": "x", "ship_to": {"nmae": "x"}}, "Did you mean name?"),
]


@pytest.mark.parametrize(("method", "path", "body", "near"), NEAR)
def test_what_a_request_missed_is_told_with_what_was_nearest(
    states: Client, orders: dict[str, str], operator: Client, method: str, path: str, body: Any, near: str
) -> None:
    answer = states.ask(method, path.format(orders["open"]), body)
    found = operator.get("/sandbox/worlds/states/requests", {"limit": 1000}).json["requests"]
    (told,) = [one for one in found if one["request_id"] == answer.headers["x-request-id"]]
    assert answer.status >= 400 and told["near_miss"].endswith(near)


def test_an_unknown_order_is_told_with_the_one_it_is_like(world: Shop) -> None:
    order_id = world.unshipped()
    wrong = order_id[:-2] + order_id[-1] + order_id[-2] if order_id[-1] != order_id[-2] else order_id[:-1]
    world.seller.get(f"/v1/orders/{wrong}")
    assert last(world)["near_miss"] == f"There is no order {wrong} in this world; nearest is {order_id}."


def test_a_wrong_content_type_is_told_with_the_right_one(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}/shipments"
    world.seller.ask("POST", path, b'{"carrier": "x"}', {"Content-Type": "application/x-www-form-urlencoded"})
    told = last(world)
    assert (told["code"], told["body"]) == ("UnsupportedMediaType", '{"carrier": "x"}')
    assert told["near_miss"] == "The body is application/x-www-form-urlencoded. Send application/json."


@pytest.mark.parametrize("path", ["/nothing/like/it", f"/{LONG}", "/x/y/z/" + "9" * 5_000])
def test_what_is_like_nothing_has_no_near_miss(world: Shop, path: str) -> None:
    world.seller.get(path)
    assert (last(world)["code"], last(world)["near_miss"]) == ("UnknownPath", None)


def test_a_long_path_is_not_told_in_full(world: Shop) -> None:
    world.seller.get("/v1/orders/" + "9" * 5_000 + "/shipment")
    told = last(world)["near_miss"]
    assert "…" in told and len(told) < 300


# -- found and counted


@pytest.fixture(scope="module")
def busy(operator: Client) -> Shop:
    """A world of which a few things were asked."""
    shop = Shop(operator, name="asked-much", history_days=1)
    order_id = shop.unshipped()  # 1
    shop.ship(order_id)  # 2
    shop.ship(order_id)  # 3, refused
    shop.advance("1h")  # 4
    shop.seller.get("/v1/order")  # 5, no route
    shop.cancel(order_id)  # 6, refused
    shop.seller.get(f"/v1/orders/{order_id}")  # 7
    return shop


FOUND: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3, 4, 5, 6, 7]),
    ({"method": "post"}, [2, 3, 4, 6]),
    ({"method": ["GET", "PUT"]}, [1, 5, 7]),
    ({"path": "/v1/orders"}, [1, 2, 3, 6, 7]),
    ({"path": "/v1/orders/*/shipments"}, [2, 3]),
    ({"operation": ["confirm_shipment", "cancel"]}, [2, 3, 6]),
    ({"status": "4xx"}, [3, 5, 6]),
    ({"status": ["201", "404"]}, [2, 5]),
    ({"code": "AlreadyShipped"}, [3, 6]),
    ({"door": "sandbox"}, [4]),
    ({"body_contains": "BlueDart"}, [2, 3]),
    ({"since": "2026-03-02T04:30:00Z"}, [4, 5, 6, 7]),
    ({"after": 5}, [6, 7]),
    ({"after": 10**9}, []),
    ({"limit": 2, "method": "GET"}, [1, 5]),
    ({"method": "POST", "status": "2xx", "door": "v1"}, [2]),
    ({"body_contains": LONG}, []),
    ({"path": "/" + "a*" * 900}, []),
]


@pytest.mark.parametrize(("filters", "numbers"), FOUND)
def test_requests_are_found_by_what_was_asked(busy: Shop, filters: dict[str, Any], numbers: list[int]) -> None:
    assert [one["request"] for one in asked(busy, **filters)] == numbers
    assert counted(busy, **{k: v for k, v in filters.items() if k != "limit"})["count"] >= len(numbers)


def test_pages_lead_on_to_the_end(busy: Shop) -> None:
    numbers, after = [], 0
    while page := (told := busy.operator.get(f"{busy.path}/requests", {"after": after, "limit": 3}).json)["requests"]:
        numbers += [one["request"] for one in page]
        after = told["last"]
    assert numbers == [1, 2, 3, 4, 5, 6, 7] and (told["first_kept"], told["kept_at_most"]) == (1, 10_000)


def test_whoever_asks_on_with_filters_is_led_past_what_does_not_fit(busy: Shop) -> None:
    assert busy.operator.get(f"{busy.path}/requests", {"method": "PUT"}).json["last"] == 7


def test_where_none_fits_the_nearest_are_told_with_what_they_fail(busy: Shop) -> None:
    told = counted(busy, method="POST", path="/v1/orders/*/shipments", status="409", code="OrderPending")
    near = told["near_misses"][0]
    assert (told["count"], told["of"], near["request"]["request"]) == (0, 7, 3)
    assert near["failed"] == [{"filter": "code", "wanted": "OrderPending", "was": "AlreadyShipped"}]


def test_where_one_fits_no_near_miss_is_told(busy: Shop) -> None:
    assert counted(busy, status=404) == {"count": 1, "of": 7, "near_misses": []}


def test_a_near_miss_is_explained(busy: Shop) -> None:
    (miss,) = counted(busy, method="GET", path="/v1/order", code="UnknownOrder", after=4)["near_misses"][:1]
    assert miss["request"]["near_miss"] == "GET /v1/order met no route; nearest is GET /v1/orders."


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"operation": "confirm_shipmant"}, "UnknownOperation", "Did you mean confirm_shipment?"),
    ({"operation": "x" * 101}, "InvalidField", "operation"),
    ({"status": "ok"}, "InvalidField", "'ok'"),
    ({"status": "9xx"}, "InvalidField", "'9xx'"),
    ({"door": "back"}, "InvalidField", "'back'"),
    ({"path": LONG}, "InvalidField", "path"),
    ({"path": ""}, "InvalidField", "path"),
    ({"body_contains": "x" * 20_001}, "InvalidField", "body_contains"),
    ({"since": "soon"}, "InvalidField", "'soon'"),
    ({"after": -1}, "InvalidField", "after"),
    ({"paht": "/v1"}, "UnknownField", "Did you mean path?"),
]


@pytest.mark.parametrize(("filters", "code", "said"), REFUSED)
@pytest.mark.parametrize("what", ["requests", "requests/count"])
def test_a_filter_that_is_none_is_refused(busy: Shop, filters: dict[str, Any], code: str, said: str, what: str) -> None:
    answer = busy.operator.get(f"{busy.path}/{what}", filters)
    assert said_no(answer) == (422, code) and said in problem_of(answer)["detail"]


@pytest.mark.parametrize("what", ["requests", "requests/count"])
def test_a_world_that_is_not_there_has_no_journal(operator: Client, what: str) -> None:
    assert said_no(operator.get(f"/sandbox/worlds/nowhere/{what}")) == (404, "UnknownWorld")


@pytest.mark.parametrize("path", ["/sandbox/requests", "/sandbox/worlds/still/requests"])
def test_a_world_s_key_reads_no_journal(still: Shop, path: str) -> None:
    assert said_no(still.seller.get(path)) == (401, "InvalidKey")


# -- whose they are


def test_what_came_without_a_good_key_is_in_the_operator_s_own_journal(server: Server, world: Shop) -> None:
    path = f"/v1/orders?q={world.name}"
    refused = [Client(server.url, key).get(path) for key in ("", "sk_" + world.name + "_" + "0" * 32)]
    refused.append(Client(server.url, world.key).get(f"/sandbox/worlds/{world.name}/facts"))
    found = {one["request_id"]: one for one in strays(world.operator)}
    told = [found[answer.headers["x-request-id"]] for answer in refused]
    assert [(one["status"], one["code"], one["at"]) for one in told] == [
        (401, "NoKey", None),
        (401, "InvalidKey", None),
        (401, "InvalidKey", None),
    ]
    assert asked(world) == []


def test_what_is_asked_about_all_worlds_is_the_operator_s(operator: Client) -> None:
    answer = operator.get("/sandbox/worlds")
    assert strays(operator)[-1]["request_id"] == answer.headers["x-request-id"]


def test_the_operator_s_key_with_a_world_s_name_is_of_that_world(server: Server, world: Shop) -> None:
    world.operator.get("/v1/settings", headers={"X-Sandbox-World": world.name})
    assert last(world)["operation"] == "read_settings"


def test_a_journal_is_emptied_and_its_numbers_run_on(world: Shop) -> None:
    for _ in range(3):
        world.seller.get("/v1/settings")
    emptied = world.operator.delete(f"{world.path}/requests")
    assert (emptied.status, asked(world)) == (204, [])
    for _ in range(8):  # by either worker
        world.seller.get("/v1/settings")
    numbers = [one["request"] for one in asked(world)]
    assert len(numbers) == 8 and numbers[0] > 3 and numbers == sorted(set(numbers))


def test_copies_of_a_world_begin_without_its_requests(operator: Client, world: Shop) -> None:
    world.ship(world.unshipped())
    forked: Answer = operator.post(f"{world.path}/forks", {})
    path = f"/sandbox/worlds/{forked.json['name']}"
    copied = world.operator.get(f"{world.path}/file").body
    assert operator.get(f"{path}/requests").json["requests"] == []
    assert b"confirm_shipment" in copied and b"/shipments" not in copied  # the rule of its fact, and not what was asked
    operator.delete(path)


def test_a_world_of_the_same_name_begins_anew(make: Worlds) -> None:
    for _ in range(2):
        shop = make(name="namesake", history_days=0)
        shop.seller.get("/v1/settings")
        assert [one["request"] for one in asked(shop)] == [1]
        shop.operator.delete(shop.path)


# -- the server


def test_the_journal_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        shop = Shop(server.operator(), history_days=0)
        for _ in range(5):
            shop.seller.get("/v1/settings")
        before = asked(shop)
        server.kill()
        server.start()
        shop.reached_at(server)
        assert asked(shop) == before and len(before) == 5
        shop.seller.get("/v1/settings")
        assert last(shop)["request"] == 6


def test_a_server_may_keep_none(tmp_path: Path) -> None:
    with running(tmp_path, "--no-journal") as server:
        shop = Shop(server.operator(), history_days=0)
        assert shop.seller.get("/v1/settings").status == 200
        for path in (f"{shop.path}/requests", f"{shop.path}/requests/count", "/sandbox/requests"):
            said = problem_of(shop.operator.get(path))
            assert (said["status"], said["code"]) == (409, "JournalOff") and "--no-journal" in said["detail"]
        assert not list((tmp_path / "worlds").glob(".*requests*"))
