"""What a transaction knows without a look, or has not written yet, is as its tables say; nothing of it outlives it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from sandbox.central import messages, orders, shipments
from sandbox.central.at_hand import AtHand
from sandbox.central.days import DAY, HOUR
from sandbox.central.guide import Refused
from sandbox.central.ids import BY_HAND
from sandbox.central.orders import Piece, items_of
from sandbox.central.records import Arrival, Order
from sandbox.central.tables.base import NOT_IN_SANDBOX, into
from sandbox.central.world import World
from sandbox.sim.driver import Driver

KETTLES = [Piece(1, 2, 84900), Piece(2, 1, 129000)]


def placed(world: World, **how: Any) -> str:
    """The id of an order placed just now."""
    (fact,) = world.do(orders.place, by="buyer", buyer=1, address=1, pieces=KETTLES, **how)
    order_id: str = fact.order_id  # type: ignore[attr-defined]
    return order_id


def row(world: World, order_id: str) -> Order:
    """An order as its table has it now."""
    found = world.row("select * from orders where order_id = ?", (order_id,))
    return Order(*found)


def ship(world: World, order_id: str) -> None:
    """Confirm all of an order's shipment."""
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart")


@pytest.mark.parametrize("how", [{}, {"pending": True}, {"view": "sandbox"}, {"shipping_minor": 4900}])
def test_an_order_placed_in_a_transaction_is_at_hand_as_its_row_says(quiet: World, how: dict[str, Any]) -> None:
    with quiet.writing():
        order_id = placed(quiet, **how)
        assert quiet.order(order_id) == row(quiet, order_id)


def test_whatever_changes_an_order_changes_what_is_at_hand(quiet: World) -> None:
    with quiet.writing():
        shipped, ended, paid = placed(quiet), placed(quiet), placed(quiet, pending=True)
        ship(quiet, shipped)
        quiet.do(orders.cancel, by="seller", order_id=ended, reason="NoInventory")
        quiet.do(orders.authorise, by="amazon", order_id=paid)
        found = [quiet.order(order_id) for order_id in (shipped, ended, paid)]
        assert found == [row(quiet, order_id) for order_id in (shipped, ended, paid)]
        assert [order.status for order in found] == ["Shipped", "Canceled", "Unshipped"]


WAYS: dict[str, Callable[[World, str], list[tuple[Any, ...]]]] = {
    "rows": lambda world, sql: world.rows(sql),
    "row": lambda world, sql: [world.row(sql)],
    "execute": lambda world, sql: world.execute(sql).fetchall(),
}


@pytest.mark.parametrize("look", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select count(*), sum(status = 'Unshipped') from orders", (2, 1)),
        ("select count(*) from items", (4,)),
        ("select count(*) from entries", (2,)),
        ("select count(*) from packages join orders on number = order_number", (1,)),
        (f"select count(*) from packages where {NOT_IN_SANDBOX}", (1,)),
    ],
)
def test_whoever_looks_finds_what_the_transaction_did(
    quiet: World, sql: str, found: tuple[int, ...], look: Callable[[World, str], list[tuple[Any, ...]]]
) -> None:
    with quiet.writing():
        ship(quiet, placed(quiet))
        quiet.do(orders.authorise, by="amazon", order_id=placed(quiet, pending=True))
        assert look(quiet, sql) == [found]


def test_orders_of_the_sandbox_view_are_in_their_table_at_once(quiet: World) -> None:
    """Who counts all others is not told whether their orders are in the table yet."""
    with quiet.writing():
        placed(quiet, view="sandbox")
        placed(quiet)
        others = f"select count(*) from (select 1 order_number union select {BY_HAND + 1}) where {NOT_IN_SANDBOX}"
        assert quiet.row(others) == (1,)
        assert len(quiet.tables.placed) == 1


def test_what_changes_an_order_that_is_not_written_yet_waits_for_it(quiet: World) -> None:
    with quiet.writing():
        paid, ended = placed(quiet, pending=True), placed(quiet)
        quiet.do(orders.authorise, by="amazon", order_id=paid)
        quiet.do(orders.cancel, by="seller", order_id=ended, reason="NoInventory")
        assert len(quiet.tables.placed) == len(quiet.tables.changes) == 2
        quiet.do(orders.write_memo, by="seller", order_id=ended, memo="sold out")
    assert (row(quiet, paid).status, row(quiet, paid).version) == ("Unshipped", 2)
    assert (row(quiet, ended).status, row(quiet, ended).memo) == ("Canceled", "sold out")
    assert not (quiet.tables.placed or quiet.tables.changes)


def test_orders_at_hand_and_others_are_found_together_in_the_order_asked_for(quiet: World) -> None:
    before = [quiet.order(placed(quiet)).number for _ in range(20)]
    with quiet.writing():
        now = [quiet.order(placed(quiet)).number for _ in range(3)]
        numbers = [now[1], *reversed(before), now[0], now[2]]
        assert [order.number for order in quiet.orders_numbered(numbers)] == numbers


