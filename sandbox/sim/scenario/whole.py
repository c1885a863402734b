"""A scenario as a whole: all that makes a world, and what it teaches."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from sandbox.central.days import DAY, parse_moment, rfc3339
from sandbox.sim.scenario.base import Moment, Part, amiss, nearest
from sandbox.sim.scenario.buyers import Buyers
from sandbox.sim.scenario.demand import RANGE, Demand, Product
from sandbox.sim.scenario.desks import DESKS, Desks
from sandbox.sim.scenario.expect import Bounds, checked
from sandbox.sim.scenario.happenings import Happening
from sandbox.sim.scenario.parcels import Parcels
from sandbox.sim.scenario.policy import PolicyPart
from sandbox.sim.settings import Settings


class Scenario(Part):
    """All that makes a world, and what it teaches."""

    title: str = Field(min_length=1, max_length=120)
    lesson: str = ""
    """What whoever plays it learns, in a sentence or two."""
    shop: str = Field("Kettle and Kin", min_length=1, max_length=80)
    """The shop's name."""
    seed: int = Field(1, ge=-(2**63), lt=2**63)
    """What all luck comes from: the same seed, the same facts."""
    start: Moment = parse_moment("2026-03-02T09:00:00+05:30")
    """The moment at which the history is over."""
    history_days: int = Field(0, ge=0, le=3660)
    """Days that the shop has lived before the start."""
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
    products: list[Product] = Field(RANGE, min_length=1)
    """What is sold: see below; sixteen things from 69 to 5,990 rupees, if left out."""
    buyers: Buyers = Buyers()
    parcels: Parcels = Parcels()
    desks: Desks = Desks()
    trains: list[str] = []
    """The desks that the lesson is about: a person or a program plays them once the history is over."""
    happenings: list[Happening] = []
    """The plot: see below."""
    settings: Settings = Settings()
    expect: Annotated[Bounds, AfterValidator(checked)] = {}
    """Bounds of what a run with scripted desks comes to after its history, such as `late-shipment = [0, 4]` (percent at
    the end), `"late-shipment.ever_breached" = [0, 0]` or `claims = [3, 9]`; the tests hold them."""

    @model_validator(mode="after")
    def _own_skus(self) -> "Scenario":
        skus = [product.sku for product in self.products]
        for place, sku in enumerate(skus):
            if sku in skus[:place]:
                raise amiss(f"two products have the sku {sku!r}; each has its own", "products", place, "sku")
        return self

    @model_validator(mode="after")
    def _known_skus(self) -> "Scenario":
        skus = sorted(product.sku for product in self.products)
        promoted = [(("demand", "promotions", place), one.sku) for place, one in enumerate(self.demand.promotions)]
        lost = [(("happenings", place), one.sku) for place, one in enumerate(self.happenings) if one.sku is not None]
        for where, sku in (*promoted, *lost):
            if sku not in skus:
                raise amiss(f"there is no product {sku!r}. {nearest(sku, skus)}", *where, "sku")
        return self

    @model_validator(mode="after")
    def _known_carriers(self) -> "Scenario":
        for place, one in enumerate(self.happenings):
            if one.carrier is not None and one.carrier not in self.parcels.carriers:
                told = nearest(one.carrier, self.parcels.carriers)
                raise amiss(f"there is no carrier {one.carrier!r}. {told}", "happenings", place, "carrier")
        return self

    @model_validator(mode="after")
    def _somebody_to_train(self) -> "Scenario":
        for place, name in enumerate(self.trains):
            if name not in DESKS:
                raise amiss(f"there is no desk {name!r} to train. {nearest(name, DESKS)}", "trains", place)
            if self.desks.goes_on(name) == "script":
                why = f"the lesson is about the {name} desk, and a script plays it: set its `then`"
                raise amiss(why, "trains", place)
        return self

    @model_validator(mode="after")
    def _within_time(self) -> "Scenario":
        if self.start < self.history_days * DAY:
            raise amiss("the history begins before 1970; start later", "start")
        return self

    @model_validator(mode="after")
    def _festivals_to_come(self) -> "Scenario":
        begins = self.start - self.history_days * DAY
        festivals = [("festivals", place, one.start, one.days) for place, one in enumerate(self.demand.festivals)]
        promotions = [("promotions", place, one.start, one.days) for place, one in enumerate(self.demand.promotions)]
        for key, place, start, days in (*festivals, *promotions):
            if start + days * DAY <= begins:
                why = f"it is over before the shop opens, on {rfc3339(begins)[:10]}; choose a later day"
                raise amiss(why, "demand", key, place, "start")
        return self
