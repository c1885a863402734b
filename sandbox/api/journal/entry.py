"""A request as the journal keeps it, and as it is shown."""

from typing import Any, Literal, get_args

from msgspec import Struct

from sandbox.central.days import rfc3339


class Entry(Struct, array_like=True, frozen=True):
    """One request and what it was answered. A line of the journal is a list of these fields, in this order."""

    wall_at: int
    """When it was answered, in milliseconds of the wall's clock."""
    at: int | None
    """The world's own moment then; None where it belongs to no world, or to one that cannot be read."""
    method: str
    path: str
    query: str
    door: str
    """A `Door`."""
    operation: str | None
    """The endpoint's name, which is that of its rule; None where it met none."""
    status: int
    code: str | None
    """Of the problem that it was refused with."""
    sentence: str | None
    """Of that problem."""
    took_us: int
    """From when a thread took it up until its answer was ready to be sent."""
    body: str | None
    """What was sent, masked and cut; None where nothing was, or nothing was read."""
    body_bytes: int
    """How long it was, whole."""
    body_cut: bool
    replayed: bool | None
    """Whether the answer to its Idempotency-Key was given before; None where it came with none."""
    request_id: str


class Numbered(Struct, frozen=True):
    """An entry with its number in its journal: the first one ever is 1."""

    number: int
    entry: Entry


Door = Literal["v1", "sandbox", "none"]
"""The parts of the API, by the first part of their paths; `none` is any other path."""


def door_of(path: str) -> str:
    """The door that a path leads to."""
    first = path.split("/", 2)[1]
    return first if first in _DOORS else "none"


_DOORS = frozenset(get_args(Door))


def shown(one: Numbered, near_miss: str | None) -> dict[str, Any]:
    """A request as the API and the terminal show it."""
    entry = one.entry
    return {
        "request": one.number,
        "wall_at": rfc3339(entry.wall_at),
        "at": None if entry.at is None else rfc3339(entry.at),
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "door": entry.door,
        "operation": entry.operation,
        "status": entry.status,
        "code": entry.code,
        "sentence": entry.sentence,
        "near_miss": near_miss,
        "duration_ms": entry.took_us / 1000,
        "body": entry.body,
        "body_bytes": entry.body_bytes,
        "body_cut": entry.body_cut,
        "replayed": entry.replayed,
        "request_id": entry.request_id,
    }
