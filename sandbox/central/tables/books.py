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

_MOVED = """
    select kind, source, target, sum(amount_minor) from entries where entry > ? and entry <= ?
    group by kind, source, target"""
_LAST_ENTRY = 2**62

Moved = tuple[str, str, str, int]
"""A kind of entry, the account that its money left, the one it went to, and how much it was."""


def moved(tables: Tables, after: int = 0, until: int = _LAST_ENTRY) -> list[Moved]:
    """What the entries behind one number come to, up to another one. A walk over them, so it is made once."""
    tables.enter()
    rows: list[Any] = tables.execute(_MOVED, (after, until)).fetchall()
    return rows


_SUMS = "select kind, sum(amount_minor) from entries where entry > ? group by kind"


def sums(tables: Tables, after: int) -> dict[str, int]:
    """What the entries behind that number come to, by kind. It is kept: the end of a period is decided by it first, and
    then applied. Entries are never changed, so what was kept holds as long as the last of them is the last."""
    tables.enter()
    asked = (after, tables.value("select max(entry) from entries"))
    if tables.sums is None or tables.sums[0] != asked:
        tables.sums = (asked, dict(tables.execute(_SUMS, (after,)).fetchall()))  # type: ignore[arg-type]
    return tables.sums[1]


OF_PERIOD = {
    "chargebacks": {"Chargeback": -1, "ChargebackFee": 1},
    "claims": {"Claim": -1, "ClaimFee": 1, "Appeal": 1, "AppealFee": -1},
    "refunds": {"Refund": -1, "RefundFee": 1},
    "sales": {"OrderPayment": 1, "Fee": -1},
}
"""The accounts that a settlement empties, and the kinds of entry that fill them, with their sign."""


def balances(*parts: list[Moved]) -> dict[str, int]:
    """What each account holds of what was moved, in minor units."""
    held = dict.fromkeys(ACCOUNTS, 0)
    for part in parts:
        for _, source, target, amount in part:
            held[source] = held.get(source, 0) - amount
            held[target] = held.get(target, 0) + amount
    return held


_OF_ORDERS = """
    select sum(paid_minor), sum(fee_minor), sum(refunded_minor), sum(reversed_minor), sum(refunding_minor)
    from orders"""
_PENDING = "select sum(amount_minor) from refunds where state = 'pending'"
_OF_KINDS: dict[str, dict[str, int]] = {
    "paid": {"OrderPayment": 1},
    "kept as fees": {"Fee": 1, "AppealFee": 1, "RefundFee": -1, "ClaimFee": -1, "ChargebackFee": -1},
    "refunded": {"Refund": 1},
    "given back by disputes": {"Claim": 1, "Chargeback": 1, "ClaimProtection": 1, "ChargebackProtection": 1},
}
"""What orders say of their money, and the kinds of entry that must say the same."""
_LAST = """
    select closing_minor, reserved_minor, last_entry from settlements order by settlement desc limit 1"""
_BROKEN_CHAIN = """
    select s.settlement, s.opening_minor, before.closing_minor from settlements s
    join settlements before on before.settlement = s.settlement - 1 where s.opening_minor <> before.closing_minor"""
_BROKEN_SUM = """
    select settlement, opening_minor + orders_minor + refunds_minor + claims_minor + chargebacks_minor + fees_minor
        + transferred_minor + reserve_change_minor as total, closing_minor
    from settlements where total <> closing_minor"""
_HANDED_OUT = "select ifnull(sum(transfer_minor), 0) from settlements"


def differences(tables: Tables) -> list[str]:
    """All that does not agree: none, or the house has a bug."""
    return audited(tables)[1]


def audited(tables: Tables) -> tuple[dict[str, int], list[str]]:
    """What each account holds, counted from its entries alone, and all that does not agree with it."""
    tables.enter()
    last: list[Any] = tables.execute(_LAST).fetchall()
    closing, reserved, last_entry = last[0] if last else (0, 0, 0)
    before, since = moved(tables, 0, last_entry), moved(tables, last_entry)
    held, left = balances(before, since), balances(before)
    found = []
    if total := sum(held.values()):
        found.append(f"the accounts add up to {total} and not to 0")
    found += [f"there is an account {name!r}" for name in held if name not in ACCOUNTS]
    found += _of_orders(tables, before + since)
    pairs = {"available": closing, "reserve": reserved, "sales": 0, "refunds": 0, "claims": 0, "chargebacks": 0}
    found += [
        f"the last settlement left {amount} as {account}, and the ledger says {left[account]}"
        for account, amount in pairs.items()
        if left[account] != amount
    ]
    return held, found + _of_settlements(tables, held["bank"])


def _of_orders(tables: Tables, all_moved: list[Moved]) -> list[str]:
    """What orders and refunds say that the ledger does not."""
    sums: dict[str, int] = {}
    for kind, _, _, amount in all_moved:
        sums[kind] = sums.get(kind, 0) + amount
    (*of_orders, refunding) = tables.execute(_OF_ORDERS).fetchall()[0]
    found = []
    for (what, kinds), said in zip(_OF_KINDS.items(), of_orders, strict=True):
        posted = sum(sign * sums.get(kind, 0) for kind, sign in kinds.items())
        if (said or 0) != posted:
            found.append(f"orders say {said or 0} {what}, the ledger {posted}")
    if (refunding or 0) != (pending := tables.value(_PENDING) or 0):
        found.append(f"orders say {refunding or 0} refunded but pending, the refunds {pending}")
    return found


def _of_settlements(tables: Tables, bank: int) -> list[str]:
    """Where settlements do not add up, or do not follow each other."""
    found = [
        f"settlement {settlement} opens with {opening}, and the one before closed with {closing}"
        for settlement, opening, closing in tables.execute(_BROKEN_CHAIN).fetchall()
    ]
    for settlement, total, closing in tables.execute(_BROKEN_SUM).fetchall():
        found.append(f"settlement {settlement} has lines of {total} and closes with {closing}")
    if (handed_out := tables.value(_HANDED_OUT)) != bank:
        found.append(f"settlements handed out {handed_out}, and the bank has {bank}")
    return found
