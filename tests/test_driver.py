"""The driver: whatever the windows, the stops, the process or the Python, the facts of a run are the same."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import count
from math import inf
from pathlib import Path

import pytest
from faker import VERSION as FAKER
from hypothesis import given, settings
from hypothesis import strategies as st
from simpy import Environment
from simpy.events import NORMAL, URGENT

from sandbox.central import cases, messages, orders, shipments
from sandbox.central.days import DAY, HOUR, LAST_MOMENT, MINUTE
from sandbox.central.guide import RULES, Due, Refused
from sandbox.central.ids import BY_HAND
from sandbox.central.replay import replayed
from sandbox.central.world import World
from sandbox.sim import demand, players, worlds
from sandbox.sim.cast import STEPS, Dues, Run
from sandbox.sim.driver import Driver, Slot
from sandbox.sim.scenario import parse
from tests import shop

PRESSED = """
[policy]
pack = "marketplace-today"
[desks.dispatch]
capacity = 20
[desks.inbox]
agents = 2
"""
"""Too few hands and a deadline of a day: many orders are cancelled by the platform, some within every window."""

END = 45 * DAY
WINDOWS = {"an hour": HOUR, "a day": DAY, "seven days": 7 * DAY, "one window": 1_000 * DAY}

HOUSE = Path(__file__).parents[1]

ON = """
import sys
from pathlib import Path
from sandbox.central.world import World
from sandbox.sim.driver import Driver
world = World.open(Path(sys.argv[1]))
Driver(world).advance(int(sys.argv[2]))
"""
"""Opens a world in a process of its own and moves it on."""

ALL = """
import sys
from hashlib import sha256
from pathlib import Path
from sandbox.sim import demand, worlds
from sandbox.sim.cast import Run
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
world = worlds.make(Path(sys.argv[1]), parse(sys.stdin.read(), "busy.toml"))
print(*[rate.hex() for rate in demand._wants(Run(world)).rates])
Driver(world).advance(world.now + int(sys.argv[2]))
print(sha256(repr(world.execute("select * from facts order by seq").fetchall()).encode()).hexdigest())
"""
"""Makes a world from the scenario on standard input, moves it on, and prints the rates of its demand and a digest of
all its facts."""


def in_process(python: str, code: str, *words: object, told: str = "") -> str:
    """Run a few lines in a process of their own, and what they print."""
    ran = subprocess.run(
        [python, "-c", code, *map(str, words)],
        input=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], World]]:
    """Copies of one busy, pressed shop at its beginning; a copy each time it is called."""
    folder = tmp_path_factory.mktemp("fresh")
    first = shop.busy(folder, PRESSED)
    opened: list[World] = []
    numbers = count()

    def copy() -> World:
        path = folder / f"copy-{next(numbers)}.world"
        first.copy_to(path)
        opened.append(World.open(path))
        return opened[-1]

    yield copy
    for world in (first, *opened):
        world.close()


@pytest.fixture(scope="module")
def undisturbed(fresh: Callable[[], World]) -> World:
    """That shop after 45 days, which it has passed in one advance."""
    world = fresh()
    Driver(world).advance(world.now + END)
    return world


def kept(world: World) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    names = [name for (name,) in world.execute("select name from sqlite_schema where type = 'table' order by name")]
    return {name: sorted(world.execute(f"select * from {name}").fetchall(), key=repr) for name in names}


# -- the same facts


def test_the_run_that_all_compare_with_has_met_deadlines(undisturbed: World) -> None:
    sql = "select count(*) from orders where cancelled_by = 'amazon' and view = 'production'"
    assert undisturbed.execute(sql).fetchone()[0] > 50


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_the_window_changes_nothing(fresh: Callable[[], World], undisturbed: World, window: int) -> None:
    world = fresh()
    Driver(world).advance(world.now + END, window=window)
    assert shop.facts(world) == shop.facts(undisturbed)


def test_who_goes_on_at_once_comes_when_they_would_have_in_line(
    fresh: Callable[[], World], undisturbed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, asked = fresh(), count()

    def somebody_is_next(env: Environment) -> float:
        next(asked)
        return -inf

    monkeypatch.setattr(Environment, "peek", somebody_is_next)
    Driver(world).advance(world.now + END)
    assert next(asked) > 400
    assert kept(world) == kept(undisturbed)


def test_an_hours_buyers_are_one_step_whatever_else_happens_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, hours = shop.altered(tmp_path, "demand.orders_per_day = 300", text=shop.BUSY), count()
    arrives = STEPS["demand.arrives"]

    def counted(run: Run, at: int, ref: str) -> Dues:
        next(hours)
        return arrives(run, at, ref)

    monkeypatch.setitem(STEPS, "demand.arrives", counted)
    before = world.clock.orders
    Driver(world).advance(world.now + 4 * DAY)
    assert next(hours) <= 4 * 24 + 4 < (world.clock.orders - before) / 4  # a window ends within an hour, too
    world.close()


def test_an_advance_that_is_enough_stands_at_a_windows_end_and_goes_on_as_if_it_never_had(
    fresh: Callable[[], World], undisturbed: World
) -> None:
    world, seen = fresh(), list[int]()
    begin = world.now
    reached = Driver(world).advance(begin + END, progress=seen.append, is_enough=lambda: len(seen) == 7)
    assert (reached.start, reached.end, len(seen)) == (begin, world.now, 7)
    assert begin + 6 * DAY < reached.end == seen[-1] < begin + END
    reached = Driver(world).advance(begin + END, is_enough=lambda: False)
    assert reached.end == world.now == begin + END
    assert kept(world) == kept(undisturbed)


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_the_window_changes_nothing_of_what_is_to_come(
    fresh: Callable[[], World], undisturbed: World, window: int
) -> None:
    world = fresh()
    Driver(world).advance(world.now + END, window=window)
    assert kept(world) == kept(undisturbed)


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(stops=st.lists(st.integers(0, 20 * DAY), max_size=40), window=st.integers(MINUTE, 3 * DAY))
def test_many_small_advances_come_to_the_same_as_a_great_one(
    fresh: Callable[[], World], undisturbed: World, stops: list[int], window: int
) -> None:
    world = fresh()
    driver, begin = Driver(world), world.now
    for stop in sorted(stops):
        driver.advance(begin + stop, window=max(window, HOUR))
    driver.advance(begin + 20 * DAY)
    assert shop.facts(world) == undisturbed.execute("select * from facts where at <= ?", (world.now,)).fetchall()


def test_stops_within_the_same_seconds_come_to_the_same_too(fresh: Callable[[], World], undisturbed: World) -> None:
    """A stop at each moment at which something happens, one millisecond before it and one after."""
    world = fresh()
    driver, until = Driver(world), world.now + 4 * DAY
    moments = undisturbed.execute("select distinct at from facts where at between ? and ?", (world.now + 1, until))
    for (at,) in moments.fetchall():
        for stop in (at - 1, at, at + 1):
            driver.advance(max(stop, world.now))
    driver.advance(max(until, world.now))
    assert shop.facts(world) == undisturbed.execute("select * from facts where at <= ?", (world.now,)).fetchall()


def test_a_stopped_world_goes_on_in_another_process_as_it_would_have(
    fresh: Callable[[], World], undisturbed: World
) -> None:
    world = fresh()
    begin = world.now
    for until in (begin + 10 * DAY, begin + END):
        in_process(sys.executable, ON, world.path, until)
    assert shop.facts(world) == shop.facts(undisturbed)


def test_a_copy_goes_on_as_its_twin(fresh: Callable[[], World], undisturbed: World, tmp_path: Path) -> None:
    world = fresh()
    shop.wait(world, 10 * DAY)
    world.copy_to(tmp_path / "twin.world")
    twin = World.open(tmp_path / "twin.world")
    for each in (world, twin):
        shop.wait(each, END - 10 * DAY)
    found = shop.facts(twin)
    twin.close()
    assert found == shop.facts(world) == shop.facts(undisturbed)


def test_a_copy_knows_nothing_of_what_its_twin_does(fresh: Callable[[], World], tmp_path: Path) -> None:
    world = fresh()
    world.copy_to(tmp_path / "twin.world")
    before = shop.facts(world)
    twin = World.open(tmp_path / "twin.world")
    shop.wait(twin, 10 * DAY)
    twin.close()
    assert shop.facts(world) == before


def pythons() -> list[str]:
    """The other Pythons at hand that can run this, with the same version of Faker; one more of our own if none can."""
    names = [shutil.which(f"python3.{minor}") for minor in range(11, 16)]
    versions = Path("~/.pyenv/versions").expanduser().glob("*/bin/python")
    by_version = {_can_run(name): name for name in [*filter(None, names), *map(str, versions)]}
    others = [name for version, name in by_version.items() if version not in (None, sys.version)]
    return others or [sys.executable]


def _can_run(python: str) -> str | None:
    """The version of a Python that has all that the simulator needs."""
    code = "import sys, simpy, msgspec, pydantic, sqlite_utils, faker; print(faker.VERSION); print(sys.version)"
    ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    faker, _, version = ran.stdout.partition("\n")
    return version.removesuffix("\n") if faker == FAKER and version >= "3.11" else None


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each of those Pythons prints of a world that it made and moved for 45 days: its rates, and its facts."""
    folder = tmp_path_factory.mktemp("elsewhere")
    told = shop.BUSY + PRESSED
    return {
        python: in_process(python, ALL, folder / f"{number}.world", END, told=told).split("\n")
        for number, python in enumerate(pythons())
    }


