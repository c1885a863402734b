"""Where the simulator's time goes: SimPy, luck, SQLite, the rules, the cast. And what a million orders take of memory.

A sample is taken of every millisecond that the processor spends, of the line that runs just then: so a call into SQLite
counts for SQLite, though Python made it.
"""

import json
import linecache
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType

from benchmarks.figures import Figure, told
from sandbox.central.days import DAY
from sandbox.sim import scenario, worlds
from sandbox.sim.driver import Driver

YEAR = Path(__file__).with_name("year.toml")
DAYS = 60
A_MILLION = 1_000_000
_MILLISECOND = 0.001
_OF_FILES = {
    "/simpy/": "SimPy",
    "/sim/driver.py": "the driver",
    "/sim/luck.py": "luck",
    "/statistics.py": "luck",
    "/sandbox/sim/": "the cast",
    "/central/world.py": "the door and its facts",
    "/central/facts/": "the door and its facts",
    "/central/ids.py": "the door and its facts",
    "/central/tables/": "the tables, beside SQLite",
    "/sandbox/central/": "rules",
}
_SQLITE = ("execute", "_one(", "_reads", "fetchall")


def measure() -> list[Figure]:
    """Print the shares, which have no bound, and measure the memory, which has one."""
    samples = _sampled()
    for name, count in samples.most_common():
        print(f"  {name:28} {count / samples.total():6.1%}")
    return [_memory()]


def _sampled() -> Counter[str]:
    samples: Counter[str] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        samples[_whose(frame)] += 1

    chosen = scenario.load(str(YEAR)).model_copy(update={"history_days": 0})
    with tempfile.TemporaryDirectory() as folder:
        world = worlds.make(Path(folder) / "shares.world", chosen)
        driver, before = Driver(world), signal.signal(signal.SIGPROF, sample)
        signal.setitimer(signal.ITIMER_PROF, _MILLISECOND, _MILLISECOND)
        try:
            with world.unguarded():
                driver.advance(world.now + DAYS * DAY)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
            world.close()
    return samples


def _whose(frame: FrameType | None) -> str:
    """Who the line belongs to that was running: the innermost that is of the project, or of SimPy."""
    while frame:
        file = frame.f_code.co_filename
        if "/central/" in file and any(word in linecache.getline(file, frame.f_lineno or 0) for word in _SQLITE):
            return "SQLite"
        for part, name in _OF_FILES.items():
            if part in file:
                return name
        frame = frame.f_back
    return "anything else"


def _memory() -> Figure:
    """Of a run of a million orders: three years and a third of the year's shop, in a process of its own."""
    days = round(A_MILLION / scenario.load(str(YEAR)).demand.orders_per_day)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sandbox", "--data", folder, "run", str(YEAR), "--days", str(days), "--json"]
        said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    orders = sum(said["orders"].values())
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return told(Figure(f"memory of a run of {orders:,} orders", memory, 400, "MB", at_least=False))
