"""The chart of the rates: a panel for each under one axis of time, and one for the account's standing."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.central import standing
from sandbox.central.days import HOUR
from sandbox.central.trend import Point
from sandbox.central.world import World
from sandbox.charts import look
from sandbox.charts.incidents import RESPONSE, Incident, Trend, counts, deciding
from sandbox.charts.labels import LEAST, MARK, MEDIA, Group, Mark, Room, beside, brackets, labels
from sandbox.charts.page import Figure
from sandbox.charts.plot import Befallen, marks, shapes
from sandbox.charts.words import on_axis, opening, plain

_PANEL, _GAP, _EDGE = 140, 44, 44
"""Pixels: the height of a panel, of what lies between two, and of what lies above and below them all."""
_ABOVE = 23
"""Pixels from the first panel up to the letters, over its heading."""
_CROSSED, _BACK, _STANDING = ("circle", look.VERMILION), ("square", "white"), ("diamond", "white")
"""How the marks look."""
_BELOW = 0.02
"""A panel goes so far below nothing, as a part of its height: a line at nothing is seen whole."""
LETTERS = 26
"""More things that befell the shop are told by their table alone."""
_TINT = "rgba(213, 94, 0, 0.09)"

Trace = dict[str, Any]


class Panel(NamedTuple):
    """One chart among several under each other."""

    heading: str
    axis: dict[str, Any]
    data: list[Trace]
    shapes: list[dict[str, Any]]
    marks: list[Mark]


def figure(world: World, found: list[Trend], told: list[Incident], befell: list[Befallen]) -> Figure:
    """The panels under each other; across all of them, what befell the shop."""
    panels = [_rate_panel(world, trend, told) for trend in found]
    changes = [incident for incident in told if incident.notice.kind == "standing"]
    if changes:
        panels.append(_standing_panel(world, changes))
    return _stacked(world, panels, befell if len(befell) <= LETTERS else [])


def _stacked(world: World, panels: list[Panel], befell: list[Befallen]) -> Figure:
    """One axis of time under all; the narrower the screen, the more marks share a label."""
    data: list[Trace] = []
    layout: dict[str, Any] = {"shapes": shapes(befell)}
    tops = _tops(len(panels))
    for place, panel in enumerate(panels):
        top, bottom = tops[place], tops[place] - _PANEL / _inside(len(panels))
        layout[f"yaxis{place + 1}"] = panel.axis | {"domain": (max(0, bottom), top)}
        layout["shapes"] += [shape | {"yref": _axis_name(place)} for shape in panel.shapes]
        data += [trace | {"yaxis": _axis_name(place)} for trace in panel.data]
    room = _room(world, LEAST)
    layout["meta"] = {
        media: _labelled(panels, befell, layout["shapes"], room._replace(pixels=pixels))
        for media, pixels in MEDIA.items()
    }
    layout |= _labelled(panels, befell, layout["shapes"], room)
    span = [on_axis(room.begins_at), on_axis(room.ends_at)]
    layout["xaxis"] = look.time_axis(range=span, anchor=_axis_name(len(panels) - 1))
    margin = {"l": 8, "r": 12, "t": _EDGE, "b": _EDGE}
    return look.chart(data, _inside(len(panels)) + 2 * _EDGE, margin=margin, **layout)


def _inside(count: int) -> int:
    """Pixels from the top of the first of so many panels to the bottom of the last."""
    return count * (_PANEL + _GAP) - _GAP


def _tops(count: int) -> list[float]:
    """Where each panel begins, as a part of all of them."""
    return [1 - place * (_PANEL + _GAP) / _inside(count) for place in range(count)]


def _axis_name(place: int) -> str:
    return f"y{place + 1}" if place else "y"


def _room(world: World, pixels: int) -> Room:
    assert world.account is not None
    opened_at = world.account.opened_at
    return Room(opened_at, max(world.now, opened_at + HOUR), pixels)


def _labelled(
    panels: list[Panel], befell: list[Befallen], under: list[dict[str, Any]], room: Room
) -> dict[str, list[dict[str, Any]]]:
    """The headings, the labels of the marks, the letters above all; and what is drawn, what is under it first."""
    found, lines = labels(marks(befell), room, _above_all), list(under)
    for place, (panel, top) in enumerate(zip(panels, _tops(len(panels)), strict=True)):
        where, axis = _beside(panel), {"yref": _axis_name(place)}
        found += [_heading(panel.heading, top), *(label | axis for label in labels(panel.marks, room, where))]
        lines += [bracket | axis for bracket in brackets(panel.marks, room, where)]
    return {"annotations": found, "shapes": lines}


def _above_all(group: Group) -> dict[str, Any]:
    return {"y": 1, "yref": "paper", "yanchor": "bottom", "yshift": _ABOVE}


def _beside(panel: Panel) -> Callable[[Group], dict[str, Any]]:
    low, high = panel.axis["range"]
    return lambda group: beside(group, low, high, _PANEL)


def _heading(text: str, top: float) -> dict[str, Any]:
    return look.note(text, x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom", yshift=4)


# -- a rate


def _rate_panel(world: World, trend: Trend, told: list[Incident]) -> Panel:
    rate = trend.rate
    mine = [one for one in told if one.notice.kind == "limit" and one.notice.name == standing.label(rate)]
    low, high = _range(world, trend, mine)
    is_response = rate.name == RESPONSE
    says = f"{'at least' if is_response else 'below'} {rate.limit_percent:g} %"
    beyond = (low, rate.limit_percent) if is_response else (rate.limit_percent, high)
    axis = look.axis(range=(low, high), ticksuffix=" %", nticks=5)
    found = _marks(mine, [_height(one, low, high) for one in mine])
    looks = [_CROSSED if one.notice.breached else _BACK for one in mine]
    data, limit = [*_lines(world, trend), _drawn(found, looks)], _limit(rate.limit_percent, beyond)
    return Panel(f"<b>{opening(trend.name)}</b>: {says}", axis, data, limit, found)


def _range(world: World, trend: Trend, mine: list[Incident]) -> tuple[float, float]:
    """From where to where the panel goes: what counts decides, unless nothing does."""
    limit = trend.rate.limit_percent
    shown = [*(point.percent for point in deciding(world, trend)), *(one.notice.percent for one in mine)]
    values = [value for value in shown if value is not None]
    if trend.rate.name == RESPONSE:
        return max(-100 * _BELOW, min([limit - 15, *(value - 5 for value in values)])), 102
    high = max([limit * 1.8, *(value * 1.2 for value in values)])
    return -high * _BELOW, high


def _lines(world: World, trend: Trend) -> list[Trace]:
    """What counts as a line, what does not yet as dots; where one meets the other, both have the point."""
    which = [counts(world, point) for point in trend.points]
    near = [not here or not before for here, before in zip(which, [True, *which], strict=False)]
    name = opening(trend.name)
    solid = _line(trend.points, which, name, look.line())
    return [_line(trend.points, near, name, look.line(look.SOFT, width=1.5, dash="dot")), solid]


def _line(points: list[Point], shown: list[bool], name: str, line: dict[str, Any]) -> Trace:
    values = [point.percent if is_shown else None for point, is_shown in zip(points, shown, strict=True)]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [on_axis(point.at) for point in points],
        "y": [None if value is None else round(value, 4) for value in values],
        "customdata": [(f"{point.counted:,}", f"{point.out_of:,}") for point in points],
        "line": line,
        "hovertemplate": "%{y:.2f} % (%{customdata[0]} of %{customdata[1]})<extra></extra>",
    }


def _limit(limit: float, beyond: tuple[float, float]) -> list[dict[str, Any]]:
    across = {"xref": "paper", "x0": 0, "x1": 1}
    tint = {"type": "rect", "y0": beyond[0], "y1": beyond[1], "fillcolor": _TINT, "line": {"width": 0}}
    dashed = {"type": "line", "y0": limit, "y1": limit, "line": look.line(look.VERMILION, width=1.5, dash="dash")}
    return [across | tint | {"layer": "below"}, across | dashed]


def _height(one: Incident, low: float, high: float) -> float:
    """Where the rate stood; what had nothing left to count stands at the panel's edge."""
    value = one.notice.percent
    return max(low, 0) if value is None else min(max(value, low), high)


