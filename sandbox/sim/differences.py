"""Differences: what happened in one world and not in another, and what became of the orders in each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import apsw

from sandbox.central import schema
from sandbox.central.days import rfc3339
from sandbox.central.file import WAIT_MS, names_held
from sandbox.central.guide import Refused
from sandbox.central.ids import Ids
from sandbox.central.replay import replayed
from sandbox.central.world import World
from sandbox.sim import snapshots
from sandbox.sim.worlds import Shelf

REPLAYED_AT_MOST = 200_000
"""Facts that are lived through again to find what was so after one of them: some ten seconds of them."""
SIDES = THIS, OTHER = "this", "other"


class Point(NamedTuple):
    """A world at some moment: as it stands, in a snapshot, or after one of its facts."""

    world: str
    snapshot: str | None
    fact: int | None
    path: Path
    at_rest: bool
    """Whether nobody writes that file."""


class OnlyFact(NamedTuple):
    """A fact that one side has and the other has not."""

    seq: int
    at: int
    kind: str
    order_id: str | None
    by: str
    rule: str
    because: int | None
    body: str


class OneSide(NamedTuple):
    """What one side has and the other has not."""

    now: int
    facts: int
    """All of its facts."""
    kinds: dict[str, int]
    """The facts that the other has not, by kind."""
    only: list[OnlyFact]
    """A page of those."""


class Changed(NamedTuple):
    """A field of an order that is not the same on both sides; None where a side has none."""

    field: str
    this: Any
    other: Any


class Differing(NamedTuple):
    """An order that is not the same on both sides."""

    order_id: str
    only_in: str | None
    fields: list[Changed]


class Differences(NamedTuple):
    """All of it, or a page of each list."""

    this: OneSide
    other: OneSide
    orders: int
    """Orders about which one side has facts that the other has not."""
    differing: list[Differing]
    more: bool


def present(world: World) -> Point:
    """A world as it stands."""
    return Point(world.path.stem, None, None, world.path, at_rest=False)


@contextmanager
def point(shelf: Shelf, world: World, snapshot: str | None, other: str | None, since: int | None) -> Iterator[Point]:
    """What a world is compared with: a snapshot, another world, that one's snapshot, or itself after a fact.

    Refused with UnknownSnapshot, UnknownWorld, InvalidName, UnknownFact or TooManyFacts.
    """
    if since is not None:
        with _after_fact(world, since) as found:
            yield found
        return
    path = world.path if other is None else shelf.path(other)
    if not path.is_file():
        raise shelf.unknown(other or world.path.stem)
    if snapshot is None:
        yield Point(path.stem, None, None, path, at_rest=False)
    else:
        snapshots.read(path, snapshot)
        yield Point(path.stem, snapshot, None, snapshots.path_of(path, snapshot), at_rest=True)


@contextmanager
def _after_fact(world: World, since: int) -> Iterator[Point]:
    """What a world was after one of its facts, made of its facts up to that one."""
    last = world.row("select max(seq) from facts")[0]
    if not 1 <= since <= last:
        raise Refused("UnknownFact", f"There is no fact {since} in {world.path.stem!r}. The last one is {last}.")
    if since > REPLAYED_AT_MOST:
        sentence = f"Fact {since} is behind {since} others, and {REPLAYED_AT_MOST} at most are lived through again."
        raise Refused("TooManyFacts", f"{sentence} Take a snapshot, and compare with that.")
    with TemporaryDirectory(prefix="sandbox-") as folder:
        twin = replayed(world, Path(folder) / world.path.name, since)
        twin.close()
        yield Point(world.path.stem, None, since, twin.path, at_rest=True)


def differences(this: Point, other: Point, *, limit: int = 100, after: int = 0) -> Differences:
    """How two points differ: of each list `limit` rows behind the first `after`.

    Facts are the same if they say the same of the same moment, whatever their numbers are: what one side did in
    addition does not make all that follows another.
    """
    with _both(this, other) as connection:
        _sort_out(connection)
        here, there = (_side(connection, side, limit, after) for side in SIDES)
        ids = [str(row[0]) for row in connection.execute(_TOUCHED)]
        page = ids[after : after + limit]
        changed = [_order(connection, order_id) for order_id in page]
        longest = max(len(ids), sum(here.kinds.values()), sum(there.kinds.values()))
        more = longest > after + limit
        return Differences(here, there, len(ids), [one for one in changed if one.only_in or one.fields], more)


@contextmanager
def _both(this: Point, other: Point) -> Iterator[apsw.Connection]:
    """Both sides in one connection, each as it is at one moment."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(":memory:", flags)
    connection.set_busy_timeout(WAIT_MS)
    connection.pragma("temp_store", "memory")
    try:
        for side, found in zip(SIDES, (this, other), strict=True):
            how = "immutable=1" if found.at_rest else "mode=rw"
            with names_held(found.path.parent):
                try:
                    connection.execute(f"attach ? as {side}", (f"{found.path.absolute().as_uri()}?{how}",))
                except apsw.CantOpenError:
                    raise Refused("UnknownWorld", f"The world {found.world!r} was deleted meanwhile.") from None
        connection.execute("begin")
        yield connection
    finally:
        with names_held(this.path.parent), names_held(other.path.parent):
            connection.close()


