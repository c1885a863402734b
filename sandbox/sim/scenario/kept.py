"""A scenario as a world keeps it: what an older version wrote is read as that one meant it."""

from typing import Any

from sandbox.sim.scenario.base import KEPT
from sandbox.sim.scenario.whole import Scenario

_MOVED = {
    "no_stock_share": ("stock", "no_stock_share"),
    "out_of_stock": ("stock", "out_of_stock"),
    "accepts_alternative_share": ("stock", "accepts_alternative_share"),
    "address_requests": ("addresses", "requests"),
}
"""Keys that the dispatch desk had before two more desks had them."""


def as_kept(found: Any) -> Scenario:
    """The scenario that a world keeps. Raises pydantic's ValidationError where it is damaged."""
    return Scenario.model_validate(_moved(found), context=KEPT)


def _moved(found: Any) -> Any:
    desks: Any = found.get("desks") if isinstance(found, dict) else None
    dispatch = desks.get("dispatch") if isinstance(desks, dict) else None
    if not isinstance(dispatch, dict) or not dispatch.keys() & _MOVED:
        return found
    new: dict[str, Any] = {**desks, "dispatch": {key: dispatch[key] for key in dispatch if key not in _MOVED}}
    for key, (desk, name) in _MOVED.items():
        if key in dispatch:
            new[desk] = {**new.get(desk, {}), name: dispatch[key]}
    return {**found, "desks": new}
