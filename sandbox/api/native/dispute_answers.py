"""The shapes of the answers on claims, chargebacks, feedback and the account's standing, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from sandbox.api.asked import Answered

State = Literal["action-required", "under-review", "appealed", "closed"]
PaidBy = Literal["seller", "amazon", "nobody"]


class Record(Answered):
    """What the platform's own record says of the order: verdicts are made of it."""

    to_orders_address: bool = Field(description="False where a package went to another address (chapter 7).")
    tracked: bool
    delivered: bool = Field(description="All that was sent arrived.")
    delivered_late: bool
    confirmed_in_time: bool
    return_offered: bool = Field(description="Return instructions are among the evidence.")
    promised_until: str


class Verdict(Answered):
    """How a dispute would end if it were judged now."""

    outcome: str
    paid_by: PaidBy
    because: str


class EvidencePiece(Answered):
    """Something that speaks for the seller."""

    kind: str
    text: str


class Said(Answered):
    """What the seller said, when."""

    at: str
    text: str


class Decision(Answered):
    """How a dispute ended, and who bears it."""

    at: str
    outcome: str
    paid_by: PaidBy
    because: str
    buyer_got_minor: int
    fee_returned_minor: int = Field(description="What of the fee the seller got back.")


class Dispute(Answered):
    """What claims and chargebacks have in common."""

    order_id: str
    buyer_name: str
    reason: str
    currency: str
    amount_minor: int
    text: str
    filed_at: str
    respond_by: str
    state: State
    answer: Said | None
    evidence: list[EvidencePiece]
    record: Record
    verdict_now: Verdict | None = Field(description="If it were answered and judged now; none once it has ended.")
    decision: Decision | None


class Claim(Dispute):
    """A guarantee claim."""

    claim: int
    decided_at: str | None = Field(description="When the platform decides on the answer or the appeal before it.")
    appeal_by: str | None = Field(description="Until when it may be appealed, where it may.")
    appeal: Said | None
    appeal_decided_at: str | None


class Chargeback(Dispute):
    """A chargeback."""

    chargeback: int
    type: Literal["UnauthorisedUse", "Service"]
    won_percent: float | None = Field(description="How often a bank finds for the seller in such a case; while open.")


class Claims(Answered):
    """A page of claims: those that need an answer first, by the time left."""

    claims: list[Claim]
    next_cursor: str | None


class Chargebacks(Answered):
    """A page of chargebacks: those that need an answer first, by the time left."""

    chargebacks: list[Chargeback]
    next_cursor: str | None


class Feedback(Answered):
    """A buyer's rating of an order."""

    order_id: str
    buyer_name: str
    rating: int
    comment: str
    arrived_on_time: bool | None
    as_described: bool | None
    good_service: bool | None
    left_at: str
    reply: str
    replied_at: str | None
    state: Literal["shown", "removal-asked", "removal-declined", "removed", "withdrawn"]
    state_at: str


class Feedbacks(Answered):
    """A page of feedback, the newest first."""

    feedback: list[Feedback]
    next_cursor: str | None


class Ratings(Answered):
    """A column of the summary."""

    days: int | None = Field(description="None for all that ever was.")
    positive: int
    neutral: int
    negative: int
    positive_percent: int | None = Field(description="Rounded: three of them may come to 99.")
    neutral_percent: int | None
    negative_percent: int | None


class FeedbackSummary(Answered):
    """How many ratings were positive, neutral and negative; what was removed or withdrawn does not count."""

    as_of: str
    columns: list[Ratings]


class Notice(Answered):
    """A performance notification."""

    notice: int
    at: str
    kind: Literal["limit", "standing", "balance"]
    name: str = Field(description="The rate, the standing that the account came to, or the settlement.")
    breached: bool
    percent: float | None
    text: str
    sent_to: list[str] = Field(description="The notification addresses at that moment.")


class Notices(Answered):
    """A page of performance notifications, the last one first."""

    notices: list[Notice]
    next_cursor: str | None


class Breach(Answered):
    """A limit that is crossed."""

    rate: str
    since: str


class Stop(Answered):
    """What keeps money from leaving for the bank."""

    reason: str
    until: str | None = Field(description="When it is over; None where nobody knows, as while suspended.")
    next_look_at: str = Field(description="When a transfer that falls due now would be tried again.")


class Standing(Answered):
    """The account's standing, as of its last daily review."""

    as_of: str
    standing: Literal["good", "at-risk", "under-review", "suspended"]
    since: str
    because: str
    breaches: list[Breach]
    transfers_stopped: Stop | None
