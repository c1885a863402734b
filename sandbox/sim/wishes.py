"""Wishes: what buyers want before the parcel leaves: to cancel, to have it sent elsewhere, to know more (chapter 7)."""

from bisect import bisect_right
from itertools import accumulate

from sandbox.central import orders
from sandbox.central.days import DAY, HOUR, MINUTE, after
from sandbox.central.facts import Address, OrderCancelled, OrderPlaced
from sandbox.central.guide import Due
from sandbox.central.orders import Piece, items_of
from sandbox.central.records import AddressRow, Order
from sandbox.sim import words
from sandbox.sim.asking import ADDS, HEARS, STILL, WAITS, about, is_delivered, is_open, will_write
from sandbox.sim.cast import Dues, Run, Those, reacts_to, step, worked_out_once
from sandbox.sim.luck import lognormal
from sandbox.sim.regard import Said, said_about

WISH, WHEN = 12, 13  # places of an order's uniforms
INSISTS, REORDERS, PLACE, IMPOSTOR, AGAIN_AFTER, RETURNS_IT = range(6)  # places of a wish's own
_SPREAD = 1.2
"""The standard deviation of the logarithm of the time until somebody writes (assumed)."""
_SOONEST, _LATEST = 1, 29
"""Minutes until a buyer cancels alone; 30 are allowed."""

_LOOKS_AFTER_DAYS, _GIVES_UP_AFTER_DAYS = 3, 30
"""Whoever asked to cancel looks so often whether the parcel came, and so long after its last promised day (assumed)."""

CANCELS, ASKS_TO_CANCEL, ANOTHER_ADDRESS, ASKS_ABOUT_PRODUCT = range(4)


@worked_out_once
def edges(run: Run) -> list[float]:
    """Where the shares of the wishes end, one after the other."""
    shares = run.scenario.buyers.wishes
    return list(accumulate((shares.cancels, shares.asks_to_cancel, shares.another_address, shares.asks_about_product)))


def wish_of(run: Run, draw: float) -> int | None:
    """What an order's buyer wants before the parcel leaves; most want nothing."""
    found = edges(run)
    return bisect_right(found, draw) if draw < found[-1] else None


def wants_another_address(run: Run, number: int) -> bool:
    """Whether the buyer of an order meant another address than the one it was ordered to."""
    return number in _wishing(run) and wish_of(run, run.lot("order", number, 16, WISH)) == ANOTHER_ADDRESS


@worked_out_once
def _wishing(run: Run) -> Those:
    """The orders whose buyers want anything."""
    return run.few("order", 16, {WISH: edges(run)[-1]})


def wished(run: Run, fact: OrderPlaced, draws: tuple[float, ...], wish: int) -> Dues:
    """What follows from an order's wish."""
    if wish == CANCELS:
        minutes = _SOONEST + (_LATEST - _SOONEST) * draws[WHEN]
        yield Due(fact.at + int(minutes * MINUTE), "wishes.cancels", fact.order_id)
        return
    topic = {ASKS_TO_CANCEL: words.CANCEL, ANOTHER_ADDRESS: words.ADDRESS, ASKS_ABOUT_PRODUCT: words.PRODUCT}[wish]
    wait = lognormal(draws[WHEN], run.scenario.buyers.wishes.hours * HOUR, _SPREAD)
    yield will_write(run, fact.at + int(wait), fact.order_id, topic)


@step
def cancels(run: Run, at: int, order_id: str) -> Dues:
    """Cancels alone, unless the parcel has left already."""
    if run.world.order(order_id).confirmed_at is None:
        run.tries(orders.cancel_by_buyer, by="buyer", order_id=order_id)
    return ()


def _is_not_shipped(run: Run, order: Order) -> bool:
    return is_open(run, order) and order.confirmed_at is None


def _is_not_here(run: Run, order: Order) -> bool:
    return is_open(run, order) and not is_delivered(run, order)


STILL[words.CANCEL] = STILL[words.MOVE] = _is_not_shipped
STILL[words.ADDRESS] = _is_not_here  # many think of it once the parcel has left
STILL[words.PRODUCT] = is_open


# -- what was to be cancelled


