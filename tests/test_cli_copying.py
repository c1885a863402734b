"""The commands that keep, multiply and compare worlds, run for real."""

from contextlib import closing
from pathlib import Path

import pytest

from sandbox.sim.worlds import Shelf
from tests import shop
from tests.commands import sandbox, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a world `calm` and its snapshot `before`."""
    Shelf(tmp_path / "worlds").make("calm", shop.scenario()).close()
    assert told(tmp_path, "snapshot", "calm", "before")["name"] == "before"
    return tmp_path


def test_a_world_is_kept_and_put_back(folder: Path) -> None:
    before = told(folder, "snapshot", "calm")["snapshots"][0]
    told(folder, "advance", "calm", "--by", "3d")
    back = told(folder, "restore", "calm", "before")
    assert (back["now"], back["facts"]) == (before["now"], before["facts"])


def test_people_are_told_in_sentences(folder: Path) -> None:
    assert sandbox(folder, "snapshot", "calm").stdout.startswith("before: 2026-03-02T04:30:00.000Z, ")
    assert sandbox(folder, "snapshot", "calm", "two").stdout == "calm is kept as two: 2026-03-02T04:30:00.000Z.\n"
    assert sandbox(folder, "restore", "calm", "two").stdout.startswith("calm is as it was in two: ")
    assert sandbox(folder, "snapshot", "calm", "two", "--delete").stdout == "The snapshot two is gone.\n"


def test_a_fork_goes_on_from_where_the_other_stands(folder: Path) -> None:
    told(folder, "advance", "calm", "--by", "1d")
    now, then = told(folder, "fork", "calm", "one"), told(folder, "fork", "calm", "two", "--snapshot", "before")
    assert (now["now"], then["now"]) == ("2026-03-03T04:30:00.000Z", "2026-03-02T04:30:00.000Z")
    assert now["key"].startswith("sk_one_") and sandbox(folder, "key", "one").stdout.strip() == now["key"]


def test_worlds_are_compared(folder: Path) -> None:
    with closing(Shelf(folder / "worlds").open("calm")) as world:
        order_id = shop.place(world)
    found = told(folder, "diff", "calm", "--snapshot", "before")
    assert (found["orders"][0]["order_id"], found["orders"][0]["only_in"]) == (order_id, "this")
    said = sandbox(folder, "diff", "calm", "--snapshot", "before").stdout
    assert "Only in calm: " in said and "Only in before: nothing" in said and f"{order_id}: only in calm" in said


def test_a_world_is_taken_elsewhere_in_one_file(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.world"
    written = told(folder, "export-world", "calm", "--out", str(file))
    made = told(folder / "elsewhere", "import-world", str(file), "--name", "again")
    shelves = Shelf(folder / "worlds"), Shelf(folder / "elsewhere" / "worlds")
    with closing(shelves[0].open("calm")) as one, closing(shelves[1].open("again")) as other:
        assert shop.facts(other) == shop.facts(one)
    assert written["bytes"] == file.stat().st_size and made["key"].startswith("sk_again_")


REFUSED: list[tuple[list[str], int, str]] = [
    (["snapshot", "calm", "before"], 2, "SnapshotExists: "),
    (["snapshot", "calm", "../x"], 2, "InvalidName: "),
    (["snapshot", "calm", "--delete"], 2, "Say which snapshot"),
    (["snapshot", "clam"], 2, "UnknownWorld: "),
    (["restore", "calm", "after"], 2, "UnknownSnapshot: "),
    (["fork", "calm", "calm"], 2, "WorldExists: "),
    (["fork", "calm", "new", "--snapshot", "after"], 2, "UnknownSnapshot: "),
    (["diff", "calm"], 2, "Say what to compare with"),
    (["diff", "calm", "--since", "1", "--snapshot", "before"], 2, "Say what to compare with"),
    (["diff", "calm", "nowhere"], 2, "UnknownWorld: "),
    (["export-world", "calm", "--out", "/nowhere/x"], 2, "no such folder"),
    (["import-world", __file__, "--name", "new"], 2, "InvalidWorldFile: "),
]


@pytest.mark.parametrize(("words", "code", "said"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_does_not_fit_is_refused_with_a_sentence(folder: Path, words: list[str], code: int, said: str) -> None:
    done = sandbox(folder, *words, COLUMNS="400")
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False)


def test_a_file_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = sandbox(folder, "export-world", "calm", "--out", str(tmp_path / "mine"))
    assert done.returncode == 2 and (tmp_path / "mine").read_text() == "mine"
