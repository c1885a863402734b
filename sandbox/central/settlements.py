"""Settlements: periods that add up, and the money that leaves for the seller's bank some days later (chapter 5)."""

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.central import reserve, settings, standing
from sandbox.central.days import DAY, LAST_MOMENT, next_working_day
from sandbox.central.facts import DebtCarried, Fact, SettlementClosed, TransferHeld, TransferMade
from sandbox.central.guide import Due, Refused, rule
from sandbox.central.ledger import LAST_NUMBER, LINES, opened, sum_of, sums
from sandbox.central.records import Settlement
from sandbox.central.search import PAGE, Page
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


class Balance(NamedTuple):
    """Where the seller's money is now, in minor units: the total is the reserve, what is available and in transfer."""

    total_minor: int
    """All that is the seller's and not at the bank."""
    reserve_minor: int
    """What of it is held back now: no more than is there and not on its way to the bank."""
    available_minor: int
    """The rest of it; below 0 where the seller owes the platform."""
    in_transfer_minor: int
    """What of it the last settlement handed out and the bank has not got yet."""
    transfer_at: int | None
    """When that leaves, unless something holds it then."""
    period: Period


def balance(world: World) -> Balance:
    """The balance with the period that runs now."""
    period, last = open_period(world), last_closed(world)
    total = period.funds_minor
    leaving = max(0, period.opening_minor + period.transferred_minor)
    held = max(0, min(reserve.amount_minor(world), total - leaving))
    transfer_at = last.transfer_at if last and leaving else None
    return Balance(total, held, total - held - leaving, leaving, transfer_at, period)


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


def settlements(world: World, cursor: str | None = None, limit: int = PAGE) -> Page[Settlement]:
    """Those that were closed, the last one first."""
    before = LAST_NUMBER if cursor is None else opened(cursor)
    sql = "select * from settlements where settlement < ? order by settlement desc limit ?"
    rows = [Settlement._make(row) for row in world.rows(sql, (before, limit + 1))]
    return Page(rows[:limit], str(rows[limit - 1].settlement) if len(rows) > limit else None)


def closes_at(world: World) -> int:
    """When the period that runs now ends."""
    assert world.account is not None
    policy, last = world.policy, last_closed(world)
    if last is None:
        return min(world.account.opened_at + policy.settlement_first_after_days * DAY, LAST_MOMENT)
    return min(last.closed_at + max(1, policy.settlement_every_days) * DAY, LAST_MOMENT)


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
    reserved = max(0, min(reserve.amount_minor(world), funds))
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
    next_at = at + max(1, world.policy.settlement_every_days) * DAY
    if next_at <= LAST_MOMENT:
        yield Due(next_at, "settlements.close", str(settlement + 1), caused=False)
    if closing < 0:
        yield debt(world, at, settlement, closing)


@rule(chapter=5, says="A balance below nothing is carried to the next settlement, and the seller is told.")
def debt(world: World, at: int, settlement: int, closing_minor: int) -> DebtCarried:
    """Each settlement that closes so tells it."""
    says = (
        f"Settlement {settlement} closed {-closing_minor} minor units of {world.currency} below nothing."
        " Nothing is paid out, and the next settlement begins with that debt."
    )
    return DebtCarried(at, settlement, closing_minor, says, settings.notification_addresses(world))


def transfer_day(world: World, at: int) -> int:
    """The day on which the money of a settlement that closes then is to leave."""
    day = next_working_day(at, world.working_weekdays, world.policy.transfer_after_working_days)
    return min(max(at, day), LAST_MOMENT)


@rule(chapter=5, says="A settlement's money leaves for the bank two working days later, unless something holds it.")
def transfer(world: World, at: int, settlement: int) -> Iterator[Fact | Due]:
    """The day of a transfer. Money that is held longer than a period goes with the next settlement."""
    found = settlement_of(world, settlement)
    was_held = at != transfer_day(world, found.closed_at)
    if was_held and settlement != world.clock.settlements:
        return
    if hold := standing.transfer_stop(world, at):
        yield TransferHeld(at, settlement, hold.reason, hold.next_look_at)
        if hold.next_look_at > at:
            yield Due(hold.next_look_at, "settlements.transfer", str(settlement))
        return
    if amount := _still_there(world, found):
        yield TransferMade(at, settlement, amount)


def _still_there(world: World, found: Settlement) -> int:
    """What it closed with, less what older ones handed out since: periods may be shorter than the way to the bank."""
    last = last_closed(world)
    assert last is not None
    sql = "select ifnull(sum(transfer_minor), 0) from settlements where settlement < ? and transfer_at > ?"
    (handed_out,) = world.row(sql, (found.settlement, found.closed_at))
    left = last.closing_minor - sum_of(world, "Transfer", last.last_entry)
    return max(0, min(found.closing_minor - int(handed_out), left))
