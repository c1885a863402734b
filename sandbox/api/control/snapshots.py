"""/sandbox/worlds/<name>/snapshots and /forks: worlds kept as they are, put back, and multiplied."""

from typing import Any

from flask import Response
from msgspec.json import encode
from pydantic import Field

from sandbox.api.answer import Answer
from sandbox.api.asked import Body
from sandbox.api.control import answers, answers_worlds
from sandbox.api.control.entry import WorldPath, control_doors, enter, shown
from sandbox.api.control.making import created, drawn_name, once
from sandbox.api.desk import answer, desk
from sandbox.central.days import rfc3339
from sandbox.central.troubles import Unusable
from sandbox.sim import snapshots
from sandbox.sim.snapshots import Snapshot

doors = control_doors("snapshots")


class SnapshotPath(WorldPath):
    """A snapshot of a world."""

    snapshot: str = Field(max_length=20_000)


class NewSnapshot(Body):
    """A snapshot to take."""

    name: str | None = Field(None, description="As for worlds; drawn, if left out.")


class NewFork(Body):
    """A world to make of this one."""

    name: str | None = Field(None, description="The new world's name; drawn, if left out.")
    snapshot: str | None = Field(None, description="From this snapshot; from where the world stands, if left out.")


@doors.post("/worlds/<name>/snapshots", summary="Take a snapshot", responses={201: answers_worlds.Snapshot})
def take_snapshot(path: WorldPath, body: NewSnapshot) -> Response:
    """Keep the world as it is now, under a name of its own."""
    world = enter(path.name)
    name = body.name if body.name is not None else drawn_name("s")
    return once(world, lambda: answer(encode(_told(path.name, snapshots.take(world, name))), 201))


@doors.get("/worlds/<name>/snapshots", summary="List the snapshots", responses={200: answers_worlds.Snapshots})
def list_snapshots(path: WorldPath) -> Response:
    """Every snapshot of the world, by name, and why some cannot be used."""
    world = enter(path.name).path
    found, troubles = [], []
    for name in snapshots.names(world):
        try:
            found.append(_told(path.name, snapshots.read(world, name)))
        except Unusable as trouble:
            troubles.append({"name": name, "code": trouble.code, "detail": trouble.sentence})
    return answer(encode({"snapshots": found, "troubles": troubles}))


@doors.get("/worlds/<name>/snapshots/<snapshot>", summary="Read a snapshot", responses={200: answers_worlds.Snapshot})
def read_snapshot(path: SnapshotPath) -> Response:
    """What a snapshot is of."""
    return answer(encode(_told(path.name, snapshots.read(enter(path.name).path, path.snapshot))))


@doors.delete("/worlds/<name>/snapshots/<snapshot>", summary="Delete a snapshot", responses={204: None})
def delete_snapshot(path: SnapshotPath) -> Response:
    """Remove a snapshot; worlds that were made from it stay."""
    snapshots.delete(enter(path.name).path, path.snapshot)
    return Answer(status=204)


@doors.post("/worlds/<name>/snapshots/<snapshot>/restore", summary="Go back", responses={200: answers.World})
def restore_snapshot(path: SnapshotPath) -> Response:
    """Put the world back to a snapshot: clock, luck and agenda. Its keys stay; what happened since is gone."""
    world = enter(path.name)

    def restore() -> Response:
        snapshots.restore(world, path.snapshot)
        return answer(encode(shown(world)))

    return once(world, restore)


@doors.post("/worlds/<name>/forks", summary="Fork a world", responses={201: answers.World})
def fork_world(path: WorldPath, body: NewFork) -> Response:
    """A new world with a key of its own, which goes on from where this one stands, or stood in a snapshot."""
    world = enter(path.name)
    name = body.name if body.name is not None else drawn_name()
    return created(name, lambda: snapshots.fork(desk().shelf, name, world, body.snapshot))


def _told(world: str, snapshot: Snapshot) -> dict[str, Any]:
    return {"world": world} | snapshot._asdict() | {"now": rfc3339(snapshot.now)}
