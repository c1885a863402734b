"""Wishes: what buyers want before the parcel leaves, and what comes of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.central import messages, orders
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.records import Order
from sandbox.central.world import World
from sandbox.sim import words
from sandbox.sim.cast import Run
from sandbox.sim.regard import Said, said_about
from sandbox.sim.wishes import wanted_place
from tests import quarrels, shop

MANY = 100
CANCELS = "buyers.wishes.cancels = 1"
TO_CANCEL = "buyers.wishes = {asks_to_cancel = 1, hours = 2}"
ELSEWHERE = "buyers.wishes = {another_address = 1, hours = 2, insists = 0, reorders = 0, impostors = 0}"
PRODUCT = "buyers.wishes = {asks_about_product = 1, hours = 2}"
DISPATCH = """
[desks.dispatch]
played_by = "script"
picks = ["10:00"]
cut_off = "0:00"
slip_share = 0
[desks.stock]
no_stock_share = 0
"""
"""Orders leave on the next morning."""
REFUSAL = "Sorry, we may only send to the address of the order."

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


def said(world: World, order_id: str) -> list[Said]:
    return said_about(world, world.order(order_id).number)


def asked(world: World, order_id: str) -> list[str | None]:
    """What the buyer's messages are about; None where it is only asked again."""
    return [words.topic_of(one.text) for one in said(world, order_id) if one.sender == "buyer"]


def placed(world: World) -> list[Order]:
    return world.orders("where 1 order by number", ())


def until_asked(world: World, order_id: str, times: int = 1) -> Said:
    """Let time pass until the buyer has written so often; the last message."""
    for _ in range(10 * 24):
        if len(asked(world, order_id)) < times:
            shop.wait(world, HOUR)
    return [one for one in said(world, order_id) if one.sender == "buyer"][times - 1]


def refuse(world: World, order_id: str, times: int = 1) -> None:
    """Answer the buyer's message of that number by hand."""
    thread = until_asked(world, order_id, times).thread
    world.do(messages.reply, by="seller", thread=thread, text=REFUSAL)


# -- cancelling


def test_a_buyer_cancels_alone_within_30_minutes(open_shop: Shop) -> None:
    world = open_shop(CANCELS)
    shop.places(world, MANY)
    shop.wait(world, 30 * MINUTE)
    found = {(order.cancelled_by, order.cancel_reason) for order in placed(world)}
    assert found == {("buyer", "BuyerCanceled")}


def test_buyers_cancel_at_any_minute_of_the_first_30(open_shop: Shop) -> None:
    world = open_shop(CANCELS)
    shop.places(world, MANY)
    shop.wait(world, DAY)
    minutes = [((order.cancelled_at or 0) - order.placed_at) / MINUTE for order in placed(world)]
    assert 1 <= min(minutes) < 5 and 25 < max(minutes) < 30


def test_no_buyer_cancels_alone_what_has_left(open_shop: Shop) -> None:
    world = open_shop(CANCELS)
    order_id = quarrels.shipped(world)
    shop.wait(world, DAY)
    assert (world.order(order_id).status, world.facts(kinds=("ActionRefused",))) == ("Shipped", [])


def test_where_the_policy_gives_no_time_no_buyer_cancels_alone(open_shop: Shop) -> None:
    world = open_shop(CANCELS, "policy.changes.buyer_self_cancel_within_minutes = 0")
    order_id = shop.place(world)
    shop.wait(world, 5 * DAY)
    assert world.order(order_id).status == "Unshipped"


def test_a_pending_order_is_cancelled_alone_too(open_shop: Shop) -> None:
    world = open_shop(CANCELS, "demand.pending_minutes = 1_000_000")
    order_id = shop.place(world, pending=True)
    shop.wait(world, HOUR)
    assert world.order(order_id).cancelled_by == "buyer"


