"""The order defect rate: what counts, in both readings of each contradiction, and for how long (chapters 9 and 12)."""

import pytest

from sandbox.central import claims, feedback, health
from sandbox.central.days import DAY
from sandbox.central.health import Rate
from sandbox.central.world import World
from tests import quarrels, shop
from tests.quarrels import charge_back, claimed, rate, rated, shipped


def defects(world: World, chargebacks: bool = True, all_claims: bool = True) -> Rate:
    return health.order_defect(world, chargebacks, all_claims)


def counts(world: World, **reading: bool) -> tuple[int, int]:
    found = defects(world, **reading)
    return found.counted, found.out_of


def scored(world: World) -> Rate:
    (found,) = [rate for rate in health.rates(world) if rate.name == "order-defect" and rate.scored]
    return found


def test_a_shop_without_orders_has_no_data(slow: World) -> None:
    assert (defects(slow).state, defects(slow).percent) == ("no-data", None)


def test_negative_feedback_a_claim_and_a_chargeback_are_defects(slow: World) -> None:
    rated(slow, 1)
    claimed(slow)
    charge_back(slow, shipped(slow))
    assert counts(slow) == (3, 3)


def test_an_order_is_defective_once_however_many_defects_it_has(slow: World) -> None:
    order_id = quarrels.of(slow, claimed(slow)).order_id
    shop.wait(slow, DAY)
    rate(slow, order_id, 1)
    charge_back(slow, order_id)
    found = defects(slow)
    assert (found.counted, found.orders) == (1, [order_id])
    assert found.parts == {"negative_feedback": 1, "claims": 1, "chargebacks": 1}


def test_an_order_that_was_only_placed_counts_among_all(slow: World) -> None:
    rated(slow, 1)
    shop.place(slow)
    assert counts(slow) == (1, 2)


def test_orders_of_the_sandbox_view_count_nowhere(slow: World) -> None:
    shop.place(slow, view="sandbox")
    assert counts(slow) == (0, 0)


@pytest.mark.parametrize(("span", "found"), [(60 * DAY - 1, (1, 1)), (60 * DAY, (0, 0))])
def test_an_order_leaves_the_rate_60_days_after_it_was_placed(slow: World, span: int, found: tuple[int, int]) -> None:
    charge_back(slow, shipped(slow))
    shop.wait(slow, span)
    assert counts(slow) == found


@pytest.mark.parametrize(("rating", "bad"), [(2, 1), (3, 0)])
def test_neutral_feedback_is_no_defect(slow: World, rating: int, bad: int) -> None:
    rated(slow, rating)
    assert counts(slow) == (bad, 1)


def test_feedback_taken_back_is_no_defect(slow: World) -> None:
    slow.do(feedback.withdraw, by="buyer", order_id=rated(slow, 1))
    assert counts(slow) == (0, 1)


def test_an_order_stays_defective_by_its_claim_when_its_feedback_is_taken_back(slow: World) -> None:
    order_id = quarrels.of(slow, claimed(slow)).order_id
    shop.wait(slow, DAY)
    rate(slow, order_id, 1)
    slow.do(feedback.withdraw, by="buyer", order_id=order_id)
    assert counts(slow) == (1, 1)


# -- both readings of each contradiction


def test_chargebacks_count_or_not(slow: World) -> None:
    charge_back(slow, shipped(slow))
    found = [counts(slow, chargebacks=counted) for counted in (True, False)]
    assert found == [(1, 1), (0, 1)]


def test_a_withdrawn_claim_counts_or_not(slow: World) -> None:
    slow.do(claims.withdraw, by="buyer", claim=claimed(slow))
    assert [counts(slow, all_claims=every) for every in (True, False)] == [(1, 1), (0, 1)]


def test_a_denied_claim_counts_or_not(slow: World) -> None:
    number = claimed(slow, "ChargedMore")
    quarrels.answer(slow, number)
    before = counts(slow, all_claims=False)
    shop.wait(slow, 2 * DAY)
    assert [before, *(counts(slow, all_claims=every) for every in (True, False))] == [(1, 1), (1, 1), (0, 1)]


def test_a_claim_overturned_on_appeal_counts_or_not(slow: World) -> None:
    number = claimed(slow)
    shop.wait(slow, 7 * DAY)
    quarrels.appeal(slow, number)
    shop.wait(slow, 3 * DAY)
    assert [counts(slow, all_claims=every) for every in (True, False)] == [(1, 1), (0, 1)]


def test_a_claim_that_was_paid_counts_in_every_reading(slow: World) -> None:
    slow.do(claims.accept, by="seller", claim=claimed(slow))
    assert [counts(slow, all_claims=every) for every in (True, False)] == [(1, 1), (1, 1)]


def test_a_claim_that_the_bank_took_over_still_counts_by_its_chargeback(slow: World) -> None:
    charge_back(slow, quarrels.of(slow, claimed(slow)).order_id)
    assert counts(slow, all_claims=False) == (1, 1)


def test_the_guide_scores_chargebacks_and_all_claims(slow: World) -> None:
    assert scored(slow).reading == "chargebacks counted, all claims"


def test_today_upheld_claims_alone_are_scored(today: World) -> None:
    today.do(claims.withdraw, by="buyer", claim=claimed(today))
    assert (scored(today).reading, scored(today).counted) == ("chargebacks counted, upheld claims", 0)


def test_all_four_readings_are_shown_and_one_is_scored(slow: World) -> None:
    found = health.order_defects(slow)
    assert [rate.scored for rate in found] == [True, False, False, False]
    assert len({rate.reading for rate in found}) == 4


# -- the limit and the room


def test_1_percent_is_over_the_limit(slow: World) -> None:
    charge_back(slow, shipped(slow))
    for _ in range(99):
        shop.place(slow)
    found = defects(slow)
    assert (found.percent, found.state, found.needed) == (1.0, "breached", 1)


def test_less_than_1_percent_is_within_it(slow: World) -> None:
    charge_back(slow, shipped(slow))
    for _ in range(100):
        shop.place(slow)
    assert (defects(slow).state, defects(slow).room) == ("good", 0)


def test_the_room_left_is_told_in_orders(slow: World) -> None:
    for _ in range(201):
        shop.place(slow)
    assert defects(slow).room == 2
