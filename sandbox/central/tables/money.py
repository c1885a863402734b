"""How facts about money change the tables, and what they post to the ledger. Nothing else posts."""

from sandbox.central import facts
from sandbox.central.facts import encoded
from sandbox.central.records import LINES_OF_A_FACT
from sandbox.central.tables import books
from sandbox.central.tables.base import FEE, PAYMENT, Tables

Leg = tuple[str, str, str, int]
"""Kind, the account it leaves, the account it goes to, minor units."""


def post(tables: Tables, at: int, number: int, about: int, *legs: Leg, seq: int = 0) -> None:
    """Enter what a fact moves, the last one if none is named, with what it is of; nothing is entered for nothing."""
    entry = (seq or tables.clock.facts) * LINES_OF_A_FACT
    for kind, source, target, amount in legs:
        if amount:
            assert amount > 0
            tables.posted += (entry, at, number or None, kind, source, target, amount, about)
            entry += 1


def post_paid(tables: Tables, fact: facts.ShipmentConfirmed, number: int, seq: int) -> None:
    """Enter what a confirmed package brings: nearly every one is paid for and has its fee, which go together."""
    paid, fee = fact.paid_minor, fact.fee_minor
    if paid > 0 and fee > 0:
        tables.paid += (seq * LINES_OF_A_FACT, fact.at, number, fact.package, paid, fee)
    else:
        post(tables, fact.at, number, fact.package, (*PAYMENT, paid), (*FEE, fee), seq=seq)


def _back(kind: str, source: str, target: str, amount: int) -> Leg:
    """A leg that runs the other way where the amount is negative."""
    return (kind, source, target, amount) if amount >= 0 else (kind, target, source, -amount)


def refund_requested(tables: Tables, fact: facts.RefundRequested, number: int) -> None:
    tables.clock.refunds = fact.refund
    amount = sum(fact.items.values()) + fact.shipping_minor
    items = encoded(fact.items).decode()
    row = (fact.refund, number, fact.order_id, fact.reason, items, fact.shipping_minor, amount, fact.memo, fact.note)
    tables.execute(
        "insert into refunds values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0)", (*row, fact.at, fact.final_at)
    )
    order_moved(tables, number, refunding=amount)


def refund_called_off(tables: Tables, fact: facts.RefundCalledOff, number: int) -> None:
    tables.execute("update refunds set state = 'called-off', final_at = ? where refund = ?", (fact.at, fact.refund))
    amount = tables.value("select amount_minor from refunds where refund = ?", (fact.refund,))
    order_moved(tables, number, refunding=-amount)


def refund_posted(tables: Tables, fact: facts.RefundPosted, number: int) -> None:
    amount, fee = fact.amount_minor, fact.fee_returned_minor
    sql = "update refunds set state = 'final', final_at = ?, fee_returned_minor = ? where refund = ?"
    tables.execute(sql, (fact.at, fee, fact.refund))
    order_moved(tables, number, refunding=-amount, refunded=amount, fee=-fee)
    legs: tuple[Leg, Leg] = ("Refund", "refunds", "buyer", amount), ("RefundFee", "fees", "refunds", fee)
    post(tables, fact.at, number, fact.refund, *legs)


_ORDER_MOVED = """
    update orders set refunding_minor = refunding_minor + ?, refunded_minor = refunded_minor + ?,
        reversed_minor = reversed_minor + ?, fee_minor = fee_minor + ?, version = version + 1 where number = ?"""


def order_moved(
    tables: Tables, number: int, *, refunding: int = 0, refunded: int = 0, reverted: int = 0, fee: int = 0
) -> None:
    """Add what a fact moved to what the order says of its money. One statement for all, for a rare one is planned
    anew whenever it is used, which costs more than what it does."""
    tables.change_order(_ORDER_MOVED, (refunding, refunded, reverted, fee, number))


# -- settled


_SETTLEMENT = "insert into settlements values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?, ?)"


def settlement_closed(tables: Tables, fact: facts.SettlementClosed, number: int) -> None:
    """The accounts of the period are emptied into what is available, and the reserve takes or gives its part."""
    tables.clock.settlements = fact.settlement
    last = tables.value("select ifnull(max(last_entry), 0) from settlements")
    sum_of = books.sums(tables, last)
    legs = [
        _back("Settlement", account, "available", sum(sign * sum_of.get(kind, 0) for kind, sign in kinds.items()))
        for account, kinds in books.OF_PERIOD.items()
    ]
    legs.append(_back("Reserve", "reserve", "available", fact.reserve_change_minor))
    post(tables, fact.at, 0, fact.settlement, *legs)
    ours = tables.clock.facts * LINES_OF_A_FACT
    row = (
        fact.settlement,
        fact.since,
        fact.at,
        fact.opening_minor,
        fact.orders_minor,
        fact.refunds_minor,
        fact.claims_minor,
        fact.chargebacks_minor,
        fact.fees_minor,
        fact.transferred_minor,
        fact.reserved_minor,
        fact.reserve_change_minor,
        fact.closing_minor,
        fact.transfer_at,
    )
    tables.execute(_SETTLEMENT, (*row, last + 1, ours + LINES_OF_A_FACT - 1))


def transfer_made(tables: Tables, fact: facts.TransferMade, number: int) -> None:
    sql = "update settlements set transfer_at = ?, transfer_minor = ? where settlement = ?"
    tables.execute(sql, (fact.at, fact.amount_minor, fact.settlement))
    post(tables, fact.at, 0, fact.settlement, ("Transfer", "available", "bank", fact.amount_minor))


def transfer_held(tables: Tables, fact: facts.TransferHeld, number: int) -> None:
    tables.execute("update settlements set transfer_at = ? where settlement = ?", (fact.until, fact.settlement))
