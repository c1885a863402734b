"""The facts as whoever follows them asks for them: by kind, order, actor and moment."""

from bisect import bisect_left
from typing import NamedTuple

from sandbox.central.records import FactRow
from sandbox.central.world import World


class Wanted(NamedTuple):
    """Which facts; all, where nothing is said."""

    kinds: tuple[str, ...] = ()
    order_id: str | None = None
    by: tuple[str, ...] = ()
    """Who: any of these, or of those that begin so, such as `seller`."""
    since: int | None = None
    """The earliest moment."""
    until: int | None = None
    """The moment before which they happened."""


def feed(world: World, after: int, limit: int, wanted: Wanted) -> list[FactRow]:
    """Facts in the order in which they happened, from the one behind number `after` on.

    Refused with UnknownOrder.
    """
    begins = after if wanted.since is None else max(after, _before(world, wanted.since))
    tests: list[tuple[str, tuple[object, ...]]] = [("seq > ?", (begins,))]
    if wanted.until is not None:
        tests.append(("seq <= ?", (_before(world, wanted.until),)))
    if wanted.kinds:
        tests.append((f"kind in ({', '.join('?' * len(wanted.kinds))})", wanted.kinds))
    if wanted.order_id is not None:
        tests.append(("order_number = ?", (world.order(wanted.order_id).number,)))
    if wanted.by:
        ways = " or ".join(['substr("by", 1, ?) = ?'] * len(wanted.by))
        tests.append((f"({ways})", tuple(part for one in wanted.by for part in (len(one), one))))
    where = " and ".join(test for test, _ in tests)
    values = (*(value for _, given in tests for value in given), limit)
    return [FactRow(*row) for row in world.rows(f"select * from facts where {where} order by seq limit ?", values)]


def _before(world: World, moment: int) -> int:
    """The number of the last fact before a moment: numbers and moments run on together."""
    (last,) = world.row("select ifnull(max(seq), 0) from facts")
    return bisect_left(range(1, last + 1), moment, key=lambda seq: world.row(_AT, (seq,))[0])


_AT = "select at from facts where seq = ?"
