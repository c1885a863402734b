"""The driver: the only one that moves time.

The calendar is data, rows of the agenda. A window opens a fresh SimPy environment, arms a slot for each row that falls
due in it, runs, and leaves what lies beyond as rows again. No generator outlives a window, so a world can be stopped,
copied, or moved to another process, and goes on exactly as it would have.
"""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple

from msgspec import Struct
from simpy import Environment
from simpy.events import NORMAL, URGENT

from sandbox.central import deadlines
from sandbox.central.days import DAY, FIRST_MOMENT, LAST_MOMENT, rfc3339
from sandbox.central.facts import KINDS, Fact, OrderPlaced, decoded
from sandbox.central.guide import Due, Refused
from sandbox.central.records import AgendaRow
from sandbox.central.rooms import RULES
from sandbox.central.trailing import close_days
from sandbox.central.world import World
from sandbox.sim import (
    asking,
    banks,
    buyers,
    checkout,
    complaints,
    demand,
    dispatch_desk,
    dispute_desk,
    fates,
    happenings,
    inbox_desk,
    parcels,
    receiving,
    refund_desk,
    stock,
    wishes,
)
from sandbox.sim.cast import REACTIONS, ROUNDS, STEPS, TO_MANY, News, Run, reactions

ROOMS = (
    *(demand, checkout, buyers, wishes, asking, parcels, receiving, complaints, banks, stock),
    *(dispatch_desk, inbox_desk, dispute_desk, refund_desk, happenings, fates),
)
"""The rooms whose steps and reactions make the cast."""

_ROW = ("at", "seq", "step", "ref", "because")
_NEXT = """
    select min(at) from agenda union all select min(auto_cancel_at) from orders indexed by orders_open where is_open"""
_DUE_ROWS = f"select {', '.join(_ROW)} from agenda where at <= ? order by at, seq"
_SOON = 8 * DAY
"""Most parcels arrive within that time. What is put off longer waits in the file, for memory is to be bounded."""
_SEQ = itemgetter(1)
_REACTING = tuple(kind for kind, struct in KINDS.items() if struct in REACTIONS or struct in TO_MANY)


class Advanced(NamedTuple):
    """What an advance came to."""

    start: int
    end: int
    after_fact: int
    """The facts with higher numbers are of this advance."""


class Slot(Struct, gc=False):
    """The least that SimPy takes for an event; a quarter of the cost of a process, and plain data."""

    row: AgendaRow
    callbacks: Any
    _ok: ClassVar[bool] = True
    _value: ClassVar[None] = None


_NOBODYS: AgendaRow = (0, 0, "", "", None)
"""The row of a slot in which nothing happens: it is there for its moment to come."""


