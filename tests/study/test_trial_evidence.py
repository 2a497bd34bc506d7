"""What a trial bears on the claims: severe reactions counted sure and possible, the median score."""

import polars as pl
import pytest

from mitograft.study.trial_evidence import trial_evidence
from mitograft.trial.adam import derive_adam
from mitograft.trial.efficacy import analyse_efficacy
from mitograft.trial.simulate import pn101_protocol, pn101_truth, simulate_trial, tabulate_sdtm

PROTOCOL = pn101_protocol()


@pytest.fixture(scope="module")
def sdtm():
    return tabulate_sdtm(simulate_trial(pn101_truth(), PROTOCOL, 1))


def severe(sdtm, **changes):
    from dataclasses import replace

    ae = sdtm["AE"]
    frame = ae.frame.with_columns(pl.lit(value, pl.String).alias(name) for name, value in changes.items())
    adam = derive_adam(sdtm.with_items([replace(ae, frame=frame)]), PROTOCOL)
    return trial_evidence(adam, PROTOCOL, "trial", "simulated", None)[0]


def subjects(sdtm):
    return sdtm["AE"].frame["USUBJID"].n_unique()


def test_every_event_related_and_grade_3(sdtm):
    row = severe(sdtm, AEREL="RELATED", AETOXGR="3", AESTDTC="2099-01-01", AEENDTC=None)
    assert row.estimate == pytest.approx(subjects(sdtm) / 9)


def test_events_without_a_grade_are_possible_not_absent(sdtm):
    # A data set without grades must not read as one without severe reactions.
    row = severe(sdtm, AEREL="RELATED", AETOXGR=None, AESEV=None, AESTDTC="2099-01-01", AEENDTC=None)
    assert row.estimate == 0.0
    none = severe(sdtm, AEREL="NOT RELATED")
    assert row.high > none.high
    assert f"{subjects(sdtm)} more have a related event without grade" in row.note


def test_severity_stands_in_for_a_missing_grade(sdtm):
    row = severe(sdtm, AEREL="RELATED", AETOXGR=None, AESEV="SEVERE", AESTDTC="2099-01-01", AEENDTC=None)
    assert row.estimate == pytest.approx(subjects(sdtm) / 9)
    mild = severe(sdtm, AEREL="RELATED", AETOXGR=None, AESEV="MILD", AESTDTC="2099-01-01", AEENDTC=None)
    assert mild.estimate == 0.0
    assert mild.high == pytest.approx(1 - 0.025 ** (1 / 9))


def test_the_score_is_the_median_of_those_who_have_one(sdtm):
    adam = derive_adam(sdtm, PROTOCOL)
    efficacy = analyse_efficacy(adam.datasets, sdtm, PROTOCOL, data_kind="simulated")
    row = trial_evidence(adam, PROTOCOL, "trial", "simulated", efficacy)[1]
    assert row.method.endswith("estimand score")
    frame = adam.datasets["ADTIS"].frame.filter(
        pl.col("PARAMCD") == "TIS", pl.col("AVISIT") == "WEEK 12", pl.col("AVAL").is_not_null()
    )
    assert row.n == frame.height
    assert row.estimate == frame["AVAL"].median()
    assert 0.0 <= row.low <= row.estimate <= row.high <= 100.0
