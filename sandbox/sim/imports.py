"""A world as one file: written without what opens it, and read from whoever sends one, once it is found sound."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
from msgspec import MsgspecError
from msgspec.json import decode

from sandbox.central import schema
from sandbox.central.copies import OWN, emptied
from sandbox.central.days import FIRST_MOMENT, LAST_MOMENT
from sandbox.central.facts import AccountOpened, decoded
from sandbox.central.file import check_version
from sandbox.central.guide import Refused
from sandbox.central.rooms import RULES
from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim.cast import ROUNDS, STEPS, Run
from sandbox.sim.trial import not_to_be_lived, other_than_told
from sandbox.sim.worlds import Shelf, appearing

FILE_BYTES_AT_MOST = 512 * 1_048_576
"""Bytes of a file that a world is made from."""
RATE_AT_MOST = 100_000
_MAGIC = b"SQLite format 3\0"
_GUARDS = {
    apsw.SQLITE_DBCONFIG_DEFENSIVE: 1,
    apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_VIEW: 0,
}


def export(world: World, target: Path, *, keys: bool = False, answers: bool = False) -> None:
    """A world as it is now, in a new file; without its keys and what it was asked, unless they are wanted too.

    Its webhooks stay behind: a world that is made of the file is not to tell those whom this one tells.
    """
    world.copy_to(target)
    kept = {"credentials": keys, "answers": answers}
    emptied(target, tuple(table for table in OWN if not kept.get(table)))


def adopt(shelf: Shelf, name: str, write: Callable[[Path], None]) -> World:
    """A world made from a file that somebody else wrote, with a new key; `write` puts it where it is told to.

    Refused with WorldExists, InvalidName, or InvalidWorldFile, which says what is wrong.
    """
    path = shelf.free(name)
    with appearing(path) as making:
        write(making)
        making.chmod(0o600)
        check(making)
    return World.open(path)


def check(path: Path) -> None:
    """Find a file that nobody uses to be a sound world. Refused with InvalidWorldFile."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise _unsound("it is no SQLite file")
    try:
        with closing(apsw.Connection(str(path), apsw.SQLITE_OPEN_READWRITE)) as connection:
            _check_tables(path, connection)
        with closing(World.open(path)) as world:
            for trouble in _troubles(world):
                raise _unsound(trouble)
    except (Unusable, Refused) as trouble:
        if trouble.code == "InvalidWorldFile":
            raise
        said = trouble.sentence.replace(path.name, "the file")
        raise _unsound(said[:1].lower() + said[1:].rstrip(".")) from trouble
    except apsw.Error as error:
        raise _unsound(f"SQLite says: {str(error)[:200]}") from error


def _unsound(trouble: str) -> Refused:
    return Refused(
        "InvalidWorldFile", f"This file is not taken for a world: {trouble}. Export it again from its world."
    )


def _check_tables(path: Path, connection: apsw.Connection) -> None:
    """The tables are ours, to the letter, before anything is read from them: a schema can hold code of its own."""
    for guard, setting in _GUARDS.items():
        connection.config(guard, setting)
    connection.pragma("cell_size_check", 1)
    check_version(path, connection)
    found = set(connection.execute(_SCHEMA).fetchall())
    with closing(apsw.Connection(":memory:")) as fresh:
        schema.create(fresh)
        ours = set(fresh.execute(_SCHEMA).fetchall())
    for kind, name, *_ in sorted(found - ours, key=str):
        raise _unsound(f"its {str(kind)[:20]} {str(name)[:60]!r} is not as a world has it")
    for kind, name, *_ in sorted(ours - found, key=str):
        raise _unsound(f"it has no {kind} {name!r}")
    ((sound, *_), *_) = connection.execute("pragma integrity_check(1)").fetchall()
    if sound != "ok":
        raise _unsound(f"SQLite finds it damaged: {str(sound)[:200]}")
    for table in ("clock", "account"):
        ((rows,),) = connection.execute(f"select count(*) from {table}").fetchall()
        if rows != 1:
            raise _unsound(f"it has {rows} rows in its {table}, and a world has one")


_SCHEMA = "select type, name, tbl_name, sql from sqlite_schema"


def _troubles(world: World) -> Iterator[str]:
    """What would go wrong later."""
    clock = world.clock
    if not FIRST_MOMENT <= clock.now <= LAST_MOMENT:
        yield "its clock is outside the years 1970 to 9999"
    if not 0 <= clock.rate <= RATE_AT_MOST:
        yield f"its time runs at {clock.rate}"
    try:
        yield from _wrong_facts(world)
        yield from _wrong_agenda(world)
        for (state,) in world.execute("select state from cast"):
            decode(str(state))
        Run(world)
    except (MsgspecError, KeyError, ValueError, Refused) as error:
        yield f"it cannot be read: {str(error)[:200]}"
        return
    yield from (sentence.rstrip(".") for sentence in world.check())
    yield from other_than_told(world)
    if trouble := not_to_be_lived(world):
        yield trouble


def _wrong_facts(world: World) -> Iterator[str]:
    """Facts that are not numbered from 1 on, go back in time, or say nothing that this version understands."""
    expected, last = 1, FIRST_MOMENT
    for seq, at, kind, body in world.execute("select seq, at, kind, body from facts order by seq"):
        fact = decoded(str(kind), str(body))
        if seq != expected or at != fact.at or not last <= fact.at <= world.clock.now:
            yield f"its fact {seq} is not where it belongs"
        if isinstance(fact, AccountOpened) != (expected == 1):
            yield f"its fact {seq} is no {'first' if expected == 1 else 'later'} fact of an account"
        expected, last = expected + 1, fact.at


def _wrong_agenda(world: World) -> Iterator[str]:
    known = STEPS.keys() | ROUNDS.keys() | RULES.keys()
    for at, step in world.execute("select at, step from agenda"):
        if step not in known:
            yield f"something is to happen in it that is not known here: {str(step)[:60]!r}"
        if not isinstance(at, int) or not world.clock.now <= at:
            yield f"something was to happen in it at {at}, and it is later than that"
