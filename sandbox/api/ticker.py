"""The ticker: one process beside the workers that moves the worlds whose time runs, in small windows."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.api.auth import Operated
from sandbox.api.openings import Desk
from sandbox.api.webhooks.messenger import Messenger
from sandbox.api.webhooks.sender import Sender
from sandbox.api.webhooks.targets import Targets
from sandbox.central.days import LAST_MOMENT
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim.driver import Driver

TICK_SECONDS = 0.5
LOG_BYTES = 4_000_000
"""A log larger than this is moved into its file between two ticks, so that no request waits for it."""

Stamp = tuple[int, ...]

_log = logging.getLogger("sandbox")


class Ticker:
    """Moves each running world by the time that went by on the wall since the tick before, times its rate."""

    def __init__(self, folder: Path, look: Callable[[World], None] = lambda world: None) -> None:
        self.desk = Desk(folder)
        self._look = look
        """Called with each world that moved or was written to."""
        self._ticked: dict[str, float] = {}
        """When each running world was last moved, by a clock that nobody sets."""
        self._left_alone: set[str] = set()
        self._resting: dict[str, tuple[Stamp, bool]] = {}
        """Worlds that stood still: their files as they were then, and whether they were so at two ticks."""

    def tick(self, wall: float) -> None:
        """Move every running world on to `wall`, seconds of a monotonic clock. A world in trouble stops no other."""
        names = set(self.desk.shelf.names()) - self._left_alone
        self._resting = {name: found for name, found in self._resting.items() if name in names}
        for name in names:
            try:
                self._move(name, wall)
            except Refused:
                continue  # deleted meanwhile
            except Unusable as trouble:
                _log.warning("world %s was not moved: %s", name, trouble.sentence)
            except Exception:  # a bug in one world must not stop the time of the others
                _log.exception("world %s cannot be moved and is left alone", name)
                self._left_alone.add(name)
            finally:
                self.desk.give_back()

    def _move(self, name: str, wall: float) -> None:
        stamp = _stamp(self.desk.shelf.path(name))
        seen = self._resting.get(name)
        if seen == (stamp, True):
            return  # it stood still, and nobody wrote since
        world = self.desk.opened(name).world
        world.refresh()
        if _log_bytes(world.path) > LOG_BYTES:
            world.tidy()
        since = self._ticked.pop(name, None)
        if world.clock.rate:
            self._ticked[name] = wall
            if since is not None:
                _advance(world, wall - since)
        self._look(world)
        if not world.clock.rate:
            self._let_rest(name, stamp, seen is not None and seen[0] == stamp)

    def _let_rest(self, name: str, stamp: Stamp, was_so: bool) -> None:
        """Look no more at a world that stands still, until its files change.

        A file's time has grains of some milliseconds, and a second write may fall into the grain of the first: so it
        must have been the same at the tick before.
        """
        self._resting[name] = stamp, was_so
        if was_so:
            self.desk.close(name)


def _stamp(path: Path) -> Stamp:
    """A world's file and its log as they are now; a log with nothing in it is as good as none."""
    found: list[int] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            told = file.stat()
        except OSError:
            continue
        if told.st_size:
            found += (told.st_ino, told.st_mtime_ns, told.st_size)
    return tuple(found)


def _log_bytes(path: Path) -> int:
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size
    except OSError:
        return 0


def _advance(world: World, seconds: float) -> None:
    with world.writing():
        if span := int(seconds * world.clock.rate * 1000):
            Driver(world).advance(min(world.now + span, LAST_MOMENT))


def run(operated: Operated, parent: int, address: tuple[str, int], ready: Callable[[], None]) -> None:
    """Tell when the server answers, then tick until the parent process ends this one, or is gone.

    What the worlds tell others is sent from here too, beside the ticks.

    The telling is here because the workers are forked: a thread beside them in the parent may hold a lock just then.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the server's own, which came with the fork
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the server ends this one in its turn
    while os.getppid() == parent and not _answers(address):
        time.sleep(0.01)
    ready()
    sender = Sender(operated.folder, Messenger(Targets(operated.allowed_hosts)))
    ticker = Ticker(operated.folder, sender.look)
    while os.getppid() == parent:
        ticker.tick(time.monotonic())
        time.sleep(TICK_SECONDS)
    sender.stop()


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True
