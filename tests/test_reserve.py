"""The reserve: the guide's five reasons, each with its amount, its orders and the day it falls free (chapter 6)."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central import chargebacks, claims, orders, refunds, shipments
from sandbox.central.days import DAY, HOUR, end_of_day
from sandbox.central.guide import RULES, Refused
from sandbox.central.holds import Held, Hold
from sandbox.central.reserve import by_day, history, hold_of, orders_of, reserve
from sandbox.central.world import World
from tests import quarrels, shop, till
from tests.till import KETTLE, SHIPPING

PAID = KETTLE + SHIPPING


@pytest.fixture
def professional(tmp_path: Path) -> Iterator[World]:
    """A quiet shop on the professional plan."""
    world = shop.quiet(tmp_path, '[policy.changes]\nseller_plan = "professional"\n')
    yield world
    world.close()


def confirmed(world: World, *pieces: tuple[int, int], view: str = "production") -> str:
    order_id = shop.place(world, *pieces, view=view)
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart", view=view)
    return order_id


Found = list[tuple[str, int, list[str]]]


def held(world: World) -> Found:
    return [
        (hold.reason, hold.amount_minor, [world.ids.order_id(order.number) for order in hold.orders])
        for hold in reserve(world).holds
    ]


def test_the_individual_plan_holds_what_was_confirmed_and_names_the_orders(quiet: World) -> None:
    first = confirmed(quiet)
    shop.wait(quiet, DAY)
    second = confirmed(quiet, (2, 1))
    amount = 84_900 + 4_900 + 129_000 + 4_900
    assert held(quiet) == [("IndividualPlan", amount, [first, second])]


def test_a_shop_that_confirmed_nothing_has_no_reserve(quiet: World) -> None:
    shop.place(quiet)
    assert held(quiet) == []


def test_a_cancelled_order_is_not_held(quiet: World) -> None:
    quiet.do(orders.cancel, by="seller", order_id=shop.place(quiet), reason="NoInventory")
    assert held(quiet) == []


def test_an_order_is_held_until_the_last_millisecond_of_its_7_days(quiet: World) -> None:
    order_id = confirmed(quiet)
    shop.wait(quiet, 7 * DAY - 1)
    assert held(quiet) == [("IndividualPlan", 84_900 + 4_900, [order_id])]


def test_an_order_is_free_7_days_after_it_was_confirmed(quiet: World) -> None:
    confirmed(quiet)
    shop.wait(quiet, 7 * DAY)
    assert held(quiet) == []


def test_only_what_was_confirmed_of_an_order_is_held(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item, _ = orders.items_of(quiet, quiet.order(order_id))[0]
    what = {"order_id": order_id, "carrier": "BlueDart", "items": {item.item_id: 1}}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    assert held(quiet) == [("IndividualPlan", 84_900 + 4_900, [order_id])]


def test_a_second_package_confirmed_within_7_days_is_held_though_the_first_is_free(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item, _ = orders.items_of(quiet, quiet.order(order_id))[0]
    what = {"order_id": order_id, "carrier": "BlueDart", "items": {item.item_id: 1}}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    shop.wait(quiet, 7 * DAY)
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    assert held(quiet) == [("IndividualPlan", 84_900, [order_id])]


def test_orders_of_the_sandbox_view_hold_no_money(quiet: World) -> None:
    confirmed(quiet, view="sandbox")
    assert held(quiet) == []


def test_the_professional_plan_holds_nothing(professional: World) -> None:
    confirmed(professional)
    assert held(professional) == []


def test_an_order_tells_when_it_was_confirmed_and_when_it_falls_free(quiet: World) -> None:
    order_id, at = confirmed(quiet), quiet.now
    (hold,) = reserve(quiet).holds
    assert hold.orders == [Held(quiet.order(order_id).number, PAID, at, at + 7 * DAY)]


def test_a_hold_falls_free_with_its_last_order(quiet: World) -> None:
    confirmed(quiet)
    shop.wait(quiet, DAY)
    confirmed(quiet)
    (hold,) = reserve(quiet).holds
    assert hold.free_at == quiet.now + 7 * DAY


def test_what_was_refunded_is_not_held(quiet: World) -> None:
    order_id = confirmed(quiet)
    till.refund(quiet, order_id, shipping_minor=900)
    assert held(quiet) == [("IndividualPlan", PAID - 900, [order_id])]


def test_an_order_refunded_whole_is_not_held(quiet: World) -> None:
    till.refund(quiet, confirmed(quiet))
    assert held(quiet) == []


def test_a_refund_of_an_older_package_takes_nothing_from_a_newer_one(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    (kettle,) = till.items(quiet, order_id)
    till.ship(quiet, order_id, items={kettle: 1})
    shop.wait(quiet, 8 * DAY)
    till.ship(quiet, order_id)
    till.refund(quiet, order_id, items={kettle: KETTLE})
    assert held(quiet) == [("IndividualPlan", KETTLE, [order_id])]


# -- claims and chargebacks


def only(world: World) -> Hold:
    (hold,) = reserve(world).holds
    return hold


def test_an_open_claim_holds_its_amount_and_no_day_is_known(professional: World) -> None:
    order_id = confirmed(professional)
    till.claim(professional, order_id, 10_000)
    number = professional.order(order_id).number
    assert only(professional)[2:] == (10_000, [Held(number, 10_000, professional.now, None)], None)


def test_a_claim_that_cost_nothing_is_held_until_ten_days_after_it_was_filed(professional: World) -> None:
    claim, filed_at = till.claim(professional, confirmed(professional)), professional.now
    professional.do(claims.withdraw, by="buyer", claim=claim)
    shop.wait(professional, 10 * DAY - 1)
    assert (only(professional).reason, only(professional).free_at) == ("GuaranteeClaims", filed_at + 10 * DAY)
    shop.wait(professional, 1)
    assert held(professional) == []


def test_a_claim_that_the_seller_paid_holds_nothing_more(professional: World) -> None:
    claim = till.claim(professional, confirmed(professional))
    professional.do(claims.accept, by="seller", claim=claim)
    assert held(professional) == []


def test_a_claim_is_held_until_the_millisecond_in_which_it_is_granted(professional: World) -> None:
    till.claim(professional, confirmed(professional))
    shop.wait(professional, 7 * DAY - 1)
    assert only(professional).amount_minor == PAID
    shop.wait(professional, 1)
    assert held(professional) == []


def test_an_open_chargeback_is_held_for_longer_than_ten_days(professional: World) -> None:
    order_id = confirmed(professional)
    till.charge_back(professional, order_id)
    shop.wait(professional, 11 * DAY - 1)
    assert held(professional) == [("Chargebacks", PAID, [order_id])]


def test_a_chargeback_that_the_platform_bore_is_held_until_ten_days_after_it_was_filed(professional: World) -> None:
    order_id = till.sold(professional)
    till.charge_back(professional, order_id, reason="UnauthorisedUse")
    shop.wait(professional, 10 * DAY - 1)
    assert held(professional) == [("Chargebacks", PAID, [order_id])]
    shop.wait(professional, 1)
    assert held(professional) == []


def test_a_claim_that_the_platform_bore_is_held_until_ten_days_after_it_was_filed(tmp_path: Path) -> None:
    with closing(shop.slow(tmp_path, '[policy.changes]\nseller_plan = "professional"\n')) as world:
        claim, filed_at = quarrels.claimed(world), world.now
        quarrels.answer(world, claim)
        shop.wait(world, 10 * DAY - 1)
        assert quarrels.of(world, claim).paid_by == "amazon"
        assert (only(world).reason, only(world).amount_minor, only(world).free_at) == (
            "GuaranteeClaims",
            PAID,
            filed_at + 10 * DAY,
        )
        shop.wait(world, 1)
        assert held(world) == []


def test_an_order_whose_buyer_the_platform_paid_is_held_by_the_plan_as_before(tmp_path: Path) -> None:
    with closing(till.with_policy(tmp_path, reserve_dispute_days=0)) as world:
        order_id = till.sold(world)
        till.charge_back(world, order_id, reason="UnauthorisedUse")
        assert held(world) == [("IndividualPlan", PAID, [order_id])]


@pytest.mark.parametrize(
    ("policy", "before", "after"),
    [
        ('seller_plan = "professional"', 0, 40_000),
        ("individual_reserve_days = 30", PAID - 40_000, PAID),
        ('reserve_pack = "tier-1"\ntier_1_days = 30', PAID - 40_000, PAID),
    ],
)
def test_an_appeal_that_is_granted_brings_its_money_back_into_the_reserve_in_that_millisecond(
    tmp_path: Path, policy: str, before: int, after: int
) -> None:
    with closing(shop.slow(tmp_path, f"[policy.changes]\n{policy}\n")) as world:
        claim = quarrels.claimed(world, "DefectiveOrDifferent", 40_000)
        quarrels.answer(world, claim)
        shop.wait(world, 2 * DAY)
        quarrels.appeal(world, claim, ("ReturnInstructions", "Sent."))
        shop.wait(world, 3 * DAY - 1)
        seen = [reserve(world).amount_minor]
        shop.wait(world, 1)
        granted_at = world.now
        seen.append(reserve(world).amount_minor)
        shop.wait(world, DAY)
        again = [reserve(world, moment).amount_minor for moment in (granted_at - 1, granted_at)]
        assert seen == again == [before, after]


def test_a_won_chargeback_is_held_until_ten_days_after_it_was_filed(professional: World) -> None:
    number, filed_at = till.charge_back(professional, confirmed(professional)), professional.now
    professional.do(chargebacks.represent, by="seller", chargeback=number, text="It was delivered.")
    professional.do(chargebacks.decide, by="bank", chargeback=number, draw=0.0)
    assert only(professional).free_at == filed_at + 10 * DAY


def test_a_dispute_holds_no_more_than_is_left_of_its_order(professional: World) -> None:
    order_id = confirmed(professional)
    till.claim(professional, order_id)
    till.refund(professional, order_id, items={till.items(professional, order_id)[0]: KETTLE})
    assert only(professional).amount_minor == SHIPPING


def test_an_appealed_claim_is_not_held_for_its_money_is_gone(professional: World) -> None:
    claim = till.claim(professional, confirmed(professional))
    shop.wait(professional, 7 * DAY)
    professional.do(claims.appeal, by="seller", claim=claim, text="It was delivered.")
    assert held(professional) == []


# -- no order twice


def test_an_order_with_a_claim_is_not_held_by_the_plan_too(quiet: World) -> None:
    disputed, other = confirmed(quiet), confirmed(quiet)
    till.claim(quiet, disputed)
    assert held(quiet) == [("GuaranteeClaims", PAID, [disputed]), ("IndividualPlan", PAID, [other])]


def test_an_order_is_held_for_the_reason_that_holds_most_of_it(quiet: World) -> None:
    order_id = confirmed(quiet)
    till.claim(quiet, order_id, 10_000)
    assert held(quiet) == [("IndividualPlan", PAID, [order_id])]
    shop.wait(quiet, 5 * DAY)
    assert held(quiet) == [("GuaranteeClaims", 10_000, [order_id])]


def test_chargebacks_stand_before_claims_on_the_same_order(professional: World) -> None:
    order_id = confirmed(professional)
    till.claim(professional, order_id)
    till.charge_back(professional, order_id)
    assert held(professional) == [("Chargebacks", PAID, [order_id])]


def test_the_reserve_is_the_sum_of_its_holds(quiet: World) -> None:
    till.charge_back(quiet, confirmed(quiet))
    confirmed(quiet)
    found = reserve(quiet)
    assert found.amount_minor == sum(hold.amount_minor for hold in found.holds) == 2 * PAID


# -- performance and review


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[World]:
    """A shop on the professional plan whose rates count from the first order on, and that confirms late."""
    world = till.with_policy(tmp_path, seller_plan="professional", standing_orders_at_least=1)
    order_id = shop.place(world)
    shop.wait(world, 3 * DAY)
    till.ship(world, order_id)
    yield world
    world.close()


def test_a_breached_rate_holds_a_share_of_the_sales_from_the_next_review_on(careless: World) -> None:
    assert held(careless) == []
    shop.wait(careless, DAY)
    assert [hold[:2] for hold in held(careless)] == [("Performance", PAID // 10)]


def test_a_breached_rate_names_the_orders_that_hurt_it_and_takes_no_money_of_theirs(careless: World) -> None:
    (number, late_at) = careless.row("select number, confirmed_at from orders")
    till.sold(careless)
    shop.wait(careless, DAY)
    assert only(careless).orders == [Held(number, 0, late_at, late_at + 30 * DAY)]
    assert "not by order" in only(careless).says and "late-shipment (30 days)" in only(careless).says


def test_a_rate_that_is_back_within_its_limit_holds_nothing(careless: World) -> None:
    shop.wait(careless, 31 * DAY)
    assert held(careless) == []


@pytest.fixture
def late(tmp_path: Path) -> Iterator[World]:
    """A shop on the individual plan whose rates count from the first order on, and that confirmed late a week ago."""
    world = till.with_policy(tmp_path, standing_orders_at_least=1)
    order_id = shop.place(world)
    shop.wait(world, 3 * DAY)
    till.ship(world, order_id)
    shop.wait(world, 7 * DAY)
    yield world
    world.close()


def test_no_share_is_held_of_sales_that_are_held_already(late: World) -> None:
    (first,) = late.row("select order_id from orders")
    assert held(late) == [("Performance", PAID // 10, [first])]
    second = confirmed(late)
    assert held(late) == [("IndividualPlan", PAID, [second]), ("Performance", PAID // 10, [first])]


def test_sales_that_are_all_held_already_leave_no_share(careless: World) -> None:
    (order_id,) = careless.row("select order_id from orders")
    till.charge_back(careless, order_id)
    shop.wait(careless, DAY)
    assert held(careless) == [("Chargebacks", PAID, [order_id])]


def test_of_an_order_held_in_part_the_rest_counts_to_the_share(careless: World) -> None:
    (order_id,) = careless.row("select order_id from orders")
    till.charge_back(careless, order_id, KETTLE)
    shop.wait(careless, DAY)
    assert held(careless)[1] == ("Performance", SHIPPING // 10, [order_id])


def test_a_disputed_order_of_older_days_takes_nothing_from_the_share(late: World) -> None:
    (first,) = late.row("select order_id from orders")
    shop.wait(late, 20 * DAY)
    till.sold(late)
    till.charge_back(late, first)
    shop.wait(late, 8 * DAY)
    shares = dict(hold[:2] for hold in held(late))
    assert shares == {"Chargebacks": PAID, "Performance": PAID // 10}


def test_a_late_order_may_stand_behind_a_rate_and_be_held_itself(late: World) -> None:
    (order_id,) = late.row("select order_id from orders")
    till.charge_back(late, order_id, KETTLE)
    assert held(late) == [("Chargebacks", KETTLE, [order_id]), ("Performance", SHIPPING // 10, [order_id])]


def sell_for_weeks(world: World, *counts: int) -> list[str]:
    """So many orders in each week; the ids of the last week's."""
    sold: list[str] = []
    for count in counts:
        shop.wait(world, 7 * DAY)
        sold = [till.sold(world) for _ in range(count)]
    return sold


