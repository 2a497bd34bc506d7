"""Shelf life after ICH Q1E, against arithmetic by hand and against statsmodels."""

import math

import numpy as np
import pytest
from scipy import stats

from mitograft.errors import UsageError
from mitograft.product.attributes import load_product_parameters
from mitograft.product.read import Limit
from mitograft.product.stability import NoStability, Stability, fit_stability, stability_of

MONTHS = (0, 3, 6, 9, 12, 18, 24)
STRAIGHT = (0, 1, 2, 3, 4)
# Orthogonal to 1 and t at five equal steps (second-order polynomial): the line stays 100 - 2 t exactly.
BEND = np.array([0.2, -0.1, -0.2, -0.1, 0.2])


def test_one_lot_by_hand(stability_points):
    # y = 100 - 2 t + bend: slope -2, residual sum of squares 0.14 on 3 degrees of freedom, mean time 2,
    # Sxx 10. With q = t(0.95; 3) = 2.353363 the bound meets 90 where
    #   6 - 2 u = q s sqrt(1/5 + u^2/10), u = t - 2, s = sqrt(0.14/3)
    # (4 - q^2 s^2/10) u^2 - 24 u + 36 - q^2 s^2/5 = 0, the smaller root.
    points = stability_points(STRAIGHT, {"A": 100 - 2 * np.array(STRAIGHT) + BEND})
    found = fit_stability(points, low=90)
    assert found.model == "one lot"
    line = found.lines[0]
    assert (line.slope, line.intercept, line.df) == (pytest.approx(-2), pytest.approx(100), 3)
    assert line.sigma == pytest.approx(math.sqrt(0.14 / 3))
    spread = 2.353363434801823**2 * 0.14 / 3
    a, b, c = 4 - spread / 10, -24.0, 36 - spread / 5
    expected = 2 + (-b - math.sqrt(b * b - 4 * a * c)) / (2 * a)
    assert found.shelf_life == pytest.approx(expected, rel=1e-10)
    assert 4.0 < found.shelf_life < 5.0  # the line itself meets 90 at 5
    assert found.extrapolated
    assert found.supported == 4


def noisy(slopes, starts, *, seed=7, noise=0.3):
    rng = np.random.default_rng(seed)
    t = np.array(MONTHS)
    lots = zip("ABCD", slopes, starts, strict=False)
    return {name: start + slope * t + noise * rng.standard_normal(len(t)) for name, slope, start in lots}


CASES = {
    "one line": noisy((-0.2, -0.2, -0.2), (100, 100, 100), seed=5),
    "common slope": noisy((-0.2, -0.2, -0.2), (100, 102, 104)),
    "separate lines": noisy((-0.1, -0.2, -0.4), (100, 101, 101)),
}


def peer(values):
    """Fit with statsmodels: the data and the three ordinary least squares fits."""
    pandas = pytest.importorskip("pandas")
    smf = pytest.importorskip("statsmodels.formula.api")
    rows = [(lot, t, y) for lot, own in values.items() for t, y in zip(MONTHS, own, strict=True)]
    frame = pandas.DataFrame(rows, columns=["lot", "t", "y"])
    return [smf.ols(formula, frame).fit() for formula in ("y ~ t", "y ~ t + lot", "y ~ t * lot")]


@pytest.mark.parametrize("model", CASES)
def test_the_tests_of_poolability_are_those_of_the_peer(stability_points, model):
    # statsmodels 0.15 anova_lm of nested models divides by the residual of the largest, as R's anova does.
    anova = pytest.importorskip("statsmodels.stats.anova")
    table = anova.anova_lm(*peer(CASES[model]))
    found = fit_stability(stability_points(MONTHS, CASES[model]), low=95)
    assert found.model == model
    slopes = found.tests[0]
    assert (slopes.what, slopes.f, slopes.p) == (
        "slopes",
        pytest.approx(table["F"].iloc[2], rel=1e-9),
        pytest.approx(table["Pr(>F)"].iloc[2], rel=1e-9),
    )
    if model != "separate lines":
        assert found.tests[1].f == pytest.approx(table["F"].iloc[1], rel=1e-9)
        # p with the degrees of freedom of that residual, 21 - 6 (statsmodels: of the smaller model)
        assert found.tests[1].p == pytest.approx(stats.f.sf(found.tests[1].f, 2, 15), rel=1e-9)
    assert [test.differ for test in found.tests] == {
        "one line": [False, False],
        "common slope": [False, True],
        "separate lines": [True],
    }[model]


@pytest.mark.parametrize("model", CASES)
def test_the_bounds_are_those_of_the_peer(stability_points, model):
    fit = peer(CASES[model])[list(CASES).index(model)]
    found = fit_stability(stability_points(MONTHS, CASES[model]), low=95)
    pandas = pytest.importorskip("pandas")
    times = [0.0, 7.0, 30.0]
    for line in found.lines:
        frame = pandas.DataFrame({"t": times, "lot": line.lot or "A"})
        predicted = fit.get_prediction(frame).summary_frame(alpha=0.10)
        assert found.bound(line, times, "lower") == pytest.approx(predicted["mean_ci_lower"].to_numpy())
        assert found.mean(line, times) == pytest.approx(predicted["mean"].to_numpy())


