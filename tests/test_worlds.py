"""The shelf of worlds: made whole or not at all, opened, listed and deleted by plain names."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.central.days import DAY
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import Scenario
from sandbox.sim.worlds import Shelf
from tests import shop


def with_history(days: int = 10) -> Scenario:
    return shop.scenario().model_copy(update={"history_days": days})


def put(shelf: Shelf, name: str) -> None:
    """Make a world and let go of it."""
    shelf.make(name, shop.scenario()).close()


def files(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.folder.glob("*") if path.is_file())


def hidden(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.folder.iterdir() if path.name.startswith("."))


# -- made


def test_a_new_world_begins_at_the_start_of_its_scenario(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    now = world.now
    world.close()
    assert now == shop.MONDAY


def test_a_new_world_has_lived_through_its_history(shelf: Shelf) -> None:
    world = shelf.make("calm", with_history(10))
    opened, now = world.facts(limit=1)[0].at, world.now
    (placed,) = world.execute("select count(*) from orders where placed_at < ?", (now,)).fetchone()
    world.close()
    assert (opened, now) == (shop.MONDAY - 10 * DAY, shop.MONDAY) and placed > 100


def test_the_same_scenario_makes_the_same_world(shelf: Shelf) -> None:
    found = []
    for name in ("one", "two"):
        world = shelf.make(name, with_history())
        found.append((shop.facts(world), shop.tables(world)))
        world.close()
    assert found[0] == found[1]


def test_another_seed_makes_another_world(shelf: Shelf) -> None:
    found = []
    for seed in (1, 2):
        world = shelf.make(f"seed-{seed}", with_history().model_copy(update={"seed": seed}))
        found.append({order_id for (order_id,) in world.execute("select order_id from orders")})
        world.close()
    assert not found[0] & found[1]


def test_a_history_is_what_the_same_days_would_have_been(shelf: Shelf) -> None:
    """A world with ten days behind it, or one that began ten days earlier and has passed them."""
    bare = shop.scenario().model_copy(update={"test_orders": 0})
    past = shelf.make("past", bare.model_copy(update={"history_days": 10}))
    early = shelf.make("early", bare.model_copy(update={"start": shop.MONDAY - 10 * DAY}))
    shop.wait(early, 10 * DAY)
    found = shop.facts(past), shop.facts(early)
    past.close()
    early.close()
    assert found[0] == found[1]


def test_progress_is_told_up_to_the_start(shelf: Shelf) -> None:
    told: list[int] = []
    shelf.make("calm", with_history(), progress=told.append).close()
    assert told == sorted(told) and told[-1] == shop.MONDAY and len(told) >= 10


def test_a_made_world_is_open_and_can_be_moved(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    Driver(world).advance(world.now + DAY)
    found = shelf.open("calm")
    now = found.now
    found.close()
    world.close()
    assert now == shop.MONDAY + DAY


def test_the_folder_is_made_with_its_first_world(shelf: Shelf) -> None:
    assert not shelf.folder.exists()
    put(shelf, "calm")
    assert shelf.folder.is_dir()


# -- whole or not at all


def test_a_world_does_not_appear_before_it_is_whole(shelf: Shelf) -> None:
    seen: list[list[str]] = []
    shelf.make("calm", with_history(), progress=lambda at: seen.append(shelf.names())).close()
    assert seen and not any(seen) and shelf.names() == ["calm"]


def test_a_world_that_is_being_made_cannot_be_opened(shelf: Shelf) -> None:
    codes: list[str] = []

    def look(at: int) -> None:
        with pytest.raises(Refused) as refused:
            shelf.open("calm")
        codes.append(refused.value.code)

    shelf.make("calm", with_history(2), progress=look).close()
    assert set(codes) == {"UnknownWorld"}


def fails(at: int) -> None:
    raise ZeroDivisionError


def test_where_making_fails_nothing_is_left_behind(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError):
        shelf.make("calm", with_history(), progress=fails)
    assert [*shelf.folder.iterdir()] == []


def test_where_making_failed_the_name_is_free(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError):
        shelf.make("calm", with_history(), progress=fails)
    put(shelf, "calm")
    assert shelf.names() == ["calm"]


def test_nothing_but_the_world_is_left_after_making(shelf: Shelf) -> None:
    put(shelf, "calm")
    assert sorted(path.name for path in shelf.folder.iterdir()) == ["calm.world"]


def test_a_world_that_somebody_made_meanwhile_stays_as_it_is(shelf: Shelf) -> None:
    """Two make the same name at once: the second is refused, and the first one's world is untouched."""

    def overtakes(at: int) -> None:
        if not shelf.names():
            shutil.copy(shelf.folder.parent / "ready.world", shelf.path("calm"))

    worlds.make(shelf.folder.parent / "ready.world", shop.scenario()).close()
    with pytest.raises(Refused, match="There is a world 'calm' already") as refused:
        shelf.make("calm", with_history(), progress=overtakes)
    world = shelf.open("calm")
    facts = len(shop.facts(world))
    world.close()
    assert (refused.value.code, hidden(shelf), facts < 100) == ("WorldExists", [], True)


