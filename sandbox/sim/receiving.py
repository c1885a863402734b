"""Receiving: what buyers do once the parcel is there: rate it, find fault, send it back (chapters 9, 10)."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from sandbox.central import feedback, returns
from sandbox.central.days import DAY, start_of_day
from sandbox.central.facts import ParcelDelivered, ParcelLost, ParcelReturned, ReturnArrived, ReturnSent
from sandbox.central.guide import Due
from sandbox.central.payments import left_minor
from sandbox.central.records import PRODUCTION, Order
from sandbox.central.returns import return_of
from sandbox.central.shipments import deliveries
from sandbox.sim import asking, words
from sandbox.sim.asking import HEARS, STILL, about, from_then_on, some_time_after
from sandbox.sim.cast import Dues, News, Run, Those, reacts_to, reacts_to_many, step, worked_out_once
from sandbox.sim.luck import Uniforms, lognormal
from sandbox.sim.parcels import is_back_at
from sandbox.sim.regard import Said, most_regard, regard

# Places of what comes after delivery.
RATES, RATING, RATES_WHEN, FAULT, FAULT_WHEN, SENDS_WHEN, TRAVELS, PRODUCT = range(8)
_SPREAD = 0.8
_MISSES_MONEY_DAYS = 7
"""After a return arrived, until the buyer asks for the money (assumed)."""
LATENESS_DAYS = (0, 1, 3, 8)
"""Where the buckets of lateness begin, in days after the last promised one: on it, 1 to 2, 3 to 7, more."""
_BEST = 5
_ON_THE_DAY, _NEVER = 1, len(LATENESS_DAYS)
"""The last bucket of what is not late, and the one of what never came."""
REASONS = {"faulty": "Defective", "wrong": "WrongItem", "otherwise": "NotAsDescribed", "regret": "NoLongerWanted"}
_REGRET = "regret"


_RATED = "select 1 from feedback where order_number = ?"


@reacts_to_many(ParcelDelivered)
def open_them(run: Run, delivered: list[News]) -> Iterator[tuple[int, Due]]:
    """Most are content. Who may rate it does so some days later; who finds fault writes first.

    Of several packages the first one tells.
    """
    stirred = _stirred(run)
    for seq, fact, number in delivered:
        if number in stirred and _is_first(run, number):
            for due in comes_of_it(run, fact, number):
                yield seq, due


def _is_first(run: Run, number: int) -> bool:
    """Whether what was just delivered is the first of an order that anybody waited for."""
    world = run.world
    if number in world.tables.at_hand.delivered:
        return True
    return world.ordered(number).view == PRODUCTION and deliveries(world, number)[0] == 1


def comes_of_it(run: Run, fact: ParcelDelivered, number: int) -> Dues:
    """What comes of an order's first delivery; of most nothing."""
    if number not in _stirred(run):
        return
    draws = run.luck("after", number, places=8)
    ratings = run.scenario.buyers.ratings
    if draws[RATES] < ratings.share * ratings.unhappy_times:
        wait = int(lognormal(draws[RATES_WHEN], _rating_days(run), _SPREAD))
        rates_at = some_time_after(run, number, asking.RATES, fact.at, wait)
        yield Due(rates_at, "receiving.rates", fact.order_id)
    if (found := _found(run, draws[FAULT])) is not None:
        parts = run.scenario.buyers.returns
        wait = int(lognormal(draws[FAULT_WHEN], parts.days * DAY, parts.sigma))
        step_name = "receiving.regrets" if found == _REGRET else "complaints.is_troubled_by"
        finds_at = some_time_after(run, number, asking.FINDS_FAULT, fact.at, wait)
        yield Due(finds_at, step_name, f"{fact.order_id} {found}")


@worked_out_once
def _stirred(run: Run) -> Those:
    """The orders whose buyers may do something once they have it; most are content and say nothing."""
    ratings = run.scenario.buyers.ratings
    shares = {RATES: ratings.share * ratings.unhappy_times, FAULT: _faults(run)[-1]}
    return run.few("after", 8, shares)


@worked_out_once
def _faults(run: Run) -> list[float]:
    """Where the shares of what may be wrong end, one after the other."""
    parts = run.scenario.buyers.returns
    return list(accumulate((parts.faulty, parts.wrong_item, parts.not_as_described, parts.regretted)))


def _found(run: Run, draw: float) -> str | None:
    """What a buyer finds wrong with it; most find nothing."""
    edges = _faults(run)
    return tuple(REASONS)[bisect_right(edges, draw)] if draw < edges[-1] else None


# -- feedback


@reacts_to(ParcelLost, ParcelReturned)
def never_comes(run: Run, fact: ParcelLost | ParcelReturned, number: int) -> Dues:
    """Whoever waited in vain may say so, too."""
    if run.world.order(fact.order_id).view == PRODUCTION:
        wait = int(lognormal(run.lot("after", number, 8, RATES_WHEN), _rating_days(run), _SPREAD))
        rates_at = some_time_after(run, number, asking.RATES, fact.at, wait)
        yield Due(rates_at, "receiving.rates", fact.order_id)


def _rating_days(run: Run) -> float:
    return run.scenario.buyers.ratings.days * DAY


