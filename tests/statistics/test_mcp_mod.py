"""Multiple contrasts and models of dose response: laws, other ways to the same number, degenerate data."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mitograft.errors import UsageError
from mitograft.statistics.ancova import fit_ancova
from mitograft.statistics.dunnett import max_t_probability
from mitograft.statistics.mcp_mod.choice import average_fits, choose_fit
from mitograft.statistics.mcp_mod.contrast_permutation import permute_contrast_test
from mitograft.statistics.mcp_mod.contrast_test import multiple_contrast_test
from mitograft.statistics.mcp_mod.contrasts import optimal_contrasts
from mitograft.statistics.mcp_mod.fit import fit_shape
from mitograft.statistics.mcp_mod.max_t import largest_t
from mitograft.statistics.mcp_mod.means import dose_means, given_means
from mitograft.statistics.mcp_mod.power import contrast_power, smallest_group_size
from mitograft.statistics.mcp_mod.procedure import mcp_mod
from mitograft.statistics.mcp_mod.shapes import (
    SHAPES,
    Candidate,
    DoseRange,
    describe_distinguishable,
    guess_ed50,
)
from mitograft.statistics.mcp_mod.target import dose_effect, effective_dose, target_dose

TRIAL = np.repeat([0.0, 300.0, 600.0], 3)
TIS = [5, 12.5, 20, 22.5, 30, 47.5, 27.5, 42.5, 55]
SHAPES_OF_TRIAL = (Candidate("linear"), Candidate("emax", (75.0,)), Candidate("exponential", (200.0,)))
FIVE = np.array([0.0, 0.05, 0.2, 0.6, 1.0])
GUESSES = {
    "linear": (), "linlog": (), "quadratic": (-0.8,), "emax": (0.2,), "exponential": (0.4,),
    "sigEmax": (0.3, 3.0), "logistic": (0.4, 0.1), "betaMod": (1.0, 0.6),
}  # fmt: skip


# The largest of correlated t statistics


@pytest.mark.parametrize("df", [3.0, 10.0, math.inf])
@pytest.mark.parametrize("c", [-1.5, -0.2, 0.0, 0.7, 2.5, 6.0])
def test_one_statistic_is_students_t(c, df):
    expected = stats.norm.sf(c) if math.isinf(df) else stats.t.sf(c, df)
    assert largest_t(np.array([[2.0, 1.0]]), df).tail(c)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.5, 0.99])
@pytest.mark.parametrize("df", [4.0, math.inf])
def test_two_statistics_agree_with_dunnetts_quadrature(rho, df):
    vectors = np.array([[1.0, 0.0], [rho, math.sqrt(1 - rho**2)]])
    law = largest_t(vectors, df, two_sided=True)
    for c in (0.5, 2.0, 3.5):
        inside = max_t_probability(c, [[1.0, rho], [rho, 1.0]], df)
        assert 1.0 - law.tail(c)[0] == pytest.approx(inside, abs=2e-9)


def test_many_statistics_agree_with_dunnetts_quadrature_within_the_stated_error():
    correlation = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    law = largest_t(np.linalg.cholesky(correlation), 12.0, two_sided=True)
    for c in (1.0, 2.5, 4.0, 7.0):
        value, error = law.tail(c)
        assert abs(value - (1.0 - max_t_probability(c, correlation, 12.0))) <= error + 1e-8
        assert error < 0.01 * value


def test_a_repeated_contrast_changes_nothing():
    one = np.array([[1.0, 0.2], [0.3, 1.0]])
    for c in (-1.0, 2.0):
        assert largest_t(np.vstack([one, one]), 5).tail(c)[0] == pytest.approx(largest_t(one, 5).tail(c)[0])


def test_opposite_contrasts_are_the_two_sided_test():
    both = largest_t(np.array([[1.0], [-1.0]]), 7)
    assert both.tail(2.0)[0] == pytest.approx(2 * stats.t.sf(2.0, 7))
    assert both.tail(-0.1)[0] == pytest.approx(1.0)


@given(st.integers(2, 5), st.integers(0, 10**6), st.sampled_from([2.0, 9.0, math.inf]))
@settings(max_examples=15)
def test_quantile_and_tail_undo_each_other(count, seed, df):
    vectors = np.random.default_rng(seed).normal(size=(count, 2))
    law = largest_t(vectors, df)
    for alpha in (0.001, 0.025, 0.3):
        c = law.quantile(alpha)
        assert law.tail(c)[0] == pytest.approx(alpha, rel=1e-6)


def test_simulated_tail():
    rng = np.random.default_rng(11)
    vectors = rng.normal(size=(5, 3))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    draws = (rng.normal(size=(400_000, 3)) @ units.T).max(axis=1) / np.sqrt(rng.chisquare(6, 400_000) / 6)
    for c in (-0.5, 1.0, 2.5):
        share = float(np.mean(draws > c))
        assert abs(largest_t(vectors, 6).tail(c)[0] - share) < 4 * math.sqrt(share / 400_000) + 1e-4


# Contrasts and the test


@pytest.mark.parametrize("shape", SHAPES)
def test_the_optimal_contrast_has_the_largest_expected_t(shape):
    candidate = Candidate(shape, GUESSES[shape])
    sizes = np.array([20.0, 10.0, 15.0, 12.0, 30.0])
    within = DoseRange.of(FIVE)
    best = optimal_contrasts([candidate], FIVE, np.diag(1 / sizes))[0]
    g = candidate.values(FIVE, within)

    def expected(c):
        return c @ g / math.sqrt(np.sum(c**2 / sizes))

    rng = np.random.default_rng(5)
    for other in rng.normal(size=(200, 5)):
        assert expected(other - other.mean()) <= expected(best) + 1e-12
    assert best.sum() == pytest.approx(0.0, abs=1e-12)


@given(st.floats(-50, 50), st.floats(0.01, 100), st.integers(0, 10**6))
@settings(max_examples=20)
def test_units_and_level_of_the_response_do_not_matter(shift, factor, seed):
    y = np.random.default_rng(seed).normal(size=9)
    one = multiple_contrast_test(dose_means(TRIAL, y), SHAPES_OF_TRIAL)
    other = multiple_contrast_test(dose_means(TRIAL, shift + factor * y), SHAPES_OF_TRIAL)
    falling = multiple_contrast_test(dose_means(TRIAL, -y), SHAPES_OF_TRIAL, alternative="decrease")
    assert other.p == pytest.approx(one.p, rel=1e-6)
    assert falling.p == pytest.approx(one.p, rel=1e-6)


def test_one_linear_candidate_is_the_trend_t_test():
    test = multiple_contrast_test(
        dose_means([0] * 4 + [600] * 5, TIS), [Candidate("linear")], alternative="two-sided"
    )
    expected = stats.ttest_ind(TIS[4:], TIS[:4])
    assert test.results[0].t == pytest.approx(expected.statistic, rel=1e-12)
    assert test.p == pytest.approx(expected.pvalue, rel=1e-12)
    assert test.exact


def test_adjusted_means_are_those_of_the_analysis_of_covariance():
    baseline = [60, 71, 80, 66, 74, 90, 55, 68, 77]
    site = list("abaababab")
    means = dose_means(TRIAL, TIS, covariates={"mmt": baseline}, factors={"site": site})
    groups = [f"{dose:g}" for dose in TRIAL]
    ancova = fit_ancova(TIS, groups, covariates={"mmt": baseline}, factors={"site": site})
    assert means.df == ancova.df
    assert math.sqrt(means.variance) == pytest.approx(ancova.residual_sd)
    expected = ancova.difference("600", "0")
    contrast = np.array([-1.0, 0.0, 1.0])
    assert contrast @ means.estimates == pytest.approx(expected.estimate)
    assert math.sqrt(contrast @ means.unscaled @ contrast * means.variance) == pytest.approx(expected.se)


def test_the_test_keeps_its_error_with_nine_subjects():
    """Normal errors, no effect: 4000 trials of 3 + 3 + 3; the binomial error is 0.0034."""
    rng = np.random.default_rng(8)
    contrasts = optimal_contrasts(SHAPES_OF_TRIAL, np.unique(TRIAL), np.eye(3) / 3)
    critical = multiple_contrast_test(dose_means(TRIAL, TIS), SHAPES_OF_TRIAL, alpha=0.05).critical
    y = rng.normal(size=(4000, 3, 3))
    s = np.sqrt(y.var(axis=2, ddof=1).mean(axis=1) / 3)
    largest = (y.mean(axis=2) @ contrasts.T).max(axis=1) / s
    assert np.mean(largest >= critical) == pytest.approx(0.05, abs=3 * 0.0034)


def test_permutation_by_brute_force():
    doses, y = [0, 0, 300, 300, 600, 600], [3.0, 1.0, 4.0, 2.5, 9.0, 6.0]
    candidates = [Candidate("linear"), Candidate("emax", (50.0,))]

    def largest(order):
        results = multiple_contrast_test(dose_means(doses, order), candidates).results
        return max(result.t for result in results)

    mine = largest(y)
    reached = np.mean([largest(order) >= mine - 1e-9 for order in permutations(y)])
    test = permute_contrast_test(doses, y, candidates)
    assert test.p == pytest.approx(reached)
    assert (test.arrangements, test.exact) == (90, True)


@pytest.mark.parametrize("alternative", ["increase", "decrease", "two-sided"])
def test_permutation_of_two_groups_is_that_of_scipy(alternative):
    y = [4.0, 1.0, 6.0, 5.0, 5.5, 9.0, 8.0]
    test = permute_contrast_test([0] * 3 + [600] * 4, y, [Candidate("linear")], alternative=alternative)
    side = {"increase": "greater", "decrease": "less", "two-sided": "two-sided"}[alternative]

    def statistic(a, b):
        t = stats.ttest_ind(a, b).statistic
        return abs(t) if side == "two-sided" else t

    ways = stats.permutation_test(
        (y[3:], y[:3]), statistic, alternative="less" if side == "less" else "greater", n_resamples=10**6
    )
    assert test.p == pytest.approx(ways.pvalue)


def test_power_is_that_of_a_noncentral_t_for_one_contrast():
    found = contrast_power([0, 600], [6, 6], [Candidate("linear")], largest_effect=20, sigma=15, alpha=0.05)
    shift = 20 / (15 * math.sqrt(2 / 6))
    assert found.powers[0] == pytest.approx(stats.nct.sf(stats.t.isf(0.05, 10), 10, shift), abs=1e-4)


def test_smallest_size_is_the_smallest():
    shapes = list(SHAPES_OF_TRIAL)
    n = smallest_group_size([0, 300, 600], shapes, power=0.8, largest_effect=20, sigma=18)
    powers = [min(contrast_power([0, 300, 600], [size] * 3, shapes, largest_effect=20, sigma=18).powers)
              for size in (n - 1, n)]  # fmt: skip
    assert powers[0] < 0.8 <= powers[1]


# Models and doses


@pytest.mark.parametrize("shape", SHAPES)
def test_a_curve_without_noise_is_found_again(shape):
    """Nine doses, true parameters well inside the bounds."""
    doses = np.linspace(0, 600, 9)
    truth = {
        "linear": (), "linlog": (), "quadratic": (-0.001,), "emax": (120.0,), "exponential": (350.0,),
        "sigEmax": (250.0, 3.0), "logistic": (280.0, 60.0), "betaMod": (0.8, 0.5),
    }[shape]  # fmt: skip
    within = DoseRange.of(doses)
    g = SHAPES[shape].g(doses, within, *truth)
    means = given_means(doses, 10.0 + 25.0 * g / np.ptp(g), np.full(9, 4.0))
    fit = fit_shape(means, shape)
    assert fit.distance < 1e-12
    assert fit.effect(doses) == pytest.approx(25.0 * (g - g[0]) / np.ptp(g), abs=1e-5)
    assert fit.at_bound == ()
    if shape != "quadratic":
        assert fit.values[2:] == pytest.approx(truth, rel=1e-4)
    # The dose of the target lies on the curve.
    found = target_dose(fit, 12.0)
    assert fit.effect([found.dose])[0] == pytest.approx(12.0, abs=1e-6)
    assert found.low < found.dose < found.high
    half = effective_dose(fit, 0.5)
    largest = float(fit.effect(np.linspace(0, 600, 20001)).max())
    assert fit.effect([half.dose])[0] == pytest.approx(largest / 2, rel=1e-4)


def test_the_dose_interval_of_a_line_is_fiellers():
    """All doses where the t interval of the effect holds the target: exact."""
    means = dose_means(TRIAL, TIS)
    fit = fit_shape(means, "linear")
    t = stats.t.isf(0.05, 7)
    slope, se = fit.values[1], fit.se[1]
    found = target_dose(fit, 10.0, level=0.9)
    assert found.exact
    assert found.dose == pytest.approx(10.0 / slope, rel=1e-9)
    assert found.low == pytest.approx(10.0 / (slope + t * se), rel=1e-9)
    assert found.high == pytest.approx(10.0 / (slope - t * se), rel=1e-9)
    # A limit beyond the doses studied is not extrapolated.
    assert target_dose(fit, 15.0, level=0.9).high == math.inf
    effect = dose_effect(fit, 450.0, level=0.9)
    assert (effect.low, effect.high) == pytest.approx((450 * (slope - t * se), 450 * (slope + t * se)))


def test_the_effect_of_a_quadratic_has_the_interval_of_the_linear_model():
    """One degree of freedom for the effect at a dose: the profile interval is the t interval."""
    doses = np.repeat([0.0, 100.0, 300.0, 600.0], 3)
    y = np.array([2, 4, 3, 8, 9, 13, 15, 12, 17, 15, 19, 14], dtype=float)
    fit = fit_shape(dose_means(doses, y), "quadratic")
    at = np.array([0.0, 300.0, 300.0**2])
    se = math.sqrt(at @ fit.covariance @ at)
    found = dose_effect(fit, 300.0)
    t = stats.t.isf(0.025, 9)
    assert found.estimate == pytest.approx(at @ fit.values)
    assert found.low == pytest.approx(found.estimate - t * se, rel=1e-3)
    assert found.high == pytest.approx(found.estimate + t * se, rel=1e-3)


def test_the_dose_interval_of_emax_inverts_the_f_test():
    """At its ends the best curve through the target has exactly the sum of squares of the cut-off."""
    from scipy.optimize import minimize_scalar

    doses = np.repeat([0.0, 100.0, 300.0, 600.0], 4)
    rng = np.random.default_rng(4)
    y = 5 + 40 * doses / (100 + doses) + rng.normal(0, 6, 16)
    fit = fit_shape(dose_means(doses, y), "emax")
    found = target_dose(fit, 15.0)
    most = fit.rss + fit.variance * stats.t.isf(0.025, 13) ** 2

    def least(dose):
        def squares(log_ed50):
            g = doses / (math.exp(log_ed50) + doses)
            rest = y - 15.0 * g / (dose / (math.exp(log_ed50) + dose))
            return float(np.sum((rest - rest.mean()) ** 2))

        low, high = np.log(fit.bounds[0])
        grid = np.linspace(low, high, 400)
        start = grid[int(np.argmin([squares(x) for x in grid]))]
        ends = (max(low, start - 0.1), min(high, start + 0.1))
        near = minimize_scalar(squares, bounds=ends, method="bounded", options={"xatol": 1e-10})
        return min(near.fun, squares(low), squares(high))

    assert math.isfinite(found.high)
    assert least(found.low) == pytest.approx(most, rel=1e-4)
    assert least(found.high) == pytest.approx(most, rel=1e-4)
    assert least(found.dose) == pytest.approx(fit.rss, rel=1e-6)


def test_a_fall_is_a_rise_of_the_negative():
    means, mirrored = dose_means(TRIAL, TIS), dose_means(TRIAL, -np.array(TIS))
    for shape in ("linear", "emax", "quadratic"):
        up = target_dose(fit_shape(means, shape), 12.0)
        down = target_dose(fit_shape(mirrored, shape), 12.0, direction="decrease")
        assert (down.dose, down.low, down.high) == pytest.approx((up.dose, up.low, up.high), rel=1e-6)
        assert target_dose(fit_shape(means, shape), 12.0, direction="decrease").dose == math.inf


def test_a_known_dose_is_covered():
    """Emax, 4 doses of 8, 80 trials; 300 trials gave 0.90, and 0.91 with 3 a dose."""
    rng = np.random.default_rng(21)
    doses = np.repeat([0.0, 100.0, 300.0, 600.0], 8)
    true_dose = 100.0 * 15 / (40 - 15)
    covered = 0
    for _ in range(80):
        y = 5 + 40 * doses / (100 + doses) + rng.normal(0, 10, doses.size)
        found = target_dose(fit_shape(dose_means(doses, y), "emax"), 15.0, level=0.9)
        covered += found.low <= true_dose <= found.high
    assert covered >= 80 * 0.9 - 3 * math.sqrt(80 * 0.09)
    assert covered < 80


# Two active doses


def test_two_active_doses_cannot_tell_three_parameter_shapes_apart():
    means = dose_means(TRIAL, TIS)
    fits = [fit_shape(means, shape) for shape in ("quadratic", "emax")]
    assert [fit.distance for fit in fits] == pytest.approx([0.0, 0.0], abs=1e-12)
    choice = choose_fit(fits)
    assert choice.fit is not None
    assert "would do as well" in choice.note
    assert "cannot choose" in choice.note
    assert "cannot be checked" in fits[1].note
    assert "quadratic, emax, exponential go through all means" in describe_distinguishable(TRIAL)


@pytest.mark.parametrize("shape", ["sigEmax", "logistic", "betaMod"])
def test_a_shape_that_needs_more_doses_is_refused(shape):
    with pytest.raises(UsageError, match=f"Model {shape}: found 3 different doses; expected at least 4"):
        fit_shape(dose_means(TRIAL, TIS), shape)


def test_the_procedure_leaves_shapes_with_too_many_parameters_out():
    candidates = [*SHAPES_OF_TRIAL, Candidate("sigEmax", (200.0, 4.0))]
    result = mcp_mod(dose_means(TRIAL, TIS), candidates, 15, alpha=0.1)
    assert "sigEmax: more parameters than doses, not fitted" in result.note
    assert {fit.shape for fit in result.fits} == {"linear", "emax", "exponential"}
    assert result.target is not None


# Degenerate data are answered


def test_no_dose_response_gives_no_dose():
    result = mcp_mod(dose_means(TRIAL, [10, 20, 30, 30, 10, 20, 20, 30, 10]), SHAPES_OF_TRIAL, 10)
    assert result.test.significant == ()
    assert (result.fits, result.choice, result.target) == ((), None, None)
    assert "no dose response is claimed" in result.note


def test_everybody_the_same():
    means = dose_means(TRIAL, [20.0] * 9)
    assert means.variance is None
    result = mcp_mod(means, SHAPES_OF_TRIAL, 10)
    assert result.test.p is None
    assert not result.test.exact
    assert "no variation within doses" in result.note
    assert permute_contrast_test(TRIAL, [20.0] * 9, SHAPES_OF_TRIAL).p == 1.0


def test_copied_values_within_doses():
    """Perfectly separated and no variation: no t test, but the permutation test answers."""
    y = np.repeat([0.0, 20.0, 40.0], 3)
    means = dose_means(TRIAL, y)
    assert multiple_contrast_test(means, SHAPES_OF_TRIAL).p is None
    permuted = permute_contrast_test(TRIAL, y, SHAPES_OF_TRIAL)
    assert permuted.p == pytest.approx(permuted.smallest_p)
    fit = fit_shape(means, "linear")
    assert fit.values[1] == pytest.approx(40 / 600)
    assert (fit.aic, fit.variance) == (None, None)
    assert "no residual variation" in fit.note
    found = target_dose(fit, 20)
    assert found.dose == pytest.approx(300)
    assert (found.low, found.high) == (None, None)
    assert choose_fit([fit]).fit is None
    assert average_fits([fit]) is None


def test_one_subject_a_dose():
    means = dose_means([0, 300, 600], [5, 20, 22])
    assert means.variance is None
    test = multiple_contrast_test(means, SHAPES_OF_TRIAL)
    assert test.p is None
    assert "no degrees of freedom" in test.note
    # The line still has one degree of freedom; emax none.
    assert fit_shape(means, "linear").variance is not None
    emax = fit_shape(means, "emax")
    assert (emax.variance, emax.aic) == (None, None)
    assert target_dose(emax, 10).low is None
    assert permute_contrast_test([0, 300, 600], [5, 20, 22], [Candidate("linear")]).p == pytest.approx(1 / 6)


def test_one_subject_in_one_arm_is_enough_elsewhere():
    test = multiple_contrast_test(dose_means([0] * 4 + [300] + [600] * 4, TIS), SHAPES_OF_TRIAL)
    assert 0.0 < test.p < 1.0
    assert test.df == 6


def test_a_target_out_of_reach_is_infinite():
    fit = fit_shape(dose_means(TRIAL, TIS), "linear")
    found = target_dose(fit, 1000)
    assert (found.dose, found.high) == (math.inf, math.inf)
    assert "does not reach the target" in found.note


def test_falling_responses_have_no_effective_dose_upwards():
    fit = fit_shape(dose_means(TRIAL, TIS[::-1]), "linear")
    found = effective_dose(fit, 0.5)
    assert found.dose == math.inf
    assert "no effect in this direction" in found.note


def test_a_dose_that_was_not_studied_is_said():
    means = dose_means(np.repeat([150.0, 300.0, 600.0], 3), TIS)
    assert "dose 0 was not studied" in target_dose(fit_shape(means, "linear"), 10).note
    assert "not studied" not in target_dose(fit_shape(means, "linear"), 10, reference=150.0).note
    assert mcp_mod(means, SHAPES_OF_TRIAL, 10, alpha=0.1).target.low > 150.0


def test_a_flat_response_leaves_the_share_unknown():
    fit = fit_shape(
        dose_means(np.repeat([0.0, 100.0, 300.0, 600.0], 3), [1, 5, 3, 3, 1, 5, 5, 3, 1.2, 1, 3, 5]), "emax"
    )
    found = effective_dose(fit, 0.9)
    assert "no effect at all is among the curves" in found.note


def test_too_many_arrangements_are_said():
    y = np.random.default_rng(1).normal(size=36)
    test = permute_contrast_test(np.repeat([0, 300, 600], 12), y, SHAPES_OF_TRIAL)
    assert (test.p, test.exact) == (None, False)
    assert "use the t test" in test.note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: given_means([0, 1], [1, 2], [[1, 1], [1, 1]]), "singular or asymmetric"),
        (lambda: given_means([0, 1], [1, 2], [1, 0]), "singular or asymmetric"),
        (lambda: given_means([0, 0], [1, 2], [1, 1]), "at least two different doses"),
        (lambda: given_means([0, 1], [1, 2, 3], [1, 1]), "expected 2 numbers"),
        (lambda: given_means([0, 1], [1, 2], [1, 1], df=0), "expected more than 0"),
        (lambda: dose_means([], []), "found 0 values"),
        (lambda: dose_means([0, 0], [1, 2]), "at least two different doses"),
        (lambda: dose_means([-1, 1], [1, 2]), "negative"),
        (lambda: dose_means([0, 1], [1, math.nan]), "missing or infinite"),
        (lambda: dose_means([0, 0, 1, 1], [1, 2, 3, 4], covariates={"x": [0, 0, 1, 1]}), "not separable"),
        (lambda: dose_means([0, 1], [1, 2], factors={"x": ["a"]}), "found 1 values; expected 2"),
        (lambda: multiple_contrast_test(dose_means(TRIAL, TIS), []), "expected at least one"),
        (lambda: multiple_contrast_test(dose_means(TRIAL, TIS), [Candidate("linear")] * 2), "its own name"),
        (
            lambda: multiple_contrast_test(dose_means(TRIAL, TIS), [Candidate("step")]),
            "expected one of linear",
        ),
        (lambda: multiple_contrast_test(dose_means(TRIAL, TIS), [Candidate("emax")]), r"1 \(ed50\)"),
        (lambda: multiple_contrast_test(dose_means(TRIAL, TIS), [Candidate("emax", (-1.0,))]), "not above 0"),
        (lambda: multiple_contrast_test(dose_means(TRIAL, TIS), [Candidate("emax", (1e-14,))]), None),
        (
            lambda: multiple_contrast_test(dose_means(TRIAL, TIS), [Candidate("exponential", (0.1,))]),
            "overflow",
        ),
        (
            lambda: multiple_contrast_test(dose_means([300, 600], [1, 2]), [Candidate("emax", (1e-12,))]),
            "flat line",
        ),
        (
            lambda: multiple_contrast_test(dose_means(TRIAL, TIS), SHAPES_OF_TRIAL, alternative="up"),
            "increase",
        ),
        (lambda: multiple_contrast_test(dose_means(TRIAL, TIS), SHAPES_OF_TRIAL, alpha=0.7), "0.5"),
        (lambda: fit_shape(dose_means(TRIAL, TIS), "emax", bounds=[(5.0, 1.0)]), "pairs above 0"),
        (lambda: target_dose(fit_shape(dose_means(TRIAL, TIS), "linear"), 0.0), "above 0"),
        (lambda: target_dose(fit_shape(dose_means(TRIAL, TIS), "linear"), 1, direction="up"), "Direction"),
        (lambda: target_dose(fit_shape(dose_means(TRIAL, TIS), "linear"), 1, reference=600), "Reference"),
        (lambda: effective_dose(fit_shape(dose_means(TRIAL, TIS), "linear"), 1.0), "between 0 and 1"),
        (lambda: dose_effect(fit_shape(dose_means(TRIAL, TIS), "linear"), 700), "from 0 to 600"),
        (lambda: choose_fit([]), "at least one"),
        (lambda: mcp_mod(dose_means(TRIAL, TIS), SHAPES_OF_TRIAL, 0), "above 0"),
        (lambda: contrast_power([0, 1], [1, 1], [Candidate("linear")], largest_effect=1, sigma=1), "freedom"),
        (lambda: contrast_power([0, 1], [1.5, 1], [Candidate("linear")], largest_effect=1, sigma=1), "whole"),
        (lambda: guess_ed50(300, 1.0), "share"),
        (lambda: DoseRange.of([0, 600], scale=500), "more than the highest dose"),
        (lambda: DoseRange.of([0, 600], offset=0.0), "above 0"),
    ],
)
def test_questions_that_make_no_sense(call, message):
    if message is None:
        assert call().p is not None
        return
    with pytest.raises(UsageError, match=message):
        call()
