"""The tables of one open world, in one transaction."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import apsw

from sandbox.central.at_hand import AtHand
from sandbox.central.ids import Ids
from sandbox.central.records import Clock

_TOGETHER = 16
"""Rows that one statement inserts. A row each costs a fifth more, and what more rows would save is lost again."""


class Into(NamedTuple):
    """How rows are inserted into a table: one, or many with one statement."""

    one: str
    many: str
    columns: int
    """Values that a row is made of."""


def into(table: str, columns: int, *at_first: int | str | None) -> Into:
    """The statements for that table of ours, which has so many columns. `at_first` are the values of the last ones
    where these are the same in each new row: what a statement says by itself need not be handed over to it."""
    told = ["null" if value is None else repr(value) for value in at_first]
    row = f"({','.join(['?'] * (columns - len(told)) + told)})"  # without blanks: it is looked up by all its letters
    many = ",".join([row] * _TOGETHER)
    return Into(f"insert into {table} values {row}", f"insert into {table} values {many}", columns - len(told))


def by_sixteen(numbers: list[int]) -> Iterator[list[int]]:
    """Those numbers for statements with `SIXTEEN` of them: the last one fills up what is left of the last statement."""
    for first in range(0, len(numbers), _TOGETHER):
        some = numbers[first : first + _TOGETHER]
        yield some + some[-1:] * (_TOGETHER - len(some))


SIXTEEN = f"({','.join('?' * _TOGETHER)})"
_ENTRIES = into("entries", 8)
_ITEMS = into("items", 6)


class Tables:
    """What the appliers write to."""

    def __init__(self, connection: apsw.Connection, clock: Clock, ids: Ids) -> None:
        writes = connection.cursor()  # one for all: a new cursor for each statement costs as much as the statement
        self.execute = writes.execute
        self.executemany = writes.executemany
        self.clock = clock
        self.ids = ids
        self.items: list[int | str] = []
        """What the rows of lines of orders are made of that are not yet in their table: they are written once and many
        at a time."""
        self.posted: list[int | str | None] = []
        """The same of entries of the ledger."""
        self.at_hand = AtHand()
        self.sums: tuple[tuple[int, int | None], dict[str, int]] | None = None
        """The sums of the ledger that were asked for last, by what they are of; see `books.sums`."""

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The one value of the one row of a query."""
        return self.execute(sql, values).fetchall()[0][0]

    def insert(self, into: Into, values: list[Any]) -> None:
        """Insert rows, in their order: their values follow each other."""
        assert len(values) % into.columns == 0
        at_once = into.columns * _TOGETHER
        singly = len(values) - len(values) % at_once
        for first in range(0, singly, at_once):
            self.execute(into.many, values[first : first + at_once])
        for first in range(singly, len(values), into.columns):
            self.execute(into.one, values[first : first + into.columns])

    def enter_items(self) -> None:
        """Write the lines that were gathered."""
        if self.items:
            self.insert(_ITEMS, self.items)
            self.items.clear()

    def enter(self) -> None:
        """Write all that was gathered."""
        self.enter_items()
        if self.posted:
            self.insert(_ENTRIES, self.posted)
            self.posted.clear()

    def forget(self) -> None:
        """Let go of what was not written: its transaction came to nothing."""
        self.items.clear()
        self.posted.clear()
        self.at_hand.forget()
        self.sums = None
