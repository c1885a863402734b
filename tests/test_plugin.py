"""The pytest plugin: in a foreign project, in processes of their own, and as the guide tells it."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sandbox.sim.magic import reference
from sandbox.sim.simulations import SIMULATIONS
from sandbox.testing import in_process, plugin, served
from sandbox.testing.plugin import FOLDER
from tests.server import TOP, until

GUIDE = (TOP / "docs" / "testing.md").read_text("utf-8")
RECIPES = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
PLUGINS = ("-p", "sandbox.testing.plugin", "-p", "xdist.plugin")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Somebody else's project, in which the plugin is there."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # so that it is there once, installed or not
    monkeypatch.setenv("PYTHONPATH", str(TOP))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv(FOLDER, raising=False)
    return pytester


# -- the guide


def test_every_recipe_of_the_guide_does_what_it_says(project: pytest.Pytester) -> None:
    project.makepyfile(**{f"test_recipe_{number}": code for number, code in enumerate(RECIPES)})
    done = project.runpytest_subprocess(*PLUGINS, "-n", "2", "-q")
    done.assert_outcomes(passed=sum(code.count("def test_") for code in RECIPES))


def test_the_guide_has_the_table_of_the_magic_words() -> None:
    assert reference() in GUIDE


def test_the_guide_names_every_simulation_and_what_it_takes() -> None:
    for (thing, verb), one in SIMULATIONS.items():
        assert f"`{thing}/{verb}`" in GUIDE
        assert [name for name in one.takes if f"`{name}`" not in GUIDE and name != "pending"] == []


def test_the_guide_names_every_event_and_method_of_the_client() -> None:
    from sandbox.sim.awaited import EVENTS
    from sandbox.testing import World

    methods = [name for name in vars(World) if not name.startswith("_") and callable(getattr(World, name))]
    assert [name for name in (*EVENTS, *methods) if f"`{name}`" not in GUIDE and name != "delete"] == []


def test_the_guide_names_every_fixture_of_the_plugin() -> None:
    fixtures = re.findall(r"@pytest\.fixture.*\ndef (\w+)", Path(plugin.__file__).read_text("utf-8"))
    assert fixtures and [fixture for fixture in fixtures if f"`{fixture}`" not in GUIDE] == []


def test_the_guide_names_every_option_of_the_plugin() -> None:
    options = re.findall(r'"(--sandbox-[a-z]+)"', Path(plugin.__file__).read_text("utf-8"))
    assert options and [option for option in options if f"{option} " not in GUIDE] == []


# -- in a foreign project


def test_all_workers_share_one_server_and_each_test_has_a_world_of_its_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pathlib, pytest

        @pytest.mark.parametrize("number", range(8))
        def test_it(world, sandbox_server, worker_id, number):
            with open("seen", "a") as seen:
                seen.write(f"{sandbox_server.url} {world.name} {worker_id}\\n")
            first = world.now
            world.advance(by="1h")
            assert world.now > first
        """
    )
    project.runpytest_subprocess(*PLUGINS, "-n", "2", "-q").assert_outcomes(passed=8)
    seen = [line.split() for line in (project.path / "seen").read_text().splitlines()]
    urls, names, workers = zip(*seen, strict=True)
    assert (len(set(urls)), len(set(names)), len(set(workers))) == (1, 8, 2)


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_no_server_is_left_behind(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    project.makepyfile(
        """
        import os, pathlib

        def test_it(sandbox_server):
            folder = pathlib.Path(os.environ["SANDBOX_TESTING_FOLDER"])
            pathlib.Path("told").write_text(f"{folder}\\n{(folder / 'server.json').read_text()}")
        """
    )
    project.runpytest_subprocess(*PLUGINS, *workers, "-q").assert_outcomes(passed=1)
    folder, told = (project.path / "told").read_text().split("\n", 1)
    pid = int(re.findall(r'"pid": (\d+)', told)[0])
    until(lambda: not is_running(pid))
    assert not Path(folder).exists()


def test_a_run_that_uses_no_world_starts_no_server_and_imports_none(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import os, pathlib, sys

        def test_it():
            assert not {"flask", "simpy", "apsw", "sandbox.api"} & set(sys.modules)
            assert not pathlib.Path(os.environ["SANDBOX_TESTING_FOLDER"]).exists()
        """
    )
    project.runpytest_subprocess(*PLUGINS, "-q").assert_outcomes(passed=1)


def test_a_breach_is_told_with_its_figures_and_orders(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_it(world):
            for order in world.orders(status="Unshipped"):
                world.cancel(order["order_id"])
            world.assert_no_breach("late-shipment")
            world.assert_no_breach()
        """
    )
    done = project.runpytest_subprocess(*PLUGINS, "-q")
    done.assert_outcomes(failed=1)
    done.stdout.re_match_lines([r".*cancellation is \d+\.\d\d % \(\d+ of \d+\), over its limit of 2\.5 %. By 402-.*"])


FAILING = """
    import pytest

    pytestmark = pytest.mark.sandbox("empty")

    def test_that_fails(world, world_factory):
        for one in (world, world_factory("empty")):
            one.ship(one.place(buyer="Asha MAGIC-PARCEL-LOST"))
        assert one.name == world.name

    def test_that_fails_without_its_world(world):
        world.delete()
        assert not world

    def test_that_passes(world):
        world.place()

    def test_that_passes_and_forks(world):
        world.fork(name="fork").fork(name="fork-of-a-fork")

    def test_that_finds_no_fork(sandbox_server):
        names = [one["name"] for one in sandbox_server.request("GET", "/sandbox/worlds")["worlds"]]
        assert not [name for name in names if name.startswith("fork")]

    def test_that_passes_and_has_deleted_its_world(world):
        world.delete()
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_failed_test_tells_of_its_worlds_and_keeps_them_where_asked(
    project: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    project.makepyfile(FAILING)
    done = project.runpytest_subprocess(*PLUGINS, *workers, "-q", "-rA", "--dist", "loadfile", "--sandbox-keep", "kept")
    done.assert_outcomes(passed=4, failed=2)
    said = done.stdout.str()
    assert len(re.findall(r"^-+ world w-\w+ -+$", said, re.M)) == 3
    assert re.search(r"^ +\d+ 2026-03-02T03:30:00.000Z ShipmentConfirmed 402-\d{7}-\d{7} by seller", said, re.M)
    for gone in ("It tells nothing any more: UnknownWorld (404)", "It could not be kept: UnknownWorld (404)"):
        assert said.count(gone) == 1
    files = sorted((project.path / "kept").iterdir())
    assert len(files) == 2 and all("test-that-fails" in file.name for file in files)
    assert all(f"sandbox import-world kept/{file.name} --name" in said for file in files)
    for number, file in enumerate(files):
        kept = in_process(project.path / "elsewhere").import_world(file, f"kept-{number}")
        kept.advance(by="10d")
        kept.assert_happened("ParcelLost", package=1)


def test_a_server_that_is_there_is_used(
    project: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile("def test_it(sandbox_server): print('at', sandbox_server.world('empty').url)")
    with served(tmp_path) as elsewhere:
        monkeypatch.setenv("SANDBOX_SERVE_KEY", elsewhere.operator_key)
        done = project.runpytest_subprocess(*PLUGINS, "-q", "-s", "--sandbox-url", f"{elsewhere.url}/")
        done.assert_outcomes(passed=1)
        assert f"at {elsewhere.url}\n" in done.stdout.str()
    monkeypatch.delenv("SANDBOX_SERVE_KEY")
    refused = project.runpytest_subprocess(*PLUGINS, "-q", "--sandbox-url", elsewhere.url)
    refused.assert_outcomes(errors=1)
    assert "needs its operator's key in SANDBOX_SERVE_KEY" in refused.stdout.str()


def test_a_server_ends_with_the_run_that_is_killed(project: pytest.Pytester) -> None:
    """Also where a worker of it started the server, and takes its folder along."""
    project.makepyfile(
        """
        import os, pathlib, time

        def test_it(sandbox_server):
            folder = pathlib.Path(os.environ["SANDBOX_TESTING_FOLDER"])
            told = f"{folder}\\n{(folder / 'server.json').read_text()}"
            pathlib.Path("telling").write_text(told)
            pathlib.Path("telling").rename("told")
            time.sleep(600)
        """
    )
    run = project.popen([sys.executable, "-m", "pytest", *PLUGINS, "-n", "1", "-q"], **SILENT)
    until((project.path / "told").exists)
    run.kill()
    folder, told = (project.path / "told").read_text().split("\n", 1)
    until(lambda: not is_running(json.loads(told)["pid"]))
    until(lambda: not Path(folder).exists())
    run.wait()


SILENT: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and "Z" not in stat.read_text().split()[2]


def test_the_plugin_is_found_by_whoever_installs_the_package() -> None:
    declared = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    assert declared == {"sandbox": "sandbox.testing.plugin"}
