"""Which of the platform's numbers hold in a scenario."""

from collections.abc import Callable
from typing import Any

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError

from sandbox.central import policy
from sandbox.central.guide import Refused
from sandbox.sim.scenario.base import Part, amiss


class PolicyPart(Part):
    """Which of the platform's numbers hold, and which of them this scenario changes."""

    pack: str = policy.GUIDE
    changes: dict[str, Any] = {}

    @field_validator("pack")
    @classmethod
    def _known(cls, pack: str) -> str:
        unless_refused(policy.policy, pack)
        return pack

    @model_validator(mode="after")
    def _fitting(self) -> "PolicyPart":
        for key, value in self.changes.items():
            unless_refused(policy.with_changes, policy.Policy(), {key: value}, loc=("changes", key))
        return self


def unless_refused(ask: Callable[..., Any], *asked: Any, loc: tuple[str, ...] = ()) -> None:
    """Ask; a refusal becomes pydantic's own error, at that place below the table."""
    try:
        ask(*asked)
    except Refused as refused:
        if not loc:
            raise PydanticCustomError("refused", "{sentence}", {"sentence": refused.sentence}) from None
        raise amiss(refused.sentence, *loc) from None