def test_every_python_and_process_finds_the_same_facts(undisturbed: World, elsewhere: dict[str, list[str]]) -> None:
    ours = sha256(repr(shop.facts(undisturbed)).encode()).hexdigest()
    assert {python: facts for python, (_, facts, _) in elsewhere.items()} == dict.fromkeys(elsewhere, ours)


def test_every_python_works_out_the_same_rates(undisturbed: World, elsewhere: dict[str, list[str]]) -> None:
    """To the last bit: a rate that is off by one bit moves an order by a millisecond once in a thousand million."""
    ours = " ".join(rate.hex() for rate in demand._wants(Run(undisturbed)).rates)
    assert [python for python, (rates, _, _) in elsewhere.items() if rates != ours] == []


# -- with commands from outside


def by_hand(world: World, round_: int) -> None:
    """What a person does between two advances, the same each time."""
    order_id = shop.place(world, (1 + round_ % 2, 1), pending=round_ % 3 == 0)
    if round_ % 3:
        world.do(shipments.confirm_shipment, by="person", order_id=order_id, carrier="DTDC", tracking=f"AB{round_}00")
    world.do(messages.ask, by="buyer", order_id=order_id, subject="OtherQuestion", text="Is it steel?")
    waiting = world.orders("where status = 'Unshipped' and view = 'production' order by number limit 3", ())
    for order in waiting[1:]:
        world.do(shipments.confirm_shipment, by="person", order_id=order.order_id, carrier="BlueDart")
    for order in waiting[:2]:
        with suppress(Refused):
            world.do(orders.cancel, by="person", order_id=order.order_id, reason="NoInventory")


