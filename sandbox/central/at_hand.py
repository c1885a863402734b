"""What a transaction knows without a look: it read or wrote it itself, and nobody else writes meanwhile."""

from sandbox.central.records import Order

_ORDERS, _PIECES, _PARCELS, _ANSWERED = 8192, 8192, 32_768, 8192
"""What may stay at hand for long: an order takes 600 bytes, its pieces 300 and a parcel 60; these travel for days. A
thread takes 130."""


class AtHand:
    """Orders, parcels and threads of one transaction, as they are now."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.former: dict[int, Order] = {}
        """Those that a fact changed since they were read."""
        self.pieces: dict[int, dict[int, int]] = {}
        """What was ordered, by line, with each order of several pieces that was placed in this transaction."""
        self.under_way: set[int] = set()
        """Orders of the production view whose only package left and did not arrive anywhere yet."""
        self.delivered: dict[int, int] = {}
        """Those whose only package was delivered, and when."""
        self.answered: set[tuple[int, str]] = set()
        """Threads whose messages have all been answered: the order's number and the subject."""

    def is_changed(self, number: int) -> None:
        """A fact changes an order that is at hand."""
        self.former[number] = self.orders.pop(number)

    def ordered(self, number: int) -> Order | None:
        """An order as it was at some time, for what never changes of it."""
        return self.orders.get(number) or self.former.get(number)

    def let_go(self) -> None:
        """Bound the memory of a long transaction."""
        self.former.clear()
        if len(self.orders) > _ORDERS:
            self.orders.clear()
        if len(self.pieces) > _PIECES:
            self.pieces.clear()
        if len(self.under_way) > _PARCELS:
            self.under_way.clear()
        if len(self.delivered) > _PARCELS:
            self.delivered.clear()
        if len(self.answered) > _ANSWERED:
            self.answered.clear()

    def forget(self) -> None:
        """The transaction is over, or came to nothing."""
        self.orders.clear()
        self.former.clear()
        self.pieces.clear()
        self.under_way.clear()
        self.delivered.clear()
        self.answered.clear()
