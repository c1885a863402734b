"""/v1/reports: requested, looked after, fetched, deleted, scheduled."""

from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from tests.server import Shop, problem_of, said_no


def request(world: Shop, kind: str = "all-orders", **what: Any) -> str:
    """The path of a fresh report."""
    answer = world.seller.post("/v1/reports", {"kind": kind} | what)
    assert answer.status == 202, answer.body
    return f"/v1/reports/{answer.json['report']}"


def done(world: Shop, kind: str = "all-orders", **what: Any) -> str:
    path = request(world, kind, **what)
    world.advance("10s")
    assert world.seller.get(path).json["status"] == "done"
    return path


def test_a_report_is_requested_waited_for_and_fetched(world: Shop) -> None:
    path = request(world)
    assert world.seller.get(path).json["status"] == "submitted"
    world.advance("9999ms")
    assert said_no(world.seller.get(f"{path}/document")) == (409, "ReportNotReady")
    world.advance("1ms")
    answer = world.seller.get(f"{path}/document")
    header, *lines = answer.body.decode().splitlines()
    assert header.startswith("order-id\torder-item-id\tpurchase-date\t") and len(lines) > 20


def test_a_document_comes_with_its_type_and_a_safe_name_that_says_practice(world: Shop) -> None:
    path = done(world)
    kinds = {"tsv": "text/tab-separated-values", "csv": "text/csv", "json": "application/json"}
    kinds["parquet"] = "application/vnd.apache.parquet"
    for form, kind in kinds.items():
        answer = world.seller.get(f"{path}/document", {"format": form})
        assert answer.status == 200 and answer.headers["content-type"].startswith(kind)
        name = f"practice-all-orders-{path.rpartition('/')[2]}.{form}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert "Not connected to Amazon" in answer.headers["x-sandbox"]


def test_the_first_fetch_is_on_record_and_no_other(world: Shop) -> None:
    path = done(world)
    assert world.seller.get(path).json["downloaded_at"] is None
    for _ in range(2):
        world.seller.get(f"{path}/document")
    (fact,) = world.facts("ReportDownloaded")
    assert (fact["by"], fact["at"]) == ("seller via api", world.seller.get(path).json["downloaded_at"])


def test_to_look_at_a_documents_headers_is_no_download(world: Shop) -> None:
    path = done(world)
    assert world.seller.ask("HEAD", f"{path}/document").status == 200
    assert world.seller.get(path).json["downloaded_at"] is None


def test_the_performance_report_is_xml(world: Shop) -> None:
    answer = world.seller.get(f"{done(world, 'seller-performance-v1')}/document")
    assert answer.headers["content-type"].startswith("text/xml")
    assert Tree.fromstring(answer.body).tag == "sellerPerformanceReports"


def test_a_deleted_report_is_gone_and_says_so(world: Shop) -> None:
    path = done(world)
    assert world.seller.delete(path).json["status"] == "deleted"
    assert said_no(world.seller.get(f"{path}/document")) == (410, "ReportDeleted")
    assert said_no(world.seller.delete(path)) == (410, "ReportDeleted")
    assert world.seller.get("/v1/reports").json["reports"][0]["status"] == "deleted"


def test_a_settlement_has_its_reports_by_itself(world: Shop) -> None:
    world.advance("14d")
    found = world.seller.get("/v1/reports", {"kind": "settlement-v2"}).json["reports"]
    assert [(row["settlement"], row["status"]) for row in found] == [(1, "done")]
    header, summary, *_ = world.seller.get(f"/v1/reports/{found[0]['report']}/document").body.decode().splitlines()
    assert len(header.split("\t")) == 24 and all(summary.split("\t")[:6]) and not any(summary.split("\t")[6:])


def test_a_request_sent_twice_with_one_key_is_one_report(world: Shop) -> None:
    answers = [
        world.seller.post("/v1/reports", {"kind": "customer-metrics"}, {"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert answers[0].body == answers[1].body and answers[1].headers["idempotent-replayed"] == "true"
    assert len(world.seller.get("/v1/reports").json["reports"]) == 1


def test_transactions_can_be_asked_of_one_order(world: Shop) -> None:
    order_id = world.unshipped()
    world.ship(order_id)
    path = done(world, "transactions", order_id=order_id, transaction="OrderPayment")
    (row,) = world.seller.get(f"{path}/document", {"format": "json"}).json["rows"]
    assert row["order-id"] == order_id and row["amount"] == row["seller-amount"]


def test_a_schedule_is_set_changed_and_ended(world: Shop) -> None:
    path = "/v1/report-schedules/all-orders"
    assert world.seller.put(path, {"every": "4h"}).json["every"] == "4h"
    assert world.seller.put(path, {"every": "8h"}).json["every"] == "8h"
    world.advance("1d")
    assert len(world.seller.get("/v1/reports", {"kind": "all-orders"}).json["reports"]) == 3
    assert world.seller.delete(path).json == {"schedules": []}
    assert said_no(world.seller.delete(path)) == (404, "UnknownSchedule")


def test_reports_come_in_pages(world: Shop) -> None:
    for _ in range(5):
        request(world, "customer-metrics")
    assert [row["report"] for row in world.pages("/v1/reports", limit=2)] == [5, 4, 3, 2, 1]


WRONG: list[tuple[Any, int, str, str]] = [
    ({"kind": "nonsense"}, 422, "UnknownReportKind", "There are: settlement-v2"),
    ({"kind": "settlement-v2"}, 422, "ReportNotRequestable", "made when a settlement closes"),
    ({"kind": "all-orders", "until": "2999-01-01"}, 422, "SpanInFuture", "End it now"),
    ({"kind": "all-orders", "since": "1999-01-02", "until": "1999-01-01"}, 422, "SpanRunsBack", "not after"),
    ({"kind": "all-orders", "since": "1999-01-01"}, 422, "SpanTooLong", "it may have 366"),
    ({"kind": "all-orders", "since": "soon"}, 422, "InvalidField", "is not a moment"),
    ({"kind": "all-orders", "form": "csv"}, 422, "UnknownField", "no such field"),
    ({}, 422, "InvalidField", "kind"),
]


@pytest.mark.parametrize(("body", "status", "code", "words"), WRONG, ids=[row[2] for row in WRONG])
def test_a_wrong_request_says_what_would_work(world: Shop, body: Any, status: int, code: str, words: str) -> None:
    said = problem_of(world.seller.post("/v1/reports", body))
    assert (said["status"], said["code"]) == (status, code) and words in said["detail"]


@pytest.mark.parametrize("path", ["/v1/reports/99", "/v1/reports/99/document"])
def test_an_unknown_report_is_told(still: Shop, path: str) -> None:
    assert said_no(still.seller.get(path)) == (404, "UnknownReport")


def test_a_list_of_an_unknown_kind_is_refused(still: Shop) -> None:
    assert said_no(still.seller.get("/v1/reports", {"kind": "nonsense"})) == (422, "UnknownReportKind")


def test_an_unknown_format_is_told_and_is_no_download(world: Shop) -> None:
    path = done(world)
    assert said_no(world.seller.get(f"{path}/document", {"format": "xlsx"})) == (422, "NoSuchFormat")
    assert world.seller.get(path).json["downloaded_at"] is None
