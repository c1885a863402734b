"""The OpenAPI document is valid, whole and true; its page works without the Internet."""

from collections import Counter
from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from playwright.sync_api import sync_playwright
from pydantic import BaseModel

from sandbox import BANNER
from sandbox.api.app import create_app
from sandbox.api.asked import Answered, Body
from sandbox.api.auth import Operated
from tests.http.conftest import Worlds
from tests.http.quarrel import Quarrel
from tests.server import Client, Server, Shop

NO_API = {"/", "/docs", "/docs/scalar.js", "/openapi.json"}
METHODS = {"get", "post", "put", "delete"}
SETTINGS = ("account-info", "bank-account", "logo", "shipping-rates", "return-url", "policies")


@pytest.fixture(scope="module")
def document(server: Server) -> Any:
    """What /openapi.json tells."""
    return Client(server.url).get("/openapi.json").json


def operations(document: Any) -> dict[tuple[str, str], Any]:
    """Every operation by method and path."""
    return {
        (method, path): told
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if method in METHODS
    }


def test_the_document_is_valid_openapi_31(document: Any) -> None:
    assert document["openapi"].startswith("3.1") and not list(OpenAPIV31SpecValidator(document).iter_errors())


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The application itself, over no worlds."""
    return create_app(Operated(tmp_path, "no key", key_was_set=False))


def routes(app: Flask) -> dict[tuple[str, str], Callable[..., Any]]:
    """The view of every operation by method and path."""
    return {
        (method.lower(), str(rule).replace("<int:", "<").replace("<", "{").replace(">", "}")): view
        for rule in app.url_map.iter_rules()
        for view in [app.view_functions[rule.endpoint]]
        for method in rule.methods or ()
        if method.lower() in METHODS and str(rule) not in NO_API
    }


def test_every_route_of_the_app_is_documented(document: Any, app: Flask) -> None:
    assert set(routes(app)) == set(operations(document))


def test_every_operation_says_what_it_does(document: Any) -> None:
    assert not [where for where, told in operations(document).items() if not told["summary"] or not told["description"]]


def test_every_operation_has_its_own_name_and_room(document: Any) -> None:
    found = operations(document).values()
    assert len({told["operationId"] for told in found}) == len(found) and all(told["tags"] for told in found)


def test_every_operation_says_what_a_refusal_looks_like(document: Any) -> None:
    kinds = {kind for told in operations(document).values() for kind in told["responses"]["default"]["content"]}
    assert kinds == {"application/problem+json"}


def test_every_operation_answers_with_what_it_promises(document: Any) -> None:
    made = {("post", "/sandbox/worlds"), ("post", "/v1/orders/{order_id}/shipments")}
    assert all("201" in operations(document)[where]["responses"] for where in made)


def test_only_health_and_version_need_no_key(document: Any) -> None:
    open_to_all = {path for (_, path), told in operations(document).items() if told.get("security") == []}
    assert document["security"] == [{"key": []}] and open_to_all == {"/sandbox/health", "/sandbox/version"}


def test_the_document_says_what_this_is_not(document: Any) -> None:
    assert BANNER in document["info"]["description"]


# -- the models are as documented


def models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """All models of a kind, in whatever room."""
    for model in kind.__subclasses__():
        yield model
        yield from models(model)


def test_no_two_models_of_bodies_and_answers_share_a_name(app: Flask) -> None:
    names = Counter(model.__name__ for kind in (Body, Answered) for model in models(kind))
    assert len(names) > 100 and [name for name, count in names.items() if count > 1] == []


def documented(document: Any, told: Any) -> set[str] | None:
    """The fields of an operation's body; None where it has none."""
    if "requestBody" not in told:
        return None
    name = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return set(document["components"]["schemas"][name]["properties"])


def checked(view: Callable[..., Any]) -> set[str] | None:
    """The fields that a view's model takes; None where it takes no body."""
    asked = signature(view).parameters.get("body")
    return set(asked.annotation.model_fields) if asked else None


def test_every_body_is_documented_with_the_fields_that_are_checked(document: Any, app: Flask) -> None:
    told = {where: documented(document, operation) for where, operation in operations(document).items()}
    assert told == {where: checked(view) for where, view in routes(app).items()}


# -- the answers are as documented


def schema_of(document: Any, method: str, path: str, status: str) -> dict[str, Any]:
    content = operations(document)[method, path]["responses"][status]["content"]
    (kind,) = content.values()
    return {**kind["schema"], "components": document["components"]}


def told_wrong(document: Any, method: str, path: str, status: str, answer: Any) -> list[str]:
    """Where an answer is not what its schema says."""
    validator = Draft202012Validator(schema_of(document, method, path, status))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(answer)]


