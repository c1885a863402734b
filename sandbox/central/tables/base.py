"""The tables of one open world, in one transaction."""

from collections.abc import Sequence
from typing import Any

import apsw

from sandbox.central.days import start_of_day
from sandbox.central.ids import Ids
from sandbox.central.records import Clock

_ENTRY = "insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)"
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
        self.posted: list[Row] = []
        self._days: dict[int, tuple[int, int, int]] = {}
        """Orders placed, orders confirmed and payments by the shop's day, likewise."""

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The one value of the one row of a query."""
        return self.execute(sql, values).fetchall()[0][0]

    def enter(self) -> None:
        """Write what was posted to the ledger."""
        if self.posted:
            self.executemany(_ENTRY, self.posted)
            self.posted.clear()
        if self._days:
            self.executemany(_DAY, [(day, *counts) for day, counts in self._days.items()])
            self._days.clear()

    def forget(self) -> None:
        """Let go of what was not written: its transaction came to nothing."""
        self.posted.clear()
        self._days.clear()

    def count(self, at: int, placed: int, confirmed: int, paid_minor: int) -> None:
        """Add to what the day that holds `at` came to."""
        day = start_of_day(at)
        before = self._days.get(day, (0, 0, 0))
        self._days[day] = (before[0] + placed, before[1] + confirmed, before[2] + paid_minor)
