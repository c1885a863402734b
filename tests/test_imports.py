"""A world as one file: written, sent elsewhere, and taken in again once it is found sound."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from sandbox.central.days import DAY
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim.imports import adopt, export
from sandbox.sim.worlds import Shelf, keys_of
from tests import shop
from tests.test_worlds import BAD_NAMES


@pytest.fixture
def world(shelf: Shelf) -> Iterator[World]:
    """A busy shop that has lived for three days, and was asked something."""
    world = shelf.make("calm", shop.scenario().model_copy(update={"history_days": 3}))
    with world.writing():
        world.execute("insert into answers values ('idem-key-1', 'f', 200, 'an answer of before', 'text', null)")
    yield world
    world.close()


@pytest.fixture
def file(world: World, tmp_path: Path) -> Path:
    """That world's file."""
    export(world, tmp_path / "calm.file")
    return tmp_path / "calm.file"


def taken(shelf: Shelf, file: Path, name: str = "again") -> World:
    return adopt(shelf, name, lambda target: (shutil.copyfile(file, target), None)[1])


def test_a_world_that_is_taken_in_is_the_one_that_was_written(shelf: Shelf, world: World, file: Path) -> None:
    with closing(taken(shelf, file)) as again:
        assert (shop.facts(again), shop.tables(again), again.now) == (shop.facts(world), shop.tables(world), world.now)


def test_it_goes_on_as_the_other_does(shelf: Shelf, world: World, file: Path) -> None:
    with closing(taken(shelf, file)) as again:
        for one in (world, again):
            shop.wait(one, 5 * DAY)
        assert shop.facts(again) == shop.facts(world)


def test_it_goes_on_in_another_folder(world: World, file: Path, tmp_path: Path) -> None:
    """With a past, a snapshot's worth of changes, and a day that was tried and left no trace."""
    with closing(taken(Shelf(tmp_path / "elsewhere"), file)) as other:
        assert (shop.facts(other), shop.tables(other)) == (shop.facts(world), shop.tables(world))
        for one in (world, other):
            shop.wait(one, 3 * DAY)
        assert shop.facts(other) == shop.facts(world)


def test_a_file_holds_nothing_that_opens_its_world(world: World, file: Path) -> None:
    content = file.read_bytes()
    assert b"sk_calm_" not in content and b"an answer of before" not in content


def test_a_file_holds_that_where_it_is_wanted(shelf: Shelf, world: World, tmp_path: Path) -> None:
    export(world, tmp_path / "whole", keys=True, answers=True)
    content = (tmp_path / "whole").read_bytes()
    assert keys_of(world)[0].encode() in content and b"an answer of before" in content


def test_a_world_that_is_taken_in_has_a_new_key_alone(shelf: Shelf, world: World, tmp_path: Path) -> None:
    export(world, tmp_path / "whole", keys=True, answers=True)
    with closing(taken(shelf, tmp_path / "whole")) as again:
        (key,) = keys_of(again)
        assert key.startswith("sk_again_") and again.rows("select * from answers") == []


