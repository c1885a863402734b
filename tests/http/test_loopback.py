"""Beyond loopback: a real server on every address of this machine, asked over one that is not loopback."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.sim import scenario
from sandbox.sim.worlds import Shelf, keys_of
from tests.server import TOP, Client, problem_of, said_no, until

KEY = "op_" + "5" * 32
WITHOUT_A_KEY_SET = """
import sys
from pathlib import Path
from sandbox.api.auth import Operated
from sandbox.api.serve import check_free, serve
port = check_free("0.0.0.0", 0)
told = f'{{"url": "http://0.0.0.0:{port}"}}'
serve(Operated(Path(sys.argv[1]), sys.argv[2], False), ("0.0.0.0", port), lambda: print(told, flush=True), workers=1)
"""
"""As somebody serves who embeds the application; the command itself does not go beyond loopback without a key."""


def outside() -> str | None:
    """An address of this machine that is not loopback, if it has one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        found = str(probe.getsockname()[0])
        return None if found.startswith("127.") else found
    return None


@contextmanager
def listening(folder: Path, *command: str) -> Iterator[Callable[..., Client]]:
    """A server of one worker; whoever asks says over which address."""
    with closing(Shelf(folder / "worlds").make("one", scenario.load("empty"))):
        pass
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=log, cwd=TOP, text=True)
    assert process.stdout
    try:
        port = urlsplit(json.loads(process.stdout.readline())["url"]).port

        def client(host: str, key: str = KEY) -> Client:
            return Client(f"http://{host}:{port}", key)

        def answers() -> bool:
            with suppress(OSError, HTTPException):
                return client("127.0.0.1").get("/sandbox/health").status == 200
            return False

        until(answers)
        yield client
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="module")
def address() -> str:
    found = outside()
    if found is None:
        pytest.skip("this machine has no address but loopback")
    return found


def test_without_a_key_set_worlds_are_moved_from_their_own_machine_only(tmp_path: Path, address: str) -> None:
    with listening(tmp_path, "-c", WITHOUT_A_KEY_SET, str(tmp_path / "worlds"), KEY) as client:
        refused = [
            client(address).get("/sandbox/worlds"),
            client(address).post("/sandbox/worlds/one/advance", {"by": "1d"}),
        ]
        assert {said_no(answer) for answer in refused} == {(403, "NotLoopback")}
        assert "own machine" in problem_of(refused[0])["detail"]
        named = client(address).get("/v1/orders", headers={"X-Sandbox-World": "one"})
        assert said_no(named) == (403, "NotLoopback")
        assert said_no(Client(client(address).url).get("/sandbox/worlds")) == (403, "NotLoopback")
        assert client(address).get("/sandbox/health").status == 200
        for loopback in ("127.0.0.1", "127.0.0.2"):
            assert client(loopback).get("/sandbox/worlds").status == 200
        with closing(Shelf(tmp_path / "worlds").open("one")) as world:
            (key,) = keys_of(world)
        assert Client(client(address).url, key).get("/v1/orders").status == 200


def test_with_a_key_set_the_operator_may_come_from_elsewhere(tmp_path: Path, address: str) -> None:
    serve = ("--data", str(tmp_path), "serve", "--host", "0.0.0.0", "--port", "0", "--workers", "1")
    with listening(tmp_path, "-m", "sandbox", *serve, "--key", KEY, "--json") as client:
        assert client(address).get("/sandbox/worlds").status == 200
        wrong = Client(client(address).url, KEY[:-1] + "6")
        assert said_no(wrong.get("/sandbox/worlds")) == (401, "InvalidKey")
        assert said_no(Client(client(address).url).get("/sandbox/worlds")) == (401, "NoKey")
