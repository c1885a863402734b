"""What the tables of a scenario are made of: moments, times of day, shares, and how they are written."""

import datetime
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from sandbox.central.days import FIRST_MOMENT, HOUR, LAST_MOMENT, MINUTE, parse_moment, rfc3339

KEPT = {"as": "kept"}
"""The context in which a scenario is read that an older world keeps: its moments are milliseconds."""


def _moment(value: object, info: ValidationInfo) -> int:
    if type(value) is int and info.context is KEPT and FIRST_MOMENT <= value <= LAST_MOMENT:
        return value
    return parse_moment(value if isinstance(value, str) else str(value))


def _time_of_day(value: object, info: ValidationInfo) -> int:
    """Milliseconds after midnight of a time like 17:00."""
    if type(value) is int and info.context is KEPT and 0 <= value <= 24 * HOUR:
        return value
    written = f"{value:%H:%M}" if isinstance(value, datetime.time) else value
    found = re.fullmatch(r"(\d{1,2}):(\d\d)", written) if isinstance(written, str) else None
    if not found or not (int(found[1]) * 60 + int(found[2]) <= 24 * 60 and int(found[2]) < 60):
        raise ValueError(f"{value!r} is no time of day; write it like 17:00")
    return int(found[1]) * HOUR + int(found[2]) * MINUTE


def wall_time(at: int) -> str:
    """A time of day as it is written in a scenario."""
    return f"{at // HOUR:02d}:{at % HOUR // MINUTE:02d}"


def amiss(sentence: str, *loc: str | int) -> ValidationError:
    """What a validator of a table raises, so that the error stands at a place below the table."""
    error = PydanticCustomError("amiss", "{sentence}", {"sentence": sentence})
    return ValidationError.from_exception_data("scenario", [InitErrorDetails(type=error, loc=loc, input=None)])


def nearest(given: str, known: Iterable[str]) -> str:
    """What was probably meant, or all there is, as a sentence."""
    names = list(known)
    near = get_close_matches(given, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}."


_WRITTEN = {"type": "string", "examples": ["2026-03-02T09:00:00+05:30"]}
_CLOCK = {"type": "string", "pattern": r"^\d{1,2}:\d\d$", "examples": ["17:00"]}
Moment = Annotated[int, BeforeValidator(_moment), PlainSerializer(rfc3339, when_used="json"), WithJsonSchema(_WRITTEN)]
TimeOfDay = Annotated[
    int, BeforeValidator(_time_of_day), PlainSerializer(wall_time, when_used="json"), WithJsonSchema(_CLOCK)
]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0, le=1e9)]
Sigma = Annotated[float, Field(ge=0, le=3)]
Hours = Annotated[float, Field(gt=0, le=100_000)]
Days = Annotated[float, Field(gt=0, le=3660)]
Times = Annotated[float, Field(gt=0, le=1000)]
"""So many times as much."""
Sku = Annotated[str, Field(min_length=1, max_length=40)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALL_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MON_TO_SAT = ALL_WEEK[:6]


class Part(BaseModel):
    """A table of a scenario file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
