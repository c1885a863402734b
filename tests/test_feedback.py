"""Feedback: rated once, in its time; replied to, removed, taken back, summed up (chapters 9 and 12)."""

import pytest

from sandbox.central import feedback, orders, performance, shipments
from sandbox.central.days import DAY, HOUR
from sandbox.central.performance import Ratings
from sandbox.central.records import Defect
from sandbox.central.world import World
from tests import quarrels, shop
from tests.quarrels import feedback_of, rate, rated, refusal, shipped


def leave(world: World, order_id: str, rating: float = 1, comment: str = "") -> tuple[str, str]:
    return refusal(world, feedback.leave, order_id=order_id, rating=rating, comment=comment)


def reply(world: World, order_id: str, text: str = "We are sorry.") -> None:
    world.do(feedback.reply, by="seller", order_id=order_id, text=text)


def ask_removal(world: World, order_id: str, reason: str = "Other") -> None:
    world.do(feedback.ask_removal, by="seller", order_id=order_id, reason=reason)


def is_defective(world: World, order_id: str) -> bool:
    return bool(world.order(order_id).defects & Defect.NEGATIVE_FEEDBACK)


# -- rated


def test_an_order_can_be_rated_3_days_after_it_was_confirmed(slow: World) -> None:
    order_id = rated(slow, 5, "Fine.")
    found = feedback_of(slow, order_id)
    assert (found.rating, found.comment, found.left_at) == (5, "Fine.", slow.now)


def test_a_rating_is_too_early_a_millisecond_before(slow: World) -> None:
    order_id = shipped(slow)
    shop.wait(slow, 3 * DAY - 1)
    code, sentence = leave(slow, order_id)
    assert code == "FeedbackTooEarly" and "from 2026-03-05T04:30:00.000Z on" in sentence


def test_an_order_can_be_rated_until_90_days_after_it_was_confirmed(slow: World) -> None:
    order_id = shipped(slow)
    shop.wait(slow, 90 * DAY)
    rate(slow, order_id, 1)
    assert feedback_of(slow, order_id).rating == 1


def test_a_rating_is_too_late_a_millisecond_after(slow: World) -> None:
    order_id = shipped(slow)
    shop.wait(slow, 90 * DAY + 1)
    code, sentence = leave(slow, order_id)
    assert code == "FeedbackTooLate" and "until 2026-05-31T04:30:00.000Z" in sentence


def test_a_partly_shipped_order_is_rated_from_its_first_package_on(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    shop.wait(slow, 3 * DAY)
    rate(slow, order_id, 3)
    assert feedback_of(slow, order_id).rating == 3


def test_an_order_whose_rest_was_cancelled_is_rated_for_what_came(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    shop.wait(slow, 31 * DAY)
    rate(slow, order_id, 2)
    assert (slow.order(order_id).quantity_cancelled, is_defective(slow, order_id)) == (1, True)


def test_an_order_is_rated_once(slow: World) -> None:
    order_id = rated(slow, 4)
    code, sentence = leave(slow, order_id)
    assert code == "AlreadyRated" and "was rated 4 at 2026-03-05" in sentence


@pytest.mark.parametrize("rating", [-1, 0, 6, 2.5])
def test_a_rating_is_1_to_5(slow: World, rating: float) -> None:
    assert leave(slow, shipped(slow), rating) == ("InvalidRating", f"{rating} is no rating. Give 1, 2, 3, 4 or 5.")


@pytest.mark.parametrize(("rating", "defective"), [(1, True), (2, True), (3, False), (4, False), (5, False)])
def test_a_1_or_2_is_negative_and_makes_the_order_defective(slow: World, rating: int, defective: bool) -> None:
    assert is_defective(slow, rated(slow, rating)) is defective


def test_what_was_not_confirmed_cannot_be_rated(slow: World) -> None:
    unshipped, cancelled = shop.place(slow), shop.place(slow)
    slow.do(orders.cancel, by="seller", order_id=cancelled, reason="NoInventory")
    found = [leave(slow, order_id) for order_id in (unshipped, cancelled)]
    assert [code for code, _ in found] == ["NotRateable"] * 2
    assert "is Unshipped; only a confirmed one" in found[0][1] and "is Canceled" in found[1][1]


def test_an_order_of_the_sandbox_view_is_rated_by_nobody(slow: World) -> None:
    order_id = shop.place(slow, view="sandbox")
    slow.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC", view="sandbox")
    assert "in the sandbox view; nobody rates it" in leave(slow, order_id)[1]


@pytest.mark.parametrize(("comment", "code"), [("x" * 4_001, "TextTooLong"), ("\x07", "TextNotPlain")])
def test_a_comment_is_plain_text_of_4000_characters_at_most(slow: World, comment: str, code: str) -> None:
    assert leave(slow, shipped(slow), comment=comment)[0] == code


# -- replied to


def test_the_seller_replies_for_all_to_read(slow: World) -> None:
    order_id = rated(slow, 1)
    reply(slow, order_id)
    found = feedback_of(slow, order_id)
    assert (found.reply, found.replied_at) == ("We are sorry.", slow.now)


def test_the_seller_replies_once(slow: World) -> None:
    order_id = rated(slow, 1)
    reply(slow, order_id)
    code, sentence = refusal(slow, feedback.reply, order_id=order_id, text="Really.")
    assert code == "AlreadyAnswered" and "once is all" in sentence


def test_an_empty_reply_is_told_what_it_is_for(slow: World) -> None:
    _, sentence = refusal(slow, feedback.reply, order_id=rated(slow, 1), text=" ")
    assert sentence == "The text is empty. Write what all may read."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "TextMissing"),
        ("Call 98450 12345", "MessageHasPhone"),
        ("Write to a@b.in", "MessageHasMail"),
        ("See www.shop.example", "MessageHasLink"),
        ("<b>Sorry</b>", "MessageHasHtml"),
    ],
)
def test_a_reply_passes_the_filter_of_all_texts(slow: World, text: str, code: str) -> None:
    assert refusal(slow, feedback.reply, order_id=rated(slow, 1), text=text)[0] == code


