"""What a client may get wrong: each is told as a problem, and leaves no trace."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from sandbox import BANNER
from tests.server import Answer, Client, Shop, problem_of, said_no

MEGABYTE = 1_048_576
SHORT = 2_000
"""Bytes that an answer to nonsense may have; whoever sends a megabyte does not want it back."""


@pytest.fixture
def memo(orders: dict[str, str]) -> str:
    """The path of an order's memo: a body of one text."""
    return f"/v1/orders/{orders['open']}/memo"


# -- what is not there

UNKNOWN = [
    ("GET", "/v1/orders/402-0000000-0000000", "UnknownOrder", "402-0000000-0000000"),
    ("GET", "/v1/orders/nonsense", "UnknownOrder", "nonsense"),
    ("POST", "/v1/orders/402-0000000-0000000/shipments", "UnknownOrder", "402-0000000-0000000"),
    ("POST", "/v1/orders/402-0000000-0000000/cancellation", "UnknownOrder", "402-0000000-0000000"),
    ("POST", "/v1/orders/402-0000000-0000000/messages", "UnknownOrder", "402-0000000-0000000"),
    ("PUT", "/v1/orders/402-0000000-0000000/memo", "UnknownOrder", "402-0000000-0000000"),
    ("GET", "/v1/orders/402-0000000-0000000/packing-slip", "UnknownOrder", "402-0000000-0000000"),
    ("GET", "/v1/threads?order_id=402-0000000-0000000", "UnknownOrder", "402-0000000-0000000"),
    ("GET", "/v1/messages?order_id=402-0000000-0000000", "UnknownOrder", "402-0000000-0000000"),
    ("GET", "/v1/threads/999999", "UnknownThread", "999999"),
    ("POST", "/v1/threads/999999/replies", "UnknownThread", "999999"),
    ("GET", "/v1/messages/999999", "UnknownMessage", "999999"),
    ("POST", "/v1/messages/999999/no-response-needed", "UnknownMessage", "999999"),
    ("GET", "/v1/nonsense", "UnknownPath", "/v1/nonsense"),
    ("GET", "/v1/orders/", "UnknownPath", "/v1/orders/"),
    ("GET", "/v1/threads/abc", "UnknownPath", "/v1/threads/abc"),
    ("GET", "/v2/orders", "UnknownPath", "/v2/orders"),
]
BODIES: dict[str, Any] = {
    "shipments": {"carrier": "DTDC"},
    "cancellation": {"reason": "NoInventory"},
    "messages": {"subject": "Other", "text": "x"},
    "memo": {"memo": "x"},
    "replies": {"text": "x"},
}


@pytest.mark.parametrize(("method", "path", "code", "value"), UNKNOWN)
def test_what_is_not_there_is_told_by_its_name(states: Client, method: str, path: str, code: str, value: str) -> None:
    body = None if method == "GET" else BODIES.get(path.rpartition("/")[2])
    said = problem_of(states.ask(method, path, body))
    assert (said["status"], said["code"]) == (404, code) and value in said["detail"]


@pytest.mark.parametrize("path", ["", "/advance", "/freeze", "/rate", "/desks/inbox", "/facts"])
def test_a_world_that_is_not_there_is_told_by_its_name(operator: Client, path: str) -> None:
    body = {"/advance": {"by": "1d"}, "/rate": {"rate": 1}, "/desks/inbox": {"played_by": "script"}}.get(path)
    method = {"/desks/inbox": "PUT", "/facts": "GET", "": "GET"}.get(path, "POST")
    said = problem_of(operator.ask(method, f"/sandbox/worlds/nowhere{path}", body))
    assert (said["status"], said["code"]) == (404, "UnknownWorld")
    assert "There is no world 'nowhere'. There are: " in said["detail"]


def test_of_many_worlds_a_refusal_names_a_few(operator: Client, make: Any) -> None:
    for _ in range(11):
        make(history_days=0)
    count = len(operator.get("/sandbox/worlds").json["worlds"])
    detail = problem_of(operator.delete("/sandbox/worlds/nowhere"))["detail"]
    assert detail.count(", ") == 9 and detail.endswith(f" and {count - 10} more.")


IDS = ["%00", "a%0Ab", "%1b[2J", "..%2f..%2fetc%2fpasswd", "..", "%F0%9F%AB%96", "%ff%fe", "x" * 10_000, "'--", "%25"]


