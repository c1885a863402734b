"""`sandbox requests`, run for real: what was asked, for people and for programs."""

import json
import subprocess
from pathlib import Path

import pytest

from sandbox.testing import Sandbox, SandboxError, World, in_process
from tests.commands import COMMAND, sandbox, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def served(folder: Path) -> Sandbox:
    return in_process(folder / "worlds")


@pytest.fixture(scope="module")
def world(served: Sandbox) -> World:
    """A world of which five things were asked."""
    world = served.world("empty", name="calm")
    for _ in range(3):
        world.request("GET", "/v1/settings")
    for path in ("/v1/setings", "/v1/%1b[2J%0a?q=%1b"):
        with pytest.raises(SandboxError):
            world.request("GET", path)
    return world


def test_people_see_a_line_for_each_and_what_missed(folder: Path, world: World) -> None:
    lines = sandbox(folder, "requests", "calm").stdout.splitlines()
    assert [line.split()[0] for line in lines if line[5] != " "] == ["1", "2", "3", "4", "5"]
    assert lines[0].endswith("ms  GET    /v1/settings") and "  200  " in lines[0]
    assert lines[4].strip() == "UnknownPath: GET /v1/setings met no route; nearest is GET /v1/settings."


def test_a_terminal_is_told_nothing_that_it_would_obey(folder: Path, world: World) -> None:
    said = sandbox(folder, "requests", "calm").stdout
    assert "\x1b" not in said and "/v1/\N{REPLACEMENT CHARACTER}[2J" in said


def test_programs_read_one_object(folder: Path, world: World) -> None:
    found = told(folder, "requests", "calm", "--limit", "2")
    assert found["world"] == "calm" and [one["request"] for one in found["requests"]] == [4, 5]
    assert found["requests"] == world._control("GET", "/requests?after=3")["requests"]


def test_without_a_world_those_of_none_are_told(folder: Path, world: World) -> None:
    assert "/sandbox/worlds" in sandbox(folder, "requests").stdout


def test_where_nothing_was_asked_that_is_said(tmp_path: Path) -> None:
    assert sandbox(tmp_path, "requests").stdout == "Nothing was asked.\n"


def test_whoever_follows_sees_what_comes_until_the_world_ends(folder: Path, served: Sandbox) -> None:
    world = served.world("empty", name="passing")
    command = [*COMMAND, "--data", str(folder), "requests", "passing", "--follow", "--json"]
    world.request("GET", "/v1/settings")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as follower:
        assert follower.stdout and follower.stderr
        assert json.loads(follower.stdout.readline())["operation"] == "read_settings"
        world.request("GET", "/v1/metrics")
        assert json.loads(follower.stdout.readline())["operation"] == "metrics"
        world.delete()
        assert (follower.stdout.read(), follower.wait(30)) == ("", 2)
        assert follower.stderr.read().startswith("UnknownWorld: There is no world 'passing'.")


@pytest.mark.parametrize(("words", "said"), [(["clam"], "UnknownWorld: "), (["../x"], "InvalidName: ")])
def test_a_world_that_is_not_there_is_refused(folder: Path, world: World, words: list[str], said: str) -> None:
    done = sandbox(folder, "requests", *words)
    assert (done.returncode, done.stderr.startswith(said)) == (2, True)
