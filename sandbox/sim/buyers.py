"""Buyers: what an order brings with it: its payment, its buyer's wishes, and patience that ends (chapters 3 and 8)."""

from sandbox.central import orders
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.facts import OrderPlaced
from sandbox.central.guide import Due
from sandbox.central.payments import left_minor
from sandbox.central.records import Order
from sandbox.sim import complaints, wishes, words
from sandbox.sim.asking import STILL, about, at_their_hour, is_delivered, is_open
from sandbox.sim.cast import Dues, Run, Those, reacts_to, step, worked_out_once
from sandbox.sim.luck import lognormal

# Places of an order's uniforms, after those of the basket.
PENDING_TIME, ASKS, PATIENCE, ASKS_HOUR = 7, 8, 9, 11


@reacts_to(OrderPlaced)
def waits(run: Run, fact: OrderPlaced, number: int) -> Dues:
    """What an order brings with it: its payment comes through, and some buyers will want something or ask."""
    if (fact.pending or number in _stirred(run)) and fact.view == "production":
        return _stirs(run, fact, number)
    return ()


def _stirs(run: Run, fact: OrderPlaced, number: int) -> Dues:
    draws, buyers = run.order_luck(number), run.scenario.buyers
    if fact.pending:
        wait = lognormal(draws[PENDING_TIME], run.scenario.demand.pending_minutes * MINUTE, 1.0)
        yield Due(fact.at + int(wait), "buyers.pays", fact.order_id)
    if draws[ASKS] < buyers.ask_share:
        patience = lognormal(draws[PATIENCE], buyers.patience_days * DAY, buyers.patience_sigma)
        asks_at = at_their_hour(run, fact.at + int(patience), draws[ASKS_HOUR])
        yield Due(max(asks_at, fact.at + HOUR), "buyers.runs_out_of_patience", fact.order_id)
    wish = wishes.wish_of(run, draws[wishes.WISH])
    if wish is not None:
        yield from wishes.wished(run, fact, draws, wish)
    if finds := complaints.finds_payment(run, number, draws, wish):
        yield complaints.will_find(run, fact, number, draws, finds)


@worked_out_once
def _stirred(run: Run) -> Those:
    """The orders whose buyers may do something before the parcel comes; most just wait."""
    buyers = run.scenario.buyers
    finds = buyers.disputes.fraud + buyers.disputes.charged_twice
    shares = {ASKS: buyers.ask_share, wishes.WISH: wishes.edges(run)[-1], complaints.FRAUD: finds}
    return run.few("order", 16, shares)


@step
def pays(run: Run, at: int, order_id: str) -> Dues:
    """A pending order's payment comes through."""
    run.world.do(orders.authorise, by="amazon", order_id=order_id)
    return ()


@step
def runs_out_of_patience(run: Run, at: int, order_id: str) -> Dues:
    """Asks where the order is, by what its status says."""
    order = run.world.order(order_id)
    topic = words.UNSHIPPED if order.confirmed_at is None else words.WHERE
    yield Due(at, "asking.asks", about(order_id, topic))


def _is_missed(run: Run, order: Order) -> bool:
    is_paid_back = order.confirmed_at is not None and left_minor(order) <= 0
    return is_open(run, order) and not is_paid_back and not is_delivered(run, order)


STILL[words.WHERE] = STILL[words.UNSHIPPED] = _is_missed
