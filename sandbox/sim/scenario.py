"""A scenario: the shop, its demand, its parcels and its desks, as a TOML file that is checked key by key."""

import os
import re
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from sandbox.central import policy
from sandbox.central.days import DAY, FIRST_MOMENT, HOUR, LAST_MOMENT, MINUTE, parse_moment
from sandbox.central.guide import Refused
from sandbox.central.shipments import CARRIER_MAX_CHARS
from sandbox.sim.settings import Settings


class InvalidScenario(Exception):
    """A scenario file that cannot be used: what is wrong, in which file and line, and what would work."""

    code = "InvalidScenario"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _moment(value: object) -> int:
    if type(value) is int and FIRST_MOMENT <= value <= LAST_MOMENT:
        return value
    return parse_moment(value if isinstance(value, str) else str(value))


def _time_of_day(value: object) -> int:
    """Milliseconds after midnight of a time like 17:00."""
    if type(value) is int and 0 <= value <= 24 * HOUR:
        return value
    found = re.fullmatch(r"(\d{1,2}):(\d\d)", value) if isinstance(value, str) else None
    if not found or not (int(found[1]) * 60 + int(found[2]) <= 24 * 60 and int(found[2]) < 60):
        raise ValueError(f"{value!r} is no time of day; write it like 17:00")
    return int(found[1]) * HOUR + int(found[2]) * MINUTE


Moment = Annotated[int, BeforeValidator(_moment)]
TimeOfDay = Annotated[int, BeforeValidator(_time_of_day)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0, le=1e9)]
CarrierName = Annotated[str, Field(pattern=r"\S", max_length=CARRIER_MAX_CHARS)]
Sigma = Annotated[float, Field(ge=0, le=3)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Player = Literal["script", "person"]
MON_TO_SAT: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat")


class Part(BaseModel):
    """A table of a scenario file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PolicyPart(Part):
    """Which of the platform's numbers hold, and which of them this scenario changes."""

    pack: str = policy.GUIDE
    changes: dict[str, Any] = {}

    @field_validator("pack")
    @classmethod
    def _known(cls, pack: str) -> str:
        _unless_refused(policy.policy, pack)
        return pack

    @model_validator(mode="after")
    def _fitting(self) -> "PolicyPart":
        for key, value in self.changes.items():
            _unless_refused(policy.with_changes, policy.Policy(), {key: value}, loc=("changes", key))
        return self


def _unless_refused(ask: Callable[..., Any], *asked: Any, loc: tuple[str, ...] = ()) -> None:
    """Ask; a refusal becomes pydantic's own error, at that place below the table."""
    try:
        ask(*asked)
    except Refused as refused:
        error = PydanticCustomError("refused", "{sentence}", {"sentence": refused.sentence})
        if not loc:
            raise error from None
        details = InitErrorDetails(type=error, loc=loc, input=None)
        raise ValidationError.from_exception_data("policy", [details]) from None


class Demand(Part):
    """When orders come. Shares by hour and weekday are measured on 4,998 public orders of a marketplace (Olist)."""

    orders_per_day: float = Field(30, ge=0, le=1_000_000)
    """0 is a shop to which nobody comes by themselves."""
    hours: list[float] = Field(
        [
            *(2.3, 1.1, 0.6, 0.3, 0.2, 0.3, 0.5, 1.0, 3.0, 4.7, 6.1, 7.3),
            *(5.6, 6.9, 6.8, 6.1, 6.7, 6.0, 5.8, 6.1, 6.1, 6.3, 5.7, 4.4),
        ],
        min_length=24,
        max_length=24,
    )
    weekdays: list[float] = Field([15.7, 15.0, 15.9, 15.5, 14.9, 10.6, 12.4], min_length=7, max_length=7)
    pending_share: Share = 0.1
    """Orders whose payment is authorised later (assumed)."""
    pending_minutes: float = Field(21, gt=0, le=1e6)
    """The median of that wait (measured: 21 minutes)."""
    second_line_share: Share = 0.1
    """Orders with two lines (published: about nine in ten have one)."""
    second_piece_share: Share = 0.06
    announced_lift: float = Field(1.1, ge=1, le=100)
    """So many times the demand once acceptance is announced (assumed)."""

    @model_validator(mode="after")
    def _some_demand(self) -> "Demand":
        shares = self.hours + self.weekdays
        if min(shares) < 0 or max(shares) > 1e9 or not max(self.hours) or not max(self.weekdays):
            raise ValueError("shares are 0 or more, and one of them is more than 0")
        return self


class Product(Part):
    """Something the shop sells."""

    sku: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=200)
    price: float = Field(ge=0.01, le=1_000_000)
    """Rupees, tax included."""
    weight: Weight = 1
    """How often it is chosen, beside the others."""


