"""What the sandbox tells a test, by name and type. The tests hold these against its answers."""

from typing import Any, Literal, NamedTuple, TypedDict

Json = dict[str, Any]


class Fact(TypedDict):
    """Something that happened."""

    fact: int
    """Its number; `after` takes it."""
    at: str
    kind: str
    order_id: str | None
    by: str
    rule: str
    because: int | None
    """The fact that led to it."""
    body: Json


class Happened(TypedDict):
    """What was made to happen."""

    now: str
    order_id: str | None
    facts: list[Fact]
    deliveries: dict[str, int]
    """What came of the notifications, likewise in `Advanced`."""


class Advanced(NamedTuple):
    """What moving time came to."""

    now: str
    facts: int
    kinds: dict[str, int]
    reason: Literal["reached", "until", "bound", "nothing-due"]
    sentence: str
    fact: int | None
    """The fact that was waited for."""
    of_interest: list[Fact]
    deliveries: dict[str, int]
    """What came of the notifications: how many were `delivered`, `failed` and are `pending`."""


def advanced(told: Json) -> Advanced:
    """The answer of whatever moves time."""
    stopped = told["stopped"]
    return Advanced(
        told["now"],
        told["facts"],
        told["kinds"],
        stopped["reason"],
        stopped["sentence"],
        stopped["fact"],
        told["of_interest"],
        told["deliveries"],
    )


class Rate(TypedDict):
    """A scored rate."""

    name: str
    chapter: int
    window_days: int
    within_hours: int | None
    scored: bool
    out_of: int
    counted: int
    limit_percent: float
    percent: float | None
    """None while there is nothing to count."""
    state: Literal["good", "breached", "no-data"]
    room: int
    """So many more bad ones, and it is still within its limit."""
    needed: int
    orders: list[str]
    upcoming: int
    reading: str
    parts: dict[str, int]


class Listed(TypedDict):
    """An order as lists show it."""

    order_id: str
    status: Literal["Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled"]
    placed_at: str
    dispatch_by: str
    deliver_by: str
    buyer_name: str
    titles: list[str]
    quantity: int
    quantity_to_ship: int
    currency: str
    total_minor: int
    late: bool


class Kept(TypedDict):
    """A snapshot."""

    world: str
    name: str
    now: str
    facts: int
    orders: int
    bytes: int


class Differences(TypedDict):
    """How two points of worlds differ; the first thousand rows of each list."""

    this: Json
    other: Json
    facts: Json
    """`this` and `other`, each with `count`, `kinds` and the `facts` that it alone has."""
    orders: Json
    """`count`, and the `orders` that differ, with their `fields`."""
    next_after: int | None
