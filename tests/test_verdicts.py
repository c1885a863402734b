"""How claims are judged by the record, and who bears them in the ledger (chapters 7 and 9)."""

from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central import claims, refunds
from sandbox.central.days import DAY, HOUR
from sandbox.central.disputes import Case
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from tests import quarrels, shop
from tests.quarrels import ELSEWHERE, SHARE, WHOLE, claimed, complained, cost, ended, shipped

GOOD = Case(
    to_orders_address=True,
    tracked=True,
    delivered=False,
    delivered_late=False,
    confirmed_in_time=True,
    return_offered=False,
    promised_until=0,
)
"""Sent in time, with tracking, to the order's address; not there yet."""
SELLER, AMAZON, DENIED = "GrantedSellerFunded", "GrantedAmazonFunded", "Denied"


def verdict(reason: str, **case: bool) -> tuple[str, str]:
    found = claims.JUDGED[reason](GOOD._replace(**case))
    assert found.because.endswith(".")
    return found.outcome, found.paid_by


def judged(world: World, reason: str = "NotReceived", **what: object) -> tuple[str | None, str | None, int]:
    """The end of a claim that the seller answered."""
    number = claimed(world, reason, **what)  # type: ignore[arg-type]  # tests alone
    quarrels.answer(world, number)
    shop.wait(world, 2 * DAY)
    return ended(world, number)


# -- the verdicts


@pytest.mark.parametrize(
    ("case", "found"),
    [
        ({}, (AMAZON, "amazon")),
        ({"delivered": True}, (DENIED, "nobody")),
        ({"delivered": True, "delivered_late": True}, (DENIED, "nobody")),
        ({"delivered": True, "confirmed_in_time": False}, (DENIED, "nobody")),
        ({"confirmed_in_time": False}, (SELLER, "seller")),
        ({"tracked": False}, (SELLER, "seller")),
        ({"tracked": False, "delivered": True}, (SELLER, "seller")),
        ({"to_orders_address": False}, (SELLER, "seller")),
        ({"to_orders_address": False, "delivered": True}, (SELLER, "seller")),
    ],
)
def test_not_received_is_judged_by_address_tracking_delivery_and_dispatch(
    case: dict[str, bool], found: tuple[str, str]
) -> None:
    assert verdict("NotReceived", **case) == found


@pytest.mark.parametrize(
    ("case", "found"),
    [
        ({"delivered": True}, (DENIED, "nobody")),
        ({"delivered": True, "delivered_late": True}, (SELLER, "seller")),
        ({}, (SELLER, "seller")),
    ],
)
def test_late_is_judged_by_the_last_promised_day(case: dict[str, bool], found: tuple[str, str]) -> None:
    assert verdict("Late", **case) == found


@pytest.mark.parametrize("reason", ["DefectiveOrDifferent", "ReturnRefused"])
@pytest.mark.parametrize(("offered", "found"), [(True, (DENIED, "nobody")), (False, (SELLER, "seller"))])
def test_a_defective_item_is_judged_by_whether_its_return_was_offered(
    reason: str, offered: bool, found: tuple[str, str]
) -> None:
    assert verdict(reason, return_offered=offered) == found


def test_what_was_returned_is_to_be_paid_back() -> None:
    assert verdict("ReturnedNotReimbursed") == (SELLER, "seller")


def test_nobody_was_charged_more_than_the_order() -> None:
    assert verdict("ChargedMore") == (DENIED, "nobody")


def test_every_reason_has_its_judge() -> None:
    assert set(claims.JUDGED) == set(claims.REASONS)


# -- from the record


def test_a_parcel_lost_on_its_way_to_the_orders_address_costs_the_seller_nothing(slow: World) -> None:
    assert judged(slow) == (AMAZON, "amazon", WHOLE)
    assert cost(slow) == {"protection": WHOLE}


def test_a_parcel_lost_on_its_way_elsewhere_is_the_sellers_loss(slow: World) -> None:
    assert judged(slow, ship_to=ELSEWHERE) == (SELLER, "seller", WHOLE)
    assert cost(slow) == {"claims": WHOLE - SHARE}


