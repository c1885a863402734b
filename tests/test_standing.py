"""The account's standing: looked at every day, told both ways, and what it stops (chapter 9)."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

from sandbox.central import health, holds, messages, performance, reserve, settings, settlements, standing
from sandbox.central.days import DAY, HOUR
from sandbox.central.facts import TransferHeld, TransferMade
from sandbox.central.guide import RULES
from sandbox.central.policy import Policy
from sandbox.central.replay import replayed
from sandbox.central.world import World
from tests import quarrels, shop
from tests.quarrels import charge_back, shipped

NAME = "order-defect (60 days)"


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[World]:
    """A slow shop whose every order defect counts, and whose orders are held by nobody but the platform."""
    changes = 'cancellation_limit_percent = 100\nlate_shipment_limit_percent = 100\nseller_plan = "professional"\n'
    world = shop.slow(tmp_path, f"[policy.changes]\n{changes}performance_hold_percent = 0\n")
    yield world
    world.close()


def shop_of(world: World, orders: int, bad: int) -> None:
    """So many orders shipped, of which so many are charged back and won by nobody yet."""
    for number in range(orders):
        order_id = shipped(world)
        if number < bad:
            charge_back(world, order_id, amount_minor=100)


def days(world: World, count: int) -> str:
    shop.wait(world, count * DAY)
    return standing.standing(world)


def told(world: World, kind: str) -> list[tuple[str, bool]]:
    """The notices of a kind, the first one first."""
    return [(row.name, bool(row.breached)) for row in performance.notices(world).rows[::-1] if row.kind == kind]


# -- the ladder


def test_a_new_account_is_in_good_standing(patient: World) -> None:
    assert standing.state(patient) == standing.State("good", patient.now, "", {}, None)


def test_a_rate_over_its_limit_puts_the_account_at_risk_at_the_next_review(patient: World) -> None:
    shop_of(patient, 50, 1)
    shop.wait(patient, DAY - 1)
    before = standing.standing(patient)
    shop.wait(patient, 1)
    assert (before, standing.standing(patient)) == ("good", "at-risk")


def test_a_week_at_risk_brings_a_review(patient: World) -> None:
    shop_of(patient, 50, 1)
    assert [days(patient, 1), days(patient, 6), days(patient, 1)] == ["at-risk", "at-risk", "under-review"]


def test_a_rate_three_times_over_its_limit_suspends_at_once(patient: World) -> None:
    shop_of(patient, 100, 3)
    assert days(patient, 1) == "suspended"


def test_three_times_a_limit_is_judged_to_the_last_order(tmp_path: Path) -> None:
    with closing(shop.slow(tmp_path, "[policy.changes]\norder_defect_limit_percent = 4.4\n")) as world:
        shop_of(world, 250, 33)
        assert days(world, 1) == "suspended"


def test_a_rate_just_below_three_times_its_limit_does_not_suspend(patient: World) -> None:
    shop_of(patient, 67, 2)
    assert days(patient, 1) == "at-risk"


def test_another_rate_however_far_over_its_limit_does_not_suspend(tmp_path: Path) -> None:
    with closing(shop.slow(tmp_path)) as world:
        late = [shop.place(world) for _ in range(30)]
        shop.wait(world, 3 * DAY)
        for order_id in late:
            quarrels.ship(world, order_id)
        assert days(world, 1) == "at-risk"


def test_the_sentences_on_suspension_name_the_order_defect_rate_alone() -> None:
    (number,) = [field for field in fields(Policy) if field.name == "suspended_at_multiple"]
    assert "order defect rate" in RULES["standing.review"].says
    assert number.metadata["says"] == "An order defect rate so many times its limit suspends."


def test_an_account_comes_down_the_ladder_and_back(patient: World) -> None:
    shop_of(patient, 50, 1)
    found = [days(patient, 1), days(patient, 7)]
    shop_of(patient, 1, 1)
    found.append(days(patient, 1))
    found.append(days(patient, 52))
    assert found == ["at-risk", "under-review", "suspended", "good"]


def test_new_good_orders_bring_a_suspended_account_back(patient: World) -> None:
    shop_of(patient, 50, 2)
    found = [days(patient, 1)]
    shop_of(patient, 151, 0)
    assert [*found, days(patient, 1)] == ["suspended", "good"]


def test_a_rate_over_fewer_than_30_orders_moves_no_standing(patient: World) -> None:
    shop_of(patient, 29, 5)
    assert (days(patient, 1), performance.notices(patient).rows) == ("good", [])


def test_a_rate_over_30_orders_does(patient: World) -> None:
    shop_of(patient, 30, 1)
    assert days(patient, 1) == "suspended"


# -- told both ways


def test_each_limit_is_told_when_it_is_crossed_and_when_it_is_mended(patient: World) -> None:
    shop_of(patient, 50, 1)
    shop.wait(patient, 2 * DAY)
    shop_of(patient, 51, 0)
    shop.wait(patient, DAY)
    assert told(patient, "limit") == [(NAME, True), (NAME, False)]
    assert told(patient, "standing") == [("at-risk", True), ("good", False)]


def test_a_notice_says_what_is_so_with_its_numbers(patient: World) -> None:
    shop_of(patient, 50, 1)
    shop.wait(patient, DAY)
    changed, crossed = performance.notices(patient).rows
    assert crossed.text == f"{NAME} is outside its limit of 1 %: it is 2.00 %."
    assert changed.text == f"The account was good and is at-risk: outside the limit: {NAME}."


@pytest.mark.parametrize(
    ("counted", "out_of", "limit", "told"),
    [
        (5, 100, 1.0, "5.00 %"),
        (1, 100, 1.0, "1.00 %"),
        (416, 41_500, 1.0, "1.002 %"),
        (523, 52_500, 1.0, "0.996 %"),
        (11, 275, 4.0, "4.00 %"),
        (89_999, 100_000, 90.0, "89.999 %"),
        (123_457, 12_345_600, 1.0, "1.00001 %"),
        (0, 10, 0.0, "0.00 %"),
    ],
)
def test_a_rate_is_told_with_as_many_digits_as_tell_it_from_its_limit(
    quiet: World, counted: int, out_of: int, limit: float, told: str
) -> None:
    rate = health.scored_rates(quiet)[0]
    percent = counted * 100 / out_of
    some = rate._replace(counted=counted, out_of=out_of, limit_percent=limit, percent=percent)
    assert standing.percent_of(some) == told


def test_a_response_rate_below_its_target_is_outside_its_limit(patient: World) -> None:
    for _ in range(30):
        quarrels.write(patient, shipped(patient))
    shop.wait(patient, DAY)
    text = performance.notices(patient).rows[1].text
    assert text == "response-time (30 days) is outside its limit of 90 %: it is 0.00 %."


def test_a_rate_that_no_longer_has_orders_enough_is_not_told_to_be_good(patient: World) -> None:
    shop_of(patient, 30, 1)
    shop.wait(patient, 30 * DAY)
    charge_back(patient, shipped(patient))
    shop.wait(patient, 31 * DAY)
    mended = [row.text for row in performance.notices(patient).rows if row.kind == "limit" and not row.breached]
    assert mended == [f"{NAME} is 100.00 %, of 1 alone; it counts from 30 on."]


def test_a_notice_is_sent_to_the_addresses_that_the_seller_chose(patient: World) -> None:
    addresses = ["ops@shop.example.invalid", "owner@shop.example.invalid"]
    patient.do(settings.set_notification_addresses, by="seller", addresses=addresses)
    shop_of(patient, 50, 1)
    shop.wait(patient, DAY)
    assert {row.sent_to for row in performance.notices(patient).rows} == {json.dumps(addresses, separators=(",", ":"))}


def test_without_a_notification_address_a_notice_is_sent_to_nobody(patient: World) -> None:
    patient.do(settings.set_notification_addresses, by="seller", addresses=[])
    shop_of(patient, 50, 1)
    shop.wait(patient, DAY)
    assert {row.sent_to for row in performance.notices(patient).rows} == {"[]"}


def test_notices_come_page_by_page_the_last_one_first(patient: World) -> None:
    shop_of(patient, 50, 1)
    shop.wait(patient, DAY)
    first = performance.notices(patient, limit=1)
    second = performance.notices(patient, limit=1, cursor=first.next_cursor)
    assert [first.rows[0].kind, second.rows[0].kind, second.next_cursor] == ["standing", "limit", None]


def test_the_standing_is_told_with_its_reasons(patient: World) -> None:
    shop_of(patient, 50, 2)
    shop.wait(patient, DAY)
    found = standing.state(patient)
    assert (found.standing, found.since, found.breaches) == ("suspended", patient.now, {NAME: patient.now})
    assert found.because == f"The account was good and is suspended: {NAME} is 4.00 %."
    assert found.stop == ("AccountSuspended", None, patient.now + DAY)


# -- what it stops


def test_the_transfer_of_a_suspended_account_is_held_and_tried_again_each_day(patient: World) -> None:
    shop_of(patient, 50, 2)
    shop.wait(patient, 17 * DAY)
    held = patient.facts(limit=-1, kinds=("TransferHeld", "TransferMade"))
    assert {row.kind for row in held} == {TransferHeld.__name__} and len(held) > 1
    assert patient.check() == []


def test_the_transfer_is_made_once_the_account_is_back(patient: World) -> None:
    shop_of(patient, 50, 2)
    shop.wait(patient, 17 * DAY)
    shop_of(patient, 151, 0)
    shop.wait(patient, 2 * DAY)
    kinds = [row.kind for row in patient.facts(limit=-1, kinds=("TransferHeld", "TransferMade"))]
    assert kinds[-1] == TransferMade.__name__ and patient.check() == []


def test_an_account_at_risk_is_paid(patient: World) -> None:
    shop_of(patient, 50, 1)
    shop.wait(patient, 17 * DAY)
    assert settlements.settlement_of(patient, 1).transfer_minor and patient.check() == []


def test_a_question_answered_in_time_moves_nothing(patient: World) -> None:
    for _ in range(30):
        order_id = shipped(patient)
        quarrels.write(patient, order_id)
    for thread in range(1, 31):
        patient.do(messages.reply, by="seller", thread=thread, text="It left.")
    shop.wait(patient, DAY + HOUR)
    assert standing.standing(patient) == "good"


# -- a closer look


def look(world: World, span: int, because: str = "Sales jumped.") -> None:
    world.do(standing.open_review, by="amazon", until=world.now + span, because=because)


def test_a_review_is_told_to_the_addresses_that_the_seller_chose(patient: World) -> None:
    patient.do(settings.set_notification_addresses, by="seller", addresses=["ops@shop.example.invalid"])
    look(patient, 3 * DAY)
    (opened,) = patient.facts(kinds=("ReviewOpened",))
    assert json.loads(opened.body)["sent_to"] == ["ops@shop.example.invalid"]


def test_a_review_ends_by_itself(patient: World) -> None:
    look(patient, 3 * DAY)
    until = patient.now + 3 * DAY
    shop.wait(patient, 3 * DAY - 1)
    during = standing.review_until(patient, patient.now)
    shop.wait(patient, 1)
    assert (during, standing.review_until(patient, patient.now)) == (until, None)


def test_a_shorter_review_does_not_end_a_longer_one(patient: World) -> None:
    look(patient, 10 * DAY)
    until = patient.now + 10 * DAY
    shop.wait(patient, DAY)
    look(patient, 2 * DAY)
    shop.wait(patient, 4 * DAY)
    assert standing.review_until(patient, patient.now) == until


def test_an_account_is_under_review_from_the_next_daily_look_until_the_first_after_it(patient: World) -> None:
    shop.wait(patient, HOUR)
    look(patient, int(2.5 * DAY))
    assert [days(patient, 1) for _ in range(4)] == ["under-review"] * 2 + ["good"] * 2


def test_a_review_says_why_the_account_is_under_it(patient: World) -> None:
    look(patient, 3 * DAY)
    shop.wait(patient, DAY)
    assert standing.state(patient).because.endswith("the platform takes a closer look.")


def test_a_review_does_not_lift_a_suspension(patient: World) -> None:
    shop_of(patient, 40, 10)
    look(patient, 5 * DAY)
    assert days(patient, 2) == "suspended"


def test_a_review_holds_all_that_no_other_reason_holds(patient: World) -> None:
    for _ in range(3):
        shipped(patient)
    charge_back(patient, shipped(patient))
    look(patient, 5 * DAY)
    found = reserve.reserve(patient)
    assert found.amount_minor == holds.funds(patient, patient.now) > 0
    assert [hold.reason for hold in found.holds][-1] == "Review" and len(found.holds) == 2


def test_nothing_is_held_for_a_review_once_it_is_over(patient: World) -> None:
    shipped(patient)
    look(patient, DAY)
    shop.wait(patient, DAY)
    assert "Review" not in [hold.reason for hold in reserve.reserve(patient).holds]


def test_the_reserve_of_a_moment_gone_by_knows_the_review_of_that_moment(patient: World) -> None:
    shipped(patient)
    before = patient.now
    shop.wait(patient, HOUR)
    look(patient, DAY)
    during = patient.now + HOUR
    shop.wait(patient, 5 * DAY)
    found = [[hold.reason for hold in reserve.reserve(patient, at).holds] for at in (before, during)]
    assert found == [[], ["Review"]]


def test_a_settlement_that_closes_in_a_review_transfers_nothing(patient: World) -> None:
    for _ in range(3):
        shipped(patient)
    look(patient, 40 * DAY)
    shop.wait(patient, 30 * DAY)
    assert patient.facts(kinds=("TransferMade",)) == []


def test_the_facts_of_a_review_make_the_same_tables_again(patient: World, tmp_path: Path) -> None:
    look(patient, DAY)
    shop.wait(patient, 3 * DAY)
    with closing(replayed(patient, tmp_path / "twin.world")) as twin:
        assert shop.tables(twin) == shop.tables(patient)
        assert standing.state(twin)[:3] == standing.state(patient)[:3]
