"""Cases: what the seller asks seller support, and what it answers (chapter 12)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sandbox.central.days import HOUR, LAST_MOMENT, rfc3339
from sandbox.central.facts import CaseAnswered, CaseClosed, CaseOpened, CaseRead, CaseRepliedTo, Fact
from sandbox.central.guide import Due, Refused, rule
from sandbox.central.records import Case, CaseText
from sandbox.central.search import PAGE, Page
from sandbox.central.world import World

OPEN, REQUIRES_ATTENTION, ANSWERED, REOPENED, CLOSED = "open", "requires-attention", "answered", "re-opened", "closed"
STATES = (OPEN, REQUIRES_ATTENTION, ANSWERED, REOPENED, CLOSED)
WAITING = (OPEN, REOPENED)
"""The seller waits for support."""

TEXT_MAX_CHARS = 4_000
"""Assumed, as for messages to buyers."""


class Subject(NamedTuple):
    """What a case can be about, and what support answers to it."""

    label: str
    answer: str


SUBJECTS = {
    "AccountSettings": Subject(
        "Account settings",
        "We looked at your settings. The launch checklist names whatever is still empty; fill it in there.",
    ),
    "Orders": Subject(
        "Orders and shipments",
        "We looked at the order. Confirm its shipment by the dispatch date, with tracking, or cancel it with a reason.",
    ),
    "BuyerMessages": Subject(
        "Messages from buyers",
        "We looked at the thread. Reply in it, or mark the message as needing no response; both take it off the list.",
    ),
    "Payments": Subject(
        "Payments and reserve",
        "We looked at your balance. Money comes with confirmed shipments, and some of it stays in reserve for a while.",
    ),
    "Refunds": Subject(
        "Refunds",
        "We looked at the refund. It goes back the way the buyer paid, and never beyond what was paid.",
    ),
    "Disputes": Subject(
        "Claims and chargebacks",
        "We looked at the dispute. Answer it before its deadline, with the tracking id and your messages.",
    ),
    "Performance": Subject(
        "Performance metrics",
        "We looked at your rates. Each names the orders that hurt it and the room that is left.",
    ),
    "Integration": Subject(
        "Integration and checkout",
        "We looked at your checkout. See that the return URL is set, and try the sandbox view before production.",
    ),
    "Other": Subject(
        "Something else",
        "We looked into it and found nothing wrong. Write again with the order id or the moment, if it goes on.",
    ),
}
"""The list is approximate and the answers are invented; no source tells either."""

SECOND_ANSWER = "We looked at it again, and our first answer stands. Close the case, or open one on another subject."


class Dialogue(NamedTuple):
    """A case with all that was said in it, the first text first."""

    case: Case
    texts: list[CaseText]


@rule(chapter=12, says="Whoever does not know what to do opens a case with seller support.")
def open_case(world: World, at: int, subject: str, text: str, order_id: str = "") -> Iterator[Fact | Due]:
    """The seller asks. Support answers after the policy's `case_answer_hours`."""
    if subject not in SUBJECTS:
        raise Refused("UnknownSubject", f"{subject[:80]!r} is no subject. There are: {', '.join(SUBJECTS)}.")
    _check_text(text)
    if order_id:
        world.order(order_id)
    (last,) = world.row("""select ifnull(max("case"), 0) from cases""")
    yield CaseOpened(at, last + 1, subject, text, order_id)
    yield _answer_due(world, at, last + 1)


def _answer_due(world: World, at: int, case: int) -> Due:
    return Due(min(at + world.policy.case_answer_hours * HOUR, LAST_MOMENT), "cases.answer", str(case))


@rule(chapter=12, says="Seller support answers every open case in its time.")
def answer(world: World, at: int, case: int) -> Iterator[Fact]:
    """The moment of the answer, the first or another one. A case that waits no more gets none."""
    found = case_of(world, case)
    if found.state in WAITING:
        yield CaseAnswered(at, case, SUBJECTS[found.subject].answer if found.state == OPEN else SECOND_ANSWER)


@rule(chapter=12, says="An answer requires attention until it is read.")
def read(world: World, at: int, case: int) -> Iterator[Fact]:
    """The seller reads the answer; once is enough."""
    found = _not_closed(world, case)
    if found.state in WAITING:
        raise Refused("CaseNotAnswered", f"Case {case} is {found.state}: there is no new answer to read. Wait for it.")
    if found.state == REQUIRES_ATTENTION:
        yield CaseRead(at, case)


@rule(chapter=12, says="A reply to an answered case opens it again.")
def reply(world: World, at: int, case: int, text: str) -> Iterator[Fact | Due]:
    """The seller writes again. In a case that still waits it only adds to what support will answer."""
    found = _not_closed(world, case)
    _check_text(text)
    yield CaseRepliedTo(at, case, text)
    if found.state not in WAITING:
        yield _answer_due(world, at, case)


@rule(chapter=12, says="A case that is closed stays closed.")
def close(world: World, at: int, case: int) -> Iterator[Fact]:
    """The seller closes a case, answered or not."""
    _not_closed(world, case)
    yield CaseClosed(at, case)


def _not_closed(world: World, case: int) -> Case:
    found = case_of(world, case)
    if found.closed_at is not None:
        raise Refused("CaseClosed", f"Case {case} was closed at {rfc3339(found.closed_at)}. Open a new one.")
    return found


def _check_text(text: str) -> None:
    if not text.strip():
        raise Refused("CaseTextEmpty", "The text is empty. Tell seller support what you need.")
    if len(text) > TEXT_MAX_CHARS:
        raise Refused(
            "CaseTextTooLong", f"The text has {len(text)} characters; it may have {TEXT_MAX_CHARS}. Shorten it."
        )
    if not all(letter.isprintable() or letter in "\n\r\t" for letter in text):
        raise Refused("CaseTextNotText", "The text has control characters in it. Send plain text.")


# -- looked at


def case_of(world: World, case: int) -> Case:
    """The case with that number. Refused with UnknownCase."""
    row = world.row("""select * from cases where "case" = ?""", (case,))
    if not row:
        raise Refused("UnknownCase", f"There is no case {case} in this world. The case dashboard lists them all.")
    return Case._make(row)


def dialogue(world: World, case: int) -> Dialogue:
    """A case with all its texts. Refused with UnknownCase."""
    found = case_of(world, case)
    rows = world.rows("""select * from case_texts where "case" = ? order by number""", (case,))
    return Dialogue(found, [CaseText._make(row) for row in rows])


def dashboard(world: World, state: str | None = None, cursor: str | None = None, limit: int = PAGE) -> Page[Case]:
    """The newest first, of one state if asked for. Refused with UnknownCursor."""
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise Refused("UnknownCursor", f"{cursor[:80]!r} is no cursor. Take next_cursor of an answer, as it is.")
    sql = """
        select * from cases where (:state is null or state = :state) and (:older is null or "case" < :older)
        order by "case" desc limit :limit"""
    asked = {"state": state, "older": cursor and int(cursor), "limit": limit + 1}
    found = [Case._make(row) for row in world.rows(sql, asked)]
    return Page(found[:limit], str(found[limit - 1].case) if len(found) > limit else None)


_CURSOR = re.compile(r"\d{1,15}", re.ASCII)
