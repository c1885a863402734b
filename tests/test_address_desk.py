"""The desk that decides about another address: played along with the inbox, or by somebody of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.central import messages
from sandbox.central.days import DAY, HOUR
from sandbox.central.world import World
from sandbox.sim import players, words
from sandbox.sim.asking import about
from sandbox.sim.cast import STEPS, Run
from sandbox.sim.scenario import as_kept
from tests import shop

Shop = Callable[..., World]
INBOX_OF_A_PERSON = 'desks.inbox.played_by = "person"'
OF_A_PERSON, OF_A_SCRIPT = (f'desks.addresses.played_by = "{player}"' for player in ("person", "script"))


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """Opens a quiet shop whose scripted inbox answers at any hour, with changes."""
    opened: list[World] = []

    def begin(*changes: str) -> World:
        opened.append(shop.altered(tmp_path, shop.ALWAYS, *changes, name=f"shop-{len(opened)}"))
        return opened[-1]

    yield begin
    for world in opened:
        world.close()


def asks(world: World, topic: str) -> str:
    """The buyer of a new order writes about a topic; the order's id."""
    order_id = shop.place(world)
    with world.writing():
        for due in STEPS["asking.asks"](Run(world), world.now, about(order_id, topic)):
            world.put_off(due, None)
    return order_id


def hand(world: World, desk: str, player: str) -> None:
    with world.writing():
        players.hand_over(world, desk, player)


def both(world: World) -> tuple[str, str]:
    """Somebody wants another address, somebody else has a question."""
    return asks(world, words.ADDRESS), asks(world, words.PRODUCT)


def replies(world: World) -> dict[str, bool]:
    """Whether each order's message was answered within hours."""
    address, question = both(world)
    shop.wait(world, 5 * HOUR)
    (found,) = [dict(world.rows("select order_number, answered_at is not null from messages where sender = 'buyer'"))]
    number = world.ids.order_number
    return {"address": bool(found[number(address)]), "question": bool(found[number(question)])}


def test_whoever_plays_the_inbox_plays_it_along(open_shop: Shop) -> None:
    assert replies(open_shop()) == {"address": True, "question": True}
    assert replies(open_shop(INBOX_OF_A_PERSON)) == {"address": False, "question": False}


@pytest.mark.parametrize("player", ["person", "program"])
def test_a_script_leaves_wishes_for_another_address_to_whoever_plays_the_desk(open_shop: Shop, player: str) -> None:
    world = open_shop(f'desks.addresses.played_by = "{player}"')
    assert replies(world) == {"address": False, "question": True}


def test_a_script_answers_such_wishes_alone_where_a_person_plays_the_inbox(open_shop: Shop) -> None:
    assert replies(open_shop(INBOX_OF_A_PERSON, OF_A_SCRIPT)) == {"address": True, "question": False}


def test_a_script_that_gets_the_desk_takes_up_what_waits(open_shop: Shop) -> None:
    world = open_shop(OF_A_PERSON)
    asks(world, words.ADDRESS)
    shop.wait(world, 5 * HOUR)
    hand(world, "addresses", "script")
    shop.wait(world, HOUR)
    texts = [text for (text,) in world.rows("select text from messages where sender = 'seller'")]
    assert texts == [words.REFUSED]


def test_what_was_left_to_a_person_is_taken_up_once_the_script_has_the_inbox_again(open_shop: Shop) -> None:
    world = open_shop(INBOX_OF_A_PERSON, OF_A_SCRIPT)
    both(world)
    shop.wait(world, 5 * HOUR)
    hand(world, "inbox", "script")
    shop.wait(world, HOUR)
    assert world.row("select count(*) from messages where state = 'waiting'") == (0,)


def test_a_desk_that_is_handed_over_while_a_script_writes_gets_no_answer_of_it(open_shop: Shop) -> None:
    world = open_shop()
    asks(world, words.ADDRESS)
    shop.wait(world, 1)
    hand(world, "addresses", "person")
    shop.wait(world, DAY)
    assert world.row("select count(*) from messages where sender = 'seller'") == (0,)


