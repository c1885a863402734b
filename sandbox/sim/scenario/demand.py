"""When orders come and what is bought: hours, weekdays, busy and slack days, festivals, promotions, products."""

from pydantic import Field, model_validator

from sandbox.sim.scenario.base import Days, Moment, Part, Share, Sku, Times, Weight, amiss

_GREATEST_SHARE = 1e9


class Festival(Part):
    """Days on which more is bought than on others."""

    name: str = Field(min_length=1, max_length=80)
    start: Moment
    days: Days
    factor: Times = 6
    """So many times the usual demand (assumed: 3 to 10)."""


class Promotion(Part):
    """Days on which one product is chosen more often, at a lower price."""

    sku: Sku
    start: Moment
    days: Days
    factor: Times = 2
    """So many times as often (assumed)."""
    price_off: Share = 0
    """The part of the price that is taken off."""


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
    """Shares of the 24 hours of the day, midnight first (measured)."""
    weekdays: list[float] = Field([15.7, 15.0, 15.9, 15.5, 14.9, 10.6, 12.4], min_length=7, max_length=7)
    """Shares of the seven days, Monday first (measured)."""
    busyness_cv: float = Field(0.177, ge=0, le=2)
    """How much whole days differ beyond weekday and season: the coefficient of variation of a gamma factor (measured on
    25,900 invoices of a gift retailer, UCI)."""
    busyness_memory: float = Field(0.23, ge=0, lt=1)
    """How much of a day's factor lasts to the next: its autocorrelation (measured, same source)."""
    growth_per_week: float = Field(0, gt=-1, le=1)
    """0.05 is 5 % more orders each week."""
    festivals: list[Festival] = []
    """Days of many orders: see below."""
    promotions: list[Promotion] = []
    """Days of lower prices: see below."""
    pending_share: Share = 0.1
    """Orders whose payment is authorised later (assumed)."""
    pending_minutes: float = Field(21, gt=0, le=1e6)
    """The median of that wait (measured: 21 minutes)."""
    second_line_share: Share = 0.1
    """Orders with two lines (published: about nine in ten have one)."""
    second_piece_share: Share = 0.06
    """Orders with two pieces in their first line (assumed)."""
    announced_lift: float = Field(1.1, ge=1, le=100)
    """So many times the demand once acceptance is announced (assumed)."""

    @model_validator(mode="after")
    def _some_demand(self) -> "Demand":
        for key, shares in (("hours", self.hours), ("weekdays", self.weekdays)):
            if min(shares) < 0 or max(shares) > _GREATEST_SHARE or not max(shares):
                raise amiss("shares are 0 or more, and one of them is more than 0", key)
        return self


class Product(Part):
    """Something the shop sells."""

    sku: Sku
    title: str = Field(min_length=1, max_length=200)
    price: float = Field(ge=0.01, le=1_000_000)
    """Rupees, tax included."""
    weight: Weight = 1
    """How often it is chosen, beside the others."""
    stock: int | None = Field(None, ge=0, le=100_000_000)
    """Pieces at the beginning; without end, if left out. The shop goes on selling what it has not got."""
    restock_to: int = Field(0, ge=0, le=100_000_000)
    """Pieces there are again after each delivery to the warehouse."""
    restock_days: Days = 7
    """How often such a delivery comes."""


_RANGE = (
    ("KK-001", "Steel kettle, 1 litre", 849, 10),
    ("KK-002", "Bottle brush", 69, 3.5),
    ("KK-003", "Tea strainer, fine", 129, 4.5),
    ("KK-004", "Wooden spoons, set of 3", 190, 5.5),
    ("KK-005", "Masala chai tin, 250 g", 260, 6.5),
    ("KK-006", "Glass jar with lid, 1 litre", 340, 10),
    ("KK-007", "Filter coffee powder, pack of 2", 430, 9.5),
    ("KK-008", "Cotton kitchen towels, set of 6", 540, 11.5),
    ("KK-009", "Spice box, 7 tins", 680, 10.5),
    ("KK-010", "Brass tumbler and davara set", 1090, 9.5),
    ("KK-011", "Stovetop coffee maker, 2 cups", 1390, 7.5),
    ("KK-012", "Cast iron pan, 26 cm", 1790, 5.5),
    ("KK-013", "Pressure cooker, 3 litres", 2390, 3),
    ("KK-014", "Dinner set, 18 pieces", 3290, 2),
    ("KK-015", "Mixer grinder, 500 W", 4490, 0.5),
    ("KK-016", "Wet grinder, 2 litres", 5990, 0.5),
)
RANGE = [Product(sku=sku, title=title, price=price, weight=weight) for sku, title, price, weight in _RANGE]
"""What a shop sells that says nothing: invented, so that what orders come to is spread as on a marketplace, around a
mean of 1,000 rupees (measured shape, published mean; `docs/calibration.md` has the quantiles)."""
