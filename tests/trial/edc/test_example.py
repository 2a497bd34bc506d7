"""The shipped REDCap example, worked by hand from its two subjects."""

import csv
from pathlib import Path

import polars as pl
import pytest

import mitograft.trial.edc
from mitograft.trial.edc import read_edc, read_edc_with_report
from mitograft.trial.sdtm.domains import domain_variables

EXAMPLE = Path(mitograft.trial.edc.__file__).parent / "example"


@pytest.fixture(scope="module")
def read(protocol):
    return read_edc_with_report(EXAMPLE, protocol)


def row(frame, *columns, **where):
    found = frame.filter([pl.col(name) == value for name, value in where.items()]).select(columns)
    assert found.height == 1, found
    return found.row(0)


def test_every_data_set_has_the_variables_of_the_trial(read):
    for name, dataset in read[0].items():
        always = {item.name for item in domain_variables(name) if item.always}
        assert always <= set(dataset.frame.columns), name
    assert list(read[0])[:3] == ["DM", "EX", "AE"]
    assert {"TA", "TE", "TV", "TI", "TS"} <= set(read[0])


def test_a_treated_subject(read):
    dm = read[0]["DM"].frame
    names = (
        "SUBJID",
        "RFSTDTC",
        "RFXENDTC",
        "RFICDTC",
        "RFENDTC",
        "RFPENDTC",
        "AGE",
        "AGEU",
        "SEX",
        "RACE",
        "ACTARM",
    )
    assert row(dm, *names, USUBJID="PN-101-101-01-001") == (
        "001", "2023-01-23T10:30", "2023-01-23T11:00", "2023-01-09", "2023-04-17", "2023-04-17", 53.0,
        "YEARS", "F", "ASIAN", "PN-101 low",
    )  # fmt: skip


def test_a_screen_failure_has_no_arm_and_no_reference_date(read):
    names = ("RFSTDTC", "RFENDTC", "RFPENDTC", "ARMCD", "ARM", "ACTARMCD", "DTHFL", "RACE", "ETHNIC")
    assert row(read[0]["DM"].frame, *names, SUBJID="002") == (
        None, None, "2023-02-08", None, None, None, None, "MULTIPLE", "NOT REPORTED",
    )  # fmt: skip


def test_partial_dates_stay_partial(read):
    mh = read[0]["MH"].frame
    assert row(mh, "MHSTDTC", MHDECOD="DERMATOMYOSITIS") == ("2019",)
    assert row(mh, "MHSTDTC", MHTERM="Hypertension") == ("2015---12",)
    assert row(mh, "MHSTDTC", MHTERM="Appendectomy") == ("1988",)
    assert row(read[0]["AE"].frame, "AEENDTC", AETERM="Infusion related reaction") == ("2023-01",)


def test_a_supplement_names_the_number_of_its_event(read):
    ae, supp = read[0]["AE"].frame, read[0]["SUPPAE"].frame
    (number,) = row(ae, "AESEQ", AETERM="Infusion related reaction")
    assert number == 1.0  # it began before the headache, which was entered first
    assert supp.select("IDVAR", "IDVARVAL", "QNAM", "QVAL", "QEVAL").rows() == [
        ("AESEQ", "1", "AEDLT", "Y", "INVESTIGATOR")
    ]


