"""/sandbox: worlds made, listed and deleted, their time moved, their facts read."""

import hashlib
import secrets
from contextlib import closing
from typing import Any, Literal

from flask import Response, g
from flask_openapi3 import Tag
from msgspec import Raw
from msgspec.json import encode
from pydantic import Field

from sandbox import __version__
from sandbox.api.answer import Answer
from sandbox.api.asked import Asked, Body, Moment
from sandbox.api.auth import check_operator
from sandbox.api.control import answers
from sandbox.api.desk import answer, answered_before, carry_out, desk, idempotency_key, keep_answer, look
from sandbox.api.doors import Doors
from sandbox.api.problems import Problem
from sandbox.central import policy
from sandbox.central.days import DAY, LAST_MOMENT, parse_span, rfc3339
from sandbox.central.facts import KINDS
from sandbox.central.guide import Refused
from sandbox.central.records import FactRow
from sandbox.central.troubles import Unusable, troubles_told
from sandbox.central.world import World
from sandbox.sim import players, scenario
from sandbox.sim.cast import Run
from sandbox.sim.driver import Driver, counts
from sandbox.sim.worlds import keys_of

doors = Doors(
    "control", __name__, url_prefix="/sandbox", abp_tags=[Tag(name="sandbox", description="Worlds and their time.")]
)
doors.before_request(check_operator)

ADVANCE_DAYS_AT_MOST = 3_660
"""World days of one call: ten years. Whoever wants more calls again."""


class WorldPath(Asked):
    """A world by its name."""

    name: str = Field(max_length=20_000)


class DeskPath(WorldPath):
    """A desk of a world."""

    desk: Literal["dispatch", "inbox", "disputes", "refunds"]


class NewWorld(Body):
    """A world to make."""

    name: str | None = Field(None, description="Small letters, digits and dashes; drawn, if left out.")
    scenario: str = Field("first-week", description="One of the scenarios that come with the sandbox.")
    seed: int | None = Field(None, ge=-(2**63), lt=2**63, description="The scenario's own, if left out.")
    history_days: int | None = Field(None, ge=0, le=3660, description="Days the shop has lived already.")
    policy: str | None = Field(None, description="The scenario's own, if left out.")
    desks: dict[Literal["dispatch", "inbox", "disputes", "refunds"], Literal["script", "person", "program"]] = Field(
        {}, description="Who plays a desk once the history is over; as the scenario says, if left out."
    )
    rate: float | None = Field(None, ge=0, le=100_000, description="World seconds for each second; 0 is frozen.")


class Advance(Body):
    """How far to move time."""

    by: str | None = Field(None, max_length=60, description="A span such as 90m, 36h, 7d or P1DT12H.")
    to: Moment | None = Field(None, description="A moment.")


class Pace(Body):
    """How fast time runs."""

    rate: float = Field(ge=0, le=100_000, description="World seconds for each second on the wall; 0 is frozen.")


class Player(Body):
    """Who plays a desk."""

    played_by: Literal["script", "person", "program"]


class FactsQuery(Asked):
    """Which facts."""

    after: int = Field(0, ge=0, le=2**62, description="Facts with a higher number.")
    limit: int = Field(100, ge=1, le=1000)
    kind: list[str] = Field([], description="Only of these kinds.")
    order_id: str | None = Field(None, description="Only of this order.")


def enter(name: str) -> World:
    """Open the world of the path for this request. Refused with UnknownWorld, which names those that there are."""
    if not desk().shelf.has(name):
        raise desk().shelf.unknown(name)
    g.opened = desk().opened(name)
    world: World = g.opened.world
    return world


def shown(world: World) -> dict[str, Any]:
    """A world as the control API shows it."""
    assert world.account is not None
    now = world.now
    orders = dict(world.rows("select status, count(*) from orders group by status"))
    return {
        "name": world.path.stem,
        "shop": world.account.shop,
        "scenario": Run(world).scenario.title,
        "seed": world.account.seed,
        "policy": world.account.policy,
        "now": rfc3339(now),
        "rate": world.clock.rate,
        "facts": world.clock.facts,
        "orders": orders,
        "desks": Run(world).kept("desks", {}),
        "keys": list(keys_of(world)),
    }


# -- worlds