def test_nobody_cancels_an_order_of_the_sandbox_view(open_shop: Shop) -> None:
    world = open_shop(CANCELS)
    order_id = shop.place(world, view="sandbox")
    shop.wait(world, DAY)
    assert world.order(order_id).status == "Unshipped"


def test_the_scripted_inbox_cancels_for_a_buyer_who_asks(open_shop: Shop) -> None:
    world = open_shop(TO_CANCEL, shop.ALWAYS)
    order_id = shop.place(world)
    shop.wait(world, 5 * DAY)
    order = world.order(order_id)
    assert (order.cancelled_by, order.cancel_reason) == ("seller", "BuyerCanceled")
    assert [one.text for one in said(world, order_id) if one.sender == "seller"] == [words.CANCELLED]


def test_an_inbox_without_helpful_words_cancels_nothing(open_shop: Shop) -> None:
    world = open_shop(TO_CANCEL, shop.ALWAYS, "desks.inbox.helpful_share = 0")
    order_id = shop.place(world)
    shop.wait(world, 5 * DAY)
    assert world.order(order_id).status == "Unshipped"
    assert [one.text for one in said(world, order_id)][1:] == [words.UNHELPFUL]


def test_nobody_asks_to_cancel_what_has_left(open_shop: Shop) -> None:
    world = open_shop(TO_CANCEL)
    order_id = quarrels.shipped(world)
    shop.wait(world, 5 * DAY)
    assert said(world, order_id) == []


def test_whoever_cancels_for_another_reason_does_not_order_again(open_shop: Shop) -> None:
    world = open_shop(CANCELS)
    shop.place(world)
    shop.wait(world, 5 * DAY)
    assert len(placed(world)) == 1


# -- another address


def test_a_buyer_names_the_address_that_is_wanted(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE)
    order_id = shop.place(world)
    text = until_asked(world, order_id).text
    place = wanted_place(Run(world), world.order(order_id))
    assert asked(world, order_id) == [words.ADDRESS] and place.line1 in text and place.city in text


def test_the_wanted_address_is_not_the_orders_own(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE)
    shop.places(world, MANY)
    run = Run(world)
    own = orders.details(world, placed(world)[0].order_id).ship_to.line1
    assert own not in {wanted_place(run, order).line1 for order in placed(world)}


def test_the_wanted_address_stays_the_same_when_others_move(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE)
    shop.places(world, MANY)
    run = Run(world)
    before = [wanted_place(run, order) for order in placed(world)]
    world.do(orders.add_address, by="buyer", buyer=2, place=quarrels.ELSEWHERE)
    assert [wanted_place(run, order) for order in placed(world)] == before


def test_whoever_is_refused_another_address_may_leave_it_at_that(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, shop.ALWAYS)
    order_id = shop.place(world)
    shop.wait(world, 10 * DAY)
    assert [one.text for one in said(world, order_id)][1:] == [words.REFUSED]


def test_whoever_is_refused_another_address_insists_once_more(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, "buyers.wishes.insists = 1", shop.ALWAYS)
    order_id = shop.place(world)
    shop.wait(world, 10 * DAY)
    assert [one.sender for one in said(world, order_id)] == ["buyer", "seller", "buyer", "seller"]


def test_whoever_insists_and_hears_nothing_writes_three_times_more_at_most(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, "buyers.wishes.insists = 1")
    order_id = shop.place(world)
    refuse(world, order_id)
    shop.wait(world, 20 * DAY)
    assert len(asked(world, order_id)) <= 1 + 3


def test_who_had_to_ask_twice_does_not_insist(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, "buyers.wishes.insists = 1")
    order_id = shop.place(world)
    refuse(world, order_id, times=2)
    shop.wait(world, 20 * DAY)
    assert len(asked(world, order_id)) == 2


REORDERS = "buyers.wishes.reorders = 1"


def test_whoever_is_refused_another_address_asks_to_cancel(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, REORDERS)
    order_id = shop.place(world)
    refuse(world, order_id)
    shop.wait(world, 2 * HOUR)
    assert asked(world, order_id) == [words.ADDRESS, words.MOVE]


