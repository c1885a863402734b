"""The reserve: what is held back, why, behind which orders, until when (chapter 6)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from sandbox.central import holds, standing, trailing
from sandbox.central.days import DAY, rfc3339, start_of_day
from sandbox.central.guide import Refused, rule
from sandbox.central.holds import Held, Hold, by_order
from sandbox.central.ledger import check_span, opened
from sandbox.central.payments import in_words, share_minor
from sandbox.central.search import PAGE, Page
from sandbox.central.world import World

DAYS_AT_MOST = 100
"""Of one page of a history: each costs as much as the reserve of now."""
_USUAL_DAYS = 30
_PERFORMANCE = "Performance"
_WEEK = 7
"""Days of the sales that a review looks at."""


class Reserve(NamedTuple):
    """The whole reserve as of a moment."""

    at: int
    pack: str
    amount_minor: int
    holds: list[Hold]


Holding = Callable[[World, int, list[Hold]], Hold | None]
"""A reason: the world, the moment, what other reasons hold already."""


def reserve(world: World, at: int | None = None) -> Reserve:
    """What is held back now, or was at a moment gone by, with its reasons. A reason that holds nothing is not shown.

    No order is counted twice: it is held for the reason that holds most of it, and of equal ones for the first.
    """
    at = world.now if at is None else at
    found = [_named(world, at, hold) for hold in _holds(world, at)]
    return Reserve(at, world.policy.reserve_pack, sum(hold.amount_minor for hold in found), found)


def amount_minor(world: World) -> int:
    """What is held back now, and nothing else of it: whoever closes a period need not know which orders hurt a rate."""
    return sum(hold.amount_minor for hold in _holds(world, world.now))


def _holds(world: World, at: int) -> list[Hold]:
    found: list[Hold] = []
    for holding in PACKS[world.policy.reserve_pack]:
        if hold := holding(world, at, found):
            found = _once(found, hold)
    return [hold for hold in found if hold.amount_minor > 0]


def _once(before: list[Hold], new: Hold) -> list[Hold]:
    """All of them, each order where most of it is held."""
    if not any(held.amount_minor for held in new.orders):
        return [*before, new]
    taken = _taken(before)
    asked = {held.number: held.amount_minor for held in new.orders if held.number in taken and held.amount_minor}
    if not asked:
        return [*before, new]
    won = {number for number, amount in asked.items() if amount > taken[number]}
    found = [*(_without(hold, won) for hold in before), _without(new, set(asked) - won)]
    return [hold for hold in found if hold]


def _without(hold: Hold, lost: set[int]) -> Hold | None:
    """The hold without the orders that another one has."""
    if not any(held.amount_minor and held.number in lost for held in hold.orders):
        return hold
    return by_order(hold.reason, hold.says, [held for held in hold.orders if held.number not in lost])


def hold_of(world: World, reason: str) -> Hold:
    """What is held now for one reason. Refused with UnknownHold."""
    found = {hold.reason: hold for hold in reserve(world).holds}
    if reason not in found:
        known = f"There are: {', '.join(found)}" if found else "Nothing is held"
        raise Refused("UnknownHold", f"Nothing is held for {reason[:40]!r} now. {known}.")
    return found[reason]


def by_day(world: World, since: int, until: int) -> Iterator[Reserve]:
    """The reserve at the end of each of the shop's days from the one that holds `since` on; the last as of `until`."""
    assert until <= world.now
    day = start_of_day(since)
    while day <= until:
        day += DAY
        yield reserve(world, min(day - 1, until))


def history(
    world: World,
    since: int | None = None,
    until: int | None = None,
    cursor: str | None = None,
    limit: int = DAYS_AT_MOST,
) -> Page[Reserve]:
    """The reserve day by day over any span, page by page; 30 days up to now if nothing else is asked for.

    Refused with ImpossibleSpan, NotYetKnown or UnknownCursor.
    """
    assert world.account is not None
    for moment in (since, until):
        if moment is not None and moment > world.now:
            now = rfc3339(world.now)
            raise Refused(
                "NotYetKnown", f"{rfc3339(moment)} is still to come; it is {now} in this world. Name a moment gone by."
            )
    until = world.now if until is None else until
    since = max(world.account.opened_at, until - _USUAL_DAYS * DAY) if since is None else since
    check_span(since, until)
    since = max(since, world.account.opened_at) if cursor is None else max(since, opened(cursor))
    days = list(islice(by_day(world, since, until), limit))
    more = days and days[-1].at < until
    return Page(days, str(days[-1].at + 1) if more else None)


