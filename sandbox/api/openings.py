"""The worlds that a process has open: handed to one request at a time, closed when nobody asks for them."""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit
from time import monotonic
from typing import NamedTuple

from sandbox.api.journal.store import Journal, journal_of
from sandbox.central.file import is_gone
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim.worlds import Shelf, fails, keys_of

OPEN_AT_MOST = 400
"""Worlds that a process keeps open, if the system lets it have so many files."""
FILES_EACH, OTHER_FILES = 6, 100
"""Files that an open world takes, and how many are left to everything else."""
RENDERED_AT_MOST, RENDERED_AT_LEAST = 16_384, 64
"""Answers that a process keeps, of all its worlds together; and of one world, however many there are."""
RESTING_SECONDS, IDLE_SECONDS = 10, 180
"""After so long without a request a world gives its memory back; after so long it is closed."""
SWEEP_SECONDS = 5
"""How often that is looked after."""


class Rendered(NamedTuple):
    """An answer as it was rendered, and the stamp of what it was rendered from."""

    stamp: tuple[object, ...]
    body: bytes
    tag: str


class Opened(NamedTuple):
    """A world that is open, and the file that it was."""

    path: str
    file: int
    """The file's inode: another one under this name is another world."""
    world: World
    keys: tuple[bytes, ...]
    fails: bool
    """Whether there are outages in its plot; other worlds need not be asked at every request."""
    rendered: dict[tuple[str, str], Rendered]
    """Answers given before, by path and query."""
    journal: Journal

    def close(self) -> None:
        """Let go of its files."""
        self.journal.close()
        self.world.close()


class _Free(NamedTuple):
    """A world that waits for the next request, since a moment of a clock that nobody sets."""

    opened: Opened
    since: float


class _Lent(threading.local):
    """The worlds of the request that this thread answers, by name."""

    def __init__(self) -> None:
        self.worlds: dict[str, Opened] = {}


class Desk:
    """The shelf of one process, and the worlds that it has open. A request has each of its worlds for itself."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder)
        self._lent = _Lent()
        self._lock = threading.Lock()
        self._free: OrderedDict[str, list[_Free]] = OrderedDict()
        """By name, the one used last at the end."""
        self._waiting = 0
        self._swept = monotonic()
        files, _ = getrlimit(RLIMIT_NOFILE)
        self.open_at_most = max(1, min(OPEN_AT_MOST, (files - OTHER_FILES) // FILES_EACH))

    def opened(self, name: str) -> Opened:
        """The world of that name, open, until this thread gives back. Refused with UnknownWorld once it is deleted."""
        found = self._lent.worlds.get(name) or self._taken(name)
        try:
            file = os.stat(found.path if found else self.shelf.path(name)).st_ino
        except OSError:
            if found:
                found.close()
            self.close(name)
            raise Refused("UnknownWorld", f"There is no world {name!r}.") from None
        if found is None or found.file != file:
            if found:
                found.close()
            self.close(name)
            found = self._opened_anew(name, file)
        self._lent.worlds[name] = found
        return found

    def _opened_anew(self, name: str, file: int) -> Opened:
        path = self.shelf.path(name)
        world = World.open(path)
        keys = tuple(key.encode() for key in keys_of(world))
        journal = Journal(journal_of(path), lambda: not is_gone(world.connection))
        return Opened(str(path), file, world, keys, fails(world), {}, journal)

    def _taken(self, name: str) -> Opened | None:
        """One that waits; the one that waited least has most in its memory."""
        with self._lock:
            waiting = self._free.get(name)
            if not waiting:
                return None
            self._waiting -= 1
            found = waiting.pop().opened
            if not waiting:
                del self._free[name]
            return found

    def give_back(self) -> None:
        """The request of this thread is answered: its worlds are there for others."""
        lent = self._lent.worlds
        if not lent:
            return
        now = monotonic()
        with self._lock:
            for name, opened in lent.items():
                self._free.setdefault(name, []).append(_Free(opened, now))
                self._free.move_to_end(name)
                self._waiting += 1
            lent.clear()
            too_many = self._oldest() if self._waiting > self.open_at_most else []
        for one in too_many:
            one.close()
        if now - self._swept > SWEEP_SECONDS:
            self.sweep(now)

    def _oldest(self) -> list[Opened]:
        """Take away those that were not used longest, down to what may be open."""
        found = []
        while self._waiting > self.open_at_most:
            name = next(iter(self._free))
            found.append(self._free[name].pop(0).opened)
            self._waiting -= 1
            if not self._free[name]:
                del self._free[name]
        return found

    def sweep(self, now: float) -> None:
        """Close what nobody asked for in a while, and let what rests give its memory back. `now` is monotonic."""
        self._swept = now
        with self._lock:
            idle = [one.opened for waiting in self._free.values() for one in waiting if now - one.since > IDLE_SECONDS]
            for name, waiting in list(self._free.items()):
                waiting[:] = [one for one in waiting if now - one.since <= IDLE_SECONDS]
                if not waiting:
                    del self._free[name]
            self._waiting -= len(idle)
            for waiting in self._free.values():
                for one in waiting:
                    if RESTING_SECONDS < now - one.since <= RESTING_SECONDS + 2 * SWEEP_SECONDS:
                        one.opened.world.connection.release_memory()
        for opened in idle:
            opened.close()

    def open_now(self) -> int:
        """How many worlds wait, open, for the next request."""
        return self._waiting

    def rendered_at_most(self) -> int:
        """How many answers of one world are kept, so that those of all together stay within bounds."""
        return max(RENDERED_AT_LEAST, RENDERED_AT_MOST // (self._waiting + 1))

    def close(self, name: str) -> None:
        """Let go of a world, if it is open here and no other thread has it."""
        with self._lock:
            waiting = self._free.pop(name, [])
            self._waiting -= len(waiting)
        for one in waiting:
            one.opened.close()
        if found := self._lent.worlds.pop(name, None):
            found.close()