def test_the_pieces_of_an_order_are_at_hand_as_its_lines_say(quiet: World) -> None:
    with quiet.writing():
        order = quiet.order(placed(quiet))
        known = orders.pieces_of(quiet, order)
        known[1] = 7  # whoever asks gets them for themselves
        assert order.number in quiet.tables.at_hand.pieces
        assert orders.pieces_of(quiet, order) == {1: 2, 2: 1}
    assert order.number not in quiet.tables.at_hand.pieces
    assert orders.pieces_of(quiet, order) == {1: 2, 2: 1}


def test_what_asks_for_one_order_leaves_the_others_that_wait_to_be_written(quiet: World) -> None:
    before = quiet.order(placed(quiet))
    with quiet.writing():
        waiting = quiet.order(placed(quiet))
        assert [item.quantity for item, _ in orders.items_of(quiet, before)] == [2, 1]
        assert quiet.ordered(before.number) == before
        assert [*quiet.tables.placed] == [waiting.number]
        assert [item.quantity for item, _ in orders.items_of(quiet, waiting)] == [2, 1]
        assert not (quiet.tables.placed or quiet.tables.items)


def test_a_thread_waits_until_it_is_answered_and_again_once_the_buyer_asks_again(quiet: World) -> None:
    order_id, subject = placed(quiet), "Shipping"
    with quiet.writing():
        for text in ("Where is it?", "Where is it now?"):
            quiet.do(messages.ask, by="buyer", order_id=order_id, subject=subject, text=text)
            assert messages.waits(quiet, order_id, subject)
            thread = messages.thread_for(quiet, order_id, subject)
            quiet.do(messages.reply, by="seller", thread=thread, text="We are out.", automatic=True)
            assert messages.waits(quiet, order_id, subject)
            quiet.do(messages.reply, by="seller", thread=thread, text="It is on its way to you.")
            assert not messages.waits(quiet, order_id, subject)
    assert not messages.waits(quiet, order_id, subject)
    quiet.do(messages.ask, by="buyer", order_id=order_id, subject=subject, text="And now?")
    assert messages.waits(quiet, order_id, subject)
    assert not messages.waits(quiet, order_id, "OtherQuestion")


@pytest.mark.parametrize("rows", [1, 3, 4, 7, 16, 19, 36])
def test_rows_are_written_in_their_order_however_many_there_are(quiet: World, rows: int) -> None:
    arrivals = into("arrivals", len(Arrival._fields), None, None)
    with quiet.writing():
        quiet.tables.write(arrivals, [value for number in range(rows) for value in (number, 1, 1000 + number)])
        found = quiet.rows("select order_number, delivered_at from arrivals order by 1")
        assert found == [(number, 1000 + number) for number in range(rows)]
        quiet.execute("delete from arrivals")


def test_of_many_things_done_at_once_each_has_its_cause_and_comes_to_what_is_on_record(quiet: World) -> None:
    ids = [placed(quiet) for _ in range(3)]
    quiet.do(orders.cancel, by="seller", order_id=ids[1], reason="NoInventory")
    causes = [quiet.order(order_id).placed_fact for order_id in ids]
    with quiet.writing():
        parcels = [
            (cause, quiet.order(order_id).number, (order_id, "DTDC"))
            for cause, order_id in zip(causes, ids, strict=True)
        ]
        first, refused, last = quiet.do_each(shipments.confirm_shipment, parcels, by="dispatch desk")
    assert isinstance(refused, Refused)
    assert (refused.code, last) == ("OrderNotOpen", first + 1)  # type: ignore[operator]
    found = quiet.facts(after=int(first) - 1)  # type: ignore[arg-type]
    assert [(fact.kind, fact.because, fact.by) for fact in found] == [
        ("ShipmentConfirmed", causes[0], "dispatch desk"),
        ("ShipmentConfirmed", causes[2], "dispatch desk"),
        ("ActionRefused", causes[1], "dispatch desk"),
    ]
    assert [row(quiet, order_id).status for order_id in ids] == ["Shipped", "Canceled", "Shipped"]
    assert quiet.check() == []


def test_a_package_is_under_way_until_it_arrives_anywhere(slow: World) -> None:
    with slow.writing():
        ids = [placed(slow) for _ in range(4)]
        for order_id in ids:
            ship(slow, order_id)
        numbers = {slow.order(order_id).number for order_id in ids}
        assert slow.tables.at_hand.under_way == numbers
        for act, order_id in zip((shipments.deliver, shipments.lose, shipments.bring_back), ids, strict=False):
            slow.do(act, by="carrier", order_id=order_id, package=1)
        left = slow.order(ids[-1]).number
        assert slow.tables.at_hand.under_way == {left}
        assert slow.tables.at_hand.delivered == {slow.order(ids[0]).number: slow.now}
        told = [shipments.deliveries(slow, number) for number in sorted(numbers)]
    with slow.writing():  # nothing is at hand now, and the tables say the same
        shipments.look_for(slow, [*numbers])
        assert slow.tables.at_hand.under_way == {left}
        assert told == [shipments.deliveries(slow, number) for number in sorted(numbers)]
        assert told == [(1, slow.now), *[(0, None)] * 3]


