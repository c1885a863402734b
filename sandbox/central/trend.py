"""The trend: each rate that counts as it was at a moment gone by, worked out from the tables (chapters 8, 9 and 11)."""

from typing import NamedTuple

from sandbox.central.days import DAY, HOUR
from sandbox.central.health import Rate
from sandbox.central.orders import NOT_CONFIRMED_IN_TIME
from sandbox.central.records import Defect
from sandbox.central.world import World


class Point(NamedTuple):
    """A rate as it was at a moment."""

    at: int
    counted: int
    """Late, cancelled or defective ones; for response times, those answered in time."""
    out_of: int

    @property
    def percent(self) -> float | None:
        """None where there was nothing to count."""
        return self.counted * 100 / self.out_of if self.out_of else None


_IN_WINDOW = "{what}_at > :since and {what}_at <= :at and view = 'production'"
_LATE = f"""
    select (
        select count(*) from orders o indexed by orders_late where late and {_IN_WINDOW.format(what="confirmed")}
            and (quantity_cancelled and auto_cancel_at > dispatch_by and auto_cancel_at <= :at
                or exists (select 1 from shipments p where p.order_number = o.number
                    and p.confirmed_at > o.dispatch_by and p.confirmed_at <= :at))
    ), (select count(*) from orders indexed by orders_confirmed where {_IN_WINDOW.format(what="confirmed")})"""
_PLACED = f"select count(*) from orders indexed by orders_placed where {_IN_WINDOW.format(what='placed')}"
_CANCELLED = f"""
    select count(*), ifnull(sum(placed_at <= :since), 0) + ({_PLACED}) from orders indexed by orders_cancelled
    where {_IN_WINDOW.format(what="cancelled")}
        and (cancelled_by = 'seller' and (:asked or cancel_reason <> 'BuyerCanceled')
            or :auto and cancel_reason = '{NOT_CONFIRMED_IN_TIME}')"""
_DEFECTIVE = f"""
    select count(distinct o.number), ({_PLACED}) from (
        select order_number from disputes where filed_at > :since and filed_at <= :at
            and iif(kind = 'chargeback', :mask & {Defect.CHARGEBACK}, :mask & {Defect.CLAIM} or not ifnull(
                (outcome in ('Denied', 'Withdrawn') and closed_at <= :at)
                or (outcome = 'AppealGranted' and appeal_decided_at <= :at), 0))
        union all
        select order_number from feedback where left_at > :since and left_at <= :at and rating <= 2
            and not (state in ('removed', 'withdrawn') and state_at <= :at))
    join orders o on o.number = order_number where o.placed_at > :since and o.view = 'production'"""
_MARKED_AT = """(
    select f.at from facts f where f.order_number = m.order_number and f.kind = 'NoResponseNeeded'
        and json_extract(f.body, '$.message') = m.message)"""
"""When a message was marked as needing no response: it counted until then."""
_ANSWERED = f"""
    select ifnull(sum(answered_at <= :at and answered_at - m.at <= :longest), 0),
        ifnull(sum(answered_at <= :at or :at - m.at > :longest), 0)
    from messages m indexed by messages_asked join orders o on o.number = m.order_number
    where sender = 'buyer' and m.at > :since and m.at <= :at and view = 'production'
        and (state <> 'not-needed' or {_MARKED_AT} > :at)"""
_COUNTS = {
    "late-shipment": _LATE,
    "cancellation": _CANCELLED,
    "order-defect": _DEFECTIVE,
    "response-time": _ANSWERED,
}


def rate_at(world: World, rate: Rate, at: int) -> Point:
    """A scored rate as it was then; as of now it is the very rate of `health`."""
    assert rate.scored and at <= world.now
    policy = world.policy
    claims = Defect.CLAIM if policy.withdrawn_or_denied_claim_is_defect else Defect.STANDING_CLAIM
    asked = {
        "at": at,
        "since": at - rate.window_days * DAY,
        "asked": policy.buyer_asked_cancel_counts,
        "auto": policy.auto_cancel_counts,
        "mask": int(claims | (Defect.CHARGEBACK if policy.chargeback_is_defect else 0)),
        "longest": (rate.within_hours or 0) * HOUR,
    }
    sql = _COUNTS[rate.name]
    counted, out_of = world.row(sql, {name: value for name, value in asked.items() if f":{name}" in sql})
    return Point(at, int(counted), int(out_of))
