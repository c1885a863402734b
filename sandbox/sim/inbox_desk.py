"""The inbox desk: agents on shifts take messages one by one and answer them, more or less helpfully (chapter 11)."""

from collections.abc import Iterable
from typing import Any

from sandbox.central import messages, orders
from sandbox.central.days import DAY, MINUTE, WEEKDAYS, start_of_day, weekday
from sandbox.central.facts import BuyerAsked
from sandbox.central.guide import Due
from sandbox.central.orders import packages_of
from sandbox.central.records import CANCELED, PRODUCTION, Message, Order
from sandbox.central.tables.base import NOT_IN_SANDBOX
from sandbox.sim import fates, words
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.luck import exponential, lognormal
from sandbox.sim.players import ADDRESSES, INBOX, is_scripted
from sandbox.sim.regard import answer_helps
from sandbox.sim.scenario import Inbox

HANDLING = 0
BY = "inbox desk"

_ORDERS = {
    "oldest": "m.at, message",
    "newest": "m.at desc, message desc",
    "repeated": """(select count(*) from messages before where before.thread = m.thread and before.sender = 'buyer'
        and before.message < m.message) desc, m.at, message""",
}
_WAITING = {
    priority: f"""
        select message from messages m indexed by messages_waiting
        where state = 'waiting' and {NOT_IN_SANDBOX} order by {order} limit ?"""
    for priority, order in _ORDERS.items()
}
_ASKED_BEFORE = """
    select text from messages where thread = ? and message < ? and sender = 'buyer' order by message desc"""


def _state(run: Run) -> dict[str, Any]:
    """Who handles which message, by agent; how many agents are away; whether the next opening is on the agenda."""
    found: dict[str, Any] = run.state("inbox", {"busy": {}, "away": 0, "opens": False})
    return found


@reacts_to(BuyerAsked)
def gets(run: Run, fact: BuyerAsked, number: int) -> Dues:
    """A message is taken at once where an agent is free; it waits for one otherwise."""
    return _work(run, fact.at) if run.world.order(fact.order_id).view == PRODUCTION else ()


@step
def takes_up(run: Run, at: int, ref: str) -> Dues:
    """The script takes the inbox over, or the requests for another address, with all that waits."""
    run.state("ignored", []).clear()  # what was left to somebody else
    return _work(run, at)


@step
def opens(run: Run, at: int, ref: str) -> Dues:
    """The shift begins."""
    _state(run)["opens"] = False
    return _work(run, at)


def _is_manned(run: Run) -> bool:
    """Whether a script answers any messages at all."""
    return is_scripted(run, INBOX) or is_scripted(run, ADDRESSES)


def _work(run: Run, at: int) -> Dues:
    """Every free agent takes the next message; while the desk is closed, they do so when it opens."""
    if not _is_manned(run):
        return
    desk, state = run.scenario.desks.inbox, _state(run)
    busy = state["busy"]
    free = [agent for agent in map(str, range(desk.agents - state["away"])) if agent not in busy]
    if not free:
        return
    opening = _on_shift(desk, at)
    if opening > at:
        if not state["opens"]:
            state["opens"] = True
            yield Due(opening, "inbox_desk.opens", "", caused=False)
        return
    for agent in free:
        message = _next(run, busy.values())
        if message is None:
            return
        busy[agent] = message
        yield Due(at + handling_time(run, message), "inbox_desk.answers", f"{message} {agent}")


def _next(run: Run, taken: Iterable[int]) -> int | None:
    """The message that is taken next; those that the shop ignores, or that are somebody else's, are passed over."""
    ignored: list[int] = run.state("ignored", [])
    while True:
        skipped = {*taken, *ignored}
        waiting = run.world.rows(_WAITING[run.scenario.desks.inbox.priority], (len(skipped) + 1,))
        message: int | None = next((message for (message,) in waiting if message not in skipped), None)
        if message is None or _is_for_the_script(run, message):
            return message
        ignored.append(message)


