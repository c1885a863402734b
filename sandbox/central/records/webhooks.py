"""Rows of what tells others that something happened: webhooks, their deliveries, and each attempt at one."""

from typing import NamedTuple


class Webhook(NamedTuple):
    """Somebody who wants to be told of facts."""

    webhook: str
    """Drawn, such as `wh_5c0ffee5c0de`."""
    url: str
    kinds: str
    """JSON: the kinds of facts, or `*` for all."""
    order_id: str | None
    """Of this order alone."""
    by: str | None
    """Only what somebody of this name did."""
    secret: str
    made_at: int
    position: int
    """The last fact that was looked at: whatever is to be sent of it and those before is a delivery."""
    paused: str | None
    """Why nothing is sent, in a sentence."""
    ready_at: int
    """When the last attempt was: one after the other, so the next is not before it."""
    failing_since: int | None
    """Since when every attempt has failed."""
    delivered: int
    failed: int
    """Attempts that were taken, and that failed, ever."""


class DeliveryRow(NamedTuple):
    """A fact that is to be told to a webhook, or was. Its row's number gives the order."""

    delivery: str
    """What `webhook-id` says: the webhook, the epoch in which the fact happened, and its number."""
    webhook: str
    epoch: int
    fact: int
    kind: str
    order_id: str | None
    body: str
    """What is sent, the same at every attempt."""
    state: str
    """pending, delivered, failed or undone."""
    due_at: int
    """When the next attempt is due."""
    attempts: int


class AttemptRow(NamedTuple):
    """An attempt at a delivery."""

    delivery: str
    attempt: int
    at: int
    milliseconds: int
    """How long it took on the wall."""
    status: int | None
    """What it was answered; none where there was no answer."""
    error: str | None
    """Why it failed, in a sentence."""
    answer: str
    """The beginning of the answer's body."""


class EpochRow(NamedTuple):
    """A stretch of the facts: those with a higher number than `after` happened in this epoch, or a later one."""

    epoch: int
    after: int
