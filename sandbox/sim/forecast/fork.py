"""A fork: a world's present in memory, lived on by luck of its own. The world itself is read once and never changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.json import encode

from sandbox.central.copies import OWN
from sandbox.central.days import DAY, SHOP_OFFSET
from sandbox.central.file import connected
from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim.cast import Draw, Run, keep
from sandbox.sim.driver import Driver
from sandbox.sim.forecast.book import Book, Kept
from sandbox.sim.forecast.present import Present, Unit, drawn_anew
from sandbox.sim.forecast.table import ROOMS
from sandbox.sim.luck import luck
from sandbox.sim.players import PERSON, PROGRAM, SCRIPT, hand_over
from sandbox.sim.scenario import DESKS
from sandbox.sim.workers import shipped

_STRIPPED = (*OWN, "documents")
"""What no fork needs: its keys least of all."""


class Snapshot(NamedTuple):
    """A world as it was at one moment."""

    name: str
    now: int
    facts: int
    """The last of its facts."""
    mark: str
    """Tells this present from every other one: of what the future follows from, SHA-256."""
    handed_over: tuple[str, ...]
    """Desks that a person or a program plays, and in the forecast their scripts."""
    content: bytes
    """A whole SQLite file without keys: what workers are sent."""


def snapshot(world: World) -> Snapshot:
    """The world as it is now, though somebody else may be moving it. Raises Unusable (NoScenario)."""
    with TemporaryDirectory(prefix="sandbox-") as folder:
        path = Path(folder) / "snapshot.world"
        world.copy_to(path)
        connection = connected(path)
        connection.execute("pragma secure_delete = on")
        for table in _STRIPPED:
            connection.execute(f"delete from {table}")
        connection.execute("pragma journal_mode = delete").fetchall()
        connection.close()
        content = path.read_bytes()
    with in_memory(content) as copy:
        return _described(world.path.stem, copy, content)


def _described(name: str, copy: World, content: bytes) -> Snapshot:
    if copy.account is None or copy.row("select 1 from cast where name = 'scenario'") is None:
        raise Unusable(
            "NoScenario",
            f"{name} has no scenario, so nobody knows how its buyers behave. Make a world with one: sandbox run.",
        )
    run = Run(copy)
    played = run.kept("desks", {}) | run.kept("players before", {})
    handed_over = tuple(desk for desk in DESKS if played.get(desk) in (PERSON, PROGRAM))
    return Snapshot(name, copy.now, copy.clock.facts, _mark(copy), handed_over, content)


def _mark(copy: World) -> str:
    """All that the future follows from: the account, the clock, the last fact, the cast, the agenda."""
    last = copy.rows("select * from facts order by seq desc limit 1")
    tables = [copy.rows(f"select * from {table} order by 1, 2") for table in ("account", "cast", "agenda")]
    return sha256(encode([copy.now, last, *tables])).hexdigest()


@contextmanager
def in_memory(content: bytes) -> Iterator[World]:
    """The world of a file's content, which is gone afterwards."""
    with TemporaryDirectory(prefix="sandbox-") as folder:
        connection = connected(Path(":memory:"))
        connection.deserialize("main", content)
        connection.set_busy_timeout(0)
        world = World(Path(folder) / "fork.world", connection)
        try:
            yield world
        finally:
            world.close()


class Prepared(NamedTuple):
    """A present made ready to be forked: whatever is drawn anew is off its agenda."""

    content: bytes
    now: int
    key: str
    """What the luck of its forks is named by."""
    past: Draw
    units: tuple[Unit, ...]
    kept: Kept


@lru_cache(maxsize=2)
def prepared(mark: str) -> Prepared:
    """The present that was shipped to this process under its mark, made ready once."""
    with in_memory(shipped(mark)) as world:
        return ready(world, luck)


def ready(world: World, past: Draw) -> Prepared:
    """A present made ready; `past` is the luck by which it came about. The world is changed by it."""
    present = Present(world, run_by(world, past))
    for room in ROOMS:
        room(present)
    with world.writing():
        gone = [(row[0], row[1]) for row in present.gone]
        world.connection.executemany("delete from agenda where at = ? and seq = ?", gone)
        _hand_to_scripts(world)
    last_day = (present.now + SHOP_OFFSET) // DAY - 1
    key = f"{present.past.seed}/forecast/{present.now}"
    kept = Kept(present.kept, last_day)
    return Prepared(world.connection.serialize("main"), present.now, key, past, tuple(present.units), kept)


def run_by(world: World, draw: Draw) -> Run:
    """A run by its world's own luck or by a book's."""
    return Run(world, draw, draw.few) if isinstance(draw, Book) else Run(world, draw)


def _hand_to_scripts(world: World) -> None:
    """Nobody sits in a forecast: scripts do what people and programs did, also where those were away."""
    run = Run(world)
    for desk, player in run.kept("desks", {}).items():
        if player in (PERSON, PROGRAM):
            hand_over(world, desk, SCRIPT)
    before = run.kept("players before", {})
    if before:
        scripts = {desk: SCRIPT if player in (PERSON, PROGRAM) else player for desk, player in before.items()}
        keep(world, "players before", scripts)


@contextmanager
def forked(present: Prepared, replication: int) -> Iterator[Driver]:
    """Whoever moves the `replication`-th fork of a present. The same number is the same future, whoever asks."""
    with in_memory(present.content) as world:
        driver = Driver(world)
        book = Book(f"{present.key}/{replication}", present.past, present.kept)
        driver.run = run_by(world, book)
        with world.writing():
            for unit in present.units:
                for due, because in drawn_anew(driver.run, book, unit):
                    world.put_off(due, because)
        yield driver