def _is_for_the_script(run: Run, message: int) -> bool:
    """Whether a script answers it: the address desk's where another address is wanted, the inbox's otherwise."""
    answers_all = is_scripted(run, INBOX) and is_scripted(run, ADDRESSES)
    is_ignoring = run.scenario.desks.addresses.requests == "ignore"
    if answers_all and not is_ignoring:
        return True
    if _topic(run, messages.message_of(run.world, message)[0]) == words.ADDRESS:
        return is_scripted(run, ADDRESSES) and not is_ignoring
    return is_scripted(run, INBOX)


def handling_time(run: Run, message: int) -> int:
    """How long an agent is busy with a message, in milliseconds."""
    desk = run.scenario.desks.inbox
    draw = run.lot("inbox", message, 4, HANDLING)
    if desk.handling == "exponential":
        return int(exponential(draw) * desk.handling_minutes * MINUTE)
    return int(lognormal(draw, desk.handling_minutes * MINUTE, desk.handling_sigma))


def _on_shift(desk: Inbox, at: int) -> int:
    """The first moment from `at` on at which the desk is open."""
    day = start_of_day(at)
    while WEEKDAYS[weekday(at)] not in desk.working_days or at >= day + desk.closes:
        at = day = day + DAY
    return max(at, day + desk.opens)


@step
def answers(run: Run, at: int, ref: str) -> Dues:
    """Answers a message that still waits, if a script still plays the desk that it is for, and takes the next one."""
    number, _, agent = ref.partition(" ")
    _state(run)["busy"].pop(agent, None)
    message, order_id = messages.message_of(run.world, int(number))
    if message.state == "waiting" and _is_for_the_script(run, message.message):
        run.world.cause = message.fact
        _answer(fates.theirs(run, message.order_number), message, order_id)
    return _work(run, at)


def _answer(run: Run, message: Message, order_id: str) -> None:
    topic = _topic(run, message)
    if topic == words.THANKS:
        run.world.do(messages.mark_no_response_needed, by=BY, message=message.message)
        return
    text = words.UNHELPFUL
    if answer_helps(run, message.message):
        _act(run, topic, order_id)
        text = _helpful(run, run.world.order(order_id), topic)
    run.world.do(messages.reply, by=BY, thread=message.thread, text=run.said(text))


def _topic(run: Run, message: Message) -> str | None:
    """What a buyer's message is about: its own words, or those of the messages before it in its thread."""
    if topic := words.topic_of(message.text):
        return topic
    before = run.world.rows(_ASKED_BEFORE, (message.thread, message.message))
    return next((topic for (text,) in before if (topic := words.topic_of(text))), None)


def _act(run: Run, topic: str | None, order_id: str) -> None:
    """What a helpful agent does beside answering."""
    order = run.world.order(order_id)
    if topic in words.TO_CANCEL and order.confirmed_at is None and order.status != CANCELED:
        run.world.do(orders.cancel, by=BY, order_id=order_id, reason="BuyerCanceled")


def _helpful(run: Run, order: Order, topic: str | None) -> str:
    if order.cancelled_at is not None:
        return words.CANCELLED
    if topic in words.TO_CANCEL:
        return words.TOO_LATE_TO_CANCEL
    if topic == words.ADDRESS and order.confirmed_at is not None:
        return words.TOO_LATE_TO_MOVE
    if topic == words.ADDRESS and run.scenario.desks.addresses.requests == "comply":
        return words.COMPLIED
    if topic not in (words.WHERE, words.UNSHIPPED, None):
        return words.TOPICS[topic].answer
    if order.confirmed_at is None:
        return words.TOPICS[words.UNSHIPPED].answer
    if run.world.now > order.deliver_by:
        return words.TOPICS[words.NOT_ARRIVED].answer
    package = packages_of(run.world, order)[-1]
    text = f"{words.SOON} It left with {package.carrier}, tracking id {package.tracking}."
    return text if package.tracking and not messages.stopped(text) else words.SOON
