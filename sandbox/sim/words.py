"""What simulated people say: buyers by what they want, the seller's scripted desks in answer."""

import re
from functools import lru_cache
from typing import NamedTuple


class Topic(NamedTuple):
    """Something that buyers write about."""

    subject: str
    """One of `messages.BUYER_SUBJECTS`."""
    texts: tuple[str, ...]
    """What they may say first."""
    again: tuple[str, ...]
    """What they say when nobody answered."""
    answer: str
    """What helps them."""


WHERE, UNSHIPPED, NOT_ARRIVED = "where", "unshipped", "not-arrived"
CANCEL, MOVE, ADDRESS, PRODUCT, THANKS = "cancel", "move", "address", "product", "thanks"
FAULTY, WRONG, OTHERWISE, REGRET, UNPAID = "faulty", "wrong", "otherwise", "regret", "unpaid"

_AGAIN = (
    "I have not had an answer yet. Where is my order?",
    "Asking again, as nobody replied. Please tell me when it arrives.",
)
_STILL = ("I am still waiting for an answer to my question.", "Asking again: could somebody please answer me?")
_THANKS = "Thank you for writing. "
SOON = (
    _THANKS + "Your parcel is on its way. Please allow until the last promised day, and write again if it is not there."
)
CANCELLED = _THANKS + "This order was cancelled, and what you paid goes back to you by itself."
TOO_LATE_TO_CANCEL = (
    _THANKS + "The parcel has left already. Please send it back unused when it comes, and we refund it."
)
REFUSED = (
    _THANKS + "We may only send to the address of the order. Please cancel it and order again with the new address."
)
TOO_LATE_TO_MOVE = (
    _THANKS + "The parcel has left already, to the address of the order. Please ask somebody there to take it in."
)
COMPLIED = _THANKS + "We have noted the new address and send the parcel there."
UNHELPFUL = "Your message has been received. Please be patient."
ALTERNATIVE = "What you ordered is out of stock. May we send you another one of the same kind instead?"
ACCEPTS, DECLINES = "Yes, please send the other one.", "No thank you, please cancel it then."
AGREES = "Yes, that is all right with me."
_RETURN = _THANKS + "We are sorry. Please send it back to us, and we refund you as soon as it is here."

