"""Linear mixed models: balanced theory, exact derivatives, a peer, boundaries and refusals."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.likelihood import Likelihood, maximise
from mitograft.statistics.mixed import RandomTerm, fit_mixed
from mitograft.statistics.random_terms import build_components


def make_paired(seed, donors=5, wells=4, *, slope=2.0):
    """Wells of donors, each with both treatments (balanced)."""
    rng = stream(seed, "paired")
    donor = np.repeat(np.arange(donors), 2 * wells)
    treated = np.tile(np.repeat([0.0, 1.0], wells), donors)
    effects = rng.normal(0, 3, donors)[donor] + treated * rng.normal(1, slope, donors)[donor]
    y = 20 + effects + rng.normal(0, 1, len(donor))
    return SimpleNamespace(
        y=y, donor=donor, treated=treated, design=np.column_stack([np.ones_like(y), treated])
    )


def with_slope(data):
    """Random donor intercept and slope: the model in which the donor is the unit of the treatment effect."""
    half = np.column_stack([np.ones_like(data.y), data.treated - 0.5])
    return RandomTerm("donor", data.donor.tolist(), half, correlated=True)


@pytest.mark.parametrize("seed", range(4))
def test_random_slope_in_a_balanced_design_is_the_paired_t_test_on_donor_means(seed):
    data = make_paired(seed)
    fit = fit_mixed(data.y, data.design, [with_slope(data)], names=("control", "effect"))
    means = [[data.y[(data.donor == d) & (data.treated == t)].mean() for d in range(5)] for t in (1, 0)]
    classic = ttest_rel(*means)
    found = fit.contrast("effect")
    assert fit.converged
    assert found.t == pytest.approx(classic.statistic, rel=1e-5)
    assert found.df == pytest.approx(4, rel=1e-4)
    assert found.p == pytest.approx(classic.pvalue, rel=1e-4)


def test_random_intercept_in_a_balanced_design_has_the_within_degrees_of_freedom():
    data = make_paired(1, slope=0.0)
    fit = fit_mixed(data.y, data.design, [RandomTerm("donor", data.donor.tolist())])
    assert fit.contrast("x2").df == pytest.approx(40 - 5 - 1)


def test_nested_balanced_design_reaches_the_classical_mean_squares():
    rng = stream(5, "nested")
    donor, well = np.repeat(np.arange(4), 6), np.repeat(np.arange(12), 2)
    y = rng.normal(0, 3, 4)[donor] + rng.normal(0, 2, 12)[well] + rng.normal(0, 1, 24)
    fit = fit_mixed(
        y, np.ones((24, 1)), [RandomTerm("donor", donor.tolist()), RandomTerm("well", well.tolist())]
    )
    wells, donors = y.reshape(12, 2), y.reshape(4, 6)
    within = wells.var(axis=1, ddof=1).mean()
    between = 2 * wells.mean(axis=1).reshape(4, 3).var(axis=1, ddof=1).mean()
    top = 6 * donors.mean(axis=1).var(ddof=1)
    expected = ((top - between) / 6, (between - within) / 2, within)
    assert min(expected) > 0
    found = [fit.variance(name) for name in ("donor", "well", "residual")]
    assert found == pytest.approx(expected, rel=1e-6)
    assert fit.contrast("x1").df == pytest.approx(3, rel=1e-6)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_unbalanced_correlated_slopes_agree_with_statsmodels(method):
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = make_paired(11, donors=12, wells=5)
    kept = np.sort(stream(2, "kept").permutation(len(data.y))[:80])
    y, design, donor = data.y[kept], data.design[kept], data.donor[kept]
    fit = fit_mixed(y, design, [RandomTerm("donor", donor.tolist(), design, correlated=True)], method=method)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = MixedLM(y, design, groups=donor, exog_re=design).fit(reml=method == "REML")
    assert fit.log_likelihood >= peer.llf - 1e-6
    assert fit.log_likelihood == pytest.approx(peer.llf, abs=1e-4)
    assert fit.estimate == pytest.approx(peer.fe_params, rel=1e-3)
    assert fit.se == pytest.approx(peer.bse_fe, rel=1e-2)
    assert fit.variance("residual") == pytest.approx(peer.scale, rel=1e-2)


@pytest.mark.parametrize("restricted", [True, False])
def test_gradient_and_hessian_are_those_of_the_likelihood(restricted):
    data = make_paired(3)
    components = build_components([with_slope(data), RandomTerm("plate", [0, 1, 2, 3] * 10)], 40)
    likelihood = Likelihood.of(data.y, data.design, components, restricted=restricted)
    phi = np.array([0.8, -0.3, 0.5, 0.4, 0.7])
    gradient, hessian = likelihood.derivatives(likelihood.at(phi))
    step = 1e-5
    for i, direction in enumerate(np.eye(5) * step):
        above, below = likelihood.at(phi + direction), likelihood.at(phi - direction)
        assert gradient[i] == pytest.approx((above.value - below.value) / (2 * step), rel=1e-6, abs=1e-6)
        slope = (likelihood.derivatives(above)[0] - likelihood.derivatives(below)[0]) / (2 * step)
        assert hessian[i] == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_the_maximum_is_one():
    data = make_paired(4)
    components = build_components([with_slope(data)], 40)
    likelihood = Likelihood.of(data.y, data.design, components, restricted=True)
    best = maximise(likelihood)
    rng = stream(6, "around")
    for _ in range(50):
        phi = best.phi + rng.normal(0, 0.2, len(best.phi))
        assert likelihood.at(phi).value <= best.value + 1e-9


@settings(max_examples=15)
@given(st.floats(1e-3, 1e4), st.floats(-1e3, 1e3), st.integers(0, 40))
def test_scale_and_shift_of_the_outcome(scale, shift, seed):
    data = make_paired(seed)
    one = fit_mixed(data.y, data.design, [with_slope(data)])
    other = fit_mixed(scale * data.y + shift, data.design, [with_slope(data)])
    assert other.estimate[1] == pytest.approx(scale * one.estimate[1], rel=1e-5, abs=1e-8 * scale)
    assert other.se == pytest.approx(scale * one.se, rel=1e-4)
    assert other.contrast("x2").df == pytest.approx(one.contrast("x2").df, rel=1e-3)


def test_units_of_a_slope_do_not_change_the_fit():
    data = make_paired(8)
    minutes = data.design * [1.0, 60.0]
    one = fit_mixed(
        data.y, data.design, [RandomTerm("donor", data.donor.tolist(), data.design, correlated=True)]
    )
    other = fit_mixed(data.y, minutes, [RandomTerm("donor", data.donor.tolist(), minutes, correlated=True)])
    assert other.variance("donor: slope") * 3600 == pytest.approx(one.variance("donor: slope"), rel=1e-4)
    assert other.contrast("x2").p == pytest.approx(one.contrast("x2").p, rel=1e-4)


def test_a_variance_of_zero_is_an_estimate_with_a_sentence():
    # Means of donors closer together than their wells would make them.
    y = [1.0, 5.0, 5.0, 1.0, 1.1, 5.0, 5.0, 0.9]
    fit = fit_mixed(y, np.ones((8, 1)), [RandomTerm("donor", list("aabbccdd"))])
    assert fit.variance("donor") == 0.0
    assert [component.at_zero for component in fit.components] == [True, False]
    assert fit.singular
    assert fit.converged
    assert fit.note.startswith("The variance of donor is estimated as 0 (singular fit) and counts as known")
    assert fit.contrast("x1").df == pytest.approx(7)


def test_weights_of_a_contrast_combine_fixed_effects():
    data = make_paired(2)
    fit = fit_mixed(data.y, data.design, [with_slope(data)], names=("control", "effect"))
    treated = fit.contrast([1.0, 1.0])
    assert treated.estimate == pytest.approx(fit.estimate.sum())
    assert treated.se == pytest.approx(np.sqrt(fit.covariance.sum()))
    with pytest.raises(UsageError, match="expected 2 finite weights, not all zero"):
        fit.contrast([0.0, 0.0])
    with pytest.raises(UsageError, match="found 'dose'; expected one of control, effect"):
        fit.contrast("dose")
    with pytest.raises(UsageError, match="expected one of donor: intercept, donor: covariance"):
        fit.variance("plate")


DONORS = RandomTerm("donor", list("aabbcc"))
ONES = np.ones((6, 1))
Y = [1.0, 2.0, 4.0, 3.0, 7.0, 8.0]


@pytest.mark.parametrize(
    ("y", "x", "random", "message"),
    [
        (Y, ONES, [], "no random term; expected at least one"),
        (Y, ONES, [DONORS, DONORS], "random terms of the same name"),
        (Y, ONES, [RandomTerm("residual", list("aabbcc"))], "one named residual"),
        (Y, ONES, [RandomTerm("donor", list("aab"))], "found 3 entries with 2 levels; expected 6"),
        (Y, ONES, [RandomTerm("donor", list("aaaaaa"))], "expected 6 entries with at least two levels"),
        (Y, ONES, [RandomTerm("donor", list("aabbcc"), np.zeros(6))], "found a column of zeros"),
        (Y, ONES, [RandomTerm("donor", list("aabbcc"), np.ones(4))], "expected 6 rows of numbers"),
        (Y, ONES, [RandomTerm("donor", list("aabbcc"), ONES, correlated=True)], "offered for two"),
        (Y, ONES, [RandomTerm("donor", list("aabbcc"), ONES, columns=("a", "b"))], "found 2 column names"),
        ([*Y[:5], np.nan], ONES, [DONORS], "missing or infinite values; leave those observations out"),
        (Y[:5], ONES, [DONORS], r"an outcome of shape \(5,\)"),
        (Y, np.ones((6, 2)), [DONORS], "columns of the fixed design are not independent"),
        (Y, ONES, [RandomTerm("well", list("abcdef"))], "explain the data without remainder"),
        ([0.1] * 6, ONES, [DONORS], "explain the data without remainder"),
        ([1.0, 1.0, 2.0, 2.0, 5.0, 5.0], ONES, [DONORS], "explain the data without remainder"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_a_sentence(y, x, random, message):
    with pytest.raises(UsageError, match=message):
        fit_mixed(y, x, random)


def test_names_and_method_are_checked():
    with pytest.raises(UsageError, match="found 2 names; expected 1 different"):
        fit_mixed(Y, ONES, [DONORS], names=("a", "b"))
    with pytest.raises(UsageError, match="expected 'REML' or 'ML'"):
        fit_mixed(Y, ONES, [DONORS], method="MAP")
