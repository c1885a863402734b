"""Many runs: variants that meet the same luck, a result file that goes on, one summary however it was run."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import standing
from sandbox.central.days import DAY
from sandbox.central.troubles import Unusable
from sandbox.sim import worlds
from sandbox.sim.changes import changed, headless
from sandbox.sim.comparison import compared
from sandbox.sim.replication import Outcome, live, marked, outcome, replication_seed, run_replication
from sandbox.sim.results import Place, Results
from sandbox.sim.scenario import InvalidScenario
from sandbox.sim.statistics import wilson
from sandbox.sim.study import Study, study
from tests import shop
from tests.commands import COMMAND, sandbox, told
from tests.processes import environment, is_running, lines_in, until, workers_of

BUSY = shop.scenario().model_copy(update={"days": 3})
AGENTS = "desks.inbox.agents"
RATE = "late-shipment (30 days)"
VARIED = ("--vary", "desks.dispatch.slip_share=0,0.5", "--set", "desks.dispatch.slip_days=2", "--days", "5")


@pytest.fixture
def busy(tmp_path: Path) -> str:
    path = tmp_path / "busy.toml"
    path.write_text(shop.BUSY)
    return str(path)


# -- a replication


def lived(changes: dict[str, str], replication: int) -> Outcome:
    return run_replication(BUSY.model_dump_json(), changes, BUSY.seed, replication)


def test_a_replication_is_the_same_every_time() -> None:
    assert lived({}, 3) == lived({}, 3)


def test_replications_have_seeds_of_their_own_that_follow_from_the_scenarios() -> None:
    seeds = {replication_seed(seed, number) for seed in (1, 2) for number in range(500)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_same_replication_of_two_variants_meets_the_same_buyers(tmp_path: Path) -> None:
    slow, fast = ({"desks.dispatch.slip_share": share} for share in ("1", "0"))
    assert lived(slow, 5)["seed"] == lived(fast, 5)["seed"]
    assert orders_of(tmp_path / "slow.world", slow, 5) == orders_of(tmp_path / "fast.world", fast, 5)
    assert orders_of(tmp_path / "next.world", fast, 6) != orders_of(tmp_path / "again.world", fast, 5)


def orders_of(path: Path, changes: dict[str, str], replication: int) -> list[Any]:
    seed = replication_seed(BUSY.seed, replication)
    world = worlds.make(path, headless(changed(BUSY, changes)).model_copy(update={"seed": seed}))
    live(world, world.now + 3 * DAY)
    with closing(world):
        return world.rows("select order_id, placed_at, buyer, items_minor from orders order by number")


def test_a_replication_can_be_run_again_by_its_seed_to_look_at(tmp_path: Path, busy: str) -> None:
    found = lived({}, 2)
    world = told(tmp_path, "run", busy, "--days", "3", "--seed", str(found["seed"]))
    assert sum(world["orders"].values()) == found["orders"]
    assert world["balance_minor"] == found["balance_minor"]
    counts = {standing_label(rate): rate["counted"] for rate in world["rates"] if rate["scored"]}
    assert {label: rate["counted"] for label, rate in found["rates"].items()}.items() <= counts.items()


def standing_label(rate: dict[str, Any]) -> str:
    return f"{rate['name']} ({rate['window_days']} days)"


def test_the_history_warms_the_shop_up_and_counts_in_no_sum(tmp_path: Path) -> None:
    history = BUSY.model_copy(update={"history_days": 30})
    world = worlds.make(tmp_path / "long.world", headless(history))
    live(world, history.start)
    before = world.row("select count(*), sum(fee_minor) from orders")
    mark = marked(world)
    live(world, history.start + 3 * DAY)
    after, found = world.row("select count(*), sum(fee_minor) from orders"), outcome(world, mark)
    transfers = world.row("select sum(amount_minor) from entries where kind = 'Transfer' and at > ?", (mark.at,))
    world.close()
    assert (found["orders"], found["fees_minor"]) == (after[0] - before[0], after[1] - before[1])
    assert before[0] > 500
    assert found["released_minor"] == (transfers[0] or 0)


def test_what_went_to_the_bank_was_released(tmp_path: Path) -> None:
    world = worlds.make(tmp_path / "month.world", headless(BUSY))
    mark = marked(world)
    live(world, world.now + 30 * DAY)
    (paid,) = world.row("select sum(transfer_minor) from settlements")
    found = outcome(world, mark)
    world.close()
    assert found["released_minor"] == paid > 0


def test_a_limit_that_was_crossed_and_mended_was_crossed(tmp_path: Path) -> None:
    world = worlds.make(tmp_path / "slips.world", headless(changed(BUSY, {"desks.dispatch.slip_share": "0.5"})))
    mark = marked(world)
    live(world, world.now + 20 * DAY)
    rate = outcome(world, mark)["rates"][RATE]
    first = world.row("select min(at) from notices where kind = 'limit' and name = ? and breached", (RATE,))[0]
    assert (rate["breached"], rate["ever_breached"]) == (True, True)
    assert rate["first_breach_day"] == (first - mark.at) / DAY
    later = marked(world)
    assert outcome(world, later)["rates"][RATE]["first_breach_day"] == 0
    assert RATE in standing.breaches(world)
    world.close()


def test_waits_are_from_a_buyers_first_question_to_the_first_reply(tmp_path: Path) -> None:
    world = worlds.make(tmp_path / "asked.world", headless(BUSY))
    mark = marked(world)
    live(world, world.now + 20 * DAY)
    found = outcome(world, mark)
    threads: dict[int, tuple[int, int]] = {}
    for thread, at, answered_at in world.rows(
        "select thread, at, answered_at from messages where sender = 'buyer' and state = 'answered' order by message"
    ):
        threads.setdefault(thread, (at, answered_at))
    world.close()
    assert found["first_replies"] == len(threads) > 10
    assert found["first_reply_wait_ms"] == sum(answered - at for at, answered in threads.values())
    assert found["answered_4h"] <= found["answered_24h"] <= found["asked_24h"] <= found["messages"]


# -- a study and its summary


def made(runs: int = 4, key: str | None = AGENTS, values: tuple[str, ...] = ("1", "2")) -> Study:
    return study(BUSY, runs, key, values if key else ())


def row(late: int, out_of: int, orders: int, breached: bool = False) -> Outcome:
    """An outcome with what a test is about; everything else is nothing."""
    nothing = ("messages", "refunds", "refunded_minor", "claims", "chargebacks", "fees_minor", "released_minor")
    replies = ("first_replies", "first_reply_wait_ms", "asked_4h", "answered_4h", "asked_24h", "answered_24h")
    rate = {"counted": late, "out_of": out_of, "breached": breached, "ever_breached": breached, "first_breach_day": 2.0}
    zeros = dict.fromkeys((*nothing, *replies, "balance_minor", "reserve_minor"), 0)
    return zeros | {"orders": orders, "rates": {RATE: rate}}


ROWS = {
    Place(0, 0): row(1, 100, 100),
    Place(0, 1): row(9, 100, 110, breached=True),
    Place(0, 2): row(2, 300, 305),
    Place(1, 0): row(0, 100, 101),
    Place(1, 1): row(6, 100, 112, breached=True),
    Place(1, 2): row(0, 300, 306),
}


def test_a_rate_of_a_variant_is_that_of_all_its_runs_together() -> None:
    first, second = compared(made(runs=3), ROWS)["variants"]
    assert first["figures"][RATE]["estimate"] == pytest.approx(12 / 500 * 100)
    assert second["figures"][RATE]["estimate"] == pytest.approx(6 / 500 * 100)
    assert first["figures"]["orders"]["estimate"] == pytest.approx(515 / 3)


def test_variants_are_compared_with_the_first_one_pair_by_pair() -> None:
    (difference,) = compared(made(runs=3), ROWS)["differences"]
    assert (difference["name"], difference["against"]) == (f"{AGENTS}=2", f"{AGENTS}=1")
    assert difference["figures"]["orders"]["estimate"] == pytest.approx(4 / 3)
    assert difference["figures"][RATE]["estimate"] == pytest.approx(-1.2)
    assert difference["figures"]["orders"]["variance_ratio"] > 100


def test_the_chance_to_cross_a_limit_has_wilsons_interval() -> None:
    (first, _) = compared(made(runs=3), ROWS)["variants"]
    ever = first["breaches"][RATE]["ever"]
    assert (ever["count"], ever["runs"]) == (1, 3)
    assert (ever["estimate"], ever["low"], ever["high"]) == tuple(wilson(1, 3))
    assert first["breaches"][RATE]["first_day"]["p50"] == 2


def test_a_figure_with_nothing_to_count_is_none() -> None:
    (first, _) = compared(made(runs=3), ROWS)["variants"]
    assert first["figures"]["first_reply_hours"] is None


def test_variants_whose_policies_have_other_rates_are_compared_all_the_same() -> None:
    rows = {place: found | {"rates": {}} if place.variant else found for place, found in ROWS.items()}
    summary = compared(made(runs=3), rows)
    assert summary["variants"][1]["figures"][RATE] is None
    assert summary["variants"][1]["breaches"][RATE]["ever"] is None
    assert summary["differences"][0]["figures"][RATE] is None


def test_without_a_varied_key_there_is_one_variant() -> None:
    summary = compared(made(3, None), {place: found for place, found in ROWS.items() if not place.variant})
    assert [variant["name"] for variant in summary["variants"]] == ["as it is"]
    assert (summary["differences"], summary["varied"]) == ([], None)


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        ("desks.inbox.agnets", ("1", "2"), "Did you mean 'desks.inbox.agents'?"),
        (AGENTS, ("1", "0"), "desks.inbox.agents: 0 will not do; it should be greater than or equal to 1."),
        (AGENTS, ("1", "1"), "has a value twice"),
        ("seed", ("1", "2"), "'seed' cannot be varied"),
        ("start", ("9999-12-30",), "world time ends with the year 9999"),
    ],
)
def test_a_study_that_cannot_be_run_is_refused_before_it_begins(key: str, values: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidScenario) as found:
        study(BUSY, 2, key, values)
    assert said in found.value.sentence


# -- the result file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A result file with two replications."""
    path = tmp_path / "kept.jsonl"
    with closing(Results(path, made().header())) as results:
        for place in (Place(1, 0), Place(0, 0)):
            results.add(place, ROWS[place])
    return path


