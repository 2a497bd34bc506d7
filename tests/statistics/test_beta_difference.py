"""P(X > Y) and X - Y for Beta distributions: exact sums, closed forms, scipy quadrature, normal limit."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.beta_difference import (
    difference_interval,
    difference_mean,
    difference_quantile,
    probability_difference_above,
    probability_greater,
)


def exact_probability_greater(a1, b1, a2, b2):
    """P(X > Y) for whole-number parameters as a finite sum of fractions.

    P(X > Y) = sum over i < a1 of B(a2 + i, b1 + b2) / ((b1 + i) B(1 + i, b1) B(a2, b2)).
    """

    def beta(a, b):
        return Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1))

    return sum(beta(a2 + i, b1 + b2) / ((b1 + i) * beta(1 + i, b1) * beta(a2, b2)) for i in range(a1))


whole = st.integers(1, 120)
real = st.floats(0.1, 3000.0)


@settings(deadline=None, max_examples=25)
@given(whole, whole, whole, whole)
def test_exact_finite_sum(a1, b1, a2, b2):
    exact = float(exact_probability_greater(a1, b1, a2, b2))
    assert probability_greater(a1, b1, a2, b2) == pytest.approx(exact, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(real, real)
def test_closed_forms(x, y):
    # Beta(x, 1) against Beta(y, 1): x/(x + y); Beta(1, x) against Beta(1, y): y/(x + y).
    assert probability_greater(x, 1, y, 1) == pytest.approx(x / (x + y), abs=1e-11)
    assert probability_greater(1, x, 1, y) == pytest.approx(y / (x + y), abs=1e-11)


@settings(deadline=None, max_examples=25)
@given(real, real, real, real)
def test_complement_and_mirror(a1, b1, a2, b2):
    p = float(probability_greater(a1, b1, a2, b2))
    assert 0.0 <= p <= 1.0
    assert probability_greater(a2, b2, a1, b1) == pytest.approx(1 - p, abs=1e-10)
    assert probability_greater(b2, a2, b1, a1) == pytest.approx(p, abs=1e-10)


@settings(deadline=None, max_examples=25)
@given(real, real, st.floats(-1, 1))
def test_equal_distributions_are_symmetric(a, b, d):
    assert probability_greater(a, b, a, b) == pytest.approx(0.5, abs=1e-10)
    both = probability_difference_above(np.array([d, -d]), a, b, a, b)
    assert both.sum() == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("size", [2e4, 2e6])
def test_large_parameters_approach_the_normal(size):
    from scipy.special import ndtr

    m1, m2 = 0.31, 0.30
    a1, b1, a2, b2 = m1 * size / 2, (1 - m1) * size / 2, m2 * size / 2, (1 - m2) * size / 2
    sd = np.sqrt((m1 * (1 - m1) + m2 * (1 - m2)) / (size / 2 + 1))
    for d in (-0.005, 0.0, 0.01, 0.015):
        expected = ndtr((m1 - m2 - d) / sd)
        assert probability_difference_above(d, a1, b1, a2, b2) == pytest.approx(expected, abs=3e-4)


def test_scipy_quadrature_with_jeffreys_priors():
    # f_X with its end-point singularity removed by x = sin(u)^2, by adaptive quadrature.
    from scipy.integrate import quad
    from scipy.stats import beta

    for k, d in ((0, 0.0), (3, 0.1), (7, -0.2), (9, 0.3), (9, 0.0)):
        a1, b1, a2, b2 = k + 0.5, 9.5 - k, 21.5, 27.5

        def integrand(u, a1=a1, b1=b1, a2=a2, b2=b2, d=d):
            x = np.sin(u) ** 2
            return beta.pdf(x, a1, b1) * 2 * np.sin(u) * np.cos(u) * beta.cdf(x - d, a2, b2)

        edge = np.arcsin(np.sqrt(d)) if d > 0 else np.arcsin(np.sqrt(1 + d))
        expected = sum(
            quad(integrand, low, high, epsabs=1e-13, limit=200)[0]
            for low, high in ((0, edge), (edge, np.pi / 2))
            if high > low
        )
        assert probability_difference_above(d, a1, b1, a2, b2) == pytest.approx(expected, abs=1e-10)


@settings(deadline=None, max_examples=25)
@given(st.floats(-1, 1))
def test_uniform_difference_is_triangular(d):
    expected = (1 - d) ** 2 / 2 if d >= 0 else 1 - (1 + d) ** 2 / 2
    assert probability_difference_above(d, 1, 1, 1, 1) == pytest.approx(expected, abs=1e-11)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.001, 0.999))
def test_uniform_difference_quantile(q):
    expected = np.sqrt(2 * q) - 1 if q <= 0.5 else 1 - np.sqrt(2 * (1 - q))
    assert difference_quantile(q, 1, 1, 1, 1) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(
    st.floats(0.3, 300), st.floats(0.3, 300), st.floats(0.3, 300), st.floats(0.3, 300), st.floats(0.01, 0.99)
)
def test_quantile_inverts_the_distribution(a1, b1, a2, b2, q):
    x = difference_quantile(q, a1, b1, a2, b2)
    assert probability_difference_above(x, a1, b1, a2, b2) == pytest.approx(1 - q, abs=1e-7)


@settings(deadline=None, max_examples=25)
@given(real, real, real, real, st.floats(-1, 1), st.floats(0, 0.5))
def test_falls_with_the_difference_asked_for(a1, b1, a2, b2, d, more):
    near, far = probability_difference_above(np.array([d, min(d + more, 1.0)]), a1, b1, a2, b2)
    assert far <= near + 1e-10


def test_ends_of_the_range():
    assert probability_difference_above(np.array([-1.0, 1.0]), 0.5, 0.5, 3, 4).tolist() == [1.0, 0.0]


def test_secukinumab_phase_2():
    # Baeten et al., Lancet 2013;382:1705: placebo prior Beta(11, 32), 1 of 6; secukinumab prior Beta(0.5, 1),
    # 14 of 23. Reported: 59 % against 24 %, 99.8 % probability that secukinumab is superior. The priors also
    # stand in the vignette of the R package RBesT.
    treated, placebo = (0.5 + 14, 1 + 9), (11 + 1, 32 + 5)
    assert treated[0] / sum(treated) == pytest.approx(0.59, abs=0.005)
    assert placebo[0] / sum(placebo) == pytest.approx(0.24, abs=0.005)
    assert probability_greater(*treated, *placebo) == pytest.approx(0.998, abs=5e-4)
    low, high = difference_interval(*treated, *placebo)
    assert low < difference_mean(*treated, *placebo) < high
    assert difference_mean(*treated, *placebo) == pytest.approx(14.5 / 24.5 - 12 / 49, abs=1e-15)


def test_arrays_broadcast_and_agree_with_scalars():
    a1 = np.array([0.5, 3.0, 2e5])
    together = probability_greater(a1[:, None], 2.0, np.array([1.0, 40.0]), 7.5)
    assert together.shape == (3, 2)
    for i, a in enumerate(a1):
        for j, b in enumerate((1.0, 40.0)):
            assert together[i, j] == pytest.approx(float(probability_greater(a, 2.0, b, 7.5)), abs=1e-11)


@pytest.mark.parametrize("bad", [0.0, -1.0, 0.01, 2e6, float("nan")])
def test_parameters_outside_the_range_are_refused(bad):
    with pytest.raises(
        UsageError, match=r"Parameters of a Beta distribution.*expected numbers from 0\.1 to 1e\+06"
    ):
        probability_greater(1, 1, bad, 1)


@pytest.mark.parametrize("q", [0.0, 1.0, float("nan")])
def test_quantile_of_an_impossible_probability_is_refused(q):
    with pytest.raises(UsageError, match="expected probabilities between 0 and 1"):
        difference_quantile(q, 1, 1, 1, 1)
