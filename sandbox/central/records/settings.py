"""Rows of the account's settings and of the cases with seller support."""

from typing import NamedTuple


class Setting(NamedTuple):
    """How a setting stands."""

    setting: str
    """The kind of fact that sets it."""
    fact: int
    """The number of the last one, which tells who and when."""
    body: str
    """That fact, as JSON."""


class BankChange(NamedTuple):
    """A bank account was named: where money goes from then on."""

    fact: int
    at: int


class MetricsReview(NamedTuple):
    """The seller looked at the rates."""

    fact: int
    at: int


class Case(NamedTuple):
    """A question to seller support."""

    case: int
    subject: str
    order_id: str
    """Empty where it is about no order."""
    state: str
    """open, requires-attention (answered and not read), answered, re-opened or closed."""
    opened_at: int
    last_at: int
    closed_at: int | None
    read_fact: int | None
    """The fact that an answer was first read."""


class CaseText(NamedTuple):
    """What was said in a case, by the seller or by support."""

    case: int
    number: int
    sender: str
    at: int
    text: str
