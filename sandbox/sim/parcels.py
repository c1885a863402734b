"""Parcels: each travels to the address that was used, is handed over, missed, lost, or brought back."""

from collections.abc import Iterator
from math import log
from typing import Any

from msgspec import Struct

from sandbox.central import shipments
from sandbox.central.days import DAY, MINUTE, SHOP_OFFSET, start_of_day
from sandbox.central.facts import ShipmentConfirmed
from sandbox.central.fresh import Told
from sandbox.central.guide import Due
from sandbox.central.records import AgendaRow
from sandbox.sim.cast import Dues, News, Run, in_one_round, reacts_to_many, step, worked_out_once
from sandbox.sim.complaints import misses_it
from sandbox.sim.luck import Uniforms, Weighted
from sandbox.sim.scenario.parcels import Carrier
from sandbox.sim.wishes import wants_another_address

_PLACES = 8
ROUTE, LEGS, LOST, FAILS = 0, 1, 6, 7  # places of a parcel's uniforms; a leg each from 1 to 5
_GIVEN_UP_AFTER = 2
"""Times the transit time until a carrier calls a parcel lost (assumed)."""
_HANDED_OVER = 2
"""Words of a parcel that somebody is there for: the order and the package. Others say which attempt, of how many."""
_ROUND = 30 * MINUTE
"""Carriers tell what they did every half an hour (assumed)."""
_USUAL = Carrier()
_Strikes = list[list[Any]]
"""Each is a list: the carrier that is struck, or None for all; when that ends; so many times longer it takes."""


@reacts_to_many(ShipmentConfirmed)
def leave(run: Run, confirmed: list[News]) -> Iterator[tuple[int, Due]]:
    """Confirmed packages are on their way. Only the carrier knows when they will arrive."""
    roads, strikes = _roads(run), _strikes(run)
    draws_of = run.in_turn("parcel 1", _PLACES, _PLACES)
    for seq, fact, number in confirmed:
        draws = draws_of(number) if fact.package == 1 else _draws(run, fact, number)
        for due in _comes_of(run, roads, strikes, fact, number, draws):
            yield seq, due


def leaves(run: Run, fact: ShipmentConfirmed, number: int) -> Dues:
    """What comes of one that leaves."""
    return _comes_of(run, _roads(run), _strikes(run), fact, number, _draws(run, fact, number))


def _draws(run: Run, fact: ShipmentConfirmed, number: int) -> Uniforms:
    return run.luck(f"parcel {fact.package}", number, _PLACES)


class _Roads(Struct, frozen=True):
    """How parcels travel, by the scenario, ready to draw from."""

    routes: Weighted
    legs: list[tuple[int, float]]
    """Of each route: how many, and the mean days of one."""
    hours: tuple[int, int, int]
    """When the day begins that is laid onto the delivery hours, when these begin, and how long they are."""

    def by_day(self, at: int, span: int) -> int:
        """The delivery hours' moment for what took so long: a whole day's moments are laid onto the rounds of one.

        The day begins so much before the hours that the middle of both is the same, and no parcel is later for it on
        average. What would come before it left comes the day after.
        """
        begins, opens, length = self.hours
        day, into = divmod(at + span - begins, DAY)
        moment = day * DAY + opens + into * length // (DAY * _ROUND) * _ROUND
        return moment if moment >= at else moment + DAY


@worked_out_once
def _roads(run: Run) -> _Roads:
    parcels = run.scenario.parcels
    length = parcels.delivers_until - parcels.delivers_from
    begins = parcels.delivers_from + (length - DAY) // 2 - SHOP_OFFSET
    return _Roads(
        Weighted([route.weight for route in parcels.transit]),
        [(route.shape, route.mean_days / route.shape) for route in parcels.transit],
        (begins, parcels.delivers_from - SHOP_OFFSET, length),
    )


def _strikes(run: Run) -> _Strikes:
    found: _Strikes = run.state("strikes", [])
    return found


