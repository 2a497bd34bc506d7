"""Reference-based imputation: odd data are answered, misuse is refused with a reason."""

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.reference_imputation import ImputationSettings, impute_reference
from mitograft.statistics.reference_imputation_refit import refit_without_each

SIGMA = np.array([[4.0, 2.5, 2.0], [2.5, 5.0, 3.5], [2.0, 3.5, 6.0]])
PLACEBO, DRUG = np.array([0.0, -1.0, -1.5]), np.array([0.5, -3.0, -5.0])


def simulate(n=24, seed=1, drop=0.3, arms=("P", "D")):
    """Outcomes at three visits, arm and baseline; drop-out after each visit."""
    rng = stream(seed, "reference imputation", "test")
    arm = np.array([arms[i % len(arms)] for i in range(n)])
    base = rng.normal(10.0, 2.0, n)
    mean = np.where((arm == "P")[:, None], PLACEBO, DRUG) + 0.4 * (base - 10.0)[:, None]
    y = mean + rng.multivariate_normal(np.zeros(3), SIGMA, n)
    stop = np.where(rng.random(n) < drop, rng.integers(1, 3, n), 3)
    y[np.arange(3) >= stop[:, None]] = np.nan
    return y, arm, base


def test_fast_fits_do_not_trust_what_data_do_not_determine():
    """One subject in an arm, two visits seen together by few, a visit that repeats another."""
    y, arm, _ = simulate(n=20, drop=0.0)
    rows = np.column_stack([arm == "P", arm == "D"]).astype(float)
    assert refit_without_each(rows, y, SIGMA).trusted.all()
    alone = np.column_stack([np.arange(20) != 3, np.arange(20) == 3]).astype(float)
    assert np.flatnonzero(~refit_without_each(alone, y, SIGMA).trusted).tolist() == [3]
    apart = y.copy()
    apart[:10, 2] = apart[10:16, 1] = np.nan
    assert not refit_without_each(rows, apart, SIGMA).trusted.any()
    twice = y.copy()
    twice[:, 1] = twice[:, 0]
    assert not refit_without_each(rows, twice, SIGMA).trusted.any()


def test_small_trial_falls_back_and_says_so():
    y, arm, _ = simulate(n=9, arms=("P", "D", "D"), drop=0.6)
    result = impute_reference(y, arm, "P", strategy="JR")
    found = result.difference("D", 2)
    assert found.kind == "approximate"
    assert "normal limits" in found.method
    assert result.models.structures[0] in found.method


def test_arm_with_one_subject_has_an_estimate_but_no_error():
    y, arm, _ = simulate(n=20, drop=0.2)
    arm[:] = "P"
    arm[7] = "D"
    found = impute_reference(y, arm, "P", strategy="JR").difference("D", 0)
    assert found.estimate is not None
    assert (found.se, found.p, found.low) == (None, None, None)
    assert found.note == "no standard error: the jackknife has no estimate without subject 7 (from 0)"


def test_visit_without_data():
    y, arm, base = simulate(n=20)
    y[:, 2] = np.nan
    result = impute_reference(y, arm, "P", covariates=[base], strategy="JR")
    found = result.difference("D", 2)
    assert found.estimate is None
    assert found.note == "no data at this visit to impute from"
    assert result.difference("D", 1).se is not None
    tip = result.tip("D", 2)
    assert (tip.significant, tip.shifts, tip.nearest, tip.note) == (None, (), None, found.note)


def test_arm_without_data_at_a_visit_jumps_to_the_reference():
    """JR needs the mean of the reference only; at random there is nothing to go by."""
    y, arm, base = simulate(n=40, drop=0.1)
    y[arm == "D", 2] = np.nan
    jump, at_random = (
        impute_reference(y, arm, "P", covariates=[base], strategy=name).difference("D", 2)
        for name in ("JR", "MAR")
    )
    assert jump.se is not None
    assert jump.n_imputed >= 20
    assert at_random.estimate is None
    assert at_random.note == "the data do not determine the values missing of 20 subjects at this visit"


def test_everybody_drops_out_after_baseline():
    y = np.full((8, 3), np.nan)
    for common in (True, False):
        how = ImputationSettings(common_covariance=common)
        result = impute_reference(y, list("PPPPDDDD"), "P", strategy="JR", settings=how)
        assert np.all(np.isnan(result.completed))
        assert result.difference("D", 0).note == "no data at this visit to impute from"
        assert "no outcome of" in result.models.reason


def test_drug_arm_drops_out_entirely():
    """Under JR the drug arm becomes the reference; the difference is 0 but for the covariate."""
    y, arm, base = simulate(n=30, drop=0.1)
    y[arm == "D"] = np.nan
    result = impute_reference(y, arm, "P", covariates=[base], strategy="JR")
    found = result.difference("D", 1)
    assert found.estimate == pytest.approx(0.0, abs=1e-8)
    assert found.n_imputed >= 15
    apart = ImputationSettings(common_covariance=False)
    alone = impute_reference(y, arm, "P", covariates=[base], strategy="JR", settings=apart)
    assert alone.difference("D", 1).estimate == pytest.approx(0.0, abs=1e-8)


def test_nothing_missing_has_no_tipping_point():
    y, arm, base = simulate(drop=0.0)
    tip = impute_reference(y, arm, "P", covariates=[base]).tip("D", 2)
    assert (tip.shifts, tip.nearest) == ((), None)
    assert tip.note == "nothing is imputed and shifted at this visit"
    assert tip.significant is not None


