"""Which requests are meant: filters, and of those that were not meant the ones that nearly were."""

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from heapq import nsmallest
from typing import Any, NamedTuple

from sandbox.api.journal.entry import Entry, Numbered

NEAR_AT_MOST = 5
_COMPARED = 300
"""Requests whose likeness is looked at, of those that fail the fewest filters."""
_LOOKED_AT = 200
"""Characters of each that are compared."""


class Filters(NamedTuple):
    """What is asked for: any of these methods, and such a path, and any of these operations, and so on."""

    method: tuple[str, ...] = ()
    path: str | None = None
    operation: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    door: tuple[str, ...] = ()
    body_contains: str | None = None
    since: int | None = None


class Miss(NamedTuple):
    """A request that was not meant, and the filters that say so."""

    one: Numbered
    failed: list[str]


def path_fits(path: str, wanted: str) -> bool:
    """Whether a path is that one or lies below it; `*` stands for anything, and then it is the whole path."""
    if "*" not in wanted:
        return path == wanted or path.startswith(wanted if wanted.endswith("/") else f"{wanted}/")
    begin, *middle, end = wanted.split("*")
    if not (path.startswith(begin) and path.endswith(end) and len(path) >= len(begin) + len(end)):
        return False
    place, last = len(begin), len(path) - len(end)
    for part in middle:
        place = path.find(part, place, last)
        if place < 0:
            return False
        place += len(part)
    return True


def _status_fits(status: int, wanted: str) -> bool:
    return str(status) == wanted or (wanted.endswith("xx") and str(status)[0] == wanted[0])


FITS: dict[str, Callable[[Entry, Any], bool]] = {
    "method": lambda entry, wanted: entry.method in wanted,
    "path": lambda entry, wanted: path_fits(entry.path, wanted),
    "operation": lambda entry, wanted: entry.operation in wanted,
    "status": lambda entry, wanted: any(_status_fits(entry.status, one) for one in wanted),
    "code": lambda entry, wanted: entry.code in wanted,
    "door": lambda entry, wanted: entry.door in wanted,
    "body_contains": lambda entry, wanted: wanted in (entry.body or ""),
    "since": lambda entry, wanted: entry.at is not None and entry.at >= wanted,
}
_LIKENED = ("path", "operation", "code", "body_contains")
"""Filters that a request can nearly fit."""


def failed(entry: Entry, filters: Filters) -> list[str]:
    """The filters that a request does not fit."""
    return [
        name
        for name, wanted in zip(Filters._fields, filters, strict=True)
        if wanted not in ((), None) and not FITS[name](entry, wanted)
    ]


def fit(found: Iterable[Numbered], filters: Filters) -> list[Numbered]:
    """The requests that are meant."""
    return [one for one in found if not failed(one.entry, filters)]


def nearly(found: Iterable[Numbered], filters: Filters) -> list[Miss]:
    """Of the requests that are not meant those that come nearest: they fail the fewest filters, and by the least.

    Of such as are alike the last one.
    """
    misses: dict[tuple[Any, ...], Miss] = {}
    for one in found:
        if wrong := failed(one.entry, filters):
            entry = one.entry
            misses[entry.method, entry.path, entry.query, entry.status, entry.code, entry.body] = Miss(one, wrong)
    few = nsmallest(_COMPARED, misses.values(), key=lambda miss: (len(miss.failed), -miss.one.number))
    return nsmallest(NEAR_AT_MOST, few, key=lambda miss: (len(miss.failed), _distance(miss, filters), -miss.one.number))


def _distance(miss: Miss, filters: Filters) -> float:
    return sum(1 - _likeness(miss.one.entry, name, getattr(filters, name)) for name in miss.failed)


def _likeness(entry: Entry, name: str, wanted: str | tuple[str, ...]) -> float:
    if name not in _LIKENED:
        return 0.0
    was = str(was_of(entry, name) or "")[:_LOOKED_AT]
    ways = (wanted,) if isinstance(wanted, str) else wanted[:NEAR_AT_MOST]
    return max(SequenceMatcher(None, was, way[:_LOOKED_AT]).ratio() for way in ways)


def was_of(entry: Entry, name: str) -> Any:
    """What a request was in the field that a filter looks at."""
    return getattr(entry, {"body_contains": "body", "since": "at"}.get(name, name))
