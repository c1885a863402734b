"""The guide's numbers, each named, with the chapter or the source that it comes from; packs change some of them."""

import tomllib
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args, get_type_hints

from sandbox.central.days import WEEKDAYS
from sandbox.central.guide import Refused

GUIDE = "guide-2015"
AT_MOST = 1_000_000
"""No number of a policy is larger."""


def _number(default: Any, source: str, says: str) -> Any:
    return field(default=default, metadata={"source": source, "says": says})


@dataclass(frozen=True)
class Policy:
    """One set of the platform's numbers. The defaults are the merchant guide of 2015."""

    name: str = _number(GUIDE, "-", "The pack these numbers come from.")
    auto_cancel_after_hours: int = _number(
        720, "ch. 4, 5", "An order not wholly confirmed by then is cancelled and not paid."
    )
    auto_cancel_from: Literal["order", "dispatch"] = _number(
        "order", "ch. 4, 5", "Whether that span runs from the order or from its expected dispatch date."
    )
    dispatch_within_working_days: int = _number(
        1, "ch. 8, screen", "Confirm by the end of this working day after the order."
    )
    working_days: tuple[str, ...] = _number(
        ("mon", "tue", "wed", "thu", "fri", "sat"), "assumed", "Days that count for the dispatch date."
    )
    deliver_from_days: int = _number(6, "ch. 8, screen", "First promised delivery day, counted from the order.")
    deliver_by_days: int = _number(24, "ch. 8, screen", "Last promised delivery day, counted from the order.")
    late_shipment_limit_percent: float = _number(4.0, "ch. 8", "The late shipment rate stays below this.")
    late_shipment_windows_days: tuple[int, ...] = _number(
        (30,), "help pages", "Trailing days over which it is taken; the guide names none."
    )
    cancellation_limit_percent: float = _number(2.5, "ch. 9", "The cancellation rate stays below this.")
    cancellation_window_days: int = _number(7, "help pages", "Trailing days over which it is taken.")
    buyer_asked_cancel_counts: bool = _number(
        True, "ch. 9", "Whether a seller's cancellation counts although the buyer had asked for it."
    )
    auto_cancel_counts: bool = _number(
        True, "assumed", "Whether an order cancelled for want of confirmation counts as the seller's cancellation."
    )
    reply_within_hours: int = _number(4, "ch. 11", "A reply within this counts as in time: the scored reading.")
    reply_within_lenient_hours: int = _number(24, "ch. 12 table", "The other reading, shown beside it.")
    reply_target_percent: float = _number(90.0, "ch. 11, 12", "At least this share of messages is answered in time.")
    reply_window_days: int = _number(30, "help pages", "Trailing days over which response times are taken.")
    message_max_chars: int = _number(4000, "ch. 3", "Characters of one message at most.")
    buyer_self_cancel_within_minutes: int = _number(
        30, "Pay with Amazon India help", "A buyer may cancel without asking for this long after the order."
    )
    seller_plan: Literal["individual", "professional"] = _number(
        "individual", "ch. 6", "The selling plan; the individual one holds the last days' dispatched orders."
    )
    individual_reserve_days: int = _number(7, "ch. 6", "Days of dispatched orders the individual plan holds back.")
    case_answer_hours: int = _number(24, "assumed", "Seller support answers a case after this long.")

    def working_weekdays(self) -> frozenset[int]:
        """The working days as numbers, 0 for Monday."""
        return frozenset(WEEKDAYS.index(day) for day in self.working_days)


def names() -> list[str]:
    """The packs there are."""
    packs = (pack.name for pack in files("sandbox.central").joinpath("packs").iterdir())
    return [GUIDE, *sorted(pack.removesuffix(".toml") for pack in packs if pack.endswith(".toml"))]


@cache
def policy(name: str) -> Policy:
    """The pack of that name. Refused with UnknownPolicy where there is none."""
    if name == GUIDE:
        return Policy()
    if name not in names():
        raise Refused("UnknownPolicy", f"There is no policy {name!r}. There are: {', '.join(names())}.")
    text = files("sandbox.central").joinpath("packs", f"{name}.toml").read_text("utf-8")
    return with_changes(Policy(name=name), tomllib.loads(text))


def with_changes(base: Policy, changes: dict[str, Any]) -> Policy:
    """`base` with some numbers changed. Refused with UnknownPolicyField or InvalidPolicyField, naming the field."""
    return replace(base, **{name: _checked(name, value) for name, value in changes.items()})


_TYPES = get_type_hints(Policy)


def _checked(name: str, value: Any) -> Any:
    if name not in _TYPES or name == "name":
        near = get_close_matches(name, set(_TYPES) - {"name"}, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise Refused("UnknownPolicyField", f"A policy has no number {name!r}.{hint}")
    kind = _TYPES[name]
    if kind is float and type(value) is int:
        value = float(value)
    if isinstance(value, list):
        value = tuple(value)
    if not _fits(kind, value) or (name == "working_days" and not set(value) <= set(WEEKDAYS)):
        raise Refused(
            "InvalidPolicyField", f"{value!r} does not fit the policy's {name!r}; it is like {_default(name)!r}."
        )
    return value


def _fits(kind: Any, value: Any) -> bool:
    if kind in (int, float, bool):
        return type(value) is kind and (kind is bool or 0 <= value <= AT_MOST)
    if isinstance(value, tuple):
        inside = get_args(kind)[:1]
        return bool(value) and bool(inside) and all(_fits(inside[0], part) for part in value)
    return type(value) is kind if kind is str else value in get_args(kind)


def _default(name: str) -> Any:
    return next(f.default for f in fields(Policy) if f.name == name)
