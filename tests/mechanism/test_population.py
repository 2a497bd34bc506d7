"""Virtual patients: published arms, weights and their diagnostics, what was fitted and what predicted."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.mechanism.observe import Effects, load_core_set, load_ridge
from mitograft.mechanism.population import (
    ArmComparison,
    Patients,
    Weighting,
    compare_arm,
    derive_drug_effects,
    fit_drift,
    fit_gains,
    fit_strength,
    fit_weights,
    individual_parameters,
    load_population,
    load_published,
    proderm_patients,
    select_by_weight,
    simulate_arm,
    simulate_mice,
    simulate_patients,
)

WEEK_16 = 112.0
RIDGE = load_ridge()
STRICT = load_population().override({"mmt8_cutoff_proderm": "0"})
LOADED = load_population().override({"haq_drive": "2"})
TIED = load_population().override({"drive_damage": "2"})


@lru_cache(maxsize=1)
def proderm() -> tuple[Patients, Weighting]:
    return proderm_patients(20_000, seed=1)


def outside(rows: tuple[ArmComparison, ...]) -> list[tuple[str, str, float]]:
    return [(r.published.measure, r.published.statistic, r.simulated) for r in rows if not r.within]


# ---- Published values: ProDERM, ClinicalTrials.gov results NCT02728752, week 16 ----


@pytest.mark.parametrize("place", [0, len(RIDGE) // 2, len(RIDGE) - 1])
def test_placebo_arm_lies_within_its_published_uncertainty_along_the_ridge(place: int) -> None:
    # Another seed than that of the fit. Changes were fitted; score mean, spread and shares chose the ridge.
    patients, _ = proderm()
    arm = simulate_arm(patients, Effects.none(len(patients), 1), WEEK_16, drift=RIDGE[place], seed=2)
    rows = compare_arm(arm, load_published("placebo"))
    assert len(rows) == 13
    assert outside(rows) == []
    assert arm.stayed / arm.patients == pytest.approx(1 - 5 / 48, abs=0.01)


@pytest.mark.parametrize("place", [0, len(RIDGE) - 1])
def test_active_arm_is_predicted_from_one_fitted_number(place: int) -> None:
    # Fitted: the mean score 48.4. Predicted: its spread, three shares, mean and spread of four changes.
    patients, _ = proderm()
    strength = fit_strength(patients, drift=RIDGE[place], seed=2)
    assert strength.score == pytest.approx(48.4, abs=0.1)
    assert 0.3 < strength.low < strength.value < strength.high < 0.75
    effects = derive_drug_effects(patients, strength.value, [WEEK_16])
    arm = simulate_arm(patients, effects, WEEK_16, drift=replace(RIDGE[place], switch=0.0), seed=2)
    rows = compare_arm(arm, load_published("active"))
    assert len(rows) == 13
    assert outside(rows) == []


def test_independent_changes_are_too_narrow_for_the_published_spread() -> None:
    # Without a common factor and a no-change share the spread of the score and TIS >= 60 fall short.
    patients, _ = proderm()
    alone = fit_drift(patients, rho=0.0, no_change=0.0, seed=1)
    assert alone.misfit > 10 > 2 > RIDGE[-1].misfit


def test_shipped_ridge_and_gains_are_what_their_fit_gives() -> None:
    patients, _ = proderm()
    shipped = RIDGE[0]
    again = fit_drift(patients, rho=shipped.rho, no_change=shipped.no_change, seed=1)
    assert again.misfit == pytest.approx(shipped.misfit, abs=0.001)
    for name in shipped.mean:
        assert again.mean[name] == pytest.approx(shipped.mean[name], abs=1e-4)
        assert again.sd[name] == pytest.approx(shipped.sd[name], abs=1e-4)
    for name, gain in fit_gains(patients).items():
        assert load_core_set()[f"{name}_gain"].number == pytest.approx(gain, abs=0.006)


def test_selected_patients_have_the_published_classes_and_entry_criteria() -> None:
    patients, weighting = proderm()
    assert weighting.reached
    assert 0.8 * 20_000 < weighting.effective < 20_000
    activity = patients.baseline["physician_global"]
    # ProDERM: physician's assessment 0-3 in 27 %, 7-10 in 14 % (10.1186/s13075-023-03232-2).
    assert np.mean(activity < 3.5) == pytest.approx(0.27, abs=0.015)
    assert np.mean(activity >= 6.5) == pytest.approx(0.14, abs=0.015)
    assert patients.baseline["mmt8"].max() < 142
    assert len(np.unique(patients.number)) == len(patients)


# ---- Patients ----------------------------------------------------------------------------------------------


def test_more_patients_are_the_same_patients_and_some_more() -> None:
    few, many = simulate_patients(30, seed=4), simulate_patients(9000, seed=4)
    for name, values in few.baseline.items():
        assert np.array_equal(values, many.baseline[name][:30])
    assert np.array_equal(few.response, many.response[:30])
    assert len(many) == 9000
    assert len(simulate_patients(0, seed=4)) == 0


def test_measures_have_their_distributions_and_correlations() -> None:
    everyone = simulate_patients(40_000, seed=1, admission="all")
    base, row = everyone.baseline, load_population()
    assert np.log(base["ck"]).mean() == pytest.approx(row["ck_mean"].number, abs=0.03)
    assert np.log(base["ck"]).std() == pytest.approx(row["ck_sd"].number, abs=0.03)
    # Registry of 277 patients, PMC8832010 Table 1: median MMT-8 65 of 80, CK quartiles 0.9 and 12.4 ukat/L.
    assert np.median(base["mmt8"]) == pytest.approx(65 * 150 / 80, abs=1)
    assert np.quantile(base["ck"], 0.75) / np.quantile(base["ck"], 0.25) == pytest.approx(
        12.4 / 0.9, rel=0.06
    )
    # Implied: 0.7 x 0.5 + 0.2 x 0.6 + (0.7 x 0.6 + 0.2 x 0.5) x 0.2 = 0.574, less by the ends of the scales.
    assert -0.60 < np.corrcoef(base["physician_global"], base["mmt8"])[0, 1] < -0.50
    assert np.corrcoef(everyone.drive, everyone.damage)[0, 1] == pytest.approx(0.2, abs=0.02)
    assert np.corrcoef(everyone.response, everyone.damage)[0, 1] == pytest.approx(-0.3, abs=0.02)


def test_stricter_entry_gives_weaker_patients() -> None:
    wide, narrow = simulate_patients(5000, seed=1), simulate_patients(5000, seed=1, admission="pn101")
    assert narrow.baseline["mmt8"].max() < 125
    assert narrow.screened > wide.screened
    assert narrow.baseline["mmt8"].mean() < wide.baseline["mmt8"].mean()


# ---- Weights -----------------------------------------------------------------------------------------------


@given(goal=st.floats(-0.8, 0.8), seed=st.integers(0, 20))
@settings(max_examples=30, deadline=None)
def test_weights_reach_a_mean_and_move_as_little_as_normal_theory_says(goal: float, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal(4000)
    found = fit_weights({"x": x}, {"x": goal})
    assert found.reached
    assert found.balance[0].after == pytest.approx(goal, abs=1e-6)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.weights.min() >= 0.0
    # Tilting a standard normal by g: weights exp(g x), so n_eff / n = exp(-g^2).
    assert found.effective / 4000 == pytest.approx(np.exp(-(goal**2)), rel=0.25)


def test_weights_of_a_share_are_those_of_post_stratification() -> None:
    # 0-1 column: the answer is target / observed for the ones and the like for the zeros.
    x = np.array([1.0] * 20 + [0.0] * 80)
    found = fit_weights({"x": x}, {"x": 0.5})
    assert found.weights[0] == pytest.approx(0.5 / 20)
    assert found.weights[-1] == pytest.approx(0.5 / 80)
    assert found.effective == pytest.approx(1 / (20 * (0.5 / 20) ** 2 + 80 * (0.5 / 80) ** 2))


def test_targets_met_already_give_equal_weights_and_repeated_ones_do_no_harm() -> None:
    x = np.arange(50.0)
    same = fit_weights({"x": x, "twice": 2 * x, "one": np.ones(50)}, {"x": 24.5, "twice": 49.0, "one": 1.0})
    assert same.reached
    assert np.allclose(same.weights, 1 / 50)
    assert same.largest == pytest.approx(1.0)


@pytest.mark.parametrize("goal", [60.0, -5.0])
def test_targets_nobody_can_reach_are_answered_with_the_nearest_and_a_note(goal: float) -> None:
    x = np.arange(50.0)
    found = fit_weights({"x": x}, {"x": goal})
    assert not found.reached
    assert "reach x" in found.note
    assert found.balance[0].after == pytest.approx(x.max() if goal > 49 else x.min(), abs=0.1)
    assert np.isfinite(found.effective)


def test_selection_takes_nobody_twice_and_matches_without_weights() -> None:
    x = np.random.default_rng(1).standard_normal(20_000)
    rows = select_by_weight(fit_weights({"x": x}, {"x": 0.3}), seed=1)
    assert len(np.unique(rows)) == len(rows)
    assert x[rows].mean() == pytest.approx(0.3, abs=0.05)


# ---- Individuals -------------------------------------------------------------------------------------------


def test_parameters_of_individuals_have_their_median_spread_and_tie_to_a_trait() -> None:
    trait = np.random.default_rng(2).standard_normal(20_000)
    values = {"k_a": 2.0, "off": 0.0, "k_b": 3.0}
    drawn = individual_parameters(
        values, count=20_000, seed=1, spread={"k_b": 0.4}, driven={"k_b": (trait, 0.6)}
    )
    assert np.median(drawn["k_a"]) == pytest.approx(2.0, rel=0.01)
    assert np.log(drawn["k_a"]).std() == pytest.approx(0.1, rel=0.03)
    assert np.log(drawn["k_b"]).std() == pytest.approx(0.4, rel=0.03)
    assert np.corrcoef(np.log(drawn["k_b"]), trait)[0, 1] == pytest.approx(0.6, abs=0.02)
    assert not drawn["off"].any()
    assert abs(np.corrcoef(drawn["k_a"], drawn["k_b"])[0, 1]) < 0.03
    part = individual_parameters({"k_a": 2.0}, count=10, seed=1, first=5000)["k_a"]
    assert np.array_equal(part, drawn["k_a"][5000:5010])


def test_mice_differ_and_have_their_medians() -> None:
    mice = simulate_mice(20_000, seed=1)
    assert np.median(mice.immunisation) == pytest.approx(1.0, rel=0.01)
    assert mice.weight.mean() == pytest.approx(1.0, rel=0.01)
    assert np.array_equal(simulate_mice(5, seed=1, first=100).immunisation, mice.immunisation[100:105])


# ---- Drug --------------------------------------------------------------------------------------------------


def test_the_fall_of_inflammation_has_the_strength_as_its_mean() -> None:
    everyone = simulate_patients(20_000, seed=1, admission="all")
    effects = derive_drug_effects(everyone, 0.4, [0.0, 28.0, WEEK_16])
    left = effects.inflammation
    assert np.all(left[:, 0] == 1.0)
    assert 1.0 - left[:, 2].mean() == pytest.approx(0.4, abs=0.01)
    assert np.all((left >= 0.0) & (left <= 1.0))
    assert np.all(np.diff(left, axis=1) <= 0.0)
    # Who responds more has the larger fall: the same patients at every strength.
    assert np.all(np.diff(left[np.argsort(everyone.response), 2]) <= 1e-12)
    assert np.all(derive_drug_effects(everyone, 0.0, [WEEK_16]).inflammation == 1.0)
    assert np.allclose(derive_drug_effects(everyone, 1.0, [WEEK_16]).inflammation, 0.0)


def test_no_strength_is_said_where_none_can_reach_the_score() -> None:
    healthy = simulate_patients(200, seed=1, admission="all")
    zero = {k: np.full(200, 150.0) if k == "mmt8" else np.full(200, 0.1) for k in healthy.baseline}
    still = replace(RIDGE[0], mean=dict.fromkeys(RIDGE[0].mean, 0.0))
    found = fit_strength(replace(healthy, baseline=zero), drift=still, seed=1)
    assert np.isnan(found.value)
    assert "No strength" in found.note


def test_an_arm_of_one_patient_or_of_switchers_only_is_answered() -> None:
    one = simulate_patients(1, seed=1)
    arm = simulate_arm(one, Effects.none(1, 1), WEEK_16, drift=replace(RIDGE[0], switch=1.0), seed=1)
    assert arm.stayed == 0
    assert arm.values["tis", "mean"] == 0.0
    assert np.isnan(arm.values["haq", "mean"])
    assert np.isnan(arm.values["tis", "sd"])
    assert not any(
        row.within for row in compare_arm(arm, load_published("placebo")) if row.published.measure == "haq"
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: simulate_patients(5, seed=1, admission="some"), "admission 'some'"),
        (lambda: simulate_patients(-1, seed=1), "found -1 patients"),
        (lambda: simulate_patients(5, seed=1, parameters=STRICT), "next to nobody"),
        (lambda: simulate_patients(5, seed=1, parameters=LOADED), "loadings"),
        (lambda: simulate_patients(5, seed=1, parameters=TIED), "correlation 2"),
        (lambda: fit_weights({}, {"x": 1.0}), "no column for x"),
        (lambda: fit_weights({"x": [np.nan]}, {"x": 1.0}), "not finite"),
        (lambda: individual_parameters({"k": 1.0}, count=2, seed=1, spread={"k": -1.0}), "spread -1"),
        (lambda: derive_drug_effects(simulate_patients(1, seed=1), 1.5, [1.0]), "found 1.5"),
        (lambda: fit_gains(simulate_patients(0, seed=1)), "no patient"),
        (lambda: load_published("other"), "placebo, active, open"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_answered_in_a_sentence(call: Callable[[], object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    assert words in str(caught.value)