@pytest.mark.parametrize("model", CASES)
@pytest.mark.parametrize("limits", [{"low": 95.0}, {"high": 104.5}, {"low": 95.0, "high": 105.5}])
def test_the_shelf_life_is_where_the_bound_meets_the_limit(stability_points, model, limits):
    found = fit_stability(stability_points(MONTHS, CASES[model]), **limits)
    assert found.sided == len(limits)
    assert found.tail == pytest.approx(0.05 / len(limits))
    for line in found.lines:
        life = found.shelf_lives[line.lot]
        times = np.linspace(0, min(life, 500), 200)[:-1]
        if "low" in limits:
            assert np.all(found.bound(line, times, "lower") >= limits["low"])
        if "high" in limits:
            assert np.all(found.bound(line, times, "upper") <= limits["high"])
        if 0 < life < math.inf:
            gaps = [
                abs(found.bound(line, [life], side)[0] - limits[name])
                for name, side in (("low", "lower"), ("high", "upper"))
                if name in limits
            ]
            assert min(gaps) < 1e-6


def test_an_increasing_attribute_is_the_mirror_of_a_decreasing_one(stability_points):
    values = CASES["common slope"]
    falling = fit_stability(stability_points(MONTHS, values), low=95)
    rising = fit_stability(stability_points(MONTHS, {k: -v for k, v in values.items()}), high=-95)
    assert rising.shelf_lives == pytest.approx(falling.shelf_lives)
    assert rising.worst_lot == falling.worst_lot == "A"


def test_a_pooled_lot_without_difference_is_not_worse_than_its_worst_lot_alone(stability_points):
    found = fit_stability(stability_points(MONTHS, CASES["one line"]), low=95)
    alone = [line.crossing(95, "lower", 0.05) for line in found.own_lines]
    assert min(alone) < found.shelf_life


def test_no_change_gives_no_end_and_a_bad_start_gives_nothing(stability_points):
    steady = {"A": 100 + BEND, "B": 100 - BEND, "C": 100 + BEND}
    found = fit_stability(stability_points(STRAIGHT, steady), low=101)
    assert found.shelf_life == 0
    exact = {"A": [100.0] * 5, "B": [100.0] * 5, "C": [100.0] * 5}
    found = fit_stability(stability_points(STRAIGHT, exact), low=90)
    assert found.shelf_life == math.inf
    assert found.supported == 4


def test_lots_without_residual_are_compared_without_dividing_by_nothing(stability_points):
    t = np.array(STRAIGHT)
    alike = fit_stability(stability_points(STRAIGHT, {"A": 100 - t, "B": 100 - t}), low=90)
    assert alike.model == "one line"
    assert alike.shelf_life == pytest.approx(10)
    apart = fit_stability(stability_points(STRAIGHT, {"A": 100 - t, "B": 100 - 2 * t}), low=90)
    assert apart.model == "separate lines"
    assert apart.shelf_lives == pytest.approx({"A": 10, "B": 5})
    assert (apart.worst_lot, apart.shelf_life) == ("B", pytest.approx(5))


def test_the_logarithm_fits_a_loss_of_first_order(stability_points):
    t = np.array(STRAIGHT)
    found = fit_stability(stability_points(STRAIGHT, {"A": 8 * 2.0**-t + 1e-9 * BEND}), low=1, scale="log")
    assert found.shelf_life == pytest.approx(3, abs=1e-6)
    assert found.mean(found.lines[0], [1.0])[0] == pytest.approx(4)


@pytest.mark.parametrize(
    ("times", "values", "limits", "sentence"),
    [
        ((1, 1), {"A": (5, 5)}, {"low": 3}, "Lot A was tested at one time only"),
        ((0, 1), {"A": (5, 4), "B": (5, 4)}, {"low": 3}, "4 results of 2 lots leave no residual"),
        ((0, 1, 2), {"A": (5, 4, 0)}, {"low": 3, "scale": "log"}, "has no logarithm"),
    ],
)
def test_data_without_an_answer_say_why(stability_points, times, values, limits, sentence):
    found = fit_stability(stability_points(times, values), **limits)
    assert isinstance(found, NoStability)
    assert sentence in found.reason


def test_no_limit_is_a_mistake(stability_points):
    with pytest.raises(UsageError, match="found no limit"):
        fit_stability(stability_points(STRAIGHT, {"A": 100 - BEND}))


def test_limits_of_the_shelf_life_come_before_those_of_release(stability_points):
    points = stability_points(MONTHS, CASES["one line"])

    def limit(low, stage):
        return Limit(
            "respiratory_control_ratio",
            low,
            math.nan,
            (),
            "1",
            "mean",
            stage,
            mandatory=True,
            source="s",
            status="",
            note="",
        )

    assert stability_of(points, [limit(96, "release")])[0].low == 96
    assert stability_of(points, [limit(95, "shelf life"), limit(96, "release")])[0].low == 95
    none = stability_of(points, [])[0]
    assert isinstance(none, NoStability)
    assert "no limit for respiratory_control_ratio" in none.reason


def test_the_levels_are_those_of_the_guideline():
    # ICH Q1E (2003): tests of poolability at 0.25, 95 % confidence.
    values = load_product_parameters()
    assert values["poolability_level"].number == 0.25
    assert values["shelf_life_level"].number == 0.95


@pytest.mark.slow
def test_the_bound_covers_the_true_shelf_life_in_nineteen_of_twenty(stability_points):
    rng = np.random.default_rng(11)
    t, covered, runs = np.array(MONTHS), 0, 300
    for _ in range(runs):
        values = {"A": 100 - 0.25 * t + 0.5 * rng.standard_normal(len(t))}
        found = fit_stability(stability_points(MONTHS, values), low=95)
        assert isinstance(found, Stability)
        covered += found.shelf_life <= 20.0
    assert (
        0.95 - 3 * math.sqrt(0.95 * 0.05 / runs) <= covered / runs <= 0.95 + 3 * math.sqrt(0.95 * 0.05 / runs)
    )
