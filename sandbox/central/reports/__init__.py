"""Reports: asked for, scheduled or made by a settlement; ready some seconds later; fetched, deleted (ch. 4 and 12)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec.json import decode, encode

from sandbox.central.days import DAY, LAST_MOMENT, SECOND, parse_span, rfc3339
from sandbox.central.facts import (
    Fact,
    ReportCancelled,
    ReportCompleted,
    ReportDeleted,
    ReportDownloaded,
    ReportRequested,
    ReportScheduled,
    ReportUnscheduled,
    SettlementReported,
)
from sandbox.central.guide import Document, Due, Refused, rule
from sandbox.central.ledger import check_kind
from sandbox.central.orders import VIEWS
from sandbox.central.records import PRODUCTION, Report, Schedule
from sandbox.central.reports.kinds import EVERY, KINDS, SETTLEMENT_KINDS, Kind
from sandbox.central.reports.render import Heading
from sandbox.central.reports.scope import Scope
from sandbox.central.search import PAGE, Page
from sandbox.central.settlements import settlement_of
from sandbox.central.world import World

SUBMITTED, DONE, NO_DATA, CANCELLED, DELETED = "submitted", "done", "done-no-data", "cancelled", "deleted"
STATUSES = (SUBMITTED, DONE, NO_DATA, CANCELLED, DELETED)

CONTENT_TYPES = {
    "tsv": "text/tab-separated-values; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}


class Written(NamedTuple):
    """A report as a file."""

    name: str
    """Safe in a header and on a disk, and it says that it is practice."""
    content_type: str
    body: bytes
    rows: int


# -- asked for


@rule(chapter=12, says="Payments and performance reports are requested from Seller Central, and are ready soon after.")
def request(
    world: World,
    at: int,
    kind: str,
    since: int | None = None,
    until: int | None = None,
    order_id: str = "",
    transaction: str = "",
) -> Iterator[Fact | Due]:
    """Ask for a report; a kind with a span takes the last days where none is named."""
    if kind_of(kind).of_settlement:
        raise Refused(
            "ReportNotRequestable",
            f"{_a(kind)} report is made when a settlement closes and cannot be requested. The list of reports has one"
            f" for each of the {world.clock.settlements} closed so far.",
        )
    yield from _requested(world, at, kind, scoped(world, kind, since, until, order_id, transaction))


def _a(kind: str) -> str:
    return f"{'An' if kind[0] in 'aeiou' else 'A'} {kind}"


def _requested(
    world: World, at: int, kind: str, scope: Scope, schedule: int | None = None
) -> Iterator[ReportRequested | Due]:
    number = world.clock.reports + 1
    ready_at = min(at + world.policy.report_ready_seconds * SECOND, LAST_MOMENT)
    since, until = (scope.since, scope.until) if KINDS[kind].has_span else (None, None)
    yield ReportRequested(at, number, kind, ready_at, since, until, schedule, scope.order_id, scope.transaction)
    yield Due(ready_at, "reports.complete", str(number))


def kind_of(name: str) -> Kind:
    """The kind of that name. Refused with UnknownReportKind."""
    if name not in KINDS:
        raise Refused("UnknownReportKind", f"There is no report {name[:60]!r}. There are: {', '.join(KINDS)}.")
    return KINDS[name]


def scoped(
    world: World, kind: str, since: int | None, until: int | None, order_id: str = "", transaction: str = ""
) -> Scope:
    """What is asked for, checked. A span that names no end has in it what happens in this very millisecond."""
    found, now = kind_of(kind), world.now
    if (order_id or transaction) and kind != "transactions":
        raise Refused("NotNarrowed", f"{_a(kind)} report is not narrowed to an order or a kind; take transactions.")
    if order_id:
        world.order(order_id)
    if transaction:
        check_kind(transaction)
    if not found.has_span:
        if since is not None or until is not None:
            raise _no_span(world, kind)
        return Scope(now)
    if until is None and since is not None and since >= now:
        raise Refused(
            "SpanInFuture", f"The span begins at {rfc3339(since)}, and it is {rfc3339(now)}. Begin it earlier."
        )
    end = now if until is None else until
    begin = max(0, end - world.policy.report_usual_days * DAY) if since is None else since
    _check_span(world, begin, end)
    return Scope(now, begin, end + (until is None), order_id, transaction)


def _no_span(world: World, kind: str) -> Refused:
    if not KINDS[kind].of_settlement:
        return Refused("NoSpan", f"{_a(kind)} report tells what is so when it is made. Leave its span out.")
    closed = world.clock.settlements
    named = f"name it instead, --settlement 1 to {closed}" if closed else "none is closed yet"
    return Refused("NoSpan", f"{_a(kind)} report has the span of its settlement; {named}. Leave the span out.")


def _check_span(world: World, since: int, until: int) -> None:
    if until > world.now:
        raise Refused("SpanInFuture", f"The span ends at {rfc3339(until)}, and it is {rfc3339(world.now)}. End it now.")
    if since >= until:
        raise Refused("SpanRunsBack", f"The span ends at {rfc3339(until)}, not after its start at {rfc3339(since)}.")
    most = world.policy.report_span_days
    if until - since > most * DAY:
        days = -(-(until - since) // DAY)
        raise Refused("SpanTooLong", f"The span has {days} days; it may have {most}. Ask for it in parts.")


@rule(chapter=12, says="A report that was asked for is made a few seconds later; where there is nothing, it says so.")
def complete(world: World, at: int, report: int) -> Iterator[Fact | Document]:
    """The moment at which a report is made, of what is so then."""
    found = report_of(world, report)
    if found.status != SUBMITTED:
        return
    rows = list(KINDS[found.kind].rows(world, _scope_of(found)))
    yield ReportCompleted(at, report, len(rows))
    if rows:
        yield Document(report, encode(rows).decode())


def _scope_of(found: Report) -> Scope:
    span = (found.since or 0, found.until or 0)
    return Scope(found.ready_at, *span, found.order_id, found.transaction_kind, found.settlement or 0)


@rule(chapter=12, says="Each settlement that closes has its reports by itself, and nobody needs to ask for them.")
def tell_settlement(world: World, at: int, settlement: int) -> Iterator[Fact]:
    """A settlement has closed. Its entries never change again, so its reports are written when somebody reads them."""
    for number, kind in enumerate(SETTLEMENT_KINDS, world.clock.reports + 1):
        yield SettlementReported(at, number, kind, settlement)


# -- called off, fetched, thrown away


def report_of(world: World, report: int) -> Report:
    """The report of that number. Refused with UnknownReport."""
    row = world.row("select * from reports where report = ?", (report,))
    if row is None:
        raise Refused("UnknownReport", f"There is no report {report}. The list of reports shows which there are.")
    return Report._make(row)


@rule(chapter=12, says="A report that is not made yet can be called off.")
def cancel(world: World, at: int, report: int) -> Iterator[Fact]:
    """Call a request off."""
    found = report_of(world, report)
    if found.status != SUBMITTED:
        raise Refused("ReportNotPending", f"Report {report} is {found.status}; only a submitted one can be called off.")
    yield ReportCancelled(at, report)


@rule(chapter=12, says="A report is deleted with its document; one that is not made yet is called off instead.")
def delete(world: World, at: int, report: int) -> Iterator[Fact]:
    """Throw a report away."""
    found = report_of(world, report)
    _check_not_deleted(found)
    yield ReportCancelled(at, report) if found.status == SUBMITTED else ReportDeleted(at, report)


def _check_not_deleted(found: Report) -> None:
    if found.status == DELETED:
        when = rfc3339(found.deleted_at or 0)
        raise Refused("ReportDeleted", f"Report {found.report} was deleted at {when}. Request it again.")


@rule(chapter=12, says="Reports are downloaded once they are ready, as often as one likes.")
def download(world: World, at: int, report: int) -> Iterator[Fact]:
    """The document is fetched; the first time is on record."""
    found = report_of(world, report)
    check_ready(found)
    if found.downloaded_at is None:
        yield ReportDownloaded(at, report)


def check_ready(found: Report) -> None:
    """Refused where there is no document: not yet, not any more, or because there was nothing to tell."""
    _check_not_deleted(found)
    number = found.report
    if found.status == SUBMITTED:
        raise Refused("ReportNotReady", f"Report {number} is not made yet. It is ready at {rfc3339(found.ready_at)}.")
    if found.status == CANCELLED:
        raise Refused("ReportCancelled", f"Report {number} was called off before it was made. Request it again.")
    if found.status == NO_DATA:
        again = "Ask for another span." if KINDS[found.kind].has_span else "Ask for it again once there is something."
        raise Refused("ReportHasNoData", f"Report {number} found nothing to tell, so it has no document. {again}")


def document(world: World, report: int, form: str | None = None) -> Written:
    """A report's file, in its kind's usual format or another. Refused where there is none, or with NoSuchFormat."""
    found = report_of(world, report)
    check_ready(found)
    return written(world, found.kind, _rows(world, found), found.completed_at or 0, form, f"{report}")


def _rows(world: World, found: Report) -> list[Any]:
    """What was written down when it was made; a settlement's rows are those of the ledger, then as now."""
    if found.settlement is not None:
        return list(KINDS[found.kind].rows(world, _scope_of(found)))
    (content,) = world.row("select content from documents where report = ?", (found.report,))
    rows: list[Any] = decode(content)
    return rows


