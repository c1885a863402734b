"""The shapes of an order's history, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from sandbox.api.asked import Answered


class Told(Answered):
    """A fact, told to people."""

    fact: int = Field(description="Its number.")
    at: str
    kind: str
    order_id: str | None = Field(description="The order it is of; None where it is of none.")
    by: str = Field(description="Who acted.")
    sentence: str = Field(description="What happened, moments on the shop's wall clock.")


class Cause(Told):
    """A fact behind another one."""

    link: Literal["because", "upon"] = Field(
        description="because: on record it led to the other. upon: somebody acted of their own accord, and upon it."
    )


class Explained(Told):
    """A fact with what explains it."""

    chapter: int | None = Field(description="The guide's chapter, where a rule brought it about.")
    rule: str | None = Field(description="That rule; of a refusal the one that was tried.")
    says: str | None = Field(description="What that rule says.")
    code: str | None = Field(description="Of a refusal.")
    because: list[Cause] = Field(description="What led to it, the nearest first, back to where it began.")


class History(Answered):
    """A page of an order's facts, the first one first."""

    order_id: str
    history: list[Explained]
    next_cursor: str | None
