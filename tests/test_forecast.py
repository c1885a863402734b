"""The forecast: of one moment of a world that is never changed, the same however it is run, summed up with its odds."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import health, orders, standing
from sandbox.central.days import DAY, HOUR, parse_moment, rfc3339
from sandbox.central.facts import AccountOpened
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.forecast import fork
from sandbox.sim.forecast.bands import foreseen
from sandbox.sim.forecast.cases import hanging, moving
from sandbox.sim.forecast.forecast import Forecast, forecast, run
from sandbox.sim.forecast.future import HARMS, future, reading
from sandbox.sim.players import hand_over
from sandbox.sim.replication import Outcome
from sandbox.sim.results import FORECAST, Place, Results
from sandbox.sim.scenario import load
from sandbox.sim.statistics import wilson
from sandbox.sim.workers import Processes, unpack
from tests import quarrels, shop
from tests.commands import COMMAND, sandbox, told
from tests.forecasts import ready, stressed
from tests.processes import PATIENCE, environment, lines_in, until

# -- the present


ADVANCING = """
import sys
from pathlib import Path
from sandbox.central.days import HOUR
from sandbox.central.world import World
from sandbox.sim.driver import Driver
world = World.open(Path(sys.argv[1]))
driver = Driver(world)
print("begun", flush=True)
for _ in range(int(sys.argv[2])):
    driver.advance(world.now + HOUR)
