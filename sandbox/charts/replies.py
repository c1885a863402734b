"""How fast buyers were answered, against 4 and 24 hours (chapters 11 and 12)."""

from math import log10
from statistics import median
from typing import Any, NamedTuple

from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.world import World
from sandbox.charts import look
from sandbox.charts.page import Figure, Section, Table
from sandbox.charts.words import counted, share, span

GUIDES_HOURS = {4, 24}
"""The two readings of the guide."""
_ROW = 20
"""Pixels from one note to the next."""
_POINTS = 400
"""Of the curve at most: it has no more detail on a screen."""


class Replies(NamedTuple):
    """What became of the buyers' messages."""

    times: list[int]
    """From each message to the first reply that answers it, the shortest first."""
    waiting: list[int]
    """How long those wait that nobody has answered."""
    not_needed: int

    @property
    def asked(self) -> int:
        """Messages that need, or needed, a reply."""
        return len(self.times) + len(self.waiting)

    def within(self, hours: int) -> int:
        """Those answered in so many hours."""
        return sum(time <= hours * HOUR for time in self.times)


_ASKED = """
    select m.state, m.answered_at - m.at, :now - m.at from messages m join orders o on o.number = m.order_number
    where m.sender = 'buyer' and o.view = 'production'"""


def replies_of(world: World) -> Replies:
    """All messages of buyers since the account began."""
    rows = world.rows(_ASKED, {"now": world.now})
    times = sorted(time for state, time, _ in rows if state == "answered")
    waiting = sorted(age for state, _, age in rows if state == "waiting")
    return Replies(times, waiting, sum(state == "not-needed" for state, _, _ in rows))


def replies(world: World) -> Section:
    """The share answered by the time that it took."""
    found = replies_of(world)
    if not found.asked:
        return Section("No buyer wrote anything that needs a reply" if found.not_needed else "No buyer wrote")
    note = (
        "The curve tells which share of the messages was answered by then. It counts the whole run, and each message:"
        " a reply answers all that waits in its thread, an automatic one answers nothing."
    )
    return Section(_title(world, found), [note], _figure(world, found), [_table(world, found), _time_table(found)])


def _title(world: World, found: Replies) -> str:
    hours, target = world.policy.reply_within_hours, world.policy.reply_target_percent
    within, asked = found.within(hours), found.asked
    if asked == 1:
        return f"The one message was {'' if within else 'not '}answered within {counted(hours, 'hour')}"
    meets = within * 100 >= target * asked
    told = f"{share(within, asked)} of {asked:,} messages were answered within {counted(hours, 'hour')}"
    return f"{told}, {'and' if meets else 'but'} {target:g} % are asked for"


def _hours(world: World) -> list[int]:
    policy = world.policy
    return sorted(GUIDES_HOURS | {policy.reply_within_hours, policy.reply_within_lenient_hours})


def _table(world: World, found: Replies) -> Table:
    rows = [("Messages that need a reply", f"{found.asked:,}", share(found.asked, found.asked))]
    for hours in _hours(world):
        within = found.within(hours)
        rows.append((f"Answered within {counted(hours, 'hour')}", f"{within:,}", share(within, found.asked)))
    rows.append(("Answered", f"{len(found.times):,}", share(len(found.times), found.asked)))
    rows.append(("Waiting now", f"{len(found.waiting):,}", share(len(found.waiting), found.asked)))
    rows.append(("Marked as needing no reply", f"{found.not_needed:,}", ""))
    return Table("Replies to buyers", ("What", "Messages", "Share"), rows)


def _time_table(found: Replies) -> Table:
    rows = []
    if found.times:
        rows.append(("Median, of what was answered", span(round(median(found.times)))))
        rows.append(("Longest", span(found.times[-1])))
    if found.waiting:
        rows.append(("Longest wait that is not over", span(found.waiting[-1])))
    return Table("Time from a message to its reply", ("What", "Time"), rows)


# -- the chart


_TICKS = {
    MINUTE: "1 min",
    10 * MINUTE: "10 min",
    HOUR: "1 h",
    4 * HOUR: "4 h",
    DAY: "24 h",
    7 * DAY: "7 d",
    60 * DAY: "60 d",
}


def _figure(world: World, found: Replies) -> Figure:
    last = max([2 * DAY, *found.times[-1:]])
    axis = look.axis(
        type="log",
        range=(_log(MINUTE), _log(last * 1.3)),
        tickvals=[tick / HOUR for tick in _TICKS],
        ticktext=list(_TICKS.values()),
        title=look.titled("from the message to its reply"),
    )
    shares = look.axis(range=(0, 103), ticksuffix=" %", nticks=6)
    target = world.policy.reply_target_percent
    shapes = [_mark(hours, found) for hours in _hours(world)]
    shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": target, "y1": target, "line": _DASHED})
    notes = [_told(place, hours, found) for place, hours in enumerate(_hours(world))]
    notes.append(look.note(f"asked for: {target:g} %", x=0, xref="paper", xanchor="left", y=target, yanchor="bottom"))
    return look.chart([_curve(found)], 340, shapes=shapes, annotations=notes, xaxis=axis, yaxis=shares)


_DASHED = look.line(look.VERMILION, width=1.5, dash="dash")


def _log(length: float) -> float:
    """A span in hours, as a logarithmic axis takes its range."""
    return log10(length / HOUR)


def _mark(hours: int, found: Replies) -> dict[str, Any]:
    line = look.line(look.SOFT, width=1.5, dash="dot")
    return {"type": "line", "x0": hours, "x1": hours, "y0": 0, "y1": 100, "line": line}


def _told(place: int, hours: int, found: Replies) -> dict[str, Any]:
    """Beside its line, where the curve is not: under it, or over it while few are answered; one below the other."""
    is_under = found.within(hours) * 2 >= found.asked
    y, side, step = (4, "bottom", _ROW) if is_under else (84, "top", -_ROW)
    text = f"<b>{hours} h</b>: {share(found.within(hours), found.asked)}"
    where = {"x": _log(hours * HOUR), "xanchor": "right", "xshift": -5, "y": y, "yanchor": side}
    return look.note(text, **where, yshift=place * step, bgcolor=look.VEIL)


def _curve(found: Replies) -> dict[str, Any]:
    """A step at each reply, or at every so-manieth of many."""
    step = max(1, len(found.times) // _POINTS)
    places = sorted({*range(0, len(found.times), step), len(found.times) - 1} - {-1})
    points = [(max(found.times[place], MINUTE) / HOUR, (place + 1) * 100 / found.asked) for place in places]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [MINUTE / HOUR, *(round(hours, 4) for hours, _ in points)],
        "y": [0, *(round(part, 3) for _, part in points)],
        "line": look.line(look.BLUE, shape="hv", width=2.5),
        "text": ["", *(span(found.times[place]) for place in places)],
        "hovertemplate": "%{y:.1f} % within %{text}<extra></extra>",
    }
