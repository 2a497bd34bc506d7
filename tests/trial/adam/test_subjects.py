"""Subjects: treatment, dates, disposition, diagnosis, body size, populations."""

import datetime as dt
from dataclasses import replace

import pytest

from mitograft.errors import InputError, UsageError
from mitograft.trial.adam import derive_adam
from mitograft.trial.protocol import Arm


@pytest.fixture
def subject(trial, protocol):
    def derive(plan=protocol, settings=None, **domains):
        adam = derive_adam(trial(**domains), plan, settings=settings, datasets=["ADSL"])
        return adam.datasets["ADSL"].frame.to_dicts()[0]

    return derive


def test_a_dosed_subject(subject):
    row = subject()
    assert (row["TRT01P"], row["TRT01PN"], row["TRT01A"], row["DOSE01P"]) == (
        "PN-101 low",
        1,
        "PN-101 low",
        100,
    )
    assert (row["TRTSDT"], row["TRTEDT"], row["TRTDURD"]) == (dt.date(2022, 1, 10), dt.date(2022, 1, 10), 1)
    assert (row["EOSSTT"], row["EOSDT"], row["DCSREAS"]) == ("COMPLETED", dt.date(2022, 4, 4), None)
    assert (row["HEIGHTBL"], row["WEIGHTBL"], row["BMIBL"]) == (160, 64, 25)
    assert [row[f] for f in ("ENRLFL", "SAFFL", "FASFL", "DLTEVLFL", "COMPLFL")] == ["Y"] * 5


def test_diagnosis_is_dated_in_the_middle_of_what_is_possible(subject):
    row = subject()
    assert (row["DIAG"], row["DIAGDT"], row["DIAGDTF"]) == ("DERMATOMYOSITIS", dt.date(2020, 1, 16), "D")
    assert row["DISDUR"] == pytest.approx(725 / 365.25)


def test_a_screen_failure_is_in_no_population(trial, protocol):
    adam = derive_adam(trial(), protocol, datasets=["ADSL"])
    row = adam.datasets["ADSL"].frame.to_dicts()[1]
    assert (row["TRT01P"], row["TRT01A"], row["EOSSTT"]) == (None, None, None)
    assert [row[f] for f in ("ENRLFL", "SAFFL", "FASFL", "DLTEVLFL", "COMPLFL")] == ["N"] * 5


@pytest.mark.parametrize("code", ["SCRNFAIL", "Scrnfail", "NOTASSGN", None])
def test_codes_that_mean_no_arm(subject, make, code):
    row = subject(DM=[make["person"]("001", ARMCD=code, ACTARMCD=code)])
    assert (row["ENRLFL"], row["TRT01P"]) == ("N", None)


def test_planned_and_actual_arm_may_differ(subject, make):
    row = subject(DM=[make["person"]("001", ARMCD="MID", ARM="PN-101 mid")])
    assert (row["TRT01P"], row["TRT01A"]) == ("PN-101 mid", "PN-101 low")


@pytest.mark.parametrize(
    ("dose", "treatment", "planned", "dosed"),
    [
        (100.0, "PN-101", "LOW", "Y"),
        (None, "PN-101", "LOW", "Y"),  # a dose that is not stated was given
        (0.0, "PN-101", "LOW", "N"),
        (0.0, "Placebo", "LOW", "Y"),
        (0.0, "PN-101 VEHICLE", "PBO", "Y"),
    ],
)
def test_what_counts_as_a_dose(subject, make, protocol, dose, treatment, planned, dosed):
    plan = replace(protocol, arms=(*protocol.arms, Arm("PBO", "Placebo", 3, 0.0, placebo=True)))
    doses = [{"EXTRT": treatment, "EXDOSE": dose, "EXSTDTC": "2022-01-10"}]
    row = subject(plan, DM=[make["person"]("001", ARMCD=planned)], EX=make["rows"]("EX", "001", doses))
    assert (row["SAFFL"], row["TRTSDT"] is not None) == (dosed, dosed == "Y")


