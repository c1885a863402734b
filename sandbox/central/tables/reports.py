"""How facts about reports change the tables."""

from sandbox.central import facts
from sandbox.central.tables.base import Tables

_REPORT = """
    insert into reports values (?, ?, 'submitted', ?, ?, ?, ?, ?, ?, ?, null, null, null, null, null, null)"""
_SETTLED = """
    insert into reports values (?, ?, 'done', ?, ?, null, null, '', '', null, ?, ?, null, null, null, null)"""


def report_requested(tables: Tables, fact: facts.ReportRequested, number: int) -> None:
    """A schedule's next turn is one span after this one."""
    tables.clock.reports = fact.report
    row = (fact.report, fact.kind, fact.at, fact.ready_at, fact.since, fact.until, fact.order_id, fact.transaction)
    tables.execute(_REPORT, (*row, fact.schedule))
    if fact.schedule is not None:
        sql = "update schedules set next_at = ? + every_ms where schedule = ?"
        tables.execute(sql, (fact.at, fact.schedule))


def report_completed(tables: Tables, fact: facts.ReportCompleted, number: int) -> None:
    status = "done" if fact.rows else "done-no-data"
    sql = "update reports set status = ?, completed_at = ?, rows = ? where report = ?"
    tables.execute(sql, (status, fact.at, fact.rows, fact.report))


def settlement_reported(tables: Tables, fact: facts.SettlementReported, number: int) -> None:
    tables.clock.reports = fact.report
    tables.execute(_SETTLED, (fact.report, fact.kind, fact.at, fact.at, fact.settlement, fact.at))


def report_cancelled(tables: Tables, fact: facts.ReportCancelled, number: int) -> None:
    tables.execute("update reports set status = 'cancelled' where report = ?", (fact.report,))


def report_downloaded(tables: Tables, fact: facts.ReportDownloaded, number: int) -> None:
    sql = "update reports set downloaded_at = ?, downloaded_fact = ? where report = ?"
    tables.execute(sql, (fact.at, tables.clock.facts, fact.report))


def report_deleted(tables: Tables, fact: facts.ReportDeleted, number: int) -> None:
    tables.execute("update reports set status = 'deleted', deleted_at = ? where report = ?", (fact.at, fact.report))
    tables.execute("delete from documents where report = ?", (fact.report,))


def report_scheduled(tables: Tables, fact: facts.ReportScheduled, number: int) -> None:
    tables.clock.schedules = fact.schedule
    tables.execute("update schedules set ended_at = ? where kind = ? and ended_at is null", (fact.at, fact.kind))
    row = (fact.schedule, fact.kind, fact.every, fact.every_ms, fact.at, fact.first_at)
    tables.execute("insert into schedules values (?, ?, ?, ?, ?, ?, null)", row)


def report_unscheduled(tables: Tables, fact: facts.ReportUnscheduled, number: int) -> None:
    tables.execute("update schedules set ended_at = ? where schedule = ?", (fact.at, fact.schedule))