def test_a_jump_in_sales_holds_the_latest_orders_that_make_up_what_is_beyond_the_usual(professional: World) -> None:
    sold = sell_for_weeks(professional, 1, 1, 1, 1, 5)
    assert held(professional) == [("Review", 2 * PAID, sold[-2:])]


def test_a_jump_in_sales_is_told_in_the_accounts_currency(professional: World) -> None:
    sell_for_weeks(professional, 1, 1, 1, 1, 5)
    assert only(professional).says.startswith("A week's sales of INR 4,490.00 against INR 898.00 as usual")


def test_of_the_last_order_only_what_is_missing_is_held(professional: World) -> None:
    sold = sell_for_weeks(professional, 1, 1, 1, 2, 5)
    shares = [(professional.ids.order_id(order.number), order.amount_minor) for order in only(professional).orders]
    assert shares == [(sold[-2], PAID // 4), (sold[-1], PAID)]


def test_a_rise_up_to_three_times_the_usual_is_not_reviewed(professional: World) -> None:
    sell_for_weeks(professional, 1, 1, 1, 1, 3)
    assert held(professional) == []


def test_a_young_account_has_no_usual_week(professional: World) -> None:
    sell_for_weeks(professional, 1, 1, 1, 6)
    assert held(professional) == []


def test_what_the_plan_holds_is_not_held_again_by_the_review(quiet: World) -> None:
    sell_for_weeks(quiet, 1, 1, 1, 1, 5)
    assert [hold[:2] for hold in held(quiet)] == [("IndividualPlan", 5 * PAID)]


# -- looked at


def test_a_reason_is_viewed_with_all_its_orders_page_by_page(quiet: World) -> None:
    sold = []
    for _ in range(5):
        sold.append(confirmed(quiet))
        shop.wait(quiet, HOUR)
    hold = hold_of(quiet, "IndividualPlan")
    first = orders_of(hold, limit=3)
    rest = orders_of(hold, first.next_cursor, limit=3)
    assert [quiet.ids.order_id(order.number) for order in first.rows + rest.rows] == sold and rest.next_cursor is None


def test_a_reason_that_holds_nothing_is_unknown(quiet: World) -> None:
    with pytest.raises(Refused) as refused:
        hold_of(quiet, "Chargebacks")
    assert (refused.value.code, "Nothing is held" in refused.value.sentence) == ("UnknownHold", True)


# -- what the rules say


def test_the_sentences_on_disputes_say_that_what_the_seller_has_paid_holds_nothing() -> None:
    says = [RULES[name].says for name in ("reserve.chargebacks", "reserve.claims")]
    assert all(sentence.endswith("; what the seller has paid holds nothing any more.") for sentence in says)


@pytest.mark.parametrize("name", ["reserve.performance", "reserve.tier_2"])
def test_the_sentences_on_rates_name_from_how_many_orders_on_a_rate_counts(quiet: World, name: str) -> None:
    assert f"of {quiet.policy.standing_orders_at_least} orders" in RULES[name].says
    assert name == "reserve.tier_2" or "the last daily review found" in RULES[name].says


def test_the_holds_of_disputes_say_that_they_are_not_of_what_you_paid(quiet: World) -> None:
    till.charge_back(quiet, till.sold(quiet))
    assert only(quiet).says == "Chargebacks that are open, or were filed in the past 10 days and not paid by you."


# -- at a moment gone by


def test_the_reserve_of_a_moment_gone_by_is_what_it_was(quiet: World) -> None:
    order_id, seen = confirmed(quiet), [reserve(quiet)]

    def let_pass(span: int) -> None:
        shop.wait(quiet, span)
        seen.append(reserve(quiet))
        shop.wait(quiet, 1)

    let_pass(1)
    claim = till.claim(quiet, order_id, 40_000)
    number = till.refund(quiet, order_id, shipping_minor=900)
    let_pass(HOUR)
    quiet.do(refunds.call_off, by="seller", order_id=order_id, refund=number)
    for _ in range(8):
        let_pass(DAY)
    quiet.do(claims.appeal, by="seller", claim=claim, text="It was delivered.")
    let_pass(4 * DAY)
    assert [reserve(quiet, found.at).amount_minor for found in seen] == [found.amount_minor for found in seen]


def test_a_refund_called_off_later_was_pending_then(quiet: World) -> None:
    order_id = confirmed(quiet)
    number = till.refund(quiet, order_id, shipping_minor=900)
    pending_at = quiet.now
    shop.wait(quiet, HOUR)
    quiet.do(refunds.call_off, by="seller", order_id=order_id, refund=number)
    assert (reserve(quiet, pending_at).amount_minor, reserve(quiet).amount_minor) == (PAID - 900, PAID)


def test_the_history_tells_the_end_of_each_day(quiet: World) -> None:
    confirmed(quiet)
    opened = quiet.now
    shop.wait(quiet, 9 * DAY)
    days = [*by_day(quiet, opened, quiet.now)]
    assert [day.amount_minor for day in days] == [PAID] * 7 + [0] * 3
    assert [day.at for day in days] == [*(end_of_day(opened) + n * DAY for n in range(9)), quiet.now]


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [(0, -DAY, "ImpossibleSpan"), (0, DAY, "NotYetKnown"), (DAY, 2 * DAY, "NotYetKnown")],
)
def test_a_history_of_an_impossible_span_is_refused(quiet: World, since: int, until: int, code: str) -> None:
    now = quiet.now
    with pytest.raises(Refused) as refused:
        history(quiet, now + since, now + until)
    assert refused.value.code == code


def test_a_history_that_begins_in_the_future_is_told_so(quiet: World) -> None:
    with pytest.raises(Refused, match=r"2026-03-03T04:30:00.000Z is still to come; it is 2026-03-02T04:30:00.000Z"):
        history(quiet, quiet.now + DAY)


def test_a_history_of_any_span_comes_page_by_page(quiet: World) -> None:
    opened = quiet.now
    shop.wait(quiet, 400 * DAY)
    order_id = confirmed(quiet)
    shop.wait(quiet, 12 * DAY)
    pages = [history(quiet, 0, quiet.now)]
    while cursor := pages[-1].next_cursor:
        pages.append(history(quiet, 0, quiet.now, cursor))
    assert [len(page.rows) for page in pages] == [100, 100, 100, 100, 13]
    days = [day for page in pages for day in page.rows]
    assert days == [*by_day(quiet, opened, quiet.now)]
    assert [held.number for day in days for hold in day.holds for held in hold.orders] == [
        quiet.order(order_id).number
    ] * 7


def test_a_cursor_of_no_history_is_refused(quiet: World) -> None:
    with pytest.raises(Refused, match="'x' is no cursor"):
        history(quiet, cursor="x")
