"""Luck has names: a draw is a pure function of seed, stream and number, the same on every machine and process.

One uniform for each decision, at a fixed place, and every variate by inversion. So a faster seller reshuffles nobody,
and a decision that depends on the seller compares the same uniform with another threshold.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from hashlib import shake_128
from itertools import accumulate, repeat
from math import exp, fsum, log
from operator import truediv
from statistics import NormalDist
from struct import Struct

Uniforms = tuple[float, ...]
InTurn = Callable[[int], Uniforms]
"""The uniforms of a stream by number, for whoever asks for one after the other."""

_UNIT = 2.0**-32
_WHOLE = repeat(2**32)
_BYTES, _BLOCK, _KNOWN = 4, 16, 8192
_WORDS = {places: Struct(f"<{places}I") for places in range(1, 33)}
_inverse_normal = NormalDist().inv_cdf


def luck(seed: str, stream: str, number: int, places: int = 16, first: int | None = None) -> Uniforms:
    """Uniforms in [0, 1) for the `number`-th of a stream, of 32 bits each: as many as it has places, or the first few.

    A stream has as many places as the longest decision needs: another count would draw others.
    """
    digest = _digest(seed, stream, places, number // _BLOCK)
    words = _WORDS[first or places].unpack_from(digest, number % _BLOCK * places * _BYTES)
    return tuple(map(truediv, words, _WHOLE))  # by an integer: as exact as by a float, and done sooner


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


def _column(places: int, place: int) -> Struct:
    """The words that sixteen neighbours have at one of their places."""
    before, between = f"{_BYTES * place}x", f"{_BYTES * (places - 1)}x"
    after = f"{_BYTES * (places - place - 1)}x"
    return Struct(f"<{before}{f'I{between}' * (_BLOCK - 1)}I{after}")


class Few:
    """The few of a stream whom luck singles out: at one of some places their uniform is below a share.

    Everybody else is passed over without a look: sixteen neighbours are told at once, and a bit is kept of each.
    """

    def __init__(self, seed: str, stream: str, places: int, shares: dict[int, float]) -> None:
        self._of = (seed, stream, places)
        self._edges = [(_column(places, place), share / _UNIT) for place, share in shares.items()]
        self._blocks: dict[int, int] = {}

    def __contains__(self, number: int) -> bool:
        found = self._blocks.get(number // _BLOCK)
        if found is None:
            found = self._told(number // _BLOCK)
        return found >> number % _BLOCK & 1 == 1

    def _told(self, block: int) -> int:
        seed, stream, places = self._of
        digest = _digest(seed, stream, places, block)
        found = 0
        for column, edge in self._edges:
            theirs = column.unpack(digest)
            if min(theirs) < edge:
                found |= sum(1 << neighbour for neighbour, word in enumerate(theirs) if word < edge)
        if len(self._blocks) >= _KNOWN:
            self._blocks.clear()
        self._blocks[block] = found
        return found


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
