"""Snapshots and forks: a world kept as it is, put back whole, and multiplied."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Thread

import apsw
import pytest

from sandbox.central import orders
from sandbox.central.days import DAY, HOUR
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim import snapshots
from sandbox.sim.worlds import Shelf, keys_of
from tests import shop
from tests.test_worlds import BAD_NAMES


@pytest.fixture
def world(shelf: Shelf) -> Iterator[World]:
    """A busy shop that has lived for three days."""
    world = shelf.make("calm", shop.scenario().model_copy(update={"history_days": 3}))
    yield world
    world.close()


def whole(world: World) -> tuple[object, ...]:
    """All that its future follows from, and all that happened."""
    tables = [world.rows(f"select * from {table} order by 1, 2") for table in ("agenda", "cast", "account")]
    return world.now, shop.facts(world), shop.tables(world), tables


# -- kept and put back


def test_a_restored_world_is_as_it_was(world: World) -> None:
    before = whole(world)
    snapshots.take(world, "before")
    shop.wait(world, 5 * DAY)
    assert whole(world) != before
    snapshots.restore(world, "before")
    assert whole(world) == before and world.check() == []


def test_a_restored_world_has_the_same_future(world: World) -> None:
    snapshots.take(world, "before")
    shop.wait(world, 5 * DAY)
    first = whole(world)
    snapshots.restore(world, "before")
    shop.wait(world, 5 * DAY)
    assert whole(world) == first


def test_going_back_keeps_the_keys_of_now(world: World) -> None:
    snapshots.take(world, "before")
    with world.writing():
        world.execute("insert into credentials values ('sk_calm_another', 'second key')")
    keys = keys_of(world)
    snapshots.restore(world, "before")
    assert keys_of(world) == keys and len(keys) == 2


def test_each_going_back_begins_another_epoch(world: World) -> None:
    snapshots.take(world, "before")
    epochs = [world.clock.epoch]
    for _ in range(3):
        snapshots.restore(world, "before")
        epochs.append(world.clock.epoch)
    assert len(set(epochs)) == 4


def test_what_was_remembered_of_an_order_is_no_longer_so_after_going_back(world: World) -> None:
    order_id = shop.place(world)
    snapshots.take(world, "before")
    stamp = orders.stamp(world, order_id)
    snapshots.restore(world, "before")
    assert orders.stamp(world, order_id) != stamp


def test_others_who_have_it_open_see_it_put_back(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "before")
    with closing(shelf.open("calm")) as other:
        shop.wait(other, 5 * DAY)
        snapshots.restore(world, "before")
        assert whole(other) == whole(world)
        shop.place(other)
        assert whole(other) == whole(world)


def test_a_policy_that_was_changed_since_is_changed_no_more(world: World) -> None:
    shop.wait(world, HOUR)
    fee = world.policy.fee_percent
    snapshots.take(world, "before")
    with world.writing():
        world.execute("""update account set policy_changes = '{"fee_percent": 9}'""")
        world.execute("update clock set policies = policies + 1")
        world.refresh()
    assert world.policy.fee_percent == 9
    snapshots.restore(world, "before")
    assert world.policy.fee_percent == fee


def test_going_back_waits_for_whoever_writes(shelf: Shelf, world: World) -> None:
    before = whole(world)
    snapshots.take(world, "before")

    def go_back() -> None:
        with closing(shelf.open("calm")) as other:
            snapshots.restore(other, "before")

    with world.writing():
        thread = Thread(target=go_back)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        shop.place(world)
    thread.join()
    assert whole(world) == before


def test_whoever_reads_meanwhile_reads_to_the_end_what_was_so(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "before")
    shop.wait(world, 2 * DAY)
    with closing(shelf.open("calm")) as reader:
        with reader.looking():
            now = whole(reader)
            snapshots.restore(world, "before")
            assert whole(reader) == now
        assert whole(reader) == whole(world) != now


def test_a_snapshot_is_whole_though_somebody_reads_what_is_older(shelf: Shelf, world: World) -> None:
    """Then what is in the log cannot be moved into the file."""
    with closing(shelf.open("calm")) as reader, reader.looking():
        reader.rows("select count(*) from facts")
        order_id = shop.place(world)
        snapshots.take(world, "later")
    with closing(snapshots.fork(shelf, "other", world, "later")) as other:
        assert other.order(order_id).order_id == order_id and whole(other) == whole(world)


def test_snapshots_are_listed_with_what_they_are_of(world: World) -> None:
    assert snapshots.names(world.path) == []
    one = snapshots.take(world, "one")
    shop.wait(world, DAY)
    two = snapshots.take(world, "two")
    assert snapshots.names(world.path) == ["one", "two"]
    assert (two.now - one.now, one.facts < two.facts, one.bytes > 0) == (DAY, True, True)


def test_snapshots_are_no_worlds_and_their_owners_alone(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "one")
    folder = shelf.folder / ".calm.snapshots"
    assert shelf.names() == ["calm"]
    assert (folder.stat().st_mode & 0o777, (folder / "one.world").stat().st_mode & 0o777) == (0o700, 0o600)


def test_nothing_but_the_snapshot_is_left_after_taking_it(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "one")
    snapshots.read(world.path, "one")
    snapshots.restore(world, "one")
    assert [path.name for path in (shelf.folder / ".calm.snapshots").iterdir()] == ["one.world"]
    assert [path.name for path in shelf.folder.iterdir() if path.name.startswith(".calm.world.")] == [
        ".calm.world.turn"
    ]


# -- refused


def test_a_name_that_is_taken_is_refused_and_its_snapshot_stays(world: World) -> None:
    before = whole(world)
    snapshots.take(world, "before")
    shop.wait(world, DAY)
    with pytest.raises(Refused, match="There is a snapshot 'before' of 'calm' already") as refused:
        snapshots.take(world, "before")
    snapshots.restore(world, "before")
    assert (refused.value.code, whole(world)) == ("SnapshotExists", before)


USES: list[Callable[[Shelf, World, str], object]] = [
    lambda shelf, world, name: snapshots.read(world.path, name),
    lambda shelf, world, name: snapshots.delete(world.path, name),
    lambda shelf, world, name: snapshots.restore(world, name),
    lambda shelf, world, name: snapshots.fork(shelf, "other", world, name),
]
each_use = pytest.mark.parametrize("use", USES, ids=["read", "delete", "restore", "fork"])


@each_use
def test_an_unknown_snapshot_is_refused_with_those_that_there_are(
    shelf: Shelf, world: World, use: Callable[[Shelf, World, str], object]
) -> None:
    snapshots.take(world, "before")
    with pytest.raises(Refused, match=r"no snapshot 'after' of the world 'calm'. There are: before\.") as refused:
        use(shelf, world, "after")
    assert (refused.value.code, shelf.names()) == ("UnknownSnapshot", ["calm"])


@each_use
@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_only_plain_names_are_names_of_snapshots(
    shelf: Shelf, world: World, use: Callable[[Shelf, World, str], object], name: str
) -> None:
    with pytest.raises(Refused, match="no name for a snapshot") as refused:
        use(shelf, world, name)
    assert refused.value.code == "InvalidName" and len(refused.value.sentence) < 200


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_no_other_name_is_given(shelf: Shelf, world: World, name: str) -> None:
    with pytest.raises(Refused) as refused:
        snapshots.take(world, name)
    assert refused.value.code == "InvalidName" and not (shelf.folder / ".calm.snapshots").exists()


@pytest.mark.parametrize("use", [USES[0], USES[2], USES[3]], ids=["read", "restore", "fork"])
@pytest.mark.parametrize(("version", "code"), [(1, "WorldTooOld"), (4, "WorldTooOld"), (1000, "WorldTooNew")])
def test_a_snapshot_of_another_version_is_refused_with_it(
    shelf: Shelf, world: World, use: Callable[[Shelf, World, str], object], version: int, code: str
) -> None:
    snapshots.take(world, "before")
    with closing(apsw.Connection(str(shelf.folder / ".calm.snapshots" / "before.world"))) as file:
        file.execute(f"pragma user_version = {version}")
    before = whole(world)
    with pytest.raises(Unusable, match=f"The snapshot 'before' cannot be used: .*tables {version};") as unusable:
        use(shelf, world, "before")
    assert (unusable.value.code, whole(world), shelf.names()) == (code, before, ["calm"])


def test_a_damaged_snapshot_is_told_and_the_world_stays(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "before")
    (shelf.folder / ".calm.snapshots" / "before.world").write_bytes(b"no database, but long enough for one" * 100)
    before = whole(world)
    with pytest.raises(Unusable, match="The snapshot 'before' cannot be used") as unusable:
        snapshots.restore(world, "before")
    assert (unusable.value.code, whole(world)) == ("WorldDamaged", before)


# -- deleted


def test_a_deleted_snapshot_is_gone(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "before")
    snapshots.delete(world.path, "before")
    assert snapshots.names(world.path) == [] and not (shelf.folder / ".calm.snapshots").exists()


def test_a_deleted_world_takes_its_snapshots_along(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "before")
    world.close()
    shelf.delete("calm")
    assert [*shelf.folder.iterdir()] == []


def test_the_next_world_of_a_name_has_none_of_the_snapshots(shelf: Shelf, world: World) -> None:
    """Whoever is killed while deleting leaves them behind."""
    snapshots.take(world, "before")
    world.close()
    shelf.path("calm").unlink()
    with closing(shelf.make("calm", shop.scenario())) as again:
        assert snapshots.names(again.path) == []


def test_nothing_is_kept_of_a_world_that_was_deleted_meanwhile(shelf: Shelf, world: World) -> None:
    shelf.delete("calm")
    with pytest.raises(Refused) as refused:
        snapshots.take(world, "before")
    world.close()
    assert (refused.value.code, [*shelf.folder.iterdir()]) == ("UnknownWorld", [])


# -- forks


def test_a_fork_goes_on_as_its_world_does(shelf: Shelf, world: World) -> None:
    with closing(snapshots.fork(shelf, "other", world)) as other:
        shop.wait(world, 5 * DAY)
        shop.wait(other, 5 * DAY)
        assert whole(other) == whole(world)


def test_a_fork_has_a_key_of_its_own_and_nothing_that_opens_the_other(shelf: Shelf, world: World) -> None:
    with closing(snapshots.fork(shelf, "other", world)) as other:
        (key,) = keys_of(other)
        assert key.startswith("sk_other_") and keys_of(world)[0] != key


def test_what_is_done_to_a_fork_is_not_done_to_its_world(shelf: Shelf, world: World) -> None:
    before = whole(world)
    with closing(snapshots.fork(shelf, "other", world)) as other:
        shop.place(other)
        shop.wait(other, DAY)
    assert whole(world) == before


def test_a_fork_of_a_snapshot_is_as_that_was(shelf: Shelf, world: World) -> None:
    snapshots.take(world, "before")
    before = whole(world)
    shop.wait(world, DAY)
    with closing(snapshots.fork(shelf, "other", world, "before")) as other:
        assert whole(other) == before


def test_a_fork_takes_no_name_that_is_taken(shelf: Shelf, world: World) -> None:
    with pytest.raises(Refused) as refused:
        snapshots.fork(shelf, "calm", world)
    assert refused.value.code == "WorldExists"


FORKS, AT_ONCE = 100, 4
_MOVE = """
import sys
from pathlib import Path
from sandbox.central.days import HOUR
from sandbox.central import orders
from sandbox.sim.driver import Driver
from sandbox.sim.worlds import Shelf
shelf = Shelf(Path(sys.argv[1]))
for name in sys.argv[2:]:
    number = int(name[1:])
    world = shelf.open(name)
    Driver(world).advance(world.now + (1 + number % 7) * HOUR)
    sql = "select order_id from orders where is_open and view = 'production' order by number"
    waiting = [row[0] for row in world.rows(sql)]
    world.do(orders.cancel, by="seller", order_id=waiting[number % len(waiting)], reason="NoInventory")
    Driver(world).advance(world.now + 12 * HOUR)
    world.close()
"""


def content(world: World) -> str:
    return hashlib.blake2b(repr(whole(world)).encode()).hexdigest()


def test_a_hundred_forks_moved_by_different_commands_in_parallel_processes_stay_independent(
    shelf: Shelf, world: World
) -> None:
    """Each comes to what it comes to alone, to the byte, and the world that they were made of stays as it was."""
    before = content(world)
    names = [f"f{number}" for number in range(FORKS)]
    for name in names:
        snapshots.fork(shelf, name, world).close()
    moving = [
        subprocess.Popen([sys.executable, "-c", _MOVE, str(shelf.folder), *names[part::AT_ONCE]])
        for part in range(AT_ONCE)
    ]
    assert [process.wait(120) for process in moving] == [0] * AT_ONCE
    found = []
    for name in names:
        with closing(shelf.open(name)) as fork:
            found.append(content(fork))
    assert content(world) == before and len(set(found)) > FORKS // 2
    for number in (0, 41, 99):
        snapshots.fork(shelf, f"a{number}", world).close()
        subprocess.run([sys.executable, "-c", _MOVE, str(shelf.folder), f"a{number}"], check=True)
        with closing(shelf.open(f"a{number}")) as alone:
            assert content(alone) == found[number]
