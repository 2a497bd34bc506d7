"""Analysis of covariance against statsmodels, closed forms, laws and degenerate data."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway, ttest_ind
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.ancova import fit_ancova


def example(n=40):
    rng = stream(3, "ancova")
    groups = [("placebo", "low", "high")[i % 3] for i in range(n)]
    site = [f"S{i}" for i in rng.integers(1, 5, n)]
    base = rng.normal(30.0, 4.0, n)
    return pd.DataFrame(
        {"y": rng.normal(2.0, 3.0, n) + 0.4 * base, "arm": groups, "site": site, "base": base}
    )


def fitted(frame, **more):
    return fit_ancova(
        frame["y"].to_numpy(),
        frame["arm"].tolist(),
        order=("placebo", "low", "high"),
        factors={"site": frame["site"].tolist()},
        covariates={"base": frame["base"].to_numpy()},
        **more,
    )


def test_estimates_as_statsmodels():
    frame = example()
    other = ols("y ~ C(arm, Treatment('placebo')) + C(site) + base", frame).fit()
    fit = fitted(frame)
    assert (fit.n, fit.df, fit.sizes) == (40, int(other.df_resid), (14, 13, 13))
    assert fit.residual_sd == pytest.approx(np.sqrt(other.mse_resid), rel=1e-10)
    for name in ("low", "high"):
        key = f"C(arm, Treatment('placebo'))[T.{name}]"
        found = fit.difference(name, "placebo", level=0.9)
        low, high = other.conf_int(0.1).loc[key]
        assert (found.estimate, found.se, found.t, found.p, found.low, found.high) == pytest.approx(
            (other.params[key], other.bse[key], other.tvalues[key], other.pvalues[key], low, high), rel=1e-8
        )
    slope = fit.slope("base")
    assert (slope.estimate, slope.se) == pytest.approx((other.params["base"], other.bse["base"]), rel=1e-8)


def test_adjusted_means_as_predictions_of_statsmodels():
    frame = example()
    other = ols("y ~ C(arm) + C(site) + base", frame).fit()
    sites = sorted(frame["site"].unique())
    grid = pd.DataFrame({"arm": "low", "site": sites, "base": frame["base"].mean()})
    assert fitted(frame).mean("low").estimate == pytest.approx(other.predict(grid).mean(), rel=1e-10)
    shares = frame["site"].value_counts(normalize=True)
    weighted = float((other.predict(grid).to_numpy() * shares[sites].to_numpy()).sum())
    assert fitted(frame).mean("low", weights="observed").estimate == pytest.approx(weighted, rel=1e-10)


def test_terms_as_type_three_of_statsmodels():
    frame = example()
    table = anova_lm(ols("y ~ C(arm, Sum) + C(site, Sum) + base", frame).fit(), typ=3)
    fit = fitted(frame)
    for term, key in (("group", "C(arm, Sum)"), ("site", "C(site, Sum)"), ("base", "base")):
        found = fit.test(term)
        assert (found.f, found.p) == pytest.approx((table.loc[key, "F"], table.loc[key, "PR(>F)"]), rel=1e-8)
        assert found.df == table.loc[key, "df"]


def test_without_factors_it_is_the_ordinary_t_and_f_test():
    frame = example()
    y, arm = frame["y"].to_numpy(), frame["arm"].to_numpy()
    two = arm != "high"
    other = ttest_ind(y[arm == "low"], y[arm == "placebo"])
    found = fit_ancova(y[two], arm[two].tolist()).difference("low", "placebo")
    assert (found.t, found.p) == pytest.approx((other.statistic, other.pvalue), rel=1e-10)
    samples = [y[arm == name] for name in ("placebo", "low", "high")]
    assert fit_ancova(y, arm.tolist()).test("group").f == pytest.approx(f_oneway(*samples).statistic)


def test_laws():
    frame = example()
    fit = fitted(frame)
    moved = fitted(frame.assign(y=5.0 + 2.0 * frame["y"], base=1000.0 * frame["base"] - 7.0))
    a, b = fit.difference("high", "low"), moved.difference("high", "low")
    assert (b.estimate, b.se, b.p) == pytest.approx((2 * a.estimate, 2 * a.se, a.p), rel=1e-8)
    back = fit.difference("low", "high")
    assert (back.estimate, back.low, back.p) == pytest.approx((-a.estimate, -a.high, a.p), rel=1e-10)
    gap = fit.mean("high").estimate - fit.mean("low").estimate
    assert gap == pytest.approx(a.estimate, rel=1e-9)
    for weights in ("equal", "observed"):
        means = [fit.mean(name, weights=weights).estimate for name in ("high", "placebo")]
        assert means[0] - means[1] == pytest.approx(fit.difference("high", "placebo").estimate, rel=1e-9)


@pytest.mark.parametrize("n", [9, 12, 36])
def test_interval_covers_at_small_n(n):
    # exact under the model: coverage of 95 % intervals within four Monte Carlo errors
    rng, draws, covered = stream(4, "ancova", n), 500, 0
    arm = [("a", "b", "c")[i % 3] for i in range(n)]
    for _ in range(draws):
        base = rng.normal(size=n)
        fit = fit_ancova(base + rng.normal(size=n), arm, covariates={"base": base})
        found = fit.difference("b", "a")
        covered += found.low <= 0.0 <= found.high
    assert covered / draws == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / draws))


def test_a_group_at_one_site_only_is_not_estimable():
    fit = fit_ancova([1, 2, 3, 4, 6.0], list("aabbb"), factors={"site": list("xxyyy")})
    found = fit.difference("b", "a")
    assert found.estimate is None
    assert "not estimable" in found.reason
    assert fit.test("group").f is None
    assert fit.df == 3


def test_one_subject_in_a_group_still_has_an_estimate():
    found = fit_ancova([1.0, 2.0, 3.5, 9.0], list("aaab")).difference("b", "a")
    assert found.df == 2
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize(
    ("outcome", "groups", "words"),
    [
        ([1.0, 2.0], "ab", "no degrees of freedom"),
        ([1.0, 1.0, 4.0, 4.0], "aabb", "no residual variation"),
        ([2.0, 2.0, 2.0, 2.0], "aabb", "no residual variation"),
        ([0.0, 0.0, 0.0, 0.0], "aabb", "no residual variation"),
    ],
)
def test_without_a_residual_variance_only_the_estimate_is_given(outcome, groups, words):
    fit = fit_ancova(outcome, list(groups))
    found = fit.difference("b", "a")
    assert found.estimate == pytest.approx(outcome[-1] - outcome[0], abs=1e-12)
    assert (found.se, found.t, found.p, found.low, found.high) == (None,) * 5
    assert words in found.reason
    assert words in fit.test("group").reason


def test_one_group_one_level_and_a_constant_covariate_are_outcomes():
    fit = fit_ancova(
        [1.0, 2.0, 4.0], list("aaa"), factors={"site": list("xxx")}, covariates={"dose": [3, 3, 3]}
    )
    assert fit.mean("a").estimate == pytest.approx(7 / 3)
    assert "not estimable" in fit.slope("dose").reason
    assert "one level" in fit.test("site").reason
    same = fit.difference("a", "a")
    assert (same.estimate, same.p, same.reason) == (0.0, None, "nothing to compare")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"outcome": [], "groups": []}, "Groups"),
        ({"outcome": [1.0], "groups": ["a", "b"]}, "expected a number for each of 2"),
        ({"outcome": [1.0, float("nan")], "groups": ["a", "b"]}, "missing"),
        ({"outcome": [1.0, 2.0], "groups": ["a", "b"], "order": ("a", "b", "c")}, "Groups"),
        ({"outcome": [1.0, 2.0], "groups": ["a", "b"], "factors": {"site": ["x"]}}, "Factor site"),
        ({"outcome": [1.0, 2.0], "groups": ["a", "b"], "covariates": {"base": [1.0]}}, "covariate base"),
        ({"outcome": [1.0, 2.0], "groups": ["a", "b"], "covariates": {"group": [1, 2]}}, "Terms"),
    ],
)
def test_unusable_input_is_refused(arguments, words):
    with pytest.raises(UsageError, match=words):
        fit_ancova(**arguments)


def test_unknown_names_are_refused():
    fit = fit_ancova([1.0, 2.0, 4.0, 6.0], list("aabb"))
    for ask, words in (
        (lambda: fit.difference("c", "a"), "Group"),
        (lambda: fit.slope("base"), "Covariate"),
        (lambda: fit.test("site"), "Term"),
        (lambda: fit.mean("a", weights="some"), "Weights"),
    ):
        with pytest.raises(UsageError, match=words):
            ask()