def test_whoever_is_cancelled_orders_the_same_again_to_the_wanted_address(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, REORDERS, shop.ALWAYS)
    order_id = shop.place(world, (1, 2), (2, 1))
    wanted = wanted_place(Run(world), world.order(order_id))
    shop.wait(world, 3 * DAY)
    first, second = (orders.details(world, order.order_id) for order in placed(world)[:2])
    assert second.ship_to.line1 == wanted.line1 and second.order.buyer == first.order.buyer
    assert second.order.items_minor == first.order.items_minor


def test_whoever_insisted_still_orders_again(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, REORDERS, "buyers.wishes.insists = 1", shop.ALWAYS)
    order_id = shop.place(world)
    shop.wait(world, 3 * DAY)
    assert asked(world, order_id)[-1] == words.MOVE and len(placed(world)) > 1


def test_nobody_orders_again_once_it_was_cancelled_for_want_of_stock(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, REORDERS)
    order_id = shop.place(world)
    world.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    shop.wait(world, 5 * DAY)
    assert len(placed(world)) == 1


def test_a_shop_that_complies_sends_to_the_wanted_address_and_loses_the_protection(open_shop: Shop) -> None:
    world = open_shop(
        ELSEWHERE, shop.ALWAYS, DISPATCH, "desks.dispatch.slip_share = 1", 'desks.addresses.requests = "comply"'
    )
    order_id = shop.place(world)
    until_asked(world, order_id)
    shop.wait(world, 5 * DAY)
    (package,) = orders.packages_of(world, world.order(order_id))
    wanted = wanted_place(Run(world), world.order(order_id))
    assert package.address_ok == 0 and wanted.line1 in (package.ship_to or "")


def test_a_buyer_whose_seller_complies_says_no_more(open_shop: Shop) -> None:
    comply = 'desks.addresses.requests = "comply"'
    world = open_shop(ELSEWHERE, REORDERS, "buyers.wishes.insists = 1", shop.ALWAYS, comply)
    order_id = shop.place(world)
    shop.wait(world, 5 * DAY)
    assert [one.text for one in said(world, order_id)][1:] == [words.COMPLIED]


def test_a_shop_that_complies_sends_to_the_orders_address_what_left_before_the_wish(open_shop: Shop) -> None:
    late = "buyers.wishes.hours = 10000"
    world = open_shop(ELSEWHERE, late, DISPATCH, 'desks.addresses.requests = "comply"')
    order_id = shop.place(world)
    shop.wait(world, 5 * DAY)
    (package,) = orders.packages_of(world, world.order(order_id))
    assert (package.address_ok, package.ship_to) == (1, None)


def test_a_shop_that_ignores_such_wishes_answers_other_messages_only(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, shop.ALWAYS, 'desks.addresses.requests = "ignore"')
    order_id = shop.place(world)
    until_asked(world, order_id)
    world.do(messages.ask, by="buyer", order_id=order_id, subject="ProductDetails", text="Is it blue?")
    shop.wait(world, 10 * DAY)
    threads = {one.thread for one in said(world, order_id) if one.sender == "seller"}
    assert asked(world, order_id)[0] == words.ADDRESS and threads == {2}


# -- asking, and asking again


def test_a_question_about_the_product_is_answered_once(open_shop: Shop) -> None:
    world = open_shop(PRODUCT, shop.ALWAYS)
    order_id = shop.place(world)
    shop.wait(world, 10 * DAY)
    assert asked(world, order_id) == [words.PRODUCT]
    assert said(world, order_id)[1].text == words.TOPICS[words.PRODUCT].answer


def test_a_question_about_the_product_is_asked_after_the_parcel_left_too(open_shop: Shop) -> None:
    world = open_shop(PRODUCT)
    order_id = quarrels.shipped(world)
    assert until_asked(world, order_id).sender == "buyer"


