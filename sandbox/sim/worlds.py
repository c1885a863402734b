"""The shelf of worlds: made from scenarios, opened, listed and deleted. A world is one file in one folder."""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sandbox.central import orders, settlements, standing
from sandbox.central.copies import OWN
from sandbox.central.days import DAY
from sandbox.central.facts import OUTAGE, AccountOpened
from sandbox.central.file import SMALL_PAGES, connected, names_held
from sandbox.central.guide import Refused
from sandbox.central.world import World
from sandbox.sim import demand, dispatch_desk, happenings, stock
from sandbox.sim.cast import Run, keep
from sandbox.sim.driver import Driver, no_collection
from sandbox.sim.people import people
from sandbox.sim.players import PLAYERS, hand_over
from sandbox.sim.scenario import DESKS, Scenario
from sandbox.sim.settings import fill_in
from sandbox.sim.templates import Templates, mark_of

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
ENDING = ".world"
_NAMED = 10
"""Worlds that a refusal names."""

Progress = Callable[[int], None]
Life = Callable[[World], None]
"""Moves a world's time."""


def is_plain(name: str) -> bool:
    """Whether it is a name for a world or a snapshot: no part of a path, nothing that a terminal obeys."""
    return _NAME.fullmatch(name) is not None


def not_plain(name: str, what: str) -> Refused:
    """The refusal for a name that is none."""
    sentence = f"{name[:60]!r} is no name for {what}: 1 to 40 small letters, digits and dashes inside."
    return Refused("InvalidName", sentence)


def _give_key(path: Path, name: str) -> None:
    """Give a world that nobody else has a new key, and take what was another's.

    The key is no fact and owes nothing to luck.
    """
    with closing(connected(path)) as connection:
        connection.execute("pragma synchronous = off")  # what is not whole is made again
        connection.execute("pragma secure_delete = on")  # or whoever exports the new world finds the keys of the old
        with connection:
            for table in OWN:
                connection.execute(f"delete from {table}")
            key = f"sk_{name}_{secrets.token_hex(16)}"
            connection.execute("insert into credentials values (?, ?)", (key, "first key"))


def keys_of(world: World) -> tuple[str, ...]:
    """The keys that open this world, the oldest first."""
    return tuple(row[0] for row in world.execute("select key from credentials order by rowid"))


def fails(world: World) -> bool:
    """Whether its plot has outages, so that programs may find nobody in."""
    return any(one.what == OUTAGE for one in Run(world).scenario.happenings)


def make(
    path: Path,
    scenario: Scenario,
    *,
    players: dict[str, str] | None = None,
    progress: Progress | None = None,
    page_bytes: int = SMALL_PAGES,
    then: Life | None = None,
) -> World:
    """A new world in a new file, after its history. It appears under that path when it is whole, or not at all.

    `players` says who plays a desk once the history is over, where that is not as the scenario has it; `then` is what
    it lives through before it appears.
    """
    _check_players(players or {})
    with appearing(path) as making:
        _lived(making, scenario, players or {}, progress=progress, page_bytes=page_bytes, then=then)
    return World.open(path)


def _lived(
    path: Path,
    scenario: Scenario,
    players: dict[str, str],
    *,
    progress: Progress | None = None,
    page_bytes: int = SMALL_PAGES,
    then: Life | None = None,
) -> None:
    """A world after its history in a new file, without a key."""
    world = _begun(path, scenario, page_bytes)
    try:
        with world.unguarded(), no_collection():
            Driver(world).advance(scenario.start, progress=progress)
            with world.writing():
                demand.try_checkout(Run(world))
                _hand_over(world, scenario, players)
                world.clock.rate = scenario.rate
            if then:
                then(world)
    finally:
        world.close()


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """The place where a world is made: it gets a key and its name once it is whole, or nothing is left of it.

    Refused with WorldExists where the name is taken by then.
    """
    making = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        yield making
        _give_key(making, path.stem)
        with names_held(path.parent, alone=True):
            _put_in_place(making, path)
    except FileExistsError:
        raise Refused("WorldExists", f"There is a world {path.stem!r} already. Choose another name.") from None
    finally:
        _remove(making)


def _check_players(players: dict[str, str]) -> None:
    for desk, player in players.items():
        if desk not in DESKS:
            raise Refused("UnknownDesk", f"There is no desk {desk[:40]!r}. There are: {', '.join(DESKS)}.")
        if player not in PLAYERS:
            raise Refused("UnknownPlayer", f"Nobody plays as {player[:40]!r}. There are: {', '.join(PLAYERS)}.")


def _begun(path: Path, scenario: Scenario, page_bytes: int = SMALL_PAGES) -> World:
    """A world at the beginning of its history: the account, its products and people, and the first things to come."""
    begins = scenario.start - scenario.history_days * DAY
    pack, changes = scenario.policy.pack, scenario.policy.changes
    opened = AccountOpened(begins, scenario.shop, str(scenario.seed), pack, "INR", changes)
    world = World.create(path, opened, page_bytes=page_bytes)
    try:
        _peopled(world, scenario, begins)
    except BaseException:
        world.close()
        raise
    return world


