"""The pytest plugin and its client: in a foreign project, in processes of their own, and as the guide tells it."""

import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.testing import Sandbox, SandboxError, in_process, receiving, served
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


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return in_process(tmp_path_factory.mktemp("worlds"))


# -- the guide


def test_every_recipe_of_the_guide_does_what_it_says(project: pytest.Pytester) -> None:
    project.makepyfile(**{f"test_recipe_{number}": code for number, code in enumerate(RECIPES)})
    done = project.runpytest_subprocess(*PLUGINS, "-n", "2", "-q")
    done.assert_outcomes(passed=sum(code.count("def test_") for code in RECIPES))


def test_the_guide_names_every_event_and_method_of_the_client() -> None:
    from sandbox.sim.awaited import EVENTS
    from sandbox.testing import World

    methods = [name for name in vars(World) if not name.startswith("_") and callable(getattr(World, name))]
    assert [name for name in (*EVENTS, *methods) if f"`{name}`" not in GUIDE and name != "delete"] == []


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

        def test_it(world):
            folder = pathlib.Path(os.environ["SANDBOX_TESTING_FOLDER"])
            pathlib.Path("told").write_text(f"{folder}\\n{(folder / 'server.json').read_text()}")
        """
    )
    project.runpytest_subprocess(*PLUGINS, *workers, "-q").assert_outcomes(passed=1)
    folder, told = (project.path / "told").read_text().split("\n", 1)
    pid = int(re.findall(r'"pid": (\d+)', told)[0])
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])
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


def test_the_plugin_is_found_by_whoever_installs_the_package() -> None:
    declared = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    assert declared == {"sandbox": "sandbox.testing.plugin"}


# -- notifications


def test_many_may_ask_the_sandbox_while_they_are_told(tmp_path: Path) -> None:
    """More at once than a server has processes, and each waits for an answer before it takes what it is told."""
    with served(tmp_path) as sandbox, ThreadPoolExecutor(12) as pool:

        def told(_: int) -> dict[str, int]:
            world = sandbox.world("empty")
            with receiving() as receiver:
                world.subscribe(receiver.url, "OrderPlaced", secret=receiver.secret)
                take = receiver.take
                receiver.take = lambda *came: (world.orders(), take(*came))[1]  # type: ignore[method-assign]
                counts: dict[str, int] = world.simulate("orders/place")["deliveries"]
                return counts

        assert list(pool.map(told, range(12))) == [{"delivered": 1, "failed": 0, "pending": 0}] * 12


def test_a_receiver_says_what_it_did_not_take(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with receiving() as receiver:
        world.subscribe(receiver.url, "OrderPlaced")
        world.simulate("orders/place")
        assert (receiver.received, receiver.rejected, receiver.asked) == ([], ["No matching signature found"], 1)


# -- the client


def test_orders_come_from_all_pages(sandbox: Sandbox) -> None:
    world = sandbox.world()
    ids = [order["order_id"] for order in world.orders()]
    assert len(ids) == len(set(ids)) > 1000


def test_a_buyer_is_answered(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    order_id = world.simulate("orders/place")["order_id"]
    world.simulate("messages/send", order_id=order_id)
    (thread,) = world.threads()
    world.reply(thread["thread"], "Thank you for asking.")
    assert world.facts(kind="SellerReplied")[0]["order_id"] == order_id


def test_a_fork_goes_its_own_way(sandbox: Sandbox) -> None:
    world = sandbox.world()
    fork = world.fork()
    moved, stayed = fork.advance(by="1d").now, world.now
    assert moved == fork.now != stayed
    assert fork.key != world.key
    assert fork.facts(after=4000)[:4] == world.facts(after=4000)[:4]


def test_steps_and_awaited_events_say_why_they_stopped(sandbox: Sandbox) -> None:
    world = sandbox.world()
    assert world.step().reason == "reached"
    came = world.advance(until="message")
    assert (came.reason, world.facts(after=(came.fact or 0) - 1, limit=1)[0]["kind"]) == ("until", "BuyerAsked")
    assert world.advance(until="settlement", within="1h").reason == "bound"


def test_a_refusal_is_an_error_with_code_sentence_and_status(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with pytest.raises(SandboxError) as refused:
        world.ship("402-1234567-1234567")
    assert (refused.value.code, refused.value.status) == ("UnknownOrder", 404)
    assert "402-1234567-1234567" in refused.value.sentence


def test_a_deleted_world_is_gone(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    world.delete()
    with pytest.raises(SandboxError) as refused:
        sandbox.open(world.name)
    assert refused.value.code == "UnknownWorld"


def test_a_rate_that_there_is_not_is_no_rate_to_assert(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="There is no rate 'lateness'"):
        sandbox.world("empty").assert_no_breach("lateness")