@pytest.mark.parametrize("sent_together", [True, False])
def test_of_several_packages_the_one_that_arrived_is_gone(slow: World, sent_together: bool) -> None:
    with slow.writing():
        order_id = placed(slow)
        number, item_id = slow.order(order_id).number, items_of(slow, slow.order(order_id))[0][0].item_id
        parcel = {"order_id": order_id, "carrier": "DTDC", "items": {item_id: 1}}
        slow.do(shipments.confirm_shipment, by="seller", **parcel)
    with slow.writing():
        if sent_together:
            slow.do(shipments.confirm_shipment, by="seller", **parcel)
            ship(slow, order_id)
        else:
            for items in ({item_id: 1}, None):
                parcels = [(None, number, (order_id, "DTDC", "", None, "", None, items))]
                slow.do_each(shipments.confirm_shipment, parcels, by="seller")
        slow.do(shipments.lose, by="carrier", order_id=order_id, package=2)
        shipments.look_for(slow, [number])
        assert number not in slow.tables.at_hand.under_way
        assert shipments.is_on_its_way(slow, order_id, 1)
        assert shipments.is_on_its_way(slow, order_id, 3)
        with pytest.raises(Refused, match="was lost"):
            shipments.is_on_its_way(slow, order_id, 2)
        slow.do(shipments.deliver, by="carrier", order_id=order_id, package=1)
        assert shipments.deliveries(slow, number) == (1, slow.now)
        assert not shipments.is_on_its_way(slow, order_id, 1)


def test_what_was_at_hand_is_forgotten_with_a_transaction_that_came_to_nothing(quiet: World) -> None:
    with suppress(ZeroDivisionError), quiet.writing():
        order_id = placed(quiet)
        ship(quiet, order_id)
        quiet.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
        thread = messages.thread_for(quiet, order_id, "Shipping")
        quiet.do(messages.reply, by="seller", thread=thread, text="It is on its way to you.")
        raise ZeroDivisionError
    with pytest.raises(Refused, match="no order"):
        quiet.order(order_id)
    tables, hand = quiet.tables, quiet.tables.at_hand
    assert not (hand.orders or hand.former or hand.pieces or hand.under_way or hand.delivered or hand.answered)
    assert not (tables.placed or tables.changes or tables.items or tables.posted or tables.paid)
    assert not (tables.delivered or tables.delivered_of)


def test_what_is_taken_back_in_a_transaction_is_not_at_hand(quiet: World) -> None:
    with quiet.writing():
        with quiet.provisionally() as take_back:
            order_id = placed(quiet)
            take_back()
        with pytest.raises(Refused, match="no order"):
            quiet.order(order_id)


def test_memory_is_bounded_in_a_long_transaction(quiet: World) -> None:
    hand, order = AtHand(), quiet.order(placed(quiet))
    hand.orders = dict.fromkeys(range(10_000), order)
    hand.former = dict.fromkeys(range(10), order)
    hand.pieces = {number: {1: 2} for number in range(10_000)}
    hand.under_way = {*range(40_000)}
    hand.delivered = dict.fromkeys(range(40_000), 1)
    hand.answered = {(number, "Shipping") for number in range(10_000)}
    hand.let_go()
    assert not (hand.orders or hand.former or hand.pieces or hand.under_way or hand.delivered or hand.answered)


@pytest.mark.parametrize("window", [HOUR, DAY, 40 * DAY])
def test_of_parcels_missed_in_one_round_each_comes_again_because_of_its_own_failure(slow: World, window: int) -> None:
    order_ids = [placed(slow) for _ in range(3)]
    with slow.writing():
        for order_id in order_ids:
            ship(slow, order_id)
        slow.execute("delete from agenda")
        at = (slow.clock.now // DAY + 1) * DAY
        for seq, order_id in enumerate(order_ids, 1_000):
            due = (at, seq, "parcels.arrives", f"{order_id} 1 1 3", None)
            slow.execute("insert into agenda values (?, ?, ?, ?, ?)", due)
    Driver(slow).advance(at + 20 * DAY, window=window)
    led = "select f.because, before.kind from facts f left join facts before on before.seq = f.because"
    for order_id in order_ids:
        number = slow.order(order_id).number
        kinds = slow.rows(f"{led} where f.kind = 'DeliveryFailed' and f.order_number = ? order by f.seq", (number,))
        own = slow.rows("select seq from facts where kind = 'DeliveryFailed' and order_number = ?", (number,))
        assert [cause for cause, _ in kinds] == [None, *[seq for (seq,) in own][:-1]]
        assert len(own) == 3
