"""The worlds that a process has open, and the ticker's look at those that stand still."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from sandbox.api.openings import IDLE_SECONDS, Desk
from sandbox.api.ticker import Ticker
from sandbox.central.days import HOUR
from sandbox.central.guide import Refused
from tests import shop


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with three worlds on its shelf."""
    desk = Desk(tmp_path)
    for name in ("one", "two", "three"):
        desk.shelf.make(name, shop.scenario()).close()
    yield desk
    desk.give_back()
    desk.sweep(10**12)


def used(desk: Desk, *names: str) -> None:
    """A request to each."""
    for name in names:
        desk.opened(name)
        desk.give_back()


def logs(desk: Desk) -> list[str]:
    """The worlds that somebody has open, as their files tell."""
    return sorted(path.name.removesuffix(".world-shm") for path in desk.shelf.folder.glob("*-shm"))


def test_the_next_request_finds_the_world_open(desk: Desk) -> None:
    first = desk.opened("one").world
    desk.give_back()
    assert desk.opened("one").world is first


def test_a_request_finds_the_same_world_again(desk: Desk) -> None:
    assert desk.opened("one") is desk.opened("one")


def test_two_requests_at_once_have_a_connection_each(desk: Desk) -> None:
    mine, others = desk.opened("one").world, []
    thread = Thread(target=lambda: (others.append(desk.opened("one").world), desk.give_back()))
    thread.start()
    thread.join()
    assert others[0] is not mine and desk.open_now() == 1


def test_a_world_for_which_nobody_asks_is_closed(desk: Desk) -> None:
    used(desk, "one", "two")
    began = desk._swept
    desk.sweep(began + IDLE_SECONDS / 2)
    assert (logs(desk), desk.open_now()) == (["one", "two"], 2)
    desk.sweep(began + IDLE_SECONDS * 2)
    assert (logs(desk), desk.open_now()) == ([], 0)


def test_a_world_that_is_being_used_is_not_closed(desk: Desk) -> None:
    world = desk.opened("one").world
    desk.sweep(desk._swept + IDLE_SECONDS * 2)
    assert world.now == shop.MONDAY


def test_no_more_worlds_are_open_than_may_be(desk: Desk) -> None:
    desk.open_at_most = 2
    used(desk, "one", "two", "one", "three")
    assert logs(desk) == ["one", "three"]


def test_a_resting_world_goes_on_as_before(desk: Desk) -> None:
    used(desk, "one")
    desk.sweep(desk._swept + 12)
    shop.place(desk.opened("one").world)
    assert desk.opened("one").world.check() == []


def test_a_deleted_world_is_opened_no_more(desk: Desk) -> None:
    used(desk, "one")
    desk.shelf.delete("one")
    with pytest.raises(Refused) as refused:
        desk.opened("one")
    assert (refused.value.code, desk.open_now()) == ("UnknownWorld", 0)


def test_a_world_that_was_made_again_is_the_new_one(desk: Desk) -> None:
    used(desk, "one")
    old = desk.opened("one").file
    desk.give_back()
    desk.shelf.delete("one")
    with closing(desk.shelf.make("one", shop.scenario().model_copy(update={"seed": 8}))):
        assert desk.opened("one").file != old
        account = desk.opened("one").world.account
    assert account and account.seed == "8"


# -- the ticker


def ticked(ticker: Ticker, times: int, wall: float) -> float:
    for _ in range(times):
        wall += 1
        ticker.tick(wall)
    return wall


def test_the_ticker_holds_no_world_open_that_stands_still(desk: Desk) -> None:
    ticker = Ticker(desk.shelf.folder)
    ticked(ticker, 4, 0)
    assert logs(desk) == [] and ticker.desk.open_now() == 0


def test_the_ticker_sees_a_world_that_begins_to_run(desk: Desk) -> None:
    ticker = Ticker(desk.shelf.folder)
    wall = ticked(ticker, 4, 0)
    with closing(desk.shelf.open("one")) as world:
        with world.writing():
            world.clock.rate = 3600.0
        ticked(ticker, 3, wall)
        assert world.now == shop.MONDAY + 2 * HOUR


def test_the_ticker_leaves_a_world_alone_that_was_stopped_again(desk: Desk) -> None:
    ticker = Ticker(desk.shelf.folder)
    with closing(desk.shelf.open("one")) as world:
        for rate in (3600.0, 0.0):
            with world.writing():
                world.clock.rate = rate
            wall = ticked(ticker, 3, 10 * rate)
        stopped = world.now
        ticked(ticker, 5, wall)
        assert world.now == stopped
    assert ticker.desk.open_now() == 0
