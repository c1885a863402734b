"""Years of 300,000 orders on one core, everything written: the command as its user runs it, with either cast.

The bounds are those of a machine on which the skeleton of this design does 25,000 orders a second. Beside each figure
stands what it is over the skeleton here and now, both by the processor's time: 15,000 there is 0.6 of it anywhere.
The two take turns on one core, seconds each: measured one after the other, they differed by a tenth from run to run.
It is the last core, for the system does its own work on the first one. One process is some percent faster than the next
of the same code, by where its memory lies: the middle one of three counts.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import skeleton
from benchmarks.figures import Figure, told

HERE = Path(__file__).parent
YEARS = {"the first cast alone": HERE / "first-cast.toml", "the full cast": HERE / "year.toml"}
_TURN_SECONDS = 1.0
_RUNS = 3
_CORE = max(os.sched_getaffinity(0))
ON_ONE_CORE = f"""
import os, sys
os.sched_setaffinity(0, {{{_CORE}}})
sys.argv[0] = "sandbox"
from sandbox.cli import main
main()"""


def measure() -> list[Figure]:
    """Orders per second of the whole command, its memory, and what it wrote, for either cast."""
    return [told(figure) for cast, scenario in YEARS.items() for figure in _middle(cast, scenario)]


def _middle(cast: str, scenario: Path) -> list[Figure]:
    """The figures of the run that is neither the fastest nor the slowest over the skeleton."""
    runs = [_of_one(cast, scenario) for _ in range(_RUNS)]
    return sorted(runs, key=lambda figures: figures[1].measured)[_RUNS // 2]


def _of_one(cast: str, scenario: Path) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, closing(skeleton.Yardstick()) as yardstick:
        spent = _spent()
        command = [*(sys.executable, "-c", ON_ONE_CORE, "--data", folder), "run", str(scenario)]
        said, seconds = _in_turns([*command, "--name", "year", "--json"], yardstick)
        spent, yard = _spent() - spent, yardstick.orders_per_second()
        size = os.path.getsize(said["file"])
    orders = sum(said["orders"].values())
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lived = f"{orders:,} orders, {said['facts']:,} facts, {size / 1e6:,.0f} MB"
    print(f"  {lived}, {seconds:.1f} s of the whole command, {orders / spent / yard:.3f} of the skeleton")
    return [
        Figure(f"sandbox run, a year of 300,000 orders, {cast}", orders / seconds, 15_000, "orders/s"),
        Figure(f"the same over the skeleton ({yard:,.0f})", orders / spent / yard, 0.6, ""),
        Figure("its memory", memory, 400, "MB", at_least=False),
    ]


def _in_turns(command: list[str], yardstick: skeleton.Yardstick) -> tuple[Any, float]:
    """What a command says, and how many seconds it had; every now and then it is stopped for the yardstick."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {_CORE})
    began, stood = time.perf_counter(), 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        while True:
            try:
                said, _ = running.communicate(timeout=_TURN_SECONDS)
                break
            except subprocess.TimeoutExpired:
                stopped = time.perf_counter()
                running.send_signal(signal.SIGSTOP)
                yardstick.stretch()
                running.send_signal(signal.SIGCONT)
                stood += time.perf_counter() - stopped
    os.sched_setaffinity(0, everywhere)
    assert running.returncode == 0, command
    return json.loads(said), time.perf_counter() - began - stood


def _spent() -> float:
    """Seconds of a processor that commands have taken so far, in their own code and in the system's for them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
