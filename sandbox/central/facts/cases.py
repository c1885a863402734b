"""What is said between the seller and seller support (chapter 12)."""

from sandbox.central.facts.base import Fact


class CaseOpened(Fact, frozen=True, omit_defaults=True):
    """The seller asked seller support about something, or about an order."""

    case: int
    subject: str
    text: str
    order_id: str = ""


class CaseAnswered(Fact, frozen=True):
    """Seller support answered."""

    case: int
    text: str


class CaseRead(Fact, frozen=True):
    """The seller read the answer."""

    case: int


class CaseRepliedTo(Fact, frozen=True):
    """The seller wrote again. A case that was answered waits for another answer."""

    case: int
    text: str


class CaseClosed(Fact, frozen=True):
    """The seller closed the case. It stays closed."""

    case: int
