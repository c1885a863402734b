"""Magic words: an order that holds one meets the fate that it names, by everybody's rules, and nobody else's luck."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sandbox.central import chargebacks, messages, orders, refunds, shipments
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.facts import decoded
from sandbox.central.guide import Refused
from sandbox.central.ids import BY_HAND
from sandbox.central.world import World
from sandbox.sim import fates, scenario, words
from sandbox.sim.cast import Run
from sandbox.sim.driver import Driver
from sandbox.sim.forecast import fork
from sandbox.sim.luck import luck
from sandbox.sim.magic import MAGIC, NOTHING, PREFIX, together
from sandbox.sim.scenario import Scenario
from sandbox.sim.simulations import simulate
from sandbox.sim.snapshots import fork as fork_world
from sandbox.sim.worlds import Shelf
from tests import shop

TESTED_DAYS = 70


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("worlds"))


def empty(shelf: Shelf, name: str) -> World:
    return shelf.fresh(name, scenario.load("empty"))


def order(world: World, **given: Any) -> str:
    with world.writing():
        return str(simulate(world, "orders", "place", given))


def by_sku(world: World, *names: str) -> str:
    return order(world, items=[{"sku": PREFIX + name} for name in names])


class Told(NamedTuple):
    """A fact about an order, and the days from the order to it."""

    days: float
    kind: str
    fact: Any


def story(world: World, order_id: str) -> list[Told]:
    found = world.facts(0, -1, order_id=order_id)
    return [Told((row.at - found[0].at) / DAY, row.kind, decoded(row.kind, row.body)) for row in found]


def live(world: World, *order_ids: str, days: int = TESTED_DAYS) -> None:
    """A careful seller's time: answered each evening, shipped the next day, chargebacks contested."""
    driver = Driver(world)
    for day in range(days):
        driver.advance(world.now + DAY)
        for order_id in order_ids if day == 0 else ():
            if world.order(order_id).status == "Unshipped":
                ship(world, order_id)
        answer_all(world)
        for (dispute,) in world.rows("select dispute from disputes where kind = 'chargeback' and state like 'Action%'"):
            world.do(chargebacks.represent, by="seller", chargeback=dispute, text="It was as the page describes it.")


def ship(world: World, order_id: str) -> None:
    world.do(shipments.confirm_shipment, by="seller", order_id=order_id, carrier="BlueDart", tracking="BD12345")


def answer_all(world: World) -> None:
    """As a seller does who knows the rules: no other address, and returns are welcome."""
    for thread, text in world.rows("select thread, max(text) from messages where state = 'waiting' group by thread"):
        topic = words.topic_of(text)
        answer = words.TOPICS[topic].answer if topic else ""
        world.do(messages.reply, by="seller", thread=thread, text=answer or "Thank you for writing. Please be patient.")


# -- each word has its fate


def has(kind: str, **fields: Any) -> Callable[[list[Told]], bool]:
    def found(told: list[Told]) -> bool:
        return any(
            one.kind == kind and all(getattr(one.fact, name) == value for name, value in fields.items()) for one in told
        )

    return found


def says(word: str) -> Callable[[list[Told]], bool]:
    return lambda told: any(one.kind == "BuyerAsked" and word in one.fact.text for one in told)


def delivered_after(days: int) -> Callable[[list[Told]], bool]:
    """So many days after it left, which it did one day after the order."""
    return lambda told: any(one.kind == "ParcelDelivered" and days <= one.days - 1 < days + 1 for one in told)


