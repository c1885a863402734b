"""Fresh facts: those of a transaction that are not written yet, and how they are."""

from operator import attrgetter
from typing import Any

from sandbox.central.facts import KINDS, Fact, encoded_lines
from sandbox.central.tables.base import Tables, into

Fresh = tuple[int, Fact, int, str, str, int | None]
"""A fact between its number and its order's, and by whom, by which rule and because of what."""

_KIND_OF, _AT = {struct: kind for kind, struct in KINDS.items()}, attrgetter("at")
_FACTS = into("facts", 8)
_SOME = 128
"""Facts that are written out together: what they are worked into stays in the processor's own memory."""


def write(tables: Tables, fresh: list[Fresh]) -> None:
    """Write them, and let go of them."""
    for first in range(0, len(fresh), _SOME):
        tables.write(_FACTS, _values(fresh[first : first + _SOME]))
    fresh.clear()


def _values(fresh: list[Fresh]) -> list[Any]:
    """The values of the table's rows, one row after the other, but worked out column by column."""
    seqs, facts, numbers, *told = zip(*fresh, strict=True)
    kinds, orders = map(_KIND_OF.__getitem__, map(type, facts)), [number or None for number in numbers]
    values = [None] * (len(fresh) * _FACTS.columns)
    for place, column in enumerate((seqs, map(_AT, facts), kinds, orders, *told, encoded_lines(facts))):
        values[place :: _FACTS.columns] = column
    return values