def at_once(
    world: World,
    kind: str,
    since: int | None = None,
    until: int | None = None,
    form: str | None = None,
    settlement: int | None = None,
) -> Written:
    """A report as of now, which nobody has to ask for; of a settlement, the last one that closed if none is named."""
    scope = scoped(world, kind, since, until)
    if settlement is not None and not KINDS[kind].of_settlement:
        raise Refused(
            "NotOfSettlement", f"{_a(kind)} report is not of a settlement. Take {SETTLEMENT_KINDS[0]}, or a span."
        )
    if KINDS[kind].of_settlement:
        scope = scope._replace(settlement=world.clock.settlements if settlement is None else settlement)
        settlement_of(world, scope.settlement)
    return written(world, kind, list(KINDS[kind].rows(world, scope)), world.now, form, "now")


def written(world: World, kind: str, rows: list[Any], as_of: int, form: str | None, label: str) -> Written:
    """Rows as a file of one of the kind's formats."""
    assert world.account is not None
    formats = KINDS[kind].formats
    chosen = form or next(iter(formats))
    if chosen not in formats:
        raise Refused(
            "NoSuchFormat", f"{_a(kind)} report does not come as {chosen[:20]!r}. It has: {', '.join(formats)}."
        )
    _, marketplace = VIEWS[PRODUCTION]
    heading = Heading(kind, world.account.shop, world.currency, marketplace, as_of)
    name = f"practice-{kind}-{label}.{chosen}"
    return Written(name, CONTENT_TYPES[chosen], formats[chosen](heading, rows), len(rows))


