"""Equivalence by two one-sided tests, and the share of the defect that is left (Fieller)."""

import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.blocked import paired_t, welch_t
from mitograft.statistics.equivalence import remaining_defect, two_one_sided

FIRST = [10.1, 9.7, 10.4, 10.0, 9.9, 10.2]
SECOND = [10.0, 9.9, 10.2, 10.1, 9.7, 10.2]


def test_two_one_sided_tests_agree_with_statsmodels():
    from statsmodels.stats.weightstats import ttost_paired

    ours = two_one_sided(paired_t(FIRST, SECOND), -0.5, 0.4)
    peer = ttost_paired(np.array(FIRST), np.array(SECOND), -0.5, 0.4)
    assert ours.p == pytest.approx(peer[0])
    assert ours.equivalent
    assert "lies within -0.5 to 0.4 (two one-sided tests, p = " in ours.sentence


def test_welch_equivalence_agrees_with_statsmodels():
    from statsmodels.stats.weightstats import ttost_ind

    ours = two_one_sided(welch_t(FIRST, SECOND[:4]), -0.5, 0.4)
    peer = ttost_ind(np.array(FIRST), np.array(SECOND[:4]), -0.5, 0.4, usevar="unequal")
    assert ours.p == pytest.approx(peer[0])


@given(st.floats(-2, 2), st.floats(0.05, 2))
def test_equivalent_exactly_when_the_90_percent_interval_lies_within(shift, bound):
    result = two_one_sided(paired_t([x + shift for x in FIRST], SECOND), -bound, bound)
    assert result.equivalent == (-bound < result.low and result.high < bound)
    assert result.level == pytest.approx(0.9)


def test_no_significant_difference_is_not_equivalence():
    noisy = paired_t([8.0, 12.0, 10.0], [11.0, 9.0, 10.5])
    assert noisy.p > 0.05
    result = two_one_sided(noisy, -0.5, 0.5)
    assert not result.equivalent
    assert "is not shown to lie within" in result.sentence


@pytest.mark.parametrize(("lower", "upper", "alpha"), [(1, -1, 0.05), (-1, math.inf, 0.05), (-1, 1, 0.7)])
def test_bounds_are_checked(lower, upper, alpha):
    with pytest.raises(UsageError, match="expected lower < upper and alpha between"):
        two_one_sided(paired_t(FIRST, SECOND), lower, upper, alpha=alpha)
    with pytest.raises(UsageError, match="no variation to judge by"):
        two_one_sided(paired_t([2.0, 3.0], [1.0, 2.0]), -1, 1)


UNTREATED = [40.0, 44.0, 37.0, 42.0, 39.0]
HEALTHY = [98.0, 102.0, 100.0, 103.0, 97.0]


def shifted(share, noise=(0.5, -0.4, 0.3, 0.1, -0.5)):
    return [u + (1 - share) * (100.0 - u) + e for u, e in zip(UNTREATED, noise, strict=True)]


def test_a_full_restoration_and_a_half_one():
    full = remaining_defect(shifted(0.0), UNTREATED, HEALTHY)
    assert full.estimate == pytest.approx(0.0, abs=0.01)
    assert full.verdict(0.2) == "restored"
    assert full.sentence(0.2).startswith("Restored: 0 % of the defect is left (90 % interval")
    half = remaining_defect(shifted(0.5), UNTREATED, HEALTHY)
    assert half.low < 0.5 < half.high < 1
    assert half.verdict(0.2) == "raised"
    assert half.sentence(0.2).startswith("Raised, not shown to be restored: 50 %")


def test_no_effect_is_not_shown():
    result = remaining_defect(shifted(1.0), UNTREATED, HEALTHY)
    assert result.low < 1 < result.high
    assert result.verdict(0.2) == "not shown"


