"""A scenario with some of its keys changed, by dotted keys such as `desks.inbox.agents`, or so that it needs nobody."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from sandbox.central.days import DAY
from sandbox.central.policy import Policy
from sandbox.sim.scenario import DESKS, InvalidScenario, Scenario, first_error, said


def changed(scenario: Scenario, changes: dict[str, str]) -> Scenario:
    """The scenario with each of these keys set to a value, both as a scenario file writes them.

    An item of a list goes by its number: `products.0.price`. A text that is no TOML is taken as it stands. Raises
    InvalidScenario, which names the nearest key for one that is not known.
    """
    found = scenario.model_dump(mode="json")
    for key, written in changes.items():
        _set(found, key, _value(written))
    try:
        return Scenario.model_validate(found)
    except ValidationError as errors:
        first = first_error(errors)
        if first["type"] == "extra_forbidden":
            loc = [str(part) for part in first["loc"]]
            raise _unknown(scenario, next(key for key in changes if _parts(key)[: len(loc)] == loc)) from None
        raise InvalidScenario(said(first)) from None


def headless(scenario: Scenario) -> Scenario:
    """The scenario from the beginning of its history, with scripts at all desks and for all of its days."""
    script = {"played_by": "script", "then": None}
    desks = {desk: getattr(scenario.desks, desk).model_copy(update=script) for desk in DESKS}
    later = scenario.history_days
    plot = [one if one.day is None else one.model_copy(update={"day": one.day + later}) for one in scenario.happenings]
    return scenario.model_copy(
        update={
            "start": scenario.start - scenario.history_days * DAY,
            "history_days": 0,
            "days": scenario.history_days + scenario.days,
            "desks": scenario.desks.model_copy(update=desks),
            "trains": [],
            "happenings": plot,
        }
    )


def split(values: str) -> list[str]:
    """The parts of `a,b,c`; a comma inside quotes, brackets or braces parts nothing."""
    return [part.strip() for part in _SPLIT.findall(values)]


_SPLIT = re.compile(r"""(?:"[^"]*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}|[^,])+""")


def _value(written: str) -> Any:
    """What is written, read as a scenario file would; text without quotes is that text."""
    try:
        found = tomllib.loads(f"value = {written}")
    except (ValueError, RecursionError):
        return written
    return found["value"] if len(found) == 1 else written


def _parts(key: str) -> list[str]:
    """A dotted key in its parts, which may be quoted as in a scenario file. Raises InvalidScenario."""
    try:
        found: Any = tomllib.loads(f"{key} = 0")
    except (ValueError, RecursionError):
        found = None
    parts: list[str] = []
    while isinstance(found, dict) and len(found) == 1:
        ((part, found),) = found.items()
        parts.append(part)
    if found != 0:
        raise InvalidScenario(f"{key[:80]!r} is no key of a scenario; write it like desks.inbox.agents.")
    return parts


def _set(found: dict[str, Any], key: str, value: Any) -> None:
    """Put a value where the key leads. Tables that are not there are made; the models refuse them if they must."""
    *way, last = _parts(key)
    inside: Any = found
    for part in way:
        if isinstance(inside, dict) and inside.get(part) is None:
            inside[part] = {}
        inside = inside[_place(inside, part, key)]
    inside[_place(inside, last, key)] = value


def _place(inside: Any, part: str, key: str) -> str | int:
    if isinstance(inside, dict):
        return part
    if not isinstance(inside, list):
        raise InvalidScenario(f"{key!r} is not known: what {part!r} should be in is a single value.")
    if part not in map(str, range(len(inside))):
        raise InvalidScenario(f"{key!r} is not known: {part!r} is no item of a list that has 0 to {len(inside) - 1}.")
    return int(part)


def _unknown(scenario: Scenario, key: str) -> InvalidScenario:
    known = [*_keys(scenario.model_dump(mode="json")), *(f"policy.changes.{field.name}" for field in fields(Policy))]
    by_last = {one.rpartition(".")[2]: one for one in reversed(known)}
    near = get_close_matches(key, known, n=1)
    near = near or [by_last[last] for last in get_close_matches(key.rpartition(".")[2], by_last, n=1, cutoff=0.7)]
    hint = f"Did you mean {near[0]!r}?" if near else "A key is like desks.inbox.agents."
    return InvalidScenario(f"{key[:80]!r} is not known. {hint}")


def _keys(found: Any, above: str = "") -> Iterator[str]:
    """All dotted keys of a table and of the tables inside it."""
    for part, inside in found.items() if isinstance(found, dict) else enumerate(found):
        yield f"{above}{part}"
        if isinstance(inside, dict) or (isinstance(inside, list) and inside and isinstance(inside[0], dict)):
            yield from _keys(inside, f"{above}{part}.")
