"""What many runs say together: means, rates, shares and paired differences, each with its interval.

Values come in the order of their replications, so that sums are the same to the last bit whoever ran them. Sources:
Law, Simulation Modeling and Analysis, chapters 9 to 11; Wilson 1927; Cochran, Sampling Techniques, chapter 6.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import atan, cos, exp, fsum, lgamma, log1p, pi, sin, sqrt
from statistics import NormalDist, mean, quantiles, variance
from typing import NamedTuple

CONFIDENCE = 0.95
"""Of every interval, two-sided."""
_NOISE = 1e-12
"""A variance this much smaller than those it comes from is nothing but rounding."""


class Interval(NamedTuple):
    """An estimate with the interval around it; the ends are None where one value alone says nothing of its spread."""

    estimate: float
    low: float | None
    high: float | None


class Paired(NamedTuple):
    """How much two variants differ, pair by pair of replications that met the same luck."""

    difference: Interval
    variance_ratio: float | None
    """So many times as many independent runs would have told as much; None where nothing varies."""


class Deciles(NamedTuple):
    """Where the replications lie."""

    p10: float
    p50: float
    p90: float


def interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The mean of independent replications, with Student's interval around it."""
    middle = mean(values)
    if len(values) < 2:
        return Interval(middle, None, None)
    half = t_quantile(0.5 + confidence / 2, len(values) - 1) * sqrt(variance(values) / len(values))
    return Interval(middle, middle - half, middle + half)


def ratios(tops: Sequence[float], bottoms: Sequence[float]) -> list[float] | None:
    """A value for each replication whose mean is the sum of the tops over the sum of the bottoms.

    A rate of all replications is no mean of their rates, for they differ in size. Each value is the rate plus what its
    replication moves it by (the jackknife to first order), so that means, intervals and pairs are taken of them as of
    any others. None where there is nothing to count among.
    """
    bottom = fsum(bottoms)
    if not bottom:
        return None
    rate, each = fsum(tops) / bottom, bottom / len(bottoms)
    return [rate + (top - rate * below) / each for top, below in zip(tops, bottoms, strict=True)]


def wilson(count: int, out_of: int, confidence: float = CONFIDENCE) -> Interval:
    """A share with Wilson's interval, which holds for a few out of many and for none at all."""
    z2 = NormalDist().inv_cdf(0.5 + confidence / 2) ** 2
    middle = (count + z2 / 2) / (out_of + z2)
    half = sqrt(z2 * (count * (out_of - count) / out_of + z2 / 4)) / (out_of + z2)
    return Interval(count / out_of, max(0.0, middle - half), min(1.0, middle + half))


def paired(these: Sequence[float], those: Sequence[float], confidence: float = CONFIDENCE) -> Paired:
    """These less those, replication by replication, with Student's interval around the mean difference."""
    differences = [this - that for this, that in zip(these, those, strict=True)]
    found = interval(differences, confidence)
    if len(differences) < 2:
        return Paired(found, None)
    apart, together = variance(these) + variance(those), variance(differences)
    return Paired(found, apart / together if together > _NOISE * apart else None)


def deciles(values: Sequence[float]) -> Deciles:
    """The first, the fifth and the ninth decile."""
    if len(values) < 2:
        return Deciles(*values, *values, *values)
    found = quantiles(values, n=10, method="inclusive")
    return Deciles(found[0], found[4], found[8])


@lru_cache
def t_quantile(share: float, freedom: int) -> float:
    """Student's t that a share of the distribution lies below, from the half on; to 1e-9 of its value.

    Ours, for the standard library has none, and SciPy's 100 MB would be needed for this alone. Newton's steps from the
    normal quantile: it lies below, and the distribution is concave, so that they come nearer from one side only.
    """
    assert 0.5 <= share < 1 and freedom >= 1
    t = NormalDist().inv_cdf(share)
    for _ in range(100):
        step = (share - _t_below(t, freedom)) / _t_density(t, freedom)
        t += step
        if abs(step) <= 1e-12 * t:
            break
    return t


def _t_density(t: float, freedom: int) -> float:
    half = freedom / 2
    return exp(lgamma(half + 0.5) - lgamma(half) - (half + 0.5) * log1p(t * t / freedom)) / sqrt(pi * freedom)


def _t_below(t: float, freedom: int) -> float:
    """The share of Student's distribution below t: Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    terms = [term] if freedom > 1 else []
    for below in range(2 + odd, freedom, 2):
        term *= cos(angle) ** 2 * (below - 1) / below
        terms.append(term)
    inside = sin(angle) * fsum(terms)
    return 0.5 + ((angle + inside) / pi if odd else inside / 2)