def orders_of(hold: Hold, cursor: str | None = None, limit: int = PAGE) -> Page[Held]:
    """The orders behind a hold, what happened first first; a cursor stays where it is. Refused with UnknownCursor."""
    behind = (-1, 0) if cursor is None else _opened(cursor)
    orders = sorted((held for held in hold.orders if (held.filed_at, held.number) > behind), key=_place)
    more = len(orders) > limit
    return Page(orders[:limit], "{}.{}".format(*_place(orders[limit - 1])) if more else None)


def _place(held: Held) -> tuple[int, int]:
    return held.filed_at, held.number


def _opened(cursor: str) -> tuple[int, int]:
    filed_at, _, number = cursor.partition(".")
    return opened(filed_at), opened(number)


# -- the guide's five reasons


@rule(
    chapter=6,
    says="Chargebacks that are open, or were filed in the past 10 days, hold their amounts;"
    " what the seller has paid holds nothing any more.",
)
def chargebacks(world: World, at: int, before: list[Hold]) -> Hold | None:
    """What banks may take back."""
    days = world.policy.reserve_dispute_days
    says = f"Chargebacks that are open, or were filed in the past {days} days and not paid by you."
    return by_order("Chargebacks", says, holds.in_dispute(world, at, "chargeback", days))


@rule(
    chapter=6,
    says="Guarantee claims that are open, or were filed in the past 10 days, hold their amounts;"
    " what the seller has paid holds nothing any more.",
)
def claims(world: World, at: int, before: list[Hold]) -> Hold | None:
    """What buyers may get back."""
    days = world.policy.reserve_dispute_days
    says = f"Guarantee claims that are open, or were filed in the past {days} days and not paid by you."
    return by_order("GuaranteeClaims", says, holds.in_dispute(world, at, "claim", days))


@rule(chapter=6, says="On the individual plan the orders confirmed in the last 7 days are held in reserve.")
def individual_plan(world: World, at: int, before: list[Hold]) -> Hold | None:
    """What the packages of those days brought."""
    if world.policy.seller_plan != "individual":
        return None
    days = world.policy.individual_reserve_days
    says = f"On the individual plan, orders confirmed as dispatched in the past {days} days."
    return by_order("IndividualPlan", says, holds.dispatched(world, at, days))


@rule(chapter=6, says="An unexpected jump in sales is reviewed: what is beyond the usual is held meanwhile.")
def review(world: World, at: int, before: list[Hold]) -> Hold | None:
    """A week over so many times the mean of the weeks before: its latest orders, less what other reasons hold of it.

    While the platform takes a closer look at the account, all that no other reason holds.
    """
    assert world.account is not None
    if (until := standing.review_until(world, at)) is not None:
        rest = holds.funds(world, at) - sum(hold.amount_minor for hold in before)
        says = f"The account is under review until {rfc3339(until)}: all that is there is held."
        return Hold("Review", says, max(0, rest), [], until)
    policy, week = world.policy, _WEEK
    weeks, times = policy.review_usual_weeks, policy.review_sales_multiple
    if not weeks or at - world.account.opened_at < (weeks + 1) * week * DAY:
        return None
    lately = trailing.paid_minor(world, at, week)
    usual = trailing.paid_minor(world, at - week * DAY, weeks * week) / weeks
    beyond = lately - int(usual * times)
    if not usual or beyond <= 0:
        return None
    taken = _taken(before)
    orders = holds.dispatched(world, at, week)
    beyond -= sum(min(held.amount_minor, taken.get(held.number, 0)) for held in orders)
    free = [held for held in orders if held.number not in taken]
    says = (
        f"A week's sales of {in_words(lately, world.currency)} against {in_words(round(usual), world.currency)} as"
        f" usual: what is beyond {times:g} times that."
        " The latest orders are held, as many as make it up."
    )
    return by_order("Review", says, holds.latest(free, beyond))


