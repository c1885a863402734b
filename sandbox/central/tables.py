"""How each fact changes the tables. Nothing else writes to them."""

from collections.abc import Callable
from typing import Any

import apsw

from sandbox.central import facts
from sandbox.central.facts import Fact, encoded
from sandbox.central.ids import BY_HAND, Ids
from sandbox.central.records import Clock


class Tables:
    """The tables of one open world, in one transaction."""

    def __init__(self, connection: apsw.Connection, clock: Clock, ids: Ids) -> None:
        writes = connection.cursor()  # one for all: a new cursor for each statement costs as much as the statement
        self.execute = writes.execute
        self.executemany = writes.executemany
        self.close = writes.close
        self.clock = clock
        self.ids = ids


def account_opened(tables: Tables, fact: facts.AccountOpened, number: int) -> None:
    changes = encoded(fact.policy_changes).decode()
    row = (fact.shop, fact.seed, fact.policy, changes, fact.currency, fact.at)
    tables.execute("insert into account values (?, ?, ?, ?, ?, ?)", row)


def product_listed(tables: Tables, fact: facts.ProductListed, number: int) -> None:
    tables.clock.products = fact.product
    row = (fact.product, fact.sku, fact.title, fact.price_minor)
    tables.execute("insert into products values (?, ?, ?, ?)", row)


def buyer_joined(tables: Tables, fact: facts.BuyerJoined, number: int) -> None:
    tables.clock.buyers = fact.buyer
    row = (fact.buyer, fact.name, fact.email, tables.ids.masked_mail(fact.buyer))
    tables.execute("insert into buyers values (?, ?, ?, ?)", row)


