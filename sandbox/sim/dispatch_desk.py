"""The dispatch desk: confirms what was ordered, by picks, cut-off, capacity and stock (chapters 4, 5, 7)."""

from operator import attrgetter
from typing import Any

from msgspec import Struct

from sandbox.central import messages, orders, shipments
from sandbox.central.days import DAY, WEEKDAYS, start_of_day, weekday
from sandbox.central.facts import Address
from sandbox.central.fresh import Told
from sandbox.central.guide import Due, Refused
from sandbox.central.orders import items_of
from sandbox.central.records import Order
from sandbox.sim import fates, stock, words
from sandbox.sim.cast import Dues, Run, step
from sandbox.sim.luck import Uniforms, Weighted
from sandbox.sim.players import ADDRESSES, DISPATCH, STOCK, is_scripted
from sandbox.sim.regard import said_about
from sandbox.sim.wishes import wanted_place, wants_another_address

SLIPS, NO_STOCK, _CARRIER, _TRACKED = range(4)  # places of the dispatch desk's uniforms for an order
_ANSWERS_WITHIN_DAYS = 2
"""So long the desk waits for a buyer's word about an alternative."""


def first_pick(run: Run, at: int) -> Dues:
    """The first pick of a world."""
    yield Due(_next_pick(run, at), "dispatch_desk.picks", "", caused=False)


def _next_pick(run: Run, after: int) -> int:
    desk = run.scenario.desks.dispatch
    day = start_of_day(after)
    times = sorted(desk.picks) or [0]
    while True:
        for time in times:
            if day + time > after:
                return day + time
        day += DAY


@step
def picks(run: Run, at: int, ref: str) -> Dues:
    """Confirms what was ordered before the cut-off; some orders slip, some are out of stock."""
    if is_scripted(run, DISPATCH) and WEEKDAYS[weekday(at)] in run.scenario.desks.dispatch.working_days:
        parcels = _packed(run, at)
        for came_to in run.world.do_each(shipments.confirm_shipment, parcels, by="dispatch desk"):
            if isinstance(came_to, Refused):
                raise came_to
    yield Due(_next_pick(run, at), "dispatch_desk.picks", "", caused=False)


def _packed(run: Run, at: int) -> list[Told]:
    """The parcels that leave with this pick, each as the desk tells it."""
    desk, everybodys = run.scenario.desks.dispatch, _ways_of(run)
    draws_of = run.in_turn("dispatch", 4, 4)
    parcels: list[Told] = []
    for order in _waiting(run, min(at, start_of_day(at) + desk.cut_off)):
        draws = draws_of(order.number)
        theirs = fates.theirs(run, order.number)
        ways = everybodys if theirs is run else _ways_of(theirs)
        if _is_packed(ways, at, order, draws):
            parcels.append((order.placed_fact, order.number, _confirmation(ways, order, draws)))
            if len(parcels) == desk.capacity:
                break
    return parcels


class _Ways(Struct, frozen=True):
    """How the desk goes about the orders of a pick: what is the same for all that live by one run."""

    run: Run
    slip_share: float
    slip_millis: int
    no_stock_share: float
    is_counted: bool
    is_complying: bool
    """Whether a parcel goes where the buyer asks for."""
    labels: list[tuple[str, str]]
    """The carriers, and what their tracking ids begin with."""
    carriers: Weighted
    tracking_share: float


def _ways_of(run: Run) -> _Ways:
    desks, carriers = run.scenario.desks, run.scenario.parcels.carriers
    desk = desks.dispatch
    return _Ways(
        run,
        desk.slip_share,
        desk.slip_days * DAY,
        desks.stock.no_stock_share,
        stock.is_counted(run),
        desks.addresses.requests == "comply" and is_scripted(run, ADDRESSES),
        [(name, _letters(name)) for name in carriers],
        Weighted([carrier.weight for carrier in carriers.values()]),
        desk.tracking_share,
    )