TOPICS: dict[str, Topic] = {
    UNSHIPPED: Topic(
        "Shipping",
        (
            "Hello, nothing of my order has been dispatched yet. When will it leave?",
            "When will you send my order? It still says unshipped.",
            "Hi, can you tell me when this goes out? I need it soon.",
            "Is my order still coming? I see no dispatch so far.",
        ),
        _AGAIN,
        _THANKS + "Your order is being packed; you will see the tracking id as soon as it leaves.",
    ),
    WHERE: Topic(
        "Shipping",
        (
            "Where is my parcel? It has not arrived.",
            "Hello, the parcel is not here yet. Could you check with the courier?",
            "Hi, any news of my order? I am waiting for it.",
            "I had hoped to have it by now. When can I expect the delivery?",
        ),
        _AGAIN,
        SOON,
    ),
    NOT_ARRIVED: Topic(
        "Shipping",
        (
            "The last promised day is over, and my parcel is still not here. What now?",
            "My order should have come by now. Please find it or give me my money back.",
        ),
        _AGAIN,
        _THANKS + "We are sorry, and ask the courier at once. If it cannot be found, we refund you.",
    ),
    CANCEL: Topic(
        "OtherQuestion",
        (
            "I ordered this by mistake. Please cancel my order.",
            "Hello, I do not need it any more. Can you cancel it and give me the money back?",
        ),
        ("Please cancel my order, nobody has answered yet.",),
        CANCELLED,
    ),
    MOVE: Topic(
        "OtherQuestion",
        ("Then please cancel it, and I order again with the other address.",),
        ("Please cancel it, so that I can order again with the other address.",),
        CANCELLED,
    ),
    ADDRESS: Topic(
        "Shipping",
        ("I am not at home these weeks. Please send the order to this address instead:",),
        ("Please do send it to my other address, I cannot take it in at the old one:",),
        REFUSED,
    ),
    PRODUCT: Topic(
        "ProductDetails",
        (
            "Does it come with a warranty, and how long?",
            "Could you tell me the exact size, please?",
            "Is this safe for the dishwasher?",
        ),
        _STILL,
        _THANKS + "You find this on the label in the parcel: the size in centimetres, one year of warranty.",
    ),
    FAULTY: Topic(
        "ReturnsPolicy",
        ("It arrived broken. What can you do about it?", "The thing does not work. I want my money back."),
        _STILL,
        _RETURN,
    ),
    WRONG: Topic("ReturnsPolicy", ("You sent me something else than what I ordered.",), _STILL, _RETURN),
    OTHERWISE: Topic("ReturnsPolicy", ("It is not at all as your page describes it.",), _STILL, _RETURN),
    REGRET: Topic(
        "ReturnsPolicy",
        ("I would like to send it back, it is unused. How do I do that?",),
        _STILL,
        _THANKS + "Please send it back to us unused, and we refund it as soon as it is here.",
    ),
    UNPAID: Topic(
        "ReturnsPolicy",
        ("You have had my return for days. When do I get my money?",),
        ("Asking again: where is the refund for what I sent back?",),
        _THANKS + "We are sorry that it took so long. The refund is made today.",
    ),
    THANKS: Topic("OtherQuestion", ("Thank you, that helped.", "Thanks for your answer!"), (), ""),
}

TO_CANCEL = (CANCEL, MOVE)
"""The topics of whoever wants the order to be cancelled."""
_REFUSES = re.compile(
    r"\b(only|cannot|unable|impossible|(can|will|do|may|must|could) not|not (able|possible|allowed)|(wo|ca|do)n\Wt)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def refuses(answer: str) -> bool:
    """Whether an answer says no, whoever wrote it; any other one is taken for a promise. Remembered, as desks repeat
    themselves."""
    return _REFUSES.search(answer) is not None


_BEGINNING = 24
_BY_BEGINNING = {text[:_BEGINNING]: name for name, topic in TOPICS.items() for text in topic.texts}


def topic_of(text: str) -> str | None:
    """What a simulated buyer's message is about; None where somebody else wrote it, or it only asks again."""
    return _BY_BEGINNING.get(text[:_BEGINNING])


def asked(topic: str, u: float, times: int = 1) -> str:
    """What a buyer says, the first time or again."""
    found = TOPICS[topic]
    texts = found.texts if times == 1 or not found.again else found.again
    return texts[int(u * len(texts))]


_COMMENTS = {
    1: ("Never again.", "Very disappointed."),
    2: ("Not what I hoped for.", "Not satisfied."),
    3: ("It is all right.", "Average."),
    4: ("Good.", "Came as promised."),
    5: ("Excellent!", "Very happy, thank you."),
}
_LATE_COMMENTS = _COMMENTS | {
    1: ("Never again.", "It came much too late."),
    2: ("Not what I hoped for.", "It took too long."),
    4: ("Good.", "Good, though I waited for it."),
}


def comment(rating: int, *, is_late: bool, number: int) -> str:
    """What feedback says: nothing of lateness where it came in time, and of promises kept where it did not."""
    found = (_LATE_COMMENTS if is_late else _COMMENTS)[rating]
    return found[number % len(found)]


CLAIMS = {
    "NotReceived": "The last promised day is over, and the parcel has not come.",
    "Late": "It came much too late.",
    "DefectiveOrDifferent": "What came was not what I paid for.",
    "ReturnedNotReimbursed": "I sent it back, and the money has not come.",
}
ANSWER = "The order was sent to its own address; the record of the courier is attached."
