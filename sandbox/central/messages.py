"""Messages between buyer and seller: asked, answered, filtered, waiting (chapters 3 and 11)."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sandbox.central.facts import BuyerAsked, Fact, NoResponseNeeded, SellerReplied, SellerWrote
from sandbox.central.guide import Refused, rule
from sandbox.central.orders import checked_view, in_view
from sandbox.central.records import PRODUCTION, Buyer, Message, Thread
from sandbox.central.world import World

SELLER_SUBJECTS = {
    "AdditionalInformationRequired": "Additional information required",
    "OrderConfirmation": "Order confirmation",
    "Shipping": "Shipping",
    "Return": "Return",
    "Refund": "Refund",
    "Inventory": "Inventory",
    "ProductCustomization": "Product customization",
    "FeedbackRequest": "Feedback request",
    "Other": "Other",
}
"""What a seller can write about. The first is documented; the rest of the list of 2015 is approximate."""

BUYER_SUBJECTS = {
    "ProductDetails": "Product details",
    "Shipping": "Shipping",
    "ReturnsPolicy": "Returns policy",
    "OtherQuestion": "Other question",
}
"""What a buyer can write about."""

_HTML = re.compile(r"<\s*/?\s*[a-zA-Z!][^>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8});")
_LINK = re.compile(
    r"(?i:\b(?:https?|ftp)\s*:\s*//|\bwww\d*\s*\.|\bmailto:)"
    r"|(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?/\w"
    r"|(?<![\w-])[\w-]++\.(?:"  # a name is walked once, from its first letter: one of 4,000 hyphens takes no time
    r"(?:(?i:com|net|org|biz|xyz)|info|shop|store|online|site|link|app|dev|tech|zone|club|website"
    r"|me|ly|io|ai|cc|co|eu|uk|us|de|fr|es|nl|ca|ae|sg)\b"
    r"|(?!and/|or/)[a-z]{2,10}/\w)"
    r"|(?<![\w-])(?=[\d_-]*+[^\W\d_])[\w-]++\.in\b(?! stock)"  # with a letter in the name: 12.11.in time is none
)
_LINK_SIGN = re.compile(r"[.:wW](?:(?<=\.)\w|(?<=:)\s*//|(?<=[oO]:)|(?<=[wW])[wW]{2})")
"""A dot before a letter, a colon before two strokes or behind the o of mailto, www."""
_AT = re.compile(r"[@(\[]")  # or what its at begins with
_DIGITS = re.compile(r"\d(?:\D{0,3}\d){7}")
"""Eight digits, as close to each other as in any phone number."""
_MAIL = re.compile(r"[\w.+-]{1,64}\s*(?:@|[(\[]at[)\]])\s*(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
_ORDER_ID = re.compile(r"\b\d{3}-\d{7}-\d{7}\b")
_PHONE = re.compile(
    r"(?<![\w-])(?:"
    r"\+\s?\d{1,3}[\s.-]?(?:\(?\d\)?[\s.-]?){6,11}\d"  # with a country's code
    r"|(?:(?:0091|91)[\s-]|0)?[6-9](?:[\s-]?\d){9}"  # an Indian mobile, in any groups
    r"|[6-9]\d{4}\.\d{5}|[6-9]\d\d\.\d{3}\.\d{4}|[6-9]\d(?:\.\d\d){4}"
    r"|\(?0\d{2,4}\)?[\s-]\d(?:[\s-]?\d){5,7}"  # a landline, with its area's code set apart
    r")(?![\w-]|\.\d)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Conversation(NamedTuple):
    """A thread with its buyer and its messages, the first one first."""

    thread: Thread
    buyer: Buyer
    messages: list[Message]


@rule(
    chapter=3,
    says="Messages are plain text of up to 4,000 characters: no HTML, links, mail addresses, phone numbers.",
)
def pass_filter(world: World, text: str) -> None:
    """Refuse a text that may not be passed on, with the reason. Nothing of it is sent."""
    limit = world.policy.message_max_chars
    if len(text) > limit:
        raise Refused("MessageTooLong", f"The message has {len(text)} characters; it may have {limit}. Shorten it.")
    if why := stopped(text):
        raise Refused(*why)


def is_plain(text: str) -> bool:
    """Whether a text has no control characters in it; line ends and tabs are none, nor is what joins letters."""
    return not _CONTROL.search(text)


def _in_plain_digits(text: str) -> str:
    """The text without invisible signs between its letters, and with the digits of every script as 0 to 9."""
    seen = (letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return "".join(str(unicodedata.digit(letter, letter)) for letter in seen)


_FORBIDDEN = (
    ("MessageHasHtml", "HTML", re.compile("[<&]"), _HTML),
    ("MessageHasMail", "a mail address", _AT, _MAIL),
    ("MessageHasLink", "a link", _LINK_SIGN, _LINK),
    ("MessageHasPhone", "a phone number", _DIGITS, _PHONE),
)
"""What may not be passed on: code, name, a sign without which there is none, and the pattern, slow where no sign is."""


@lru_cache(maxsize=256)
def stopped(text: str) -> tuple[str, str] | None:
    """Why the filter stops a text, as code and sentence. Remembered, for desks send the same texts again and again."""
    if not text.strip():
        return "MessageEmpty", "The message is empty. Write something."
    if not is_plain(text):
        return "MessageNotText", "The message has control characters in it. Send plain text."
    seen = text if text.isascii() else _in_plain_digits(text)
    without_ids = _ORDER_ID.sub(" ", seen) if "-" in seen else seen
    for code, what, sign, pattern in _FORBIDDEN:
        if sign.search(without_ids) and (found := pattern.search(without_ids)):
            return code, f"The message holds {what} ({found[0].strip()[:80]!r}), so it is not passed on. Take it out."
    return None


@rule(chapter=11, says="A buyer's message needs a first reply in time, unless the seller marks it as needing none.")
def ask(world: World, at: int, order_id: str, subject: str, text: str, view: str = PRODUCTION) -> Iterator[Fact]:
    """A buyer writes about an order. The same subject goes on in the same thread."""
    in_view(world, order_id, view)
    _check_subject(subject, BUYER_SUBJECTS)
    pass_filter(world, text)
    thread = thread_for(world, order_id, subject)
    yield BuyerAsked(at, order_id, thread, world.clock.messages + 1, subject, text)


@rule(
    chapter=3,
    says="In any doubt about an order the seller writes to the buyer before acting, under a subject from the list.",
)
def contact_buyer(
    world: World, at: int, order_id: str, subject: str, text: str, view: str = PRODUCTION
) -> Iterator[Fact]:
    """The seller writes of their own accord. It answers nothing, not even what waits under the same subject."""
    in_view(world, order_id, view)
    _check_subject(subject, SELLER_SUBJECTS)
    pass_filter(world, text)
    thread = thread_for(world, order_id, subject)
    yield SellerWrote(at, order_id, thread, world.clock.messages + 1, subject, text)


@rule(chapter=11, says="A reply answers all that waits in its thread; an automatic one answers nothing.")
def reply(
    world: World, at: int, thread: int, text: str, automatic: bool = False, view: str = PRODUCTION
) -> Iterator[Fact]:
    """The seller answers a thread."""
    found = thread_of(world, thread, view)
    pass_filter(world, text)
    number = world.clock.messages + 1
    yield SellerReplied(at, found.order_id, thread, number, found.subject, text, automatic=automatic)


@rule(chapter=11, says="A message marked as needing no response leaves the rate.")
def mark_no_response_needed(world: World, at: int, message: int, view: str = PRODUCTION) -> Iterator[Fact]:
    """The seller marks a buyer's waiting message, a thank-you for instance."""
    found, order_id = message_of(world, message, view)
    if found.sender != "buyer":
        raise Refused(
            "NotABuyersMessage", f"Message {message} is your own; only a buyer's message waits for a response."
        )
    if found.state == "answered":
        raise Refused("AlreadyAnswered", f"Message {message} was answered; the answer counts as it is.")
    if found.state == "waiting":
        yield NoResponseNeeded(at, message, order_id)


