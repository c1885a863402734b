"""The ledger: every entry takes money out of one account and puts it into another, so all of them add up to nothing."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sandbox.central.days import rfc3339
from sandbox.central.guide import Refused, rule
from sandbox.central.records import LINES_OF_A_FACT, Entry
from sandbox.central.search import PAGE, Page
from sandbox.central.tables import books
from sandbox.central.world import World


class TrialBalance(NamedTuple):
    """All accounts at one moment: they add up to nothing, and agree with orders, refunds and settlements."""

    balances: dict[str, int]
    differences: list[str]
    """What does not agree, in sentences."""

    @property
    def total_minor(self) -> int:
        """0, or the house has a bug."""
        return sum(self.balances.values())


def balances(world: World, after: int = 0) -> dict[str, int]:
    """What each account holds, in minor units; of the entries behind that number only, if one is given."""
    return books.balances(books.moved(world.tables, after))


def trial_balance(world: World) -> TrialBalance:
    """Whether the books agree."""
    return TrialBalance(*books.audited(world.tables))


def sums(world: World, after: int) -> dict[str, int]:
    """What the entries behind that number come to, by kind."""
    return books.sums(world.tables, after)


def sum_of(world: World, kind: str, after: int) -> int:
    """The same of one kind alone."""
    sql = "select ifnull(sum(amount_minor), 0) from entries where entry > ? and kind = ?"
    (amount,) = world.row(sql, (after, kind))
    return int(amount)


LINES = {
    "orders": {"OrderPayment": 1},
    "refunds": {"Refund": -1},
    "claims": {"Claim": -1, "Appeal": 1},
    "chargebacks": {"Chargeback": -1},
    "fees": {"Fee": -1, "RefundFee": 1, "ClaimFee": 1, "ChargebackFee": 1, "AppealFee": -1},
    "transferred": {"Transfer": -1},
}
"""Which kinds of entry make which line of a settlement, and their sign for the seller."""
NO_LINE = ("ClaimProtection", "ChargebackProtection", "Settlement", "Reserve")
"""Kinds that leave the seller's balance as it is: what the platform bears, and what goes from pocket to pocket."""
KINDS = (*(kind for kinds in LINES.values() for kind in kinds), *NO_LINE)
"""All kinds of entry."""
_SIGNS = {kind: sign for kinds in LINES.values() for kind, sign in kinds.items()}

LAST_NUMBER = 2**62
_CURSOR = re.compile(r"\d{1,18}", re.ASCII)


class Transaction(NamedTuple):
    """An entry of the ledger, with its order and its settlement."""

    entry: Entry
    order_id: str | None
    settlement: int
    """The one that has it, or the period that runs now."""

    @property
    def seller_minor(self) -> int:
        """What it did to the seller's balance."""
        return _SIGNS.get(self.entry.kind, 0) * self.entry.amount_minor


