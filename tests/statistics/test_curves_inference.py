"""Intervals, back-calculation, limits of quantification and relative potency."""

import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.back_calculation import (
    LimitRule,
    back_calculate,
    confidence_band,
    quantification_limits,
    recoveries,
)
from mitograft.statistics.curve_intervals import profile_interval
from mitograft.statistics.curve_model import Curve
from mitograft.statistics.curves import CurveFit, NoCurve, fit_curve
from mitograft.statistics.parallel_curves import fit_parallel_curves
from mitograft.statistics.straight_line import fit_line

DOSES = np.repeat(np.geomspace(0.1, 100.0, 8), 3)
TRUE = Curve(-1.2, 10.0, 100.0, math.log(3.0))
RULE = LimitRule(20, 25, 20, 25)


def noisy(curve, seed, sd=3.0):
    return curve.response(DOSES) + np.random.default_rng(seed).normal(0, sd, len(DOSES))


def test_the_profile_limits_are_where_the_fit_becomes_significantly_worse():
    from scipy.stats import f as f_distribution

    fit = fit_curve(DOSES, noisy(TRUE, 1))
    interval = profile_interval(fit, "d")
    most = fit.rss * (1 + f_distribution.ppf(0.95, 1, fit.df) / fit.df)
    for limit in (interval.low, interval.high):
        # Fixing d is the same as giving a huge weight to a point on that plateau.
        held = fit_curve([*DOSES, 1e12], [*fit.data.y, limit], weights=[*np.ones(24), 1e10])
        assert held.rss == pytest.approx(most, rel=1e-4)


def test_profile_and_standard_error_agree_for_little_noise():
    fit = fit_curve(DOSES, noisy(TRUE, 2, sd=0.01))
    interval = profile_interval(fit, "ec50")
    half = 2.0860 * fit.standard_errors()["ln_ec50"]  # t(0.975; 20)
    assert math.log(interval.high / interval.estimate) == pytest.approx(half, rel=0.01)
    assert math.log(interval.estimate / interval.low) == pytest.approx(half, rel=0.01)


def test_an_interval_without_a_limit_is_open():
    doses = np.repeat([0.1, 0.3, 1.0, 3.0, 10.0, 20.0], 4)
    y = Curve(-1.0, 0.0, 100.0, math.log(15.0)).response(doses) + np.random.default_rng(3).normal(0, 4, 24)
    fit = fit_curve(doses, y)
    assert isinstance(fit, CurveFit)
    interval = profile_interval(fit, "ec50")
    assert interval.low < 15 < interval.high
    assert math.isinf(interval.high)


def test_profile_of_an_unknown_parameter():
    fit = fit_curve(DOSES, noisy(TRUE, 4))
    with pytest.raises(UsageError, match="expected one of b, c, d, ec50"):
        profile_interval(fit, "g")


def test_data_without_noise_have_no_width():
    fit = fit_curve(DOSES, TRUE.response(DOSES))
    interval = profile_interval(fit, "ec50")
    assert interval.high - interval.low < 1e-5


@pytest.mark.slow
def test_coverage_of_the_ec50():
    hits = 0
    for seed in range(300):
        interval = profile_interval(fit_curve(DOSES, noisy(TRUE, seed, sd=8.0)))
        hits += interval.low <= 3.0 <= interval.high
    assert abs(hits / 300 - 0.95) < 0.04


def test_back_calculation_of_a_line_is_the_calibration_interval():
    # Exact for a straight line: the interval inverts y = a + b x +- t s sqrt(1 + 1/n + (x - m)^2 / Sxx).
    y = 10.0 ** (1.0 + 0.3 * np.log(DOSES) + np.random.default_rng(5).normal(0, 0.02, 24))
    line = fit_line(DOSES, y)
    dose, low, high = back_calculate(line, [50.0])
    log_x = np.log(DOSES)
    for limit in (float(low[0]), float(high[0])):
        spread = 1 + 1 / 24 + (math.log(limit) - log_x.mean()) ** 2 / np.sum((log_x - log_x.mean()) ** 2)
        distance = abs(math.log10(50.0) - line.intercept - line.slope * math.log(limit))
        assert distance == pytest.approx(2.0739 * line.sigma * math.sqrt(spread), rel=1e-4)  # t(0.975; 22)
    assert low[0] < dose[0] < high[0]


def test_back_calculation_at_and_beyond_the_plateaus():
    fit = fit_curve(DOSES, noisy(TRUE, 6))
    dose, low, high = back_calculate(fit, [50.0, fit.curve.d + 1.0, fit.curve.c - 1.0, 200.0])
    assert low[0] < dose[0] < high[0]
    assert math.isnan(dose[1])
    assert low[1] > 10
    assert math.isinf(high[1])
    assert math.isnan(dose[2])
    assert low[2] == 0
    assert high[2] < 1
    assert math.isnan(low[3])
    assert math.isnan(high[3])


