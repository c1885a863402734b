"""A scenario as a world keeps it: whatever this version reads otherwise, it reads as the older one that wrote it."""

from typing import Any

from sandbox.sim.scenario.base import KEPT
from sandbox.sim.scenario.whole import Scenario


def as_kept(found: Any) -> Scenario:
    """The scenario that a world keeps. Raises pydantic's ValidationError where it is damaged."""
    return Scenario.model_validate(found, context=KEPT)