class Driver:
    """Moves one world's time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.run = Run(world)
        self._reactions = reactions(self.run)
        self._seen = 0
        self._aside: defaultdict[int, list[AgendaRow]] = defaultdict(list)
        """What falls due later, by its day, but for the rounds. What is soon never gets onto the agenda while windows
        follow each other."""
        self._rounds: defaultdict[tuple[int, str], list[AgendaRow]] = defaultdict(list)
        """The rows of each round that is to come, by its moment and step."""
        self._fates = {"count": 0}
        self._until = 0
        self._env = Environment()
        self._callbacks = (self._fire,)

    def advance(
        self,
        to: int,
        *,
        window: int = DAY,
        progress: Callable[[int], None] | None = None,
        is_enough: Callable[[], bool] = lambda: False,
    ) -> Advanced:
        """Move time to `to`, whole or not at all: all that falls due until then has happened when this returns.

        Raises Refused (TimeRunsForward, TimeOutOfRange). `progress` is told the moment at the end of each window, and
        where it `is_enough` then, time stands there. The window changes nothing else but the memory needed.
        Inside `writing` it joins that transaction; otherwise it is one of its own.
        """
        world = self.world
        if not world.writing_now:
            with world.writing(), no_collection():
                return self.advance(to, window=window, progress=progress, is_enough=is_enough)
        start, first = world.now, world.clock.facts
        _check_moment(start, to)
        self.run.forget()
        self._seen = 0
        self._aside.clear()
        self._rounds.clear()
        self._fates = fates.there(self.run)
        self.run.goes_on = self._goes_on
        self._react_to_others()
        while True:
            until = min(to, self.next_window(window))
            self._run_window(until)
            if progress:
                progress(until)
            if until == to or is_enough():
                self._to_the_agenda(after=until)
                world.flush()
                return Advanced(start, until, first)

    def next_due(self) -> int | None:
        """The moment of what falls due next: a row of the agenda or an order's deadline."""
        moments = [at for (at,) in self.world.rows(_NEXT) if at is not None]
        if self._aside:
            moments.append(min(self._aside[min(self._aside)])[0])
        if self._rounds:
            moments.append(min(self._rounds)[0])
        return max(self.world.now, min(moments)) if moments else None

    def next_window(self, window: int = DAY) -> int:
        """The end of the next window; a stretch in which nothing is due is passed in one."""
        begin = self.next_due()
        return window + (self.world.now if begin is None else begin)

    def _run_window(self, until: int) -> None:
        world = self.world
        self._until = until
        self._env = Environment(initial_time=world.now)
        world.flush()
        self._open_window()
        self._env.run()
        world.cause = None
        world.move_to(until)
        close_days(world)
        world.clock.reacted = world.clock.facts
        self.run.save()
        self._to_the_agenda(after=until + _SOON)
        world.flush()
        self._seen = 0

    # -- what is to come

    def _open_window(self) -> None:
        """Give all that falls due in this window a slot; of the same moment, what was put off earlier comes first."""
        world, until = self.world, self._until
        self._arm(deadlines.due(world, until))
        singly = []
        for row in world.rows(_DUE_ROWS, (until,)):
            if row[2] in ROUNDS:
                self._rounds[row[:3:2]].append(row)
            else:
                singly.append(row)
        world.execute("delete from agenda where at <= ?", (until,))
        for day in [day for day in self._aside if day <= until // DAY]:
            rows = self._aside.pop(day)
            singly += [row for row in rows if row[0] <= until]
            if later := [row for row in rows if row[0] > until]:
                self._aside[day] = later
        for (at, _), members in self._rounds.items():
            if at <= until:
                members.sort(key=_SEQ)
                singly.append(members[0])
        for row in sorted(singly, key=_SEQ):
            self._give_slot(row)

    def _to_the_agenda(self, after: int) -> None:
        """Put what falls due then or on later days onto the agenda."""
        for day in [day for day in self._aside if day >= after // DAY]:
            self.world.coming += self._aside.pop(day)
        for moment in [moment for moment in self._rounds if moment[0] > after]:
            self.world.coming += self._rounds.pop(moment)

    def _give_slot(self, row: AgendaRow) -> None:
        """Deadlines of the platform come before moves of people in the same millisecond."""
        slot: Any = Slot(row, self._callbacks)
        self._env.schedule(slot, URGENT if row[2] in RULES else NORMAL, row[0] - self._env.now)

    def _arm(self, rows: list[AgendaRow]) -> None:
        """What falls due in this window gets a slot in it, and the rest is set aside.

        A round waits for all of its moment, and the first one's slot is theirs; later windows' get it when these open.
        """
        for row in rows:
            at, _, step, _, _ = row
            if step in ROUNDS:
                others = self._rounds[at, step]
                others.append(row)
                if len(others) == 1 and at <= self._until:
                    self._give_slot(row)
            elif at > self._until:
                self._aside[at // DAY].append(row)
            else:
                self._give_slot(row)

    def _put_off(self, due: Due, because: int | None) -> None:
        """What somebody of the cast does later goes its way at once, behind what the rules put off by the way."""
        world = self.world
        if world.coming:
            self._arm_coming()
        self._arm([world.agenda_row(due, because)])

    def _arm_coming(self) -> None:
        self._arm(self.world.coming)
        self.world.coming.clear()

    # -- what happens

    def _fire(self, slot: Slot) -> None:
        at, _, step, ref, because = slot.row
        world = self.world
        clock = world.clock
        clock.now = at
        world.cause = because
        before = clock.facts
        try:
            if step in STEPS:
                run = fates.theirs_by(self.run, step, ref) if self._fates["count"] else self.run
                dues = STEPS[step](run, at, ref)
            elif step in ROUNDS:
                dues = ROUNDS[step](self.run, at, self._rounds.pop((at, step)))
            else:
                dues = ()
                deadline = RULES[step]
                world.do(deadline.function, by="amazon", **deadline.about(ref))
            for due in dues:
                last = because if clock.facts == before else clock.facts
                self._put_off(due, due.because or last if due.caused else None)
        except Refused as refused:  # a transaction ends well with a refusal, and half an advance must not
            raise RuntimeError(f"{step} {ref} did what is refused: {refused.code}: {refused.sentence}") from refused
        if self._seen < len(world.fresh):
            self._react()
        if world.coming:
            self._arm_coming()

    def _goes_on(self, at: int) -> bool:
        """Whether a step may go on at that moment: all else that falls due until then has happened when this returns.
        It is numbered as what is put off is, so that the file does not tell where windows end."""
        world, env = self.world, self._env
        if self._seen < len(world.fresh):
            self._react()
        if world.coming:
            self._arm_coming()
        if at > self._until:
            return False
        world.clock.dues += 1
        if at >= env.peek():
            cause, turn = world.cause, Slot(_NOBODYS, ())  # others have causes of their own
            env.schedule(turn, NORMAL, at - env.now)  # type: ignore[arg-type]  # as little as an event needs
            while turn.callbacks is not None:
                env.step()
            world.cause = cause
        world.clock.now = at
        return True

    def _react(self) -> None:
        """Let the cast react to the facts that were added, and to those that come of it."""
        fresh = self.world.fresh
        while self._seen < len(fresh):
            seq, fact, number, _, _, _ = fresh[self._seen]
            kind = type(fact)
            if kind in TO_MANY:
                self._react_to_many(kind)
                continue
            self._seen += 1
            if kind is OrderPlaced and fact.auto_cancel_at <= self._until:  # type: ignore[attr-defined]
                self._arm([deadlines.row_of(fact.auto_cancel_at, seq, fact.order_id)])  # type: ignore[attr-defined]
            if kind in self._reactions:
                run = fates.theirs(self.run, number) if self._fates["count"] else self.run
                for reaction in self._reactions[kind]:
                    for due in reaction(run, fact, number):
                        self._put_off(due, seq)

    def _react_to_many(self, kind: type[Fact]) -> None:
        """The same for all facts of that kind that follow one upon the other."""
        news: list[News] = []
        for seq, fact, number, _, _, _ in self.world.fresh[self._seen :]:
            if type(fact) is not kind:
                break
            news.append((seq, fact, number))
        self._seen += len(news)
        self._arm_coming()  # once for all: who reacts to many only looks
        row_of = self.world.agenda_row
        for run, those in fates.by_run(self.run, news):
            self._arm([row_of(due, seq) for seq, due in TO_MANY[kind](run, those)])

    def _react_to_others(self) -> None:
        """Let the cast react to what was done from outside since it last looked."""
        world = self.world
        world.flush()
        marks = ", ".join("?" * len(_REACTING))
        sql = f"select seq, kind, order_number, body from facts where seq > ? and kind in ({marks}) order by seq"
        for seq, kind, number, body in world.rows(sql, (world.clock.reacted, *_REACTING)):
            fact = decoded(kind, body)
            for due in self._comes_of(seq, fact, number):
                world.put_off(Due(max(due.at, world.now), due.step, due.ref), seq)

    def _comes_of(self, seq: int, fact: Fact, number: int) -> Iterator[Due]:
        run, kind = fates.theirs(self.run, number), type(fact)
        if kind in TO_MANY:
            yield from (due for _, due in TO_MANY[kind](run, [(seq, fact, number)]))
        for reaction in self._reactions.get(kind, ()):
            yield from reaction(run, fact, number)


def _check_moment(now: int, to: int) -> None:
    """Refused with TimeRunsForward or TimeOutOfRange where time cannot be moved there."""
    if not FIRST_MOMENT <= to <= LAST_MOMENT:
        days = (to - now) // DAY
        raise Refused(
            "TimeOutOfRange", f"{days} days from now is beyond the year 9999, where time ends. Move less far."
        )
    if to < now:
        raise Refused(
            "TimeRunsForward",
            f"{rfc3339(to)} is over: it is {rfc3339(now)} in this world. Time only runs forward: choose a later moment,"
            " or make the world again from its scenario and seed.",
        )


@contextmanager
def no_collection() -> Iterator[None]:
    """Windows make no reference cycles, and looking for them costs a twentieth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def moment_checked(world: World, at: int) -> int:
    """`at`, if time may move there. Refused with TimeRunsForward or TimeOutOfRange."""
    if at > LAST_MOMENT or at < FIRST_MOMENT:
        raise Refused("TimeOutOfRange", "World time ends with the year 9999. Choose an earlier moment.")
    if at < world.now:
        raise Refused(
            "TimeRunsForward", "That moment is over in this world. Time only runs forward; take a copy earlier."
        )
    return at


def counts(world: World, after_fact: int) -> dict[str, int]:
    """How many facts of each kind there are behind that one."""
    sql = "select kind, count(*) from facts where seq > ? group by kind order by kind"
    return dict(world.rows(sql, (after_fact,)))
