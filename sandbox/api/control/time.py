"""/sandbox/worlds/<name>: their time moved, stopped, let run."""

from typing import Any

from flask import Response
from pydantic import Field

from sandbox.api.asked import Body, Moment
from sandbox.api.control import answers
from sandbox.api.control.entry import WorldPath, control_doors, enter, shown
from sandbox.api.desk import carry_out
from sandbox.api.problems import Problem
from sandbox.central.days import DAY, LAST_MOMENT, parse_span, rfc3339
from sandbox.central.world import World
from sandbox.sim.driver import Driver, counts

doors = control_doors("time")

ADVANCE_DAYS_AT_MOST = 3_660
"""World days of one call: ten years. Whoever wants more calls again."""


class Advance(Body):
    """How far to move time."""

    by: str | None = Field(None, max_length=60, description="A span such as 90m, 36h, 7d or P1DT12H.")
    to: Moment | None = Field(None, description="A moment.")


class Pace(Body):
    """How fast time runs."""

    rate: float = Field(ge=0, le=100_000, description="World seconds for each second on the wall; 0 is frozen.")


@doors.post("/worlds/<name>/advance", summary="Move time", responses={200: answers.Advanced})
def advance(path: WorldPath, body: Advance) -> Response:
    """By a span or to a moment, whole or not at all. When the call answers, all that fell due has happened."""
    world = enter(path.name)
    before: list[int] = []

    def move(world: World) -> None:
        before.extend((world.now, world.clock.facts))
        Driver(world).advance_within(_target(world, body))

    def moved(world: World) -> dict[str, Any]:
        since, facts = before
        happened = counts(world, facts)
        return {"from": rfc3339(since), "now": rfc3339(world.now), "facts": sum(happened.values()), "kinds": happened}

    assert world
    return carry_out(move, moved)


def _target(world: World, body: Advance) -> int:
    if (body.by is None) == (body.to is None):
        raise Problem(
            "InvalidField", 'Say how far: {"by": "1d"} or {"to": "2026-03-09T09:00:00+05:30"}, one of the two.'
        )
    if body.to is not None:
        to = body.to
    else:
        assert body.by is not None
        try:
            to = world.now + parse_span(body.by)
        except ValueError as error:
            raise Problem("InvalidField", str(error)) from None
    if world.now + ADVANCE_DAYS_AT_MOST * DAY < to <= LAST_MOMENT:
        days = -(-(to - world.now) // DAY)
        raise Problem(
            "SpanTooLong",
            f"That is {days} days; one call moves time by {ADVANCE_DAYS_AT_MOST} at most. Call again for more.",
        )
    return to


@doors.post("/worlds/<name>/freeze", summary="Stop time", responses={200: answers.World})
def freeze(path: WorldPath) -> Response:
    """Time stands still until it is moved."""
    return _set_rate(path.name, 0.0)


@doors.post("/worlds/<name>/rate", summary="Let time run", responses={200: answers.World})
def set_rate(path: WorldPath, body: Pace) -> Response:
    """So many world seconds for each second on the wall, as long as the sandbox is served."""
    return _set_rate(path.name, body.rate)


def _set_rate(name: str, rate: float) -> Response:
    def change(world: World) -> None:
        world.clock.rate = rate

    enter(name)
    return carry_out(change, shown)
