"""The names things go by: order ids, order item ids, masked mail addresses.

An id is a keyed permutation of the thing's number in its world. So ids look drawn, no two are alike, the same seed
gives the same ids, and an id leads back to its row without an index, which over drawn text cost a sixth of all.
"""

import hashlib
import re

_HALF = 10_000_000
_LINES = 64
_REMEMBERED = 16_384

BY_HAND = 1_000_000_000_000
"""Order numbers above this are of orders that the simulator did not place."""

_ORDER_PREFIX = "402"
_ORDER_ID = re.compile(_ORDER_PREFIX + r"-(\d{7})-(\d{7})", re.ASCII)
_MAIL_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"

SANDBOX_MAIL = "marketplace.example.invalid"


def _round_keys(seed: str, what: str) -> tuple[int, ...]:
    digest = hashlib.sha256(f"{seed}/ids/{what}".encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4]) for i in range(0, 12, 4))


def _scrambled(number: int, keys: tuple[int, ...]) -> tuple[int, int]:
    """A balanced Feistel network over fourteen digits: every number has its own image."""
    first, second, third = keys
    left, right = divmod(number, _HALF)
    left = (left + ((right + first) ** 3 >> 40)) % _HALF
    right = (right + ((left + second) ** 3 >> 40)) % _HALF
    return right, (left + ((right + third) ** 3 >> 40)) % _HALF


def _unscrambled(left: int, right: int, keys: tuple[int, ...]) -> int:
    for key in reversed(keys):
        left, right = (right - ((left + key) ** 3 >> 40)) % _HALF, left
    return left * _HALF + right


class Ids:
    """The ids of one world; order numbers run from 1 to 1.5 * 10**12."""

    def __init__(self, seed: str) -> None:
        self._order_keys = _round_keys(seed, "order")
        self._item_keys = _round_keys(seed, "item")
        self._mail_keys = _round_keys(seed, "mail")
        self._numbers: dict[str, int] = {}

    def order_id(self, number: int) -> str:
        """The id of the world's `number`-th order, such as 402-1234567-1234567."""
        left, right = _scrambled(number, self._order_keys)
        order_id = f"{_ORDER_PREFIX}-{left:07d}-{right:07d}"
        self._remember(order_id, number)
        return order_id

    def order_number(self, order_id: str) -> int | None:
        """The number behind an order id, or None where the text is none. It may be of an order not placed yet."""
        number = self._numbers.get(order_id)
        if number is None and (found := _ORDER_ID.fullmatch(order_id)):
            number = _unscrambled(int(found[1]), int(found[2]), self._order_keys)
            self._remember(order_id, number)
        return number

    def _remember(self, order_id: str, number: int) -> None:
        if len(self._numbers) >= _REMEMBERED:
            self._numbers.clear()
        self._numbers[order_id] = number

    def item_id(self, number: int, line: int) -> str:
        """The fourteen digits of a line, the first being 1, of the world's `number`-th order."""
        assert 1 <= line < _LINES
        left, right = _scrambled(number * _LINES + line, self._item_keys)
        return f"{left:07d}{right:07d}"

    def masked_mail(self, number: int) -> str:
        """The address that stands in for a buyer's own: 0 is the seller, 1 onwards the buyers."""
        left, right = _scrambled(number, self._mail_keys)
        rest, letters = left * _HALF + right, ""
        for _ in range(10):
            rest, letter = divmod(rest, 32)
            letters += _MAIL_LETTERS[letter]
        return f"{letters}@{SANDBOX_MAIL}"
