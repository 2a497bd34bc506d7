"""Adverse events: imputed dates, treatment-emergent events, dose-limiting toxicity, first occurrences."""

import datetime as dt

import pytest

from mitograft.trial.adam import derive_adam

DOSE = dt.date(2022, 1, 10)
EVENT = {
    "AETERM": "Fever",
    "AEDECOD": "Pyrexia",
    "AEBODSYS": "General disorders",
    "AETOXGR": "3",
    "AEREL": "RELATED",
}


@pytest.fixture
def events(trial, protocol, make):
    """Derive ADAE of one subject with the given events; each row is a change of EVENT."""

    def derive(*changes, plan=protocol, **domains):
        rows = make["rows"]("AE", "001", [EVENT | change for change in changes])
        return (
            derive_adam(trial(AE=rows, **domains), plan, datasets=["ADAE"]).datasets["ADAE"].frame.to_dicts()
        )

    return derive


# Start, end, expected start, flag, treatment-emergent. The dose was given on 10 January 2022 at 10:00.
# Rule: the first possible day; the day of the first dose where that is a possible day of a partial date and
# the event did not end before it (trap 16 of the clinical facts: such a start decides TRTEMFL).
STARTS = [
    ("2022-01-12", None, dt.date(2022, 1, 12), None, "Y"),
    ("2022-01-09", None, dt.date(2022, 1, 9), None, None),
    ("2022-01-10", None, DOSE, None, "Y"),
    ("2022-01-10T09:59", None, DOSE, None, None),
    ("2022-01-10T10:00", None, DOSE, None, "Y"),
    ("2022-01", None, DOSE, "D", "Y"),
    ("2022-01", "2022-01-09", dt.date(2022, 1, 1), "D", None),
    ("2022-01", "2022-01", DOSE, "D", "Y"),
    ("2022-02", None, dt.date(2022, 2, 1), "D", "Y"),
    ("2021-12", None, dt.date(2021, 12, 1), "D", None),
    ("2022", None, DOSE, "M", "Y"),
    ("2022", "2022-01-05", dt.date(2022, 1, 1), "M", None),
    ("2022---15", None, dt.date(2022, 1, 15), "M", "Y"),  # the 10th is no possible day
    ("2021", None, dt.date(2021, 1, 1), "M", None),
    (None, None, None, None, "Y"),
    (None, "2022-01-09", None, None, None),
    (None, "2022-01-10", None, None, "Y"),
]


@pytest.mark.parametrize(("start", "end", "expected", "flag", "emergent"), STARTS)
def test_start_and_emergence(events, start, end, expected, flag, emergent):
    (row,) = events({"AESTDTC": start, "AEENDTC": end})
    assert (row["ASTDT"], row["ASTDTF"], row["TRTEMFL"]) == (expected, flag, emergent)


def test_study_day_has_no_zero(events):
    days = [row["ASTDY"] for row in events({"AESTDTC": "2022-01-09"}, {"AESTDTC": "2022-01-10"})]
    assert days == [-1, 1]


@pytest.mark.parametrize(
    ("end", "death", "cutoff", "expected", "flag"),
    [
        ("2022-02-03", None, None, dt.date(2022, 2, 3), None),
        ("2022-02", None, None, dt.date(2022, 2, 28), "D"),
        ("2024-02", None, None, dt.date(2024, 2, 29), "D"),
        ("2022", None, None, dt.date(2022, 12, 31), "M"),
        ("2022-02", "2022-02-10", None, dt.date(2022, 2, 10), "D"),
        ("2022-02", None, "2022-02-20", dt.date(2022, 2, 20), "D"),
        ("2022-02", "2022-02-10", "2022-02-05", dt.date(2022, 2, 5), "D"),
        ("2022-02-03", "2022-01-20", None, dt.date(2022, 2, 3), None),  # collected dates are never moved
        (None, "2022-02-10", None, None, None),
    ],
)
def test_end_is_never_imputed_past_death_or_cutoff(  # noqa: PLR0917  the table's columns
    events, make, protocol, end, death, cutoff, expected, flag
):
    from dataclasses import replace

    people = [make["person"]("001", DTHDTC=death, DTHFL="Y" if death else None)]
    (row,) = events(
        {"AESTDTC": "2022-01-12", "AEENDTC": end}, plan=replace(protocol, cutoff=cutoff), DM=people
    )
    assert (row["AENDT"], row["AENDTF"]) == (expected, flag)


