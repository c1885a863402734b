"""The pytest plugin and its client: in a foreign project, in processes of their own, and as the guide tells it."""

import re
import tomllib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest

from sandbox.sim.worlds import Shelf
from sandbox.testing import Sandbox, SandboxError, in_process
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


@pytest.fixture(scope="module")
def sandbox(folder: Path) -> Sandbox:
    return in_process(folder)


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


# -- what was asked


def test_requests_are_found_with_what_was_answered(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    order_id = world.simulate("orders/place")["order_id"]
    world.ship(order_id)
    (shipped,) = world.requests(path="/v1/orders/*/shipments", status=[201, 200])
    assert (shipped.method, shipped.status, shipped.operation) == ("POST", 201, "confirm_shipment")
    assert world.assert_requested(times=1, operation="confirm_shipment") == [shipped]


def test_requests_come_from_all_pages(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    for _ in range(1005):
        world.request("GET", "/v1/settings")
    assert [one.number for one in world.requests(door="v1")] == list(range(1, 1006))
    assert len(world.requests(door="v1", limit=7)) == 7


def test_a_request_that_did_not_come_is_told_with_the_nearest(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with pytest.raises(SandboxError):
        world.request("POST", "/v1/order/402-1234567-1234567/shipments", {"carrier": "DTDC"})
    with pytest.raises(AssertionError) as failed:
        world.assert_requested(path="/v1/orders/*/shipments", status=201)
    said = str(failed.value)
    assert said.startswith(
        f"World {world.name}: at least one expected of the requests path='/v1/orders/*/shipments', s"
    )
    assert "path is '/v1/order/402-1234567-1234567/shipments' and not '/v1/orders/*/shipments'" in said
    assert said.endswith("met no route; nearest is POST /v1/orders/{order_id}/shipments.")


def test_requests_that_came_too_often_are_told(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    for _ in range(2):
        world.request("GET", "/v1/settings")
    with pytest.raises(AssertionError, match=r"(?s)0 expected of the requests door='v1', and there are 2.*/settings"):
        world.assert_requested(times=0, door="v1")
    world.assert_requested(times=2, door="v1")


def test_a_filter_that_there_is_not_asserts_nothing(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    with pytest.raises(SandboxError, match="Did you mean read_settings"):
        world.assert_requested(times=0, operation="read_setings")
    with pytest.raises(SandboxError, match="UnknownField"):
        world.assert_requested(times=0, verb="GET")


def test_forgotten_requests_are_gone(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    world.advance(by="1d")
    world.forget_requests()
    assert world.requests() == []


def test_whatever_key_an_operator_chose_is_masked_wherever_it_is_sent(sandbox: Sandbox) -> None:
    world = sandbox.world("empty")
    key = sandbox.operator_key
    world.request("PUT", "/v1/settings/policies", {"returns": f"mine: {key}", "company": "x"})
    for path in (f"/v1/{key}", "/v1/" + "x" * 980 + key, f"/v1/orders?q={key}"):
        with suppress(SandboxError):
            world.request("GET", path)
    found = world.requests(door="v1")
    assert found[0].body == '{"returns": "mine: ***", "company": "x"}'
    assert [one.path[:6] for one in found[1:]] == ["/v1/**", "/v1/xx", "/v1/or"] and key[:9] not in repr(found)


# -- facts that are still to come


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Let another thread do something whenever somebody pauses in a wait."""

    def pause(_: float) -> bool:
        thread = Thread(target=do)
        thread.start()
        thread.join()
        return False

    monkeypatch.setattr("sandbox.api.waiting.pause", pause)


def test_a_fact_that_another_writes_ends_the_wait(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    world = sandbox.world("empty")
    last = world.facts()[-1]["fact"]
    meanwhile(monkeypatch, lambda: world.simulate("orders/place"))
    assert world.facts(after=last, wait=30)[0]["fact"] == last + 1


def test_a_world_that_another_deletes_ends_the_wait(
    sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sandbox.world("empty")
    meanwhile(monkeypatch, lambda: Shelf(folder).delete(world.name))
    with pytest.raises(SandboxError) as refused:
        world.facts(after=10**6, wait=30)
    assert (refused.value.code, refused.value.status) == ("UnknownWorld", 404)


def test_nobody_who_waits_holds_a_transaction(sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = sandbox.world("empty")

    def write_all_there_is() -> None:
        with closing(Shelf(folder).open(world.name)) as opened:
            opened.rows("pragma wal_checkpoint(truncate)")  # which whoever reads would hold up
            logs.append((folder / f"{world.name}.world-wal").stat().st_size)

    logs: list[int] = []
    meanwhile(monkeypatch, write_all_there_is)
    world.facts(after=10**6, wait=0.01)
    assert logs and set(logs) == {0}
