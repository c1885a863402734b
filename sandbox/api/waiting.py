"""Long polls: a request that waits until there is something to answer with.

Whoever waits holds a thread of its worker and no transaction. It looks again when another connection has written to
the world, be it of this process, of another worker or of the ticker, which SQLite tells without reading a row.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore, Event
from time import monotonic
from typing import TypeVar

from sandbox.api.problems import Problem
from sandbox.central.file import is_gone
from sandbox.central.world import World

WAIT_SECONDS_AT_MOST = 30
_PAUSE_SECONDS = 0.02

Found = TypeVar("Found", bound=Sequence[object])


class _Seats:
    """For those who wait."""

    def __init__(self, count: int) -> None:
        self.set_out(count)

    def set_out(self, count: int) -> None:
        self.count = count
        self.free = BoundedSemaphore(count)


_seats = _Seats(1)
_ending = Event()
pause = _ending.wait
"""Rest for so many seconds, or until the process is to end, which is True then."""


def seat(threads: int) -> None:
    """Say, before anybody waits, how many threads this process has."""
    _seats.set_out(seats(threads))


def seats(threads: int) -> int:
    """How many of a process's threads may wait at once: half of them, and never the last one."""
    return threads // 2


def end_waits() -> None:
    """The process is to end: whoever waits is answered with what there is."""
    _ending.set()


@contextmanager
def _seated() -> Iterator[None]:
    if not _seats.count:
        raise Problem("TooManyWaits", "Nobody may hold this worker's only thread. Ask without `wait`.")
    if not _seats.free.acquire(blocking=False):
        raise Problem(
            "TooManyWaits",
            f"As many requests wait in this worker as may hold its threads, which is {_seats.count}."
            " Ask again in a moment, ask without `wait`, or serve with more --threads.",
        )
    try:
        yield
    finally:
        _seats.free.release()


def waited_for(world: World, look: Callable[[], Found], seconds: float, gone: Callable[[], Exception]) -> Found:
    """What `look` finds: at once where it finds anything, or as soon as it does, or nothing once the wait is over.

    Raises `gone()` where the world is deleted meanwhile, and Problem TooManyWaits.
    """
    ends = monotonic() + seconds
    version = _version(world)
    found = look()
    if found or not seconds:
        return found
    with _seated():
        while not found and (left := ends - monotonic()) > 0 and not pause(min(left, _PAUSE_SECONDS)):
            if is_gone(world.connection):
                raise gone()
            if (now := _version(world)) != version:
                version, found = now, look()
    return found


def _version(world: World) -> int:
    version: int = world.row("pragma data_version")[0]
    return version
