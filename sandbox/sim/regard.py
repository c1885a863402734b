"""How an order's buyer was treated, by what is on record, and so what that buyer does next."""

from typing import NamedTuple

from sandbox.central.days import HOUR
from sandbox.central.world import World
from sandbox.sim import words
from sandbox.sim.cast import Run

HELPS = 1
"""The place of an answer's uniforms that says whether it helps."""
_SHORTEST_HELP = 20
"""Characters: nobody is helped by less (assumed)."""

_MESSAGES = """
    select m.message, m.thread, m.sender, m.at, m.text, m.state, m.answered_at
    from threads t join messages m using (thread) where t.order_number = ? and not m.automatic order by m.message"""
_IN_THREAD = """
    select message, thread, sender, at, text, state, answered_at from messages indexed by messages_thread
    where thread = (select thread from messages where message = ?) and not automatic order by message"""


class Said(NamedTuple):
    """A message, as far as it matters to whoever wrote or got it."""

    message: int
    thread: int
    sender: str
    at: int
    text: str
    state: str
    answered_at: int | None


def said_about(world: World, number: int) -> list[Said]:
    """The messages about an order, automatic ones left out, the first one first."""
    return [Said._make(row) for row in world.rows(_MESSAGES, (number,))]


def said_in_thread_of(world: World, message: int) -> list[Said]:
    """The messages of the thread that a message is in, automatic ones left out, the first one first."""
    return [Said._make(row) for row in world.rows(_IN_THREAD, (message,))]


def regard(run: Run, number: int) -> float:
    """So many times what buyers do otherwise: 1 where nobody had to write, less where they were cared for."""
    weights = run.scenario.buyers.regard
    said = said_about(run.world, number)
    asked = [one for one in said if one.sender == "buyer" and one.state != "not-needed"]
    if not asked:
        return 1.0
    if any(_is_ignored(run, one) for one in asked):
        return weights.ignored
    answers = [one for one in said if one.sender == "seller"]
    return weights.cared_for if all(helps(run, asked, answer) for answer in answers) else weights.put_off


def most_regard(run: Run) -> float:
    """No more times than this, however they were treated."""
    weights = run.scenario.buyers.regard
    return max(1.0, weights.cared_for, weights.put_off, weights.ignored)


def _is_ignored(run: Run, asked: Said) -> bool:
    """Answered too late, or not at all although it has been long enough."""
    answered_at = run.world.clock.now if asked.answered_at is None else asked.answered_at
    return answered_at - asked.at > run.scenario.buyers.regard.late_answer_hours * HOUR


def helps(run: Run, asked: list[Said], answer: Said) -> bool:
    """Whether an answer helps, by what it says, whoever wrote it: not one that puts off, nor one too short to help."""
    if not any(one.thread == answer.thread and one.message < answer.message for one in asked):
        return True
    shortest = min(_SHORTEST_HELP, run.world.policy.message_max_chars)
    return answer.text != run.said(words.UNHELPFUL) and len(answer.text) >= shortest


def answer_helps(run: Run, message: int) -> bool:
    """Whether the scripted inbox finds helpful words for a message."""
    return run.lot("inbox", message, 4, HELPS) < run.scenario.desks.inbox.helpful_share
