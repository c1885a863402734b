"""The refunds desk: pays back what came back, and what it promised (chapter 10)."""

from sandbox.central import refunds
from sandbox.central.days import DAY, HOUR
from sandbox.central.facts import BuyerAsked, ParcelLost, ParcelReturned, ReturnArrived
from sandbox.central.guide import Due
from sandbox.central.payments import left_minor
from sandbox.sim import words
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.players import REFUNDS, is_scripted

MISSES = 0
_AT_ONCE_HOURS = 4
BY = "refunds desk"
_OWED = """
    select order_id, reason from orders join (
        select order_number, 'CustomerReturn' as reason from returns where arrived_at is not null union all
        select order_number, iif(lost_at is null, 'Undeliverable', 'CarrierCreditDecision') from arrivals
        where lost_at is not null or returned_at is not null) on order_number = number
    where refunding_minor + refunded_minor + reversed_minor = 0 order by number"""
"""What came back, was lost or brought back, and nobody paid for."""


@reacts_to(ReturnArrived)
def unpacks(run: Run, fact: ReturnArrived, number: int) -> Dues:
    """What came back is refunded some days later, unless it is overlooked."""
    desk = run.scenario.desks.refunds
    if run.lot("refunds desk", number, 2, MISSES) >= desk.missed_share:
        yield Due(fact.at + int(desk.after_days * DAY), "refund_desk.pays_back", f"{fact.order_id} CustomerReturn")


@reacts_to(ParcelLost, ParcelReturned)
def hears_of_it(run: Run, fact: ParcelLost | ParcelReturned, number: int) -> Dues:
    """Whatever never reached its buyer is refunded."""
    reason = "CarrierCreditDecision" if isinstance(fact, ParcelLost) else "Undeliverable"
    wait = int(run.scenario.desks.refunds.after_days * DAY)
    yield Due(fact.at + wait, "refund_desk.pays_back", f"{fact.order_id} {reason}")


@reacts_to(BuyerAsked)
def reads(run: Run, fact: BuyerAsked, number: int) -> Dues:
    """A return that was overlooked is paid when the buyer asks; what is faulty at once, if the shop has it so."""
    topic = words.topic_of(fact.text)
    at_once = run.scenario.desks.refunds.refunds_faulty == "at-once"
    if topic == words.UNPAID or (at_once and topic in (words.FAULTY, words.WRONG, words.OTHERWISE)):
        reason = "CustomerReturn" if topic == words.UNPAID else "DifferentItem"
        yield Due(fact.at + _AT_ONCE_HOURS * HOUR, "refund_desk.pays_back", f"{fact.order_id} {reason}")


@step
def takes_up(run: Run, at: int, ref: str) -> Dues:
    """The script takes the desk over, with all that came back or never arrived, and was not paid."""
    for order_id, reason in run.world.rows(_OWED):
        yield Due(at, "refund_desk.pays_back", f"{order_id} {reason}")


@step
def pays_back(run: Run, at: int, ref: str) -> Dues:
    """Refunds all that is left of an order."""
    order_id, _, reason = ref.partition(" ")
    if is_scripted(run, REFUNDS) and left_minor(run.world.order(order_id)) > 0:
        run.tries(refunds.refund, by=BY, order_id=order_id, reason=reason)
    return ()
