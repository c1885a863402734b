"""A study: a scenario lived through many times, in variants that differ in one key and meet the same luck."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from sandbox.central.days import DAY, LAST_MOMENT
from sandbox.sim.changes import changed
from sandbox.sim.replication import Outcome, run_replication
from sandbox.sim.results import Place, Results
from sandbox.sim.scenario import InvalidScenario, Scenario
from sandbox.sim.workers import Cluster, Processes, Say, carried_out, versions

OWN = ("seed", "title")
"""Keys that cannot be varied: replications have their own seeds, and a title changes nothing."""


class Study(NamedTuple):
    """What is to be run: the scenario with all that is fixed, and the key that makes the variants, if one does."""

    scenario: Scenario
    runs: int
    key: str | None = None
    values: tuple[str, ...] = ()

    def variants(self) -> list[dict[str, str]]:
        """What each variant changes; one that changes nothing, where no key is varied."""
        return [{self.key: value} for value in self.values] if self.key else [{}]

    def names(self) -> list[str]:
        """What the variants are called."""
        return [f"{self.key}={value}" for value in self.values] if self.key else ["as it is"]

    def places(self) -> list[Place]:
        """All replications; those that make a pair are neighbours, so that a study broken off has whole pairs."""
        return [Place(variant, number) for number in range(self.runs) for variant in range(len(self.variants()))]

    def header(self) -> dict[str, Any]:
        """What tells this study from another one. More runs of the same are the same study."""
        text = json.dumps(self.scenario.model_dump(mode="json"), sort_keys=True)
        varied = {"key": self.key, "values": self.values} if self.key else None
        return {
            "title": self.scenario.title,
            "scenario": sha256(text.encode()).hexdigest(),
            "varied": varied,
            "versions": versions(),
        }


def study(scenario: Scenario, runs: int, key: str | None = None, values: tuple[str, ...] = ()) -> Study:
    """A study whose variants can all be run. Raises InvalidScenario."""
    if key in OWN:
        raise InvalidScenario(f"{key!r} cannot be varied: every replication has a seed of its own.")
    if len(set(values)) < len(values):
        raise InvalidScenario(f"{key!r} has a value twice: {', '.join(values)}. Each makes one variant.")
    found = Study(scenario, runs, key, values)
    for change in found.variants():
        chosen = changed(scenario, change)
        if chosen.start + chosen.days * DAY > LAST_MOMENT:
            raise InvalidScenario("days: world time ends with the year 9999. Start earlier or run fewer days.")
    return found


def run(
    chosen: Study, team: Processes | Cluster, results: Results | None, progress: Callable[[int], None], say: Say
) -> dict[Place, Outcome]:
    """Run what is not in the result file yet, and hand back all, in the order of their places.

    `progress` is told how many there are. Raises WorkersLost and Unusable; what came in before is in the file.
    """
    scenario, variants = chosen.scenario.model_dump_json(), chosen.variants()
    tasks = {
        place: (scenario, variants[place.variant], chosen.scenario.seed, place.replication) for place in chosen.places()
    }
    return gathered(run_replication, tasks, team, results, progress, say)


def gathered(
    function: Callable[..., Outcome],
    tasks: dict[Place, tuple[Any, ...]],
    team: Processes | Cluster,
    results: Results | None,
    progress: Callable[[int], None],
    say: Say,
) -> dict[Place, Outcome]:
    """The outcome of every task, out of the result file where it is there; in the order of their places."""
    found = dict(results.found) if results else {}
    missing = {place: task for place, task in tasks.items() if place not in found}
    done = len(tasks) - len(missing)
    progress(done)
    for count, (place, outcome) in enumerate(carried_out(team, function, missing, say), 1):
        found[place] = outcome
        if results:
            results.add(place, outcome)
        progress(done + count)
    return {place: found[place] for place in sorted(tasks)}
