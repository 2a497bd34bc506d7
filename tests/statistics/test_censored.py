"""Censored concentrations: Student's test without censoring, direct maximisation with it, and its edges."""

import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.censored import compare_censored

HIGH, LOW = [40.0, 55.0, 90.0, 62.0], [12.0, 25.0, 18.0, 30.0, 9.0]


def test_without_censoring_it_is_students_t_on_logarithms():
    from scipy.stats import ttest_ind

    ours, theirs = compare_censored(HIGH, LOW), ttest_ind(np.log(HIGH), np.log(LOW))
    interval = theirs.confidence_interval()
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), rel=1e-8)
    pooled = math.sqrt((3 * np.var(np.log(HIGH), ddof=1) + 4 * np.var(np.log(LOW), ddof=1)) / 7)
    assert ours.log_sd == pytest.approx(pooled)
    assert ours.note == ""


def test_agrees_with_direct_maximisation():
    from scipy.optimize import minimize
    from scipy.stats import norm

    first, second, below_one, below_two = HIGH, LOW[:3], [30.0], [10.0, 15.0, 15.0]

    def loss(x):
        total = 0.0
        for mean, seen, limits in ((x[0], first, below_one), (x[1], second, below_two)):
            total += norm.logpdf(np.log(seen), mean, math.exp(x[2])).sum()
            total += norm.logcdf(np.log(limits), mean, math.exp(x[2])).sum()
        return -total

    best = minimize(loss, [4, 3, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    ours = compare_censored(first, second, below_one, below_two)
    assert (ours.log_mean_first, ours.log_mean_second) == pytest.approx(tuple(best.x[:2]), abs=1e-6)
    assert ours.log_ratio == pytest.approx(best.x[0] - best.x[1], abs=1e-6)
    assert ours.log_sd == pytest.approx(math.exp(best.x[2]) * math.sqrt(11 / 9), rel=1e-6)
    assert ours.low < ours.log_ratio < ours.high
    assert (ours.p < 0.05) == (ours.low > 0)


def test_units_do_not_matter():
    ours = compare_censored(HIGH, LOW, [20.0], [5.0])
    scaled = compare_censored([1e-6 * x for x in HIGH], [1e-6 * x for x in LOW], [2e-5], [5e-6])
    assert scaled.ratio == pytest.approx(ours.ratio, rel=1e-7)
    assert scaled.p == pytest.approx(ours.p, rel=1e-7)


def test_a_limit_far_above_says_almost_nothing():
    ours, plain = compare_censored(HIGH, LOW, [], [1e9]), compare_censored(HIGH, LOW)
    assert ours.log_ratio == pytest.approx(plain.log_ratio, abs=1e-6)


def test_a_wholly_censored_group_has_one_end():
    up, down = compare_censored(HIGH, [], [], [10.0] * 4), compare_censored([], HIGH, [10.0] * 4)
    assert (up.log_ratio, up.high, down.log_ratio, down.low) == (math.inf, math.inf, -math.inf, -math.inf)
    assert up.low == pytest.approx(-down.high, abs=1e-8)
    assert math.log(2) < up.low < math.log(62 / 10)
    assert up.p < 0.05
    assert "second group lies wholly below" in up.note
    assert "first group lies wholly below" in down.note
    assert up.log_mean_first == pytest.approx(np.log(HIGH).mean())


def test_limits_above_the_measured_values_leave_the_ratio_open():
    result = compare_censored(HIGH, [], [], [500.0] * 4)
    assert result.low < 0
    assert result.p > 0.5


def test_everything_censored_says_so():
    result = compare_censored([], [], [10.0] * 4, [10.0] * 3)
    assert math.isnan(result.log_ratio)
    assert (result.low, result.high, result.p) == (-math.inf, math.inf, 1.0)
    assert "nothing can be estimated" in result.note


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 0.0], [2.0]), "first group: found a value that is not a positive number"),
        (([1.0], [2.0], [], [-1.0]), "limits of the second group: found a value"),
        (([1.0, 2.0], []), "found 2 and 0 animals"),
        (([5.0], [], [], [1.0, 1.0]), "found 1 measured values of 3 animals"),
        (([5.0, 5.0], [3.0, 3.0]), "are all the same"),
        (([5.0, 5.0, 5.0], [], [], [1.0, 1.0]), "are all the same"),
    ],
)
def test_bad_values(arguments, message):
    with pytest.raises(UsageError, match=message):
        compare_censored(*arguments)
