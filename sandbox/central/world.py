"""The one door to a seller's account: open it, do something, look. A world is one SQLite file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import apsw
from msgspec.json import decode

from sandbox.central import clock as clock_row
from sandbox.central.copies import copied
from sandbox.central.days import LAST_MOMENT
from sandbox.central.facts import AccountOpened, ActionRefused, Fact, PolicyChanged
from sandbox.central.file import SMALL_PAGES, Turn, begun, check_version, connected, locked, names_held, unguarded
from sandbox.central.fresh import Fresh, Told, decided_each, noted, write
from sandbox.central.guide import Document, Due, Refused, name_of, rule_behind
from sandbox.central.ids import Ids, unknown_order
from sandbox.central.policy import GUIDE, Policy, policy, with_changes
from sandbox.central.records import Account, AgendaRow, Clock, FactRow, Order
from sandbox.central.tables import APPLY, APPLY_TOGETHER, BESIDE_ORDERS, Tables
from sandbox.central.tables.base import SIXTEEN, asks_for_gathered, by_sixteen, into
from sandbox.central.tables.books import differences
from sandbox.central.troubles import Unusable, troubles_told

Act = Callable[..., Iterable[Fact | Due | Document]]
"""A rule that does something: it looks at the world and tells facts and what is due later, or raises Refused."""

Bindings = Sequence[Any] | dict[str, Any]

_order: Callable[[Iterable[Any]], Order] = partial(tuple.__new__, Order)  # `_make` without its check, for their sum
_AGENDA = into("agenda", 5)
_BY_SIXTEEN = f"select orders.* from {SIXTEEN} cross join orders on number = column1"
_DOCUMENT = "insert into documents values (?, ?)"


class World:
    """One seller's account, open. Not for several threads at once."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self.path = path
        self.connection = connection
        self._reads = connection.cursor()
        self._one = self._reads.execute
        self.clock = Clock(*self.row(clock_row.READ))
        self._saved = clock_row.row_of(self.clock)
        self.fresh: list[Fresh] = []
        """The facts of this transaction; written when it ends."""
        self.coming: list[AgendaRow] = []
        """What this transaction put off; it goes to the agenda when the transaction ends."""
        self.cause: int | None = None
        """The fact that led to what is being done now: whoever moves time sets it."""
        self.writing_now = False
        self.turn = Turn(path)
        self._know_account()

    def _know_account(self) -> None:
        row = self.row("select * from account")
        self.account = Account(*row) if row else None
        self.ids = Ids(self.account.seed if self.account else "")
        self.tables = Tables(self.connection, self.clock, self.ids)
        self._at_hand = self.tables.at_hand
        self._know_policy()

    def _know_policy(self) -> None:
        pack, changes = self.row("select policy, policy_changes from account") or (GUIDE, "{}")
        self.policy: Policy = with_changes(policy(pack), decode(changes))
        self.working_weekdays = self.policy.working_weekdays()
        self.promises: dict[int, tuple[int, int, int]] = {}
        """What orders are promised, by the first moment of their day, for as long as this policy holds."""

    # -- open and close

    @classmethod
    def create(cls, path: Path, opened: AccountOpened, *, page_bytes: int = SMALL_PAGES) -> "World":
        """A new world in a new file, whose first fact is `opened`. Refused with WorldExists where there is a file."""
        with_changes(policy(opened.policy), opened.policy_changes)
        with troubles_told(path):
            world = cls(path, begun(path, page_bytes))
        with world.writing():
            world.clock.now = opened.at
            world.keep(opened, by="seller", rule="", because=None)
            world._know_account()
        return world

    @classmethod
    def open(cls, path: Path) -> "World":
        """The world in that file. Raises Unusable where the file is missing, damaged or of a newer version."""
        with troubles_told(path), names_held(path.parent):
            if not path.is_file():
                raise Unusable("UnknownWorld", f"There is no world file {path.name}.")
            connection = connected(path)
            try:
                check_version(path, connection)
                world = cls(path, connection)
                connection.set_busy_timeout(0)
                return world
            except BaseException:
                connection.close()
                raise

    def close(self) -> None:
        """Let go of the file. Closing twice is no harm."""
        with names_held(self.path.parent):
            self.connection.close()
            self.turn.close()

    def copy_to(self, path: Path) -> None:
        """A whole copy of this world as it is now, in a new file: its twin, with the same future.

        Refused with WorldExists where there is a file, and with UnknownWorld where this world was deleted.
        """
        assert not self.writing_now
        with troubles_told(self.path), self.turn:
            copied(self.path, self.connection, path)

    def unguarded(self) -> AbstractContextManager[None]:
        """Write a lot at once into a file that nobody else has: it is to be thrown away unless all of it succeeds."""
        return unguarded(self.connection)

    # -- do

    @property
    def now(self) -> int:
        """World time, in milliseconds UTC."""
        if not self.writing_now:
            self.refresh()
        return self.clock.now

    @property
    def currency(self) -> str:
        """The account's currency, ISO 4217."""
        assert self.account is not None
        return self.account.currency

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction. It ends whole, or leaves no trace; a refusal ends it whole, for the refusal is on record."""
        assert not self.writing_now
        with troubles_told(self.path), self.turn:
            locked(self.connection, self.path)
            self.writing_now = True
            try:
                self.refresh()
                try:
                    yield
                except Refused:
                    self._commit()
                    raise
                self._commit()
            finally:
                self._forget()
                self.cause = None
                self.writing_now = False
                if self.connection.in_transaction:
                    self._one("rollback")
                    self.refresh()

    def _forget(self) -> None:
        self.fresh.clear()
        self.coming.clear()
        self.tables.forget()

    @contextmanager
    def provisionally(self) -> Iterator[Callable[[], None]]:
        """A stretch of a transaction, and a function that takes back what was done in it."""
        self.flush()
        before = clock_row.row_of(self.clock)

        def take_back() -> None:
            self._forget()
            self._one("rollback to stretch")
            self._set_clock(before)

        self._one("savepoint stretch")
        yield take_back
        self._one("release stretch")

    def tidy(self) -> None:
        """Move what was written from the log into the file, as far as nobody is disturbed by it."""
        self.rows("pragma wal_checkpoint(passive)")

    def refresh(self) -> None:
        """Read the clock anew: another process may have moved it."""
        row = self.row(clock_row.READ)
        if row != self._saved or row != clock_row.row_of(self.clock):
            self._saved = row
            self._set_clock(row)

    def _set_clock(self, row: tuple[Any, ...]) -> None:
        policies, epoch = self.clock.policies, self.clock.epoch
        clock_row.set_to(self.clock, row)
        if epoch != self.clock.epoch:
            self._know_account()
        elif policies != self.clock.policies:
            self._know_policy()

    def flush(self) -> None:
        """Write what this transaction has gathered, without ending it; long transactions call it to bound memory."""
        if self.fresh:
            write(self.tables, self.fresh)
            self._at_hand.let_go()
        if self.coming:
            self.tables.write(_AGENDA, [*chain.from_iterable(self.coming)])
            self.coming.clear()
        self.tables.enter()

    def _commit(self) -> None:
        self.flush()
        row = clock_row.row_of(self.clock)
        if row[:-1] != self._saved[:-1]:
            self._one(clock_row.SAVE, row[:-1])
        self._one("commit")
        self._saved = row

    def do(self, act: Act, /, *, by: str, **what: Any) -> list[Fact]:
        """Carry out one rule, whole or not at all, and return its facts. Raises Refused when the rules say no.

        Inside `writing` it joins that transaction; otherwise it is one of its own.
        """
        if not self.writing_now:
            with self.writing():
                return self.do(act, by=by, **what)
        name, because = name_of(act), self.cause
        try:
            decided = tuple(act(self, self.clock.now, **what))
        except Refused as refused:
            self._refuse(refused, name, by, because, what.get("order_id", ""))
            raise
        kept: list[Fact] = []
        for one in decided:
            if type(one) is Due:
                self.put_off(one, self.clock.facts if kept else because)
            elif type(one) is Document:
                self.execute(_DOCUMENT, one)
            else:
                self.keep(one, by, name, because)  # type: ignore[arg-type]  # a fact
                kept.append(one)  # type: ignore[arg-type]
        return kept

    def do_each(self, act: Act, each: list[Told], *, by: str) -> list[int | Refused | None]:
        """Carry out one rule for many things at one moment, each with its own cause; return what each came to.

        That is the number of its last fact, or the refusal. Only for a rule that brings about facts of one kind, each
        about an order, and for what has nothing to do with each other, such as the orders of a pick: all is decided
        before any of it is applied, and what was refused comes behind it. Inside `writing` only.
        """
        name = name_of(act)
        decided = decided_each(partial(act, self, self.clock.now), self.clock.facts, each)
        if decided.facts:
            apply = APPLY_TOGETHER[type(decided.facts[0])]
            apply(self.tables, noted(self.fresh, self.tables, decided, by, name))
        for (because, _, what), one in zip(each, decided.came_to, strict=True):
            if isinstance(one, Refused):
                self._refuse(one, name, by, because, what[0])
        return decided.came_to

    def _refuse(self, refused: Refused, rule: str, by: str, because: int | None, order_id: object) -> None:
        """What was refused is on record."""
        refused.rule = rule_behind(refused)
        known = str(order_id) if self._known(order_id) else ""
        self.keep(ActionRefused(self.clock.now, rule, refused.code, refused.sentence, known), by, rule, because)

    def keep(self, fact: Fact, by: str, rule: str, because: int | None) -> None:
        """Apply a fact to the tables and put it on record. Rules do not call this; they say what happened.

        An order whose row it changes is at hand no more.
        """
        clock, kind = self.clock, type(fact)
        clock.facts = seq = clock.facts + 1
        order_id = getattr(fact, "order_id", "")
        number = self.ids.known.get(order_id) or self.ids.order_number(order_id) or 0
        if number in self._at_hand.orders and kind not in BESIDE_ORDERS:
            self._at_hand.is_changed(number)
        self.fresh.append((seq, fact, number, by, rule, because))
        APPLY[kind](self.tables, fact, number)
        if kind is PolicyChanged:
            self._know_policy()

    def put_off(self, due: Due, because: int | None) -> None:
        """Put something on the agenda for later."""
        self.coming.append(self.agenda_row(due, because))

    def agenda_row(self, due: Due, because: int | None) -> AgendaRow:
        """The row of the agenda that something put off makes."""
        clock, at = self.clock, due.at
        assert clock.now <= at
        clock.dues = seq = clock.dues + 1
        return at, seq, due.step, due.ref, because

    def move_to(self, at: int) -> None:
        """Set the clock. Only whoever moves time calls this, inside a transaction."""
        assert self.writing_now and self.clock.now <= at <= LAST_MOMENT
        self.clock.now = at

    # -- look

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Whatever is read inside is so at one moment. Inside a transaction or another look it is that one's."""
        if self.writing_now or self.connection.in_transaction:
            yield
            return
        self._one("begin")
        try:
            yield
        finally:
            self._one("rollback")

    def _known(self, order_id: object) -> bool:
        number = self.ids.order_number(order_id) if isinstance(order_id, str) else None
        return bool(number) and self.row("select 1 from orders where number = ?", (number,)) is not None

    def order(self, order_id: str) -> Order:
        """The order with that id. Refused with UnknownOrder where there is none."""
        number = self.ids.known.get(order_id) or self.ids.order_number(order_id)
        found = self._at_hand.orders.get(number) or (number and self._read(number))  # type: ignore[arg-type]  # no None
        if not found:
            raise unknown_order(order_id)
        return found

    def _read(self, number: int) -> Order | None:
        rows = self.rows_about(number, "select * from orders where number = ?")
        if not rows:
            return None
        found = _order(rows[0])
        if self.writing_now:
            self._at_hand.orders[number] = found
        return found

    def ordered(self, number: int) -> Order:
        """The order of that number as it was read last, for what never changes: who ordered, when, what was promised.
        It is there."""
        found = self._at_hand.ordered(number) or self._read(number)
        assert found is not None
        return found

    def orders_numbered(self, numbers: list[int]) -> list[Order]:
        """The orders of those numbers, in their order; they are there. Inside `writing` only: most are at hand then."""
        assert self.writing_now
        known = self._at_hand.orders
        for some in by_sixteen([number for number in numbers if number not in known]):
            known.update((row[0], _order(row)) for row in self.rows(_BY_SIXTEEN, some))
        return [known[number] for number in numbers]

    def execute(self, sql: str, values: Bindings = ()) -> apsw.Cursor:
        """A statement with a cursor of its own, for whoever walks through very many rows or changes what is no fact."""
        if asks_for_gathered(sql):
            self.tables.enter()
        return self.connection.execute(sql, values)

    def rows(self, sql: str, values: Bindings = ()) -> list[Any]:
        """All rows of a query, as tuples; a cursor of their own would cost as much as most of them."""
        if asks_for_gathered(sql):
            self.tables.enter()
        return self._one(sql, values).fetchall()

    def rows_about(self, number: int, sql: str, *others: object) -> list[Any]:
        """All rows of a query for an order, its lines or its packages, by its number and what else it asks for. What is
        gathered is of others most of the time, and goes on waiting then."""
        if self.tables.has_gathered_of(number):
            self.tables.enter()
        return self._one(sql, (number, *others)).fetchall()

    def row(self, sql: str, values: Bindings = ()) -> Any:
        """The first row of a query, as a tuple, or None. All are read: a query left half-way would hold its moment."""
        rows = self.rows(sql, values)
        return rows[0] if rows else None

    def orders(self, where: str, values: Iterable[object]) -> list[Order]:
        """The orders of a query's tail. Inside a transaction they stay at hand until a fact changes them."""
        found = [*map(_order, self.execute(f"select * from orders {where}", tuple(values)))]
        if self.writing_now:
            self._at_hand.orders.update((order.number, order) for order in found)
        return found

    def facts(
        self, after: int = 0, limit: int = 100, kinds: tuple[str, ...] = (), order_id: str | None = None
    ) -> list[FactRow]:
        """Facts in the order in which they happened, from the one behind number `after` on.

        Only of some kinds, or of one order, if asked for. Refused with UnknownOrder.
        """
        where, values = ["seq > ?"], [after, *kinds]
        if kinds:
            where.append(f"kind in ({', '.join('?' * len(kinds))})")
        if order_id is not None:
            where.append("order_number = ?")
            values.append(self.order(order_id).number)
        sql = f"select * from facts where {' and '.join(where)} order by seq limit ?"
        return [FactRow(*row) for row in self.execute(sql, (*values, limit))]

    def check(self) -> list[str]:
        """What of the money does not agree, in sentences; nothing, or the house has a bug."""
        with self.looking():
            return differences(self.tables)
