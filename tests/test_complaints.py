"""Complaints: whose trouble nobody mends goes to the platform or to the bank, and nobody else does."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from math import log, sqrt
from pathlib import Path
from statistics import fmean, stdev

import pytest

from sandbox.central import claims, messages, orders, returns, shipments
from sandbox.central.days import DAY, start_of_day
from sandbox.central.disputes import CHARGEBACK
from sandbox.central.guide import Refused
from sandbox.central.world import Act, World
from sandbox.sim import complaints, words
from sandbox.sim.cast import Run
from sandbox.sim.complaints import TROUBLES
from sandbox.sim.regard import Said, said_about
from tests import quarrels, shop
from tests.test_luck import NORMAL_999

MANY = 150
LOST = "parcels.lost_share = 1"
SOON = "parcels.transit = [{weight = 1, mean_days = 0.5, shape = 5}]"
PROMISED = "policy.changes = {deliver_from_days = 4, deliver_by_days = 8}"
CLAIMS = "buyers.disputes = {misses = 1, claims_not_received = 1, waits_days = 0.1}"
TO_THE_BANK = "buyers.disputes = {misses = 1, chargebacks_not_received = 1, waits_days = 0.1, chargeback_sigma = 0}"
FRAUD = "buyers.disputes = {fraud = 1, chargeback_sigma = 0}"
FAULTY = "buyers.returns = {faulty = 1, days = 1}"
CLAIMS_FAULTY = "buyers.disputes = {claims_faulty = 1, waits_days = 0.1}"

Shop = Callable[..., World]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """Opens a quiet shop with changes, and closes it after the test."""
    opened: list[World] = []

    def begin(*changes: str) -> World:
        opened.append(shop.altered(tmp_path, PROMISED, *changes, name=f"shop-{len(opened)}"))
        return opened[-1]

    yield begin
    for world in opened:
        world.close()


def said(world: World, order_id: str) -> list[Said]:
    return said_about(world, world.order(order_id).number)


def asked(world: World, order_id: str) -> list[str | None]:
    return [words.topic_of(one.text) for one in said(world, order_id) if one.sender == "buyer"]


def filed(world: World) -> list[tuple[str, str]]:
    """Kind and reason of every dispute."""
    return world.execute("select kind, reason from disputes order by dispute").fetchall()


def shipped(world: World, count: int = MANY) -> list[str]:
    """Orders that leave at once."""
    with world.writing():
        return [quarrels.shipped(world) for _ in range(count)]


# -- what is not there


def test_a_parcel_that_never_came_is_missed_once_its_promised_day_is_over(open_shop: Shop) -> None:
    world = open_shop(LOST, CLAIMS)
    order_id = quarrels.shipped(world)
    shop.wait(world, 30 * DAY)
    first = said(world, order_id)[0]
    assert asked(world, order_id)[0] == words.NOT_ARRIVED
    assert 0 < first.at - world.order(order_id).deliver_by < DAY


def test_a_parcel_that_was_brought_back_is_missed_too(open_shop: Shop) -> None:
    world = open_shop(SOON, CLAIMS, "parcels.failed_share = 1")
    order_id = quarrels.shipped(world)
    shop.wait(world, 30 * DAY)
    assert asked(world, order_id)[0] == words.NOT_ARRIVED and filed(world) == [("claim", "NotReceived")]


def test_a_parcel_that_came_in_time_is_not_missed(open_shop: Shop) -> None:
    world = open_shop(SOON, CLAIMS)
    shipped(world)
    shop.wait(world, 60 * DAY)
    assert world.facts(kinds=("BuyerAsked", "ClaimFiled", "ChargebackFiled")) == []


def test_nobody_misses_a_parcel_of_which_they_were_just_told_that_it_left(open_shop: Shop) -> None:
    world = open_shop(LOST, CLAIMS)
    order_id = shop.place(world)
    shop.wait(world, 20 * DAY)
    quarrels.ship(world, order_id)
    left_at = world.now
    shop.wait(world, 30 * DAY)
    assert 3 * DAY <= said(world, order_id)[0].at - left_at < 4 * DAY


def test_some_never_miss_what_did_not_come(open_shop: Shop) -> None:
    world = open_shop(LOST, CLAIMS, "buyers.disputes.misses = 0.5")
    found = shipped(world)
    shop.wait(world, 20 * DAY)
    writing = sum(bool(said(world, order_id)) for order_id in found)
    assert MANY / 4 < writing < MANY * 3 / 4 and len(filed(world)) == writing


def test_a_claim_comes_no_earlier_than_two_days_after_the_buyer_wrote(open_shop: Shop) -> None:
    world = open_shop(LOST, CLAIMS, "buyers.disputes.waits_days = 0.001")
    found = shipped(world)
    shop.wait(world, 30 * DAY)
    claims = [quarrels.of(world, number) for number in range(1, MANY + 1)]
    assert set(filed(world)) == {("claim", "NotReceived")} and len(found) == MANY
    assert all(claim.filed_at >= said(world, claim.order_id)[0].at + 2 * DAY for claim in claims)


def test_simulated_buyers_never_try_a_claim_that_is_refused(open_shop: Shop) -> None:
    world = open_shop(LOST, CLAIMS)
    shipped(world)
    shop.wait(world, 60 * DAY)
    assert len(filed(world)) == MANY and world.facts(kinds=("ActionRefused",)) == []


def test_a_claim_says_what_is_wrong(open_shop: Shop) -> None:
    world = open_shop(LOST, CLAIMS)
    quarrels.shipped(world)
    shop.wait(world, 30 * DAY)
    assert quarrels.of(world, 1).text == words.CLAIMS["NotReceived"]


def test_who_does_not_claim_may_have_the_bank_take_it_back_a_month_after_the_order(open_shop: Shop) -> None:
    world = open_shop(LOST, TO_THE_BANK)
    quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    assert filed(world) == [("chargeback", "NotReceived")]
    assert start_of_day(quarrels.chargeback_of(world, 1).filed_at) == start_of_day(shop.MONDAY + 30 * DAY)


def test_no_chargeback_comes_later_than_a_bank_may(open_shop: Shop) -> None:
    late = "buyers.disputes = {chargeback_days = 3660, chargeback_sigma = 1}"
    world = open_shop(LOST, TO_THE_BANK, late)
    shipped(world)
    shop.wait(world, 400 * DAY)
    assert len(filed(world)) == MANY and world.facts(kinds=("ActionRefused",)) == []


@pytest.mark.parametrize("way", [CLAIMS, TO_THE_BANK], ids=["claim", "chargeback"])
def test_whoever_was_refunded_complains_no_more(open_shop: Shop, way: str) -> None:
    world = open_shop(LOST, way)
    order_id = quarrels.shipped(world)
    shop.wait(world, 10 * DAY)
    quarrels.refund(world, order_id)
    shop.wait(world, 60 * DAY)
    assert asked(world, order_id) == [words.NOT_ARRIVED] and filed(world) == []


def test_whoever_was_refunded_does_not_ask_where_it_is(open_shop: Shop) -> None:
    world = open_shop(LOST, "buyers = {ask_share = 1, patience_days = 3, patience_sigma = 0}")
    order_id = quarrels.shipped(world)
    shop.wait(world, DAY)
    quarrels.refund(world, order_id)
    shop.wait(world, 30 * DAY)
    assert said(world, order_id) == []


@pytest.mark.parametrize("way", [CLAIMS, TO_THE_BANK], ids=["claim", "chargeback"])
def test_whoever_got_it_after_all_complains_no_more(open_shop: Shop, way: str) -> None:
    world = open_shop("parcels.transit = [{weight = 1, mean_days = 3660, shape = 5}]", way)
    order_id = quarrels.shipped(world)
    shop.wait(world, 10 * DAY)
    quarrels.deliver(world, order_id)
    shop.wait(world, 60 * DAY)
    assert asked(world, order_id) == [words.NOT_ARRIVED] and filed(world) == []


def test_whoever_claimed_by_hand_does_not_go_to_the_bank_as_well(open_shop: Shop) -> None:
    world = open_shop(LOST, TO_THE_BANK)
    order_id = quarrels.shipped(world)
    shop.wait(world, 12 * DAY)
    quarrels.claim(world, order_id)
    shop.wait(world, 60 * DAY)
    assert filed(world) == [("claim", "NotReceived")]


# -- what treatment does

SOME = "buyers.disputes = {misses = 1, claims_not_received = 0.4, chargebacks_not_received = 0.4, waits_days = 2}"


def complainers(world: World) -> tuple[set[int], set[int]]:
    """Who claimed, and who complained in either way."""
    shipped(world)
    shop.wait(world, 60 * DAY)
    rows = world.execute("select order_number, kind from disputes").fetchall()
    return {number for number, kind in rows if kind == "claim"}, {number for number, _ in rows}


def test_a_better_treatment_makes_nobody_claim_who_would_not_have_otherwise(open_shop: Shop) -> None:
    cared_for, _ = complainers(open_shop(LOST, SOME, shop.ALWAYS))
    put_off, _ = complainers(open_shop(LOST, SOME, shop.ALWAYS, "desks.inbox.helpful_share = 0"))
    ignored, _ = complainers(open_shop(LOST, SOME))
    assert set() < cared_for < put_off < ignored


def test_a_better_treatment_makes_nobody_complain_who_would_not_have_otherwise(open_shop: Shop) -> None:
    _, cared_for = complainers(open_shop(LOST, SOME, shop.ALWAYS))
    _, put_off = complainers(open_shop(LOST, SOME, shop.ALWAYS, "desks.inbox.helpful_share = 0"))
    _, ignored = complainers(open_shop(LOST, SOME))
    assert set() < cared_for < put_off < ignored


def test_a_larger_share_claims_and_the_others_stay_the_same(open_shop: Shop) -> None:
    few, _ = complainers(open_shop(LOST, SOME, "buyers.disputes.claims_not_received = 0.1"))
    many, _ = complainers(open_shop(LOST, SOME, "buyers.disputes.claims_not_received = 0.3"))
    assert set() < few < many


# -- what is wrong with it


def test_something_faulty_about_which_nobody_helps_is_claimed(open_shop: Shop) -> None:
    world = open_shop(SOON, FAULTY, CLAIMS_FAULTY)
    order_id = quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    assert asked(world, order_id)[0] == words.FAULTY and filed(world) == [("claim", "DefectiveOrDifferent")]


def test_whoever_sent_it_back_does_not_claim_that_it_is_faulty(open_shop: Shop) -> None:
    never_there = "buyers.returns.travels_days = 3660"
    world = open_shop(SOON, FAULTY, CLAIMS_FAULTY, never_there, shop.ALWAYS, "buyers.disputes.waits_days = 3")
    order_id = quarrels.shipped(world)
    shop.wait(world, 100 * DAY)
    assert asked(world, order_id) == [words.FAULTY] and filed(world) == []


def test_who_is_promised_a_refund_and_gets_it_claims_nothing(open_shop: Shop) -> None:
    refunds = 'desks.refunds = {played_by = "script", refunds_faulty = "at-once"}'
    world = open_shop(SOON, FAULTY, CLAIMS_FAULTY, refunds)
    order_id = quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    assert (filed(world), world.order(order_id).refunded_minor) == ([], quarrels.WHOLE)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_trouble_has_words_a_claim_and_reasons_that_exist(trouble: str) -> None:
    found = TROUBLES[trouble]
    assert found.topic in words.TOPICS and found.claim in claims.REASONS and found.claim in words.CLAIMS
    assert set(found.charge) <= set(quarrels.chargebacks.REASONS)


# -- somebody else's card


def test_the_owner_of_a_card_sees_it_weeks_later(open_shop: Shop) -> None:
    world = open_shop(SOON, FRAUD)
    quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    assert filed(world) == [("chargeback", "UnauthorisedUse")]
    assert start_of_day(quarrels.chargeback_of(world, 1).filed_at) == start_of_day(shop.MONDAY + 30 * DAY)


def test_half_of_the_chargebacks_come_within_a_month_and_none_after_four(open_shop: Shop) -> None:
    """A lognormal lag: its median, and the spread of its logarithm, within the luck of the sample."""
    world = open_shop(SOON, FRAUD, "buyers.disputes.chargeback_sigma = 0.6")
    with world.writing():
        placed = [quarrels.shipped(world) for _ in range(500)]
    shop.wait(world, 200 * DAY)
    lags = [
        (quarrels.chargeback_of(world, number).filed_at - shop.MONDAY) / DAY for number in range(1, len(placed) + 1)
    ]
    assert max(lags) <= 120
    assert abs(fmean(log(lag / 30) for lag in lags)) < NORMAL_999 * 0.6 / sqrt(500)
    assert abs(stdev(log(lag) for lag in lags) - 0.6) < NORMAL_999 * 0.6 / sqrt(2 * 500)


def test_no_more_go_to_the_bank_on_its_last_day_than_on_the_days_before(open_shop: Shop) -> None:
    """A lag that is cut off is drawn from those that are not, and is not moved to the end."""
    run = Run(open_shop())
    lags = [complaints._lag(run, draw / 20_000) / DAY for draw in range(20_000)]
    ends = [sum(end - 7 <= lag < end for lag in lags) for end in (105, 112, 119)]
    assert max(lags) < 119 and lags == sorted(lags) and ends == sorted(ends, reverse=True)


def test_the_platform_bears_fraud_where_it_went_with_tracking_to_the_orders_address(open_shop: Shop) -> None:
    world = open_shop(SOON, FRAUD)
    quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    assert quarrels.ended(world, 1, CHARGEBACK) == ("PaidByAmazon", "amazon", quarrels.WHOLE)


@pytest.mark.parametrize("what", [{"ship_to": quarrels.ELSEWHERE}, {"tracking": ""}], ids=["elsewhere", "untracked"])
def test_the_seller_bears_fraud_where_it_went_elsewhere_or_without_tracking(
    open_shop: Shop, what: dict[str, object]
) -> None:
    world = open_shop(SOON, FRAUD)
    quarrels.shipped(world, **what)
    shop.wait(world, 90 * DAY)
    assert quarrels.ended(world, 1, CHARGEBACK) == ("Lost", "seller", quarrels.WHOLE)


def test_impostors_want_another_address(open_shop: Shop) -> None:
    wishes = "buyers.wishes = {another_address = 1, impostors = 1, hours = 2}"
    world = open_shop(SOON, wishes, "parcels.failed_at_old_address = 0")
    quarrels.shipped(world)
    shop.wait(world, 300 * DAY)
    assert filed(world) == [("chargeback", "UnauthorisedUse")]


def test_honest_people_who_want_another_address_charge_nothing_back(open_shop: Shop) -> None:
    wishes = "buyers.wishes = {another_address = 1, impostors = 0, hours = 2}"
    world = open_shop(SOON, wishes, "parcels.failed_at_old_address = 0")
    shipped(world)
    shop.wait(world, 300 * DAY)
    assert filed(world) == []


def test_an_order_that_never_left_is_not_charged_back(open_shop: Shop) -> None:
    world = open_shop(FRAUD)
    first, second = shop.places(world, 2)
    world.do(orders.cancel, by="seller", order_id=first, reason="NoInventory")
    shop.wait(world, 90 * DAY)
    assert filed(world) == [] and world.order(second).status == "Canceled"


def test_what_was_refunded_is_not_charged_back(open_shop: Shop) -> None:
    world = open_shop(SOON, FRAUD)
    order_id = quarrels.shipped(world)
    shop.wait(world, 10 * DAY)
    quarrels.refund(world, order_id)
    shop.wait(world, 90 * DAY)
    assert filed(world) == []


# -- no step raises

ALL_AT_ONCE = """
[demand]
pending_share = 0.3
[buyers]
ask_share = 0.6
patience_days = 1
wishes = {cancels = 0.1, asks_to_cancel = 0.2, another_address = 0.4, asks_about_product = 0.2, impostors = 0.5}
ratings = {share = 0.5, days = 0.1}
returns = {faulty = 0.2, wrong_item = 0.2, not_as_described = 0.2, regretted = 0.4, days = 0.5}
[buyers.disputes]
fraud = 0.2
misses = 1
claims_not_received = 0.5
claims_faulty = 0.5
claims_not_reimbursed = 1
chargebacks_not_received = 1
chargebacks_faulty = 1
waits_days = 0.1
chargeback_days = 10
[parcels]
failed_share = 0.5
failed_at_old_address = 0.9
lost_share = 0.2
attempts = 2
[policy]
changes = {deliver_from_days = 1, deliver_by_days = 3}
[desks]
refunds = {missed_share = 0.5}
disputes = {missed_share = 0.3}
inbox = {helpful_share = 0.5}
dispatch = {slip_share = 0.3, tracking_share = 0.5}
stock = {no_stock_share = 0.3, out_of_stock = "alternative"}
"""


@pytest.mark.parametrize("requests", ["refuse", "comply", "ignore"])
@pytest.mark.parametrize("pack", ["guide-2015", "marketplace-today"])
def test_where_everything_goes_wrong_no_step_raises_and_the_books_agree(
    tmp_path: Path, requests: str, pack: str
) -> None:
    more = f'desks.addresses.requests = "{requests}"\npolicy.pack = "{pack}"'
    world = shop.altered(tmp_path, ALL_AT_ONCE, more, text=shop.BUSY)
    shop.wait(world, 60 * DAY)
    found = {kind for kind, _ in filed(world)}, world.check()
    world.close()
    assert found == ({"claim", "chargeback"}, [])


@pytest.mark.parametrize("most", [1, 20])
def test_where_messages_are_short_no_step_raises_either(tmp_path: Path, most: int) -> None:
    world = shop.altered(tmp_path, ALL_AT_ONCE, f"policy.changes.message_max_chars = {most}", text=shop.BUSY)
    shop.wait(world, 30 * DAY)
    (longest,) = world.row("select max(length(text)) from messages")
    world.close()
    assert longest == most


HANDS: list[tuple[Act, dict[str, object]]] = [
    (shipments.confirm_shipment, {"carrier": "DTDC"}),
    (shipments.deliver, {"package": 1}),
    (returns.send, {"reason": "Defective"}),
    (messages.ask, {"subject": "Shipping", "text": "Well?"}),
    (orders.cancel, {"reason": "NoInventory"}),
    (quarrels.refunds.refund, {"reason": "Other"}),
    (shipments.lose, {"package": 1}),
    (claims.file, {"reason": "NotReceived"}),
    (quarrels.chargebacks.file, {"reason": "Other"}),
    (orders.cancel_by_buyer, {}),
]


def test_whatever_is_done_by_hand_in_between_no_step_raises(tmp_path: Path) -> None:
    """Each morning the seller, the carrier and the buyer do something to one of the orders."""
    world = shop.altered(tmp_path, ALL_AT_ONCE, text=shop.BUSY)
    for day in range(40):
        shop.wait(world, DAY)
        order_id = world.ids.order_id(1 + day * 7)
        for act, what in HANDS[day % len(HANDS) :]:
            with suppress(Refused):
                world.do(act, by="somebody", order_id=order_id, **what)
    shop.wait(world, 60 * DAY)
    found = world.check()
    world.close()
    assert found == []
