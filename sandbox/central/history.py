"""Why: an order's facts as a chain, each with the rule that brought it about and with what led to it."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from msgspec.json import encode

from sandbox.central import facts
from sandbox.central.facts import Fact, decoded
from sandbox.central.guide import Rule
from sandbox.central.ledger import opened
from sandbox.central.orders import in_view
from sandbox.central.records import PRODUCTION, FactRow
from sandbox.central.rooms import RULES
from sandbox.central.search import PAGE, Page, page_size
from sandbox.central.sentences import sentence
from sandbox.central.world import World

UPON: dict[type[Fact], tuple[type[Fact], str]] = {
    facts.ParcelDelivered: (facts.ShipmentConfirmed, "package"),
    facts.DeliveryFailed: (facts.ShipmentConfirmed, "package"),
    facts.ParcelLost: (facts.ShipmentConfirmed, "package"),
    facts.ParcelReturned: (facts.ShipmentConfirmed, "package"),
    facts.ReturnSent: (facts.ParcelDelivered, "order_id"),
    facts.ReturnArrived: (facts.ReturnSent, "order_id"),
    facts.SellerReplied: (facts.BuyerAsked, "thread"),
    facts.NoResponseNeeded: (facts.BuyerAsked, "message"),
    facts.RefundRequested: (facts.ShipmentConfirmed, "order_id"),
    facts.RefundCalledOff: (facts.RefundRequested, "refund"),
    facts.RefundPosted: (facts.RefundRequested, "refund"),
    facts.FeedbackLeft: (facts.ShipmentConfirmed, "order_id"),
    facts.FeedbackAnswered: (facts.FeedbackLeft, "order_id"),
    facts.FeedbackRemovalAsked: (facts.FeedbackLeft, "order_id"),
    facts.FeedbackWithdrawn: (facts.FeedbackLeft, "order_id"),
    facts.ClaimFiled: (facts.ShipmentConfirmed, "order_id"),
    facts.ChargebackFiled: (facts.ShipmentConfirmed, "order_id"),
    facts.DisputeAnswered: (facts.DisputeFiled, "dispute"),
    facts.DisputeDecided: (facts.DisputeFiled, "dispute"),
    facts.ClaimWithdrawn: (facts.ClaimFiled, "dispute"),
    facts.ClaimAppealed: (facts.DisputeDecided, "dispute"),
}
"""What somebody who acts of their own accord acts upon: the order's last fact of that kind before, with the same value
in that field. Where a kind is not here it is the order itself."""
_THE_ORDER: tuple[type[Fact], str] = (facts.OrderPlaced, "order_id")


class Told(NamedTuple):
    """A fact, told to people."""

    fact: int
    at: int
    kind: str
    order_id: str | None
    by: str
    sentence: str


class Cause(NamedTuple):
    """A fact behind another one."""

    link: Literal["because", "upon"]
    """because: it led to the other, as the record says. upon: somebody acted of their own accord, and acted upon it."""
    told: Told


class Explained(NamedTuple):
    """A fact with what explains it."""

    told: Told
    rule: Rule | None
    """What brought it about, or refused it; None where it is no rule of the guide, a delivery for instance."""
    code: str | None
    """Of a refusal."""
    because: list[Cause]
    """The nearest first, back to the one that nothing led to."""


class _Past(NamedTuple):
    """The facts of an order, and all that led to them."""

    world: World
    own: list[int]
    """Those of the order, and what followed from them without being of any order."""
    rows: dict[int, FactRow]
    facts: dict[int, Fact]
    own_of: dict[type[Fact], list[int]]
    """Those of the order that are of a kind, once somebody asked: an order may be tried a thousand times."""


def history(world: World, order_id: str, view: str = PRODUCTION) -> list[Explained]:
    """All of it, the first fact first. Refused with UnknownOrder or WrongView."""
    past = _past(world, order_id, view)
    return [_explained(past, seq) for seq in past.own]


def history_page(
    world: World, order_id: str, view: str = PRODUCTION, cursor: str | None = None, limit: int = PAGE
) -> Page[Explained]:
    """The same, page by page: facts are never changed, and new ones come at the end."""
    behind = 0 if cursor is None else opened(cursor)
    past = _past(world, order_id, view)
    left = [seq for seq in past.own if seq > behind]
    page = left[: page_size(limit)]
    return Page([_explained(past, seq) for seq in page], str(page[-1]) if len(left) > len(page) else None)


_OWN = """
    with recursive own(seq) as (
        select seq from facts where order_number = ? union
        select f.seq from own join facts f on f.because = own.seq and f.order_number is null)
    select f.* from own cross join facts f using (seq) order by seq"""
_LED = """
    with recursive led(seq) as (
        select value from json_each(?) union
        select f.because from led join facts f using (seq) where f.because is not null)
    select f.* from led cross join facts f using (seq)"""


def _past(world: World, order_id: str, view: str) -> _Past:
    order = in_view(world, order_id, view)
    own = [FactRow._make(row) for row in world.rows(_OWN, (order.number,))]
    rows = {row.seq: row for row in own}
    if elsewhere := {row.because for row in own if row.because is not None} - rows.keys():
        rows |= {row[0]: FactRow._make(row) for row in world.rows(_LED, (encode(sorted(elsewhere)).decode(),))}
    read = {seq: decoded(row.kind, row.body) for seq, row in rows.items()}
    return _Past(world, [row.seq for row in own], rows, read, {})


def _explained(past: _Past, seq: int) -> Explained:
    fact = past.facts[seq]
    code = fact.code if isinstance(fact, facts.ActionRefused) else None
    return Explained(_told(past, seq), RULES.get(past.rows[seq].rule), code, list(_causes(past, seq)))


def _told(past: _Past, seq: int) -> Told:
    row, world = past.rows[seq], past.world
    order_id = world.ids.order_id(row.order_number) if row.order_number else None
    return Told(seq, row.at, row.kind, order_id, row.by, sentence(past.facts[seq], world.currency))


def _causes(past: _Past, seq: int) -> Iterator[Cause]:
    while True:
        because = past.rows[seq].because
        before = because or _acted_upon(past, seq)
        if before is None:
            return
        yield Cause("because" if because else "upon", _told(past, before))
        seq = before


def _acted_upon(past: _Past, seq: int) -> int | None:
    fact = past.facts[seq]
    kind, field = UPON.get(type(fact), _THE_ORDER)
    if kind not in past.own_of:
        past.own_of[kind] = [own for own in past.own if isinstance(past.facts[own], kind)]
    for earlier in reversed(past.own_of[kind]):
        if earlier < seq and getattr(past.facts[earlier], field) == getattr(fact, field, None):
            return earlier
    return None
