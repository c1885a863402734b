"""Reports of money: a settlement line by line, the ledger's entries of a span, and their sums (chapters 5 and 12)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec.json import decode

from sandbox.central.ledger import LINES, entries_between, left_by, reserve_made_by
from sandbox.central.records import Entry, Settlement
from sandbox.central.reports.render import DAY, MOMENT, MONEY, TEXT, UTC_MOMENT, WHOLE, Column
from sandbox.central.reports.scope import Scope, split
from sandbox.central.settlements import settlement_of, transfer_day
from sandbox.central.world import World

MARKETPLACE = "Pay with Amazon"
OTHER = "other-transaction"
TYPES = {
    "OrderPayment": "Order",
    "Fee": "Order",
    "Refund": "Refund",
    "RefundFee": "Refund",
    "Claim": "A-to-z Guarantee Refund",
    "ClaimFee": "A-to-z Guarantee Refund",
    "Appeal": "A-to-z Guarantee Recovery",
    "AppealFee": "A-to-z Guarantee Recovery",
    "Chargeback": "Chargeback Refund",
    "ChargebackFee": "Chargeback Refund",
}
"""The transaction type of each kind of entry that is about an order and moves the seller's money."""
SIGNS = {kind: sign for line in LINES.values() for kind, sign in line.items()}
"""Whether an entry of that kind gives the seller money or takes it."""


class SettlementLine(NamedTuple):
    """A line of a settlement report, column by column; behind them, what the file does not show."""

    settlement: int
    since: int | None = None
    closed_at: int | None = None
    deposit_at: int | None = None
    total_minor: int | None = None
    currency: str = ""
    transaction: str = ""
    order_id: str = ""
    merchant_order_id: str = ""
    adjustment_id: str = ""
    """The ledger entry behind a line that gives back, or all of those behind another."""
    shipment_id: str = ""
    """The ledger entry behind a line of a package."""
    marketplace: str = ""
    amount_type: str = ""
    description: str = ""
    amount_minor: int | None = None
    fulfilment: str = ""
    posted_day: int | None = None
    posted_at: int | None = None
    item_id: str = ""
    merchant_item_id: str = ""
    merchant_adjustment_id: str = ""
    sku: str = ""
    quantity: int | None = None
    promotion_id: str = ""
    entries: tuple[int, ...] = ()
    """The numbers of the ledger entries that it is of."""


SETTLEMENT_COLUMNS = (
    Column("settlement-id", WHOLE),
    Column("settlement-start-date", UTC_MOMENT),
    Column("settlement-end-date", UTC_MOMENT),
    Column("deposit-date", UTC_MOMENT),
    Column("total-amount", MONEY),
    Column("currency", TEXT),
    Column("transaction-type", TEXT),
    Column("order-id", TEXT),
    Column("merchant-order-id", TEXT),
    Column("adjustment-id", TEXT),
    Column("shipment-id", TEXT),
    Column("marketplace-name", TEXT),
    Column("amount-type", TEXT),
    Column("amount-description", TEXT),
    Column("amount", MONEY),
    Column("fulfillment-id", TEXT),
    Column("posted-date", DAY),
    Column("posted-date-time", UTC_MOMENT),
    Column("order-item-code", TEXT),
    Column("merchant-order-item-id", TEXT),
    Column("merchant-adjustment-item-id", TEXT),
    Column("sku", TEXT),
    Column("quantity-purchased", WHOLE),
    Column("promotion-id", TEXT),
)


class _Posting(NamedTuple):
    """An entry with what its lines are made of."""

    entry: int
    at: int
    kind: str
    amount_minor: int
    about: int
    order_number: int | None
    order_id: str | None
    contents: str | None
    """JSON: pieces by line of the package, or money by line of the refund."""


class _Item(NamedTuple):
    """A line of an order."""

    line: int
    item_id: str
    sku: str
    quantity: int
    price_minor: int