@pytest.fixture(scope="module")
def toured(operator: Client, server: Server) -> Shop:
    """A world in which everything is there: parcels delivered, orders ended, threads answered and waiting."""
    shop = Shop(operator, name="toured", history_days=9)
    elsewhere = {"name": "A", "line1": "1", "city": "Pune", "state": "MH", "postal_code": "411001"}
    shop.ship(shop.unshipped(), ship_to=elsewhere)
    shop.cancel(shop.unshipped())
    order_id = shop.several()
    shop.ship(order_id, items={shop.order(order_id)["items"][0]["item_id"]: 1})
    shop.seller.post(f"/v1/orders/{order_id}/refunds", {"reason": "Other", "shipping_minor": 100})
    shop.seller.post("/v1/cases", {"subject": "Orders", "text": "Where is it?", "order_id": order_id})
    shop.seller.post("/v1/metrics/review")
    quarrel = Quarrel(shop, server)
    quarrel.claim()
    quarrel.chargeback()
    quarrel.rated()
    shop.advance("39d")
    operator.post(f"{shop.path}/snapshots", {"name": "was"})
    operator.post(f"{shop.path}/webhooks", {"url": "http://127.0.0.1:9/", "kinds": ["*"]})
    operator.post(f"{shop.path}/simulations/orders/place", {})
    shop.ship(shop.unshipped())
    shop.seller.post("/v1/cases/1/read")
    return shop


def tour(shop: Shop) -> list[tuple[str, str, Client]]:
    """All GET routes, with real paths."""
    order, message = shop.orders()[0], shop.seller.get("/v1/messages").json["messages"][0]
    names = {"order_id": shop.orders(status="Shipped")[0]["order_id"], "name": shop.name, "case": 1, **message}
    native = ["/v1/orders", "/v1/orders/{order_id}", "/v1/orders/{order_id}/packing-slip", "/v1/threads"]
    native += ["/v1/orders/{order_id}/history", "/v1/orders/{order_id}/shipments/{package}/tracking"]
    native += ["/v1/threads/{thread}", "/v1/messages", "/v1/messages/{message}", "/v1/metrics", "/v1/settings"]
    native += [f"/v1/settings/{group}" for group in SETTINGS] + ["/v1/checklist", "/v1/cases", "/v1/cases/{case}"]
    control = ["/sandbox/worlds", "/sandbox/worlds/{name}", "/sandbox/worlds/{name}/facts", "/sandbox/scenarios"]
    control += ["/sandbox/simulations", "/sandbox/requests"]
    control += ["/sandbox/worlds/{name}/requests", "/sandbox/worlds/{name}/requests/count"]
    control += ["/sandbox/health", "/sandbox/version"]
    control += ["/sandbox/worlds/{name}/snapshots", "/sandbox/worlds/{name}/snapshots/{snapshot}"]
    compared = "/sandbox/worlds/{name}/differences"
    control += ["/sandbox/worlds/{name}/webhooks", "/sandbox/worlds/{name}/webhooks/{webhook}"]
    control += ["/sandbox/worlds/{name}/deliveries", "/sandbox/worlds/{name}/deliveries/{delivery}"]
    names |= shop.operator.get(f"{shop.path}/deliveries").json["deliveries"][0]
    native += ["/v1/claims", "/v1/claims/{claim}", "/v1/chargebacks", "/v1/chargebacks/{chargeback}", "/v1/feedback"]
    native += ["/v1/feedback/summary", "/v1/notices", "/v1/standing"]
    names |= shop.seller.get("/v1/claims").json["claims"][0] | shop.seller.get("/v1/chargebacks").json["chargebacks"][0]
    rated = shop.seller.get("/v1/feedback").json["feedback"][0]["order_id"]
    names |= {"refund": 1, "settlement": 2, "package": 1, "snapshot": "was"}
    names |= {"reason": shop.seller.get("/v1/reserve").json["holds"][0]["reason"]}
    names |= {"order_id": shop.pages("/v1/transactions", kind="Refund")[0]["order_id"]}
    native += ["/v1/orders/{order_id}/refunds", "/v1/orders/{order_id}/refunds/{refund}", "/v1/balance"]
    native += ["/v1/settlements", "/v1/settlements/{settlement}", "/v1/transactions", "/v1/reserve"]
    native += ["/v1/reserve/{reason}", "/v1/reserve/history", "/v1/ledger/accounts", "/v1/ledger/trial-balance"]
    found = [(path, path.format(**names), shop.seller) for path in native]
    found += [(path, path.format(**names), shop.operator) for path in control]
    found += [
        ("/sandbox/worlds/{name}/requests/count", f"{shop.path}/requests/count?status=201&path=/v2", shop.operator)
    ]
    found += [(compared, f"{shop.path}/differences?snapshot=was", shop.operator)]
    found += [("/v1/metrics/{name}", "/v1/metrics/cancellation", shop.seller)]
    found += [("/v1/orders/{order_id}/feedback", f"/v1/orders/{rated}/feedback", shop.seller)]
    found += [
        ("/v1/reports", "/v1/reports", shop.seller),
        ("/v1/report-schedules", "/v1/report-schedules", shop.seller),
    ]
    report = shop.seller.get("/v1/reports?kind=settlement-v2").json["reports"][0]["report"]
    found += [("/v1/reports/{report}", f"/v1/reports/{report}", shop.seller)]
    document = f"/v1/reports/{report}/document"
    found += [("/v1/reports/{report}/document", f"{document}?format=json", shop.seller)]
    found += [("/v1/orders/{order_id}", f"/v1/orders/{row['order_id']}", shop.seller) for row in [order, *some(shop)]]
    return found