@rule(
    chapter=6,
    says="While the last daily review found a rate over its limit, of 30 orders or messages at least,"
    " a share of the trailing sales that nothing else holds is held: disputes may follow.",
)
def performance(world: World, at: int, before: list[Hold]) -> Hold | None:
    """A share of the sales of the last days, until every rate is back within its limit; `_named` tells the orders.

    What other reasons hold of those sales is there already, whole: no share of it is held on top.
    """
    over = standing.breaches(world, at)
    if not over:
        return None
    policy = world.policy
    percent, days = policy.performance_hold_percent, policy.performance_hold_days
    amount = share_minor(percent, max(0, trailing.paid_minor(world, at, days) - _held_already(world, at, days, before)))
    says = (
        f"{', '.join(over)} over the limit: {percent:g} % of the sales of {days} days that no other reason holds,"
        " until it is back. The share is not by order; these orders hurt the rate."
    )
    return Hold(_PERFORMANCE, says, amount, [], None)


def _named(world: World, at: int, hold: Hold) -> Hold:
    """The hold with the orders that hurt a rate, where it is for those."""
    if hold.reason != _PERFORMANCE:
        return hold
    return hold._replace(orders=holds.together(_hurting(world, at, label) for label in standing.breaches(world, at)))


def _held_already(world: World, at: int, days: int, before: list[Hold]) -> int:
    """What other reasons hold of the sales of the last days. What is held of later days alone is of them, all of it."""
    later = {"IndividualPlan": world.policy.individual_reserve_days, "Review": _WEEK}
    whole = [hold for hold in before if hold.orders and later.get(hold.reason, days + 1) <= days]
    others = (held for hold in before if all(hold is not one for one in whole) for held in hold.orders)
    return sum(hold.amount_minor for hold in whole) + holds.taken_of_sales(world, at, days, others)


def _hurting(world: World, at: int, label: str) -> list[Held]:
    """The orders behind a rate that standing.py names like `late-shipment (30 days)`."""
    rate, _, window = label.removesuffix(" days)").partition(" (")
    return holds.hurting(world, at, rate, int(window))


@rule(chapter=6, says="A change of the bank account is reviewed: for 3 days all that is there is held.")
def account_change(world: World, at: int, before: list[Hold]) -> Hold | None:
    """All of the balance that no other reason holds: what went to the bank so far was older money than what is here.

    A balance has more in it than orders, such as what an appeal gave back: it may be more than all of its orders.
    """
    assert world.account is not None
    changed_at, days = standing.bank_changed_at(world, at), world.policy.bank_change_hold_days
    if changed_at is None or at >= changed_at + days * DAY:
        return None
    free_at = changed_at + days * DAY
    rest = max(0, holds.funds(world, at) - sum(hold.amount_minor for hold in before))
    age = (at - world.account.opened_at) // DAY + 1
    orders = [held._replace(free_at=free_at) for held in _making_up(world, at, (1, 7, 30, age), rest, _taken(before))]
    says = (
        f"The bank account was changed at {rfc3339(changed_at)}: for {days} days nothing is paid out."
        " All that no other reason holds is held: the latest orders, as many as make it up."
    )
    return Hold("AccountChange", says, rest, orders, free_at)


# -- the other packs


def _disputed(world: World, at: int) -> Hold | None:
    """Whatever is in dispute now, of either kind; an order once, with the greater amount."""
    open_: dict[int, Held] = {}
    for kind in ("chargeback", "claim"):
        for held in holds.in_dispute(world, at, kind, 0):
            open_[held.number] = max(open_.get(held.number, held), held, key=lambda one: one.amount_minor)
    return by_order("OpenDisputes", "Claims and chargebacks that are open.", list(open_.values()))


def _greater(*found: Hold | None) -> Hold | None:
    """The largest of them; with equal ones the first."""
    return max((hold for hold in found if hold), key=lambda hold: hold.amount_minor, default=None)


@rule(chapter=6, says="Tier 1 holds the payments of the last 7 days or the open disputes, whichever is more.")
def tier_1(world: World, at: int, before: list[Hold]) -> Hold | None:
    """For new accounts."""
    days = world.policy.tier_1_days
    recent = by_order("RecentPayments", f"The payments of the past {days} days.", holds.dispatched(world, at, days))
    return _greater(recent, _disputed(world, at))


@rule(
    chapter=6,
    says="Tier 2 holds the order defect rate's share of 30 days' sales, once the rate is of 30 orders at least,"
    " or the open disputes, if more.",
)
def tier_2(world: World, at: int, before: list[Hold]) -> Hold | None:
    """Once an account is old enough and has orders enough; tier 1 until then."""
    if not _is_seasoned(world, at):
        return tier_1(world, at, before)
    return _greater(_defect_share(world, at), _disputed(world, at))


