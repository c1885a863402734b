"""A disk that is full and a file that may not be written: told in a sentence, and nothing lost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from tests import shop

FILLS = """
import resource, sys
from pathlib import Path
from sandbox.central.troubles import Unusable
from sandbox.central.world import World
from sandbox.sim.driver import Driver
path = Path(sys.argv[1])
world = World.open(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100_000,) * 2)
answered = world.now
try:
    for _ in range(1000):
        Driver(world).advance(world.now + 86_400_000)
        answered = world.now
except Unusable as trouble:
    print(answered, world.now, trouble.code)
"""
"""Advances day by day under a limit on the size of files, which the kernel keeps; prints what was answered last."""


def test_a_file_that_cannot_grow_keeps_what_was_answered_and_nothing_more(tmp_path: Path) -> None:
    with closing(shop.busy(tmp_path)) as world:
        path = world.path
    done = subprocess.run([sys.executable, "-c", FILLS, str(path)], capture_output=True, text=True, check=True)
    answered, now, code = done.stdout.split()
    assert code in ("DiskFull", "DiskFailed")
    with closing(World.open(path)) as world:
        assert world.now == int(answered) == int(now)
        assert world.execute("pragma integrity_check").fetchone() == ("ok",)


if os.geteuid() == 0:  # a small disk and a read-only one need the right to mount

    @pytest.fixture
    def small_disk(tmp_path: Path) -> Iterator[Path]:
        folder = tmp_path / "disk"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True)

    def test_a_full_disk_is_told_and_the_world_goes_on_once_there_is_space(small_disk: Path) -> None:
        ballast = small_disk / "ballast"
        with closing(shop.quiet(small_disk)) as world:
            _fill(ballast)
            with pytest.raises(Unusable) as trouble:
                _place_many(world)
            assert trouble.value.code == "DiskFull"
            assert "Free some space" in trouble.value.sentence
            ballast.unlink()
            assert world.order(shop.place(world)).status == "Unshipped"

    def test_an_advance_on_a_full_disk_leaves_the_clock_where_it_was(small_disk: Path) -> None:
        with closing(shop.busy(small_disk)) as world:
            _fill(small_disk / "ballast")
            before = world.now
            with pytest.raises(Unusable):
                Driver(world).advance(before + 365 * 86_400_000)
            assert world.now == before

    def test_a_world_on_a_read_only_disk_is_told_so(small_disk: Path) -> None:
        shop.quiet(small_disk).close()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        with pytest.raises(Unusable) as trouble:
            World.open(small_disk / "quiet.world")
        assert trouble.value.code == "WorldUnreadable"
        assert "may be written" in trouble.value.sentence


def _place_many(world: World) -> None:
    for _ in range(200):
        shop.place(world)


def _fill(path: Path) -> None:
    """Take all the space there is."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