def address_added(tables: Tables, fact: facts.AddressAdded, number: int) -> None:
    tables.clock.addresses = fact.address
    place = fact.place
    lines = (place.name, place.line1, place.line2, place.city, place.state, place.postal_code, place.country)
    row = (fact.address, fact.buyer, *lines, place.phone)
    tables.execute("insert into addresses values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


_ORDER = """
    insert into orders values
    (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, null, 0, null, null, null, '', 1, ?)"""
_ITEM = "insert into items values (?, ?, ?, ?, ?, ?)"


def order_placed(tables: Tables, fact: facts.OrderPlaced, number: int) -> None:
    if number < BY_HAND:
        tables.clock.orders = number
    else:
        tables.clock.orders_by_hand = number - BY_HAND
    quantity = items_minor = 0
    for line, item in enumerate(fact.lines, 1):
        tables.execute(_ITEM, (number, line, item.item_id, item.product, item.quantity, item.price_minor))
        quantity += item.quantity
        items_minor += item.quantity * item.price_minor
    tables.execute(
        _ORDER,
        (
            number,
            fact.order_id,
            fact.view,
            "Pending" if fact.pending else "Unshipped",
            fact.at,
            fact.buyer,
            fact.address,
            fact.service,
            fact.dispatch_by,
            fact.deliver_from,
            fact.deliver_by,
            fact.auto_cancel_at,
            quantity,
            items_minor,
            fact.shipping_minor,
            tables.clock.facts,
        ),
    )


def payment_authorised(tables: Tables, fact: facts.PaymentAuthorised, number: int) -> None:
    sql = "update orders set status = 'Unshipped', version = version + 1 where number = ?"
    tables.execute(sql, (number,))


_PACKAGE = "insert into packages values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)"
_ORDER_SHIPPED = """
    update orders set quantity_shipped = quantity_shipped + ?, confirmed_at = ifnull(confirmed_at, ?),
        status = iif(quantity_shipped + quantity_cancelled + ? = quantity, 'Shipped', 'PartiallyShipped'),
        is_open = quantity_shipped + quantity_cancelled + ? < quantity,
        late = late or ? > dispatch_by, version = version + 1
    where number = ?"""


def shipment_confirmed(tables: Tables, fact: facts.ShipmentConfirmed, number: int) -> None:
    ship_to = encoded(fact.ship_to).decode() if fact.ship_to else None
    contents = encoded(fact.contents).decode()
    row = (number, fact.package, fact.carrier, fact.method, fact.tracking, fact.shipped_at, fact.at)
    tables.execute(_PACKAGE, (*row, contents, not ship_to, ship_to))
    pieces = sum(fact.contents.values())
    tables.execute(_ORDER_SHIPPED, (pieces, fact.at, pieces, pieces, fact.at, number))


def parcel_delivered(tables: Tables, fact: facts.ParcelDelivered, number: int) -> None:
    sql = "update packages set delivered_at = ? where order_number = ? and package = ?"
    tables.execute(sql, (fact.at, number, fact.package))


def order_cancelled(tables: Tables, fact: facts.OrderCancelled, number: int) -> None:
    tables.execute(
        """update orders set status = 'Canceled', is_open = 0, quantity_cancelled = quantity, cancelled_at = ?,
            cancelled_by = ?, cancel_reason = ?, version = version + 1 where number = ?""",
        (fact.at, fact.by, fact.reason, number),
    )


def rest_cancelled(tables: Tables, fact: facts.RestCancelled, number: int) -> None:
    tables.execute(
        """update orders set status = 'Shipped', is_open = 0, quantity_cancelled = quantity - quantity_shipped,
            version = version + 1 where number = ?""",
        (number,),
    )


def memo_written(tables: Tables, fact: facts.MemoWritten, number: int) -> None:
    sql = "update orders set memo = ?, version = version + 1 where number = ?"
    tables.execute(sql, (fact.memo, number))


def buyer_asked(tables: Tables, fact: facts.BuyerAsked, number: int) -> None:
    _message_sent(tables, fact, number, "buyer", "waiting")


def seller_wrote(tables: Tables, fact: facts.SellerWrote, number: int) -> None:
    _message_sent(tables, fact, number, "seller", "sent")


def seller_replied(tables: Tables, fact: facts.SellerReplied, number: int) -> None:
    _message_sent(tables, fact, number, "seller", "sent", fact.automatic)
    if not fact.automatic:
        sql = "update messages set state = 'answered', answered_at = ? where thread = ? and state = 'waiting'"
        tables.execute(sql, (fact.at, fact.thread))


def _message_sent(
    tables: Tables, fact: facts.MessageSent, number: int, sender: str, state: str, automatic: bool = False
) -> None:
    if fact.thread > tables.clock.threads:
        tables.clock.threads = fact.thread
        row = (fact.thread, number, fact.order_id, fact.subject, fact.at, fact.at)
        tables.execute("insert into threads values (?, ?, ?, ?, ?, ?)", row)
    else:
        tables.execute("update threads set last_at = ? where thread = ?", (fact.at, fact.thread))
    tables.clock.messages = fact.message
    row2 = (fact.message, fact.thread, number, sender, fact.at, fact.text, automatic, state)
    tables.execute("insert into messages values (?, ?, ?, ?, ?, ?, ?, ?, null)", row2)


def no_response_needed(tables: Tables, fact: facts.NoResponseNeeded, number: int) -> None:
    tables.execute("update messages set state = 'not-needed' where message = ?", (fact.message,))


# -- settings and cases


def setting_chosen(tables: Tables, fact: facts.SettingChosen, number: int) -> None:
    row = (type(fact).__name__, tables.clock.facts, encoded(fact).decode())
    tables.execute("insert or replace into settings values (?, ?, ?)", row)


def metrics_reviewed(tables: Tables, fact: facts.MetricsReviewed, number: int) -> None:
    tables.execute("insert into metrics_reviews values (?, ?)", (tables.clock.facts, fact.at))


def case_opened(tables: Tables, fact: facts.CaseOpened, number: int) -> None:
    row = (fact.case, fact.subject, fact.order_id, fact.at, fact.at)
    tables.execute("insert into cases values (?, ?, ?, 'open', ?, ?, null, null)", row)
    _said_in_case(tables, fact, "seller")


def case_answered(tables: Tables, fact: facts.CaseAnswered, number: int) -> None:
    tables.execute("""update cases set state = 'requires-attention' where "case" = ?""", (fact.case,))
    _said_in_case(tables, fact, "support")


def case_read(tables: Tables, fact: facts.CaseRead, number: int) -> None:
    sql = """update cases set state = 'answered', read_fact = ifnull(read_fact, ?) where "case" = ?"""
    tables.execute(sql, (tables.clock.facts, fact.case))


def case_replied_to(tables: Tables, fact: facts.CaseRepliedTo, number: int) -> None:
    sql = """update cases set state = iif(state = 'open', 'open', 're-opened') where "case" = ?"""
    tables.execute(sql, (fact.case,))
    _said_in_case(tables, fact, "seller")


def case_closed(tables: Tables, fact: facts.CaseClosed, number: int) -> None:
    sql = """update cases set state = 'closed', closed_at = ?, last_at = ? where "case" = ?"""
    tables.execute(sql, (fact.at, fact.at, fact.case))


def _said_in_case(
    tables: Tables, fact: facts.CaseOpened | facts.CaseAnswered | facts.CaseRepliedTo, sender: str
) -> None:
    tables.execute("""update cases set last_at = ? where "case" = ?""", (fact.at, fact.case))
    sql = """insert into case_texts select ?, ifnull(max(number), 0) + 1, ?, ?, ? from case_texts where "case" = ?"""
    tables.execute(sql, (fact.case, sender, fact.at, fact.text, fact.case))


def action_refused(tables: Tables, fact: facts.ActionRefused, number: int) -> None:
    """Nothing: that it was tried is kept in the facts alone."""


APPLY: dict[type[Fact], Callable[[Tables, Any, int], None]] = {
    facts.AccountOpened: account_opened,
    facts.ProductListed: product_listed,
    facts.BuyerJoined: buyer_joined,
    facts.AddressAdded: address_added,
    facts.OrderPlaced: order_placed,
    facts.PaymentAuthorised: payment_authorised,
    facts.ShipmentConfirmed: shipment_confirmed,
    facts.ParcelDelivered: parcel_delivered,
    facts.OrderCancelled: order_cancelled,
    facts.RestCancelled: rest_cancelled,
    facts.MemoWritten: memo_written,
    facts.BuyerAsked: buyer_asked,
    facts.SellerWrote: seller_wrote,
    facts.SellerReplied: seller_replied,
    facts.NoResponseNeeded: no_response_needed,
    **dict.fromkeys(facts.SettingChosen.__subclasses__(), setting_chosen),
    facts.MetricsReviewed: metrics_reviewed,
    facts.CaseOpened: case_opened,
    facts.CaseAnswered: case_answered,
    facts.CaseRead: case_read,
    facts.CaseRepliedTo: case_replied_to,
    facts.CaseClosed: case_closed,
    facts.ActionRefused: action_refused,
}
"""What each kind of fact does: to the tables, the fact, and the row number of the order it is about (0: about none)."""
