"""The policy: the guide's numbers with their sources, the packs, and what may be changed."""

from dataclasses import asdict, fields
from typing import Any

import pytest

from sandbox.central import policy
from sandbox.central.guide import CHAPTERS, Refused
from sandbox.central.policy import Policy, with_changes

GUIDE = policy.policy("guide-2015")
TODAY = policy.policy("marketplace-today")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("auto_cancel_after_hours", 30 * 24),
        ("auto_cancel_from", "order"),
        ("dispatch_within_working_days", 1),
        ("deliver_from_days", 6),
        ("deliver_by_days", 24),
        ("late_shipment_limit_percent", 4.0),
        ("late_shipment_windows_days", (30,)),
        ("cancellation_limit_percent", 2.5),
        ("cancellation_window_days", 7),
        ("buyer_asked_cancel_counts", True),
        ("reply_within_hours", 4),
        ("reply_within_lenient_hours", 24),
        ("reply_target_percent", 90.0),
        ("message_max_chars", 4000),
        ("buyer_self_cancel_within_minutes", 30),
        ("seller_plan", "individual"),
        ("individual_reserve_days", 7),
    ],
)
def test_the_numbers_are_the_guides(name: str, number: object) -> None:
    assert getattr(GUIDE, name) == number


TODAYS = {
    "auto_cancel_after_hours": 24,
    "auto_cancel_from": "dispatch",
    "late_shipment_windows_days": (30, 10),
    "buyer_asked_cancel_counts": False,
    "buyer_self_cancel_within_minutes": 0,
    "reply_within_hours": 24,
    "seller_plan": "professional",
    "refund_cancellable_minutes": 15,
    "settlement_every_days": 14,
    "withdrawn_or_denied_claim_is_defect": False,
    "claim_opens_undelivered_days": 0,
    "claim_response_hours": 72,
    "chargeback_response_days": 7,
    "reserve_pack": "dd7",
}


def test_the_marketplace_of_today_differs_in_what_its_help_pages_say_and_in_nothing_else() -> None:
    differs = {name: value for name, value in asdict(TODAY).items() if value != getattr(GUIDE, name)}
    assert differs == {"name": "marketplace-today", **TODAYS}


def test_there_are_two_packs_the_guides_first() -> None:
    assert policy.names() == ["guide-2015", "marketplace-today"]


@pytest.mark.parametrize("name", policy.names())
def test_a_pack_goes_by_its_name(name: str) -> None:
    assert policy.policy(name).name == name


@pytest.mark.parametrize("name", ["", "guide", "Guide-2015", "../packs/marketplace-today", "marketplace-today.toml"])
def test_another_pack_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(Refused) as refused:
        policy.policy(name)
    there_are = "There are: guide-2015, marketplace-today."
    assert refused.value.code == "UnknownPolicy" and there_are in refused.value.sentence


@pytest.mark.parametrize("number", fields(Policy), ids=lambda field: field.name)
def test_each_number_says_where_it_is_from_and_what_it_means(number: Any) -> None:
    assert number.metadata["source"] and number.metadata["says"].endswith(".")


@pytest.mark.parametrize("number", fields(Policy), ids=lambda field: field.name)
def test_a_number_from_the_guide_names_a_chapter_of_the_guide(number: Any) -> None:
    source = number.metadata["source"]
    named = [int(part) for part in source.replace(",", " ").split() if part.isdigit()]
    assert set(named) <= set(CHAPTERS) and bool(named) == source.startswith("ch. ")


def test_a_number_that_a_pack_changes_names_the_packs_own_source() -> None:
    found = policy.sources("marketplace-today")
    of_changed = {found[name] for name in TODAYS}
    assert of_changed == {"marketplace help pages", "ch. 12 table, marketplace help pages"}
    assert found["reply_within_hours"] == "ch. 12 table, marketplace help pages"


def test_the_other_numbers_of_a_pack_keep_the_guides_sources() -> None:
    guides, todays = policy.sources("guide-2015"), policy.sources("marketplace-today")
    assert guides == {number.name: number.metadata["source"] for number in fields(Policy)}
    assert {name for name in todays if todays[name] != guides[name]} == set(TODAYS)