MET: dict[str, list[Callable[[list[Told]], bool]]] = {
    "ALL-WELL": [delivered_after(3)],
    "PAYMENT-LATER": [has("PaymentAuthorised"), delivered_after(3)],
    "PAYMENT-PENDING": [lambda told: told[1].days == 30, has("OrderCancelled", reason="PaymentNotAuthorised")],
    "PAYMENT-DECLINED": [
        lambda told: told[1].days == HOUR / DAY,
        has("OrderCancelled", by="amazon", reason="PaymentNotAuthorised"),
    ],
    "CANCELS": [lambda told: told[1].days == 15 * MINUTE / DAY, has("OrderCancelled", by="buyer")],
    "ASKS-TO-CANCEL": [says("ancel")],
    "ADDRESS-CHANGE": [says("to this address instead")],
    "ADDRESS-INSISTS": [says("to this address instead"), says("Please do send it to my other address")],
    "ADDRESS-REORDERS": [says("to this address instead")],
    "ADDRESS-TRAP": [says("to this address instead"), has("ChargebackFiled", reason="UnauthorisedUse")],
    "ASKS-ABOUT-PRODUCT": [has("BuyerAsked", subject="ProductDetails")],
    "THANKS": [has("BuyerAsked", subject="ProductDetails"), says("Thank")],
    "WRITES-A-LINK": [has("ActionRefused", code="MessageHasLink")],
    "ASKS-WHERE": [has("BuyerAsked", subject="Shipping"), delivered_after(6)],
    "NEXT-DAY": [delivered_after(1)],
    "NOBODY-HOME": [has("DeliveryFailed", attempt=1), has("ParcelDelivered")],
    "PARCEL-LATE": [delivered_after(30)],
    "PARCEL-LOST": [has("ParcelLost")],
    "PARCEL-RETURNED": [has("DeliveryFailed", attempt=3), has("ParcelReturned")],
    **{f"FEEDBACK-{stars}": [has("FeedbackLeft", rating=stars), delivered_after(3)] for stars in range(1, 6)},
    "RETURN": [has("ReturnSent", reason="NoLongerWanted"), has("ReturnArrived")],
    "FAULTY": [has("ReturnSent", reason="Defective"), has("ReturnArrived")],
    "WRONG-ITEM": [has("ReturnSent", reason="WrongItem"), has("ReturnArrived")],
    "NOT-AS-DESCRIBED": [has("ReturnSent", reason="NotAsDescribed"), has("ReturnArrived")],
    "CLAIM-NOT-RECEIVED": [has("ClaimFiled", reason="NotReceived")],
    "CLAIM-FAULTY": [has("ClaimFiled", reason="DefectiveOrDifferent")],
    "CLAIM-NOT-REIMBURSED": [has("ReturnArrived"), has("ClaimFiled", reason="ReturnedNotReimbursed")],
    "CHARGEBACK-UNAUTHORISED": [has("ChargebackFiled", reason="UnauthorisedUse"), delivered_after(3)],
    "CHARGEBACK-CHARGED-TWICE": [has("ChargebackFiled", reason="ChargedTwice"), delivered_after(3)],
    "CHARGEBACK-NOT-RECEIVED": [has("ChargebackFiled", reason="NotReceived")],
    "CHARGEBACK-NOT-AS-DESCRIBED": [has("ChargebackFiled", reason="NotAsDescribed")],
    "CHARGEBACK-WRONG-ITEM": [has("ChargebackFiled", reason="WrongItem")],
    "CHARGEBACK-OTHER": [has("ChargebackFiled", reason="Other")],
    "CHARGEBACK-BELOW-EXPECTATIONS": [has("ChargebackFiled", reason="BelowExpectations")],
    "CHARGEBACK-WON": [has("ChargebackFiled"), has("DisputeAnswered"), has("DisputeDecided", outcome="Won")],
    "CHARGEBACK-LOST": [has("ChargebackFiled"), has("DisputeAnswered"), has("DisputeDecided", outcome="Lost")],
}
"""What is told of an order with such a word that a careful seller handles."""
OF_DESKS = {word for word, fate in MAGIC.items() if "script" in fate.says} | {
    "ALTERNATIVE-TAKEN",
    "ALTERNATIVE-DECLINED",
}
UNUSUAL = (
    *("BuyerAsked", "ActionRefused", "DeliveryFailed", "ParcelLost", "ParcelReturned", "FeedbackLeft", "ReturnSent"),
    *("ClaimFiled", "ChargebackFiled", "OrderCancelled", "PaymentAuthorised"),
)


def test_every_word_is_tried_here() -> None:
    assert MET.keys() | OF_DESKS == MAGIC.keys() and not MET.keys() & OF_DESKS


NOT_SHIPPED = ("ADDRESS-INSISTS", "ADDRESS-REORDERS")
"""The seller says no before the parcel leaves."""


