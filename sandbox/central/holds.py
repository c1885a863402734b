"""Holds: what money may be held for, order by order, as it is now or was at a moment gone by (chapter 6)."""

from collections.abc import Callable, Iterable
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from msgspec.json import encode

from sandbox.central.days import DAY, HOUR
from sandbox.central.orders import NOT_CONFIRMED_IN_TIME
from sandbox.central.records import Defect
from sandbox.central.world import World


class Held(NamedTuple):
    """One order behind a hold."""

    number: int
    """The order's: of very many that are held only few are ever told by their ids."""
    amount_minor: int
    """0 where a share is held that is not by order: the order is why, and its own money is free."""
    filed_at: int
    """When what holds it happened: a confirmation, a claim, a chargeback, something that hurt a rate."""
    free_at: int | None
    """None where no day is known yet."""


_NUMBER, _AMOUNT, _FILED_AT, _FREE_AT = map(itemgetter, range(len(Held._fields)))
"""A reserve may hold very many orders, which are walked by these in half the time."""


class Hold(NamedTuple):
    """Money held back for one reason."""

    reason: str
    says: str
    """The rule, in words."""
    amount_minor: int
    orders: list[Held]
    free_at: int | None
    """When the last of it falls free, where that is known."""


def by_order(reason: str, says: str, orders: list[Held]) -> Hold | None:
    """A hold that is the sum of its orders; none of them, none of it."""
    if not orders:
        return None
    ends = [*map(_FREE_AT, orders)]
    return Hold(reason, says, sum(map(_AMOUNT, orders)), orders, None if None in ends else max(ends))


def latest(orders: list[Held], amount_minor: int) -> list[Held]:
    """The latest of them, as many as make up the amount; of the last one only what is missing. The first one first."""
    found: list[Held] = []
    for held in reversed(orders):
        if amount_minor <= 0:
            break
        taken = min(held.amount_minor, amount_minor)
        amount_minor -= taken
        found.append(held._replace(amount_minor=taken, free_at=None))
    return found[::-1]


# -- what was paid

_BETWEEN = """
    select ifnull(min(number), 0), ifnull(max(number), 0) from (
        select number from orders indexed by orders_confirmed
        where confirmed_at > :since and confirmed_at <= :at union all
        select order_number from shipments indexed by shipments_later
        where package > 1 and confirmed_at > :since and confirmed_at <= :at)"""
"""Orders are walked by number, twice as fast as by their moments, from the first to the last that can matter."""
_PACKAGES = """
    select p.order_number, p.paid_minor - :net * p.fee_minor, p.confirmed_at, {free_at} from {packages} p
    where p.order_number between :first and :last and p.confirmed_at > :since and p.confirmed_at <= :at
        and p.paid_minor > 0"""
_DISPATCHED = _PACKAGES.format(packages="shipments", free_at="p.confirmed_at + :span")
_WHEN_FREE = "iif(p.delivered_at <= :at, min(p.delivered_at + :span, p.confirmed_at + :at - :since), null)"
_NOT_DELIVERED = f"""{_PACKAGES.format(packages="packages", free_at=_WHEN_FREE)}
        and (p.delivered_at is null or p.delivered_at > :at - :span)"""


def dispatched(world: World, at: int, days: int) -> list[Held]:
    """What the packages of the last days brought, order by order, less what the seller gave back or bore."""
    return _paid(world, _DISPATCHED, at, since=at - days * DAY, span=days * DAY)


def not_delivered(world: World, at: int, days: int, at_most_days: int) -> list[Held]:
    """What packages brought after fees that were not delivered so many days ago; none is held longer than at most."""
    return _paid(world, _NOT_DELIVERED, at, since=at - at_most_days * DAY, span=days * DAY, net=True)


_held: Callable[[Iterable[Any]], Held] = partial(tuple.__new__, Held)  # `_make` without its check: there are thousands
_OUT_OF_THE_ORDINARY = """
    select order_number from shipments indexed by shipments_later
        where package > 1 and confirmed_at > :since and confirmed_at <= :at union
    select order_number from refunds where order_number between :first and :last union
    select order_number from disputes where order_number between :first and :last"""
