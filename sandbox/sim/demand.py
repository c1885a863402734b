"""Demand: who comes and buys, by hour and weekday, on busy and slack days, at festivals and promotions (chapter 2)."""

from collections.abc import Callable
from functools import partial
from math import ceil, fsum, log, prod, sqrt
from typing import Any

from msgspec import Struct

from sandbox.central import orders
from sandbox.central.days import DAY, HOUR, LAST_MOMENT, SHOP_OFFSET, WEEK
from sandbox.central.facts import AcceptanceAnnounced, ShippingRatesSet
from sandbox.central.guide import Due, Refused
from sandbox.central.orders import Piece
from sandbox.central.settings import STANDARD
from sandbox.sim.cast import Dues, Run, reacts_to, step, worked_out_once
from sandbox.sim.luck import InTurn, Uniforms, Weighted, exponential, normal
from sandbox.sim.scenario.demand import Promotion

# Places of an order's uniforms. A new decision takes a new place.
_OF_BASKET = 7
_GAP, _BUYER, _PRODUCT, _SECOND_LINE, _SECOND_PRODUCT, _SECOND_PIECE, _PENDING = range(_OF_BASKET)
_BUSY = 0
_DAYS_BACK, _FORGOTTEN = 12, 1e-6
"""Days of which a factor remembers something, at least; more where a millionth of them is left later."""


class Wants(Struct, frozen=True):
    """What the scenario says of demand, ready to draw from."""

    rates: list[float]
    """Orders per millisecond for each hour of the week, Monday 0:00 first."""
    products: Weighted
    prices: list[int]
    changing: bool
    """Whether days differ beyond their weekday."""


@worked_out_once
def _wants(run: Run) -> Wants:
    scenario, demand = run.scenario, run.scenario.demand
    days, hours = fsum(demand.weekdays), fsum(demand.hours)
    week = demand.orders_per_day * 7
    rates = [week * day / days * hour / hours / HOUR for day in demand.weekdays for hour in demand.hours]
    prices = [round(product.price * 100) for product in scenario.products]
    changing = bool(demand.busyness_cv or demand.growth_per_week or demand.festivals or scenario.happenings)
    return Wants(rates, Weighted([product.weight for product in scenario.products]), prices, changing)


# -- days


def busyness(run: Run, day: int) -> float:
    """How much busier than usual a day is by itself, 1 on average: gamma factors that remember the days before."""
    demand = run.scenario.demand
    if not demand.busyness_cv:
        return 1.0
    memory = demand.busyness_memory
    fresh = sqrt(1 - memory * memory)
    back = range(_days_back(memory))
    z = fsum(fresh * memory**ago * normal(run.lot("day", day - ago, 2, _BUSY)) for ago in back)
    shape = demand.busyness_cv**-2
    return max(0.0, 1 - 1 / (9 * shape) + z / (3 * sqrt(shape))) ** 3  # Wilson and Hilferty's gamma, by inversion


def _days_back(memory: float) -> int:
    return max(_DAYS_BACK, ceil(log(_FORGOTTEN) / log(memory))) if memory else 1


def factor_of(run: Run, at: int) -> float:
    """So many times the usual demand on the day that holds a moment."""
    day = (at + SHOP_OFFSET) // DAY
    known: dict[int, float] = run.made.setdefault("busy days", {})
    if day not in known:
        if len(known) > 64:
            known.clear()
        known[day] = _factor(run, day)
    return known[day] * _festive(run, day)


def _noon(day: int) -> int:
    return day * DAY - SHOP_OFFSET + DAY // 2


def _factor(run: Run, day: int) -> float:
    """As the scenario has it; the plot's festivals come and go."""
    demand, noon = run.scenario.demand, _noon(day)
    factor = busyness(run, day)
    if demand.growth_per_week:
        factor *= (1 + demand.growth_per_week) ** ((noon - run.begins_at) / WEEK)
    for festival in demand.festivals:
        if festival.start <= noon < festival.start + festival.days * DAY:
            factor *= festival.factor
    return factor


def _festive(run: Run, day: int) -> float:
    """So many times the demand of a day, by the festivals of the plot: each counts from its beginning to its end."""
    begins, festivals = day * DAY - SHOP_OFFSET, run.state("festivals", [])
    return prod(times for _, ends, times in festivals if begins < ends) if festivals else 1.0


# -- arrivals

_MONDAY = 4 * DAY  # 5 January 1970 was a Monday
_WEEKS_ASKED = 52
"""Beyond so many weeks without an order busy days and slack ones even out."""
_AWAITED = 3660 * DAY
"""So long, which is the longest that a scenario lasts, the next buyer is looked for where demand may have shrunk."""


