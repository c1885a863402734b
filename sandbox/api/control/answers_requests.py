"""The shapes of the journal's answers, for the OpenAPI document."""

from pydantic import Field

from sandbox.api.asked import Answered
from sandbox.api.journal.entry import Door


class Request(Answered):
    """A request and what it was answered."""

    request: int = Field(description="Its number; `after` takes it.")
    wall_at: str = Field(description="When it was answered, by the wall's clock.")
    at: str | None = Field(description="The world's moment then.")
    method: str
    path: str
    query: str
    door: Door
    operation: str | None = Field(description="The endpoint's name; none where it met none.")
    status: int
    code: str | None = Field(description="Of what it was refused with.")
    sentence: str | None = Field(description="Of what it was refused with.")
    near_miss: str | None = Field(description="What it came nearest to, where it missed a route, a field or an order.")
    duration_ms: float = Field(description="From when a thread took it up until the answer was ready.")
    body: str | None = Field(description="What was sent: secrets masked, 4,096 characters at most.")
    body_bytes: int = Field(description="How long it was, whole.")
    body_cut: bool
    replayed: bool | None = Field(description="Whether its Idempotency-Key was answered before; none without a key.")
    request_id: str


class Requests(Answered):
    """Some requests, and the number to ask on from."""

    requests: list[Request]
    last: int
    first_kept: int | None = Field(description="The oldest one that is kept; none where none is.")
    kept_at_most: int = Field(description="How many are kept; fewer where they are large.")


class Failed(Answered):
    """A filter that a request does not fit."""

    filter: str
    wanted: str | None
    was: str | None


class NearMiss(Answered):
    """A request that nearly was the one."""

    request: Request
    failed: list[Failed]


class Counted(Answered):
    """How many requests fit."""

    count: int
    of: int = Field(description="How many were looked at.")
    near_misses: list[NearMiss]
