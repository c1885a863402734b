"""A world's file: made for its owner alone, opened, and known for what it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import addressof, c_int
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from time import sleep

import apsw

from sandbox.central import schema
from sandbox.central.guide import Refused
from sandbox.central.records import ClockRow
from sandbox.central.troubles import Unusable

SMALL_PAGES, LARGE_PAGES = 1024, 16_384
"""Bytes of a page. A command changes eight pages whatever their size; a long simulation fills them."""
WAIT_MS = 10_000
"""How long somebody waits for a lock that another has."""
LOG_PAGES = 16_000
"""Pages of the log, 64 MB, at which a writer tidies by itself; the ticker does it earlier, beside the writers."""


def check_version(path: Path, connection: apsw.Connection) -> None:
    """Raise Unusable (WorldDamaged, WorldTooNew, WorldTooOld) for what is no world, or one of another version."""
    ours = connection.pragma("application_id")
    version = connection.pragma("user_version")
    if ours != schema.APPLICATION:
        raise Unusable("WorldDamaged", f"{path.name} is not a world: it has none of a world's tables.")
    if version > schema.VERSION:
        raise Unusable(
            "WorldTooNew",
            f"{path.name} was written by a newer seller-sandbox (tables {version}; this one knows {schema.VERSION})."
            " Open it with that version.",
        )
    if version < schema.VERSION:
        raise Unusable(
            "WorldTooOld",
            f"{path.name} was written by an older seller-sandbox (tables {version}; this one knows {schema.VERSION})."
            " Make it again from its scenario and seed.",
        )


@contextmanager
def whole_or_gone(path: Path) -> Iterator[None]:
    """A new file, for its owner alone, log and all; it is gone again when what fills it fails.

    Refused with WorldExists where there is one.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Refused("WorldExists", f"There is a world file {path.name} already. Choose another name.") from None
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def names_held(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Whoever opens or closes a world holds its folder's names, and nobody gives them to other files meanwhile.

    SQLite finds a world's log by its name. It takes the log away when the last one closes, which must not be that of
    the next world of the name. `alone` is for whoever removes worlds, or puts new ones in their place.
    """
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield  # no folder, no names
        return
    try:
        flock(held, LOCK_EX if alone else LOCK_SH)
        yield
    finally:
        os.close(held)


def is_gone(connection: apsw.Connection) -> bool:
    """Whether the file behind a connection was deleted, and perhaps made again: another one has its name then."""
    moved = c_int()
    return connection.file_control("main", apsw.SQLITE_FCNTL_HAS_MOVED, addressof(moved)) and bool(moved.value)


class Turn:
    """Whose turn it is to write, among all threads and processes: the kernel wakes the next one at once.

    SQLite's lock alone decides who may write; but whoever finds it taken must ask again and again, and asking is dear.
    The file beside the world holds nothing, and goes when the world is closed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f".{path.name}.turn")
        self._file: int | None = None

    def __enter__(self) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        for tries_left in reversed(range(_TRIES)):
            try:
                flock(self._file, LOCK_EX | LOCK_NB if tries_left else LOCK_EX)
                return
            except BlockingIOError:
                continue

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        flock(self._file, LOCK_UN)

    def close(self) -> None:
        """Let go of the file, and remove it: others who have it open keep their turns among themselves."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path.unlink(missing_ok=True)


_TRIES = 50
"""Before sleeping until woken, about as long as a command has its turn: being woken takes as long again."""
_HOW = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_NOMUTEX
"""No locks around a connection's own memory: a world is open in one thread."""
apsw.shutdown()
apsw.config(apsw.SQLITE_CONFIG_MEMSTATUS, False)  # no lock around each piece of memory, to count what nobody asks
_PIECE_BYTES, _PIECES = 512, 450
"""A connection's own memory for what its statements need; simulations use all of it, and a server with 200 worlds has
it 200 times. By itself SQLite takes a fifth of that, and asks the system 44 times for each simulated order, not 15."""
apsw.config(apsw.SQLITE_CONFIG_LOOKASIDE, _PIECE_BYTES, _PIECES)
apsw.initialize()
_STATEMENTS, _MANY_STATEMENTS = 128, 512
"""Prepared statements that a connection keeps: more than requests need, and the most that there can be for a run. They
are kept by the turn in which they were used, so a rare one is prepared anew where there is room for few."""
_SETTINGS = {
    "synchronous": "normal",
    "cache_size": -8192,
    "wal_autocheckpoint": LOG_PAGES,
}


def connected(path: Path, statements: int = _STATEMENTS) -> apsw.Connection:
    """SQLite at that file, with our settings. It waits for locks, for another process may be closing the file."""
    connection = apsw.Connection(str(path), flags=_HOW, statementcachesize=statements)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)  # else most statements are planned anew at every use
        connection.set_busy_timeout(WAIT_MS)
        for name, value in _SETTINGS.items():
            connection.pragma(name, value)
        return connection
    except BaseException:
        connection.close()
        raise


def begun(path: Path, page_bytes: int) -> apsw.Connection:
    """A new file with all tables, empty but for a clock at nothing. Refused with WorldExists where there is a file."""
    with whole_or_gone(path):
        connection = connected(path, _MANY_STATEMENTS)
        connection.execute(f"pragma page_size = {page_bytes}")
        connection.execute("pragma journal_mode = wal")
        connection.execute("begin immediate")
        schema.create(connection)
        connection.execute(f"insert into clock values ({', '.join('0' * len(ClockRow.__dataclass_fields__))})")
        connection.execute("commit")
        connection.set_busy_timeout(0)
        return connection


_CACHE_KB = 32_768
"""Pages that a long simulation keeps in memory. All that a year's shop still changes fits into it, and four times as
much is no faster: what is used again sooner is nearer to the processor."""


@contextmanager
def unguarded(connection: apsw.Connection) -> Iterator[None]:
    """Nothing to go back by, for a file that is thrown away unless all of it succeeds: each page is written once."""
    for setting in ("journal_mode = off", "synchronous = off", f"cache_size = -{_CACHE_KB}"):
        connection.execute(f"pragma {setting}").fetchall()
    yield
    connection.execute("pragma journal_mode = wal").fetchall()
    for name, value in _SETTINGS.items():
        connection.execute(f"pragma {name} = {value}")


_PAUSES = (0.00001,) * 200 + (0.005,) * 2000
"""Seconds between tries for the write lock: ten in all."""


def locked(connection: apsw.Connection, path: Path) -> None:
    """Take the write lock. SQLite's own waiting sleeps for whole milliseconds, in which several could write.

    Refused with UnknownWorld where the world was deleted while this one waited: nobody would ever read it again.
    """
    for pause in _PAUSES:
        try:
            connection.execute("begin immediate")
            break
        except apsw.BusyError:
            sleep(pause)
    else:
        connection.execute("begin immediate")
    if is_gone(connection):
        connection.execute("rollback")
        raise gone(path)


def gone(path: Path) -> Refused:
    """The refusal for a world that was deleted while it was used."""
    return Refused("UnknownWorld", f"The world {path.stem!r} was deleted meanwhile, so nothing was done.")
