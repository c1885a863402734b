"""The ledger: every entry takes money out of one account and puts it into another, so all of them add up to nothing."""

from collections.abc import Iterator

from sandbox.central.records import LINES_OF_A_FACT, Entry
from sandbox.central.tables import books
from sandbox.central.world import World


def balances(world: World, after: int = 0) -> dict[str, int]:
    """What each account holds, in minor units; of the entries behind that number only, if one is given."""
    return books.balances(world.tables, after)


def sums(world: World, after: int) -> dict[str, int]:
    """What the entries behind that number come to, by kind."""
    world.post()
    return dict(world.rows("select kind, sum(amount_minor) from entries where entry > ? group by kind", (after,)))


def entries_of_fact(world: World, fact: int) -> list[Entry]:
    """What one fact posted."""
    first = fact * LINES_OF_A_FACT
    world.post()
    rows = world.rows("select * from entries where entry between ? and ?", (first, first + LINES_OF_A_FACT - 1))
    return [Entry._make(row) for row in rows]


def entries_of_order(world: World, order_number: int) -> Iterator[Entry]:
    """An order's entries, the first one first: they bear the numbers of its facts."""
    for (fact,) in world.rows("select seq from facts where order_number = ? order by seq", (order_number,)):
        yield from entries_of_fact(world, fact)


def entries_between(world: World, since: int, until: int) -> tuple[int, int]:
    """The first and the last number that entries from `since` up to before `until` can have."""
    world.post()
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