def some(shop: Shop) -> list[Any]:
    """Orders of every status."""
    return [row for status in ("Canceled", "Shipped", "PartiallyShipped") for row in shop.orders(status=status)[-5:]]


NOT_JSON = {"/sandbox/worlds/{name}/file"}


def test_a_tour_of_all_get_routes_leaves_none_out(document: Any, toured: Shop) -> None:
    there_are = {path for method, path in operations(document) if method == "get"}
    assert {path for path, _, _ in tour(toured)} == there_are - NOT_JSON


def test_every_answer_of_the_tour_is_as_documented(document: Any, toured: Shop) -> None:
    wrong = {}
    for path, real, client in tour(toured):
        answer = client.get(real)
        assert answer.status == 200, (real, answer.body)
        wrong[real] = told_wrong(document, "get", path, "200", answer.json)
    assert {real: found for real, found in wrong.items() if found} == {}


def test_every_fact_is_as_documented(document: Any, toured: Shop) -> None:
    told = {"facts": toured.facts(), "last": 0}
    assert told_wrong(document, "get", "/sandbox/worlds/{name}/facts", "200", told) == []


WEBHOOK = {"url": "http://127.0.0.1:9/", "kinds": ["*"]}
ACTS: list[tuple[str, str, Any, str]] = [
    ("put", "/v1/orders/{order_id}/memo", {"memo": "x"}, "200"),
    ("post", "/v1/orders/{order_id}/messages", {"subject": "Other", "text": "x"}, "201"),
    ("post", "/v1/threads/{thread}/replies", {"text": "x"}, "201"),
    ("post", "/v1/orders/{order_id}/shipments", {"carrier": "DTDC"}, "201"),
    ("post", "/v1/orders/{sold}/refunds", {"reason": "Other", "shipping_minor": 1}, "201"),
    ("post", "/v1/orders/{sold}/refunds/{refund}/cancellation", None, "200"),
    ("put", "/v1/settings", {"notification_addresses": ["a@shop.example.invalid"]}, "200"),
    ("put", "/v1/settings/logo", {"logo": "new.png"}, "200"),
    ("put", "/v1/settings/shipping-rates", {"charges_minor": {"Standard": 5_900, "Express": 12_900}}, "200"),
    ("put", "/v1/settings/return-url", {"url": "https://shop.example.invalid/paid"}, "200"),
    ("put", "/v1/settings/policies", {"returns": "Within a week.", "company": "Invented."}, "200"),
    ("put", "/v1/settings/bank-account", {"holder": "A", "bank_code": "SAND0000777", "number": "123456789"}, "200"),
    ("post", "/v1/checklist/announcement", {"banners": ["148x100"], "footer_logo": True}, "200"),
    ("post", "/v1/metrics/review", None, "200"),
    ("post", "/v1/cases", {"subject": "Other", "text": "x"}, "201"),
    ("post", "/v1/reports", {"kind": "customer-metrics"}, "202"),
    ("put", "/v1/report-schedules/{kind}", {"every": "1d"}, "200"),
    ("post", "/sandbox/worlds/{name}/freeze", None, "200"),
    ("post", "/sandbox/worlds/{name}/rate", {"rate": 0}, "200"),
    ("put", "/sandbox/worlds/{name}/desks/{desk}", {"played_by": "person"}, "200"),
    ("post", "/sandbox/worlds/{name}/advance", {"by": "1h"}, "200"),
    ("post", "/sandbox/worlds/{name}/snapshots", {"name": "was"}, "201"),
    ("post", "/sandbox/worlds/{name}/forks", {}, "201"),
    ("post", "/sandbox/worlds/{name}/step", None, "200"),
    ("post", "/sandbox/worlds/{name}/simulations/{thing}/{verb}", {}, "201"),
    ("post", "/sandbox/worlds/{name}/webhooks", WEBHOOK, "201"),
    ("put", "/sandbox/worlds/{name}/webhooks/{webhook}", WEBHOOK, "200"),
    ("post", "/sandbox/worlds/{name}/webhooks/{webhook}/pause", None, "200"),
    ("post", "/sandbox/worlds/{name}/webhooks/{webhook}/resume", None, "200"),
    ("post", "/sandbox/worlds/{name}/webhooks/drain", None, "200"),
    ("post", "/sandbox/worlds/{name}/deliveries/{delivery}/redeliver", None, "200"),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ACTS)
