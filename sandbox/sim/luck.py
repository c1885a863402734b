"""Luck has names: a draw is a pure function of seed, stream and number, the same on every machine and process.

One uniform for each decision, at a fixed place, and every variate by inversion. So a faster seller reshuffles nobody,
and a decision that depends on the seller compares the same uniform with another threshold.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from hashlib import shake_128
from itertools import accumulate, pairwise, repeat
from math import exp, fsum, log
from operator import truediv
from statistics import NormalDist
from struct import Struct

Uniforms = tuple[float, ...]
InTurn = Callable[[int], Uniforms]
"""The uniforms of a stream by number, for whoever asks for one after the other."""

_UNIT = 2.0**-32
_WHOLE = repeat(2**32)
_BYTES, _BLOCK = 4, 16
_KNOWN = 2**22
"""Of so many numbers is kept whether luck singles them out: four million orders, a byte each."""
_WORDS = {places: Struct(f"<{places}I") for places in range(1, 33)}
_WORD = _WORDS[1]
_inverse_normal = NormalDist().inv_cdf


def luck(seed: str, stream: str, number: int, places: int = 16, first: int | None = None) -> Uniforms:
    """Uniforms in [0, 1) for the `number`-th of a stream, of 32 bits each: as many as it has places, or the first few.

    A stream has as many places as the longest decision needs: another count would draw others.
    """
    digest = _digest(seed, stream, places, number // _BLOCK)
    words = _WORDS[first or places].unpack_from(digest, number % _BLOCK * places * _BYTES)
    return tuple(map(truediv, words, _WHOLE))  # by an integer: as exact as by a float, and done sooner


def lot(seed: str, stream: str, number: int, places: int, place: int) -> float:
    """One of the uniforms that `luck` draws, by its place: nobody else's is worked out."""
    digest = _digest(seed, stream, places, number // _BLOCK)
    (word,) = _WORD.unpack_from(digest, (number % _BLOCK * places + place) * _BYTES)
    return float(word * _UNIT)


def in_turn(seed: str, stream: str, places: int, first: int) -> InTurn:
    """The first few uniforms of a stream, by number, for one who asks for them in turn: the digest stays at hand.

    Those of neighbours are not worked out before they are asked for: until then they would be forgotten by the
    processor's own memory, which costs more than what is saved.
    """
    at_block, digest, apart = -1, b"", places * _BYTES
    words = _WORDS[first].unpack_from

    def drawn(number: int) -> Uniforms:
        nonlocal at_block, digest
        if number // _BLOCK != at_block:
            at_block = number // _BLOCK
            digest = _digest(seed, stream, places, at_block)
        return tuple(map(truediv, words(digest, number % _BLOCK * apart), _WHOLE))

    return drawn


@lru_cache(maxsize=8192)
def _digest(seed: str, stream: str, places: int, block: int) -> bytes:
    """The draws of sixteen neighbours at once: most are asked for in turn, and a long digest costs little more."""
    return shake_128(f"{seed}/{stream}/{places}/{block}".encode()).digest(_BYTES * places * _BLOCK)


_OTHER, _UNSURE, _SINGLED, _UNTOLD = 0, 1, 3, 4
"""What is known of a number. Several places are put together bit by bit: whoever is singled out at one of them is."""
_HIGHEST = _BYTES - 1
"""A word's last byte tells most of it."""


def _by_highest_byte(edge: float) -> bytes:
    """What the highest byte of a word tells of whether the word is below an edge."""
    least = [byte << 8 * _HIGHEST for byte in range(257)]
    return bytes(
        [_OTHER if first >= edge else _SINGLED if behind <= edge else _UNSURE for first, behind in pairwise(least)]
    )


class Few:
    """The few of a stream whom luck singles out: at one of some places their uniform is below a share.

    Everybody else is passed over without a look: sixteen neighbours are told at once, nearly all of them by the highest
    byte of each word, and a byte is kept of each.
    """

    def __init__(self, seed: str, stream: str, places: int, shares: dict[int, float]) -> None:
        self._of = (seed, stream, places)
        self._edges = {place: share / _UNIT for place, share in shares.items()}
        self._columns = [
            (slice(_BYTES * place + _HIGHEST, None, _BYTES * places), _by_highest_byte(edge))
            for place, edge in self._edges.items()
        ]
        self._known = bytearray()

    def __contains__(self, number: int) -> bool:
        told = self._known[number] if number < len(self._known) else _UNTOLD
        if told == _UNTOLD:
            told = self._told(number // _BLOCK)[number % _BLOCK]
        return told == _SINGLED

    def _told(self, block: int) -> bytes:
        """What is told of sixteen neighbours. It is kept but for the highest numbers, which are few."""
        digest, found = _digest(*self._of, block), 0
        for column, by_highest_byte in self._columns:
            found |= int.from_bytes(digest[column].translate(by_highest_byte), "little")
        told = found.to_bytes(_BLOCK, "little")
        if _UNSURE in told:
            told = bytes([self._looked_at(digest, at) if one == _UNSURE else one for at, one in enumerate(told)])
        first, known = block * _BLOCK, self._known
        if first < _KNOWN:
            known.extend(bytes([_UNTOLD]) * (first + _BLOCK - len(known)))
            known[first : first + _BLOCK] = told
        return told

    def _looked_at(self, digest: bytes, neighbour: int) -> int:
        places = self._of[2]
        words = _WORDS[places].unpack_from(digest, neighbour * places * _BYTES)
        return _SINGLED if any(words[place] < edge for place, edge in self._edges.items()) else _OTHER


def exponential(u: float) -> float:
    """An exponential variate of mean 1."""
    return -log(1.0 - u)


def normal(u: float) -> float:
    """A normal variate of mean 0 and variance 1."""
    return _inverse_normal(min(max(u, _UNIT), 1.0 - _UNIT))


def lognormal(u: float, median: float, sigma: float) -> float:
    """A lognormal variate, by its median and the standard deviation of its logarithm."""
    return median * exp(sigma * normal(u))


class Weighted:
    """Choices with weights, picked by a uniform."""

    def __init__(self, weights: list[float]) -> None:
        total = fsum(weights)  # not sum: from Python 3.12 on that one rounds otherwise
        self._edges = [edge / total for edge in accumulate(weights)]
        self._edges[-1] = 1.0

    def pick(self, u: float) -> int:
        """The index that `u` falls on."""
        return bisect_right(self._edges, u)
