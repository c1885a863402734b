"""Snapshots: a world as it was, under a name of its own, to go back to or to make others from."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from sandbox.central.copies import at_rest, copied_at_rest, restored
from sandbox.central.file import check_version, gone, is_gone, names_held
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable, troubles_told
from sandbox.central.world import World
from sandbox.sim.worlds import ENDING, Shelf, appearing, is_plain, not_plain, snapshots_of

_NAMED = 10
"""Snapshots that a refusal names."""


class Snapshot(NamedTuple):
    """What a snapshot is of."""

    name: str
    now: int
    facts: int
    orders: int
    bytes: int


def path_of(world: Path, name: str) -> Path:
    """The file of a world's snapshot, there or not. Refused with InvalidName for all but a plain name."""
    if not is_plain(name):
        raise not_plain(name, "a snapshot")
    return snapshots_of(world) / f"{name}{ENDING}"


def names(world: Path) -> list[str]:
    """The snapshots of a world, by name."""
    found = (path.name.removesuffix(ENDING) for path in snapshots_of(world).glob(f"*{ENDING}"))
    return sorted(name for name in found if is_plain(name))


def unknown(world: Path, name: str) -> Refused:
    """The refusal for a snapshot that is not there, with some of those that are."""
    found = names(world)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    known = ", ".join(found[:_NAMED]) or "none"
    return Refused(
        "UnknownSnapshot", f"There is no snapshot {name!r} of the world {world.stem!r}. There are: {known}{more}."
    )


def take(world: World, name: str) -> Snapshot:
    """Keep a world as it is now. Refused with SnapshotExists, InvalidName, or UnknownWorld once it is deleted."""
    path = path_of(world.path, name)
    taken = Refused("SnapshotExists", f"There is a snapshot {name!r} of {world.path.stem!r} already. Choose another.")
    if path.exists():
        raise taken
    path.parent.mkdir(exist_ok=True, mode=0o700)
    try:
        making = Path(mkdtemp(prefix=".", dir=path.parent)) / path.name
        try:
            world.copy_to(making)
            with names_held(world.path.parent):
                if is_gone(world.connection):
                    raise gone(world.path)
                os.link(making, path)
        finally:
            making.unlink(missing_ok=True)
            making.parent.rmdir()
    except FileExistsError:
        raise taken from None
    except FileNotFoundError:
        raise gone(world.path) from None
    finally:
        with suppress(OSError):
            path.parent.rmdir()  # which does nothing while there are snapshots in it
    return read(world.path, name)


def read(world: Path, name: str) -> Snapshot:
    """What a snapshot is of. Refused with UnknownSnapshot; raises Unusable where it is of another version."""
    path = path_of(world, name)
    with usable(world, name), closing(at_rest(path)) as connection:
        check_version(path, connection)
        (found,) = connection.execute(_WHAT).fetchall()
        now, facts, orders = (int(number or 0) for number in found)
        return Snapshot(name, now, facts, orders, path.stat().st_size)


_WHAT = "select now, (select ifnull(max(seq), 0) from facts), (select count(*) from orders) from clock"


@contextmanager
def usable(world: Path, name: str) -> Iterator[None]:
    """Use a snapshot. Refused with UnknownSnapshot; what is wrong with its file is told of the snapshot."""
    path = path_of(world, name)
    if not path.is_file():
        raise unknown(world, name)
    try:
        with troubles_told(path):
            yield
    except FileNotFoundError:
        raise unknown(world, name) from None
    except Unusable as trouble:
        raise Unusable(trouble.code, f"The snapshot {name!r} cannot be used: {trouble.sentence}") from trouble


def delete(world: Path, name: str) -> None:
    """Remove a snapshot. Refused with UnknownSnapshot."""
    try:
        path_of(world, name).unlink()
    except FileNotFoundError:
        raise unknown(world, name) from None
    with suppress(OSError):
        snapshots_of(world).rmdir()


def restore(world: World, name: str) -> None:
    """Put a world back to a snapshot, whole and at once: clock, luck and agenda. Its keys stay, its snapshots too.

    Whatever happened since is gone, also where that was itself put back. Refused with UnknownSnapshot.
    """
    read(world.path, name)
    source = path_of(world.path, name)
    copy = Path(mkdtemp(prefix=f".{world.path.name}.", dir=world.path.parent)) / source.name
    try:
        with usable(world.path, name), world.turn:
            copied_at_rest(source, copy)
            restored(world.path, world.connection, copy)
    finally:
        for path in copy.parent.iterdir():
            path.unlink()
        copy.parent.rmdir()
    world.refresh()
    world.tidy()


def fork(shelf: Shelf, name: str, world: World, snapshot: str | None = None) -> World:
    """A new world that goes on from where another one stands, or stood in a snapshot, with a key of its own.

    It has the same clock, luck and agenda, so it is the same until something is done to either. Refused with
    WorldExists, InvalidName or UnknownSnapshot.
    """
    path = shelf.free(name)
    if snapshot is not None:
        read(world.path, snapshot)
    with appearing(path) as making:
        if snapshot is None:
            world.copy_to(making)
        else:
            with usable(world.path, snapshot):
                copied_at_rest(path_of(world.path, snapshot), making)
    return World.open(path)
