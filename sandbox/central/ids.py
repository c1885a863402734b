"""The names things go by: order ids, order item ids, masked mail addresses.

An id is a keyed permutation of the thing's number in its world. So ids look drawn, no two are alike, the same seed
gives the same ids, and an id leads back to its row without an index, which over drawn text cost a sixth of all.
"""

import hashlib
import re
from typing import NamedTuple

from sandbox.central.guide import Refused

_HALF = 10_000_000
_ALL = _HALF * _HALF
_LINES = 64
_REMEMBERED = 65_536

BY_HAND = 1_000_000_000_000
"""Order numbers above this are of orders that the simulator did not place."""

_ORDER_PREFIX = "402"
_ORDER_ID = re.compile(_ORDER_PREFIX + r"-(\d{7})-(\d{7})", re.ASCII)
_MAIL_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"

SANDBOX_MAIL = "marketplace.example.invalid"


class _Keys(NamedTuple):
    """How the numbers of one kind are scrambled in one world."""

    times: int
    plus: int
    mix: int
    back: int
    """What undoes `times`."""


def _keys(seed: str, what: str) -> _Keys:
    digest = hashlib.sha256(f"{seed}/ids/{what}".encode()).digest()
    times, plus, mix = (int.from_bytes(digest[i : i + 8]) % _ALL for i in range(0, 24, 8))
    times += 1 - times % 10  # without a factor in common with a power of ten, or numbers would share an image
    return _Keys(times, plus, mix % _HALF, pow(times, -1, _ALL))


def _scrambled(number: int, keys: tuple[int, int, int]) -> int:
    """A permutation of the numbers of fourteen digits, by the first three keys: every number has its own image."""
    times, plus, mix = keys
    left, right = divmod((number * times + plus) % _ALL, _HALF)
    mixed = right + mix
    return right * _HALF + (left + (mixed * mixed >> 20)) % _HALF


def _unscrambled(image: int, keys: _Keys) -> int:
    right, left = divmod(image, _HALF)
    mixed = right + keys.mix
    left = (left - (mixed * mixed >> 20)) % _HALF
    return (left * _HALF + right - keys.plus) * keys.back % _ALL


class Ids:
    """The ids of one world; order numbers run from 1 to 1.5 * 10**12."""

    def __init__(self, seed: str) -> None:
        self._order_keys = _keys(seed, "order")
        self._scrambling_orders = self._order_keys[:3]  # plain tuples, for each id takes them apart
        self._scrambling_items = _keys(seed, "item")[:3]
        self._scrambling_mail = _keys(seed, "mail")[:3]
        self.known: dict[str, int] = {}
        """The numbers of ids met lately: whoever asks often looks here first."""

    def order_id(self, number: int) -> str:
        """The id of the world's `number`-th order, such as 402-1234567-1234567."""
        digits = str(_ALL + _scrambled(number, self._scrambling_orders))
        order_id = f"{_ORDER_PREFIX}-{digits[1:8]}-{digits[8:]}"
        self._remember(order_id, number)
        return order_id

    def order_number(self, order_id: str) -> int | None:
        """The number behind an order id, or None where the text is none. It may be of an order not placed yet."""
        number = self.known.get(order_id)
        if number is None and (found := _ORDER_ID.fullmatch(order_id)):
            number = _unscrambled(int(found[1] + found[2]), self._order_keys)
            self._remember(order_id, number)
        return number

    def _remember(self, order_id: str, number: int) -> None:
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        self.known[order_id] = number

    def item_id(self, number: int, line: int) -> str:
        """The fourteen digits of a line, the first being 1, of the world's `number`-th order."""
        assert 1 <= line < _LINES
        return str(_ALL + _scrambled(number * _LINES + line, self._scrambling_items))[1:]

    def masked_mail(self, number: int) -> str:
        """The address that stands in for a buyer's own: 0 is the seller, 1 onwards the buyers."""
        rest, letters = _scrambled(number, self._scrambling_mail), ""
        for _ in range(10):
            rest, letter = divmod(rest, 32)
            letters += _MAIL_LETTERS[letter]
        return f"{letters}@{SANDBOX_MAIL}"


def unknown_order(order_id: str) -> Refused:
    """The refusal for an order that is not there."""
    return Refused(
        "UnknownOrder", f"There is no order {order_id[:40]!r} in this world. Look for it by its day or its buyer."
    )
