"""Happenings: what befalls the shop from outside, at a time or on a condition, as the plot of its scenario has it."""

from collections.abc import Callable, Iterator

from sandbox.central import chargebacks, settings, standing
from sandbox.central.days import DAY, start_of_day
from sandbox.central.facts import Fact, HappeningBegan, HappeningEnded, LimitCrossed, OrderPlaced
from sandbox.central.guide import Due
from sandbox.central.world import World
from sandbox.sim import events, stock
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.players import DISPATCH, INBOX, TAKES_UP, is_scripted, players
from sandbox.sim.scenario import Happening

Began = Callable[[Run, int, int, Happening], Dues]
"""run, moment, the happening's number, the happening -> what follows."""
_AWAY = "away"


def befall(world: World, at: int, happening: int, what: str, says: str) -> Iterator[Fact]:
    """Something befalls the shop; what it does is told by the facts that follow."""
    yield HappeningBegan(at, happening, what, says)


def pass_over(world: World, at: int, happening: int, what: str) -> Iterator[Fact]:
    """It is over."""
    yield HappeningEnded(at, happening, what)


# -- when


def plot(run: Run, at: int) -> Dues:
    """The happenings that have a day; the others wait for their condition."""
    for number, one in enumerate(run.scenario.happenings, 1):
        if one.day is not None:
            moment = start_of_day(run.scenario.start) + (one.day - 1) * DAY + one.time
            yield Due(max(at, moment), "happenings.begins", str(number), caused=False)


def _waiting(run: Run, condition: str) -> list[tuple[int, Happening]]:
    """The happenings that wait for such a condition and have not begun yet."""
    begun: list[int] = run.state("begun", [])
    plot = enumerate(run.scenario.happenings, 1)
    return [(number, one) for number, one in plot if getattr(one, condition) is not None and number not in begun]


@reacts_to(LimitCrossed)
def when_over(run: Run, fact: LimitCrossed, number: int) -> Dues:
    """A rate crossed its limit: somebody may have waited for that."""
    for happening, one in _waiting(run, "when_over"):
        if fact.breached and fact.rate.startswith(str(one.when_over)):
            run.state("begun", []).append(happening)
            yield Due(fact.at, "happenings.begins", str(happening))


def _waits_for_orders(run: Run) -> bool:
    return any(one.when_orders for one in run.scenario.happenings)


@reacts_to(OrderPlaced, where=_waits_for_orders)
def when_orders(run: Run, fact: OrderPlaced, number: int) -> Dues:
    """So many orders were placed: somebody may have waited for that."""
    for happening, one in _waiting(run, "when_orders"):
        if run.world.clock.orders >= (one.when_orders or 0):
            run.state("begun", []).append(happening)
            yield Due(fact.at, "happenings.begins", str(happening))


@step
def begins(run: Run, at: int, ref: str) -> Dues:
    """It happens, and is on record."""
    number = int(ref)
    one = run.scenario.happenings[number - 1]
    says = one.name or one.what.replace("-", " ")
    if one.what == "event" and not events.order_of(run, at, number, one):
        says += ": there is no order that it fits"
    run.world.do(befall, by="plot", happening=number, what=one.what, says=says)
    run.world.cause = run.world.clock.facts
    yield from BEGINS[one.what](run, at, number, one)


def _ends(at: int, number: int, one: Happening) -> Due:
    return Due(at + one.lasts, "happenings.ends", str(number))


@step
def ends(run: Run, at: int, ref: str) -> Dues:
    """What lasted is over, and what it stopped goes on."""
    number = int(ref)
    one = run.scenario.happenings[number - 1]
    run.world.do(pass_over, by="plot", happening=number, what=one.what)
    if one.what in ENDS:
        yield from ENDS[one.what](run, at, number, one)


# -- what


def _stock_lost(run: Run, at: int, number: int, one: Happening) -> Dues:
    stock.lose(run, one.sku or "", one.pieces)
    return ()


def _courier_strike(run: Run, at: int, number: int, one: Happening) -> Dues:
    run.state("strikes", []).append([one.carrier, at + one.lasts, one.slower])
    yield _ends(at, number, one)


def _courier_strike_over(run: Run, at: int, number: int, one: Happening) -> Dues:
    strikes = run.state("strikes", [])
    strikes[:] = [strike for strike in strikes if strike[1] > at]
    return ()