@pytest.fixture(scope="module")
def lived(shelf: Shelf) -> dict[str, list[Told]]:
    """What became of an order of each word, side by side in one world."""
    with closing(empty(shelf, "lived")) as world:
        placed = {word: by_sku(world, word) for word in MET}
        live(world, *(order_id for word, order_id in placed.items() if word not in NOT_SHIPPED))
        assert world.check() == []
        return {word: story(world, order_id) for word, order_id in placed.items()}


@pytest.mark.parametrize("word", MET)
def test_an_order_meets_the_fate_that_its_sku_names(lived: dict[str, list[Told]], word: str) -> None:
    assert [number for number, met in enumerate(MET[word]) if not met(lived[word])] == [], lived[word]


def test_where_all_is_well_nothing_else_happens(lived: dict[str, list[Told]]) -> None:
    assert [one.kind for one in lived["ALL-WELL"] if one.kind in UNUSUAL] == []


def test_who_is_refused_another_address_orders_again_and_that_order_is_like_any_other(shelf: Shelf) -> None:
    with closing(empty(shelf, "again")) as world:
        order_id = by_sku(world, "ADDRESS-REORDERS")
        for _ in range(6):
            Driver(world).advance(world.now + DAY)
            answer_all(world)
            if says("ancel my order")(story(world, order_id)) or says("Can you cancel")(story(world, order_id)):
                break
        world.do(orders.cancel, by="seller", order_id=order_id, reason="BuyerCanceled")
        Driver(world).advance(world.now + DAY)
        (again,) = [row[0] for row in world.rows("select order_id from orders") if row[0] != order_id]
        assert world.order(again).address != world.order(order_id).address
        live(world, again, days=10)
        assert "BuyerAsked" not in [one.kind for one in story(world, again)]


# -- desks that scripts play


def scripted(tmp_path: Path, changes: str = "") -> World:
    return shop.altered(tmp_path, "[demand]\norders_per_day = 0", changes, text=shop.BUSY + shop.ALWAYS)


def days_until(told: list[Told], kind: str) -> float:
    return next(one.days for one in told if one.kind == kind)


def test_a_scripted_desk_overlooks_an_order(tmp_path: Path) -> None:
    with closing(scripted(tmp_path)) as world:
        late, other = by_sku(world, "DISPATCH-LATE"), by_sku(world, "ALL-WELL")
        shop.wait(world, 20 * DAY)
        assert (
            days_until(story(world, late), "ShipmentConfirmed")
            > 9
            > days_until(story(world, other), "ShipmentConfirmed")
        )


def test_a_scripted_desk_finds_none_of_it(tmp_path: Path) -> None:
    with closing(scripted(tmp_path)) as world:
        order_id = by_sku(world, "OUT-OF-STOCK")
        shop.wait(world, 3 * DAY)
        assert has("OrderCancelled", by="seller", reason="NoInventory")(story(world, order_id))


@pytest.mark.parametrize(
    ("word", "kind"), [("ALTERNATIVE-TAKEN", "ShipmentConfirmed"), ("ALTERNATIVE-DECLINED", "OrderCancelled")]
)
def test_something_else_is_offered_and_the_buyer_says_what_the_word_says(tmp_path: Path, word: str, kind: str) -> None:
    with closing(scripted(tmp_path)) as world:
        order_id = by_sku(world, word)
        shop.wait(world, 5 * DAY)
        assert {"SellerWrote", "BuyerAsked", kind} <= {one.kind for one in story(world, order_id)}


def test_a_scripted_inbox_helps_or_does_not(tmp_path: Path) -> None:
    with closing(scripted(tmp_path)) as world:
        found = [by_sku(world, word) for word in ("UNHELPED", "ASKS-ABOUT-PRODUCT")]
        shop.wait(world, 5 * DAY)
        texts = [next(one.fact.text for one in story(world, each) if one.kind == "SellerReplied") for each in found]
        assert texts[0].startswith("Your message has been received") and "label in the parcel" in texts[1]


def test_a_scripted_disputes_desk_overlooks_a_case(tmp_path: Path) -> None:
    with closing(scripted(tmp_path)) as world:
        found = [by_sku(world, *both) for both in (["CHARGEBACK-LOST"], ["CHARGEBACK-LOST", "DISPUTE-MISSED"])]
        shop.wait(world, 60 * DAY)
        answered = [has("DisputeAnswered")(story(world, order_id)) for order_id in found]
        assert answered == [True, False]