def test_a_file_stands_by_itself_and_is_its_owners_alone(file: Path) -> None:
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == ["calm.file"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_written_meanwhile_is_in_the_next_file(world: World, file: Path, shelf: Shelf) -> None:
    order_id = shop.place(world)
    with closing(taken(shelf, file)) as again, pytest.raises(Refused, match="There is no order"):
        again.order(order_id)


# -- what is no world, or no sound one


def change(*statements: str) -> Callable[[Path], None]:
    """Somebody else's changes to a file."""

    def spoil(file: Path) -> None:
        with closing(apsw.Connection(str(file))) as connection:
            for statement in statements:
                connection.execute(statement)

    return spoil


def text(file: Path) -> None:
    file.write_bytes(b"name,price\nkettle,849\n" * 1000)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def other_database(file: Path) -> None:
    file.unlink()
    change("create table orders (order_id)")(file)


def half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def torn(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for place in range(20_000, len(content), 5_000):
        content[place : place + 200] = b"\xff" * 200
    file.write_bytes(bytes(content))


WRITABLE = "pragma writable_schema = on"
SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "text": (text, "it is no SQLite file"),
    "nothing": (empty, "it is no SQLite file"),
    "another database": (other_database, "it has none of a world's tables"),
    "half of it": (half, "."),
    "torn pages": (torn, "."),
    "older": (change("pragma user_version = 3"), r"older seller-sandbox \(tables 3;"),
    "newer": (change("pragma user_version = 99"), r"newer seller-sandbox \(tables 99;"),
    "a trigger": (
        change("create trigger t after insert on facts begin delete from credentials; end"),
        "its trigger 't' is not as a world has it",
    ),
    "a view": (change("create view v as select * from credentials"), "its view 'v' is not as a world has it"),
    "another table": (change("create table mine (x)"), "its table 'mine' is not"),
    "a table less": (change("drop table documents"), "it has no table 'documents'"),
    "an index less": (change("drop index orders_placed"), "it has no index 'orders_placed'"),
    "a column more": (change("alter table orders add column x integer"), "its table 'orders' is not"),
    "a view in a table's place": (
        change("drop table documents", "create view documents as select 1 as report, 2 as body"),
        "its view 'documents' is not",
    ),
    "two clocks": (change("insert into clock select * from clock"), "it has 2 rows in its clock"),
    "no account": (change("delete from account"), "it has 0 rows in its account"),
    "an index that lies": (
        change(
            WRITABLE,
            "update sqlite_schema set rootpage = (select rootpage from sqlite_schema where name ="
            " 'orders_late') where name = 'orders_confirmed'",
        ),
        ".",
    ),
    "money from nowhere": (
        change("update entries set amount_minor = 7 where kind in (select kind from entries limit 1)"),
        ".",
    ),
    "a fact that is none": (change("update facts set kind = 'MoonLanding' where seq = 9"), "MoonLanding"),
    "a fact that says nothing": (change("update facts set body = '{}' where seq = 9"), "it cannot be read"),
    "a fact missing": (change("delete from facts where seq = 9"), "its fact 10 is not where it belongs"),
    "a step that is none": (change("update agenda set step = 'os.system'"), "not known here: 'os.system'"),
    "something overdue": (change("update agenda set at = 5"), "was to happen in it at 5"),
    "a scenario that is none": (change("update cast set state = '{' where name = 'scenario'"), "."),
    "no scenario": (change("delete from cast where name = 'scenario'"), "."),
    "time that never was": (change("update clock set now = -9000000000000000"), "outside the years"),
    "time that runs wild": (change("update clock set rate = 1e300"), "its time runs at 1e"),
    "an order of nobody": (change("update orders set buyer = 99999"), "its table orders is not what its facts come to"),
    "an order of another's": (change("update facts set order_number = 7 where seq = 90"), "its table facts is not"),
    "a status of nothing": (change("update orders set status = 'Weird'"), "its table orders is not"),
    "nobody who buys": (change("delete from buyers"), "its table buyers is not what its facts come to"),
    "a step about nothing": (change("update agenda set ref = 'x y z'"), "the day that follows cannot be lived"),
    "desks of nobody": (change("update cast set state = '[]' where name = 'desks'"), "the day that follows cannot be"),
    "a policy that is none": (change("""update account set policy = '../mine'"""), "it cannot be read|policy"),
}


@pytest.mark.parametrize(("spoil", "said"), SPOILT.values(), ids=SPOILT)
def test_a_file_that_is_not_sound_is_refused_with_what_is_wrong(
    shelf: Shelf, world: World, file: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(file)
    before = sorted(path.name for path in shelf.folder.iterdir())
    with pytest.raises(Refused, match=f"This file is not taken for a world: .*{said}") as refused:
        taken(shelf, file).close()
    assert refused.value.code == "InvalidWorldFile" and refused.value.sentence.isprintable()
    assert sorted(path.name for path in shelf.folder.iterdir()) == before


def test_a_name_that_is_taken_is_refused_and_its_world_stays(shelf: Shelf, world: World, file: Path) -> None:
    before = shop.facts(world)
    with pytest.raises(Refused) as refused:
        taken(shelf, file, "calm")
    assert (refused.value.code, shop.facts(world)) == ("WorldExists", before)


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_only_plain_names_are_names(shelf: Shelf, file: Path, name: str) -> None:
    with pytest.raises(Refused) as refused:
        taken(shelf, file, name)
    assert refused.value.code == "InvalidName"
