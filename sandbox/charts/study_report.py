"""The study's report: how often each limit was crossed, how the variants differ and how sure that is, on one page."""

from typing import Any

from sandbox.charts import look
from sandbox.charts.page import Figure, Section, Table, page
from sandbox.charts.shares import ROW, bars
from sandbox.charts.words import counted, opening

Found = dict[str, Any]
"""What `sandbox.sim.comparison.compared` tells of a study."""

_FORMS = {"percent": "{:z.2f} %", "hours": "{:z.2f} h", "count": "{:z,.1f}", "minor": "INR {:z,.0f}"}


def study_report(found: Found) -> str:
    """The whole page as HTML."""
    varied = found["varied"]
    lead = [
        f"{counted(found['runs'], 'run')} of {counted(found['days'], 'day')} for each variant,"
        f" with {100 * found['confidence']:.0f} % intervals.",
    ]
    if varied:
        lead.append(f"The variants differ in {varied['key']} alone, and in pairs they meet the same buyers.")
    sections = [_breaches(found, label) for label in found["rates"]]
    sections += [_difference(found, one) for one in found["differences"]]
    return page(found["title"], lead, [*sections, _figures(found)])


# -- limits


def _breaches(found: Found, label: str) -> Section:
    shares = [(variant["name"], variant["breaches"][label]["ever"]) for variant in found["variants"]]
    known = [(name, share) for name, share in shares if share]
    rows = [
        (name, f"{share['count']} of {share['runs']}", _percent(share["estimate"]), _between(share, "share"))
        for name, share in known
    ]
    table = Table(f"Runs in which {label} crossed its limit", ("Variant", "Runs", "Share", "Between"), rows)
    return Section(_title(label, known), (), bars(known, "Share of the runs") if known else None, [table])


def _title(label: str, shares: list[tuple[str, Found]]) -> str:
    if not any(share["count"] for _, share in shares):
        return f"No run crossed the limit of {label}"
    worst, share = max(shares, key=lambda one: one[1]["count"])
    if len(shares) == 1:
        return f"{share['count']} of {share['runs']} runs crossed the limit of {label}"
    best, least = min(shares, key=lambda one: one[1]["count"])
    if least["count"] == share["count"]:
        return f"Every variant crossed the limit of {label} in {share['count']} of {share['runs']} runs"
    times = f"in {share['count']} of {share['runs']} runs, {best} in {least['count']}"
    return f"{opening(label)}: {worst} crossed its limit {times}"


# -- differences


def _difference(found: Found, difference: Found) -> Section:
    units = {figure["name"]: (figure["says"], figure["unit"]) for figure in found["figures"]}
    known = {name: one for name, one in difference["figures"].items() if one}
    sure = [name for name, one in known.items() if one["low"] > 0 or one["high"] < 0]
    rows = [
        (
            units[name][0],
            _said(one["estimate"], units[name][1]),
            f"{_said(one['low'], units[name][1])} to {_said(one['high'], units[name][1])}",
            "-" if one["variance_ratio"] is None else f"{one['variance_ratio']:.1f}",
        )
        for name, one in known.items()
    ]
    headings = ("Figure", "Difference", "Between", "Times the runs, unpaired")
    table = Table(f"{difference['name']} against {difference['against']}, pair by pair", headings, rows)
    count = f"{len(sure)} of {len(known)} figures differ beyond chance" if sure else "nothing differs beyond chance"
    title = f"{difference['name']} against {difference['against']}: {count}"
    notes = [
        "Each dot is a difference, its line the interval: where a line does not touch 0, they differ;"
        " of twenty lines luck alone keeps one off it."
    ]
    return Section(title, notes, _forest(known, units), [table])


def _forest(known: Found, units: dict[str, tuple[str, str]]) -> Figure:
    """Differences of many units on one axis, so each in units of half its interval."""
    moved = {name: one for name, one in known.items() if one["high"] > one["low"]}
    values = [one["estimate"] / ((one["high"] - one["low"]) / 2) for one in moved.values()]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": [units[name][0] for name in moved],
        "marker": {"size": 10, "color": [look.VERMILION if abs(value) > 1 else look.SOFT for value in values]},
        "error_x": {"type": "constant", "value": 1, "color": look.INK},
        "hoverinfo": "skip",
    }
    axes = {
        "xaxis": look.axis(title=look.titled("Difference, in half intervals"), zeroline=True, zerolinecolor=look.INK),
        "yaxis": look.axis(autorange="reversed"),
    }
    return look.chart([dots], 110 + ROW * len(moved), **axes)


# -- figures


def _figures(found: Found) -> Section:
    names = [variant["name"] for variant in found["variants"]]
    rows = []
    for figure in found["figures"]:
        own = (variant["figures"][figure["name"]] for variant in found["variants"])
        rows.append((figure["says"], *(_estimate(one, figure["unit"]) for one in own)))
    table = Table("Means of a run, rates of all runs together, with their intervals", ("Figure", *names), rows)
    title = f"What {counted(found['runs'], 'run')} of each of {counted(len(names), 'variant')} came to"
    return Section(title if len(names) > 1 else f"What {counted(found['runs'], 'run')} came to", (), None, [table])


def _estimate(one: Found | None, unit: str) -> str:
    if one is None:
        return "-"
    return f"{_said(one['estimate'], unit)} ({_between(one, unit)})"


def _between(one: Found, unit: str) -> str:
    if unit == "share":
        return f"{_percent(one['low'])} to {_percent(one['high'])}"
    return f"{_said(one['low'], unit)} to {_said(one['high'], unit)}"


def _said(value: float, unit: str) -> str:
    return _FORMS[unit].format(value / 100 if unit == "minor" else value)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