def test_more_replicates_make_the_interval_narrower():
    fit = fit_curve(DOSES, noisy(TRUE, 7))
    _, low, high = back_calculate(fit, [50.0])
    _, low4, high4 = back_calculate(fit, [50.0], replicates=4)
    assert low < low4 < high4 < high
    with pytest.raises(UsageError, match="0 replicates"):
        back_calculate(fit, [50.0], replicates=0)


def test_the_band_lies_around_the_curve_and_is_wide_at_the_ends():
    fit = fit_curve(DOSES, noisy(TRUE, 8))
    mean, low, high = confidence_band(fit, [0.01, 3.0, 1000.0])
    assert np.all((low < mean) & (mean < high))
    assert mean == pytest.approx(fit.curve.response([0.01, 3.0, 1000.0]))


def test_recoveries_of_perfect_standards_are_100():
    fit = fit_curve(DOSES, TRUE.response(DOSES))
    assert recoveries(fit) == pytest.approx(np.full(24, 100.0), rel=1e-5)
    limits = quantification_limits(fit, RULE)
    assert (limits.lloq, limits.uloq) == pytest.approx((0.1, 100.0))


def test_limits_leave_out_what_is_not_recovered():
    curve = Curve(-1.0, 1.0, 4.0, math.log(10.0), scale="log10")
    doses = np.repeat(10.0 * 2.0 ** np.arange(-7, 8), 2)
    y = curve.response(doses)
    y[:4] *= [0.9, 1.1, 1.1, 0.9]  # the two lowest standards: noise as large as their distance from the blank
    fit = fit_curve(doses, y, scale="log10")
    limits = quantification_limits(fit, RULE)
    assert limits.lloq == doses[4]
    assert limits.uloq >= 320
    assert "are recovered within the limits" in limits.reason


def test_no_limits_at_all():
    fit = fit_curve(DOSES, noisy(TRUE, 9, sd=25.0))
    limits = quantification_limits(fit, LimitRule(0.001, 0.001, 1, 1))
    assert math.isnan(limits.lloq)
    assert "nothing can be quantified" in limits.reason


def test_relative_potency_of_a_diluted_reference():
    # A preparation that is the reference diluted twice has half its potency, whatever the noise of its copy.
    y = noisy(TRUE, 10)
    result = fit_parallel_curves(
        {"reference": DOSES, "lot": 2 * DOSES}, {"reference": y, "lot": y}, "reference"
    )
    potency = result.relative_potency["lot"]
    assert potency.estimate == pytest.approx(0.5, rel=1e-6)
    assert potency.low < 0.5 < potency.high
    assert result.f == pytest.approx(0.0, abs=1e-6)
    assert result.df == (3, 40)
    assert result.parallel


def test_parallelism_is_refused_for_another_slope():
    steep = Curve(-3.0, 10.0, 100.0, math.log(3.0))
    result = fit_parallel_curves(
        {"reference": DOSES, "lot": DOSES},
        {"reference": noisy(TRUE, 11, sd=2.0), "lot": noisy(steep, 12, sd=2.0)},
        "reference",
    )
    assert not result.parallel
    assert result.p < 1e-6


def test_three_preparations_at_once():
    lots = {"r": 1.0, "a": 0.5, "b": 2.0}
    data = {
        name: noisy(Curve(-1.2, 10, 100, math.log(3.0 / rp)), 13 + i)
        for i, (name, rp) in enumerate(lots.items())
    }
    result = fit_parallel_curves(dict.fromkeys(lots, DOSES), data, "r")
    assert result.df == (6, 60)
    for name in ("a", "b"):
        found = result.relative_potency[name]
        assert found.low < lots[name] < found.high
    assert result.curves["a"].ec50 == pytest.approx(
        result.curves["r"].ec50 / result.relative_potency["a"].estimate
    )


def test_no_relative_potency_without_curves():
    flat = np.random.default_rng(14).normal(50, 3, 24)
    outcome = fit_parallel_curves({"r": DOSES, "a": DOSES}, {"r": noisy(TRUE, 15), "a": flat}, "r")
    assert isinstance(outcome, NoCurve)
    assert "a: The response does not change" in outcome.reason
    falling = Curve(1.2, 10.0, 100.0, math.log(3.0))
    outcome = fit_parallel_curves(
        {"r": DOSES, "a": DOSES}, {"r": noisy(TRUE, 15), "a": noisy(falling, 16)}, "r"
    )
    assert "Some preparations rise and others fall" in outcome.reason
    with pytest.raises(UsageError, match="at least two"):
        fit_parallel_curves({"r": DOSES}, {"r": DOSES}, "r")
