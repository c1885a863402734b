"""The rates that can cost a seller the account: each with its orders, its counts, its limit and the room left."""

from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from sandbox.central import trailing
from sandbox.central.days import DAY, HOUR
from sandbox.central.guide import rule
from sandbox.central.orders import NOT_CONFIRMED_IN_TIME
from sandbox.central.records import PRODUCTION, Defect
from sandbox.central.tables.base import NOT_IN_SANDBOX
from sandbox.central.world import Bindings, World

EXAMPLES = 50
"""Order ids that a rate names at most, if not told otherwise; `counts` tells how many there are."""


class Rate(NamedTuple):
    """One rate as it stands now."""

    name: str
    chapter: int
    window_days: int
    within_hours: int | None
    """For response times: the limit this reading takes."""
    scored: bool
    """Whether this reading is the one that counts; the other is shown beside it."""
    out_of: int
    """Orders or messages in the window: the denominator."""
    counted: int
    """Those that were late or cancelled; for response times, those answered in time."""
    limit_percent: float
    percent: float | None
    """None where there is nothing to count: no data, not 0 %."""
    state: str
    """good, breached or no-data."""
    room: int
    """So many more bad ones, and the rate is still within its limit."""
    needed: int
    """So many good ones in a row would bring a breached rate back."""
    orders: list[str]
    """The orders that hurt the rate, the latest first, as many as were to be named."""
    upcoming: int
    """Those bound to hurt and not counted yet: overdue orders not confirmed, or messages that wait but are in time."""
    reading: str = ""
    """What counts in this reading, where the guide can be read in two ways."""
    parts: dict[str, int] = {}
    """What makes up `counted`; an order with two defects stands in two parts and is counted once."""


def rates(world: World) -> list[Rate]:
    """All rates of the account as they stand now; the scored readings first in each kind."""
    policy = world.policy
    found = [*_late_shipments(world), cancellation(world), *order_defects(world)]
    found.append(response_time(world, policy.reply_within_hours, scored=True))
    if policy.reply_within_lenient_hours != policy.reply_within_hours:
        found.append(response_time(world, policy.reply_within_lenient_hours, scored=False))
    return found


def scored_rates(world: World, named: int = EXAMPLES) -> list[Rate]:
    """Those that count, each in the one reading that the policy takes, and with so many of its orders at most."""
    policy = world.policy
    all_claims = policy.withdrawn_or_denied_claim_is_defect
    return [
        *_late_shipments(world, named),
        cancellation(world, named=named),
        order_defect(world, policy.chargeback_is_defect, all_claims, named=named),
        response_time(world, policy.reply_within_hours, scored=True, named=named),
    ]


def _late_shipments(world: World, named: int = EXAMPLES) -> list[Rate]:
    upcoming = _overdue(world)
    return [late_shipment(world, days, named, upcoming) for days in world.policy.late_shipment_windows_days]


def _overdue(world: World) -> int:
    """Orders that are bound to be late."""
    sql = """
        select count(*) from orders
        where is_open and status <> 'Pending' and dispatch_by < ? and view = ? and not late"""
    (count,) = world.row(sql, (world.now, PRODUCTION))
    return int(count)


@rule(
    chapter=8,
    says="Late shipment rate: of the orders confirmed, those after their dispatch date stay below 4 %.",
)
def late_shipment(world: World, window_days: int, named: int = EXAMPLES, upcoming: int | None = None) -> Rate:
    """By the moment of confirmation, never by the ship date typed in. An order counts with its first package.

    Pieces that end unconfirmed after that date are late too.
    """
    since, limit = world.now - window_days * DAY, world.policy.late_shipment_limit_percent
    out_of = trailing.orders(world, "confirmed", since)
    where, span = "from orders indexed by orders_late where confirmed_at > ? and view = ? and late", (since, PRODUCTION)
    (late,) = world.row(f"select count(*) {where}", span)
    orders = _ids(world, f"select order_id {where} order by confirmed_at desc", span, named)
    room, needed = _room_among_new(late, out_of, limit), _needed_below(late, out_of, limit)
    upcoming = _overdue(world) if upcoming is None else upcoming
    return _below("late-shipment", 8, window_days, late, out_of, limit, room, needed, orders, upcoming)


