"""The rates: what counts, when it leaves the window, its limit and the room left (chapters 8, 9 and 11)."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sandbox.central import health, messages, orders, shipments
from sandbox.central.days import DAY, HOUR
from sandbox.central.health import Rate
from sandbox.central.world import World
from sandbox.sim.driver import Driver
from tests import shop

Shop = Callable[..., World]


@pytest.fixture
def shop_with(tmp_path: Path) -> Iterator[Shop]:
    """Makes quiet shops with some of the policy's numbers changed."""
    made = []

    def make(**changes: object) -> World:
        made.append(shop.quiet(tmp_path, _policy(changes), f"shop-{len(made)}"))
        return made[-1]

    yield make
    for world in made:
        world.close()


@contextmanager
def a_shop(**changes: object) -> Iterator[World]:
    """The same, for the examples of a property."""
    with TemporaryDirectory() as folder:
        world = shop.quiet(Path(folder), _policy(changes))
        yield world
        world.close()


def _policy(changes: dict[str, object]) -> str:
    lines = (f"{name} = {str(value).lower()}\n" for name, value in changes.items())
    return f"[policy.changes]\n{''.join(lines)}"


def confirm(world: World, *order_ids: str) -> None:
    for order_id in order_ids:
        world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart")


def cancel(world: World, *order_ids: str, reason: str = "NoInventory") -> None:
    for order_id in order_ids:
        world.do(orders.cancel, by="seller", order_id=order_id, reason=reason)


def placed(world: World, count: int) -> list[str]:
    return [shop.place(world) for _ in range(count)]


def confirmed_late(world: World) -> str:
    """Place an order, let its dispatch date pass by a millisecond, and confirm it."""
    order = world.order(shop.place(world))
    Driver(world).advance(order.dispatch_by + 1)
    confirm(world, order.order_id)
    return order.order_id


def ask(world: World, order_id: str | None = None, view: str = "production") -> int:
    """A buyer asks, about a new order if none is named; the number of the thread."""
    order_id = order_id or shop.place(world)
    what = {"order_id": order_id, "subject": "Shipping", "text": "Where is it?", "view": view}
    (fact,) = world.do(messages.ask, by="buyer", **what)
    return fact.thread  # type: ignore[attr-defined,no-any-return]


def reply(world: World, thread: int, automatic: bool = False) -> None:
    world.do(messages.reply, by="seller", thread=thread, text="It left today.", automatic=automatic)


def late_shipment(world: World) -> Rate:
    return health.late_shipment(world, 30)


def response_time(world: World, within_hours: int = 4) -> Rate:
    return health.response_time(world, within_hours, scored=True)


def counts(rate: Rate) -> tuple[int, int]:
    return rate.counted, rate.out_of


# -- all of them


def test_a_new_account_has_no_data_rather_than_0_percent(quiet: World) -> None:
    assert {(rate.state, rate.percent, rate.out_of) for rate in health.rates(quiet)} == {("no-data", None, 0)}


@pytest.mark.parametrize(
    ("name", "within", "chapter", "window", "limit", "scored"),
    [
        ("late-shipment", None, 8, 30, 4.0, True),
        ("cancellation", None, 9, 7, 2.5, True),
        ("response-time", 4, 11, 30, 90.0, True),
        ("response-time", 24, 11, 30, 90.0, False),
    ],
)
def test_each_rate_has_its_chapter_its_window_and_its_limit(
    quiet: World, name: str, within: int | None, chapter: int, window: int, limit: float, scored: bool
) -> None:
    (rate,) = [rate for rate in health.rates(quiet) if (rate.name, rate.within_hours) == (name, within)]
    assert (rate.chapter, rate.window_days, rate.limit_percent, rate.scored) == (chapter, window, limit, scored)


def test_today_lateness_is_taken_over_30_and_over_10_days_and_replies_over_24_hours_alone(tmp_path: Path) -> None:
    world = shop.quiet(tmp_path, '[policy]\npack = "marketplace-today"\n')
    taken = [(rate.name, rate.window_days, rate.within_hours) for rate in health.rates(world)]
    world.close()
    assert taken == [
        ("late-shipment", 30, None),
        ("late-shipment", 10, None),
        ("cancellation", 7, None),
        *[("order-defect", 60, None)] * 4,
        ("response-time", 30, 24),
    ]


