"""A forecast of 500 futures of 30 days, of a shop with 60 orders a day that has lived for 90, on two processes.

Timed as the study is: two forecasts of different size, whose difference tells what one more future costs. The bound is
twice what a study may take for as many orders: a future draws anew for three times as many before it begins.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, told

SHOP = Path(__file__).with_name("year.toml")
FEW, MANY, ALL = 10, 50, 500
JOBS = 2
_SANDBOX = [sys.executable, "-m", "sandbox"]


def measure() -> list[Figure]:
    """Minutes for all of them, and seconds for each."""
    with TemporaryDirectory(prefix="sandbox-bench-") as folder:
        words = ["run", str(SHOP), "--name", "shop", "--days", "90", "--orders-per-day", "60", "--json"]
        subprocess.run([*_SANDBOX, "--data", folder, *words], capture_output=True, check=True)
        (few, few_busy), (many, many_busy) = _seconds(folder, FEW), _seconds(folder, MANY)
    each, busy = (many - few) / (MANY - FEW), (many_busy - few_busy) / (MANY - FEW)
    minutes = (many + (ALL - MANY) * each) / 60
    print(f"  {FEW} futures {few:.1f} s, {MANY} {many:.1f} s: {each:.3f} s for one more on {JOBS} processes")
    print(
        f"  {busy:.3f} s of a processor for each; {busy * ALL / JOBS / 60:.1f} minutes on {JOBS} that do nothing else"
    )
    return [told(Figure(f"sandbox forecast, {ALL:,} x 30 days x 60 orders", minutes, 2.4, "minutes", at_least=False))]


def _seconds(folder: str, runs: int) -> tuple[float, float]:
    """What a forecast takes on the wall, and of processors."""
    words = ["forecast", "shop", "--runs", str(runs), "--days", "30", "--jobs", str(JOBS), "--json"]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(
        subprocess.run([*_SANDBOX, "--data", folder, *words], capture_output=True, text=True, check=True).stdout
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(said["measures"][0]["bands"]) == 30
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
