"""Lists, page by page: orders by status, date and words; threads and messages by what waits (chapters 4 and 11)."""

import re
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from sandbox.central.guide import Refused, rule
from sandbox.central.orders import check_view
from sandbox.central.records import OPEN, PRODUCTION, STATUSES, Buyer, Message, Order, Thread
from sandbox.central.world import World

PAGE, PAGE_AT_MOST = 25, 100
WORDS_AT_MOST = 8

_CURSOR = re.compile(r"(\d{1,15})\.(\d{1,15})", re.ASCII)
_PART_OF_ORDER_ID = re.compile(r"[\d-]{4,19}", re.ASCII)

Row = TypeVar("Row")


class Page(NamedTuple, Generic[Row]):
    """Some rows, and where the next ones begin."""

    rows: list[Row]
    next_cursor: str | None


class FoundOrder(NamedTuple):
    """An order as a list shows it."""

    order: Order
    buyer_name: str
    titles: str
    """The titles of its lines, one under the other."""


class FoundThread(NamedTuple):
    """A thread as the inbox shows it."""

    thread: Thread
    buyer: Buyer
    waiting: int
    """Messages of the buyer that wait for a reply."""
    waiting_since: int | None


class FoundMessage(NamedTuple):
    """A message in a list over all threads."""

    message: Message
    order_id: str
    subject: str
    buyer_name: str


@rule(chapter=4, says="Orders can be found day by day by status, date, order id, buyer, SKU and title.")
def orders(
    world: World,
    statuses: tuple[str, ...] = (),
    placed_from: int | None = None,
    placed_before: int | None = None,
    words: str = "",
    cursor: str | None = None,
    limit: int = PAGE,
    view: str = PRODUCTION,
) -> Page[FoundOrder]:
    """The newest first. A cursor stays where it is: orders placed meanwhile neither repeat nor hide others."""
    where, values = ["view = ?"], [_known_view(view)]
    if statuses:
        where.append(f"status in ({', '.join('?' * len(statuses))})")
        values += [_known_status(status) for status in statuses]
    if placed_from is not None:
        where.append("placed_at >= ?")
        values.append(placed_from)
    if placed_before is not None:
        where.append("placed_at < ?")
        values.append(placed_before)
    if cursor is not None:
        where.append("(placed_at, number) < (?, ?)")
        values += opened(cursor)
    for clause, clause_values in _words_found(world, words):
        where.append(clause)
        values += clause_values
    table = "orders"
    if statuses and set(statuses) <= set(OPEN):  # few: walk those alone
        table = "orders indexed by orders_open"
        where.append("is_open")
    sql = f"select * from {table} where {' and '.join(where)} order by placed_at desc, number desc limit ?"
    rows = world.execute(sql, (*values, page_size(limit) + 1))
    found = page_of([Order._make(row) for row in rows], limit, lambda last: (last.placed_at, last.number))
    return Page([_found(world, order) for order in found.rows], found.next_cursor)


_LIST_EXTRAS = """
    select (select name from buyers where buyer = ?), group_concat(title, char(10))
    from items join products using (product) where order_number = ?"""


def _found(world: World, order: Order) -> FoundOrder:
    name, titles = world.row(_LIST_EXTRAS, (order.buyer, order.number))
    return FoundOrder(order, name, titles)


def _words_found(world: World, words: str) -> list[tuple[str, list[Any]]]:
    """For each word, orders that have it somewhere: order id, buyer's name, SKU or title."""
    asked = words.split()
    if len(asked) > WORDS_AT_MOST:
        raise Refused("TooManyWords", f"{len(asked)} words are too many to look for; take up to {WORDS_AT_MOST}.")
    return [_word_found(world, word) for word in asked]


def _word_found(world: World, word: str) -> tuple[str, list[Any]]:
    if not word.isprintable():
        return "false", []
    number = world.ids.order_number(word)
    if number is not None:
        return "number = ?", [number]
    like = "%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    products = _numbers(
        world, r"select product from products where sku like ? escape '\' or title like ? escape '\'", like, like
    )
    buyers = _numbers(world, r"select buyer from buyers where name like ? escape '\'", like)
    ways = []
    if products:
        ways.append(f"select order_number from items where product in ({products})")
    if buyers:
        ways.append(f"select number from orders indexed by orders_placed where buyer in ({buyers})")
    values: list[Any] = []
    if _PART_OF_ORDER_ID.fullmatch(word):
        ways.append("select number from orders where order_id like ?")
        values.append(f"%{word}%")
    return (f"number in ({' union '.join(ways)})", values) if ways else ("false", [])