@pytest.mark.parametrize("wish", [TO_CANCEL, ELSEWHERE, PRODUCT], ids=["cancel", "address", "product"])
def test_whoever_gets_no_answer_asks_three_times_a_day_apart(open_shop: Shop, wish: str) -> None:
    world = open_shop(wish)
    order_id = shop.place(world)
    shop.wait(world, 25 * DAY)
    first, second, third = (one.at for one in said(world, order_id))
    assert (second - first, third - second) == (DAY, DAY)


@pytest.mark.parametrize("wish", [TO_CANCEL, ELSEWHERE, PRODUCT], ids=["cancel", "address", "product"])
def test_nobody_wishes_anything_of_a_cancelled_order(open_shop: Shop, wish: str) -> None:
    world = open_shop(wish)
    order_id = shop.place(world)
    world.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    shop.wait(world, 20 * DAY)
    assert said(world, order_id) == []


def test_nobody_goes_on_about_cancelling_once_the_parcel_has_left(open_shop: Shop) -> None:
    world = open_shop(TO_CANCEL)
    order_id = shop.place(world)
    until_asked(world, order_id)
    quarrels.ship(world, order_id)
    shop.wait(world, 20 * DAY)
    assert len(asked(world, order_id)) == 1


def test_who_thinks_of_another_address_when_the_parcel_has_left_is_told_that_it_is_too_late(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE, shop.ALWAYS)
    order_id = quarrels.shipped(world)
    shop.wait(world, 3 * DAY)
    assert asked(world, order_id) == [words.ADDRESS]
    assert [one.text for one in said(world, order_id) if one.sender == "seller"] == [words.TOO_LATE_TO_MOVE]


def test_nobody_thinks_of_another_address_once_the_parcel_is_there(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE)
    order_id = quarrels.shipped(world)
    quarrels.deliver(world, order_id)
    shop.wait(world, 20 * DAY)
    assert said(world, order_id) == []


def test_an_order_has_one_wish_at_most(open_shop: Shop) -> None:
    quarter = "cancels = 0.2\nasks_to_cancel = 0.2\nanother_address = 0.2\nasks_about_product = 0.2\nhours = 2"
    world = open_shop(f"[buyers.wishes]\n{quarter}")
    shop.places(world, MANY)
    shop.wait(world, 20 * DAY)
    found = [{*asked(world, order.order_id), order.cancelled_by} - {None, "amazon"} for order in placed(world)]
    assert {len(wishes) for wishes in found} == {0, 1}
    assert set().union(*found) == {"buyer", words.CANCEL, words.ADDRESS, words.PRODUCT}


def test_whoever_was_answered_well_may_write_thanks_which_need_no_response(open_shop: Shop) -> None:
    world = open_shop(PRODUCT, shop.ALWAYS, "buyers.regard.thanks = 1")
    order_id = shop.place(world)
    shop.wait(world, 10 * DAY)
    assert asked(world, order_id) == [words.PRODUCT, words.THANKS]
    assert said(world, order_id)[-1].state == "not-needed"


@pytest.mark.parametrize("wish", [TO_CANCEL, ELSEWHERE, PRODUCT], ids=["cancel", "address", "product"])
def test_nobody_writes_about_an_order_of_the_sandbox_view(open_shop: Shop, wish: str) -> None:
    world = open_shop(wish)
    order_id = shop.place(world, view="sandbox")
    shop.wait(world, 10 * DAY)
    assert said(world, order_id) == []


def test_a_question_is_no_answer_to_the_offer_of_another_product(open_shop: Shop) -> None:
    """Whoever would take the other one, but asked something first, still gets it."""
    none = '[desks.stock]\nno_stock_share = 1\nout_of_stock = "alternative"\naccepts_alternative_share = 1\n'
    world = open_shop(DISPATCH, none)
    order_id = shop.place(world)
    shop.wait(world, DAY)
    world.do(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="When does it leave?")
    shop.wait(world, 2 * DAY)
    assert [one.text for one in said(world, order_id)][:2] == [words.ALTERNATIVE, "When does it leave?"]
    assert world.order(order_id).status == "Shipped"


