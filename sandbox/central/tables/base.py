"""The tables of one open world, in one transaction."""

from collections.abc import Sequence
from typing import Any

import apsw

from sandbox.central.ids import Ids
from sandbox.central.records import Clock

_ENTRY = "insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)"
_SOLD = "insert into sales values (?, ?) on conflict (day) do update set paid_minor = paid_minor + excluded.paid_minor"
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
        self.sold: dict[int, int] = {}
        """Payments by the shop's day, likewise."""

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The one value of the one row of a query."""
        return self.execute(sql, values).fetchall()[0][0]

    def enter(self) -> None:
        """Write what was posted to the ledger."""
        if self.posted:
            self.executemany(_ENTRY, self.posted)
            self.posted.clear()
        if self.sold:
            self.executemany(_SOLD, self.sold.items())
            self.sold.clear()

    def forget(self) -> None:
        """Let go of what was not written: its transaction came to nothing."""
        self.posted.clear()
        self.sold.clear()