def test_a_scripted_refunds_desk_overlooks_a_return(tmp_path: Path) -> None:
    with closing(scripted(tmp_path)) as world:
        found = [by_sku(world, *both) for both in (["RETURN"], ["RETURN", "REFUND-MISSED"])]
        shop.wait(world, 20 * DAY)
        refunded = [
            has("RefundPosted")(told) and days_until(told, "RefundPosted") - days_until(told, "ReturnArrived") < 4
            for told in (story(world, order_id) for order_id in found)
        ]
        assert refunded == [True, False]


# -- by name, by SKU, in any scenario


def test_a_word_in_the_buyers_name_does_the_same(shelf: Shelf) -> None:
    with closing(empty(shelf, "named")) as world:
        order_id = order(world, buyer="Asha Magic-Parcel-Lost", items=[{"sku": "KK-001"}])
        live(world, order_id, days=20)
        assert has("ParcelLost")(story(world, order_id))


def test_two_words_come_together(shelf: Shelf) -> None:
    with closing(empty(shelf, "two")) as world:
        order_id = order(world, buyer="MAGIC-PARCEL-LATE", items=[{"sku": "MAGIC-FEEDBACK-1"}])
        live(world, order_id)
        told = story(world, order_id)
        assert delivered_after(30)(told) and has("FeedbackLeft", rating=1)(told)


@pytest.mark.parametrize("name", scenario.names())
def test_every_word_fits_every_scenario(name: str) -> None:
    known = scenario.load(name)
    for word in MAGIC:
        table = known.model_dump(mode="json")
        for key, value in (NOTHING | together([word]).changes).items():
            *path, last = key.split(".")
            place = table
            for part in path:
                place = place[part]
            assert last in place
            place[last] = [one.model_dump() for one in value] if isinstance(value, tuple) else value
        Scenario.model_validate(table)


@pytest.mark.parametrize("name", ["first-week", "address-change-trap", "carrier-collapse", "stock-out"])
def test_a_word_does_the_same_among_simulated_buyers(shelf: Shelf, name: str) -> None:
    with closing(shelf.fresh(f"among-{name}", scenario.load(name), players={"dispatch": "person"})) as world:
        lost, rated = by_sku(world, "PARCEL-LOST"), by_sku(world, "FEEDBACK-2")
        for order_id in (lost, rated):
            ship(world, order_id)
        shop.wait(world, 30 * DAY)
        assert has("ParcelLost")(story(world, lost)) and has("FeedbackLeft", rating=2)(story(world, rated))


def test_a_product_of_a_word_is_there_for_whoever_orders_it_alone(tmp_path: Path) -> None:
    with closing(shop.busy(tmp_path)) as world:
        order_id = by_sku(world, "ALL-WELL")
        again = by_sku(world, "ALL-WELL")
        shop.wait(world, 20 * DAY)
        (number,) = world.row("select product from products where sku = 'MAGIC-ALL-WELL'")
        bought = world.rows("select order_number from items where product = ?", (number,))
        assert {world.ids.order_id(found) for (found,) in bought} == {order_id, again}
        assert all(world.order(order(world)).number not in {found for (found,) in bought} for _ in range(20))


# -- nobody else


def simulated(world: World) -> list[tuple[object, ...]]:
    """What came of the orders that the simulator placed, in so far as luck alone decides it."""
    kinds = ("OrderPlaced", "PaymentAuthorised", "ShipmentConfirmed", "ParcelDelivered", "FeedbackLeft", "ReturnSent")
    return [(row.kind, row.body) for row in world.facts(0, -1, kinds) if (row.order_number or 0) < BY_HAND]


@pytest.mark.parametrize("word", ["FEEDBACK-1", "PARCEL-LOST", "OUT-OF-STOCK", "CHARGEBACK-UNAUTHORISED"])
def test_a_fate_reshuffles_nobody_elses_luck(tmp_path: Path, word: str) -> None:
    with closing(shop.busy(tmp_path)) as made, closing(shop.busy(tmp_path, name="left")) as left:
        for world in (made, left):
            shop.wait(world, 2 * DAY)
        by_sku(made, word)
        for world in (made, left):
            shop.wait(world, 25 * DAY)
        assert simulated(made) == simulated(left)


