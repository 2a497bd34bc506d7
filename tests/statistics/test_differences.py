"""Differences of two proportions against published intervals and the definition of the score test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.differences import (
    constrained_estimates,
    fisher_exact,
    miettinen_nurminen,
    newcombe,
)

# Newcombe, Stat Med 1998;17:873, Table II, contrasts (a) to (h): method 10 and method 5.
TABLE_2 = [
    ((56, 70, 48, 80), (0.0524, 0.3339), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1705, 0.8090), (0.1700, 0.8406)),
    ((6, 7, 2, 7), (0.0582, 0.8062), (0.0342, 0.8534)),
    ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0326, 0.1933)),
    ((0, 10, 0, 20), (-0.1611, 0.2775), (-0.1658, 0.2844)),
    ((0, 10, 0, 10), (-0.2775, 0.2775), (-0.2879, 0.2879)),
    ((10, 10, 0, 20), (0.6791, 1.0), (0.7156, 1.0)),
    ((10, 10, 0, 10), (0.6075, 1.0), (0.6636, 1.0)),
]


@pytest.mark.parametrize(("counts", "hybrid", "score"), TABLE_2)
def test_newcombe_1998_table_2(counts, hybrid, score):
    assert newcombe(*counts) == pytest.approx(hybrid, abs=5e-5)
    assert miettinen_nurminen(*counts) == pytest.approx(score, abs=6e-5)


def test_arrays_give_what_scalars_give():
    columns = np.array([counts for counts, _, _ in TABLE_2]).T
    low, high = miettinen_nurminen(*columns)
    for i, (counts, _, _) in enumerate(TABLE_2):
        assert (low[i], high[i]) == pytest.approx(miettinen_nurminen(*counts), abs=1e-12)


# Two-sided. Fisher 9/10 v 3/10: R fisher.test. The others: CDISC pilot study CDISCPILOT01, table 14-5.01,
# patients with any adverse event, placebo 65/86, low dose 77/84, high dose 76/84; p 0.007 and 0.014.
@pytest.mark.parametrize(
    ("counts", "p", "within"),
    [((9, 10, 3, 10), 0.019767, 5e-7), ((65, 86, 77, 84), 0.007, 5e-4), ((65, 86, 76, 84), 0.014, 5e-4)],
)
def test_fisher_published(counts, p, within):
    assert fisher_exact(*counts) == pytest.approx(p, abs=within)


def test_fisher_lady_tasting_tea():
    # Fisher, The Design of Experiments, 1935: 3 of 4 right gives (16 + 1)/70 one-sided.
    assert fisher_exact(3, 4, 1, 4, alternative="greater") == pytest.approx(17 / 70, abs=1e-12)
    assert fisher_exact(3, 4, 1, 4, alternative="less") == pytest.approx(69 / 70, abs=1e-12)


def test_fisher_refuses_an_unknown_alternative():
    with pytest.raises(UsageError, match="found alternative 'larger'"):
        fisher_exact(3, 4, 1, 4, alternative="larger")
    with pytest.raises(UsageError, match="5 responders of 4 patients"):
        fisher_exact(5, 4, 1, 4)


arm = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("method", [newcombe, miettinen_nurminen])
@settings(deadline=None, max_examples=25)
@given(arm, arm)
def test_interval_holds_the_estimate_and_swaps(method, first, second):
    low, high = method(*first, *second)
    estimate = first[0] / first[1] - second[0] / second[1]
    assert -1.0 <= low <= estimate + 1e-12
    assert estimate - 1e-12 <= high <= 1.0
    swapped = method(*second, *first)
    assert (low, high) == pytest.approx((-swapped[1], -swapped[0]), abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(arm, arm, st.floats(-0.98, 0.98))
def test_constrained_estimates_maximise_the_likelihood(first, second, d):
    (k1, n1), (k2, n2) = first, second
    as_arrays = [np.asarray(float(x)) for x in (k1, n1, k2, n2, d)]
    r1, r2 = constrained_estimates(*as_arrays)
    assert r1 == pytest.approx(r2 + d, abs=1e-12)

    def log_likelihood(p2):
        terms = ((k1, p2 + d), (n1 - k1, 1 - p2 - d), (k2, p2), (n2 - k2, 1 - p2))
        return sum(k * np.log(np.maximum(p, 1e-300)) for k, p in terms if k)

    others = np.linspace(max(0.0, -d), min(1.0, 1.0 - d), 400)[1:-1]
    assert log_likelihood(r2) >= np.max(log_likelihood(others)) - 1e-6


@settings(deadline=None, max_examples=25)
@given(arm, arm)
def test_limits_solve_the_score_equation(first, second):
    (k1, n1), (k2, n2) = first, second
    for limit in miettinen_nurminen(k1, n1, k2, n2):
        if abs(limit) > 1 - 1e-9:
            continue
        r1, r2 = constrained_estimates(*(np.asarray(float(x)) for x in (k1, n1, k2, n2, limit)))
        variance = (r1 * (1 - r1) / n1 + r2 * (1 - r2) / n2) * (n1 + n2) / (n1 + n2 - 1)
        assert (k1 / n1 - k2 / n2 - limit) ** 2 == pytest.approx(1.959963984540054**2 * variance, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(arm, arm)
def test_wider_at_a_higher_level(first, second):
    for method in (newcombe, miettinen_nurminen):
        inner, outer = method(*first, *second, level=0.8), method(*first, *second, level=0.99)
        assert outer[0] <= inner[0] + 1e-12
        assert outer[1] >= inner[1] - 1e-12
