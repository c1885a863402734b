"""Buyers: they arrive by the hour and the weekday, order, wait, and ask where the parcel is."""

from math import fsum
from typing import Any, NamedTuple

from sandbox.central import messages, orders
from sandbox.central.days import DAY, HOUR, LAST_MOMENT, MINUTE, SHOP_OFFSET, WEEK, start_of_day
from sandbox.central.facts import AcceptanceAnnounced, OrderPlaced, ShippingRatesSet
from sandbox.central.guide import Due, Refused
from sandbox.central.orders import Piece
from sandbox.central.records import CANCELED, PENDING, Order
from sandbox.central.settings import STANDARD
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.luck import Uniforms, Weighted, exponential, lognormal

ASKS_AT_MOST = 3

# Places of an order's uniforms. A new decision takes a new place.
_GAP, _BUYER, _PRODUCT, _SECOND_LINE, _SECOND_PRODUCT, _SECOND_PIECE, _PENDING, _PENDING_TIME = range(8)
_ASKS, _PATIENCE, _WORDS, _HOUR = 8, 9, 10, 11


class Wants(NamedTuple):
    """What the scenario says of demand and buyers, ready to draw from."""

    rates: list[float]
    """Orders per millisecond for each hour of the week, Monday 0:00 first."""
    products: Weighted
    prices: list[int]


def _wants(run: Run) -> Wants:
    if "wants" not in run.made:
        run.made["wants"] = _worked_out(run)
    wants: Wants = run.made["wants"]
    return wants


def _worked_out(run: Run) -> Wants:
    scenario, demand = run.scenario, run.scenario.demand
    days, hours = fsum(demand.weekdays), fsum(demand.hours)
    week = demand.orders_per_day * 7
    rates = [week * day / days * hour / hours / HOUR for day in demand.weekdays for hour in demand.hours]
    prices = [round(product.price * 100) for product in scenario.products]
    return Wants(rates, Weighted([product.weight for product in scenario.products]), prices)


_MONDAY = 4 * DAY  # 5 January 1970 was a Monday


