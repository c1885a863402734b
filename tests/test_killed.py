"""Processes that are really killed, and processes that write at once: what was answered is there, and whole."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from sandbox.central.days import DAY, HOUR
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
from tests import shop

HOUSE = Path(__file__).parents[1]

ROUNDS = 8
PATIENCE = 60
"""Seconds after which a child that says nothing is a failure; none should need one."""

DAY_BY_DAY = """
import sys
from pathlib import Path
from sandbox.central.days import DAY
from sandbox.central.world import World
from sandbox.sim.driver import Driver
world = World.open(Path(sys.argv[1]))
driver = Driver(world)
while True:
    print(driver.advance(world.now + DAY, window=int(sys.argv[2])).end, flush=True)
"""
"""Answers each day with the moment that the world has reached."""

ORDER_BY_ORDER = """
import sys
from pathlib import Path
from sandbox.central import orders
from sandbox.central.orders import Piece
from sandbox.central.world import World
world = World.open(Path(sys.argv[1]))
while True:
    (fact,) = world.do(orders.place, by="buyer", buyer=1, address=1, pieces=[Piece(1, 1, 84_900)])
    print(fact.order_id, flush=True)
"""
"""Answers each order with its id."""

CONFIRMING = """
import sys
import time
from pathlib import Path
from sandbox.central import shipments
from sandbox.central.guide import Refused
from sandbox.central.world import World
world = World.open(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for order_id in sys.argv[2:]:
    try:
        world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC")
        print(order_id, "Confirmed")
    except Refused as refused:
        print(order_id, refused.code)
"""
"""Waits for a line, then confirms one order after the other and answers each with what came of it."""

MOVING = """
import sys
from pathlib import Path
from sandbox.central.days import HOUR
from sandbox.central.world import World
from sandbox.sim.driver import Driver
world = World.open(Path(sys.argv[1]))
driver = Driver(world)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    print(driver.advance(world.now + HOUR).end)
"""
"""Waits for a line, then moves time on by so many hours, one at a time."""

MAKING = """
import sys
from pathlib import Path
from sandbox.sim.scenario import load
from sandbox.sim.worlds import Shelf
shelf = Shelf(Path(sys.argv[1]))
history = load("first-week").model_copy(update={"history_days": 3000})
shelf.make("killed", history, progress=lambda at: print(at, flush=True))
"""
"""Makes a world of a long history and tells how far it is."""


TO_THE_END = """
import sys
from pathlib import Path
from sandbox.central.days import HOUR
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim.driver import Driver
world, until = World.open(Path(sys.argv[1])), int(sys.argv[2])
driver = Driver(world)
print("ready", flush=True)
sys.stdin.readline()
while world.now < until:
    try:
        driver.advance(min(world.now + 3 * HOUR, until))
    except Refused as refused:
        assert refused.code == "TimeRunsForward"
"""
"""Waits for a line, then moves time on in steps of three hours until that moment, beside whoever does the same."""


@contextmanager
def child(code: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that runs a few lines; it does not outlive the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def answered_until_killed(code: str, *words: object, answers: int, then: float) -> list[str]:
    """What a process answered until it was killed, some moments after its `answers`-th answer."""
    with child(code, *words) as process:
        assert process.stdout and process.stderr
        lines = [process.stdout.readline() for _ in range(answers)]
        with suppress(subprocess.TimeoutExpired):
            process.wait(then)
        process.send_signal(signal.SIGKILL)
        rest, complaints = process.stdout.read(), process.stderr.read()
        process.wait(PATIENCE)
    assert (process.returncode, complaints) == (-signal.SIGKILL, "")
    return [line.strip() for line in lines + rest.splitlines(keepends=True) if line.endswith("\n")]


def at_once(*asked: tuple[object, ...]) -> list[list[str]]:
    """Start processes, let all go at the same moment, and what each answered."""
    with ExitStack() as stack:
        processes = [stack.enter_context(child(str(code), *words)) for code, *words in asked]
        for process in processes:
            assert process.stdout and process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        ended = [process.communicate(timeout=PATIENCE) for process in processes]
    assert [complaints for _, complaints in ended] == [""] * len(asked)
    return [said.splitlines() for said, _ in ended]


def crowded(path: Path) -> World:
    """The busy shop with so many orders that a day takes its time."""
    text = shop.BUSY.replace("orders_per_day = 25", "orders_per_day = 400")
    return worlds.make(path, parse(text, "crowded.toml"))


def is_sound(world: World) -> bool:
    return world.execute("pragma integrity_check").fetchall() == [("ok",)]


class Killed:
    """A world whose driver was killed again and again, with what was found after each time."""

    def __init__(self, path: Path) -> None:
        crowded(path).close()
        self.path = path
        self.found: list[tuple[int, int, bool]] = []
        """The last moment that was answered, the moment found in the file, and whether the file is sound."""
        random = Random(402)
        for number in range(ROUNDS):
            window = (HOUR, DAY)[number % 2]
            answers, then = random.randint(1, 6), random.uniform(0, 0.08)
            said = answered_until_killed(DAY_BY_DAY, path, window, answers=answers, then=then)
            world = World.open(path)
            self.found.append((int(said[-1]), world.now, is_sound(world)))
            world.close()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    return Killed(tmp_path_factory.mktemp("killed") / "crowded.world")


# -- killed


def test_a_world_whose_process_was_killed_is_sound(killed: Killed) -> None:
    assert [sound for _, _, sound in killed.found] == [True] * ROUNDS


def test_everything_that_was_answered_is_there(killed: Killed) -> None:
    assert all(now in (answered, answered + DAY) for answered, now, _ in killed.found)


def test_an_advance_is_whole_or_absent(killed: Killed) -> None:
    assert {(now - shop.MONDAY) % DAY for _, now, _ in killed.found} == {0}


def test_a_killed_world_goes_on_as_if_nothing_had_been(killed: Killed, tmp_path: Path) -> None:
    undisturbed = crowded(tmp_path / "undisturbed.world")
    world = World.open(killed.path)
    until = world.now + 3 * DAY
    Driver(world).advance(until)
    Driver(undisturbed).advance(until)
    found, expected = shop.facts(world), shop.facts(undisturbed)
    world.close()
    undisturbed.close()
    assert found == expected


def test_a_command_that_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "quiet.world"
    shop.quiet(tmp_path).close()
    random, answered = Random(7), []
    for _ in range(4):
        answers, then = random.randint(1, 40), random.uniform(0, 0.03)
        answered += answered_until_killed(ORDER_BY_ORDER, path, answers=answers, then=then)
    world = World.open(path)
    there = {order_id for (order_id,) in world.execute("select order_id from orders")}
    sound = is_sound(world)
    world.close()
    assert sound and set(answered) <= there and len(there) <= len(answered) + 4


def test_a_killed_maker_leaves_no_world_on_the_shelf(tmp_path: Path) -> None:
    answered_until_killed(MAKING, tmp_path, answers=5, then=0.02)
    assert worlds.Shelf(tmp_path).names() == []


def test_where_a_maker_was_killed_the_same_name_can_be_made(tmp_path: Path) -> None:
    answered_until_killed(MAKING, tmp_path, answers=5, then=0.02)
    world = worlds.Shelf(tmp_path).make("killed", shop.scenario())
    sound, now = is_sound(world), world.now
    world.close()
    assert (sound, now) == (True, shop.MONDAY)


# -- at once


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, list[str], list[list[str]]]]:
    """Two processes that confirmed the same 300 orders at once: the world, the orders, and what each was answered."""
    folder = tmp_path_factory.mktemp("raced")
    world = shop.quiet(folder)
    with world.writing():
        order_ids = [shop.place(world) for _ in range(300)]
    asked = (CONFIRMING, world.path, *order_ids)
    yield world, order_ids, at_once(asked, asked)
    world.close()


Raced = tuple[World, list[str], list[list[str]]]


def test_of_two_who_confirm_the_same_order_exactly_one_does(raced: Raced) -> None:
    _, order_ids, answers = raced
    won = Counter(line.split()[0] for lines in answers for line in lines if line.endswith(" Confirmed"))
    assert won == Counter(order_ids)


def test_the_other_is_told_that_it_was_shipped_already(raced: Raced) -> None:
    _, order_ids, answers = raced
    lost = Counter(line.split()[0] for lines in answers for line in lines if line.endswith(" AlreadyShipped"))
    assert lost == Counter(order_ids)


def test_both_of_two_at_once_got_to_write(raced: Raced) -> None:
    """Or the two tests above would prove little: each wrote 300 times, a confirmation or a refusal on record."""
    world, _, _ = raced
    kinds = Counter(row.kind for row in world.facts(limit=-1))
    assert (kinds["ShipmentConfirmed"], kinds["ActionRefused"]) == (300, 300)


def test_a_world_that_two_wrote_to_has_its_facts_in_one_row(raced: Raced) -> None:
    world, _, _ = raced
    assert is_sound(world) and [row.seq for row in world.facts(limit=-1)] == [*range(1, 900 + 17)]


def test_time_can_be_moved_while_another_process_writes(tmp_path: Path) -> None:
    """Nobody is told that the file is locked, and no hour and no order is lost."""
    world = shop.quiet(tmp_path)
    with world.writing():
        order_ids = [shop.place(world) for _ in range(300)]
    hours, confirmed = at_once((MOVING, world.path, 200), (CONFIRMING, world.path, *order_ids))
    counts = Counter(line.split()[1] for line in confirmed)
    sound = is_sound(world)
    world.close()
    assert (len(hours), counts, sound) == (200, {"Confirmed": 300}, True)


def test_two_who_move_time_at_once_do_not_pass_an_hour_twice(tmp_path: Path) -> None:
    """Each may be refused where the other was first, for time only runs forward; what they find agrees."""
    world = crowded(tmp_path / "crowded.world")
    until = world.now + 20 * DAY
    at_once((TO_THE_END, world.path, until), (TO_THE_END, world.path, until))
    undisturbed = crowded(tmp_path / "undisturbed.world")
    Driver(undisturbed).advance(until)
    found, expected = shop.facts(world), shop.facts(undisturbed)
    world.close()
    undisturbed.close()
    assert found == expected
