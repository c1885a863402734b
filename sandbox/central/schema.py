"""The tables of a world file, made from the records by sqlite-utils."""

from types import UnionType
from typing import Any, get_args, get_type_hints

import apsw

from sandbox.central import records

APPLICATION = 0x53454C42
"""Says that a file is a world, in its header as `application_id`."""
VERSION = 9
"""Of the file's tables, kept in its header as `user_version`."""

FROM_FACTS: dict[str, tuple[type, tuple[str, ...]]] = {
    "account": (records.Account, ()),
    "products": (records.Product, ("product",)),
    "buyers": (records.Buyer, ("buyer",)),
    "addresses": (records.AddressRow, ("address",)),
    "orders": (records.Order, ("number",)),
    "items": (records.Item, ("order_number", "line")),
    "shipments": (records.Shipment, ("order_number", "package")),
    "arrivals": (records.Arrival, ("order_number", "package")),
    "returns": (records.Return, ("order_number",)),
    "threads": (records.Thread, ("thread",)),
    "messages": (records.Message, ("message",)),
    "entries": (records.Entry, ("entry",)),
    "refunds": (records.Refund, ("refund",)),
    "settlements": (records.Settlement, ("settlement",)),
    "feedback": (records.Feedback, ("order_number",)),
    "disputes": (records.Dispute, ("dispute",)),
    "notices": (records.Notice, ("notice",)),
    "settings": (records.Setting, ("setting",)),
    "bank_changes": (records.BankChange, ("fact",)),
    "metrics_reviews": (records.MetricsReview, ("fact",)),
    "cases": (records.Case, ("case",)),
    "case_texts": (records.CaseText, ("case", "number")),
    "reports": (records.Report, ("report",)),
    "schedules": (records.Schedule, ("schedule",)),
}
"""The tables that the facts make, with their records and keys: replayed facts give the same rows."""

BESIDE_FACTS: dict[str, tuple[type, tuple[str, ...]]] = {
    "clock": (records.ClockRow, ()),
    "facts": (records.FactRow, ("seq",)),
    "days": (records.Day, ("day",)),
    "agenda": (records.Agenda, ("at", "seq")),
    "cast": (records.Cast, ("name",)),
    "credentials": (records.Credential, ("key",)),
    "answers": (records.KeptAnswer, ("key",)),
    "documents": (records.DocumentRow, ("report",)),
    "webhooks": (records.Webhook, ("webhook",)),
    "deliveries": (records.DeliveryRow, ("delivery",)),
    "attempts": (records.AttemptRow, ("delivery", "attempt")),
    "epochs": (records.EpochRow, ("epoch",)),
}

VIEWS: dict[str, tuple[type, str]] = {
    "packages": (
        records.Package,
        """select s.*, a.delivered_at, a.lost_at, a.returned_at from shipments s
        left join arrivals a on a.order_number = s.order_number and a.package = s.package""",
    )
}
"""What readers ask for in one piece, with its records, and how it is put together."""

INDEXES = {
    "orders_placed": "orders(placed_at, view, buyer)",
    "orders_authorised_later": "orders(authorised_at) where authorised_at > placed_at",
    "orders_sandbox": "orders(number) where view = 'sandbox'",
    "orders_open": "orders(auto_cancel_at) where is_open",
    "orders_confirmed": "orders(confirmed_at, view, late) where confirmed_at is not null",
    "orders_late": "orders(confirmed_at, view) where late",
    "orders_cancelled": "orders(cancelled_at, view, placed_at) where cancelled_at is not null",
    "shipments_later": "shipments(confirmed_at) where package > 1",
    "threads_order": "threads(order_number)",
    "threads_last": "threads(last_at)",
    "messages_thread": "messages(thread)",
    "messages_asked": "messages(at, state, answered_at, order_number) where sender = 'buyer'",
    "messages_waiting": "messages(at) where state = 'waiting'",
    "orders_defective": "orders(placed_at, view, defects) where defects",
    "refunds_order": "refunds(order_number)",
    "disputes_order": "disputes(order_number)",
    "disputes_filed": "disputes(filed_at)",
    "feedback_left": "feedback(left_at)",
    "cases_read": "cases(read_fact) where read_fact is not null",
    "facts_order": "facts(order_number) where order_number is not null",
    "facts_led_to": "facts(because) where because is not null and order_number is null",
    "deliveries_pending": "deliveries(webhook) where state = 'pending'",
    "deliveries_webhook": "deliveries(webhook)",
}
"""Each answers one question of the rules or the lists. An order pays for its own at every change: none is idle."""


def create(connection: apsw.Connection) -> None:
    """Make all tables of a new world, its views and its indexes."""
    from sqlite_utils import Database  # 95 ms to import, and only a new world needs it

    database = Database(memory=True)  # it only words them: what runs here is one SQLite, and not the system's
    for name, (record, key) in (FROM_FACTS | BESIDE_FACTS).items():
        kinds = get_type_hints(record)
        columns = {field: _column_type(kind) for field, kind in kinds.items()}
        required = {field for field, kind in kinds.items() if not isinstance(kind, UnionType)}
        pk = key[0] if len(key) == 1 else key or None
        sql = database.create_table_sql(name, columns, pk=pk, not_null=required - set(key), strict=True)
        connection.execute(sql.rstrip().removesuffix(";") + (", WITHOUT ROWID" if len(key) > 1 else ""))
    for name, (_, question) in VIEWS.items():
        connection.execute(f"create view {name} as {question}")
    for name, definition in INDEXES.items():
        connection.execute(f"create index {name} on {definition}")
    connection.execute(f"pragma application_id = {APPLICATION}")
    connection.execute(f"pragma user_version = {VERSION}")


def fields_of(name: str) -> tuple[str, ...]:
    """The columns of a table that the facts make, or of a view, in their order."""
    fields: tuple[str, ...] = (FROM_FACTS | VIEWS)[name][0]._fields  # type: ignore[attr-defined]  # they are NamedTuples
    return fields


def _column_type(kind: Any) -> type:
    inside = [part for part in get_args(kind) if part is not type(None)] if isinstance(kind, UnionType) else [kind]
    found: type = inside[0]
    return found
