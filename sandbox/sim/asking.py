"""Asking: how buyers write to the seller, ask again while nobody answers, and hear what they are told."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from math import fsum

from sandbox.central import messages
from sandbox.central.days import DAY, HOUR, MINUTE, after, start_of_day
from sandbox.central.facts import SellerReplied
from sandbox.central.guide import Due
from sandbox.central.records import CANCELED, PENDING, PRODUCTION, SHIPPED, Order
from sandbox.sim import words
from sandbox.sim.cast import Dues, Run, reacts_to, step, worked_out_once
from sandbox.sim.regard import Said, helps, said_in_thread_of

ASKS_AT_MOST = 3
_WORDS, ASKS_HOUR = 0, 1  # places of a question's uniforms
RATES, FINDS_FAULT, MISSES, CLAIMS, CHARGES_BACK, FINDS_PAYMENT, MISSES_MONEY, SENDS_BACK = range(8)
"""Places of the uniforms of an order's hours: when on their day its people do what they do."""
THANKS, READS = 1, 2  # places of an answer's
_READING_MINUTES = 90
"""Until an answer is read, at most (assumed)."""

Still = Callable[[Run, Order], bool]
Hears = Callable[[Run, int, Order, Said, bool], Dues]
Waits = Callable[[Run, int, Order], Dues]

STILL: dict[str, Still] = {}
"""Whether a buyer still has reason to write about a topic; the rooms that know it say so. Others always have."""
HEARS: dict[str, Hears] = {}
"""What a buyer does who was answered about a topic: run, moment, order, the answer, whether it helps."""
WAITS: dict[str, Waits] = {}
"""What a buyer who wrote about a topic waits for, answered or not."""


def about(order_id: str, topic: str, times: int = 1) -> str:
    """What the step `asking.asks` is about."""
    return f"{order_id} {topic} {times}"


def will_write(run: Run, at: int, order_id: str, topic: str) -> Due:
    """From that moment on somebody wants to write about a topic, and does at the next hour at which they write."""
    number = run.world.ids.order_number(order_id) or 0
    draw = run.lot(f"asks {topic}", number, 4, ASKS_HOUR)
    return Due(_next_hour(run, at, draw), "asking.asks", about(order_id, topic))


def some_time_after(run: Run, number: int, doing: int, at: int, span: int) -> int:
    """When somebody does something who does it about that long after: on the day that this leads to, at their hour."""
    acts_at = at_their_hour(run, after(at, span), run.lot("hours", number, 8, doing))
    return acts_at if acts_at > at else after(acts_at, DAY)


def from_then_on(run: Run, number: int, doing: int, at: int) -> int:
    """When somebody does something who may from that moment on: at the first of their hours."""
    return _next_hour(run, at, run.lot("hours", number, 8, doing))


def _next_hour(run: Run, at: int, draw: float) -> int:
    moment = at_their_hour(run, at, draw)
    return moment if moment >= at else after(moment, DAY)


def at_their_hour(run: Run, at: int, u: float) -> int:
    """The moment of that day at which somebody writes: people write at the hours at which they buy."""
    begins, total = _begins(run)
    within = u * total
    hour = bisect_right(begins, within) - 1
    if hour == len(begins) - 1:
        return start_of_day(at) + DAY - 1
    part = (within - begins[hour]) / run.scenario.demand.hours[hour]
    return start_of_day(at) + int((hour + part) * HOUR)


@worked_out_once
def _begins(run: Run) -> tuple[list[float], float]:
    """Where the shares of the hours begin, one after the other, and what all of them come to."""
    hours = run.scenario.demand.hours
    return [*accumulate(hours, initial=0.0)], fsum(hours)


@step
def asks(run: Run, at: int, ref: str) -> Dues:
    """Writes about something that still matters; writes again while nobody answers."""
    order_id, topic, asked = ref.split(" ")
    times = int(asked)
    if times > 1 and not messages.waits(run.world, order_id, words.TOPICS[topic].subject):
        return
    order, still = run.world.order(order_id), STILL.get(topic)
    if still and not still(run, order):
        return
    if not _writes(run, order, topic, times):
        return
    if times < ASKS_AT_MOST:
        again = at + int(run.scenario.buyers.ask_again_hours * HOUR)
        yield Due(again, "asking.asks", about(order_id, topic, times + 1))
    if times == 1 and topic in WAITS:
        yield from WAITS[topic](run, at, order)


@step
def insists(run: Run, at: int, ref: str) -> Dues:
    """Writes once more to a seller whose answer was no; who asked first still asks again while nobody answers."""
    order_id, topic, _ = ref.split(" ")
    order = run.world.order(order_id)
    if STILL[topic](run, order):
        _writes(run, order, topic, 2)
    return ()


def _writes(run: Run, order: Order, topic: str, times: int) -> bool:
    """Whether there was something that may be passed on."""
    text = run.said(_text(run, order, topic, times))
    if text:
        subject = words.TOPICS[topic].subject
        run.world.do(messages.ask, by="buyer", order_id=order.order_id, subject=subject, text=text)
    return bool(text)


def _text(run: Run, order: Order, topic: str, times: int) -> str:
    draw = run.lot(f"asks {topic}", order.number, 4, _WORDS)
    text = words.asked(topic, draw, times)
    if topic not in ADDS:
        return text
    whole = f"{text} {ADDS[topic](run, order)}"
    return text if messages.stopped(whole) else whole


ADDS: dict[str, Callable[[Run, Order], str]] = {}
"""What a message about a topic ends with, such as an address."""


@reacts_to(SellerReplied)
def is_answered(run: Run, fact: SellerReplied, number: int) -> Dues:
    """A buyer reads the answer a while later."""
    if not fact.automatic and run.world.order(fact.order_id).view == PRODUCTION:
        yield Due(fact.at + reading_time(run, fact.message), "asking.hears", f"{fact.order_id} {fact.message}")


def reading_time(run: Run, message: int) -> int:
    """Until the buyer reads an answer, in milliseconds."""
    return int(run.lot("reads", message, 4, READS) * _READING_MINUTES * MINUTE)


@step
def hears(run: Run, at: int, ref: str) -> Dues:
    """Reads an answer: some thank, some go on about it, most are content."""
    order_id, _, message = ref.partition(" ")
    said = said_in_thread_of(run.world, int(message))
    answer = next(one for one in said if one.message == int(message))
    asked = [one for one in said if one.sender == "buyer" and one.at <= answer.at]
    topic = next((name for one in reversed(asked) if (name := words.topic_of(one.text))), None)
    if topic is None or topic == words.THANKS:
        return
    is_helped = helps(run, asked, answer)
    if topic in HEARS:
        yield from HEARS[topic](run, at, run.world.order(order_id), answer, is_helped)
    elif is_helped and run.lot("reads", int(message), 4, THANKS) < run.scenario.buyers.regard.thanks:
        yield Due(at, "asking.thanks", order_id)


@step
def thanks(run: Run, at: int, order_id: str) -> Dues:
    """Writes thanks, which need no response, and count until somebody marks them so."""
    _writes(run, run.world.order(order_id), words.THANKS, 1)
    return ()


def is_open(run: Run, order: Order) -> bool:
    """Whether an order is neither cancelled nor waiting for its payment."""
    return order.status not in (CANCELED, PENDING)


_UNDELIVERED = "select 1 from packages where order_number = ? and delivered_at is null"


def is_delivered(run: Run, order: Order) -> bool:
    """Whether all that was ordered has arrived."""
    if order.status != SHIPPED:
        return False
    world, number = run.world, order.number
    return number in world.tables.at_hand.delivered or not world.rows_about(number, _UNDELIVERED)
