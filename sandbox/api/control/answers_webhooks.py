"""The shapes of answers about webhooks and their deliveries, for the OpenAPI document."""

from typing import Any, Literal

from pydantic import Field

from sandbox.api.asked import Answered


class Webhook(Answered):
    """Somebody who is told of facts."""

    webhook: str
    url: str
    kinds: list[str]
    order_id: str | None
    by: str | None
    made_at: str
    paused: str | None = Field(description="Why nothing is sent now; null while it is.")
    failing_since: str | None = Field(description="World time since which every attempt has failed.")
    delivered: int = Field(description="Attempts that were taken, ever.")
    failed: int = Field(description="Attempts that failed, ever.")


class MadeWebhook(Webhook):
    """A webhook, with what its notifications are signed with."""

    secret: str = Field(description="Told this once.")


class Webhooks(Answered):
    """The webhooks of a world."""

    webhooks: list[Webhook]


class Attempt(Answered):
    """One attempt at a delivery."""

    at: str = Field(description="World time.")
    milliseconds: int = Field(description="How long it took on the wall.")
    status: int | None = Field(description="What it was answered; null where nothing came.")
    error: str | None = Field(description="Why it failed.")
    answer: str = Field(description="The beginning of the answer's body.")


class Delivery(Answered):
    """A fact that is told to a webhook."""

    delivery: str = Field(description="What `webhook-id` says, at every attempt.")
    webhook: str
    fact: int
    kind: str
    order_id: str | None
    state: Literal["pending", "delivered", "failed", "undone"]
    due_at: str | None = Field(description="World time of the next attempt; null where none is to come.")
    attempts: list[Attempt]
    payload: dict[str, Any]


class Deliveries(Answered):
    """Some deliveries, and where to go on."""

    deliveries: list[Delivery]
    next_after: str | None = Field(description="`after` of the next page; null on the last one.")