def _numbers(world: World, sql: str, *values: str) -> str:
    return ", ".join(str(row[0]) for row in world.execute(sql, values))


def threads(
    world: World,
    waiting: bool = False,
    order_id: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    view: str = PRODUCTION,
) -> Page[FoundThread]:
    """Threads, the one last written in first; `waiting` keeps those in which a buyer waits for a reply."""
    only = "t.thread in (select thread from messages where state = 'waiting')" if waiting else "true"
    where, values = _inbox(world, view, order_id, cursor, "(t.last_at, t.thread) < (?, ?)")
    sql = f"""
        select t.*, b.*, (select count(*) from messages m where m.thread = t.thread and state = 'waiting'),
            (select min(at) from messages m where m.thread = t.thread and state = 'waiting')
        from threads t join orders o on o.number = t.order_number join buyers b on b.buyer = o.buyer
        where {only} and {where} order by t.last_at desc, t.thread desc limit ?"""
    cut, end = len(Thread._fields), len(Thread._fields) + len(Buyer._fields)
    rows = world.execute(sql, (*values, page_size(limit) + 1))
    found = [FoundThread(Thread._make(row[:cut]), Buyer._make(row[cut:end]), *row[end:]) for row in rows]
    return page_of(found, limit, lambda last: (last.thread.last_at, last.thread.thread))


@rule(
    chapter=11,
    says="All messages stand in one list, the oldest first, and so do those that wait, the longest waiting on top.",
)
def messages(
    world: World,
    waiting: bool = False,
    order_id: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    view: str = PRODUCTION,
) -> Page[FoundMessage]:
    """Messages of all threads, the oldest first; `waiting` keeps those of buyers that wait for a reply."""
    only = "m.state = 'waiting'" if waiting else "true"
    where, values = _inbox(world, view, order_id, cursor, "(m.at, m.message) > (?, ?)")
    sql = f"""
        select m.*, o.order_id, t.subject, b.name from messages m join threads t using (thread)
        join orders o on o.number = m.order_number join buyers b on b.buyer = o.buyer
        where {only} and {where} order by m.at, m.message limit ?"""
    cut = len(Message._fields)
    rows = world.execute(sql, (*values, page_size(limit) + 1))
    found = [FoundMessage(Message._make(row[:cut]), *row[cut:]) for row in rows]
    return page_of(found, limit, lambda last: (last.message.at, last.message.message))


def _inbox(world: World, view: str, order_id: str | None, cursor: str | None, behind: str) -> tuple[str, list[Any]]:
    """What threads and messages are asked for alike: a view, an order, and what lies behind a cursor."""
    where, values = ["o.view = ?"], [_known_view(view)]
    if order_id is not None:
        where.append("o.number = ?")
        values.append(world.order(order_id).number)
    if cursor is not None:
        where.append(behind)
        values += opened(cursor)
    return " and ".join(where), values


def page_of(found: list[Row], limit: int, place: Callable[[Row], tuple[int, int]]) -> Page[Row]:
    """The page of one row more than it holds: that one only tells that there is another page."""
    page = found[:limit]
    return Page(page, "{}.{}".format(*place(page[-1])) if len(found) > limit else None)


def _known_view(view: str) -> Any:
    check_view(view)
    return view


def _known_status(status: str) -> Any:
    if status not in STATUSES:
        raise Refused("UnknownStatus", f"There is no status {status!r}. There are: {', '.join(STATUSES)}.")
    return status


def page_size(limit: int) -> int:
    """The rows that a page is asked to hold. Refused with InvalidLimit."""
    if not 1 <= limit <= PAGE_AT_MOST:
        raise Refused("InvalidLimit", f"A page holds 1 to {PAGE_AT_MOST} rows, not {limit}.")
    return limit


def opened(cursor: str) -> list[Any]:
    """The place that a cursor names. Refused with UnknownCursor."""
    found = _CURSOR.fullmatch(cursor)
    if not found:
        raise Refused("UnknownCursor", f"{cursor[:80]!r} is no cursor. Take next_cursor of an answer, as it is.")
    return [int(found[1]), int(found[2])]
