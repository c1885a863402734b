"""What the rates went through: each as it was day by day, the limits that it crossed, and for how long."""

from typing import NamedTuple

from sandbox.central import standing
from sandbox.central.health import Rate, scored_rates
from sandbox.central.records import Notice
from sandbox.central.trend import Point, rate_at
from sandbox.central.world import World
from sandbox.charts import calendar
from sandbox.charts.words import plain

RESPONSE = "response-time"
"""The one rate that is to be high."""


class Trend(NamedTuple):
    """A rate as it is now, and as it was at the end of each day."""

    rate: Rate
    name: str
    points: list[Point]


class Incident(NamedTuple):
    """A limit crossed either way, or a change of the account's standing, with its number in the chart."""

    number: int
    notice: Notice


class Breach(NamedTuple):
    """A rate beyond its limit, from one incident to another."""

    trend: Trend
    since: int
    until: int | None
    """None where it is beyond its limit still."""


def trends(world: World) -> list[Trend]:
    """Every rate that counts, from the account's first day to now."""
    scored, moments = scored_rates(world), calendar.moments(world)
    return [Trend(rate, _name(rate, scored), [rate_at(world, rate, at) for at in moments]) for rate in scored]


def _name(rate: Rate, among: list[Rate]) -> str:
    """Its name in words, with its window where a policy takes it over two."""
    name = "response rate" if rate.name == RESPONSE else f"{plain(rate.name)} rate"
    is_alone = sum(other.name == rate.name for other in among) == 1
    return name if is_alone else f"{name} of {rate.window_days} days"


def incidents(world: World) -> list[Incident]:
    """Every notice, the first one first."""
    rows = world.rows("select * from notices order by notice")
    return [Incident(number, Notice._make(row)) for number, row in enumerate(rows, 1)]


def breaches(found: list[Trend], told: list[Incident]) -> list[Breach]:
    """How long each rate was beyond its limit, as the seller was notified."""
    by_label = {standing.label(trend.rate): trend for trend in found}
    running: dict[str, Breach] = {}
    ended: list[Breach] = []
    for _, notice in told:
        if notice.kind != "limit" or notice.name not in by_label:
            continue
        if notice.breached:
            running[notice.name] = Breach(by_label[notice.name], notice.at, None)
        elif notice.name in running:
            ended.append(running.pop(notice.name)._replace(until=notice.at))
    return sorted([*ended, *running.values()], key=lambda breach: breach.since)


def is_beyond(rate: Rate, value: float) -> bool:
    """Whether a percentage is beyond the rate's limit."""
    return value < rate.limit_percent if rate.name == RESPONSE else value >= rate.limit_percent


def counts(world: World, point: Point) -> bool:
    """Whether a rate was over orders or messages enough to move the account's standing."""
    return point.out_of >= world.policy.standing_orders_at_least


def deciding(world: World, trend: Trend) -> list[Point]:
    """The points that count; all that there are of a rate that never did."""
    known = [point for point in trend.points if point.out_of]
    return [point for point in known if counts(world, point)] or known
