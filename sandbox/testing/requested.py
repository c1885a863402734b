"""What the code under test asked: the requests of a world's journal, found and asserted upon."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

Json = dict[str, Any]
Ask = Callable[[str, str], Any]
"""Method and path, below the world's, to the answer."""

_PAGE = 1000
_SHOWN = 5


class Request(NamedTuple):
    """A request that was sent, and what it was answered."""

    number: int
    at: str
    """The world's moment."""
    wall_at: str
    method: str
    path: str
    query: str
    door: str
    """v1, sandbox or none."""
    operation: str | None
    status: int
    code: str | None
    """What it was refused with, and `sentence` says why."""
    sentence: str | None
    near_miss: str | None
    """What it came nearest to, where it missed a route, a field or an order."""
    duration_ms: float
    body: str | None
    """Secrets masked."""
    body_cut: bool
    replayed: bool | None
    """Whether its Idempotency-Key was answered before; None without a key."""
    request_id: str

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        code = f" {self.code}" if self.code else ""
        return f"{self.number} {self.method} {self.path}{query} {self.status}{code}"


def _request(told: Json) -> Request:
    named = {"number": told["request"]} | told
    return Request(*(named[field] for field in Request._fields))


def requests(ask: Ask, filters: Json) -> list[Request]:
    """All that fit, in order, page by page."""
    found: list[Request] = []
    asked = {"after": 0, "limit": _PAGE} | filters
    while True:
        page = ask("GET", f"/requests?{urlencode(asked, doseq=True)}")
        found += map(_request, page["requests"])
        if len(page["requests"]) < asked["limit"] or "limit" in filters:
            return found
        asked["after"] = page["last"]


def assert_requested(world: str, ask: Ask, times: int | None, filters: Json) -> list[Request]:
    """The requests that fit, if there are as many as expected; else the failure tells of those that nearly did."""
    found = requests(ask, filters)
    if len(found) == times or (times is None and found):
        return found
    wanted = ", ".join(f"{name}={value!r}" for name, value in filters.items()) or "any"
    expected = "at least one" if times is None else str(times)
    heading = f"World {world}: {expected} expected of the requests {wanted[:500]}, and there are {len(found)}"
    raise AssertionError("\n  ".join([heading, *(map(str, found[:_SHOWN]) if found else _nearest(ask, filters))]))


def _nearest(ask: Ask, filters: Json) -> list[str]:
    scope = {name: value for name, value in filters.items() if name != "limit"}
    told = ask("GET", f"/requests/count?{urlencode(scope, doseq=True)}")
    return [f"of {told['of']} that were looked at; the nearest are:", *map(_miss, told["near_misses"])]


def _miss(told: Json) -> str:
    one = _request(told["request"])
    failed = ", ".join(f"{part['filter']} is {part['was']!r} and not {part['wanted']!r}" for part in told["failed"])
    return f"{one}: {failed}.{f' {one.near_miss}' if one.near_miss else ''}"