def _defect_share(world: World, at: int) -> Hold | None:
    """Nothing where too few orders make no rate: one claim of one order is not 100 %."""
    defective, placed = _defects(world, at)
    if not defective or placed < world.policy.standing_orders_at_least:
        return None
    days = world.policy.tier_2_days
    amount = (trailing.paid_minor(world, at, days) * len(defective) + placed // 2) // placed
    says = (
        f"The order defect rate's share ({len(defective) * 100 / placed:.2f} %) of {days} days' sales."
        " The share is not by order; these orders are defective."
    )
    return Hold("DefectShare", says, amount, defective, None)


def _defects(world: World, at: int) -> tuple[list[Held], int]:
    """The defective orders of the rate's window, and how many orders were placed in it."""
    days = world.policy.order_defect_window_days
    sql = "select count(*) from orders where placed_at > ? and placed_at <= ? and view = 'production'"
    (placed,) = world.row(sql, (at - days * DAY, at))
    return holds.hurting(world, at, "order-defect", days), int(placed)


def _is_seasoned(world: World, at: int) -> bool:
    assert world.account is not None
    policy = world.policy
    if at - world.account.opened_at < policy.tier_2_after_days * DAY:
        return False
    sql = "select count(*) from (select 1 from orders where confirmed_at <= ? and view = 'production' limit ?)"
    (orders,) = world.row(sql, (at, policy.tier_2_after_orders))
    return bool(orders >= policy.tier_2_after_orders)


@rule(chapter=6, says="Tier 2 in the US holds 3 % of a mean day's payments over 28 days or the open disputes, if more.")
def tier_2_us(world: World, at: int, before: list[Hold]) -> Hold | None:
    """A small cushion for a large account: its latest orders, as many as make it up."""
    percent, days = world.policy.tier_2_us_percent, world.policy.tier_2_us_days
    share = share_minor(percent, trailing.paid_minor(world, at, days))
    amount = (2 * share + days) // (2 * days) if days else 0
    says = f"{percent:g} % of a mean day's payments over {days} days: the latest orders, as many as make it up."
    latest = _making_up(world, at, (1, min(7, days), days), amount)
    return _greater(by_order("DailyShare", says, latest), _disputed(world, at))


def _making_up(
    world: World, at: int, spans: Iterable[int], amount: int, taken: Mapping[int, int] | None = None
) -> list[Held]:
    """The latest orders that make up an amount, but for those taken: the first span of days that has enough of them."""
    free: list[Held] = []
    for days in sorted({*spans}):
        free = [held for held in holds.dispatched(world, at, days) if held.number not in (taken or {})]
        if sum(held.amount_minor for held in free) >= amount:
            break
    return holds.latest(free, amount)


def _taken(before: list[Hold]) -> dict[int, int]:
    """What is held already, by order; what a hold holds none of it only names."""
    return {held.number: held.amount_minor for hold in before for held in hold.orders if held.amount_minor}


@rule(chapter=6, says="Tier 2 plus holds the open disputes alone, while the order defect rate is below its limit.")
def tier_2_plus(world: World, at: int, before: list[Hold]) -> Hold | None:
    """For accounts that do well; tier 2 while they do not."""
    defective, placed = _defects(world, at)
    is_over = len(defective) * 100 >= world.policy.order_defect_limit_percent * placed > 0
    return tier_2(world, at, before) if is_over else _disputed(world, at)


@rule(
    chapter=6,
    says="DD+7 holds what an order brought after fees until 7 days after its delivery, or 60 after its confirmation.",
)
def after_delivery(world: World, at: int, before: list[Hold]) -> Hold | None:
    """Package by package, less what the seller gave back or bore; no day is known for what is on its way."""
    days, most = world.policy.delivery_hold_days, world.policy.delivery_hold_at_most_days
    says = f"Orders of the past {most} days that were not delivered {days} days ago: what they brought after fees."
    return by_order("NotDeliveredYet", says, holds.not_delivered(world, at, days, most))


PACKS: dict[str, tuple[Holding, ...]] = {
    "guide-2015": (chargebacks, claims, individual_plan, review, performance, account_change),
    "tier-1": (tier_1,),
    "tier-2": (tier_2,),
    "tier-2-us": (tier_2_us,),
    "tier-2-plus": (tier_2_plus,),
    "dd7": (chargebacks, claims, after_delivery),
}
"""What makes up the reserve of each pack. Of reasons that hold as much of an order, the first one has it."""
