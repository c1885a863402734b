"""Worlds that are deleted, and made again, while others still use them."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from sandbox.central.days import DAY
from sandbox.central.file import names_held
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from sandbox.sim.worlds import Shelf
from tests import shop


def in_background(act: Callable[[], object]) -> tuple[Thread, list[Refused]]:
    """Begin to do it; what was refused is in the list once the thread is over."""
    refusals: list[Refused] = []

    def run() -> None:
        try:
            act()
        except Refused as refused:
            refusals.append(refused)

    thread = Thread(target=run)
    thread.start()
    return thread, refusals


def test_whoever_waited_for_its_turn_while_the_world_was_deleted_is_told_so(shelf: Shelf) -> None:
    first = shelf.make("calm", shop.scenario())
    second = shelf.open("calm")
    with first.writing():
        thread, refusals = in_background(lambda: shop.place(second))
        shelf.delete("calm")
    thread.join()
    first.close()
    second.close()
    assert [refused.code for refused in refusals] == ["UnknownWorld"]


def test_whoever_waited_for_its_turn_writes_nothing_into_the_next_world_of_the_name(shelf: Shelf) -> None:
    first = shelf.make("calm", shop.scenario())
    second = shelf.open("calm")
    with first.writing():
        thread, refusals = in_background(lambda: Driver(second).advance(shop.MONDAY + DAY))
        shelf.delete("calm")
        with closing(shelf.make("calm", shop.scenario())) as again:
            untouched = shop.facts(again)
    thread.join()
    first.close()
    second.close()
    with closing(shelf.open("calm")) as again:
        assert (len(refusals), shop.facts(again), again.now) == (1, untouched, shop.MONDAY)


def test_a_deleted_world_takes_no_more_commands(shelf: Shelf) -> None:
    with closing(shelf.make("calm", shop.scenario())) as world:
        shelf.delete("calm")
        with pytest.raises(Refused, match="'calm' was deleted meanwhile, so nothing was done") as refused:
            shop.place(world)
    assert refused.value.code == "UnknownWorld"


def test_what_was_there_when_a_world_was_deleted_can_still_be_read_to_its_end(shelf: Shelf) -> None:
    with closing(shelf.make("calm", shop.scenario())) as world:
        order_id = shop.place(world)
        with world.looking():
            shelf.delete("calm")
            assert world.order(order_id).order_id == order_id


def test_a_world_is_not_closed_while_its_name_goes_to_another(shelf: Shelf) -> None:
    """SQLite takes a log away by its name: between its look at the file and that, the name must stay what it is."""
    world = shelf.make("calm", shop.scenario())
    shop.place(world)
    with names_held(shelf.folder, alone=True):
        thread, _ = in_background(world.close)
        thread.join(0.2)
        assert thread.is_alive()
    thread.join()


def test_a_name_goes_to_no_other_while_its_world_is_opened_or_closed(shelf: Shelf) -> None:
    world = shelf.make("calm", shop.scenario())
    world.close()
    with names_held(shelf.folder):
        thread, _ = in_background(lambda: shelf.delete("calm"))
        thread.join(0.2)
        still_there = shelf.has("calm")
    thread.join()
    assert still_there and not shelf.has("calm")


def test_the_folder_itself_may_be_gone_when_a_world_is_closed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "worlds")
    world = shelf.make("calm", shop.scenario())
    shelf.folder.rename(tmp_path / "elsewhere")
    world.close()
    world.close()
    with closing(World.open(tmp_path / "elsewhere" / "calm.world")) as moved:
        assert moved.now == shop.MONDAY