world.close()
"""
"""Moves a world hour by hour, each a transaction of its own."""


def test_a_snapshot_is_of_one_moment_of_a_world_that_another_process_moves(tmp_path: Path) -> None:
    world, hours = shop.busy(tmp_path), 24 * 40
    world.copy_to(tmp_path / "twin.world")
    command = [sys.executable, "-c", ADVANCING, str(world.path), str(hours)]
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as other:
        assert other.stdout and other.stdout.readline() == "begun\n"
        while other.poll() is None:
            found.append(fork.snapshot(world))
        assert other.returncode == 0
    true = shop.facts(world)
    moments = {one.now for one in found}
    assert len(moments) > 3
    for one in found[:: max(1, len(found) // 8)]:
        with fork.in_memory(one.content) as copy:
            assert copy.now == one.now and copy.clock.facts == one.facts
            assert shop.facts(copy) == true[: one.facts]
            assert all(fact[1] <= one.now for fact in shop.facts(copy))  # type: ignore[operator]
            assert copy.check() == []
            assert copy.row("select 1 from agenda where at <= ?", (one.now,)) is None
    with closing(World.open(tmp_path / "twin.world")) as twin:
        shop.wait(twin, hours * HOUR)
        assert shop.facts(twin) == true
    world.close()


def test_a_forecast_of_a_world_that_is_moved_says_which_moment_it_is_of(tmp_path: Path) -> None:
    (tmp_path / "worlds").mkdir()
    world = shop.busy(tmp_path / "worlds")
    begun = world.now
    command = [sys.executable, "-c", ADVANCING, str(world.path), str(24 * 20)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as other:
        assert other.stdout and other.stdout.readline() == "begun\n"
        found = told(tmp_path, "forecast", "busy", "--days", "2", "--runs", "2", "--jobs", "1")
        assert other.wait(PATIENCE) == 0
    (facts,) = world.row("select max(seq) from facts where at <= ?", (found_at(found),))
    world.close()
    assert begun <= found_at(found) <= begun + 20 * DAY
    assert found["facts"] == facts


def found_at(found: dict[str, Any]) -> int:
    return parse_moment(found["moment"])


def test_a_forecast_never_changes_the_world(tmp_path: Path) -> None:
    (tmp_path / "worlds").mkdir()
    world = shop.busy(tmp_path / "worlds")
    shop.wait(world, 5 * DAY)
    path = world.path
    world.close()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    told(tmp_path, "forecast", "busy", "--days", "3", "--runs", "3")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [one.name for one in path.parent.iterdir()] == ["busy.world"]


def test_what_is_shipped_has_no_keys(busy: World) -> None:
    (key,) = worlds.keys_of(busy)
    content = fork.snapshot(busy).content
    assert key.encode() not in content
    with fork.in_memory(content) as copy:
        assert worlds.keys_of(copy) == ()
        assert shop.tables(copy) == shop.tables(busy)


def test_a_copy_taken_in_the_middle_of_a_shift_goes_on_as_its_twin(tmp_path: Path) -> None:
    world = stressed(tmp_path, "[desks.inbox]\nhandling_minutes = 90", days=9.3)
    while not world.row("select 1 from agenda where step = 'inbox_desk.answers'"):
        shop.wait(world, HOUR)
    world.copy_to(tmp_path / "twin.world")
    with closing(World.open(tmp_path / "twin.world")) as twin:
        for each in (world, twin):
            shop.wait(each, 6 * DAY)
        assert shop.facts(twin) == shop.facts(world)
        assert twin.execute("select * from agenda").fetchall() == world.execute("select * from agenda").fetchall()
    world.close()


def test_a_world_without_a_scenario_is_refused(tmp_path: Path) -> None:
    opened = AccountOpened(shop.MONDAY, "Bare", "1", "guide-2015", "INR")
    said = "bare has no scenario, so nobody knows how its buyers behave"
    with closing(World.create(tmp_path / "bare.world", opened)) as world, pytest.raises(Unusable, match=said) as found:
        fork.snapshot(world)
    assert found.value.code == "NoScenario"


def test_days_beyond_the_end_of_time_are_refused(tmp_path: Path) -> None:
    late = shop.altered_scenario('start = "9999-12-20"', text=shop.QUIET)
    said = r"30 days from 9999-12-19T18:30:00\.000Z are beyond the year 9999"
    with closing(worlds.make(tmp_path / "late.world", late)) as world, pytest.raises(Refused, match=said) as found:
        forecast(world, 30, 10)
    assert found.value.code == "TimeOutOfRange"


# -- who plays


def test_scripts_do_what_people_did(tmp_path: Path) -> None:
    world = worlds.make(tmp_path / "first.world", load("first-week"))
    shop.wait(world, 2 * DAY)
    assert fork.snapshot(world).handed_over == ("dispatch", "inbox", "disputes", "refunds")
    with fork.forked(ready(world), 0) as driver:
        driver.advance(world.now + 3 * DAY)
        waiting = "select count(*) from orders where is_open and placed_at < ? and view = 'production'"
        left, *_ = driver.world.row(waiting, (world.now,))
        assert left < world.row(waiting, (world.now,))[0] / 10
        (unanswered,) = driver.world.row(
            "select count(*) from messages where state = 'waiting' and at < ?", (world.now,)
        )
        assert unanswered == 0 < world.row("select count(*) from messages where state = 'waiting'")[0]
    world.close()


def test_scripts_come_back_from_where_people_were_away(tmp_path: Path) -> None:
    away = '[[happenings]]\nwhat = "desk-away"\ndesk = "dispatch"\nday = 2\ntime = "09:00"\ndays = 3\n'
    world = shop.quiet(tmp_path, away)
    shop.wait(world, 2 * DAY)
    order_id = shop.place(world)
    with fork.forked(ready(world), 0) as driver:
        driver.advance(world.now + DAY)
        assert driver.world.order(order_id).confirmed_at is None
        driver.advance(world.now + 4 * DAY)
        assert driver.world.order(order_id).confirmed_at is not None
    world.close()


# -- a future


def test_a_future_tells_each_day_as_the_world_would(busy: World) -> None:
    present = fork.snapshot(busy)
    unpack({present.mark: present.content})
    found = future(present.mark, 4, 3)
    with fork.forked(fork.prepared(present.mark), 3) as driver:
        for day in range(4):
            driver.advance(present.now + (day + 1) * DAY)
            assert {name: values[day] for name, values in found["days"].items()} == reading(driver.world)
    assert found["balance_minor"] == found["days"]["balance_minor"][-1]
    assert found["orders"] > 60


def test_a_future_lists_what_becomes_of_the_orders_that_there_were(tmp_path: Path) -> None:
    world = stressed(tmp_path)
    present = fork.snapshot(world)
    unpack({present.mark: present.content})
    found = future(present.mark, 10, 1)
    with fork.forked(fork.prepared(present.mark), 1) as driver:
        before = dict(driver.world.rows("select number, refunding_minor + refunded_minor + reversed_minor from orders"))
        driver.advance(present.now + 10 * DAY)
        sql = "select number, refunding_minor + refunded_minor + reversed_minor from orders where cancelled_at is null"
        after = {number: lost - before[number] for number, lost in driver.world.rows(sql) if number in before}
        defective = driver.world.row("select count(*) from orders where defects and placed_at <= ?", (present.now,))
    lost = {int(number): harms[HARMS.index("lost_minor")] for number, harms in found["harmed"].items()}
    assert {number: minor for number, minor in after.items() if minor} == {
        number: minor for number, minor in lost.items() if minor and number in after
    }
    was = world.row("select count(*) from orders where defects")
    new = sum(harms[HARMS.index("defective")] for harms in found["harmed"].values())
    world.close()
    assert new == defective[0] - was[0] > 0


# -- the summary


LATE = "late-shipment (30 days)"


def row(percents: list[float | None], first_day: float | None, harmed: dict[str, list[int]] | None = None) -> Outcome:
    """A future with what a test is about."""
    crossed = first_day is not None
    rate = {"limit_percent": 4.0, "breached": crossed, "ever_breached": crossed, "first_breach_day": first_day}
    days = {LATE: percents, "balance_minor": [100 for _ in percents], "reserve_minor": [7 for _ in percents]}
    return {"rates": {LATE: rate}, "days": days, "harmed": harmed or {}}


@pytest.fixture
def summary(busy: World) -> dict[str, Any]:
    chosen = Forecast(fork.snapshot(busy), 2, 5)
    rows = [row([None, 1.0], None), row([2.0, 2.0], 0.5), row([3.0, 3.0], None), row([4.0, 4.0], 1.0)]
    rows.append(row([6.0, 5.0], None))
    return foreseen(chosen, {Place(0, number): one for number, one in enumerate(rows)})


def test_a_band_holds_eight_futures_in_ten(summary: dict[str, Any]) -> None:
    late = next(one for one in summary["measures"] if one["name"] == LATE)
    assert late["bands"][1] == {"runs": 5, "p10": pytest.approx(1.4), "p50": 3.0, "p90": pytest.approx(4.6)}


def test_futures_with_nothing_to_count_are_in_no_band(summary: dict[str, Any]) -> None:
    late = next(one for one in summary["measures"] if one["name"] == LATE)
    assert late["bands"][0]["runs"] == 4
    never = next(one for one in summary["measures"] if one["name"].startswith("cancellation"))
    assert never["bands"] == [None, None]


def test_the_odds_of_a_limit_have_wilsons_interval_and_a_day(summary: dict[str, Any]) -> None:
    found = summary["breaches"][LATE]
    assert (found["now"], found["ever"]["count"], found["ever"]["runs"]) == (False, 2, 5)
    assert (found["ever"]["estimate"], found["ever"]["low"], found["ever"]["high"]) == tuple(wilson(2, 5))
    assert found["first_day"]["p50"] == 0.75


def test_the_summary_says_which_moment_it_is_of(busy: World, summary: dict[str, Any]) -> None:
    assert (summary["world"], summary["moment"], summary["facts"]) == ("busy", rfc3339(busy.now), busy.clock.facts)
    assert summary["moments"] == [rfc3339(busy.now + day * DAY) for day in range(3)]
    assert summary["played_by_scripts"] == []


def test_a_limit_that_is_crossed_already_is_told(tmp_path: Path) -> None:
    world = shop.busy(tmp_path, "[desks.dispatch]\nslip_share = 1\nslip_days = 4\n")
    shop.wait(world, 12 * DAY)
    chosen = Forecast(fork.snapshot(world), 1, 1)
    found = foreseen(chosen, {Place(0, 0): row([50.0], 0.0)})
    assert standing.breaches(world).keys() >= {LATE}
    world.close()
    assert found["breaches"][LATE]["now"]


# -- the orders that move it most


def test_orders_are_ranked_by_how_much_their_own_part_differs(quiet: World) -> None:
    first, second, third = (shop.place(quiet) for _ in range(3))
    numbers = [quiet.order(order_id).number for order_id in (first, second, third)]
    defects = [[numbers[0]], [numbers[0], numbers[1]], [numbers[1]], [numbers[1]]]
    futures = [
        row([None], None, {str(number): [0, 0, 1, 0, 500] for number in each} | {str(numbers[2]): [0, 0, 1, 0, 0]})
        for each in defects
    ]
    by_measure = {one["measure"]: one["orders"] for one in moving(quiet, futures)}
    assert [one["order_id"] for one in by_measure["order-defect"]] == [first, second]
    assert by_measure["order-defect"][0]["spread"] > by_measure["order-defect"][1]["spread"]
    (defect_rate,) = [rate for rate in health.scored_rates(quiet) if rate.name == "order-defect"]
    assert by_measure["order-defect"][0]["moves"] == pytest.approx(100 / defect_rate.out_of)
    money = by_measure["money"][0]
    assert (money["moves"], money["spread"]) == (500, 250)
    assert (money["chance"]["count"], money["chance"]["estimate"]) == (2, 0.5)
    assert by_measure["late-shipment"] == []


def test_what_hangs_over_an_order_is_told_in_a_sentence(slow: World) -> None:
    def told_of(order_id: str) -> str:
        return hanging(slow, slow.order(order_id))

    order_id = shop.place(slow)
    assert told_of(order_id).startswith("It is not shipped; it is to leave by ")
    shop.wait(slow, 5 * DAY)
    assert told_of(order_id).startswith("It is not shipped; it should have left by ")
    quarrels.ship(slow, order_id)
    assert told_of(order_id).startswith("It is on its way since ") and " is promised until " in told_of(order_id)
    quarrels.write(slow, order_id)
    assert told_of(order_id).startswith("A message waits for an answer since ")
    shop.wait(slow, 2 * DAY)
    quarrels.claim(slow, order_id)
    assert told_of(order_id).startswith("A claim of INR 898.00 waits for the seller until ")
    assert told_of(shop.place(slow, pending=True)) == "Its payment is pending."


def test_what_hangs_over_an_order_that_is_done_is_told_too(quiet: World) -> None:
    arrived, cancelled = quarrels.shipped(quiet), shop.place(quiet)
    quarrels.deliver(quiet, arrived)
    quiet.do(orders.cancel, by="seller", order_id=cancelled, reason="NoInventory")
    assert hanging(quiet, quiet.order(arrived)).startswith("It was delivered; its buyer may still rate it")
    assert hanging(quiet, quiet.order(cancelled)).startswith("It is cancelled")


# -- the result file


@pytest.fixture
def chosen(busy: World) -> Forecast:
    return forecast(busy, 3, 4)


@pytest.fixture
def file(tmp_path: Path, chosen: Forecast) -> Path:
    """A result file with two futures."""
    path = tmp_path / "kept.jsonl"
    with closing(Results(path, chosen.header(), FORECAST)) as results:
        for number in (2, 0):
            results.add(Place(0, number), row([1.0], None))
    return path


def found_in(path: Path, chosen: Forecast) -> dict[Place, Outcome]:
    with closing(Results(path, chosen.header(), FORECAST)) as results:
        return results.found


def test_the_same_forecast_finds_what_was_kept(file: Path, chosen: Forecast, busy: World) -> None:
    assert set(found_in(file, chosen)) == {Place(0, 0), Place(0, 2)}
    assert set(found_in(file, forecast(busy, 3, 400))) == {Place(0, 0), Place(0, 2)}


def test_a_file_of_other_settings_is_refused_and_left_as_it_is(file: Path, busy: World) -> None:
    refuses(file, forecast(busy, 4, 4), "its days is 3, here it is 4")


def test_a_file_of_another_moment_is_refused(file: Path, busy: World) -> None:
    shop.wait(busy, HOUR)
    refuses(
        file, forecast(busy, 3, 4), 'its moment is "2026-03-02T04:30:00.000Z", here it is "2026-03-02T05:30:00.000Z"'
    )


def test_a_file_of_another_world_is_refused(file: Path, tmp_path: Path) -> None:
    with closing(shop.busy(tmp_path, name="other")) as other:
        refuses(file, forecast(other, 3, 4), 'its world is "busy", here it is "other"')


def test_a_file_of_the_same_moment_with_other_plans_is_refused(file: Path, busy: World) -> None:
    with busy.writing():
        hand_over(busy, "inbox", "person")
    refuses(file, forecast(busy, 3, 4), "its present is another one")


def refuses(file: Path, chosen: Forecast, said: str) -> None:
    before = file.read_bytes()
    with pytest.raises(Unusable) as found:
        found_in(file, chosen)
    assert found.value.code == "OtherForecast" and said in found.value.sentence
    assert file.read_bytes() == before


def test_a_studys_file_is_no_forecasts(tmp_path: Path, chosen: Forecast) -> None:
    with closing(Results(tmp_path / "study.jsonl", {"title": "A study"})):
        pass
    with pytest.raises(Unusable, match="is no result file of a forecast"):
        found_in(tmp_path / "study.jsonl", chosen)


# -- run


def test_futures_are_the_same_by_whomever_they_are_lived(chosen: Forecast) -> None:
    unpack(chosen.shipment())
    here = {Place(0, number): future(chosen.present.mark, chosen.days, number) for number in range(chosen.runs)}
    with Processes(2, chosen.shipment()) as team:
        assert run(chosen, team, None, lambda _: None, lambda _: None) == here


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with a world that has lived for twelve days."""
    (tmp_path / "worlds").mkdir()
    with closing(shop.busy(tmp_path / "worlds")) as world:
        shop.wait(world, 12 * DAY)
    return tmp_path


