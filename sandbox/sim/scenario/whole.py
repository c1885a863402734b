"""A scenario as a whole: all that makes a world, and what it teaches."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from sandbox.central.days import DAY, parse_moment
from sandbox.sim.scenario.base import Moment, Part
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
        for sku in skus:
            if skus.count(sku) > 1:
                raise ValueError(f"two products have the sku {sku!r}; each has its own")
        return self

    @model_validator(mode="after")
    def _known_skus(self) -> "Scenario":
        skus = {product.sku for product in self.products}
        named = [promotion.sku for promotion in self.demand.promotions]
        named += [happening.sku for happening in self.happenings if happening.sku is not None]
        for sku in named:
            if sku not in skus:
                raise ValueError(f"there is no product {sku!r}; there are: {', '.join(sorted(skus))}")
        return self

    @model_validator(mode="after")
    def _known_carriers(self) -> "Scenario":
        for happening in self.happenings:
            if happening.carrier is not None and happening.carrier not in self.parcels.carriers:
                names = ", ".join(self.parcels.carriers)
                raise ValueError(f"there is no carrier {happening.carrier!r}; there are: {names}")
        return self

    @model_validator(mode="after")
    def _somebody_to_train(self) -> "Scenario":
        for name in self.trains:
            if name not in DESKS:
                raise ValueError(f"there is no desk {name!r} to train; there are: {', '.join(DESKS)}")
            desk = getattr(self.desks, name)
            if (desk.then or desk.played_by) == "script":
                raise ValueError(f"the lesson is about the {name} desk, and a script plays it: set its `then`")
        return self

    @model_validator(mode="after")
    def _since_1970(self) -> "Scenario":
        if self.start < self.history_days * DAY:
            raise ValueError("the history begins before 1970; start later")
        return self