@rule(
    chapter=9,
    says="Cancellation rate: orders the seller cancelled before confirming, among all orders, stay below 2.5 %.",
)
def cancellation(world: World, window_days: int | None = None, named: int = EXAMPLES) -> Rate:
    """Cancellations of the last days among their orders. An older order cancelled in them joins both counts."""
    policy = world.policy
    window = window_days or policy.cancellation_window_days
    since, limit = world.now - window * DAY, policy.cancellation_limit_percent
    counts = _counting_cancellations(world)
    span = (since, PRODUCTION)
    placed = trailing.orders(world, "placed", since)
    where = f"from orders where cancelled_at > ? and view = ? and {counts}"
    sql = f"select count(*), ifnull(sum(placed_at <= ?), 0) {where}"
    cancelled, older = world.row(sql, (since, *span))
    orders = _ids(world, f"select order_id {where} order by cancelled_at desc", span, named)
    out_of = placed + older
    room = max(0, ceil(_exactly(limit) * out_of / 100 - cancelled) - 1)
    needed = _needed_below(cancelled, out_of, limit)
    return _below("cancellation", 9, window, cancelled, out_of, limit, room, needed, orders, 0)


def _counting_cancellations(world: World) -> str:
    """Which cancellations are the seller's, by the policy's two switches."""
    sellers = "cancelled_by = 'seller'"
    if not world.policy.buyer_asked_cancel_counts:
        sellers += " and cancel_reason <> 'BuyerCanceled'"
    return (
        f"({sellers} or cancel_reason = '{NOT_CONFIRMED_IN_TIME}')"
        if world.policy.auto_cancel_counts
        else f"({sellers})"
    )


_ASKED = f"""
    select count(*), ifnull(sum(answered_at - at <= :longest), 0) from messages indexed by messages_asked
    where sender = 'buyer' and at > :since and state <> 'not-needed' and {NOT_IN_SANDBOX}"""
_YOUNG = f"""
    select count(*) from messages indexed by messages_waiting
    where state = 'waiting' and at > :since and at >= :now - :longest and {NOT_IN_SANDBOX}"""


@rule(
    chapter=11,
    says="Response time: at least 90 % of buyers' messages are answered within 4 hours (checklist: above 90 % in 24).",
)
def response_time(
    world: World, within_hours: int, scored: bool, window_days: int | None = None, named: int = EXAMPLES
) -> Rate:
    """Messages that wait count once they are older than the limit; those marked as needing no response never do.

    The lenient reading is the checklist's, whose share is to be exceeded.
    """
    policy = world.policy
    strict = within_hours == policy.reply_within_lenient_hours
    window = window_days or policy.reply_window_days
    since, limit = world.now - window * DAY, policy.reply_target_percent
    longest = within_hours * HOUR
    span = {"since": since, "longest": longest, "now": world.now}
    where = """
        from messages m indexed by messages_asked join orders o on o.number = m.order_number
        where sender = 'buyer' and m.at > :since and state <> 'not-needed' and view = 'production'"""
    (asked, in_time), (young,) = world.row(_ASKED, span), world.row(_YOUNG, span)
    late = f"""
        select distinct o.order_id {where} and ifnull(answered_at, :now) - m.at > :longest
        order by m.at desc"""
    orders = _ids(world, late, span, named)
    out_of = asked - young
    state = "no-data" if not out_of else "good" if _reaches(in_time, out_of, limit, strict) else "breached"
    room = _room_above(in_time, out_of, limit, strict) if limit else 0
    needed = 0 if state != "breached" else _needed_above(in_time, out_of, limit, strict)
    percent = in_time * 100 / out_of if out_of else None
    return Rate(
        "response-time",
        11,
        window,
        within_hours,
        scored,
        out_of,
        in_time,
        limit,
        percent,
        state,
        room,
        needed,
        orders,
        young,
    )


_DEFECTS = """
    select count(*), ifnull(sum(defects & 1 > 0), 0), ifnull(sum(defects & :claim > 0), 0),
        ifnull(sum(defects & 8 > 0), 0)
    from orders indexed by orders_defective
    where defects and defects & :mask and placed_at > :since and view = 'production'"""
_DEFECTIVE = """
    select order_id from orders indexed by orders_defective
    where defects and defects & :mask and placed_at > :since and view = 'production'
    order by placed_at desc"""


def order_defects(world: World) -> list[Rate]:
    """The order defect rate in all four readings, the scored one first."""
    chargebacks, all_claims = world.policy.chargeback_is_defect, world.policy.withdrawn_or_denied_claim_is_defect
    readings = [(chargebacks, all_claims), (not chargebacks, all_claims)]
    readings += [(chargebacks, not all_claims), (not chargebacks, not all_claims)]
    return [order_defect(world, *reading, scored=place == 0) for place, reading in enumerate(readings)]


