"""Ordinal categories of two arms: exact test, adjusted odds, parallel odds; separation and other edges."""

import math

import numpy as np
import pytest
from scipy import stats

from mitograft.errors import UsageError
from mitograft.statistics.adjusted_odds import adjusted_odds
from mitograft.statistics.cumulative_logit import CumulativeLogit, two_arms
from mitograft.statistics.ordinal import proportional_odds
from mitograft.statistics.ordinal_category import compare_categories
from mitograft.statistics.parallel_odds import parallel_odds_test
from mitograft.statistics.permutation import blocked_rank_sum_test, rank_sum_test

ORDER = ("none", "minimal", "moderate", "major")
SEED = np.random.default_rng(12)
Y = SEED.choice(4, 60, p=[0.3, 0.3, 0.25, 0.15])
FIRST = [bool(x) for x in SEED.random(60) < 0.5]
STRATUM = [str(x) for x in SEED.choice(["PM", "DM", "IMNM"], 60)]
BASE = SEED.normal(70, 8, 60).round(1)


def arms(m, n):
    return [True] * m + [False] * n


@pytest.mark.parametrize("seed", range(6))
def test_without_covariates_it_is_the_two_group_model(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 4, 9).tolist(), rng.integers(0, 3, 7).tolist()
    ours, other = adjusted_odds(first + second, arms(9, 7)), proportional_odds(first, second)
    assert ours.log_odds_ratio == pytest.approx(other.log_odds_ratio, abs=1e-6)
    assert (ours.low, ours.high) == pytest.approx((other.low, other.high), abs=1e-5)
    assert (ours.lr, ours.p) == pytest.approx((other.lr, other.p), abs=1e-8)
    assert ours.se == pytest.approx(other.se, rel=1e-5)


def test_adjusted_as_in_r(rscript):
    """R MASS::polr with stratum and baseline, profile likelihood interval by confint."""
    code = f"""suppressMessages(library(MASS))
    d <- data.frame(y=factor(c({",".join(map(str, Y))}), ordered=TRUE),
      g=c({",".join(str(int(x)) for x in FIRST)}), b=c({",".join(map(str, BASE))}),
      s=c({",".join(f"'{s}'" for s in STRATUM)}))
    f <- polr(y ~ g + s + b, d, Hess=TRUE, control=list(reltol=1e-15, maxit=1000))
    n <- polr(y ~ s + b, d, control=list(reltol=1e-15, maxit=1000))
    cat(coef(f)["g"], sqrt(vcov(f)["g","g"]), logLik(f), logLik(n), "\n")
    cat(suppressMessages(confint(f, "g")), "\n")"""
    b, se, value, null, low, high = rscript(code, "MASS")
    found = adjusted_odds(Y, FIRST, factors={"stratum": STRATUM}, covariates={"mmt8": BASE})
    assert found.log_odds_ratio == pytest.approx(b, abs=1e-4)
    assert found.se == pytest.approx(se, rel=1e-3)
    assert found.log_likelihood == pytest.approx(value, abs=1e-7)
    assert found.lr == pytest.approx(2 * (value - null), abs=1e-6)
    # R reads the limits off a spline through a few points of the profile.
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-3)


def test_adjusted_as_in_statsmodels():
    import pandas as pd
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    y = pd.Series(pd.Categorical(Y, ordered=True))
    marks = {name: [float(s == name) for s in STRATUM] for name in ("PM", "DM")}
    x = pd.DataFrame({"g": np.array(FIRST, dtype=float), "b": BASE - BASE.mean(), **marks})
    fitted = OrderedModel(y, x, distr="logit").fit(method="bfgs", disp=False, gtol=1e-8, maxiter=500)
    found = adjusted_odds(Y, FIRST, factors={"stratum": STRATUM}, covariates={"mmt8": BASE})
    assert found.log_odds_ratio == pytest.approx(float(fitted.params["g"]), abs=1e-4)
    assert found.log_likelihood == pytest.approx(float(fitted.llf), abs=1e-6)


