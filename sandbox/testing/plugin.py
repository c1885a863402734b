"""The pytest plugin: `sandbox_server`, `world`, `world_factory`, the same in process, and `webhook_receiver`.

Under pytest-xdist all workers share one server: the first that wants it starts it, and the process that runs them all
stops it in the end.
"""

import json
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import failures
from sandbox.testing.client import Sandbox, World
from sandbox.testing.receiver import Receiver, receiving
from sandbox.testing.refused import SandboxError
from sandbox.testing.servers import in_process, launched, over_http
from sandbox.testing.watched import OWN

FOLDER = "SANDBOX_TESTING_FOLDER"
"""Where the processes of one test run find their server; the first of them says so, and its children inherit it."""
OWNER = "SANDBOX_TESTING_OWNER"
"""The first process itself: when it is gone, the server goes."""
WorldFactory = Callable[..., World]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the kit."""
    group = parser.getgroup("sandbox", "seller-sandbox")
    group.addoption(
        "--sandbox-keep", metavar="FOLDER", help="Write the worlds of failed tests there, for sandbox import-world."
    )
    group.addoption(
        "--sandbox-url", metavar="URL", help="Use the sandbox that is served there, with the key in SANDBOX_SERVE_KEY."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the run's folder, which nobody makes until a server is wanted."""
    config.addinivalue_line(
        "markers", "sandbox(scenario, **options): what the world of this test is made of, as in POST /sandbox/worlds."
    )
    if FOLDER not in os.environ:
        os.environ[FOLDER] = str(Path(tempfile.gettempdir()) / f"sandbox-testing-{secrets.token_hex(8)}")
        os.environ[OWNER] = str(os.getpid())
        config.stash[_OWNED] = Path(os.environ[FOLDER])


_OWNED = pytest.StashKey[Path]()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever named the folder stops the server in it, and removes it."""
    folder = config.stash.get(_OWNED, None)
    if folder is None:
        return
    os.environ.pop(FOLDER, None)
    os.environ.pop(OWNER, None)
    with suppress(FileNotFoundError):
        _stop(json.loads((folder / "server.json").read_text("utf-8"))["pid"])
    shutil.rmtree(folder, ignore_errors=True)


def _stop(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
    with suppress(ChildProcessError):  # another process started it: that one's children are not ours to wait for
        os.waitpid(pid, 0)


# -- what failed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a failed test's worlds how far they came, and keep them where that is asked for."""
    report = yield
    if report.when != "teardown" and report.failed:
        for world in _with_forks(item.stash.get(_WORLDS, [])):
            report.sections.append((f"world {world.name}", failures.told(world)))
            if folder := item.config.getoption("--sandbox-keep"):
                report.sections.append((f"world {world.name} kept", failures.kept(world, Path(folder), item.nodeid)))
    return report


_WORLDS = pytest.StashKey[list[World]]()


# -- servers


@pytest.fixture(scope="session")
def sandbox_server(pytestconfig: pytest.Config) -> Sandbox:
    """A real server on a free port, one for the whole run; or the one that `--sandbox-url` names."""
    if url := pytestconfig.getoption("--sandbox-url"):
        return _elsewhere(url.rstrip("/"))
    folder = Path(os.environ[FOLDER])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = folder / "server.json"
    with open(folder / "lock", "w") as lock:
        flock(lock, LOCK_EX)
        if not told.exists():
            process, url, key = launched(folder, int(os.environ.get(OWNER, os.getpid())), OWN)
            told.write_text(json.dumps({"pid": process.pid, "url": url, "operator_key": key}), "utf-8")
    found = json.loads(told.read_text("utf-8"))
    return Sandbox(over_http(found["url"]), found["operator_key"], found["url"])


def _elsewhere(url: str) -> Sandbox:
    key = os.environ.get("SANDBOX_SERVE_KEY")
    if not key:
        raise pytest.UsageError(f"--sandbox-url {url} needs its operator's key in SANDBOX_SERVE_KEY.")
    return Sandbox(over_http(url), key, url)


@pytest.fixture(scope="session")
def sandbox_in_process(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """The application without a server."""
    return in_process(tmp_path_factory.mktemp("sandbox"))


def _factory(sandbox: Sandbox, item: pytest.Item) -> Iterator[WorldFactory]:
    made = item.stash.setdefault(_WORLDS, [])
    mine: list[World] = []

    def make(scenario: str = "first-week", **options: Any) -> World:
        mine.append(sandbox.world(scenario, **options))
        made.append(mine[-1])
        return mine[-1]

    yield make
    for world in _with_forks(mine):
        _end(world)


def _with_forks(worlds: list[World]) -> list[World]:
    """Worlds, and those that the test made of them."""
    return [one for world in worlds for one in (world, *_with_forks(world.forks))]


def _end(world: World) -> None:
    """Delete a world, which the test may have done."""
    try:
        world.delete()
    except SandboxError as refused:
        if refused.code != "UnknownWorld":
            raise


def _marked(request: pytest.FixtureRequest, make: WorldFactory) -> World:
    marker = request.node.get_closest_marker("sandbox")
    return make(*marker.args, **marker.kwargs) if marker else make()


@pytest.fixture
def world_factory(request: pytest.FixtureRequest, sandbox_server: Sandbox) -> Iterator[WorldFactory]:
    """Makes worlds on the server, which end with the test, and their forks with them."""
    yield from _factory(sandbox_server, request.node)


@pytest.fixture
def world(request: pytest.FixtureRequest, world_factory: WorldFactory) -> World:
    """A fresh, frozen world of this test alone; the marker `sandbox` says of what."""
    return _marked(request, world_factory)


@pytest.fixture
def world_in_process(request: pytest.FixtureRequest, sandbox_in_process: Sandbox) -> Iterator[World]:
    """The same without a server."""
    for make in _factory(sandbox_in_process, request.node):
        yield _marked(request, make)


@pytest.fixture
def webhook_receiver() -> Iterator[Receiver]:
    """A real server of this test alone that verifies and keeps the notifications it is sent."""
    with receiving() as receiver:
        yield receiver