def next_arrival(rates: list[float], at: int, work: float) -> int | None:
    """The moment at which the rates, summed from `at` on, come to `work`: arrivals of a Poisson process that varies.

    None where that lies beyond the last moment there is.
    """
    if work >= rates[-1] * HOUR and (weeks := int(work // (fsum(rates) * HOUR))):
        at += weeks * WEEK
        work -= weeks * fsum(rates) * HOUR
    while at <= LAST_MOMENT:
        into_week = at + SHOP_OFFSET - _MONDAY
        rate = rates[into_week // HOUR % 168]
        left = HOUR - into_week % HOUR
        if work < rate * left:
            return at + int(work / rate)
        work -= rate * left
        at += left
    return None


def first_arrival(run: Run, at: int) -> Dues:
    """The first buyer of a world, if the scenario has any."""
    if run.scenario.demand.orders_per_day:
        yield from _arrival(run, at, 1)


def _arrival(run: Run, after: int, number: int) -> Dues:
    work = exponential(run.order_luck(number)[_GAP])
    if _shop(run)["announced"]:
        work /= run.scenario.demand.announced_lift
    at = next_arrival(_wants(run).rates, after, work)
    if at is not None:
        yield Due(at, "buyers.arrives", str(number), caused=False)


@step
def arrives(run: Run, at: int, ref: str) -> Dues:
    """The `ref`-th buyer orders, and the next one is on the way."""
    number = int(ref)
    wants, draws = _wants(run), run.order_luck(number)
    demand, pool = run.scenario.demand, run.scenario.buyers.pool
    buyer = 1 + int(draws[_BUYER] * pool)
    _checks_out(
        run,
        buyer=buyer,
        address=buyer,
        pieces=_basket(run, wants, draws),
        shipping_minor=_shop(run)["shipping_minor"],
        pending=draws[_PENDING] < demand.pending_share,
        number=number,
    )
    yield from _arrival(run, at, number + 1)


def _checks_out(run: Run, **what: Any) -> None:
    """Somebody orders, or finds that the shop takes no orders; that is on record too."""
    try:
        run.world.do(orders.place, by="buyer", **what)
    except Refused as refused:
        if refused.code != "NoReturnUrl":
            raise


def _shop(run: Run) -> dict[str, Any]:
    """What a buyer meets in the shop, as its settings last changed it."""
    found: dict[str, Any] = run.state("shop", {"shipping_minor": 0, "announced": False})
    return found


@reacts_to(ShippingRatesSet)
def pays_for_shipping(run: Run, fact: ShippingRatesSet, number: int) -> Dues:
    """From now on buyers pay this for standard shipping, and nothing where no rate is set."""
    _shop(run)["shipping_minor"] = fact.charges_minor.get(STANDARD, 0)
    return ()


@reacts_to(AcceptanceAnnounced)
def hears_of_it(run: Run, fact: AcceptanceAnnounced, number: int) -> Dues:
    """From now on more buyers come, as the scenario has it."""
    _shop(run)["announced"] = True
    return ()


def _basket(run: Run, wants: Wants, draws: Uniforms) -> list[Piece]:
    demand = run.scenario.demand
    first = wants.products.pick(draws[_PRODUCT])
    pieces = [Piece(first + 1, 1 + (draws[_SECOND_PIECE] < demand.second_piece_share), wants.prices[first])]
    if draws[_SECOND_LINE] < demand.second_line_share:
        second = wants.products.pick(draws[_SECOND_PRODUCT])
        if second != first:
            pieces.append(Piece(second + 1, 1, wants.prices[second]))
    return pieces


@reacts_to(OrderPlaced)
def waits(run: Run, fact: OrderPlaced, number: int) -> Dues:
    """What an order brings with it: its payment comes through, and some buyers will ask where the parcel is."""
    if fact.view != "production":
        return
    draws, buyers = run.order_luck(number), run.scenario.buyers
    if fact.pending:
        wait = lognormal(draws[_PENDING_TIME], run.scenario.demand.pending_minutes * MINUTE, 1.0)
        yield Due(fact.at + int(wait), "buyers.pays", fact.order_id)
    if draws[_ASKS] < buyers.ask_share:
        patience = lognormal(draws[_PATIENCE], buyers.patience_days * DAY, buyers.patience_sigma)
        asks_at = _at_their_hour(run, fact.at + int(patience), draws[_HOUR])
        yield Due(max(asks_at, fact.at + HOUR), "buyers.asks_where_it_is", f"{fact.order_id} 1")


def _at_their_hour(run: Run, at: int, u: float) -> int:
    """The moment of that day at which somebody writes: people write at the hours at which they buy."""
    hours = run.scenario.demand.hours
    left = u * fsum(hours)
    for hour, share in enumerate(hours):
        if left < share:
            return start_of_day(at) + int((hour + left / share) * HOUR)
        left -= share
    return start_of_day(at) + DAY - 1


@step
def pays(run: Run, at: int, order_id: str) -> Dues:
    """A pending order's payment comes through."""
    run.world.do(orders.authorise, by="amazon", order_id=order_id)
    return ()


@step
def asks_where_it_is(run: Run, at: int, ref: str) -> Dues:
    """Asks where the parcel is, unless it came or the order ended; asks again while nobody answers."""
    order_id, _, asked = ref.partition(" ")
    world, times = run.world, int(asked)
    order = world.order(order_id)
    if order.status in (CANCELED, PENDING) or _is_delivered(run, order):
        return
    if times > 1 and not _is_unanswered(run, order):
        return
    if not (text := run.said(_question(run, order, times))):
        return
    world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text=text)
    if times < ASKS_AT_MOST:
        again = at + int(run.scenario.buyers.ask_again_hours * HOUR)
        yield Due(again, "buyers.asks_where_it_is", f"{order_id} {times + 1}")


def _is_delivered(run: Run, order: Order) -> bool:
    sql = "select count(*), count(delivered_at) from packages where order_number = ?"
    packages, delivered = run.world.row(sql, (order.number,))
    return bool(order.status == "Shipped" and packages == delivered)


def _is_unanswered(run: Run, order: Order) -> bool:
    sql = "select 1 from threads join messages using (thread) where threads.order_number = ? and state = 'waiting'"
    return run.world.row(sql, (order.number,)) is not None


_NOT_SHIPPED = (
    "Hello, I ordered some days ago and nothing has been dispatched yet. When will it leave?",
    "When will you send my order? It still says unshipped.",
    "Hi, can you tell me when this goes out? I need it soon.",
    "Is my order still coming? I see no dispatch so far.",
)
_ON_THE_WAY = (
    "Where is my parcel? It has not arrived.",
    "Hello, the parcel is not here yet. Could you check with the courier?",
    "Hi, any news of my order? I have been waiting at home for it.",
    "The tracking has not moved. When can I expect the delivery?",
)
_AGAIN = (
    "I have not had an answer yet. Where is my order?",
    "Asking again, as nobody replied. Please tell me when it arrives.",
)


def _question(run: Run, order: Order, times: int) -> str:
    texts = _AGAIN if times > 1 else _ON_THE_WAY if order.confirmed_at else _NOT_SHIPPED
    return texts[int(run.order_luck(order.number)[_WORDS] * len(texts))]


def try_checkout(run: Run) -> None:
    """The orders of the sandbox view, as the scenario asks for them: somebody once tried out the checkout."""
    for _ in range(run.scenario.test_orders):
        wants = _wants(run)
        piece = Piece(1, 1, wants.prices[0])
        _checks_out(run, buyer=1, address=1, pieces=[piece], view="sandbox")