def test_a_parcel_delivered_elsewhere_is_the_sellers_loss_too(slow: World) -> None:
    order_id = shipped(slow, ship_to=ELSEWHERE)
    quarrels.deliver(slow, order_id)
    number = quarrels.claim(slow, complained(slow, order_id))
    quarrels.answer(slow, number, ("ProofOfDelivery", "Signed for."))
    shop.wait(slow, 2 * DAY)
    assert ended(slow, number) == (SELLER, "seller", WHOLE)


def test_a_parcel_without_tracking_is_the_sellers_loss(slow: World) -> None:
    assert judged(slow, tracking="") == (SELLER, "seller", WHOLE)


def test_a_delivered_parcel_is_not_paid_for_twice(slow: World) -> None:
    number = claimed(slow)
    quarrels.answer(slow, number)
    quarrels.deliver(slow, quarrels.of(slow, number).order_id)
    shop.wait(slow, 2 * DAY)
    assert (ended(slow, number), cost(slow)) == ((DENIED, "nobody", 0), {})


def test_a_parcel_confirmed_after_its_dispatch_date_is_the_sellers_loss_if_it_is_lost(slow: World) -> None:
    order_id = shop.place(slow)
    Driver(slow).advance(slow.order(order_id).dispatch_by + 1)
    quarrels.ship(slow, order_id)
    number = quarrels.claim(slow, complained(slow, order_id))
    quarrels.answer(slow, number)
    shop.wait(slow, 2 * DAY)
    assert ended(slow, number) == (SELLER, "seller", WHOLE)


@pytest.mark.parametrize(("late", "outcome"), [(0, DENIED), (1, SELLER)])
def test_late_is_one_millisecond_after_the_last_promised_day(slow: World, late: int, outcome: str) -> None:
    order_id = complained(slow, shipped(slow))
    Driver(slow).advance(slow.order(order_id).deliver_by + late)
    quarrels.deliver(slow, order_id)
    number = quarrels.claim(slow, order_id, "Late")
    quarrels.answer(slow, number)
    shop.wait(slow, 2 * DAY)
    assert ended(slow, number)[0] == outcome


def test_return_instructions_are_an_offer_whatever_they_say(slow: World) -> None:
    number = claimed(slow, "DefectiveOrDifferent")
    quarrels.answer(slow, number, ("ReturnInstructions", "Send it to our store."))
    shop.wait(slow, 2 * DAY)
    assert ended(slow, number)[0] == DENIED


def test_naming_return_instructions_in_another_piece_is_no_offer(slow: World) -> None:
    number = claimed(slow, "DefectiveOrDifferent")
    quarrels.answer(slow, number, ("Correspondence", "ReturnInstructions"))
    shop.wait(slow, 2 * DAY)
    assert ended(slow, number)[0] == SELLER


