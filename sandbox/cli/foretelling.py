"""What a forecast came to, printed for people."""

from math import ceil
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from sandbox import BANNER
from sandbox.central.days import parse_moment, wall_clock

_NAMED = 3
"""Orders that are named for each measure; `--json` and the report have more."""


def print_forecast(found: dict[str, Any]) -> None:
    """Of which moment it is, where the rates and the money may come to, which limits are crossed, what decides."""
    console = Console()
    what = f"{found['runs']} futures of {found['days']} days from {wall_clock(parse_moment(found['moment']))} on"
    console.print(f"[bold]{found['shop']}[/], world {found['world']}: {what}", highlight=False)
    if found["played_by_scripts"]:
        console.print(f"Played by scripts meanwhile: {', '.join(found['played_by_scripts'])}.", highlight=False)
    console.print(_bands(found))
    console.print(_breaches(found))
    console.print(_cases(found))
    console.print(
        "Moves: what the order itself adds where it turns out bad. Why: sandbox why WORLD ORDER", highlight=False
    )
    if found["runs"] == 1:
        console.print("One future alone tells nothing of chance: take --runs 100 or more.")
    console.print(BANNER)


def _bands(found: dict[str, Any]) -> Table:
    """At the end: eight futures in ten lie between the first value and the last."""
    table = Table(f"after {found['days']} days", "now", "10 %", "50 %", "90 %", box=SIMPLE)
    for one in found["measures"]:
        band = one["bands"][-1] or {}
        values = (_said(band.get(end), one["unit"]) for end in ("p10", "p50", "p90"))
        table.add_row(_NAMES.get(one["name"], one["name"]), _said(one["now"], one["unit"]), *values)
    return table


_NAMES = {"balance_minor": "balance", "reserve_minor": "of it in reserve"}


def _said(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"INR {value / 100:,.0f}" if unit == "minor" else f"{value:.2f} %"


def _breaches(found: dict[str, Any]) -> Table:
    table = Table("limit crossed", "share of futures (between)", "day: 10 %, 50 %, 90 %", box=SIMPLE)
    for label, one in found["breaches"].items():
        if one["now"]:
            table.add_row(label, "it is crossed now", "-")
        else:
            first = one["first_day"]
            day = "-" if first is None else ", ".join(str(max(1, ceil(first[key]))) for key in ("p10", "p50", "p90"))
            table.add_row(label, chance(one["ever"]), day)
    return table


def chance(share: dict[str, Any] | None) -> str:
    """A share with its interval, in percent."""
    if share is None:
        return "-"
    percent, low, high = (100 * share[name] for name in ("estimate", "low", "high"))
    return f"{percent:.1f} % ({low:.1f} to {high:.1f})"


def _cases(found: dict[str, Any]) -> Table:
    table = Table("moved most by", "turns out bad", "moves", "what hangs over it", box=SIMPLE)
    for case in found["cases"]:
        for order in case["orders"][:_NAMED]:
            moves = f"INR {order['moves'] / 100:,.0f}" if case["unit"] == "minor" else f"{order['moves']:.2f} points"
            table.add_row(f"{case['measure']}\n{order['order_id']}", chance(order["chance"]), moves, order["hangs"])
    if not table.row_count:
        table.add_row("no order of now", "", "", "What happens to those that there are is the same in all futures.")
    return table