def test_without_a_defect_nothing_is_judged():
    result = remaining_defect(shifted(0.5), UNTREATED, [41.0, 39.0, 40.0])
    assert not result.bounded
    assert (result.low, result.high) == (-math.inf, math.inf)
    assert result.verdict(0.2) == "no defect"
    assert "The defect itself is not established" in result.sentence(0.2)


def test_the_ends_of_the_interval_are_where_the_paired_and_the_welch_test_turn():
    # r = 1 is excluded exactly when the paired t test of treated against untreated is significant, and r = 0
    # exactly when Welch's test of treated against healthy is.
    rng = stream(3, "fieller")
    turned = set()
    for _ in range(200):
        untreated = rng.normal(50, 10, 4)
        treated = untreated + rng.normal(15, 12, 4)
        healthy = rng.normal(80, 8, 5)
        result = remaining_defect(treated, untreated, healthy)
        if not result.bounded:
            continue
        left = welch_t(treated, healthy, level=0.9)
        assert (not result.low <= 1 <= result.high) == (ttest_rel(treated, untreated).pvalue < 0.1)
        assert (not result.low <= 0 <= result.high) == (left.p < 0.1)
        turned.add((left.p < 0.1, ttest_rel(treated, untreated).pvalue < 0.1))
    assert len(turned) == 4


def test_with_exact_healthy_donors_it_is_the_textbook_interval_of_fieller():
    # Healthy donors without spread at 0: the ratio of two paired means; the limits solve a quadratic.
    treated, untreated = np.array([3.0, 4.5, 5.1, 4.0]), np.array([9.0, 11.0, 12.5, 9.5])
    n, t = 4, 2.353363434801823  # 95 % point of t on 3 degrees of freedom
    a, b = treated.mean(), untreated.mean()
    cov = np.cov(treated, untreated) / n
    g = t**2 * cov[1, 1] / b**2
    centre = (a / b - g * cov[0, 1] / cov[1, 1]) / (1 - g)
    root = math.sqrt(
        cov[0, 0] - 2 * a / b * cov[0, 1] + (a / b) ** 2 * cov[1, 1]
        - g * (cov[0, 0] - cov[0, 1] ** 2 / cov[1, 1])
    )  # fmt: skip
    half = t / b * root / (1 - g)
    result = remaining_defect(treated, untreated, [1e-9, -1e-9])
    assert (result.low, result.high) == pytest.approx((centre - half, centre + half), rel=1e-6)


@settings(max_examples=25)
@given(st.floats(0.01, 100), st.floats(-50, 50), st.booleans())
def test_the_share_does_not_depend_on_units(scale, shift, negate):
    factor = -scale if negate else scale
    one = remaining_defect(shifted(0.4), UNTREATED, HEALTHY)
    other = remaining_defect(
        *([factor * x + shift for x in part] for part in (shifted(0.4), UNTREATED, HEALTHY))
    )
    assert (other.estimate, other.low, other.high) == pytest.approx(
        (one.estimate, one.low, one.high), rel=1e-6
    )


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(UsageError, match="found 1 treated, 1 untreated and 5 healthy donors"):
        remaining_defect([1.0], [2.0], HEALTHY)
    with pytest.raises(UsageError, match="the donors do not vary"):
        remaining_defect([1.0, 1.0], [2.0, 2.0], [5.0, 5.0])
    with pytest.raises(UsageError, match=r"Margin of restoration: found 1\.5"):
        remaining_defect(shifted(0.4), UNTREATED, HEALTHY).verdict(1.5)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_interval_of_the_share_covers_its_level(share):
    rng = stream(17, "restoration", str(share))
    covered = []
    for _ in range(int(os.environ.get("MITOGRAFT_SLOW_RUNS", "500"))):
        untreated = rng.normal(50, 6, 5)
        treated = untreated + (1 - share) * 40 + rng.normal(0, 4, 5)
        result = remaining_defect(treated, untreated, rng.normal(90, 6, 6))
        covered.append(result.low <= share <= result.high)
    assert np.mean(covered) == pytest.approx(0.90, abs=0.03)
