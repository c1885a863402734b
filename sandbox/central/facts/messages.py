"""What buyer and seller say to each other."""

from sandbox.central.facts.base import Fact


class MessageSent(Fact, frozen=True, omit_defaults=True):
    """What the buyer's and the seller's messages have in common. The first of a thread opens it."""

    order_id: str
    thread: int
    message: int
    subject: str
    text: str


class BuyerAsked(MessageSent, frozen=True):
    """A buyer wrote to the seller; it needs a reply (chapter 11)."""


class SellerWrote(MessageSent, frozen=True):
    """The seller wrote to a buyer of their own accord (chapter 3)."""


class SellerReplied(MessageSent, frozen=True, omit_defaults=True):
    """The seller answered a thread: all that waited in it is answered, unless a machine did it."""

    automatic: bool = False


class NoResponseNeeded(Fact, frozen=True):
    """The seller marked a buyer's message as one that needs no reply."""

    message: int
    order_id: str
