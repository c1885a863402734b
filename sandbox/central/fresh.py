"""Fresh facts: those of a transaction that are not written yet, decided one by one or many at once."""

from collections.abc import Callable, Iterable
from itertools import repeat
from operator import attrgetter
from typing import Any, NamedTuple

from sandbox.central.facts import KINDS, Fact, encoded_lines
from sandbox.central.guide import Refused
from sandbox.central.tables import BESIDE_ORDERS
from sandbox.central.tables.base import Tables, into

Told = tuple[int | None, int, tuple[Any, ...]]
"""One of many things: what led to it, the number of the order it is about, and what its rule is handed, in the rule's
own order and with the order's id first: names would cost as much as most rules."""
Fresh = tuple[int, Fact, int, str, str, int | None]
"""A fact between its number and its order's, and by whom, by which rule and because of what."""

_KIND_OF, _AT = {struct: kind for kind, struct in KINDS.items()}, attrgetter("at")
_FACTS = into("facts", 8)
_SOME = 128
"""Facts that are written out together: what they are worked into stays in the processor's own memory."""


class Decided(NamedTuple):
    """What a rule decided for many things, none of it applied yet."""

    facts: list[Any]
    causes: list[int | None]
    """What led to each of the facts."""
    numbers: list[int]
    """Of the order that each of them is about."""
    came_to: list[int | Refused | None]
    """Of each thing: the number of its last fact, or the refusal."""


def decided_each(rule: Callable[..., Iterable[Any]], after: int, each: list[Told]) -> Decided:
    """What a rule decides for each of many things; its facts will be numbered behind `after`."""
    facts, causes, numbers, came_to = decided = Decided([], [], [], [])
    for because, number, what in each:
        before = len(facts)
        try:
            facts += rule(*what)
        except Refused as refused:
            del facts[before:]
            came_to.append(refused)
        else:
            for _ in range(before, len(facts)):
                causes.append(because)
                numbers.append(number)
            came_to.append(after + len(facts) if len(facts) > before else None)
    return decided


def noted(fresh: list[Fresh], tables: Tables, decided: Decided, by: str, rule: str) -> list[tuple[int, Any, int]]:
    """Put facts of one kind on record, each about an order and with its own cause; return them with their numbers and
    their orders'. It is what `World.keep` does with one, column by column."""
    clock, facts, numbers = tables.clock, decided.facts, decided.numbers
    seqs = range(clock.facts + 1, clock.facts + 1 + len(facts))
    clock.facts += len(facts)
    if type(facts[0]) not in BESIDE_ORDERS:
        for number in tables.at_hand.orders.keys() & numbers:
            tables.at_hand.is_changed(number)
    fresh += zip(seqs, facts, numbers, repeat(by), repeat(rule), decided.causes, strict=False)
    return [*zip(seqs, facts, numbers, strict=True)]


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