def hopes_that_it_is_cancelled(run: Run, at: int, order: Order) -> Dues:
    """Whoever asked to cancel looks every few days what has become of it."""
    yield Due(after(at, _LOOKS_AFTER_DAYS * DAY), "wishes.has_it_all_the_same", order.order_id)


WAITS[words.CANCEL] = hopes_that_it_is_cancelled


@step
def has_it_all_the_same(run: Run, at: int, order_id: str) -> Dues:
    """Who asked to cancel, and got the parcel all the same, wants to send it back."""
    order = run.world.order(order_id)
    if is_delivered(run, order):
        if run.lot("wish", order.number, 8, RETURNS_IT) < run.scenario.buyers.wishes.returns_it:
            yield Due(at, "receiving.regrets", f"{order_id} regret")
    elif is_open(run, order) and at < after(order.deliver_by, _GIVES_UP_AFTER_DAYS * DAY):
        yield from hopes_that_it_is_cancelled(run, at, order)


# -- another address


def wanted_place(run: Run, order: Order) -> Address:
    """Where the buyer wants it: at somebody else's, under the buyer's own name."""
    pool = run.scenario.buyers.pool  # not all addresses: each that is added would move those that were asked for
    draw = run.lot("wish", order.number, 8, PLACE)
    other = 1 + (order.address + int(draw * (pool - 1))) % pool
    row = run.world.row("select * from addresses where address = ?", (other,))
    place = AddressRow._make(row)
    (name,) = run.world.row("select name from buyers where buyer = ?", (order.buyer,))
    return Address(name, place.line1, place.city, place.state, place.postal_code, place.line2, place.country)


def _spoken(run: Run, order: Order) -> str:
    place = wanted_place(run, order)
    return f"{place.line1}, {place.city}, {place.state}, PIN {place.postal_code[:3]} {place.postal_code[3:]}."


ADDS[words.ADDRESS] = _spoken


def is_refused(run: Run, at: int, order: Order, answer: Said, is_helped: bool) -> Dues:
    """Some insist, some ask to cancel and order again; who was promised it waits until that is done."""
    if order.confirmed_at is not None or _is_promised(run, answer, is_helped):
        return
    draws, wishes = run.luck("wish", order.number, places=8), run.scenario.buyers.wishes
    times = sum(one.sender == "buyer" for one in said_about(run.world, order.number))
    if draws[INSISTS] < wishes.insists and times == 1:
        yield Due(at + HOUR, "asking.insists", about(order.order_id, words.ADDRESS))
    elif draws[REORDERS] < wishes.reorders:
        yield Due(at + HOUR, "asking.asks", about(order.order_id, words.MOVE))


def _is_promised(run: Run, answer: Said, is_helped: bool) -> bool:
    """Whether an answer says yes; one that helps nobody leaves it to what such a shop does."""
    return not words.refuses(answer.text) if is_helped else run.scenario.desks.addresses.requests == "comply"


HEARS[words.ADDRESS] = is_refused


@reacts_to(OrderCancelled)
def thinks_of_ordering_again(run: Run, fact: OrderCancelled, number: int) -> Dues:
    """Whoever cancelled because of the address orders again, to the new one."""
    if fact.by != "amazon" and fact.reason == "BuyerCanceled" and wants_another_address(run, number):
        yield Due(fact.at + ordering_time(run, number), "wishes.orders_again", fact.order_id)


def ordering_time(run: Run, number: int) -> int:
    """From cancelling until somebody orders again, in milliseconds."""
    return int(HOUR * (1 + 20 * run.lot("wish", number, 8, AGAIN_AFTER)))


@step
def orders_again(run: Run, at: int, order_id: str) -> Dues:
    """The same once more, to the address that was meant."""
    world = run.world
    order = world.order(order_id)
    place = wanted_place(run, order)
    (added,) = world.do(orders.add_address, by="buyer", buyer=order.buyer, place=place)
    pieces = [Piece(item.product, item.quantity, item.price_minor) for item, _ in items_of(world, order)]
    run.tries(
        orders.place,
        by="buyer",
        buyer=order.buyer,
        address=added.address,  # type: ignore[attr-defined]  # AddressAdded
        pieces=pieces,
        shipping_minor=order.shipping_minor,
    )
    return ()