@rule(
    chapter=9,
    says="Order defect rate: orders with negative feedback, a guarantee claim or a chargeback stay below 1 %.",
)
def order_defect(
    world: World,
    chargebacks: bool,
    all_claims: bool,
    scored: bool = True,
    window_days: int | None = None,
    named: int = EXAMPLES,
) -> Rate:
    """Of the orders placed in the window; an order is defective once, however many defects it has.

    The checklist of chapter 12 leaves chargebacks out, and the help pages differ on claims withdrawn or denied.
    """
    days = window_days or world.policy.order_defect_window_days
    limit = world.policy.order_defect_limit_percent
    since = world.now - days * DAY
    claim = Defect.CLAIM if all_claims else Defect.STANDING_CLAIM
    mask = Defect.NEGATIVE_FEEDBACK | claim | (Defect.CHARGEBACK if chargebacks else 0)
    asked = {"claim": int(claim), "mask": int(mask), "since": since}
    bad, negative, claimed, charged = world.row(_DEFECTS, asked)
    placed = trailing.orders(world, "placed", since)
    orders = _ids(world, _DEFECTIVE, {"mask": int(mask), "since": since}, named if bad else 0)
    room = max(0, ceil(_exactly(limit) * placed / 100 - bad) - 1)
    needed = _needed_below(bad, placed, limit)
    found = _below("order-defect", 9, days, bad, placed, limit, room, needed, orders, 0)
    reading = f"chargebacks {'' if chargebacks else 'not '}counted, {'all claims' if all_claims else 'upheld claims'}"
    parts = {"negative_feedback": negative, "claims": claimed, "chargebacks": charged if chargebacks else 0}
    return found._replace(scored=scored, reading=reading, parts=parts)


def _ids(world: World, sql: str, asked: Bindings, named: int) -> list[str]:
    """The first so many order ids of a query; it is not asked where none is to be named."""
    return [row[0] for row in world.rows(f"{sql} limit {named}", asked)] if named else []


def _exactly(percent: float) -> Fraction:
    """The percentage as it is written: 71.4 is no float, and a limit is judged to the last order."""
    return Fraction(str(percent))


def _is_below(bad: int, out_of: int, limit: float) -> bool:
    return not out_of or bad * 100 < _exactly(limit) * out_of


def _room_among_new(bad: int, out_of: int, limit: float) -> int:
    """More bad ones that stay below the limit, each of them one more to count among."""
    exact = _exactly(limit)
    if exact >= 100:
        return out_of
    return max(0, ceil((exact * out_of - bad * 100) / (100 - exact)) - 1)


def _needed_below(bad: int, out_of: int, limit: float) -> int:
    """More good ones until a breached rate is below its limit; 0 where none would do."""
    exact = _exactly(limit)
    return 0 if _is_below(bad, out_of, limit) or not exact else bad * 100 // exact + 1 - out_of


def _reaches(good: int, out_of: int, target: float, strict: bool) -> bool:
    """Whether good / out_of is the target at least, or above it where that is strict."""
    over = good * 100 - _exactly(target) * out_of
    return over > 0 if strict else over >= 0


def _room_above(good: int, out_of: int, target: float, strict: bool) -> int:
    """So many more that are not good, and the target is still reached."""
    most = good * 100 / _exactly(target)
    return max(0, (ceil(most) - 1 if strict else floor(most)) - out_of)


def _needed_above(good: int, out_of: int, target: float, strict: bool) -> int:
    """More good ones until the target is reached; 0 where none would do."""
    exact = _exactly(target)
    if exact >= 100:
        return 0
    missing = (exact * out_of - good * 100) / (100 - exact)
    return floor(missing) + 1 if strict else ceil(missing)


def _below(
    name: str,
    chapter: int,
    window: int,
    bad: int,
    out_of: int,
    limit: float,
    room: int,
    needed: int,
    orders: list[str],
    upcoming: int,
) -> Rate:
    percent = bad * 100 / out_of if out_of else None
    state = "no-data" if not out_of else "good" if _is_below(bad, out_of, limit) else "breached"
    return Rate(name, chapter, window, None, True, out_of, bad, limit, percent, state, room, needed, orders, upcoming)
