"""Proportional odds: agreement with statsmodels, separation told and never estimated, profile intervals."""

import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.ordinal import proportional_odds


def fit_elsewhere(first, second):
    import pandas as pd
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    y = pd.Series(pd.Categorical([*first, *second], ordered=True))
    x = pd.DataFrame({"g": [1.0] * len(first) + [0.0] * len(second)})
    fitted = OrderedModel(y, x, distr="logit").fit(method="bfgs", disp=False, gtol=1e-9)
    return float(fitted.params["g"]), float(fitted.bse["g"]), float(fitted.llf)


def test_agrees_with_statsmodels():
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 6, 8).tolist(), rng.integers(0, 5, 10).tolist()
    ours, theirs = proportional_odds(first, second), fit_elsewhere(first, second)
    assert ours.log_odds_ratio == pytest.approx(theirs[0], abs=1e-4)
    assert ours.se == pytest.approx(theirs[1], rel=1e-3)
    assert ours.log_likelihood == pytest.approx(theirs[2], abs=1e-7)


def test_two_grades_are_a_two_by_two_table():
    result = proportional_odds([1] * 7 + [0] * 3, [1] * 2 + [0] * 8)
    assert result.odds_ratio[0] == pytest.approx(7 / 3 * 8 / 2, rel=1e-8)
    assert result.se == pytest.approx(math.sqrt(1 / 7 + 1 / 3 + 1 / 2 + 1 / 8), rel=1e-8)


def test_the_ends_of_the_interval_lie_on_the_cut_off():
    first, second = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4], [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
    inner = proportional_odds(first, second, level=0.99)
    # At level 1 - p the interval begins at 0.
    edge = proportional_odds(first, second, level=1 - inner.p)
    assert edge.low == pytest.approx(0.0, abs=1e-7)
    assert inner.low < 0 or inner.p < 0.01


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([5, 6, 6, 6], [0, 1, 1, 2]),
        ([2, 2, 3], [1, 1, 2]),  # meet in one grade
        ([4] * 8, [0, 0, 1, 2, 3, 3, 2, 4]),
        ([4] * 5, [1] * 5),
    ],
)
def test_separation_is_told(first, second):
    up, down = proportional_odds(first, second), proportional_odds(second, first)
    assert (up.separated, up.log_odds_ratio, up.high) == (True, math.inf, math.inf)
    assert (down.separated, down.log_odds_ratio, down.low) == (True, -math.inf, -math.inf)
    assert math.isnan(up.se)
    assert math.isfinite(up.low)
    assert up.odds_ratio[0] == math.inf
    assert up.low == pytest.approx(-down.high, abs=1e-7)
    assert (up.low > 0) == (up.p < 0.05)
    # The likelihood ratio is the limit reached along rising odds, by each group's own frequencies.
    own = sum(c * math.log(c / len(g)) for g in (first, second) for c in map(g.count, set(g)))
    both = first + second
    pooled = sum(c * math.log(c / len(both)) for c in map(both.count, set(both)))
    assert up.lr == pytest.approx(2 * (own - pooled), rel=1e-9)


def test_near_separation_is_no_separation_but_has_a_finite_estimate():
    # One grade of overlap in both directions: the published trap of Wald tests.
    result = proportional_odds([3, 4, 5, 5, 6, 6, 6, 6], [0, 0, 0, 1, 1, 1, 2, 4])
    assert not result.separated
    assert math.isfinite(result.log_odds_ratio)
    assert result.p < 0.001


def test_one_grade_only():
    result = proportional_odds([2, 2], [2, 2, 2])
    assert math.isnan(result.log_odds_ratio)
    assert (result.low, result.high, result.p) == (-math.inf, math.inf, 1.0)


def test_every_small_data_set_is_fitted():
    rng = np.random.default_rng(11)
    for _ in range(20):
        m, n = rng.integers(1, 9, 2)
        result = proportional_odds(rng.integers(0, 7, m), rng.integers(0, 7, n))
        assert result.low <= result.high
        if not math.isnan(result.log_odds_ratio):
            assert result.low <= result.log_odds_ratio <= result.high
        assert 0.0 <= result.p <= 1.0


def test_bad_grades():
    with pytest.raises(UsageError, match="infinite grade"):
        proportional_odds([1, math.inf], [1, 2])
