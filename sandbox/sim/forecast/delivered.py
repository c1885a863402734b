"""What comes after delivery: ratings, and what buyers find wrong with what they got."""

from sandbox.central.days import DAY
from sandbox.central.facts import ParcelDelivered
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
