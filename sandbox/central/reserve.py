"""The reserve: what is held back, why, behind which orders, until when (chapter 6)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sandbox.central import standing
from sandbox.central.days import DAY, start_of_day
from sandbox.central.guide import rule
from sandbox.central.health import order_defect
from sandbox.central.payments import share_minor
from sandbox.central.world import World

DAYS_AT_MOST = 400
"""Of one history."""


class Held(NamedTuple):
    """One order behind a hold."""

    order_id: str
    amount_minor: int
    filed_at: int
    """When what holds it happened: a confirmation, a claim, a chargeback."""
    free_at: int | None
    """None where no day is known yet."""


class Hold(NamedTuple):
    """Money held back for one reason."""

    reason: str
    says: str
    """The rule, in words."""
    amount_minor: int
    orders: list[Held]
    free_at: int | None
    """When the last of it falls free, where that is known."""


class Reserve(NamedTuple):
    """The whole reserve as of a moment."""

    at: int
    pack: str
    amount_minor: int
    holds: list[Hold]


Holding = Callable[[World, int, set[str]], Hold | None]
"""A reason: the world, the moment, the orders that other reasons hold already."""


def reserve(world: World, at: int | None = None) -> Reserve:
    """What is held back now, or was at a moment gone by, with its reasons. A reason that holds nothing is not shown."""
    at = world.now if at is None else at
    taken: set[str] = set()
    holds: list[Hold] = []
    for holding in PACKS[world.policy.reserve_pack]:
        hold = holding(world, at, taken)
        if hold and hold.amount_minor > 0:
            holds.append(hold)
            taken.update(held.order_id for held in hold.orders)
    return Reserve(at, world.policy.reserve_pack, sum(hold.amount_minor for hold in holds), holds)


def by_day(world: World, since: int, until: int) -> Iterator[Reserve]:
    """The reserve at the end of each of the shop's days from the one that holds `since` on; the last as of `until`."""
    day = start_of_day(since)
    while day <= until:
        day += DAY
        yield reserve(world, min(day - 1, until))


def _hold(reason: str, says: str, orders: list[Held]) -> Hold | None:
    if not orders:
        return None
    ends = [held.free_at for held in orders]
    free_at = None if None in ends else max(end for end in ends if end is not None)
    return Hold(reason, says, sum(held.amount_minor for held in orders), orders, free_at)


# -- the guide's five reasons

_IN_DISPUTE = """
    select order_id, amount_minor, filed_at, closed_at from disputes
    where kind = ? and filed_at <= ? and not (appealed_at is not null and appealed_at <= ?)
        and (closed_at is null or closed_at > ? or (filed_at > ? and paid_by <> 'seller'))
    order by filed_at, dispute"""


def _in_dispute(world: World, at: int, kind: str, taken: set[str]) -> list[Held]:
    """Disputes of a kind that are open, or were filed in the past days and cost the seller nothing so far."""
    span = world.policy.reserve_dispute_days * DAY
    rows = world.rows(_IN_DISPUTE, (kind, at, at, at, at - span))
    return [
        Held(order_id, amount, filed_at, None if closed_at is None or closed_at > at else filed_at + span)
        for order_id, amount, filed_at, closed_at in rows
        if order_id not in taken
    ]


@rule(chapter=6, says="Chargebacks that are open, or were filed in the past 10 days, hold their amounts.")
def chargebacks(world: World, at: int, taken: set[str]) -> Hold | None:
    """What banks may take back."""
    days = world.policy.reserve_dispute_days
    says = f"Chargebacks that are open or were filed in the past {days} days."
    return _hold("Chargebacks", says, _in_dispute(world, at, "chargeback", taken))


@rule(chapter=6, says="Guarantee claims that are open, or were filed in the past 10 days, hold their amounts.")
def claims(world: World, at: int, taken: set[str]) -> Hold | None:
    """What buyers may get back."""
    days = world.policy.reserve_dispute_days
    says = f"Guarantee claims that are open or were filed in the past {days} days."
    return _hold("GuaranteeClaims", says, _in_dispute(world, at, "claim", taken))


@rule(chapter=6, says="On the individual plan the orders confirmed in the last 7 days are held in reserve.")
def individual_plan(world: World, at: int, taken: set[str]) -> Hold | None:
    """What the packages of those days brought."""
    if world.policy.seller_plan != "individual":
        return None
    days = world.policy.individual_reserve_days
    says = f"On the individual plan, orders confirmed as dispatched in the past {days} days."
    return _hold("IndividualPlan", says, _dispatched(world, at, days, taken))


