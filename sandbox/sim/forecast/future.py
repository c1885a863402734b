"""One future of a world: a fork that lives on for some days, and what became of it, day by day and order by order."""

from typing import NamedTuple

from sandbox.central import health, settlements, standing
from sandbox.central.days import DAY, HOUR
from sandbox.central.orders import NOT_CONFIRMED_IN_TIME
from sandbox.central.records import Defect
from sandbox.central.world import World
from sandbox.sim.driver import no_collection
from sandbox.sim.forecast.fork import forked, prepared
from sandbox.sim.replication import Outcome, marked, outcome

MONEY = ("balance_minor", "reserve_minor")
"""What is told beside the rates."""
HARMS = ("late", "cancelled", "defective", "late_replies", "lost_minor")
"""What may become of an order, in the order in which a future lists it."""


class Standing(NamedTuple):
    """An order as the rates see it."""

    late: int
    cancelled: int
    defective: int
    lost_minor: int
    """What its buyer got back or never paid."""


def future(mark: str, days: int, replication: int) -> Outcome:
    """Live one future of the present that was shipped under that mark; the same one every time, anywhere."""
    present = prepared(mark)
    with forked(present, replication) as driver, no_collection():
        world = driver.world
        mark_of_now, before = marked(world), orders_standing(world)
        days_seen = []
        for day in range(1, days + 1):
            driver.advance(present.now + day * DAY)
            days_seen.append(reading(world))
        found = outcome(world, mark_of_now)
        harmed = {str(number): harms for number, harms in _harmed(world, present.now, before).items()}
        return found | {"days": _columns(days_seen), "harmed": harmed}


def reading(world: World) -> dict[str, float | int | None]:
    """Each rate that counts, in percent, and the money, in minor units, as they stand now."""
    with world.looking():
        now = settlements.balance(world)
        rates = {standing.label(rate): rate.percent for rate in health.scored_rates(world)}
        return rates | {"balance_minor": now.total_minor, "reserve_minor": now.reserve_minor}


def _columns(days: list[dict[str, float | int | None]]) -> dict[str, list[float | int | None]]:
    """The readings by name, a value for each day; a rate that a change of policy brings has none before."""
    names = list(dict.fromkeys(name for day in days for name in day))
    return {name: [day.get(name) for day in days] for name in names}


# -- what became of the orders that there were

_STANDING = """
    select number, late, cancelled_at is not null and ({by_seller}), defects & :mask > 0,
        refunding_minor + refunded_minor + reversed_minor
            + iif(cancelled_at is null, 0, items_minor + shipping_minor - paid_minor)
    from orders where view = 'production' and (late or cancelled_at is not null or defects
        or refunding_minor + refunded_minor + reversed_minor)"""
_LATE_REPLIES = """
    select order_number, count(*) from messages where sender = 'buyer' and state <> 'not-needed'
        and at + :longest > :since and ifnull(answered_at, :now) - at > :longest group by order_number"""


def orders_standing(world: World) -> dict[int, Standing]:
    """Every order that anything is to be held against, by its number."""
    policy = world.policy
    claims = Defect.CLAIM if policy.withdrawn_or_denied_claim_is_defect else Defect.STANDING_CLAIM
    mask = Defect.NEGATIVE_FEEDBACK | claims | (Defect.CHARGEBACK if policy.chargeback_is_defect else 0)
    sellers = "cancelled_by = 'seller'" + (
        "" if policy.buyer_asked_cancel_counts else " and cancel_reason <> 'BuyerCanceled'"
    )
    counts = f"{sellers} or cancel_reason = '{NOT_CONFIRMED_IN_TIME}'" if policy.auto_cancel_counts else sellers
    rows = world.rows(_STANDING.format(by_seller=counts), {"mask": int(mask)})
    return {number: Standing(*rest) for number, *rest in rows}


def _harmed(world: World, since: int, before: dict[int, Standing]) -> dict[int, list[int]]:
    """What became of the orders placed until then: how often each of `HARMS`, those of which nothing did left out."""
    longest = world.policy.reply_within_hours * HOUR
    late = dict(world.rows(_LATE_REPLIES, {"longest": longest, "since": since, "now": world.now}))
    after = orders_standing(world)
    known = {number for (number,) in world.rows("select number from orders where placed_at <= ?", (since,))}
    nothing = Standing(0, 0, 0, 0)
    found = {}
    for number in sorted((set(after) | set(late)) & known):
        now, then = after.get(number, nothing), before.get(number, nothing)
        *flags, lost = (max(0, this - that) for this, that in zip(now, then, strict=True))
        if any(flags) or lost or number in late:
            found[number] = [*flags, late.get(number, 0), lost]
    return found