def test_derivatives_are_those_of_the_likelihood():
    model = two_arms(Y, FIRST, {"s": STRATUM}, {"b": BASE}).model
    rng = np.random.default_rng(1)
    x = np.concatenate([[-1.0, 0.2, 1.5], rng.normal(0, 0.3, model.design.shape[1])])
    _, gradient, hessian = model.derivatives(x)
    for i in range(x.size):
        step = np.eye(x.size)[i] * 1e-5
        (up, g_up, _), (down, g_down, _) = model.derivatives(x + step), model.derivatives(x - step)
        assert gradient[i] == pytest.approx((up - down) / 2e-5, abs=1e-6)
        assert hessian[i] == pytest.approx((g_up - g_down) / 2e-5, abs=1e-5)


def test_two_categories_are_logistic_regression_with_fishers_table():
    found = adjusted_odds([1] * 7 + [0] * 3 + [1] * 2 + [0] * 8, arms(10, 10))
    assert found.odds_ratio[0] == pytest.approx(7 / 3 * 8 / 2, rel=1e-6)
    assert found.se == pytest.approx(math.sqrt(1 / 7 + 1 / 3 + 1 / 2 + 1 / 8), rel=1e-6)


def test_the_limits_lie_on_the_cut_off():
    found = adjusted_odds(Y, FIRST, factors={"stratum": STRATUM}, level=0.9)
    model = two_arms(Y, FIRST, {"stratum": STRATUM}).model
    for end in (found.low, found.high):
        drop = 2 * (found.log_likelihood - model.climb(end).value)
        assert drop == pytest.approx(stats.chi2.ppf(0.9, 1), abs=1e-6)


def test_reversing_categories_or_arms_reverses_the_sign():
    one = adjusted_odds(Y, FIRST, factors={"s": STRATUM})
    for other in (
        adjusted_odds(3 - Y, FIRST, factors={"s": STRATUM}),
        adjusted_odds(Y, [not x for x in FIRST], factors={"s": STRATUM}),
    ):
        assert other.log_odds_ratio == pytest.approx(-one.log_odds_ratio, abs=1e-6)
        assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=1e-5)


# Parallel odds


def test_for_two_arms_the_score_test_is_pearsons_chi_squared():
    first, second = [0, 1, 3, 3, 3, 2, 0, 3, 1, 3, 0], [0, 1, 1, 2, 2, 2, 1, 1, 3, 2]
    peak = two_arms(first + second, arms(11, 10)).model.climb()
    expected, observed = [], []
    for group, shift in ((first, peak.coefficients[0]), (second, 0.0)):
        below = np.concatenate([[0], 1 / (1 + np.exp(-(peak.cuts - shift))), [1]])
        expected.append(len(group) * np.diff(below))
        observed.append(np.bincount(group, minlength=4))
    chi = float(np.sum((np.array(observed) - expected) ** 2 / np.array(expected)))
    found = parallel_odds_test(first + second, arms(11, 10))
    assert found.df == 2
    assert found.statistic == pytest.approx(chi, rel=1e-6)
    assert found.p == pytest.approx(stats.chi2.sf(chi, 2), rel=1e-6)


def test_pearsons_chi_squared_of_the_fit_of_r(rscript):
    first, second = [0, 1, 3, 3, 3, 2, 0, 3, 1, 3, 0], [0, 1, 1, 2, 2, 2, 1, 1, 3, 2]
    code = f"""suppressMessages(library(MASS))
    d <- data.frame(y=factor(c({",".join(map(str, first + second))}), ordered=TRUE), g=rep(c(1,0), c(11,10)))
    f <- polr(y ~ g, d, control=list(reltol=1e-15))
    o <- table(d$g, d$y); e <- predict(f, data.frame(g=c(0,1)), type="probs") * c(10, 11)
    cat(sum((o - e)^2 / e), "\n")"""
    (chi,) = rscript(code, "MASS")
    assert parallel_odds_test(first + second, arms(11, 10)).statistic == pytest.approx(chi, rel=1e-4)


