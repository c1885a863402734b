"""Settlements: periods that add up, and the money that leaves for the seller's bank some days later (chapter 5)."""

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.central import reserve, standing
from sandbox.central.days import DAY, LAST_MOMENT, next_working_day
from sandbox.central.facts import Fact, SettlementClosed, TransferHeld, TransferMade
from sandbox.central.guide import Due, Refused, rule
from sandbox.central.ledger import sums
from sandbox.central.records import Settlement
from sandbox.central.world import World


class Period(NamedTuple):
    """What a settlement period comes to so far, in minor units; what leaves the seller is negative."""

    settlement: int
    since: int
    opening_minor: int
    orders_minor: int
    refunds_minor: int
    claims_minor: int
    chargebacks_minor: int
    fees_minor: int
    transferred_minor: int
    reserved_before_minor: int

    @property
    def funds_minor(self) -> int:
        """All that is the seller's and not at the bank: the balance, the reserve in it."""
        return sum(self[2:])


def open_period(world: World) -> Period:
    """The period that runs now."""
    assert world.account is not None
    last = last_closed(world)
    sum_of = sums(world, last.last_entry if last else 0)
    orders, refunds, claims, chargebacks, fees, transferred = (
        sum(sign * sum_of.get(kind, 0) for kind, sign in line.items()) for line in LINES.values()
    )
    since = last.closed_at if last else world.account.opened_at
    opening, reserved = (last.closing_minor, last.reserved_minor) if last else (0, 0)
    number = last.settlement + 1 if last else 1
    return Period(number, since, opening, orders, refunds, claims, chargebacks, fees, transferred, reserved)


LINES = {
    "orders": {"OrderPayment": 1},
    "refunds": {"Refund": -1},
    "claims": {"Claim": -1, "Appeal": 1},
    "chargebacks": {"Chargeback": -1},
    "fees": {"Fee": -1, "RefundFee": 1, "ClaimFee": 1, "ChargebackFee": 1, "AppealFee": -1},
    "transferred": {"Transfer": -1},
}
"""Which kinds of entry make which line of a settlement, and their sign for the seller."""


def last_closed(world: World) -> Settlement | None:
    """The settlement that was closed last."""
    row = world.row("select * from settlements order by settlement desc limit 1")
    return Settlement._make(row) if row else None


def settlement_of(world: World, settlement: int) -> Settlement:
    """One that was closed. Refused with UnknownSettlement."""
    row = world.row("select * from settlements where settlement = ?", (settlement,))
    if row is None:
        closed = world.clock.settlements
        known = f"Closed are 1 to {closed}" if closed else "None is closed yet"
        raise Refused("UnknownSettlement", f"There is no closed settlement {settlement}. {known}.")
    return Settlement._make(row)


def settlements(world: World) -> list[Settlement]:
    """All that were closed, the last one first."""
    rows = world.rows("select * from settlements order by settlement desc")
    return [Settlement._make(row) for row in rows]


def first_close(world: World) -> Due:
    """The end of an account's first period; every period puts off the next one."""
    assert world.account is not None
    at = world.account.opened_at + world.policy.settlement_first_after_days * DAY
    return Due(min(at, LAST_MOMENT), "settlements.close", "1", caused=False)


@rule(
    chapter=5,
    says="You are paid by settlement periods: what was paid, given back and held adds up to what goes to your bank.",
)
def close(world: World, at: int, settlement: int) -> Iterator[Fact | Due]:
    """The end of a period. The reserve takes what it must, as far as there is money; the rest is handed out later."""
    period = open_period(world)
    assert period.settlement == settlement
    funds = period.funds_minor
    reserved = max(0, min(reserve.reserve(world).amount_minor, funds))
    closing = funds - reserved
    transfer_at = None if closing <= 0 else transfer_day(world, at)
    yield SettlementClosed(
        at,
        settlement,
        *period[1:9],
        reserved,
        period.reserved_before_minor - reserved,
        closing,
        transfer_at,
    )
    yield Due(at, "reports.tell_settlement", str(settlement))
    if transfer_at is not None:
        yield Due(transfer_at, "settlements.transfer", str(settlement))
    next_at = at + world.policy.settlement_every_days * DAY
    if next_at <= LAST_MOMENT:
        yield Due(next_at, "settlements.close", str(settlement + 1), caused=False)


def transfer_day(world: World, at: int) -> int:
    """The day on which the money of a settlement that closes then is to leave."""
    return min(next_working_day(at, world.working_weekdays, world.policy.transfer_after_working_days), LAST_MOMENT)


@rule(chapter=5, says="A settlement's money leaves for the bank two working days later, unless something holds it.")
def transfer(world: World, at: int, settlement: int) -> Iterator[Fact | Due]:
    """The day of a transfer. Money that is held longer than a period goes with the next settlement."""
    if settlement != world.clock.settlements:
        return
    if hold := standing.transfer_stop(world, at):
        yield TransferHeld(at, settlement, hold.reason, hold.until)
        yield Due(hold.until, "settlements.transfer", str(settlement))
        return
    yield TransferMade(at, settlement, settlement_of(world, settlement).closing_minor)
