"""/sandbox/worlds/<name>/simulations: events on demand, under the same rules as for simulated buyers."""

from typing import Any, Literal

from flask import Response
from msgspec.json import encode
from pydantic import Field

from sandbox.api.asked import Body, Moment
from sandbox.api.control import answers
from sandbox.api.control.entry import WorldPath, control_doors, enter
from sandbox.api.control.notifying import carry_out_and_tell
from sandbox.api.desk import answer
from sandbox.api.fact_render import fact
from sandbox.central.days import rfc3339
from sandbox.central.world import World
from sandbox.sim.magic import MAGIC, PREFIX
from sandbox.sim.simulations import SIMULATIONS, simulate

doors = control_doors("simulations")


class SimulationPath(WorldPath):
    """An event."""

    thing: str = Field(max_length=20_000)
    verb: str = Field(max_length=20_000)


class SimulatedItem(Body):
    """A line of an order."""

    sku: str = Field(max_length=100, description="Of a product of the shop, or a magic word.")
    quantity: int = Field(1, ge=1, le=999)
    price_minor: int | None = Field(None, ge=1, le=10**9, description="For one piece; the product's own, if left out.")


class SimulatedAddress(Body):
    """Where a parcel is to go."""

    name: str = Field(min_length=1, max_length=100)
    line1: str = Field(min_length=1, max_length=200)
    line2: str = Field("", max_length=200)
    city: str = Field(min_length=1, max_length=100)
    state: str = Field(min_length=1, max_length=100)
    postal_code: str = Field(min_length=1, max_length=20)
    country: str = Field("IN", min_length=2, max_length=2)
    phone: str = Field("", max_length=40)


class Simulated(Body):
    """What is to happen; which fields an event takes is told by `GET …/simulations`."""

    order_id: str | None = Field(None, description="Drawn from those to which it can happen, if left out.")
    items: list[SimulatedItem] | None = Field(None, min_length=1, max_length=60)
    buyer: str | None = Field(
        None, min_length=1, max_length=100, description="By name, which may hold a magic word; joins, with an address."
    )
    address: SimulatedAddress | None = None
    placed_at: Moment | None = Field(None, description="Now, if left out, or a moment to come.")
    pending: bool | None = Field(None, description="Whether the payment is still to be authorised.")
    view: Literal["production", "sandbox"] | None = None
    subject: str | None = None
    text: str | None = None
    reason: str | None = None
    amount_minor: int | None = Field(None, ge=1, le=2**53)
    rating: int | None = None
    comment: str | None = None
    package: int | None = Field(None, ge=1, le=2**62)
    outcome: Literal["won", "lost"] | None = Field(None, description="For whom the bank finds: won is the seller's.")
    sku: str | None = None
    days: int | None = Field(None, ge=1, le=3660, description="How long a review of the account lasts.")
    pieces: int | None = Field(None, ge=1, le=10**9, description="How many are lost; all, if left out.")


@doors.get("/simulations", summary="List what can be made to happen", responses={200: answers.Simulations})
def list_simulations() -> Response:
    """Every event by thing and verb, with the fields that it takes and those that it needs; and every magic word."""
    found = [
        {
            "thing": thing,
            "verb": verb,
            "says": one.says,
            "takes": [*(("order_id",) if one.fits else ()), *one.takes],
            "needs": one.needs,
        }
        for (thing, verb), one in SIMULATIONS.items()
    ]
    magic = [{"word": PREFIX + word, "says": fate.says} for word, fate in MAGIC.items()]
    return answer(encode({"simulations": found, "magic": magic}))


@doors.post(
    "/worlds/<name>/simulations/<thing>/<verb>", summary="Make something happen", responses={201: answers.Happened}
)
def make_happen(path: SimulationPath, body: Simulated) -> Response:
    """Now, to an order that is named or drawn. What the rules of the platform refuse is refused, with the reason."""
    enter(path.name)
    given = body.model_dump(exclude_none=True)
    named: list[str | None] = []
    before: list[int] = []

    def change(world: World) -> None:
        before.append(world.clock.facts)
        named.append(simulate(world, path.thing, path.verb, given))

    def happened(world: World) -> dict[str, Any]:
        found = world.facts(before[0], 1000)
        return {"now": rfc3339(world.now), "order_id": named[0], "facts": [fact(world, row) for row in found]}

    return carry_out_and_tell(change, happened, status=201)
