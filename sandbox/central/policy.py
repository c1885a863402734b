"""The guide's numbers, each named, with the chapter or the source that it comes from; packs change some of them."""

import tomllib
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

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
    reply_target_percent: float = _number(
        90.0, "ch. 11, 12", "At least this share is answered in time; in the lenient reading, more."
    )
    reply_window_days: int = _number(30, "help pages", "Trailing days over which response times are taken.")
    message_max_chars: int = _number(4000, "ch. 3", "Characters of one message at most.")
    buyer_self_cancel_within_minutes: int = _number(
        30, "Pay with Amazon India help", "A buyer may cancel without asking for this long; 0 is never."
    )
    seller_plan: Literal["individual", "professional"] = _number(
        "individual", "ch. 6", "The selling plan; the individual one holds the last days' dispatched orders."
    )
    individual_reserve_days: int = _number(7, "ch. 6", "Days of dispatched orders the individual plan holds back.")
    case_answer_hours: int = _number(24, "assumed", "Seller support answers a case after this long.")

    # -- money
    fee_percent: float = _number(2.9, "assumed", "The platform's share of a payment.")
    fee_fixed_minor: int = _number(300, "assumed", "What it keeps beside that, once for each order, in minor units.")
    fee_returned_percent: float = _number(100.0, "assumed", "How much of the share comes back with a refund.")
    refund_cancellable_minutes: int = _number(120, "ch. 10, help pages", "A refund is pending, and can be called off.")
    settlement_first_after_days: int = _number(14, "services.amazon.in", "The first settlement closes then.")
    settlement_every_days: int = _number(7, "services.amazon.in", "Each further one, after the one before.")
    transfer_after_working_days: int = _number(2, "services.amazon.in", "Then its money leaves for the bank.")

    # -- disputes
    order_defect_limit_percent: float = _number(1.0, "ch. 9", "The order defect rate stays below this.")
    order_defect_window_days: int = _number(60, "help pages", "Trailing days of orders over which it is taken.")
    chargeback_is_defect: bool = _number(True, "ch. 9, against the table of 12", "Whether a chargeback is a defect.")
    withdrawn_or_denied_claim_is_defect: bool = _number(
        True, "Pay with Amazon India help", "Whether a claim that was withdrawn or denied is one."
    )
    feedback_opens_days: int = _number(3, "help pages", "A buyer may rate this long after confirmation.")
    feedback_closes_days: int = _number(90, "help pages", "And no longer than this after it.")
    feedback_withdrawable_days: int = _number(60, "help pages", "A buyer may take a rating back for so long.")
    feedback_decided_hours: int = _number(24, "assumed", "The platform decides on a removal after this.")
    claim_opens_after_contact_days: int = _number(
        2, "amazonpay.in help", "A buyer may claim this long after writing to the seller."
    )
    claim_opens_undelivered_days: int = _number(
        30, "Pay with Amazon India help", "Or when nothing was delivered this long after the order; 0 is never."
    )
    claim_closes_days: int = _number(90, "amazonpay.in help", "And no longer than this after the last promised day.")
    claim_response_hours: int = _number(168, "help pages", "A claim unanswered by then is granted.")
    claim_decided_hours: int = _number(48, "assumed", "An answered claim is decided after this.")
    claim_appeal_days: int = _number(30, "help pages", "A seller who bears a claim may appeal for so long.")
    appeal_decided_hours: int = _number(72, "assumed", "An appeal is decided after this.")
    chargeback_closes_days: int = _number(120, "card rules", "A chargeback comes no later than this after payment.")
    chargeback_response_days: int = _number(11, "Amazon Pay help", "A chargeback unanswered by then is lost.")
    chargeback_decided_days: int = _number(21, "assumed", "The bank decides this long after the answer.")
    chargeback_won_percent: float = _number(32.0, "industry", "How often a bank decides for the seller who answers.")
    chargeback_won_delivered_percent: float = _number(
        45.0, "industry", "And how often where the parcel was delivered with tracking to the order's address."
    )

    # -- reserve
    reserve_pack: Literal["guide-2015", "tier-1", "tier-2", "tier-2-us", "tier-2-plus", "dd7"] = _number(
        GUIDE, "ch. 6, help pages", "How the reserve's amount is worked out."
    )
    reserve_dispute_days: int = _number(10, "ch. 6", "A claim or chargeback holds its amount this long at least.")
    performance_hold_percent: float = _number(10.0, "assumed", "A rate over its limit holds this share of sales.")
    performance_hold_days: int = _number(30, "assumed", "Of the sales of so many trailing days.")
    review_sales_multiple: float = _number(3.0, "assumed", "A week's sales over so many times the usual are reviewed.")
    review_usual_weeks: int = _number(4, "assumed", "What is usual is the mean of so many weeks before.")
    bank_change_hold_days: int = _number(3, "Amazon Pay help", "A new bank account gets nothing for so long.")
    tier_1_days: int = _number(7, "Amazon Pay help", "Tier 1 holds the payments of so many trailing days.")
    tier_2_days: int = _number(30, "Amazon Pay help", "Tier 2 takes the sales of so many trailing days.")
    tier_2_after_days: int = _number(90, "Amazon Pay help", "An account reaches tier 2 after so many days.")
    tier_2_after_orders: int = _number(100, "Amazon Pay help", "And so many orders.")
    tier_2_us_percent: float = _number(3.0, "Amazon Pay help", "Tier 2 (US) holds this share of a mean day's payments.")
    tier_2_us_days: int = _number(28, "Amazon Pay help", "The mean is taken over so many days.")
    delivery_hold_days: int = _number(7, "marketplace", "DD+7 holds an order's proceeds this long after delivery.")
    delivery_hold_at_most_days: int = _number(60, "assumed", "And no longer than this after its confirmation.")

    # -- standing
    standing_orders_at_least: int = _number(30, "assumed", "A rate over fewer orders or messages moves no standing.")
    suspended_at_multiple: float = _number(3.0, "assumed", "An order defect rate so many times its limit suspends.")
    review_after_days: int = _number(7, "assumed", "An account at risk for so long is put under review.")

    # -- reports
    report_ready_seconds: int = _number(10, "assumed", "A report that was asked for is made after this.")
    report_span_days: int = _number(366, "assumed", "A report spans so many days at most.")
    report_usual_days: int = _number(30, "assumed", "And so many where its request names no beginning.")

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
    return with_changes(Policy(name=name), _pack(name).changes)


def sources(name: str) -> dict[str, str]:
    """Where each number of a pack comes from: of those that it changes, as the pack says."""
    pack = _pack(name)
    guides: dict[str, str] = {number.name: number.metadata["source"] for number in fields(Policy)}
    return guides | dict.fromkeys(pack.changes, pack.source) | pack.sources


class _Pack(NamedTuple):
    """What a pack's file says."""

    changes: dict[str, Any]
    source: str
    """Of every number that names none of its own."""
    sources: dict[str, str]


def _pack(name: str) -> _Pack:
    if name == GUIDE:
        return _Pack({}, "", {})
    if name not in names():
        raise Refused("UnknownPolicy", f"There is no policy {name!r}. There are: {', '.join(names())}.")
    told = tomllib.loads(files("sandbox.central").joinpath("packs", f"{name}.toml").read_text("utf-8"))
    return _Pack(source=told.pop("source"), sources=told.pop("sources", {}), changes=told)


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
        among = f", one of: {', '.join(get_args(kind))}" if get_origin(kind) is Literal else ""
        raise Refused(
            "InvalidPolicyField", f"{value!r} does not fit the policy's {name!r}; it is like {_default(name)!r}{among}."
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
