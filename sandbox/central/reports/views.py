"""The tables of a world as anybody may see them, for analysis elsewhere: no buyer's own address is in them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sandbox.central.guide import Refused
from sandbox.central.records import Defect
from sandbox.central.reports import money
from sandbox.central.reports.render import MOMENT, MONEY, TEXT, WHOLE, WORDS, Column, Heading, tables
from sandbox.central.reports.scope import Scope
from sandbox.central.world import World


class View(NamedTuple):
    """A table to be exported: what each column is called, what its cells are, and where they come from."""

    columns: tuple[tuple[str, str, str], ...]
    source: str


def _same(cells: str, *names: str) -> tuple[tuple[str, str, str], ...]:
    """Columns that are called as in the world's own table."""
    return tuple((name.removesuffix("_minor"), cells, f"t.{name}") for name in names)


_ORDER_ID = ("order_id", TEXT, "o.order_id")
_OF_ORDERS = "join orders o on o.number = t.order_number"
_DISPUTES = (
    *_same(WHOLE, "dispute"),
    *_same(TEXT, "order_id", "reason", "state", "outcome", "paid_by"),
    *_same(MONEY, "amount_minor", "paid_minor", "fee_returned_minor"),
    *_same(MOMENT, "filed_at", "respond_by", "answered_at", "closed_at", "appealed_at"),
    *_same(WORDS, "text", "answer", "because"),
)
VIEWS = {
    "orders": View(
        (
            *_same(TEXT, "order_id", "view", "status", "service"),
            *_same(WHOLE, "buyer", "quantity", "quantity_shipped", "quantity_cancelled", "late"),
            *_same(MONEY, "items_minor", "shipping_minor", "paid_minor", "fee_minor", "refunded_minor"),
            *_same(MONEY, "reversed_minor"),
            *_same(MOMENT, "placed_at", "authorised_at", "dispatch_by", "deliver_from", "deliver_by"),
            *_same(MOMENT, "auto_cancel_at", "confirmed_at", "cancelled_at"),
            *_same(TEXT, "cancelled_by", "cancel_reason"),
            *((f"{defect.name.lower()}", WHOLE, f"t.defects & {int(defect)} > 0") for defect in Defect if defect.name),
            *_same(WORDS, "memo"),
        ),
        "orders t order by t.placed_at, t.number",
    ),
    "items": View(
        (
            _ORDER_ID,
            *_same(WHOLE, "line"),
            *_same(TEXT, "item_id"),
            ("sku", TEXT, "p.sku"),
            ("title", WORDS, "p.title"),
            *_same(WHOLE, "quantity"),
            *_same(MONEY, "price_minor"),
        ),
        f"items t {_OF_ORDERS} join products p using (product) order by o.placed_at, t.order_number, t.line",
    ),
    "packages": View(
        (
            _ORDER_ID,
            *_same(WHOLE, "package"),
            *_same(TEXT, "carrier", "method", "tracking"),
            *_same(MOMENT, "shipped_at", "confirmed_at", "delivered_at"),
            *_same(TEXT, "contents"),
            *_same(WHOLE, "address_ok"),
            *_same(MONEY, "paid_minor"),
        ),
        f"packages t {_OF_ORDERS} order by t.confirmed_at, t.order_number, t.package",
    ),
    "messages": View(
        (
            *_same(WHOLE, "message", "thread"),
            _ORDER_ID,
            *_same(TEXT, "sender", "state"),
            *_same(MOMENT, "at", "answered_at"),
            *_same(WHOLE, "automatic"),
            *_same(WORDS, "text"),
        ),
        f"messages t {_OF_ORDERS} order by t.message",
    ),
    "entries": View(
        (
            *_same(WHOLE, "entry"),
            *_same(MOMENT, "at"),
            _ORDER_ID,
            *_same(TEXT, "kind", "source", "target"),
            *_same(MONEY, "amount_minor"),
            *_same(WHOLE, "about"),
        ),
        f"entries t left {_OF_ORDERS} order by t.entry",
    ),
    "refunds": View(
        (
            *_same(WHOLE, "refund"),
            *_same(TEXT, "order_id", "reason", "state"),
            *_same(MONEY, "amount_minor", "shipping_minor"),
            *_same(MOMENT, "requested_at", "final_at"),
            *_same(WORDS, "memo", "note"),
        ),
        "refunds t order by t.refund",
    ),
    "claims": View(_DISPUTES, "disputes t where t.kind = 'claim' order by t.dispute"),
    "chargebacks": View(_DISPUTES, "disputes t where t.kind = 'chargeback' order by t.dispute"),
    "feedback": View(
        (
            *_same(TEXT, "order_id"),
            *_same(WHOLE, "rating", "arrived_on_time", "as_described", "good_service"),
            *_same(TEXT, "state"),
            *_same(MOMENT, "left_at", "replied_at", "state_at"),
            *_same(WORDS, "comment", "reply"),
        ),
        "feedback t order by t.left_at, t.order_number",
    ),
    "settlements": View(
        (
            *_same(WHOLE, "settlement"),
            *_same(MOMENT, "since", "closed_at", "transfer_at"),
            *_same(MONEY, "opening_minor", "orders_minor", "refunds_minor", "claims_minor", "chargebacks_minor"),
            *_same(MONEY, "fees_minor", "transferred_minor", "reserved_minor", "reserve_change_minor"),
            *_same(MONEY, "closing_minor", "transfer_minor"),
        ),
        "settlements t order by t.settlement",
    ),
}
TRANSACTIONS = "transactions"
NAMES = (*VIEWS, TRANSACTIONS)
EXPORT_FORMATS = ("csv", "tsv", "json", "parquet")


def exported(world: World, name: str, form: str) -> tuple[bytes, int]:
    """A table as a file, and how many rows it has. Refused with UnknownTable or NoSuchFormat."""
    if name not in NAMES:
        raise Refused("UnknownTable", f"There is no table {name[:40]!r} to export. There are: {', '.join(NAMES)}.")
    if form not in EXPORT_FORMATS:
        raise Refused("NoSuchFormat", f"A table does not come as {form[:20]!r}. It has: {', '.join(EXPORT_FORMATS)}.")
    columns, found = _seen(world, name)
    rows = list(found)
    assert world.account is not None
    heading = Heading(name, world.account.shop, world.currency, "", world.now)
    return tables(columns, form)[form](heading, rows), len(rows)


def _seen(world: World, name: str) -> tuple[tuple[Column, ...], Iterable[tuple[Any, ...]]]:
    if name == TRANSACTIONS:
        return money.TRANSACTION_COLUMNS, money.transactions(world, Scope(world.now, 0, world.now + 1))
    view = VIEWS[name]
    columns = tuple(Column(name, cells) for name, cells, _ in view.columns)
    return columns, world.execute(f"select {', '.join(cell for _, _, cell in view.columns)} from {view.source}")
