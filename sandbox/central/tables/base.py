"""The tables of one open world, in one transaction."""

from collections.abc import Sequence
from typing import Any

import apsw

from sandbox.central.ids import Ids
from sandbox.central.records import Clock

Row = tuple[int, int, int | None, str, str, str, int, int]
_ENTRY = "insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)"
_ITEM = "insert into items values (?, ?, ?, ?, ?, ?)"


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

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The one value of the one row of a query."""
        return self.execute(sql, values).fetchall()[0][0]

    def enter_items(self) -> None:
        """Write the lines that were gathered."""
        if self.items:
            self.executemany(_ITEM, self.items)
            self.items.clear()

    def enter(self) -> None:
        """Write all that was gathered."""
        self.enter_items()
        if self.posted:
            self.executemany(_ENTRY, self.posted)
            self.posted.clear()

    def forget(self) -> None:
        """Let go of what was not written: its transaction came to nothing."""
        self.items.clear()
        self.posted.clear()
