"""The tables of one open world, in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import apsw

from sandbox.central.ids import Ids
from sandbox.central.records import Clock

_ENTRY = "insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)"
_ITEM = "insert into items values (?, ?, ?, ?, ?, ?)"
_DAY = """
    insert into days values (?, ?, ?, ?) on conflict (day) do update set placed = placed + excluded.placed,
        confirmed = confirmed + excluded.confirmed, paid_minor = paid_minor + excluded.paid_minor"""
Row = tuple[int, int, int | None, str, str, str, int, int]


class Tables:
    """What the appliers write to. `posted` are entries of the ledger not yet in their table: there are many."""

    def __init__(self, connection: apsw.Connection, clock: Clock, ids: Ids) -> None:
        writes = connection.cursor()  # one for all: a new cursor for each statement costs as much as the statement
        self.execute = writes.execute
        self.executemany = writes.executemany
        self.clock = clock
        self.ids = ids
        self.items: list[tuple[int, int, str, int, int, int]] = []
        """Lines of orders not yet in their table, for they are written once and many at a time."""
        self.posted: list[Row] = []
        self.placed: dict[int, int] = defaultdict(int)
        self.confirmed: dict[int, int] = defaultdict(int)
        self.paid: dict[int, int] = defaultdict(int)
        """Orders placed, orders confirmed and payments by the shop's day, likewise."""

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The one value of the one row of a query."""
        return self.execute(sql, values).fetchall()[0][0]

    def enter(self) -> None:
        """Write what was gathered."""
        if self.items:
            self.executemany(_ITEM, self.items)
            self.items.clear()
        if self.posted:
            self.executemany(_ENTRY, self.posted)
            self.posted.clear()
        if days := {*self.placed, *self.paid}:
            counts = [(day, self.placed[day], self.confirmed[day], self.paid[day]) for day in sorted(days)]
            self.executemany(_DAY, counts)
            self._forget_days()

    def forget(self) -> None:
        """Let go of what was not written: its transaction came to nothing."""
        self.items.clear()
        self.posted.clear()
        self._forget_days()

    def _forget_days(self) -> None:
        self.placed.clear()
        self.confirmed.clear()
        self.paid.clear()
