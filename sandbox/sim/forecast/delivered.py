"""What comes after delivery: ratings, and what buyers find wrong with what they got; or ratings of what never came."""

from sandbox.central.days import DAY
from sandbox.central.facts import ParcelDelivered, ParcelLost, ParcelReturned
from sandbox.central.guide import Due
from sandbox.sim import asking, receiving
from sandbox.sim.cast import Run
from sandbox.sim.forecast.book import Block, Places
from sandbox.sim.forecast.present import Coming, Happened, Present

_RATING = (receiving.RATES, receiving.RATING, receiving.RATES_WHEN, receiving.PRODUCT)
_FAULT = (receiving.FAULT, receiving.FAULT_WHEN)
_RATES = "receiving.rates"


def orders(present: Present) -> None:
    """Add what comes of every order's first delivery."""
    first: dict[int, Happened] = {}
    for one in present.facts(ParcelDelivered):
        first.setdefault(one.number, one)
    sql = "select number, confirmed_at from orders where placed_at > ? and view = 'production'"
    confirmed = dict(present.world.rows(sql, (present.since,)))
    for number, one in first.items():
        if number in confirmed:
            _delivered(present, one, confirmed[number])


def _delivered(present: Present, one: Happened, confirmed_at: int) -> None:
    seq, fact, number = one
    over = present.replace_pending(list(receiving.comes_of_it(present.past, fact, number)))
    free: dict[Block, Places] = {("after", number): (), ("hours", number): ()}
    parts = ((_RATING, asking.RATES, _RATES in over), (_FAULT, asking.FINDS_FAULT, bool(over - {_RATES})))
    for places, hour, is_over in parts:
        if is_over:
            present.keep(("after", number), *places)
            present.keep(("hours", number), hour)
        else:
            free = {
                ("after", number): (*free["after", number], *places),
                ("hours", number): (*free["hours", number], hour),
            }
    opens, now = confirmed_at + present.world.policy.feedback_opens_days * DAY, present.now
    done = over if over <= {_RATES} else {*over, "receiving.regrets", "complaints.is_troubled_by"}

    def plan(run: Run) -> list[Coming] | None:
        coming = []
        for due in receiving.comes_of_it(run, fact, number):
            if due.step not in done:
                at = due.at
                if due.step == _RATES and at <= now and at < opens:
                    at = asking.from_then_on(run, number, asking.RATES, opens)
                if at <= now:
                    return None
                coming.append(Coming(Due(at, due.step, due.ref), seq))
        return coming

    if free["after", number]:
        present.add(free, plan)


def never(present: Present) -> None:
    """Add when those have their say whose parcel is known not to come."""
    for kind in (ParcelLost, ParcelReturned):
        for one in present.facts(kind):
            _never(present, one)


def _never(present: Present, one: Happened) -> None:
    seq, fact, number = one
    now, after, hours = present.now, ("after", number), ("hours", number)
    dues = list(receiving.never_comes(present.past, fact, number))
    if not dues:
        return
    if present.replace_pending(dues):
        present.keep(after, *_RATING)
        present.keep(hours, asking.RATES)
        return
    order = present.world.order(fact.order_id)
    opens = (order.confirmed_at or now) + present.world.policy.feedback_opens_days * DAY

    def plan(run: Run) -> list[Coming] | None:
        (due,) = receiving.never_comes(run, fact, number)
        at = asking.from_then_on(run, number, asking.RATES, opens) if due.at <= now < opens else due.at
        return [Coming(Due(at, due.step, due.ref), seq)] if at > now else None

    present.add({after: _RATING, hours: (asking.RATES,)}, plan)