def _festival(run: Run, at: int, number: int, one: Happening) -> Dues:
    run.state("festivals", []).append([at, at + one.lasts, one.factor])
    yield _ends(at, number, one)


def _festival_over(run: Run, at: int, number: int, one: Happening) -> Dues:
    festivals = run.state("festivals", [])
    festivals[:] = [festival for festival in festivals if festival[1] > at]
    return ()


def _stopped(one: Happening) -> tuple[str, ...]:
    return (DISPATCH, INBOX) if one.what == "integration-outage" else (one.desk or "",)


def _desk_away(run: Run, at: int, number: int, one: Happening) -> Dues:
    """Nobody plays the desk, or fewer agents do."""
    if one.desk == INBOX and one.agents:
        run.state("inbox", {"busy": {}, "away": 0, "opens": False})["away"] += one.agents
    else:
        table, before, absences = players(run), run.state("players before", {}), run.state("absences", {})
        for desk in _stopped(one):
            absences[desk] = absences.get(desk, 0) + 1
            if table.get(desk) != _AWAY:
                before[desk], table[desk] = table.get(desk), _AWAY
    yield _ends(at, number, one)


def _desk_back(run: Run, at: int, number: int, one: Happening) -> Dues:
    if one.desk == INBOX and one.agents:
        state = run.state("inbox", {"busy": {}, "away": 0, "opens": False})
        state["away"] = max(0, state["away"] - one.agents)
        yield Due(at, TAKES_UP[INBOX], "")
        return
    table, before, absences = players(run), run.state("players before", {}), run.state("absences", {})
    for desk in _stopped(one):
        absences[desk] -= 1
        if absences[desk]:
            continue
        was = before.pop(desk)
        if table[desk] == _AWAY:  # otherwise somebody took it over meanwhile
            del table[desk]
            table |= {desk: was} if was else {}
            if desk in TAKES_UP and is_scripted(run, desk):
                yield Due(at, TAKES_UP[desk], "")


_CHARGEABLE = """
    select order_id from orders where confirmed_at > ? and confirmed_at <= ? and view = 'production'
        and paid_minor > refunding_minor + refunded_minor + reversed_minor
        and number not in (select order_number from disputes) order by number"""


def chargeable(run: Run, at: int, one: Happening) -> list[str]:
    """The orders that a wave which began then may meet, as they stand now."""
    since = at - (run.world.policy.chargeback_closes_days - one.days) * DAY
    return [order_id for (order_id,) in run.world.rows(_CHARGEABLE, (int(since), at))]


def _chargeback_wave(run: Run, at: int, number: int, one: Happening) -> Dues:
    """So many orders, drawn from those that a bank may still take back, over the days of the wave."""
    found = chargeable(run, at, one)
    draws = [(run.luck(f"wave {number}", place, places=2), order_id) for place, order_id in enumerate(found)]
    for (_, when), order_id in sorted(draws)[: one.orders]:
        yield Due(at + int(when * one.lasts), "happenings.charges_back", f"{number} {order_id}")


@step
def charges_back(run: Run, at: int, ref: str) -> Dues:
    """One of the wave."""
    number, _, order_id = ref.partition(" ")
    reason = run.scenario.happenings[int(number) - 1].reason
    run.tries(chargebacks.file, by="bank", order_id=order_id, reason=reason)
    return ()


def _account_review(run: Run, at: int, number: int, one: Happening) -> Dues:
    run.world.do(standing.open_review, by="amazon", until=at + one.lasts, because=one.name or "A closer look.")
    yield _ends(at, number, one)


def _policy_change(run: Run, at: int, number: int, one: Happening) -> Dues:
    run.world.do(settings.change_policy, by="amazon", policy=one.policy, changes=one.changes)
    return ()


def _event(run: Run, at: int, number: int, one: Happening) -> Dues:
    if order_id := events.order_of(run, at, number, one):
        yield from events.EVENTS[str(one.event)].begins(run, at, one, order_id)


BEGINS: dict[str, Began] = {
    "stock-lost": _stock_lost,
    "courier-strike": _courier_strike,
    "festival": _festival,
    "desk-away": _desk_away,
    "integration-outage": _desk_away,
    "chargeback-wave": _chargeback_wave,
    "account-review": _account_review,
    "policy-change": _policy_change,
    "event": _event,
}
ENDS: dict[str, Began] = {
    "courier-strike": _courier_strike_over,
    "festival": _festival_over,
    "desk-away": _desk_back,
    "integration-outage": _desk_back,
}