def lived_with(world: World, window: int) -> list[tuple[object, ...]]:
    """The facts of 24 days in which somebody does something every three of them."""
    driver = Driver(world)
    for round_ in range(8):
        by_hand(world, round_)
        driver.advance(world.now + 3 * DAY + 1_234_567 * round_, window=window)
    return shop.facts(world)


@pytest.mark.parametrize("window", [HOUR, DAY, 1_000 * DAY])
def test_commands_between_advances_meet_the_same_world_whatever_the_windows(
    fresh: Callable[[], World], window: int
) -> None:
    assert lived_with(fresh(), window) == lived_with(fresh(), 7 * DAY)


def test_two_drivers_taking_turns_move_a_world_as_one_would(fresh: Callable[[], World], undisturbed: World) -> None:
    """Each has the file open all the time, and knows nothing of the other but what the file says."""
    world = fresh()
    other = World.open(world.path)
    drivers = [Driver(world), Driver(other)]
    for turn in range(30):
        drivers[turn % 2].advance(shop.MONDAY + (turn + 1) * END // 30)
    other.close()
    assert shop.facts(world) == shop.facts(undisturbed)


def test_one_more_order_by_hand_reshuffles_no_simulated_buyer(fresh: Callable[[], World], undisturbed: World) -> None:
    world = fresh()
    shop.wait(world, 5 * DAY)
    shop.place(world)
    shop.wait(world, END - 5 * DAY)
    sql = f"select at, body from facts where kind = 'OrderPlaced' and order_number < {BY_HAND} order by seq"
    assert world.execute(sql).fetchall() == undisturbed.execute(sql).fetchall()


def test_one_more_order_by_hand_changes_no_other_parcels_way(fresh: Callable[[], World], undisturbed: World) -> None:
    """As long as the dispatch desk has hands for one more; this one is shipped by hand at once."""
    world = fresh()
    order_id = shop.place(world)
    world.do(shipments.confirm_shipment, by="person", order_id=order_id, carrier="DTDC")
    shop.wait(world, 20 * DAY)
    sql = f"select * from packages where order_number < {BY_HAND} and delivered_at < ? order by 1, 2"
    assert world.execute(sql, (world.now,)).fetchall() == undisturbed.execute(sql, (world.now,)).fetchall()


def test_somebody_elses_order_meets_its_buyers_next_moves(fresh: Callable[[], World]) -> None:
    """A driver that stays open takes up what another connection did to the world meanwhile."""
    world = fresh()
    driver = Driver(world)
    driver.advance(world.now + DAY)
    other = World.open(world.path)
    order_id = shop.place(other, pending=True)
    other.close()
    driver.advance(driver.world.now + 3 * DAY)
    assert [row.kind for row in world.facts(limit=-1, kinds=("PaymentAuthorised",)) if order_id in row.body]


# -- deadlines


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_a_deadline_is_met_to_the_millisecond(tmp_path: Path, window: int) -> None:
    world = shop.quiet(tmp_path)
    driver = Driver(world)
    driver.advance(world.now + 12_345_678)
    order_id, placed_at = shop.place(world), world.now
    driver.advance(world.now + 90 * DAY, window=window)
    cancelled_at = world.order(order_id).cancelled_at
    world.close()
    assert cancelled_at == placed_at + 30 * DAY


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_seller_support_answers_to_the_millisecond(tmp_path: Path, window: int) -> None:
    world = shop.quiet(tmp_path)
    driver = Driver(world)
    driver.advance(world.now + 12_345_678)
    opened_at = world.now
    world.do(cases.open_case, by="seller", subject="Other", text="Is it on?")
    driver.advance(world.now + 90 * DAY, window=window)
    (answered,) = world.facts(limit=-1, kinds=("CaseAnswered",))
    world.close()
    assert answered.at == opened_at + DAY


def test_a_deadline_hands_over_what_it_is_about_as_its_rule_takes_it() -> None:
    found = [RULES[step].about(ref) for step, ref in (("orders.auto_cancel", "402-1"), ("cases.answer", "7"))]
    assert found == [{"order_id": "402-1"}, {"case": 7}]


def test_every_deadline_of_a_busy_shop_is_met_to_the_millisecond(undisturbed: World) -> None:
    sql = "select count(*) from orders where cancelled_by = 'amazon' and cancelled_at <> auto_cancel_at"
    assert undisturbed.execute(sql).fetchone() == (0,)


def test_no_order_is_open_beyond_its_deadline(undisturbed: World) -> None:
    sql = "select count(*) from orders where is_open and auto_cancel_at <= ?"
    assert undisturbed.execute(sql, (undisturbed.now,)).fetchone() == (0,)


def test_a_deadline_at_the_very_end_of_an_advance_is_met(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * DAY)
    assert quiet.order(order_id).status == "Canceled"


def test_a_millisecond_before_its_deadline_an_order_is_open(quiet: World) -> None:
    order_id = shop.place(quiet)
    shop.wait(quiet, 30 * DAY - 1)
    assert quiet.order(order_id).status == "Unshipped"


TIGHT = '[policy.changes]\nauto_cancel_after_hours = 24\n[desks.dispatch]\nplayed_by = "script"\n'
"""An order placed at the time of a pick has its deadline in the millisecond of the next pick."""


@pytest.mark.parametrize("window", [HOUR, 7 * DAY])
@pytest.mark.parametrize("stop", [0, DAY - 1, DAY])
def test_deadlines_of_the_platform_come_before_moves_of_people_in_the_same_millisecond(
    tmp_path: Path, window: int, stop: int
) -> None:
    text = shop.QUIET.replace('[desks.dispatch]\nplayed_by = "person"\n', "") + TIGHT + 'picks = ["10:00"]\n'
    world = worlds.make(tmp_path / "tight.world", parse(text, "tight.toml"))
    order_id = shop.place(world)
    driver, begin = Driver(world), world.now
    driver.advance(begin + stop, window=window)
    driver.advance(begin + 2 * DAY, window=window)
    found = world.order(order_id)
    world.close()
    assert (found.status, found.cancelled_by) == ("Canceled", "amazon")


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_of_two_deadlines_in_the_same_millisecond_the_older_orders_comes_first(tmp_path: Path, window: int) -> None:
    world = shop.quiet(tmp_path)
    placed = [shop.place(world) for _ in range(5)]
    Driver(world).advance(world.now + 40 * DAY, window=window)
    ended = [row.body for row in world.facts(limit=-1, kinds=("OrderCancelled",))]
    world.close()
    assert all(order_id in body for order_id, body in zip(placed, ended, strict=True))


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_an_order_without_any_time_is_cancelled_as_it_is_placed(tmp_path: Path, window: int) -> None:
    world = shop.busy(tmp_path, "[policy.changes]\nauto_cancel_after_hours = 0\n")
    Driver(world).advance(world.now + 5 * DAY, window=window)
    sql = "select count(*), sum(cancelled_at = placed_at) from orders where view = 'production'"
    orders_, at_once = world.execute(sql).fetchone()
    world.close()
    assert orders_ == at_once > 50


# -- SimPy's kernel


def test_a_slot_is_all_that_simpy_needs_of_an_event() -> None:
    """It fires in order of time, then priority, then arming: what SimPy does and does not promise."""
    environment, fired = Environment(initial_time=100), []
    callbacks = (lambda slot: fired.append((environment.now, slot.row[2])),)
    for name, priority, delay in (
        ("later", NORMAL, 9),
        ("second move", NORMAL, 5),
        ("third move", NORMAL, 5),
        ("deadline", URGENT, 5),
        ("second deadline", URGENT, 5),
        ("now", NORMAL, 0),
    ):
        environment.schedule(Slot((100 + delay, 0, name, "", None), callbacks), priority, delay)
    environment.run()
    assert fired == [
        (100, "now"),
        (105, "deadline"),
        (105, "second deadline"),
        (105, "second move"),
        (105, "third move"),
        (109, "later"),
    ]


def test_a_slot_armed_while_another_fires_takes_its_turn() -> None:
    environment, fired = Environment(), []

    def fire(slot: Slot) -> None:
        fired.append(slot.row[2])
        if slot.row[2] == "first":
            for name, priority, delay in (("new move", NORMAL, 0), ("new deadline", URGENT, 0), ("later", NORMAL, 2)):
                environment.schedule(Slot((0, 0, name, "", None), (fire,)), priority, delay)

    for name, delay in (("first", 1), ("same moment", 1), ("next", 2)):
        environment.schedule(Slot((0, 0, name, "", None), (fire,)), NORMAL, delay)
    environment.run()
    assert fired == ["first", "new deadline", "same moment", "new move", "next", "later"]


def test_an_exception_in_a_slot_comes_out_of_the_run() -> None:
    def fire(slot: Slot) -> None:
        raise ZeroDivisionError

    environment = Environment()
    environment.schedule(Slot((0, 0, "", "", None), (fire,)), NORMAL, 0)
    with pytest.raises(ZeroDivisionError):
        environment.run()


# -- what time cannot do


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (shop.MONDAY - 1, "TimeRunsForward"),
        (0, "TimeRunsForward"),
        (-1, "TimeOutOfRange"),
        (LAST_MOMENT + 1, "TimeOutOfRange"),
        (2**70, "TimeOutOfRange"),
    ],
)
def test_time_runs_forward_to_the_year_9999(quiet: World, to: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        Driver(quiet).advance(to)
    assert refused.value.code == code


@pytest.mark.parametrize("to", [0, shop.MONDAY - 1, LAST_MOMENT + 1])
def test_where_time_cannot_go_nothing_changes(fresh: Callable[[], World], to: int) -> None:
    world = fresh()
    before = kept(world)
    with suppress(Refused):
        Driver(world).advance(to)
    assert kept(world) == before


def test_to_advance_by_nothing_changes_nothing(fresh: Callable[[], World]) -> None:
    world = fresh()
    shop.wait(world, 3 * DAY)
    before = kept(world)
    shop.wait(world, 0)
    assert kept(world) == before


def test_an_advance_answers_where_it_began_and_ended_and_after_which_fact(fresh: Callable[[], World]) -> None:
    world = fresh()
    begin, facts = world.now, len(shop.facts(world))
    assert Driver(world).advance(begin + 3 * DAY) == (begin, begin + 3 * DAY, facts)


def test_progress_is_told_the_end_of_each_window(fresh: Callable[[], World]) -> None:
    world = fresh()
    told: list[int] = []
    Driver(world).advance(world.now + 40 * DAY, progress=told.append)
    assert told == sorted(set(told)) and told[-1] == world.now and len(told) >= 20


def test_a_quiet_century_passes_in_one_advance(quiet: World) -> None:
    shop.wait(quiet, 100 * 365 * DAY)
    assert quiet.now == shop.MONDAY + 100 * 365 * DAY


# -- a bug in the middle


def breaks(monkeypatch: pytest.MonkeyPatch, world: World, after: int, error: Exception) -> None:
    """Put a step on the agenda that fails; taken away again, it does nothing."""

    def fails(run: Run, at: int, ref: str) -> Dues:
        raise error

    monkeypatch.setitem(STEPS, "test.fails", fails)
    with world.writing():
        world.put_off(Due(world.now + after, "test.fails", ""), None)


def mends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, "test.fails", lambda run, at, ref: ())


