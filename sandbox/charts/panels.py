"""The chart of the rates: a panel for each under one axis of time, and one for the account's standing."""

from typing import Any, NamedTuple

from sandbox.central import standing
from sandbox.central.days import HOUR
from sandbox.central.trend import Point
from sandbox.central.world import World
from sandbox.charts import look
from sandbox.charts.incidents import RESPONSE, Incident, Trend, counts, deciding
from sandbox.charts.page import Figure
from sandbox.charts.plot import Befallen, marks
from sandbox.charts.words import on_axis, opening, plain

_PANEL, _GAP, _EDGE = 140, 44, 44
"""Pixels: the height of a panel, of what lies between two, and of what lies above and below them all."""
_CROSSED, _BACK, _STANDING = "circle", "square", "diamond"
MARKS_WITH_NUMBERS = 40
"""More of them would hide each other's numbers; then these are told when pointed at."""
LETTERS = 26
"""More things that befell the shop are told by their table alone."""
_APART, _LEVELS, _STEP = 0.024, 3, 0.17
"""Marks nearer than this part of the chart's width go to so many levels, this part of a panel's height apart."""
_TINT = "rgba(213, 94, 0, 0.09)"

Trace = dict[str, Any]


class Panel(NamedTuple):
    """One chart among several under each other."""

    heading: str
    axis: dict[str, Any]
    data: list[Trace]
    shapes: list[dict[str, Any]]


def figure(world: World, found: list[Trend], told: list[Incident], befell: list[Befallen]) -> Figure:
    """The panels under each other; across all of them, what befell the shop."""
    panels = [_rate_panel(world, trend, told) for trend in found]
    changes = [incident for incident in told if incident.notice.kind == "standing"]
    if changes:
        panels.append(_standing_panel(world, changes, len(told)))
    return _stacked(world, panels, marks(befell if len(befell) <= LETTERS else []))


def _stacked(world: World, panels: list[Panel], layout: dict[str, Any]) -> Figure:
    assert world.account is not None
    inside = len(panels) * (_PANEL + _GAP) - _GAP
    data: list[Trace] = []
    for place, panel in enumerate(panels):
        name = f"y{place + 1}" if place else "y"
        top = 1 - place * (_PANEL + _GAP) / inside
        layout[f"yaxis{place + 1}"] = panel.axis | {"domain": (max(0, top - _PANEL / inside), top)}
        layout["shapes"] += [shape | {"yref": name} for shape in panel.shapes]
        layout["annotations"].append(_heading(panel.heading, top))
        data += [trace | {"yaxis": name} for trace in panel.data]
    opened_at = world.account.opened_at
    span = [on_axis(opened_at), on_axis(max(world.now, opened_at + HOUR))]
    layout["xaxis"] = look.time_axis(range=span, anchor=f"y{len(panels)}")
    margin = {"l": 8, "r": 12, "t": _EDGE, "b": _EDGE}
    return look.chart(data, inside + 2 * _EDGE, margin=margin, **layout)


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
    data = [*_lines(world, trend), _marks(world, mine, (low, high), len(told))]
    return Panel(f"<b>{opening(trend.name)}</b>: {says}", axis, data, _limit(rate.limit_percent, beyond))


def _range(world: World, trend: Trend, mine: list[Incident]) -> tuple[float, float]:
    """From where to where the panel goes: what counts decides, unless nothing does."""
    limit = trend.rate.limit_percent
    shown = [*(point.percent for point in deciding(world, trend)), *(one.notice.percent for one in mine)]
    values = [value for value in shown if value is not None]
    if trend.rate.name == RESPONSE:
        return max(0, min([limit - 15, *(value - 5 for value in values)])), 102
    return 0, max([limit * 1.8, *(value * 1.2 for value in values)])


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


def _marks(world: World, mine: list[Incident], among: tuple[float, float], told: int) -> Trace:
    """The incidents of a rate, where it stood; what had nothing left to count stands at the panel's edge."""
    low, high = among
    found = [one.notice.percent for one in mine]
    shapes = [_CROSSED if one.notice.breached else _BACK for one in mine]
    values = [low if value is None else min(max(value, low), high) for value in found]
    if told <= MARKS_WITH_NUMBERS:
        levels = _levels(world, [one.notice.at for one in mine])
        values = [_moved(value, level, among) for value, level in zip(values, levels, strict=True)]
    return _numbered(mine, values, shapes, told)


def _levels(world: World, moments: list[int]) -> list[int]:
    """0 for a mark that has room; one more, as long as there is one, for each that would hide the mark before it."""
    assert world.account is not None
    room = (world.now - world.account.opened_at) * _APART
    levels: list[int] = []
    for place, at in enumerate(moments):
        is_near = place > 0 and at - moments[place - 1] < room
        levels.append((levels[-1] + 1) % _LEVELS if is_near else 0)
    return levels


def _moved(value: float, level: int, among: tuple[float, float]) -> float:
    """Up by so many levels, or down where the panel ends."""
    low, high = among
    step = level * _STEP * (high - low)
    return value + step if value + step <= high else value - step


def _numbered(mine: list[Incident], values: list[float], shapes: list[str], told: int) -> Trace:
    are_few = told <= MARKS_WITH_NUMBERS
    return {
        "type": "scatter",
        "mode": "markers+text" if are_few else "markers",
        "x": [on_axis(one.notice.at) for one in mine],
        "y": values,
        "text": [f"{one.number}" for one in mine],
        "hovertext": [f"{one.number}: {one.notice.text}" for one in mine],
        "hoverinfo": "text",
        "textfont": {"size": 10, "color": look.INK},
        "marker": {
            "symbol": shapes,
            "size": 18 if are_few else 9,
            "color": "white",
            "line": look.line(look.VERMILION, width=1.5),
        },
        "cliponaxis": False,
    }


# -- the account's standing


def _standing_panel(world: World, changes: list[Incident], told: int) -> Panel:
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
    marks = _numbered(changes, [float(place) for place in places], [_STANDING] * len(changes), told)
    return Panel("<b>Standing of the account</b>", axis, [steps, marks], [])