def next_arrival(rates: list[float], at: int, work: float, busy: Callable[[int], float] | None = None) -> int | None:
    """The moment at which the rates, summed from `at` on, come to `work`: arrivals of a Poisson process that varies.

    `rates` are for each hour of the week; `busy` tells how many times that it is on the day that holds a moment, and
    is not asked about each of very many weeks. None where the arrival lies beyond the last moment there is, or where
    there are hardly any busy days to come.
    """
    if work >= rates[-1] * HOUR and (weeks := int(work // (fsum(rates) * HOUR))) > (_WEEKS_ASKED if busy else 0):
        at += weeks * WEEK
        work -= weeks * fsum(rates) * HOUR
    factor = busy(at) if busy else 1.0
    last = min(LAST_MOMENT, at + _AWAITED) if busy else LAST_MOMENT
    while at <= last:
        into_week = at + SHOP_OFFSET - _MONDAY
        rate = rates[into_week // HOUR % 168] * factor
        left = HOUR - into_week % HOUR
        if work < rate * left:
            return at + int(work / rate)
        work -= rate * left
        at += left
        if busy and (at + SHOP_OFFSET) % DAY < HOUR:
            factor = busy(at)
    return None


def rate_at(run: Run, at: int) -> float:
    """Buyers for each millisecond of the hour that holds a moment, on a day as busy as usual."""
    return _usual_rate(_wants(run), at) * _lift(run, _shop(run))


def _usual_rate(wants: Wants, at: int) -> float:
    return wants.rates[(at + SHOP_OFFSET - _MONDAY) // HOUR % 168]


def first_arrival(run: Run, at: int) -> Dues:
    """The first buyer of a world, if the scenario has any."""
    if run.scenario.demand.orders_per_day:
        yield from next_buyer(run, at, 1)


def next_buyer(run: Run, after: int, number: int) -> Dues:
    """The `number`-th buyer, who is the next one. Nobody, if none ever comes."""
    wants, work = _wants(run), exponential(_draws_of(run)(number)[_GAP])
    lift, busy = _lift(run, _shop(run)), partial(factor_of, run) if wants.changing else None
    at = next_arrival(wants.rates, after, work / lift, busy)
    if at is not None:
        yield Due(at, "demand.arrives", str(number), caused=False)


def _lift(run: Run, shop: dict[str, Any]) -> float:
    return run.scenario.demand.announced_lift if shop["announced"] else 1.0


@worked_out_once
def _draws_of(run: Run) -> InTurn:
    """The first uniforms of orders: of the wait for their buyers, and of what is bought."""
    return run.in_turn("order", 16, _OF_BASKET)


@step
def arrives(run: Run, at: int, ref: str) -> Dues:
    """The `ref`-th buyer orders, and so do those who come in the same hour."""
    number, draws_of, wants, shop = int(ref), _draws_of(run), _wants(run), _shop(run)
    draws = draws_of(number)
    ends = at + HOUR - (at + SHOP_OFFSET) % HOUR
    unlifted = _usual_rate(wants, at) * (factor_of(run, at) if wants.changing else 1.0)
    while True:
        _buys(run, wants, shop["shipping_minor"], at, number, draws)
        number += 1
        draws = draws_of(number)
        work, rate = exponential(draws[_GAP]), unlifted * _lift(run, shop)
        if work >= rate * (ends - at):
            return next_buyer(run, at, number)
        at += int(work / rate)
        if not run.goes_on(at):
            return (Due(at, "demand.arrives", str(number), caused=False),)


def _buys(run: Run, wants: Wants, shipping_minor: int, at: int, number: int, draws: Uniforms) -> None:
    buyer = 1 + int(draws[_BUYER] * run.scenario.buyers.pool)
    try:
        run.world.do(
            orders.place,
            by="buyer",
            buyer=buyer,
            address=buyer,
            pieces=_basket(run, wants, at, draws),
            shipping_minor=shipping_minor,
            pending=draws[_PENDING] < run.scenario.demand.pending_share,
            number=number,
        )
    except Refused as refused:
        _accepts(refused)


def _accepts(refused: Refused) -> None:
    """Somebody finds that the shop takes no orders; that is on record too."""
    if refused.code != "NoReturnUrl":
        raise refused


# -- what is bought


def _basket(run: Run, wants: Wants, at: int, draws: Uniforms) -> list[Piece]:
    demand = run.scenario.demand
    products, prices = (wants.products, wants.prices) if not demand.promotions else _promoted(run, wants, at)
    first = products.pick(draws[_PRODUCT])
    pieces = [Piece(first + 1, 1 + (draws[_SECOND_PIECE] < demand.second_piece_share), prices[first])]
    if draws[_SECOND_LINE] < demand.second_line_share:
        second = products.pick(draws[_SECOND_PRODUCT])
        if second != first:
            pieces.append(Piece(second + 1, 1, prices[second]))
    return pieces


def _promoted(run: Run, wants: Wants, at: int) -> tuple[Weighted, list[int]]:
    """What is chosen, and at which prices, while promotions run."""
    running = tuple(
        promotion
        for promotion in run.scenario.demand.promotions
        if promotion.start <= at < promotion.start + promotion.days * DAY
    )
    if not running:
        return wants.products, wants.prices
    known: dict[tuple[Promotion, ...], tuple[Weighted, list[int]]] = run.made.setdefault("promotions", {})
    if running not in known:
        known[running] = _at_promotion(run, running)
    return known[running]


def _at_promotion(run: Run, running: tuple[Promotion, ...]) -> tuple[Weighted, list[int]]:
    weights, prices = [], []
    for product in run.scenario.products:
        mine = [promotion for promotion in running if promotion.sku == product.sku]
        weight, price = product.weight, product.price
        for promotion in mine:
            weight *= promotion.factor
            price *= 1 - promotion.price_off
        weights.append(weight)
        prices.append(max(1, round(price * 100)))
    return Weighted(weights), prices


# -- the shop as buyers find it


def _shop(run: Run) -> dict[str, Any]:
    """What a buyer meets in the shop, as its settings last changed it."""
    found: dict[str, Any] = run.state("shop", _as_it_opens)
    return found


def _as_it_opens() -> dict[str, Any]:
    return {"shipping_minor": 0, "announced": False}


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


def try_checkout(run: Run) -> None:
    """The orders of the sandbox view, as the scenario asks for them: somebody once tried out the checkout."""
    for _ in range(run.scenario.test_orders):
        piece = Piece(1, 1, _wants(run).prices[0])
        try:
            run.world.do(orders.place, by="buyer", buyer=1, address=1, pieces=[piece], view="sandbox")
        except Refused as refused:
            _accepts(refused)