def test_where_nobody_rated_there_is_nothing_to_reply_to(slow: World) -> None:
    order_id = shipped(slow)
    assert refusal(slow, feedback.reply, order_id=order_id, text="Hm.") == (
        "NoFeedback",
        f"Nobody rated order {order_id}.",
    )


def test_feedback_is_answered_in_the_production_view(slow: World) -> None:
    what = {"order_id": rated(slow, 1), "text": "Hm.", "view": "sandbox"}
    assert refusal(slow, feedback.reply, **what)[0] == "WrongView"


# -- removed


def test_a_removal_is_decided_24_hours_later(slow: World) -> None:
    order_id = rated(slow, 1, "Rubbish.")
    ask_removal(slow, order_id)
    shop.wait(slow, 24 * HOUR - 1)
    before = feedback_of(slow, order_id).state
    shop.wait(slow, 1)
    assert (before, feedback_of(slow, order_id).state) == ("removal-asked", "removal-declined")


@pytest.mark.parametrize("comment", ["Call me: 98450 12345", "Mail a@b.in", "See www.rant.example", "<b>No</b>"])
def test_feedback_that_breaks_the_rules_for_texts_is_removed_and_no_defect(slow: World, comment: str) -> None:
    order_id = rated(slow, 1, comment)
    ask_removal(slow, order_id)
    shop.wait(slow, DAY)
    assert (feedback_of(slow, order_id).state, is_defective(slow, order_id)) == ("removed", False)


@pytest.mark.parametrize("reason", feedback.REMOVAL_REASONS)
@pytest.mark.parametrize("comment", ["", "Rubbish."])
def test_feedback_that_breaks_no_rule_stays_whatever_reason_is_given(slow: World, reason: str, comment: str) -> None:
    order_id = rated(slow, 1, comment)
    ask_removal(slow, order_id, reason)
    shop.wait(slow, DAY)
    assert (feedback_of(slow, order_id).state, is_defective(slow, order_id)) == ("removal-declined", True)


@pytest.mark.parametrize(("span", "says"), [(0, "was asked for at"), (DAY, "was declined at")])
def test_a_removal_is_asked_for_once(slow: World, span: int, says: str) -> None:
    order_id = rated(slow, 1)
    ask_removal(slow, order_id)
    shop.wait(slow, span)
    code, sentence = refusal(slow, feedback.ask_removal, order_id=order_id, reason="Other")
    assert code == "AlreadyAsked" and says in sentence


