"""/sandbox/worlds/<name>/differences: what happened here and not there, and what became of the orders."""

from typing import Any

from flask import Response
from msgspec import Raw
from msgspec.json import encode
from pydantic import Field

from sandbox.api.asked import Asked
from sandbox.api.control import answers_worlds
from sandbox.api.control.entry import WorldPath, control_doors, enter
from sandbox.api.desk import answer, desk
from sandbox.api.problems import Problem
from sandbox.central.days import rfc3339
from sandbox.sim import differences as differing
from sandbox.sim.differences import Differences, OneSide, Point

doors = control_doors("differences")


class DifferencesQuery(Asked):
    """What the world is compared with."""

    since: int | None = Field(None, ge=1, le=2**62, description="Itself, after the fact of that number.")
    snapshot: str | None = Field(None, description="A snapshot of it, or of `world`.")
    world: str | None = Field(None, description="Another world.")
    limit: int = Field(100, ge=1, le=1000, description="Rows of each list.")
    after: int = Field(0, ge=0, le=2**62, description="`next_after` of the page before.")


@doors.get("/worlds/<name>/differences", summary="Compare", responses={200: answers_worlds.Differences})
def differences(path: WorldPath, query: DifferencesQuery) -> Response:
    """The facts that one side has and the other has not, and the orders that differ, field by field.

    Facts that say the same of the same moment are the same, whatever their numbers.
    """
    world = enter(path.name)
    if (query.since is None) == (query.snapshot is None and query.world is None):
        raise Problem("InvalidField", "Say what to compare with: `since` a fact, a `snapshot`, or another `world`.")
    this = differing.present(world)
    with differing.point(desk().shelf, world, query.snapshot, query.world, query.since) as other:
        found = differing.differences(this, other, limit=query.limit, after=query.after)
        return answer(encode(_told(this, other, found, query.after + query.limit if found.more else None)))


def _told(this: Point, other: Point, found: Differences, next_after: int | None) -> dict[str, Any]:
    return {
        "this": _point(this, found.this),
        "other": _point(other, found.other),
        "facts": {"this": _only(found.this), "other": _only(found.other)},
        "orders": {
            "count": found.orders,
            "orders": [
                {"order_id": one.order_id, "only_in": one.only_in, "fields": [field._asdict() for field in one.fields]}
                for one in found.differing
            ],
        },
        "next_after": next_after,
    }


def _point(point: Point, side: OneSide) -> dict[str, Any]:
    of = {"world": point.world, "snapshot": point.snapshot, "fact": point.fact}
    return of | {"now": rfc3339(side.now), "facts": side.facts}


def _only(side: OneSide) -> dict[str, Any]:
    facts = [
        {"fact": fact.seq} | fact._asdict() | {"at": rfc3339(fact.at), "body": Raw(fact.body.encode())}
        for fact in side.only
    ]
    for fact in facts:
        del fact["seq"]
    return {"count": sum(side.kinds.values()), "kinds": side.kinds, "facts": facts}