def test_who_orders_without_a_word_lives_by_their_own_luck(tmp_path: Path) -> None:
    """Also beside others who have a fate, and under the same buyer's name."""
    with closing(shop.quiet(tmp_path)) as world:
        first, second = order(world, buyer="Asha MAGIC-PARCEL-LOST"), order(world)
        run = Run(world)
        assert fates.has_one(run, world.order(first).number) and not fates.has_one(run, world.order(second).number)
        assert fates.theirs(run, world.order(second).number) is run


# -- stable


@pytest.fixture
def fated(shelf: Shelf, request: pytest.FixtureRequest) -> Iterator[World]:
    name = f"stable-{abs(hash(request.node.name)) % 10**9}"
    with closing(shelf.fresh(name, scenario.load("first-week"), players={"dispatch": "script"})) as world:
        for word in ("PAYMENT-LATER", "ADDRESS-INSISTS", "CLAIM-FAULTY", "CHARGEBACK-WON", "ALTERNATIVE-TAKEN"):
            by_sku(world, word)
        yield world


def test_windows_stops_and_forks_change_no_fate(shelf: Shelf, fated: World) -> None:
    name = fated.path.stem
    with (
        closing(fork_world(shelf, f"{name}-a", fated)) as small,
        closing(fork_world(shelf, f"{name}-b", fated)) as stops,
    ):
        ends = fated.now + 25 * DAY
        Driver(fated).advance(ends)
        Driver(small).advance(ends, window=5 * HOUR)
        for days in range(1, 26):
            with closing(World.open(stops.path)) as opened:
                Driver(opened).advance(ends - (25 - days) * DAY)
        assert shop.facts(small) == shop.facts(fated) == shop.facts(stops)


def test_a_forecast_leaves_a_fate_as_it_is(tmp_path: Path) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        order_id = by_sku(world, "PARCEL-LOST")
        ship(world, order_id)
        shop.wait(world, DAY)
        content = fork.snapshot(world).content
    with fork.in_memory(content) as present:
        prepared = fork.ready(present, luck)
    for number in range(3):
        with fork.forked(prepared, number) as driver:
            driver.advance(driver.world.now + 10 * DAY)
            assert has("ParcelLost")(story(driver.world, order_id))


# -- refused


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ({"items": [{"sku": "MAGIC-PARCEL-LOOST"}]}, "UnknownMagic", "Did you mean MAGIC-PARCEL-LOST?"),
        ({"buyer": "Asha MAGIC-CHARGEBAK-LOST"}, "UnknownMagic", "Did you mean MAGIC-CHARGEBACK-LOST?"),
        ({"buyer": "MAGIC-"}, "UnknownMagic", "There is MAGIC-ALL-WELL"),
        ({"items": [{"sku": "MAGIC-" + "X" * 90}]}, "UnknownMagic", "There is"),
        ({"items": [{"sku": "MAGIC-PARCEL-LOST"}, {"sku": "MAGIC-NEXT-DAY"}]}, "MagicClash", "MAGIC-PARCEL-LOST"),
        ({"buyer": "MAGIC-CHARGEBACK-WON", "items": [{"sku": "MAGIC-CHARGEBACK-LOST"}]}, "MagicClash", "bank"),
        ({"buyer": "Asha Magicword"}, "UnknownBuyer", "Give an address"),
        ({"items": [{"sku": "NO-MAGIC"}]}, "UnknownProduct", "KK-0"),
    ],
)
def test_what_is_no_word_is_refused_with_the_nearest_and_nothing_happens(
    tmp_path: Path, given: dict[str, Any], code: str, told: str
) -> None:
    with closing(shop.quiet(tmp_path)) as world:
        before = shop.facts(world)
        with pytest.raises(Refused) as refused:
            order(world, **given)
        assert (refused.value.code, told in refused.value.sentence) == (code, True), refused.value.sentence
        assert shop.facts(world) == before


def test_what_the_seller_does_still_counts(shelf: Shelf) -> None:
    """Who gets the money back has nothing to claim, whatever the word says."""
    with closing(empty(shelf, "refunded")) as world:
        order_id = by_sku(world, "CLAIM-FAULTY")
        live(world, order_id, days=8)
        world.do(refunds.refund, by="seller", order_id=order_id, reason="DifferentItem")
        live(world, days=40)
        assert not has("ClaimFiled")(story(world, order_id))
