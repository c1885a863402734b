"""/sandbox/worlds/<name>: their time moved, stopped, let run."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from flask import Response
from pydantic import Field

from sandbox.api.asked import Body, Moment
from sandbox.api.control import answers
from sandbox.api.control.entry import WorldPath, control_doors, enter, shown
from sandbox.api.control.notifying import carry_out_and_tell
from sandbox.api.desk import carry_out
from sandbox.api.fact_render import fact
from sandbox.api.problems import Problem
from sandbox.central.days import DAY, LAST_MOMENT, parse_span, rfc3339
from sandbox.central.world import World
from sandbox.sim import awaited
from sandbox.sim.awaited import Awaited
from sandbox.sim.driver import Driver, counts

doors = control_doors("time")

ADVANCE_DAYS_AT_MOST = 3_660
"""World days of one call: ten years. Whoever wants more calls again."""
USUAL_BOUND = "90d"
OF_INTEREST = 50
"""Facts that an answer shows; the feed has all of them."""
NOTABLE = (
    *("ClaimFiled", "ChargebackFiled", "DisputeDecided", "LimitCrossed", "StandingChanged", "ReviewOpened"),
    *("SettlementClosed", "FeedbackLeft", "OrderCancelled", "RestCancelled", "ParcelLost", "ActionRefused"),
)
"""The kinds of facts that whoever moves time wants to see at once."""


class Stopped(NamedTuple):
    """Why time was moved no further."""

    reason: Literal["reached", "until", "bound", "nothing-due"]
    sentence: str
    fact: int | None


class Until(Body):
    """What to wait for."""

    event: str = Field(max_length=60, description=f"One of: {', '.join(awaited.EVENTS)}.")
    order_id: str | None = Field(None, description="Of this order alone.")
    status: str | None = Field(None, max_length=60, description="For `order-status`.")
    rate: str | None = Field(None, max_length=60, description="For `rate`, such as order-defect; else any of them.")
    kind: list[str] = Field([], max_length=100, description="For `fact`: kinds of facts.")


class Advance(Body):
    """How far to move time."""

    by: str | None = Field(None, max_length=60, description="A span such as 90m, 36h, 7d or P1DT12H.")
    to: Moment | None = Field(None, description="A moment.")
    until: str | Until | None = Field(None, description="What to wait for: an event, by its name or with fields.")
    within: str | None = Field(None, max_length=60, description="The bound of `until`, such as 90d, which is usual.")
    must: bool = Field(False, description="Refuse with NeverCame, and move nothing, where `until` does not come.")


class Pace(Body):
    """How fast time runs."""

    rate: float = Field(ge=0, le=100_000, description="World seconds for each second on the wall; 0 is frozen.")


@doors.post("/worlds/<name>/advance", summary="Move time", responses={200: answers.Advanced})
def advance(path: WorldPath, body: Advance) -> Response:
    """By a span, to a moment, or until something comes; whole or not at all.

    When the call answers, all that fell due has happened, and whoever subscribed to it was told, or as many as fit
    into ten seconds. Until something comes, time stops at its very moment, or at the bound, which the answer tells.
    """
    if sum(way is not None for way in (body.by, body.to, body.until)) != 1:
        raise Problem(
            "InvalidField",
            'Say how far: {"by": "1d"}, {"to": "2026-03-09T09:00:00+05:30"} or {"until": "chargeback"}, one of them.',
        )
    if body.until is None and (body.within is not None or body.must):
        raise Problem("InvalidField", "`within` and `must` go with `until` alone. Leave them out.")
    return _moved(path.name, lambda driver: _move(driver, body))


def _move(driver: Driver, body: Advance) -> Stopped:
    world = driver.world
    if body.until is None:
        to = body.to if body.to is not None else world.now + _span(body.by or "")
        driver.advance(_bounded(world, to))
        return Stopped("reached", "Time was moved as far as asked.", None)
    bound = min(_bounded(world, world.now + _span(body.within or USUAL_BOUND)), LAST_MOMENT)
    came = awaited.advance_until(driver, _awaited(body.until), bound)
    if came:
        return Stopped("until", came.sentence, came.fact)
    never = f"It did not come by {rfc3339(bound)}, which is the bound ({body.within or USUAL_BOUND})."
    if body.must:
        raise Problem("NeverCame", f"{never} Nothing was moved. Ask for a wider bound with `within`.")
    return Stopped("bound", f"{never} Time stands there.", None)


def _awaited(until: str | Until) -> Awaited:
    if isinstance(until, str):
        return Awaited(until)
    return Awaited(until.event, until.order_id, until.status, until.rate, tuple(until.kind))


@doors.post("/worlds/<name>/step", summary="Move time to what is due next", responses={200: answers.Advanced})
def step(path: WorldPath) -> Response:
    """To the next moment at which anything falls due, a deadline or somebody's move; what is due then happens."""
    return _moved(path.name, _step)


def _step(driver: Driver) -> Stopped:
    due = driver.next_due()
    if due is None:
        return Stopped("nothing-due", "Nothing is due in this world, ever, so time stands where it stood.", None)
    driver.advance(due)
    return Stopped("reached", f"What was due at {rfc3339(due)} has happened.", None)


def _moved(name: str, move: Callable[[Driver], Stopped]) -> Response:
    """Move the world's time, and answer with what came of it."""
    enter(name)
    before: list[int] = []
    stopped: list[Stopped] = []

    def change(world: World) -> None:
        before.extend((world.now, world.clock.facts))
        stopped.append(move(Driver(world)))

    def moved(world: World) -> dict[str, Any]:
        (since, last), (why,) = before, stopped
        happened = counts(world, last)
        notable = tuple(kind for kind in NOTABLE if kind in happened)
        found = world.facts(last, OF_INTEREST + 1, notable) if notable else []
        if why.fact is not None and why.fact not in {row.seq for row in found[:OF_INTEREST]}:
            found.insert(0, *world.facts(why.fact - 1, 1))
        return {
            "from": rfc3339(since),
            "now": rfc3339(world.now),
            "facts": sum(happened.values()),
            "kinds": happened,
            "stopped": why._asdict(),
            "of_interest": [fact(world, row) for row in found[:OF_INTEREST]],
            "more": len(found) > OF_INTEREST,
        }

    return carry_out_and_tell(change, moved)


def _span(text: str) -> int:
    try:
        return parse_span(text)
    except ValueError as error:
        raise Problem("InvalidField", str(error)) from None


def _bounded(world: World, to: int) -> int:
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