def test_results_and_limits_are_in_standard_units(read):
    lb = read[0]["LB"].frame
    names = ("LBORRES", "LBORRESU", "LBORNRHI", "LBSTRESC", "LBSTRESN", "LBSTRESU", "LBSTNRHI", "LBNRIND")
    one = {"USUBJID": "PN-101-101-01-001", "VISIT": "SCREENING"}
    # 0.62 mg/dL x 88.4 = 54.808 umol/L; the words of the coded unit.
    assert row(lb, *names, LBTESTCD="CREAT", **one) == (
        "0.62", "mg/dL", "1.1", "54.808", 54.808, "umol/L", 97.24, "NORMAL",
    )  # fmt: skip
    assert row(lb, *names, LBTESTCD="CK", **one) == (
        "1450", "U/L", "200", "1450", 1450.0, "U/L", 200.0, "HIGH",
    )  # fmt: skip
    assert row(lb, "LBSTRESC", "LBSTRESN", "LBNRIND", LBTESTCD="CREAT", VISIT="WEEK 2") == (
        "<44.2",
        None,
        None,
    )
    assert row(lb, "LBSTRESN", "LBSTRESU", "LBNRIND", LBTESTCD="HGB", VISIT="WEEK 2") == (
        131.0,
        "g/L",
        "NORMAL",
    )
    assert row(lb, "LBDTC", LBTESTCD="HGB", VISIT="WEEK 2") == ("2023-02-05",)


def test_unscheduled_visits_are_numbered_after_the_visit_before(read):
    sv = read[0]["SV"].frame.filter(pl.col("USUBJID") == "PN-101-101-01-001")
    assert sv.select("VISITNUM", "VISIT").rows()[2:5] == [
        (4.0, "WEEK 2"),
        (4.1, "UNSCHEDULED"),
        (4.2, "UNSCHEDULED"),
    ]
    lb = read[0]["LB"].frame.filter(pl.col("VISIT") == "UNSCHEDULED")
    assert lb.select("VISITNUM", "LBSTRESN").rows() == [(4.1, 910.0), (4.2, 760.0)]


def test_every_row_can_be_found_again(read):
    """The last step of a trace: the cell of the file says what SDTM says."""
    with (EXAMPLE / "records.csv").open(encoding="utf-8", newline="") as stream:
        rows = dict(enumerate(csv.DictReader(stream), start=2))
    for domain, value in (("LB", "LBORRES"), ("QS", "QSORRES"), ("VS", "VSORRES"), ("FT", "FTORRES")):
        dataset = read[0][domain]
        assert dataset.origins.height == dataset.frame.height > 0
        for index, text in enumerate(dataset.frame[value]):
            origin = dataset.origin(index)
            assert rows[origin.row][origin.fields[0]] == text
    subject = read[0]["DM"].origin(0)
    assert (subject.file, subject.row) == ("records.csv", 2)
    assert {"site", "brthdat", "race___1"} <= set(subject.fields)


def test_the_report_says_what_was_done(read):
    report = read[1]
    assert report.left_out == (("visit", "visnote"),)
    assert (report.records, report.form_rows["adverse_events"], report.rows["AE"]) == (13, 2, 2)
    assert report.changes["codes for no value"] == 1
    lb = read[0]["LB"].frame.filter(pl.col("LBORRESU") != pl.col("LBSTRESU"))
    assert report.changes["converted to the standard unit"] == lb.height


def test_order_of_subjects_in_the_export_does_not_matter(read, folder, protocol):
    path = folder / "records.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([head, lines[-1], *lines[:-1]]), encoding="utf-8")
    moved = read_edc(folder, protocol)
    for name, dataset in read[0].items():
        assert moved[name].frame.equals(dataset.frame), name


def test_the_unit_of_entry_does_not_matter(read, change, folder, protocol):
    # Albumin entered in g/L instead of g/dL.
    change(
        "mapping.toml",
        'field = "alb", unit = "g/dL", low = 3.5, high = 5.2',
        'field = "alb", unit = "g/L", low = 35, high = 52',
    )
    text = (folder / "records.csv").read_text(encoding="utf-8")
    (folder / "records.csv").write_text(text.replace("0.6,3.9", "0.6,39"), encoding="utf-8")
    columns = ["USUBJID", "VISITNUM", "LBSTRESN", "LBSTRESU", "LBSTNRLO", "LBSTNRHI", "LBNRIND"]
    albumin = [
        data["LB"].frame.filter(pl.col("LBTESTCD") == "ALB").select(columns)
        for data in (read[0], read_edc(folder, protocol))
    ]
    assert albumin[0].equals(albumin[1])
    assert albumin[0].height == 5