"""Orders of several packages, and those of which anything may have been given back. Most are neither."""


def _paid(world: World, sql: str, at: int, *, since: int, span: int, net: bool = False) -> list[Held]:
    first, last = world.row(_BETWEEN, {"since": since, "at": at})
    between = {"first": first, "last": last, "since": since, "at": at}
    found = [*map(_held, world.rows(sql, {**between, "span": span, "net": net}))]
    if numbers := {number for (number,) in world.rows(_OUT_OF_THE_ORDINARY, between)}:
        _look_into(world, found, numbers, at, net)
        found = [held for held in found if held.amount_minor > 0]
    found.sort(key=_FILED_AT)
    return found


def _look_into(world: World, found: list[Held], numbers: set[int], at: int, net: bool) -> None:
    """Put the packages of each of these orders together, and hold no more than is left of it."""
    left = left_at(world, numbers, at, net)
    for place in reversed([place for place, number in enumerate(map(_NUMBER, found)) if number in numbers]):
        held = found[place]
        if place and found[place - 1].number == held.number:
            found[place - 1] = _with_package(found[place - 1], held)
            del found[place]
        else:
            found[place] = held._replace(amount_minor=min(held.amount_minor, left[held.number]))


def _with_package(held: Held, later: Held) -> Held:
    """The order with what is held of its later packages: it is held until the last of them is free."""
    ends = None if held.free_at is None or later.free_at is None else max(held.free_at, later.free_at)
    return held._replace(amount_minor=held.amount_minor + later.amount_minor, free_at=ends)


_BORNE = """
    (closed_at <= :at and (paid_by = 'seller' or (outcome = 'AppealGranted' and appeal_decided_at > :at)))"""
"""Whether the seller bore a dispute then: not what the platform paid, and not any more once an appeal was granted."""
_SALES_OF = """
    select order_number, sum(paid_minor) from shipments where order_number in (select value from json_each(:numbers))
        and confirmed_at > :since and confirmed_at <= :at group by order_number"""


def taken_of_sales(world: World, at: int, days: int, held: Iterable[Held]) -> int:
    """How much is held for these orders of what was paid after the moment so many days before, in minor units."""
    amounts = {one.number: one.amount_minor for one in held if one.amount_minor}
    asked = {"numbers": encode([*amounts]).decode(), "since": at - days * DAY, "at": at}
    return sum(min(paid, amounts[number]) for number, paid in world.rows(_SALES_OF, asked))


_LEFT = f"""
    select value, (select ifnull(sum(paid_minor - :net * fee_minor), 0) from shipments
            where order_number = value and confirmed_at <= :at)
        - (select ifnull(sum(amount_minor - :net * iif(final_at <= :at, fee_returned_minor, 0)), 0) from refunds
            where order_number = value and requested_at <= :at and (state <> 'called-off' or final_at > :at))
        - (select ifnull(sum(paid_minor - :net * fee_returned_minor), 0) from disputes
            where order_number = value and {_BORNE})
    from json_each(:numbers)"""


def left_at(world: World, numbers: Iterable[int], at: int, net: bool = False) -> dict[int, int]:
    """What each of these orders had brought the seller by then, less what they had given back, were about to, or bore.

    It is what the buyer was charged, or where it is `net`, that less the fees.
    """
    return dict(world.rows(_LEFT, {"numbers": encode([*numbers]).decode(), "at": at, "net": net}))


_FUNDS = """
    select ifnull(sum(iif(target in ({sellers}), amount_minor, 0) - iif(source in ({sellers}), amount_minor, 0)), 0)
    from entries where at <= ?""".format(sellers="'sales', 'refunds', 'claims', 'chargebacks', 'available', 'reserve'")


def funds(world: World, at: int) -> int:
    """All that was the seller's then and not at the bank."""
    (amount,) = world.row(_FUNDS, (at,))
    return int(amount)


