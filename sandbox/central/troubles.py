"""What can be wrong with a world file, told in a sentence instead of SQLite's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw


class Unusable(Exception):
    """A file cannot be read or written now. What was answered before is kept."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence

    def __reduce__(self) -> tuple[Any, ...]:
        """How it travels between processes: an exception is made again of what it was made of."""
        return type(self), (self.code, self.sentence)


_TROUBLES = {
    apsw.SQLITE_FULL: ("DiskFull", "The disk that holds {name} is full, so nothing was changed. Free some space."),
    apsw.SQLITE_IOERR: ("DiskFailed", "The disk that holds {name} did not take the change; nothing was changed."),
    apsw.SQLITE_READONLY: ("WorldReadOnly", "{name} may not be written, so nothing was changed. Make it writable."),
    apsw.SQLITE_CANTOPEN: (
        "WorldUnreadable",
        "{name} cannot be opened. Check that it and its folder may be written.",
    ),
    apsw.SQLITE_CORRUPT: ("WorldDamaged", "{name} is damaged. Restore it from a copy."),
    apsw.SQLITE_NOTADB: ("WorldDamaged", "{name} is not a world file, or is damaged. Restore it from a copy."),
    apsw.SQLITE_BUSY: ("WorldBusy", "{name} is being moved or written by somebody else. Try again in a moment."),
}


@contextmanager
def troubles_told(path: Path) -> Iterator[None]:
    """Turn SQLite's word that the file cannot be used into Unusable; let everything else fly."""
    try:
        yield
    except apsw.Error as error:
        if trouble := trouble_of(error, path.name):
            raise trouble from error
        raise


def trouble_of(error: apsw.Error, name: str) -> Unusable | None:
    """What SQLite's error says of that world's file; None where it is a bug of ours."""
    trouble = _TROUBLES.get(getattr(error, "result", 0))
    return Unusable(trouble[0], trouble[1].format(name=name)) if trouble else None
