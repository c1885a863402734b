"""Cases: what the seller asks seller support, and what it answers (chapter 12)."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import cases
from sandbox.central.days import DAY, HOUR, LAST_MOMENT
from sandbox.central.guide import Refused
from sandbox.central.records import Case
from sandbox.central.replay import replayed
from sandbox.central.world import World
from sandbox.sim import worlds
from sandbox.sim.driver import Driver
from sandbox.sim.scenario import parse
from tests import shop


def opened(
    world: World, subject: str = "Payments", text: str = "When is my money paid out?", order_id: str = ""
) -> int:
    world.do(cases.open_case, by="seller", subject=subject, text=text, order_id=order_id)
    return cases.dashboard(world).rows[0].case


def answered(world: World) -> int:
    case = opened(world)
    shop.wait(world, DAY)
    return case


def state(world: World, case: int) -> str:
    return cases.case_of(world, case).state


def said(world: World, case: int) -> list[tuple[str, str]]:
    return [(text.sender, text.text) for text in cases.dialogue(world, case).texts]


def refused(world: World, act: Callable[..., Any], **what: Any) -> tuple[str, str]:
    """Code and sentence of the refusal."""
    with pytest.raises(Refused) as found:
        world.do(act, by="seller", **what)
    return found.value.code, found.value.sentence


# -- opened and answered


def test_a_case_is_opened_under_a_subject(quiet: World) -> None:
    case = opened(quiet)
    assert cases.case_of(quiet, case) == Case(1, "Payments", "", "open", quiet.now, quiet.now, None, None)
    assert said(quiet, case) == [("seller", "When is my money paid out?")]


def test_a_case_can_be_about_an_order_and_stands_among_its_facts(quiet: World) -> None:
    order_id = shop.place(quiet)
    case = opened(quiet, "Orders", "The buyer wrote twice.", order_id)
    assert cases.case_of(quiet, case).order_id == order_id
    assert [row.kind for row in quiet.facts(order_id=order_id)] == ["OrderPlaced", "CaseOpened"]


def test_support_answers_after_24_hours_and_not_before(quiet: World) -> None:
    case = opened(quiet)
    shop.wait(quiet, 24 * HOUR - 1)
    assert state(quiet, case) == "open"
    shop.wait(quiet, 1)
    assert state(quiet, case) == "requires-attention"


def test_the_policy_says_how_long_support_takes(tmp_path: Path) -> None:
    world = shop.quiet(tmp_path, "[policy.changes]\ncase_answer_hours = 0\n")
    case = opened(world)
    shop.wait(world, 0)
    found = state(world, case)
    world.close()
    assert found == "requires-attention"


@pytest.mark.parametrize("subject", cases.SUBJECTS)
def test_each_subject_has_its_own_answer(quiet: World, subject: str) -> None:
    case = opened(quiet, subject)
    shop.wait(quiet, DAY)
    assert said(quiet, case)[1] == ("support", cases.SUBJECTS[subject].answer)


def test_the_platform_answers_because_the_case_was_opened(quiet: World) -> None:
    answered(quiet)
    asked, answer = quiet.facts(limit=-1, kinds=("CaseOpened", "CaseAnswered"))
    assert (answer.by, answer.rule, answer.because) == ("amazon", "cases.answer", asked.seq)


def test_a_case_of_the_last_day_there_is_is_answered_at_its_end(tmp_path: Path) -> None:
    last_days = shop.QUIET.replace("2026-03-02", "9999-12-20")
    with closing(worlds.make(tmp_path / "last.world", parse(last_days, "last.toml"))) as world:
        Driver(world).advance(LAST_MOMENT - HOUR)
        case = opened(world)
        Driver(world).advance(LAST_MOMENT)
        assert state(world, case) == "requires-attention"


# -- read


def test_an_answer_requires_attention_until_it_is_read(quiet: World) -> None:
    case = answered(quiet)
    quiet.do(cases.read, by="seller", case=case)
    assert state(quiet, case) == "answered"


def test_reading_twice_is_nothing_new(quiet: World) -> None:
    case = answered(quiet)
    quiet.do(cases.read, by="seller", case=case)
    assert quiet.do(cases.read, by="seller", case=case) == []


def test_what_is_not_answered_cannot_be_read(quiet: World) -> None:
    case = opened(quiet)
    assert refused(quiet, cases.read, case=case) == (
        "CaseNotAnswered",
        "Case 1 is open: there is no new answer to read. Wait for it.",
    )


# -- replied to


@pytest.mark.parametrize("is_read", [False, True])
def test_a_reply_opens_an_answered_case_again(quiet: World, is_read: bool) -> None:
    case = answered(quiet)
    if is_read:
        quiet.do(cases.read, by="seller", case=case)
    quiet.do(cases.reply, by="seller", case=case, text="It still does.")
    assert state(quiet, case) == "re-opened"


def test_a_case_opened_again_is_answered_again(quiet: World) -> None:
    case = answered(quiet)
    quiet.do(cases.reply, by="seller", case=case, text="It still does.")
    shop.wait(quiet, DAY)
    assert state(quiet, case) == "requires-attention"
    assert said(quiet, case)[2:] == [("seller", "It still does."), ("support", cases.SECOND_ANSWER)]


def test_a_reply_to_an_open_case_changes_nothing_of_its_answer(quiet: World) -> None:
    case = opened(quiet)
    shop.wait(quiet, 23 * HOUR)
    quiet.do(cases.reply, by="seller", case=case, text="One more thing.")
    assert state(quiet, case) == "open"
    shop.wait(quiet, HOUR)
    shop.wait(quiet, 3 * DAY)
    assert [sender for sender, _ in said(quiet, case)] == ["seller", "seller", "support"]


# -- closed


def test_a_closed_case_is_answered_no_more(quiet: World) -> None:
    case = opened(quiet)
    quiet.do(cases.close, by="seller", case=case)
    shop.wait(quiet, 2 * DAY)
    assert (state(quiet, case), len(said(quiet, case))) == ("closed", 1)


@pytest.mark.parametrize("act", [cases.read, cases.reply, cases.close])
def test_a_case_that_is_closed_stays_closed(quiet: World, act: Callable[..., Any]) -> None:
    case = answered(quiet)
    quiet.do(cases.close, by="seller", case=case)
    what = {"text": "Hello?"} if act is cases.reply else {}
    code, sentence = refused(quiet, act, case=case, **what)
    assert code == "CaseClosed" and sentence == "Case 1 was closed at 2026-03-03T04:30:00.000Z. Open a new one."


# -- refused


@pytest.mark.parametrize("act", [cases.read, cases.reply, cases.close])
def test_a_case_that_is_not_there_is_refused(quiet: World, act: Callable[..., Any]) -> None:
    what = {"text": "Hello?"} if act is cases.reply else {}
    code, sentence = refused(quiet, act, case=7, **what)
    assert code == "UnknownCase" and "There is no case 7 in this world" in sentence


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", "CaseTextEmpty", "Tell seller support what you need"),
        (" \n", "CaseTextEmpty", "The text is empty"),
        ("x" * 4_001, "CaseTextTooLong", "The text has 4001 characters; it may have 4000"),
        ("x\x00", "CaseTextNotText", "Send plain text"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(quiet: World, text: str, code: str, told: str) -> None:
    case = opened(quiet)
    for found in (
        refused(quiet, cases.open_case, subject="Other", text=text),
        refused(quiet, cases.reply, case=case, text=text),
    ):
        assert found[0] == code and told in found[1]


def test_a_text_may_have_4000_characters_and_several_lines(quiet: World) -> None:
    assert opened(quiet, text="One\r\n\ttwo\n" + "x" * 3_989)


def test_an_unknown_subject_is_refused(quiet: World) -> None:
    code, sentence = refused(quiet, cases.open_case, subject="Weather", text="Will it rain?")
    assert code == "UnknownSubject" and "'Weather' is no subject" in sentence and "Payments" in sentence


def test_a_case_about_an_order_that_is_not_there_is_refused(quiet: World) -> None:
    assert refused(quiet, cases.open_case, subject="Orders", text="?", order_id="402-1")[0] == "UnknownOrder"


# -- the dashboard


def test_the_dashboard_lists_the_newest_case_first(quiet: World) -> None:
    numbers = [opened(quiet) for _ in range(3)]
    assert [row.case for row in cases.dashboard(quiet).rows] == numbers[::-1]


def test_the_dashboard_finds_the_cases_that_require_attention(quiet: World) -> None:
    case = answered(quiet)
    opened(quiet)
    assert [row.case for row in cases.dashboard(quiet, state="requires-attention").rows] == [case]


def test_the_dashboard_comes_page_by_page(quiet: World) -> None:
    for _ in range(5):
        opened(quiet)
    pages, cursor = [], None
    while True:
        page = cases.dashboard(quiet, cursor=cursor, limit=2)
        pages.append([row.case for row in page.rows])
        cursor = page.next_cursor
        if cursor is None:
            break
    assert pages == [[5, 4], [3, 2], [1]]


def test_what_is_no_cursor_is_refused(quiet: World) -> None:
    with pytest.raises(Refused) as found:
        cases.dashboard(quiet, cursor="next")
    assert found.value.code == "UnknownCursor"


def test_cases_are_what_the_facts_say(quiet: World, tmp_path: Path) -> None:
    case = answered(quiet)
    quiet.do(cases.read, by="seller", case=case)
    quiet.do(cases.reply, by="seller", case=case, text="Again.")
    shop.wait(quiet, DAY)
    quiet.do(cases.close, by="seller", case=opened(quiet))
    twin = replayed(quiet, tmp_path / "twin.world")
    assert shop.tables(twin) == shop.tables(quiet)
    twin.close()
