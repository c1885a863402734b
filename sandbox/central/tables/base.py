"""The tables of one open world, in one transaction."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import apsw

from sandbox.central.at_hand import AtHand
from sandbox.central.ids import Ids
from sandbox.central.records import Arrival, Clock, Order

_TOGETHER = 16
"""Rows that one statement writes. A row each costs a fifth more, and what more rows would save is lost again."""


class Statements(NamedTuple):
    """What writes rows to a table."""

    by_rows: tuple[tuple[int, str], ...]
    """Statements, each behind how many rows it writes; the one for most of them first."""
    columns: int
    """Values that a row is made of."""


def into(table: str, columns: int, *at_first: int | str | None) -> Statements:
    """The statements for that table of ours, which has so many columns. `at_first` are the values of the last ones
    where these are the same in each new row: what a statement says by itself need not be handed over to it."""
    told = ["null" if value is None else repr(value) for value in at_first]
    row = f"({','.join(['?'] * (columns - len(told)) + told)})"  # without blanks: it is looked up by all its letters
    statements = ((rows, f"insert into {table} values {','.join([row] * rows)}") for rows in (_TOGETHER, 1))
    return Statements(tuple(statements), columns - len(told))


def twice_into(table: str, first: str, second: str, columns: int) -> Statements:
    """The statements for two rows of that table at a time, made of the same few values: {0}, {1} and so on. What each
    of the two says by itself need not be handed over."""

    def values(pairs: int) -> str:
        places = [range(1 + columns * pair, 1 + columns * (pair + 1)) for pair in range(pairs)]
        return ",".join(f"({row.format(*those)})" for those in places for row in (first, second))

    sizes = (_TOGETHER // 2, 1)
    return Statements(tuple((pairs, f"insert into {table} values {values(pairs)}") for pairs in sizes), columns)


def changing(sql: str, columns: int) -> Statements:
    """The statements for a change of rows, of which each is changed once. `sql` takes its values as {0}, {1} and so on,
    and says {rows} behind what it sets."""
    values = ",".join([f"({','.join('?' * columns)})"] * _TOGETHER)
    one = sql.format(*(f"?{value}" for value in range(1, columns + 1)), rows="")
    many = sql.format(*(f"column{value}" for value in range(1, columns + 1)), rows=f" from (values {values})")
    return Statements(((_TOGETHER, many), (1, one)), columns)


def by_sixteen(numbers: list[int]) -> Iterator[list[int]]:
    """Those numbers for statements with `SIXTEEN` of them: the last one fills up what is left of the last statement."""
    for first in range(0, len(numbers), _TOGETHER):
        some = numbers[first : first + _TOGETHER]
        yield some + some[-1:] * (_TOGETHER - len(some))


SIXTEEN = f"(values {','.join(['(?)'] * _TOGETHER)})"
"""A table of that many numbers, in `column1`. A list behind `in` would be written to one before it is looked into."""
NOTHING_YET = (1, 0, 0, 0, 0, 0, 0, 0, 0, None, 0, None, None, None, "", 1)
"""What an order is from `is_open` on as long as nothing became of it."""
_ORDERS = into("orders", len(Order._fields), *NOTHING_YET)
_ENTRIES = into("entries", 8)
PAYMENT, FEE = ("OrderPayment", "buyer", "sales"), ("Fee", "sales", "fees")
"""The two entries of nearly every package: their kinds, the accounts that the money leaves, those that it goes to."""
_PAID = twice_into(
    "entries",
    "?{0},?{1},?{2}," + ",".join(map(repr, PAYMENT)) + ",?{4},?{3}",
    "?{0}+1,?{1},?{2}," + ",".join(map(repr, FEE)) + ",?{5},?{3}",
    columns=6,
)
_ITEMS = into("items", 6)
_DELIVERED = into("arrivals", len(Arrival._fields), None, None)

NOT_IN_SANDBOX = """not exists (
    select 1 from orders indexed by orders_sandbox where view = 'sandbox' and number = order_number)"""
"""Asks rows that tell of orders for those of the production view alone. Orders of the other one are never gathered."""


_GATHERED = re.compile(r"\b(orders|items|entries|arrivals|packages)\b")


@lru_cache(maxsize=1024)
def asks_for_gathered(sql: str) -> bool:
    """Whether a statement names a table of which rows may be gathered and not yet written, or a view of one."""
    return _GATHERED.search(sql.replace(NOT_IN_SANDBOX, "")) is not None


class Tables:
    """What the appliers write to.

    Some rows are gathered: written one after the other they cost less than in between everything else. `World` has them
    written before a statement that may ask for them; whoever reads such a table here calls `enter` first.
    """

    def __init__(self, connection: apsw.Connection, clock: Clock, ids: Ids) -> None:
        writes = connection.cursor()  # one for all: a new cursor for each statement costs as much as the statement
        self.execute = writes.execute
        self.clock = clock
        self.ids = ids
        self.placed: dict[int, tuple[Any, ...]] = {}
        """Orders that are not yet in their table, by number: what they were when placed."""
        self.changes: list[tuple[str, Sequence[Any]]] = []
        """What is to change them then."""
        self.items: list[int | str] = []
        """What the rows of lines of orders are made of that are not yet in their table."""
        self.posted: list[int | str | None] = []
        """The same of entries of the ledger."""
        self.paid: list[int] = []
        """The same of what packages brought: each has two entries, which tell its payment and its fee."""
        self.delivered: list[int] = []
        """The same of packages that were delivered."""
        self.delivered_of: set[int] = set()
        """The orders that these are of."""
        self.at_hand = AtHand()
        self.sums: tuple[tuple[int, int | None], dict[str, int]] | None = None
        """The sums of the ledger that were asked for last, by what they are of; see `books.sums`."""

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The one value of the one row of a query."""
        return self.execute(sql, values).fetchall()[0][0]

    def write(self, how: Statements, values: list[Any]) -> None:
        """Write rows, in their order: their values follow each other."""
        assert len(values) % how.columns == 0
        written = 0
        for rows, sql in how.by_rows:
            at_once = how.columns * rows
            behind = written + (len(values) - written) // at_once * at_once
            for first in range(written, behind, at_once):
                self.execute(sql, values[first : first + at_once])
            written = behind

    def change_order(self, sql: str, values: Sequence[Any]) -> None:
        """Change the row of an order, whose number is the last value. One that waits is changed once it is there."""
        if values[-1] in self.placed:
            self.changes.append((sql, values))
        else:
            self.execute(sql, values)

    def enter(self) -> None:
        """Write all that was gathered."""
        if self.placed:
            self.write(_ORDERS, [*chain.from_iterable(self.placed.values())])
            self.placed.clear()
            for sql, values in self.changes:
                self.execute(sql, values)
            self.changes.clear()
        if self.items:
            self.write(_ITEMS, self.items)
            self.items.clear()
        if self.paid:
            self.write(_PAID, self.paid)
            self.paid.clear()
        if self.posted:
            self.write(_ENTRIES, self.posted)
            self.posted.clear()
        if self.delivered:
            self.write(_DELIVERED, self.delivered)
            self.delivered.clear()
            self.delivered_of.clear()

    def has_gathered_of(self, number: int) -> bool:
        """Whether anything of an order waits to be written: itself, its lines, or that it was delivered."""
        return number in self.placed or number in self.delivered_of

    def forget(self) -> None:
        """Let go of what was not written: its transaction came to nothing."""
        rows = (self.placed, self.changes, self.items, self.posted, self.paid, self.delivered, self.delivered_of)
        for gathered in rows:
            gathered.clear()
        self.at_hand.forget()
        self.sums = None