def test_without_exposure_data_the_dates_of_dm_stand_in(subject, make):
    people = [make["person"]("001", RFXSTDTC="2022-01-11", RFXENDTC="2022-01-12")]
    row = subject(EX=None, DM=people)
    assert (row["TRTSDT"], row["TRTEDT"]) == (dt.date(2022, 1, 11), dt.date(2022, 1, 12))


@pytest.mark.parametrize(
    ("left", "evaluable"), [("2022-01-23", "N"), ("2022-01-24", "Y"), ("2022-04-04", "Y")]
)
def test_evaluable_for_toxicity_after_the_whole_window(subject, make, left, evaluable):
    # Window of 14 days after day 1 (10 January): day 15 is 24 January.
    events = [{"DSDECOD": "WITHDRAWAL BY SUBJECT", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": left}]
    row = subject(DS=make["rows"]("DS", "001", events))
    assert (row["DLTEVLFL"], row["EOSSTT"], row["DCSREAS"]) == (
        evaluable,
        "DISCONTINUED",
        "WITHDRAWAL BY SUBJECT",
    )


def test_a_toxicity_makes_an_early_leaver_evaluable(subject, make):
    left = [{"DSDECOD": "ADVERSE EVENT", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2022-01-15"}]
    event = {"AETERM": "Fever", "AETOXGR": "4", "AEREL": "RELATED", "AESTDTC": "2022-01-12"}
    row = subject(DS=make["rows"]("DS", "001", left), AE=make["rows"]("AE", "001", [event]))
    assert row["DLTEVLFL"] == "Y"


def test_ongoing_without_a_disposition(subject):
    row = subject(DS=None)
    assert (row["EOSSTT"], row["COMPLFL"]) == ("ONGOING", "N")


def test_full_analysis_needs_baseline_and_later(subject, make):
    only = [make["result"]("FT", "MMT8TOT", 120, (2.0, "BASELINE", "2022-01-10"))]
    row = subject(QS=None, RS=None, FT=make["rows"]("FT", "001", only))
    assert (row["SAFFL"], row["FASFL"]) == ("Y", "N")


@pytest.mark.parametrize(
    ("age", "cuts", "group"),
    [
        (64.0, "65", "<65"),
        (65.0, "65", ">=65"),
        (17.0, "18 65", "<18"),
        (64.0, "18 65", "18-64"),
        (None, "65", None),
    ],
)
def test_age_groups(subject, make, age, cuts, group):
    assert subject(DM=[make["person"]("001", AGE=age)], settings={"age_cuts": cuts})["AGEGR1"] == group


def test_settings_are_checked(subject):
    for setting in (
        {"age_cuts": "old"},
        {"baseline_rule": "first"},
        {"missing_relation": "?"},
        {"nonsense": "1"},
    ):
        with pytest.raises(UsageError):
            subject(settings=setting)


def test_without_demographics_there_is_one_clear_message(trial, protocol):
    with pytest.raises(InputError, match="no data set DM"):
        derive_adam(trial(DM=None), protocol)


def test_subjects_unknown_to_dm_are_left_out_and_noted(trial, protocol, make):
    stray = make["rows"]("LB", "009", make["laboratory"](1, 1))
    adam = derive_adam(trial(LB=stray), protocol)
    assert adam.datasets["ADLB"].frame.height == 0
    assert adam.notes == ("LB: 10 rows of subjects that DM does not hold.",)


def test_a_folder_with_dm_alone_gives_empty_data_sets(trial, protocol):
    names = ("EX", "DS", "MH", "VS", "QS", "FT", "RS", "LB", "AE")
    adam = derive_adam(trial(**dict.fromkeys(names)), protocol)
    assert {name: d.frame.height for name, d in adam.datasets.items()} == {
        "ADSL": 2, "ADAE": 0, "ADEX": 0, "ADLB": 0, "ADQS": 0, "ADTIS": 0, "ADTTE": 0,
    }  # fmt: skip
