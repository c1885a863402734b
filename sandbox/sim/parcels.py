"""Parcels: each travels to the address that was used, is handed over, missed, lost, or brought back."""

from math import log

from sandbox.central import shipments
from sandbox.central.days import DAY, SHOP_OFFSET, start_of_day
from sandbox.central.facts import ShipmentConfirmed
from sandbox.central.guide import Due
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.complaints import misses_it
from sandbox.sim.luck import Weighted
from sandbox.sim.scenario.parcels import Carrier
from sandbox.sim.wishes import wants_another_address

ROUTE, LEGS, LOST, FAILS = 0, 1, 6, 7  # places of a parcel's uniforms; a leg each from 1 to 5
_GIVEN_UP_AFTER = 2
"""Times the transit time until a carrier calls a parcel lost (assumed)."""
_USUAL = Carrier()


@reacts_to(ShipmentConfirmed)
def leaves(run: Run, fact: ShipmentConfirmed, number: int) -> Dues:
    """A confirmed package is on its way. Only the carrier knows when it will arrive."""
    draws = run.luck(f"parcel {fact.package}", number, places=8)
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
    """The delivery hours' moment for what took so long: a whole day's moments are laid onto the hours of one.

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
    moment: int = day * DAY + opens + into * length // DAY
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


@step
def arrives(run: Run, at: int, ref: str) -> Dues:
    """The parcel is handed over, or nobody is there: then it comes again, and after the last time it goes back."""
    order_id, package, attempt, fails = (*ref.split(" "), "0", "0")[:4]
    what = {"order_id": order_id, "package": int(package)}
    if not int(fails):
        run.tries(shipments.deliver, by="carrier", **what)
        return
    parcels = run.scenario.parcels
    if not run.tries(shipments.fail, by="carrier", attempt=int(attempt), **what):
        return
    again = _tries_again(run, at)
    if int(attempt) == parcels.attempts:
        yield Due(again, "parcels.goes_back", f"{order_id} {package}")
    elif attempt == fails:
        yield Due(again, "parcels.arrives", f"{order_id} {package}")
    else:
        yield Due(again, "parcels.arrives", f"{order_id} {package} {int(attempt) + 1} {fails}")


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
