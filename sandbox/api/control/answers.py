"""The shapes of the control API's answers, for the OpenAPI document. The tests hold the answers against them."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from sandbox.api.asked import Answered


class World(Answered):
    """A world."""

    name: str
    shop: str
    scenario: str
    seed: str
    policy: str
    now: str
    rate: float = Field(description="World seconds for each second on the wall; 0 is frozen.")
    facts: int
    orders: dict[str, int] = Field(description="How many orders by status.")
    desks: dict[str, Literal["script", "person", "program", "away"]] = Field(description="Who plays each desk now.")
    keys: list[str] = Field(description="Bearer keys of its native API.")


class Trouble(Answered):
    """A world that cannot be opened."""

    name: str
    code: str
    detail: str


class Worlds(Answered):
    """All worlds."""

    worlds: list[World]
    troubles: list[Trouble]


class Fact(Answered):
    """Something that happened."""

    fact: int = Field(description="Its number; `after` takes it.")
    at: str
    kind: str
    order_id: str | None
    by: str
    rule: str
    because: int | None = Field(description="The fact that led to it.")
    body: dict[str, Any]


class Stopped(Answered):
    """Why time was moved no further."""

    reason: Literal["reached", "until", "bound", "nothing-due"]
    sentence: str
    fact: int | None = Field(description="The fact that was waited for; none for a deadline.")


class HandedOver(Answered):
    """What came of the notifications that were due."""

    delivered: int
    failed: int = Field(description="Attempts that failed.")
    pending: int = Field(description="Deliveries that wait, of webhooks that are not paused.")


class Advanced(Answered):
    """What an advance came to."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from")
    now: str
    facts: int
    kinds: dict[str, int] = Field(description="How many facts of each kind.")
    stopped: Stopped
    of_interest: list[Fact] = Field(description="The notable ones, 50 at most.")
    more: bool = Field(description="Whether there were more of those; the feed has them.")
    deliveries: HandedOver


class Happened(Answered):
    """What was made to happen."""

    now: str
    order_id: str | None = Field(
        description="The order that it happened to, or that was placed; none is while it is to come."
    )
    facts: list[Fact]
    deliveries: HandedOver


class Simulation(Answered):
    """Something that can be made to happen."""

    thing: str
    verb: str
    says: str
    takes: list[str] = Field(description="The fields of its body.")
    needs: list[str] = Field(description="Those of them that may not be left out.")


class Magic(Answered):
    """A word that has an order meet a fate, as its buyer's name or one of its SKUs."""

    word: str
    says: str


class Simulations(Answered):
    """All that can be made to happen."""

    simulations: list[Simulation]
    magic: list[Magic]


class Facts(Answered):
    """Some facts, and the number to ask on from."""

    facts: list[Fact]
    last: int


class Scenario(Answered):
    """Something to make a world from."""

    name: str
    title: str
    lesson: str


class Scenarios(Answered):
    """The scenarios that come with the sandbox."""

    scenarios: list[Scenario]


class Health(Answered):
    """It is up."""

    status: Literal["up"]


class Version(Answered):
    """Which version it is."""

    version: str
