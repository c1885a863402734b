"""Messages: what the filter stops, who answers what, and what waits (chapters 3 and 11)."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central import messages, orders
from sandbox.central.days import DAY, HOUR
from sandbox.central.guide import Refused
from sandbox.central.records import Message
from sandbox.central.world import World
from tests import shop

TEXT = "Where is my parcel?"


def ask(world: World, order_id: str, text: str = TEXT, subject: str = "Shipping", view: str = "production") -> int:
    """A buyer asks; the number of the thread."""
    (fact,) = world.do(messages.ask, by="buyer", order_id=order_id, subject=subject, text=text, view=view)
    return fact.thread  # type: ignore[attr-defined,no-any-return]


def contact(world: World, order_id: str, text: str = TEXT, subject: str = "Shipping") -> int:
    (fact,) = world.do(messages.contact_buyer, by="seller", order_id=order_id, subject=subject, text=text)
    return fact.thread  # type: ignore[attr-defined,no-any-return]


def reply(world: World, thread: int, text: str = "It left today.", automatic: bool = False) -> None:
    world.do(messages.reply, by="seller", thread=thread, text=text, automatic=automatic)


def mark(world: World, message: int, view: str = "production") -> None:
    world.do(messages.mark_no_response_needed, by="seller", message=message, view=view)


def in_thread(world: World, thread: int) -> list[Message]:
    return messages.conversation(world, thread).messages


def states(world: World, thread: int) -> list[str]:
    return [message.state for message in in_thread(world, thread)]


# -- the filter


PASSED = {
    "plain": "Dear buyer, your kettle left today. Thank you!",
    "other-script": "आपका पार्सल कल पहुँचेगा। धन्यवाद!",
    "emoji": "On its way 🙂👍🏽",
    "lines-and-tabs": "Dear buyer,\r\n\tyour parcel left.\nRegards",
    "no-break-space": "It costs Rs\u00a0849.",
    "narrow-no-break-space": "It left at 5:30\u202fPM.",
    "order-id": "Your order 402-9727122-1730704 is packed.",
    "order-id-like-a-phone": "Your order 402-9845012-3456789 is packed.",
    "item-id": "Item 10475407287131 is out of stock.",
    "item-id-like-a-phone": "Item 98450123456789 is out of stock.",
    "tracking-id": "The tracking id is BD4027727122.",
    "tracking-id-of-11-digits": "The tracking id is 79845012345.",
    "tracking-id-of-the-post": "The tracking id is EE984501234IN.",
    "price": "The kettle is Rs 1,29,000.00 and the maker INR 849.",
    "price-for-each": "That makes 2 @ 849.00 each.",
    "price-range": "They cost Rs 649.00-849.00.",
    "prices-in-a-row": "The prices are 849, 1290 and 849.",
    "date": "It leaves on 2026-03-02 at 10:00:00.",
    "indian-date": "It leaves on 02/03/2026 or 9.3.2026.",
    "date-and-time-with-points": "It leaves on 9.3.2026 10.30 am.",
    "moment": "It left at 2026-03-02T10:00:00+05:30.",
    "postal-code": "Is 560 001 the right code?",
    "quantity-and-sku": "2 pieces of KK-001 and 6 of KK-9845012345.",
    "ampersand": "AT&T; black & white & red; R&D",
    "less-than": "It takes < 3 days, and I <3 your shop.",
    "sentence-without-a-space": "It left.In two days it arrives.Me too",
    "another-without-a-space": "Thank you.Shop again.Online you see where it is.",
    "day-and-month-before-in": "It arrives on 12.11.in time for Diwali.",
    "hour-before-in": "Be at home at 10.30.in the morning.",
    "in-stock": "It is back.in stock from today.",
    "four-numbers": "The manual is version 1.2.3.4 and the box is 10.20.30.40 cm.",
    "date-with-a-slash": "It leaves on 9.3.2026/10.3.2026.",
    "price-with-a-dash": "The kettle is Rs. 849/- and the maker Rs.1,290/-.",
    "company": "We are Kettle and Co. and Kin Pvt. Ltd.",
    "at-sign": "We are at home @ 5 pm.",
}


@pytest.mark.parametrize("text", PASSED.values(), ids=PASSED.keys())
def test_plain_text_is_passed_on(quiet: World, text: str) -> None:
    thread = ask(quiet, shop.place(quiet), text)
    assert in_thread(quiet, thread)[0].text == text


STOPPED = {
    "MessageEmpty": ["", " ", "\n\t\r\n "],
    "MessageHasHtml": [
        "<b>Hello</b>",
        "Hello<br>you",
        "Hello<br/>you",
        "</p>",
        "<A HREF='x'>here</A>",
        "<!-- hidden -->",
        "< img src = x >",
        "<script\n>alert(1)</script>",
        "Fish &amp; chips",
        "&nbsp;",
        "&#8364; 20",
        "&#x20AC; 20",
    ],
    "MessageHasLink": [
        "see http://shop.example.invalid/x",
        "see HTTPS://SHOP.EXAMPLE.INVALID",
        "see ftp://files.example.invalid",
        "see http : // shop",
        "see www.shop.example.invalid",
        "see WWW.shop.example.invalid",
        "see www . shop",
        "see kettles.com",
        "see kettles.com.",
        "see kettles.com/today?x=1",
        "see kettles.in, please",
        "see kettles.co.in",
        "see my-kettles.shop",
        "see bit.ly/3xYz",
        "see wa.me/919812345678",
        "see KETTLES.COM",
        "see Kettles.Com",
        "see kettles.com.au",
        "see kettles.co.uk",
        "see youtu.be/dQw4w9WgXcQ",
        "(kettles.com)",
        "see amazon.de",
        "see kettles.co",
        "see kettles.us",
        "see kettles.uk",
        "see kettles.dev now",
        "see 24x7.in",
        "see shop24.in.",
        "see www2.kettles.zone",
        "see WWW2.kettles",
        "see kettles.zone",
        "see 192.168.1.1/x",
        "see 192.168.1.1:8080/x",
        "see -kettles-.com",
    ],
    "MessageHasMail": [
        "write to ops@shop.example.invalid",
        "write to OPS@SHOP.EXAMPLE.INVALID",
        "write to ops@kettles.com",
        "write to mailto:ops@kettles.com",
        "write to ops @ kettles.com",
        "write to ops(at)kettles.com",
        "write to ops [at] kettles.com",
        "write to ops\uff20kettles.museum",
        "write to ops\uff08at\uff09kettles.museum",
        "write to first.last+tag@mail.kettles.co.in.",
    ],
    "MessageHasPhone": [
        "call 9845012345",
        "call 98450 12345",
        "call 98450-12345",
        "call 984-501-2345",
        "call 984 501 2345",
        "call 98.45.01.23.45",
        "call 98 45 01 23 45",
        "call 09845012345",
        "call +919845012345",
        "call +91 98450 12345",
        "call +91-9845012345",
        "call (+91) 98450 12345",
        "call +91 (0)98450 12345",
        "call 0091 98450 12345",
        "call 91-98450-12345",
        "call 6000000000.",
        "call(7012345678)",
        "call +44 20 7946 0958",
        "call +1 (202) 555-0143",
        "call 080-23456789",
        "call 022-23456789",
        "call 011 2345 6789",
    ],
    "MessageNotText": ["Hello\x00", "Hello\x1b[31m", "Hello\x7f", "Hello\x85", "Hello\x0b", "Hello\x0c", "Hello\ud83d"],
}
_STOPPED = [(code, text) for code, texts in STOPPED.items() for text in texts]


@pytest.mark.parametrize(("code", "text"), _STOPPED, ids=[f"{code}-{text!a}" for code, text in _STOPPED])
def test_what_may_not_be_passed_on_is_refused_and_not_sent(quiet: World, code: str, text: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        ask(quiet, order_id, text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<b>x</b>", "HTML ('<b>')"),
        ("at kettles.com now", "a link ('kettles.com')"),
        ("to ops@kettles.com now", "a mail address ('ops@kettles.com')"),
        ("on 98450 12345 now", "a phone number ('98450 12345')"),
    ],
)
def test_the_filter_says_what_it_found(quiet: World, text: str, found: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        ask(quiet, order_id, text)
    assert refused.value.sentence == f"The message holds {found}, so it is not passed on. Take it out."


def test_a_message_may_have_4000_characters(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet), "न" * 4000)
    assert len(in_thread(quiet, thread)[0].text) == 4000


def test_a_message_of_4001_characters_is_refused(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        ask(quiet, order_id, "x" * 4001)
    assert refused.value.code == "MessageTooLong" and "4001 characters; it may have 4000" in refused.value.sentence


@pytest.mark.parametrize("most", [1, 100])
def test_a_policy_of_short_messages_does_not_stop_time(tmp_path: Path, most: int) -> None:
    with closing(shop.busy(tmp_path, f"[policy.changes]\nmessage_max_chars = {most}\n")) as world:
        shop.wait(world, 20 * DAY)
        assert world.now == shop.MONDAY + 20 * DAY


def test_a_message_that_is_refused_opens_no_thread(quiet: World) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused):
        ask(quiet, order_id, "<b>Hello</b>")
    assert ask(quiet, order_id) == 1


@pytest.mark.parametrize("text", ["<b>Hello</b>", "see kettles.com", "call 9845012345", "a@kettles.com", "", "\x00"])
def test_the_filter_holds_for_a_sellers_own_message(quiet: World, text: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        contact(quiet, order_id, text)
    assert refused.value.code.startswith("Message")


@pytest.mark.parametrize("text", ["<b>Hello</b>", "see kettles.com", "call 9845012345", "a@kettles.com", "", "\x00"])
def test_the_filter_holds_for_a_reply(quiet: World, text: str) -> None:
    thread = ask(quiet, shop.place(quiet))
    with pytest.raises(Refused):
        reply(quiet, thread, text)
    assert states(quiet, thread) == ["waiting"]


def test_a_refusal_of_the_filter_quotes_the_chapter_on_messages(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet))
    with pytest.raises(Refused) as refused:
        reply(quiet, thread, "<b>Hello</b>")
    assert refused.value.rule and refused.value.rule.chapter == 3


# -- subjects


@pytest.mark.parametrize("subject", ["ProductDetails", "Shipping", "ReturnsPolicy", "OtherQuestion"])
def test_a_buyer_asks_under_a_subject_from_the_buyers_list(quiet: World, subject: str) -> None:
    thread = ask(quiet, shop.place(quiet), subject=subject)
    assert messages.thread_of(quiet, thread).subject == subject


@pytest.mark.parametrize("subject", messages.SELLER_SUBJECTS)
def test_a_seller_writes_under_a_subject_from_the_sellers_list(quiet: World, subject: str) -> None:
    thread = contact(quiet, shop.place(quiet), subject=subject)
    assert messages.thread_of(quiet, thread).subject == subject


@pytest.mark.parametrize("subject", ["", "shipping", "Refund", "AdditionalInformationRequired", "<b>"])
def test_a_buyer_cannot_ask_under_another_subject(quiet: World, subject: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        ask(quiet, order_id, subject=subject)
    assert refused.value.code == "UnknownSubject" and "There are: ProductDetails, " in refused.value.sentence


@pytest.mark.parametrize("subject", ["", "--- Select a subject ---", "ReturnsPolicy"])
def test_a_seller_cannot_write_under_another_subject(quiet: World, subject: str) -> None:
    order_id = shop.place(quiet)
    with pytest.raises(Refused) as refused:
        contact(quiet, order_id, subject=subject)
    assert refused.value.code == "UnknownSubject" and "AdditionalInformationRequired" in refused.value.sentence


# -- threads


def test_the_same_subject_goes_on_in_the_same_thread(quiet: World) -> None:
    order_id = shop.place(quiet)
    first = ask(quiet, order_id)
    assert ask(quiet, order_id, "Are you there?") == first


def test_a_seller_and_a_buyer_who_write_of_the_same_subject_share_a_thread(quiet: World) -> None:
    order_id = shop.place(quiet)
    assert contact(quiet, order_id, subject="Shipping") == ask(quiet, order_id, subject="Shipping")


def test_another_subject_opens_another_thread(quiet: World) -> None:
    order_id = shop.place(quiet)
    assert ask(quiet, order_id, subject="Shipping") != ask(quiet, order_id, subject="ProductDetails")


def test_the_same_subject_of_another_order_opens_another_thread(quiet: World) -> None:
    assert ask(quiet, shop.place(quiet)) != ask(quiet, shop.place(quiet))


def test_a_thread_tells_when_it_was_opened_and_when_it_was_last_written_in(quiet: World) -> None:
    order_id = shop.place(quiet)
    opened = quiet.now
    thread = ask(quiet, order_id)
    shop.wait(quiet, HOUR)
    reply(quiet, thread)
    found = messages.thread_of(quiet, thread)
    assert (found.opened_at, found.last_at) == (opened, opened + HOUR)


def test_a_conversation_keeps_every_message_the_first_one_first(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet), "One")
    reply(quiet, thread, "Two")
    reply(quiet, thread, "Three", automatic=True)
    kept = [(message.sender, message.text, message.automatic) for message in in_thread(quiet, thread)]
    assert kept == [("buyer", "One", 0), ("seller", "Two", 0), ("seller", "Three", 1)]


def test_the_last_message_of_a_thread_is_told(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet))
    reply(quiet, thread, "It left today.")
    assert messages.last_in(quiet, thread).text == "It left today."


# -- masked addresses


def test_a_buyer_goes_by_a_masked_address(quiet: World) -> None:
    buyer = messages.conversation(quiet, ask(quiet, shop.place(quiet))).buyer
    assert re.fullmatch(r"[a-z0-9]{10}@marketplace\.example\.invalid", buyer.masked_email)


def test_a_masked_address_gives_nothing_of_the_buyers_own_away(quiet: World) -> None:
    buyer = messages.conversation(quiet, ask(quiet, shop.place(quiet))).buyer
    own_name, _, own_host = buyer.email.partition("@")
    assert own_name not in buyer.masked_email and buyer.masked_email.partition("@")[2] != own_host


# -- answered


def test_a_reply_answers_all_that_waits_in_its_thread(quiet: World) -> None:
    order_id = shop.place(quiet)
    thread = ask(quiet, order_id, "One")
    ask(quiet, order_id, "Two")
    reply(quiet, thread)
    assert states(quiet, thread) == ["answered", "answered", "sent"]


def test_an_answered_message_tells_when(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet))
    shop.wait(quiet, HOUR)
    reply(quiet, thread)
    assert in_thread(quiet, thread)[0].answered_at == quiet.now


def test_a_second_reply_does_not_move_the_answer(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet))
    reply(quiet, thread)
    answered = quiet.now
    shop.wait(quiet, HOUR)
    reply(quiet, thread, "And it arrived.")
    assert in_thread(quiet, thread)[0].answered_at == answered


def test_a_message_after_the_reply_waits_again(quiet: World) -> None:
    order_id = shop.place(quiet)
    thread = ask(quiet, order_id)
    reply(quiet, thread)
    ask(quiet, order_id, "And now?")
    assert states(quiet, thread) == ["answered", "sent", "waiting"]


def test_a_reply_answers_nothing_in_another_thread(quiet: World) -> None:
    order_id = shop.place(quiet)
    waiting = ask(quiet, order_id, subject="ProductDetails")
    reply(quiet, ask(quiet, order_id, subject="Shipping"))
    assert states(quiet, waiting) == ["waiting"]


def test_an_automatic_reply_answers_nothing(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet))
    reply(quiet, thread, automatic=True)
    assert states(quiet, thread) == ["waiting", "sent"]


def test_what_the_seller_writes_under_another_subject_answers_nothing(quiet: World) -> None:
    order_id = shop.place(quiet)
    waiting = ask(quiet, order_id, subject="Shipping")
    contact(quiet, order_id, subject="Other")
    assert states(quiet, waiting) == ["waiting"]


def test_a_buyer_can_ask_about_a_cancelled_order(quiet: World) -> None:
    order_id = shop.place(quiet)
    quiet.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    assert states(quiet, ask(quiet, order_id)) == ["waiting"]


# -- no response needed


def test_a_message_marked_as_needing_no_response_waits_no_more(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet), "Thank you!")
    mark(quiet, 1)
    assert states(quiet, thread) == ["not-needed"]


def test_a_message_marked_as_needing_no_response_is_not_answered_by_a_later_reply(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet), "Thank you!")
    mark(quiet, 1)
    reply(quiet, thread)
    assert in_thread(quiet, thread)[0].answered_at is None


def test_marking_twice_says_nothing_new(quiet: World) -> None:
    ask(quiet, shop.place(quiet), "Thank you!")
    mark(quiet, 1)
    assert quiet.do(messages.mark_no_response_needed, by="seller", message=1) == []


def test_a_message_that_was_answered_cannot_be_marked(quiet: World) -> None:
    reply(quiet, ask(quiet, shop.place(quiet)))
    with pytest.raises(Refused) as refused:
        mark(quiet, 1)
    assert refused.value.code == "AlreadyAnswered" and "Message 1 was answered" in refused.value.sentence


def test_a_message_of_ones_own_cannot_be_marked(quiet: World) -> None:
    contact(quiet, shop.place(quiet))
    with pytest.raises(Refused) as refused:
        mark(quiet, 1)
    assert refused.value.code == "NotABuyersMessage" and "your own" in refused.value.sentence


# -- not there, or not here


@pytest.mark.parametrize("thread", [-1, 0, 2, 2**62])
def test_a_thread_that_is_not_there_is_unknown(quiet: World, thread: int) -> None:
    ask(quiet, shop.place(quiet))
    with pytest.raises(Refused) as refused:
        reply(quiet, thread)
    told = f"There is no thread {thread} in this world. There are: 1 to 1."
    assert (refused.value.code, refused.value.sentence) == ("UnknownThread", told)


@pytest.mark.parametrize("message", [-1, 0, 2, 2**62])
def test_a_message_that_is_not_there_is_unknown(quiet: World, message: int) -> None:
    ask(quiet, shop.place(quiet))
    with pytest.raises(Refused) as refused:
        mark(quiet, message)
    told = f"There is no message {message} in this world. There are: 1 to 1."
    assert (refused.value.code, refused.value.sentence) == ("UnknownMessage", told)


def test_nobody_asks_about_an_order_that_is_not_there(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        ask(quiet, "402-0000000-0000000")
    assert refused.value.code == "UnknownOrder"


def test_a_thread_of_the_sandbox_view_is_not_answered_from_the_production_view(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet, view="sandbox"), view="sandbox")
    with pytest.raises(Refused) as refused:
        reply(quiet, thread)
    assert refused.value.code == "WrongView" and "Switch to sandbox" in refused.value.sentence


def test_a_message_of_the_sandbox_view_is_not_marked_from_the_production_view(quiet: World) -> None:
    ask(quiet, shop.place(quiet, view="sandbox"), view="sandbox")
    with pytest.raises(Refused) as refused:
        mark(quiet, 1)
    assert refused.value.code == "WrongView"


def test_a_buyer_does_not_ask_about_a_sandbox_order_in_the_production_view(quiet: World) -> None:
    order_id = shop.place(quiet, view="sandbox")
    with pytest.raises(Refused) as refused:
        ask(quiet, order_id)
    assert refused.value.code == "WrongView"
