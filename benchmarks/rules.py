"""What each rule costs the simulator: a month of the benchmark's shop under a profiler, rule by rule.

A profiler weighs small functions too heavily, so the shares are of the whole, and the microseconds are those shares of
a run without it. A rule that another one asks is counted in both.
"""

import cProfile
import pstats
import tempfile
import time
from pathlib import Path
from types import CodeType
from typing import Any

from benchmarks.figures import Figure
from sandbox.central.days import DAY
from sandbox.central.rooms import RULES
from sandbox.central.tables import money
from sandbox.central.tables.base import Tables
from sandbox.central.trailing import close_days
from sandbox.sim import scenario, worlds
from sandbox.sim.driver import Driver

DAYS = 30
BESIDE = {"ledger: entries posted": money.post, "gathered rows written": Tables.enter, "days added up": close_days}


def measure() -> list[Figure]:
    """Print the table; there is no bound to reach."""
    orders, seconds = _lived(None)
    profile = cProfile.Profile()
    _lived(profile)
    spent: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(own for _, _, own, _, _ in spent.values())
    micros = seconds / orders * 1e6
    functions = {rule.name: rule.function for rule in RULES.values()} | BESIDE
    shares = {name: _whole(spent, function.__code__) / total for name, function in functions.items()}
    print(f"  {orders:,} orders, {micros:.1f} us each; rules that take a thousandth or more of it:")
    for name, share in sorted(shares.items(), key=lambda row: -row[1]):
        if share >= 0.001:
            print(f"  {name:34} {share:6.1%} {share * micros:6.2f} us an order")
    return []


def _lived(profile: cProfile.Profile | None) -> tuple[int, float]:
    """A shop's month: its orders, and the seconds it took."""
    chosen = scenario.load(str(Path(__file__).with_name("year.toml")))
    with tempfile.TemporaryDirectory() as folder:
        world = worlds.make(Path(folder) / "month.world", chosen.model_copy(update={"history_days": 0}))
        driver, end = Driver(world), world.now + DAYS * DAY
        began = time.perf_counter()
        with world.unguarded():
            if profile:
                profile.runcall(driver.advance, end)
            else:
                driver.advance(end)
        seconds = time.perf_counter() - began
        (orders,) = world.row("select count(*) from orders")
        world.close()
    return int(orders), seconds


def _whole(spent: dict[Any, Any], code: CodeType) -> float:
    found = spent.get((code.co_filename, code.co_firstlineno, code.co_name))
    return float(found[3]) if found else 0.0
