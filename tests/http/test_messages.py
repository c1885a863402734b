"""/v1/threads and /v1/messages over HTTP: read, answered, marked, and what the filter stops."""

from typing import Any

import pytest

from sandbox.central.guide import RULES
from tests.server import Client, Shop, problem_of, said_no


def waiting(shop: Shop) -> Any:
    """The message that waits longest."""
    return shop.seller.get("/v1/messages", {"waiting": "true"}).json["messages"][0]


def reply(shop: Shop, thread: int, text: str = "It left today.", **more: Any) -> Any:
    return shop.seller.post(f"/v1/threads/{thread}/replies", {"text": text} | more)


# -- lists


def test_threads_are_listed_the_one_last_written_in_first(inbox: Shop) -> None:
    last = [row["last_at"] for row in inbox.pages("/v1/threads")]
    assert len(last) > 2 and last == sorted(last, reverse=True)


def test_messages_are_listed_the_oldest_first(inbox: Shop) -> None:
    sent = [row["sent_at"] for row in inbox.pages("/v1/messages")]
    assert len(sent) > 2 and sent == sorted(sent)


@pytest.mark.parametrize("path", ["/v1/threads", "/v1/messages"])
def test_pages_of_one_give_every_row_once(inbox: Shop, path: str) -> None:
    assert inbox.pages(path, limit=1) == inbox.pages(path, limit=100)


def test_waiting_messages_are_buyers_and_unanswered(inbox: Shop) -> None:
    found = {(row["sender"], row["state"]) for row in inbox.pages("/v1/messages", waiting="true")}
    assert found == {("buyer", "waiting")}


def test_waiting_threads_say_since_when(inbox: Shop) -> None:
    found = inbox.pages("/v1/threads", waiting="true")
    assert found and all(row["waiting"] > 0 and row["waiting_since"] for row in found)


@pytest.mark.parametrize("path", ["/v1/threads", "/v1/messages"])
def test_the_inbox_is_found_by_order(inbox: Shop, path: str) -> None:
    order_id = waiting(inbox)["order_id"]
    assert {row["order_id"] for row in inbox.pages(path, order_id=order_id)} == {order_id}


@pytest.mark.parametrize("path", ["/v1/threads", "/v1/messages"])
def test_the_sandbox_view_has_an_empty_inbox(inbox: Shop, path: str) -> None:
    assert inbox.pages(path, view="sandbox") == []


# -- read


def test_a_message_has_two_moments_to_answer_by(inbox: Shop) -> None:
    found = inbox.seller.get(f"/v1/messages/{waiting(inbox)['message']}").json
    assert found["sent_at"] < found["reply_by"] < found["reply_by_lenient"]


def test_a_thread_holds_its_messages(inbox: Shop) -> None:
    message = waiting(inbox)
    thread = inbox.seller.get(f"/v1/threads/{message['thread']}").json
    assert message["message"] in [row["message"] for row in thread["messages"]]


def test_both_sides_of_a_thread_go_by_masked_addresses(inbox: Shop) -> None:
    thread = inbox.seller.get(f"/v1/threads/{waiting(inbox)['thread']}").json
    mails = {thread["buyer"]["masked_email"], thread["seller"]["masked_email"]}
    assert len(mails) == 2 and all(mail.endswith("@marketplace.example.invalid") for mail in mails)


# -- answered


def test_a_reply_answers_all_that_waits_in_its_thread(inbox: Shop) -> None:
    thread = waiting(inbox)["thread"]
    answer = reply(inbox, thread)
    states = {row["state"] for row in answer.json["messages"] if row["sender"] == "buyer"}
    assert (answer.status, states) == (201, {"answered"})


def test_a_reply_answers_with_the_thread_as_it_reads_then(inbox: Shop) -> None:
    thread = waiting(inbox)["thread"]
    assert reply(inbox, thread).json == inbox.seller.get(f"/v1/threads/{thread}").json


def test_an_automatic_reply_answers_nothing(inbox: Shop) -> None:
    message = waiting(inbox)
    reply(inbox, message["thread"], automatic=True)
    assert inbox.seller.get(f"/v1/messages/{message['message']}").json["state"] == "waiting"


def test_a_message_that_needs_no_response_waits_no_more(inbox: Shop) -> None:
    message = waiting(inbox)["message"]
    answer = inbox.seller.post(f"/v1/messages/{message}/no-response-needed")
    assert (answer.status, answer.json["state"]) == (200, "not-needed")


def test_marking_a_message_twice_is_one_fact(inbox: Shop) -> None:
    message = waiting(inbox)["message"]
    for _ in range(2):
        inbox.seller.post(f"/v1/messages/{message}/no-response-needed")
    assert len(inbox.facts("NoResponseNeeded")) == 1


def test_a_message_marked_as_needing_none_leaves_the_rate(inbox: Shop) -> None:
    def out_of() -> int:
        return int(inbox.seller.get("/v1/metrics/response-time").json["rates"][0]["out_of"])

    inbox.advance("5h")
    before = out_of()
    inbox.seller.post(f"/v1/messages/{waiting(inbox)['message']}/no-response-needed")
    assert out_of() == before - 1