@pytest.mark.parametrize("order_id", IDS)
def test_an_id_of_any_characters_is_not_there_and_nothing_else(states: Client, order_id: str) -> None:
    answer = states.get(f"/v1/orders/{order_id}")
    assert said_no(answer)[0] == 404 and len(answer.body) < SHORT


@pytest.mark.parametrize("name", [*IDS, "-a", "A", "a_b", "a" * 41])
def test_a_world_name_of_any_characters_is_not_there_or_no_name(operator: Client, name: str) -> None:
    answer = operator.get(f"/sandbox/worlds/{name}")
    assert said_no(answer) in ((404, "UnknownPath"), (404, "UnknownWorld"), (422, "InvalidName"))


@pytest.mark.parametrize("digits", [19, 100, 4_400, 10_000])
def test_a_number_of_any_length_is_no_thread(states: Client, digits: int) -> None:
    assert said_no(states.get(f"/v1/threads/{'9' * digits}"))[0] in (404, 422)


# -- fields

FIELDS = [
    ("/v1/orders?sort=up", "UnknownField", "sort"),
    ("/v1/orders?status=Lost", "InvalidField", "'Lost'"),
    ("/v1/orders?view=test", "InvalidField", "'test'"),
    ("/v1/orders?limit=0", "InvalidField", "'0'"),
    ("/v1/orders?limit=101", "InvalidField", "'101'"),
    ("/v1/orders?limit=ten", "InvalidField", "'ten'"),
    ("/v1/orders?limit=1.5", "InvalidField", "'1.5'"),
    ("/v1/orders?placed_from=yesterday", "InvalidField", "'yesterday'"),
    ("/v1/orders?placed_before=2026-13-01", "InvalidField", "'2026-13-01'"),
    ("/v1/orders?placed_before=1969-12-31", "InvalidField", "'1969-12-31'"),
    ("/v1/orders?cursor=nonsense", "UnknownCursor", "'nonsense'"),
    ("/v1/orders?cursor=-1.1", "UnknownCursor", "'-1.1'"),
    ("/v1/orders?q=a+b+c+d+e+f+g+h+i", "TooManyWords", "9"),
    ("/v1/orders?q=" + "x" * 201, "InvalidField", "xxx"),
    ("/v1/threads?waiting=perhaps", "InvalidField", "'perhaps'"),
    ("/v1/threads?cursor=1", "UnknownCursor", "'1'"),
    ("/v1/messages?cursor=%00", "UnknownCursor", "x00"),
    ("/v1/messages?order=1", "UnknownField", "order"),
]


@pytest.mark.parametrize(("path", "code", "value"), FIELDS)
def test_a_query_that_does_not_fit_is_told_with_its_value(states: Client, path: str, code: str, value: str) -> None:
    said = problem_of(states.get(path))
    assert (said["status"], said["code"]) == (422, code) and value in said["detail"]


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/metrics/cancellation", "/v1/settings"])
def test_a_query_that_nothing_here_takes_is_told(states: Client, path: str) -> None:
    assert said_no(states.get(path, {"viev": "sandbox"})) == (422, "UnknownField")


@pytest.mark.parametrize(
    ("name", "sentence"), [("form", "Did you mean from?"), ("until", "/docs tells"), ("since", "/docs tells")]
)
def test_the_nearest_name_is_one_that_requests_may_give(states: Client, name: str, sentence: str) -> None:
    said = problem_of(states.get("/v1/reserve/history", {name: "2026-02-01"}))
    assert said["code"] == "UnknownField" and sentence in said["detail"] and f"mean {name}?" not in said["detail"]


def test_a_metric_that_is_not_there_is_told_with_those_there_are(states: Client) -> None:
    said = problem_of(states.get("/v1/metrics/luck"))
    assert "'luck'" in said["detail"] and "late-shipment" in said["detail"]


