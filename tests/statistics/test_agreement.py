"""Weighted kappa against statsmodels, scikit-learn's definition, the bootstrap and clusters."""

import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.agreement import weighted_kappa

SCALE = [0, 1, 2, 3, 4, 5, 6]


def two_raters(rng, n, error=0.8):
    truth = rng.integers(0, 7, n)
    return [np.clip(np.rint(truth + rng.normal(0, error, n)), 0, 6) for _ in range(2)]


@pytest.mark.parametrize(("weights", "wt"), [("linear", "linear"), ("quadratic", "quadratic")])
def test_agrees_with_statsmodels(weights, wt):
    from statsmodels.stats.inter_rater import cohens_kappa

    rng = np.random.default_rng(2)
    for n in (12, 40, 90):
        one, two = two_raters(rng, n)
        table = np.zeros((7, 7))
        np.add.at(table, (one.astype(int), two.astype(int)), 1)
        theirs, ours = cohens_kappa(table, wt=wt), weighted_kappa(one, two, SCALE, weights=weights)
        assert (ours.kappa, ours.se) == pytest.approx((theirs.kappa, theirs.std_kappa), rel=1e-10)
        assert ours.low == pytest.approx(theirs.kappa_low, rel=1e-6)


def test_levels_half_a_grade_apart_weigh_by_their_distance():
    scale = [0, 1, 1.5, 2, 2.5]
    one, two = [0, 1, 1.5, 2, 2.5, 2.5], [0, 1.5, 1.5, 2, 2, 2.5]
    # By hand: disagreement |difference| / 2.5, of the pairs and of all 36 combinations.
    seen = sum(abs(a - b) for a, b in zip(one, two, strict=True)) / 6
    chance = sum(abs(a - b) for a in one for b in two) / 36
    assert weighted_kappa(one, two, scale, weights="linear").kappa == pytest.approx(1 - seen / chance)


def test_standard_error_is_the_spread_of_the_bootstrap():
    one, two = two_raters(np.random.default_rng(5), 120)
    result = weighted_kappa(one, two, SCALE, rng=stream(1, "kappa"))
    assert (result.boot_low, result.boot_high) == pytest.approx((result.low, result.high), abs=0.03)
    assert result == weighted_kappa(one, two, SCALE, rng=stream(1, "kappa"))


def test_copied_sections_add_nothing_where_the_mouse_is_known():
    one, two = two_raters(np.random.default_rng(7), 15)
    plain = weighted_kappa(one, two, SCALE)
    copied = weighted_kappa(np.repeat(one, 4), np.repeat(two, 4), SCALE)
    nested = weighted_kappa(np.repeat(one, 4), np.repeat(two, 4), SCALE, clusters=np.repeat(range(15), 4))
    assert copied.se == pytest.approx(plain.se / 2)  # the error of taking sections for mice
    assert nested.se == pytest.approx(plain.se * math.sqrt(15 / 14))
    assert nested.kappa == pytest.approx(plain.kappa)
    assert (nested.pairs, nested.clusters) == (60, 15)
    assert nested.low < plain.low


def test_perfect_agreement_has_no_interval_and_says_so():
    result = weighted_kappa([0, 1, 2, 6], [0, 1, 2, 6], SCALE, rng=stream(1, "kappa"))
    assert (result.kappa, result.exact_agreement) == (1.0, 1.0)
    assert math.isnan(result.low)
    assert math.isnan(result.boot_low)
    assert "agree on every pair" in result.note


def test_one_level_throughout_is_not_defined():
    result = weighted_kappa([2, 2, 2], [2, 2, 2], SCALE)
    assert math.isnan(result.kappa)
    assert "not defined" in result.note


def test_one_rater_without_variation():
    result = weighted_kappa([2, 2, 2, 2], [2, 3, 2, 1], SCALE)
    assert result.kappa == pytest.approx(0.0)
    assert "no variation" in result.note


def test_two_mice_are_too_few():
    assert "2 animals only" in weighted_kappa([0, 1, 2, 3], [0, 2, 2, 3], SCALE, clusters="aabb").note


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [1], SCALE), "found 2 and 1 ratings"),
        (([1, 2.5], [1, 2], SCALE), "first rater: found 2.5"),
        (([1, 2], [1, math.nan], SCALE), "second rater: found nan"),
        (([1, 1], [1, 1], [1]), "at least two levels"),
    ],
)
def test_bad_ratings(arguments, message):
    with pytest.raises(UsageError, match=message):
        weighted_kappa(*arguments)


def test_bad_weights_and_clusters():
    with pytest.raises(UsageError, match="found weights 'cubic'"):
        weighted_kappa([1, 2], [1, 2], SCALE, weights="cubic")
    with pytest.raises(UsageError, match="found 1 animals for 2 pairs"):
        weighted_kappa([1, 2], [1, 2], SCALE, clusters=["a"])