def _marks(mine: list[Incident], heights: list[float]) -> list[Mark]:
    numbered = zip(mine, heights, strict=True)
    return [Mark(str(one.number), one.notice.at, one.notice.text, height) for one, height in numbered]


def _drawn(found: list[Mark], looks: list[tuple[str, str]]) -> Trace:
    """The marks themselves, each at its own place; their numbers stand beside them."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [on_axis(mark.at) for mark in found],
        "y": [mark.value for mark in found],
        "hovertext": [f"{mark.name}: {mark.says}" for mark in found],
        "hoverinfo": "text",
        "marker": {
            "symbol": [symbol for symbol, _ in looks],
            "color": [colour for _, colour in looks],
            "size": MARK,
            "line": look.line(look.VERMILION, width=1.5),
        },
        "cliponaxis": False,
    }


# -- the account's standing


def _standing_panel(world: World, changes: list[Incident]) -> Panel:
    places = [standing.STANDINGS.index(change.notice.name) for change in changes]
    moments = [change.notice.at for change in changes]
    assert world.account is not None
    steps = {
        "type": "scatter",
        "mode": "lines",
        "x": [on_axis(at) for at in (world.account.opened_at, *moments, world.now)],
        "y": [0, *places, places[-1]],
        "line": look.line(shape="hv"),
        "hoverinfo": "skip",
    }
    names = [plain(name) for name in standing.STANDINGS]
    axis = look.axis(range=(-0.6, len(names) - 0.4), tickvals=list(range(len(names))), ticktext=names)
    found = _marks(changes, [float(place) for place in places])
    drawn = _drawn(found, [_STANDING] * len(found))
    return Panel("<b>Standing of the account</b>", axis, [steps, drawn], [], found)
