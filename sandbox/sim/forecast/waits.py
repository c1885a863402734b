"""Waits of which it shows that they go on: somebody reads, decides, is busy or on the way; only the moment is open."""

from collections.abc import Callable
from typing import NamedTuple

from sandbox.central.days import HOUR, after
from sandbox.central.facts import ReturnArrived, SellerReplied
from sandbox.central.guide import Due
from sandbox.central.records import AgendaRow
from sandbox.sim import asking, banks, inbox_desk, receiving, stock, wishes, words
from sandbox.sim.cast import Run
from sandbox.sim.forecast.book import Block, Places
from sandbox.sim.forecast.present import Coming, Happened, Present
from sandbox.sim.regard import helps, said_about


class Wait(NamedTuple):
    """How long a step is waited for."""

    stream: str
    place: int
    number: Callable[[Run, str], int]
    """The number of its luck, by what the step is about."""
    span: Callable[[Run, int], int]
    """Milliseconds, by the luck of a run."""


def _order(run: Run, ref: str) -> int:
    return run.world.ids.order_number(ref.partition(" ")[0]) or 0


def _disputed_order(run: Run, ref: str) -> int:
    (number,) = run.world.row("select order_number from disputes where dispute = ?", (int(ref),))
    return int(number)


WAITS = {
    "asking.hears": Wait("reads", asking.READS, lambda _, ref: int(ref.partition(" ")[2]), asking.reading_time),
    "wishes.orders_again": Wait("wish", wishes.AGAIN_AFTER, _order, wishes.ordering_time),
    "banks.decides": Wait("bank", banks.WEEKS, _disputed_order, banks.deciding_time),
    "stock.decides": Wait("alternative", stock.AFTER, _order, stock.deciding_time),
    "inbox_desk.answers": Wait(
        "inbox", inbox_desk.HANDLING, lambda _, ref: int(ref.partition(" ")[0]), inbox_desk.handling_time
    ),
}
"""By the step that ends it."""


def steps(present: Present) -> None:
    """Add the moment at which each wait ends: not before now, and otherwise as long as such waits are."""
    for step, wait in WAITS.items():
        for row in present.rows(step):
            _add(present, wait, row)
    for row in present.rows("receiving.sends_back"):
        _sends_back(present, row)
    for row in present.rows("receiving.arrives_back"):
        _arrives_back(present, row)
    for one in present.facts(ReturnArrived):
        _misses_money(present, one)


def _add(present: Present, wait: Wait, row: AgendaRow) -> None:
    number = wait.number(present.past, row[3])
    began_at = row[0] - wait.span(present.past, number)
    _until(present, row, {(wait.stream, number): (wait.place,)}, lambda run: after(began_at, wait.span(run, number)))


# -- what is sent back


def _sends_back(present: Present, row: AgendaRow) -> None:
    """Whoever was told how sends it back: counted from when they read so."""
    number, past = _order(present.past, row[3]), present.past
    replies = (one.fact for one in present.facts(SellerReplied) if one.number == number)
    heard = (fact.at + asking.reading_time(past, fact.message) for fact in replies)
    heard_at = next((at for at in heard if receiving.sends_at(past, number, at) == row[0]), None)
    if heard_at is not None:
        free: dict[Block, Places] = {
            ("after", number): (receiving.SENDS_WHEN,),
            ("hours", number): (asking.SENDS_BACK,),
        }
        _until(present, row, free, lambda run: receiving.sends_at(run, number, heard_at))


def _arrives_back(present: Present, row: AgendaRow) -> None:
    number = _order(present.past, row[3])
    (sent_at,) = present.world.row("select sent_at from returns where order_number = ?", (number,))
    free: dict[Block, Places] = {("after", number): (receiving.TRAVELS,)}
    _until(present, row, free, lambda run: receiving.arrives_at(run, number, sent_at))


def _misses_money(present: Present, one: Happened) -> None:
    """Some days after a return arrived: at which hour is open."""
    (due,) = receiving.waits_for_the_money(present.past, one.fact, one.number)
    row, block = present.pending(due.step, due.ref), ("hours", one.number)
    if row is None:
        present.keep(block, asking.MISSES_MONEY)
        return

    def moment(run: Run) -> int:
        (found,) = receiving.waits_for_the_money(run, one.fact, one.number)
        return found.at

    _until(present, row, {block: (asking.MISSES_MONEY,)}, moment)


def _until(present: Present, row: AgendaRow, free: dict[Block, Places], moment: Callable[[Run], int]) -> None:
    """Have a row wait until another moment, which is still to come."""
    _, _, step, ref, because = row
    now = present.now
    present.replace(row)

    def plan(run: Run) -> list[Coming] | None:
        at = moment(run)
        return [Coming(Due(at, step, ref), because)] if at > now else None

    present.add(free, plan)


# -- whoever heard that the address stays

_SAYS_AFTER = HOUR
_ANSWER: Places = (wishes.INSISTS, wishes.REORDERS)


def answered(present: Present) -> None:
    """Add what they make of it: it shows an hour after they read it."""
    for one in present.facts(SellerReplied):
        if not one.fact.automatic:
            _answered(present, one)


def _answered(present: Present, one: Happened) -> None:
    """Twice the same answer is heard with the same temper: what showed once stays."""
    past, now, order_id = present.past, present.now, one.fact.order_id
    if present.pending("asking.hears", f"{order_id} {one.fact.message}"):
        return
    present.keep(("reads", one.fact.message), asking.READS)
    said = said_about(present.world, one.number)
    answer = next(each for each in said if each.message == one.fact.message)
    asked = [each for each in said if each.sender == "buyer" and each.thread == answer.thread and each.at <= answer.at]
    topics = [topic for each in reversed(asked) if (topic := words.topic_of(each.text))]
    heard_at = one.fact.at + asking.reading_time(past, one.fact.message)
    if topics[:1] != [words.ADDRESS] or heard_at > now:
        return
    block: Block = ("wish", one.number)
    if heard_at + _SAYS_AFTER <= now:
        present.keep(block, *_ANSWER)
        return
    order, is_helped = present.world.order(order_id), helps(past, asked, answer)
    present.replace_pending(list(wishes.is_refused(past, heard_at, order, answer, is_helped)))
    free = tuple(place for place in _ANSWER if place not in present.kept.get(block, {}))

    def plan(run: Run) -> list[Coming]:
        return [Coming(due, one.seq) for due in wishes.is_refused(run, heard_at, order, answer, is_helped)]

    present.add({block: free}, plan)