def test_two_who_make_the_same_name_in_one_process_do_not_meet_in_one_file(shelf: Shelf) -> None:
    """Several threads of a server may be asked for the same name at once."""

    def overtakes(at: int) -> None:
        if not shelf.names():
            put(shelf, "calm")

    with pytest.raises(Refused) as refused:
        shelf.make("calm", with_history(), progress=overtakes)
    world = shelf.open("calm")
    facts = len(shop.facts(world))
    world.close()
    assert (refused.value.code, hidden(shelf), facts < 100) == ("WorldExists", [], True)


def test_a_world_that_was_closed_has_let_go_of_its_file(shelf: Shelf) -> None:
    """SQLite takes its journal away when the last one closes. A file that is held on to keeps its old journal in this
    process, while others start a new one: then both write over each other."""
    world = shelf.make("calm", shop.scenario())
    Driver(world).advance(world.now + 3 * DAY)
    world.close()
    assert files(shelf) == ["calm.world"]


def test_a_new_world_has_its_journal_where_other_processes_look_for_it(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    shop.place(world)
    found = files(shelf)
    world.close()
    assert found == [".calm.world.turn", "calm.world", "calm.world-shm", "calm.world-wal"]


def test_a_world_is_whole_though_a_journal_of_the_same_name_was_left_behind(shelf: Shelf, tmp_path: Path) -> None:
    """Deleting takes more than one step; whoever is killed in between leaves the journal of a world that is gone."""
    gone = shelf.make("calm", shop.scenario())
    shop.wait(gone, 5 * DAY)
    shutil.copy(shelf.folder / "calm.world-wal", tmp_path / "wal")
    gone.close()
    shelf.delete("calm")
    shutil.copy(tmp_path / "wal", shelf.folder / "calm.world-wal")
    world = shelf.make("calm", with_history(3))
    now, sound = world.now, world.execute("pragma integrity_check").fetchall()
    world.close()
    assert (now, sound) == (shop.MONDAY, [("ok",)])


# -- whose it is


def test_a_world_file_is_its_owners_alone(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    shop.place(world)
    modes = {path.stat().st_mode & 0o777 for path in shelf.folder.iterdir()}
    world.close()
    assert modes == {0o600}


def test_a_world_file_is_its_owners_alone_while_it_is_made(shelf: Shelf) -> None:
    modes: set[int] = set()

    def look(at: int) -> None:
        modes.update(path.stat().st_mode & 0o777 for path in shelf.folder.iterdir())

    shelf.make("calm", with_history(2), progress=look).close()
    assert modes == {0o600}


def test_a_copy_is_its_owners_alone(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    world.copy_to(shelf.path("copy"))
    world.close()
    assert shelf.path("copy").stat().st_mode & 0o777 == 0o600


def test_a_copy_does_not_take_the_place_of_another_world(shelf: Shelf) -> None:
    put(shelf, "diwali")
    world = shelf.make("calm", shop.scenario())
    before = shelf.path("diwali").read_bytes()
    with suppress(Refused, FileExistsError, AssertionError):
        world.copy_to(shelf.path("diwali"))
    world.close()
    assert shelf.path("diwali").read_bytes() == before


def test_the_folder_is_its_owners_alone(shelf: Shelf) -> None:
    put(shelf, "calm")
    assert shelf.folder.stat().st_mode & 0o777 == 0o700


# -- listed and opened


def test_worlds_are_listed_by_name(shelf: Shelf) -> None:
    for name in ("diwali", "calm", "b-2"):
        put(shelf, name)
    assert shelf.names() == ["b-2", "calm", "diwali"]


def test_a_shelf_without_a_folder_is_empty(shelf: Shelf) -> None:
    assert shelf.names() == []


@pytest.mark.parametrize("name", ["notes.txt", "Capital.world", ".hidden.world", "-.world", ".world", "calm.world-wal"])
def test_other_files_are_no_worlds(shelf: Shelf, name: str) -> None:
    put(shelf, "calm")
    (shelf.folder / name).write_text("something else")
    assert shelf.names() == ["calm"]


def test_a_folder_is_no_world(shelf: Shelf) -> None:
    put(shelf, "calm")
    (shelf.folder / "folder.world").mkdir()
    assert shelf.names() == ["calm"]


def test_a_world_is_opened_as_it_was_left(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    shop.wait(world, 3 * DAY)
    left = shop.facts(world)
    world.close()
    again = shelf.open("calm")
    found = shop.facts(again)
    again.close()
    assert found == left


@pytest.mark.parametrize("act", [Shelf.open, Shelf.delete])
def test_a_world_that_is_not_there_is_refused(shelf: Shelf, act: Callable[[Shelf, str], object]) -> None:
    put(shelf, "calm")
    with pytest.raises(Refused, match="There is no world 'clam'") as refused:
        act(shelf, "clam")
    assert refused.value.code == "UnknownWorld"


def test_whoever_asks_for_an_unknown_world_is_told_which_there_are(shelf: Shelf) -> None:
    put(shelf, "calm")
    with pytest.raises(Refused, match=r"There are: calm\."):
        shelf.open("clam")


def test_a_file_that_is_no_world_cannot_be_opened(shelf: Shelf) -> None:
    put(shelf, "calm")
    shelf.path("junk").write_bytes(b"no database at all, but long enough to look like one" * 100)
    with pytest.raises(Unusable) as unusable:
        shelf.open("junk")
    assert unusable.value.code == "WorldDamaged"


def test_an_empty_file_is_no_world(shelf: Shelf) -> None:
    put(shelf, "calm")
    shelf.path("empty").touch()
    with pytest.raises(Unusable) as unusable:
        shelf.open("empty")
    assert unusable.value.code == "WorldDamaged"


# -- made twice, deleted


def test_a_name_is_given_once(shelf: Shelf) -> None:
    put(shelf, "calm")
    with pytest.raises(Refused, match=r"There is a world 'calm' already\. Choose another name.") as refused:
        shelf.make("calm", shop.scenario())
    assert refused.value.code == "WorldExists"


def test_a_refused_name_leaves_the_world_as_it_is(shelf: Shelf) -> None:
    put(shelf, "calm")
    before = shelf.path("calm").read_bytes()
    with pytest.raises(Refused):
        shelf.make("calm", with_history())
    assert (shelf.path("calm").read_bytes(), files(shelf)) == (before, ["calm.world"])


def test_a_deleted_world_is_gone_with_all_that_belongs_to_it(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    shop.wait(world, DAY)
    shelf.delete("calm")
    world.close()
    assert [*shelf.folder.iterdir()] == []


def test_a_deleted_name_can_be_made_again(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    shop.wait(world, 5 * DAY)
    world.close()
    shelf.delete("calm")
    again = shelf.make("calm", shop.scenario())
    now = again.now
    again.close()
    assert now == shop.MONDAY


def test_whoever_still_has_a_deleted_world_open_takes_nothing_from_the_next_of_that_name(shelf: Shelf) -> None:
    """SQLite takes away a journal by its name when the last one closes, and the new world's has the same name."""
    old = shelf.make("calm", shop.scenario())
    shop.wait(old, DAY)
    shelf.delete("calm")
    new = shelf.make("calm", shop.scenario())
    order_id = shop.place(new)
    old.close()
    again = shelf.open("calm")
    found = again.execute("select order_id from orders where order_id = ?", (order_id,)).fetchall()
    again.close()
    new.close()
    assert found == [(order_id,)]


def test_deleting_one_world_leaves_the_others(shelf: Shelf) -> None:
    for name in ("calm", "calm-2"):
        put(shelf, name)
    shelf.delete("calm")
    assert shelf.names() == ["calm-2"]


# -- names

BAD_NAMES = {
    "nothing": "",
    "here": ".",
    "up": "..",
    "path": "a/b",
    "path up": "../calm",
    "absolute": "/tmp/calm",
    "backslash": "a\\b",
    "capitals": "Calm",
    "blank": "a b",
    "dot": "calm.world",
    "underscore": "a_b",
    "dash first": "-calm",
    "dash last": "calm-",
    "new line": "calm\n",
    "null": "calm\0",
    "control": "ca\x1blm",
    "umlaut": "käse",
    "digits of another script": "१२३",
    "look-alike": "\u0441\u0430lm",
    "surrogate": "a\ud800b",
    "41 letters": "x" * 41,
    "10,000 letters": "x" * 10_000,
    "star": "*",
    "percent": "%2e%2e",
}


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_only_plain_names_are_names(shelf: Shelf, name: str) -> None:
    with pytest.raises(Refused) as refused:
        shelf.make(name, shop.scenario())
    assert refused.value.code == "InvalidName"


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
@pytest.mark.parametrize("act", [Shelf.open, Shelf.delete, Shelf.path])
def test_no_other_name_is_looked_for(shelf: Shelf, act: Callable[[Shelf, str], object], name: str) -> None:
    with pytest.raises(Refused) as refused:
        act(shelf, name)
    assert refused.value.code == "InvalidName"


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_refused_name_can_be_printed_and_is_short(shelf: Shelf, name: str) -> None:
    with pytest.raises(Refused) as refused:
        shelf.path(name)
    assert refused.value.sentence.isprintable() and len(refused.value.sentence) < 200


def test_a_refused_name_makes_no_file(shelf: Shelf, tmp_path: Path) -> None:
    for name in BAD_NAMES.values():
        with pytest.raises(Refused):
            shelf.make(name, shop.scenario())
    assert [*tmp_path.rglob("*")] == []


@pytest.mark.parametrize("name", ["a", "7", "calm", "first-week", "x" * 40, "a-1-b"])
def test_plain_names_are_taken(shelf: Shelf, name: str) -> None:
    put(shelf, name)
    assert shelf.names() == [name]


# -- played by


@pytest.mark.parametrize("players", [{"dispach": "person"}, {"inbox": "robot"}])
def test_a_desk_or_player_that_there_is_not_is_no_bug_of_ours_that_passes_unseen(
    shelf: Shelf, players: dict[str, str]
) -> None:
    with pytest.raises((Refused, AssertionError, KeyError)):
        shelf.make("calm", shop.scenario(), players=players)


def test_a_world_runs_at_the_rate_of_its_scenario(shelf: Shelf) -> None:
    world = shelf.make("fast", shop.scenario().model_copy(update={"rate": 60.0}))
    rate = world.clock.rate
    world.close()
    assert rate == 60


def test_a_world_can_be_opened_by_two(shelf: Shelf) -> None:
    first = shelf.make("calm", shop.scenario())
    second = World.open(first.path)
    order_id = shop.place(second)
    found = first.order(order_id).order_id
    first.close()
    second.close()
    assert found == order_id
