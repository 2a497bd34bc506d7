"""Reference-based imputation by conditional means: laws, formulas written out, known truth and odd data."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.seeds import stream
from mitograft.statistics.ancova import fit_ancova
from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.reference_imputation import ImputationSettings, impute_reference
from mitograft.statistics.reference_imputation_analysis import find_tipping_point, summarise_jackknife
from mitograft.statistics.reference_imputation_data import STRATEGIES, check_trial_outcome, find_drop_out
from mitograft.statistics.reference_imputation_refit import refit_without_each
from mitograft.statistics.reference_imputation_strategy import combine_covariances, combine_means

SIGMA = np.array([[4.0, 2.5, 2.0], [2.5, 5.0, 3.5], [2.0, 3.5, 6.0]])
PLACEBO, DRUG = np.array([0.0, -1.0, -1.5]), np.array([0.5, -3.0, -5.0])


def simulate(n=24, seed=1, drop=0.3, gap=0.0, arms=("P", "D")):
    """Outcomes at three visits, arm and baseline; drop-out after each visit, and gaps."""
    rng = stream(seed, "reference imputation", "test")
    arm = np.array([arms[i % len(arms)] for i in range(n)])
    base = rng.normal(10.0, 2.0, n)
    mean = np.where((arm == "P")[:, None], PLACEBO, DRUG) + 0.4 * (base - 10.0)[:, None]
    y = mean + rng.multivariate_normal(np.zeros(3), SIGMA, n)
    y[rng.random((n, 3)) < gap] = np.nan
    stop = np.where(rng.random(n) < drop, rng.integers(1, 3, n), 3)
    y[np.arange(3) >= stop[:, None]] = np.nan
    return y, arm, base


def estimate_plainly(y, arm, base, strategy):
    """The difference at each visit by formulas written out, one subject after the other."""
    n, k = y.shape
    subject, visit = np.nonzero(~np.isnan(y))
    centre = base - base.mean()
    rows = np.column_stack([arm == "P", arm == "D", centre]).astype(float)
    design = np.zeros((subject.size, k, 3))
    design[np.arange(subject.size), visit] = rows[subject]
    fit = fit_mmrm(
        y[subject, visit], subject, visit, design.reshape(-1, 3 * k), structures="unstructured"
    ).fit
    coefficients, sigma = fit.estimate.reshape(k, 3), fit.covariance
    done = y.copy()
    for i in range(n):
        o, m = ~np.isnan(y[i]), np.isnan(y[i])
        own = coefficients[:, 0 if arm[i] == "P" else 1] + coefficients[:, 2] * centre[i]
        ref = coefficients[:, 0] + coefficients[:, 2] * centre[i]
        event = int(find_drop_out(y[i : i + 1])[0])
        mean = own.copy()
        for v in range(k):
            if (strategy == "CR" and event < k) or (strategy == "JR" and v >= event):
                mean[v] = ref[v]
            elif v >= event and strategy == "CIR":
                mean[v] = own[event - 1] + ref[v] - ref[event - 1]
            elif v >= event and strategy == "LMCF":
                mean[v] = own[event - 1]
        inner = np.linalg.inv(sigma[np.ix_(o, o)])
        done[i, m] = mean[m] + sigma[np.ix_(m, o)] @ inner @ (y[i, o] - mean[o])
    return [
        fit_ancova(done[:, v], list(arm), covariates={"base": base}).difference("D", "P").estimate
        for v in range(k)
    ]


# ---- another way to the same number


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_estimate_and_jackknife_as_a_plain_loop(strategy):
    y, arm, base = simulate(gap=0.05)
    result = impute_reference(y, arm, "P", covariates=[base], strategy=strategy)
    whole = estimate_plainly(y, arm, base, strategy)
    everyone = range(len(y))
    rest = np.array(
        [
            estimate_plainly(*(np.delete(part, i, axis=0) for part in (y, arm, base)), strategy)
            for i in everyone
        ]
    )
    n = len(y)
    se = np.sqrt((n - 1) / n * ((rest - rest.mean(axis=0)) ** 2).sum(axis=0))
    for v in range(3):
        found = result.difference("D", v)
        assert found.estimate == pytest.approx(whole[v], abs=1e-7)
        assert found.se == pytest.approx(se[v], rel=1e-6)


def test_two_visits_by_hand():
    """Regression of visit 2 on visit 1, pooled over the arms, from those seen at both.

    With drop-out only, REML of two visits factors: mean and variance of visit 1 from all, the regression of
    visit 2 on visit 1 from the complete ones, intercepts by arm and one slope (Anderson, J Am Stat Assoc
    1957;52:200, for maximum likelihood; the point estimates of the regression are the same).
    """
    first = np.array([1.0, 3.0, 2.0, 5.0, 4.0, 2.0, 6.0, 3.0, 5.0, 7.0])
    second = np.array([2.0, 3.5, 1.0, np.nan, 4.5, 4.0, 9.0, 5.5, np.nan, np.nan])
    arm = np.array(list("PPPPPDDDDD"))
    both = ~np.isnan(second)
    design = np.column_stack([arm == "P", arm == "D", first])[both].astype(float)
    at_p, at_d, slope = np.linalg.lstsq(design, second[both], rcond=None)[0]
    m1 = {g: first[arm == g].mean() for g in "PD"}
    m2 = {"P": at_p + slope * m1["P"], "D": at_d + slope * m1["D"]}
    copies = {
        "MAR": m2["D"] - slope * m1["D"],
        "JR": m2["P"] - slope * m1["D"],
        "CR": m2["P"] - slope * m1["P"],
        "CIR": m1["D"] + m2["P"] - m1["P"] - slope * m1["D"],
        "LMCF": m1["D"] - slope * m1["D"],
    }
    y = np.column_stack([first, second])
    for strategy, intercept in copies.items():
        result = impute_reference(y, arm, "P", strategy={"D": strategy, "P": "MAR"})
        assert result.completed[8, 1] == pytest.approx(intercept + slope * 5.0, abs=1e-6)
        assert result.completed[9, 1] == pytest.approx(intercept + slope * 7.0, abs=1e-6)
        assert result.completed[3, 1] == pytest.approx(at_p + slope * 5.0, abs=1e-6)


def test_means_by_arm_are_those_of_each_arm_alone():
    """With a covariance for each arm, imputation at random sees nothing of the other arm."""
    y, arm, base = simulate(n=40)
    apart = ImputationSettings(common_covariance=False)
    result = impute_reference(y, arm, "P", covariates=[base], settings=apart)
    changed = y.copy()
    changed[arm == "D"] *= 3.0
    again = impute_reference(changed, arm, "P", covariates=[base], settings=apart)
    assert np.allclose(result.completed[arm == "P"], again.completed[arm == "P"], atol=1e-9)
    assert len(result.models.structures) == 2
    common = impute_reference(y, arm, "P", covariates=[base])
    other = impute_reference(changed, arm, "P", covariates=[base])
    assert not np.allclose(common.completed[arm == "P"], other.completed[arm == "P"], atol=1e-3)


def test_covariance_after_an_event_regresses_as_in_the_reference():
    """Carpenter, Roger and Kenward 2013: S_21 S_11^-1 = R_21 R_11^-1, and the rest of R stays."""
    own, ref = SIGMA[None], np.diag([1.0, 2.0, 3.0]) @ SIGMA @ np.diag([1.0, 2.0, 3.0])[None]
    for event in (1, 2):
        (s,), r = combine_covariances(own, ref, "JR", event), ref[0]
        slope = r[event:, :event] @ np.linalg.inv(r[:event, :event])
        assert np.allclose(s[:event, :event], SIGMA[:event, :event])
        assert np.allclose(s[event:, :event] @ np.linalg.inv(s[:event, :event]), slope)
        residual = s[event:, event:] - s[event:, :event] @ slope.T
        assert np.allclose(residual, r[event:, event:] - r[event:, :event] @ slope.T)
        assert np.linalg.eigvalsh(s)[0] > 0
    assert combine_covariances(own, ref, "CR", 1) is ref
    assert combine_covariances(own, ref, "LMCF", 1) is own
    assert combine_covariances(own, ref, "JR", 0) is ref
    assert combine_covariances(own, own.copy(), "CIR", 1) == pytest.approx(own)


@pytest.mark.parametrize(("n", "drop", "gap"), [(12, 0.0, 0.0), (20, 0.3, 0.1), (80, 0.6, 0.1)])
def test_fits_without_each_are_those_of_the_model_itself(n, drop, gap):
    """The fast way against ``fit_mmrm`` on the data without the subject."""
    y, arm, base = simulate(n=n, drop=drop, gap=gap, seed=4)
    kept = ~np.isnan(y).all(axis=1)
    rows = np.column_stack([arm == "P", arm == "D", base])[kept].astype(float)
    y = y[kept]

    def fit(without):
        subject, visit = np.nonzero(~np.isnan(y) & (np.arange(len(y)) != without)[:, None])
        design = np.zeros((subject.size, 3, 3))
        design[np.arange(subject.size), visit] = rows[subject]
        return fit_mmrm(
            y[subject, visit], subject, visit, design.reshape(-1, 9), structures="unstructured"
        ).fit

    found = refit_without_each(rows, y, fit(-1).covariance)
    assert found.trusted.mean() > 0.9
    for i in np.flatnonzero(found.trusted):
        wanted = fit(i)
        assert np.allclose(found.covariance[i], wanted.covariance, rtol=1e-6, atol=1e-7)
        assert np.allclose(found.coefficients[i].ravel(), wanted.estimate, rtol=1e-6, atol=1e-6)


def test_means_of_the_strategies():
    own, ref = np.array([1.0, 2.0, 4.0, 8.0]), np.array([0.0, 1.0, 5.0, 7.0])
    wanted = {
        "MAR": [1, 2, 4, 8], "JR": [1, 2, 5, 7], "CR": [0, 1, 5, 7], "CIR": [1, 2, 6, 8],
        "LMCF": [1, 2, 2, 2],
    }  # fmt: skip
    for strategy, mean in wanted.items():
        assert combine_means(own, ref, strategy, 2).tolist() == mean
        assert combine_means(own, ref, strategy, 4).tolist() == own.tolist()
    assert combine_means(own, ref, "CIR", 0).tolist() == ref.tolist()
    assert np.all(np.isnan(combine_means(own, ref, "LMCF", 0)))
    assert own.tolist() == [1, 2, 4, 8]


# ---- laws


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.sampled_from(list(STRATEGIES)))
def test_complete_data_are_the_analysis_of_covariance(seed, strategy):
    y, arm, base = simulate(n=12, seed=seed, drop=0.0)
    result = impute_reference(y, arm, "P", covariates=[base], strategy=strategy)
    assert np.array_equal(result.completed, y)
    for v in range(3):
        ancova = fit_ancova(y[:, v], list(arm), covariates={"base": base})
        found, wanted = result.difference("D", v), ancova.difference("D", "P")
        assert found.estimate == pytest.approx(wanted.estimate, abs=1e-9)
        assert result.mean("D", v).estimate == pytest.approx(ancova.mean("D").estimate, abs=1e-9)
        assert found.n_imputed == 0


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-50.0, 50.0), st.floats(0.1, 20.0))
def test_units_do_not_matter(seed, move, scale):
    y, arm, base = simulate(n=20, seed=seed)
    one = impute_reference(y, arm, "P", covariates=[base], strategy="JR").difference("D", 2)
    two = impute_reference(move + scale * y, arm, "P", covariates=[7.0 - 3.0 * base], strategy="JR")
    other = two.difference("D", 2)
    if one.se is None or other.se is None:  # a sample of 20 need not determine the covariance
        return
    assert other.estimate == pytest.approx(scale * one.estimate, rel=1e-5, abs=1e-5 * scale)
    assert other.se == pytest.approx(scale * one.se, rel=1e-4)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_order_of_subjects_does_not_matter(seed):
    y, arm, base = simulate(n=20, seed=seed, gap=0.1)
    turn = stream(seed, "reference imputation", "order").permutation(20)
    one = impute_reference(y, arm, "P", covariates=[base], strategy="CIR").difference("D", 2)
    two = impute_reference(y[turn], arm[turn], "P", covariates=[base[turn]], strategy="CIR")
    other = two.difference("D", 2)
    assert (one.se is None) == (other.se is None)
    if one.se is not None:
        assert (other.estimate, other.se) == pytest.approx((one.estimate, one.se), rel=1e-5, abs=1e-6)


def test_same_data_same_bytes():
    y, arm, base = simulate()
    one, two = (impute_reference(y, arm, "P", covariates=[base], strategy="JR") for _ in range(2))
    assert one.completed.tobytes() == two.completed.tobytes()
    assert one.difference("D", 2) == two.difference("D", 2)


def test_reference_arm_is_imputed_at_random_whatever_the_strategy():
    y, arm, base = simulate(n=40, gap=0.05)
    at_random = impute_reference(y, arm, "P", covariates=[base])
    for strategy in ("JR", "CR", "CIR"):
        found = impute_reference(y, arm, "P", covariates=[base], strategy=strategy)
        assert np.allclose(found.completed[arm == "P"], at_random.completed[arm == "P"], atol=1e-9)


def test_information_anchored_error_is_that_of_missing_at_random():
    """Same estimate; an error close to that at random, and the frequentist one of JR smaller (Cro 2019)."""
    y, arm, base = simulate(n=80, drop=0.5)
    jump = impute_reference(y, arm, "P", covariates=[base], strategy="JR")
    at_random = impute_reference(y, arm, "P", covariates=[base]).difference("D", 2)
    plain, anchored = (jump.difference("D", 2, variance=v) for v in ("jackknife", "information-anchored"))
    assert anchored.estimate == pytest.approx(plain.estimate, abs=1e-12)
    assert plain.se < 0.9 * at_random.se
    assert anchored.se == pytest.approx(at_random.se, rel=0.05)
    assert "information-anchored" in anchored.method


def test_jackknife_of_a_mean_is_its_standard_error():
    """Efron and Stein, Ann Stat 1981;9:586: for a mean the jackknife is s / sqrt(n), exactly."""
    values = np.array([1.0, 4.0, 2.0, 8.0, 5.0])
    without = [np.delete(values, i).mean() for i in range(5)]
    found = summarise_jackknife(np.array([values.mean(), *without]), 0.95)
    assert found.se == pytest.approx(values.std(ddof=1) / np.sqrt(5), rel=1e-12)
    assert found.high - found.low == pytest.approx(2 * 1.959963984540054 * found.se, rel=1e-12)


# ---- events and delta


def test_values_after_an_event():
    """Kept in the analysis but not in the model under JR; used by the model under MAR; or discarded."""
    y, arm, base = simulate(n=30, drop=0.2)
    who = int(np.flatnonzero((arm == "D") & ~np.isnan(y).any(axis=1))[0])
    event = find_drop_out(y)
    event[who] = 1
    wild = y.copy()
    wild[who, 1:] += 40.0
    asked = {"covariates": [base], "strategy": "JR", "event": event}
    one, two = (impute_reference(data, arm, "P", **asked) for data in (y, wild))
    assert np.array_equal(one.models.means, two.models.means, equal_nan=True)
    assert two.completed[who].tolist() == wild[who].tolist()
    others = np.arange(len(y)) != who
    assert np.allclose(one.completed[others], two.completed[others])
    at_random = [impute_reference(data, arm, "P", covariates=[base], event=event) for data in (y, wild)]
    assert not np.allclose(at_random[0].models.means[0], at_random[1].models.means[0])
    thrown = [
        impute_reference(data, arm, "P", **asked, settings=ImputationSettings(discard=True))
        for data in (y, wild)
    ]
    assert np.array_equal(thrown[0].completed, thrown[1].completed)
    assert thrown[0].difference("D", 2).n_imputed == one.difference("D", 2).n_imputed + 1


def test_gap_before_drop_out_is_imputed_at_random_and_not_shifted_after_the_event():
    y, arm, base = simulate(n=30)
    who = int(np.flatnonzero((arm == "D") & ~np.isnan(y).any(axis=1))[0])
    y[who, 1] = np.nan
    assert find_drop_out(y)[who] == 3
    one, two = (
        impute_reference(y, arm, "P", covariates=[base], strategy=name).completed[who, 1]
        for name in ("MAR", "JR")
    )
    assert one == pytest.approx(two, abs=1e-12)
    result = impute_reference(y, arm, "P", covariates=[base], strategy="JR")
    assert result.shift({"D": 5.0})[who].tolist() == [0.0, 5.0, 0.0]
    assert result.shift({"D": 5.0}, after_event_only=True)[who].tolist() == [0.0, 0.0, 0.0]


def test_delta_moves_the_estimate_by_the_weights_of_the_imputed():
    """Without covariates the difference moves by delta times the share imputed in the arm."""
    y, arm, _ = simulate(n=40, drop=0.5)
    result = impute_reference(y, arm, "P", strategy="JR")
    share = np.isnan(y[arm == "D", 2]).mean()
    plain = result.difference("D", 2).estimate
    moved = result.difference("D", 2, delta=result.shift({"D": [0.0, 1.0, 2.0]})).estimate
    assert moved == pytest.approx(plain + 2.0 * share, abs=1e-9)
    both = result.difference("D", 2, delta=3.0).estimate
    assert both == pytest.approx(plain + 3.0 * (share - np.isnan(y[arm == "P", 2]).mean()), abs=1e-9)
    assert result.difference("D", 2, delta=[9.0, 9.0, 0.0]).estimate == plain


@given(st.integers(0, 500), st.sampled_from([0.8, 0.95, 0.99]))
def test_tipping_points_are_where_the_interval_touches_zero(seed, level):
    y, arm, base = simulate(n=30, seed=seed, drop=0.4)
    result = impute_reference(y, arm, "P", covariates=[base], strategy="CR")
    tip = result.tip("D", 2, level=level)
    if tip.significant is None:
        return
    for shift in tip.shifts:
        at = result.difference("D", 2, delta=result.shift({"D": shift}), level=level)
        assert min(abs(at.low), abs(at.high)) == pytest.approx(0.0, abs=1e-6 * (1 + abs(at.estimate)))
    edges = [-np.inf, *tip.shifts, np.inf]
    inside = next(i for i in range(len(edges) - 1) if edges[i] <= 0.0 < edges[i + 1])
    for left, right in pairwise(edges):
        middle = float(np.clip((max(left, -1e3) + min(right, 1e3)) / 2, -1e3, 1e3))
        if not left < middle < right:
            continue
        at = result.difference("D", 2, delta=result.shift({"D": middle}), level=level)
        same = (edges.index(left) - inside) % 2 == 0
        assert (at.p < 1 - level) == (tip.significant if same else not tip.significant)


def test_tipping_point_in_closed_form():
    """Estimates 4, jackknife error 1 whatever the shift, one unit of shift moves all by 1: at 4 -+ 1.96."""
    spread = np.array([-1.0, 1.0]) / np.sqrt(1.0)  # n = 2: se^2 = (1/2)(1 + 1) = 1
    estimates, gains = np.array([4.0, *(4.0 + spread)]), -np.ones(3)
    found = find_tipping_point(estimates, gains, 0.95)
    assert found == pytest.approx((4 - 1.959963984540054, 4 + 1.959963984540054), rel=1e-12)
    assert find_tipping_point(estimates, np.zeros(3), 0.95) == ()


# ---- known truth


def test_recovers_the_truth_of_jump_to_reference():
    """Drop-outs of the drug arm truly go on as placebo: JR finds the effect, MAR overstates it.

    4000 subjects; the truth is the mean of the drug arm with 40 % of it at the mean of placebo.
    """
    rng = stream(5, "reference imputation", "truth")
    n = 4000
    arm = np.array(["P", "D"] * (n // 2))
    y = rng.multivariate_normal(np.zeros(3), SIGMA, n)
    stop = np.where((rng.random(n) < 0.4) & (arm == "D"), 1, 3)
    late = np.arange(3) >= stop[:, None]
    y += np.where((arm == "P")[:, None] | late, PLACEBO, DRUG)
    hidden = np.where(late, np.nan, y)
    trial = check_trial_outcome(hidden, arm, "P", strategy="JR")
    found = {name: _estimate_once(trial, name) for name in ("JR", "MAR")}
    truth = 0.6 * (DRUG - PLACEBO)[2]
    error = np.sqrt(2 * SIGMA[2, 2] / (n / 2))
    assert abs(found["JR"] - truth) < 3 * error
    assert found["MAR"] < truth - 10 * error


def _estimate_once(trial, strategy):
    """The estimate at the last visit with the model of all subjects only."""
    from dataclasses import replace

    from mitograft.statistics import reference_imputation_model as models
    from mitograft.statistics.reference_imputation_strategy import complete_outcomes

    same = replace(trial, strategy=np.full(trial.arm.size, strategy))
    fit = models._fit_group(same, (0, 1), None, "unstructured")
    found = models.ImputationModels(
        fit.means[None], fit.slopes[None], np.stack([fit.covariance] * 2)[None], fit.known[None], ("",), ""
    )
    last = complete_outcomes(same, found)[0, :, 2]
    return last[trial.arm == 1].mean() - last[trial.arm == 0].mean()
