"""The native API's JSON about money: one pure function for each thing."""

from msgspec.json import decode

from sandbox.api.native.render import Json, moment
from sandbox.central.days import rfc3339
from sandbox.central.holds import Held, Hold
from sandbox.central.ids import Ids
from sandbox.central.ledger import LINES, Transaction, TrialBalance
from sandbox.central.records import Refund, Settlement
from sandbox.central.refunds import REASONS, Given
from sandbox.central.reserve import Reserve
from sandbox.central.search import Page
from sandbox.central.settlements import Balance, Period
from sandbox.central.tables.books import ACCOUNTS

ORDERS_SHOWN = 50
"""Of a hold, beside its other holds."""


def refund(found: Refund, item_ids: dict[int, str], currency: str) -> Json:
    """One refund."""
    return {
        "refund": found.refund,
        "order_id": found.order_id,
        "state": found.state,
        "reason": found.reason,
        "says": REASONS[found.reason],
        "currency": currency,
        "amount_minor": found.amount_minor,
        "items": {item_ids[int(line)]: amount for line, amount in decode(found.items).items()},
        "shipping_minor": found.shipping_minor,
        "memo": found.memo,
        "note": found.note,
        "requested_at": rfc3339(found.requested_at),
        "final_at": rfc3339(found.final_at),
    }


def refunds(found: Given, currency: str) -> Json:
    """An order's refunds and what is left to give back."""
    items = {found.item_ids[line]: amount for line, amount in found.left.items.items()}
    left = {"total_minor": found.left_minor, "items": items, "shipping_minor": found.left.shipping_minor}
    rows = [refund(row, found.item_ids, currency) for row in found.refunds]
    return {"order_id": found.order_id, "currency": currency, "refunds": rows, "left": left}


def lines(found: Period | Settlement) -> Json:
    """The lines of a period."""
    return {name: getattr(found, name) for name in ("opening_minor", *(f"{line}_minor" for line in LINES))}


def balance(found: Balance, now: int, closes_at: int, currency: str) -> Json:
    """The balance with the period that runs now."""
    period = {
        "settlement": found.period.settlement,
        "since": rfc3339(found.period.since),
        "closes_at": rfc3339(closes_at),
        "lines": lines(found.period),
        "reserved_before_minor": found.period.reserved_before_minor,
    }
    return {
        "as_of": rfc3339(now),
        "currency": currency,
        "total_minor": found.total_minor,
        "reserve_minor": found.reserve_minor,
        "available_minor": found.available_minor,
        "in_transfer_minor": found.in_transfer_minor,
        "transfer_at": moment(found.transfer_at),
        "period": period,
    }


def listed_settlement(found: Settlement, currency: str) -> Json:
    """A settlement as a list shows it."""
    return {
        "settlement": found.settlement,
        "since": rfc3339(found.since),
        "closed_at": rfc3339(found.closed_at),
        "currency": currency,
        "lines": lines(found),
        "reserve_change_minor": found.reserve_change_minor,
        "closing_minor": found.closing_minor,
        "reserved_minor": found.reserved_minor,
        "transfer_at": moment(found.transfer_at),
        "transfer_minor": found.transfer_minor,
    }


def settlements(page: Page[Settlement], currency: str) -> Json:
    """A page of settlements."""
    rows = [listed_settlement(found, currency) for found in page.rows]
    return {"settlements": rows, "next_cursor": page.next_cursor}


Behind = dict[str, tuple[int, Page[Transaction]]]
"""By line of a settlement: how many entries it has, and the first page of them."""


def settlement(found: Settlement, behind: Behind, currency: str) -> Json:
    """A settlement with what is behind its lines."""
    rows = [
        {"line": line, "amount_minor": getattr(found, f"{line}_minor"), "count": count} | transactions(page, currency)
        for line, (count, page) in behind.items()
    ]
    return listed_settlement(found, currency) | {"behind": rows}


def transaction(found: Transaction, currency: str) -> Json:
    """An entry of the ledger."""
    entry = found.entry
    return {
        "entry": entry.entry,
        "at": rfc3339(entry.at),
        "kind": entry.kind,
        "order_id": found.order_id,
        "settlement": found.settlement,
        "source": entry.source,
        "target": entry.target,
        "currency": currency,
        "amount_minor": entry.amount_minor,
        "seller_minor": found.seller_minor,
    }


def transactions(page: Page[Transaction], currency: str) -> Json:
    """A page of transactions."""
    rows = [transaction(found, currency) for found in page.rows]
    return {"transactions": rows, "next_cursor": page.next_cursor}


def held(found: Held, ids: Ids) -> Json:
    """An order behind a hold."""
    return {
        "order_id": ids.order_id(found.number),
        "amount_minor": found.amount_minor,
        "filed_at": rfc3339(found.filed_at),
        "free_at": moment(found.free_at),
    }


def hold(found: Hold) -> Json:
    """Money held back for one reason, without its orders."""
    return {
        "reason": found.reason,
        "says": found.says,
        "amount_minor": found.amount_minor,
        "free_at": moment(found.free_at),
        "count": len(found.orders),
    }


def reserve(found: Reserve, ids: Ids, currency: str) -> Json:
    """The reserve with its reasons and the first of their orders."""
    holds = [hold(one) | {"orders": [held(order, ids) for order in one.orders[:ORDERS_SHOWN]]} for one in found.holds]
    return {
        "as_of": rfc3339(found.at),
        "pack": found.pack,
        "currency": currency,
        "amount_minor": found.amount_minor,
        "holds": holds,
    }


def held_orders(found: Hold, page: Page[Held], ids: Ids, currency: str) -> Json:
    """A page of the orders behind a hold."""
    orders = [held(order, ids) for order in page.rows]
    return hold(found) | {"currency": currency, "orders": orders, "next_cursor": page.next_cursor}


def reserve_history(page: Page[Reserve], pack: str, currency: str) -> Json:
    """A page of the reserve day by day."""
    days = [
        {
            "as_of": rfc3339(day.at),
            "amount_minor": day.amount_minor,
            "reasons": {one.reason: one.amount_minor for one in day.holds},
        }
        for day in page.rows
    ]
    return {"pack": pack, "currency": currency, "days": days, "next_cursor": page.next_cursor}


def ledger_accounts(balances: dict[str, int], now: int, currency: str) -> Json:
    """All accounts with what each says."""
    rows = [{"account": name, "says": says, "balance_minor": balances[name]} for name, says in ACCOUNTS.items()]
    return {"as_of": rfc3339(now), "currency": currency, "accounts": rows}


def trial_balance(found: TrialBalance, now: int, currency: str) -> Json:
    """Whether the books agree."""
    return {
        "as_of": rfc3339(now),
        "currency": currency,
        "balances": found.balances,
        "total_minor": found.total_minor,
        "differences": found.differences,
    }
