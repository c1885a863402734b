"""The performance lists: disputes by the time left, feedback and its summary, notices (chapters 9 and 12)."""

from typing import Any, NamedTuple

from sandbox.central import chargebacks, claims
from sandbox.central.days import DAY, LAST_MOMENT
from sandbox.central.disputes import ACTION_REQUIRED, CLAIM, CLOSED, Case, Verdict, case_of, dispute_of
from sandbox.central.feedback import feedback_of
from sandbox.central.guide import rule
from sandbox.central.orders import check_view
from sandbox.central.records import PRODUCTION, Dispute, Feedback, Notice
from sandbox.central.search import PAGE, Page, opened, page_of, page_size
from sandbox.central.world import World

SUMMARY_DAYS = (30, 90, 365, None)
"""The columns of the feedback summary; the last one is all that ever was."""


class FoundDispute(NamedTuple):
    """A claim or chargeback with what speaks for and against the seller now."""

    dispute: Dispute
    buyer_name: str
    case: Case
    verdict: Verdict | None
    """How it would end if it were answered and judged now; None once it has ended, and where a bank may decide."""
    won_percent: float | None
    """Of an open chargeback: how often a bank decides for the seller in such a case."""
    appeal_by: int | None
    """Of a claim granted at the seller's cost: the end of the time to appeal."""
    decided_at: int | None
    """Of a claim that was answered or appealed: when the platform decides. A bank takes its time."""


class FoundFeedback(NamedTuple):
    """A feedback as the Feedback Manager shows it."""

    feedback: Feedback
    buyer_name: str


class Ratings(NamedTuple):
    """A column of the feedback summary: how many feedbacks of each kind, and what share of all, rounded."""

    days: int | None
    """None for all that ever was."""
    positive: int
    neutral: int
    negative: int

    def percent(self, count: int) -> int | None:
        """A share of all, to the nearest percent; three of them may come to 99 or 101. None without any feedback."""
        total = self.positive + self.neutral + self.negative
        return (200 * count + total) // (2 * total) if total else None


# -- claims and chargebacks

_PLACE = f"iif(state = '{ACTION_REQUIRED}', respond_by, {3 * LAST_MOMENT} - filed_at)"
"""Deadlines lie before `LAST_MOMENT`, and all that needs no answer behind it, the newest first."""


@rule(
    chapter=9, says="Of claims and chargebacks those that need an answer stand first, the least time left at the top."
)
def disputes(
    world: World,
    kind: str,
    states: tuple[str, ...] = (),
    order_id: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    view: str = PRODUCTION,
) -> Page[FoundDispute]:
    """Claims or chargebacks; behind those that need an answer come the others, the newest first."""
    where, values = _asked(world, view, order_id, "d.state", states)
    where.append("kind = ?")
    values.append(kind)
    if cursor is not None:
        where.append(f"({_PLACE}, dispute) > (?, ?)")
        values += opened(cursor)
    sql = f"""
        select d.*, {_PLACE} from disputes d join orders o on o.number = d.order_number
        where {" and ".join(where)} order by {_PLACE}, dispute limit ?"""
    rows = world.rows(sql, (*values, page_size(limit) + 1))
    page = page_of(rows, limit, lambda last: (last[-1], last[0]))
    return Page([_found(world, Dispute._make(row[:-1])) for row in page.rows], page.next_cursor)


def dispute(world: World, kind: str, number: int, view: str = PRODUCTION) -> FoundDispute:
    """One of them. Refused with UnknownClaim, UnknownChargeback or WrongView."""
    return _found(world, dispute_of(world, number, kind, view))


def _found(world: World, found: Dispute) -> FoundDispute:
    order = world.order(found.order_id)
    (buyer_name,) = world.row("select name from buyers where buyer = ?", (order.buyer,))
    case = case_of(world, order, found.evidence)
    if found.state == CLOSED:
        return FoundDispute(found, buyer_name, case, None, None, claims.appeal_by(world, found), None)
    if found.kind == CLAIM:
        verdict, decided_at = claims.verdict(world, found), claims.decided_at(world, found)
        return FoundDispute(found, buyer_name, case, verdict, None, None, decided_at)
    certain, won_percent = chargebacks.certain(world, found), chargebacks.odds_percent(world, found)
    return FoundDispute(found, buyer_name, case, certain, won_percent, None, None)


def _asked(
    world: World, view: str, order_id: str | None, column: str, among: tuple[object, ...]
) -> tuple[list[str], list[Any]]:
    """What these lists are asked for alike: a view, an order, and some values of a column."""
    check_view(view)
    where = ["o.view = ?"]
    values: list[Any] = [view]
    if order_id is not None:
        where.append("o.number = ?")
        values.append(world.order(order_id).number)
    if among:
        where.append(f"{column} in ({', '.join('?' * len(among))})")
        values += among
    return where, values


# -- feedback


@rule(chapter=12, says="The seller watches the feedback: all ratings in one list, the newest first.")
def feedback(
    world: World,
    ratings: tuple[int, ...] = (),
    states: tuple[str, ...] = (),
    order_id: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    view: str = PRODUCTION,
) -> Page[FoundFeedback]:
    """Feedback in any of these states with any of these ratings."""
    where, values = _asked(world, view, order_id, "rating", ratings)
    if states:
        where.append(f"state in ({', '.join('?' * len(states))})")
        values += states
    if cursor is not None:
        where.append("(left_at, order_number) < (?, ?)")
        values += opened(cursor)
    sql = f"""
        select f.*, b.name from feedback f join orders o on o.number = f.order_number
        join buyers b on b.buyer = o.buyer where {" and ".join(where)}
        order by left_at desc, order_number desc limit ?"""
    rows = world.rows(sql, (*values, page_size(limit) + 1))
    found = [FoundFeedback(Feedback._make(row[:-1]), row[-1]) for row in rows]
    return page_of(found, limit, lambda last: (last.feedback.left_at, last.feedback.order_number))


def feedback_on(world: World, order_id: str, view: str = PRODUCTION) -> FoundFeedback:
    """An order's feedback. Refused with NoFeedback or WrongView."""
    found = feedback_of(world, order_id, view)
    (name,) = world.row("select name from buyers where buyer = ?", (world.order(order_id).buyer,))
    return FoundFeedback(found, name)


_RATED = """
    select ifnull(sum(rating > 3), 0), ifnull(sum(rating = 3), 0), ifnull(sum(rating < 3), 0)
    from feedback where left_at > ? and state not in ('removed', 'withdrawn')"""


def feedback_summary(world: World) -> list[Ratings]:
    """How many ratings were positive, neutral and negative lately; what was removed or withdrawn does not count."""
    return [
        Ratings(days, *world.row(_RATED, (-1 if days is None else world.now - days * DAY,))) for days in SUMMARY_DAYS
    ]


# -- notices


def notices(world: World, cursor: str | None = None, limit: int = PAGE) -> Page[Notice]:
    """The performance notifications, the last one first."""
    behind, values = ("(at, notice) < (?, ?)", opened(cursor)) if cursor is not None else ("true", [])
    sql = f"select * from notices where {behind} order by at desc, notice desc limit ?"
    found = [Notice._make(row) for row in world.rows(sql, (*values, page_size(limit) + 1))]
    return page_of(found, limit, lambda last: (last.at, last.notice))
