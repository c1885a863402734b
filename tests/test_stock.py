"""Stock: pieces that are counted run out and are filled up, and what the shop does about what it has not got."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.central import messages, orders
from sandbox.central.days import DAY, HOUR, parse_moment
from sandbox.central.world import World
from sandbox.sim import stock, words, worlds
from sandbox.sim.cast import Run
from sandbox.sim.driver import Driver
from sandbox.sim.players import hand_over, player_of
from sandbox.sim.scenario import parse
from tests import quarrels, shop

Make = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Worlds with a scripted dispatch desk that overlooks nothing, whose kettles may be counted."""
    made: list[World] = []

    def new(kettles: str = "", keys: str = "", changes: str = "", played_by: str = "script") -> World:
        text = shop.QUIET.replace("price = 849\n", f"price = 849\n{kettles}\n") + shop.SLOW + changes
        desks = (
            f'[desks.dispatch]\nslip_share = 0\nplayed_by = "{played_by}"\n[desks.stock]\nno_stock_share = 0\n{keys}\n'
        )
        text = text.replace('[desks.dispatch]\nplayed_by = "person"\n', desks)
        made.append(worlds.make(tmp_path / f"{len(made)}.world", parse(text, "stock.toml")))
        return made[-1]

    yield new
    for world in made:
        world.close()


def statuses(world: World, *order_ids: str) -> list[str]:
    return [world.order(order_id).status for order_id in order_ids]


def offers(world: World) -> list[str]:
    return [row.by for row in world.facts(kinds=("SellerWrote",)) if words.ALTERNATIVE in row.body]


# -- counted


def test_counted_pieces_run_out(make: Make) -> None:
    world = make("stock = 2")
    placed = [shop.place(world) for _ in range(3)]
    shop.wait(world, DAY)
    assert statuses(world, *placed) == ["Shipped", "Shipped", "Canceled"]
    assert stock.pieces(Run(world)) == {"KK-001": 0}


def test_an_order_takes_as_many_pieces_as_it_has(make: Make) -> None:
    world = make("stock = 5")
    shop.place(world, (1, 3))
    shop.wait(world, DAY)
    assert stock.pieces(Run(world)) == {"KK-001": 2}


def test_an_order_that_lacks_one_piece_takes_none(make: Make) -> None:
    world = make("stock = 2")
    lacking, fitting = shop.place(world, (1, 3)), shop.place(world, (1, 2))
    shop.wait(world, DAY)
    assert statuses(world, lacking, fitting) == ["Canceled", "Shipped"]


def test_a_product_that_is_not_counted_is_always_there(make: Make) -> None:
    world = make("stock = 0")
    maker, both = shop.place(world, (2, 9)), shop.place(world, (2, 1), (1, 1))
    shop.wait(world, DAY)
    assert statuses(world, maker, both) == ["Shipped", "Canceled"]


def test_without_a_count_nothing_runs_out(make: Make) -> None:
    world = make()
    placed = [shop.place(world, (1, 99)) for _ in range(4)]
    shop.wait(world, DAY)
    assert (statuses(world, *placed), stock.is_counted(Run(world))) == (["Shipped"] * 4, False)


def test_a_delivery_fills_a_product_up(make: Make) -> None:
    world = make("stock = 1\nrestock_to = 4\nrestock_days = 3")
    shop.place(world)
    shop.wait(world, 3 * DAY - HOUR)
    before = stock.pieces(Run(world))
    shop.wait(world, HOUR)
    assert (before, stock.pieces(Run(world))) == ({"KK-001": 0}, {"KK-001": 4})


def test_deliveries_come_again_and_again(make: Make) -> None:
    world = make("stock = 0\nrestock_to = 1\nrestock_days = 2", 'out_of_stock = "wait"')
    placed = [shop.place(world) for _ in range(3)]
    shop.wait(world, 8 * DAY)
    found = [world.order(order_id).confirmed_at for order_id in placed]
    assert found == [parse_moment(f"2026-03-0{day}T17:00") for day in (4, 6, 9)]  # the 8th is a Sunday


def test_a_delivery_takes_nothing_away(make: Make) -> None:
    world = make("stock = 9\nrestock_to = 4\nrestock_days = 1")
    shop.wait(world, 3 * DAY)
    assert stock.pieces(Run(world)) == {"KK-001": 9}