def test_all_tied():
    """A constant outcome is complete: there is an estimate of 0, and no test."""
    found = impute_reference(np.ones((10, 2)), list("PD") * 5, "P").difference("D", 1)
    assert found.estimate == pytest.approx(0.0, abs=1e-12)
    assert (found.p, found.note) == (None, "no test: the estimate is the same without any one subject")
    y = np.ones((10, 2))
    y[3, 1] = np.nan
    gone = impute_reference(y, list("PD") * 5, "P", strategy="JR").difference("D", 1)
    assert gone.estimate is None
    assert gone.note.startswith("no imputation model")
    assert "no residual" in gone.note


def test_singular_covariance_falls_back_or_says_why():
    """The second visit repeats the first: no unstructured covariance, whatever the search does."""
    y, arm, _ = simulate(n=20, drop=0.0)
    y[:, 1] = y[:, 0]
    y[:5, 2] = np.nan
    strict = ImputationSettings(structures="unstructured")
    found = impute_reference(y, arm, "P", strategy="JR", settings=strict).difference("D", 2)
    assert found.estimate is None
    assert "singular" in found.note
    assert impute_reference(y, arm, "P", strategy="JR", settings=strict).difference("D", 1).se > 0
    softer = impute_reference(y, arm, "P", strategy="JR")
    assert softer.models.structures[0] != "unstructured"
    assert softer.difference("D", 2).estimate is not None
    assert "singular" in softer.models.reason


def test_last_mean_needs_a_visit_before_the_event():
    y, arm, base = simulate(n=20)
    y[4] = np.nan
    found = impute_reference(y, arm, "P", covariates=[base], strategy="LMCF").difference("D", 2)
    assert found.estimate is None
    assert found.note == "LMCF needs a visit before the event; subject 4 (from 0) has none"
    cir, jump = (
        impute_reference(y, arm, "P", covariates=[base], strategy=name).completed[4] for name in ("CIR", "JR")
    )
    assert cir == pytest.approx(jump)


def test_constant_covariate_changes_nothing():
    y, arm, _ = simulate(n=24)
    plain = impute_reference(y, arm, "P", strategy="JR").difference("D", 2)
    constant = impute_reference(y, arm, "P", covariates=[np.ones(24)], strategy="JR").difference("D", 2)
    assert constant.estimate == pytest.approx(plain.estimate, abs=1e-8)
    assert constant.se == pytest.approx(plain.se, rel=1e-6)


def test_covariate_that_is_the_arm_is_not_separable():
    y, arm, _ = simulate(n=24, drop=0.0)
    found = impute_reference(y, arm, "P", covariates=[(arm == "D") * 1.0]).difference("D", 2)
    assert found.estimate is None
    assert "not separable" in found.note


def test_three_arms_each_against_the_reference():
    y, arm, base = simulate(n=45, arms=("P", "D", "E"))
    result = impute_reference(y, arm, "P", covariates=[base], strategy={"P": "MAR", "D": "JR", "E": "CIR"})
    for name in "DE":
        found = result.difference(name, 2)
        means = result.mean(name, 2).estimate - result.mean("P", 2).estimate
        assert found.estimate == pytest.approx(means, abs=1e-9)
    assert "jump to reference" in result.difference("D", 2).method


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reference": "X"}, "reference 'X'"),
        ({"arm": ["P"] * 6}, "at least one other arm"),
        ({"arm": ["P", "D"]}, "arms of 2 subjects"),
        ({"outcome": np.ones(6)}, "shape (6,)"),
        ({"outcome": np.full((6, 2), np.inf)}, "finite or missing"),
        ({"covariates": [[1.0] * 5]}, "6 finite numbers"),
        ({"covariates": [[1.0] * 5 + [np.nan]]}, "6 finite numbers"),
        ({"strategy": "J2R"}, "['J2R'] unknown"),
        ({"strategy": {"P": "MAR"}}, "[''] unknown"),
        ({"strategy": ["JR"] * 5}, "found 5 for 6"),
        ({"event": [3] * 6}, "or 2 for none"),
        ({"event": [1.5] * 6}, "or 2 for none"),
        ({"settings": ImputationSettings(structures="banded")}, "'banded'"),
    ],
)
def test_errors(change, words):
    given_ = {"outcome": np.arange(12.0).reshape(6, 2) ** 2, "arm": list("PDPDPD"), "reference": "P"} | change
    with pytest.raises(UsageError) as error:
        impute_reference(given_.pop("outcome"), given_.pop("arm"), given_.pop("reference"), **given_)
    assert words in str(error.value)


def test_errors_of_questions():
    y, arm, base = simulate()
    result = impute_reference(y, arm, "P", covariates=[base])
    asked = [
        (lambda: result.difference("P", 0), "compared with itself"),
        (lambda: result.mean("X", 0), "'X'"),
        (lambda: result.mean("D", 3), "from 0 to 2"),
        (lambda: result.mean("D", -1), "from 0 to 2"),
        (lambda: result.mean("D", 0, delta=[1.0, 2.0]), "shape (2,)"),
        (lambda: result.mean("D", 0, delta=np.nan), "not finite"),
        (lambda: result.mean("D", 0, variance="rubin"), "'rubin'"),
        (lambda: result.mean("D", 0, level=95), "Level"),
        (lambda: result.shift({"D": [1.0, 2.0]}), "3 visits"),
        (lambda: result.tip("D", 0, level=0.0), "Level"),
    ]
    for ask, words in asked:
        with pytest.raises(UsageError) as error:
            ask()
        assert words in str(error.value)
