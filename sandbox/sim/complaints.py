"""Complaints: buyers whose trouble nobody mended go to the platform, or weeks later to their bank (chapter 9).

Each has one uniform for either way. It is compared with a share that their treatment lowers or raises, so a better
seller never meets worse buyers. Nobody complains of what is not so: each step looks whether the trouble is still there.
"""

from collections.abc import Callable
from math import log
from statistics import NormalDist
from typing import NamedTuple

from sandbox.central import chargebacks, claims
from sandbox.central.days import DAY, HOUR, after
from sandbox.central.disputes import disputes_of
from sandbox.central.facts import OrderPlaced, ShipmentConfirmed
from sandbox.central.guide import Due
from sandbox.central.payments import left_minor
from sandbox.central.records import CANCELED, PRODUCTION, Order
from sandbox.central.returns import return_of
from sandbox.sim import asking, words
from sandbox.sim.asking import STILL, about, from_then_on, is_delivered, some_time_after
from sandbox.sim.cast import Dues, Run, step
from sandbox.sim.luck import Uniforms, lognormal
from sandbox.sim.regard import regard
from sandbox.sim.scenario.buyers import Disputes
from sandbox.sim.wishes import ANOTHER_ADDRESS, IMPOSTOR

FRAUD, LAG = 14, 15  # places of an order's uniforms
CLAIMS, CHARGES_BACK, CLAIM_WAIT, BANK_WAIT, KIND, MISSES = range(6)  # places of a complaint's own
_WAIT_SIGMA = 0.6
_JUST_SENT_DAYS = 3
"""So long nobody misses a parcel of which they were just told that it left (assumed)."""


class Trouble(NamedTuple):
    """Something that a buyer may take to the platform or the bank."""

    topic: str
    """What the buyer writes to the seller about it first."""
    claim: str
    charge: tuple[str, ...]
    """What a bank is told; which of them is drawn, in the proportion in which banks are told so."""
    claims: Callable[[Disputes], float]
    """The share that claims, of those who were not helped."""
    charges_back: Callable[[Disputes], float]
    is_there: Callable[[Run, Order], bool]


def _never_came(run: Run, order: Order) -> bool:
    return not is_delivered(run, order)


def _is_kept(run: Run, order: Order) -> bool:
    """Whatever is wrong with it, it was not sent back: who sends it back waits for the money instead."""
    return return_of(run.world, order.number) is None


def _is_unpaid(run: Run, order: Order) -> bool:
    found = return_of(run.world, order.number)
    return found is not None and found.arrived_at is not None


TROUBLES: dict[str, Trouble] = {
    "not-received": Trouble(
        words.NOT_ARRIVED,
        "NotReceived",
        ("NotReceived",),
        lambda shares: shares.claims_not_received,
        lambda shares: shares.chargebacks_not_received,
        _never_came,
    ),
    "faulty": Trouble(
        words.FAULTY,
        "DefectiveOrDifferent",
        ("Other", "Other", "Other", "Other", "BelowExpectations"),
        lambda shares: shares.claims_faulty,
        lambda shares: shares.chargebacks_faulty,
        _is_kept,
    ),
    "wrong": Trouble(
        words.WRONG,
        "DefectiveOrDifferent",
        ("WrongItem",),
        lambda shares: shares.claims_faulty,
        lambda shares: shares.chargebacks_faulty,
        _is_kept,
    ),
    "otherwise": Trouble(
        words.OTHERWISE,
        "DefectiveOrDifferent",
        ("NotAsDescribed",),
        lambda shares: shares.claims_faulty,
        lambda shares: shares.chargebacks_faulty,
        _is_kept,
    ),
    "unpaid": Trouble(
        words.UNPAID,
        "ReturnedNotReimbursed",
        ("Other",),
        lambda shares: shares.claims_not_reimbursed,
        lambda shares: shares.chargebacks_faulty,
        _is_unpaid,
    ),
}


def is_troubled(run: Run, order: Order, trouble: str) -> bool:
    """Whether the trouble is still there, with money at stake and nothing filed about it."""
    if order.status == CANCELED or left_minor(order) <= 0 or order.refunding_minor or order.refunded_minor:
        return False
    return TROUBLES[trouble].is_there(run, order) and not disputes_of(run.world, order)


def _still(trouble: str) -> Callable[[Run, Order], bool]:
    return lambda run, order: is_troubled(run, order, trouble)


for _name, _trouble in TROUBLES.items():
    STILL[_trouble.topic] = _still(_name)


# -- what is not there


def misses_it(run: Run, fact: ShipmentConfirmed, number: int, at_the_door: int | None) -> Dues:
    """A parcel that will not come, or come late, is missed once its last promised day is over."""
    patience_ends = fact.at + _JUST_SENT_DAYS * DAY
    if fact.view != PRODUCTION or (at_the_door is not None and at_the_door <= patience_ends):
        return ()
    deliver_by = run.world.ordered(number).deliver_by
    is_late = at_the_door is None or at_the_door > deliver_by
    if not is_late or _lot(run, number, MISSES) >= run.scenario.buyers.disputes.misses:
        return ()
    missed_at = max(after(deliver_by, HOUR), patience_ends)
    asks_at = from_then_on(run, number, asking.MISSES, missed_at)
    return (Due(asks_at, "complaints.is_troubled_by", f"{fact.order_id} not-received"),)


