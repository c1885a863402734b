"""/sandbox/worlds/<name>/facts: what happened, and what happens next."""

from typing import Any

from flask import Response
from msgspec.json import encode
from pydantic import Field

from sandbox.api.asked import Asked, Moment
from sandbox.api.control import answers
from sandbox.api.control.entry import WorldPath, control_doors, enter
from sandbox.api.desk import answer, desk
from sandbox.api.fact_render import fact
from sandbox.api.problems import Problem
from sandbox.api.waiting import WAIT_SECONDS_AT_MOST, waited_for
from sandbox.central.facts import KINDS
from sandbox.central.feed import Wanted, feed
from sandbox.central.world import World

doors = control_doors("facts")


class FactsQuery(Asked):
    """Which facts."""

    after: int = Field(0, ge=0, le=2**62, description="Facts with a higher number.")
    limit: int = Field(100, ge=1, le=1000)
    kind: list[str] = Field([], description="Only of these kinds.")
    order_id: str | None = Field(None, description="Only of this order.")
    by: list[str] = Field([], description="Only by these, or by whoever begins so: `seller` is the seller in any way.")
    since: Moment | None = Field(None, description="The earliest moment, of the world's time.")
    until: Moment | None = Field(None, description="The moment before which they happened.")
    wait: float = Field(
        0,
        ge=0,
        le=WAIT_SECONDS_AT_MOST,
        allow_inf_nan=False,
        description="Seconds on the wall to wait for the first, where there are none yet.",
    )


@doors.get("/worlds/<name>/facts", summary="Read the facts", responses={200: answers.Facts})
def facts(path: WorldPath, query: FactsQuery) -> Response:
    """What happened, by whom, by which rule and because of which fact, in order.

    With `wait` it answers as soon as there is one that fits, or with none once the wait is over.
    """
    unknown = [kind for kind in query.kind if kind not in KINDS]
    if unknown:
        raise Problem("UnknownKind", f"There is no kind of fact {unknown[0][:60]!r}. There are: {', '.join(KINDS)}.")
    world = enter(path.name)
    following = _Following(world, query)
    found = waited_for(world, following.look, following.patience(), lambda: desk().shelf.unknown(path.name))
    return answer(encode({"facts": found, "last": following.last(len(found))}))


class _Following:
    """Somebody who looks at the facts from a number on, and then only at those that came since."""

    def __init__(self, world: World, query: FactsQuery) -> None:
        self._world = world
        self._query = query
        self._wanted = Wanted(tuple(query.kind), query.order_id, tuple(query.by), query.since, query.until)
        self._epoch = world.clock.epoch
        self._seen = query.after
        self._read = query.after

    def look(self) -> list[dict[str, Any]]:
        """The facts that fit, as the feed shows them."""
        world = self._world
        with world.looking():
            world.refresh()
            if world.clock.epoch != self._epoch:  # put back to a snapshot: what comes now has numbers that came before
                self._epoch, self._seen = world.clock.epoch, self._query.after
            rows = feed(world, self._seen, self._query.limit, self._wanted)
            self._seen = max(self._query.after, world.clock.facts)
            self._read = rows[-1].seq if rows else self._seen
            return [fact(world, row) for row in rows]

    def patience(self) -> float:
        """How long it is worth waiting: not at all for what had to happen before now."""
        until = self._query.until
        return 0 if until is not None and self._world.now >= until else self._query.wait

    def last(self, found: int) -> int:
        """The number to ask on from: whatever is before it was read."""
        return self._read if found == self._query.limit else self._seen
