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
from collections.abc import Callable, Iterator
from contextlib import suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing.client import Sandbox, World
from sandbox.testing.receiver import Receiver, receiving
from sandbox.testing.servers import in_process, launched, over_http

FOLDER = "SANDBOX_TESTING_FOLDER"
"""Where the processes of one test run find their server; the first of them says so, and its children inherit it."""
WorldFactory = Callable[..., World]


def pytest_configure(config: pytest.Config) -> None:
    """Name the run's folder, which nobody makes until a server is wanted."""
    config.addinivalue_line(
        "markers", "sandbox(scenario, **options): what the world of this test is made of, as in POST /sandbox/worlds."
    )
    if FOLDER not in os.environ:
        os.environ[FOLDER] = str(Path(tempfile.gettempdir()) / f"sandbox-testing-{secrets.token_hex(8)}")
        config.stash[_OWNED] = Path(os.environ[FOLDER])


_OWNED = pytest.StashKey[Path]()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever named the folder stops the server in it, and removes it."""
    folder = config.stash.get(_OWNED, None)
    if folder is None:
        return
    os.environ.pop(FOLDER, None)
    with suppress(FileNotFoundError):
        _stop(json.loads((folder / "server.json").read_text("utf-8"))["pid"])
    shutil.rmtree(folder, ignore_errors=True)


def _stop(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
    with suppress(ChildProcessError):  # another process started it: that one's children are not ours to wait for
        os.waitpid(pid, 0)


@pytest.fixture(scope="session")
def sandbox_server() -> Sandbox:
    """A real server on a free port, one for the whole run."""
    folder = Path(os.environ[FOLDER])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = folder / "server.json"
    with open(folder / "lock", "w") as lock:
        flock(lock, LOCK_EX)
        if not told.exists():
            process, url, key = launched(folder)
            told.write_text(json.dumps({"pid": process.pid, "url": url, "operator_key": key}), "utf-8")
    found = json.loads(told.read_text("utf-8"))
    return Sandbox(over_http(found["url"]), found["operator_key"], found["url"])


@pytest.fixture(scope="session")
def sandbox_in_process(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """The application without a server."""
    return in_process(tmp_path_factory.mktemp("sandbox"))


def _factory(sandbox: Sandbox) -> Iterator[WorldFactory]:
    made: list[World] = []

    def make(scenario: str = "first-week", **options: Any) -> World:
        made.append(sandbox.world(scenario, **options))
        return made[-1]

    yield make
    for world in made:
        world.delete()


def _marked(request: pytest.FixtureRequest, make: WorldFactory) -> World:
    marker = request.node.get_closest_marker("sandbox")
    return make(*marker.args, **marker.kwargs) if marker else make()


@pytest.fixture
def world_factory(sandbox_server: Sandbox) -> Iterator[WorldFactory]:
    """Makes worlds on the server, which end with the test."""
    yield from _factory(sandbox_server)


@pytest.fixture
def world(request: pytest.FixtureRequest, world_factory: WorldFactory) -> World:
    """A fresh, frozen world of this test alone; the marker `sandbox` says of what."""
    return _marked(request, world_factory)


@pytest.fixture
def world_in_process(request: pytest.FixtureRequest, sandbox_in_process: Sandbox) -> Iterator[World]:
    """The same without a server."""
    for make in _factory(sandbox_in_process):
        yield _marked(request, make)


@pytest.fixture
def webhook_receiver() -> Iterator[Receiver]:
    """A real server of this test alone that verifies and keeps the notifications it is sent."""
    with receiving() as receiver:
        yield receiver
