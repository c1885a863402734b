"""The rates day by day against their limits, with every incident numbered (chapters 8, 9 and 11)."""

from sandbox.central import holds, standing
from sandbox.central.days import DAY
from sandbox.central.health import Rate
from sandbox.central.world import World
from sandbox.charts import calendar, panels, plot
from sandbox.charts.incidents import RESPONSE, Breach, Incident, Trend, breaches, deciding, incidents, is_beyond, trends
from sandbox.charts.labels import MANY
from sandbox.charts.page import Figure, Section, Table
from sandbox.charts.words import counted, moment, opening, percent

NAMED = 3
"""Orders that an incident names."""


def rates(world: World) -> Section:
    """Each rate that counts, one panel each; the incidents in the table under it."""
    found, told = trends(world), incidents(world)
    befell = plot.befallen(world)
    tables = [_incident_table(world, found, told), plot.table(befell), _limit_table(world, found), _week_table(found)]
    title = _title(world, found, breaches(found, told))
    if not _has_data(found):
        return Section(title)
    figure = panels.figure(world, found, told, befell)
    notes = [*_notes(world, len(told)), *_plot_note(len(befell)), *_label_note(figure)]
    return Section(title, notes, figure, tables)


# -- in words


def _has_data(found: list[Trend]) -> bool:
    return any(point.out_of for trend in found for point in trend.points)


def _title(world: World, found: list[Trend], ever: list[Breach]) -> str:
    if not _has_data(found):
        return "There is nothing yet to take a rate of"
    if not ever:
        values = [(trend.rate, point.percent) for trend in found for point in trend.points]
        if any(value is not None and is_beyond(rate, value) for rate, value in values):
            return "No rate crossed its limit over orders or messages enough to count"
        return "Every rate stayed within its limit"
    longest = max(ever, key=lambda breach: _days(world, breach))
    if len(ever) == 1:
        return _told_alone(world, longest)
    rate, days = longest.trend.rate, counted(_days(world, longest), "day")
    where = f"{days} {_side(rate)} {rate.limit_percent:g} % from {calendar.day(world, longest.since)} on"
    times = "twice" if len(ever) == 2 else f"{len(ever)} times"
    return f"Limits were crossed {times}, for longest by the {longest.trend.name}: {where}"


def _told_alone(world: World, breach: Breach) -> str:
    name, limit, side = breach.trend.name, breach.trend.rate.limit_percent, _side(breach.trend.rate)
    crossed = f"The {name} crossed its {limit:g} % limit on {calendar.day(world, breach.since)}"
    if breach.until is None:
        return f"{crossed} and is {side} it since"
    return f"{crossed} and stayed {side} it for {counted(_days(world, breach), 'day')}"


def _side(rate: Rate) -> str:
    return "below" if rate.name == RESPONSE else "above"


def _days(world: World, breach: Breach) -> int:
    """Days beyond the limit; they are looked at once a day."""
    until = world.now if breach.until is None else breach.until
    return round((until - breach.since) / DAY)


def _notes(world: World, told: int) -> list[str]:
    least = world.policy.standing_orders_at_least
    found = [
        "Each line is a rate at the end of each day, over the days behind it. Its dashed line is the limit, and the"
        f" tinted side is beyond it. Where the line is dotted it is of fewer than {least} orders or messages: that"
        " moves no standing."
    ]
    if told:
        found.append(
            "Numbers are the incidents of the table. At a filled circle a limit was crossed, at an open square a rate"
            " was back within it, at a diamond the standing of the account changed."
        )
    return found


def _plot_note(count: int) -> list[str]:
    """How to read what befell the shop, where anything did."""
    if not 0 < count <= panels.LETTERS:
        return []
    return ["Letters are what befell the shop: a tint where it lasted, a dotted line where it came at a moment."]


def _label_note(figure: Figure) -> list[str]:
    """How to read a label of several marks, where there is one on any screen."""
    found = [label for part in figure["layout"]["meta"].values() for label in part["annotations"]]
    if not any(MANY in label["text"] for label in found):
        return []
    return [
        f"Marks too close for a label each share one: A{MANY}C stands for A, B and C, and 3{MANY}9 for those of 3 to 9"
        " that are in the same panel."
    ]


# -- tables


def _incident_table(world: World, found: list[Trend], told: list[Incident]) -> Table:
    by_label = {standing.label(trend.rate): trend.rate for trend in found}
    rows = []
    for number, notice in told:
        rate = by_label.get(notice.name) if notice.kind == "limit" and notice.breached else None
        behind = _behind(world, rate, notice.at) if rate else ""
        rows.append((str(number), moment(notice.at), opening(notice.text), behind))
    return Table("Incidents", ("No.", "When", "What happened", "Orders behind it, the latest first"), rows)


def _behind(world: World, rate: Rate, at: int) -> str:
    """How many orders hurt the rate then, and the latest of them."""
    orders = holds.hurting(world, at, rate.name, rate.window_days)
    named = ", ".join(world.ids.order_id(held.number) for held in orders[-NAMED:][::-1])
    return f"{counted(len(orders), 'order')}: {named}" + (", …" if len(orders) > NAMED else "")


def _limit_table(world: World, found: list[Trend]) -> Table:
    headings = ("Rate", "Limit", "Over", "Now", "Of", "Worst", "On")
    return Table("Each rate against its limit", headings, [_limit_row(world, trend) for trend in found])


def _limit_row(world: World, trend: Trend) -> tuple[str, ...]:
    """How it stands, and when it was worst among so many that it counted."""
    rate, last = trend.rate, trend.points[-1]
    told = "at least" if rate.name == RESPONSE else "below"
    reading = (opening(trend.name), f"{told} {rate.limit_percent:g} %", f"{rate.window_days} days")
    now = (percent(last.percent), f"{last.out_of:,}")
    worst_of = min if rate.name == RESPONSE else max
    worst = worst_of(deciding(world, trend), key=lambda point: point.percent or 0, default=None)
    then = (percent(worst.percent), calendar.day(world, worst.at)) if worst else ("-", "")
    return *reading, *now, *then


def _week_table(found: list[Trend]) -> Table:
    weeks = calendar.last_of_weeks(point.at for point in found[0].points)
    by_moment = [{point.at: percent(point.percent) for point in trend.points} for trend in found]
    rows = [(moment(at), *(points[at] for points in by_moment)) for at in weeks]
    headings = ("At", *(opening(trend.name) for trend in found))
    return Table("Each rate at the end of each week", headings, rows, folded=True)