@pytest.mark.parametrize("window", [HOUR, DAY, 30 * DAY])
def test_a_bug_in_the_middle_of_an_advance_leaves_no_trace(
    fresh: Callable[[], World], monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    world = fresh()
    breaks(monkeypatch, world, 8 * DAY + HOUR, ZeroDivisionError())
    before = kept(world)
    with pytest.raises(ZeroDivisionError):
        Driver(world).advance(world.now + 20 * DAY, window=window)
    assert (kept(world), world.now) == (before, shop.MONDAY)


@pytest.mark.parametrize("same_driver", [True, False], ids=["same driver", "new driver"])
@pytest.mark.parametrize("window", [HOUR, DAY, 30 * DAY])
def test_after_a_bug_is_mended_the_world_goes_on_as_if_it_had_never_been(
    fresh: Callable[[], World], undisturbed: World, monkeypatch: pytest.MonkeyPatch, window: int, same_driver: bool
) -> None:
    world = fresh()
    driver = Driver(world)
    breaks(monkeypatch, world, 8 * DAY + HOUR, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        driver.advance(world.now + 20 * DAY, window=window)
    mends(monkeypatch)
    (driver if same_driver else Driver(world)).advance(world.now + END)
    assert shop.facts(world) == shop.facts(undisturbed)


def test_a_progress_that_fails_leaves_no_trace(fresh: Callable[[], World]) -> None:
    world = fresh()
    before, left = kept(world), iter([None] * 5)
    with pytest.raises(StopIteration):
        Driver(world).advance(world.now + 20 * DAY, progress=lambda at: next(left))
    assert kept(world) == before


@pytest.mark.parametrize("window", [HOUR, 30 * DAY])
def test_an_advance_is_whole_or_absent_though_a_step_is_refused(
    fresh: Callable[[], World], monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    """Refusals are on record, so they end a transaction whole; half an advance must not be in it."""
    world = fresh()
    breaks(monkeypatch, world, 8 * DAY + HOUR, Refused("Injected", "A rule said no."))
    begin, before = world.now, kept(world)["agenda"]
    with suppress(Exception):
        Driver(world).advance(begin + 20 * DAY, window=window)
    assert world.now == begin + 20 * DAY or (world.now, kept(world)["agenda"]) == (begin, before)


def test_an_unknown_step_on_the_agenda_leaves_no_trace(fresh: Callable[[], World]) -> None:
    world = fresh()
    with world.writing():
        world.put_off(Due(world.now + 3 * DAY, "buyers.no_such_step", ""), None)
    before = kept(world)
    with pytest.raises(KeyError):
        shop.wait(world, 10 * DAY)
    assert kept(world) == before


# -- what always holds


def test_each_fact_that_has_a_cause_comes_after_it(undisturbed: World) -> None:
    sql = """select count(*) from facts f left join facts c on c.seq = f.because
        where f.because is not null and (c.seq is null or c.seq >= f.seq or c.at > f.at)"""
    assert undisturbed.execute(sql).fetchone() == (0,)


def test_what_follows_from_an_order_is_because_of_a_fact_of_that_order(undisturbed: World) -> None:
    """But for an order that is placed again: it is because the one before was cancelled."""
    sql = """select f.kind, c.kind, count(*) from facts f join facts c on c.seq = f.because
        where c.order_number <> f.order_number group by 1, 2"""
    assert {row[:2] for row in undisturbed.execute(sql)} <= {("OrderPlaced", "OrderCancelled")}


def test_all_that_happens_to_an_order_has_a_cause_and_the_order_itself_has_none(undisturbed: World) -> None:
    sql = "select distinct kind, because is null from facts where order_number is not null order by 2 desc, 1"
    kinds = undisturbed.execute(sql).fetchall()
    assert {kind for kind, causeless in kinds if causeless} == {"OrderPlaced"}


def test_facts_are_numbered_without_a_gap_and_in_order_of_time(undisturbed: World) -> None:
    rows = undisturbed.execute("select seq, at from facts order by seq").fetchall()
    assert [seq for seq, _ in rows] == [*range(1, len(rows) + 1)] and rows == sorted(rows, key=lambda row: row[1])


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_nothing_on_the_agenda_lies_before_the_clock(fresh: Callable[[], World], window: int) -> None:
    world = fresh()
    driver = Driver(world)
    for span in (0, 1, HOUR, 3 * DAY, 11 * DAY):
        by_hand(world, 1)
        driver.advance(world.now + span, window=window)
        assert world.execute("select min(at) from agenda").fetchone()[0] > world.now


def test_replayed_facts_give_the_same_tables(undisturbed: World, tmp_path: Path) -> None:
    again = replayed(undisturbed, tmp_path / "again.world")
    found = shop.tables(again)
    again.close()
    assert found == shop.tables(undisturbed)


def test_a_desk_handed_over_in_between_is_the_same_for_every_window(fresh: Callable[[], World]) -> None:
    found = []
    for window in (HOUR, 1_000 * DAY):
        world = fresh()
        driver = Driver(world)
        for player in ("person", "script", "person", "script"):
            driver.advance(world.now + 3 * DAY + HOUR, window=window)
            with world.writing():
                players.hand_over(world, "inbox", player)
                players.hand_over(world, "dispatch", player)
        driver.advance(world.now + 3 * DAY, window=window)
        found.append(shop.facts(world))
    assert found[0] == found[1]
