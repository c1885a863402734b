"""A world's file: made for its owner alone, opened, and known for what it is."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path

from sandbox.central import schema
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable

SMALL_PAGES, LARGE_PAGES = 1024, 4096
"""Bytes of a page. A command changes eight pages whatever their size; a long simulation fills them."""
LOG_PAGES = 16_000
"""Pages of the log, 64 MB, at which a writer tidies by itself; the ticker does it earlier, beside the writers."""


def check_version(path: Path, connection: sqlite3.Connection) -> None:
    """Raise Unusable (WorldDamaged, WorldTooNew) for a database that is not a world, or is one of a newer version."""
    (ours,) = connection.execute("pragma application_id").fetchone()
    (version,) = connection.execute("pragma user_version").fetchone()
    if ours != schema.APPLICATION:
        raise Unusable("WorldDamaged", f"{path.name} is not a world: it has none of a world's tables.")
    if version > schema.VERSION:
        raise Unusable(
            "WorldTooNew",
            f"{path.name} was written by a newer seller-sandbox (tables {version}; this one knows {schema.VERSION})."
            " Open it with that version.",
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
        flock(self._file, LOCK_EX)

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        flock(self._file, LOCK_UN)

    def close(self) -> None:
        """Let go of the file, and remove it: others who have it open keep their turns among themselves."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path.unlink(missing_ok=True)


_SETTINGS = (
    "busy_timeout = 10000",
    "synchronous = normal",
    "cache_size = -8192",
    f"wal_autocheckpoint = {LOG_PAGES}",
)


def connected(path: Path) -> sqlite3.Connection:
    """SQLite at that file, with our settings. It waits for locks, for another process may be closing the file."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        for setting in _SETTINGS:
            connection.execute(f"pragma {setting}")
        return connection
    except sqlite3.Error:
        connection.close()
        raise