# -- written


def test_a_seller_writes_to_a_buyer(world: Shop) -> None:
    mail = {"subject": "AdditionalInformationRequired", "text": "Which colour?\nRed or blue? नमस्ते"}
    answer = world.seller.post(f"/v1/orders/{world.unshipped()}/messages", mail)
    (message,) = answer.json["messages"]
    assert (answer.status, message["sender"], message["state"], message["text"]) == (
        201,
        "seller",
        "sent",
        mail["text"],
    )


def test_the_same_subject_goes_on_in_the_same_thread(world: Shop) -> None:
    path = f"/v1/orders/{world.unshipped()}/messages"
    first, second = (world.seller.post(path, {"subject": "Refund", "text": "Soon."}).json for _ in range(2))
    assert (first["thread"], len(second["messages"])) == (second["thread"], 2)


@pytest.mark.parametrize("text", ["x" * 4000, "Order 402-1234567-1234567 left.", "3 < 5 & 7 > 2", "Rs. 1,299.00 only."])
def test_plain_text_is_passed_on(world: Shop, text: str) -> None:
    answer = world.seller.post(f"/v1/orders/{world.unshipped()}/messages", {"subject": "Other", "text": text})
    assert answer.json["messages"][-1]["text"] == text


# -- refused

STOPPED = [
    ("", "MessageEmpty", "empty"),
    (" \n\t ", "MessageEmpty", "empty"),
    ("x" * 4001, "MessageTooLong", "4001"),
    ("<b>Hello</b>", "MessageHasHtml", "<b>"),
    ("Tea &amp; coffee", "MessageHasHtml", "&amp;"),
    ("See https://shop.example.invalid/x", "MessageHasLink", "https://"),
    ("See www.kettles.in", "MessageHasLink", "www."),
    ("Write to me@kettles.example.invalid", "MessageHasMail", "@kettles"),
    ("Call +91 98765 43210", "MessageHasPhone", "98765"),
    ("Call 9876543210", "MessageHasPhone", "9876543210"),
    ("Hello\0there", "MessageNotText", "control"),
]


@pytest.mark.parametrize(("text", "code", "value"), STOPPED)
def test_the_filter_stops_what_may_not_be_passed_on(
    states: Client, orders: dict[str, str], text: str, code: str, value: str
) -> None:
    said = problem_of(states.post(f"/v1/orders/{orders['open']}/messages", {"subject": "Other", "text": text}))
    rule = RULES["messages.pass_filter"]
    assert [said["status"], said["code"], said["rule"], said["says"]] == [422, code, rule.name, rule.says]
    assert value in said["detail"]


@pytest.mark.parametrize("code", ["MessageEmpty", "MessageTooLong", "MessageHasHtml", "MessageHasLink"])
def test_a_reply_passes_the_same_filter(inbox: Shop, code: str) -> None:
    text = next(text for text, found, _ in STOPPED if found == code)
    assert said_no(reply(inbox, waiting(inbox)["thread"], text)) == (422, code)


def test_a_subject_that_is_not_on_the_list_is_refused(states: Client, orders: dict[str, str]) -> None:
    said = problem_of(states.post(f"/v1/orders/{orders['open']}/messages", {"subject": "Hi", "text": "x"}))
    assert (said["status"], said["code"], said["chapter"]) == (422, "UnknownSubject", 3) and "'Hi'" in said["detail"]


def test_a_buyers_subject_is_not_a_sellers(states: Client, orders: dict[str, str]) -> None:
    mail = {"subject": "ReturnsPolicy", "text": "x"}
    assert said_no(states.post(f"/v1/orders/{orders['open']}/messages", mail)) == (422, "UnknownSubject")


def test_an_own_message_is_not_marked(inbox: Shop) -> None:
    own = reply(inbox, waiting(inbox)["thread"]).json["messages"][-1]["message"]
    said = problem_of(inbox.seller.post(f"/v1/messages/{own}/no-response-needed"))
    assert (said["status"], said["code"], said["chapter"]) == (422, "NotABuyersMessage", 11)


def test_an_answered_message_is_not_marked(inbox: Shop) -> None:
    message = waiting(inbox)
    reply(inbox, message["thread"])
    said = problem_of(inbox.seller.post(f"/v1/messages/{message['message']}/no-response-needed"))
    assert (said["status"], said["code"], said["rule"]) == (409, "AlreadyAnswered", "messages.mark_no_response_needed")


@pytest.mark.parametrize("path", ["/v1/threads/{thread}", "/v1/messages/{message}"])
def test_a_thread_of_the_other_view_is_told(inbox: Shop, path: str) -> None:
    assert said_no(inbox.seller.get(path.format(**waiting(inbox)), {"view": "sandbox"})) == (409, "WrongView")


def test_a_refused_message_sends_nothing(inbox: Shop) -> None:
    thread = waiting(inbox)["thread"]
    before = inbox.seller.get(f"/v1/threads/{thread}").json
    reply(inbox, thread, "<script>")
    assert inbox.seller.get(f"/v1/threads/{thread}").json == before
