"""What a scenario promises of a run with scripted desks: bounds by the name of a figure."""

from typing import get_args

from sandbox.sim.scenario.base import amiss, nearest
from sandbox.sim.scenario.happenings import Rate

SUMS = (
    *("orders", "messages", "refunds", "claims", "chargebacks"),
    *("balance_minor", "reserve_minor", "released_minor", "fees_minor", "refunded_minor", "disputes_minor"),
    *("first_replies", "first_reply_wait_ms", "asked_4h", "answered_4h", "asked_24h", "answered_24h"),
)
"""Plain numbers of an outcome."""
OF_A_RATE = ("ever_breached", "first_breach_day")
"""Of each rate, beside its percent at the end, which bears the rate's own name."""
FIGURES = (*get_args(Rate), *(f"{rate}.{key}" for rate in get_args(Rate) for key in OF_A_RATE), *SUMS)
"""All that can be expected: `late-shipment`, `late-shipment.ever_breached` (0 or 1), `orders` and so on."""

Bounds = dict[str, tuple[float, float]]


def checked(bounds: Bounds) -> Bounds:
    """The bounds, if each is of a figure there is and the right way round; an error at its key otherwise."""
    for name, (low, high) in bounds.items():
        if name not in FIGURES:
            raise amiss(f"{name[:80]!r} is no figure of a run. {nearest(name, FIGURES)}", name)
        if low > high:
            raise amiss(f"its low bound {low:g} is above its high bound {high:g}", name)
    return bounds