# -- words


def test_every_subject_of_a_buyer_is_allowed() -> None:
    assert {topic.subject for topic in words.TOPICS.values()} <= set(messages.BUYER_SUBJECTS)


def test_every_text_passes_the_filter() -> None:
    topics = words.TOPICS.values()
    texts = [text for topic in topics for text in (*topic.texts, *topic.again, topic.answer) if text]
    texts += [
        words.comment(rating, is_late=late, number=n) for rating in range(1, 6) for late in (0, 1) for n in (0, 1)
    ]
    texts += [*words.CLAIMS.values(), words.ANSWER, words.SOON, words.CANCELLED, words.TOO_LATE_TO_CANCEL]
    texts += [
        words.REFUSED,
        words.COMPLIED,
        words.UNHELPFUL,
        words.ALTERNATIVE,
        words.ACCEPTS,
        words.AGREES,
        words.DECLINES,
    ]
    assert [text for text in texts if messages.stopped(text)] == []


def test_the_beginning_of_a_text_tells_what_it_is_about() -> None:
    found = {text: words.topic_of(text) for topic in words.TOPICS.values() for text in topic.texts}
    assert found == {text: name for name, topic in words.TOPICS.items() for text in topic.texts}


def test_asking_again_does_not_change_what_it_is_about() -> None:
    again = [text for topic in words.TOPICS.values() for text in topic.again]
    assert {words.topic_of(text) for text in again} == {None}


def test_every_wanted_address_passes_the_filter(open_shop: Shop) -> None:
    world = open_shop(ELSEWHERE)
    shop.places(world, MANY)
    shop.wait(world, 5 * DAY)
    run = Run(world)
    lines = [(wanted_place(run, order).line1, said(world, order.order_id)[0].text) for order in placed(world)]
    assert [line for line, text in lines if line not in text] == []


# -- what was to be cancelled, and came


IN_VAIN = "buyers.wishes = {asks_to_cancel = 1, hours = 2, returns_it = 1}"
SOON = "parcels.transit = [{weight = 1, mean_days = 2, shape = 5}]"


@pytest.mark.parametrize(("share", "topics"), [(1, [words.CANCEL, words.REGRET]), (0, [words.CANCEL])])
def test_whoever_asked_to_cancel_and_got_it_all_the_same_wants_to_send_it_back(
    open_shop: Shop, share: int, topics: list[str]
) -> None:
    world = open_shop(IN_VAIN, SOON, f"buyers.wishes.returns_it = {share}")
    order_id = shop.place(world)
    thread = until_asked(world, order_id).thread
    world.do(messages.reply, by="seller", thread=thread, text=words.TOO_LATE_TO_CANCEL)
    quarrels.ship(world, order_id)
    shop.wait(world, 20 * DAY)
    assert [topic for topic in asked(world, order_id) if topic] == topics


def test_whoever_was_cancelled_as_asked_says_no_more(open_shop: Shop) -> None:
    world = open_shop(IN_VAIN, SOON, shop.ALWAYS)
    order_id = shop.place(world)
    shop.wait(world, 60 * DAY)
    assert asked(world, order_id) == [words.CANCEL]
    assert world.row("select count(*) from agenda where step = 'wishes.has_it_all_the_same'") == (0,)


def test_whoever_never_gets_it_stops_looking(open_shop: Shop) -> None:
    world = open_shop(IN_VAIN, shop.SLOW)
    order_id = shop.place(world)
    until_asked(world, order_id)
    quarrels.ship(world, order_id)
    shop.wait(world, 90 * DAY)
    assert world.row("select count(*) from agenda where step = 'wishes.has_it_all_the_same'") == (0,)
