"""How facts about orders change the tables; a confirmed package is paid for, which goes to the ledger."""

from sandbox.central import facts
from sandbox.central.facts import encoded
from sandbox.central.ids import BY_HAND
from sandbox.central.records import PENDING, PRODUCTION, UNSHIPPED, Order, Shipment
from sandbox.central.tables.base import NOTHING_YET, Tables, changing, into
from sandbox.central.tables.money import post_paid


def order_placed(tables: Tables, fact: facts.OrderPlaced, number: int) -> None:
    if number < BY_HAND:
        tables.clock.orders = number
    else:
        tables.clock.orders_by_hand = number - BY_HAND
    quantity = items_minor = 0
    for line, item in enumerate(fact.lines, 1):
        tables.items += (number, line, item.item_id, item.product, item.quantity, item.price_minor)
        quantity += item.quantity
        items_minor += item.quantity * item.price_minor
    placed = (
        number,
        fact.order_id,
        fact.view,
        PENDING if fact.pending else UNSHIPPED,
        fact.at,
        None if fact.pending else fact.at,
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
    )
    if quantity > 1:
        tables.at_hand.pieces[number] = {line: item.quantity for line, item in enumerate(fact.lines, 1)}
    tables.placed[number] = placed
    if fact.view != PRODUCTION:
        tables.enter()
    tables.at_hand.orders[number] = tuple.__new__(Order, placed + NOTHING_YET)


def payment_authorised(tables: Tables, fact: facts.PaymentAuthorised, number: int) -> None:
    sql = "update orders set status = 'Unshipped', authorised_at = ?, version = version + 1 where number = ?"
    tables.change_order(sql, (fact.at, number))


_SHIPPED = changing(
    "update orders set quantity_shipped=quantity_shipped+{0},confirmed_at=ifnull(confirmed_at,{1}),"
    "status=iif(quantity_shipped+quantity_cancelled+{0}=quantity,'Shipped','PartiallyShipped'),"
    "is_open=quantity_shipped+quantity_cancelled+{0}<quantity,late=late or {1}>dispatch_by,"
    "paid_minor=paid_minor+{2},fee_minor=fee_minor+{3},version=version+1{rows} where number={4}",
    columns=5,
)
_SHIPMENTS = into("shipments", len(Shipment._fields))


def shipment_confirmed(tables: Tables, fact: facts.ShipmentConfirmed, number: int) -> None:
    shipments_confirmed(tables, [(tables.clock.facts, fact, number)])


def shipments_confirmed(tables: Tables, confirmed: list[tuple[int, facts.ShipmentConfirmed, int]]) -> None:
    shipments: list[int | str | None] = []
    changes: list[int] = []
    for seq, fact, number in confirmed:
        ship_to = encoded(fact.ship_to).decode() if fact.ship_to else None
        paid, fee = fact.paid_minor, fact.fee_minor
        shipments += (number, fact.package, fact.carrier, fact.method, fact.tracking, fact.shipped_at, fact.at)
        shipments += (encoded(fact.contents).decode(), not ship_to, ship_to, paid, fee)
        changes += (sum(fact.contents.values()), fact.at, paid, fee, number)
        post_paid(tables, fact, number, seq)
    tables.enter()
    tables.write(_SHIPPED, changes)
    tables.write(_SHIPMENTS, shipments)
    at_hand = tables.at_hand
    at_hand.under_way.update([number for _, fact, number in confirmed if fact.view == PRODUCTION])
    for number in [number for _, fact, number in confirmed if fact.package > 1]:
        at_hand.under_way.discard(number)
        at_hand.delivered.pop(number, None)


def parcel_delivered(tables: Tables, fact: facts.ParcelDelivered, number: int) -> None:
    parcels_delivered(tables, [(tables.clock.facts, fact, number)])


def parcels_delivered(tables: Tables, delivered: list[tuple[int, facts.ParcelDelivered, int]]) -> None:
    at_hand = tables.at_hand
    at_hand.delivered.update([(number, fact.at) for _, fact, number in delivered if number in at_hand.under_way])
    at_hand.under_way.difference_update([number for _, _, number in delivered])
    tables.delivered += [value for _, fact, number in delivered for value in (number, fact.package, fact.at)]
    tables.delivered_of.update([number for _, _, number in delivered])


def parcel_lost(tables: Tables, fact: facts.ParcelLost, number: int) -> None:
    tables.at_hand.under_way.discard(number)
    tables.execute("insert into arrivals values (?, ?, null, ?, null)", (number, fact.package, fact.at))


def parcel_returned(tables: Tables, fact: facts.ParcelReturned, number: int) -> None:
    tables.at_hand.under_way.discard(number)
    tables.execute("insert into arrivals values (?, ?, null, null, ?)", (number, fact.package, fact.at))


def delivery_failed(tables: Tables, fact: facts.DeliveryFailed, number: int) -> None:
    """Nothing: the parcel is on its way as before, and the attempts are told by the facts."""


def deliveries_failed(tables: Tables, failed: list[tuple[int, facts.DeliveryFailed, int]]) -> None:
    """Nothing either."""


def return_sent(tables: Tables, fact: facts.ReturnSent, number: int) -> None:
    row = (number, fact.order_id, fact.reason, fact.at)
    tables.execute("insert into returns values (?, ?, ?, ?, null)", row)


def return_arrived(tables: Tables, fact: facts.ReturnArrived, number: int) -> None:
    tables.execute("update returns set arrived_at = ? where order_number = ?", (fact.at, number))


def order_cancelled(tables: Tables, fact: facts.OrderCancelled, number: int) -> None:
    tables.change_order(
        """update orders set status = 'Canceled', is_open = 0, quantity_cancelled = quantity, cancelled_at = ?,
            cancelled_by = ?, cancel_reason = ?, version = version + 1 where number = ?""",
        (fact.at, fact.by, fact.reason, number),
    )


def rest_cancelled(tables: Tables, fact: facts.RestCancelled, number: int) -> None:
    """What ends after the dispatch date was not confirmed by then: that is late, as a late package is."""
    tables.change_order(
        """update orders set status = 'Shipped', is_open = 0, quantity_cancelled = quantity - quantity_shipped,
            late = late or ? > dispatch_by, version = version + 1 where number = ?""",
        (fact.at, number),
    )


def memo_written(tables: Tables, fact: facts.MemoWritten, number: int) -> None:
    sql = "update orders set memo = ?, version = version + 1 where number = ?"
    tables.change_order(sql, (fact.memo, number))