_DISPATCHED = """
    select o.order_id, sum(p.paid_minor), min(p.confirmed_at), max(p.confirmed_at), o.number,
        o.refunding_minor + o.refunded_minor + o.reversed_minor
    from (select number from orders indexed by orders_confirmed
            where confirmed_at > :since and confirmed_at <= :at and view = 'production' union
          select order_number from packages indexed by packages_later
            where package > 1 and confirmed_at > :since and confirmed_at <= :at) new
        join orders o on o.number = new.number join packages p on p.order_number = o.number
    where p.confirmed_at > :since and p.confirmed_at <= :at and o.view = 'production'
    group by o.number order by min(p.confirmed_at), o.number"""


def _dispatched(world: World, at: int, days: int, taken: set[str]) -> list[Held]:
    """What the packages of the last days brought, order by order, less what the buyer has back."""
    span = days * DAY
    return [
        Held(order_id, paid - _given_back(world, number, at) if back else paid, first, last + span)
        for order_id, paid, first, last, number, back in world.rows(_DISPATCHED, {"since": at - span, "at": at})
        if order_id not in taken
    ]


_GIVEN_BACK = """
    select (select ifnull(sum(amount_minor), 0) from refunds
            where order_number = :number and state <> 'called-off' and requested_at <= :at)
        + (select ifnull(sum(paid_minor), 0) from disputes where order_number = :number and closed_at <= :at)"""


def _given_back(world: World, number: int, at: int) -> int:
    (amount,) = world.row(_GIVEN_BACK, {"number": number, "at": at})
    return int(amount)


@rule(chapter=6, says="While a rate is over its limit, a share of the trailing sales is held: disputes may follow.")
def performance(world: World, at: int, taken: set[str]) -> Hold | None:
    """A share of the sales of the last days, until every rate is back within its limit."""
    over = standing.breaches(world, at)
    if not over:
        return None
    policy = world.policy
    percent, days = policy.performance_hold_percent, policy.performance_hold_days
    amount = share_minor(percent, _sales(world, at, days))
    says = f"{', '.join(over)} over the limit: {percent:g} % of the sales of {days} days, until it is back."
    return Hold("Performance", says, amount, [], None)


@rule(chapter=6, says="An unexpected jump in sales is reviewed: what is beyond the usual is held meanwhile.")
def review(world: World, at: int, taken: set[str]) -> Hold | None:
    """A week over so many times the mean of the weeks before. What other reasons hold of it is not held again."""
    assert world.account is not None
    policy, week = world.policy, 7
    before = policy.review_usual_weeks * week
    if at - world.account.opened_at < (before + week) * DAY:
        return None
    lately = _sales(world, at, week)
    usual = _sales(world, at - week * DAY, before) / policy.review_usual_weeks
    beyond = lately - int(usual * policy.review_sales_multiple)
    if not usual or beyond <= 0:
        return None
    held = sum(found.amount_minor for found in _dispatched(world, at, week, set()) if found.order_id in taken)
    times = policy.review_sales_multiple
    says = f"A week's sales of {lately} against {usual:.0f} as usual: what is beyond {times:g} times that."
    return Hold("Review", says, max(0, beyond - held), [], None)


def _sales(world: World, at: int, days: int) -> int:
    """What was paid on the shop's last so many days, the day that holds `at` among them."""
    world.post()
    today = start_of_day(at)
    sql = "select ifnull(sum(paid_minor), 0) from days where day > ? and day <= ?"
    (amount,) = world.row(sql, (today - days * DAY, today))
    return int(amount)


# -- the other packs


def _disputed(world: World, at: int, taken: set[str]) -> Hold | None:
    """Whatever is in dispute now, of either kind."""
    found = [*_in_dispute(world, at, "chargeback", set()), *_in_dispute(world, at, "claim", set())]
    is_open = [held for held in found if held.free_at is None]
    return _hold("OpenDisputes", "Claims and chargebacks that are open.", is_open)


def _greater(*holds: Hold | None) -> Hold | None:
    """The largest of them; with equal ones the first."""
    return max((hold for hold in holds if hold), key=lambda hold: hold.amount_minor, default=None)