def test_the_score_test_of_every_effect_by_numerical_information():
    """The score is the gradient of the model with an effect at each cut, taken by differences."""
    data = two_arms(Y, FIRST, None, {"b": BASE})
    model, peak = data.model, data.model.climb()
    cuts, columns = model.cuts, model.design.shape[1]

    def log_probabilities(x):
        at, effects = x[:cuts], x[cuts:].reshape(cuts, columns)
        below = 1 / (1 + np.exp(-(at[None, :] - model.design @ effects.T)))
        padded = np.column_stack([np.zeros(len(Y)), below, np.ones(len(Y))])
        return np.log(np.diff(padded, axis=1))

    x = np.concatenate([peak.cuts, np.tile(peak.coefficients, cuts)])
    slopes = np.array([
        (log_probabilities(x + step) - log_probabilities(x - step)) / 2e-6 for step in np.eye(x.size) * 1e-6
    ])  # fmt: skip
    score = slopes[:, np.arange(len(Y)), model.levels].sum(axis=1)
    information = np.einsum("ais,bis,is->ab", slopes, slopes, np.exp(log_probabilities(x)))
    found = parallel_odds_test(Y, FIRST, covariates={"b": BASE}, every_effect=True)
    assert found.df == 4
    assert found.statistic == pytest.approx(score @ np.linalg.solve(information, score), rel=1e-4)
    alone = parallel_odds_test(Y, FIRST, covariates={"b": BASE})
    assert alone.df == 2
    assert alone.statistic <= found.statistic + 1e-9


def test_crossing_odds_are_found():
    """The first arm at both ends, the second in the middle."""
    found = parallel_odds_test([0] * 20 + [3] * 20 + [1] * 18 + [2] * 18 + [0, 3, 0, 3], arms(40, 40))
    assert found.p < 1e-6


# Separation and other edges: answered


def test_separation_within_strata_is_told():
    """The arms overlap as a whole (3 1 1 against 2 2 0 0), but not within the strata."""
    y, first = [3, 2, 2, 1, 1, 0, 0], [True, False, False, True, True, False, False]
    stratum = list("aaabbbb")
    assert not adjusted_odds(y, first).separated
    up = adjusted_odds(y, first, factors={"s": stratum})
    down = adjusted_odds(y, [not x for x in first], factors={"s": stratum})
    assert (up.separated, up.log_odds_ratio, up.high) == (True, math.inf, math.inf)
    assert (down.separated, down.log_odds_ratio, down.low) == (True, -math.inf, -math.inf)
    assert math.isfinite(up.low)
    assert up.low == pytest.approx(-down.high, abs=1e-5)
    assert (up.low > 0) == (up.p < 0.05)
    assert math.isnan(up.se)
    assert "do not overlap" in up.note
    assert "no finite fit" in parallel_odds_test(y, first, factors={"s": stratum}).reason


def test_a_separated_covariate_leaves_the_arm_finite():
    """Everybody in stratum b is 'none': its effect runs off, that of the arm comes from stratum a."""
    a, b = [3, 2, 1, 2, 1, 0, 1, 2], [0, 0, 0, 0]
    first = [True, True, True, True, False, False, False, False]
    found = adjusted_odds(a + b, [*first, True, True, False, False], factors={"s": ["a"] * 8 + ["b"] * 4})
    alone = adjusted_odds(a, first)
    assert not found.separated
    assert found.log_odds_ratio == pytest.approx(alone.log_odds_ratio, abs=1e-3)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high), abs=1e-3)
    assert parallel_odds_test(a + b, [*first, True, True, False, False],
                              factors={"s": ["a"] * 8 + ["b"] * 4}).statistic is None  # fmt: skip