@rule(chapter=5, says="Every line of a settlement can be followed to the entries, and so to the orders, behind it.")
def transactions(
    world: World,
    order_id: str | None = None,
    settlement: int | None = None,
    kinds: tuple[str, ...] = (),
    line: str | None = None,
    since: int | None = None,
    before: int | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[Transaction]:
    """The newest first. Refused with UnknownOrder, UnknownSettlement, UnknownKind, ImpossibleSpan or UnknownCursor.

    Entries bear the numbers of their facts, so a moment is found among those, and new ones shift no page.
    """
    check_span(since, before)
    first, end = _of_settlement(world, settlement)
    if since is not None:
        first = max(first, _first_at(world, since))
    if before is not None:
        end = min(end, _first_at(world, before))
    if cursor is not None:
        end = min(end, opened(cursor))
    kinds = _checked_kinds(kinds, line)
    of_kinds = f"and e.kind in ({', '.join('?' * len(kinds))})" if kinds or line else ""
    sql = f"select e.* from {_entries(order_id)} {of_kinds} order by e.entry desc limit ?"
    number = () if order_id is None else (world.order(order_id).number,)
    rows = world.rows(sql, (*number, first, end, *kinds, limit + 1))
    found = [_transaction(world, Entry._make(row)) for row in rows[:limit]]
    return Page(found, str(found[-1].entry.entry) if len(rows) > limit else None)


def _entries(order_id: str | None) -> str:
    if order_id is None:
        return "entries e where e.entry >= ? and e.entry < ?"
    mine = f"e.entry between f.seq * {LINES_OF_A_FACT} and f.seq * {LINES_OF_A_FACT} + {LINES_OF_A_FACT - 1}"
    return f"facts f cross join entries e on {mine} where f.order_number = ? and e.entry >= ? and e.entry < ?"


def check_kind(kind: str) -> None:
    """Refused with UnknownKind for what is no kind of entry."""
    if kind not in KINDS:
        raise Refused("UnknownKind", f"There is no kind of entry {kind[:40]!r}. There are: {', '.join(KINDS)}.")


def _checked_kinds(kinds: tuple[str, ...], line: str | None) -> tuple[str, ...]:
    """Known kinds, of those that make the line."""
    for kind in kinds:
        check_kind(kind)
    if line is None:
        return kinds
    return tuple(kind for kind in LINES[line] if not kinds or kind in kinds)


_SETTLEMENT_OF = "select settlement from settlements where last_entry >= ? order by settlement limit 1"


def _transaction(world: World, entry: Entry) -> Transaction:
    row = world.row(_SETTLEMENT_OF, (entry.entry,))
    order_id = None if entry.order_number is None else world.ids.order_id(entry.order_number)
    return Transaction(entry, order_id, row[0] if row else world.clock.settlements + 1)


def _of_settlement(world: World, settlement: int | None) -> tuple[int, int]:
    """The numbers between which a settlement's entries are, the second not among them."""
    if settlement is None:
        return 0, LAST_NUMBER
    row = world.row("select first_entry, last_entry from settlements where settlement = ?", (settlement,))
    if row:
        return row[0], row[1] + 1
    running = world.clock.settlements + 1
    if settlement != running:
        raise Refused("UnknownSettlement", f"There is no settlement {settlement}: 1 to {running}, the last one runs.")
    (last,) = world.row("select ifnull(max(last_entry), 0) from settlements")
    return last + 1, LAST_NUMBER


def _first_at(world: World, at: int) -> int:
    """The number of the first entry there could be at that moment: facts come in the order of their moments."""
    sql = "select at from facts where seq = ?"
    seq = 1 + bisect_left(range(1, world.clock.facts + 1), at, key=lambda seq: world.row(sql, (seq,))[0])
    return seq * LINES_OF_A_FACT


def check_span(since: int | None, before: int | None) -> None:
    """Refused with ImpossibleSpan where it ends before it begins."""
    if since is not None and before is not None and before < since:
        raise Refused("ImpossibleSpan", f"From {rfc3339(since)} to {rfc3339(before)} is no span: it ends first.")


def opened(cursor: str) -> int:
    """The number that a cursor stands for. Refused with UnknownCursor."""
    if not _CURSOR.fullmatch(cursor):
        raise Refused("UnknownCursor", f"{cursor[:80]!r} is no cursor. Take next_cursor of an answer, as it is.")
    return int(cursor)


def behind(world: World, settlement: int, line: str, limit: int) -> tuple[int, Page[Transaction]]:
    """How many entries are behind a line of a settlement, and the first page of them; of `WHOLE` lines all of them."""
    if line in WHOLE:
        found = [_transaction(world, entry) for entry in WHOLE[line](world, settlement)]
        return len(found), Page(found, None)
    kinds = tuple(LINES[line])
    sql = f"select count(*) from entries where entry >= ? and entry < ? and kind in ({', '.join('?' * len(kinds))})"
    (count,) = world.row(sql, (*_of_settlement(world, settlement), *kinds))
    return int(count), transactions(world, settlement=settlement, line=line, limit=limit)


_NOTHING_CARRIED = (
    "select max(settlement) from settlements where settlement <= ? and opening_minor = -transferred_minor"
)
_OF_CLOSING = f"""
    settlements join entries e on e.entry between last_entry - {LINES_OF_A_FACT - 1} and last_entry"""
_LEFT = f"""
    select e.* from {_OF_CLOSING} where settlement between :first and :last union all
    select * from entries where kind = 'Transfer' and entry between
        (select last_entry + 1 from settlements where settlement = :first) and
        (select last_entry from settlements where settlement = :last)
    order by entry desc"""


def left_by(world: World, settlement: int) -> list[Entry]:
    """The entries that add up to what a closed settlement left, the newest first.

    Those that closed it; and where older money had not all gone to the bank by then, those that left that, too.
    """
    (first,) = world.row(_NOTHING_CARRIED, (settlement,))
    return [Entry._make(row) for row in world.rows(_LEFT, {"first": first, "last": settlement})]


_RESERVE = f"select e.* from {_OF_CLOSING} where settlement = ? and e.kind = 'Reserve'"
_RESERVE_CHANGED = "select max(settlement) from settlements where settlement <= ? and reserve_change_minor <> 0"


def reserve_changed_by(world: World, settlement: int) -> list[Entry]:
    """The entry by which a closed settlement changed the reserve; none where it stayed as it was."""
    return [Entry._make(row) for row in world.rows(_RESERVE, (settlement,))]


def reserve_made_by(world: World, settlement: int) -> list[Entry]:
    """The entry that made the reserve what it was when a settlement closed: its own, or an earlier one's."""
    (changed,) = world.row(_RESERVE_CHANGED, (settlement,))
    return reserve_changed_by(world, changed)


WHOLE: dict[str, Callable[[World, int], list[Entry]]] = {
    "opening": lambda world, settlement: left_by(world, settlement - 1),
    "reserve_change": reserve_changed_by,
}
"""Lines of few entries between the seller's own accounts: what a settlement began with, what its reserve did."""
ALL_LINES = ("opening", *LINES, "reserve_change")
"""All lines of a settlement, in their order."""


def entries_of_fact(world: World, fact: int) -> list[Entry]:
    """What one fact posted."""
    first = fact * LINES_OF_A_FACT
    rows = world.rows("select * from entries where entry between ? and ?", (first, first + LINES_OF_A_FACT - 1))
    return [Entry._make(row) for row in rows]


def entries_of_order(world: World, order_number: int) -> Iterator[Entry]:
    """An order's entries, the first one first: they bear the numbers of its facts."""
    for (fact,) in world.rows("select seq from facts where order_number = ? order by seq", (order_number,)):
        yield from entries_of_fact(world, fact)


def entries_between(world: World, since: int, until: int) -> tuple[int, int]:
    """The first and the last number that entries from `since` up to before `until` can have."""
    return _first_from(world, since), _first_from(world, until) - 1


def _first_from(world: World, moment: int) -> int:
    """The lowest number from which on no entry is older than `moment`: numbers run with time, so it is halved for."""
    low, high = 0, (world.clock.facts + 1) * LINES_OF_A_FACT
    while low < high:
        middle = (low + high) // 2
        found = world.row("select at from entries where entry >= ? order by entry limit 1", (middle,))
        if found and found[0] < moment:
            low = middle + 1
        else:
            high = middle
    return low
