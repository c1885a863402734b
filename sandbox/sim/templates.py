"""Templates: worlds that were made once, kept without a key, so that the next one like it costs a copy."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from tempfile import mkstemp
from zlib import crc32

from msgspec.json import encode

from sandbox import __version__
from sandbox.central import schema
from sandbox.central.copies import WRITTEN_BYTES
from sandbox.sim.scenario import Scenario

FOLDER = ".templates"
TEMPLATES_AT_MOST, BYTES_AT_MOST = 48, 512 * 1_048_576
"""Whatever was not used longest goes first."""


@lru_cache(maxsize=1)
def made_by() -> str:
    """What decides what a scenario becomes, beside the scenario: this code, to the byte, and who invents its people."""
    found = blake2b(f"{__version__}/{schema.VERSION}/{version('faker')}".encode(), digest_size=16)
    package = Path(str(files("sandbox")))
    for path in sorted((*package.rglob("*.py"), *package.rglob("*.toml"))):
        found.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def mark_of(scenario: Scenario, players: dict[str, str]) -> str:
    """Tells all that is made from these from everything else."""
    told = [made_by(), scenario.model_dump(mode="json"), sorted(players.items())]
    return blake2b(encode(told), digest_size=16).hexdigest()


class Templates:
    """The templates of one folder of worlds. Several processes may use them at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER

    def copy(self, mark: str, target: Path) -> bool:
        """Write the template of that mark into a new file; False, and no file, where there is none or it is damaged."""
        for found in self._found(mark):
            if _copied(found, target):
                with suppress(FileNotFoundError):
                    os.utime(found)  # it was used just now
                return True
            found.unlink(missing_ok=True)
        return False

    def keep(self, mark: str, source: Path) -> None:
        """Keep a copy of a world that nobody has open. Where the disk has no room for it, there is none."""
        try:
            if source.stat().st_size > BYTES_AT_MOST:
                return
            self.folder.mkdir(exist_ok=True, mode=0o700)
            file, name = mkstemp(prefix=f".{mark}.", dir=self.folder)
            os.close(file)
            making = Path(name)
            try:
                shutil.copyfile(source, making)
                making.rename(self.folder / f"{mark}.{_sum(making):08x}")
            finally:
                making.unlink(missing_ok=True)
            self._make_room()
        except OSError:
            return

    @contextmanager
    def alone(self, mark: str) -> Iterator[None]:
        """Of several who want the same at once, one makes it, and the others wait and copy."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        path = self.folder / f".{mark}.turn"
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            flock(file, LOCK_EX)
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(file)

    def _found(self, mark: str) -> list[Path]:
        return sorted(self.folder.glob(f"{mark}.*"))

    def _make_room(self) -> None:
        """Remove what was not used longest, down to what may be kept."""
        kept = []
        for path in self.folder.glob("[0-9a-f]*"):
            with suppress(FileNotFoundError):
                found = path.stat()
                kept.append((found.st_mtime_ns, found.st_size, path))
        size = 0
        for number, (_, taken, path) in enumerate(sorted(kept, reverse=True), 1):
            size += taken
            if number > TEMPLATES_AT_MOST or size > BYTES_AT_MOST:
                path.unlink(missing_ok=True)


def _copied(template: Path, target: Path) -> bool:
    """Copy a template whose bytes add up to what its name says; whoever wrote only half of it gave it no such name."""
    found = 0
    try:
        with template.open("rb") as source, open(os.open(target, _NEW, 0o600), "wb") as file:
            while part := source.read(WRITTEN_BYTES):
                found = crc32(part, found)
                file.write(part)
    except FileNotFoundError:
        return False
    if template.suffix == f".{found:08x}":
        return True
    target.unlink()
    return False


_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY


def _sum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while part := file.read(WRITTEN_BYTES):
            found = crc32(part, found)
    return found
