"""The disputes desk: answers claims and chargebacks with the record, refunds, or lets them be (chapter 9)."""

from sandbox.central import chargebacks, claims
from sandbox.central.days import HOUR
from sandbox.central.disputes import ACTION_REQUIRED, CLAIM
from sandbox.central.facts import ChargebackFiled, ClaimFiled
from sandbox.central.guide import Due
from sandbox.central.orders import packages_of
from sandbox.central.records import Dispute, Order
from sandbox.sim import words
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.luck import lognormal
from sandbox.sim.players import DISPUTES, is_scripted

MISSES, AFTER = 0, 1
BY = "disputes desk"


@reacts_to(ClaimFiled, ChargebackFiled)
def gets(run: Run, fact: ClaimFiled | ChargebackFiled, number: int) -> Dues:
    """A case is taken up after a while, or overlooked."""
    if is_scripted(run, DISPUTES):
        yield from taken_up(run, fact.at, fact.dispute)


def taken_up(run: Run, at: int, dispute: int) -> Dues:
    """What comes of a case that the desk hears of then: somebody acts on it, or nobody ever does."""
    desk, draws = run.scenario.desks.disputes, run.luck("disputes desk", dispute, places=2)
    if draws[MISSES] >= desk.missed_share:
        yield Due(at + int(lognormal(draws[AFTER], desk.after_hours * HOUR, 0.5)), "dispute_desk.acts", str(dispute))


@step
def takes_up(run: Run, at: int, ref: str) -> Dues:
    """The script takes the desk over, with all that is open."""
    for (dispute,) in run.world.rows("select dispute from disputes where state = ?", (ACTION_REQUIRED,)):
        yield from taken_up(run, at, dispute)


@step
def acts(run: Run, at: int, ref: str) -> Dues:
    """Answers a case that still waits, or refunds it, as the shop has it."""
    found = Dispute._make(run.world.row("select * from disputes where dispute = ?", (int(ref),)))
    desk = run.scenario.desks.disputes
    policy = desk.claims if found.kind == CLAIM else desk.chargebacks
    if not is_scripted(run, DISPUTES) or found.state != ACTION_REQUIRED or policy == "ignore":
        return ()
    room, name = (claims, "claim") if found.kind == CLAIM else (chargebacks, "chargeback")
    if policy == "refund":
        run.world.do(room.accept, by=BY, **{name: found.dispute})
    else:
        evidence = _evidence(run, run.world.order(found.order_id))
        text = run.said(words.ANSWER) or "-"
        run.world.do(room.represent, by=BY, text=text, evidence=evidence, **{name: found.dispute})
    return ()


def _evidence(run: Run, order: Order) -> list[tuple[str, str]]:
    """What the shop has: its tracking ids, what arrived, and the return that it offers for what is faulty."""
    packages = packages_of(run.world, order)
    found = [("Tracking", f"{one.carrier} {one.tracking}") for one in packages if one.tracking]
    if any(one.delivered_at is not None for one in packages):
        found.append(("ProofOfDelivery", "Handed over at the address, as the tracking shows."))
        found.append(("ReturnInstructions", words.TOPICS[words.FAULTY].answer))
    return found
