"""What befell the shop from outside, as it is marked in the chart of the rates and listed under it."""

from string import ascii_uppercase
from typing import Any, NamedTuple

from msgspec.json import decode

from sandbox.central.world import World
from sandbox.charts import look
from sandbox.charts.labels import Mark
from sandbox.charts.page import Table
from sandbox.charts.words import moment, on_axis, opening, plain

_FACTS = "select at, kind, body from facts where kind in ('HappeningBegan', 'HappeningEnded') order by seq"
_TINT = "rgba(82, 96, 109, 0.10)"


class Befallen(NamedTuple):
    """Something that happened to the shop, with its letter in the chart."""

    letter: str
    what: str
    says: str
    began_at: int
    ended_at: int | None
    """None where it does not last, or lasts still."""


def befallen(world: World) -> list[Befallen]:
    """All that the plot brought so far, the first one first."""
    found: dict[int, Befallen] = {}
    for at, kind, body in world.rows(_FACTS):
        told = decode(body)
        number = told["happening"]
        if kind == "HappeningBegan":
            found[number] = Befallen(_letter(len(found)), told["what"], told["says"], at, None)
        elif number in found:
            found[number] = found[number]._replace(ended_at=at)
    return list(found.values())


def _letter(place: int) -> str:
    """A to Z, then AA, AB and so on."""
    before, last = divmod(place, len(ascii_uppercase))
    return (_letter(before - 1) if before else "") + ascii_uppercase[last]


def table(told: list[Befallen]) -> Table:
    """What happened, from when until when."""
    rows = [
        (one.letter, opening(one.says), plain(one.what), moment(one.began_at), _until(one.ended_at)) for one in told
    ]
    return Table("What befell the shop", ("Mark", "What", "Kind", "From", "Until"), rows)


def _until(at: int | None) -> str:
    return "" if at is None else moment(at)


def marks(told: list[Befallen]) -> list[Mark]:
    """The letters, where each began."""
    return [Mark(one.letter, one.began_at, one.says) for one in told]


def shapes(told: list[Befallen]) -> list[dict[str, Any]]:
    """What stands across all panels: a span is tinted, a moment is a dotted line."""
    return [_shape(one) for one in told]


def _shape(one: Befallen) -> dict[str, Any]:
    begins = on_axis(one.began_at)
    across = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "x0": begins, "layer": "below"}
    if one.ended_at is None:
        return across | {"type": "line", "x1": begins, "line": look.line(look.SOFT, width=1, dash="dot")}
    return across | {"type": "rect", "x1": on_axis(one.ended_at), "fillcolor": _TINT, "line": {"width": 0}}
