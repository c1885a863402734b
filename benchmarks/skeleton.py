"""The skeleton: the least that a simulator of this design does for an order. Machines differ; what is over it does not.

Facts and tables in SQLite, one transaction a day, six steps an order as slots on SimPy, 4.5 facts and two entries of
the ledger. No rules, no luck but one draw, no cast, no index that anybody would search by. It is written by itself,
with nothing of the sandbox, so that no change there moves it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import shake_128
from json import dumps
from pathlib import Path
from struct import unpack
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, NamedTuple

import simpy
from simpy.events import NORMAL

ORDERS_PER_DAY = 822
_STRETCH_DAYS, _SHOP_DAYS = 18, 90
_HOUR, _DAY = 3_600_000, 86_400_000
_GAP = _DAY // ORDERS_PER_DAY
_UNIT = 2.0**-64

_TABLES = """
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table facts (seq integer primary key, at int, kind text, order_id text, by text, because int, body text);
    create table orders (order_id text primary key, placed_at int, buyer text, status text, total_minor int,
        shipped_at int, delivered_at int) without rowid;
    create table entries (entry integer primary key, at int, order_id text, account text, amount_minor int);
    create table messages (message integer primary key, at int, order_id text, answered_at int);
    create table agenda (at int, seq int, step text, ref text, primary key (at, seq)) without rowid;
    create table clock (now int);
    insert into clock values (0);
    insert into agenda values (0, 0, 'arrives', '1');"""

Row = tuple[int, int, str, str]
"""A row of the agenda."""


class Fact(NamedTuple):
    """Something that happened, with what tells of it."""

    at: int
    kind: str
    order_id: str
    about: tuple[Any, ...] = ()


class Slot:
    """The least that SimPy takes for an event."""

    __slots__ = ("_defused", "_ok", "_value", "callbacks", "row")

    def __init__(self, row: Row, fire: Callable[["Slot"], None]) -> None:
        self._ok, self._value, self.callbacks, self.row = True, None, (fire,), row


class Skeleton:
    """A shop that is nothing but its orders."""

    def __init__(self, path: Path) -> None:
        self.file = sqlite3.connect(path, isolation_level=None)
        self.file.executescript(_TABLES)
        self.now = self.until = self.seq = self.dues = 0
        self.env = simpy.Environment()
        self.facts: list[tuple[Any, ...]] = []
        self.entries: list[tuple[Any, ...]] = []
        self.aside: list[Row] = []

    def lives(self, days: int) -> None:
        """Move time, a day in each transaction."""
        execute = self.file.execute
        for _ in range(days):
            self.until = self.now + _DAY
            self.env = simpy.Environment(initial_time=self.now)
            execute("begin immediate")
            due = execute("select * from agenda where at <= ? order by at, seq", (self.until,)).fetchall()
            execute("delete from agenda where at <= ?", (self.until,))
            for row in due:
                self._arm(row)
            self.env.run(self.until + 1)
            self._write()
            execute("update clock set now = ?", (self.until,))
            execute("commit")
            self.now = self.until

    def _write(self) -> None:
        many = self.file.executemany
        many("insert into agenda values (?, ?, ?, ?)", self.aside)
        many("insert into facts values (?, ?, ?, ?, ?, ?, ?)", self.facts)
        many("insert into entries (at, order_id, account, amount_minor) values (?, ?, ?, ?)", self.entries)
        for written in (self.aside, self.facts, self.entries):
            written.clear()

    def _arm(self, row: Row) -> None:
        self.env.schedule(Slot(row, self._fire), NORMAL, row[0] - self.env.now)  # type: ignore[arg-type]

    def _fire(self, slot: Slot) -> None:
        _, _, step, ref = slot.row
        for span, following, about in _STEPS[step](self, int(self.env.now), ref):
            self.dues += 1
            row = (int(self.env.now) + span, self.dues, following, about)
            if row[0] <= self.until:
                self._arm(row)
            else:
                self.aside.append(row)

    def do(self, facts: Iterable[Fact], by: str) -> None:
        """Apply facts to the tables and put them on record."""
        for fact in facts:
            self.seq += 1
            _APPLY[fact.kind](self, fact)
            self.facts.append((self.seq, fact.at, fact.kind, fact.order_id, by, None, dumps(fact)))


# -- the steps of an order

Dues = Iterator[tuple[int, str, str]]


def _arrives(shop: Skeleton, at: int, ref: str) -> Dues:
    number = int(ref)
    draws = unpack("<16Q", shake_128(f"1/order/{number}".encode()).digest(128))
    order_id = f"402-{number // 10**7:07}-{number % 10**7:07}"
    shop.do([Fact(at, "Placed", order_id, ("Asha", int(10_000 + draws[0] * _UNIT * 90_000)))], "buyer")
    yield _GAP, "arrives", str(number + 1)
    yield int(_HOUR * (1 + draws[1] * _UNIT * 20)), "ships", order_id


def _ships(shop: Skeleton, at: int, ref: str) -> Dues:
    confirmed = Fact(at, "Confirmed", ref, ("BlueDart", "BD1"))
    shop.do([confirmed, Fact(at, "Paid", ref, (10_000, 500))], "seller")
    yield 3 * _DAY, "delivers", ref


def _delivers(shop: Skeleton, at: int, ref: str) -> Dues:
    shop.do([Fact(at, "Delivered", ref)], "carrier")
    yield _DAY, "judges", ref


def _judges(shop: Skeleton, at: int, ref: str) -> Dues:
    if int(ref[-1]) < 3:
        shop.do([Fact(at, "Asked", ref, ("Where is my parcel?",))], "buyer")
        yield _HOUR, "answers", ref
    else:
        yield _HOUR, "ends", ref


def _answers(shop: Skeleton, at: int, ref: str) -> Dues:
    shop.do([Fact(at, "Answered", ref, ("It is on its way.",))], "seller")
    yield _HOUR, "ends", ref


def _ends(shop: Skeleton, at: int, ref: str) -> Dues:
    yield from ()


_STEPS: dict[str, Callable[[Skeleton, int, str], Dues]] = {
    "arrives": _arrives,
    "ships": _ships,
    "delivers": _delivers,
    "judges": _judges,
    "answers": _answers,
    "ends": _ends,
}


# -- how facts change the tables


def _placed(shop: Skeleton, fact: Fact) -> None:
    row = (fact.order_id, fact.at, fact.about[0], "Unshipped", fact.about[1])
    shop.file.execute("insert into orders values (?, ?, ?, ?, ?, null, null)", row)


def _confirmed(shop: Skeleton, fact: Fact) -> None:
    sql = "update orders set status = 'Shipped', shipped_at = ? where order_id = ?"
    shop.file.execute(sql, (fact.at, fact.order_id))


def _delivered(shop: Skeleton, fact: Fact) -> None:
    shop.file.execute("update orders set delivered_at = ? where order_id = ?", (fact.at, fact.order_id))


def _asked(shop: Skeleton, fact: Fact) -> None:
    shop.file.execute("insert into messages (at, order_id) values (?, ?)", (fact.at, fact.order_id))


def _answered(shop: Skeleton, fact: Fact) -> None:
    sql = "update messages set answered_at = ? where message = (select max(message) from messages)"
    shop.file.execute(sql, (fact.at,))


def _paid(shop: Skeleton, fact: Fact) -> None:
    paid, fee = fact.about
    shop.entries += [(fact.at, fact.order_id, "sales", paid - fee), (fact.at, fact.order_id, "fees", fee)]


_APPLY: dict[str, Callable[[Skeleton, Fact], None]] = {
    "Placed": _placed,
    "Confirmed": _confirmed,
    "Delivered": _delivered,
    "Asked": _asked,
    "Answered": _answered,
    "Paid": _paid,
}


class Yardstick:
    """The skeleton in stretches of days, between which others take their turns: machines slow down and recover."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self._shop = self._opened()
        self._lived = self._orders = 0
        self._spent = 0.0

    def stretch(self) -> None:
        """Some days more; after a quarter of a year another shop begins."""
        if self._lived == _SHOP_DAYS:
            self._count()
            self._shop = self._opened()
        began = time.process_time()
        self._shop.lives(_STRETCH_DAYS)
        self._spent += time.process_time() - began
        self._lived += _STRETCH_DAYS

    def orders_per_second(self) -> float:
        """What this machine did of it in a second of a processor, in all stretches, of which there was one at least."""
        self._count()
        return self._orders / self._spent

    def _opened(self) -> Skeleton:
        return Skeleton(Path(mkdtemp(dir=self._folder.name)) / "skeleton.db")

    def _count(self) -> None:
        """Add the orders of a shop that is over, and close it."""
        (orders,) = self._shop.file.execute("select count(*) from orders").fetchone()
        self._shop.file.close()
        self._orders, self._lived = self._orders + orders, 0

    def close(self) -> None:
        """Throw its files away."""
        self._folder.cleanup()
