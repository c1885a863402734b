"""Intervals of many runs, against closed forms and published values."""

from math import acos, cos, pi, sqrt, tan

import pytest

from sandbox.sim.statistics import deciles, interval, paired, ratios, t_quantile, wilson

SHARES = (0.6, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9995)


# -- Student's t


@pytest.mark.parametrize("share", SHARES)
def test_students_t_is_exact_where_it_has_a_closed_form(share: float) -> None:
    alpha = 4 * share * (1 - share)
    assert t_quantile(share, 1) == pytest.approx(tan(pi * (share - 0.5)), rel=1e-9)
    assert t_quantile(share, 2) == pytest.approx(2 * (share - 0.5) * sqrt(2 / alpha), rel=1e-9)
    four = 2 * sqrt(cos(acos(sqrt(alpha)) / 3) / sqrt(alpha) - 1)
    assert t_quantile(share, 4) == pytest.approx(four, rel=1e-9)


@pytest.mark.parametrize(
    ("freedom", "t"),
    [
        (3, 3.182446305),
        (5, 2.570581836),
        (9, 2.262157163),
        (10, 2.228138852),
        (19, 2.093024054),
        (29, 2.045229642),
        (30, 2.042272456),
        (59, 2.000995378),
        (100, 1.983971519),
        (199, 1.971956544),
        (1000, 1.962339081),
    ],
)
def test_students_t_is_that_of_the_tables(freedom: int, t: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(t, abs=1e-9)


def test_students_t_of_many_degrees_is_nearly_the_normal_one() -> None:
    assert t_quantile(0.975, 100_000) == pytest.approx(1.959963985, abs=3e-5)


# -- Wilson's interval


@pytest.mark.parametrize(
    ("count", "out_of", "low", "high"),
    [
        (1, 100, 0.001767432064140647, 0.054486196178705315),
        (1, 200, 0.0008831687156009762, 0.02777370439789293),
        (2, 200, 0.002746658133544435, 0.0357217617161768),
        (5, 500, 0.004278753896590494, 0.023193099755730702),
        (5, 1000, 0.0021375355273244604, 0.011650955373375113),
        (10, 1000, 0.00544075444552925, 0.018309468870314774),
        (15, 2000, 0.004550377435809227, 0.012337914136224915),
        (50, 5000, 0.007593772813946565, 0.013158575092209416),
        (40, 5000, 0.0058806817250996474, 0.010874736988836562),
        (1000, 100_000, 0.009401858813385212, 0.010635786036946166),
    ],
)
def test_a_share_has_wilsons_interval(count: int, out_of: int, low: float, high: float) -> None:
    found = wilson(count, out_of)
    assert found.estimate == count / out_of
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)


def test_wilsons_interval_holds_for_none_and_for_all() -> None:
    none, every = wilson(0, 20), wilson(20, 20)
    assert (none.low, every.high) == pytest.approx((0, 1))
    assert none.high == pytest.approx(0.1611251581, abs=1e-9)
    assert none.high is not None
    assert every.low == pytest.approx(1 - none.high)


# -- means, rates, pairs


def test_a_mean_has_students_interval() -> None:
    found = interval([1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09], confidence=0.90)
    assert found == pytest.approx((1.343, 1.106, 1.580), abs=1e-3)  # Law, example 4.27: 1.34 ± 0.24


def test_one_run_has_a_mean_and_no_interval() -> None:
    assert interval([3.0]) == (3.0, None, None)
    assert paired([3.0], [1.0]) == ((2.0, None, None), None)


def test_a_rate_of_several_runs_is_that_of_all_together_and_not_the_mean_of_rates() -> None:
    found = ratios([1, 30], [10, 1000])
    assert found is not None
    assert interval(found).estimate == pytest.approx(31 / 1010)


def test_a_rates_interval_is_that_of_the_jackknife() -> None:
    tops, bottoms = [3.0 + n % 4 for n in range(60)], [100.0 + n % 7 for n in range(60)]
    left_out = [(sum(tops) - top) / (sum(bottoms) - bottom) for top, bottom in zip(tops, bottoms, strict=True)]
    rate = sum(tops) / sum(bottoms)
    jackknife = interval([60 * rate - 59 * left for left in left_out])
    assert interval(ratios(tops, bottoms) or []) == pytest.approx(jackknife, rel=1e-3)


def test_a_rate_of_runs_of_one_size_is_their_mean() -> None:
    assert interval(ratios([1, 2, 6], [10, 10, 10]) or []) == pytest.approx(interval([0.1, 0.2, 0.6]))


def test_nothing_counted_among_nothing_is_no_rate() -> None:
    assert ratios([0, 0], [0, 0]) is None


def test_pairs_that_share_their_luck_are_worth_as_many_runs_as_the_ratio_says() -> None:
    luck, own = [10.0, 20.0, 30.0, 40.0], [1.0, -1.0, -1.0, 1.0]
    found = paired([base + 5 + noise for base, noise in zip(luck, own, strict=True)], luck)
    assert found.difference.estimate == 5
    half = t_quantile(0.975, 3) * sqrt(4 / 3 / 4)
    assert found.difference[1:] == pytest.approx((5 - half, 5 + half))
    assert found.variance_ratio == pytest.approx((2 * 500 / 3 + 4 / 3) / (4 / 3))


@pytest.mark.parametrize("those", [[0.1, 0.2, 0.7], [0.2, 0.3, 0.8]])
def test_pairs_that_differ_by_the_same_have_no_ratio(those: list[float]) -> None:
    assert paired([0.1, 0.2, 0.7], those).variance_ratio is None


def test_deciles_lie_where_the_runs_lie() -> None:
    assert deciles(range(11)) == (1, 5, 9)
    assert deciles([4.0]) == (4, 4, 4)