@step
def is_troubled_by(run: Run, at: int, ref: str) -> Dues:
    """Writes to the seller first, and waits; what comes of it is seen when patience ends."""
    order_id, _, trouble = ref.partition(" ")
    order = run.world.order(order_id)
    if not is_troubled(run, order, trouble):
        return
    yield Due(at, "asking.asks", about(order_id, TROUBLES[trouble].topic))
    yield Due(thinks_at(run, order.number, at), "complaints.thinks_of_claiming", ref)


def thinks_at(run: Run, number: int, asked_at: int) -> int:
    """When a buyer who wrote to the seller thinks of claiming."""
    least = run.world.policy.claim_opens_after_contact_days * DAY
    wait = lognormal(_lot(run, number, CLAIM_WAIT), run.scenario.buyers.disputes.waits_days * DAY, _WAIT_SIGMA)
    return some_time_after(run, number, asking.CLAIMS, asked_at + least, int(wait))


def _lot(run: Run, number: int, place: int) -> float:
    return run.lot("complaint", number, 8, place)


@step
def thinks_of_claiming(run: Run, at: int, ref: str) -> Dues:
    """Claims, if the trouble is still there and the seller's answers did not help enough; or thinks of the bank."""
    order_id, _, name = ref.partition(" ")
    world, trouble = run.world, TROUBLES[name]
    order = world.order(order_id)
    if not is_troubled(run, order, name):
        return
    shares, times = run.scenario.buyers.disputes, regard(run, order.number)
    if _lot(run, order.number, CLAIMS) < trouble.claims(shares) * times:
        opens = claims.opens_at(world, order)
        if opens is not None and opens > at:
            claims_at = from_then_on(run, order.number, asking.CLAIMS, opens)
            yield Due(claims_at, "complaints.thinks_of_claiming", ref)
            return
        text = run.said(words.CLAIMS[trouble.claim])
        if run.tries(claims.file, by="buyer", order_id=order_id, reason=trouble.claim, text=text):
            return
    yield from thinks_of_the_bank(run, at, order, name, times)


def thinks_of_the_bank(run: Run, at: int, order: Order, trouble: str, times: float) -> Dues:
    """Some go to their bank weeks later; so many times as many as otherwise, by how they were treated."""
    shares = run.scenario.buyers.disputes
    if _lot(run, order.number, CHARGES_BACK) < TROUBLES[trouble].charges_back(shares) * times:
        span = max(DAY, order.placed_at + _lag(run, _lot(run, order.number, BANK_WAIT)) - at)
        goes_at = some_time_after(run, order.number, asking.CHARGES_BACK, at, span)
        yield Due(goes_at, "complaints.goes_to_the_bank", f"{order.order_id} {trouble}")


def _lag(run: Run, u: float) -> int:
    """From the order to a chargeback: as many weeks as it takes those who go before a bank's last day."""
    disputes = run.scenario.buyers.disputes
    median, sigma = disputes.chargeback_days * DAY, disputes.chargeback_sigma
    latest = (run.world.policy.chargeback_closes_days - 1) * DAY
    in_time = NormalDist().cdf(log(latest / median) / sigma) if sigma and latest > 0 else 1.0
    return int(min(lognormal(u * in_time, median, sigma), latest))


@step
def goes_to_the_bank(run: Run, at: int, ref: str) -> Dues:
    """Has the bank take the payment back, if the trouble is still there."""
    order_id, _, name = ref.partition(" ")
    order = run.world.order(order_id)
    if is_troubled(run, order, name):
        reasons = TROUBLES[name].charge
        reason = reasons[int(_lot(run, order.number, KIND) * len(reasons))]
        run.tries(chargebacks.file, by="bank", order_id=order_id, reason=reason)
    return ()


# -- what is not owed: somebody else's card, a mistake on the bill


def finds_payment(run: Run, number: int, draws: Uniforms, wish: int | None) -> str:
    """The step of whoever will find a payment that was not owed; empty for most orders.

    Some are paid with somebody else's card, more of them by those who want another address; some are billed wrongly.
    """
    buyers = run.scenario.buyers
    if draws[FRAUD] < buyers.disputes.fraud:
        return "complaints.was_not_me"
    if wish == ANOTHER_ADDRESS and run.lot("wish", number, 8, IMPOSTOR) < buyers.wishes.impostors:
        return "complaints.was_not_me"
    return "complaints.was_too_much" if draws[FRAUD] < buyers.disputes.fraud + buyers.disputes.charged_twice else ""


def will_find(run: Run, fact: OrderPlaced, number: int, draws: Uniforms, finds: str) -> Due:
    """Weeks later somebody reads the account of the card."""
    finds_at = some_time_after(run, number, asking.FINDS_PAYMENT, fact.at, _lag(run, draws[LAG]))
    return Due(finds_at, finds, fact.order_id)


@step
def was_not_me(run: Run, at: int, order_id: str) -> Dues:
    """The card's owner sees the payment, if there was one, and has it taken back."""
    return _has_it_taken_back(run, order_id, "UnauthorisedUse")


@step
def was_too_much(run: Run, at: int, order_id: str) -> Dues:
    """The buyer sees the payment, if there was one, and has it taken back."""
    return _has_it_taken_back(run, order_id, "ChargedTwice")


def _has_it_taken_back(run: Run, order_id: str, reason: str) -> Dues:
    order = run.world.order(order_id)
    if order.confirmed_at is not None and left_minor(order) > 0:
        run.tries(chargebacks.file, by="bank", order_id=order_id, reason=reason)
    return ()
