"""A world's file copied while others use it, and put back in its place: twins, snapshots, restored worlds."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

from sandbox.central.epochs import TOLD, begin_epoch, positions
from sandbox.central.file import WAIT_MS, check_version, connected, gone, is_gone, locked, names_held, whole_or_gone

CHUNK_BYTES = 1_048_576
"""Of a file that goes over the network."""
WRITTEN_BYTES = 32_768
"""Of one that is copied on the disk: more at once has Linux look for large pieces of memory, which, where the memory
was not used before, takes five times as long as the copy."""
OWN = ("credentials", "answers", *TOLD)
"""Tables that belong to one world and not to its twin: what opens it, what it was asked, and whom it tells what."""
STAYING = ("credentials", *TOLD)
"""Of those, the ones that a restored world keeps as they are."""
_TRIES = 20


def copied(path: Path, connection: apsw.Connection, target: Path) -> None:
    """The world behind a connection as it is now, whole, in a new file.

    Page by page SQLite takes ten times as long as the disk: so whatever is in the log is moved into the file, which
    is then read as it is, while nobody may write. Where somebody reads what is older, it goes page by page.
    Refused with WorldExists, or with UnknownWorld where the world was deleted.
    """
    with whole_or_gone(target):
        for _ in range(_TRIES if connection.filename else 0):
            if _quietly(path, connection, lambda: _read(path, connection, target)):
                return
        with closing(connected(target)) as file, file.backup("main", connection, "main") as backup:
            while not backup.done:
                backup.step()


def _quietly(path: Path, connection: apsw.Connection, read: Callable[[], None]) -> bool:
    """Do something while all that was written is in the file itself, and nobody writes; False if that cannot be."""
    execute = connection.execute
    version = execute("pragma data_version").fetchall()
    busy, in_log, moved = execute("pragma wal_checkpoint(passive)").fetchall()[0]
    if busy or in_log != moved:
        return False
    locked(connection, path)
    try:
        if execute("pragma data_version").fetchall() != version:
            return False  # somebody wrote in between
        read()
        return True
    finally:
        execute("rollback")


def _read(path: Path, connection: apsw.Connection, target: Path) -> None:
    """The bytes of a file that SQLite has open, by SQLite's own means.

    Closing a file that was opened by itself would let go of all locks that this process has on it.
    """
    with names_held(path.parent):
        if is_gone(connection):
            raise gone(path)
        source = apsw.VFSFile("unix", str(path), [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0])
    try:
        size = source.xFileSize()
        with target.open("wb") as file:
            for begin in range(0, size, WRITTEN_BYTES):
                file.write(source.xRead(min(WRITTEN_BYTES, size - begin), begin))
    finally:
        source.xClose()


def copied_at_rest(source: Path, target: Path) -> None:
    """A file that nobody has open for writing, such as a snapshot, in a new file. Refused with WorldExists.

    Raises FileNotFoundError where there is none.
    """
    with source.open("rb") as file, whole_or_gone(target), target.open("wb") as copy:
        size = os.fstat(file.fileno()).st_size
        while size > 0 and (moved := os.sendfile(copy.fileno(), file.fileno(), None, size)):
            size -= moved


def emptied(path: Path, tables: tuple[str, ...] = OWN) -> None:
    """Take these tables' rows out of a file that nobody else has, so that nothing of them is left in it."""
    with closing(connected(path)) as connection:
        for setting in ("journal_mode = delete", "synchronous = off", "secure_delete = on"):
            connection.execute(f"pragma {setting}").fetchall()
        with connection:
            for table in tables:
                connection.execute(f"delete from {table}")
        connection.execute("pragma journal_mode = wal").fetchall()


def at_rest(path: Path) -> apsw.Connection:
    """A file that nobody writes, such as a snapshot, to look at: no log and no lock is made for it."""
    return apsw.Connection(f"{path.absolute().as_uri()}?immutable=1", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def restored(path: Path, connection: apsw.Connection, source: Path) -> None:
    """Put what is in a file in the place of a world, in one transaction.

    It begins another epoch, so that whoever remembers an answer of before knows that it is of before. The file is
    changed for that: it is a copy to be thrown away. Refused with UnknownWorld where the world was deleted.
    """
    if is_gone(connection):
        raise gone(path)
    with closing(connected(source)) as file:
        check_version(source, file)
        file.execute("pragma secure_delete = on").fetchall()  # what was another's is not to be left in the world's file
        with file:
            epoch: Any = connection.execute("select epoch from clock").fetchall()[0][0]
            before = positions(file)
            for table in STAYING:
                file.execute(f"delete from {table}")
                rows = connection.execute(f"select * from {table}").fetchall()
                if rows:
                    file.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
            begin_epoch(file, epoch + 1, before)
        _put(connection, file)


def _put(connection: apsw.Connection, file: apsw.Connection) -> None:
    """All pages at once, under the world's write lock."""
    connection.set_busy_timeout(WAIT_MS)
    try:
        with connection.backup("main", file, "main") as backup:
            backup.step(-1)
    finally:
        connection.set_busy_timeout(0)
