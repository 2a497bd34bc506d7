import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.poisson_rate import compare_rates, poisson_rate

TIMES = st.floats(0.01, 1e4)


def test_limits_as_r_prints_them():
    # R 4.2.2: poisson.test(3, 2)$conf.int; poisson.test(0, 1); poisson.test(10, 1).
    found = poisson_rate(3, 2.0)
    assert (found.low, found.high) == pytest.approx((0.309336061448, 4.383636534871), rel=1e-10)
    assert poisson_rate(0, 1.0).high == pytest.approx(3.68887945411394, rel=1e-12)
    ten = poisson_rate(10, 1.0)
    assert (ten.low, ten.high) == pytest.approx((4.79538869613244, 18.3903560420178), rel=1e-10)


def test_comparison_as_r_prints_it():
    # R 4.2.2: poisson.test(c(11, 3), c(800, 1000)).
    found = compare_rates(11, 800.0, 3, 1000.0)
    assert (found.ratio_low, found.ratio_high) == pytest.approx((1.21074774143, 25.5859620043), rel=1e-9)
    assert found.p_least_likely == pytest.approx(0.0134825695328, rel=1e-9)


@pytest.mark.parametrize(
    ("k1", "t1", "k2", "t2"), [(0, 1.0, 4, 3.0), (2, 10.0, 2, 10.0), (7, 1.5, 9, 20.0), (1, 30.0, 0, 2.0)]
)
def test_r_agrees(rscript, k1, t1, k2, t2):
    low, high, p = rscript(
        f"x <- poisson.test(c({k1},{k2}), c({t1},{t2}));"
        "cat(min(x$conf.int[1], 1e300), min(x$conf.int[2], 1e300), x$p.value)"
    )
    found = compare_rates(k1, t1, k2, t2)
    assert found.ratio_low == pytest.approx(low, rel=1e-9)
    assert min(found.ratio_high, 1e300) == pytest.approx(high, rel=1e-9)
    assert found.p_least_likely == pytest.approx(p, rel=1e-9)


@given(st.integers(0, 60), TIMES, st.floats(0.5, 0.99))
def test_tails_at_the_limits(k, t, level):
    # By summing the Poisson distribution, not by its inverse.
    found = poisson_rate(k, t, level=level)
    j = np.arange(k + 1)
    logs = np.array([math.lgamma(i + 1) for i in j])
    at_most = np.exp(j * math.log(found.high * t) - found.high * t - logs).sum()
    assert at_most == pytest.approx((1 - level) / 2, rel=1e-6)
    if k:
        below = np.exp(j[:-1] * math.log(found.low * t) - found.low * t - logs[:-1]).sum()
        assert 1 - below == pytest.approx((1 - level) / 2, rel=1e-6)
    else:
        assert found.low == 0.0


@given(st.integers(0, 40), TIMES, st.integers(0, 40), TIMES)
def test_swapping_the_groups_turns_everything_round(k1, t1, k2, t2):
    one, other = compare_rates(k1, t1, k2, t2), compare_rates(k2, t2, k1, t1)
    assert one.p == pytest.approx(other.p, rel=1e-9)
    assert one.difference == pytest.approx(-other.difference)
    assert one.difference_low == pytest.approx(-other.difference_high)
    if k1 and k2:
        assert one.ratio_low == pytest.approx(1 / other.ratio_high, rel=1e-9)


@given(st.integers(0, 40), TIMES, st.integers(0, 40), TIMES)
def test_p_value_and_interval_say_the_same(k1, t1, k2, t2):
    found = compare_rates(k1, t1, k2, t2)
    assume(abs(found.p - 0.05) > 1e-9)
    assert (found.p < 0.05) == (not found.ratio_low <= 1 <= found.ratio_high)


@given(st.integers(0, 20), st.integers(1, 20), st.floats(0.1, 10))
def test_unit_of_time_changes_rates_only(k1, k2, unit):
    one, other = compare_rates(k1, 3.0, k2, 5.0), compare_rates(k1, 3.0 * unit, k2, 5.0 * unit)
    assert one.p == pytest.approx(other.p)
    assert one.ratio_high == pytest.approx(other.ratio_high)
    assert one.difference_high == pytest.approx(other.difference_high * unit)


def test_interval_of_the_difference_is_conservative():
    # Every pair of counts with its probability: exact coverage at small means, as of nine patients.
    from scipy.stats import poisson

    for first, second in ((0.3, 0.3), (1.0, 0.2), (3.0, 1.0)):
        covered = 0.0
        for a in range(25):
            for b in range(25):
                found = compare_rates(a, 1.0, b, 1.0)
                inside = found.difference_low <= first - second <= found.difference_high
                covered += inside * poisson.pmf(a, first) * poisson.pmf(b, second)
        assert covered >= 0.95 - 1e-9


def test_no_time_no_event_and_both():
    nothing = poisson_rate(0, 0.0)
    assert (math.isnan(nothing.rate), nothing.low, nothing.high) == (True, 0.0, math.inf)
    assert "No time at risk" in nothing.note
    none = compare_rates(0, 2.0, 0, 3.0)
    assert (math.isnan(none.ratio), none.ratio_low, none.ratio_high, none.p) == (True, 0.0, math.inf, 1.0)
    assert "No event in either" in none.note
    one = compare_rates(2, 2.0, 0, 3.0)
    assert (one.ratio, one.ratio_high) == (math.inf, math.inf)
    assert 0 < one.ratio_low < math.inf
    untimed = compare_rates(0, 0.0, 2, 3.0)
    assert (math.isnan(untimed.p), untimed.ratio_low, untimed.ratio_high) == (True, 0.0, math.inf)
    assert "No time at risk" in untimed.note


@pytest.mark.parametrize(
    ("k", "t"), [(-1, 1.0), (1.5, 1.0), (1, 0.0), (0, -1.0), (0, math.nan), (0, math.inf)]
)
def test_questions_without_sense(k, t):
    with pytest.raises(UsageError, match="found"):
        poisson_rate(k, t)
    with pytest.raises(UsageError, match="found"):
        compare_rates(1, 1.0, k, t)
