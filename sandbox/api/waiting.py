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
WAITS_AT_MOST = 2
"""Requests of one process that may wait at once; the server gives it more threads than these."""
_PAUSE_SECONDS = 0.02

Found = TypeVar("Found", bound=Sequence[object])

_seats = BoundedSemaphore(WAITS_AT_MOST)
_ending = Event()
pause = _ending.wait
"""Rest for so many seconds, or until the process is to end, which is True then."""


def end_waits() -> None:
    """The process is to end: whoever waits is answered with what there is."""
    _ending.set()


@contextmanager
def _seated() -> Iterator[None]:
    if not _seats.acquire(blocking=False):
        raise Problem(
            "TooManyWaits",
            f"{WAITS_AT_MOST} requests wait in this worker already, and more may not hold its threads."
            " Ask again in a moment, or without `wait`.",
        )
    try:
        yield
    finally:
        _seats.release()


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
