"""A study of 1,000 replications of 60 days with 100 orders each, on two processes: the command as its user runs it.

Two studies of different size are timed; what one more replication costs is the difference, and what the command costs
beside them is paid once. From both follows what 1,000 would take. The seconds of the processor are told as well, for
they hold on a machine that does other things beside.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import Figure, told

SHOP = Path(__file__).with_name("year.toml")
FEW, MANY, ALL = 10, 50, 1000
JOBS = 2


def measure() -> list[Figure]:
    """Minutes for all of them, and seconds for each."""
    (few, few_busy), (many, many_busy) = _seconds(FEW), _seconds(MANY)
    each, busy = (many - few) / (MANY - FEW), (many_busy - few_busy) / (MANY - FEW)
    minutes = (many + (ALL - MANY) * each) / 60
    print(f"  {FEW} replications {few:.1f} s, {MANY} {many:.1f} s: {each:.3f} s for one more on {JOBS} processes")
    print(
        f"  {busy:.3f} s of a processor for each; {busy * ALL / JOBS / 60:.1f} minutes on {JOBS} that do nothing else"
    )
    return [told(Figure(f"sandbox study, {ALL:,} x 60 days x 100 orders", minutes, 8.0, "minutes", at_least=False))]


def _seconds(runs: int) -> tuple[float, float]:
    """What a study takes on the wall, and of processors."""
    command = [sys.executable, "-m", "sandbox", "study", str(SHOP), "--runs", str(runs), "--days", "60", "--json"]
    command += ["--jobs", str(JOBS), "--set", "demand.orders_per_day=100"]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert said["variants"][0]["figures"]["orders"]["estimate"] > 5_500
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
