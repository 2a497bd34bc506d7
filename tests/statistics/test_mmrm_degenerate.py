"""Models for repeated measurements of data that say little: answered with a reason, never a crash."""

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.mmrm_covariance import FALLBACK_CHAIN
from mitograft.statistics.mmrm_design import build_visit_design, compare_arms, estimate_means, summarise_terms
from mitograft.statistics.mmrm_inference import METHODS


def make_trial(n=9, k=3, seed=1):
    """Return outcome, subject, visit, arm and baseline of a small complete trial, two of three treated."""
    random = stream(seed, "small trial")
    base = random.normal(60, 10, n)
    y = base[:, None] + random.normal(0, 5, (n, 1)) + random.normal(0, 4, (n, k))
    subject, visit = np.indices((n, k))
    arm = np.where(subject % 3 == 0, "control", "treated")
    return {
        "y": y.ravel(),
        "subject": subject.ravel(),
        "visit": visit.ravel() + 1,
        "arm": arm.ravel(),
        "base": np.repeat(base, k),
    }


def keep(data, rows):
    return {name: entry[rows] for name, entry in data.items()}


def fit(data, *, covariates=True, **options):
    design = build_visit_design(
        data["arm"], data["visit"], covariates=[data["base"]] if covariates else [], by_visit=True
    )
    return fit_mmrm(data["y"], data["subject"], data["visit"], design.matrix, **options), design


def difference(result, design, visit, method="kenward-roger"):
    return compare_arms(result, design, [("treated", "control")], visit, method=method)[0]


def answer(found):
    """Whether a comparison is a result or a reason, not both."""
    c = found.contrast
    return (c is None) == bool(found.reason) and (
        c is None or (np.isfinite([c.estimate, c.se, c.df, c.p]).all() and c.low < c.estimate < c.high)
    )


@pytest.mark.parametrize("method", METHODS)
def test_nine_patients_complete(method):
    result, design = fit(make_trial())
    found = difference(result, design, 3, method)
    assert answer(found)
    assert found.contrast is not None
    assert found.kind == "approximate"
    assert found.method


def test_a_visit_without_data_is_left_out():
    data = make_trial()
    data["y"] = np.where(data["visit"] == 2, np.nan, data["y"])
    kept = keep(data, ~np.isnan(data["y"]))
    result, design = fit(kept)
    assert result.fit.visits == (1, 3)
    assert difference(result, design, 2).reason == "no data of an arm at this visit"
    # With its rows in the design, the columns of the visit are 0 where the outcome is present.
    design = build_visit_design(data["arm"], data["visit"])
    with pytest.raises(UsageError, match="depend on those before them, or are 0"):
        fit_mmrm(data["y"], data["subject"], data["visit"], design.matrix)
    result = fit_mmrm(data["y"], data["subject"], data["visit"], design.matrix, dependent="drop")
    assert len(result.fit.dropped) == 2
    assert difference(result, design, 2).reason.startswith("the data do not determine it")
    assert difference(result, design, 3).contrast is not None


def test_no_data_at_all():
    data = make_trial()
    data["y"] = np.full(data["y"].size, np.nan)
    with pytest.raises(UsageError, match="0 measurements"):
        fit(data)
    result, design = fit(data, dependent="drop")
    assert result.fit is None
    assert result.n_missing == 27
    assert "too few data: 0 measurements" in result.reason
    assert answer(difference(result, design, 3))


def test_empty():
    with pytest.raises(UsageError, match="0 measurements"):
        fit_mmrm([], [], [], np.zeros((0, 1)))
    result = fit_mmrm([], [], [], np.zeros((0, 1)), dependent="drop")
    assert result.fit is None


@pytest.mark.parametrize("method", METHODS)
def test_one_subject_in_an_arm(method):
    data = make_trial()
    result, design = fit(keep(data, (data["arm"] == "treated") | (data["subject"] == 0)))
    assert answer(difference(result, design, 3, method))
    assert all(answer(mean) for mean in estimate_means(result, design, method=method))
    for test in summarise_terms(result, design, method=method):
        assert (test.p is None) == bool(test.reason)


def test_one_subject_in_each_arm():
    data = make_trial()
    result, design = fit(keep(data, data["subject"] < 2), covariates=False, dependent="drop")
    assert result.fit is None
    assert answer(difference(result, design, 3))
    assert difference(result, design, 3).reason.startswith("no model converged (unstructured: too few data")


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_fewer_subjects_than_an_unstructured_covariance_needs(n):
    """The structures are tried in turn and every one that fails says why."""
    data = make_trial(n, 4)
    result, design = fit(data, covariates=False)
    names = [attempt.structure for attempt in result.attempts]
    assert names == list(FALLBACK_CHAIN)[: len(names)]
    assert all(attempt.reason for attempt in result.attempts[:-1])
    assert (result.fit is None) == bool(result.attempts[-1].reason)
    if n == 4:
        assert result.attempts[0].reason
    assert answer(difference(result, design, 4))


def test_singular_covariance_says_so_at_each_structure():
    data = make_trial()
    data["y"] = np.repeat(data["y"].reshape(9, 3)[:, :1], 3, axis=1).ravel() + 1.0 * data["visit"]
    result, design = fit(data, covariates=False)
    assert result.fit is None
    assert [attempt.structure for attempt in result.attempts] == list(FALLBACK_CHAIN)
    assert all("singular" in attempt.reason for attempt in result.attempts)
    found = difference(result, design, 3)
    assert (found.contrast, found.reason[:38]) == (None, "no model converged (unstructured: the ")
    assert all(test.reason for test in summarise_terms(result, design))