@pytest.mark.parametrize(
    ("change", "dlt"),
    [
        ({}, "RULE"),
        ({"AETOXGR": "2"}, None),
        ({"AETOXGR": "5"}, "RULE"),
        ({"AEREL": "NOT RELATED"}, None),
        ({"AEREL": None}, "RULE"),  # no causality given: the cautious reading
        ({"AEREL": "UNLIKELY"}, None),
        ({"AESTDTC": "2022-01-24"}, "RULE"),  # day 15, the last of the window of 14 days after day 1
        ({"AESTDTC": "2022-01-25"}, None),
        ({"AESTDTC": "2022-01-09"}, None),
        ({"AEDECOD": "Blood creatine phosphokinase increased"}, None),  # the disease itself
        ({"AEDECOD": None, "AETERM": "raised CPK"}, None),
    ],
)
def test_dose_limiting_by_rule(events, change, dlt):
    (row,) = events({"AESTDTC": "2022-01-12"} | change)
    assert (row["DLTBASIS"], row["DLTFL"]) == (dlt, "Y" if dlt else None)


def test_the_investigators_mark_counts(events):
    mark = {
        "STUDYID": "PN-101-101",
        "RDOMAIN": "AE",
        "IDVAR": "AESEQ",
        "IDVARVAL": "1",
        "QNAM": "AEDLT",
        "QVAL": "Y",
    }
    marks = [mark | {"USUBJID": "PN-101-101-01-001"}]
    mild = {"AESTDTC": "2022-01-12", "AETOXGR": "1"}
    rows = events(mild, mild, SUPPAE=marks)
    assert [row["DLTBASIS"] for row in rows] == ["INVESTIGATOR", None]
    assert events({"AESTDTC": "2022-01-12"}, SUPPAE=marks)[0]["DLTBASIS"] == "BOTH"


def test_a_mark_of_no_is_no_mark(events):
    mark = {"USUBJID": "PN-101-101-01-001", "IDVAR": "AESEQ", "IDVARVAL": "1", "QNAM": "AEDLT", "QVAL": "N"}
    assert events({"AESTDTC": "2022-01-12", "AETOXGR": "1"}, SUPPAE=[mark])[0]["DLTFL"] is None


def test_first_occurrences(events):
    rows = events(
        {"AESTDTC": "2022-01-20"},
        {"AESTDTC": "2022-01-05"},  # before the dose: never first
        {"AESTDTC": "2022-01-15"},
        {"AESTDTC": "2022-01-15", "AEDECOD": "Chills"},
        {"AESTDTC": "2022-01-18", "AEDECOD": "Headache", "AEBODSYS": "Nervous system disorders"},
    )
    assert [row["AOCCFL"] for row in rows] == [None, None, "Y", None, None]
    assert [row["AOCCSFL"] for row in rows] == [None, None, "Y", None, "Y"]
    assert [row["AOCCPFL"] for row in rows] == [None, None, "Y", "Y", "Y"]


def test_the_dictionary_fills_only_what_is_empty(trial, protocol, make):
    from mitograft.trial.coding import invented_dictionary

    dictionary = invented_dictionary()
    rows = make["rows"](
        "AE",
        "001",
        [{"AETERM": "headache"}, {"AETERM": "headache", "AEDECOD": "Own term", "AEBODSYS": "Own class"}],
    )
    adam = derive_adam(trial(AE=rows), protocol, dictionary=dictionary)
    frame = adam.datasets["ADAE"].frame
    coded = dictionary.code("headache")
    assert coded is not None
    assert frame["AEDECOD"].to_list() == [coded.pt, "Own term"]
    assert frame["AEBODSYS"].to_list() == [coded.soc, "Own class"]


def test_unknown_words_of_causality_are_noted(trial, protocol, make):
    rows = make["rows"]("AE", "001", [{"AETERM": "Fever", "AEREL": "PERHAPS"}])
    adam = derive_adam(trial(AE=rows), protocol)
    assert adam.datasets["ADAE"].frame["AREL"].to_list() == ["RELATED"]
    assert any("AEREL" in note for note in adam.notes)
