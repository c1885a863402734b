"""The shapes of answers about snapshots and differences of worlds, for the OpenAPI document."""

from typing import Any, Literal

from pydantic import Field

from sandbox.api.asked import Answered
from sandbox.api.control.answers import Fact, Trouble


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


class Point(Answered):
    """One of the two that are compared."""

    world: str
    snapshot: str | None
    fact: int | None = Field(description="As it was after this fact.")
    now: str
    facts: int


class OnlyHere(Answered):
    """The facts that the other side has not."""

    count: int
    kinds: dict[str, int]
    facts: list[Fact]


class FactsThatDiffer(Answered):
    """Facts that one side has and the other has not."""

    this: OnlyHere
    other: OnlyHere


class FieldThatDiffers(Answered):
    """A field of an order."""

    field: str = Field(description="Parts of an order by their place: `packages.1.tracking`.")
    this: Any
    other: Any


class OrderThatDiffers(Answered):
    """An order that is not the same on both sides."""

    order_id: str
    only_in: Literal["this", "other"] | None
    fields: list[FieldThatDiffers]


class OrdersThatDiffer(Answered):
    """Orders about which one side has facts that the other has not."""

    count: int
    orders: list[OrderThatDiffers]


class Differences(Answered):
    """How two worlds differ, or two points of one."""

    this: Point
    other: Point
    facts: FactsThatDiffer
    orders: OrdersThatDiffer
    next_after: int | None = Field(description="`after` of the next page of each list; null on the last one.")
