"""/sandbox/worlds: made, listed, read and deleted; their desks handed over; what they can be made from."""

from typing import Any, Literal

from flask import Response
from msgspec.json import encode
from pydantic import Field

from sandbox import __version__
from sandbox.api.answer import Answer
from sandbox.api.asked import Body, Moment
from sandbox.api.control import answers
from sandbox.api.control.entry import WorldPath, control_doors, enter, shown
from sandbox.api.control.making import created, drawn_name
from sandbox.api.desk import answer, carry_out, desk, look
from sandbox.api.problems import Problem
from sandbox.central import policy
from sandbox.central.days import DAY
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable, troubles_told
from sandbox.central.world import World
from sandbox.sim import players, scenario
from sandbox.sim.snapshots import fork

doors = control_doors("worlds")
Desk = Literal["dispatch", "inbox", "disputes", "refunds", "stock", "addresses"]


class DeskPath(WorldPath):
    """A desk of a world."""

    desk: Desk


class FromSnapshot(Body):
    """A snapshot of a world."""

    world: str
    snapshot: str


class NewWorld(Body):
    """A world to make."""

    name: str | None = Field(None, description="Small letters, digits and dashes; drawn, if left out.")
    scenario: str = Field("first-week", description="One of the scenarios that come with the sandbox.")
    seed: int | None = Field(None, ge=-(2**63), lt=2**63, description="The scenario's own, if left out.")
    history_days: int | None = Field(None, ge=0, le=3660, description="Days the shop has lived already.")
    start: Moment | None = Field(None, description="When the history is over; as the scenario says, if left out.")
    policy: str | None = Field(None, description="The scenario's own, if left out.")
    desks: dict[Desk, Literal["script", "person", "program"]] = Field(
        {}, description="Who plays a desk once the history is over; as the scenario says, if left out."
    )
    rate: float | None = Field(None, ge=0, le=100_000, description="World seconds for each second; 0 is frozen.")
    from_snapshot: FromSnapshot | None = Field(None, description="Instead of a scenario: goes on from a snapshot.")


class Player(Body):
    """Who plays a desk."""

    played_by: Literal["script", "person", "program"]


@doors.post("/worlds", summary="Make a world", responses={201: answers.World})
def create_world(body: NewWorld) -> Response:
    """A fresh account from a scenario, which may have lived for some days already, or a world from a snapshot.

    Answers when it is there, whole.
    """
    name = body.name if body.name is not None else drawn_name()
    return created(name, lambda: _from_snapshot(name, body) if body.from_snapshot else _from_scenario(name, body))


def _from_scenario(name: str, body: NewWorld) -> World:
    return desk().shelf.fresh(name, _scenario(body), players=dict(body.desks.items()))


def _from_snapshot(name: str, body: NewWorld) -> World:
    assert body.from_snapshot
    others = sorted(body.model_fields_set - {"name", "from_snapshot"})
    if others:
        raise Problem("InvalidField", f"{others[0]}: A world from a snapshot is as that was. Leave it out.")
    return fork(desk().shelf, name, enter(body.from_snapshot.world), body.from_snapshot.snapshot)


def _scenario(body: NewWorld) -> scenario.Scenario:
    try:
        found = scenario.load(body.scenario, allow_paths=False)
    except scenario.InvalidScenario as error:
        raise Problem("UnknownScenario", error.sentence) from None
    changes: dict[str, Any] = {}
    if body.policy is not None:
        policy.policy(body.policy)
        changes["policy"] = scenario.PolicyPart(pack=body.policy)
    for key in ("seed", "history_days", "start", "rate"):
        if getattr(body, key) is not None:
            changes[key] = getattr(body, key)
    changed = found.model_copy(update=changes)
    if changed.start < changed.history_days * DAY:
        raise Problem("InvalidField", f"start: {changed.history_days} days before it are before 1970. Start later.")
    return changed


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
        desk().give_back()  # there may be more of them than files that a process may have open
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


@doors.put("/worlds/<name>/desks/<desk>", summary="Hand a desk over", responses={200: answers.World})
def hand_over(path: DeskPath, body: Player) -> Response:
    """Give a desk to the script, which takes up what waits, or to a person or program."""
    enter(path.name)
    return carry_out(lambda world: players.hand_over(world, path.desk, body.played_by), shown)


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
