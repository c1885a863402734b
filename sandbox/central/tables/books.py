"""What the ledger's accounts hold, and whether everything that must agree with them does."""

from typing import Any

from sandbox.central.tables.base import Tables

ACCOUNTS = {
    "buyer": "What buyers paid, less what they got back; the one account that all others live on.",
    "sales": "The seller's proceeds of this settlement period, fees taken off.",
    "refunds": "What the seller gave back in this period.",
    "claims": "What guarantee claims cost the seller in this period.",
    "chargebacks": "What chargebacks cost the seller in this period.",
    "fees": "What the platform keeps.",
    "protection": "What the platform bore in the seller's place.",
    "available": "What settlements left and the bank has not got yet.",
    "reserve": "What the last settlement held back.",
    "bank": "What was handed to the seller's bank.",
}
"""The accounts, and what the balance of each says."""

_BALANCES = """
    select account, sum(amount) from (
        select target account, sum(amount_minor) amount from entries where entry > ? group by target union all
        select source, -sum(amount_minor) from entries where entry > ? group by source)
    group by account"""


def balances(tables: Tables, after: int = 0) -> dict[str, int]:
    """What each account holds, in minor units; of the entries behind that number only, if one is given."""
    tables.enter()
    rows: list[Any] = tables.execute(_BALANCES, (after, after)).fetchall()
    return dict.fromkeys(ACCOUNTS, 0) | dict(rows)


_OF_ORDERS = """
    select sum(paid_minor), sum(fee_minor), sum(refunded_minor), sum(reversed_minor), sum(refunding_minor)
    from orders"""
_OF_ENTRIES = """
    select sum(iif(kind = 'OrderPayment', amount_minor, 0)),
        sum(case kind when 'Fee' then amount_minor when 'AppealFee' then amount_minor
            when 'RefundFee' then -amount_minor when 'ClaimFee' then -amount_minor
            when 'ChargebackFee' then -amount_minor else 0 end),
        sum(iif(kind = 'Refund', amount_minor, 0)),
        sum(iif(kind in ('Claim', 'Chargeback', 'ClaimProtection', 'ChargebackProtection'), amount_minor, 0)),
        (select sum(amount_minor) from refunds where state = 'pending')
    from entries"""
_WHAT = ("paid", "kept as fees", "refunded", "given back by disputes", "refunded but pending")
_LAST = "select closing_minor, reserved_minor, last_entry from settlements order by settlement desc limit 1"
_BROKEN_CHAIN = """
    select s.settlement, s.opening_minor, before.closing_minor from settlements s
    join settlements before on before.settlement = s.settlement - 1 where s.opening_minor <> before.closing_minor"""


def differences(tables: Tables) -> list[str]:
    """All that does not agree: none, or the house has a bug. Every account is counted from its entries alone."""
    held = balances(tables)
    found = []
    if total := sum(held.values()):
        found.append(f"the accounts add up to {total} and not to 0")
    found += [f"there is an account {name!r}" for name in held if name not in ACCOUNTS]
    orders, entries = (tables.execute(sql).fetchall()[0] for sql in (_OF_ORDERS, _OF_ENTRIES))
    found += [
        f"orders say {of_orders or 0} {what}, the ledger {of_entries or 0}"
        for what, of_orders, of_entries in zip(_WHAT, orders, entries, strict=True)
        if (of_orders or 0) != (of_entries or 0)
    ]
    for settlement, opening, closing in tables.execute(_BROKEN_CHAIN).fetchall():
        found.append(f"settlement {settlement} opens with {opening}, and the one before closed with {closing}")
    return found + _since_last(tables, held)


def _since_last(tables: Tables, held: dict[str, int]) -> list[str]:
    last: list[Any] = tables.execute(_LAST).fetchall()
    closing, reserved, last_entry = last[0] if last else (0, 0, 0)
    since = balances(tables, last_entry)
    pairs = {"available": closing, "reserve": reserved, "sales": 0, "refunds": 0, "claims": 0, "chargebacks": 0}
    return [
        f"the last settlement left {left} as {account}, and the ledger says {held[account] - since[account]}"
        for account, left in pairs.items()
        if held[account] - since[account] != left
    ]
