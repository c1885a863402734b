"""What happens to money: given back, settled, handed to the bank."""

from sandbox.central.facts.base import Fact


class RefundRequested(Fact, frozen=True, omit_defaults=True):
    """The seller gives money back; it can be called off until `final_at` (chapter 10)."""

    order_id: str
    refund: int
    reason: str
    final_at: int
    items: dict[int, int]
    """Money by line of the order."""
    shipping_minor: int = 0
    memo: str = ""
    """For the seller's own eyes."""
    note: str = ""
    """What the buyer is told."""


class RefundCalledOff(Fact, frozen=True):
    """The seller thought better of a refund while it was pending."""

    order_id: str
    refund: int


class RefundPosted(Fact, frozen=True):
    """A refund is final: the buyer has the money."""

    order_id: str
    refund: int
    amount_minor: int
    fee_returned_minor: int


class SettlementClosed(Fact, frozen=True):
    """A settlement period ended. What it came to is handed to the bank some days later."""

    settlement: int
    since: int
    opening_minor: int
    orders_minor: int
    refunds_minor: int
    claims_minor: int
    chargebacks_minor: int
    fees_minor: int
    transferred_minor: int
    """What went to the bank in this period: the settlement's before."""
    reserved_minor: int
    """The reserve from now on."""
    reserve_change_minor: int
    """What the reserve gave back, or took where it is negative."""
    closing_minor: int
    transfer_at: int | None
    """None where there is nothing to hand out."""


class DebtCarried(Fact, frozen=True):
    """A settlement closed below nothing: the next one begins with it, and the platform notifies the seller."""

    settlement: int
    closing_minor: int
    says: str
    """In words, for the seller."""
    sent_to: list[str]


class TransferMade(Fact, frozen=True):
    """A settlement's money left for the seller's bank."""

    settlement: int
    amount_minor: int


class TransferHeld(Fact, frozen=True):
    """A settlement's money stays for now."""

    settlement: int
    reason: str
    until: int
    """When it is tried again."""
