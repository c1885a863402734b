"""A trial: whether a world that came from elsewhere is what its facts say, and can be lived on."""

from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.central.days import DAY, LAST_MOMENT
from sandbox.central.replay import replayed
from sandbox.central.schema import FROM_FACTS
from sandbox.central.world import World
from sandbox.sim.driver import Driver

_TABLES = ("facts", *FROM_FACTS)


def other_than_told(world: World) -> Iterator[str]:
    """The tables that are not as the facts make them."""
    with TemporaryDirectory(prefix="sandbox-") as folder, closing(replayed(world, Path(folder) / "told.world")) as told:
        for table in _TABLES:
            if not _are_same(world, told, table):
                yield f"its table {table} is not what its facts come to"


def _are_same(one: World, other: World, table: str) -> bool:
    rows = (found.execute(f"select * from {table} order by 1, 2") for found in (one, other))
    return all(first == second for first, second in zip_longest(*rows))


def not_to_be_lived(world: World) -> str | None:
    """Why a day of it cannot be lived; None where it can. The day is tried and taken back."""
    until = min(world.now + DAY, LAST_MOMENT)
    with world.writing(), world.provisionally() as take_back:
        try:
            Driver(world).advance(until)
        except Exception as error:  # whatever it is that somebody else wrote into a file
            return f"the day that follows cannot be lived: {type(error).__name__}: {str(error)[:100]}"
        finally:
            take_back()
    return None
