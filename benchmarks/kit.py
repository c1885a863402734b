"""The tester's kit: fresh worlds, forks, and many worlds in one server.

Medians of some rounds on a quiet machine. Memory is what the server's processes take together: pages that several of
them share are counted once (PSS, as Linux tells it); counted for each of them (RSS) it is printed beside.
"""

import json
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from shutil import copyfile
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from benchmarks.doors import WORKERS, serving
from benchmarks.figures import Figure, told
from sandbox.api.app import create_app
from sandbox.api.auth import Operated
from sandbox.sim import scenario, snapshots
from sandbox.sim.worlds import Shelf

ROUNDS = 15
MANY, ORDERS_EACH, REQUESTS, PAIRS = 200, 5, 4_000, 11
_KEY = "op_" + "0" * 32


def measure() -> list[Figure]:
    """Each number of the kit that worlds decide, beside what is asked."""
    with tempfile.TemporaryDirectory() as folder:
        inside = _in_process(Path(folder) / "inside")
        fork = _fork(Path(folder) / "fork")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (url, process):
        client = _Client(url, (Path(folder) / "operator.key").read_text().strip())
        over_http = _median(lambda number: client.post("/sandbox/worlds", {"name": f"fresh-{number}"}))
        idle = client.post("/sandbox/worlds", {"scenario": "empty"})["name"]
        day = _median(lambda _: client.post(f"/sandbox/worlds/{idle}/advance", {"by": "1d"}))
        for number in range(ROUNDS + 1):
            client.ask("DELETE", f"/sandbox/worlds/fresh-{number}")
        rate, memory = _many(client, process)
    return [
        told(Figure("a fresh world of 1,000 orders in process", inside, 20, "ms", at_least=False)),
        told(Figure("the same over HTTP", over_http, 40, "ms", at_least=False)),
        told(Figure("a fork of a world of 10,000 orders", fork, 50, "ms", at_least=False)),
        told(Figure("an idle day over HTTP", day, 5, "ms", at_least=False)),
        told(Figure(f"requests among {MANY} worlds over those of one", rate, 0.95, "of one", at_least=True)),
        told(Figure(f"memory of a server with {MANY} worlds", memory, 300, "MB", at_least=False)),
    ]


def _median(act: Callable[[int], object]) -> float:
    """Milliseconds; the first time is not counted."""
    spans = []
    for number in range(ROUNDS + 1):
        began = time.perf_counter()
        act(number)
        spans.append((time.perf_counter() - began) * 1000)
    return median(spans[1:])


def _in_process(folder: Path) -> float:
    """A fresh world through the application itself, without a server."""
    folder.mkdir()
    client = create_app(Operated(folder, _KEY, True)).test_client()
    headers = {"Authorization": f"Bearer {_KEY}"}

    def make(number: int) -> None:
        made = client.post("/sandbox/worlds", json={"name": f"w{number}"}, headers=headers)
        assert made.status_code == 201 and sum(made.get_json()["orders"].values()) >= 1000, made.data

    return _median(make)


def _fork(folder: Path) -> float:
    chosen = scenario.load("first-week")
    busy = chosen.model_copy(update={"demand": chosen.demand.model_copy(update={"orders_per_day": 340})})
    shelf = Shelf(folder)
    world = shelf.make("busy", busy)
    assert world.row("select count(*) from orders")[0] >= 10_000
    found = _median(lambda number: snapshots.fork(shelf, f"f{number}", world).close())
    bare = _median(lambda number: copyfile(world.path, folder / f"bare-{number}"))
    megabytes = world.path.stat().st_size / 1_000_000
    print(f"  a plain copy of its {megabytes:.1f} MB, into memory that the system has not used yet: {bare:.1f} ms")
    world.close()
    return found


class _Client:
    """Asks one server over one connection, as a client that keeps it does."""

    def __init__(self, url: str, key: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc)
        self.key = key

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        found = answer.read()
        assert answer.status < 300, found
        return found

    def post(self, path: str, body: Any) -> Any:
        return json.loads(self.ask("POST", path, body))


def _many(client: _Client, process: int) -> tuple[float, float]:
    """How many requests a second there are among many worlds, over those of one alone, and what the server takes."""
    worlds = []
    for number in range(MANY):
        made = client.post("/sandbox/worlds", {"name": f"many-{number}", "desks": {"dispatch": "person"}})
        listed = json.loads(client.ask("GET", f"/v1/orders?limit={ORDERS_EACH}", key=made["keys"][0]))
        worlds.append((made["keys"][0], [row["order_id"] for row in listed["orders"]]))
    pairs = []
    for _ in range(PAIRS):
        one = _rate(client, worlds[:1])
        pairs.append(_rate(client, worlds) / one)
    shared, each = _memory(process)
    print(
        f"  {MANY} worlds, {WORKERS} workers: {shared:.0f} MB (PSS), {each:.0f} MB with shared pages counted each time"
    )
    return median(pairs), shared


def _rate(client: _Client, worlds: list[tuple[str, list[str]]]) -> float:
    """Requests per second: reads of an order, world by world, each time another order."""
    asked = [(key, ids[turn % len(ids)]) for turn in range(REQUESTS // len(worlds)) for key, ids in worlds]
    for key, order_id in asked[: len(worlds) * ORDERS_EACH]:
        client.ask("GET", f"/v1/orders/{order_id}", key=key)
    began = time.perf_counter()
    for key, order_id in asked:
        client.ask("GET", f"/v1/orders/{order_id}", key=key)
    return len(asked) / (time.perf_counter() - began)


def _memory(process: int) -> tuple[float, float]:
    """Megabytes of a process and its children: shared pages once, and each time."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    rows = [line.split() for pid in (str(process), *children) for line in _rollup(pid)]
    kinds = {kind: sum(int(row[1]) for row in rows if row[0] == f"{kind}:") / 1024 for kind in ("Pss", "Rss")}
    return kinds["Pss"], kinds["Rss"]


def _rollup(pid: str) -> list[str]:
    return Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
