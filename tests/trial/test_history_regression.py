"""Regression to the mean: closed form, laws, Monte Carlo, degenerate cut-offs; untreated patients."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.trial.history import (
    load_admitted_measures,
    load_regression_parameters,
    return_to_mean,
    simulate_untreated,
)

MEASURES = {measure.measure.name: measure for measure in load_admitted_measures()}
PARAMETERS = load_regression_parameters()


@pytest.mark.parametrize("name", ["mmt8", "physician_global", "patient_global", "haq", "extramuscular"])
def test_closed_form(name):
    # Davis, Am J Epidemiol 1976;104:493: (1 - r) s phi(a) / Phi(a); the admitted end is low or high.
    from scipy.stats import norm

    measure = MEASURES[name]
    a = measure.standard_cutoff
    ratio = norm.pdf(a) / norm.cdf(a)
    found = return_to_mean(measure)
    assert found.change == pytest.approx((1 - measure.reliability) * measure.sd * ratio, rel=1e-9)
    sign = -1 if measure.measure.up else 1
    assert found.baseline == pytest.approx(measure.mean + sign * measure.sd * ratio, rel=1e-9)
    assert found.percent == pytest.approx(100 * found.change / measure.size)


def test_mean_of_a_half_normal_distribution():
    # Cut at the mean: E|Z| = sqrt(2 / pi).
    measure = replace(MEASURES["mmt8"], mean=100.0, sd=20.0, reliability=0.4, cutoff=100.0)
    found = return_to_mean(measure)
    assert found.admitted == 0.5
    assert found.change == pytest.approx(0.6 * 20 * math.sqrt(2 / math.pi), rel=1e-10)


@given(st.sampled_from(sorted(MEASURES)), st.floats(0, 1), st.floats(-3, 3), st.floats(0.2, 3))
def test_laws(name, reliability, at, times):
    base = MEASURES[name]
    cutoff = base.mean + at * base.sd
    measure = replace(base, reliability=reliability, cutoff=math.exp(cutoff) if base.log else cutoff)
    found = return_to_mean(measure)
    assert 0 < found.admitted < 1
    assert found.points >= -1e-12
    # A perfect correlation leaves everybody where they were.
    still = return_to_mean(replace(measure, reliability=1.0))
    assert still.change == pytest.approx(0.0, abs=1e-12)
    assert (still.points, still.points_all) == (0.0, 0.0)
    if not base.log:
        assert found.change >= -1e-12
        # Proportional to what does not last, and to the spread.
        none = return_to_mean(replace(measure, reliability=0.0))
        assert found.change == pytest.approx((1 - reliability) * none.change, abs=1e-9)
        wide = replace(measure, sd=times * base.sd, cutoff=base.mean + at * times * base.sd)
        assert return_to_mean(wide).change == pytest.approx(times * found.change, abs=1e-9)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_without_a_cutoff_nothing_returns_but_points_are_scored(name):
    found = return_to_mean(replace(MEASURES[name], cutoff=None))
    assert found.admitted == 1.0
    assert found.change == pytest.approx(0.0, abs=1e-9)
    assert found.points == found.points_all > 0
    # The stricter the admission the more returns.
    strict = return_to_mean(MEASURES[name])
    assert strict.change > 0
    assert strict.points > strict.points_all


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_agrees_with_simulation(name):
    measure = MEASURES[name]
    draws = stream(11, "test", "regression", name).standard_normal((2, 1_000_000))
    r = measure.reliability
    first, second = draws[0], r * draws[0] + math.sqrt(1 - r**2) * draws[1]
    admitted = first <= measure.standard_cutoff
    before, after = measure.value(first[admitted]), measure.value(second[admitted])
    gain = (after - before) if measure.measure.up else (before - after)
    found = return_to_mean(measure)
    error = gain.std() / math.sqrt(gain.size)
    assert found.admitted == pytest.approx(admitted.mean(), abs=0.003)
    assert found.change == pytest.approx(gain.mean(), abs=5 * error)
    edges = [float(edge) for edge in measure.measure.edges]
    points = np.array([float(p) for p in measure.measure.points])
    scored = points[np.searchsorted(edges, 100 * gain / measure.size)]
    assert found.points == pytest.approx(scored.mean(), abs=5 * scored.std() / math.sqrt(scored.size))


def test_extreme_cutoffs_are_answered():
    measure = MEASURES["mmt8"]
    far = return_to_mean(replace(measure, cutoff=measure.mean - 12 * measure.sd))
    assert 0 < far.admitted < 1e-30
    assert far.change == pytest.approx((1 - measure.reliability) * 12 * measure.sd, rel=0.01)
    assert return_to_mean(replace(measure, cutoff=1e6)).change == pytest.approx(0.0, abs=1e-9)


def test_what_is_assumed_is_flagged():
    flagged = {parameter.id for parameter in PARAMETERS.flagged()}
    assert {"patient_global_sd", "extramuscular_mean", "enzyme_reliability", "passing_correlation"} <= flagged
    assert not flagged & {"mmt8_cutoff", "mmt8_sd", "criteria_needed"}


@pytest.mark.parametrize(
    ("name", "s", "sd"),
    [
        ("mmt8", 9.39, 26.4),
        ("physician_global", 1.815, 1.8),
        ("patient_global", 2.094, 2.0),
        ("haq", 0.366, 0.89),
        ("extramuscular", 1.8, 2.0),
    ],
)
def test_correlations_follow_from_the_spread_of_change_on_placebo(name, s, sd):
    # Var(X2 - X1) = 2 sd^2 (1 - r); s of ProDERM, placebo, week 16 (extramuscular: assumed).
    assert PARAMETERS[f"{name}_sd"].number == sd
    assert PARAMETERS[f"{name}_reliability"].number == pytest.approx(1 - s**2 / (2 * sd**2), abs=0.006)


def test_spread_of_change_on_placebo_is_that_of_the_registry(shared):
    import csv

    with (shared / "facts" / "trial_anchors.csv").open(encoding="utf-8") as file:
        posted = {
            row["measure"]: float(row["value"])
            for row in csv.DictReader(file)
            if row["trial"] == "ProDERM"
            and (row["arm"], row["visit_week"], row["statistic"]) == ("placebo", "16", "sd")
        }
    for name, measure in (
        ("mmt8", "MMT8_0_150"),
        ("physician_global", "PhGA_VAS_0_10"),
        ("patient_global", "PtGA_VAS_0_10"),
        ("haq", "HAQ_0_3"),
    ):
        citation = PARAMETERS[f"{name}_reliability"].citation
        assert f"{posted[f'{measure}_change_from_baseline']:g}," in citation


@pytest.fixture(scope="module")
def untreated():
    return simulate_untreated()


def test_untreated_patients_score(untreated):
    everybody, weak, eligible = untreated
    assert [one.admission for one in untreated] == [
        "everybody",
        "MMT-8 below 125",
        "MMT-8 below 125 and the other criteria",
    ]
    assert everybody.admitted == 1.0 > weak.admitted > eligible.admitted
    # Chance alone reaches 20 in a third of patients, admission adds to it.
    assert everybody.reached[0] > 0.3
    assert eligible.mean - everybody.mean > 10 * everybody.mean_error
    for one in untreated:
        assert one.thresholds == (20, 40, 60)
        assert list(one.reached) == sorted(one.reached, reverse=True)
        assert not one.exact
    # ProDERM's placebo arm: 43.8 % at 20 (the spread of change was taken from it, the share was not).
    assert eligible.reached[0] == pytest.approx(21 / 48, abs=0.14)  # twice the binomial error of 48 patients


def test_mean_score_of_everybody_is_the_sum_over_the_measures():
    # The ends of the scales left out: narrow distributions in the middle, the same spread of change.
    values = {
        "mmt8_mean": "75", "mmt8_sd": "12", "mmt8_reliability": "0.7",
        "physician_global_mean": "5", "physician_global_sd": "1",
        "patient_global_mean": "5", "patient_global_sd": "1",
        "extramuscular_mean": "5", "extramuscular_sd": "1",
        "haq_mean": "1.5", "haq_sd": "0.3", "enzyme_sd": "0.5",
    }  # fmt: skip
    given = PARAMETERS.override(values)
    expected = sum(return_to_mean(measure).points_all for measure in load_admitted_measures(given))
    everybody = simulate_untreated(given, seed=4)[0]
    assert everybody.mean == pytest.approx(expected, abs=4 * everybody.mean_error)


def test_correlation_moves_the_share_and_not_the_mean():
    loose, tight = (
        simulate_untreated(PARAMETERS.override({"passing_correlation": r}), seed=2)[0] for r in ("0", "0.9")
    )
    assert loose.mean == pytest.approx(tight.mean, abs=5 * (loose.mean_error + tight.mean_error))
    assert tight.reached[2] > loose.reached[2] + 0.01


def test_same_seed_same_patients(untreated):
    assert simulate_untreated(seed=1) == untreated
    assert simulate_untreated(seed=2) != untreated


def test_nobody_admitted_is_answered():
    given = PARAMETERS.override({"mmt8_cutoff": "1/1000000", "simulated_patients": "200"})
    everybody, weak, eligible = simulate_untreated(given.override({"mmt8_mean": "150", "mmt8_sd": "0.5"}))
    assert everybody.patients == 200
    assert weak.patients == eligible.patients == 0
    assert math.isnan(weak.mean)
    assert "Too few" in weak.note


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mmt8_sd": "0"}, "mmt8: found mean 122, standard deviation 0"),
        ({"haq_reliability": "1.2"}, "correlation 1.2; expected"),
        ({"enzyme_cutoff": "0"}, "enzyme: found cut-off 0"),
        ({"lasting_correlation": "-1"}, "Parameter lasting_correlation: found -1"),
        ({"simulated_patients": "9"}, "Parameter simulated_patients: found 9"),
    ],
)
def test_impossible_parameters_are_refused(change, sentence):
    with pytest.raises(UsageError, match=sentence):
        simulate_untreated(PARAMETERS.override(change))