# -- what is disputed

_IN_DISPUTE = f"""
    select order_number, amount_minor, filed_at, closed_at is null or closed_at > :at as is_open
    from disputes where kind = :kind and filed_at <= :at and (is_open or filed_at > :since and not {_BORNE})
    order by filed_at, dispute"""


def in_dispute(world: World, at: int, kind: str, days: int) -> list[Held]:
    """Disputes of a kind that are open, or were filed in the past days and cost the seller nothing: as it was then.

    None holds more than is left of its order.
    """
    rows = world.rows(_IN_DISPUTE, {"kind": kind, "at": at, "since": at - days * DAY})
    left = left_at(world, {row[0] for row in rows}, at)
    found = [
        Held(number, min(amount, left[number]), filed_at, None if is_open else filed_at + days * DAY)
        for number, amount, filed_at, is_open in rows
    ]
    return [held for held in found if held.amount_minor > 0]


# -- what hurts the rates

_LATE = """
    select number, confirmed_at from orders indexed by orders_late
    where late and view = 'production' and confirmed_at > :since and confirmed_at <= :at
    order by confirmed_at, number"""
_CANCELLED = f"""
    select number, cancelled_at from orders indexed by orders_cancelled
    where cancelled_at is not null and view = 'production' and cancelled_at > :since and cancelled_at <= :at
        and (cancelled_by = 'seller' and (:asked or cancel_reason <> 'BuyerCanceled')
            or :auto and cancel_reason = '{NOT_CONFIRMED_IN_TIME}') order by cancelled_at, number"""
_UNANSWERED = """
    select o.number, min(m.at) from messages m indexed by messages_asked join orders o on o.number = m.order_number
    where sender = 'buyer' and m.at > :since and m.at <= :at and state <> 'not-needed' and view = 'production'
        and ifnull(answered_at, :at) - m.at > :longest group by o.number order by min(m.at), o.number"""
_DEFECTIVE = f"""
    select o.number, min(filed_at) from (
        select order_number, filed_at from disputes where filed_at > :since and filed_at <= :at
            and iif(kind = 'chargeback', :mask & {Defect.CHARGEBACK}, :mask & {Defect.CLAIM} or not (
                ifnull(closed_at, :at + 1) <= :at and outcome in ('Denied', 'Withdrawn', 'AppealGranted')))
        union all
        select order_number, left_at from feedback where left_at > :since and left_at <= :at and rating <= 2
            and not (state in ('removed', 'withdrawn') and state_at <= :at))
    join orders o on o.number = order_number where o.placed_at > :since and o.view = 'production'
    group by o.number order by 2, o.number"""
_HURT = {
    "late-shipment": _LATE,
    "cancellation": _CANCELLED,
    "response-time": _UNANSWERED,
    "order-defect": _DEFECTIVE,
}


def hurting(world: World, at: int, rate: str, days: int) -> list[Held]:
    """The orders that hurt a rate over so many days: none of their own money, and how long each of them will."""
    policy = world.policy
    claims = Defect.CLAIM if policy.withdrawn_or_denied_claim_is_defect else Defect.STANDING_CLAIM
    asked = {
        "at": at,
        "since": at - days * DAY,
        "asked": policy.buyer_asked_cancel_counts,
        "auto": policy.auto_cancel_counts,
        "longest": policy.reply_within_hours * HOUR,
        "mask": int(claims | (Defect.CHARGEBACK if policy.chargeback_is_defect else 0)),
    }
    sql = _HURT[rate]
    named = {name: value for name, value in asked.items() if f":{name}" in sql}
    return [Held(number, 0, when, when + days * DAY) for number, when in world.rows(sql, named)]


def together(lists: Iterable[list[Held]]) -> list[Held]:
    """Several lists as one, each order once, as what happened last has it."""
    found: dict[int, Held] = {}
    for held in sorted((held for some in lists for held in some), key=_FILED_AT):
        found[held.number] = held
    return sorted(found.values(), key=itemgetter(2, 0))