def test_a_change_leaves_the_other_numbers_alone() -> None:
    changed = with_changes(GUIDE, {"reply_within_hours": 8})
    assert asdict(changed) == {**asdict(GUIDE), "reply_within_hours": 8}


def test_a_change_leaves_the_pack_it_starts_from_alone() -> None:
    with_changes(TODAY, {"reply_within_hours": 8})
    assert policy.policy("marketplace-today").reply_within_hours == 24


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("late_shipment_limit_percent", 5, 5.0),
        ("late_shipment_windows_days", [7, 30], (7, 30)),
        ("working_days", ["mon", "sun"], ("mon", "sun")),
        ("auto_cancel_from", "dispatch", "dispatch"),
        ("auto_cancel_counts", False, False),
        ("buyer_self_cancel_within_minutes", 0, 0),
    ],
)
def test_a_change_is_taken_as_toml_and_json_write_it(name: str, given: object, taken: object) -> None:
    changed = getattr(with_changes(GUIDE, {name: given}), name)
    assert (changed, type(changed)) == (taken, type(taken))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("reply_within_hour", "reply_within_hours"),
        ("autocancel_after_hours", "auto_cancel_after_hours"),
        ("late_shipment_limit", "late_shipment_limit_percent"),
        ("seller-plan", "seller_plan"),
    ],
)
def test_a_misspelt_number_is_refused_with_the_nearest_name(name: str, near: str) -> None:
    with pytest.raises(Refused) as refused:
        with_changes(GUIDE, {name: 1})
    assert refused.value.code == "UnknownPolicyField" and f"Did you mean '{near}'?" in refused.value.sentence


def test_a_number_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(Refused) as refused:
        with_changes(GUIDE, {"zzz": 1})
    assert refused.value.sentence == "A policy has no number 'zzz'."


def test_the_name_of_a_pack_cannot_be_changed_and_is_not_offered_as_the_nearest() -> None:
    with pytest.raises(Refused) as refused:
        with_changes(GUIDE, {"name": "mine"})
    assert refused.value.code == "UnknownPolicyField" and "Did you mean 'name'" not in refused.value.sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reply_within_hours", "4"),
        ("reply_within_hours", 4.0),
        ("reply_within_hours", True),
        ("reply_within_hours", -1),
        ("reply_within_hours", None),
        ("reply_within_hours", [4]),
        ("late_shipment_limit_percent", "4"),
        ("late_shipment_limit_percent", -0.1),
        ("late_shipment_limit_percent", True),
        ("late_shipment_limit_percent", float("nan")),
        ("late_shipment_limit_percent", float("inf")),
        ("late_shipment_windows_days", []),
        ("late_shipment_windows_days", 30),
        ("late_shipment_windows_days", ["30"]),
        ("late_shipment_windows_days", [30, True]),
        ("late_shipment_windows_days", [-30]),
        ("buyer_asked_cancel_counts", 1),
        ("buyer_asked_cancel_counts", "true"),
        ("auto_cancel_from", "orders"),
        ("auto_cancel_from", ["order"]),
        ("seller_plan", ""),
        ("seller_plan", {"individual": 1}),
        ("working_days", "mon"),
        ("working_days", []),
        ("working_days", ["monday"]),
        ("working_days", [1]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_it_is_like(name: str, value: object) -> None:
    with pytest.raises(Refused) as refused:
        with_changes(GUIDE, {name: value})
    assert refused.value.code == "InvalidPolicyField" and f"{name!r}; it is like " in refused.value.sentence


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reserve_pack", "one of: guide-2015, tier-1, tier-2, tier-2-us, tier-2-plus, dd7."),
        ("seller_plan", "one of: individual, professional."),
        ("auto_cancel_from", "one of: order, dispatch."),
    ],
)
def test_a_value_that_is_none_of_a_few_is_refused_with_all_of_them(name: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        with_changes(GUIDE, {name: "tier-9"})
    assert refused.value.sentence.startswith("'tier-9' does not fit") and refused.value.sentence.endswith(words)


def test_one_wrong_change_refuses_all() -> None:
    with pytest.raises(Refused):
        with_changes(GUIDE, {"reply_within_hours": 8, "reply_within_lenient_hours": "x"})
