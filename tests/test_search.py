"""Lists: orders by status, date and words, page by page; threads and messages by what waits (chapters 4 and 11)."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sandbox.central import messages, orders, search, shipments
from sandbox.central.days import DAY, HOUR
from sandbox.central.facts import Address
from sandbox.central.guide import Refused
from sandbox.central.orders import Piece
from sandbox.central.search import Page
from sandbox.central.world import World
from tests import shop

PRODUCTS = {3: ("TEA_100%", "Tea 100% pure"), 4: (r"A\B", "Tray_small"), 5: ("MUG-5", "Mug, Dilli blue")}
NAMES = {4: "Asha Rao", 5: "Dev O'Neil", 6: "Asha Mehta"}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[World]:
    """A quiet shop with three more products and three more buyers, named above by their numbers."""
    world = shop.quiet(tmp_path)
    for sku, title in PRODUCTS.values():
        world.do(orders.list_product, by="seller", sku=sku, title=title, price_minor=10_000)
    for name in NAMES.values():
        place = Address(name, "1 Mint Road", "Pune", "Maharashtra", "411001")
        world.do(orders.join, by="buyer", name=name, email="somebody@example.invalid", place=place)
    yield world
    world.close()


def bought(world: World, buyer: int, *products: int) -> str:
    pieces = [Piece(product, 1, 10_000) for product in products]
    (fact,) = world.do(orders.place, by="buyer", buyer=buyer, address=buyer, pieces=pieces)
    return fact.order_id  # type: ignore[attr-defined,no-any-return]


def found(world: World, words: str = "", **asked: Any) -> list[str]:
    return [row.order.order_id for row in search.orders(world, words=words, **asked).rows]


def ask(world: World, order_id: str, subject: str = "Shipping", view: str = "production") -> int:
    what = {"order_id": order_id, "subject": subject, "text": "Where is it?", "view": view}
    (fact,) = world.do(messages.ask, by="buyer", **what)
    return fact.thread  # type: ignore[attr-defined,no-any-return]


def reply(world: World, thread: int) -> None:
    world.do(messages.reply, by="seller", thread=thread, text="It left today.")


def pages(take: Callable[[str | None], Page[Any]]) -> Iterator[Page[Any]]:
    """All pages, each asked for when it is wanted."""
    page = take(None)
    yield page
    while page.next_cursor:
        page = take(page.next_cursor)
        yield page


# -- orders by status and date


def one_of_each(world: World) -> dict[str, str]:
    """An order in each status."""
    by_status = {"Pending": shop.place(world, pending=True)}
    for status in ("Unshipped", "PartiallyShipped", "Shipped", "Canceled"):
        by_status[status] = shop.place(world, (1, 2))
    item, _ = orders.items_of(world, world.order(by_status["PartiallyShipped"]))[0]
    ship = {"by": "seller", "carrier": "BlueDart"}
    world.do(shipments.confirm_shipment, order_id=by_status["PartiallyShipped"], items={item.item_id: 1}, **ship)
    world.do(shipments.confirm_shipment, order_id=by_status["Shipped"], **ship)
    world.do(orders.cancel, by="seller", order_id=by_status["Canceled"], reason="NoInventory")
    return by_status


@pytest.mark.parametrize("status", ["Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled"])
def test_orders_are_found_by_status(quiet: World, status: str) -> None:
    by_status = one_of_each(quiet)
    assert found(quiet, statuses=(status,)) == [by_status[status]]


@pytest.mark.parametrize(
    "statuses", [("Pending", "Unshipped"), ("Unshipped", "Shipped"), ("Shipped", "Canceled"), ("Shipped", "Shipped")]
)
def test_orders_are_found_by_several_statuses(quiet: World, statuses: tuple[str, ...]) -> None:
    by_status = one_of_each(quiet)
    assert set(found(quiet, statuses=statuses)) == {by_status[status] for status in statuses}


def test_without_a_status_all_orders_are_found_the_newest_first(quiet: World) -> None:
    placed = []
    for _ in range(3):
        placed.append(shop.place(quiet))
        shop.wait(quiet, HOUR)
    assert found(quiet) == placed[::-1]


def test_of_orders_placed_in_the_same_millisecond_the_last_one_is_first(quiet: World) -> None:
    placed = [shop.place(quiet) for _ in range(3)]
    assert found(quiet) == placed[::-1]


@pytest.mark.parametrize("status", ["", "unshipped", "Open", "Shipped' or 1=1"])
def test_another_status_is_refused(quiet: World, status: str) -> None:
    with pytest.raises(Refused) as refused:
        search.orders(quiet, statuses=("Shipped", status))
    assert refused.value.code == "UnknownStatus" and "There are: Pending, Unshipped," in refused.value.sentence


def test_orders_are_found_from_a_moment_on_and_before_another(quiet: World) -> None:
    placed = []
    for _ in range(4):
        placed.append(shop.place(quiet))
        shop.wait(quiet, DAY)
    start = shop.MONDAY
    assert found(quiet, placed_from=start + DAY, placed_before=start + 3 * DAY) == [placed[2], placed[1]]


def test_an_order_is_found_from_its_own_millisecond_on(quiet: World) -> None:
    order = quiet.order(shop.place(quiet))
    assert found(quiet, placed_from=order.placed_at, placed_before=order.placed_at + 1) == [order.order_id]


def test_an_order_is_not_found_before_its_own_millisecond(quiet: World) -> None:
    order = quiet.order(shop.place(quiet))
    assert found(quiet, placed_before=order.placed_at) == []


# -- orders by view


def test_each_view_lists_its_own_orders(quiet: World) -> None:
    real, tried = shop.place(quiet), shop.place(quiet, view="sandbox")
    assert (found(quiet), found(quiet, view="sandbox")) == ([real], [tried])


def test_the_id_of_the_other_views_order_finds_nothing(quiet: World) -> None:
    tried = shop.place(quiet, view="sandbox")
    assert found(quiet, tried) == []


@pytest.mark.parametrize("listed", [search.orders, search.threads, search.messages])
def test_a_list_of_another_view_is_refused(quiet: World, listed: Callable[..., Page[Any]]) -> None:
    with pytest.raises(Refused) as refused:
        listed(quiet, view="live")
    assert refused.value.code == "UnknownView" and "There are: production, sandbox" in refused.value.sentence


# -- orders by words


def test_an_order_is_found_by_its_id(market: World) -> None:
    wanted, _ = bought(market, 4, 3), bought(market, 4, 3)
    assert found(market, wanted) == [wanted]


@pytest.mark.parametrize("part", [slice(-4, None), slice(0, 11), slice(4, 11), slice(6, 15)])
def test_an_order_is_found_by_part_of_its_id(market: World, part: slice) -> None:
    wanted = bought(market, 4, 3)
    assert wanted in found(market, wanted[part])


def test_an_id_that_is_no_orders_finds_nothing(market: World) -> None:
    bought(market, 4, 3)
    assert found(market, "402-1234567-1234567") == []


@pytest.mark.parametrize("words", ["Asha Rao", "asha rao", "RAO", "ash rao", "Ra"])
def test_an_order_is_found_by_its_buyers_name(market: World, words: str) -> None:
    wanted, _, _ = bought(market, 4, 5), bought(market, 5, 5), bought(market, 6, 5)
    assert found(market, words) == [wanted]


@pytest.mark.parametrize("words", ["MUG-5", "mug-5", "ug-", "Mug,", "dilli blue", "blue dilli"])
def test_an_order_is_found_by_the_sku_or_the_title_of_a_line(market: World, words: str) -> None:
    wanted, _ = bought(market, 5, 3, 5), bought(market, 5, 3)
    assert found(market, words) == [wanted]


def test_every_word_must_be_found_somewhere_in_the_order(market: World) -> None:
    wanted, _, _ = bought(market, 4, 5), bought(market, 4, 3), bought(market, 6, 3)
    assert found(market, "asha mug rao") == [wanted]


def test_a_word_found_in_no_order_finds_nothing(market: World) -> None:
    bought(market, 4, 5)
    assert found(market, "asha samovar") == []


@pytest.mark.parametrize(
    ("word", "product"),
    [
        ("%", 3),
        ("100%", 3),
        ("0%_", None),
        ("_", None),
        ("y_s", 4),
        ("T%y", None),
        ("\\", 4),
        ("A\\B", 4),
        ("A_B", None),
    ],
)
def test_wildcards_are_letters_like_any_other(market: World, word: str, product: int | None) -> None:
    by_product = {number: bought(market, 5, number) for number in (3, 4, 5)}
    hits = {3, 4} if word == "_" else {product} - {None}
    assert set(found(market, word)) == {by_product[number] for number in hits}


@pytest.mark.parametrize("words", ["O'Neil", "' or 1=1 --", '"', "`", ";", "(", "*"])
def test_quotes_in_words_are_letters_too(market: World, words: str) -> None:
    wanted = bought(market, 5, 5)
    assert found(market, words) == ([wanted] if words == "O'Neil" else [])


@pytest.mark.parametrize("words", ["", " ", "\t\n"])
def test_no_words_find_all_orders(market: World, words: str) -> None:
    assert len({bought(market, 4, 5), bought(market, 5, 3)}) == len(found(market, words))


def test_words_and_status_and_date_hold_together(market: World) -> None:
    bought(market, 4, 5)
    shop.wait(market, HOUR)
    wanted, cancelled = bought(market, 4, 5), bought(market, 4, 5)
    market.do(orders.cancel, by="seller", order_id=cancelled, reason="NoInventory")
    assert found(market, "asha", statuses=("Unshipped",), placed_from=market.now) == [wanted]


def test_8_words_can_be_looked_for(market: World) -> None:
    wanted = bought(market, 4, 5)
    assert found(market, "asha " * 8) == [wanted]


def test_9_words_are_too_many(market: World) -> None:
    with pytest.raises(Refused) as refused:
        found(market, "asha " * 9)
    assert refused.value.code == "TooManyWords" and "9 words are too many" in refused.value.sentence


def test_a_list_shows_the_buyers_name_and_the_title_of_every_line(market: World) -> None:
    bought(market, 4, 5, 3)
    (row,) = search.orders(market).rows
    assert (row.buyer_name, row.titles) == ("Asha Rao", "Mug, Dilli blue\nTea 100% pure")


# -- pages


@pytest.mark.parametrize(("count", "limit", "sizes"), [(0, 2, [0]), (2, 2, [2]), (3, 2, [2, 1]), (5, 2, [2, 2, 1])])
def test_a_list_comes_page_by_page(quiet: World, count: int, limit: int, sizes: list[int]) -> None:
    for _ in range(count):
        shop.place(quiet)
    taken = pages(lambda cursor: search.orders(quiet, cursor=cursor, limit=limit))
    assert [len(page.rows) for page in taken] == sizes


def test_a_page_has_25_orders_if_nobody_says_otherwise(quiet: World) -> None:
    for _ in range(26):
        shop.place(quiet)
    assert len(search.orders(quiet).rows) == 25


@pytest.mark.parametrize("pause", [0, 1, DAY])
def test_orders_placed_meanwhile_neither_repeat_nor_hide_others(quiet: World, pause: int) -> None:
    placed = [shop.place(quiet) for _ in range(7)]
    seen: list[str] = []
    for page in pages(lambda cursor: search.orders(quiet, cursor=cursor, limit=2)):
        seen += [row.order.order_id for row in page.rows]
        shop.wait(quiet, pause)
        shop.place(quiet)
    assert seen == placed[::-1]


def test_orders_cancelled_meanwhile_hide_no_others(quiet: World) -> None:
    placed = [shop.place(quiet) for _ in range(6)]
    seen: list[str] = []
    for page in pages(lambda cursor: search.orders(quiet, statuses=("Unshipped",), cursor=cursor, limit=2)):
        seen += (last := [row.order.order_id for row in page.rows])
        quiet.do(orders.cancel, by="seller", order_id=last[0], reason="NoInventory")
    assert seen == placed[::-1]


def test_the_pages_of_a_busy_shop_hold_every_order_once(busy: World) -> None:
    shop.wait(busy, 4 * DAY)
    taken = pages(lambda cursor: search.orders(busy, cursor=cursor, limit=9))
    seen = [row.order.number for page in taken for row in page.rows]
    sql = "select number from orders where view = 'production' order by placed_at desc, number desc"
    assert seen == [number for (number,) in busy.execute(sql)]


LISTS = [search.orders, search.threads, search.messages]


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("cursor", ["", "1", "1.2.3", "-1.2", "a.b", "1.2 ", "१.२", "9" * 16 + ".1", "1." + "9" * 16])
def test_a_cursor_that_no_answer_gave_is_refused(quiet: World, listed: Callable[..., Page[Any]], cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        listed(quiet, cursor=cursor)
    assert refused.value.code == "UnknownCursor" and "Take next_cursor" in refused.value.sentence


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("limit", [-1, 0, 101, 10**30])
def test_a_page_holds_1_to_100_rows(quiet: World, listed: Callable[..., Page[Any]], limit: int) -> None:
    with pytest.raises(Refused) as refused:
        listed(quiet, limit=limit)
    assert refused.value.code == "InvalidLimit" and f"1 to 100 rows, not {limit}" in refused.value.sentence


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_may_hold_1_row_or_100(quiet: World, listed: Callable[..., Page[Any]], limit: int) -> None:
    ask(quiet, shop.place(quiet))
    assert len(listed(quiet, limit=limit).rows) == 1


# -- threads


def test_the_thread_last_written_in_is_first(quiet: World) -> None:
    first, second = shop.place(quiet), shop.place(quiet)
    for order_id in (first, second, first):
        ask(quiet, order_id)
        shop.wait(quiet, HOUR)
    assert [row.thread.order_id for row in search.threads(quiet).rows] == [first, second]


def test_a_thread_tells_how_many_messages_wait_and_since_when(quiet: World) -> None:
    order_id = shop.place(quiet)
    reply(quiet, ask(quiet, order_id))
    shop.wait(quiet, HOUR)
    since = quiet.now
    for _ in range(2):
        ask(quiet, order_id)
        shop.wait(quiet, HOUR)
    (row,) = search.threads(quiet).rows
    assert (row.waiting, row.waiting_since) == (2, since)


def test_an_answered_thread_waits_for_nothing(quiet: World) -> None:
    reply(quiet, ask(quiet, shop.place(quiet)))
    (row,) = search.threads(quiet).rows
    assert (row.waiting, row.waiting_since) == (0, None)


def test_threads_that_wait_can_be_listed_alone(quiet: World) -> None:
    answered, waiting = ask(quiet, shop.place(quiet)), ask(quiet, shop.place(quiet))
    reply(quiet, answered)
    assert [row.thread.thread for row in search.threads(quiet, waiting=True).rows] == [waiting]


def test_a_thread_whose_only_message_needs_no_response_does_not_wait(quiet: World) -> None:
    ask(quiet, shop.place(quiet))
    quiet.do(messages.mark_no_response_needed, by="seller", message=1)
    assert search.threads(quiet, waiting=True).rows == []


def test_the_threads_of_one_order_can_be_listed(quiet: World) -> None:
    order_id = shop.place(quiet)
    mine = [ask(quiet, order_id, subject) for subject in ("Shipping", "ProductDetails")]
    ask(quiet, shop.place(quiet))
    assert [row.thread.thread for row in search.threads(quiet, order_id=order_id).rows] == mine[::-1]


def test_threads_come_page_by_page(quiet: World) -> None:
    threads = [ask(quiet, shop.place(quiet)) for _ in range(5)]
    taken = pages(lambda cursor: search.threads(quiet, cursor=cursor, limit=2))
    assert [row.thread.thread for page in taken for row in page.rows] == threads[::-1]


def test_threads_show_the_buyer_with_the_masked_address(quiet: World) -> None:
    ask(quiet, shop.place(quiet))
    (row,) = search.threads(quiet).rows
    assert row.buyer == orders.details(quiet, row.thread.order_id).buyer


# -- messages


def test_messages_are_listed_over_all_threads_the_oldest_first(quiet: World) -> None:
    thread = ask(quiet, shop.place(quiet))
    shop.wait(quiet, HOUR)
    ask(quiet, shop.place(quiet))
    reply(quiet, thread)
    assert [row.message.message for row in search.messages(quiet).rows] == [1, 2, 3]


def test_messages_that_wait_can_be_listed_alone(quiet: World) -> None:
    reply(quiet, ask(quiet, shop.place(quiet)))
    ask(quiet, shop.place(quiet))
    assert [row.message.message for row in search.messages(quiet, waiting=True).rows] == [3]


def test_of_the_messages_that_wait_the_longest_waiting_one_is_on_top(quiet: World) -> None:
    answered = ask(quiet, shop.place(quiet))
    for _ in range(3):
        shop.wait(quiet, HOUR)
        ask(quiet, shop.place(quiet))
    reply(quiet, answered)
    assert [row.message.message for row in search.messages(quiet, waiting=True).rows] == [2, 3, 4]


def test_the_messages_of_one_order_can_be_listed(quiet: World) -> None:
    ask(quiet, shop.place(quiet))
    order_id = shop.place(quiet)
    reply(quiet, ask(quiet, order_id))
    assert [row.message.message for row in search.messages(quiet, order_id=order_id).rows] == [2, 3]


def test_a_message_is_listed_with_its_order_its_subject_and_its_buyer(quiet: World) -> None:
    order_id = shop.place(quiet)
    ask(quiet, order_id)
    (row,) = search.messages(quiet).rows
    assert (row.order_id, row.subject, row.buyer_name) == (
        order_id,
        "Shipping",
        orders.details(quiet, order_id).buyer.name,
    )


@pytest.mark.parametrize("pause", [0, HOUR])
def test_messages_written_meanwhile_come_last(quiet: World, pause: int) -> None:
    order_id = shop.place(quiet)
    for _ in range(4):
        ask(quiet, order_id)
    seen: list[int] = []
    for page in islice(pages(lambda cursor: search.messages(quiet, cursor=cursor, limit=2)), 3):
        seen += [row.message.message for row in page.rows]
        shop.wait(quiet, pause)
        ask(quiet, order_id)
    assert seen == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("listed", [search.threads, search.messages])
def test_what_was_written_in_the_sandbox_view_is_listed_there_alone(
    quiet: World, listed: Callable[..., Page[Any]]
) -> None:
    ask(quiet, shop.place(quiet, view="sandbox"), view="sandbox")
    assert (len(listed(quiet).rows), len(listed(quiet, view="sandbox").rows)) == (0, 1)


@pytest.mark.parametrize("listed", [search.threads, search.messages])
def test_a_list_of_an_order_that_is_not_there_is_refused(quiet: World, listed: Callable[..., Page[Any]]) -> None:
    with pytest.raises(Refused) as refused:
        listed(quiet, order_id="402-1234567-1234567")
    assert refused.value.code == "UnknownOrder"
