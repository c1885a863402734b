"""Replay: a world made again of its facts alone, which is what makes them the record and the tables only a view."""

from pathlib import Path

from sandbox.central.facts import AccountOpened, decoded
from sandbox.central.world import World


def replayed(world: World, path: Path, last: int = -1) -> World:
    """A new world at that path, made of nothing but this one's facts, all or the first ones.

    Of all of them its tables are the same, or the house has a bug. What is no fact stays behind: keys, the agenda, the
    cast's notes, kept answers.
    """
    first, *rest = world.facts(limit=last)
    opened = decoded(first.kind, first.body)
    assert isinstance(opened, AccountOpened)
    twin = World.create(path, opened)
    with twin.writing():
        for row in rest:
            twin.clock.now = row.at
            twin.keep(decoded(row.kind, row.body), row.by, row.rule, row.because)
    return twin
