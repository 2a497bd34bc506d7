"""Group-sequential boundaries against published tables, other programs, simulation and laws."""

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm, ttest_1samp

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.group_sequential import (
    drift_for_power,
    obrien_fleming,
    pocock,
    spending_boundary,
    wang_tsiatis,
)


def equal(looks):
    return tuple(k / looks for k in range(1, looks + 1))


@pytest.mark.parametrize(
    ("looks", "flat", "falling"), [(2, 2.178, 1.977), (3, 2.289, 2.004), (4, 2.361, 2.024), (5, 2.413, 2.040)]
)
def test_constants_of_pocock_and_obrien_fleming(looks, flat, falling):
    # Jennison and Turnbull, Group Sequential Methods, 2000, tables 2.1 and 2.3: two-sided 0.05.
    assert [round(limit, 3) for limit in pocock(equal(looks), alpha=0.05, sides=2).limits] == [flat] * looks
    limits = obrien_fleming(equal(looks), alpha=0.05, sides=2).limits
    assert [round(limit * math.sqrt((k + 1) / looks), 3) for k, limit in enumerate(limits)] == [
        falling
    ] * looks


def test_two_looks_that_spend_like_obrien_fleming():
    # rpact, getDesignGroupSequential, two looks, one-sided 0.025, typeOfDesign "asOF": 2.962588, 1.968596.
    found = spending_boundary((0.5, 1.0), alpha=0.025, sides=1)
    assert [round(limit, 6) for limit in found.limits] == [2.962588, 1.968596]


@pytest.mark.parametrize(
    ("spending", "printed"),
    [
        ("obrien-fleming", [4.877, 3.357, 2.680, 2.290, 2.031]),
        ("pocock", [2.438, 2.427, 2.410, 2.397, 2.386]),
    ],
)
def test_five_looks_of_lan_and_demets(spending, printed):
    # DeMets and Lan, Stat Med 1994;13:1341, table of two-sided 0.05 with five equal looks (the first limit
    # of the O'Brien-Fleming type is 4.8769 in Reboussin et al., Control Clin Trials 2000;21:190).
    found = spending_boundary(equal(5), alpha=0.05, sides=2, spending=spending)
    assert [round(limit, 3) for limit in found.limits] == printed


def test_pocock_with_four_looks_as_sas():
    # SAS/STAT, SEQDESIGN, example "Creating Two-Sided Pocock and O'Brien-Fleming Designs": four looks,
    # two-sided 0.05, beta 0.1: maximum information 118.3143, mean information 115.6074 under the null and
    # 69.74805 under the alternative, each in per cent of the trial with one look.
    boundary = pocock(equal(4), alpha=0.05, sides=2)
    drift = drift_for_power(boundary, 0.9)
    growth = 100.0 * (drift / (norm.isf(0.025) + norm.isf(0.1))) ** 2
    assert growth == pytest.approx(118.3143, abs=1e-4)
    assert growth * boundary.at(0.0).expected_information == pytest.approx(115.6074, abs=1e-4)
    assert growth * boundary.at(drift).expected_information == pytest.approx(69.74805, abs=1e-4)


def test_two_looks_against_the_bivariate_normal():
    boundary = spending_boundary((0.3, 1.0), alpha=0.05, sides=1, spending="power", rho=2.0)
    first, second = boundary.limits
    root = math.sqrt(0.3)
    for drift in (0.0, 1.0, 2.5):
        both = multivariate_normal(
            [drift * root, drift], [[1.0, root], [root, 1.0]], abseps=1e-12, releps=1e-12
        )
        stay = both.cdf([first, second])
        assert 1.0 - boundary.at(drift).rejection == pytest.approx(stay, abs=1e-9)


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("information", [(1.0,), (0.2, 0.21, 0.9, 1.0), equal(3), equal(10)])
def test_every_boundary_has_its_level(sides, information):
    boundaries = [
        pocock(information, alpha=0.04, sides=sides),
        obrien_fleming(information, alpha=0.04, sides=sides),
        wang_tsiatis(information, alpha=0.04, sides=sides, delta=0.25),
        spending_boundary(information, alpha=0.04, sides=sides),
        spending_boundary(information, alpha=0.04, sides=sides, spending="pocock"),
        spending_boundary(information, alpha=0.04, sides=sides, spending="power", rho=3.0),
    ]
    for boundary in boundaries:
        found = boundary.at(0.0)
        assert found.rejection == pytest.approx(0.04, abs=1e-8)
        assert sum(found.lower) == pytest.approx(0.02 if sides == 2 else 0.0, abs=1e-8)
        assert boundary.nominal_p[-1] <= 0.04 + 1e-12


def test_error_is_spent_as_the_function_says():
    found = spending_boundary(equal(4), alpha=0.02, sides=1, spending="power", rho=2.0).at(0.0)
    assert np.cumsum(found.upper) == pytest.approx([0.02 * t**2 for t in equal(4)], abs=1e-10)


