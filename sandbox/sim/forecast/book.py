"""The book of luck that a fork draws from: what was revealed is as it was, and all else is drawn anew."""

from typing import NamedTuple

from sandbox.sim.cast import Draw
from sandbox.sim.luck import Few, Uniforms, luck

SIZES = {
    "order": 16,
    "bank": 16,
    "wish": 8,
    "hours": 8,
    "after": 8,
    "complaint": 8,
    "asks": 4,
    "reads": 4,
    "inbox": 4,
    "dispatch": 4,
    "day": 2,
    "alternative": 2,
    "disputes desk": 2,
    "refunds desk": 2,
    "parcel": 8,
    "wave": 2,
}
"""Uniforms that a stream has for each number, by its name up to what it is numbered by: `parcel 1`, `asks cancel`."""

Block = tuple[str, int]
"""A stream and a number: uniforms that belong together."""
Places = tuple[int, ...]


def size(stream: str) -> int:
    """How many uniforms a stream has for each number."""
    return SIZES[stream] if stream in SIZES else SIZES[stream.partition(" ")[0]]


class Kept(NamedTuple):
    """What of the past's luck stays as it was, for something came of it."""

    places: dict[Block, dict[int, float]]
    """Some of a block's uniforms, by their places; the others of it are drawn anew."""
    last_day: int
    """The shop's last day that is over: it was as busy as it was."""


class Book:
    """The luck of one fork. It is a pure function of its key, of what is kept, and of what was turned to since."""

    def __init__(self, key: str, past: Draw, kept: Kept) -> None:
        self._key = key
        self._past = past
        self._last_day = kept.last_day
        self._blocks: dict[Block, list[float]] = {}
        """The uniforms that are others than the key's own."""
        self._turned: dict[Block, tuple[Places, int]] = {}
        """Places that were turned to, and the attempt; they are drawn when they are asked for, which most never are."""
        for (stream, number), places in kept.places.items():
            block = list(luck(key, stream, number, size(stream)))
            for place, value in places.items():
                block[place] = value
            self._blocks[stream, number] = block

    def __call__(self, seed: str, stream: str, number: int, places: int = 16, first: int | None = None) -> Uniforms:
        """Uniforms of the fork; `seed` is the world's own, by which the days that are over were drawn."""
        block = self.own((stream, number))
        if block is not None:
            return tuple(block[:first])
        if stream == "day" and number <= self._last_day:
            return self._past(seed, stream, number, places, first)
        return luck(self._key, stream, number, places, first)

    def few(self, seed: str, stream: str, places: int, shares: dict[int, float]) -> "FewOfABook":
        """Whom the fork's luck singles out; of days it is never asked."""
        return FewOfABook(self, Few(self._key, stream, places, shares), stream, shares)

    def own(self, block: Block) -> list[float] | None:
        """A block's uniforms, where they are others than the key's."""
        if block in self._turned:
            self._draw(block)
        return self._blocks.get(block)

    def turn(self, block: Block, places: Places, attempt: int) -> None:
        """Draw these places of a block once more, for the `attempt`-th time; the others stay. No places are all."""
        before = self._turned.get(block)
        if before and before[0] != places:
            self._draw(block)
        self._turned[block] = places, attempt

    def _draw(self, block: Block) -> None:
        places, attempt = self._turned.pop(block)
        stream, number = block
        drawn = luck(f"{self._key}/{attempt}", stream, number, size(stream))
        if not places:
            self._blocks[block] = list(drawn)
            return
        found = self._block(block)
        for place in places:
            found[place] = drawn[place]

    def _block(self, block: Block) -> list[float]:
        stream, number = block
        if block not in self._blocks:
            self._blocks[block] = list(luck(self._key, stream, number, size(stream)))
        return self._blocks[block]

    def return_to(self, block: Block, places: Places, seed: str) -> None:
        """Have these places of a block as the past had them."""
        stream, number = block
        if block in self._turned:
            self._draw(block)
        found, past = self._block(block), self._past(seed, stream, number, size(stream), None)
        for place in places or range(len(past)):
            found[place] = past[place]


class FewOfABook:
    """The few of a stream whom a book singles out: most by its key, and some by what was kept or turned to."""

    def __init__(self, book: Book, few: Few, stream: str, shares: dict[int, float]) -> None:
        self._book = book
        self._few = few
        self._stream = stream
        self._shares = shares

    def __contains__(self, number: int) -> bool:
        block = self._book.own((self._stream, number))
        if block is None:
            return number in self._few
        return any(block[place] < share for place, share in self._shares.items())
