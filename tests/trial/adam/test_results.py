"""Results: baseline, change, visits and windows, the analysed record, reference range, grades, exposure."""

import pytest

from mitograft.trial.adam import derive_adam

CK = {"LBCAT": "CHEMISTRY", "LBSTNRLO": 30.0, "LBSTNRHI": 200.0}


@pytest.fixture
def laboratory(trial, protocol, make):
    """Derive ADLB of records given as (visit number, visit, date, value)."""

    def derive(*records, code="CK", settings=None, **more):
        rows = [make["result"]("LB", code, value, (number, name, date), unit="U/L", **(CK | more))
                for number, name, date, value in records]  # fmt: skip
        data = trial(LB=make["rows"]("LB", "001", rows))
        return derive_adam(data, protocol, settings=settings).datasets["ADLB"].frame.to_dicts()

    return derive


SCREENING = (1.0, "SCREENING", "2021-12-27", 100.0)
BASELINE = (2.0, "BASELINE", "2022-01-10", 110.0)
WEEK12 = (7.0, "WEEK 12", "2022-04-04", 120.0)


def test_baseline_is_the_last_value_up_to_the_first_dose(laboratory):
    rows = laboratory(SCREENING, BASELINE, WEEK12)
    assert [row["ABLFL"] for row in rows] == [None, "Y", None]
    assert [row["BASE"] for row in rows] == [110, 110, 110]
    assert [row["CHG"] for row in rows] == [None, 0, 10]
    assert rows[2]["PCHG"] == pytest.approx(100 * 10 / 110)


def test_a_value_after_the_dose_on_the_same_day_is_no_baseline(laboratory):
    # The dose was given at 10:00.
    rows = laboratory(SCREENING, (2.0, "BASELINE", "2022-01-10T10:01", 110.0), WEEK12)
    assert [row["ABLFL"] for row in rows] == ["Y", None, None]
    rows = laboratory(SCREENING, (2.0, "BASELINE", "2022-01-10T10:00", 110.0), WEEK12)
    assert [row["ABLFL"] for row in rows] == [None, "Y", None]


def test_baseline_by_the_visit_of_the_protocol(laboratory):
    unscheduled = (2.1, "UNSCHEDULED", "2022-01-10", 115.0)
    last = laboratory(SCREENING, BASELINE, unscheduled)
    visit = laboratory(SCREENING, BASELINE, unscheduled, settings={"baseline_rule": "visit"})
    assert [row["BASE"] for row in last] == [115] * 3
    assert [row["BASE"] for row in visit] == [110] * 3


def test_a_missing_baseline_leaves_change_empty(laboratory):
    rows = laboratory(WEEK12)
    assert (rows[0]["BASE"], rows[0]["CHG"], rows[0]["SHIFT1"]) == (None, None, None)


@pytest.mark.parametrize(
    ("number", "name", "date", "visit", "outside"),
    [
        (3.0, "WEEK 1", "2022-01-17", "WEEK 1", None),  # day 8, the target
        (3.0, "WEEK 1", "2022-01-18", "WEEK 1", None),  # day 9, the last of the window
        (3.0, "WEEK 1", "2022-01-19", "WEEK 1", "Y"),  # day 10: outside, still analysed as planned
        (3.1, "UNSCHEDULED", "2022-01-16", "WEEK 1", None),  # day 7 lies in the window of week 1
        (3.1, "UNSCHEDULED", "2022-01-20", "UNSCHEDULED", None),  # between the windows
        (3.0, "week 1", "2022-01-17", "WEEK 1", None),
    ],
)
def test_visits_and_windows(laboratory, number, name, date, visit, outside):
    (row,) = laboratory((number, name, date, 100.0))
    assert (row["AVISIT"], row["OUTWFL"]) == (visit, outside)
    assert row["AVISITN"] == (3.1 if visit == "UNSCHEDULED" else 3)


def test_the_analysed_record_is_the_nearest_then_the_later(laboratory):
    near, far = (3.0, "WEEK 1", "2022-01-17", 1.0), (3.0, "WEEK 1", "2022-01-18", 2.0)
    before, after = (3.0, "WEEK 1", "2022-01-16", 3.0), (3.1, "UNSCHEDULED", "2022-01-18", 4.0)
    assert [r["ANL01FL"] for r in laboratory(near, far)] == ["Y", None]
    assert {r["AVAL"]: r["ANL01FL"] for r in laboratory(before, after)} == {3.0: None, 4.0: "Y"}
    assert [r["ANL01FL"] for r in laboratory(near, near)] == [None, "Y"]


def test_at_the_baseline_visit_the_baseline_record_is_analysed(laboratory):
    rows = laboratory(BASELINE, (2.0, "BASELINE", "2022-01-10T12:00", 130.0))
    assert {r["AVAL"]: r["ANL01FL"] for r in rows} == {110.0: "Y", 130.0: None}


@pytest.mark.parametrize(
    ("value", "indicator"), [(29.9, "LOW"), (30.0, "NORMAL"), (200.0, "NORMAL"), (200.1, "HIGH")]
)
def test_limits_of_the_range_are_normal(laboratory, value, indicator):
    assert laboratory((2.0, "BASELINE", "2022-01-10", value))[0]["ANRIND"] == indicator


def test_without_limits_the_collected_indicator_stays(laboratory):
    (row,) = laboratory(BASELINE, LBSTNRLO=None, LBSTNRHI=None, LBNRIND="HIGH")
    assert row["ANRIND"] == "HIGH"


def test_shift_in_words(laboratory):
    rows = laboratory(BASELINE, (7.0, "WEEK 12", "2022-04-04", 900.0))
    assert [row["SHIFT1"] for row in rows] == ["Normal to Normal", "Normal to High"]
    # CTCAE 5.0, CPK increased: above 2.5 to 5 times the upper limit is grade 2.
    assert [(row["ATOXGR"], row["BTOXGR"], row["SHIFT2"]) for row in rows] == [
        ("0", "0", "0 to 0"),
        ("2", "0", "0 to 2"),
    ]


def test_an_unlisted_test_gets_a_name_with_its_unit(laboratory):
    (row,) = laboratory(BASELINE, code="ZINC")
    assert (row["PARAMCD"], row["PARAM"], row["PARAMN"]) == ("ZINC", "Zinc (U/L)", 1001)


def test_exposure(trial, protocol, make):
    doses = [
        {"EXTRT": "PN-101", "EXDOSE": 100.0, "EXDOSU": "ug", "EXSTDTC": "2022-01-10"},
        {"EXTRT": "PN-101", "EXDOSE": 50.0, "EXDOSU": "ug", "EXSTDTC": "2022-01-20"},
    ]
    frame = derive_adam(trial(EX=make["rows"]("EX", "001", doses)), protocol).datasets["ADEX"].frame
    assert frame.select("PARAMCD", "AVAL", "ADY").rows() == [
        ("DOSE", 100, 1), ("DOSE", 50, 11), ("TOTDOSE", 150, 1), ("NDOSES", 2, 1),
    ]  # fmt: skip


def test_a_total_needs_every_dose(trial, protocol, make):
    doses = [{"EXTRT": "PN-101", "EXDOSE": d, "EXDOSU": "ug", "EXSTDTC": "2022-01-10"} for d in (100.0, None)]
    frame = derive_adam(trial(EX=make["rows"]("EX", "001", doses)), protocol).datasets["ADEX"].frame
    assert dict(frame.filter(frame["PARAMCD"] != "DOSE").select("PARAMCD", "AVAL").rows()) == {
        "TOTDOSE": None, "NDOSES": 2,
    }  # fmt: skip
