"""/v1/cases over HTTP: asked, answered, read, replied to, closed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.central.guide import RULES
from tests.server import Answer, Shop, problem_of, said_no


def ask(shop: Shop, headers: dict[str, str] | None = None, **what: Any) -> Answer:
    return shop.seller.post("/v1/cases", {"subject": "Other", "text": "Is it on?"} | what, headers)


def case(shop: Shop, number: int = 1) -> Any:
    return shop.seller.get(f"/v1/cases/{number}").json


@pytest.fixture
def answered(world: Shop) -> Shop:
    """A world whose first case was answered."""
    ask(world)
    world.advance("24h")
    return world


def test_a_case_is_opened_about_an_order(world: Shop) -> None:
    order_id = world.unshipped()
    answer = ask(world, subject="Orders", order_id=order_id)
    found = answer.json
    assert (answer.status, found["case"], found["state"], found["order_id"]) == (201, 1, "open", order_id)
    assert [(text["sender"], text["text"]) for text in found["texts"]] == [("seller", "Is it on?")]


def test_a_case_reads_as_it_was_opened(world: Shop) -> None:
    assert ask(world).json == case(world)


def test_cases_opened_at_once_are_each_answered_with_their_own(world: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: ask(world, text=f"Question {number}").json, range(16)))
    assert {found["case"] for found in answers} == {*range(1, 17)}
    assert [found["texts"][0]["text"] for found in answers] == [f"Question {number}" for number in range(16)]


def test_a_case_sent_twice_with_one_key_is_opened_once(world: Shop) -> None:
    first, again = (ask(world, {"Idempotency-Key": "case"}) for _ in range(2))
    assert first.body == again.body and len(world.facts("CaseOpened")) == 1


def test_an_answer_comes_after_a_day_and_requires_attention(answered: Shop) -> None:
    found = case(answered)
    assert found["state"] == "requires-attention" and found["texts"][1]["sender"] == "support"


def test_looking_at_an_answer_does_not_mark_it_as_read(answered: Shop) -> None:
    case(answered)
    assert case(answered)["state"] == "requires-attention"


def test_an_answer_marked_as_read_stands_on_the_checklist(answered: Shop) -> None:
    assert answered.seller.post("/v1/cases/1/read").json["state"] == "answered"
    items = {row["item"]: row for row in answered.seller.get("/v1/checklist").json["items"]}
    assert items["seller-support"]["evidence"]["case"] == 1


def test_a_reply_opens_the_case_again_and_is_answered(answered: Shop) -> None:
    answer = answered.seller.post("/v1/cases/1/replies", {"text": "It is still off."})
    assert (answer.status, answer.json["state"]) == (201, "re-opened")
    answered.advance("24h")
    assert [text["sender"] for text in case(answered)["texts"]] == ["seller", "support", "seller", "support"]


def test_a_closed_case_tells_when_and_stays_closed(answered: Shop) -> None:
    found = answered.seller.post("/v1/cases/1/closing").json
    assert (found["state"], found["closed_at"]) == ("closed", answered.now())
    said = problem_of(answered.seller.post("/v1/cases/1/replies", {"text": "Hello?"}))
    told = [said[key] for key in ("status", "code", "rule", "chapter")]
    assert told == [409, "CaseClosed", RULES["cases.reply"].name, 12] and answered.now() in said["detail"]


def test_what_is_not_answered_cannot_be_read(world: Shop) -> None:
    ask(world)
    assert said_no(world.seller.post("/v1/cases/1/read")) == (409, "CaseNotAnswered")


@pytest.mark.parametrize("path", ["", "/read", "/replies", "/closing"])
def test_a_case_that_is_not_there_is_told_so(still: Shop, path: str) -> None:
    body = {"text": "Hello?"} if path == "/replies" else None
    answer = still.seller.ask("POST" if path else "GET", f"/v1/cases/99{path}", body)
    assert said_no(answer) == (404, "UnknownCase")


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ({"text": ""}, 422, "CaseTextEmpty"),
        ({"text": "x" * 4_001}, 422, "CaseTextTooLong"),
        ({"subject": "Weather"}, 422, "UnknownSubject"),
        ({"order_id": "402-0000000-0000000"}, 404, "UnknownOrder"),
        ({"subject": 3}, 422, "InvalidField"),
    ],
)
def test_a_case_that_does_not_fit_is_refused(still: Shop, what: Any, status: int, code: str) -> None:
    assert said_no(ask(still, **what)) == (status, code)


def test_the_dashboard_comes_newest_first_and_page_by_page(world: Shop) -> None:
    for _ in range(3):
        ask(world)
    assert [row["case"] for row in world.pages("/v1/cases", limit=2)] == [3, 2, 1]


def test_the_dashboard_finds_what_requires_attention(answered: Shop) -> None:
    ask(answered)
    found = answered.pages("/v1/cases", state="requires-attention")
    assert [row["case"] for row in found] == [1]


@pytest.mark.parametrize(("query", "code"), [("state=lost", "InvalidField"), ("cursor=x", "UnknownCursor")])
def test_a_question_to_the_dashboard_that_does_not_fit_is_refused(still: Shop, query: str, code: str) -> None:
    assert said_no(still.seller.get(f"/v1/cases?{query}")) == (422, code)


def test_a_case_that_changed_meanwhile_is_not_closed(answered: Shop) -> None:
    tag = {"If-Match": answered.seller.get("/v1/cases/1").headers["etag"]}
    answered.seller.post("/v1/cases/1/read")
    assert said_no(answered.seller.post("/v1/cases/1/closing", headers=tag)) == (412, "PreconditionFailed")