@step
def rates(run: Run, at: int, order_id: str) -> Dues:
    """Leaves feedback: how good it is depends on how late it came, if at all, and on how the buyer was treated."""
    world = run.world
    order = world.order(order_id)
    if order.confirmed_at is None:
        return
    opens = order.confirmed_at + world.policy.feedback_opens_days * DAY
    if at < opens:
        yield Due(from_then_on(run, order.number, asking.RATES, opens), "receiving.rates", order_id)
        return
    draws, bucket = run.luck("after", order.number, places=8), lateness(run, order)
    rating = _left_by(run, order, draws, bucket)
    if rating and not world.row(_RATED, (order.number,)):
        comment = run.said(words.comment(rating, is_late=bucket > _ON_THE_DAY, number=order.number))
        run.tries(feedback.leave, by="buyer", order_id=order_id, rating=rating, comment=comment)


def _left_by(run: Run, order: Order, draws: Uniforms, bucket: int) -> int | None:
    """The rating that a buyer leaves; most who would only tell that they are unhappy are not."""
    ratings = run.scenario.buyers.ratings
    tells_anyway = draws[RATES] < ratings.share
    if not tells_anyway and draws[RATING] >= ratings.negative[bucket] * most_regard(run):
        return None
    rating = rating_of(run, order, draws[RATING], bucket)
    if rating > 2:
        return rating if tells_anyway else None
    is_told = draws[RATES] < ratings.share * ratings.unhappy_times
    return rating if is_told and not _is_about_the_product(run, draws[PRODUCT], bucket) else None


def days_late(order: Order, delivered_at: int) -> int:
    """Days of the shop's calendar after the last promised one; below 0 where it came early."""
    return (start_of_day(delivered_at) - start_of_day(order.deliver_by)) // DAY


def lateness(run: Run, order: Order) -> int:
    """The bucket of lateness that an order's last delivery falls into; the last one where nothing came."""
    _, delivered_at = deliveries(run.world, order.number)
    return _NEVER if delivered_at is None else bisect_right(LATENESS_DAYS, days_late(order, delivered_at))


def rating_of(run: Run, order: Order, draw: float, bucket: int) -> int:
    """1 to 5, by inversion: the worst first, so that a draw never rates better what came later.

    Whoever would be happy even if treated worst is not asked how they were.
    """
    at_worst = _rated(run, draw, bucket, most_regard(run))
    return at_worst if at_worst == _BEST else _rated(run, draw, bucket, regard(run, order.number))


def _rated(run: Run, draw: float, bucket: int, times: float) -> int:
    ratings = run.scenario.buyers.ratings
    worst, negative = ratings.worst[bucket] * times, min(1.0, ratings.negative[bucket] * times)
    rest = (1.0 - negative) / 8
    edges = (worst, negative, negative + rest, negative + 3 * rest)
    return 1 + bisect_right(edges, draw)


def _is_about_the_product(run: Run, draw: float, bucket: int) -> bool:
    """Such feedback is taken off the record, so simulated buyers do not leave it; what came late is no product."""
    return bucket <= _ON_THE_DAY and draw < run.scenario.buyers.ratings.about_the_product


# -- returns


@step
def regrets(run: Run, at: int, ref: str) -> Dues:
    """Nothing is wrong with it, and it is to go back: the buyer asks how."""
    order_id = ref.partition(" ")[0]
    yield Due(at, "asking.asks", about(order_id, words.REGRET))


def _is_not_returned(run: Run, order: Order) -> bool:
    return left_minor(order) > 0 and return_of(run.world, order.number) is None


STILL[words.REGRET] = _is_not_returned


def _told_to_return(run: Run, at: int, order: Order, answer: Said, is_helped: bool) -> Dues:
    """Whoever was told how sends it back within some days; nobody does whose seller does not take it."""
    if is_helped and left_minor(order) > 0 and not words.refuses(answer.text):
        yield Due(sends_at(run, order.number, at), "receiving.sends_back", order.order_id)


def sends_at(run: Run, number: int, heard_at: int) -> int:
    """When a buyer who was told how sends an order back."""
    wait = run.lot("after", number, 8, SENDS_WHEN) * run.scenario.buyers.returns.sends_within_days
    return some_time_after(run, number, asking.SENDS_BACK, heard_at, int(wait * DAY))


for _topic in (words.FAULTY, words.WRONG, words.OTHERWISE, words.REGRET):
    HEARS[_topic] = _told_to_return


@step
def sends_back(run: Run, at: int, order_id: str) -> Dues:
    """Hands it to a carrier, unless the money came meanwhile."""
    order = run.world.order(order_id)
    if _is_not_returned(run, order):
        draw = run.lot("after", order.number, 8, FAULT)
        reason = REASONS[_found(run, draw) or _REGRET]
        run.tries(returns.send, by="buyer", order_id=order_id, reason=reason)
    return ()


@reacts_to(ReturnSent)
def comes_back(run: Run, fact: ReturnSent, number: int) -> Dues:
    """What was sent back travels as parcels do."""
    yield Due(arrives_at(run, number, fact.at), "receiving.arrives_back", fact.order_id)


def arrives_at(run: Run, number: int, sent_at: int) -> int:
    """When what was sent back then reaches the seller."""
    days = run.scenario.buyers.returns.travels_days
    wait = lognormal(run.lot("after", number, 8, TRAVELS), days * DAY, 0.5)
    return is_back_at(run, sent_at, int(wait))


@step
def arrives_back(run: Run, at: int, order_id: str) -> Dues:
    """It is there: the seller owes the money."""
    run.tries(returns.arrive, by="carrier", order_id=order_id)
    return ()


@reacts_to(ReturnArrived)
def waits_for_the_money(run: Run, fact: ReturnArrived, number: int) -> Dues:
    """And the buyer waits for it."""
    at = some_time_after(run, number, asking.MISSES_MONEY, fact.at, _MISSES_MONEY_DAYS * DAY)
    yield Due(at, "complaints.is_troubled_by", f"{fact.order_id} unpaid")