_SAME = ("at", "kind", "order_number", "by", "rule", "body")
"""What facts have in common that are the same; a number and a cause are those of one world."""
_TOUCHED = """
    select order_id from (
        select o.order_id, o.number from temp.only_this f join this.orders o on o.number = f.order_number
        union select o.order_id, o.number from temp.only_other f join other.orders o on o.number = f.order_number)
    group by order_id order by min(number), order_id"""


def _sort_out(connection: apsw.Connection) -> None:
    """Find the facts that only one side has, from the first number on at which the two part."""
    execute = connection.execute
    differs = " or ".join(f't."{name}" is not o."{name}"' for name in _SAME)
    both = "this.facts t left join other.facts o on o.seq = t.seq"
    (parted,) = execute(f"select min(t.seq) from {both} where o.seq is null or {differs}").fetchall()[0]
    if parted is None:
        (parted,) = execute("select ifnull(max(seq), 0) + 1 from this.facts").fetchall()[0]
    columns = ", ".join(f'"{name}"' for name in _SAME)
    for side in SIDES:
        execute(
            f"""create temp table since_{side} as
            select seq, {columns}, row_number() over (partition by {columns} order by seq) as time
            from {side}.facts where seq >= ?""",
            (parted,),
        )
        execute(f"create index temp.at_{side} on since_{side}(at, kind, order_number)")
    same = " and ".join(f'a."{name}" is b."{name}"' for name in (*_SAME, "time"))
    for side, others in ((THIS, OTHER), (OTHER, THIS)):
        execute(f"""create temp table only_{side} as select a.seq, a.kind, a.order_number from since_{side} a
            where not exists (select 1 from since_{others} b where {same})""")


def _side(connection: apsw.Connection, side: str, limit: int, after: int) -> OneSide:
    counted: Any = connection.execute(f"select kind, count(*) from only_{side} group by kind order by kind").fetchall()
    clock: Any = connection.execute(
        f"select now, (select ifnull(max(seq), 0) from {side}.facts) from {side}.clock"
    ).fetchall()
    rows = connection.execute(
        f"""select f.seq, f.at, f.kind, o.order_id, f."by", f.rule, f.because, f.body
        from (select seq from only_{side} order by seq limit ? offset ?) join {side}.facts f using (seq)
        left join {side}.orders o on o.number = f.order_number order by f.seq""",
        (limit, after),
    ).fetchall()
    ((now, facts),) = clock
    return OneSide(now, facts, dict(counted), [OnlyFact._make(row) for row in rows])


_PARTS = {
    "items": "order_number = ? order by line",
    "packages": "order_number = ? order by package",
    "returns": "order_number = ?",
    "refunds": "order_number = ? order by refund",
    "disputes": "order_number = ? order by dispute",
    "feedback": "order_number = ?",
    "messages": "thread in (select thread from {side}.threads where order_number = ?) order by message",
}
"""The tables that tell of an order, beside its own row, and how its rows are found there."""
_NUMBERS = frozenset(
    ("number", "order_number", "order_id", "version", "line", "package", "refund", "dispute", "message", "thread")
)
"""Fields that say which row it is, and nothing of what became of the order."""
_MOMENTS = frozenset(("at", "dispatch_by", "deliver_from", "deliver_by", "respond_by"))


def _order(connection: apsw.Connection, order_id: str) -> Differing:
    """What is not the same of an order, field by field; its parts by their place, such as `packages.1.tracking`."""
    this, other = (_told(connection, side, order_id) for side in SIDES)
    if this is None or other is None:
        return Differing(order_id, OTHER if this is None else THIS, [])
    names = [*this, *(name for name in other if name not in this)]
    fields = [Changed(name, this.get(name), other.get(name)) for name in names if this.get(name) != other.get(name)]
    return Differing(order_id, None, fields)


def _told(connection: apsw.Connection, side: str, order_id: str) -> dict[str, Any] | None:
    """Every field of an order on one side; None where it is not there."""
    ((seed,),) = connection.execute(f"select seed from {side}.account").fetchall()
    by_number = f"select * from {side}.orders where number = ? and order_id = ?"
    rows = connection.execute(by_number, (Ids(str(seed)).order_number(order_id), order_id)).fetchall()
    if not rows:
        return None
    found = _fields("orders", "", rows[0])
    for table, where in _PARTS.items():
        sql = f"select * from {side}.{table} where {where.format(side=side)}"
        for place, row in enumerate(connection.execute(sql, (rows[0][0],)).fetchall(), 1):
            found |= _fields(table, f"{table}.{place}.", row)
    return found


def _fields(table: str, prefix: str, row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        f"{prefix}{name}": rfc3339(value) if value is not None and _is_moment(name) else value
        for name, value in zip(schema.fields_of(table), row, strict=True)
        if name not in _NUMBERS and not name.endswith("fact")
    }


def _is_moment(name: str) -> bool:
    return name.endswith("_at") or name in _MOMENTS
