"""Banks: each reads what the seller has to say of a chargeback, and decides some weeks later.

An order is charged back once, so its number names the bank's luck: whoever else quarrels, it decides alike.
"""

from sandbox.central import chargebacks
from sandbox.central.days import DAY, after
from sandbox.central.disputes import CHARGEBACK, dispute_of
from sandbox.central.facts import DisputeAnswered
from sandbox.central.guide import Due
from sandbox.sim.cast import Dues, Run, reacts_to, step

FINDS, WEEKS = 0, 1  # places of a chargeback's uniforms
_FASTEST, _SLOWEST = 0.5, 1.5
"""Of the policy's days. Assumed; it can take weeks."""


@reacts_to(DisputeAnswered)
def reads(run: Run, fact: DisputeAnswered, number: int) -> Dues:
    """The answer to a chargeback goes to the buyer's bank; claims are the platform's own."""
    (kind,) = run.world.row("select kind from disputes where dispute = ?", (fact.dispute,))
    if kind == CHARGEBACK:
        yield Due(after(fact.at, deciding_time(run, number)), "banks.decides", str(fact.dispute))


def deciding_time(run: Run, number: int) -> int:
    """Until the bank decides about an order's chargeback, in milliseconds."""
    days = _FASTEST + (_SLOWEST - _FASTEST) * run.lot("bank", number, 16, WEEKS)
    return int(run.world.policy.chargeback_decided_days * days * DAY)


@step
def decides(run: Run, at: int, ref: str) -> Dues:
    """The bank finds for the seller or for the buyer; nothing, where the chargeback ended meanwhile."""
    chargeback = int(ref)
    found = dispute_of(run.world, chargeback, CHARGEBACK)
    draw = run.lot("bank", found.order_number, 16, FINDS)
    run.world.do(chargebacks.decide, by="bank", chargeback=chargeback, draw=draw)
    return ()