class Buyers(Part):
    """Who buys and what they ask."""

    pool: int = Field(400, ge=1, le=100_000)
    """How many people there are to buy."""
    ask_share: Share = 0.05
    """Buyers who ask where the parcel is if it is not there when their patience ends (assumed; published: 6.7 contacts
    in 100 orders)."""
    patience_days: float = Field(4, gt=0, le=3660)
    """The median of that patience, from the order on."""
    patience_sigma: Sigma = 0.5
    ask_again_hours: float = Field(24, gt=0, le=100_000)
    """Whoever is not answered asks again after this long, twice at most."""


class Transit(Part):
    """One part of the mixture of transit times: a gamma distribution of whole shape, which can be drawn exactly."""

    weight: Weight
    mean_days: float = Field(gt=0, le=3660)
    shape: int = Field(2, ge=1, le=5)


class Parcels(Part):
    """How parcels travel: near, to another metro, to a small town (assumed for India; weights .45, .30, .25)."""

    carriers: dict[CarrierName, Weight] = Field({"BlueDart": 4, "Delhivery": 4, "DTDC": 2}, min_length=1)
    transit: list[Transit] = Field(
        [
            Transit(weight=0.45, mean_days=2.5),
            Transit(weight=0.30, mean_days=4.5),
            Transit(weight=0.25, mean_days=7),
        ],
        min_length=1,
    )


class Dispatch(Part):
    """The desk that confirms shipments."""

    played_by: Player = "script"
    then: Player | None = None
    """Who plays it once the history is over; the same as before, if left out."""
    picks: list[TimeOfDay] = Field([17 * HOUR], min_length=1)
    cut_off: TimeOfDay = 14 * HOUR
    """Orders placed later on the day of a pick wait for the next day."""
    working_days: tuple[Weekday, ...] = MON_TO_SAT
    capacity: int | None = Field(None, ge=1)
    """Orders of one pick at most."""
    slip_share: Share = 0.02
    """Orders that are overlooked at first (assumed)."""
    slip_days: int = Field(3, ge=1, le=3660)
    no_stock_share: Share = 0.01
    """Orders that are cancelled for want of stock (assumed)."""


class Inbox(Part):
    """The desk that answers buyers."""

    played_by: Player = "script"
    then: Player | None = None
    agents: int = Field(1, ge=1, le=1000)
    opens: TimeOfDay = 9 * HOUR
    closes: TimeOfDay = 21 * HOUR
    working_days: tuple[Weekday, ...] = MON_TO_SAT
    handling_minutes: float = Field(8, gt=0, le=100_000)
    """The median time for one message (published: 5 to 15 minutes)."""
    handling_sigma: Sigma = 0.5

    @model_validator(mode="after")
    def _some_hours(self) -> "Inbox":
        if self.opens >= self.closes or not self.working_days:
            raise ValueError("the desk opens before it closes, on one day at least")
        return self


class Desks(Part):
    """The seller's desks."""

    dispatch: Dispatch = Dispatch()
    inbox: Inbox = Inbox()


DESKS = tuple(Desks.model_fields)