def _comes_of(
    run: Run, roads: _Roads, strikes: _Strikes, fact: ShipmentConfirmed, number: int, draws: Uniforms
) -> Dues:
    parcels, ref = run.scenario.parcels, f"{fact.order_id} {fact.package}"
    carrier = parcels.carriers.get(fact.carrier, _USUAL)
    span = int(_transit_days(roads, draws) * _slowness(strikes, fact, carrier) * DAY)
    if draws[LOST] < parcels.lost_share * carrier.lost_times:
        lost_at = roads.by_day(fact.at, _GIVEN_UP_AFTER * span)
        return (Due(lost_at, "parcels.is_lost", ref), *misses_it(run, fact, number, None))
    arrives_at = roads.by_day(fact.at, span)
    fails = failures(run, fact, number, draws[FAILS])
    if not fails:
        return (Due(arrives_at, "parcels.arrives", ref), *misses_it(run, fact, number, arrives_at))
    at_the_door = None if fails == parcels.attempts else arrives_at + int(fails * parcels.attempt_days * DAY)
    return (Due(arrives_at, "parcels.arrives", f"{ref} 1 {fails}"), *misses_it(run, fact, number, at_the_door))


def is_back_at(run: Run, at: int, span: int) -> int:
    """When a parcel that set out then, and takes so long, is at the seller's again.

    A carrier brings the shop what goes back to it once a day, in the middle of its hours (assumed): at that time of the
    day that is nearest, so that nothing is later for it on average, but never in less than half the time.
    """
    parcels = run.scenario.parcels
    middle = (parcels.delivers_from + parcels.delivers_until) // 2
    nearest = start_of_day(at + span - middle + DAY // 2) + middle
    return nearest if nearest >= at + span // 2 else nearest + DAY


def _transit_days(roads: _Roads, draws: Uniforms) -> float:
    legs, days = roads.legs[roads.routes.pick(draws[ROUTE])]
    left = 1.0
    for u in draws[LEGS : LEGS + legs]:
        left *= 1.0 - u
    return -log(left) * days


def _slowness(strikes: _Strikes, fact: ShipmentConfirmed, carrier: Carrier) -> float:
    """So many times the transit time: a slow carrier, a strike that began or will end on the way."""
    slower: float = carrier.slower
    for struck, ends, times in strikes:
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
    """Parcels are handed over, but for those that nobody is there for: these come again, or in the end go back."""
    told, number_of = [row[3].split(" ") for row in due], run.world.ids.order_number
    numbers = [number_of(words[0]) or 0 for words in told]
    shipments.look_for(run.world, numbers)
    handed_over: list[Told] = []
    missed: list[Told] = []
    attempts: list[list[str]] = []
    for row, words, number in zip(due, told, numbers, strict=True):
        parcel = words[0], int(words[1])
        if len(words) == _HANDED_OVER:
            handed_over.append((row[4], number, parcel))
        else:
            missed.append((row[4], number, (*parcel, int(words[2]))))
            attempts.append(words)
    run.world.do_each(shipments.deliver, handed_over, by="carrier")
    for fact, words in zip(run.world.do_each(shipments.fail, missed, by="carrier"), attempts, strict=True):
        if isinstance(fact, int):
            yield _next_attempt(run, at, words, fact)


def _next_attempt(run: Run, at: int, words: list[str], missed: int) -> Due:
    """It comes again another day, and after the last time it goes back."""
    order_id, package, nth, of = words
    ref, attempt, parcels = f"{order_id} {package}", int(nth), run.scenario.parcels
    if attempt == parcels.attempts:
        back_at = is_back_at(run, at, int(parcels.attempt_days * DAY))
        return Due(back_at, "parcels.goes_back", ref, because=missed)
    comes = ref if attempt == int(of) else f"{ref} {attempt + 1} {of}"
    return Due(_tries_again(run, at), "parcels.arrives", comes, because=missed)


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
