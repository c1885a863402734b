"""A sandbox to test with: a real server on a free port, or the same application in this process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from sandbox.testing.client import Sandbox, Send
from sandbox.testing.refused import SandboxError
from sandbox.testing.watched import LENT

PATIENCE_SECONDS = 60
THREADS = 16
"""Of each of its processes: so many tests at once may wait for their receivers, which ask the sandbox meanwhile."""
_KEY = "the-operator-of-one-test-process"


def over_http(url: str) -> Send:
    """Requests to a server, each on a connection of its own: no test meets what another one left open."""
    host = urlsplit(url).netloc

    def send(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = HTTPConnection(host, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            what, why = f"{method} {path.partition('?')[0]}", str(error) or type(error).__name__
            raise SandboxError(0, "Unreachable", f"Nobody at {url} answers {what} as a sandbox does: {why}.") from error
        finally:
            connection.close()

    return send


class Launched(NamedTuple):
    """A server that was started."""

    process: "subprocess.Popen[bytes]"
    url: str
    operator_key: str


def launched(folder: Path, owner: int, whose: str = LENT) -> Launched:
    """Start `sandbox serve` over a folder, which ends with its owner's process at the latest.

    RuntimeError, with what it said, if it does not start.
    """
    command = [sys.executable, "-m", "sandbox.testing.watched", str(owner), whose, str(folder)]
    command += ["serve", "--port", "0", "--json", "--threads", str(THREADS)]
    with open(folder / "server.log", "ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        said = (folder / "server.log").read_text("utf-8", "replace")[-2000:]
        raise RuntimeError(f"The sandbox did not start: it ended with {process.wait()}. It said: {said}")
    told = json.loads(line)
    return Launched(process, told["url"], told["operator_key"])


@contextmanager
def served(folder: Path) -> Iterator[Sandbox]:
    """A real server over a folder, for a while; it ends with this process at the latest."""
    process, url, key = launched(folder, os.getpid())
    try:
        yield Sandbox(over_http(url), key, url)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        if process.stdout:
            process.stdout.close()


def in_process(folder: Path) -> Sandbox:
    """The application itself, without a server: for unit tests. Worlds come and go in a few milliseconds."""
    from werkzeug.test import Client

    from sandbox.api.app import create_app
    from sandbox.api.auth import Operated

    client = Client(create_app(Operated(folder, _KEY, key_was_set=True)))

    def send(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        answer = client.open(path, method=method, data=body, headers=headers)
        return answer.status_code, answer.get_data()

    return Sandbox(send, _KEY, "http://localhost")
