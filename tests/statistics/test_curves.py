"""Logistic curves: the function, its derivatives, fits that cannot be made, choice, weights."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.curve_choice import choose_curve, extra_parameter_p
from mitograft.statistics.curve_model import Curve, evaluate
from mitograft.statistics.curves import CurveFit, NoCurve, fit_curve
from mitograft.statistics.straight_line import LineFit, fit_line

DOSES = np.repeat(np.geomspace(0.1, 100.0, 8), 3)
TRUE = Curve(-1.2, 10.0, 100.0, math.log(3.0))
curves = st.builds(
    Curve,
    b=st.sampled_from([-1.0, 1.0]).flatmap(lambda sign: st.floats(0.3, 4.0).map(lambda size: sign * size)),
    c=st.floats(-5.0, 5.0),
    d=st.floats(6.0, 50.0),
    e=st.floats(-2.0, 3.0),
    g=st.floats(0.2, 5.0),
)


@given(curves, st.floats(0.01, 100.0))
def test_the_inverse_undoes_the_curve(curve, x):
    y = float(curve.response([x])[0])
    share = (y - curve.c) / (curve.d - curve.c)
    if 1e-4 < share < 1 - 1e-4:
        assert float(curve.dose([y])[0]) == pytest.approx(x, rel=1e-6)


@given(curves)
def test_ec50_is_half_way(curve):
    middle = (curve.c + curve.d) / 2
    assert float(curve.response([curve.ec50])[0]) == pytest.approx(middle, rel=1e-9, abs=1e-9)


@given(curves)
def test_monotone_between_its_asymptotes(curve):
    y = curve.response(np.geomspace(1e-4, 1e4, 50))
    assert np.all(np.diff(y) * -math.copysign(1, curve.b) >= -1e-9)
    assert np.all((y >= curve.c - 1e-9) & (y <= curve.d + 1e-9))


@given(curves)
def test_derivatives_are_those_of_the_function(curve):
    log_x = np.array([-np.inf, -1.0, 0.3, 2.0])
    theta = curve.theta
    _, exact = evaluate(theta, log_x)
    for i in range(5):
        width = 1e-6 * max(1.0, abs(theta[i]))
        above, below = theta.copy(), theta.copy()
        above[i] += width
        below[i] -= width
        slope = (evaluate(above, log_x)[0] - evaluate(below, log_x)[0]) / (2 * width)
        assert exact[:, i] == pytest.approx(slope, rel=1e-4, abs=1e-4)


@settings(max_examples=25)
@given(curves.filter(lambda c: abs(c.b) < 3 and 0.3 < c.g < 3))
def test_data_without_noise_give_the_curve_back(curve):
    x = np.geomspace(curve.ec50 / 3000, curve.ec50 * 3000, 25)
    fit = fit_curve(x, curve.response(x), parameters=5)
    assert isinstance(fit, CurveFit)
    assert fit.curve.ec50 == pytest.approx(curve.ec50, rel=1e-3)
    assert fit.curve.response(x) == pytest.approx(curve.response(x), abs=1e-4)


def test_zero_dose_lies_on_an_asymptote():
    assert Curve(2.0, 1.0, 9.0, 0.0).response([0.0]).tolist() == [9.0]
    assert Curve(-2.0, 1.0, 9.0, 0.0, 0.5).response([0.0]).tolist() == [1.0]


def test_the_same_data_give_the_same_fit():
    y = TRUE.response(DOSES) + np.random.default_rng(1).normal(0, 3, 24)
    first, second = fit_curve(DOSES, y), fit_curve(DOSES, y)
    assert first.curve == second.curve


def test_rescaling_doses_moves_only_the_ec50():
    y = TRUE.response(DOSES) + np.random.default_rng(2).normal(0, 3, 24)
    one, thousand = fit_curve(DOSES, y), fit_curve(1000.0 * DOSES, y)
    assert thousand.curve.ec50 == pytest.approx(1000.0 * one.curve.ec50, rel=1e-6)
    assert thousand.curve.b == pytest.approx(one.curve.b, rel=1e-6)
    assert thousand.rss == pytest.approx(one.rss, rel=1e-9)


def test_a_weight_of_two_is_the_point_twice():
    y = TRUE.response(DOSES) + np.random.default_rng(3).normal(0, 3, 24)
    weights = np.ones(24)
    weights[5] = 2.0
    weighted = fit_curve(DOSES, y, weights=weights)
    doubled = fit_curve(np.append(DOSES, DOSES[5]), np.append(y, y[5]))
    assert weighted.curve.ec50 == pytest.approx(doubled.curve.ec50, rel=1e-6)
    assert weighted.rss == pytest.approx(doubled.rss, rel=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1, 2, 3], [1, 2, 3], "3 responses at 3 different doses are too few"),
        ([1, 1, 2, 2, 3, 3], [1, 2, 3, 4, 5, 6], "at 3 different doses"),
        ([0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6], "too few"),
        (DOSES, np.ones(24), "All responses are the same"),
        (DOSES, np.random.default_rng(4).normal(size=24), "does not change with the dose"),
        (DOSES, (DOSES > 3) + np.random.default_rng(5).normal(0, 0.01, 24), "jumps between two neighbouring"),
        (DOSES, DOSES**0.9, "do not reach half-way"),
    ],
)
def test_what_cannot_be_fitted_says_why(x, y, words):
    outcome = fit_curve(x, y)
    assert isinstance(outcome, NoCurve)
    assert words in outcome.reason


def test_no_logarithm_no_curve():
    y = TRUE.response(DOSES)
    y[[0, 1]] = -1.0, 0.0
    outcome = fit_curve(DOSES, y, scale="log10")
    assert isinstance(outcome, NoCurve)
    assert "2 of 24 responses are 0, negative or infinite" in outcome.reason


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 2], [1, 2, 3]), "found 2 doses, 3 responses"),
        (([-1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), "doses >= 0"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(UsageError, match=words):
        fit_curve(*arguments)
    with pytest.raises(UsageError, match="3 parameters"):
        fit_curve([1], [1], parameters=3)
    with pytest.raises(UsageError, match="weights > 0"):
        fit_curve([1, 2], [1, 2], weights=[1, 0])


def test_missing_pairs_are_left_out():
    y = TRUE.response(DOSES) + np.random.default_rng(6).normal(0, 3, 24)
    gap = fit_curve([*DOSES, math.nan, 5.0], [*y, 3.0, math.nan])
    assert gap.n == 24
    assert gap.curve == fit_curve(DOSES, y).curve


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1e6, 1e6)), max_size=12))
def test_any_data_end_in_a_fit_or_a_sentence(points):
    x, y = [p[0] for p in points], [p[1] for p in points]
    choice = choose_curve(x, y)
    assert isinstance(choice.fit, CurveFit | NoCurve)
    if isinstance(choice.fit, CurveFit):
        assert math.isfinite(choice.fit.curve.ec50)
        assert math.isfinite(choice.fit.rss)
        assert choice.fit.curve.c < choice.fit.curve.d


def test_choice_by_f_test_and_by_aicc():
    skew = Curve(-2.5, 0.0, 10.0, 1.0, 0.25)
    y = skew.response(DOSES) + np.random.default_rng(7).normal(0, 0.05, 24)
    assert choose_curve(DOSES, y).fit.parameters == 5
    assert choose_curve(DOSES, y, criterion="f").fit.parameters == 5
    straight = TRUE.response(DOSES) + np.random.default_rng(8).normal(0, 3, 24)
    choice = choose_curve(DOSES, straight, criterion="f")
    assert choice.fit.parameters == 4
    assert "the F test of the asymmetry gives p = " in choice.reason
    assert 0 < extra_parameter_p(choice.four, choice.five) < 1
    with pytest.raises(UsageError, match="expected aicc or f"):
        choose_curve(DOSES, y, criterion="bic")


def test_a_line_in_the_linear_range():
    line = fit_line(DOSES, 50.0 * DOSES**0.8)
    assert isinstance(line, LineFit)
    assert line.slope == pytest.approx(0.8 / math.log(10), rel=1e-9)
    assert line.dose([50.0]).tolist() == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1, 1, 2, 2], [1, 1, 2, 2], "2 different doses above 0 are too few"),
        ([1, 2, 3, 4], [1, -2, 3, 4], "no place on the log10 scale"),
        ([1, 2, 3, 4], [5, 5, 5, 5], "does not change"),
    ],
)
def test_no_line(x, y, words):
    outcome = fit_line(x, y)
    assert isinstance(outcome, NoCurve)
    assert words in outcome.reason
