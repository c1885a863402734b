"""Rows of the world itself: its account, its clock, its facts and what is to come."""

from dataclasses import dataclass
from typing import NamedTuple


class Account(NamedTuple):
    """The seller's account: one row."""

    shop: str
    seed: str
    policy: str
    policy_changes: str
    """JSON: the policy's numbers that this account changes."""
    currency: str
    opened_at: int


@dataclass(slots=True)
class ClockRow:
    """The world's clock and the numbers last given out: one row. It moves inside a transaction, hence no tuple."""

    now: int
    rate: float
    """World seconds for each second on the wall; 0 is a frozen world."""
    dues: int
    reacted: int
    """The last fact that the simulated people have seen."""
    orders: int
    """Of the simulator's orders; the others are counted next."""
    orders_by_hand: int
    products: int
    buyers: int
    addresses: int
    threads: int
    messages: int
    refunds: int
    settlements: int
    disputes: int
    days_until: int
    """The shop's days before this moment are added up."""
    checkout_open: int
    """1 while the shop has a return URL: every order asks."""
    reports: int
    schedules: int
    policies: int
    """How often the policy changed: whoever has the world open knows when to read it anew."""
    outages: int
    """Outages that last now: programs are not let in."""
    epoch: int
    """How often the world was put back to an earlier moment: what was remembered of it before is no longer so."""


@dataclass(slots=True)
class Clock(ClockRow):
    """The same, with what the facts tell by themselves: a command that gives no number out leaves the row alone."""

    facts: int
    """The number of the last fact."""


class FactRow(NamedTuple):
    """A fact as it is kept, with who did it and because of what."""

    seq: int
    at: int
    kind: str
    order_number: int | None
    by: str
    rule: str
    because: int | None
    """The fact that led to this one; none where somebody outside acted."""
    body: str
    """The fact itself, as JSON."""


class Agenda(NamedTuple):
    """Something to come."""

    at: int
    seq: int
    step: str
    ref: str
    because: int | None


AgendaRow = tuple[int, int, str, str, int | None]
"""The same as a plain tuple, for there are several to every order."""


class Cast(NamedTuple):
    """What the simulator keeps from one window to the next, as JSON."""

    name: str
    state: str


class Credential(NamedTuple):
    """A key to this world."""

    key: str
    label: str


class KeptAnswer(NamedTuple):
    """What a request with an Idempotency-Key was answered."""

    key: str
    fingerprint: str
    status: int
    body: str
    content_type: str
    tag: str | None