def test_what_there_is_is_the_same_when_the_world_is_opened_again(make: Make) -> None:
    world = make("stock = 5")
    shop.place(world, (1, 2))
    shop.wait(world, DAY)
    other = World.open(world.path)
    found = stock.pieces(Run(other))
    other.close()
    assert found == {"KK-001": 3}


def test_a_stock_that_somebody_else_lost_is_seen_by_whoever_moves_the_world_next(make: Make) -> None:
    plot = '[[happenings]]\nwhat = "stock-lost"\nsku = "KK-001"\nday = 2\n'
    world = make("", "", plot)
    other = World.open(world.path)
    mine, theirs = Driver(world), Driver(other)
    for driver, place in ((mine, True), (theirs, False), (mine, True)):
        if place:
            shop.place(world)
        driver.advance(world.now + DAY)
    other.close()
    assert [status for (status,) in world.execute("select status from orders order by number")] == [
        "Shipped",
        "Canceled",
    ]


# -- what the shop does about it


def test_out_of_stock_is_cancelled_for_want_of_inventory(make: Make) -> None:
    world = make("stock = 0")
    order_id = shop.place(world)
    shop.wait(world, DAY)
    found = world.order(order_id)
    assert (found.cancelled_by, found.cancel_reason, found.cancelled_at) == (
        "seller",
        "NoInventory",
        parse_moment("2026-03-02T17:00"),
    )


def test_a_shop_that_waits_ships_once_it_is_filled_up(make: Make) -> None:
    world = make("stock = 0\nrestock_to = 5\nrestock_days = 3", 'out_of_stock = "wait"')
    order_id = shop.place(world)
    shop.wait(world, 5 * DAY)
    assert world.order(order_id).confirmed_at == parse_moment("2026-03-05T17:00")


def test_what_is_out_of_stock_by_luck_is_there_again_after_a_week(tmp_path: Path) -> None:
    keys = 'slip_share = 0\n[desks.stock]\nno_stock_share = 1\nout_of_stock = "wait"'
    world = shop.staffed(tmp_path, "dispatch", keys)
    order_id = shop.place(world)
    shop.wait(world, 10 * DAY)
    found = world.order(order_id).confirmed_at
    world.close()
    assert found == parse_moment("2026-03-09T17:00")


def test_an_alternative_is_offered_once_and_under_inventory(make: Make) -> None:
    world = make("stock = 0", 'out_of_stock = "alternative"')
    shop.place(world)
    shop.wait(world, 10 * DAY)
    assert offers(world) == ["dispatch desk"]
    assert world.execute("select subject from threads").fetchone() == ("Inventory",)


def test_a_buyer_who_takes_the_other_one_gets_it(make: Make) -> None:
    world = make("stock = 0", 'out_of_stock = "alternative"\naccepts_alternative_share = 1')
    order_id = shop.place(world)
    shop.wait(world, 3 * DAY)
    said = [row.body for row in world.facts(kinds=("BuyerAsked",))]
    assert words.ACCEPTS in said[0] and len(said) == 1
    assert world.order(order_id).confirmed_at == parse_moment("2026-03-03T17:00")


def test_a_buyer_who_wants_no_other_one_is_cancelled(make: Make) -> None:
    world = make("stock = 0", 'out_of_stock = "alternative"\naccepts_alternative_share = 0')
    order_id = shop.place(world)
    shop.wait(world, 3 * DAY)
    assert words.DECLINES in world.facts(kinds=("BuyerAsked",))[0].body
    assert (world.order(order_id).cancel_reason, world.order(order_id).cancelled_at) == (
        "NoInventory",
        parse_moment("2026-03-03T17:00"),
    )


def test_a_buyer_who_asks_something_else_has_not_declined(make: Make) -> None:
    world = make("stock = 0", 'out_of_stock = "alternative"\naccepts_alternative_share = 1')
    order_id = shop.place(world)
    shop.wait(world, 7 * HOUR)
    quarrels.write(world, order_id)
    shop.wait(world, 3 * DAY)
    assert statuses(world, order_id) == ["Shipped"]


def test_an_alternative_is_offered_under_a_policy_of_short_messages(make: Make) -> None:
    limit = "[policy.changes]\nmessage_max_chars = 12\n"
    world = make("stock = 0", 'out_of_stock = "alternative"\naccepts_alternative_share = 1', limit)
    order_id = shop.place(world)
    shop.wait(world, 3 * DAY)
    assert statuses(world, order_id) == ["Shipped"]


