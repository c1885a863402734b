"""What a test asserts of a world, and what a failure tells: rates over their limits, and facts that there are not."""

import json
from typing import Any

from sandbox.testing.told import Fact, Rate

RATES = ("late-shipment", "cancellation", "order-defect", "response-time")
_LINE_CHARS = 160
_SHOWN = 5


def breaches(found: dict[str, Rate], rates: tuple[str, ...]) -> list[str]:
    """A sentence for each of these rates, or of all four, that is over its limit. ValueError for one there is not."""
    unknown = [name for name in rates if name not in RATES]
    if unknown:
        raise ValueError(f"There is no rate {unknown[0]!r}. There are: {', '.join(RATES)}.")
    return [_told(one) for name, one in found.items() if name in (rates or RATES) and one["state"] == "breached"]


def _told(rate: Rate) -> str:
    orders = ", ".join(rate["orders"][:_SHOWN]) + (
        f" and {len(rate['orders']) - _SHOWN} more" if len(rate["orders"]) > _SHOWN else ""
    )
    is_target = rate["name"] == "response-time"
    return (
        f"{rate['name']} is {rate['percent'] or 0:.2f} % ({rate['counted']} of {rate['out_of']}),"
        f" {'under its target' if is_target else 'over its limit'} of {rate['limit_percent']} %."
        f" By {orders or 'what was not answered in time'}."
    )


def has(fact: Fact, body: dict[str, Any]) -> bool:
    """Whether a fact has these fields in its body."""
    return all(name in fact["body"] and fact["body"][name] == value for name, value in body.items())


def nearest(found: list[Fact], order_id: str | None) -> str:
    """The last facts of a kind, none of which is the one that was expected."""
    return f"{_about(order_id)} among {len(found)} of the kind. The last ones:\n" + "\n".join(
        map(line, found[-_SHOWN:])
    )


def kinds(found: list[Fact], order_id: str | None) -> str:
    """Which kinds of facts there are, where there is none of the one that was expected."""
    return f"{_about(order_id)}. There are: {', '.join(sorted({fact['kind'] for fact in found})) or 'none at all'}."


def _about(order_id: str | None) -> str:
    return "" if order_id is None else f" of order {order_id}"


def line(fact: Fact) -> str:
    """A fact on one line."""
    body = {name: value for name, value in fact["body"].items() if name not in ("at", "order_id")}
    told = json.dumps(body, ensure_ascii=False)
    about = f" {fact['order_id']}" if fact["order_id"] else ""
    shown = told if len(told) <= _LINE_CHARS else f"{told[:_LINE_CHARS]}…"
    return f"{fact['fact']:>6} {fact['at']} {fact['kind']}{about} by {fact['by']}: {shown}"