BODY_FIELDS: list[tuple[str, Any, str, str]] = [
    ("shipments", {}, "InvalidField", "carrier"),
    ("shipments", {"carier": "DTDC"}, "UnknownField", "Did you mean carrier?"),
    ("shipments", {"carrier": 5}, "InvalidField", "(it is 5)"),
    ("shipments", {"carrier": None}, "InvalidField", "(it is null)"),
    ("shipments", {"carrier": "DTDC", "items": []}, "InvalidField", "(it is an array)"),
    ("shipments", {"carrier": "DTDC", "items": {"1": "2"}}, "InvalidField", "'2'"),
    ("shipments", {"carrier": "DTDC", "items": {"1": 1.5}}, "InvalidField", "1.5"),
    ("shipments", {"carrier": "DTDC", "items": {"1": True}}, "InvalidField", "True"),
    ("shipments", {"carrier": "DTDC", "shipped_at": "soon"}, "InvalidField", "'soon'"),
    ("shipments", {"carrier": "DTDC", "shipped_at": 1772163000}, "InvalidField", "1772163000"),
    ("shipments", {"carrier": "DTDC", "ship_to": {"name": "A"}}, "InvalidField", "ship_to.line1"),
    ("shipments", {"carrier": "DTDC", "ship_to": "home"}, "InvalidField", "ship_to"),
    ("shipments", {"carrier": "DTDC", "method": "x" * 61}, "InvalidField", "method"),
    ("cancellation", {"reason": ["NoInventory"]}, "InvalidField", "reason"),
    ("memo", {"memo": "x", "note": "y"}, "UnknownField", "note"),
    ("memo", {"memo": "x" * 20_001}, "InvalidField", "memo"),
    ("messages", {"subject": "Other"}, "InvalidField", "text"),
]


@pytest.mark.parametrize(("what", "body", "code", "value"), BODY_FIELDS)
def test_a_body_that_does_not_fit_is_told_field_by_field(
    states: Client, orders: dict[str, str], what: str, body: Any, code: str, value: str
) -> None:
    method = "PUT" if what == "memo" else "POST"
    said = problem_of(states.ask(method, f"/v1/orders/{orders['open']}/{what}", body))
    assert (said["status"], said["code"]) == (422, code) and value in said["detail"]
    assert [error["field"] for error in said["errors"]]


def test_an_amount_that_is_no_number_is_one_error_under_its_own_name(states: Client, orders: dict[str, str]) -> None:
    wrong = {"12345678901234": "5", "12345678901235": None, "12345678901236": True}
    body = {"reason": "Other", "items": wrong}
    said = problem_of(states.post(f"/v1/orders/{orders['shipped']}/refunds", body))
    told = {error["field"]: error["sentence"] for error in said["errors"]}
    shown = ("'5'", "null", "True")
    assert told == {
        f"items.{key}": f"Input should be a number (it is {it})." for key, it in zip(wrong, shown, strict=True)
    }


NONSENSE: list[tuple[str, str, Any]] = [
    ("POST", "/v1/orders/{open}/cancellation", {"reason": "x" * 19_000}),
    ("POST", "/v1/orders/{open}/messages", {"subject": "x" * 19_000, "text": "x"}),
    ("POST", "/v1/orders/{open}/shipments", {"carrier": "x" * 19_000}),
    ("POST", "/v1/orders/{open}/shipments", {"carrier": "DTDC", "shipped_at": "x" * 100_000}),
    ("POST", "/v1/orders/{open}/shipments", {"carrier": "DTDC", "shipped_at": {"x": "y" * 100_000}}),
    ("POST", "/v1/orders/{open}/shipments", {"carrier": "DTDC", "items": {"9" * 19_000: 1}}),
    ("PUT", "/v1/orders/{open}/memo", {str(number): number for number in range(5_000)}),
    ("PUT", "/v1/settings", {"notification_addresses": [1] * 5_000}),
    ("GET", "/v1/orders?placed_from=" + "x" * 10_000, None),
    ("GET", "/v1/orders?" + "x" * 10_000 + "=1", None),
    ("GET", "/v1/threads?cursor=" + "x" * 10_000, None),
    ("GET", "/v1/" + "x" * 10_000, None),
    ("GET", "/v1/metrics/" + "x" * 10_000, None),
]


@pytest.mark.parametrize(("method", "path", "body"), NONSENSE)
def test_the_answer_to_nonsense_is_short(
    states: Client, orders: dict[str, str], method: str, path: str, body: Any
) -> None:
    answer = states.ask(method, path.format(**orders), body)
    assert said_no(answer)[0] in (404, 422) and len(answer.body) < SHORT


# -- bodies

NOT_JSON = [b"{", b"hello", b'{"memo": "x"', b'{"memo": "\xff\xfe"}', b'{"memo": NaN}', b'{"memo": Infinity}', b"\0"]
NOT_JSON += [
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"memo": 1e999}',
    b"\xef\xbb\xbf{}",
    '{"memo": "x"}'.encode("utf-16"),
]
NOT_JSON += [b'{"memo": "\\ud800"}', b"{'memo': 'x'}", b'{"memo": "x"} {}', b'{"memo": ' + b"9" * 10_000 + b"}"]


