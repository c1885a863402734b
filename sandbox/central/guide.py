"""The guide in the code: what a rule is, which chapter it carries out, how it says no, and what it puts off."""

from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

CHAPTERS = {
    1: "Trained customer service team",
    2: "Announcing acceptance",
    3: "Contacting the buyer",
    4: "Daily order monitoring",
    5: "Prompt fulfilment",
    6: "Reserve",
    7: "The address of the order",
    8: "Confirming shipment, late shipment rate",
    9: "Cancelling, cancellation and defect rate",
    10: "Refunds",
    11: "Response times",
    12: "Launch checklist",
}


class Rule(NamedTuple):
    """One sentence of the guide and the function that carries it out."""

    name: str
    """Room and function, such as `orders.cancel`; a deadline in the agenda goes by it."""
    chapter: int
    says: str
    function: Callable[..., Any]

    def about(self, ref: str) -> dict[str, Any]:
        """What a deadline hands its rule: `ref`, under the name of the rule's own first parameter and of its type."""
        name = self.function.__code__.co_varnames[2]
        return {name: int(ref) if self.function.__annotations__[name] is int else ref}


class Due(Struct, frozen=True, gc=False):
    """Something to come, yielded by a rule or a step beside its facts; it becomes a row of the agenda."""

    at: int
    """World time in milliseconds."""
    step: str
    """A rule's name (a deadline of the platform) or a simulated step's."""
    ref: str
    """What it is about: an order id, a message number, an agent."""
    caused: bool = True
    """Whether the fact before it led to it; what comes round by the clock has no cause."""
    because: int | None = None
    """The fact that led to it, where it was not the one before it: a step that does many things at once knows."""


class Document(NamedTuple):
    """What was written into a report, yielded beside the fact that it is made; no fact, for the facts lead to it."""

    report: int
    content: str
    """JSON."""


class Refused(Exception):
    """Somebody asked for what the rules do not allow. Nothing has changed but the record that it was tried."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.rule: Rule | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """How it travels between processes: an exception is made again of what it was made of."""
        return type(self), (self.code, self.sentence)


RULES: dict[str, Rule] = {}
"""Every rule by its name, in the order of the code."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


@cache
def name_of(function: Callable[..., Any]) -> str:
    """A function's name with its room, such as `orders.cancel`."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def rule(*, chapter: int, says: str) -> Callable[[_Function], _Function]:
    """Mark a function as the carrying out of one sentence of the guide, in our own words."""

    def mark(function: _Function) -> _Function:
        name = name_of(function)
        assert chapter in CHAPTERS and name not in RULES
        RULES[name] = Rule(name, chapter, says, function)
        _BEHIND[function.__code__] = RULES[name]
        return function

    return mark


_BEHIND: dict[CodeType, Rule] = {}


def rule_behind(refused: Refused) -> Rule | None:
    """The rule that said no: the innermost one that the refusal came out of."""
    found, trace = None, refused.__traceback__
    while trace:
        found = _BEHIND.get(trace.tb_frame.f_code, found)
        trace = trace.tb_next
    return found
