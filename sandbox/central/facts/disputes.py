"""What buyers hold against an order, how it ends, and what it does to the account."""

from typing import Literal

from msgspec import Struct

from sandbox.central.facts.base import Fact


class FeedbackLeft(Fact, frozen=True, omit_defaults=True):
    """A buyer rated an order, from 1 to 5; 1 and 2 are negative (chapter 9)."""

    order_id: str
    rating: int
    comment: str = ""
    arrived_on_time: bool | None = None
    as_described: bool | None = None
    good_service: bool | None = None


class FeedbackAnswered(Fact, frozen=True):
    """The seller replied to a feedback for all to read."""

    order_id: str
    text: str


class FeedbackRemovalAsked(Fact, frozen=True):
    """The seller asked the platform to take a feedback away."""

    order_id: str
    reason: str


class FeedbackRemovalDecided(Fact, frozen=True):
    """The platform took a feedback away, or left it."""

    order_id: str
    removed: bool


class FeedbackWithdrawn(Fact, frozen=True):
    """A buyer took their feedback back."""

    order_id: str


class Evidence(Struct, frozen=True, array_like=True, gc=False):
    """Something that speaks for the seller in a dispute."""

    kind: str
    text: str


class DisputeFiled(Fact, frozen=True, omit_defaults=True):
    """What claims and chargebacks have in common: the buyer wants money back, and the seller may answer in time."""

    order_id: str
    dispute: int
    reason: str
    amount_minor: int
    respond_by: int
    text: str = ""


class ClaimFiled(DisputeFiled, frozen=True):
    """A buyer claims under the 100 % Buyer Protection Guarantee (chapter 9)."""


class ChargebackFiled(DisputeFiled, frozen=True):
    """A buyer's bank takes a payment back (chapter 9)."""


class DisputeAnswered(Fact, frozen=True):
    """The seller represents their case."""

    order_id: str
    dispute: int
    text: str
    evidence: list[Evidence]


class DisputeDecided(Fact, frozen=True):
    """A claim or chargeback is closed, and who bears it."""

    order_id: str
    dispute: int
    outcome: str
    paid_by: Literal["seller", "amazon", "nobody"]
    amount_minor: int
    """What the buyer got."""
    fee_returned_minor: int
    because: str
    """In words, for whoever asks why."""


class ClaimWithdrawn(Fact, frozen=True, omit_defaults=True):
    """The buyer let a claim go."""

    order_id: str
    dispute: int
    because: str = "The buyer withdrew the claim."


class ClaimAppealed(Fact, frozen=True):
    """The seller contests that they bear a claim."""

    order_id: str
    dispute: int
    text: str
    evidence: list[Evidence]


class AppealDecided(Fact, frozen=True):
    """The platform looked again: it bears the claim itself, or it stays with the seller."""

    order_id: str
    dispute: int
    granted: bool
    amount_minor: int
    fee_minor: int
    because: str


class LimitCrossed(Fact, frozen=True):
    """A rate went over its limit, or is back: the platform notifies the seller."""

    rate: str
    breached: bool
    percent: float | None
    limit_percent: float
    says: str
    """In words, for the seller."""
    sent_to: list[str]
    """The notification addresses then; without one the notice stands in Seller Central alone."""


class ReviewOpened(Fact, frozen=True):
    """The platform looks closer at the account, and holds what is there meanwhile (chapter 6)."""

    until: int
    because: str
    sent_to: list[str]


class StandingChanged(Fact, frozen=True):
    """The account is in another standing."""

    before: str
    after: str
    because: str
    sent_to: list[str]
