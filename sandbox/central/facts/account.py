"""What happens to the account itself, and who and what the shop has."""

from sandbox.central.facts.base import Address, Fact


class AccountOpened(Fact, frozen=True):
    """The seller's account began, with its numbers and its currency."""

    shop: str
    seed: str
    policy: str
    currency: str
    policy_changes: dict[str, object] = {}


class ProductListed(Fact, frozen=True):
    """The shop offers a product."""

    product: int
    sku: str
    title: str
    price_minor: int


class BuyerJoined(Fact, frozen=True):
    """Somebody bought here for the first time."""

    buyer: int
    name: str
    email: str


class AddressAdded(Fact, frozen=True):
    """A buyer's address that orders can go to."""

    address: int
    buyer: int
    place: Address


OUTAGE = "integration-outage"
"""What befalls a shop whose programs get no answer while it lasts."""


class HappeningBegan(Fact, frozen=True):
    """Something befell the shop from outside, as the plot of its scenario has it."""

    happening: int
    """The how-manieth of the plot."""
    what: str
    says: str


class HappeningEnded(Fact, frozen=True):
    """It is over."""

    happening: int
    what: str


class PolicyChanged(Fact, frozen=True):
    """The platform's numbers changed: from now on these hold. What was promised before stays."""

    policy: str
    changes: dict[str, object] = {}


class ActionRefused(Fact, frozen=True):
    """Somebody tried what the rules do not allow. Nothing else changed."""

    tried: str
    """The rule's name."""
    code: str
    sentence: str
    order_id: str = ""