class Scenario(Part):
    """All that makes a world, and what it teaches."""

    title: str = Field(min_length=1, max_length=120)
    lesson: str = ""
    shop: str = Field("Kettle and Kin", min_length=1, max_length=80)
    seed: int = Field(1, ge=-(2**63), lt=2**63)
    start: Moment = parse_moment("2026-03-02T09:00:00+05:30")
    """The moment at which the history is over."""
    history_days: int = Field(0, ge=0, le=3660)
    days: int = Field(30, ge=1, le=3660)
    """How long `sandbox run` goes on after the history."""
    rate: float = Field(0, ge=0, le=100_000)
    """World seconds for each second on the wall once it is served; 0 is frozen."""
    test_orders: int = Field(0, ge=0, le=1000)
    """Orders in the sandbox view, which nobody should ship (chapter 4)."""
    shipping: float = Field(49, ge=0, le=1_000_000)
    """Rupees for each order's shipping."""
    policy: PolicyPart = PolicyPart()
    demand: Demand = Demand()
    products: list[Product] = Field([Product(sku="KK-001", title="Steel kettle, 1 litre", price=849)], min_length=1)
    buyers: Buyers = Buyers()
    parcels: Parcels = Parcels()
    desks: Desks = Desks()
    settings: Settings = Settings()

    @model_validator(mode="after")
    def _own_skus(self) -> "Scenario":
        skus = [product.sku for product in self.products]
        for sku in skus:
            if skus.count(sku) > 1:
                raise ValueError(f"two products have the sku {sku!r}; each has its own")
        return self

    @model_validator(mode="after")
    def _since_1970(self) -> "Scenario":
        if self.start < self.history_days * DAY:
            raise ValueError("the history begins before 1970; start later")
        return self


def _shelf() -> Path:
    """Where the scenarios are: inside an installed package, beside it in a checkout."""
    package = Path(str(files("sandbox")))
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def names() -> list[str]:
    """The scenarios that come with the package."""
    found = (file.name for file in _shelf().iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def load(name_or_path: str, *, allow_paths: bool = True) -> Scenario:
    """The scenario of that name, or in that file. Raises InvalidScenario."""
    if name_or_path in names():
        return parse((_shelf() / f"{name_or_path}.toml").read_text("utf-8"), f"{name_or_path}.toml")
    path = Path(name_or_path)
    if not allow_paths or not os.path.isfile(path):  # pathlib raises where the name is too long
        near = get_close_matches(name_or_path, names(), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names())}."
        raise InvalidScenario(f"There is no scenario {name_or_path[:80]!r}. {hint}")
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidScenario(f"{path}: cannot be read as text: {error}.") from error


def parse(text: str, file: str) -> Scenario:
    """Check a scenario's text. Raises InvalidScenario with file, line and the nearest known key."""
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidScenario(f"{file}: {error}.") from None
    try:
        return Scenario.model_validate(found)
    except ValidationError as errors:
        first = first_error(errors)
        line = _line_of(text, first["loc"])
        raise InvalidScenario(f"{file}:{line}: {said(first)}") from None


def first_error(errors: ValidationError) -> Any:
    """The one to tell: an unknown key before a key that is missing, for it may be that key misspelt."""
    return min(errors.errors(), key=lambda error: error["type"] != "extra_forbidden")


def said(error: Any) -> str:
    """One of pydantic's errors as a sentence with the key."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        sentence = error["msg"].removeprefix("Value error, ")
        return f"{key or 'scenario'}: {sentence}{'' if sentence.endswith(('.', '?')) else '.'}"
    model: Any = Scenario
    for part in error["loc"][:-1]:
        model = _inside(model, part)
    near = get_close_matches(str(error["loc"][-1]), model.model_fields, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"It may have: {', '.join(model.model_fields)}."
    return f"{key!r} is not known. {hint}"


def _inside(model: Any, part: int | str) -> Any:
    """The model of a field of a model; a list's number leads to the same model as the list."""
    if isinstance(part, int):
        return model
    annotation = model.model_fields[part].annotation
    parts = [annotation, *getattr(annotation, "__args__", ())]
    return next(kind for kind in parts if isinstance(kind, type) and issubclass(kind, BaseModel))


def _line_of(text: str, loc: tuple[int | str, ...]) -> int:
    """The line where a key is written, or the nearest table above it. TOML's reader keeps no lines."""
    wanted = [str(part) for part in loc]
    table: list[str] = []
    counts: dict[str, int] = {}
    best, best_depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\-\"']+)\s*\]", line):
            name = header[2].replace('"', "").replace("'", "")
            table = name.split(".")
            if header[1] == "[[":
                table.append(str(counts.setdefault(name, 0)))
                counts[name] += 1
            path = table
        elif entry := re.match(r"\s*([\w.\-\"']+)\s*=", line):
            path = table + entry[1].replace('"', "").replace("'", "").split(".")
        else:
            continue
        common = min(len(path), len(wanted))
        depth = common if path[:common] == wanted[:common] else 0
        if depth > best_depth:
            best, best_depth = number, depth
    return best