_POSTINGS = f"""
    select e.entry, e.at, e.kind, e.amount_minor, e.about, e.order_number, o.order_id, ifnull(p.contents, r.items)
    from entries e left join orders o on o.number = e.order_number
    left join shipments p on p.order_number = e.order_number and p.package = e.about
        and e.kind in ('OrderPayment', 'Fee')
    left join refunds r on r.refund = e.about and e.kind in ('Refund', 'RefundFee')
    where e.entry between ? and ? and e.kind in ({", ".join(f"'{kind}'" for kind in SIGNS)}) order by e.entry"""
_ITEMS = """
    select line, item_id, sku, quantity, i.price_minor from items i join products using (product)
    where order_number = ? order by line"""


def settlement_lines(world: World, scope: Scope) -> Iterator[SettlementLine]:
    """A closed settlement: its summary, what it began with, every entry item by item, what it leaves in reserve.

    The lines behind the summary add up to its total, which is what goes to the bank.
    """
    found = settlement_of(world, scope.settlement)
    closing = found.closing_minor
    deposit = transfer_day(world, found.closed_at) if closing > 0 else None
    yield SettlementLine(found.settlement, found.since, found.closed_at, deposit, closing, world.currency)
    yield from _begun_with(world, found)
    of_order: int | None = None
    items: list[_Item] = []
    for row in world.rows(_POSTINGS, (found.first_entry, found.last_entry)):
        posting = _Posting._make(row)
        if posting.order_number is None:
            yield _other(found, posting.at, "Transfer to bank", -posting.amount_minor, (posting.entry,))
            continue
        if posting.order_number != of_order:
            of_order = posting.order_number
            items = [_Item(*row) for row in world.rows(_ITEMS, (of_order,))]
        yield from _lines(found.settlement, posting, items)
    reserve = _numbers(reserve_made_by(world, found.settlement))
    yield _other(found, found.closed_at, "Current Reserve Amount", -found.reserved_minor, reserve)


def _begun_with(world: World, found: Settlement) -> Iterator[SettlementLine]:
    """The balance and the reserve of the settlement before."""
    if found.settlement == 1:
        return
    before = settlement_of(world, found.settlement - 1)
    left = _numbers(left_by(world, before.settlement))
    yield _other(found, found.since, "Balance of the settlement before", found.opening_minor, left)
    reserve = _numbers(reserve_made_by(world, before.settlement))
    yield _other(found, found.since, "Previous Reserve Amount Balance", before.reserved_minor, reserve)


def _numbers(entries: list[Entry]) -> tuple[int, ...]:
    return tuple(sorted(entry.entry for entry in entries))


def _other(found: Settlement, at: int, description: str, minor: int, entries: tuple[int, ...]) -> SettlementLine:
    return SettlementLine(
        found.settlement,
        transaction=OTHER,
        adjustment_id=" ".join(map(str, entries)),
        marketplace=MARKETPLACE,
        amount_type=OTHER,
        description=description,
        amount_minor=minor,
        posted_day=at,
        posted_at=at,
        entries=entries,
    )


def _lines(settlement: int, posting: _Posting, items: list[_Item]) -> Iterator[SettlementLine]:
    """An entry about an order, item by item; the lines add up to it."""
    entry, at, kind = posting.entry, posting.at, posting.kind
    sign, of_package = SIGNS[kind], kind in ("OrderPayment", "Fee")
    number = str(entry)
    adjustment, shipment = ("", number) if of_package else (number, "")
    amount_type = "ItemFees" if kind.endswith("Fee") else "ItemPrice"
    head = (settlement, None, None, None, None, "")
    for description, item, minor, quantity in _parts(posting, items):
        if minor:
            about = (TYPES[kind], posting.order_id, "", adjustment, shipment, MARKETPLACE, amount_type, description)
            of_item = (item.item_id, "", "", item.sku, quantity, "", (entry,))
            yield SettlementLine._make((*head, *about, sign * minor, "MFN", at, at, *of_item))