@pytest.mark.parametrize("body", NOT_JSON, ids=range(len(NOT_JSON)))
def test_a_body_that_is_no_json_is_refused(states: Client, memo: str, body: bytes) -> None:
    assert said_no(states.put(memo, body)) in ((400, "NotJson"), (422, "InvalidField"))


NO_OBJECT = [
    (b"[]", "an array"),
    (b'"x"', "a string"),
    (b"1", "a number"),
    (b"1.5", "a number"),
    (b"null", "null"),
    (b"true", "true or false"),
    (b"[" * 500 + b"]" * 500, "an array"),
]


@pytest.mark.parametrize(("body", "kind"), NO_OBJECT)
def test_a_body_that_is_no_object_is_refused_and_told_what_it_is(
    states: Client, memo: str, body: bytes, kind: str
) -> None:
    said = problem_of(states.put(memo, body))
    assert (said["status"], said["code"]) == (400, "NotJson") and f"JSON, but {kind}. Send" in said["detail"]


def test_an_empty_body_is_told(states: Client, memo: str) -> None:
    assert said_no(states.put(memo, b""))[1] == "NoBody"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_a_body_of_another_kind_is_refused(states: Client, memo: str, kind: str) -> None:
    assert said_no(states.put(memo, {"memo": "x"}, {"Content-Type": kind})) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"])
def test_json_is_taken_however_its_kind_is_written(states: Client, memo: str, kind: str) -> None:
    assert states.put(memo, {"memo": ""}, {"Content-Type": kind}).status == 200


def test_a_body_of_a_megabyte_is_read(states: Client, memo: str) -> None:
    body = b'{"memo": ""' + b" " * (MEGABYTE - 12) + b"}"
    assert states.put(memo, body).status == 200


def test_a_body_over_a_megabyte_is_refused(states: Client, memo: str) -> None:
    body = b'{"memo": ""' + b" " * (MEGABYTE - 11) + b"}"
    said = problem_of(states.put(memo, body))
    assert (said["status"], said["code"]) == (413, "BodyTooLarge")
    assert f"has {MEGABYTE + 1} bytes; it may have {MEGABYTE} bytes." in said["detail"]


def chunks(pieces: int) -> Iterator[bytes]:
    """A body sent in pieces of 64 KiB, without its length: JSON, if it were not so long."""
    yield b'{"memo": ""'
    for _ in range(pieces):
        yield b" " * 65_536
    yield b"}"


def test_a_body_in_chunks_is_read(states: Client, memo: str) -> None:
    assert states.put(memo, chunks(2)).status == 200


@pytest.mark.parametrize("pieces", [16, 17, 160])
def test_a_body_in_chunks_over_a_megabyte_is_refused(states: Client, memo: str, pieces: int) -> None:
    assert said_no(states.put(memo, chunks(pieces))) == (413, "BodyTooLarge")


def test_a_large_body_in_chunks_without_a_model_breaks_nothing(make: Any) -> None:
    shop = make(history_days=0)
    answer = shop.operator.ask("POST", f"{shop.path}/freeze", chunks(20), {"Idempotency-Key": "one"})
    assert answer.status in (200, 413)


# -- methods and headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/orders"), ("GET", "/v1/threads/1/replies"), ("PATCH", "/v1/settings"), ("BREW", "/v1/orders")],
)
def test_another_method_is_refused(states: Client, method: str, path: str) -> None:
    said = problem_of(states.ask(method, path))
    assert (said["status"], said["code"]) == (405, "MethodNotAllowed") and method in said["detail"]


def test_a_refused_method_comes_with_those_that_work(states: Client) -> None:
    allowed = states.ask("PATCH", "/v1/settings").headers.get("allow", "")
    assert {"GET", "PUT"} <= {method.strip() for method in allowed.split(",")}


PATHS = [
    "/",
    "/docs",
    "/openapi.json",
    "/sandbox/health",
    "/sandbox/version",
    "/v1/orders",
    "/v1/settings",
    "/v1/metrics",
]


@pytest.mark.parametrize("path", PATHS)
def test_head_tells_what_get_would_without_the_body(states: Client, path: str) -> None:
    head, got = states.ask("HEAD", path), states.get(path)
    assert (head.status, head.body, head.headers["content-type"]) == (got.status, b"", got.headers["content-type"])


