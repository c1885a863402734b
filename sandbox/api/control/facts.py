"""/sandbox/worlds/<name>/facts: what happened."""

from typing import Any

from flask import Response
from pydantic import Field

from sandbox.api.asked import Asked
from sandbox.api.control import answers
from sandbox.api.control.entry import WorldPath, control_doors, enter
from sandbox.api.desk import look
from sandbox.api.fact_render import fact
from sandbox.api.problems import Problem
from sandbox.central.facts import KINDS
from sandbox.central.world import World

doors = control_doors("facts")


class FactsQuery(Asked):
    """Which facts."""

    after: int = Field(0, ge=0, le=2**62, description="Facts with a higher number.")
    limit: int = Field(100, ge=1, le=1000)
    kind: list[str] = Field([], description="Only of these kinds.")
    order_id: str | None = Field(None, description="Only of this order.")


@doors.get("/worlds/<name>/facts", summary="Read the facts", responses={200: answers.Facts})
def facts(path: WorldPath, query: FactsQuery) -> Response:
    """What happened, by whom, by which rule and because of which fact, in order."""
    unknown = [kind for kind in query.kind if kind not in KINDS]
    if unknown:
        raise Problem("UnknownKind", f"There is no kind of fact {unknown[0][:60]!r}. There are: {', '.join(KINDS)}.")

    def feed(world: World) -> dict[str, Any]:
        rows = world.facts(query.after, query.limit, tuple(query.kind), query.order_id)
        return {"facts": [fact(world, row) for row in rows], "last": rows[-1].seq if rows else query.after}

    enter(path.name)
    return look(feed)
