"""The kinds of report there are: what each is made of, and the formats it comes in."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sandbox.central.reports import money, orders, performance
from sandbox.central.reports.performance_files import performance_json, performance_xml
from sandbox.central.reports.render import Render, tables
from sandbox.central.reports.scope import Scope
from sandbox.central.reports.settlement_xml import settlement_xml
from sandbox.central.world import World


class Kind(NamedTuple):
    """A kind of report."""

    says: str
    rows: Callable[[World, Scope], Iterable[Any]]
    """A pure question to the world; its answer is all that any format tells."""
    formats: dict[str, Render]
    """The usual one first."""
    has_span: bool = False
    of_settlement: bool = False
    """Made by a settlement that closes, and by nobody's request."""


KINDS = {
    "settlement-v2": Kind(
        "A settlement, line by line, in 24 columns.",
        money.settlement_lines,
        tables(money.SETTLEMENT_COLUMNS, "tsv"),
        of_settlement=True,
    ),
    "settlement-xml": Kind(
        "The same settlement as XML.", money.settlement_lines, {"xml": settlement_xml}, of_settlement=True
    ),
    "transactions": Kind(
        "The ledger's entries.", money.transactions, tables(money.TRANSACTION_COLUMNS, "csv"), has_span=True
    ),
    "date-range-summary": Kind(
        "What a span brought, by line.", money.sums, tables(money.SUM_COLUMNS, "csv"), has_span=True
    ),
    "seller-feedback": Kind(
        "Neutral and negative ratings.", orders.feedback, tables(orders.FEEDBACK_COLUMNS, "tsv"), has_span=True
    ),
    "seller-performance-v1": Kind("The rates as XML.", performance.metrics, {"xml": performance_xml}),
    "seller-performance-v2": Kind("The rates as JSON.", performance.metrics, {"json": performance_json}),
    "actionable-orders": Kind(
        "Lines that wait for dispatch.", orders.actionable_orders, tables(orders.ACTIONABLE_COLUMNS, "tsv")
    ),
    "all-orders": Kind(
        "The orders authorised in a span, by line.",
        orders.all_orders,
        tables(orders.ORDER_COLUMNS, "tsv"),
        has_span=True,
    ),
    "customer-metrics": Kind(
        "Every rate over every window.", performance.metrics, tables(performance.METRIC_COLUMNS, "json")
    ),
}
SETTLEMENT_KINDS = tuple(name for name, kind in KINDS.items() if kind.of_settlement)
FORMATS = ("tsv", "csv", "xml", "json", "parquet")
EVERY = ("5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "2d", "72h", "84h", "7d", "14d", "15d", "18d", "30d")
"""How often a schedule may come round: the documented spans of both old and new doors, but for the calendar month."""
