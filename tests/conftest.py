"""Worlds for the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.scenario import parse
from tests import shop

pytest_plugins = ["pytester"]


@pytest.fixture
def shelf(tmp_path: Path) -> worlds.Shelf:
    """A folder for worlds, with none in it."""
    return worlds.Shelf(tmp_path / "worlds")


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[World]:
    """A shop in which only what the test does happens."""
    world = shop.quiet(tmp_path)
    yield world
    world.close()


@pytest.fixture
def unpaid(tmp_path: Path) -> Iterator[World]:
    """A quiet shop in which a pending payment comes through when a test authorises it, and never by itself."""
    words = shop.QUIET.replace("orders_per_day = 0", "orders_per_day = 0\npending_minutes = 1_000_000")
    world = worlds.make(tmp_path / "unpaid.world", parse(words, "unpaid.toml"))
    yield world
    world.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[World]:
    """A quiet shop in which nothing is filled in."""
    world = shop.quiet(tmp_path, shop.ALL_OPEN, name="bare")
    yield world
    world.close()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[World]:
    """A shop with buyers and scripted desks, at the beginning."""
    world = shop.busy(tmp_path)
    yield world
    world.close()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[World]:
    """A quiet shop whose parcels arrive only when a test hands them over."""
    world = shop.slow(tmp_path)
    yield world
    world.close()


@pytest.fixture
def today(tmp_path: Path) -> Iterator[World]:
    """The same under the rules of today."""
    world = shop.slow(tmp_path, '[policy]\npack = "marketplace-today"\n')
    yield world
    world.close()
