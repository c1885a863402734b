"""The report of customer metrics: every rate over every window, as rows (chapters 8, 9, 11 and 12)."""

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.central.days import DAY, HOUR
from sandbox.central.health import Rate, cancellation, late_shipment, order_defect, rates, response_time
from sandbox.central.records import PRODUCTION
from sandbox.central.reports.render import MOMENT, NUMBER, TEXT, WHOLE, Column
from sandbox.central.reports.scope import Scope
from sandbox.central.standing import standing
from sandbox.central.world import World

WINDOWS_DAYS = (7, 30, 90)
"""The windows that the screen shows beside those that count."""
CONTACT_HOURS = 24
"""The limit for response times in the documented performance report, whatever the policy scores."""
TRACKING_WINDOW_DAYS = 30
TARGETS_PERCENT = {"valid-tracking": 95.0, "on-time-delivery": 95.0, "unit-on-time-delivery": 90.0}
"""As documented for the platform's performance report. The guide names none, and nothing here is scored by them."""
STANDING = "account-standing"


class Metric(NamedTuple):
    """One rate over one window."""

    name: str
    window_days: int
    since: int
    until: int
    within_hours: int | None
    scored: str
    """yes, where the account is judged by this reading; else no."""
    counted: int
    out_of: int
    percent: float | None
    limit_percent: float | None
    state: str
    """good, breached, no-data or, where there is no limit, not-judged; of the account itself, its standing."""
    negative_feedback: int | None = None
    claims: int | None = None
    chargebacks: int | None = None
    answered_late: int | None = None
    unanswered: int | None = None
    average_hours: float | None = None


METRIC_COLUMNS = (
    Column("metric", TEXT),
    Column("window-days", WHOLE),
    Column("from", MOMENT),
    Column("to", MOMENT),
    Column("within-hours", WHOLE),
    Column("scored", TEXT),
    Column("counted", WHOLE),
    Column("out-of", WHOLE),
    Column("percent", NUMBER),
    Column("limit-percent", NUMBER),
    Column("state", TEXT),
    Column("negative-feedback", WHOLE),
    Column("claims", WHOLE),
    Column("chargebacks", WHOLE),
    Column("answered-late", WHOLE),
    Column("unanswered", WHOLE),
    Column("average-hours", NUMBER),
)


def metrics(world: World, scope: Scope) -> Iterator[Metric]:
    """The account's standing, the readings that count, and all rates over 7, 30 and 90 days."""
    at = world.now
    yield Metric(STANDING, 0, at, at, None, "yes", 0, 0, None, None, standing(world))
    yield from (_metric(world, rate) for rate in rates(world) if rate.scored)
    yield from _tracking(world, TRACKING_WINDOW_DAYS)
    for days in WINDOWS_DAYS:
        yield from (_metric(world, rate._replace(scored=False)) for rate in _over(world, days))
        yield _refunded(world, days)


def _over(world: World, days: int) -> list[Rate]:
    policy = world.policy
    readings = policy.chargeback_is_defect, policy.withdrawn_or_denied_claim_is_defect
    return [
        late_shipment(world, days),
        cancellation(world, days),
        order_defect(world, *readings, window_days=days),
        response_time(world, CONTACT_HOURS, scored=False, window_days=days),
    ]


def _metric(world: World, rate: Rate) -> Metric:
    since = world.now - rate.window_days * DAY
    found = Metric(
        rate.name,
        rate.window_days,
        since,
        world.now,
        rate.within_hours,
        "yes" if rate.scored else "no",
        rate.counted,
        rate.out_of,
        rate.percent,
        rate.limit_percent,
        rate.state,
        rate.parts.get("negative_feedback"),
        rate.parts.get("claims"),
        rate.parts.get("chargebacks"),
    )
    return found if rate.within_hours is None else _with_answers(world, found, since, rate.within_hours * HOUR)


def _with_answers(world: World, found: Metric, since: int, longest: int) -> Metric:
    """The three ways in which the rest was not answered in time, and how long answers took in the mean."""
    sql = """
        select ifnull(sum(answered_at - m.at > :longest), 0),
            ifnull(sum(m.state = 'waiting' and :now - m.at > :longest), 0), avg(answered_at - m.at)
        from messages m indexed by messages_asked join orders o on o.number = m.order_number
        where sender = 'buyer' and m.at > :since and m.state <> 'not-needed' and o.view = 'production'"""
    late, unanswered, mean = world.row(sql, {"longest": longest, "now": world.now, "since": since})
    hours = None if mean is None else round(mean / HOUR, 2)
    return found._replace(answered_late=late, unanswered=unanswered, average_hours=hours)


def _refunded(world: World, days: int) -> Metric:
    """Orders refunded after their shipment, among those confirmed in the window. It has no limit."""
    since = world.now - days * DAY
    sql = """
        select count(*), ifnull(sum(refunded_minor > 0), 0) from orders indexed by orders_confirmed
        where confirmed_at > ? and view = ?"""
    out_of, refunded = world.row(sql, (since, PRODUCTION))
    percent = refunded * 100 / out_of if out_of else None
    state = "not-judged" if out_of else "no-data"
    return Metric("refund", days, since, world.now, None, "no", refunded, out_of, percent, None, state)


_TRACKED = """
    select count(*), ifnull(sum(p.tracking <> ''), 0), ifnull(sum(p.tracking <> '' and ifnull(p.delivered_at, :now)
        <= o.deliver_by), 0), ifnull(sum(o.quantity_shipped), 0),
        ifnull(sum(iif(ifnull(p.delivered_at, :now) <= o.deliver_by, o.quantity_shipped, 0)), 0)
    from orders o indexed by orders_confirmed join packages p on p.order_number = o.number and p.package = 1
    where o.confirmed_at > :since and o.view = 'production'"""


def _tracking(world: World, days: int) -> Iterator[Metric]:
    """How many first packages bear a tracking id, and how many came, or may still come, by the promised day."""
    since = world.now - days * DAY
    packages, tracked, in_time, pieces, pieces_in_time = world.row(_TRACKED, {"now": world.now, "since": since})
    counts = ((tracked, packages), (in_time, tracked), (pieces_in_time, pieces))
    for (name, target), (counted, out_of) in zip(TARGETS_PERCENT.items(), counts, strict=True):
        percent = counted * 100 / out_of if out_of else None
        state = "no-data" if percent is None else "good" if percent > target else "breached"
        yield Metric(name, days, since, world.now, None, "no", counted, out_of, percent, target, state)
