"""The journal's files: lines of several writers, in order and numbered, as many as are kept."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.json import encode

from sandbox.api.journal import store
from sandbox.api.journal.entry import Entry
from sandbox.api.journal.store import Journal, empty, entries, journal_of, segments

SMALL = 2_000
"""Bytes of a segment, so that a few lines fill it."""


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a journal of small segments is kept."""
    monkeypatch.setattr(store, "SEGMENT_BYTES", SMALL)
    monkeypatch.setattr(store, "SEGMENTS_AT_MOST", 1_000)
    return journal_of(tmp_path / "one.world")


def line(path: str) -> bytes:
    return encode(Entry(1, 2, "GET", path, "", "v1", "x", 200, None, None, 1, None, 0, False, None, "r"))


def journal(base: Path, is_there: Callable[[], bool] = lambda: True) -> Journal:
    return Journal(base, is_there)


def told(base: Path, after: int = 0) -> list[tuple[int, str]]:
    return [(one.number, one.entry.path) for one in entries(base, after)]


def written(base: Path, count: int, name: str = "a") -> None:
    """So many lines of a writer of its own."""
    writer = journal(base)
    for number in range(count):
        writer.append(line(f"/{name}/{number}"))
    writer.close()


def test_what_was_written_is_read_at_once(base: Path) -> None:
    writer = journal(base)
    writer.append(line("/a"))
    assert told(base) == [(1, "/a")]


def test_a_journal_in_which_nothing_was_written_is_empty(base: Path) -> None:
    assert told(base) == [] and segments(base) == []


def test_numbers_run_on_through_all_segments(base: Path) -> None:
    written(base, 200)
    assert told(base) == [(number + 1, f"/a/{number}") for number in range(200)]
    assert len(segments(base)) > 5


def test_whoever_reads_on_reads_each_once(base: Path) -> None:
    written(base, 100)
    assert told(base, 37) == told(base)[37:] and told(base, 100) == [] and told(base, 10**6) == []


def test_several_processes_lose_nothing_and_keep_their_order(base: Path) -> None:
    """Each of them fills segments while the others write into them."""
    fork = multiprocessing.get_context("fork")  # with the small segments
    writers = [fork.Process(target=written, args=(base, 400, name)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = told(base)
    assert [number for number, _ in found] == list(range(1, 1601))
    for name in "abcd":
        own = [path for _, path in found if path.startswith(f"/{name}/")]
        assert own == [f"/{name}/{number}" for number in range(400)]


def test_the_last_ones_are_kept(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_AT_MOST", 50)
    written(base, 400)
    assert told(base) == [(number + 1, f"/a/{number}") for number in range(350, 400)]
    assert sum(segment.path.stat().st_size for segment in segments(base)) < 8 * SMALL


def test_of_large_ones_fewer_are_kept(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SEGMENTS_AT_MOST", 3)
    written(base, 400)
    assert len(segments(base)) == 3 and told(base)[-1] == (400, "/a/399") and len(told(base)) < 400


def test_emptied_it_holds_nothing_and_the_numbers_run_on(base: Path) -> None:
    writer = journal(base)
    for _ in range(3):
        writer.append(line("/before"))
    empty(base)
    assert told(base) == [] and b"before" not in b"".join(one.path.read_bytes() for one in segments(base))
    writer.append(line("/after"))
    assert told(base) == [(5, "/after")]


def test_emptied_twice_or_before_it_began_it_is_empty(base: Path) -> None:
    empty(base)
    written(base, 1)
    empty(base)
    empty(base)
    written(base, 1, "b")
    assert told(base) == [(3, "/b/0")]


def test_emptied_while_others_write_each_line_is_there_once_or_gone(base: Path) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=written, args=(base, 2_000, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        empty(base)
    written(base, 1, "last")
    found = told(base)
    assert [number for number, _ in found] == list(range(found[0][0], found[0][0] + len(found)))
    assert found[-1][0] > 4_000 and len({path for _, path in found}) == len(found)


def test_a_line_cut_short_spoils_no_other(base: Path) -> None:
    written(base, 2)
    with segments(base)[0].path.open("ab") as file:
        file.write(line("/lost")[:20] + b"\n")
    written(base, 1, "b")
    assert told(base) == [(1, "/a/0"), (2, "/a/1"), (4, "/b/0")]


def test_what_is_gone_leaves_no_journal_behind(base: Path) -> None:
    journal(base, lambda: False).append(line("/a"))
    assert list(base.parent.iterdir()) == []


def test_only_its_owner_may_read_it(base: Path) -> None:
    written(base, 1)
    assert segments(base)[0].path.stat().st_mode & 0o777 == 0o600
