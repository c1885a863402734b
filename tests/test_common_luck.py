"""Common luck: two ways to run a shop meet the same people, so a few runs of each tell them apart."""

from pathlib import Path
from statistics import variance

from sandbox.central.days import DAY
from sandbox.sim import worlds
from sandbox.sim.changes import changed, headless
from sandbox.sim.replication import figures, live, marked, outcome, replication_seed
from sandbox.sim.scenario import load

PAIRS, DAYS = 16, 60
EARLY = {"desks.dispatch.picks": '["11:00"]', "desks.dispatch.cut_off": "09:00", "desks.dispatch.slip_share": "0.03"}
SMALL = EARLY | {"desks.inbox.agents": "1", "desks.inbox.opens": "09:00", "desks.inbox.closes": "21:00"}
LARGE = {"desks.dispatch.slip_share": "0.02", "desks.inbox.agents": "2"}


def defects(folder: Path, settings: dict[str, str], replication: int) -> float:
    """The order defect rate at the end of a run with the luck of that replication."""
    base = load("calm-week")
    chosen = headless(changed(base.model_copy(update={"history_days": 0, "days": DAYS}), settings))
    seed = replication_seed(base.seed, replication)
    world = worlds.make(folder / f"{replication}.world", chosen.model_copy(update={"seed": seed}))
    live(world, world.now + DAYS * DAY)
    found = figures(outcome(world, marked(world)))["order-defect"]
    world.close()
    (folder / f"{replication}.world").unlink()
    return found


def test_a_difference_varies_a_third_as_much_as_between_strangers_at_most(tmp_path: Path) -> None:
    """A well manned shop against a small one; strangers are those of two replications."""
    large, small = ([defects(tmp_path, keys, number) for number in range(PAIRS)] for keys in (LARGE, SMALL))
    paired = [one - other for one, other in zip(small, large, strict=True)]
    strangers = [one - other for one, other in zip(small, large[1:] + large[:1], strict=True)]
    assert 0 < variance(paired) <= variance(strangers) / 3
