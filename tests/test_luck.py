"""Luck has names: draws that depend on nothing but their names, and the variates made of them."""

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import shake_128
from math import exp, sqrt
from random import Random
from statistics import correlation, fmean

import pytest

from sandbox.sim import luck as room
from sandbox.sim.luck import Weighted, exponential, lognormal, luck

LARGEST = 1 - 2.0**-32

CHI_SQUARE = {3: 16.266, 6: 22.458, 7: 24.322, 15: 37.697, 23: 49.728}
"""By degrees of freedom, exceeded by luck once in a thousand: NIST/SEMATECH e-Handbook of Statistical Methods,
table 1.3.6.7.4."""

NORMAL_999 = 3.291
"""A standard normal variate is further from 0 than this once in a thousand times: the same handbook, 1.3.6.7.1."""


def chi_square(seen: Sequence[float], expected: Sequence[float]) -> float:
    """How far counts lie from what was expected."""
    return sum((found - wanted) ** 2 / wanted for found, wanted in zip(seen, expected, strict=True))


def evenly(draws: Iterable[float], bins: int) -> float:
    """The chi-square of draws against equal bins of [0, 1)."""
    counts = Counter(int(u * bins) for u in draws)
    return chi_square([counts[number] for number in range(bins)], [counts.total() / bins] * bins)


def ks(draws: Iterable[float]) -> float:
    """Kolmogorov and Smirnov's distance from the uniform, times the root of the count; above 1.95 once in a thousand
    (Massey 1951, asymptotic)."""
    ordered = sorted(draws)
    count = len(ordered)
    return sqrt(count) * max(max((i + 1) / count - u, u - i / count) for i, u in enumerate(ordered))


# -- draws


def test_the_same_names_give_the_same_draw() -> None:
    assert luck("402", "order", 17) == luck("402", "order", 17)


def test_a_draw_is_the_same_on_every_machine_and_python() -> None:
    assert [round(u * 2**32) for u in luck("402", "order", 17)[:4]] == [3594487764, 3018783577, 1541715885, 111904305]


def test_a_draw_can_be_worked_out_without_this_program() -> None:
    digest = shake_128(b"7/parcel 1/6/2").digest(4 * 6 * 16)
    words = struct.unpack("<96I", digest)
    assert luck("7", "parcel 1", 2 * 16 + 5, places=6) == tuple(word / 2**32 for word in words[5 * 6 : 6 * 6])


def test_a_draw_does_not_depend_on_what_was_asked_before() -> None:
    numbers = list(range(1, 400))
    in_turn = {number: luck("7", "order", number) for number in numbers}
    Random(1).shuffle(numbers)
    room._digest.cache_clear()
    assert {number: luck("7", "order", number) for number in numbers} == in_turn


@pytest.mark.parametrize("number", [0, 1, 15, 16, 63, 64, 65, 10**12 + 1])
@pytest.mark.parametrize(("places", "first"), [(16, 7), (16, 1), (8, 8), (4, 4), (32, 31)])
def test_whoever_asks_in_turn_is_drawn_the_first_of_all(number: int, places: int, first: int) -> None:
    drawn = room.in_turn("7", "order", places, first)
    for asked in (number, number + 1, number):
        wanted = luck("7", "order", asked, places)[:first]
        assert drawn(asked) == luck("7", "order", asked, places, first) == wanted


@pytest.mark.parametrize("number", [0, 1, 15, 16, 63, 64, 10**12 + 1])
@pytest.mark.parametrize("places", [1, 2, 4, 8, 16])
def test_a_lot_is_one_of_the_uniforms(number: int, places: int) -> None:
    wanted = luck("7", "order", number, places)
    assert tuple(room.lot("7", "order", number, places, place) for place in range(places)) == wanted


def seventh(place: int, beyond: int = 0) -> float:
    """A share on one side or the other of the uniform that an order has at that place."""
    return luck("7", "order", 7)[place] + beyond * 2.0**-32


@pytest.mark.parametrize(
    "shares",
    [
        *({3: share} for share in (0.0, 2.0**-32, 0.01, 1 / 256, 1 / 256 + 2.0**-32, 0.5, LARGEST, 1.0, 1.5)),
        *({0: seventh(0, beyond), 15: seventh(15, beyond)} for beyond in (-1, 0, 1)),
        {3: 0.05, 8: 0.1, 15: 0.004},
        {},
    ],
)
def test_the_few_are_those_below_a_share_at_any_of_the_places(shares: dict[int, float]) -> None:
    numbers = [*range(600), *range(2**22 - 20, 2**22 + 20), 10**12 + 1]
    wanted = {n for n in numbers if any(luck("7", "order", n)[place] < share for place, share in shares.items())}
    few = room.Few("7", "order", 16, shares)
    Random(1).shuffle(numbers)
    for _ in range(2):  # those asked for once more are known
        assert {number for number in numbers if number in few} == wanted


def test_what_is_kept_of_the_few_is_a_byte_for_each_number() -> None:
    few = room.Few("7", "order", 16, {0: 0.5})
    for number in (2**22 - 1, 2**22, 10**12 + 1):
        assert (number in few) == (luck("7", "order", number)[0] < 0.5)
    assert len(few._known) == 2**22


