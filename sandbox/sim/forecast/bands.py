"""What a forecast came to: bands day by day, how likely each limit is crossed and when, and the orders that decide."""

from collections.abc import Sequence
from typing import Any

from sandbox.central import health, standing
from sandbox.central.days import DAY, rfc3339
from sandbox.central.world import World
from sandbox.sim.forecast.cases import moving
from sandbox.sim.forecast.forecast import Forecast
from sandbox.sim.forecast.fork import in_memory
from sandbox.sim.forecast.future import MONEY, reading
from sandbox.sim.replication import Outcome
from sandbox.sim.results import Place
from sandbox.sim.statistics import CONFIDENCE, deciles, wilson

RESPONSE = "response-time"
"""The one rate that is to be high."""


def foreseen(chosen: Forecast, found: dict[Place, Outcome]) -> dict[str, Any]:
    """The whole summary: plain numbers by name, the same to the bit for the same futures."""
    futures = [found[Place(0, number)] for number in range(chosen.runs)]
    present = chosen.present
    with in_memory(present.content) as world:
        return {
            "world": present.name,
            "shop": world.account.shop if world.account else "",
            "currency": world.currency,
            "moment": rfc3339(present.now),
            "facts": present.facts,
            "days": chosen.days,
            "runs": chosen.runs,
            "confidence": CONFIDENCE,
            "played_by_scripts": list(present.handed_over),
            "moments": [rfc3339(present.now + day * DAY) for day in range(chosen.days + 1)],
            "measures": _measures(world, futures),
            "breaches": _breaches(world, futures),
            "cases": moving(world, futures),
        }


def _measures(world: World, futures: list[Outcome]) -> list[dict[str, Any]]:
    """Each rate and the money: where they stand, and the bands of each day."""
    now, limits = reading(world), _limits(world, futures)
    names = dict.fromkeys([*limits, *MONEY])
    return [
        {
            "name": name,
            "unit": "minor" if name in MONEY else "percent",
            "limit_percent": limits.get(name),
            "at_least": name.startswith(RESPONSE),
            "now": now.get(name),
            "bands": [_band(values) for values in zip(*(_values(one, name) for one in futures), strict=True)],
        }
        for name in names
    ]


def _limits(world: World, futures: list[Outcome]) -> dict[str, float]:
    """The limit of every rate that counts now or at the end."""
    limits = {standing.label(rate): rate.limit_percent for rate in health.scored_rates(world)}
    for one in futures:
        limits |= {label: rate["limit_percent"] for label, rate in one["rates"].items()}
    return limits


def _values(one: Outcome, name: str) -> list[float | None]:
    days: dict[str, list[float | None]] = one["days"]
    return days.get(name) or [None] * len(days[MONEY[0]])


def _band(values: Sequence[float | None]) -> dict[str, Any] | None:
    """Where the futures lie that day, of those in which there is something to count."""
    known = [value for value in values if value is not None]
    return {"runs": len(known)} | deciles(known)._asdict() if known else None


def _breaches(world: World, futures: list[Outcome]) -> dict[str, Any]:
    """For each rate whether it is over its limit now, in how many futures it ever is, and from which day on."""
    over = standing.breaches(world)
    found = {}
    for label in _limits(world, futures):
        rows = [one["rates"][label] for one in futures if label in one["rates"]]
        first_days = [row["first_breach_day"] for row in rows if row["ever_breached"]]
        found[label] = {
            "now": label in over,
            "ever": share([row["ever_breached"] for row in rows]),
            "at_end": share([row["breached"] for row in rows]),
            "first_day": deciles(first_days)._asdict() if first_days else None,
        }
    return found


def share(happened: list[bool]) -> dict[str, Any] | None:
    """In how many of how many futures, with Wilson's interval."""
    if not happened:
        return None
    return {"count": sum(happened), "runs": len(happened)} | wilson(sum(happened), len(happened))._asdict()
