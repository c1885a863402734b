"""The native API's JSON of reports and schedules."""

from sandbox.api.native.render import Json, moment
from sandbox.central.records import Report, Schedule
from sandbox.central.reports.kinds import KINDS
from sandbox.central.search import Page


def report(row: Report) -> Json:
    """A report."""
    return {
        "report": row.report,
        "kind": row.kind,
        "status": row.status,
        "formats": list(KINDS[row.kind].formats),
        "requested_at": moment(row.requested_at),
        "ready_at": moment(row.ready_at),
        "since": moment(row.since),
        "until": moment(row.until),
        "order_id": row.order_id or None,
        "transaction": row.transaction_kind or None,
        "schedule": row.schedule,
        "settlement": row.settlement,
        "completed_at": moment(row.completed_at),
        "rows": row.rows,
        "downloaded_at": moment(row.downloaded_at),
        "deleted_at": moment(row.deleted_at),
    }


def reports(page: Page[Report]) -> Json:
    """A page of reports."""
    return {"reports": [report(row) for row in page.rows], "next_cursor": page.next_cursor}


def schedule(row: Schedule) -> Json:
    """A schedule that runs."""
    return {
        "schedule": row.schedule,
        "kind": row.kind,
        "every": row.every,
        "set_at": moment(row.set_at),
        "next_at": moment(row.next_at),
    }


def schedules(rows: list[Schedule]) -> Json:
    """All that run."""
    return {"schedules": [schedule(row) for row in rows]}