def found_in(path: Path, chosen: Study) -> dict[Place, Outcome]:
    with closing(Results(path, chosen.header())) as results:
        return results.found


def test_the_same_study_finds_what_was_kept(file: Path) -> None:
    assert found_in(file, made()) == {place: ROWS[place] for place in (Place(0, 0), Place(1, 0))}


def test_more_runs_of_the_same_are_the_same_study(file: Path) -> None:
    assert len(found_in(file, made(runs=100))) == 2


def test_a_half_written_last_line_is_written_again(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    with closing(Results(file, made().header())) as results:
        assert set(results.found) == {Place(1, 0)}
        results.add(Place(0, 0), ROWS[Place(0, 0)])
    assert file.read_bytes() == whole


@pytest.mark.parametrize("written", [0, 1, 40])
def test_a_file_whose_first_line_was_half_written_is_begun_again(tmp_path: Path, file: Path, written: int) -> None:
    other = tmp_path / "half.jsonl"
    other.write_bytes(file.read_bytes()[:written])
    assert found_in(other, made()) == {}
    assert other.read_bytes() == file.read_bytes().splitlines(keepends=True)[0]


def seeded(seed: int) -> Study:
    return study(BUSY.model_copy(update={"seed": seed}), 4, AGENTS, ("1", "2"))


def titled(title: str) -> Study:
    return study(BUSY.model_copy(update={"title": title}), 4, AGENTS, ("1", "2"))


@pytest.mark.parametrize(
    ("chosen", "code", "said"),
    [
        (made(values=("1", "3")), "OtherStudy", 'its varied is {"key": "desks.inbox.agents", "values": ["1", "2"]}'),
        (made(key=None), "OtherStudy", "here it is null"),
        (seeded(12), "OtherStudy", "its scenario is another one. Name another file with --out."),
        (titled("Another shop"), "OtherStudy", 'its title is "A busy shop", here it is "Another shop"'),
    ],
)
def test_a_file_of_another_study_is_refused_and_left_as_it_is(file: Path, chosen: Study, code: str, said: str) -> None:
    before = file.read_bytes()
    with pytest.raises(Unusable) as found:
        Results(file, chosen.header())
    assert found.value.code == code
    assert str(file) in found.value.sentence and said in found.value.sentence
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"orders, a table\n1,2\n", b"no line's end", b"{}\n", b"[1]\n", b"\xff\xfe\n"])
def test_a_file_that_is_no_result_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(Unusable, match="is no result file of a study"):
        Results(tmp_path / "mine.csv", made().header())
    assert (tmp_path / "mine.csv").read_bytes() == content