def test_orders_of_the_sandbox_view_count_in_no_rate(quiet: World) -> None:
    shipped, cancelled = (shop.place(quiet, view="sandbox") for _ in range(2))
    quiet.do(orders.cancel, by="seller", order_id=cancelled, reason="NoInventory", view="sandbox")
    ask(quiet, shipped, view="sandbox")
    shop.wait(quiet, 5 * DAY)
    quiet.do(shipments.confirm_shipment, by="seller", order_id=shipped, carrier="BlueDart", view="sandbox")
    assert {rate.state for rate in health.rates(quiet)} == {"no-data"}


# -- late shipment


def test_the_late_shipment_rate_is_of_the_orders_confirmed(quiet: World) -> None:
    confirmed_late(quiet)
    on_time, _ = placed(quiet, 2)
    confirm(quiet, on_time)
    assert (counts(late_shipment(quiet)), late_shipment(quiet).percent) == ((1, 2), 50.0)


@pytest.mark.parametrize(("after", "late"), [(0, 0), (1, 1)])
def test_a_confirmation_is_late_from_the_first_millisecond_after_the_dispatch_date(
    quiet: World, after: int, late: int
) -> None:
    order = quiet.order(shop.place(quiet))
    Driver(quiet).advance(order.dispatch_by + after)
    confirm(quiet, order.order_id)
    assert counts(late_shipment(quiet)) == (late, 1)


@pytest.mark.parametrize(("waited", "counted"), [(30 * DAY - 1, (1, 1)), (30 * DAY, (0, 0))])
def test_a_confirmation_leaves_the_late_shipment_rate_when_it_is_30_days_old(
    quiet: World, waited: int, counted: tuple[int, int]
) -> None:
    confirmed_late(quiet)
    shop.wait(quiet, waited)
    assert counts(late_shipment(quiet)) == counted


def test_the_shorter_window_forgets_what_the_longer_one_still_counts(quiet: World) -> None:
    confirmed_late(quiet)
    shop.wait(quiet, 10 * DAY)
    assert [counts(health.late_shipment(quiet, days)) for days in (30, 10)] == [(1, 1), (0, 0)]


def test_an_order_in_two_packages_counts_once(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item, _ = orders.items_of(quiet, quiet.order(order_id))[0]
    what = {"order_id": order_id, "carrier": "BlueDart", "items": {item.item_id: 1}}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    confirm(quiet, order_id)
    assert counts(late_shipment(quiet)) == (0, 1)


def test_4_percent_late_is_not_below_4_percent(quiet: World) -> None:
    confirmed_late(quiet)
    confirm(quiet, *placed(quiet, 24))
    assert (late_shipment(quiet).percent, late_shipment(quiet).state) == (4.0, "breached")


def test_less_than_4_percent_late_is_good(quiet: World) -> None:
    confirmed_late(quiet)
    confirm(quiet, *placed(quiet, 25))
    assert (counts(late_shipment(quiet)), late_shipment(quiet).state) == ((1, 26), "good")


def test_one_more_on_time_brings_4_percent_back_below_4_percent(quiet: World) -> None:
    confirmed_late(quiet)
    confirm(quiet, *placed(quiet, 24))
    assert (late_shipment(quiet).room, late_shipment(quiet).needed) == (0, 1)


def test_100_orders_on_time_leave_room_for_4_late_ones(quiet: World) -> None:
    confirm(quiet, *placed(quiet, 100))
    assert (late_shipment(quiet).room, late_shipment(quiet).needed) == (4, 0)


def test_overdue_orders_are_told_before_they_count(quiet: World) -> None:
    order = quiet.order(shop.place(quiet))
    told = []
    for after in (0, 1):
        Driver(quiet).advance(order.dispatch_by + after)
        told.append(late_shipment(quiet).upcoming)
    assert told == [0, 1]


def test_a_confirmed_or_cancelled_order_is_overdue_no_more(quiet: World) -> None:
    first, second = placed(quiet, 2)
    shop.wait(quiet, 5 * DAY)
    confirm(quiet, first)
    cancel(quiet, second)
    assert late_shipment(quiet).upcoming == 0


def confirm_one_of(world: World, order_id: str) -> None:
    """Confirm one piece of an order's first line."""
    item, _ = orders.items_of(world, world.order(order_id))[0]
    what = {"order_id": order_id, "carrier": "BlueDart", "items": {item.item_id: 1}}
    world.do(shipments.confirm_shipment, by="seller", **what)


def test_what_ends_unconfirmed_after_its_dispatch_date_makes_its_order_late_in_that_millisecond(
    tmp_path: Path,
) -> None:
    with closing(shop.quiet(tmp_path, '[policy]\npack = "marketplace-today"\n')) as world:
        order_id = shop.place(world, (1, 10))
        confirm_one_of(world, order_id)
        Driver(world).advance(world.order(order_id).dispatch_by + DAY - 1)
        told = [(late_shipment(world).upcoming, *counts(late_shipment(world)))]
        shop.wait(world, 1)
        told.append((late_shipment(world).upcoming, *counts(late_shipment(world))))
        assert told == [(1, 0, 1), (0, 1, 1)] and late_shipment(world).orders == [order_id]


def test_by_the_guide_too_what_lapses_after_30_days_is_late(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 10))
    shop.wait(quiet, DAY)
    confirm_one_of(quiet, order_id)
    shop.wait(quiet, 29 * DAY)
    assert quiet.order(order_id).quantity_cancelled == 9 and counts(late_shipment(quiet)) == (1, 1)