def test_directions_by_enumeration():
    """Two columns of 0 and 1: whether a coefficient can run off is tried along many directions."""
    rng = np.random.default_rng(9)
    seen = set()
    for _ in range(40):
        y = np.unique(rng.integers(0, 3, 6), return_inverse=True)[1]
        design = rng.integers(0, 2, (6, 2)).astype(float)
        if y.max() == 0 or np.linalg.matrix_rank(np.column_stack([np.ones(6), design])) < 3:
            continue
        model = CumulativeLogit(y, design)
        upper = list(np.ndindex(*(5,) * model.cuts))
        found = [False, False]
        for e in np.ndindex(5, 5):
            for d in upper:
                cut, shift = np.array(d) - 2, design @ (np.array(e) - 2)
                fine = all(
                    (k == model.cuts or cut[k] >= s) and (k == 0 or cut[k - 1] <= s)
                    for k, s in zip(y, shift, strict=True)
                )
                if fine:
                    found[0] |= e[0] > 2
                    found[1] |= e[0] < 2
        assert model.directions(0) == tuple(found)
        seen.add(tuple(found))
    assert len(seen) > 1


def test_one_category_only():
    found = adjusted_odds([2, 2, 2, 2], arms(2, 2))
    assert math.isnan(found.log_odds_ratio)
    assert (found.low, found.high, found.p) == (-math.inf, math.inf, 1.0)
    assert "one category" in found.note
    assert parallel_odds_test([2, 2, 2, 2], arms(2, 2)).statistic is None


def test_arm_and_stratum_confounded():
    found = adjusted_odds([2, 1, 0, 1], arms(2, 2), factors={"s": list("aabb")})
    assert math.isnan(found.log_odds_ratio)
    assert "cannot be told apart" in found.note
    assert (
        "cannot be told apart"
        in parallel_odds_test([2, 1, 0, 1], arms(2, 2), factors={"s": list("aabb")}).reason
    )


def test_one_subject_in_an_arm():
    found = adjusted_odds([3, 0, 1, 2, 3], arms(1, 4))
    assert found.log_odds_ratio == math.inf
    assert found.low < 0.0


def test_a_covariate_that_is_the_same_for_all_changes_nothing():
    one = adjusted_odds(Y, FIRST)
    other = adjusted_odds(Y, FIRST, covariates={"b": np.ones(60)}, factors={"s": ["a"] * 60})
    assert other.log_odds_ratio == pytest.approx(one.log_odds_ratio, abs=1e-9)


# All readings


def test_all_readings_of_one_outcome():
    seen = [ORDER[k] for k in Y]
    found = compare_categories(seen, FIRST, ORDER)
    first = [int(y) for y, here in zip(Y, FIRST, strict=True) if here]
    second = [int(y) for y, here in zip(Y, FIRST, strict=True) if not here]
    assert sum(found.first) == len(first)
    assert found.second == tuple(np.bincount(second, minlength=4))
    assert found.test.p == rank_sum_test(first, second).p
    assert (found.test.method, found.odds.exact, found.parallel.exact) == ("exact", False, False)
    assert found.index.estimate == pytest.approx(found.test.index)
    stratified = compare_categories(seen, FIRST, ORDER, strata=STRATUM)
    assert stratified.test.p == blocked_rank_sum_test(Y.tolist(), FIRST, STRATUM).p
    assert stratified.odds.log_odds_ratio == adjusted_odds(Y, FIRST, factors={"s": STRATUM}).log_odds_ratio


def test_a_category_nobody_is_in_is_counted_as_none():
    found = compare_categories(["none", "major", "none", "minimal"], arms(2, 2), ORDER)
    assert (found.first, found.second) == ((1, 0, 0, 1), (1, 1, 0, 0))
    assert found.odds.categories == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare_categories(["some"], [True], ORDER), "found some; expected some of none"),
        (lambda: compare_categories(["none"], [True, False], ORDER), "found 1 and 2 arms"),
        (lambda: adjusted_odds([1, 2], [True, True]), "in one arm only"),
        (lambda: adjusted_odds([1, math.nan], [True, False]), "one missing"),
        (lambda: adjusted_odds([], []), "in one arm only"),
        (lambda: adjusted_odds([1, 2], [True, False], factors={"s": ["a"]}), "Factor s: found 1"),
        (lambda: adjusted_odds([1, 2], [True, False], covariates={"b": [1, math.nan]}), "Covariate b"),
        (lambda: adjusted_odds([1, 2], [True, False], level=0.0), "between 0 and 1"),
    ],
)
def test_questions_that_make_no_sense(call, message):
    with pytest.raises(UsageError, match=message):
        call()
