"""How parcels travel: carriers, transit times, what is lost and what comes back."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from sandbox.central.days import HOUR
from sandbox.central.shipments import CARRIER_MAX_CHARS
from sandbox.sim.scenario.base import Days, Part, Share, TimeOfDay, Times, Weight

CarrierName = Annotated[str, Field(pattern=r"\S", max_length=CARRIER_MAX_CHARS)]


class Transit(Part):
    """One part of the mixture of transit times: a gamma distribution of whole shape, which can be drawn exactly."""

    weight: Weight
    """How often it is taken, beside the others."""
    mean_days: Days
    """The mean time on the way."""
    shape: int = Field(2, ge=1, le=5)
    """Of the gamma distribution: 1 is exponential, 5 the most even."""


def _or_a_number(schema: dict[str, Any]) -> None:
    table = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "number", "exclusiveMinimum": 0, "maximum": 1e9}, table]


class Carrier(Part):
    """One carrier. A number alone is its weight."""

    model_config = ConfigDict(json_schema_extra=_or_a_number)

    weight: Weight = 1
    """How often it is taken, beside the others."""
    slower: Times = 1
    """So many times the transit time."""
    lost_times: Times = 1
    """So many times the lost parcels."""

    @model_validator(mode="before")
    @classmethod
    def _weight_alone(cls, value: Any) -> Any:
        return {"weight": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Parcels(Part):
    """How parcels travel. The times are fitted to 4,855 public parcels of a marketplace (Olist): a tenth come from near
    by, most from another city, a third from far away; `docs/calibration.md` has the quantiles beside each other."""

    carriers: dict[CarrierName, Carrier] = Field(
        {"BlueDart": Carrier(weight=4), "Delhivery": Carrier(weight=4), "DTDC": Carrier(weight=2)}, min_length=1
    )
    """The carriers by name, each with its weight alone or as a table."""
    transit: list[Transit] = Field(
        [
            Transit(weight=0.10, mean_days=1.5),
            Transit(weight=0.54, mean_days=7, shape=3),
            Transit(weight=0.36, mean_days=15),
        ],
        min_length=1,
    )
    """The mixture of transit times: a list of tables (fitted to measured quantiles)."""
    delivers_from: TimeOfDay = 9 * HOUR
    """When carriers begin to knock; a parcel that would come at night comes by day, no later on average (assumed)."""
    delivers_until: TimeOfDay = 20 * HOUR
    """When they end. From 0:00 until 24:00 parcels come when their transit time is over, to the half-hour."""
    lost_share: Share = 0.0002
    """Parcels that are lost (published: 1.6 in 10,000)."""
    failed_share: Share = 0.075
    """First attempts at which nobody is there (published: 8 %, with those whose buyer had moved)."""
    failed_again: Share = 0.45
    """Of the attempts after a failed one: fails too (assumed; prepaid parcels that go back are published as under
    2 %)."""
    failed_at_old_address: Share = 0.6
    """Any attempt where the buyer had asked for another address, and it goes to the old one (assumed)."""
    attempts: int = Field(3, ge=1, le=10)
    """Attempts before a parcel goes back to the seller."""
    attempt_days: Days = 1
    """From one attempt to the next."""

    @model_validator(mode="after")
    def _some_hours(self) -> "Parcels":
        if self.delivers_from >= self.delivers_until:
            raise ValueError("carriers begin to deliver before they end")
        return self
