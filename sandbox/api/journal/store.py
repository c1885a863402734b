"""Where a journal is kept: files of lines beside the world, to which all workers append.

A request's line is written before its answer is sent, by one `write` to a file that was opened for appending. The
kernel puts such lines one behind the other, whoever writes them, and shows them to every process at once. So whoever
got an answer and then asks the journal finds the request in it, whichever worker is asked; there is nothing to flush,
to share or to wait for; and what was answered is in the journal even if the server is killed then. It costs two
microseconds. Rows in an SQLite file would cost ten times as much, and take turns; lines gathered in the memory of one
worker are not seen by the others.

The lines are in segments, so that old ones can go. A segment's name tells the number of its first line; a line belongs
to it if it begins in its first `SEGMENT_BYTES`. Whoever finds that the line just written begins behind them writes it
again in the next segment, whose name follows from what is in this one, the same for everybody. So no lock between
processes is needed, no line is lost, and the numbers run on.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from msgspec import MsgspecError
from msgspec.json import Decoder

from sandbox.api.journal.entry import Entry, Numbered
from sandbox.central.file import names_held

KEPT_AT_MOST = 10_000
"""Requests of a journal that are kept."""
SEGMENT_BYTES, SEGMENTS_AT_MOST = 2_097_152, 8
"""Where requests are so large that these hold no `KEPT_AT_MOST`, fewer are kept."""

_decode = Decoder(Entry).decode


class Segment(NamedTuple):
    """One file of a journal."""

    first: int
    """The number of its first line."""
    path: Path


def journal_of(world: Path) -> Path:
    """What the names of a world's segments begin with. Whoever removes the world removes them."""
    return world.with_name(f".{world.stem}.requests")


def operators_journal(folder: Path) -> Path:
    """The same of what belongs to no world."""
    return folder / ".requests"


class Journal:
    """A journal to append to. Its file is opened by the first line, and by nobody who has none to write."""

    def __init__(self, base: Path, is_there: Callable[[], bool]) -> None:
        self._base = base
        self._is_there = is_there
        """Whether what it belongs to is still there: a world that was deleted leaves no journal behind."""
        self._file: int | None = None
        self._lock = threading.Lock()

    def append(self, line: bytes) -> None:
        """Keep one line, without its end. Raises OSError where the disk does not take it."""
        line += b"\n"
        with self._lock:
            while (file := self._opened()) is not None:
                os.write(file, line)
                if os.lseek(file, 0, os.SEEK_CUR) - len(line) < SEGMENT_BYTES:
                    return
                self._let_go()  # the segment was full; the line does not count there

    def close(self) -> None:
        """Let go of the file. The next line opens it again."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int | None:
        if self._file is None:
            with names_held(self._base.parent):
                if self._is_there():
                    self._file = _appended_to(_current(self._base))
        return self._file


def _appended_to(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def segments(base: Path) -> list[Segment]:
    """The segments that there are, the oldest first."""
    prefix = f"{base.name}."
    with suppress(FileNotFoundError):
        names = [name.removeprefix(prefix) for name in os.listdir(base.parent) if name.startswith(prefix)]
        return sorted(Segment(int(first), base.with_name(prefix + first)) for first in names if first.isdecimal())
    return []


def _current(base: Path) -> Path:
    """The segment to write to: the last one, or the one that follows it once it is full."""
    found = segments(base)
    if not found:
        return base.with_name(f"{base.name}.1")
    last = found[-1]
    if last.path.stat().st_size < SEGMENT_BYTES:
        return last.path
    following = _following(base, last)
    _make_room([*found, following])
    return following.path


def _following(base: Path, full: Segment) -> Segment:
    first = full.first + max(1, _lines(full.path).count(b"\n"))
    return Segment(first, base.with_name(f"{base.name}.{first}"))


def _make_room(found: list[Segment]) -> None:
    """Remove what is older than what is kept."""
    newest = found[-1].first
    for place, (segment, following) in enumerate(pairwise(found)):
        if following.first <= newest - KEPT_AT_MOST or place < len(found) - SEGMENTS_AT_MOST:
            segment.path.unlink(missing_ok=True)


def _lines(path: Path) -> bytes:
    """The whole lines that belong to a segment: those that begin in its first bytes."""
    with path.open("rb") as file:
        data = file.read(SEGMENT_BYTES)
        if len(data) == SEGMENT_BYTES and not data.endswith(b"\n"):
            data += file.readline()
    return data[: data.rfind(b"\n") + 1]


def entries(base: Path, after: int = 0) -> Iterator[Numbered]:
    """Those that are kept, the oldest first, from the one behind number `after` on."""
    found = [(segment, data) for segment in segments(base) if (data := _read(segment)) is not None]
    if not found:
        return
    last = found[-1][0].first + found[-1][1].count(b"\n") - 1
    begin = max(after, last - KEPT_AT_MOST) + 1
    for segment, data in found:
        lines = data.split(b"\n")[max(0, begin - segment.first) : -1]
        for number, line in enumerate(lines, max(begin, segment.first)):
            with suppress(MsgspecError):  # cut short by a full disk, or of another version
                yield Numbered(number, _decode(line))


def _read(segment: Segment) -> bytes | None:
    with suppress(FileNotFoundError):  # it went to make room
        return _lines(segment.path)
    return None


def empty(base: Path) -> None:
    """Remove all that is in a journal. The numbers run on, so that nobody who follows it misses what comes.

    A line that says nothing fills the last segment, as any other line would, so that all go on behind it; it takes a
    number, too.
    """
    with names_held(base.parent, alone=True):
        found = segments(base)
        if found and found[-1].path.stat().st_size:
            filling = _appended_to(found[-1].path)
            os.write(filling, b" " * SEGMENT_BYTES + b"\n")
            os.close(filling)
            os.close(_appended_to(_following(base, found[-1]).path))
        for segment in segments(base)[:-1]:
            segment.path.unlink(missing_ok=True)
