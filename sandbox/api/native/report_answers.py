"""The shapes of what the native API answers about reports."""

from typing import Literal

from pydantic import Field

from sandbox.api.asked import Answered


class Report(Answered):
    """A report. Moments are RFC 3339 in UTC."""

    report: int
    kind: str
    status: Literal["submitted", "done", "done-no-data", "cancelled", "deleted"]
    formats: list[str] = Field(description="What its document comes as, the usual one first.")
    requested_at: str
    ready_at: str = Field(description="When it is made.")
    since: str | None = Field(description="The span's beginning, where the kind has a span.")
    until: str | None = Field(description="The span's end, itself left out.")
    order_id: str | None = Field(description="Only entries of this order.")
    transaction: str | None = Field(description="Only entries of this kind.")
    schedule: int | None = Field(description="The schedule that asked for it.")
    settlement: int | None = Field(description="The settlement that made it by closing.")
    completed_at: str | None
    rows: int | None = Field(
        description="None where it is not made; and of a settlement's, whose lines are written when they are read."
    )
    downloaded_at: str | None = Field(description="When its document was first fetched.")
    deleted_at: str | None


class Reports(Answered):
    """A page of reports, the newest first."""

    reports: list[Report]
    next_cursor: str | None


class Schedule(Answered):
    """A kind of report that the world's clock asks for."""

    schedule: int
    kind: str
    every: str
    set_at: str
    next_at: str


class Schedules(Answered):
    """The schedules that run."""

    schedules: list[Schedule]
