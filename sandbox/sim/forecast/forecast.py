"""A forecast: many futures of one present, and what tells them from those of any other."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.central.days import DAY, LAST_MOMENT, rfc3339
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim.forecast.fork import Snapshot, snapshot
from sandbox.sim.forecast.future import future
from sandbox.sim.replication import Outcome
from sandbox.sim.results import Place, Results
from sandbox.sim.study import gathered
from sandbox.sim.workers import Cluster, Processes, Say, versions


class Forecast(NamedTuple):
    """What is to be forecast: a present, and how many days of how many futures."""

    present: Snapshot
    days: int
    runs: int

    def header(self) -> dict[str, Any]:
        """What tells this forecast from another one. More runs of the same are the same forecast."""
        return {
            "world": self.present.name,
            "moment": rfc3339(self.present.now),
            "facts": self.present.facts,
            "present": self.present.mark,
            "days": self.days,
            "versions": versions(),
        }

    def shipment(self) -> dict[str, bytes]:
        """What each worker is sent once."""
        return {self.present.mark: self.present.content}


def forecast(world: World, days: int, runs: int) -> Forecast:
    """A forecast of the world as it is now. Refused with TimeOutOfRange; raises Unusable (NoScenario)."""
    present = snapshot(world)
    if present.now + days * DAY > LAST_MOMENT:
        raise Refused(
            "TimeOutOfRange",
            f"{days} days from {rfc3339(present.now)} are beyond the year 9999, where time ends. Ask for fewer days.",
        )
    return Forecast(present, days, runs)


def run(
    chosen: Forecast, team: Processes | Cluster, results: Results | None, progress: Callable[[int], None], say: Say
) -> dict[Place, Outcome]:
    """Live the futures that are not in the result file yet, and hand back all, in their order.

    The team has the forecast's shipment. Raises WorkersLost and Unusable; what came in before is in the file.
    """
    tasks = {Place(0, number): (chosen.present.mark, chosen.days, number) for number in range(chosen.runs)}
    return gathered(future, tasks, team, results, progress, say)
