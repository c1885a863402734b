"""What every model of the doors shares: unknown fields are refused, and lists come in pages."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from sandbox.central.days import parse_moment
from sandbox.central.search import PAGE, PAGE_AT_MOST


class Asked(BaseModel):
    """A path or a query: text, read as what the field is."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Body(BaseModel):
    """A body: JSON's own types, taken as they are."""

    model_config = ConfigDict(extra="forbid", strict=True, str_max_length=20_000)


class Answered(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(extra="forbid")


Moment = Annotated[
    int,
    BeforeValidator(lambda text: parse_moment(str(text))),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An RFC 3339 moment, as milliseconds; without an offset it is the shop's own time."""


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Input should be a number")
    return value


Number = Annotated[float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
"""A JSON number as it is, whole or not: the rules say which of them fit, and a union would tell of two errors."""


class InView(Asked):
    """In which of the account's two views (chapter 4)."""

    view: Literal["production", "sandbox"] = Field("production", description="The view that the order is in.")


class Paged(InView):
    """Which page of a list."""

    limit: int = Field(PAGE, ge=1, le=PAGE_AT_MOST, description="Rows of the page.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class OrderPath(Asked):
    """An order."""

    order_id: str = Field(description="Such as 402-1234567-1234567.")


class PackagePath(OrderPath):
    """A package of an order."""

    package: int = Field(ge=1, le=2**62)


class ThreadPath(Asked):
    """A thread of messages."""

    thread: int = Field(ge=1, le=2**62)


class MessagePath(Asked):
    """A message."""

    message: int = Field(ge=1, le=2**62)


class CasePath(Asked):
    """A case of seller support."""

    case: int = Field(ge=1, le=2**62)
