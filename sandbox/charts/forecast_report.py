"""The forecast's report: a fan for each rate and the money, how likely limits are crossed, which orders decide."""

from math import ceil
from typing import Any

from sandbox.central.days import parse_moment
from sandbox.charts import look
from sandbox.charts.page import Figure, Section, Table, page
from sandbox.charts.shares import ROW, bars
from sandbox.charts.words import counted, moment, on_axis, opening, percent, rounded

Found = dict[str, Any]
"""What `sandbox.sim.forecast.bands.foreseen` tells of a forecast, or a part of it."""

_ENDS = ("p10", "p50", "p90")
_BAND = "rgba(0, 114, 178, 0.22)"
_FAN_HEIGHT = 300
_WEEK = 7
_MONEY = {"balance_minor": "the balance", "reserve_minor": "the reserve"}


def forecast_report(found: Found) -> str:
    """The whole page as HTML."""
    at = moment(parse_moment(found["moment"]))
    lead = [
        f"{counted(found['runs'], 'future')} of {counted(found['days'], 'day')} from {at} on, after fact"
        f" {found['facts']:,} of the world {found['world']}. What has shown by then is the same in all of them; all"
        " else has new luck in each.",
    ]
    if found["played_by_scripts"]:
        lead.append(f"Scripts play what a person or a program plays: {', '.join(found['played_by_scripts'])}.")
    sections = [_fan(found, one) for one in found["measures"]]
    sections.insert(0, _breaches(found))
    sections += [_cases(case, found["currency"]) for case in found["cases"] if case["orders"]]
    return page(f"{found['shop']}: what may come", lead, sections)


# -- fans


def _fan(found: Found, one: Found) -> Section:
    known = [band for band in one["bands"] if band]
    title = _fan_title(found, one)
    if not known:
        return Section(title)
    notes = ["Eight futures in ten lie in the band, the middle one is its line."]
    if one["limit_percent"] is not None:
        side = "at least" if one["at_least"] else "below"
        notes.append(f"The dashed line is the limit: {side} {one['limit_percent']:g} %.")
    return Section(title, notes, _fan_figure(found, one), [_fan_table(found, one)])


def _name(one: Found) -> str:
    name: str = one["name"]
    return _MONEY.get(name, name)


def _fan_title(found: Found, one: Found) -> str:
    last, name = one["bands"][-1], opening(_name(one))
    days = counted(found["days"], "day")
    if last is None:
        return f"{name} has nothing to count in {days}"
    low, middle, high = (_said(last[end], one, found["currency"]) for end in _ENDS)
    if low == high:
        return f"{name} comes to {middle} after {days}, in nearly every future"
    now = "" if one["now"] is None else f" is {_said(one['now'], one, found['currency'])} now, and"
    return f"{name}{now} comes to {low} to {high} after {days}, with {middle} in the middle"


def _said(value: float, one: Found, currency: str) -> str:
    return rounded(currency, round(value)) if one["unit"] == "minor" else percent(value)


def _fan_figure(found: Found, one: Found) -> Figure:
    scale = 0.01 if one["unit"] == "minor" else 1
    days = [(on_axis(parse_moment(at)), band) for at, band in zip(found["moments"], _with_now(one), strict=True)]
    at = [day for day, band in days if band]
    low, middle, high = ([band[end] * scale for _, band in days if band] for end in _ENDS)
    hidden = {"type": "scatter", "mode": "lines", "x": at, "line": {"width": 0}, "hoverinfo": "skip"}
    line = {"type": "scatter", "mode": "lines", "x": at, "y": middle, "line": look.line()}
    unit = "%{y:,.2f} %" if one["unit"] == "percent" else f"{found['currency']} %{{y:,.0f}}"
    data = [
        {**hidden, "y": low},
        {**hidden, "y": high, "fill": "tonexty", "fillcolor": _BAND},
        {**line, "hovertemplate": f"{unit}<extra></extra>"},
    ]
    limit = one["limit_percent"]
    shapes = [] if limit is None else [_limit(limit)]
    suffix = {"ticksuffix": " %"} if one["unit"] == "percent" else {"title": look.titled(found["currency"])}
    values = [*low, *high, *([] if limit is None else [limit])]
    axis = look.axis(range=_range(values, one["at_least"]), **suffix)
    return look.chart(data, _FAN_HEIGHT, hovermode="x", xaxis=look.time_axis(), yaxis=axis, shapes=shapes)


def _with_now(one: Found) -> list[Found | None]:
    """The bands from today on: today all futures are at the same place."""
    now = None if one["now"] is None else dict.fromkeys(_ENDS, one["now"])
    return [now, *one["bands"]]


def _limit(value: float) -> dict[str, Any]:
    line = {"color": look.VERMILION, "width": 1.5, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}


def _range(values: list[float], at_least: bool) -> tuple[float, float]:
    """From where to where the axis goes, so that the limit is seen in any case."""
    low, high = min(values), max(values)
    if at_least:
        return max(0.0, low - 5), 102.0
    margin = (high - min(low, 0.0)) * 0.1 or 1.0
    return min(low, 0.0) - (margin if low < 0 else 0.0), high + margin