def test_an_order_that_was_cancelled_meanwhile_is_not_decided_on(make: Make) -> None:
    world = make("stock = 0", 'out_of_stock = "alternative"')
    order_id = shop.place(world)
    shop.wait(world, 7 * HOUR)
    world.do(orders.cancel, by="seller", order_id=order_id, reason="NoInventory")
    shop.wait(world, 3 * DAY)
    assert world.facts(kinds=("BuyerAsked",)) == []


def test_what_a_person_offers_in_the_same_words_is_answered_too(make: Make) -> None:
    world = make("stock = 0", "accepts_alternative_share = 1", played_by="person")
    order_id = shop.place(world)
    world.do(messages.contact_buyer, by="person", order_id=order_id, subject="Inventory", text=words.ALTERNATIVE)
    shop.wait(world, DAY)
    assert words.ACCEPTS in world.facts(kinds=("BuyerAsked",))[0].body


def test_nobody_answers_an_alternative_in_the_sandbox_view(make: Make) -> None:
    world = make("", "accepts_alternative_share = 1", played_by="person")
    what = {"order_id": shop.place(world, view="sandbox"), "subject": "Inventory", "text": words.ALTERNATIVE}
    world.do(messages.contact_buyer, by="person", view="sandbox", **what)
    shop.wait(world, 2 * DAY)
    assert world.facts(kinds=("BuyerAsked",)) == []


@pytest.mark.parametrize(("share", "answer"), [(1, words.AGREES), (0, words.DECLINES)])
def test_what_a_person_asks_in_words_of_their_own_is_answered_with_no_word_too_many(
    make: Make, share: int, answer: str
) -> None:
    world = make("stock = 0", f"accepts_alternative_share = {share}", played_by="person")
    text = "It comes next week. Is it all right with you if we send it then?"
    world.do(messages.contact_buyer, by="person", order_id=shop.place(world), subject="Inventory", text=text)
    shop.wait(world, DAY)
    assert [text for (text,) in world.execute("select text from messages where sender = 'buyer'")] == [answer]


def test_what_a_person_tells_without_asking_is_not_answered(make: Make) -> None:
    world = make("stock = 0", played_by="person")
    text = "It comes next week, and leaves on that day."
    world.do(messages.contact_buyer, by="person", order_id=shop.place(world), subject="Inventory", text=text)
    shop.wait(world, DAY)
    assert world.facts(kinds=("BuyerAsked",)) == []


# -- a desk of its own


@pytest.mark.parametrize("player", ["person", "program"])
def test_a_script_that_dispatches_leaves_what_is_not_there_to_whoever_plays_the_stock_desk(
    make: Make, player: str
) -> None:
    world = make("stock = 0", f'played_by = "{player}"')
    missing, there = shop.place(world), shop.place(world, (2, 1))
    shop.wait(world, 5 * DAY)
    assert statuses(world, missing, there) == ["Unshipped", "Shipped"]


def test_what_a_person_at_the_stock_desk_waits_for_leaves_once_it_is_there(make: Make) -> None:
    world = make("stock = 0\nrestock_to = 5\nrestock_days = 3", 'played_by = "person"')
    order_id = shop.place(world)
    shop.wait(world, 5 * DAY)
    assert world.order(order_id).confirmed_at == parse_moment("2026-03-05T17:00")


def test_what_a_person_at_the_stock_desk_offers_leaves_once_it_is_accepted(make: Make) -> None:
    world = make("stock = 0", 'played_by = "person"\naccepts_alternative_share = 1')
    order_id = shop.place(world)
    world.do(messages.contact_buyer, by="person", order_id=order_id, subject="Inventory", text=words.ALTERNATIVE)
    shop.wait(world, 2 * DAY)
    assert world.order(order_id).confirmed_at == parse_moment("2026-03-03T17:00")


def test_a_stock_desk_handed_to_the_script_cancels_at_the_next_pick(make: Make) -> None:
    world = make("stock = 0", 'played_by = "person"')
    order_id = shop.place(world)
    shop.wait(world, 3 * DAY)
    with world.writing():
        hand_over(world, "stock", "script")
    shop.wait(world, DAY)
    assert statuses(world, order_id) == ["Canceled"]


def test_whoever_plays_dispatch_plays_stock_along(make: Make) -> None:
    world = make("stock = 0")
    with world.writing():
        hand_over(world, "dispatch", "person")
    assert player_of(Run(world), "stock") == "person"