def summary_of(folder: Path, *words: str) -> str:
    done = sandbox(folder, "forecast", "busy", "--days", "4", *words, "--json")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_summary_is_the_same_to_the_byte_by_one_process_by_two_and_in_pieces(shelf: Path) -> None:
    one, two = (summary_of(shelf, "--runs", "9", "--jobs", jobs) for jobs in ("1", "2"))
    assert one == two
    out = str(shelf / "out.jsonl")
    summary_of(shelf, "--runs", "4", "--out", out)
    assert summary_of(shelf, "--runs", "9", "--out", out) == one
    assert lines_in(shelf / "out.jsonl") == 10
    assert json.loads(one)["runs"] == 9


@pytest.fixture
def begun(shelf: Path) -> Iterator["subprocess.Popen[str]"]:
    """A forecast of many futures whose first ones are kept."""
    words = ["forecast", "busy", "--days", "4", "--runs", "40", "--jobs", "1", "--out", str(shelf / "out.jsonl")]
    command = [*COMMAND, "--data", str(shelf), *words, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    until(lambda: lines_in(shelf / "out.jsonl") > 2 or process.poll() is not None)
    yield process
    process.kill()
    process.communicate()


def test_a_killed_forecast_goes_on_where_it_was(shelf: Path, begun: "subprocess.Popen[str]") -> None:
    os.kill(begun.pid, signal.SIGKILL)
    begun.communicate()
    assert 2 < lines_in(shelf / "out.jsonl") < 41
    assert summary_of(shelf, "--runs", "40", "--out", str(shelf / "out.jsonl")) == summary_of(shelf, "--runs", "40")


def test_a_forecast_for_people_tells_the_moment_the_bands_the_odds_and_the_orders(shelf: Path) -> None:
    printed = sandbox(shelf, "forecast", "busy", "--runs", "5", "--days", "10", COLUMNS="200").stdout
    assert "world busy: 5 futures of 10 days from Sat 14 Mar 2026 10:00 IST on" in printed
    assert "late-shipment (30 days)" in printed and "of it in reserve" in printed and "90 %" in printed
    assert "0.0 % (0.0 to 43.4)" in printed
    assert "moved most by" in printed and "402-" in printed and "sandbox why WORLD ORDER" in printed
    assert "Not connected to Amazon" in printed


def test_a_forecast_writes_its_report(shelf: Path) -> None:
    out = shelf / "report.html"
    done = sandbox(shelf, "forecast", "busy", "--runs", "3", "--days", "4", "--report", str(out), "--json")
    assert done.returncode == 0 and f"The forecast's report is in {out}" in done.stderr
    assert "Not connected to Amazon" in out.read_text("utf-8")
    assert json.loads(done.stdout)["runs"] == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), 2, "UnknownWorld: There is no world 'nobody'. There are: busy."),
        (("No Name",), 2, "InvalidName: 'No Name' is no name for a world"),
        (("busy", "--days", "0"), 2, "0 is not in the range 1<=x<=366"),
        (("busy", "--days", "367"), 2, "367 is not in the range 1<=x<=366"),
        (("busy", "--runs", "0"), 2, "--runs"),
        (("busy", "--jobs", "2", "--cluster", "tcp://127.0.0.1:1"), 2, "--jobs is for the processes of this machine"),
        (("busy", "--cluster", "127.0.0.1"), 2, "'127.0.0.1' is no scheduler's address. Write it like tcp://"),
        (("busy", "--cluster", "tcp://127.0.0.1:1"), 2, "No Dask scheduler answers at tcp://127.0.0.1:1."),
        (("busy", "--out", "/nowhere/out.jsonl"), 2, "/nowhere/out.jsonl cannot be written"),
        (("busy", "--report", "/nowhere/out.html"), 2, "/nowhere/out.html cannot be written"),
        (("bare",), 3, "NoScenario: bare has no scenario"),
    ],
)
def test_a_forecast_refuses_in_a_sentence(shelf: Path, words: tuple[str, ...], code: int, said: str) -> None:
    opened = AccountOpened(shop.MONDAY, "Bare", "1", "guide-2015", "INR")
    if words[0] == "bare":
        World.create(shelf / "worlds" / "bare.world", opened).close()
    done = sandbox(shelf, "forecast", *words, COLUMNS="200")
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_file_of_another_forecast_is_refused_by_the_command(shelf: Path) -> None:
    out = shelf / "out.jsonl"
    summary_of(shelf, "--runs", "1", "--out", str(out))
    before = out.read_bytes()
    done = sandbox(shelf, "forecast", "busy", "--days", "5", "--out", str(out))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"OtherForecast: {out} holds another forecast: its days is 4, here it is 5")
    assert out.read_bytes() == before
