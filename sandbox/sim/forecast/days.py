"""The days to come: how busy today goes on to be, and when the next buyer comes."""

from math import exp, log

from sandbox.central.days import DAY, HOUR, SHOP_OFFSET, start_of_day
from sandbox.central.ids import BY_HAND
from sandbox.sim import demand
from sandbox.sim.cast import Run
from sandbox.sim.forecast.book import Places
from sandbox.sim.forecast.present import Coming, Present

_BUSY, _FITS = 0, 1  # places of a day's uniforms
_PLACES: Places = (_BUSY, _FITS)
_ALL: Places = tuple(range(16))


def buyers(present: Present) -> None:
    """Add today's busyness, and the next buyers. Days that are over stay as busy as they were."""
    rows = present.rows("demand.arrives")
    if not rows:
        return
    _today(present)
    (row,) = rows
    present.replace(row)
    number, now = int(row[3]), present.now

    def plan(run: Run) -> list[Coming]:
        """Whoever was not there a moment ago comes as if the wait had just begun: an exponential forgets."""
        return [Coming(due, None) for due in demand.next_buyer(run, now, number)]

    present.add({("order", number): _ALL}, plan)


def _today(present: Present) -> None:
    """How busy today is, weighed by the buyers that have come so far: the more they are, the likelier a busy day."""
    past, now = present.past, present.now
    if not past.scenario.demand.busyness_cv:
        return
    day = (now + SHOP_OFFSET) // DAY
    came, usual = _came_today(present), _usual_until_now(past, now, day)

    def plan(run: Run) -> list[Coming] | None:
        draw = run.luck("day", day, places=2)[_FITS]
        return [] if draw < likelihood(came, usual * demand.busyness(run, day)) else None

    present.add({("day", day): _PLACES}, plan)


def likelihood(came: int, expected: float) -> float:
    """How likely so many are where so many are expected, Poisson, as a share of what is likeliest."""
    if not came:
        return exp(-expected)
    return exp(came * log(expected / came) + came - expected) if expected else 0.0


def _came_today(present: Present) -> int:
    """Buyers since midnight, also those who found that the shop takes no orders."""
    since = start_of_day(present.now)
    placed = "select count(*) from orders where placed_at >= ? and view = 'production' and number < ?"
    refused = "select count(*) from facts where at >= ? and kind = 'ActionRefused' and rule = 'orders.place'"
    (orders,) = present.world.row(placed, (since, BY_HAND))
    (turned_away,) = present.world.row(refused, (since,))
    return int(orders + turned_away)


def _usual_until_now(past: Run, now: int, day: int) -> float:
    """Buyers that a day as busy as usual would have brought by now."""
    found, at = 0.0, max(start_of_day(now), past.begins_at)
    own = demand.busyness(past, day)
    times = demand.factor_of(past, now) / own if own else 1.0
    while at < now:
        left = min(HOUR - (at + SHOP_OFFSET) % HOUR, now - at)
        found += demand.rate_at(past, at) * times * left
        at += left
    return found