def _check_subject(subject: str, subjects: dict[str, str]) -> None:
    if subject not in subjects:
        raise Refused("UnknownSubject", f"{subject[:80]!r} is no subject. There are: {', '.join(subjects)}.")


def thread_for(world: World, order_id: str, subject: str) -> int:
    """The order's thread under that subject, or the number of a new one."""
    sql = "select thread from threads where order_number = ? and subject = ?"
    row = world.row(sql, (world.order(order_id).number, subject))
    return int(row[0]) if row else world.clock.threads + 1


_WAITS = """
    select 1 from threads t cross join messages m indexed by messages_thread using (thread)
    where t.order_number = ? and subject = ? and state = 'waiting'"""


def waits(world: World, order_id: str, subject: str) -> bool:
    """Whether a buyer's message waits in an order's thread under that subject."""
    thread = (world.ids.order_number(order_id) or 0, subject)
    return thread not in world.tables.at_hand.answered and world.row(_WAITS, thread) is not None


# -- looked at


def _known(last: int) -> str:
    return f"There are: 1 to {last}" if last else "Nobody has written yet"


def thread_of(world: World, thread: int, view: str = PRODUCTION) -> Thread:
    """The thread with that number. Refused with UnknownThread or WrongView."""
    row = world.row("select * from threads where thread = ?", (thread,))
    if not row:
        raise Refused("UnknownThread", f"There is no thread {thread} in this world. {_known(world.clock.threads)}.")
    found = Thread._make(row)
    in_view(world, found.order_id, view)
    return found


def message_of(world: World, message: int, view: str = PRODUCTION) -> tuple[Message, str]:
    """The message with that number, and its order's id. Refused with UnknownMessage or WrongView."""
    row = world.row("select * from messages where message = ?", (message,))
    if not row:
        raise Refused("UnknownMessage", f"There is no message {message} in this world. {_known(world.clock.messages)}.")
    found = Message._make(row)
    order = checked_view(world.ordered(found.order_number), view)
    return found, order.order_id


@rule(chapter=3, says="Buyer and seller see each other's masked addresses only; everything is kept.")
def conversation(world: World, thread: int, view: str = PRODUCTION) -> Conversation:
    """A thread with its buyer, who goes by the masked address, and all its messages."""
    found = thread_of(world, thread, view)
    sql = "select b.* from buyers b join orders o using (buyer) where o.number = ?"
    buyer = Buyer._make(world.row(sql, (found.order_number,)))
    rows = world.execute("select * from messages where thread = ? order by message", (thread,))
    return Conversation(found, buyer, [Message._make(row) for row in rows])


def last_in(world: World, thread: int) -> Message:
    """The last message of a thread."""
    sql = "select * from messages where thread = ? order by message desc limit 1"
    return Message._make(world.row(sql, (thread,)))
