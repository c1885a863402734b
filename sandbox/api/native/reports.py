"""/v1/reports and /v1/report-schedules: ask, look, fetch, delete, schedule (chapters 4 and 12)."""

from typing import Literal

from flask import Response, g, request
from flask_openapi3 import Tag
from pydantic import Field

from sandbox.api.answer import Answer
from sandbox.api.asked import Asked, Body, Moment
from sandbox.api.auth import enter_by_key
from sandbox.api.desk import act, carry_out, look
from sandbox.api.doors import Doors
from sandbox.api.native import report_answers as answers
from sandbox.api.native import report_render as render
from sandbox.api.native.render import Json
from sandbox.central import reports
from sandbox.central.facts import ReportRequested
from sandbox.central.reports.kinds import EVERY, KINDS
from sandbox.central.search import PAGE, PAGE_AT_MOST
from sandbox.central.world import World

doors = Doors(
    "reports",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="reports", description="Payments, performance.")],
)
doors.before_request(enter_by_key)

_KIND = f"One of {', '.join(KINDS)}."


class ReportPath(Asked):
    """A report."""

    report: int = Field(ge=1, le=2**62)


class SchedulePath(Asked):
    """The schedule of a kind of report."""

    kind: str = Field(max_length=60, description=_KIND)


class ReportsQuery(Asked):
    """Which reports."""

    kind: list[str] = Field([], description="Any of these kinds; all, if left out.")
    status: list[Literal["submitted", "done", "done-no-data", "cancelled", "deleted"]] = Field(
        [], description="Any of these; all, if left out."
    )
    limit: int = Field(PAGE, ge=1, le=PAGE_AT_MOST, description="Rows of the page.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class DocumentQuery(Asked):
    """In which format."""

    format: str | None = Field(None, max_length=20, description="One of its `formats`; the first, if left out.")


class ReportRequest(Body):
    """What is asked for."""

    kind: str = Field(description=_KIND)
    since: Moment | None = Field(None, description="The span's beginning; 30 days before its end, if left out.")
    until: Moment | None = Field(None, description="The span's end, itself not in it; what is so now is, if left out.")
    order_id: str = Field("", max_length=40, description="Of transactions: only those of this order.")
    transaction: str = Field("", max_length=40, description="Of transactions: only entries of this kind, such as Fee.")


class ScheduleChange(Body):
    """How often."""

    every: str = Field(description=f"One of {', '.join(EVERY)}.")
    first_at: Moment | None = Field(None, description="The first time; one span from now, if left out.")


@doors.get("/reports", summary="List reports", responses={200: answers.Reports})
def list_reports(query: ReportsQuery) -> Response:
    """The newest first: those asked for, those of schedules, and two for each settlement that closed."""
    kinds, statuses = tuple(query.kind), tuple(query.status)
    return look(lambda world: render.reports(reports.reports(world, kinds, statuses, query.cursor, query.limit)))


@doors.post("/reports", summary="Request a report", responses={202: answers.Report})
def request_report(body: ReportRequest) -> Response:
    """Ask for a report. It is made some seconds of world time later."""
    made: list[int] = []

    def ask(world: World) -> None:
        fact, *_ = world.do(reports.request, by="seller via api", **body.model_dump())
        assert isinstance(fact, ReportRequested)
        made.append(fact.report)

    return carry_out(ask, lambda world: _whole(world, made[0]), status=202)


def _whole(world: World, report: int) -> Json:
    return render.report(reports.report_of(world, report))


@doors.get("/reports/<int:report>", summary="Read a report", responses={200: answers.Report})
def read_report(path: ReportPath) -> Response:
    """How far it is. Carries an ETag."""
    return look(lambda world: _whole(world, path.report), tagged=True)


_DOCUMENT = {"description": "The file, in the format asked for.", "content": {"*/*": {"schema": {}}}}


@doors.get("/reports/<int:report>/document", summary="Fetch a report's document", responses={200: _DOCUMENT})
def read_document(path: ReportPath, query: DocumentQuery) -> Response:
    """The file itself: tab-separated, CSV, XML, JSON or Parquet, as far as the kind has it."""
    world: World = g.opened.world
    with world.looking():
        found = reports.document(world, path.report, query.format)
        fetched_before = reports.report_of(world, path.report).downloaded_at is not None
    if request.method == "GET" and not fetched_before:
        world.do(reports.download, by="seller via api", report=path.report)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return Answer(found.body, 200, headers, content_type=found.content_type)


@doors.delete("/reports/<int:report>", summary="Delete a report", responses={200: answers.Report})
def delete_report(path: ReportPath) -> Response:
    """Throw it away with its document; one that is not made yet is called off instead.

    One that was called off is deleted by a second call, as any other.
    """
    return act(reports.delete, lambda world: _whole(world, path.report), report=path.report)


@doors.get("/report-schedules", summary="List report schedules", responses={200: answers.Schedules})
def list_schedules() -> Response:
    """What the world's clock asks for by itself."""
    return look(_schedules)


def _schedules(world: World) -> Json:
    return render.schedules(reports.schedules(world))


@doors.put("/report-schedules/<kind>", summary="Schedule a report", responses={200: answers.Schedule})
def schedule_report(path: SchedulePath, body: ScheduleChange) -> Response:
    """Have a kind of report made again and again, in place of its schedule, if it has one."""

    def whole(world: World) -> Json:
        return render.schedule(reports.schedule_of(world, path.kind))

    return act(reports.schedule, whole, kind=path.kind, every=body.every, first_at=body.first_at)


@doors.delete("/report-schedules/<kind>", summary="End a report schedule", responses={200: answers.Schedules})
def end_schedule(path: SchedulePath) -> Response:
    """End it. Answers with the schedules that are left."""
    return act(reports.unschedule, _schedules, kind=path.kind)
