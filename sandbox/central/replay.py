"""Replay: a world made again of its facts alone, which is what makes them the record and the tables only a view."""

from collections.abc import Iterator
from pathlib import Path

from sandbox.central.facts import AccountOpened, decoded
from sandbox.central.records import FactRow
from sandbox.central.world import World

_AT_A_TIME = 10_000


def replayed(world: World, path: Path, last: int = -1) -> World:
    """A new world at that path, made of nothing but this one's facts, all or the first ones.

    Of all of them its tables are the same, or the house has a bug. What is no fact stays behind: keys, the agenda, the
    cast's notes, kept answers.
    """
    (first,) = world.facts(limit=1)
    opened = decoded(first.kind, first.body)
    assert isinstance(opened, AccountOpened)
    twin = World.create(path, opened)
    with twin.writing():
        for row in _facts(world, first.seq, last):
            twin.clock.now = row.at
            twin.keep(decoded(row.kind, row.body), row.by, row.rule, row.because)
    return twin


def _facts(world: World, after: int, last: int) -> Iterator[FactRow]:
    """The facts behind a number, up to the `last`-th of all, some at a time."""
    while rows := world.facts(after, _AT_A_TIME if last < 0 else min(_AT_A_TIME, last - after)):
        yield from rows
        after = rows[-1].seq
        if after == last:
            return
