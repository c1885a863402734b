"""Complaints: buyers whose trouble nobody mended go to the platform, or weeks later to their bank (chapter 9).

Each has one uniform for either way. It is compared with a share that their treatment lowers or raises, so a better
seller never meets worse buyers. Nobody complains of what is not so: each step looks whether the trouble is still there.
"""

from collections.abc import Callable
from typing import NamedTuple

from sandbox.central import chargebacks, claims
from sandbox.central.days import DAY, HOUR, after
from sandbox.central.disputes import disputes_of
from sandbox.central.facts import OrderPlaced, ShipmentConfirmed
from sandbox.central.guide import Due
from sandbox.central.payments import left_minor
from sandbox.central.records import CANCELED, Order
from sandbox.central.refunds import refunds_of
from sandbox.central.returns import return_of
from sandbox.sim import words
from sandbox.sim.asking import STILL, about, is_delivered
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
    """What a bank is told; which of them is drawn."""
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
        ("BelowExpectations", "Other"),
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
        ("NotAsDescribed", "BelowExpectations"),
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
    if order.status == CANCELED or left_minor(order) <= 0 or disputes_of(run.world, order):
        return False
    if any(refund.state != "called-off" for refund in refunds_of(run.world, order)):
        return False
    return TROUBLES[trouble].is_there(run, order)


def _still(trouble: str) -> Callable[[Run, Order], bool]:
    return lambda run, order: is_troubled(run, order, trouble)


for _name, _trouble in TROUBLES.items():
    STILL[_trouble.topic] = _still(_name)


# -- what is not there


def misses_it(run: Run, fact: ShipmentConfirmed, number: int, at_the_door: int | None) -> Dues:
    """A parcel that will not come, or come late, is missed once its last promised day is over."""
    patience_ends = fact.at + _JUST_SENT_DAYS * DAY
    if fact.view != "production" or (at_the_door is not None and at_the_door <= patience_ends):
        return
    (deliver_by,) = run.world.row("select deliver_by from orders where number = ?", (number,))
    if at_the_door is None or at_the_door > deliver_by:
        asks_at = max(after(deliver_by, HOUR), patience_ends)
        yield Due(asks_at, "complaints.is_troubled_by", f"{fact.order_id} not-received")


@step
def is_troubled_by(run: Run, at: int, ref: str) -> Dues:
    """Writes to the seller first, and waits; what comes of it is seen when patience ends."""
    order_id, _, trouble = ref.partition(" ")
    order = run.world.order(order_id)
    disputes = run.scenario.buyers.disputes
    if not is_troubled(run, order, trouble):
        return
    if trouble == "not-received" and _draws(run, order)[MISSES] >= disputes.misses:
        return
    yield Due(at, "asking.asks", about(order_id, TROUBLES[trouble].topic))
    yield Due(at + waiting_time(run, order.number), "complaints.thinks_of_claiming", ref)


def waiting_time(run: Run, number: int) -> int:
    """From writing to the seller until the buyer thinks of claiming, in milliseconds."""
    least = run.world.policy.claim_opens_after_contact_days * DAY
    days = run.scenario.buyers.disputes.waits_days
    wait = lognormal(run.luck("complaint", number, places=8)[CLAIM_WAIT], days * DAY, _WAIT_SIGMA)
    return least + int(wait)


def _draws(run: Run, order: Order) -> Uniforms:
    return run.luck("complaint", order.number, places=8)


@step
def thinks_of_claiming(run: Run, at: int, ref: str) -> Dues:
    """Claims, if the trouble is still there and the seller's answers did not help enough; or thinks of the bank."""
    order_id, _, name = ref.partition(" ")
    world, trouble = run.world, TROUBLES[name]
    order = world.order(order_id)
    if not is_troubled(run, order, name):
        return
    shares, draws, times = run.scenario.buyers.disputes, _draws(run, order), regard(run, order.number)
    if draws[CLAIMS] < trouble.claims(shares) * times:
        opens = claims.opens_at(world, order)
        if opens is not None and opens > at:
            yield Due(opens, "complaints.thinks_of_claiming", ref)
            return
        text = run.said(words.CLAIMS[trouble.claim])
        if run.tries(claims.file, by="buyer", order_id=order_id, reason=trouble.claim, text=text):
            return
    yield from thinks_of_the_bank(run, at, order, name, times)


def thinks_of_the_bank(run: Run, at: int, order: Order, trouble: str, times: float) -> Dues:
    """Some go to their bank weeks later; so many times as many as otherwise, by how they were treated."""
    draws, shares = _draws(run, order), run.scenario.buyers.disputes
    if draws[CHARGES_BACK] < TROUBLES[trouble].charges_back(shares) * times:
        lag = _lag(run, draws[BANK_WAIT])
        ref = f"{order.order_id} {trouble}"
        yield Due(max(after(at, DAY), order.placed_at + lag), "complaints.goes_to_the_bank", ref)


def _lag(run: Run, u: float) -> int:
    """From the order to a chargeback: weeks, and never later than a bank may."""
    disputes = run.scenario.buyers.disputes
    lag = lognormal(u, disputes.chargeback_days * DAY, disputes.chargeback_sigma)
    return int(min(lag, (run.world.policy.chargeback_closes_days - 1) * DAY))


@step
def goes_to_the_bank(run: Run, at: int, ref: str) -> Dues:
    """Has the bank take the payment back, if the trouble is still there."""
    order_id, _, name = ref.partition(" ")
    order = run.world.order(order_id)
    if is_troubled(run, order, name):
        reasons = TROUBLES[name].charge
        reason = reasons[int(_draws(run, order)[KIND] * len(reasons))]
        run.tries(chargebacks.file, by="bank", order_id=order_id, reason=reason)
    return ()


# -- somebody else's card


def is_paid_by_somebody_else(run: Run, number: int, draws: Uniforms, wish: int | None) -> bool:
    """Some orders are paid with somebody else's card, more of them by those who want another address."""
    buyers = run.scenario.buyers
    if draws[FRAUD] < buyers.disputes.fraud:
        return True
    return wish == ANOTHER_ADDRESS and run.luck("wish", number, places=8)[IMPOSTOR] < buyers.wishes.impostors


def owner_sees_it(run: Run, fact: OrderPlaced, draws: Uniforms) -> Due:
    """Weeks later the card's owner finds the payment."""
    return Due(after(fact.at, _lag(run, draws[LAG])), "complaints.was_not_me", fact.order_id)


@step
def was_not_me(run: Run, at: int, order_id: str) -> Dues:
    """The card's owner sees the payment, if there was one, and has it taken back."""
    order = run.world.order(order_id)
    if order.confirmed_at is not None and left_minor(order) > 0:
        run.tries(chargebacks.file, by="bank", order_id=order_id, reason="UnauthorisedUse")
    return ()
