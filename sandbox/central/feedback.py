"""Feedback: a buyer's rating of an order, the seller's reply, its removal (chapter 9)."""

from collections.abc import Iterator

from sandbox.central.days import DAY, HOUR, after, rfc3339
from sandbox.central.disputes import check_text
from sandbox.central.facts import (
    Fact,
    FeedbackAnswered,
    FeedbackLeft,
    FeedbackRemovalAsked,
    FeedbackRemovalDecided,
    FeedbackWithdrawn,
)
from sandbox.central.guide import Due, Refused, rule
from sandbox.central.messages import stopped
from sandbox.central.orders import in_view
from sandbox.central.records import PRODUCTION, Feedback, Order
from sandbox.central.world import World

REMOVAL_REASONS = {
    "PersonalInformation": "It tells a mail address or a phone number",
    "Link": "It carries a link or HTML",
    "Other": "Something else",
}
"""Why a seller may want a feedback gone. Approximate."""


@rule(
    chapter=9,
    says="A buyer may rate an order once, from 3 days after its shipment was confirmed; a 1 or 2 makes it defective.",
)
def leave(
    world: World,
    at: int,
    order_id: str,
    rating: int,
    comment: str = "",
    arrived_on_time: bool | None = None,
    as_described: bool | None = None,
    good_service: bool | None = None,
) -> Iterator[Fact]:
    """A buyer rates an order, from 1 to 5."""
    order = world.order(order_id)
    if rating not in range(1, 6):
        raise Refused("InvalidRating", f"{rating} is no rating. Give 1, 2, 3, 4 or 5.")
    if comment:
        check_text(world, comment)
    _check_window(world, at, order)
    if (earlier := _found(world, order)) is not None:
        when = rfc3339(earlier.left_at)
        raise Refused("AlreadyRated", f"Order {order_id} was rated {earlier.rating} at {when}; it can be rated once.")
    yield FeedbackLeft(at, order_id, rating, comment, arrived_on_time, as_described, good_service)


def _check_window(world: World, at: int, order: Order) -> None:
    if order.view != PRODUCTION:
        raise Refused("NotRateable", f"Order {order.order_id} is in the {order.view} view; nobody rates it.")
    if order.confirmed_at is None:
        raise Refused("NotRateable", f"Order {order.order_id} is {order.status}; only a confirmed one can be rated.")
    opens = after(order.confirmed_at, world.policy.feedback_opens_days * DAY)
    closes = after(order.confirmed_at, world.policy.feedback_closes_days * DAY)
    if at < opens:
        raise Refused("FeedbackTooEarly", f"Order {order.order_id} can be rated from {rfc3339(opens)} on.")
    if at > closes:
        raise Refused("FeedbackTooLate", f"Order {order.order_id} could be rated until {rfc3339(closes)}.")


def _found(world: World, order: Order) -> Feedback | None:
    row = world.row("select * from feedback where order_number = ?", (order.number,))
    return Feedback._make(row) if row else None


def feedback_of(world: World, order_id: str, view: str = PRODUCTION) -> Feedback:
    """An order's feedback. Refused with NoFeedback where there is none."""
    found = _found(world, in_view(world, order_id, view))
    if found is None:
        raise Refused("NoFeedback", f"Nobody rated order {order_id}.")
    return found


@rule(chapter=12, says="The seller watches the feedback and responds to it for all to read, once.")
def reply(world: World, at: int, order_id: str, text: str, view: str = PRODUCTION) -> Iterator[Fact]:
    """The seller's public reply."""
    found = feedback_of(world, order_id, view)
    _check_shown(found)
    if found.replied_at is not None:
        raise Refused("AlreadyAnswered", f"The feedback was answered at {rfc3339(found.replied_at)}; once is all.")
    check_text(world, text, wanted="Write what all may read.")
    if why := stopped(text):
        raise Refused(*why)
    yield FeedbackAnswered(at, order_id, text)


@rule(chapter=9, says="A seller may ask for a feedback's removal; it goes only if it breaks the rules for such texts.")
def ask_removal(world: World, at: int, order_id: str, reason: str, view: str = PRODUCTION) -> Iterator[Fact | Due]:
    """The platform decides a day later."""
    found = feedback_of(world, order_id, view)
    if reason not in REMOVAL_REASONS:
        raise Refused("UnknownReason", f"{reason[:60]!r} is no reason. There are: {', '.join(REMOVAL_REASONS)}.")
    _check_shown(found)
    if found.state != "shown":
        state = "declined" if found.state == "removal-declined" else "asked for"
        raise Refused("AlreadyAsked", f"Its removal was {state} at {rfc3339(found.state_at)}; it is asked for once.")
    yield FeedbackRemovalAsked(at, order_id, reason)
    yield Due(after(at, world.policy.feedback_decided_hours * HOUR), "feedback.decide_removal", order_id)


@rule(chapter=9, says="Feedback with a mail address, a phone number, a link or HTML in it is removed; any other stays.")
def decide_removal(world: World, at: int, order_id: str) -> Iterator[Fact]:
    """The platform reads the comment; the reason that the seller gave changes nothing."""
    found = feedback_of(world, order_id)
    if found.state == "removal-asked":
        yield FeedbackRemovalDecided(at, order_id, bool(found.comment) and stopped(found.comment) is not None)


@rule(chapter=9, says="A buyer can take a feedback back for 60 days.")
def withdraw(world: World, at: int, order_id: str) -> Iterator[Fact]:
    """The buyer thinks better of it; the order cannot be rated again."""
    found = feedback_of(world, order_id)
    _check_shown(found)
    until = after(found.left_at, world.policy.feedback_withdrawable_days * DAY)
    if at > until:
        raise Refused("FeedbackTooLate", f"The feedback could be taken back until {rfc3339(until)}.")
    yield FeedbackWithdrawn(at, order_id)


def _check_shown(found: Feedback) -> None:
    if found.state in ("removed", "withdrawn"):
        raise Refused("FeedbackGone", f"The feedback was {found.state} at {rfc3339(found.state_at)}.")