def test_one_look_is_the_ordinary_test():
    for boundary in (pocock((1.0,), alpha=0.05, sides=2), spending_boundary((1.0,), alpha=0.05, sides=2)):
        assert boundary.limits[0] == pytest.approx(norm.isf(0.025), abs=1e-10)
        assert boundary.at(2.0).rejection == pytest.approx(_power(2.0), abs=1e-10)
        assert boundary.at(2.0).expected_information == 1.0


def _power(drift):
    return norm.sf(norm.isf(0.025) - drift) + norm.cdf(-norm.isf(0.025) - drift)


def test_power_grows_with_the_drift_and_is_symmetric():
    boundary = obrien_fleming(equal(3), alpha=0.05, sides=2)
    rows = [boundary.at(drift) for drift in (0.0, 1.0, 2.0, 3.0, 4.0, 40.0)]
    assert np.all(np.diff([row.rejection for row in rows]) > -1e-12)
    assert rows[-1].rejection == pytest.approx(1.0, abs=1e-12)
    mirrored = boundary.at(-2.0)
    assert mirrored.lower == pytest.approx(rows[2].upper, abs=1e-12)
    assert mirrored.upper == pytest.approx(rows[2].lower, abs=1e-12)


def test_a_first_look_too_early_to_spend_anything_has_no_limit():
    found = spending_boundary((0.001, 1.0), alpha=0.025, sides=1)
    assert found.limits[0] == math.inf
    assert found.limits[1] == pytest.approx(norm.isf(0.025), abs=1e-10)
    assert found.at(0.0).upper[0] == 0.0


def test_simulated_trials_agree():
    boundary = obrien_fleming(equal(3), alpha=0.05, sides=2)
    exact, draws = boundary.at(1.5), 40_000
    steps = stream(1, "group sequential").normal(0.5, math.sqrt(1 / 3), (draws, 3))
    z = np.cumsum(steps, axis=1) / np.sqrt(equal(3))
    crossed = np.abs(z) >= np.array(boundary.limits)
    share = crossed.any(axis=1).mean()
    assert share == pytest.approx(exact.rejection, abs=4 * math.sqrt(0.25 / draws))


@pytest.mark.parametrize(
    ("n", "by_p", "by_statistic"), [(9, 0.053, 0.161), (12, 0.052, 0.120), (36, 0.051, 0.065)]
)
def test_size_with_the_t_test_in_small_trials(n, by_p, by_statistic):
    # the shares of the module's docstring: O'Brien-Fleming, three looks, two-sided 0.05
    draws, looks = 20_000, [n // 3, 2 * n // 3, n]
    boundary = obrien_fleming(equal(3), alpha=0.05, sides=2)
    values = stream(6, "group sequential", n).normal(size=(draws, n))
    tests = [ttest_1samp(values[:, :size], 0.0, axis=1) for size in looks]
    p = np.stack([test.pvalue for test in tests], axis=1)
    t = np.stack([test.statistic for test in tests], axis=1)
    found = [(p <= boundary.nominal_p).any(axis=1).mean(), (np.abs(t) >= boundary.limits).any(axis=1).mean()]
    assert found == pytest.approx([by_p, by_statistic], abs=4 * math.sqrt(0.16 * 0.84 / draws))


@pytest.mark.parametrize(
    ("information", "alpha", "sides", "words"),
    [
        ((), 0.05, 2, "Looks"),
        ((0.5, 0.9), 0.05, 2, "the last 1"),
        ((0.5, 0.5, 1.0), 0.05, 2, "apart"),
        ((0.0, 1.0), 0.05, 2, "apart"),
        ((1.0,), 0.0, 2, "Error rate"),
        ((1.0,), 0.5, 1, "Error rate"),
        ((1.0,), 0.05, 3, "Sides"),
    ],
)
def test_unusable_arguments_are_refused(information, alpha, sides, words):
    with pytest.raises(UsageError, match=words):
        pocock(information, alpha=alpha, sides=sides)
    with pytest.raises(UsageError, match=words):
        spending_boundary(information, alpha=alpha, sides=sides)


def test_unusable_shapes_are_refused():
    with pytest.raises(UsageError, match="delta"):
        wang_tsiatis((1.0,), alpha=0.05, sides=2, delta=0.7)
    with pytest.raises(UsageError, match="Error spending"):
        spending_boundary((1.0,), alpha=0.05, sides=2, spending="power", rho=0.0)
    boundary = pocock((0.5, 1.0), alpha=0.05, sides=2)
    with pytest.raises(UsageError, match="Power"):
        drift_for_power(boundary, 0.01)
    with pytest.raises(UsageError, match="Drift"):
        boundary.at(math.nan)