def test_every_act_answers_as_documented(
    document: Any, inbox: Shop, method: str, path: str, body: Any, status: str
) -> None:
    thread = inbox.seller.get("/v1/threads").json["threads"][0]["thread"]
    names = {"order_id": inbox.unshipped(), "thread": thread, "name": inbox.name, "desk": "inbox", "kind": "all-orders"}
    names |= {"thing": "orders", "verb": "place"}
    names["sold"] = inbox.ids("Shipped")[0]
    refunds = f"/v1/orders/{names['sold']}/refunds"
    names["refund"] = inbox.seller.post(refunds, {"reason": "Other", "shipping_minor": 1}).json["refund"]
    names |= told_of(inbox) if "{webhook}" in path or "{delivery}" in path else {}
    client = inbox.seller if path.startswith("/v1") else inbox.operator
    answer = client.ask(method.upper(), path.format(**names), body)
    told = path.replace("{sold}", "{order_id}")
    assert (str(answer.status), told_wrong(document, method, told, status, answer.json)) == (status, [])


def told_of(shop: Shop) -> dict[str, Any]:
    """A delivery of a webhook, which nobody took."""
    shop.operator.post(f"{shop.path}/webhooks", WEBHOOK)
    shop.operator.post(f"{shop.path}/simulations/orders/place", {})
    found: dict[str, Any] = shop.operator.get(f"{shop.path}/deliveries").json["deliveries"][0]
    return found


SAID = {"text": "It left in time.", "evidence": [{"kind": "Tracking", "text": "BD-1234"}]}
DISPUTED: list[tuple[str, str, Any]] = [
    ("/v1/claims/{claim}", "answer", SAID),
    ("/v1/claims/{claim}", "acceptance", None),
    ("/v1/claims/{claim}", "appeal", SAID),
    ("/v1/chargebacks/{chargeback}", "answer", SAID),
    ("/v1/chargebacks/{chargeback}", "acceptance", None),
    ("/v1/orders/{order_id}/feedback", "reply", {"text": "We are sorry."}),
    ("/v1/orders/{order_id}/feedback", "removal", {"reason": "Other"}),
]


@pytest.mark.parametrize(("path", "act", "body"), DISPUTED)
def test_every_act_in_a_dispute_answers_as_documented(
    document: Any, make: Worlds, server: Server, path: str, act: str, body: Any
) -> None:
    quarrel = Quarrel(make(), server)
    found = quarrel.claim() if "claim" in path else quarrel.rated() if "order" in path else quarrel.chargeback()
    if act == "appeal":
        quarrel.shop.advance("7d")
    answer = quarrel.post(f"{found}/{act}", body)
    wrong = told_wrong(document, "post", f"{path}/{act}", "200", answer.json)
    assert (answer.status, wrong) == (200, [])


@pytest.mark.parametrize("path", ["/v1/orders/x", "/v1/orders?limit=x", "/v1/nothing", "/v1/threads/9?view=sandbox"])
def test_every_problem_is_as_documented(document: Any, toured: Shop, path: str) -> None:
    answer = toured.seller.get(path)
    assert answer.status >= 400 and told_wrong(document, "get", "/v1/orders", "default", answer.json) == []


# -- the page


def test_the_page_shows_banner_and_operations_and_asks_nobody_else(server: Server) -> None:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    asked: list[str] = []
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{server.url}/docs")
        page.get_by_text("Confirm a shipment").first.wait_for(timeout=30_000)
        shown = page.get_by_text(BANNER).first.is_visible()
        page.get_by_text("Confirm a shipment").first.click()
        page.get_by_text("One package that left.").first.wait_for()
        browser.close()
    elsewhere = [url for url in asked if not url.startswith((server.url, "data:", "blob:"))]
    assert (shown, errors, elsewhere) == (True, [], [])
