"""The command line, as its users run it."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central.world import World
from tests import shop
from tests.commands import COMMAND, sandbox, told


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    path = tmp_path / "busy.toml"
    path.write_text(shop.BUSY)
    return path


def tmp_world(folder: Path, name: str) -> World:
    return World.open(folder / "worlds" / f"{name}.world")


def now(path: Path) -> int:
    with closing(World.open(path)) as world:
        return world.now


def test_a_scenario_is_run_and_its_world_kept(tmp_path: Path, scenario_file: Path) -> None:
    found = told(tmp_path, "run", str(scenario_file), "--days", "9", "--name", "nine")
    assert Path(found["file"]).is_file()
    assert found["now"] == "2026-03-11T04:30:00.000Z"
    assert sum(found["orders"].values()) > 100


def test_people_read_the_shops_own_clock(tmp_path: Path, scenario_file: Path) -> None:
    told(tmp_path, "run", str(scenario_file), "--days", "1", "--name", "w")
    assert "Tue 3 Mar 2026 10:00 IST" in sandbox(tmp_path, "show", "w").stdout


def test_another_seed_is_another_shop(tmp_path: Path, scenario_file: Path) -> None:
    one = told(tmp_path, "run", str(scenario_file), "--days", "5", "--name", "one")
    other = told(tmp_path, "run", str(scenario_file), "--days", "5", "--name", "other", "--seed", "12")
    assert one["orders"] != other["orders"]


def test_a_run_without_a_name_takes_the_next_free_one(tmp_path: Path, scenario_file: Path) -> None:
    worlds = [told(tmp_path, "run", str(scenario_file), "--days", "1")["world"] for _ in range(2)]
    assert worlds == ["busy-1", "busy-2"]


def test_a_run_stopped_at_day_10_and_resumed_has_the_same_facts(tmp_path: Path, scenario_file: Path) -> None:
    told(tmp_path, "run", str(scenario_file), "--days", "10", "--name", "stopped")
    told(tmp_path, "advance", "stopped", "--by", "15d")
    told(tmp_path, "run", str(scenario_file), "--days", "25", "--name", "whole")
    with closing(tmp_world(tmp_path, "stopped")) as stopped, closing(tmp_world(tmp_path, "whole")) as whole:
        assert shop.facts(stopped) == shop.facts(whole)


def test_an_interrupted_run_keeps_what_was_done_and_tells_how_to_go_on(tmp_path: Path, scenario_file: Path) -> None:
    words = ["run", str(scenario_file), "--days", "3000", "--name", "long"]
    path = tmp_path / "worlds" / "long.world"
    with subprocess.Popen([*COMMAND, "--data", str(tmp_path), *words], stderr=subprocess.PIPE, text=True) as process:
        while not any(file.stat().st_size > 4_000_000 for file in path.parent.glob(".long.world.????????????")):
            assert process.poll() is None and not path.exists()
        process.send_signal(signal.SIGINT)
        _, notes = process.communicate(timeout=60)
    assert process.returncode == 130
    assert str(path) in notes and "sandbox advance long --by" in notes
    assert (now(path) - shop.MONDAY) % 86_400_000 == 0


def test_time_is_moved_by_a_span_or_to_a_moment(tmp_path: Path, scenario_file: Path) -> None:
    told(tmp_path, "run", str(scenario_file), "--days", "1", "--name", "w")
    assert told(tmp_path, "advance", "w", "--by", "36h")["now"] == "2026-03-04T16:30:00.000Z"
    assert told(tmp_path, "advance", "w", "--to", "2026-03-06")["now"] == "2026-03-05T18:30:00.000Z"


def test_the_worlds_are_listed_with_clock_and_key(tmp_path: Path, scenario_file: Path) -> None:
    told(tmp_path, "run", str(scenario_file), "--days", "1", "--name", "w")
    (world,) = told(tmp_path, "worlds")["worlds"]
    assert world["now"] == "2026-03-03T04:30:00.000Z"
    assert world["keys"] == [sandbox(tmp_path, "key", "w").stdout.strip()]


def test_a_damaged_world_is_listed_with_its_trouble(tmp_path: Path) -> None:
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "bad.world").write_text("no world")
    (world,) = told(tmp_path, "worlds")["worlds"]
    assert world["trouble"] == "WorldDamaged"


def test_the_operators_key_is_drawn_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    first, again = (sandbox(tmp_path, "key").stdout for _ in range(2))
    assert first == again and first.startswith("op_")
    assert (tmp_path / "operator.key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_told_to_programs_too(tmp_path: Path) -> None:
    assert told(tmp_path, "key") == {"world": None, "key": sandbox(tmp_path, "key").stdout.strip()}


def test_the_guide_has_rules_of_every_chapter_from_3_to_11(tmp_path: Path) -> None:
    rules = told(tmp_path, "guide")["rules"]
    assert {rule["chapter"] for rule in rules} >= set(range(3, 12))
    for rule in rules:
        file, _, line = rule["place"].partition(":")
        code = Path(__file__).parent.parent.joinpath(file).read_text().splitlines()
        assert code[int(line) - 1].startswith("@rule("), rule


def test_the_guide_for_people_names_chapter_rule_file_and_line(tmp_path: Path) -> None:
    printed = sandbox(tmp_path, "guide").stdout
    assert "chapter 9 | orders.cancel | sandbox/central/orders.py:" in printed


def test_a_policy_is_printed_with_the_source_of_each_number(tmp_path: Path) -> None:
    numbers = {number["name"]: number for number in told(tmp_path, "guide", "--policy", "marketplace-today")["numbers"]}
    changed, kept = numbers["auto_cancel_after_hours"], numbers["late_shipment_limit_percent"]
    assert (changed["value"], changed["source"]) == (24, "marketplace help pages")
    assert (kept["value"], kept["source"]) == (4.0, "ch. 8")
    assert all(number["source"] for number in numbers.values())


def test_a_policy_for_people_names_no_chapter_beside_what_its_pack_changed(tmp_path: Path) -> None:
    printed = sandbox(tmp_path, "guide", "--policy", "marketplace-today", COLUMNS="300").stdout
    (line,) = [line.split() for line in printed.splitlines() if "auto_cancel_after_hours" in line]
    assert line[1:5] == ["24", "marketplace", "help", "pages"]


def test_options_come_from_the_environment_too(tmp_path: Path, scenario_file: Path) -> None:
    words = [*COMMAND, "run", str(scenario_file), "--json"]
    environment = {"SANDBOX_DATA": str(tmp_path), "SANDBOX_RUN_DAYS": "2", "SANDBOX_RUN_NAME": "env"}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60)
    assert json.loads(done.stdout)["world"] == "env"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("advance", "nobody", "--by", "1d"), 2, "There is no world 'nobody'"),
        (("advance", "../nobody", "--by", "1d"), 2, "is no name for a world"),
        (("advance", "nobody"), 2, "--by, --to or --until"),
        (("run", "frist-week"), 3, "Did you mean 'first-week'?"),
        (("run", "first-week", "--days", "0"), 2, "--days"),
        (("run", "first-week", "--nmae", "x"), 2, "--nmae"),
        (("guide", "--policy", "guide-2016"), 2, "There is no policy 'guide-2016'"),
        (("serve", "--host", "0.0.0.0"), 2, "set the operator's key"),
        (("serve", "--key", "short"), 2, "16 or more"),
        (("serve", "--once"), 2, "--once goes with --demo"),
        (("show", "nobody"), 2, "There is no world 'nobody'"),
    ],
)
def test_wrong_words_are_told_in_a_sentence(tmp_path: Path, words: tuple[str, ...], code: int, sentence: str) -> None:
    done = sandbox(tmp_path, *words, COLUMNS="200")
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_key_in_a_scenario_is_told_with_file_line_and_the_nearest_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('title = "Mine"\n[buyers]\npol = 3\n')
    done = sandbox(tmp_path, "run", str(path))
    assert done.returncode == 3
    assert f"{path}:3: 'buyers.pol' is not known. Did you mean 'pool'?" in done.stderr


@pytest.mark.parametrize("word", ["tomorrow", "1x", "-1d", ""])
def test_a_span_that_is_none_moves_nothing(tmp_path: Path, scenario_file: Path, word: str) -> None:
    told(tmp_path, "run", str(scenario_file), "--days", "1", "--name", "w")
    assert sandbox(tmp_path, "advance", "w", "--by", word).returncode == 2
    assert told(tmp_path, "worlds")["worlds"][0]["now"] == "2026-03-03T04:30:00.000Z"


@pytest.mark.parametrize(("to", "code"), [("2026-03-01", "TimeRunsForward"), ("1999-01-01", "TimeRunsForward")])
def test_time_never_runs_back(tmp_path: Path, scenario_file: Path, to: str, code: str) -> None:
    told(tmp_path, "run", str(scenario_file), "--days", "1", "--name", "w")
    done = sandbox(tmp_path, "advance", "w", "--to", to)
    assert done.returncode == 2
    assert done.stderr.startswith(code)


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = sandbox(tmp_path, "serve", "--port", str(taken.getsockname()[1]), COLUMNS="200")
    assert done.returncode == 2
    assert "Choose another with --port" in done.stderr


def test_what_the_server_warns_of_is_not_on_stdout(tmp_path: Path) -> None:
    too_many = str((os.cpu_count() or 1) + 1)
    command = [*COMMAND, "--data", str(tmp_path), "serve", "--port", "0", "--json", "--workers", too_many]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout and server.stderr
        assert json.loads(server.stdout.readline())["url"].startswith("http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        assert "CPU cores" in server.stderr.read()
        assert server.stdout.read() == ""


def test_the_demo_tells_how_the_month_went_and_ends(tmp_path: Path) -> None:
    found = told(tmp_path, "serve", "--demo", "--once")
    assert sum(found["orders"].values()) > 900
    assert {rate["name"] for rate in found["rates"]} == {
        "late-shipment",
        "cancellation",
        "order-defect",
        "response-time",
    }


def test_the_demo_is_printed_for_people_without_colours_off_a_terminal(tmp_path: Path) -> None:
    printed = sandbox(tmp_path, "serve", "--demo", "--once").stdout
    assert "late-shipment" in printed and "Messages waiting for a reply" in printed
    assert "\x1b" not in printed


def test_each_reading_of_a_rate_is_told_apart(tmp_path: Path) -> None:
    told(tmp_path, "serve", "--demo", "--once")
    printed = " ".join(sandbox(tmp_path, "show", "demo", COLUMNS="300").stdout.split())
    for reading in ("chargebacks not counted, all claims", "chargebacks counted, upheld claims"):
        assert f"order-defect, {reading}" in printed


HEAVY = ("flask", "faker", "granian", "plotly", "sqlite_utils")


@pytest.mark.parametrize(("command", "heavy"), [("--help", (*HEAVY, "simpy")), ("worlds", HEAVY)])
def test_a_command_answers_without_the_heavy_rooms(tmp_path: Path, command: str, heavy: tuple[str, ...]) -> None:
    code = f"""
import sys
sys.argv = ["sandbox", "--data", {str(tmp_path)!r}, {command!r}]
try:
    from sandbox.cli import main
    main()
except SystemExit:
    print([name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
