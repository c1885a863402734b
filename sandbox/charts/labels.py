"""Labels of marks along an axis of time: each mark has its own, unless it would hide another's; then they share one."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sandbox.charts import look
from sandbox.charts.words import on_axis

LEAST = 430
"""Pixels that a panel has at least, but for these media:"""
MEDIA = {"(max-width: 40rem)": 175, "(min-width: 66rem)": 780}
"""A phone, from where on `page.css` knows one, and a screen on which the page is as wide as it gets."""
MARK = 9
"""Pixels of a mark."""
TALL = 24
"""Pixels that a label needs above or below its mark, with the distance between them."""
MANY = "\N{EN DASH}"
"""Between the first and the last name of a label for three marks or more."""
_LETTER, _EDGES, _APART = 8, 8, 3
"""Pixels: of a character at most, of what is around a text, and between two labels at least."""
_TOLD = 8
"""Marks that a label tells in full when it is pointed at."""


class Mark(NamedTuple):
    """Something that happened at a moment."""

    name: str
    """Its number or its letter, by which its table tells more."""
    at: int
    says: str
    value: float = 0
    """How high it stands, as the axis of its panel counts."""


class Room(NamedTuple):
    """The axis of time: from when to when, and over how many pixels at least."""

    begins_at: int
    ends_at: int
    pixels: int

    def place(self, at: float) -> float:
        """The pixel of a moment."""
        return (at - self.begins_at) * self.pixels / (self.ends_at - self.begins_at)


Group = Sequence[Mark]
"""Marks that share a label, the first one first."""


def grouped(marks: Sequence[Mark], room: Room) -> list[Group]:
    """The marks by their moments: together where a label would touch another label or another's mark."""
    groups: list[Group] = []
    for mark in sorted(marks, key=lambda mark: mark.at):
        group: Group = [mark]
        while groups and _extent(groups[-1], room)[1] + _APART > _extent(group, room)[0]:
            group = [*groups.pop(), *group]
        groups.append(group)
    return groups


def text(group: Group) -> str:
    """The names of one mark or two; of more, the first and the last."""
    names = [mark.name for mark in group]
    return ", ".join(names) if len(names) < 3 else f"{names[0]}{MANY}{names[-1]}"


def labels(marks: Sequence[Mark], room: Room, height: Callable[[Group], dict[str, Any]]) -> list[dict[str, Any]]:
    """What is written beside the marks; `height` tells how high for each group."""
    return [_label(group, room) | height(group) for group in grouped(marks, room)]


def brackets(marks: Sequence[Mark], room: Room, height: Callable[[Group], dict[str, Any]]) -> list[dict[str, Any]]:
    """A line at each shared label, from its first mark to its last."""
    return [_bracket(group, height(group)) for group in grouped(marks, room) if group[0].at < group[-1].at]


def beside(group: Group, low: float, high: float, pixels: int) -> dict[str, Any]:
    """Above the highest of its marks, or below the lowest where the panel from low to high ends too soon."""
    top, bottom = max(mark.value for mark in group), min(mark.value for mark in group)
    tall = TALL * (high - low) / pixels
    if high - top < tall <= bottom - low:
        return {"y": bottom, "yanchor": "top", "yshift": -MARK / 2 - 3}
    return {"y": top, "yanchor": "bottom", "yshift": MARK / 2 + 3}


def _bracket(group: Group, height: dict[str, Any]) -> dict[str, Any]:
    span = {"xref": "x", "x0": on_axis(group[0].at), "x1": on_axis(group[-1].at)}
    place = {"ysizemode": "pixel", "yanchor": height["y"], "y0": height["yshift"], "y1": height["yshift"]}
    return {"type": "line", "line": look.line(look.SOFT, width=1), **span, **place}


def _label(group: Group, room: Room) -> dict[str, Any]:
    """Over the middle of its marks; at the end of the axis, beside the first or the last."""
    where = _anchor(group, room)
    at = {"left": group[0].at, "center": (group[0].at + group[-1].at) // 2, "right": group[-1].at}[where]
    shift = {"left": -MARK / 2, "center": 0, "right": MARK / 2}[where]
    place = {"x": on_axis(at), "xref": "x", "xanchor": where, "xshift": shift}
    return look.tag(text(group), **place, hovertext=_told(group))


def _anchor(group: Group, room: Room) -> str:
    middle, half = _middle(group, room), _wide(group) / 2
    if middle < half:
        return "left"
    return "right" if middle > room.pixels - half else "center"


def _extent(group: Group, room: Room) -> tuple[float, float]:
    """From which pixel to which its marks and its label go."""
    first, last = room.place(group[0].at) - MARK / 2, room.place(group[-1].at) + MARK / 2
    wide = _wide(group)
    middle = _middle(group, room)
    left = {"left": first, "center": middle - wide / 2, "right": last - wide}[_anchor(group, room)]
    return min(first, left), max(last, left + wide)


def _middle(group: Group, room: Room) -> float:
    return room.place((group[0].at + group[-1].at) / 2)


def _wide(group: Group) -> int:
    return len(text(group)) * _LETTER + _EDGES


def _told(group: Group) -> str:
    """All of its marks, or as many as a screen has room for."""
    lines = [f"{mark.name}: {mark.says}" for mark in group[:_TOLD]]
    return "<br>".join([*lines, f"and {len(group) - _TOLD} more"] if len(group) > _TOLD else lines)
