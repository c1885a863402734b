"""A real server, ended whatever happens, and a small client for it."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

TOP = Path(__file__).parent.parent
PATIENCE_SECONDS = 30.0
ENDS_WITHIN_SECONDS = 15.0

Found = TypeVar("Found")


def until(look: Callable[[], Found], patience: float = PATIENCE_SECONDS) -> Found:
    """What `look` finds once it finds something. Fails when patience ends."""
    ends = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.02)
    return found


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    """By their names in small letters."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Client:
    """Asks one server with one key."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url = url
        self.key = key

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request on its own connection. A body that is not bytes (or pieces of them, sent in chunks) is JSON."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        sent |= headers or {}
        if body is not None and not isinstance(body, bytes | Iterator):
            body = json.dumps(body).encode()
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECONDS * 2)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before the body was over
                connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, query: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Read."""
        return self.ask("GET", f"{path}?{urlencode(query, doseq=True)}" if query else path, headers=headers)

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Do."""
        return self.ask("POST", path, body, headers)

    def put(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Set."""
        return self.ask("PUT", path, body, headers)

    def delete(self, path: str) -> Answer:
        """Remove."""
        return self.ask("DELETE", path)


class Server:
    """`sandbox serve` over a folder, in a process group of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.launch()

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.launch()
        until(self.answers)

    def launch(self) -> None:
        """Start, and wait for its address alone."""
        command = [sys.executable, "-m", "sandbox", "--data", str(self.folder)]
        command += ["serve", "--port", "0", "--json", "--workers", "2", *self.options]
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, cwd=TOP, start_new_session=True
            )
        assert self.process.stdout
        assert select.select([self.process.stdout], [], [], PATIENCE_SECONDS)[0], "it tells no address"
        told = json.loads(self.process.stdout.readline())
        self.url, self.operator_key = told["url"], told["operator_key"]

    def answers(self) -> bool:
        """Whether it is up. Fails once it has ended."""
        with suppress(OSError, HTTPException):
            return Client(self.url).get("/sandbox/health").status == 200
        assert self.process.poll() is None, self.log()
        return False

    def operator(self) -> Client:
        """A client that may move worlds."""
        return Client(self.url, self.operator_key)

    def log(self) -> str:
        """The end of what it said on stderr."""
        return (self.folder / "server.log").read_text("utf-8", "replace")[-3000:]

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C does, and return its exit code. It fails the test by hanging."""
        self.process.send_signal(how)
        try:
            code = self.process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server does not end: {self.log()}") from None
        self._close()
        return code

    def kill(self) -> None:
        """End it and all its processes at once, without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)
        self._close()

    def _close(self) -> None:
        assert self.process.stdout
        self.process.stdout.close()

    def children(self) -> dict[int, str]:
        """The processes it started, with what the system calls them."""
        pid = self.process.pid
        pids = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        found = {}
        for child in pids:
            with suppress(FileNotFoundError, ProcessLookupError):  # it may end while it is looked at
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    """A server over a folder, for a while."""
    server = Server(folder, *options)
    try:
        until(server.answers)
        yield server
        if server.process.poll() is None:
            assert server.stop() == 0, server.log()
    finally:
        if server.process.poll() is None:
            server.kill()


class Shop:
    """A world of a server, with its operator and its seller."""

    def __init__(self, operator: Client, **options: Any) -> None:
        made = operator.post("/sandbox/worlds", {"seed": 5, "history_days": 2} | options)
        assert made.status == 201, made.body
        self.name, (self.key,) = made.json["name"], made.json["keys"]
        self.operator = operator
        self.seller = Client(operator.url, self.key)
        self.path = f"/sandbox/worlds/{self.name}"

    def reached_at(self, server: Server) -> None:
        """Go on with a server that was started anew."""
        self.operator, self.seller = server.operator(), Client(server.url, self.key)

    def advance(self, by: str) -> Any:
        """Move time."""
        moved = self.operator.post(f"{self.path}/advance", {"by": by})
        assert moved.status == 200, moved.body
        return moved.json

    def now(self) -> str:
        """The world's moment."""
        return str(self.operator.get(self.path).json["now"])

    def pages(self, path: str, **query: Any) -> list[Any]:
        """All rows of a list, page by page."""
        rows: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.seller.get(path, query | cursor).json
            rows += page[path.rpartition("/")[2]]
            if page["next_cursor"] is None:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    def orders(self, **query: Any) -> list[Any]:
        """All orders that fit, the newest first."""
        return self.pages("/v1/orders", limit=100, **query)

    def ids(self, status: str, **query: Any) -> list[str]:
        """The ids of all orders of that status."""
        return [row["order_id"] for row in self.orders(status=status, **query)]

    def unshipped(self) -> str:
        """The id of an order of one piece that can be shipped."""
        return str(next(row["order_id"] for row in self.orders(status="Unshipped") if row["quantity"] == 1))

    def several(self) -> str:
        """The id of an order of several pieces that can be shipped."""
        return str(next(row["order_id"] for row in self.orders(status="Unshipped") if row["quantity"] > 1))

    def pending(self) -> str:
        """The id of an order that waits for its payment; time is moved until there is one."""
        for _ in range(300):
            if found := self.ids("Pending"):
                return found[0]
            self.advance("10m")
        raise AssertionError("nobody pays late in this world")

    def order(self, order_id: str) -> Any:
        """An order, whole."""
        return self.seller.get(f"/v1/orders/{order_id}").json

    def ship(self, order_id: str, headers: dict[str, str] | None = None, **what: Any) -> Answer:
        """Confirm a shipment."""
        return self.seller.post(
            f"/v1/orders/{order_id}/shipments", {"carrier": "BlueDart", "tracking": "BD-1234"} | what, headers
        )

    def cancel(self, order_id: str, reason: str = "NoInventory") -> Answer:
        """Cancel an order."""
        return self.seller.post(f"/v1/orders/{order_id}/cancellation", {"reason": reason})

    def facts(self, *kinds: str, after: int = 0) -> list[Any]:
        """All facts of some kinds."""
        rows: list[Any] = []
        while True:
            page = self.operator.get(f"{self.path}/facts", {"after": after, "limit": 1000, "kind": kinds}).json
            rows += page["facts"]
            after = page["last"]
            if len(page["facts"]) < 1000:
                return rows


def problem_of(answer: Answer) -> Any:
    """The problem that an answer tells, checked for what every problem has."""
    assert answer.headers["content-type"] == "application/problem+json", answer
    found = answer.json
    assert found["status"] == answer.status and found["type"] == f"urn:seller-sandbox:problem:{found['code']}"
    assert found["title"] and found["detail"] and found["request_id"] == answer.headers["x-request-id"]
    return found


def said_no(answer: Answer) -> tuple[int, str]:
    """Status and code of a refusal."""
    found = problem_of(answer)
    return found["status"], found["code"]
