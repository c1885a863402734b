"""What happens to the shop from outside: the plot of a scenario, at a time or on a condition."""

from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.central import policy
from sandbox.central.chargebacks import REASONS
from sandbox.central.days import DAY, HOUR
from sandbox.sim.scenario.base import Days, Part, Sku, TimeOfDay, Times, amiss, nearest
from sandbox.sim.scenario.desks import DESKS
from sandbox.sim.scenario.policy import unless_refused

Rate = Literal["late-shipment", "cancellation", "order-defect", "response-time"]
Event = Literal[
    "asks-where-it-is",
    "asks-about-product",
    "asks-for-another-address",
    "asks-to-cancel",
    "cancels",
    "finds-it-faulty",
    "wants-to-return",
    "sends-it-back",
    "leaves-feedback",
    "claims",
    "charges-back",
    "parcel-delivered",
    "parcel-missed",
    "parcel-lost",
    "parcel-brought-back",
]


class Happening(Part):
    """Something that happens once: `what`, when, and what it needs."""

    what: Literal[
        "stock-lost",
        "courier-strike",
        "festival",
        "desk-away",
        "integration-outage",
        "chargeback-wave",
        "account-review",
        "policy-change",
        "event",
    ]
    """What happens. An integration-outage stops the dispatch and the inbox, and all of `/v1` answers 503."""
    name: str = Field("", max_length=80)
    """What people call it; the kind, if left out."""
    day: int | None = Field(None, ge=1, le=3660)
    """The how-manieth day of the run, 1 the first one after the history."""
    time: TimeOfDay = 10 * HOUR
    """The time of that day."""
    when_over: Rate | None = None
    """Instead of a day: the first time that this rate is over its limit."""
    when_orders: int | None = Field(None, ge=1)
    """Instead of a day: once so many orders were placed."""
    days: Days = 1
    """How long it lasts, where it lasts."""
    sku: Sku | None = None
    """The product whose stock is lost."""
    pieces: int | None = Field(None, ge=1)
    """Pieces lost; all, if left out."""
    carrier: str | None = None
    """The carrier on strike; all, if left out."""
    slower: Times = 2
    """So many times the transit time of what is sent in a strike."""
    factor: Times = 6
    """So many times the usual demand of a festival."""
    desk: str | None = None
    """The desk that nobody plays."""
    agents: int | None = Field(None, ge=1)
    """Agents of the inbox who are away; all, if left out."""
    orders: int = Field(20, ge=1, le=100_000)
    """Orders of the wave, drawn from those that can be charged back."""
    reason: str = "UnauthorisedUse"
    """What the bank is told in a wave, or what a claim, a chargeback or a return of an event is for."""
    policy: str | None = None
    """The pack that holds from then on."""
    changes: dict[str, Any] = {}
    """The policy's numbers that change."""
    event: Event | None = None
    """What happens to one order."""
    order: int | None = Field(None, ge=1)
    """The how-manieth order of the run the event happens to; a fitting one is drawn, if left out."""
    rating: int = Field(1, ge=1, le=5)
    """Of the feedback that is left."""

    @model_validator(mode="after")
    def _complete(self) -> "Happening":
        whens = [self.day, self.when_over, self.when_orders]
        if sum(when is not None for when in whens) != 1:
            raise ValueError(f"{self.what} happens on a day, or when_over a rate's limit, or when_orders: one of them")
        for key in _NEEDS.get(self.what, ()):
            if not getattr(self, key):
                raise ValueError(f"{self.what} needs {key}")
        if self.desk is not None and self.desk not in DESKS:
            raise amiss(f"there is no desk {self.desk!r}. {nearest(self.desk, DESKS)}", "desk")
        if self.what == "chargeback-wave" and self.reason not in REASONS:
            raise amiss(f"a bank is not told {self.reason!r}. {nearest(self.reason, REASONS)}", "reason")
        return self

    @model_validator(mode="after")
    def _nothing_idle(self) -> "Happening":
        """A key that this kind does not look at was meant for another one."""
        takes = TAKES[self.what]
        for key, field in type(self).model_fields.items():
            if key not in (*_ALWAYS, *takes) and getattr(self, key) != field.default:
                raise amiss(f"{self.what} does not look at it. It takes: {', '.join(takes)}", key)
        return self

    @model_validator(mode="after")
    def _known_policy(self) -> "Happening":
        if self.policy is not None:
            unless_refused(policy.policy, self.policy, loc=("policy",))
        for key, value in self.changes.items():
            unless_refused(policy.with_changes, policy.Policy(), {key: value}, loc=("changes", key))
        return self

    @property
    def lasts(self) -> int:
        """Milliseconds."""
        return int(self.days * DAY)


_ALWAYS = ("what", "name", "day", "time", "when_over", "when_orders")
TAKES = {
    "stock-lost": ("sku", "pieces"),
    "courier-strike": ("carrier", "days", "slower"),
    "festival": ("days", "factor"),
    "desk-away": ("desk", "agents", "days"),
    "integration-outage": ("days",),
    "chargeback-wave": ("orders", "reason", "days"),
    "account-review": ("days",),
    "policy-change": ("policy", "changes"),
    "event": ("event", "order", "rating", "reason"),
}
"""The keys that each kind looks at, beside those of its moment and its name."""
_NEEDS = {
    "stock-lost": ("sku",),
    "desk-away": ("desk",),
    "policy-change": ("policy",),
    "event": ("event",),
}
