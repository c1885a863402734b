"""The life of a report: asked for, made, fetched, deleted, scheduled; and how each request can be wrong (ch. 4, 12)."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import orders, reports
from sandbox.central.days import DAY, HOUR, SECOND
from sandbox.central.guide import Refused
from sandbox.central.records import Report
from sandbox.central.replay import replayed
from sandbox.central.reports.kinds import EVERY, KINDS
from sandbox.central.world import World
from tests import shop

READY = 10 * SECOND


def request(world: World, kind: str = "customer-metrics", **what: Any) -> Report:
    world.do(reports.request, by="seller", kind=kind, **what)
    return reports.report_of(world, world.clock.reports)


def now(world: World, report: Report) -> Report:
    return reports.report_of(world, report.report)


def refused(act: Callable[..., Any], *what: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as said:
        act(*what, **more)
    return said.value.code, said.value.sentence


# -- asked for and made


def test_a_report_is_not_made_a_millisecond_before_its_time(quiet: World) -> None:
    report = request(quiet)
    shop.wait(quiet, READY - 1)
    assert now(quiet, report).status == "submitted"
    assert refused(reports.document, quiet, report.report) == (
        "ReportNotReady",
        "Report 1 is not made yet. It is ready at 2026-03-02T04:30:10.000Z.",
    )


def test_a_report_is_made_at_its_time_and_tells_what_is_so_then(quiet: World) -> None:
    report = request(quiet, "actionable-orders")
    shop.wait(quiet, READY - 1)
    order_id = shop.place(quiet)
    shop.wait(quiet, 1)
    shop.place(quiet)
    assert (now(quiet, report).status, now(quiet, report).rows) == ("done", 1)
    assert order_id in reports.document(quiet, report.report).body.decode()


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("transactions", "Ask for another span."), ("actionable-orders", "Ask for it again once there is something.")],
)
def test_a_report_with_nothing_to_tell_has_no_document(quiet: World, kind: str, hint: str) -> None:
    report = request(quiet, kind)
    shop.wait(quiet, READY)
    assert now(quiet, report).status == "done-no-data"
    code, sentence = refused(reports.document, quiet, report.report)
    assert (code, sentence.endswith(hint)) == ("ReportHasNoData", True)


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.of_settlement])
def test_every_kind_can_be_requested(busy: World, kind: str) -> None:
    shop.wait(busy, 16 * DAY)
    report = request(busy, kind)
    shop.wait(busy, READY)
    assert now(busy, report).status == ("done-no-data" if kind == "seller-feedback" else "done")


def test_a_span_that_is_not_named_is_the_last_30_days(quiet: World) -> None:
    shop.wait(quiet, 40 * DAY)
    report = request(quiet, "transactions")
    assert (report.since, report.until) == (quiet.now - 30 * DAY, quiet.now + 1)


def test_what_happened_in_the_same_millisecond_is_in_a_span_that_names_no_end(quiet: World) -> None:
    order_id = shop.place(quiet)
    assert order_id in reports.at_once(quiet, "all-orders").body.decode()
    assert order_id not in reports.at_once(quiet, "all-orders", until=quiet.now).body.decode()


def test_a_document_stays_as_it_was_made(busy: World) -> None:
    shop.wait(busy, 5 * DAY)
    report = request(busy, "all-orders")
    shop.wait(busy, READY)
    before = reports.document(busy, report.report)
    shop.wait(busy, 5 * DAY)
    assert reports.document(busy, report.report) == before


def test_replayed_facts_give_the_same_reports_and_schedules(busy: World, tmp_path: Path) -> None:
    shop.wait(busy, 14 * DAY)
    busy.do(reports.schedule, by="seller", kind="all-orders", every="12h")
    busy.do(reports.schedule, by="seller", kind="all-orders", every="1d")
    first, second = request(busy), request(busy, "all-orders")
    shop.wait(busy, 3 * DAY)
    busy.do(reports.download, by="seller", report=first.report)
    busy.do(reports.delete, by="seller", report=second.report)
    busy.do(reports.unschedule, by="seller", kind="all-orders")
    with closing(replayed(busy, tmp_path / "twin.world")) as twin:
        assert shop.tables(twin) == shop.tables(busy)


# -- of settlements


def test_a_settlement_that_closes_has_its_two_reports_in_the_same_moment(quiet: World) -> None:
    shop.wait(quiet, 14 * DAY - 1)
    assert reports.reports(quiet).rows == []
    shop.wait(quiet, 1)
    found = [(row.kind, row.status, row.settlement, row.completed_at) for row in reports.reports(quiet).rows]
    assert found == [(kind, "done", 1, quiet.now) for kind in ("settlement-xml", "settlement-v2")]


def test_a_settlements_report_stays_as_it_was_when_money_moves_on(busy: World) -> None:
    shop.wait(busy, 14 * DAY)
    before = reports.document(busy, 1)
    shop.wait(busy, 30 * DAY)
    assert reports.document(busy, 1) == before and before.rows > 100


@pytest.mark.parametrize("kind", ["settlement-v2", "settlement-xml"])
def test_a_settlement_report_cannot_be_requested(quiet: World, kind: str) -> None:
    code, sentence = refused(request, quiet, kind)
    assert code == "ReportNotRequestable" and "made when a settlement closes" in sentence
    assert refused(quiet.do, reports.schedule, by="seller", kind=kind, every="1d")[0] == "ReportNotRequestable"


# -- fetched, called off, thrown away


def test_the_first_download_is_on_record(quiet: World) -> None:
    report = request(quiet)
    shop.wait(quiet, READY)
    (fact,) = quiet.do(reports.download, by="seller", report=report.report)
    shop.wait(quiet, HOUR)
    assert quiet.do(reports.download, by="seller", report=report.report) == []
    assert now(quiet, report).downloaded_at == fact.at


def test_a_request_is_called_off_until_it_is_made(quiet: World) -> None:
    first, second = request(quiet), request(quiet)
    quiet.do(reports.cancel, by="seller", report=first.report)
    shop.wait(quiet, READY)
    assert (now(quiet, first).status, now(quiet, second).status) == ("cancelled", "done")
    assert refused(quiet.do, reports.cancel, by="seller", report=second.report)[0] == "ReportNotPending"
    assert refused(reports.document, quiet, first.report)[0] == "ReportCancelled"


def test_a_deleted_report_has_no_document_any_more(quiet: World) -> None:
    report = request(quiet)
    shop.wait(quiet, READY)
    quiet.do(reports.delete, by="seller", report=report.report)
    assert refused(reports.document, quiet, report.report) == (
        "ReportDeleted",
        "Report 1 was deleted at 2026-03-02T04:30:10.000Z. Request it again.",
    )
    assert refused(quiet.do, reports.delete, by="seller", report=report.report)[0] == "ReportDeleted"
    assert quiet.rows("select * from documents") == []


def test_to_delete_what_is_not_made_calls_it_off(quiet: World) -> None:
    report = request(quiet)
    quiet.do(reports.delete, by="seller", report=report.report)
    assert now(quiet, report).status == "cancelled"


def test_a_report_that_was_called_off_is_deleted_as_any_other(quiet: World) -> None:
    report = request(quiet)
    for status in ("cancelled", "deleted"):
        quiet.do(reports.delete, by="seller", report=report.report)
        assert now(quiet, report).status == status


# -- what is refused

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "orders"}, "UnknownReportKind", "There is no report 'orders'. There are: settlement-v2, "),
    ({"kind": "transactions", "since": 0, "until": 1}, "SpanInFuture", ""),
    ({"kind": "transactions", "since": -1, "until": -1}, "SpanRunsBack", "not after its start"),
    ({"kind": "transactions", "since": -1, "until": -2}, "SpanRunsBack", "not after its start"),
    ({"kind": "transactions", "since": -366 * DAY - 1}, "SpanTooLong", "has 367 days; it may have 366"),
    ({"kind": "customer-metrics", "since": -1}, "NoSpan", "tells what is so when it is made"),
    ({"kind": "actionable-orders", "since": -1}, "NoSpan", "An actionable-orders report tells"),
    ({"kind": "settlement-v2", "since": -1}, "ReportNotRequestable", "made when a settlement closes"),
    ({"kind": "transactions", "since": DAY}, "SpanInFuture", "The span begins at 2026-03-03T04:30:00.000Z, and it is"),
    ({"kind": "all-orders", "order_id": "x"}, "NotNarrowed", "take transactions"),
    ({"kind": "transactions", "order_id": "402-0000000-0000000"}, "UnknownOrder", "402-0000000-0000000"),
    ({"kind": "transactions", "transaction": "foo"}, "UnknownKind", "no kind of entry 'foo'. There are: OrderPayment"),
]


@pytest.mark.parametrize(("what", "code", "words"), WRONG, ids=lambda part: part if isinstance(part, str) else "")
def test_a_wrong_request_is_refused_in_a_sentence(quiet: World, what: dict[str, Any], code: str, words: str) -> None:
    moments = {name: quiet.now + what[name] for name in ("since", "until") if name in what}
    said = refused(quiet.do, reports.request, by="seller", **what | moments)
    assert said[0] == code and words in said[1] and said[1].endswith(".")


def test_a_settlements_report_is_of_a_settlement_and_not_of_a_span(quiet: World) -> None:
    told = [refused(reports.at_once, quiet, "settlement-v2", since=quiet.now)[1]]
    shop.wait(quiet, 21 * DAY)
    told.append(refused(reports.at_once, quiet, "settlement-v2", since=quiet.now)[1])
    assert "none is closed yet" in told[0] and "name it instead, --settlement 1 to 2" in told[1]


def test_a_span_of_366_days_is_not_too_long(quiet: World) -> None:
    assert request(quiet, "transactions", since=quiet.now - 366 * DAY).status == "submitted"


@pytest.mark.parametrize("act", [reports.cancel, reports.delete, reports.download])
def test_an_unknown_report_is_told(quiet: World, act: Callable[..., Any]) -> None:
    assert refused(quiet.do, act, by="seller", report=7) == (
        "UnknownReport",
        "There is no report 7. The list of reports shows which there are.",
    )


def test_a_format_that_the_kind_does_not_have_is_told_with_those_it_has(quiet: World) -> None:
    report = request(quiet, "seller-performance-v1")
    shop.wait(quiet, READY)
    assert refused(reports.document, quiet, report.report, "csv") == (
        "NoSuchFormat",
        "A seller-performance-v1 report does not come as 'csv'. It has: xml.",
    )


# -- by the clock


def test_a_schedule_comes_round_and_each_time_tells_what_came_since(busy: World) -> None:
    began = busy.now
    busy.do(reports.schedule, by="seller", kind="all-orders", every="1d")
    shop.wait(busy, 4 * DAY + READY)
    found = [(row.since, row.until, row.status) for row in reversed(reports.reports(busy).rows)]
    assert found == [(began + day * DAY, began + (day + 1) * DAY, "done") for day in range(4)]


def test_scheduled_reports_leave_no_order_out_and_tell_none_twice(busy: World) -> None:
    busy.do(reports.schedule, by="seller", kind="all-orders", every="8h")
    shop.wait(busy, 5 * DAY + READY)
    told = [row["order-id"] for report in reports.reports(busy, limit=100).rows for row in rows_of(busy, report)]
    sql = "select order_id from orders where view = 'production' and authorised_at < ?"
    authorised = {row[0] for row in busy.rows(sql, (busy.now - READY,))}
    assert set(told) == authorised and len(authorised) > 80


def told_in_turns(world: World, order_id: str) -> list[int]:
    """The ends of the scheduled spans in which an order stands."""
    found = reversed(reports.reports(world, limit=100).rows)
    return [row.until or 0 for row in found if order_id in {line["order-id"] for line in rows_of(world, row)}]


@pytest.mark.parametrize(("waited", "turn"), [(0, 1), (4 * HOUR - 1, 1), (4 * HOUR, 2), (4 * HOUR + 1, 2), (DAY, 7)])
def test_an_order_is_in_the_one_scheduled_report_in_whose_span_it_was_authorised(
    unpaid: World, waited: int, turn: int
) -> None:
    began = unpaid.now
    unpaid.do(reports.schedule, by="seller", kind="all-orders", every="4h")
    order_id = shop.place(unpaid, pending=True)
    shop.wait(unpaid, waited)
    unpaid.do(orders.authorise, by="amazon", order_id=order_id)
    shop.wait(unpaid, 2 * DAY)
    assert told_in_turns(unpaid, order_id) == [began + turn * 4 * HOUR]


def test_an_order_authorised_at_once_is_told_once_whatever_becomes_of_it(quiet: World) -> None:
    quiet.do(reports.schedule, by="seller", kind="all-orders", every="4h")
    order_id = shop.place(quiet)
    shop.wait(quiet, 5 * HOUR)
    quiet.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    shop.wait(quiet, DAY)
    assert told_in_turns(quiet, order_id) == [shop.MONDAY + 4 * HOUR]


def rows_of(world: World, report: Report) -> list[Any]:
    from msgspec.json import decode

    if report.status != "done":
        return []
    rows: list[Any] = decode(reports.document(world, report.report, "json").body)["rows"]
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_but_a_settlements_can_be_scheduled(quiet: World, kind: str) -> None:
    if KINDS[kind].of_settlement:
        assert refused(quiet.do, reports.schedule, by="seller", kind=kind, every="1d")[0] == "ReportNotRequestable"
    else:
        quiet.do(reports.schedule, by="seller", kind=kind, every="1d")
        assert [running.kind for running in reports.schedules(quiet)] == [kind]


def test_a_changed_schedule_takes_the_place_of_the_one_before(quiet: World) -> None:
    quiet.do(reports.schedule, by="seller", kind="customer-metrics", every="1h")
    quiet.do(reports.schedule, by="seller", kind="customer-metrics", every="4h")
    (running,) = reports.schedules(quiet)
    assert (running.every, running.next_at) == ("4h", quiet.now + 4 * HOUR)
    shop.wait(quiet, 8 * HOUR)
    assert len(reports.reports(quiet).rows) == 2


def test_a_schedule_set_as_it_is_stays_as_it_is(quiet: World) -> None:
    quiet.do(reports.schedule, by="seller", kind="customer-metrics", every="1h")
    assert quiet.do(reports.schedule, by="seller", kind="customer-metrics", every="1h") == []


def test_a_schedule_can_begin_at_a_moment(quiet: World) -> None:
    first = quiet.now + HOUR
    quiet.do(reports.schedule, by="seller", kind="customer-metrics", every="1d", first_at=first)
    shop.wait(quiet, HOUR - 1)
    assert reports.reports(quiet).rows == []
    shop.wait(quiet, 1)
    assert [row.requested_at for row in reports.reports(quiet).rows] == [first]
    assert reports.schedule_of(quiet, "customer-metrics").next_at == first + DAY


def test_an_ended_schedule_comes_round_no_more(quiet: World) -> None:
    quiet.do(reports.schedule, by="seller", kind="customer-metrics", every="1h")
    shop.wait(quiet, HOUR)
    quiet.do(reports.unschedule, by="seller", kind="customer-metrics")
    shop.wait(quiet, DAY)
    assert len(reports.reports(quiet).rows) == 1 and reports.schedules(quiet) == []


def test_a_schedule_that_is_not_there_is_told_with_those_that_are(quiet: World) -> None:
    quiet.do(reports.schedule, by="seller", kind="customer-metrics", every="1h")
    assert refused(quiet.do, reports.unschedule, by="seller", kind="all-orders") == (
        "UnknownSchedule",
        "There is no schedule for all-orders reports. Scheduled are: customer-metrics.",
    )


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"every": "3h"}, "UnknownInterval"),
        ({"every": "1h", "first_at": 0}, "ScheduleInPast"),
        ({"kind": "x"}, "Unknown"),
    ],
)
def test_a_wrong_schedule_is_refused(quiet: World, what: dict[str, Any], code: str) -> None:
    asked = {"kind": "customer-metrics", "every": "1h"} | what
    assert refused(quiet.do, reports.schedule, by="seller", **asked)[0].startswith(code)


def test_the_documented_intervals_are_known() -> None:
    assert {"15m", "30m", "1h", "2h", "4h", "8h", "12h"} < set(EVERY)
    assert {"1d", "2d", "72h", "7d", "14d", "15d", "30d"} < set(EVERY)


# -- listed


def test_reports_are_listed_page_by_page_the_newest_first(quiet: World) -> None:
    for _ in range(5):
        request(quiet)
    first = reports.reports(quiet, limit=2)
    second = reports.reports(quiet, limit=3, cursor=first.next_cursor)
    assert [row.report for row in first.rows + second.rows] == [5, 4, 3, 2, 1] and second.next_cursor is None
    assert refused(reports.reports, quiet, cursor="x")[0] == "UnknownCursor"


def test_reports_are_found_by_kind_and_status(quiet: World) -> None:
    request(quiet)
    shop.wait(quiet, READY)
    request(quiet, "actionable-orders")
    assert [row.kind for row in reports.reports(quiet, kinds=("customer-metrics",)).rows] == ["customer-metrics"]
    assert [row.kind for row in reports.reports(quiet, statuses=("submitted",)).rows] == ["actionable-orders"]