@pytest.mark.parametrize(("hours", "late"), [(0, 0), (1, 1)])
def test_what_ends_on_its_dispatch_date_is_not_late(shop_with: Shop, hours: int, late: int) -> None:
    world = shop_with(auto_cancel_from='"dispatch"', auto_cancel_after_hours=hours)
    order_id = shop.place(world, (1, 2))
    confirm_one_of(world, order_id)
    shop.wait(world, 2 * DAY)
    assert (world.order(order_id).is_open, counts(late_shipment(world))) == (0, (late, 1))


def test_a_partly_shipped_order_that_is_late_already_is_not_told_as_upcoming_too(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 3))
    shop.wait(quiet, 5 * DAY)
    before = late_shipment(quiet).upcoming
    confirm_one_of(quiet, order_id)
    assert (before, late_shipment(quiet).upcoming, late_shipment(quiet).counted) == (1, 0, 1)


def test_late_orders_are_named_the_latest_first(quiet: World) -> None:
    late = [confirmed_late(quiet) for _ in range(3)]
    confirm(quiet, shop.place(quiet))
    assert late_shipment(quiet).orders == late[::-1]


def test_a_rate_names_50_orders_at_most_and_counts_all(quiet: World) -> None:
    many = placed(quiet, 51)
    shop.wait(quiet, 5 * DAY)
    confirm(quiet, *many)
    assert (len(late_shipment(quiet).orders), late_shipment(quiet).counted) == (50, 51)


def test_a_late_shipment_limit_of_0_is_kept_by_nobody_and_stops_nothing(shop_with: Shop) -> None:
    world = shop_with(late_shipment_limit_percent=0)
    confirm(world, shop.place(world))
    assert (late_shipment(world).room, late_shipment(world).needed) == (0, 0)


# -- cancellation


def test_the_cancellation_rate_is_of_all_orders_placed(quiet: World) -> None:
    cancelled, shipped, *_ = placed(quiet, 4)
    cancel(quiet, cancelled)
    confirm(quiet, shipped)
    assert (counts(health.cancellation(quiet)), health.cancellation(quiet).percent) == ((1, 4), 25.0)


@pytest.mark.parametrize(("waited", "counted"), [(7 * DAY - 1, (1, 1)), (7 * DAY, (0, 0))])
def test_a_cancellation_leaves_the_rate_when_it_is_7_days_old(
    quiet: World, waited: int, counted: tuple[int, int]
) -> None:
    cancel(quiet, shop.place(quiet))
    shop.wait(quiet, waited)
    assert counts(health.cancellation(quiet)) == counted


def test_an_older_order_cancelled_within_the_window_joins_both_counts(quiet: World) -> None:
    older, _ = placed(quiet, 2)
    shop.wait(quiet, 8 * DAY)
    shop.place(quiet)
    cancel(quiet, older)
    assert counts(health.cancellation(quiet)) == (1, 2)


