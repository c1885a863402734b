"""The clock's row: how the world's clock stands in its file, and how it is read and written there."""

from operator import attrgetter
from typing import Any

from sandbox.central.records import Clock

_FIELDS = tuple(Clock.__dataclass_fields__)
KEPT = len(_FIELDS) - 1
"""Columns of the row; what follows is told by the facts."""
READ = "select *, (select ifnull(max(seq), 0) from facts) from clock"
SAVE = f"update clock set {', '.join(f'{name} = ?' for name in _FIELDS[:KEPT])}"
row_of = attrgetter(*_FIELDS)
"""A clock as a row that `READ` gives."""


def set_to(clock: Clock, row: tuple[Any, ...]) -> None:
    """Let a clock say what a row says."""
    for name, value in zip(_FIELDS, row, strict=True):
        setattr(clock, name, value)
