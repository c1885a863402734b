"""Receiving: ratings, returns, and what becomes of the money for what was sent back."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest
from pydantic import ValidationError

from sandbox.central import messages, returns, shipments
from sandbox.central.days import DAY, HOUR, start_of_day
from sandbox.central.returns import return_of
from sandbox.central.world import World
from sandbox.sim import players, words
from sandbox.sim.cast import Run
from sandbox.sim.receiving import days_late, lateness, rating_of
from sandbox.sim.regard import Said, regard, said_about
from tests import quarrels, shop
from tests.test_luck import NORMAL_999

MANY = 100
SOON = "parcels.transit = [{weight = 1, mean_days = 0.5, shape = 5}]"
"""Parcels arrive within hours."""
RATED = "buyers.ratings = {share = 1, days = 0.01, about_the_product = 0}"
FAULTS = {
    "faulty = 1": (words.FAULTY, "Defective"),
    "wrong_item = 1": (words.WRONG, "WrongItem"),
    "not_as_described = 1": (words.OTHERWISE, "NotAsDescribed"),
    "regretted = 1": (words.REGRET, "NoLongerWanted"),
}
REGRETS = "buyers.returns = {regretted = 1, days = 1, travels_days = 1}"
UNPAID = "buyers.disputes = {claims_not_reimbursed = 1, chargebacks_faulty = 0, waits_days = 0.1}"
DRAWS = [place / 200 for place in range(200)]

Shop = Callable[..., World]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """Opens a quiet shop with changes, and closes it after the test."""
    opened: list[World] = []

    def begin(*changes: str) -> World:
        opened.append(shop.altered(tmp_path, *changes, name=f"shop-{len(opened)}"))
        return opened[-1]

    yield begin
    for world in opened:
        world.close()


def shipped(world: World, count: int = MANY) -> list[str]:
    """Orders that leave at once."""
    with world.writing():
        return [quarrels.shipped(world) for _ in range(count)]


def ratings(world: World) -> list[int]:
    return [rating for (rating,) in world.execute("select rating from feedback order by order_number")]


def said(world: World, order_id: str) -> list[Said]:
    return said_about(world, world.order(order_id).number)


def asked(world: World, order_id: str) -> list[str | None]:
    return [words.topic_of(one.text) for one in said(world, order_id) if one.sender == "buyer"]


# -- feedback


def test_nobody_rates_before_3_days_after_confirmation(open_shop: Shop) -> None:
    world = open_shop(SOON, RATED)
    shipped(world)
    shop.wait(world, 30 * DAY)
    waits = world.execute("select left_at - confirmed_at from feedback join orders on number = order_number").fetchall()
    assert len(waits) == MANY and 3 * DAY <= min(wait for (wait,) in waits) < 3 * DAY + 12 * HOUR


@pytest.mark.parametrize("fate", ["lost_share = 1", "failed_share = 1\nparcels.failed_again = 1"])
def test_what_never_came_is_rated_as_badly_as_what_came_very_late(open_shop: Shop, fate: str) -> None:
    world = open_shop(RATED, f"parcels.{fate}")
    shipped(world)
    shop.wait(world, 90 * DAY)
    bad = sum(rating <= 2 for rating in ratings(world))
    assert len(ratings(world)) > 60 and abs(bad / len(ratings(world)) - 0.789) < NORMAL_999 * 0.04
    assert world.facts(kinds=("ActionRefused",)) == []


def test_nobody_rates_while_it_may_still_come(open_shop: Shop) -> None:
    world = open_shop(RATED, shop.SLOW)
    shipped(world)
    shop.wait(world, 60 * DAY)
    assert ratings(world) == []


def test_of_two_packages_of_which_one_is_lost_the_order_is_rated_once(open_shop: Shop) -> None:
    world = open_shop(SOON, RATED)
    order_id = two_packages(world)
    world.do(shipments.lose, by="carrier", order_id=order_id, package=1)
    shop.wait(world, 30 * DAY)
    refused = {row.by for row in world.facts(kinds=("ActionRefused",))}
    assert (len(ratings(world)), refused) == (1, {"carrier"})


def test_nobody_rates_where_the_share_is_0(open_shop: Shop) -> None:
    world = open_shop(SOON)
    shipped(world)
    shop.wait(world, 30 * DAY)
    assert ratings(world) == []


def test_whoever_is_unhappy_says_so_more_often(open_shop: Shop) -> None:
    even = "buyers.ratings = {negative = [0.5, 0.5, 0.5, 0.5, 0.5], worst = [0.2, 0.2, 0.2, 0.2, 0.2]}"
    world = open_shop(SOON, RATED, even, "buyers.ratings = {share = 0.4, unhappy_times = 2}")
    shipped(world, 1_000)
    shop.wait(world, 30 * DAY)
    unhappy = sum(rating <= 2 for rating in ratings(world))
    assert abs(unhappy - 400) < NORMAL_999 * sqrt(1_000 * 0.4 * 0.6)
    assert abs(len(ratings(world)) - unhappy - 200) < NORMAL_999 * sqrt(1_000 * 0.2 * 0.8)


def test_unhappiness_with_the_product_itself_is_no_feedback(open_shop: Shop) -> None:
    world = open_shop(SOON, RATED, "buyers.ratings.about_the_product = 1")
    shipped(world)
    shop.wait(world, 30 * DAY)
    assert 50 < len(ratings(world)) < MANY and min(ratings(world)) == 3


def test_what_comes_late_is_rated_badly_and_that_is_no_matter_of_the_product(open_shop: Shop) -> None:
    late = "parcels.transit = [{weight = 1, mean_days = 60, shape = 5}]"
    world = open_shop(late, RATED, "buyers.ratings.about_the_product = 1")
    shipped(world)
    shop.wait(world, 300 * DAY)
    counts = Counter(ratings(world))
    assert counts[1] + counts[2] > MANY / 2 and counts[1] > 3 * counts[2]


def test_a_rating_says_why_in_the_words_for_it(open_shop: Shop) -> None:
    world = open_shop(SOON, RATED)
    shipped(world)
    shop.wait(world, 30 * DAY)
    rows = world.execute("select rating, comment from feedback").fetchall()
    told = {
        rating: {words.comment(rating, is_late=False, number=number) for number in (0, 1)} for rating in range(1, 6)
    }
    assert {comment in told[rating] for rating, comment in rows} == {True}


@pytest.mark.parametrize("rating", range(1, 6))
def test_who_got_it_in_time_says_nothing_of_lateness_and_who_did_not_nothing_of_promises(rating: int) -> None:
    in_time, late = (
        {words.comment(rating, is_late=is_late, number=number) for number in (0, 1)} for is_late in (False, True)
    )
    assert not any("late" in text or "too long" in text for text in in_time)
    assert "Came as promised." not in late


def test_an_order_of_two_packages_is_rated_once(open_shop: Shop) -> None:
    world = open_shop(SOON, RATED)
    two_packages(world)
    shop.wait(world, 30 * DAY)
    assert len(ratings(world)) == 1 and world.facts(kinds=("ActionRefused",)) == []


def two_packages(world: World) -> str:
    order_id = shop.place(world, (1, 2))
    quarrels.ship(world, order_id, items={quarrels.first_item(world, order_id): 1})
    quarrels.ship(world, order_id)
    return order_id


def test_a_rating_is_never_better_the_later_it_came(open_shop: Shop) -> None:
    world = open_shop()
    order = world.order(quarrels.shipped(world))
    quarrels.deliver(world, order.order_id)
    run = Run(world)
    promised = [order._replace(deliver_by=world.now - days * DAY) for days in (-2, 0, 1, 2, 3, 7, 8, 30)]
    for draw in DRAWS:
        found = [rating_of(run, one, draw, lateness(run, one)) for one in promised]
        assert found == sorted(found, reverse=True)


def test_a_rating_is_never_better_where_the_draw_is_worse(open_shop: Shop) -> None:
    world = open_shop()
    order = world.order(quarrels.shipped(world))
    run = Run(world)
    found = [rating_of(run, order, draw, lateness(run, order)) for draw in DRAWS]
    assert found == sorted(found) and set(found) == {1, 2, 3, 4, 5}


def test_lateness_is_counted_in_days_of_the_calendar(open_shop: Shop) -> None:
    world = open_shop()
    order = world.order(shop.place(world))
    moments = (order.deliver_by - 2 * DAY, order.deliver_by, order.deliver_by + 1, order.deliver_by + DAY + 1)
    assert [days_late(order, at) for at in moments] == [-2, 0, 1, 2]


def treated(world: World) -> list[str]:
    """Delivered orders whose buyers were cared for, had no need to write, were put off, and were ignored."""
    found = shipped(world, 4)
    for order_id in (found[0], found[2], found[3]):
        quarrels.write(world, order_id)
    for order_id, text in ((found[0], "It is on its way and comes on Monday."), (found[2], "Wait.")):
        world.do(messages.reply, by="seller", thread=said(world, order_id)[0].thread, text=text)
    for order_id in found:
        quarrels.deliver(world, order_id)
    shop.wait(world, 25 * HOUR)
    return found


def test_a_rating_is_never_better_where_the_buyer_was_treated_worse(open_shop: Shop) -> None:
    world = open_shop()
    orders, run = [world.order(order_id) for order_id in treated(world)], Run(world)
    everything = [[rating_of(run, order, draw, lateness(run, order)) for draw in DRAWS] for order in orders]
    for better, worse in pairwise(everything):
        assert all(first >= second for first, second in zip(better, worse, strict=True)) and better != worse


def test_what_a_script_said_is_remembered_as_it_was_whoever_plays_the_inbox_since(open_shop: Shop) -> None:
    world = open_shop(SOON, shop.ALWAYS, "desks.inbox.helpful_share = 0")
    order_id = quarrels.shipped(world)
    quarrels.write(world, order_id)
    shop.wait(world, 2 * HOUR)
    before = regard(Run(world), world.order(order_id).number)
    with world.writing():
        players.hand_over(world, "inbox", "person")
    put_off = Run(world).scenario.buyers.regard.put_off
    assert (before, regard(Run(world), world.order(order_id).number)) == (put_off, put_off)


def test_a_scenario_with_more_ratings_of_1_than_of_1_and_2_is_refused() -> None:
    with pytest.raises(ValidationError, match="more than all negative ones"):
        shop.altered_scenario(
            "buyers.ratings = {negative = [0.1, 0.2, 0.3, 0.4, 0.5], worst = [0.1, 0.3, 0.3, 0.4, 0.5]}"
        )


# -- returns


def fault(one: str) -> str:
    return f"buyers.returns = {{{one}, days = 1, travels_days = 1}}"


@pytest.mark.parametrize(("share", "topic", "reason"), [(share, *found) for share, found in FAULTS.items()])
def test_who_finds_fault_asks_is_told_and_sends_it_back(open_shop: Shop, share: str, topic: str, reason: str) -> None:
    world = open_shop(SOON, fault(share), shop.ALWAYS)
    order_id = quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    found = return_of(world, world.order(order_id).number)
    assert asked(world, order_id)[0] == topic
    assert found is not None and found.reason == reason and found.sent_at > said(world, order_id)[0].at


def test_what_was_sent_back_arrives_days_later(open_shop: Shop) -> None:
    world = open_shop(SOON, REGRETS, shop.ALWAYS)
    shipped(world)
    shop.wait(world, 300 * DAY)
    spans = [(arrived - sent) / DAY for sent, arrived in world.execute("select sent_at, arrived_at from returns")]
    assert len(spans) == MANY and 0.1 < min(spans) < 1 < max(spans) < 10


def test_whoever_is_told_how_sends_it_back_within_two_days(open_shop: Shop) -> None:
    world = open_shop(SOON, REGRETS)
    order_id = quarrels.shipped(world)
    shop.wait(world, 30 * DAY)
    answered_at = world.now
    text = words.TOPICS[words.REGRET].answer
    world.do(messages.reply, by="seller", thread=said(world, order_id)[0].thread, text=text)
    shop.wait(world, 5 * DAY)
    found = return_of(world, world.order(order_id).number)
    assert found is not None and answered_at < found.sent_at < answered_at + 2 * DAY + 2 * HOUR


def test_nobody_sends_back_who_hears_nothing(open_shop: Shop) -> None:
    world = open_shop(SOON, REGRETS)
    order_id = quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    assert asked(world, order_id) == [words.REGRET, None, None]
    assert return_of(world, world.order(order_id).number) is None


def test_nobody_sends_back_what_was_refunded_meanwhile(open_shop: Shop) -> None:
    world = open_shop(SOON, REGRETS, shop.ALWAYS, "buyers.returns.days = 5\nbuyers.returns.sigma = 0")
    order_id = quarrels.shipped(world)
    shop.wait(world, 3 * DAY)
    quarrels.refund(world, order_id)
    shop.wait(world, 60 * DAY)
    assert said(world, order_id) == [] and return_of(world, world.order(order_id).number) is None


def test_nobody_asks_to_send_back_what_went_back_by_hand(open_shop: Shop) -> None:
    world = open_shop(SOON, REGRETS, "buyers.returns.days = 5\nbuyers.returns.sigma = 0")
    order_id = quarrels.shipped(world)
    shop.wait(world, 3 * DAY)
    world.do(returns.send, by="buyer", order_id=order_id, reason="Defective")
    shop.wait(world, 6 * DAY)
    assert said(world, order_id) == []


def test_a_fault_in_an_order_of_two_packages_is_written_about_once(open_shop: Shop) -> None:
    world = open_shop(SOON, REGRETS, "buyers.ask_again_hours = 100000")
    order_id = two_packages(world)
    shop.wait(world, 60 * DAY)
    assert asked(world, order_id) == [words.REGRET]


@pytest.mark.parametrize("share", FAULTS)
def test_nobody_writes_about_a_parcel_of_the_sandbox_view(open_shop: Shop, share: str) -> None:
    world = open_shop(SOON, RATED, fault(share))
    order_id = shop.place(world, view="sandbox")
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="DTDC", view="sandbox")
    shop.wait(world, 60 * DAY)
    assert world.row("select delivered_at from packages") != (None,)
    assert world.facts(kinds=("BuyerAsked", "FeedbackLeft", "ReturnSent", "ActionRefused")) == []


# -- the money for it


def returned(world: World) -> str:
    """An order that came back a while ago."""
    order_id = quarrels.shipped(world)
    quarrels.deliver(world, order_id)
    world.do(returns.send, by="buyer", order_id=order_id, reason="Defective")
    world.do(returns.arrive, by="carrier", order_id=order_id)
    return order_id


def test_who_is_not_paid_for_a_return_asks_a_week_later(open_shop: Shop) -> None:
    world = open_shop(UNPAID)
    order_id = returned(world)
    shop.wait(world, 8 * DAY)
    asked_on = start_of_day(said(world, order_id)[0].at)
    assert (asked(world, order_id), asked_on) == ([words.UNPAID], start_of_day(shop.MONDAY + 7 * DAY))


def test_who_asked_in_vain_for_the_money_of_a_return_claims_it(open_shop: Shop) -> None:
    world = open_shop(UNPAID)
    order_id = returned(world)
    shop.wait(world, 30 * DAY)
    claim = quarrels.of(world, 1)
    assert (claim.order_id, claim.reason) == (order_id, "ReturnedNotReimbursed")
    assert claim.filed_at >= said(world, order_id)[0].at + 2 * DAY


@pytest.mark.parametrize("days", [1, 8], ids=["before-asking", "after-asking"])
def test_who_is_paid_for_a_return_claims_nothing(open_shop: Shop, days: int) -> None:
    world = open_shop(UNPAID)
    order_id = returned(world)
    shop.wait(world, days * DAY)
    quarrels.refund(world, order_id)
    shop.wait(world, 60 * DAY)
    assert len(asked(world, order_id)) == (days == 8) and world.facts(kinds=("ClaimFiled", "ChargebackFiled")) == []


def test_a_scripted_refunds_desk_pays_for_what_came_back(open_shop: Shop) -> None:
    world = open_shop(UNPAID, SOON, REGRETS, shop.ALWAYS, 'desks.refunds = {played_by = "script", missed_share = 0}')
    order_id = quarrels.shipped(world)
    shop.wait(world, 60 * DAY)
    assert asked(world, order_id) == [words.REGRET] and world.order(order_id).refunded_minor == quarrels.WHOLE
