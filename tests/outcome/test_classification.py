import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.outcome.classification import CATEGORIES, FINDINGS, UNDETERMINED, classify_iim, defaults

NAN = float("nan")


def signs(default=0, **values):
    return np.array([values.get(name, default) for name in FINDINGS], dtype=float)


def test_missing_criteria_give_a_range_and_no_score():
    result = classify_iim(50, signs(gottron_sign=1, heliotrope=1, anti_jo_1=NAN, enzymes_raised=NAN), False)
    assert np.isnan(result.score)
    assert np.isnan(result.probability)
    assert (result.score_low, result.score_high, result.missing) == (8.5, 13.7, 2)
    assert result.category == "definite"
    assert result.probability_low == pytest.approx(1 / (1 + np.exp(5.33 - 8.5)))


def test_a_category_that_depends_on_a_missing_criterion_is_undetermined():
    result = classify_iim(30, signs(heliotrope=1, anti_jo_1=NAN), False)
    assert (result.category_low, result.category, result.category_high) == (
        "not IIM",
        UNDETERMINED,
        "definite",
    )
    assert not result.case


def test_missing_onset_spans_all_bands():
    result = classify_iim([NAN, NAN], [signs(heliotrope=1)] * 2, [False, True])
    np.testing.assert_array_equal(result.score_low, [3.1, 3.2])
    np.testing.assert_array_equal(result.score_high, [5.2, 5.4])
    assert result.missing.tolist() == [1, 1]


def test_biopsy_findings_count_only_with_a_biopsy():
    found = signs(rimmed_vacuoles=1, perifascicular_atrophy=NAN)
    result = classify_iim([30, 30], [found, found], [False, True])
    assert result.missing.tolist() == [0, 1]
    assert result.score[0] == 1.3
    np.testing.assert_array_equal(result.score_high, [1.3, 6.5])


def test_case_and_trial_need_the_lowest_probability():
    # Karolinska calculator: minimum above 50 % for a case, above 90 % for a trial.
    sure = classify_iim(50, signs(heliotrope=1, gottron_sign=1), False)
    assert (bool(sure.case), bool(sure.trial)) == (True, True)
    likely = classify_iim(50, signs(heliotrope=1, dysphagia=1, anti_jo_1=NAN), False)
    assert (bool(likely.case), bool(likely.trial)) == (True, False)


def test_without_a_rash_a_biopsy_is_needed():
    found = np.array(
        [signs(anti_jo_1=1), signs(gottron_papules=1), signs(heliotrope=NAN), signs(anti_jo_1=1)]
    )
    result = classify_iim(50, found, [False, False, False, True])
    assert result.biopsy_needed.tolist() == [True, False, True, False]


def test_recalled_intercepts_are_flagged_and_can_be_set():
    assert {p.id for p in classify_iim(50, signs(), False).flagged} == {
        "intercept/no_biopsy",
        "intercept/biopsy",
    }
    shifted = defaults().override({"intercept/no_biopsy": "2.1"})
    assert classify_iim(50, signs(), False, parameters=shifted).probability == 0.5
    stricter = defaults().override({"cut/no_biopsy/definite": "7.6"})
    at_cut = signs(heliotrope=1, anti_jo_1=1, enzymes_raised=1)
    assert classify_iim(10, at_cut, False, parameters=stricter).category == "definite"
    lower = signs(gottron_papules=1, gottron_sign=1)
    assert classify_iim(40, lower, False).category == "definite"
    assert classify_iim(40, lower, False, parameters=stricter).category == "probable"


def test_the_range_holds_for_a_negative_weight_too():
    rules = defaults().override({"weight/no_biopsy/dysphagia": "-0.5"})
    result = classify_iim(30, signs(heliotrope=1, dysphagia=NAN), False, parameters=rules)
    assert (result.score_low, result.score_high) == (3.9, 4.4)


finding = st.sampled_from([0.0, 1.0])
patient = st.tuples(st.sampled_from([5.0, 18.0, 40.0, 80.0]), st.lists(finding, min_size=14, max_size=14))
hidden = st.lists(st.booleans(), min_size=15, max_size=15)


@given(patient, hidden, st.booleans(), st.sampled_from(["score", "probability"]))
def test_ranges_contain_every_completion(person, gaps, biopsied, by):
    age, found = person
    seen_age = NAN if gaps[0] else age
    seen = np.where(gaps[1:], NAN, found)
    part = classify_iim(seen_age, seen, biopsied, by=by)
    full = classify_iim(age, found, biopsied, by=by)
    assert part.score_low <= full.score <= part.score_high
    assert part.probability_low <= full.probability <= part.probability_high
    low, at, high = (CATEGORIES.index(str(c)) for c in (part.category_low, full.category, part.category_high))
    assert low <= at <= high
    if part.category != UNDETERMINED:
        assert full.category == part.category


@given(patient, st.sampled_from(range(14)), st.booleans())
def test_a_further_finding_never_lowers_the_score(person, column, biopsied):
    age, found = person
    more = np.array(found)
    more[column] = 1
    assert classify_iim(age, more, biopsied).score >= classify_iim(age, found, biopsied).score


def test_mistakes_are_explained():
    with pytest.raises(UsageError, match="expected 'score' or 'probability'"):
        classify_iim(50, signs(), False, by="points")
    with pytest.raises(UsageError, match=r"heliotrope: found '2', expected a whole number from 0 to 1"):
        classify_iim(50, signs(heliotrope=2), False)
    with pytest.raises(UsageError, match=r"index 1, years: found '-3', expected a number from 0 to 130"):
        classify_iim([50, -3], [signs(), signs()], False)
    with pytest.raises(UsageError, match="expected True or False for every patient"):
        classify_iim(50, signs(), NAN)
    with pytest.raises(UsageError, match=r"onset_age \(3,\), findings \(2,\), biopsied \(\)"):
        classify_iim([50, 50, 50], [signs(), signs()], False)
    with pytest.raises(UsageError, match="not numbers"):
        classify_iim("fifty", signs(), False)