@pytest.mark.parametrize("line", ["", "rubbish", "{}", "[1, 2]", '{"variant": 0}'])
def test_a_damaged_line_inside_is_told_with_its_number(file: Path, line: str) -> None:
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], line, *lines[2:]]) + "\n")
    with pytest.raises(Unusable, match=rf"{file}:3: "):
        Results(file, made().header())


def test_two_studies_do_not_write_one_file(file: Path) -> None:
    with (
        closing(Results(file, made().header())),
        pytest.raises(Unusable, match="is being written by another study"),
    ):
        Results(file, made().header())


# -- the command


def summary_of(folder: Path, scenario: str, *words: str) -> bytes:
    done = sandbox(folder, "study", scenario, *VARIED, *words, "--json")
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


def test_the_summary_is_the_same_to_the_byte_by_one_process_and_by_two(tmp_path: Path, busy: str) -> None:
    one, two = (summary_of(tmp_path, busy, "--runs", "12", "--jobs", jobs) for jobs in ("1", "2"))
    assert one == two
    summary = json.loads(one)
    assert summary["differences"][0]["figures"][RATE]["low"] > 5
    assert summary["variants"][1]["breaches"][RATE]["at_end"]["count"] == 12


@pytest.fixture
def begun(tmp_path: Path, busy: str) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """A study that was begun and whose first results are there."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> "subprocess.Popen[str]":
        command = [*COMMAND, "study", busy, *VARIED, "--out", str(tmp_path / "out.jsonl"), "--json", *words]
        (tmp_path / "scratch").mkdir()
        own = environment(TMPDIR=str(tmp_path / "scratch"))
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own)
        processes.append(process)
        until(lambda: lines_in(tmp_path / "out.jsonl") > 3 or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def test_a_killed_study_goes_on_where_it_was_and_says_the_same(
    tmp_path: Path, busy: str, begun: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = begun("--runs", "30", "--jobs", "2")
    workers = workers_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = (tmp_path / "out.jsonl").read_bytes()
    assert 3 < kept.count(b"\n") < 61
    until(lambda: not any(is_running(worker) for worker in workers))
    assert len(workers) == 2 and list((tmp_path / "scratch").iterdir()) == []
    resumed = summary_of(tmp_path, busy, "--runs", "30", "--out", str(tmp_path / "out.jsonl"))
    assert (tmp_path / "out.jsonl").read_bytes().startswith(kept[: kept.rindex(b"\n") + 1])
    assert lines_in(tmp_path / "out.jsonl") == 61
    assert resumed == summary_of(tmp_path, busy, "--runs", "30")


def test_an_interrupted_study_keeps_what_it_has_and_tells_where(
    tmp_path: Path, begun: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = begun("--runs", "1000")
    workers = workers_of(process.pid)
    process.send_signal(signal.SIGINT)
    out, notes = process.communicate(timeout=60)
    kept = lines_in(tmp_path / "out.jsonl") - 1
    assert (process.returncode, out) == (130, "")
    assert f"{kept} replications are kept in {tmp_path / 'out.jsonl'}. The same command goes on from there." in notes
    assert "Traceback" not in notes
    assert not any(is_running(worker) for worker in workers)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_worker_that_dies_is_replaced_and_its_runs_are_run_again(
    tmp_path: Path, busy: str, begun: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = begun("--runs", "30")
    victim = workers_of(process.pid)[0]
    os.kill(victim, signal.SIGKILL)
    out, notes = process.communicate(timeout=100)
    assert process.returncode == 0, notes
    assert notes == "A worker process died. Its replications are run again in a new one.\n"
    assert out.encode() == summary_of(tmp_path, busy, "--runs", "30")


def test_a_study_for_people_tells_figures_chances_and_differences(tmp_path: Path, busy: str) -> None:
    printed = sandbox(tmp_path, "study", busy, *VARIED, "--runs", "3", COLUMNS="200").stdout
    assert "A busy shop: 3 runs of 5 days, 95 % intervals" in printed
    assert "released to the bank" in printed and "INR 0 ± 0" in printed
    assert "late-shipment (30 days), at the end" in printed and "100.0 % (43.9 to 100.0)" in printed
    assert "desks.dispatch.slip_share=0.5 less desks.dispatch.slip_share=0" in printed
    assert "variance ratio" in printed and "Not connected to Amazon" in printed


def test_one_run_is_told_without_intervals(tmp_path: Path, busy: str) -> None:
    printed = sandbox(tmp_path, "study", busy, "--days", "2", "--runs", "1", COLUMNS="200").stdout
    assert "One run alone tells nothing of chance" in printed
    assert "±" not in printed


def test_other_keys_may_be_set_for_all_variants(tmp_path: Path, busy: str) -> None:
    words = ("study", busy, "--runs", "2", "--days", "2", "--set", "demand.orders_per_day=0")
    (only,) = told(tmp_path, *words)["variants"]
    assert only["figures"]["orders"]["estimate"] == 0
    assert only["figures"][RATE] is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--vary", "desks.inbox.agnets=1,2"), 3, "Did you mean 'desks.inbox.agents'?"),
        (
            ("--vary", "desks.inbox.agents=1,none"),
            3,
            "desks.inbox.agents: 'none' will not do; it should be a valid integer.",
        ),
        (("--vary", "desks.inbox.agents"), 2, "write it like --vary desks.inbox.agents=2"),
        (("--vary", "desks.inbox.agents=2,2"), 3, "has a value twice"),
        (("--set", "desks.inbox.agnets=2"), 3, "Did you mean 'desks.inbox.agents'?"),
        (("--runs", "0"), 2, "--runs"),
        (("--jobs", "2", "--cluster", "tcp://127.0.0.1:1"), 2, "--jobs is for the processes of this machine"),
        (("--out", "/nowhere/out.jsonl"), 2, "/nowhere/out.jsonl cannot be written: No such file or directory."),
    ],
)
def test_a_study_refuses_wrong_words_in_a_sentence(
    tmp_path: Path, busy: str, words: tuple[str, ...], code: int, said: str
) -> None:
    done = sandbox(tmp_path, "study", busy, *words, COLUMNS="200")
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_result_file_of_another_scenario_is_refused_by_the_command(tmp_path: Path, busy: str) -> None:
    out = tmp_path / "out.jsonl"
    summary_of(tmp_path, busy, "--runs", "2", "--out", str(out))
    before = out.read_bytes()
    done = sandbox(tmp_path, "study", "first-week", *VARIED, "--runs", "2", "--out", str(out))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"OtherStudy: {out} holds another study: its title is ")
    assert out.read_bytes() == before


def test_a_scenario_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = sandbox(tmp_path, "study", "frist-week")
    assert done.returncode == 3
    assert "Did you mean 'first-week'?" in done.stderr