def reports(
    world: World,
    kinds: tuple[str, ...] = (),
    statuses: tuple[str, ...] = (),
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[Report]:
    """The reports, the newest first; deleted ones too, so that nothing vanishes without a word."""
    where: list[str] = ["report < ?"]
    values: list[Any] = [_before(cursor)]
    for kind in kinds:
        kind_of(kind)
    for name, chosen in (("kind", kinds), ("status", statuses)):
        if chosen:
            where.append(f"{name} in ({', '.join('?' * len(chosen))})")
            values += chosen
    sql = f"select * from reports where {' and '.join(where)} order by report desc limit ?"
    found = [Report._make(row) for row in world.rows(sql, (*values, limit + 1))]
    return Page(found[:limit], str(found[limit - 1].report) if len(found) > limit else None)


def _before(cursor: str | None) -> int:
    if cursor is None:
        return LAST_MOMENT
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 15):
        raise Refused("UnknownCursor", f"{cursor[:80]!r} is no cursor. Take next_cursor of an answer, as it is.")
    return int(cursor)


# -- by the clock


@rule(
    chapter=4, says="Order reports can be scheduled, as all others but a settlement's, and are then made by the clock."
)
def schedule(world: World, at: int, kind: str, every: str, first_at: int | None = None) -> Iterator[Fact | Due]:
    """Have a kind of report asked for again and again. It takes the place of the kind's schedule, if it has one."""
    if kind_of(kind).of_settlement:
        raise Refused(
            "ReportNotRequestable", f"{_a(kind)} report is made when a settlement closes; it needs no schedule."
        )
    if every not in EVERY:
        raise Refused("UnknownInterval", f"{every[:20]!r} is no interval of a schedule. There are: {', '.join(EVERY)}.")
    span = parse_span(every)
    first = min(at + span, LAST_MOMENT) if first_at is None else first_at
    if first < at:
        raise Refused("ScheduleInPast", f"{rfc3339(first)} is over; it is {rfc3339(at)}. Begin later.")
    now = _schedule_of(world, kind)
    if now and now.every == every and first_at is None:
        return
    number = world.clock.schedules + 1
    yield ReportScheduled(at, number, kind, every, span, first)
    yield Due(first, "reports.come_round", str(number), caused=False)


@rule(chapter=4, says="A schedule asks for its report again and again, each time for what came since the time before.")
def come_round(world: World, at: int, schedule: int) -> Iterator[Fact | Due]:
    """A schedule's turn. One that was ended or changed meanwhile has none any more."""
    found = Schedule._make(world.row("select * from schedules where schedule = ?", (schedule,)))
    if found.ended_at is not None:
        return
    scope = Scope(at, max(0, at - found.every_ms), at)
    yield from _requested(world, at, found.kind, scope, schedule)
    if at + found.every_ms <= LAST_MOMENT:
        yield Due(at + found.every_ms, "reports.come_round", str(schedule), caused=False)


@rule(chapter=4, says="A schedule can be ended; the reports that it asked for stay.")
def unschedule(world: World, at: int, kind: str) -> Iterator[Fact]:
    """End a kind's schedule."""
    yield ReportUnscheduled(at, schedule_of(world, kind).schedule)


def schedule_of(world: World, kind: str) -> Schedule:
    """The schedule of a kind. Refused with UnknownSchedule."""
    kind_of(kind)
    found = _schedule_of(world, kind)
    if found is None:
        names = ", ".join(one.kind for one in schedules(world)) or "none"
        raise Refused("UnknownSchedule", f"There is no schedule for {kind} reports. Scheduled are: {names}.")
    return found


def _schedule_of(world: World, kind: str) -> Schedule | None:
    row = world.row("select * from schedules where kind = ? and ended_at is null", (kind,))
    return Schedule._make(row) if row else None


def schedules(world: World) -> list[Schedule]:
    """Those that run, by kind."""
    rows = world.rows("select * from schedules where ended_at is null order by kind")
    return [Schedule._make(row) for row in rows]
