"""What a study came to: each variant's figures with their intervals, and how the variants differ, pair by pair."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sandbox.central.days import HOUR
from sandbox.sim.replication import REPLY_HOURS, Outcome
from sandbox.sim.results import Place
from sandbox.sim.statistics import CONFIDENCE, Interval, deciles, interval, paired, ratios, wilson
from sandbox.sim.study import Study


class Figure(NamedTuple):
    """Something that replications are compared by: a number of each, or a ratio of two."""

    name: str
    says: str
    unit: str
    """percent, hours, count, or minor for money in minor units."""
    top: str
    bottom: str | None = None
    scale: float = 1
    """What the ratio is multiplied by to be in its unit."""


FIGURES = (
    Figure("orders", "orders", "count", "orders"),
    Figure("messages", "messages from buyers", "count", "messages"),
    Figure("first_reply_hours", "wait for the first reply", "hours", "first_reply_wait_ms", "first_replies", 1 / HOUR),
    *(
        Figure(f"answered_{hours}h", f"answered in {hours} h", "percent", f"answered_{hours}h", f"asked_{hours}h", 100)
        for hours in REPLY_HOURS
    ),
    Figure("refunds", "refunds", "count", "refunds"),
    Figure("refunded_minor", "refunded", "minor", "refunded_minor"),
    Figure("claims", "claims", "count", "claims"),
    Figure("chargebacks", "chargebacks", "count", "chargebacks"),
    Figure("fees_minor", "fees", "minor", "fees_minor"),
    Figure("released_minor", "released to the bank", "minor", "released_minor"),
    Figure("balance_minor", "balance at the end", "minor", "balance_minor"),
    Figure("reserve_minor", "of it in reserve", "minor", "reserve_minor"),
)
"""Beside the rates, which are as they stand at the end."""


def compared(study: Study, found: dict[Place, Outcome]) -> dict[str, Any]:
    """The whole summary: plain numbers by name, the same to the bit for the same replications.

    The first variant is what the others are compared with. What has nothing to count is None.
    """
    names = study.names()
    runs = [[found[Place(variant, run)] for run in range(study.runs)] for variant in range(len(names))]
    rates = list(dict.fromkeys(label for outcomes in runs for outcome in outcomes for label in outcome["rates"]))
    figures = [*(Figure(label, label, "percent", "counted", "out_of", 100) for label in rates), *FIGURES]
    values = [{figure.name: _values(figure, outcomes) for figure in figures} for outcomes in runs]
    return {
        "title": study.scenario.title,
        "runs": study.runs,
        "history_days": study.scenario.history_days,
        "days": study.scenario.days,
        "confidence": CONFIDENCE,
        "varied": {"key": study.key, "values": list(study.values)} if study.key else None,
        "figures": [{"name": figure.name, "says": figure.says, "unit": figure.unit} for figure in figures],
        "rates": rates,
        "variants": [
            {
                "name": name,
                "figures": {figure.name: _estimated(figure, outcomes, own[figure.name]) for figure in figures},
                "breaches": {label: _breaches(label, outcomes) for label in rates},
            }
            for name, outcomes, own in zip(names, runs, values, strict=True)
        ],
        "differences": [
            {"name": name, "against": names[0], "figures": {key: _difference(own[key], values[0][key]) for key in own}}
            for name, own in zip(names[1:], values[1:], strict=True)
        ],
    }


def _parts(figure: Figure, outcomes: list[Outcome]) -> list[tuple[float, float]]:
    """Top and bottom of a figure for each replication; nothing of nothing where a policy has no such rate."""
    rows = [outcome["rates"].get(figure.name, {}) if figure.top == "counted" else outcome for outcome in outcomes]
    return [(row.get(figure.top, 0), row.get(figure.bottom, 0) if figure.bottom else 1) for row in rows]


def _values(figure: Figure, outcomes: list[Outcome]) -> list[float] | None:
    """A value for each replication, whose mean is the figure."""
    tops, bottoms = zip(*_parts(figure, outcomes), strict=True)
    found = ratios(tops, bottoms) if figure.bottom else list(tops)
    return None if found is None else [figure.scale * value for value in found]


def _estimated(figure: Figure, outcomes: list[Outcome], values: Sequence[float] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    own = [figure.scale * top / bottom for top, bottom in _parts(figure, outcomes) if bottom]
    return interval(values)._asdict() | deciles(own)._asdict()


def _breaches(label: str, outcomes: list[Outcome]) -> dict[str, Any]:
    """In how many replications a limit was crossed: at a review or at the end, and at the end; and the day of it."""
    rows = [outcome["rates"][label] for outcome in outcomes if label in outcome["rates"]]
    first_days = [row["first_breach_day"] for row in rows if row["ever_breached"]]
    return {
        "ever": _share([row["ever_breached"] for row in rows]),
        "at_end": _share([row["breached"] for row in rows]),
        "first_day": deciles(first_days)._asdict() if first_days else None,
    }


def _share(happened: list[bool]) -> dict[str, Any] | None:
    if not happened:
        return None
    found: Interval = wilson(sum(happened), len(happened))
    return {"count": sum(happened), "runs": len(happened)} | found._asdict()


def _difference(these: Sequence[float] | None, those: Sequence[float] | None) -> dict[str, Any] | None:
    if these is None or those is None:
        return None
    found = paired(these, those)
    return found.difference._asdict() | {"variance_ratio": found.variance_ratio}
