"""Rows of the ledger, of refunds and settlements, and of what buyers hold against orders."""

from enum import IntFlag
from typing import NamedTuple

LINES_OF_A_FACT = 16
"""Entries that one fact may post, which gives each entry its number."""


class Defect(IntFlag):
    """What makes an order defective (chapter 9). A policy chooses which of them count."""

    NEGATIVE_FEEDBACK = 1
    CLAIM = 2
    """Any claim that was ever filed on it."""
    STANDING_CLAIM = 4
    """One that was neither withdrawn nor denied."""
    CHARGEBACK = 8


DISPUTED = int(Defect.CLAIM | Defect.CHARGEBACK)
"""One of these marks is on every order that a claim or chargeback was ever filed on, and stays there."""


class Entry(NamedTuple):
    """A line of the ledger: money that went from one account to another."""

    entry: int
    """The number of its fact times `LINES_OF_A_FACT`, and its place among that fact's."""
    at: int
    order_number: int | None
    kind: str
    source: str
    target: str
    amount_minor: int
    about: int
    """The order's package, the refund, the dispute or the settlement that it is of."""


class Day(NamedTuple):
    """What one of the shop's days came to, so that a trailing window adds up days and not orders."""

    day: int
    """Its first millisecond."""
    placed: int
    """Orders of the production view, as the rest."""
    confirmed: int
    """Orders whose first package was confirmed."""
    paid_minor: int


class Refund(NamedTuple):
    """Money given back for an order."""

    refund: int
    order_number: int
    order_id: str
    reason: str
    items: str
    """JSON: money by line of the order."""
    shipping_minor: int
    amount_minor: int
    memo: str
    note: str
    requested_at: int
    final_at: int
    state: str
    """pending, final or called-off."""
    fee_returned_minor: int
    """What the seller got back of the fee, once it is final."""


class Settlement(NamedTuple):
    """A settlement period that has ended; the amounts are as its fact says."""

    settlement: int
    since: int
    closed_at: int
    opening_minor: int
    orders_minor: int
    refunds_minor: int
    claims_minor: int
    chargebacks_minor: int
    fees_minor: int
    transferred_minor: int
    reserved_minor: int
    reserve_change_minor: int
    closing_minor: int
    transfer_at: int | None
    transfer_minor: int | None
    """What was handed to the bank, once it was."""
    first_entry: int
    last_entry: int
    """Its entries have numbers between these, both included."""


class Feedback(NamedTuple):
    """A buyer's rating of an order."""

    order_number: int
    order_id: str
    rating: int
    comment: str
    arrived_on_time: int | None
    as_described: int | None
    good_service: int | None
    left_at: int
    reply: str
    replied_at: int | None
    state: str
    """shown, removal-asked, removal-declined, removed or withdrawn."""
    state_at: int


class Dispute(NamedTuple):
    """A guarantee claim or a chargeback."""

    dispute: int
    kind: str
    """claim or chargeback."""
    order_number: int
    order_id: str
    reason: str
    amount_minor: int
    text: str
    filed_at: int
    respond_by: int
    state: str
    """action-required, under-review, appealed or closed."""
    answered_at: int | None
    answer: str
    evidence: str
    """JSON list of [kind, text]."""
    closed_at: int | None
    """When it was decided first; an appeal leaves that moment, and the money, as they are."""
    outcome: str | None
    paid_by: str | None
    paid_minor: int
    """What the buyer got by it."""
    fee_returned_minor: int
    because: str
    """Why it was decided so."""
    appeal: str
    appealed_at: int | None
    appeal_decided_at: int | None
    after_refund: int
    """The last refund of the world when it was filed: later ones of the order count towards it."""


class Notice(NamedTuple):
    """A notification: a rate crossed its limit, the account's standing changed, or a settlement left a debt."""

    notice: int
    """The number of its fact."""
    at: int
    kind: str
    """limit, standing or balance."""
    name: str
    """The rate, the standing that the account is in now, or the settlement."""
    breached: int
    percent: float | None
    text: str
    sent_to: str
    """JSON list of the addresses it was sent to."""
