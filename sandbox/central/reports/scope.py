"""What a report is asked about, and how an amount is split so that its parts add up."""

from collections.abc import Sequence
from typing import NamedTuple


class Scope(NamedTuple):
    """What rows are asked for. A kind takes what concerns it."""

    at: int
    """The report is as of this moment."""
    since: int = 0
    until: int = 0
    order_id: str = ""
    transaction: str = ""
    settlement: int = 0


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount in parts that go with the weights and add up to it: what rounding leaves goes to the largest rests.

    With no weight at all the first part takes it.
    """
    if len(weights) == 1:
        return [amount]
    total = sum(weights)
    if not total:
        return [amount] + [0] * (len(weights) - 1)
    parts = [amount * weight // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % total), place))
    for place in rests[: amount - sum(parts)]:
        parts[place] += 1
    return parts
