"""Years of 300,000 orders on one core, everything written: the command as its user runs it, with either cast.

The bounds are those of a machine on which the skeleton of this design does 25,000 orders a second. Beside each figure
stands what it is over the skeleton here and now, both by the processor's time: 15,000 there is 0.6 of it anywhere.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean

from benchmarks import skeleton
from benchmarks.figures import Figure, told

HERE = Path(__file__).parent
YEARS = {"the first cast alone": HERE / "first-cast.toml", "the full cast": HERE / "year.toml"}
ON_ONE_CORE = (
    "import os, sys; os.sched_setaffinity(0, {0}); sys.argv[0] = 'sandbox'; from sandbox.cli import main; main()"
)


def measure() -> list[Figure]:
    """Orders per second of the whole command, its memory, and what it wrote, for either cast."""
    return [figure for cast, scenario in YEARS.items() for figure in _of_one(cast, scenario)]


def _of_one(cast: str, scenario: Path) -> list[Figure]:
    yardstick = [skeleton.orders_per_second()]
    with tempfile.TemporaryDirectory() as folder:
        began, spent = time.perf_counter(), _spent()
        command = [
            sys.executable,
            "-c",
            ON_ONE_CORE,
            "--data",
            folder,
            "run",
            str(scenario),
            "--name",
            "year",
            "--json",
        ]
        said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        seconds, spent = time.perf_counter() - began, _spent() - spent
        size = os.path.getsize(said["file"])
    yardstick.append(skeleton.orders_per_second())
    orders, yard = sum(said["orders"].values()), mean(yardstick)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"  {orders:,} orders, {said['facts']:,} facts, {size / 1e6:,.0f} MB, {seconds:.1f} s of the whole command")
    return [
        told(Figure(f"sandbox run, a year of 300,000 orders, {cast}", orders / seconds, 15_000, "orders/s")),
        told(Figure(f"the same over the skeleton ({yard:,.0f})", orders / spent / yard, 0.6, "")),
        told(Figure("its memory", memory, 400, "MB", at_least=False)),
    ]


def _spent() -> float:
    """Seconds of a processor that commands have taken so far, in their own code and in the system's for them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