@pytest.mark.parametrize("path", PATHS)
def test_options_tells_the_methods(states: Client, path: str) -> None:
    answer = states.ask("OPTIONS", path)
    assert answer.status == 200 and "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["//v1/orders", "/v1//orders", "/v1/./orders", "/v1/../v1/orders", "/v1/orders;x=1"])
def test_a_path_written_otherwise_breaks_nothing(states: Client, path: str) -> None:
    assert states.get(path).status in (200, 301, 308, 404)


@pytest.mark.parametrize("given", ["abc", "A-1_b.c", "9" * 64])
def test_a_requests_own_id_comes_back(states: Client, given: str) -> None:
    assert states.get("/v1/orders", headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "9" * 65, "a b", "<script>", "é", "a;b", "${jndi}"])
def test_an_id_that_is_none_is_replaced(states: Client, given: str) -> None:
    told = states.get("/v1/orders", headers={"X-Request-Id": given}).headers["x-request-id"]
    assert told and told != given and told.isascii()


def test_a_problem_bears_the_requests_id(states: Client) -> None:
    assert problem_of(states.get("/v1/nothing", headers={"X-Request-Id": "mine"}))["request_id"] == "mine"


@pytest.mark.parametrize("path", [*PATHS, "/v1/nothing", "/docs/scalar.js", "/v1/orders?limit=x", "/sandbox/worlds"])
def test_every_answer_says_what_this_is_not(states: Client, path: str) -> None:
    assert states.get(path).headers["x-sandbox"] == BANNER


def test_an_unchanged_answer_says_what_this_is_not(states: Client) -> None:
    known = {"If-None-Match": states.get("/v1/settings").headers["etag"]}
    assert states.get("/v1/settings", headers=known).headers["x-sandbox"] == BANNER


def test_a_deleted_world_says_what_this_is_not(make: Any) -> None:
    shop = make(history_days=0)
    assert shop.operator.delete(shop.path).headers["x-sandbox"] == BANNER


def test_one_connection_serves_after_a_refusal(states: Client, memo: str) -> None:
    found: list[int] = []
    with closing(HTTPConnection(urlsplit(states.url).netloc, timeout=30)) as connection:
        for key, body in ((states.key, b"{"), ("x", b'{"memo": ""}'), (states.key, b'{"memo": ""}')):
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            connection.request("PUT", memo, body, headers)
            response = connection.getresponse()
            response.read()
            found.append(response.status)
    assert found == [400, 401, 200]


# -- traces


def trace(shop: Shop, answer: Answer, facts: list[Any]) -> list[str]:
    """The kinds of facts that came with a refused request."""
    assert answer.status >= 400
    return [fact["kind"] for fact in shop.facts(after=facts[-1]["fact"])]


def test_what_the_doors_turn_down_leaves_no_trace(world: Shop) -> None:
    before = world.facts()
    order_id = quote(world.unshipped())
    answer = world.seller.post(f"/v1/orders/{order_id}/shipments", {"carrier": 5})
    assert trace(world, answer, before) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("cancellation", {"reason": "Tired"}),
        ("shipments", {"carrier": ""}),
        ("messages", {"subject": "Other", "text": "<b>x</b>"}),
    ],
)
def test_what_a_rule_refuses_is_on_record_and_nothing_else(world: Shop, path: str, body: Any) -> None:
    before = world.facts()
    answer = world.seller.post(f"/v1/orders/{world.unshipped()}/{path}", body)
    assert trace(world, answer, before) == ["ActionRefused"]


def test_the_record_of_a_refusal_tells_who_tried_what(world: Shop) -> None:
    world.seller.post(f"/v1/orders/{world.unshipped()}/cancellation", {"reason": "Tired"})
    (fact,) = world.facts("ActionRefused")
    assert (fact["by"], fact["body"]["tried"], fact["body"]["code"]) == (
        "seller via api",
        "orders.cancel",
        "UnknownReason",
    )


def test_a_refusal_leaves_the_order_the_lists_and_the_rates_as_they_were(world: Shop) -> None:
    order_id = world.unshipped()

    def seen() -> list[Any]:
        return [world.order(order_id), world.orders(), world.seller.get("/v1/metrics").json]

    before = seen()
    world.ship(order_id, tracking="!!")
    world.cancel(order_id, "Tired")
    assert seen() == before