@doors.post("/worlds", summary="Make a world", responses={201: answers.World})
def create_world(body: NewWorld) -> Response:
    """A fresh account from a scenario, which may have lived for some days already. Answers when it is there, whole."""
    name = body.name if body.name is not None else _drawn_name()
    if idempotency_key() and desk().shelf.has(name) and (earlier := answered_before(enter(name))):
        return earlier
    world = desk().shelf.make(name, _scenario(body), players=dict(body.desks.items()))
    with closing(world):
        made = answer(encode(shown(world)), 201)
        with world.writing():
            keep_answer(world, made)
        return made


def _drawn_name() -> str:
    """A name for a world; the same one for the same Idempotency-Key, so that a request sent twice makes one world."""
    key = idempotency_key()
    return f"w-{hashlib.blake2b(key.encode(), digest_size=6).hexdigest() if key else secrets.token_hex(4)}"


def _scenario(body: NewWorld) -> scenario.Scenario:
    try:
        found = scenario.load(body.scenario, allow_paths=False)
    except scenario.InvalidScenario as error:
        raise Problem("UnknownScenario", error.sentence) from None
    changes: dict[str, Any] = {}
    if body.policy is not None:
        policy.policy(body.policy)
        changes["policy"] = scenario.PolicyPart(pack=body.policy)
    for key in ("seed", "history_days", "rate"):
        if getattr(body, key) is not None:
            changes[key] = getattr(body, key)
    return found.model_copy(update=changes)


@doors.get("/worlds", summary="List the worlds", responses={200: answers.Worlds})
def list_worlds() -> Response:
    """Every world that can be opened, by name, and why the others cannot."""
    worlds, troubles = [], []
    for name in desk().shelf.names():
        try:
            with troubles_told(desk().shelf.path(name)):
                worlds.append(shown(enter(name)))
        except Refused:
            continue  # deleted meanwhile
        except Unusable as trouble:
            desk().close(name)
            troubles.append({"name": name, "code": trouble.code, "detail": trouble.sentence})
    return answer(encode({"worlds": worlds, "troubles": troubles}))


@doors.get("/worlds/<name>", summary="Read a world", responses={200: answers.World})
def read_world(path: WorldPath) -> Response:
    """A world with its clock, its orders by status, its desks and its keys. Carries an ETag."""
    enter(path.name)
    return look(shown, tagged=True)


@doors.delete("/worlds/<name>", summary="Delete a world", responses={204: None})
def delete_world(path: WorldPath) -> Response:
    """Remove the world with all that belongs to it. Its keys open nothing any more."""
    desk().close(path.name)
    desk().shelf.delete(path.name)
    return Answer(status=204)


# -- time


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


@doors.put("/worlds/<name>/desks/<desk>", summary="Hand a desk over", responses={200: answers.World})
def hand_over(path: DeskPath, body: Player) -> Response:
    """Give a desk to the script, which takes up what waits, or to a person or program."""
    enter(path.name)
    return carry_out(lambda world: players.hand_over(world, path.desk, body.played_by), shown)


# -- seeing


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


def fact(world: World, row: FactRow) -> dict[str, Any]:
    """A fact as the feed shows it."""
    return {
        "fact": row.seq,
        "at": rfc3339(row.at),
        "kind": row.kind,
        "order_id": world.ids.order_id(row.order_number) if row.order_number else None,
        "by": row.by,
        "rule": row.rule,
        "because": row.because,
        "body": Raw(row.body.encode()),
    }


@doors.get("/scenarios", summary="List the scenarios", responses={200: answers.Scenarios})
def scenarios() -> Response:
    """What worlds can be made from."""
    found = [(name, scenario.load(name)) for name in scenario.names()]
    return answer(encode({"scenarios": [{"name": n, "title": s.title, "lesson": s.lesson} for n, s in found]}))


@doors.get("/health", summary="Is it up?", responses={200: answers.Health}, security=[])
def health() -> Response:
    """Answers while the sandbox is up; needs no key."""
    return answer(encode({"status": "up"}))


@doors.get("/version", summary="Which version is it?", responses={200: answers.Version}, security=[])
def version() -> Response:
    """The sandbox's version; needs no key."""
    return answer(encode({"version": __version__}))