def test_an_order_the_buyer_cancelled_is_not_the_sellers_cancellation(quiet: World) -> None:
    quiet.do(orders.cancel_by_buyer, by="buyer", order_id=shop.place(quiet))
    assert counts(health.cancellation(quiet)) == (0, 1)


@pytest.mark.parametrize(("switch", "counted"), [(True, 1), (False, 0)])
def test_whether_a_cancellation_the_buyer_asked_for_counts_is_the_policys(
    shop_with: Shop, switch: bool, counted: int
) -> None:
    world = shop_with(buyer_asked_cancel_counts=switch)
    cancel(world, shop.place(world), reason="BuyerCanceled")
    assert counts(health.cancellation(world)) == (counted, 1)


@pytest.mark.parametrize("switch", [True, False])
def test_a_cancellation_for_another_reason_counts_by_every_policy(shop_with: Shop, switch: bool) -> None:
    world = shop_with(buyer_asked_cancel_counts=switch, auto_cancel_counts=switch)
    cancel(world, shop.place(world), reason="PricingError")
    assert counts(health.cancellation(world)) == (1, 1)


@pytest.mark.parametrize(("switch", "counted"), [(True, (1, 1)), (False, (0, 0))])
def test_whether_an_order_never_confirmed_counts_as_cancelled_by_the_seller_is_the_policys(
    shop_with: Shop, switch: bool, counted: tuple[int, int]
) -> None:
    world = shop_with(auto_cancel_counts=switch)
    shop.place(world)
    shop.wait(world, 30 * DAY)
    assert counts(health.cancellation(world)) == counted


@pytest.mark.parametrize("switch", [True, False])
def test_the_switch_for_what_the_buyer_asked_leaves_orders_never_confirmed_alone(shop_with: Shop, switch: bool) -> None:
    world = shop_with(buyer_asked_cancel_counts=switch)
    shop.place(world)
    shop.wait(world, 30 * DAY)
    assert health.cancellation(world).counted == 1


def test_the_rest_of_a_partly_shipped_order_is_not_a_cancelled_order(quiet: World) -> None:
    order_id = shop.place(quiet, (1, 2))
    item, _ = orders.items_of(quiet, quiet.order(order_id))[0]
    what = {"order_id": order_id, "carrier": "BlueDart", "items": {item.item_id: 1}}
    quiet.do(shipments.confirm_shipment, by="seller", **what)
    shop.wait(quiet, 30 * DAY)
    assert health.cancellation(quiet).counted == 0


def test_1_order_in_40_cancelled_is_not_below_2_and_a_half_percent(quiet: World) -> None:
    cancel(quiet, placed(quiet, 40)[0])
    rate = health.cancellation(quiet)
    assert (rate.percent, rate.state, rate.room, rate.needed) == (2.5, "breached", 0, 1)


def test_1_order_in_41_cancelled_is_below_2_and_a_half_percent(quiet: World) -> None:
    cancel(quiet, placed(quiet, 41)[0])
    rate = health.cancellation(quiet)
    assert (rate.state, rate.room, rate.needed) == ("good", 0, 0)


def test_100_orders_leave_room_for_2_cancellations(quiet: World) -> None:
    placed(quiet, 100)
    assert health.cancellation(quiet).room == 2


def test_cancelled_orders_are_named_the_latest_first(quiet: World) -> None:
    cancelled = placed(quiet, 3)
    for order_id in cancelled:
        cancel(quiet, order_id)
        shop.wait(quiet, HOUR)
    assert health.cancellation(quiet).orders == cancelled[::-1]


def test_a_cancellation_limit_of_0_is_kept_by_nobody_and_stops_nothing(shop_with: Shop) -> None:
    world = shop_with(cancellation_limit_percent=0)
    cancel(world, shop.place(world))
    assert (health.cancellation(world).room, health.cancellation(world).needed) == (0, 0)


# -- response time


@pytest.mark.parametrize(
    ("hours", "after", "in_time"),
    [(4, 4 * HOUR, 1), (4, 4 * HOUR + 1, 0), (24, 4 * HOUR + 1, 1), (24, 24 * HOUR, 1), (24, 24 * HOUR + 1, 0)],
)
def test_an_answer_is_in_time_up_to_the_last_millisecond_of_the_reading(
    quiet: World, hours: int, after: int, in_time: int
) -> None:
    thread = ask(quiet)
    shop.wait(quiet, after)
    reply(quiet, thread)
    assert counts(response_time(quiet, hours)) == (in_time, 1)


