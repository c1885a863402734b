"""What happens to reports: asked for, made, fetched, thrown away, and asked for by the clock."""

from sandbox.central.facts.base import Fact


class ReportRequested(Fact, frozen=True, omit_defaults=True):
    """Somebody asked for a report, or its schedule came round. It is ready some seconds later."""

    report: int
    kind: str
    ready_at: int
    since: int | None = None
    """Where the kind has a span: from here, this moment included."""
    until: int | None = None
    """Up to here, this moment left out."""
    schedule: int | None = None
    """The schedule that came round."""
    order_id: str = ""
    """Only what is about this order."""
    transaction: str = ""
    """Only entries of this kind."""


class ReportCompleted(Fact, frozen=True):
    """A report is made; one without rows has no document."""

    report: int
    rows: int


class SettlementReported(Fact, frozen=True):
    """A settlement closed, and one of its reports is there by itself."""

    report: int
    kind: str
    settlement: int


class ReportCancelled(Fact, frozen=True):
    """Somebody called a request off before the report was made."""

    report: int


class ReportDownloaded(Fact, frozen=True):
    """A report's document was fetched for the first time."""

    report: int


class ReportDeleted(Fact, frozen=True):
    """A report was thrown away, its document with it."""

    report: int


class ReportScheduled(Fact, frozen=True):
    """A kind of report is to be asked for by the clock; an earlier schedule of that kind ends."""

    schedule: int
    kind: str
    every: str
    every_ms: int
    first_at: int


class ReportUnscheduled(Fact, frozen=True):
    """A schedule ended."""

    schedule: int
