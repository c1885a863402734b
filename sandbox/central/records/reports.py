"""Rows of reports, of their schedules, and of what was written into them."""

from typing import NamedTuple


class Report(NamedTuple):
    """A report that was asked for, or that a settlement made by closing."""

    report: int
    kind: str
    status: str
    """submitted, done, done-no-data, cancelled or deleted."""
    requested_at: int
    ready_at: int
    since: int | None
    until: int | None
    order_id: str
    transaction_kind: str
    schedule: int | None
    settlement: int | None
    completed_at: int | None
    rows: int | None
    downloaded_at: int | None
    downloaded_fact: int | None
    """The fact that it was first downloaded."""
    deleted_at: int | None


class Schedule(NamedTuple):
    """A kind of report that the clock asks for."""

    schedule: int
    kind: str
    every: str
    every_ms: int
    set_at: int
    next_at: int
    ended_at: int | None


class DocumentRow(NamedTuple):
    """What was written into a report when it was made."""

    report: int
    content: str
    """JSON: its rows. Every format is rendered from them, so that all say the same."""