_Part = tuple[str, _Item, int, int | None]


def _parts(posting: _Posting, items: list[_Item]) -> Iterator[_Part]:
    """What an entry is for: description, item, minor units, pieces. What the items do not explain is shipping."""
    kind, amount = posting.kind, posting.amount_minor
    contents = {int(line): number for line, number in decode(posting.contents or "{}").items()}
    named = [item for item in items if item.line in contents] or items
    pieces = kind in ("OrderPayment", "Fee")
    if pieces:
        goods = [contents.get(item.line, 0) * item.price_minor for item in named]
    elif contents:
        goods = [contents[item.line] for item in named]
    else:
        goods = [item.quantity * item.price_minor for item in named]
    if kind.endswith("Fee"):
        yield from (("Commission", item, part, None) for item, part in zip(named, split(amount, goods), strict=True))
        return
    if kind not in ("OrderPayment", "Refund") or not contents:
        what = "Shipping" if kind == "Refund" else "Principal"
        yield from ((what, item, part, None) for item, part in zip(named, split(amount, goods), strict=True))
        return
    for item, principal, shipping in zip(named, goods, split(amount - sum(goods), goods), strict=True):
        yield "Principal", item, principal, contents[item.line] if pieces else None
        yield "Shipping", item, shipping, None


# -- transactions and their sums


class Transaction(NamedTuple):
    """An entry of the ledger."""

    entry: int
    posted_at: int
    kind: str
    order_id: str
    about: int
    source: str
    target: str
    amount_minor: int
    seller_minor: int
    """What it gives the seller, or takes where it is negative; 0 where it only moves between the seller's accounts."""


TRANSACTION_COLUMNS = (
    Column("entry", WHOLE),
    Column("posted-at", MOMENT),
    Column("kind", TEXT),
    Column("order-id", TEXT),
    Column("about", WHOLE),
    Column("from", TEXT),
    Column("to", TEXT),
    Column("amount", MONEY),
    Column("seller-amount", MONEY),
)


def transactions(world: World, scope: Scope) -> Iterator[Transaction]:
    """The ledger's entries of a span, all or those of one order or one kind."""
    sql = """
        select e.entry, e.at, e.kind, ifnull(o.order_id, ''), e.about, e.source, e.target, e.amount_minor
        from entries e left join orders o on o.number = e.order_number where e.entry between ? and ?"""
    values: list[Any] = [*entries_between(world, scope.since, scope.until)]
    if scope.order_id:
        sql += " and e.order_number = ?"
        values.append(world.order(scope.order_id).number)
    if scope.transaction:
        sql += " and e.kind = ?"
        values.append(scope.transaction)
    for row in world.rows(f"{sql} order by e.entry", values):
        yield Transaction._make((*row, SIGNS.get(row[2], 0) * row[7]))


class Sum(NamedTuple):
    """What the entries of one kind come to, for the seller."""

    line: str
    kind: str
    entries: int
    amount_minor: int


SUM_COLUMNS = (Column("line", TEXT), Column("kind", TEXT), Column("entries", WHOLE), Column("amount", MONEY))


def sums(world: World, scope: Scope) -> Iterator[Sum]:
    """The lines of a settlement over any span, and what they come to; nothing where nothing moved."""
    sql = "select kind, count(*), sum(amount_minor) from entries where entry between ? and ? group by kind"
    span = entries_between(world, scope.since, scope.until)
    of_kind = {kind: (count, minor) for kind, count, minor in world.rows(sql, span)}
    found = [
        Sum(line, kind, of_kind[kind][0], sign * of_kind[kind][1])
        for line, kinds in LINES.items()
        for kind, sign in kinds.items()
        if kind in of_kind
    ]
    yield from found
    if found:
        yield Sum("total", "", sum(one.entries for one in found), sum(one.amount_minor for one in found))
