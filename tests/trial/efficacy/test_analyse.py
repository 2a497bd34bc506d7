"""The analyses of a trial with and without control: agreement, recovery of a known effect, odd data."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from mitograft.errors import UsageError
from mitograft.statistics.proportions import clopper_pearson
from mitograft.trial.adam import derive_adam
from mitograft.trial.efficacy import Estimand, analyse_efficacy
from mitograft.trial.simulate import (
    pn101_phase2_protocol,
    pn101_phase2_truth,
    simulate_trial,
    tabulate_sdtm,
)


def analyse(trial, **options):
    sdtm, adam, protocol = trial
    return analyse_efficacy(adam, sdtm, protocol, data_kind="simulated", **options)


@pytest.fixture(scope="module")
def done(phase2):
    """The controlled trial as it is, analysed once."""
    return analyse(phase2)


def estimates(efficacy, variable, analysis):
    one = next(one for one in efficacy.analysed if one.estimand.variable == variable)
    return {row.contrast: row for row in one.estimates if row.analysis == analysis}


def test_no_control_no_comparison(phase1):
    efficacy = analyse(phase1)
    assert not efficacy.controlled
    assert all(" vs " not in row.contrast for one in efficacy.analysed for row in one.estimates)
    row = estimates(efficacy, "response", "share of responders")["all treated"]
    k = round(row.estimate * 9)
    assert (row.low, row.high) == pytest.approx([float(x) for x in clopper_pearson(k, 9)])
    assert row.kind == "conservative"


def test_nothing_approximate_goes_unsaid(phase1, phase2):
    # At nine patients an interval that is right for large samples only must say so, in table and evidence.
    for trial in (phase1, phase2):
        efficacy = analyse(trial)
        for one, table in zip(efficacy.analysed, efficacy.tables, strict=False):
            kinds = {row.kind for row in one.estimates}
            shown = {cell.text for _, _, cell in table.cells()}
            assert kinds <= shown
            assert any("approximate ones are for large samples" in note for note in table.footnotes)
        assert all(
            any(f"({kind})" in row.method for kind in ("exact", "conservative", "approximate"))
            for row in efficacy.evidence
        )


def test_every_result_carries_the_name_of_its_estimand(phase2):
    wanted = [Estimand("main", "TIS", "WEEK 8", strategies={"rescue": "hypothetical"})]
    efficacy = analyse(phase2, estimands=wanted)
    assert efficacy.tables[0].title == "Total Improvement Score at WEEK 8 (estimand main)"
    assert efficacy.evidence
    for row in efficacy.evidence:
        assert row.quantity == "Total Improvement Score at WEEK 8 (estimand main)"
        assert "rescue: hypothetical" in row.note
    assert any("rescue: hypothetical" in note for note in efficacy.tables[0].footnotes)


def test_ancova_without_strata_is_the_t_test(phase2, with_frame):
    sdtm, adam, protocol = phase2
    plain = with_frame(adam, "ADSL", lambda f: f.with_columns(pl.lit(None, pl.String).alias("DIAG")))
    efficacy = analyse((sdtm, plain, replace(protocol, arms=protocol.arms[1:])))
    row = estimates(efficacy, "TIS", "ANCOVA, difference of adjusted means")["PN-101 600 ug vs Placebo"]
    one = next(one for one in efficacy.analysed if one.estimand.variable == "TIS")
    first, second = (one.outcomes.at_visit[one.outcomes.members(arm)] for arm in ("PN-101 600 ug", "Placebo"))
    test = stats.ttest_ind(first[~np.isnan(first)], second[~np.isnan(second)])
    assert row.p == pytest.approx(test.pvalue, rel=1e-9)
    assert [row.low, row.high] == pytest.approx(list(test.confidence_interval()), rel=1e-9)


def test_holm_over_the_arms(done):
    rows = list(estimates(done, "response", "difference of response").values())
    one = next(o for o in done.analysed if o.estimand.variable == "response")
    primary = sorted((row for row in one.estimates if row.primary), key=lambda row: row.p)
    assert len(primary) == 2
    assert primary[0].adjusted_p == pytest.approx(min(1.0, 2 * primary[0].p))
    assert primary[1].adjusted_p == pytest.approx(max(primary[0].adjusted_p, primary[1].p))
    assert rows


def test_same_bytes_whatever_the_order_of_the_records(phase2, done, with_frame):
    sdtm, adam, protocol = phase2
    turned = with_frame(adam, "ADSL", lambda f: f.reverse())
    first, second = done, analyse((sdtm, turned, protocol))
    assert repr([one.estimates for one in first.analysed]) == repr([one.estimates for one in second.analysed])


@pytest.mark.parametrize("effect", [0.0, 1.0])
def test_a_known_effect_is_found_and_none_is_not(effect):
    """Eight trials of 12:12:12 through SDTM and ADaM: the MMRM finds what the simulator put in.

    The truth of a simulated trial is each subject's score, so the true difference of the trial's own
    subjects is compared with the interval; 16 comparisons a size.
    """
    protocol, truth = pn101_phase2_protocol(), pn101_phase2_truth()
    if not effect:
        truth = replace(truth, arms=tuple(replace(arm, effect=0.0) for arm in truth.arms))
    rejected = 0
    for seed in range(8):
        sdtm = tabulate_sdtm(simulate_trial(truth, protocol, 100 + seed))
        adam = derive_adam(sdtm, protocol).datasets
        found = estimates(
            analyse_efficacy(adam, sdtm, protocol, estimands=[Estimand("e", "TIS", "WEEK 12")]),
            "TIS",
            "MMRM, difference of adjusted means",
        )
        rejected += sum(row.p < 0.05 for row in found.values())
    # Under no effect 16 tests, in pairs that share placebo, reject 0.8 times on average; P(> 4) is below 1 %.
    assert rejected <= 4 if not effect else rejected >= 10


def everybody(value):
    return lambda frame: frame.with_columns(
        pl.when(pl.col("PARAMCD") == "TIS").then(pl.lit(value)).otherwise("AVAL").alias("AVAL"),
        *(
            pl.when(pl.col("PARAMCD") == "TIS").then(pl.lit("Y" if value >= cut else "N")).otherwise(flag)
            .alias(flag)
            for cut, flag in ((20, "CRIT1FL"), (40, "CRIT2FL"), (60, "CRIT3FL"))
        ),
        pl.when(pl.col("PARAMCD") == "TIS").then(pl.lit("Major" if value >= 60 else "None"))
        .otherwise("TISCAT").alias("TISCAT"),
    )  # fmt: skip


@pytest.mark.parametrize("value", [0.0, 100.0])
def test_nobody_or_everybody_responds(phase1, phase2, with_frame, value):
    for sdtm, adam, protocol in (phase1, phase2):
        efficacy = analyse((sdtm, with_frame(adam, "ADTIS", everybody(value)), protocol))
        for one in efficacy.analysed:
            for row in one.estimates:
                assert math.isnan(row.estimate) or row.low <= row.estimate <= row.high or math.isnan(row.low)
                assert math.isnan(row.p) or row.p > 0.2  # one of 36 was not assessed at week 12
                assert not math.isnan(row.estimate) or row.note or "row mean" in row.analysis
    share = estimates(efficacy, "response", "difference of response")
    assert all(abs(row.estimate) < 0.1 and row.low < 0.0 < row.high for row in share.values())


def test_one_subject_in_an_arm(phase2, with_frame):
    sdtm, adam, protocol = phase2

    def keep_one(frame):
        dropped = frame.filter(pl.col("TRT01A") == "PN-101 300 ug")["USUBJID"].to_list()[1:]
        return frame.filter(~pl.col("USUBJID").is_in(dropped))

    efficacy = analyse((sdtm, with_frame(adam, "ADSL", keep_one), protocol))
    row = estimates(efficacy, "response", "difference of response")["PN-101 300 ug vs Placebo"]
    assert row.n == 13
    assert row.low < row.high


def test_an_arm_without_scores(phase2, with_frame):
    sdtm, adam, protocol = phase2
    gone = adam["ADSL"].frame.filter(pl.col("TRT01A") == "PN-101 300 ug")["USUBJID"].to_list()
    efficacy = analyse(
        (sdtm, with_frame(adam, "ADTIS", lambda f: f.filter(~pl.col("USUBJID").is_in(gone))), protocol)
    )
    row = estimates(efficacy, "TIS", "MMRM, difference of adjusted means")["PN-101 300 ug vs Placebo"]
    assert math.isnan(row.estimate)
    assert "no data of an arm" in row.note
    other = estimates(efficacy, "TIS", "MMRM, difference of adjusted means")["PN-101 600 ug vs Placebo"]
    assert not math.isnan(other.estimate)


def test_a_visit_without_data(phase2, with_frame):
    sdtm, adam, protocol = phase2
    efficacy = analyse(
        (sdtm, with_frame(adam, "ADTIS", lambda f: f.filter(pl.col("AVISIT") != "WEEK 12")), protocol)
    )
    for row in estimates(efficacy, "TIS", "MMRM, difference of adjusted means").values():
        assert math.isnan(row.estimate)
        assert row.note
    for row in estimates(efficacy, "response", "difference of response").values():
        assert row.estimate == 0.0  # nobody was assessed: nobody counts as responding


def test_no_scores_at_all(phase2, with_frame):
    sdtm, adam, protocol = phase2
    assert analyse((sdtm, with_frame(adam, "ADTIS", lambda f: f.clear()), protocol)) is None


def test_two_estimands_of_one_id_are_refused(phase2):
    with pytest.raises(UsageError, match="each once"):
        analyse(phase2, estimands=[Estimand("a", "TIS", "WEEK 12"), Estimand("a", "TIS", "WEEK 8")])


def test_imputation_only_where_something_is_missing(phase2, done, with_frame):
    sdtm, adam, protocol = phase2
    seen = estimates(done, "TIS", "imputation, jump to reference")
    assert set(seen) == {"PN-101 300 ug vs Placebo", "PN-101 600 ug vs Placebo"}
    assert all(row.low < row.estimate < row.high and row.kind == "approximate" for row in seen.values())
    one = next(one for one in done.analysed if one.estimand.variable == "TIS")
    whole = {
        one.outcomes.subjects[i] for i in np.flatnonzero(~np.isnan(one.outcomes.scores).any(axis=1)).tolist()
    }
    kept = with_frame(adam, "ADSL", lambda f: f.filter(pl.col("USUBJID").is_in(sorted(whole))))
    assert not estimates(analyse((sdtm, kept, protocol)), "TIS", "imputation, jump to reference")


def test_wins_go_to_death_and_rescue_before_the_score(phase2, done, with_frame):
    sdtm, adam, protocol = phase2
    plain = estimates(done, "category", "net benefit")["PN-101 600 ug vs Placebo"]

    def all_treated_die(frame):
        dead = pl.when(pl.col("TRT01A") == "PN-101 600 ug").then(pl.col("TRTSDT") + pl.duration(days=5))
        return frame.with_columns(dead.alias("DTHDT"))

    worst = estimates(
        analyse((sdtm, with_frame(adam, "ADSL", all_treated_die), protocol)), "category", "net benefit"
    )["PN-101 600 ug vs Placebo"]
    assert plain.estimate > 0.0
    assert worst.estimate == -1.0
    assert "death" in worst.note
    assert worst.p < 0.001


def test_a_dose_response_is_tested_once_over_all_shapes(done):
    row = next(iter(estimates(done, "TIS", "dose response (MCP-Mod), largest t").values()))
    assert row.contrast == "0 < 300 < 600"
    assert row.p < 0.05
    assert "cannot choose between them" in row.note