@pytest.mark.parametrize("desk", ["stock", "addresses"])
def test_a_desk_that_is_played_along_can_be_away_alone_and_comes_back(open_shop: Shop, desk: str) -> None:
    plot = f'happenings = [{{what = "desk-away", day = 1, time = "11:00", days = 2, desk = "{desk}"}}]'
    world = open_shop(plot)
    shop.wait(world, DAY)
    away = players.player_of(Run(world), desk)
    shop.wait(world, 2 * DAY)
    assert (away, players.player_of(Run(world), desk)) == ("away", players.player_of(Run(world), followed(desk)))


def followed(desk: str) -> str:
    return {"stock": "dispatch", "addresses": "inbox"}[desk]


def test_wishes_wait_while_their_desk_is_away_and_are_answered_when_it_is_back(open_shop: Shop) -> None:
    world = open_shop('happenings = [{what = "desk-away", day = 1, time = "10:01", days = 1, desk = "addresses"}]')
    shop.wait(world, HOUR)
    asks(world, words.ADDRESS)
    shop.wait(world, 10 * HOUR)
    before = world.row("select count(*) from messages where sender = 'seller'")
    shop.wait(world, 20 * HOUR)
    assert (before, world.row("select count(*) > 0 from messages where sender = 'seller'")) == ((0,), (1,))


def test_a_parcel_goes_to_the_orders_own_address_where_a_person_decides_and_said_nothing(open_shop: Shop) -> None:
    scripted = '[desks.dispatch]\nplayed_by = "script"\nslip_share = 0\n[desks.stock]\nno_stock_share = 0\n'
    world = open_shop(scripted, OF_A_PERSON, 'desks.addresses.requests = "comply"')
    order_id = asks(world, words.ADDRESS)
    shop.wait(world, 3 * DAY)
    assert world.row("select address_ok from packages where order_number = ?", (world.ids.order_number(order_id),)) == (
        1,
    )


def test_a_world_of_before_these_desks_keeps_what_its_dispatch_desk_did() -> None:
    dispatch = {"slip_share": 0.5, "no_stock_share": 0.1, "out_of_stock": "wait", "address_requests": "comply"}
    found = as_kept({"title": "x", "desks": {"dispatch": dispatch}}).desks
    assert (found.dispatch.slip_share, found.stock.no_stock_share) == (0.5, 0.1)
    assert (found.stock.out_of_stock, found.addresses.requests) == ("wait", "comply")


# -- what is promised


WANTS = "buyers.wishes = {another_address = 1, hours = 2, insists = 1, reorders = 1, impostors = 0}"


@pytest.mark.parametrize(
    ("answer", "writes"),
    [
        ("Of course, we have noted it and send the parcel there.", 1),
        ("Unfortunately we cannot do that. Please cancel it and order again.", 2),
        ("We may only send to the address of the order, please order again.", 2),
        ("We don't change addresses once an order is placed, I am sorry.", 2),
    ],
)
def test_a_buyer_who_was_promised_it_waits_and_one_who_was_refused_goes_on(
    open_shop: Shop, answer: str, writes: int
) -> None:
    world = open_shop(WANTS, OF_A_PERSON)
    shop.place(world)
    while world.row("select count(*) from messages") == (0,):
        shop.wait(world, HOUR)
    world.do(messages.reply, by="seller", thread=1, text=answer)
    shop.wait(world, 6 * HOUR)
    assert world.row("select count(*) from messages where sender = 'buyer'") == (writes,)


@pytest.mark.parametrize(("answer", "refuses"), [(words.REFUSED, True), (words.COMPLIED, False)])
def test_the_scripts_own_words_are_read_alike(answer: str, refuses: bool) -> None:
    assert words.refuses(answer) == refuses


@pytest.mark.parametrize("topic", [words.FAULTY, words.WRONG, words.OTHERWISE, words.REGRET])
def test_the_script_refuses_no_return(topic: str) -> None:
    assert not words.refuses(words.TOPICS[topic].answer)