def test_a_second_package_sent_elsewhere_takes_the_protection_of_the_whole_order(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    quarrels.ship(slow, order_id, ship_to=ELSEWHERE)
    number = quarrels.claim(slow, complained(slow, order_id))
    quarrels.answer(slow, number)
    shop.wait(slow, 2 * DAY)
    assert ended(slow, number)[:2] == (SELLER, "seller")


def test_an_order_of_which_one_package_is_missing_was_not_delivered(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    quarrels.ship(slow, order_id)
    quarrels.deliver(slow, order_id, package=2)
    number = quarrels.claim(slow, complained(slow, order_id))
    quarrels.answer(slow, number)
    shop.wait(slow, 2 * DAY)
    assert ended(slow, number)[:2] == (AMAZON, "amazon")


def test_a_partly_shipped_order_is_claimed_for_what_was_paid(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    number = quarrels.claim(slow, complained(slow, order_id))
    slow.do(claims.accept, by="seller", claim=number)
    assert (ended(slow, number)[2], cost(slow)) == (WHOLE, {"claims": WHOLE - SHARE})


def test_what_is_shipped_after_a_claim_is_no_part_of_it(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    number = quarrels.claim(slow, complained(slow, order_id))
    quarrels.ship(slow, order_id)
    slow.do(claims.accept, by="seller", claim=number)
    assert ended(slow, number)[2] == WHOLE and slow.check() == []


# -- refunds meanwhile


def test_a_claim_for_a_part_is_paid_that_part(slow: World) -> None:
    number = claimed(slow, amount=40_000)
    shop.wait(slow, 7 * DAY)
    assert (ended(slow, number)[2], cost(slow)) == (40_000, {"claims": 40_000 - 1_160})


def test_what_was_refunded_since_comes_off_what_a_claim_is_granted(slow: World) -> None:
    number = claimed(slow, amount=40_000)
    quarrels.refund(slow, quarrels.of(slow, number).order_id, shipping_minor=4_900)
    shop.wait(slow, 7 * DAY)
    assert ended(slow, number) == (SELLER, "seller", 35_100) and slow.check() == []


def test_what_was_refunded_before_a_claim_is_no_part_of_it(slow: World) -> None:
    order_id = complained(slow, shipped(slow))
    quarrels.refund(slow, order_id, shipping_minor=4_900)
    number = quarrels.claim(slow, order_id)
    shop.wait(slow, 7 * DAY)
    assert ended(slow, number)[2] == 84_900 and slow.check() == []


def test_a_claim_whose_amount_was_refunded_since_ends_as_refunded(slow: World) -> None:
    number = claimed(slow, amount=40_000)
    order_id = quarrels.of(slow, number).order_id
    quarrels.refund(slow, order_id, items={quarrels.first_item(slow, order_id): 40_000})
    shop.wait(slow, 7 * DAY)
    assert (ended(slow, number), cost(slow)) == (("Refunded", "seller", 0), {"refunds": 40_000 - 1_160})


def test_a_pending_refund_that_a_decision_counts_is_final_with_it(slow: World) -> None:
    number = claimed(slow)
    shop.wait(slow, 7 * DAY - HOUR)
    quarrels.refund(slow, quarrels.of(slow, number).order_id)
    shop.wait(slow, HOUR)
    assert ended(slow, number) == ("Refunded", "seller", 0)
    assert cost(slow) == {"refunds": WHOLE - SHARE}


def test_no_more_of_the_fee_comes_back_than_was_kept_however_it_is_rounded(tmp_path: Path) -> None:
    with closing(shop.slow(tmp_path, "[policy.changes]\nfee_fixed_minor = 0\n")) as world:
        number = claimed(world)
        order_id = quarrels.of(world, number).order_id
        quarrels.refund(world, order_id, shipping_minor=400)
        world.do(claims.accept, by="seller", claim=number)
        assert (world.order(order_id).fee_minor, world.check()) == (0, [])


def test_a_refund_called_off_leaves_the_claim_as_it_was(slow: World) -> None:
    number = claimed(slow)
    order_id = quarrels.of(slow, number).order_id
    slow.do(refunds.call_off, by="seller", order_id=order_id, refund=quarrels.refund(slow, order_id))
    shop.wait(slow, 7 * DAY)
    assert (ended(slow, number), cost(slow)) == ((SELLER, "seller", WHOLE), {"claims": WHOLE - SHARE})


def test_a_pending_refund_is_left_alone_where_nobody_pays(slow: World) -> None:
    number = claimed(slow, "ChargedMore")
    quarrels.answer(slow, number)
    shop.wait(slow, 2 * DAY - HOUR)
    quarrels.refund(slow, quarrels.of(slow, number).order_id, shipping_minor=4_900)
    shop.wait(slow, HOUR)
    assert ended(slow, number) == (DENIED, "nobody", 0) and cost(slow) == {}


def test_a_lost_parcel_that_left_in_time_is_judged_so_though_the_rest_of_its_order_lapsed(slow: World) -> None:
    order_id = shop.place(slow, (1, 2))
    quarrels.ship(slow, order_id, items={quarrels.first_item(slow, order_id): 1})
    number = quarrels.claim(slow, complained(slow, order_id, 30 * DAY))
    quarrels.answer(slow, number)
    shop.wait(slow, 2 * DAY)
    assert slow.order(order_id).late and ended(slow, number)[:2] == (AMAZON, "amazon")
