"""Requests per second through the whole stack, beside a bare Flask "hello" under the same granian in the same run.

The load comes from wrk (Debian's package), for a client in Python would be the bottleneck. Reads go round the
orders of a day, each rendered once and given again until it changes; every shipment is of another order, durable when
answered.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, told
from sandbox.api.serve import check_free
from sandbox.sim import scenario, worlds

WORKERS, ROUNDS, SECONDS = 2, 5, 3
TO_SHIP = 120_000
LUA = Path(__file__).with_name("rotate.lua")


def measure() -> list[Figure]:
    """Reads and shipments against hello; the median of the pairs."""
    if not shutil.which("wrk"):
        sys.exit("The doors are measured with wrk: apt-get install wrk.")
    with tempfile.TemporaryDirectory() as folder, _hello() as hello, _sandbox(Path(folder)) as (url, key, reads, ships):
        pairs = []
        for part in range(ROUNDS):
            slice_of = ships.with_suffix(f".{part}")
            lines = ships.read_text().splitlines()
            size = len(lines) // ROUNDS
            slice_of.write_text("\n".join(lines[part * size : (part + 1) * size]) + "\n")
            plain = _wrk(hello, None, _only(Path(folder), "/"), "GET")
            pairs.append((_wrk(url, key, reads, "GET") / plain, _wrk(url, key, slice_of, "POST") / plain))
    return [
        told(Figure("GET /v1/orders/{id} over hello", median(read for read, _ in pairs), 0.70, "of hello")),
        told(Figure("POST /v1/orders/{id}/shipments over hello", median(ship for _, ship in pairs), 0.25, "of hello")),
    ]


def _only(folder: Path, path: str) -> Path:
    file = folder / "only"
    file.write_text(f"{path}\n")
    return file


def _wrk(url: str, key: str | None, paths: Path, method: str) -> float:
    """Requests per second; every answer must be a good one."""
    headers = ["-H", f"Authorization: Bearer {key}"] if key else []
    command = ["wrk", "-t1", "-c8", f"-d{SECONDS}", "-s", str(LUA), *headers, url, "--", str(paths), method]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    return float(found[1])


@contextmanager
def _hello() -> Iterator[str]:
    port = check_free("127.0.0.1", 0)
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.hello", str(port), str(WORKERS)])
    try:
        yield _up(f"http://127.0.0.1:{port}", "/")
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _sandbox(folder: Path) -> Iterator[tuple[str, str, Path, Path]]:
    """A served world: its address, its key, the paths to read and the paths to ship."""
    chosen = scenario.load("first-week")
    desks = chosen.desks.model_copy(
        update={"dispatch": chosen.desks.dispatch.model_copy(update={"played_by": "person"})}
    )
    demand = chosen.demand.model_copy(update={"orders_per_day": TO_SHIP, "pending_share": 0.0})
    many = chosen.model_copy(update={"history_days": 1, "demand": demand, "desks": desks, "test_orders": 0})
    world = worlds.Shelf(folder / "worlds").make("bench", many)
    ids = [row[0] for row in world.execute("select order_id from orders where is_open order by number")]
    (folder / "reads").write_text("".join(f"/v1/orders/{order_id}\n" for order_id in ids[:1000]))
    (folder / "ships").write_text("".join(f"/v1/orders/{order_id}/shipments\n" for order_id in ids[1000:]))
    (key,) = worlds.keys_of(world)
    world.close()
    with served(folder) as url:
        yield url, key, folder / "reads", folder / "ships"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The worlds of a folder, served; its address."""
    with serving(folder) as (url, _):
        yield url


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """The same with the server's process."""
    command = [sys.executable, "-m", "sandbox", "--data", str(folder), "serve", "--port", "0", "--json"]
    server = subprocess.Popen([*command, "--workers", str(WORKERS)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        url = json.loads(server.stdout.readline())["url"]
        yield _up(url, "/sandbox/health"), server.pid
    finally:
        server.terminate()
        server.wait()


def _up(url: str, path: str) -> str:
    for _ in range(500):
        try:
            urllib.request.urlopen(url + path).read()
            return url
        except OSError:
            time.sleep(0.01)
    raise TimeoutError(url)
