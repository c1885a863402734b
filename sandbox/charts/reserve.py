"""The reserve over time, by what it is held for (chapter 6)."""

from typing import Any

from sandbox.central.reserve import Reserve
from sandbox.central.reserve import reserve as reserve_at
from sandbox.central.world import World
from sandbox.charts import calendar, look
from sandbox.charts.page import Figure, Section, Table
from sandbox.charts.words import amount, moment, on_axis, opening, plain, rounded

Held = dict[str, int]
"""Minor units by reason."""


def reserve(world: World) -> Section:
    """What was held back at the end of each day."""
    days = [reserve_at(world, at) for at in calendar.moments(world)]
    reasons = _reasons(days)
    if not reasons:
        return Section("Nothing was ever held back")
    note = "Each area is one reason, at the end of each day; an order is held for one reason alone."
    tables = [_week_table(world, days, reasons), _reason_table(world, days, reasons)]
    return Section(_title(world, days), [note], _figure(world, days, reasons), tables)


def _reasons(days: list[Reserve]) -> list[str]:
    """Every reason that ever held something, the one that held most at the bottom."""
    most: Held = {}
    for found in days:
        for reason, held in _held(found).items():
            most[reason] = max(most.get(reason, 0), held)
    return sorted(most, key=lambda reason: -most[reason])


def _held(found: Reserve) -> Held:
    return {hold.reason: hold.amount_minor for hold in found.holds}


def _title(world: World, days: list[Reserve]) -> str:
    peak, now = max(days, key=lambda found: found.amount_minor), days[-1]
    most, held_now = (rounded(world.currency, found.amount_minor) for found in (peak, now))
    once = f"At most {most} was held back, on {calendar.day(world, peak.at)}"
    if not now.amount_minor:
        return f"{once}, and nothing is now"
    largest = max(now.holds, key=lambda hold: hold.amount_minor)
    why = f"{'all' if len(now.holds) == 1 else 'most'} of it for {_cause(largest.reason)}"
    if peak.at == now.at:
        return f"{held_now} is held back now, the most so far and {why}"
    return f"{once}; now it is {held_now}, {why}"


_CAUSES = {
    "IndividualPlan": "orders of the last days on the individual plan",
    "Performance": "rates over their limits",
    "Review": "a jump in sales",
    "AccountChange": "a new bank account",
    "OpenDisputes": "open disputes",
    "RecentPayments": "the payments of the last days",
    "DefectShare": "the order defect rate",
    "DailyShare": "a share of the daily payments",
    "NotDeliveredYet": "parcels not delivered long enough ago",
}


def _cause(reason: str) -> str:
    return _CAUSES.get(reason, plain(reason))


def _week_table(world: World, days: list[Reserve], reasons: list[str]) -> Table:
    found = {one.at: one for one in days}
    weeks = [found[at] for at in calendar.last_of_weeks(found)]
    headings = ("At", *(opening(plain(reason)) for reason in reasons), "Together")
    return Table(
        f"The reserve at the end of each week, in {world.currency}", headings, [_week(one, reasons) for one in weeks]
    )


def _week(found: Reserve, reasons: list[str]) -> tuple[str, ...]:
    held = _held(found)
    return moment(found.at), *(amount(held.get(reason, 0)) for reason in reasons), amount(found.amount_minor)


def _reason_table(world: World, days: list[Reserve], reasons: list[str]) -> Table:
    headings = ("Reason", f"Most ({world.currency})", "On", f"Now ({world.currency})", "The rule, as it was last told")
    return Table("What it was held for", headings, [_reason_row(world, days, reason) for reason in reasons])


def _reason_row(world: World, days: list[Reserve], reason: str) -> tuple[str, ...]:
    holds = [(hold, found.at) for found in days for hold in found.holds if hold.reason == reason]
    most, at = max(holds, key=lambda one: one[0].amount_minor)
    now, says = _held(days[-1]).get(reason, 0), holds[-1][0].says
    return opening(plain(reason)), amount(most.amount_minor), calendar.day(world, at), amount(now), says


def _figure(world: World, days: list[Reserve], reasons: list[str]) -> Figure:
    held = [_held(found) for found in days]
    moments = [on_axis(found.at) for found in days]
    data = [
        _area(place, reason, moments, [one.get(reason, 0) / 100 for one in held])
        for place, reason in enumerate(reasons)
    ]
    axis = look.axis(title=look.titled(world.currency), rangemode="tozero", tickformat="~s")
    return look.chart(data, 380, showlegend=True, legend=look.LEGEND, hovermode="x", xaxis=look.time_axis(), yaxis=axis)


def _area(place: int, reason: str, moments: list[str], values: list[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": opening(plain(reason)),
        "x": moments,
        "y": values,
        "stackgroup": "held",
        "line": {"width": 0, "shape": "hv"},
        "fillcolor": look.colour(place),
        "fillpattern": look.hatched(place),
        "hovertemplate": "%{y:,.2f}<extra>%{fullData.name}</extra>",
    }
