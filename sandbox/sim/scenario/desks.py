"""Who does the seller's work, and how: the desks of a scenario."""

from typing import Literal

from pydantic import Field, model_validator

from sandbox.central.days import HOUR
from sandbox.sim.scenario.base import MON_TO_SAT, Days, Hours, Part, Share, Sigma, TimeOfDay, Weekday, amiss

Player = Literal["script", "person", "program"]


class Desk(Part):
    """What every desk has: who plays it. A person or a program acts through the console or the API."""

    played_by: Player = "script"
    """Who plays it."""
    then: Player | None = None
    """Who plays it once the history is over; the same as before, if left out."""


class Dispatch(Desk):
    """The desk that confirms shipments."""

    picks: list[TimeOfDay] = Field([17 * HOUR], min_length=1, json_schema_extra={"default": ["17:00"]})
    """When orders are packed and confirmed, each working day."""
    cut_off: TimeOfDay = 14 * HOUR
    """Orders placed later on the day of a pick wait for the next day."""
    working_days: tuple[Weekday, ...] = MON_TO_SAT
    """The days on which it works."""
    capacity: int | None = Field(None, ge=1)
    """Orders of one pick at most."""
    slip_share: Share = 0.02
    """Orders that are overlooked at first (assumed)."""
    slip_days: int = Field(3, ge=1, le=3660)
    """For so many days from the order."""
    tracking_share: Share = 1
    """Parcels that are sent with a tracking id."""

    @model_validator(mode="after")
    def _some_days(self) -> "Dispatch":
        if not self.working_days:
            raise amiss("the desk works on one day at least; a desk that nobody plays is a person's", "working_days")
        return self


class Inbox(Desk):
    """The desk that answers buyers."""

    agents: int = Field(1, ge=1, le=1000)
    """People on the shift."""
    opens: TimeOfDay = 9 * HOUR
    """When the shift begins."""
    closes: TimeOfDay = 21 * HOUR
    """When it ends; whoever is answering a message then finishes it."""
    working_days: tuple[Weekday, ...] = MON_TO_SAT
    """The days on which it works."""
    handling: Literal["lognormal", "exponential"] = "lognormal"
    """How the time for one message is distributed."""
    handling_minutes: float = Field(8, gt=0, le=100_000)
    """The median time for one message, or the mean where it is exponential (published: 5 to 15 minutes)."""
    handling_sigma: Sigma = 0.5
    """The standard deviation of the logarithm of that time, where it is lognormal (assumed)."""
    priority: Literal["oldest", "newest", "repeated"] = "oldest"
    """Which message is taken first; `repeated` takes those who had to ask again, then the oldest."""
    helpful_share: Share = 0.95
    """Answers that help (assumed); the others put the buyer off."""

    @model_validator(mode="after")
    def _some_hours(self) -> "Inbox":
        if self.opens >= self.closes or not self.working_days:
            raise ValueError("the desk opens before it closes, on one day at least")
        return self


class Disputes(Desk):
    """The desk that answers claims and chargebacks."""

    claims: Literal["answer", "refund", "ignore"] = "answer"
    """What it does about claims: answers with the record, refunds, or lets them lapse."""
    chargebacks: Literal["answer", "refund", "ignore"] = "answer"
    """And about chargebacks."""
    after_hours: Hours = 20
    """The time that it takes."""
    missed_share: Share = 0.03
    """Cases that are overlooked until it is too late (assumed)."""


class Refunds(Desk):
    """The desk that takes goods back."""

    after_days: Days = 2
    """From the arrival of a return to the refund."""
    missed_share: Share = 0.02
    """Returns that nobody refunds before the buyer asks (assumed)."""
    refunds_faulty: Literal["return", "at-once"] = "return"
    """Whether something faulty has to come back first."""


class Stock(Part):
    """The desk that decides about what was sold and is not there."""

    played_by: Player | None = None
    """Who plays it; whoever plays the dispatch desk, if left out."""
    then: Player | None = None
    """Who plays it once the history is over."""
    out_of_stock: Literal["cancel", "alternative", "wait"] = "cancel"
    """Cancel at once, offer something else, or ship when there is stock again."""
    no_stock_share: Share = 0.01
    """Orders that turn out to be out of stock, beside the products whose pieces are counted (assumed)."""
    accepts_alternative_share: Share = 0.6
    """Buyers who take what they are offered (assumed)."""


class Addresses(Part):
    """The desk that decides about requests for another address."""

    played_by: Player | None = None
    """Who plays it; whoever plays the inbox, if left out."""
    then: Player | None = None
    """Who plays it once the history is over."""
    requests: Literal["refuse", "comply", "ignore"] = "refuse"
    """What the shop does about them: chapter 7 wants them refused, and explained."""


class Desks(Part):
    """The seller's desks."""

    dispatch: Dispatch = Dispatch()
    inbox: Inbox = Inbox()
    disputes: Disputes = Disputes()
    refunds: Refunds = Refunds()
    stock: Stock = Stock()
    addresses: Addresses = Addresses()

    def goes_on(self, name: str) -> Player:
        """Who plays a desk once the history is over."""
        desk = getattr(self, name)
        found: Player | None = desk.then or desk.played_by
        return found or self.goes_on(FOLLOWS[name])


DESKS = tuple(Desks.model_fields)
FOLLOWS = {"stock": "dispatch", "addresses": "inbox"}
"""Desks that whoever plays another one plays along, unless somebody is named."""