_WAITING = (
    "select number from orders indexed by orders_open"
    " where is_open and status <> 'Pending' and placed_at < ? and view = 'production'"
)


def _waiting(run: Run, placed_before: int) -> list[Order]:
    """The most urgent first. They are sorted here: SQLite sorts whole rows, for four times as much."""
    numbers = [number for (number,) in run.world.rows(_WAITING, (placed_before,))]
    return sorted(run.world.orders_numbered(numbers), key=attrgetter("dispatch_by", "number"))


def _is_packed(ways: _Ways, at: int, order: Order, draws: Uniforms) -> bool:
    """Whether an order's parcel leaves with this pick."""
    if draws[SLIPS] < ways.slip_share and at < order.placed_at + ways.slip_millis:
        return False
    if order.confirmed_at is None and _is_missing(ways, at, order, draws):
        return _is_packed_after_all(ways.run, at, order)
    return True


def _confirmation(ways: _Ways, order: Order, draws: Uniforms) -> tuple[Any, ...]:
    """What the desk tells of a parcel."""
    order_id = order.order_id
    carrier, letters = ways.labels[ways.carriers.pick(draws[_CARRIER])]
    tracking = letters + order_id[4:].replace("-", "") if draws[_TRACKED] < ways.tracking_share else ""
    place = _elsewhere(ways.run, order) if ways.is_complying else None
    return order_id, carrier, tracking, place


def _elsewhere(run: Run, order: Order) -> Address | None:
    """Another address than the order's, where the buyer asked for one."""
    if not wants_another_address(run, order.number):
        return None
    asked = any(words.topic_of(one.text) == words.ADDRESS for one in said_about(run.world, order.number))
    return wanted_place(run, order) if asked else None


def _letters(carrier: str) -> str:
    """What the tracking ids of a carrier begin with."""
    letters = "".join(letter for letter in carrier if letter.isascii() and letter.isalpha())
    return letters[:2].upper() or "PK"


# -- out of stock


def _is_missing(ways: _Ways, at: int, order: Order, draws: Uniforms) -> bool:
    """Whether the shop has not got what was ordered: by the count of its pieces, or for want of a count, by luck."""
    run = ways.run
    if draws[NO_STOCK] < ways.no_stock_share:
        return not (_waits_for_stock(run) and at >= order.placed_at + stock.RESTOCK_DAYS * DAY)
    return ways.is_counted and not stock.take(run, at, items_of(run.world, order))


def _waits_for_stock(run: Run) -> bool:
    return run.scenario.desks.stock.out_of_stock == "wait" or not is_scripted(run, STOCK)


def _is_packed_after_all(run: Run, at: int, order: Order) -> bool:
    """Cancel, offer something else, or wait; whether a parcel leaves after all. A person or a program does it alone."""
    run.world.cause = order.placed_fact
    if not is_scripted(run, STOCK):
        return stock.has_accepted(run, order.number)
    policy = run.scenario.desks.stock.out_of_stock
    if policy == "alternative":
        return _is_replaced(run, at, order)
    if policy == "cancel":
        run.world.do(orders.cancel, by="dispatch desk", order_id=order.order_id, reason="NoInventory")
    return False


def _is_replaced(run: Run, at: int, order: Order) -> bool:
    """Offers another one; whoever takes it gets it, and who declines or says nothing is cancelled."""
    offer = stock.offer_of(run, order.number)
    if offer is None:
        run.world.do(
            messages.contact_buyer,
            by="dispatch desk",
            order_id=order.order_id,
            subject=stock.OFFERS,
            text=run.said(words.ALTERNATIVE),
        )
        return False
    answer = stock.answer_to(run, order.number, offer)
    if answer == run.said(words.ACCEPTS):
        return True
    if answer is not None or at >= offer.at + _ANSWERS_WITHIN_DAYS * DAY:
        run.world.do(orders.cancel, by="dispatch desk", order_id=order.order_id, reason="NoInventory")
    return False
