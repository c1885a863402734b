"""What a study came to, printed for people."""

from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from sandbox import BANNER

_FORMS = {
    "percent": "{:z.2f} %",
    "points": "{:z.2f} points",
    "hours": "{:z.2f} h",
    "count": "{:z,.1f}",
    "minor": "INR {:z,.0f}",
}


def print_comparison(found: dict[str, Any]) -> None:
    """Each variant's figures, how often its limits were crossed, and how the variants differ."""
    console = Console()
    history = f" after {found['history_days']} days of history" if found["history_days"] else ""
    what = f"{found['runs']} runs of {found['days']} days{history}, {100 * found['confidence']:.0f} % intervals"
    console.print(f"[bold]{found['title']}[/]: {what}", highlight=False)
    console.print(_figures(found))
    console.print(_breaches(found))
    for difference in found["differences"]:
        console.print(_differences(found, difference))
    if found["differences"]:
        console.print("Runs in pairs meet the same buyers: unpaired, as sure an answer takes the ratio times the runs.")
    if found["runs"] == 1:
        console.print("One run alone tells nothing of chance: take --runs 30 or more.")
    console.print(BANNER)


def _names(found: dict[str, Any]) -> list[str]:
    return [variant["name"] for variant in found["variants"]]


def _figures(found: dict[str, Any]) -> Table:
    table = Table("mean of a run; rates of all runs together", *_names(found), box=SIMPLE)
    for figure in found["figures"]:
        cells = [_estimate(variant["figures"][figure["name"]], figure["unit"]) for variant in found["variants"]]
        table.add_row(figure["says"], *cells)
    return table


def _breaches(found: dict[str, Any]) -> Table:
    table = Table("runs in which the limit was crossed", *_names(found), box=SIMPLE)
    for label in found["rates"]:
        for when, word in (("ever", "at a review"), ("at_end", "at the end")):
            shares = [variant["breaches"][label][when] for variant in found["variants"]]
            table.add_row(f"{label}, {word}", *map(_share, shares))
    return table


def _share(share: dict[str, Any] | None) -> str:
    if share is None:
        return "-"
    percent, low, high = (100 * share[name] for name in ("estimate", "low", "high"))
    return f"{percent:.1f} % ({low:.1f} to {high:.1f})"


def _differences(found: dict[str, Any], difference: dict[str, Any]) -> Table:
    """What differs; a figure that is the same in every pair is left out."""
    table = Table(f"{difference['name']} less {difference['against']}", "difference", "variance ratio", box=SIMPLE)
    for figure in found["figures"]:
        told = difference["figures"][figure["name"]]
        if told and any(told[end] for end in ("estimate", "low", "high")):
            ratio = told["variance_ratio"]
            unit = "points" if figure["unit"] == "percent" else figure["unit"]
            table.add_row(figure["says"], _estimate(told, unit), f"{ratio:,.1f}" if ratio else "-")
    if not table.row_count:
        table.add_row("the same in every pair of runs", "", "")
    return table


def _estimate(estimate: dict[str, Any] | None, unit: str) -> str:
    """The middle and half the interval; money in whole rupees."""
    if estimate is None:
        return "no data"
    scale = 0.01 if unit == "minor" else 1
    shown = _FORMS[unit].format(estimate["estimate"] * scale)
    if estimate["high"] is None:
        return shown
    half = (estimate["high"] - estimate["low"]) / 2 * scale
    return f"{shown} ± {_FORMS[unit].format(half).strip('INR %hpoints')}"