def _peopled(world: World, scenario: Scenario, begins: int) -> None:
    with world.writing():
        keep(world, "scenario", scenario.model_dump(mode="json", exclude={"settings"}))  # they are facts from here on
        table = {desk: getattr(scenario.desks, desk).played_by for desk in DESKS}
        keep(world, "desks", {desk: player for desk, player in table.items() if player})
        fill_in(world, scenario.settings, scenario.shipping)
        run = Run(world)
        for product in scenario.products:
            price = round(product.price * 100)
            world.do(orders.list_product, by="seller", sku=product.sku, title=product.title, price_minor=price)
        for person in people(run.seed, scenario.buyers.pool):
            world.do(orders.join, by="buyer", name=person.name, email=person.email, place=person.place)
        platform = (settlements.first_close(world), standing.first_review(world))
        first = (demand.first_arrival, dispatch_desk.first_pick, stock.first_deliveries, happenings.plot)
        for due in (*platform, *(due for begin in first for due in begin(run, begins))):
            world.put_off(due, None)


def _hand_over(world: World, scenario: Scenario, players: dict[str, str]) -> None:
    """Whoever plays a desk from the start on; where nobody does just then, as soon as that is over."""
    away = Run(world).kept("players before", {})
    for desk in DESKS:
        chosen = getattr(scenario.desks, desk)
        then = players.get(desk) or chosen.then or chosen.played_by
        if then is None:
            continue
        if desk in away:
            away[desk] = then
        else:
            hand_over(world, desk, then)
    keep(world, "players before", away)


def _put_in_place(making: Path, path: Path) -> None:
    """Give a world its name, and nothing that a world of that name left behind. Raises FileExistsError."""
    if path.exists():
        raise FileExistsError
    remove_belongings(path)
    os.link(making, path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    remove_belongings(path)


def remove_belongings(path: Path) -> None:
    """What belongs to a world beside its file: it would become that of the next world of the name."""
    for ending in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.with_name(f".{path.name}.turn").unlink(missing_ok=True)
    for kept in (*path.parent.glob(f".{path.stem}.requests*"), *path.parent.glob(f".{path.name}.*.lane")):
        kept.unlink(missing_ok=True)
    shutil.rmtree(snapshots_of(path), ignore_errors=True)


def snapshots_of(path: Path) -> Path:
    """The hidden folder of a world's snapshots, which is there once it has one."""
    return path.with_name(f".{path.stem}.snapshots")


class Shelf:
    """A folder of worlds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """The file of that world, whether it is there or not. Refused with InvalidName for all but a plain name."""
        if not is_plain(name):
            raise not_plain(name, "a world")
        return self.folder / (name + ENDING)

    def make(
        self,
        name: str,
        scenario: Scenario,
        *,
        players: dict[str, str] | None = None,
        progress: Progress | None = None,
        page_bytes: int = SMALL_PAGES,
        then: Life | None = None,
    ) -> World:
        """A new world of that name, as `make` does. Refused with WorldExists or InvalidName."""
        path = self.free(name)
        return make(path, scenario, players=players, progress=progress, page_bytes=page_bytes, then=then)

    def fresh(self, name: str, scenario: Scenario, *, players: dict[str, str] | None = None) -> World:
        """The same world as `make` makes, copied from a template; the first one of its kind makes that."""
        path, players = self.free(name), players or {}
        _check_players(players)
        templates, mark = Templates(self.folder), mark_of(scenario, players)
        with appearing(path) as making:
            if not templates.copy(mark, making):
                with templates.alone(mark):
                    if not templates.copy(mark, making):
                        _lived(making, scenario, players)
                        templates.keep(mark, making)
        return World.open(path)

    def free(self, name: str) -> Path:
        """The path of a world that is to come. Refused with WorldExists or InvalidName."""
        path = self.path(name)
        if path.exists():
            raise Refused("WorldExists", f"There is a world {name!r} already. Choose another name.")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def open(self, name: str) -> World:
        """The world of that name. Refused with UnknownWorld, or Unusable."""
        path = self.path(name)
        if not path.is_file():
            raise self.unknown(name)
        return World.open(path)

    def unknown(self, name: str) -> Refused:
        """The refusal for a world that is not there, with some of those that are."""
        names = self.names()
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        known = ", ".join(names[:_NAMED]) or "none"
        return Refused("UnknownWorld", f"There is no world {name!r}. There are: {known}{more}.")

    def has(self, name: str) -> bool:
        """Whether there is a world of that name. Refused with InvalidName."""
        return self.path(name).is_file()

    def names(self) -> list[str]:
        """The worlds there are, by name."""
        found = (path.name.removesuffix(ENDING) for path in self.folder.glob(f"*{ENDING}") if path.is_file())
        return sorted(name for name in found if is_plain(name))

    def delete(self, name: str) -> None:
        """Remove a world with all that belongs to it. Refused with UnknownWorld."""
        path = self.path(name)
        with names_held(self.folder, alone=True):
            if not path.is_file():
                raise self.unknown(name)
            _remove(path)