def test_one_visit_is_the_same_as_another():
    """Two of three visits equal: unstructured and Toeplitz are singular, compound symmetry is not."""
    data = make_trial()
    y = data["y"].reshape(9, 3).copy()
    y[:, 2] = y[:, 1]
    data["y"] = y.ravel()
    result, design = fit(data, covariates=False)
    assert "singular" in result.attempts[0].reason
    assert answer(difference(result, design, 3))


@pytest.mark.parametrize("value", [0.0, 7.5, 1e6])
def test_constant_outcome(value):
    data = make_trial()
    data["y"] = np.full(27, value)
    result, design = fit(data)
    assert result.fit is None
    assert result.attempts[0].reason == "the fixed effects leave no residual"
    assert answer(difference(result, design, 3))


def test_an_outcome_that_differs_between_arms_only():
    data = make_trial()
    data["y"] = np.where(data["arm"] == "treated", 2.0, 1.0)
    result, design = fit(data)
    assert (result.fit, difference(result, design, 1).contrast) == (None, None)


def test_collinear_covariates():
    data = make_trial()
    both = [data["base"], 2.0 * data["base"] + 3.0]
    design = build_visit_design(data["arm"], data["visit"], covariates=both)
    with pytest.raises(UsageError, match=r"depend on those before them.*\[9, 10, 11\]"):
        fit_mmrm(data["y"], data["subject"], data["visit"], design.matrix)
    result = fit_mmrm(data["y"], data["subject"], data["visit"], design.matrix, dependent="drop")
    assert result.fit.dropped == (9, 10, 11)
    assert np.all(result.fit.estimate[9:] == 0.0)
    assert np.all(np.isnan(result.fit.se[9:]))
    alone, plain = fit(data)
    one, other = difference(result, design, 3).contrast, difference(alone, plain, 3).contrast
    assert (one.estimate, one.se, one.df) == pytest.approx((other.estimate, other.se, other.df), rel=1e-6)
    tests = {test.term: test for test in summarise_terms(result, design)}
    assert tests["covariate 1"].reason.startswith("the data do not determine it")
    assert tests["arm"].p == pytest.approx(summarise_terms(alone, plain)[0].p, rel=1e-6)
    with pytest.raises(UsageError, match="do not determine"):
        result.fit.contrast(np.eye(12)[9])


def test_a_covariate_that_is_constant():
    data = make_trial()
    data["base"] = np.full(27, 60.0)
    result, design = fit(data, dependent="drop")
    assert result.fit.dropped == (6, 7, 8)
    plain, other = fit(data, covariates=False)
    assert difference(result, design, 3).contrast.p == pytest.approx(
        difference(plain, other, 3).contrast.p, rel=1e-6
    )


def test_a_factor_that_is_the_arm():
    """Arm and site are one: their differences are not determined, the mean of both is."""
    data = make_trial()
    design = build_visit_design(data["arm"], data["visit"], factors=[data["arm"]])
    result = fit_mmrm(data["y"], data["subject"], data["visit"], design.matrix, dependent="drop")
    found = difference(result, design, 3)
    assert (found.contrast, found.reason[:28]) == (None, "the data do not determine it")
    both = design.weigh("treated", 3) + design.weigh("control", 3)
    assert result.fit.is_determined(both)
    assert result.fit.contrast(both / 2).estimate == pytest.approx(
        np.mean([data["y"][(data["visit"] == 3) & (data["arm"] == a)].mean() for a in ("control", "treated")])
    )


def test_a_visit_of_two_subjects_with_a_slope_of_its_own():
    """One subject an arm at the last visit: its baseline slope there is not determined; the rest is."""
    data = make_trial()
    kept = keep(data, (data["visit"] < 3) | (data["subject"] < 2))
    with pytest.raises(UsageError, match="depend"):
        fit(kept)
    result, design = fit(kept, dependent="drop")
    assert result.fit is not None
    assert answer(difference(result, design, 3))
    assert difference(result, design, 3).contrast is None
    assert difference(result, design, 2).contrast is not None


def test_a_visit_of_one_arm_only():
    data = make_trial()
    result, design = fit(keep(data, (data["visit"] < 3) | (data["arm"] == "treated")))
    assert difference(result, design, 3).reason == "no data of an arm at this visit"
    assert estimate_means(result, design, [("treated", 3)])[0].contrast is not None
    assert {test.term: test.df for test in summarise_terms(result, design)}["visit"] == 1


def test_arms_at_different_visits():
    data = make_trial(k=2)
    result, design = fit(keep(data, (data["visit"] == 1) == (data["arm"] == "treated")), covariates=False)
    assert result.fit is None  # nobody has two measurements: no correlation can be estimated
    assert all("do not determine every covariance" in attempt.reason for attempt in result.attempts)
    assert answer(difference(result, design, 1))


@pytest.mark.parametrize("method", METHODS)
def test_a_subject_far_away(method):
    data = make_trial()
    data["y"] = data["y"] + 1e6 * (data["subject"] == 4)
    result, design = fit(data, covariates=False)
    assert answer(difference(result, design, 3, method))
