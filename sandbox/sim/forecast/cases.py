"""The open cases that move a forecast most: what still hangs over each order, and what it comes to."""

from math import sqrt
from typing import Any, NamedTuple

from sandbox.central import health
from sandbox.central.days import wall_clock
from sandbox.central.disputes import ACTION_REQUIRED, CLAIM, disputes_of
from sandbox.central.orders import packages_of
from sandbox.central.payments import in_words
from sandbox.central.records import CANCELED, PENDING, Order
from sandbox.central.returns import return_of
from sandbox.central.world import World
from sandbox.sim.forecast.future import HARMS
from sandbox.sim.replication import Outcome
from sandbox.sim.statistics import wilson

TOLD = 5
"""Orders that are named for each measure."""
_RATES = {
    "late": "late-shipment",
    "cancelled": "cancellation",
    "defective": "order-defect",
    "late_replies": "response-time",
}
MONEY = "money"


class Harm(NamedTuple):
    """What one order comes to, over all futures."""

    number: int
    runs: int
    """Futures in which it turned out bad."""
    mean: float
    """What it comes to in those; in the others it is nothing."""
    spread: float
    """The standard deviation over all futures."""


def moving(world: World, futures: list[Outcome]) -> list[dict[str, Any]]:
    """For each rate, and for money, the orders whose own part in it differs most from future to future.

    `moves` is the difference of the means of what the order itself adds, between the futures in which it turned out bad
    and the others: points of the rate, by as many orders or messages as count now, or money that its buyer got back or
    never paid. `spread` is the standard deviation of that over all futures, by which they are ranked. What one order
    does to another, such as an agent's time, is not in it.
    """
    out_of = {rate.name: rate.out_of for rate in reversed(health.scored_rates(world))}
    found = []
    for place, harm in enumerate(HARMS):
        rate = _RATES.get(harm)
        unit = 100 / max(1, out_of[rate]) if rate else 1.0
        found.append(
            {
                "measure": rate or MONEY,
                "unit": "points" if rate else "minor",
                "orders": [_told(world, one, unit, len(futures)) for one in _harmed(futures, place)[:TOLD]],
            }
        )
    return found


def _harmed(futures: list[Outcome], place: int) -> list[Harm]:
    """The orders that turn out bad in some futures and not in others, the greatest spread first."""
    values: dict[int, list[int]] = {}
    for one in futures:
        for number, harms in one["harmed"].items():
            if harms[place]:
                values.setdefault(int(number), []).append(harms[place])
    found = [_harm(number, mine, len(futures)) for number, mine in values.items()]
    return sorted((harm for harm in found if harm.spread), key=lambda harm: (-harm.spread, harm.number))


def _harm(number: int, values: list[int], runs: int) -> Harm:
    total, squares = sum(values), sum(value * value for value in values)
    return Harm(number, len(values), total / len(values), sqrt(runs * squares - total * total) / runs)


def _told(world: World, harm: Harm, unit: float, runs: int) -> dict[str, Any]:
    order = world.order(world.ids.order_id(harm.number))
    return {
        "order_id": order.order_id,
        "hangs": hanging(world, order),
        "chance": {"count": harm.runs, "runs": runs} | wilson(harm.runs, runs)._asdict(),
        "moves": harm.mean * unit,
        "spread": harm.spread * unit,
    }


# -- what hangs over it


def hanging(world: World, order: Order) -> str:
    """What is open about an order, in a sentence; of several things the most pressing."""
    for told in (_dispute, _message, _return, _not_sent, _on_its_way):
        if sentence := told(world, order):
            return sentence
    if order.status == CANCELED:
        return "It is cancelled; its buyer may still want something."
    return "It was delivered; its buyer may still rate it, find fault with it, or have the bank take the money back."


def _dispute(world: World, order: Order) -> str:
    found = [dispute for dispute in disputes_of(world, order) if dispute.closed_at is None]
    if not found:
        return ""
    kind, amount = found[-1].kind, in_words(found[-1].amount_minor, world.currency)
    if found[-1].state == ACTION_REQUIRED:
        return f"A {kind} of {amount} waits for the seller until {wall_clock(found[-1].respond_by)}."
    return f"A {kind} of {amount} is {'looked at' if kind == CLAIM else 'with the bank'}."


def _message(world: World, order: Order) -> str:
    sql = "select min(at) from messages where order_number = ? and state = 'waiting'"
    (since,) = world.row(sql, (order.number,))
    return f"A message waits for an answer since {wall_clock(since)}." if since is not None else ""


def _return(world: World, order: Order) -> str:
    found = return_of(world, order.number)
    if found is None or order.refunding_minor + order.refunded_minor + order.reversed_minor:
        return ""
    if found.arrived_at is None:
        return f"It is on its way back since {wall_clock(found.sent_at)}."
    return f"It came back on {wall_clock(found.arrived_at)}, and nobody has paid for it."


def _not_sent(world: World, order: Order) -> str:
    if not order.is_open:
        return ""
    if order.status == PENDING:
        return "Its payment is pending."
    when = "should have left by" if order.dispatch_by < world.now else "is to leave by"
    return f"It is not shipped; it {when} {wall_clock(order.dispatch_by)}."


def _on_its_way(world: World, order: Order) -> str:
    ends = ("delivered_at", "lost_at", "returned_at")
    on_its_way = [one for one in packages_of(world, order) if all(getattr(one, end) is None for end in ends)]
    if not on_its_way:
        return ""
    when = "was promised until" if order.deliver_by < world.now else "is promised until"
    return f"It is on its way since {wall_clock(on_its_way[0].confirmed_at)} and {when} {wall_clock(order.deliver_by)}."
