"""The look that all charts share: colours told apart by everybody, quiet axes, no legend where words can stand."""

from typing import Any

from sandbox.charts.page import Figure

BLUE, VERMILION, GREEN, SKY, ORANGE, PURPLE, YELLOW = (
    *("#0072b2", "#d55e00", "#009e73", "#56b4e9"),
    *("#e69f00", "#cc79a7", "#f0e442"),
)
"""Okabe and Ito's colours, which people who see few colours tell apart."""
INK, SOFT, LINE = "#1f2933", "#52606d", "#dde3ea"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW)
PATTERNS = ("", "/", "x", "-", "\\", "+", "|")
"""What tells areas apart where colours do not."""

_FONT = {"family": "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif", "size": 13, "color": INK}


def axis(**more: Any) -> dict[str, Any]:
    """A quiet axis."""
    quiet = {"gridcolor": LINE, "linecolor": LINE, "zeroline": False, "automargin": True, "fixedrange": True}
    return {**quiet, "tickfont": {"color": SOFT, "size": 12}, **more}


def time_axis(**more: Any) -> dict[str, Any]:
    """An axis of the shop's days."""
    return axis(type="date", tickformat="%-d %b", hoverformat="%a %-d %b %Y, %H:%M", nticks=8, **more)


def note(text: str, **place: Any) -> dict[str, Any]:
    """Words in a chart, where their place is."""
    return {"text": text, "showarrow": False, "font": {"size": 12, "color": SOFT}, **place}


def line(colour: str = BLUE, **more: Any) -> dict[str, Any]:
    return {"color": colour, "width": 2, **more}


def chart(data: list[dict[str, Any]], height: int, **layout: Any) -> Figure:
    """A chart of that height, as wide as its place."""
    shared = {
        "height": height,
        "font": _FONT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"font": {"family": _FONT["family"]}},
    }
    return {"data": data, "layout": shared | layout}
