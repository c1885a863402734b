"""The present of a world: what has happened, what waits on its agenda, and what of that is drawn anew in a fork."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.central.days import DAY
from sandbox.central.facts import (
    DeliveryFailed,
    Fact,
    HappeningBegan,
    OrderPlaced,
    ParcelDelivered,
    ParcelLost,
    ParcelReturned,
    ReturnArrived,
    SellerReplied,
    ShipmentConfirmed,
    decoded,
)
from sandbox.central.guide import Due
from sandbox.central.records import AgendaRow
from sandbox.central.world import World
from sandbox.sim import fates
from sandbox.sim.cast import Run
from sandbox.sim.forecast.book import Block, Book, Places, size

LIVE_DAYS = 180
"""Orders older than this are left as they are: a bank asks 120 days after payment at the latest."""
_TRIES = 20_000
"""So often is drawn anew. What is less likely than one in so many stays as it was."""
_READ = (
    *(OrderPlaced, ShipmentConfirmed, DeliveryFailed, ParcelDelivered, ParcelLost, ParcelReturned),
    *(SellerReplied, ReturnArrived, HappeningBegan),
)


class Coming(NamedTuple):
    """Something to come, and the fact that led to it."""

    due: Due
    because: int | None


class Unit(NamedTuple):
    """What is drawn anew in one go."""

    free: tuple[tuple[Block, Places], ...]
    """The uniforms that are drawn, by their places; no places are all of a block. The others are as they were kept."""
    plan: Callable[[Run], list[Coming] | None]
    """What comes by the luck that a run draws; None where that would have shown by now."""
    was: tuple[Coming, ...]
    """What waited on the agenda instead."""


class Happened(NamedTuple):
    """A fact with its number and the number of its order."""

    seq: int
    fact: Any
    number: int


class Present:
    """What a forecast starts from. The rooms of this package add the units; each says which rows it makes again."""

    def __init__(self, world: World, past: Run) -> None:
        self.world = world
        self.past = past
        self.now = world.now
        self.since = self.now - LIVE_DAYS * DAY
        self.units: list[Unit] = []
        self.kept: dict[Block, dict[int, float]] = {}
        self.gone: list[AgendaRow] = []
        self._added = 0
        self._rows: dict[str, dict[str, list[AgendaRow]]] = {}
        for row in world.rows("select at, seq, step, ref, because from agenda order by at, seq"):
            if fates.is_about_one(past, row[2], row[3]):
                continue  # what is certain stays as it is
            self._rows.setdefault(row[2], {}).setdefault(row[3], []).append(row)
        self._facts = self._read()

    def _read(self) -> dict[type[Fact], list[Happened]]:
        """The facts of the last time that the cast has reacted to: what it has not seen has led to nothing yet."""
        found: dict[type[Fact], list[Happened]] = {kind: [] for kind in _READ}
        marks = ", ".join("?" * len(_READ))
        sql = f"select seq, kind, order_number, body from facts where seq <= ? and at > ? and kind in ({marks})"
        names = [kind.__name__ for kind in _READ]
        for seq, kind, number, body in self.world.rows(
            f"{sql} order by seq", (self.world.clock.reacted, self.since, *names)
        ):
            if fates.has_one(self.past, number):
                continue
            fact = decoded(kind, body)
            found[type(fact)].append(Happened(seq, fact, number or 0))
        return found

    def facts(self, kind: type[Fact]) -> list[Happened]:
        """The facts of a kind, the first one first."""
        return self._facts[kind]

    def pending(self, step: str, ref: str) -> AgendaRow | None:
        """What waits on the agenda under that name; the first of several."""
        return next(iter(self._rows.get(step, {}).get(ref, ())), None)

    def rows(self, step: str) -> list[AgendaRow]:
        """All that still waits on the agenda for a step and was not replaced, what was led to first first: the order in
        which it will come is of the future, and what falls due at one moment would tell it."""
        waiting = [row for rows in self._rows.get(step, {}).values() for row in rows]
        return sorted(waiting, key=lambda row: (row[4] or 0, row[3]))

    def keep(self, block: Block, *places: int) -> None:
        """These uniforms have shown: they stay."""
        stream, number = block
        drawn = self.past.luck(stream, number, places=size(stream))
        self.kept.setdefault(block, {}).update((place, drawn[place]) for place in places)

    def replace(self, row: AgendaRow | None) -> None:
        """A row goes: a unit makes it again."""
        if row is not None:
            self._rows[row[2]][row[3]].remove(row)
            self.gone.append(row)

    def replace_pending(self, dues: list[Due]) -> set[str]:
        """The same for whatever of these waits; the steps of those that do not wait any more."""
        over = set()
        for due in dues:
            row = self.pending(due.step, due.ref)
            if row is None:
                over.add(due.step)
            self.replace(row)
        return over

    def add(self, free: dict[Block, Places], plan: Callable[[Run], list[Coming] | None]) -> None:
        """Have something drawn anew, in place of the rows that were replaced since the last time."""
        was = tuple(Coming(Due(at, step, ref), because) for at, _, step, ref, because in self.gone[self._added :])
        self._added = len(self.gone)
        self.units.append(Unit(tuple(free.items()), plan, was))


def drawn_anew(run: Run, book: Book, unit: Unit) -> list[Coming]:
    """What comes by new luck, of all luck that would have shown nothing by now: a draw that would have is thrown away.

    So a wait of which a part is over has the distribution of the rest, and a decision that was not taken yet the odds
    that are left. A draw is thrown away as rarely as the past was unlikely, once an order on average.
    """
    for attempt in range(1, _TRIES):
        found = unit.plan(run)
        if found is not None:
            return found
        for block, places in unit.free:
            book.turn(block, places, attempt)
    for block, places in unit.free:
        book.return_to(block, places, run.seed)
    return list(unit.was)