@pytest.mark.parametrize(
    ("hours", "waited", "out_of", "young"),
    [(4, 4 * HOUR, 0, 1), (4, 4 * HOUR + 1, 1, 0), (24, 24 * HOUR, 0, 1), (24, 24 * HOUR + 1, 1, 0)],
)
def test_a_message_that_waits_counts_once_it_is_older_than_the_limit(
    quiet: World, hours: int, waited: int, out_of: int, young: int
) -> None:
    ask(quiet)
    shop.wait(quiet, waited)
    rate = response_time(quiet, hours)
    assert (rate.counted, rate.out_of, rate.upcoming) == (0, out_of, young)


def test_both_readings_are_shown_and_the_4_hours_of_the_guide_are_scored(quiet: World) -> None:
    thread = ask(quiet)
    shop.wait(quiet, 5 * HOUR)
    reply(quiet, thread)
    readings = [(rate.within_hours, rate.scored, rate.state) for rate in health.rates(quiet)[-2:]]
    assert readings == [(4, True, "breached"), (24, False, "good")]


def test_an_automatic_reply_answers_no_message_in_time(quiet: World) -> None:
    reply(quiet, ask(quiet), automatic=True)
    shop.wait(quiet, 4 * HOUR + 1)
    assert counts(response_time(quiet)) == (0, 1)


@pytest.mark.parametrize("waited", [0, DAY])
def test_a_message_that_needs_no_response_leaves_the_rate(quiet: World, waited: int) -> None:
    ask(quiet)
    shop.wait(quiet, waited)
    quiet.do(messages.mark_no_response_needed, by="seller", message=1)
    assert (response_time(quiet).state, response_time(quiet).upcoming) == ("no-data", 0)


def test_every_message_of_a_buyer_counts_by_its_own_wait(quiet: World) -> None:
    order_id = shop.place(quiet)
    thread = ask(quiet, order_id)
    shop.wait(quiet, 4 * HOUR)
    ask(quiet, order_id)
    shop.wait(quiet, 1)
    reply(quiet, thread)
    assert counts(response_time(quiet)) == (1, 2)


@pytest.mark.parametrize(("waited", "counted"), [(30 * DAY - 1, (1, 1)), (30 * DAY, (0, 0))])
def test_a_message_leaves_the_rate_when_it_is_30_days_old(quiet: World, waited: int, counted: tuple[int, int]) -> None:
    reply(quiet, ask(quiet))
    shop.wait(quiet, waited)
    assert counts(response_time(quiet)) == counted


def test_what_the_seller_writes_does_not_count(quiet: World) -> None:
    what = {"order_id": shop.place(quiet), "subject": "Other", "text": "It left today."}
    quiet.do(messages.contact_buyer, by="seller", **what)
    assert response_time(quiet).state == "no-data"


def test_9_in_10_messages_in_time_are_enough(quiet: World) -> None:
    late = ask(quiet)
    shop.wait(quiet, 5 * HOUR)
    for thread in [late, *(ask(quiet) for _ in range(9))]:
        reply(quiet, thread)
    rate = response_time(quiet)
    assert (rate.percent, rate.state, rate.room, rate.needed) == (90.0, "good", 0, 0)


def test_9_in_10_within_24_hours_are_not_above_90_percent(quiet: World) -> None:
    thread = ask(quiet)
    shop.wait(quiet, 24 * HOUR + 1)
    for late in [thread, *(ask(quiet) for _ in range(9))]:
        reply(quiet, late)
    strict, at_least = response_time(quiet, 24), response_time(quiet, 4)
    assert (strict.percent, strict.state, strict.room, strict.needed) == (90.0, "breached", 0, 1)
    assert (at_least.percent, at_least.state, at_least.room, at_least.needed) == (90.0, "good", 0, 0)


def test_10_in_11_within_24_hours_are_above_90_percent(quiet: World) -> None:
    thread = ask(quiet)
    shop.wait(quiet, 24 * HOUR + 1)
    for late in [thread, *(ask(quiet) for _ in range(10))]:
        reply(quiet, late)
    assert (counts(response_time(quiet, 24)), response_time(quiet, 24).state) == ((10, 11), "good")