def test_an_unknown_reason_names_those_there_are(slow: World) -> None:
    code, sentence = refusal(slow, feedback.ask_removal, order_id=rated(slow, 1), reason="Unfair")
    assert code == "UnknownReason" and "PersonalInformation, Link, Other" in sentence


# -- taken back


def test_a_buyer_takes_a_feedback_back_for_60_days(slow: World) -> None:
    order_id = rated(slow, 1)
    shop.wait(slow, 60 * DAY)
    slow.do(feedback.withdraw, by="buyer", order_id=order_id)
    assert (feedback_of(slow, order_id).state, is_defective(slow, order_id)) == ("withdrawn", False)


def test_and_not_a_millisecond_longer(slow: World) -> None:
    order_id = rated(slow, 1)
    shop.wait(slow, 60 * DAY + 1)
    code, sentence = refusal(slow, feedback.withdraw, order_id=order_id)
    assert code == "FeedbackTooLate" and "until 2026-05-04T04:30:00.000Z" in sentence


def test_what_was_taken_back_is_neither_replied_to_nor_removed_nor_rated_again(slow: World) -> None:
    order_id = rated(slow, 1)
    slow.do(feedback.withdraw, by="buyer", order_id=order_id)
    codes = [
        refusal(slow, feedback.reply, order_id=order_id, text="Hm.")[0],
        refusal(slow, feedback.ask_removal, order_id=order_id, reason="Other")[0],
        leave(slow, order_id)[0],
    ]
    assert codes == ["FeedbackGone", "FeedbackGone", "AlreadyRated"]


def test_a_removal_that_was_asked_for_comes_to_nothing_once_the_buyer_takes_it_back(slow: World) -> None:
    order_id = rated(slow, 1, "Mail a@b.in")
    ask_removal(slow, order_id)
    slow.do(feedback.withdraw, by="buyer", order_id=order_id)
    shop.wait(slow, DAY)
    assert feedback_of(slow, order_id).state == "withdrawn"


# -- listed and summed up


def ids(found: list[performance.FoundFeedback]) -> list[str]:
    return [row.feedback.order_id for row in found]


def test_feedback_is_listed_the_newest_first_page_by_page(slow: World) -> None:
    left = [rated(slow, rating) for rating in (5, 1, 3)]
    first = performance.feedback(slow, limit=2)
    second = performance.feedback(slow, limit=2, cursor=first.next_cursor)
    assert (ids(first.rows + second.rows), second.next_cursor) == (left[::-1], None)


def test_feedback_is_found_by_rating_state_and_order(slow: World) -> None:
    good, bad = rated(slow, 5), rated(slow, 1)
    ask_removal(slow, bad)
    assert ids(performance.feedback(slow, ratings=(4, 5)).rows) == [good]
    assert ids(performance.feedback(slow, states=("removal-asked",)).rows) == [bad]
    assert ids(performance.feedback(slow, order_id=good).rows) == [good]


def test_the_summary_counts_30_90_and_365_days_and_all_time(slow: World) -> None:
    rated(slow, 5)
    shop.wait(slow, 30 * DAY)
    rated(slow, 3)
    rated(slow, 2)
    assert performance.feedback_summary(slow) == [
        Ratings(30, 0, 1, 1),
        Ratings(90, 1, 1, 1),
        Ratings(365, 1, 1, 1),
        Ratings(None, 1, 1, 1),
    ]


@pytest.mark.parametrize(("span", "count"), [(30 * DAY - 1, 1), (30 * DAY, 0)])
def test_a_rating_leaves_the_30_days_to_the_millisecond(slow: World, span: int, count: int) -> None:
    rated(slow, 5)
    shop.wait(slow, span)
    assert performance.feedback_summary(slow)[0].positive == count


def test_what_was_taken_back_is_not_summed_up(slow: World) -> None:
    slow.do(feedback.withdraw, by="buyer", order_id=rated(slow, 1))
    assert performance.feedback_summary(slow)[-1] == Ratings(None, 0, 0, 0)


def test_shares_are_rounded_and_may_come_to_99_percent() -> None:
    thirds = Ratings(30, 1, 1, 1)
    assert [thirds.percent(count) for count in thirds[1:]] == [33, 33, 33]
    assert Ratings(30, 1, 0, 7).percent(1) == 13 and Ratings(30, 0, 0, 0).percent(0) is None
