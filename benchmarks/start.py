"""From nothing to the first answer, and to a shop that has lived for a month."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, told
from sandbox.api.serve import check_free

ROUNDS = 5


def measure() -> list[Figure]:
    """Seconds, the median of some rounds."""
    starts, makes = zip(*(_round() for _ in range(ROUNDS)), strict=True)
    return [
        told(Figure("server start to its first answer", median(starts), 1.0, "s", at_least=False)),
        told(Figure("a new world of 1,000 orders over HTTP", median(makes), 1.0, "s", at_least=False)),
    ]


def _round() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        port = check_free("127.0.0.1", 0)
        began = time.perf_counter()
        command = [sys.executable, "-m", "sandbox", "--data", folder, "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            _first_answer(port)
            started = time.perf_counter() - began
            return started, _new_world(port, (Path(folder) / "operator.key").read_text().strip())
        finally:
            server.terminate()
            server.wait()


def _first_answer(port: int) -> None:
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/sandbox/health").read()
            return
        except OSError:
            time.sleep(0.002)


def _new_world(port: int, key: str) -> float:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/sandbox/worlds"
    request = urllib.request.Request(url, json.dumps({"scenario": "first-week"}).encode(), headers)
    began = time.perf_counter()
    world = json.load(urllib.request.urlopen(request))
    assert sum(world["orders"].values()) >= 1000
    return time.perf_counter() - began