def _fan_table(found: Found, one: Found) -> Table:
    """The last day of each week from now on, and the last of all."""
    days = sorted({*range(_WEEK, found["days"] + 1, _WEEK), found["days"]})
    rows = []
    for day in days:
        band = one["bands"][day - 1]
        cells = [_said(band[end], one, found["currency"]) for end in _ENDS] if band else ["-"] * len(_ENDS)
        rows.append((moment(parse_moment(found["moments"][day])), *cells))
    return Table(
        f"{opening(_name(one))}: 10, 50 and 90 % of the futures lie below", ("At", "10 %", "50 %", "90 %"), rows
    )


# -- limits


def _breaches(found: Found) -> Section:
    over = [label for label, one in found["breaches"].items() if one["now"]]
    shares = [(label, one["ever"]) for label, one in found["breaches"].items() if one["ever"] and not one["now"]]
    rows = [_breach_row(label, one) for label, one in found["breaches"].items()]
    headings = ("Rate", "Crosses its limit", "Between", "On day (10, 50, 90 %)", "Beyond it at the end")
    table = Table(f"Futures in which a limit is crossed within {counted(found['days'], 'day')}", headings, rows)
    notes = ["A limit counts as crossed where a daily review says so, or at the end. Whiskers are 95 % intervals."]
    if over:
        notes.append(f"Crossed already: {', '.join(over)}.")
    figure = bars(shares, "Share of the futures") if shares else None
    return Section(_breach_title(found, shares, over), notes, figure, [table])


def _breach_title(found: Found, shares: list[tuple[str, Found]], over: list[str]) -> str:
    days = counted(found["days"], "day")
    crossing = [(label, share) for label, share in shares if share["count"]]
    if not crossing:
        others = "another limit" if over else "a limit"
        return f"In none of {counted(found['runs'], 'future')} is {others} crossed within {days}"
    label, share = max(crossing, key=lambda one: one[1]["count"])
    median = found["breaches"][label]["first_day"]["p50"]
    when = f"on day {_day(median)} in the middle"
    return f"{opening(label)} crosses its limit in {share['count']} of {share['runs']} futures within {days}, {when}"


def _day(days: float) -> str:
    """The how-manieth day from now on it is; what is so now is of the first one."""
    return str(max(1, ceil(days)))


def _breach_row(label: str, one: Found) -> tuple[str, ...]:
    first, at_end = one["first_day"], one["at_end"]
    at_the_end = _share(at_end) if at_end else "-"
    if one["now"]:
        return label, "it is crossed now", "-", "-", at_the_end
    if not one["ever"]:
        return label, "-", "-", "-", at_the_end
    day = "-" if first is None else ", ".join(_day(first[end]) for end in _ENDS)
    return label, _share(one["ever"]), _between(one["ever"]), day, at_the_end


def _share(share: Found) -> str:
    return f"{100 * share['estimate']:.1f} %"


def _between(share: Found) -> str:
    return f"{100 * share['low']:.1f} % to {100 * share['high']:.1f} %"


# -- orders


def _cases(case: Found, currency: str) -> Section:
    orders = case["orders"]
    first, about = orders[0], f"the {case['measure']} rate" if case["unit"] == "points" else "the money"
    moves = [_moves(order["moves"], case, currency) for order in orders]
    title = f"Order {first['order_id']} moves {about} most: by {moves[0]} in {_share(first['chance'])} of the futures"
    notes = [
        "Moves is what the order itself adds where it turns out bad, against the futures in which it does not: what"
        " it does to other orders is not in it. Give or take is the standard deviation of that over all futures, by"
        " which the orders are ranked. Where many are alike, luck decides which of them come first.",
        "What led there: sandbox why WORLD ORDER.",
    ]
    rows = [
        (
            order["order_id"],
            order["hangs"],
            _share(order["chance"]),
            _between(order["chance"]),
            moved,
            _moves(order["spread"], case, currency),
        )
        for order, moved in zip(orders, moves, strict=True)
    ]
    headings = ("Order", "What hangs over it", "Turns out bad", "Between", "Moves", "Give or take")
    table = Table(f"The open orders that move {about} most", headings, rows)
    return Section(title, notes, _spreads(orders, case["unit"], currency), [table])


def _spreads(orders: list[Found], unit: str, currency: str) -> Figure:
    """How much each order makes the futures differ."""
    scale, says = (1.0, "points") if unit == "points" else (0.01, currency)
    bar = {"type": "bar", "orientation": "h", "hoverinfo": "skip", "marker": {"color": look.BLUE}}
    bar |= {"x": [order["spread"] * scale for order in orders], "y": [order["order_id"] for order in orders]}
    axes = {
        "xaxis": look.axis(rangemode="tozero", title=look.titled(f"Give or take, in {says}")),
        "yaxis": look.axis(autorange="reversed"),
    }
    return look.chart([bar], 90 + ROW * len(orders), **axes)


def _moves(value: float, case: Found, currency: str) -> str:
    return f"{value:.3f} points" if case["unit"] == "points" else rounded(currency, round(value))
