"""What a large account answers about its money over HTTP, and how long its settlement report takes: 100,000 orders."""

import json
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from benchmarks.doors import served
from benchmarks.figures import Figure, told
from sandbox.central.world import World
from sandbox.sim import scenario, worlds

ASKED = ("/v1/metrics", "/v1/reserve", "/v1/balance", "/v1/ledger/trial-balance")
ROUNDS = 7


def measure() -> list[Figure]:
    """Milliseconds of each answer, the median of some rounds, in the pack of the guide and in the marketplace's."""
    found = []
    for pack in ("guide-2015", "marketplace-today"):
        with tempfile.TemporaryDirectory() as folder:
            world = _large(Path(folder), pack)
            (key,) = worlds.keys_of(world)
            world.close()
            with served(Path(folder)) as url:
                for path in ASKED:
                    figure = Figure(f"GET {path}, 100,000 orders, {pack}", _cost(url + path, key), 100, "ms", False)
                    found.append(told(figure))
                name = f"settlement report of nearly all of them, {pack}"
                found.append(told(Figure(name, _reported(url, key), 5.0, "s", False)))
    return found


def _reported(url: str, key: str) -> float:
    """Seconds until the flat file of the one settlement is there."""
    headers = {"Authorization": f"Bearer {key}"}
    asked = urllib.request.Request(f"{url}/v1/reports?kind=settlement-v2", headers=headers)
    (report,) = json.load(urllib.request.urlopen(asked))["reports"]
    began = time.perf_counter()
    asked = urllib.request.Request(f"{url}/v1/reports/{report['report']}/document?format=tsv", headers=headers)
    lines = urllib.request.urlopen(asked).read().count(b"\n")
    print(f"  {lines:,} lines")
    return time.perf_counter() - began


def _large(folder: Path, pack: str) -> World:
    chosen = scenario.load("first-week")
    demand = chosen.demand.model_copy(update={"orders_per_day": 100_000 / 30})
    changes = {"settlement_first_after_days": 29}
    policy = chosen.policy.model_copy(update={"pack": pack, "changes": changes})
    return worlds.Shelf(folder / "worlds").make("large", chosen.model_copy(update={"demand": demand, "policy": policy}))


def _cost(url: str, key: str) -> float:
    spans = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
        assert urllib.request.urlopen(request).read()
        spans.append((time.perf_counter() - began) * 1000)
    return median(spans)
