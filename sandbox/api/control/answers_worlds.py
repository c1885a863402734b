"""The shapes of answers about snapshots and differences of worlds, for the OpenAPI document."""

from pydantic import Field

from sandbox.api.asked import Answered
from sandbox.api.control.answers import Trouble


class Snapshot(Answered):
    """A world as it was."""

    world: str
    name: str
    now: str = Field(description="The world's moment in it.")
    facts: int
    orders: int
    bytes: int = Field(description="What it takes on the disk.")


class Snapshots(Answered):
    """The snapshots of a world."""

    snapshots: list[Snapshot]
    troubles: list[Trouble]
