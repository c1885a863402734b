"""The look that all charts share: colours told apart by everybody, quiet axes, no legend where words can stand."""

from typing import Any

from sandbox.charts.page import Figure

BLUE, VERMILION, GREEN, SKY, ORANGE, PURPLE, YELLOW = (
    *("#0072b2", "#d55e00", "#009e73", "#56b4e9"),
    *("#e69f00", "#cc79a7", "#f0e442"),
)
"""Okabe and Ito's colours, which people who see few colours tell apart."""
INK, SOFT, LINE = "#1f2933", "#52606d", "#dde3ea"
VEIL = "rgba(255, 255, 255, 0.85)"
"""Behind words that lie over lines: these show through so little that the words can be read."""
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW)
PATTERNS = ("", "/", "x", "-", "\\", "+", "|")
"""What tells areas apart where colours do not."""

_FONT = {"family": "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif", "size": 13, "color": INK}
_SMALL = {"size": 12, "color": SOFT}
MARGIN = {"l": 8, "r": 8, "t": 28, "b": 8}
LEGEND = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"}
"""A legend above its chart."""


def axis(**more: Any) -> dict[str, Any]:
    """A quiet axis."""
    quiet = {"gridcolor": LINE, "linecolor": LINE, "zeroline": False, "automargin": True, "fixedrange": True}
    return {**quiet, "tickfont": _SMALL, **more}


def titled(text: str) -> dict[str, Any]:
    """What an axis is called, in small letters."""
    return {"text": text, "font": _SMALL, "standoff": 8}


def time_axis(**more: Any) -> dict[str, Any]:
    """An axis of the shop's days."""
    return axis(type="date", tickformat="%-d %b\n%Y", hoverformat="%a %-d %b %Y, %H:%M", tickangle=0, **more)


def note(text: str, **place: Any) -> dict[str, Any]:
    """Words in a chart, where their place is."""
    return {"text": text, "showarrow": False, "font": _SMALL, **place}


def tag(text: str, **place: Any) -> dict[str, Any]:
    """Words that name a mark."""
    shown = {
        "font": {"size": 11, "color": INK},
        "bgcolor": VEIL,
        "bordercolor": LINE,
        "borderpad": 1,
    }
    return note(text, **shown, **place)


def hatched(place: int) -> dict[str, Any]:
    """A pattern over the colour of the series at that place; the first has none."""
    shape = PATTERNS[place % len(PATTERNS)]
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "white", "size": 8, "solidity": 0.2}


def colour(place: int) -> str:
    """The colour of the series at that place."""
    return SERIES[place % len(SERIES)]


def line(colour: str = BLUE, **more: Any) -> dict[str, Any]:
    return {"color": colour, "width": 2, **more}


def chart(data: list[dict[str, Any]], height: int, **layout: Any) -> Figure:
    """A chart of that height, as wide as its place."""
    shared = {
        "height": height,
        "font": _FONT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": MARGIN,
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"font": {"family": _FONT["family"]}},
    }
    return {"data": data, "layout": shared | layout}