def test_20_messages_within_24_hours_leave_room_for_2_late_ones_and_18_for_1(quiet: World) -> None:
    rooms = []
    for count in (18, 2):
        for _ in range(count):
            reply(quiet, ask(quiet))
        rooms.append(response_time(quiet, 24).room)
    assert rooms == [1, 2]


def test_8_in_9_messages_in_time_need_one_more(quiet: World) -> None:
    late = ask(quiet)
    shop.wait(quiet, 5 * HOUR)
    for thread in [late, *(ask(quiet) for _ in range(8))]:
        reply(quiet, thread)
    rate = response_time(quiet)
    assert (counts(rate), rate.state, rate.needed) == ((8, 9), "breached", 1)


def test_20_messages_in_time_leave_room_for_2_late_ones(quiet: World) -> None:
    for _ in range(20):
        reply(quiet, ask(quiet))
    assert response_time(quiet).room == 2


def test_orders_of_messages_answered_late_are_named_once_and_the_latest_first(quiet: World) -> None:
    first, second = placed(quiet, 2)
    for order_id in (first, second, first):
        ask(quiet, order_id)
        shop.wait(quiet, HOUR)
    shop.wait(quiet, DAY)
    assert response_time(quiet).orders == [first, second]


# -- room and what is needed


THE_SAME_EVERY_TIME = settings(derandomize=True, database=None, deadline=None)

LIMITS = st.integers(10, 900).map(lambda tenths: tenths / 10)
"""Percent, with one decimal as people write them."""


def is_below(bad: int, out_of: int, limit: float) -> bool:
    """Exactly, in fractions of the decimal number that the policy says."""
    return Fraction(bad, out_of) < Fraction(str(limit)) / 100


@settings(THE_SAME_EVERY_TIME, max_examples=500)
@given(good=st.integers(0, 500), bad=st.integers(0, 500), limit=LIMITS)
@example(good=429, bad=0, limit=71.4)
def test_as_many_more_bad_ones_as_there_is_room_for_are_good_and_one_more_is_not(
    good: int, bad: int, limit: float
) -> None:
    out_of = good + bad
    assume(out_of and is_below(bad, out_of, limit))
    room = health._room_among_new(bad, out_of, limit)
    outcome = [is_below(bad + more, out_of + more, limit) for more in (room, room + 1)]
    assert outcome == [True, False]


@settings(THE_SAME_EVERY_TIME, max_examples=500)
@given(good=st.integers(0, 500), bad=st.integers(1, 500), limit=LIMITS)
@example(good=0, bad=11, limit=1.1)
def test_as_many_good_ones_as_are_needed_bring_a_rate_back_and_one_fewer_does_not(
    good: int, bad: int, limit: float
) -> None:
    out_of = good + bad
    assume(not is_below(bad, out_of, limit))
    needed = health._needed_below(bad, out_of, limit)
    outcome = [is_below(bad, out_of + more, limit) for more in (needed - 1, needed)]
    assert outcome == [False, True]


FEW = st.integers(0, 8)


@settings(THE_SAME_EVERY_TIME, max_examples=15)
@given(good=FEW, bad=FEW, limit=st.integers(5, 60))
def test_the_room_of_the_late_shipment_rate_holds_in_a_real_shop(good: int, bad: int, limit: int) -> None:
    with a_shop(late_shipment_limit_percent=limit) as world:
        now, later = placed(world, good), placed(world, bad + 25)
        confirm(world, *now)
        shop.wait(world, 3 * DAY)
        confirm(world, *later[:bad])
        assume(late_shipment(world).state == "good")
        more = later[bad : bad + late_shipment(world).room + 1]
        confirm(world, *more[:-1])
        kept = late_shipment(world).state
        confirm(world, more[-1])
        assert (kept, late_shipment(world).state) == ("good", "breached")