@pytest.mark.parametrize("number", [0, 1, 15, 16, 10**12 + 1, 10**15])
def test_any_number_has_a_draw_of_its_own(number: int) -> None:
    assert luck("7", "order", number) != luck("7", "order", number + 1)


@pytest.mark.parametrize(
    ("other_seed", "other_stream", "other_places"), [("8", "order", 16), ("7", "inbox", 16), ("7", "order", 4)]
)
def test_another_seed_stream_or_count_of_places_is_another_luck(
    other_seed: str, other_stream: str, other_places: int
) -> None:
    ours = {u for number in range(100) for u in luck("7", "order", number)}
    theirs = {u for number in range(100) for u in luck(other_seed, other_stream, number, other_places)}
    assert not ours & theirs


def test_a_draw_has_as_many_places_as_were_asked_for() -> None:
    assert [len(luck("7", "order", 3, places=places)) for places in (1, 4, 6, 16)] == [1, 4, 6, 16]


def test_draws_are_never_below_0_and_never_1() -> None:
    draws = [u for number in range(2_000) for u in luck("7", "order", number)]
    assert min(draws) >= 0 and max(draws) < 1


@pytest.mark.parametrize("place", range(16))
def test_every_place_is_uniform_by_itself(place: int) -> None:
    draws = [luck("7", "order", number)[place] for number in range(4_000)]
    assert evenly(draws, 16) < CHI_SQUARE[15]


def test_all_places_together_are_uniform() -> None:
    assert ks(u for number in range(3_000) for u in luck("11", "order", number)) < 1.95


def test_neighbouring_places_know_nothing_of_each_other() -> None:
    draws = [luck("7", "order", number) for number in range(4_000)]
    ties = [correlation([d[p] for d in draws], [d[p + 1] for d in draws]) for p in range(15)]
    assert max(map(abs, ties)) < 4 / sqrt(len(draws))  # the largest of fifteen


def test_neighbouring_numbers_know_nothing_of_each_other() -> None:
    first = [luck("7", "order", number)[0] for number in range(8_001)]
    assert abs(correlation(first[:-1], first[1:])) < NORMAL_999 / sqrt(8_000)


# -- variates


def of_many() -> list[float]:
    return [luck("7", "variates", number, places=1)[0] for number in range(40_000)]


def test_an_exponential_has_mean_1() -> None:
    found = fmean(exponential(u) for u in of_many())
    assert abs(found - 1) < NORMAL_999 / sqrt(40_000)


def test_an_exponential_is_finite_for_every_draw() -> None:
    assert exponential(0.0) == 0 and 22 < exponential(LARGEST) < 23


def test_a_lognormal_has_the_mean_that_its_median_and_sigma_say() -> None:
    mean = 8 * exp(0.5**2 / 2)
    deviation = mean * sqrt(exp(0.5**2) - 1)
    found = fmean(lognormal(u, 8, 0.5) for u in of_many())
    assert abs(found - mean) < NORMAL_999 * deviation / sqrt(40_000)


def test_half_of_a_lognormal_lies_below_its_median() -> None:
    below = sum(lognormal(u, 21, 1.0) < 21 for u in of_many())
    assert abs(below - 20_000) < NORMAL_999 * sqrt(40_000 / 4)


def test_a_lognormal_without_spread_is_its_median() -> None:
    assert {lognormal(u, 8, 0) for u in (0.0, 0.3, LARGEST)} == {8}


def test_a_lognormal_is_finite_and_positive_for_every_draw() -> None:
    assert 0 < lognormal(0.0, 4, 0.5) < lognormal(LARGEST, 4, 0.5) < 100


def test_a_larger_draw_never_gives_a_smaller_variate() -> None:
    draws = sorted(of_many())
    waits = [lognormal(u, 8, 0.5) for u in draws]
    assert waits == sorted(waits)


# -- weighted choices


@pytest.mark.parametrize(
    ("weights", "u", "choice"),
    [
        ([1, 1], 0.0, 0),
        ([1, 1], 0.5 - 2.0**-32, 0),
        ([1, 1], 0.5, 1),
        ([1, 1], LARGEST, 1),
        ([3, 1], 0.75, 1),
        ([3, 1], 0.75 - 2.0**-32, 0),
        ([5], 0.0, 0),
        ([5], LARGEST, 0),
        ([0, 1], 0.0, 1),
        ([1, 0], LARGEST, 0),
        ([1, 0, 1], 0.5, 2),
        ([0.1] * 10 + [0], LARGEST, 9),
    ],
)
def test_a_choice_begins_where_the_one_before_it_ends(weights: list[float], u: float, choice: int) -> None:
    assert Weighted(weights).pick(u) == choice


def test_the_edges_between_choices_are_the_same_on_every_python() -> None:
    """Python 3.12 sums floats more exactly than 3.11: a tenth ten times is 1 for one and less for the other."""
    assert Weighted([0.1] * 10).pick(0.5) == 5


def test_choices_come_as_often_as_they_weigh() -> None:
    weighted = Weighted([3, 2, 4, 1])
    counts = Counter(weighted.pick(u) for u in of_many())
    assert chi_square([counts[n] for n in range(4)], [12_000, 8_000, 16_000, 4_000]) < CHI_SQUARE[3]
