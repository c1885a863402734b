"""Parcels: each travels to the address that was used, is handed over, missed, lost, or brought back."""

from math import log
from typing import Any

from sandbox.central import shipments
from sandbox.central.days import DAY, MINUTE, SHOP_OFFSET, start_of_day
from sandbox.central.facts import ShipmentConfirmed
from sandbox.central.guide import Due
from sandbox.central.world import AgendaRow
from sandbox.sim.cast import Dues, Run, in_one_round, reacts_to, step
from sandbox.sim.complaints import misses_it
from sandbox.sim.luck import Weighted
from sandbox.sim.scenario.parcels import Carrier
from sandbox.sim.wishes import wants_another_address

ROUTE, LEGS, LOST, FAILS = 0, 1, 6, 7  # places of a parcel's uniforms; a leg each from 1 to 5
_GIVEN_UP_AFTER = 2
"""Times the transit time until a carrier calls a parcel lost (assumed)."""
_ROUND = 15 * MINUTE
"""Carriers tell what they did every quarter of an hour (assumed)."""
_USUAL = Carrier()


@reacts_to(ShipmentConfirmed)
def leaves(run: Run, fact: ShipmentConfirmed, number: int) -> Dues:
    """A confirmed package is on its way. Only the carrier knows when it will arrive."""
    draws = run.luck(f"parcel {fact.package}", number, places=8, first=8)
    parcels = run.scenario.parcels
    carrier = parcels.carriers.get(fact.carrier, _USUAL)
    span = int(_transit_days(run, draws) * _slowness(run, fact, carrier) * DAY)
    ref = f"{fact.order_id} {fact.package}"
    if draws[LOST] < parcels.lost_share * carrier.lost_times:
        yield Due(by_day(run, fact.at, _GIVEN_UP_AFTER * span), "parcels.is_lost", ref)
        yield from misses_it(run, fact, number, None)
        return
    arrives_at = by_day(run, fact.at, span)
    fails = failures(run, fact, number, draws[FAILS])
    yield Due(arrives_at, "parcels.arrives", f"{ref} 1 {fails}" if fails else ref)
    at_the_door = None if fails == parcels.attempts else arrives_at + int(fails * parcels.attempt_days * DAY)
    yield from misses_it(run, fact, number, at_the_door)


def by_day(run: Run, at: int, span: int) -> int:
    """The delivery hours' moment for what took so long: a whole day's moments are laid onto the rounds of one.

    The day begins so much before the hours that the middle of both is the same, and no parcel is later for it on
    average. What would come before it left comes the day after.
    """
    if "delivery hours" not in run.made:
        parcels = run.scenario.parcels
        length = parcels.delivers_until - parcels.delivers_from
        begins = parcels.delivers_from + (length - DAY) // 2 - SHOP_OFFSET
        run.made["delivery hours"] = begins, parcels.delivers_from - SHOP_OFFSET, length
    begins, opens, length = run.made["delivery hours"]
    day, into = divmod(at + span - begins, DAY)
    rounds = into * length // (DAY * _ROUND)
    moment: int = day * DAY + opens + rounds * _ROUND
    return moment if moment >= at else moment + DAY


def _transit_days(run: Run, draws: tuple[float, ...]) -> float:
    route = run.scenario.parcels.transit[_routes(run).pick(draws[ROUTE])]
    legs = 1.0
    for u in draws[LEGS : LEGS + route.shape]:
        legs *= 1.0 - u
    return -log(legs) * route.mean_days / route.shape


def _routes(run: Run) -> Weighted:
    if "routes" not in run.made:
        run.made["routes"] = Weighted([route.weight for route in run.scenario.parcels.transit])
    routes: Weighted = run.made["routes"]
    return routes


def _slowness(run: Run, fact: ShipmentConfirmed, carrier: Carrier) -> float:
    """So many times the transit time: a slow carrier, a strike that began or will end on the way."""
    slower: float = carrier.slower
    for struck, ends, times in run.state("strikes", []):
        if fact.at < ends and struck in (None, fact.carrier):
            slower *= times
    return slower


def failures(run: Run, fact: ShipmentConfirmed, number: int, draw: float) -> int:
    """How many attempts nobody is there for: more where the buyer had moved, and it went to the old address."""
    parcels = run.scenario.parcels
    share, again = parcels.failed_share, parcels.failed_again
    if draw >= share and (draw >= parcels.failed_at_old_address or not wants_another_address(run, number)):
        return 0
    if goes_astray(run, fact, number):
        share = again = parcels.failed_at_old_address
    fails = 0
    while fails < parcels.attempts and draw < share:
        fails += 1
        share *= again
    return fails


def goes_astray(run: Run, fact: ShipmentConfirmed, number: int) -> bool:
    """Whether it went to an address at which the buyer does not live any more."""
    return not fact.ship_to and wants_another_address(run, number)


@in_one_round
def arrives(run: Run, at: int, due: list[AgendaRow]) -> Dues:
    """Parcels are handed over, but for those that nobody is there for."""
    missed: list[tuple[int | None, dict[str, Any], list[str]]] = []
    handed_over: list[tuple[int | None, dict[str, Any]]] = []
    parcels = [(row[4], row[3].split(" ")) for row in due]
    numbers = [run.world.ids.order_number(ref[0]) or 0 for _, ref in parcels]
    under_way = shipments.under_way(run.world, numbers)
    for number, (because, (order_id, nth, *failing)) in zip(numbers, parcels, strict=True):
        package = int(nth)
        parcel = {"order_id": order_id, "package": package}
        if failing:
            missed.append((because, parcel, failing))
        else:
            handed_over.append((because, {**parcel, "is_under_way": (number, package) in under_way}))
    run.world.do_each(shipments.deliver, handed_over, by="carrier")
    for because, parcel, failing in missed:
        run.world.cause = because
        yield from _is_missed(run, at, parcel, *failing)


def _is_missed(run: Run, at: int, parcel: dict[str, Any], nth: str, of: str) -> Dues:
    """It comes again another day, and after the last time it goes back."""
    parcels, attempt, fails = run.scenario.parcels, int(nth), int(of)
    if not run.tries(shipments.fail, by="carrier", attempt=attempt, **parcel):
        return
    again, ref = _tries_again(run, at), f"{parcel['order_id']} {parcel['package']}"
    if attempt == parcels.attempts:
        yield Due(again, "parcels.goes_back", ref)
    elif attempt == fails:
        yield Due(again, "parcels.arrives", ref)
    else:
        yield Due(again, "parcels.arrives", f"{ref} {attempt + 1} {fails}")


def _tries_again(run: Run, at: int) -> int:
    """The next attempt, within the delivery hours: at the same hour, where attempts are whole days apart."""
    parcels = run.scenario.parcels
    again = at + int(parcels.attempt_days * DAY)
    opens = start_of_day(again) + parcels.delivers_from
    if again < opens:
        return opens
    return again if again <= start_of_day(again) + parcels.delivers_until else opens + DAY


@step
def is_lost(run: Run, at: int, ref: str) -> Dues:
    """The carrier gives the parcel up."""
    order_id, _, package = ref.partition(" ")
    run.tries(shipments.lose, by="carrier", order_id=order_id, package=int(package))
    return ()


@step
def goes_back(run: Run, at: int, ref: str) -> Dues:
    """The parcel is back at the seller's."""
    order_id, _, package = ref.partition(" ")
    run.tries(shipments.bring_back, by="carrier", order_id=order_id, package=int(package))
    return ()