@settings(THE_SAME_EVERY_TIME, max_examples=15)
@given(good=FEW, bad=st.integers(1, 8), limit=st.integers(5, 60))
def test_what_the_late_shipment_rate_needs_brings_it_back_in_a_real_shop(good: int, bad: int, limit: int) -> None:
    with a_shop(late_shipment_limit_percent=limit) as world:
        late = placed(world, bad)
        shop.wait(world, 3 * DAY)
        confirm(world, *late, *placed(world, good))
        assume(late_shipment(world).state == "breached")
        confirm(world, *placed(world, late_shipment(world).needed - 1))
        before = late_shipment(world).state
        confirm(world, shop.place(world))
        assert (before, late_shipment(world).state) == ("breached", "good")


@settings(THE_SAME_EVERY_TIME, max_examples=25)
@given(good=st.integers(1, 60), bad=FEW, limit=st.integers(5, 600))
def test_the_room_of_the_cancellation_rate_holds_in_a_real_shop(good: int, bad: int, limit: int) -> None:
    with a_shop(cancellation_limit_percent=limit / 10) as world:
        bought = placed(world, good + bad)
        cancel(world, *bought[:bad])
        assume(health.cancellation(world).state == "good")
        more = bought[bad : bad + health.cancellation(world).room + 1]
        cancel(world, *more[:-1])
        kept = health.cancellation(world).state
        cancel(world, more[-1])
        assert (kept, health.cancellation(world).state) == ("good", "breached")


@settings(THE_SAME_EVERY_TIME, max_examples=15)
@given(good=FEW, bad=st.integers(1, 8), limit=st.integers(25, 600))
def test_what_the_cancellation_rate_needs_brings_it_back_in_a_real_shop(good: int, bad: int, limit: int) -> None:
    with a_shop(cancellation_limit_percent=limit / 10) as world:
        cancel(world, *placed(world, good + bad)[:bad])
        assume(health.cancellation(world).state == "breached")
        placed(world, health.cancellation(world).needed - 1)
        before = health.cancellation(world).state
        shop.place(world)
        assert (before, health.cancellation(world).state) == ("breached", "good")


@settings(THE_SAME_EVERY_TIME, max_examples=500)
@given(good=st.integers(0, 500), bad=st.integers(0, 500), target=LIMITS, strict=st.booleans())
@example(good=9, bad=1, target=90.0, strict=True)
def test_the_room_and_what_is_needed_above_a_target_hold_to_the_last_message(
    good: int, bad: int, target: float, strict: bool
) -> None:
    out_of = good + bad
    assume(out_of)
    if health._reaches(good, out_of, target, strict):
        room = health._room_above(good, out_of, target, strict)
        outcome = [health._reaches(good, out_of + more, target, strict) for more in (room, room + 1)]
    else:
        needed = health._needed_above(good, out_of, target, strict)
        outcome = [health._reaches(good + more, out_of + more, target, strict) for more in (needed, needed - 1)]
    assert outcome == [True, False]


@settings(THE_SAME_EVERY_TIME, max_examples=15)
@given(good=st.integers(0, 25), bad=FEW, target=st.integers(300, 950))
def test_the_room_of_the_response_time_holds_in_a_real_shop(good: int, bad: int, target: int) -> None:
    with a_shop(reply_target_percent=target / 10) as world:
        order_id = shop.place(world)
        for _ in range(good):
            reply(world, ask(world, order_id))
        for _ in range(bad):
            ask(world, order_id)
        shop.wait(world, DAY)
        assume(response_time(world).state == "good")
        for _ in range(response_time(world).room):
            ask(world, order_id)
        shop.wait(world, DAY)
        kept = response_time(world).state
        ask(world, order_id)
        shop.wait(world, DAY)
        assert (kept, response_time(world).state) == ("good", "breached")


@settings(THE_SAME_EVERY_TIME, max_examples=15)
@given(good=st.integers(0, 25), bad=st.integers(1, 8), target=st.integers(300, 950))
def test_what_the_response_time_needs_brings_it_back_in_a_real_shop(good: int, bad: int, target: int) -> None:
    with a_shop(reply_target_percent=target / 10) as world:
        slow, order_id = placed(world, 2)
        for _ in range(bad):
            ask(world, slow)
        shop.wait(world, DAY)
        for _ in range(good):
            reply(world, ask(world, order_id))
        assume(response_time(world).state == "breached")
        for _ in range(response_time(world).needed - 1):
            reply(world, ask(world, order_id))
        before = response_time(world).state
        reply(world, ask(world, order_id))
        assert (before, response_time(world).state) == ("breached", "good")