@rule(chapter=6, says="Tier 1 holds the payments of the last 7 days or the open disputes, whichever is more.")
def tier_1(world: World, at: int, taken: set[str]) -> Hold | None:
    """For new accounts."""
    days = world.policy.tier_1_days
    recent = _hold("RecentPayments", f"The payments of the past {days} days.", _dispatched(world, at, days, set()))
    return _greater(recent, _disputed(world, at, taken))


@rule(chapter=6, says="Tier 2 holds the order defect rate's share of 30 days' sales or the open disputes, if more.")
def tier_2(world: World, at: int, taken: set[str]) -> Hold | None:
    """Once an account is old enough and has orders enough; tier 1 until then."""
    if not _is_seasoned(world, at):
        return tier_1(world, at, taken)
    policy = world.policy
    rate = order_defect(world, policy.chargeback_is_defect, policy.withdrawn_or_denied_claim_is_defect)
    amount = share_minor(rate.percent or 0.0, _sales(world, at, policy.tier_2_days))
    says = f"The order defect rate's share ({rate.percent or 0:.2f} %) of {policy.tier_2_days} days' sales."
    return _greater(Hold("DefectShare", says, amount, [], None), _disputed(world, at, taken))


def _is_seasoned(world: World, at: int) -> bool:
    assert world.account is not None
    policy = world.policy
    if at - world.account.opened_at < policy.tier_2_after_days * DAY:
        return False
    (orders,) = world.row(
        "select count(*) from (select 1 from orders where confirmed_at <= ? limit ?)", (at, policy.tier_2_after_orders)
    )
    return bool(orders >= policy.tier_2_after_orders)


@rule(chapter=6, says="Tier 2 in the US holds 3 % of a mean day's payments over 28 days or the open disputes, if more.")
def tier_2_us(world: World, at: int, taken: set[str]) -> Hold | None:
    """A small cushion for a large account."""
    policy = world.policy
    percent, days = policy.tier_2_us_percent, policy.tier_2_us_days
    amount = share_minor(percent / days, _sales(world, at, days))
    share = Hold("DailyShare", f"{percent:g} % of a mean day's payments over {days} days.", amount, [], None)
    return _greater(share, _disputed(world, at, taken))


@rule(chapter=6, says="Tier 2 plus holds the open disputes alone, while the order defect rate is below its limit.")
def tier_2_plus(world: World, at: int, taken: set[str]) -> Hold | None:
    """For accounts that do well; tier 2 while they do not."""
    policy = world.policy
    rate = order_defect(world, policy.chargeback_is_defect, policy.withdrawn_or_denied_claim_is_defect)
    return tier_2(world, at, taken) if rate.state == "breached" else _disputed(world, at, taken)


_UNDELIVERED = """
    select o.order_id, sum(p.paid_minor), min(p.confirmed_at),
        max(ifnull(p.delivered_at, max(o.deliver_by, :at)) + :hold), o.number,
        o.refunding_minor + o.refunded_minor + o.reversed_minor
    from orders o indexed by orders_confirmed join packages p on p.order_number = o.number
    where o.confirmed_at <= :at and o.confirmed_at > :since and o.view = 'production' and p.confirmed_at <= :at
        and (p.delivered_at is null or p.delivered_at > :at - :hold)
    group by o.number order by min(p.confirmed_at), o.number"""
_ON_THE_WAY_AT_MOST = 60
"""Days after which a parcel that never came holds no money any more."""


@rule(chapter=6, says="DD+7 holds what an order brought until 7 days after its delivery.")
def after_delivery(world: World, at: int, taken: set[str]) -> Hold | None:
    """Package by package, less what the buyer has back."""
    days = world.policy.delivery_hold_days
    asked = {"at": at, "since": at - _ON_THE_WAY_AT_MOST * DAY, "hold": days * DAY}
    orders = [
        Held(order_id, paid - _given_back(world, number, at) if back else paid, first, free_at)
        for order_id, paid, first, free_at, number, back in world.rows(_UNDELIVERED, asked)
        if order_id not in taken
    ]
    return _hold("NotDeliveredYet", f"Orders that were not delivered {days} days ago.", orders)


PACKS: dict[str, tuple[Holding, ...]] = {
    "guide-2015": (chargebacks, claims, individual_plan, performance, review),
    "tier-1": (tier_1,),
    "tier-2": (tier_2,),
    "tier-2-us": (tier_2_us,),
    "tier-2-plus": (tier_2_plus,),
    "dd7": (chargebacks, claims, after_delivery),
}
"""What makes up the reserve of each pack: what comes first holds an order, what follows leaves it alone."""
