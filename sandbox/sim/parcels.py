"""Parcels: each travels for a while and is handed over."""

from math import log

from sandbox.central import shipments
from sandbox.central.days import DAY
from sandbox.central.facts import ShipmentConfirmed
from sandbox.central.guide import Due
from sandbox.sim.cast import Dues, Run, reacts_to, step
from sandbox.sim.luck import Weighted

_ROUTE, _LEGS = 0, 1  # places of a parcel's uniforms; a leg each from 1 to 5


@reacts_to(ShipmentConfirmed)
def leaves(run: Run, fact: ShipmentConfirmed, number: int) -> Dues:
    """A confirmed package is on its way. Only the carrier knows when it will arrive."""
    draws = run.luck(f"parcel {fact.package}", number, places=6)
    transit = run.scenario.parcels.transit
    route = transit[_routes(run).pick(draws[_ROUTE])]
    legs = 1.0
    for u in draws[_LEGS : _LEGS + route.shape]:
        legs *= 1.0 - u
    days = -log(legs) * route.mean_days / route.shape
    yield Due(fact.at + int(days * DAY), "parcels.arrives", f"{fact.order_id} {fact.package}")


def _routes(run: Run) -> Weighted:
    if "routes" not in run.made:
        run.made["routes"] = Weighted([route.weight for route in run.scenario.parcels.transit])
    routes: Weighted = run.made["routes"]
    return routes


@step
def arrives(run: Run, at: int, ref: str) -> Dues:
    """The parcel is handed over."""
    order_id, _, package = ref.partition(" ")
    run.world.do(shipments.deliver, by="carrier", order_id=order_id, package=int(package))
    return ()
