"""Joint tests and degrees of freedom of models for repeated measurements."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.api import OLS

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.mmrm_covariance import STRUCTURES, choose_structure
from mitograft.statistics.mmrm_design import build_visit_design, summarise_terms, weigh_terms
from mitograft.statistics.mmrm_inference import METHODS, scale_kenward_roger
from mitograft.statistics.mmrm_natural import bend, is_linear


def make(n=14, k=3, lost=0.0, seed=1):
    random = stream(seed, "joint tests")
    y = random.normal(size=(n, k)) + random.normal(size=(n, 1)) + 0.5 * np.arange(k)
    subject, visit = np.indices(y.shape)
    seen = random.random(y.shape) >= lost
    return y[seen], subject[seen], visit[seen]


def fit_cells(data, **options):
    y, subject, visit = data
    design = build_visit_design(np.array(["a", "b"])[subject % 2], visit)
    return fit_mmrm(y, subject, visit, design.matrix, **options), design


@pytest.mark.parametrize("structure", STRUCTURES)
def test_hessian_and_gradient_agree(structure):
    result, _ = fit_cells(make(30, 4, 0.3), structures=structure)
    likelihood = result.fit._likelihood
    theta = stream(3, "theta").normal(0, 0.3, likelihood.structure.n_parameters)
    step = 1e-5
    numeric = [
        (likelihood.evaluate(theta + e)[1] - likelihood.evaluate(theta - e)[1]) / (2 * step)
        for e in step * np.eye(theta.size)
    ]
    np.testing.assert_allclose(likelihood.hessian(theta), numeric, rtol=1e-5, atol=1e-5)


def test_one_contrast_is_the_t_test_squared():
    result, design = fit_cells(make(30, 4, 0.3))
    weights = design.weigh("a", 2) - design.weigh("b", 2)
    for method in METHODS:
        one, joint = (
            result.fit.contrast(weights, method=method),
            result.fit.test([weights, 2 * weights], method=method),
        )
        assert (joint.f, joint.df, joint.residual_df) == pytest.approx((one.t**2, 1, one.df))
        assert joint.p == pytest.approx(one.p)


@pytest.mark.parametrize("k", [3, 4])
def test_complete_data_are_hotelling(k):
    """Kenward and Roger 1997, section 3: exact for T2 with an unstructured covariance."""
    y, subject, visit = make(12, k)
    fitted = fit_mmrm(y, subject, visit, np.eye(k)[visit]).fit
    wide = y.reshape(12, k)
    steps = np.diff(wide, axis=1)
    centre = steps.mean(axis=0)
    t2 = 12 * centre @ np.linalg.solve(np.cov(steps, rowvar=False), centre)
    q = k - 1
    f = (12 - q) / (q * 11) * t2
    rows = np.diff(np.eye(k), axis=0)
    found = fitted.test(rows, method="kenward-roger")
    assert (found.f, found.residual_df) == pytest.approx((f, 12 - q), rel=1e-6)
    assert found.p == pytest.approx(stats.f.sf(f, q, 12 - q), rel=1e-6)
    plain = fitted.test(rows)
    assert plain.f == pytest.approx(t2 / q, rel=1e-6)
    assert plain.p < found.p


def test_balanced_compound_symmetry_is_analysis_of_variance():
    """F of visits against visit by subject, (n - 1)(k - 1) degrees of freedom, by every method."""
    y, subject, visit = make(9, 4)
    fitted = fit_mmrm(y, subject, visit, np.eye(4)[visit], structures="compound symmetry").fit
    wide = y.reshape(9, 4)
    rest = wide - wide.mean(axis=1, keepdims=True) - wide.mean(axis=0) + wide.mean()
    f = 9 * np.sum((wide.mean(axis=0) - wide.mean()) ** 2) / 3 / (np.sum(rest**2) / 24)
    rows = np.eye(4)[1:] - np.eye(4)[0]
    for method in METHODS:
        found = fitted.test(rows, method=method)
        assert (found.f, found.residual_df) == pytest.approx((f, 24), rel=1e-5)
        assert found.scale == pytest.approx(1, abs=1e-5)


def test_one_visit_is_the_f_test_of_regression():
    random = stream(4, "regression")
    group, age, y = random.integers(0, 4, 25), random.normal(50, 5, 25), random.normal(size=25)
    design = build_visit_design(
        np.array(list("abcd"))[group], np.ones(25, int), covariates=[age], by_visit=False
    )
    result = fit_mmrm(y, np.arange(25), np.ones(25, int), design.matrix)
    ols = OLS(y, design.matrix).fit()
    for method in METHODS:
        tests = {test.term: test for test in summarise_terms(result, design, method=method)}
        for term in ("arm", "covariate 1"):
            other = ols.f_test(weigh_terms(design)[term])
            assert (tests[term].f, tests[term].residual_df) == pytest.approx((other.fvalue, 20), rel=1e-6)
            assert tests[term].p == pytest.approx(other.pvalue, rel=1e-6)
        assert tests["visit"].f is None
        assert tests["visit"].reason.startswith("nothing to compare")


@given(st.floats(0.01, 4.0))
def test_one_contrast_needs_no_scale(a):
    """With q = 1, A1 = A2 = A: lambda = 1 and m = 2 / A."""
    assert scale_kenward_roger(a, a, 1) == pytest.approx((1.0, 2.0 / a), rel=1e-5)


def test_moments_that_no_f_has():
    for a1, a2, q in [(0.0, 0.0, 2), (-3.0, 0.1, 2), (2.0, 2.0, 2)]:
        assert all(np.isnan(scale_kenward_roger(a1, a2, q)))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_bend_is_the_second_derivative(structure):
    """By differences in variances and correlations, the parameters of SAS."""
    chosen = choose_structure(structure, 4)
    random = stream(5, structure)
    theta = random.normal(0, 0.2, chosen.n_parameters)
    root = random.normal(size=(theta.size, theta.size))
    w = root @ root.T
    if is_linear(chosen):
        assert not np.any(bend(chosen, theta, w))
        return
    scales = chosen.n_scales

    def natural(at):
        by_lag = chosen.correlate(at)[0, 1:]
        return np.append(np.exp(2 * at[:scales]), by_lag if chosen.kind == "toeplitz" else by_lag[:1])

    def build(phi):
        lags = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
        r = phi[scales:]
        by_lag = r ** np.arange(4) if chosen.kind == "ar1" else np.append(1.0, r * np.ones(3))
        s = np.sqrt(phi[:scales]) * np.ones(4)
        return np.outer(s, s) * by_lag[lags]

    phi, e = natural(theta), 1e-4
    np.testing.assert_allclose(build(phi), chosen.build(theta), rtol=1e-12)
    jacobian = np.array(
        [(natural(theta + d) - natural(theta - d)) / 2e-6 for d in 1e-6 * np.eye(theta.size)]
    ).T
    omega, unit = jacobian @ w @ jacobian.T, e * np.eye(phi.size)
    second = sum(
        omega[i, j]
        * (
            build(phi + unit[i] + unit[j])
            - build(phi + unit[i] - unit[j])
            - build(phi - unit[i] + unit[j])
            + build(phi - unit[i] - unit[j])
        )
        / (4 * e**2)
        for i in range(phi.size)
        for j in range(phi.size)
    )
    np.testing.assert_allclose(bend(chosen, theta, w), second, rtol=1e-5, atol=1e-5 * np.abs(second).max())


def test_joint_test_agrees_with_pbkrtest(rscript):
    """R 4.2.2, lme4 and pbkrtest: a random intercept is compound symmetry.

    pbkrtest takes the expected information, SAS and we the observed one: on 14 subjects with some visits
    missing the denominator degrees of freedom differ by under 1 %.
    """
    y, subject, visit = make(14, 4, 0.2, seed=2)
    fitted = fit_mmrm(y, subject, visit, np.eye(4)[visit], structures="compound symmetry").fit
    found = fitted.test(np.eye(4)[1:] - np.eye(4)[0], method="kenward-roger")
    listed = [",".join(map(repr, entry.tolist())) for entry in (y, subject, visit)]
    code = f"""suppressMessages({{library(lme4); library(pbkrtest)}})
    d <- data.frame(y=c({listed[0]}), s=factor(c({listed[1]})), v=factor(c({listed[2]})))
    m <- lmer(y ~ v + (1|s), d); k <- KRmodcomp(m, lmer(y ~ 1 + (1|s), d))$test["Ftest",]
    cat(k$stat, k$ddf, k$p.value, -2*as.numeric(logLik(m)))"""
    f, df, p, value = rscript(code, "lme4", "pbkrtest")
    assert fitted.minus_two_log_likelihood == pytest.approx(value, abs=1e-4)
    assert (found.f, found.residual_df) == pytest.approx((f, df), rel=0.01)
    assert found.p == pytest.approx(p, rel=0.05)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_joint_test_of_kenward_roger_does_not_depend_on_the_contrasts(seed):
    result, design = fit_cells(make(20, 3, 0.2, seed=7))
    rows = weigh_terms(design)["visit"]
    mixed = stream(seed, "rows").normal(size=(2, 2)) @ rows
    one, other = (result.fit.test(each, method="kenward-roger") for each in (rows, mixed))
    assert (other.f, other.residual_df, other.p) == pytest.approx((one.f, one.residual_df, one.p), rel=1e-5)


def test_terms_of_a_design():
    random = stream(9, "terms")
    y, subject, visit = make(20, 3)
    arm, site = np.array(["a", "b"])[subject % 2], np.array(["x", "y", "z"])[subject % 3]
    age = random.normal(size=20)[subject]
    design = build_visit_design(arm, visit, covariates=[age, age**2], factors=[site])
    terms = weigh_terms(design)
    assert {name: len(rows) for name, rows in terms.items()} == {
        "arm": 1, "visit": 2, "arm by visit": 2, "covariate 1": 1, "covariate 1 by visit": 2,
        "covariate 2": 1, "covariate 2 by visit": 2, "factor 1": 2,
    }  # fmt: skip
    result = fit_mmrm(y, subject, visit, design.matrix)
    found = {test.term: test for test in summarise_terms(result, design)}
    by_hand = [design.weigh("a", v) - design.weigh("b", v) for v in range(3)]
    assert found["arm"].f == pytest.approx(result.fit.contrast(sum(by_hand), method="kenward-roger").t ** 2)
    assert all(0 < test.p < 1 and test.kind == "approximate" for test in found.values())
    assert {test.method for test in found.values()} == {"Kenward-Roger standard error and degrees of freedom"}


def test_terms_over_visits_with_every_arm():
    y, subject, visit = make(20, 3)
    kept = (subject % 2 == 0) | (visit < 2)
    result, design = fit_cells((y[kept], subject[kept], visit[kept]))
    assert len(weigh_terms(design)["visit"]) == 1
    kept = (subject % 2 == 0) != (visit < 1)
    result, design = fit_cells((y[kept], subject[kept], visit[kept]), structures="compound symmetry")
    test = summarise_terms(result, design)[0]
    assert (test.f, test.reason[:18]) == (None, "nothing to compare")


@pytest.mark.parametrize("n", [6, 7, 8, 9])
def test_few_degrees_of_freedom_are_exact_still(n):
    """Five visits of six subjects: Hotelling's T2 on 4 and 2 degrees of freedom, which have no variance."""
    y, subject, visit = make(n, 5)
    fitted = fit_mmrm(y, subject, visit, np.eye(5)[visit]).fit
    steps = np.diff(y.reshape(n, 5), axis=1)
    centre = steps.mean(axis=0)
    f = (n - 4) / (4 * (n - 1)) * n * centre @ np.linalg.solve(np.cov(steps, rowvar=False), centre)
    found = fitted.test(np.diff(np.eye(5), axis=0), method="kenward-roger")
    assert (found.f, found.residual_df) == pytest.approx((f, n - 4), rel=1e-5)


def test_too_few_for_a_denominator():
    """Every contrast has 1.6 degrees of freedom: the denominator of Fai and Cornelius needs more than 2."""
    y, subject, visit = make(9, 2)
    fitted = fit_mmrm(y, subject, visit, np.eye(2)[visit]).fit
    assert fitted.contrast([1, 0]).df == pytest.approx(8)
    vague = replace(fitted, _maximum=replace(fitted._maximum, hessian=fitted._maximum.hessian / 5))
    assert vague.contrast([1, 0]).df == pytest.approx(1.6)
    found = vague.test(np.eye(2))
    assert (found.f, found.p, found.residual_df) == (None, None, None)
    assert found.reason == "the data are too few for denominator degrees of freedom"


def test_wrong_contrasts_are_refused():
    result, _ = fit_cells(make())
    with pytest.raises(UsageError, match="all 0"):
        result.fit.test(np.zeros((2, 6)))
    with pytest.raises(UsageError, match="expected 6 finite numbers"):
        result.fit.test(np.ones((2, 5)))
    with pytest.raises(UsageError, match="expected one of satterthwaite"):
        result.fit.test(np.eye(6), method="exact")
