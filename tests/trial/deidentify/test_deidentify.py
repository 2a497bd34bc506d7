"""De-identification: nothing that names a person is left, and everything between two dates is."""

import datetime as dt
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.dataset import Datasets, Variable
from mitograft.trial.deidentify import Rule, deidentify, find_rule, load_rules, subject_code
from mitograft.trial.deidentify.dates import shift_dates, shift_text
from mitograft.trial.deidentify.report import count_cells
from mitograft.trial.formats import FORMATS, encode_dataset
from mitograft.trial.sdtm import exact_day, study_day

ISO = re.compile(rb"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")


def study_days(datasets, name, date):
    """Study days of complete dates, recomputed, by data set and --SEQ in the order of the old subjects."""
    events = datasets[name].frame.with_columns(day=exact_day(date))
    starts = datasets["DM"].frame.select("USUBJID", start=exact_day("RFSTDTC"))
    joined = events.join(starts, on="USUBJID", how="left", maintain_order="left")
    return joined.select(study_day("day", "start")).to_series().to_list()


def by_old_subject(before, after, name, key):
    """The new data set in the order of the old one."""
    codes = {old: subject_code(key, old) for old in before["DM"].frame["USUBJID"]}
    frame = after[name].frame.with_columns(number=pl.col("USUBJID").str.slice(-12))
    order = {codes[old]: place for place, old in enumerate(dict.fromkeys(before[name].frame["USUBJID"]))}
    places = frame["number"].replace_strict(order, return_dtype=pl.Int64)
    return frame.drop("number").with_columns(place=places).sort("place", maintain_order=True).drop("place")


# Nothing is left


def test_no_word_of_a_person_is_in_the_bytes_of_any_format(made, key):
    done = deidentify(made, key, smallest_group=2)
    words = [
        b"QX100",
        b"KORA",
        b"LIMA",
        b"Zimmermann",
        b"wedding",
        b"husband",
        b"Gangnam",
        b"REL-QX",
        b"PAGE7",
    ]
    words += [b"E-77", b"sponsor", b"GROUPA", b"refused", b"letter", b"12APR2022"]
    before = {d.name: encode_dataset(d, "ndjson") for d in made.values()}
    assert all(any(word in data for data in before.values()) for word in words)
    for form in FORMATS:
        for dataset in done.datasets.values():
            if form in ("parquet", "xlsx"):  # compressed: look at the cells
                data = str(dataset.frame.to_dicts()).encode()
            else:
                data = encode_dataset(dataset, form)
            assert not [word for word in words if word in data]


def test_no_date_and_no_year_of_the_study_is_left(made, key):
    before = set(ISO.findall(b"".join(encode_dataset(d, "ndjson") for d in made.values())))
    done = deidentify(made, key)
    after = set(
        ISO.findall(b"".join(encode_dataset(d, "ndjson", created="") for d in done.datasets.values()))
    )
    assert len(before) > 15
    assert after
    assert not before & after
    born = {date for date in before if date < b"2000"}
    assert not {date[:4] for date in after} & {date[:4] for date in before - born}


def test_nothing_leads_back_without_the_key(made, key):
    one = deidentify(made, key).datasets["DM"].frame
    other = deidentify(made, key + b"!").datasets["DM"].frame
    assert not set(one["USUBJID"]) & set(other["USUBJID"])
    with pytest.raises(UsageError, match="found a key of 15 bytes; expected 16"):
        deidentify(made, b"0123456789abcde")


def test_rows_come_in_an_order_that_says_nothing(made, key):
    done = deidentify(made, key).datasets
    for dataset in done.values():
        if "USUBJID" in dataset.frame.columns:
            assert dataset.frame["USUBJID"].is_sorted()
        assert dataset.origins is None
        assert not dataset.source


# What stays


def test_study_days_are_the_same_before_and_after(made, key):
    done = deidentify(made, key).datasets
    for name, date in (("AE", "AESTDTC"), ("AE", "AEENDTC"), ("LB", "LBDTC"), ("DM", "RFICDTC")):
        after = done.with_items(
            [type(done[name])(name, "", by_old_subject(made, done, name, key), done[name].variables)]
        )
        days = study_days(made, name, date)
        assert any(day is not None for day in days)
        assert study_days(after, name, date) == days
    assert by_old_subject(made, done, "AE", key)["AESTDY"].to_list() == [2.0, None, 1.0, None]


def test_study_days_of_the_pilot_are_the_same(read_pilot_sdtm, key):
    done = deidentify(read_pilot_sdtm, key).datasets
    for name, date in (("AE", "AESTDTC"), ("VS", "VSDTC"), ("DS", "DSSTDTC")):
        after = done.with_items(
            [
                type(done[name])(
                    name, "", by_old_subject(read_pilot_sdtm, done, name, key), done[name].variables
                )
            ]
        )
        days = study_days(read_pilot_sdtm, name, date)
        assert sum(day is not None for day in days) > 500
        assert study_days(after, name, date) == days
    subjects = {s for d in read_pilot_sdtm.values() for s in d.frame["USUBJID"]}
    numbers = set(read_pilot_sdtm["DM"].frame["SUBJID"])
    for dataset in done.values():
        data = encode_dataset(dataset, "ndjson").decode()
        assert not [subject for subject in subjects if subject in data]
        cells = {
            str(c) for col in dataset.frame.iter_columns() if col.dtype == pl.String for c in col.unique()
        }
        assert not numbers & {cell for cell in cells if not cell.isdecimal()}


def test_dates_of_sdtm_and_adam_move_alike(made, key):
    done = deidentify(made, key).datasets
    old = made["ADSL"].frame["TRTSDT"][0]
    new = by_old_subject(made, done, "ADSL", key)["TRTSDT"][0]
    first = by_old_subject(made, done, "DM", key)["RFSTDTC"].to_list()
    assert first[0] == new.isoformat()
    assert first[1].endswith("T09:30")
    assert first[5] is None
    seconds = by_old_subject(made, done, "ADSL", key)["TRTSDTM"][0] - made["ADSL"].frame["TRTSDTM"][0]
    assert seconds == (new - old).days * 86_400
    shifts = {
        (b - a).days
        for a, b in zip(
            made["ADSL"].frame["TRTSDT"], by_old_subject(made, done, "ADSL", key)["TRTSDT"], strict=True
        )
        if a is not None
    }
    assert len(shifts) == 5  # each subject its own
    assert max(shifts) - min(shifts) < 365
    assert max(shifts) < -365


def test_partial_dates_stay_partial(made, key):
    events = by_old_subject(made, deidentify(made, key).datasets, "AE", key)
    assert [len(date) for date in events["AESTDTC"]] == [10, 7, 16, 4]
    assert [date and len(date) for date in events["AEENDTC"]] == [None, 4, None, 10]


def test_one_subject_has_one_code_everywhere(made, key):
    done = deidentify(made, key).datasets
    old = made["DM"].frame["USUBJID"][0]
    number = subject_code(key, old)
    new = next(s for s in done["DM"].frame["USUBJID"] if s.endswith(number))
    assert re.fullmatch(r"PN-TEST-S0[01]-[A-Z2-7]{12}", new)
    for name in ("AE", "SUPPAE", "RELREC", "ADSL"):
        assert new in done[name].frame["USUBJID"].to_list()
    assert number in done["DM"].frame["SUBJID"].to_list()
    assert number in done["ADSL"].frame["SUBJID"].to_list()
    events, related = done["AE"].frame, done["RELREC"].frame
    group = events.filter(pl.col("USUBJID") == new)["AEGRPID"].drop_nulls().to_list()
    assert related["IDVARVAL"].to_list() == [group[0], None, "1"]
    assert done["SUPPAE"].frame["IDVARVAL"].to_list() == ["1", group[0]]
    assert related["RELID"].n_unique() == 1


def test_results_terms_and_design_stay(made, key):
    done = deidentify(made, key).datasets
    lab = by_old_subject(made, done, "LB", key)
    assert lab["LBORRES"].to_list() == ["5.1", "<3", "HEMOLYSED"] * 4 + [None] * 3
    assert lab["VISIT"].to_list() == ["WEEK 1"] * 12 + [None, None, "WEEK 1"]
    assert lab["LBSTRESN"].to_list() == [5.1] * 15
    events = by_old_subject(made, done, "AE", key)
    assert events["AEDECOD"].to_list() == ["Headache", "Pyrexia", "Cough", "Rash"]
    assert events["AETERM"].to_list() == events["AEDECOD"].to_list()
    assert events["AEZZZ"].null_count() == 4
    assert done["TV"].frame.equals(made["TV"].frame)
    assert done["SUPPAE"].frame["QNAM"].to_list() == ["AEDLT", "AEDLT"]
    assert done["ADSL"].frame["MYNUMBER"].null_count() == 6
    assert done["ADSL"].frame["SAFFL"].value_counts().sort("SAFFL").rows() == [("N", 1), ("Y", 5)]


def test_a_term_without_code_is_redacted(made, key):
    frame = made["AE"].frame.with_columns(AEDECOD=pl.lit(None, dtype=pl.String))
    uncoded = type(made["AE"])("AE", "", frame, made["AE"].variables)
    done = deidentify(made.with_items([uncoded]), key).datasets
    assert done["AE"].frame["AETERM"].to_list() == ["REDACTED"] * 4


def test_ages_over_89_are_one_group(made, key):
    done = deidentify(made, key)
    # 45 CFR 164.514(b)(2)(i)(C): 89 stays, 90 and 101 are "90 or older"
    assert sorted(done.datasets["DM"].frame["AGE"]) == [34.0, 61.0, 62.0, 89.0, 90.0, 90.0]
    assert done.report.ages == 2  # 101 in DM and in ADSL
    months = made["DM"].frame.with_columns(AGEU=pl.lit("MONTHS"), AGE=pl.col("AGE") * 12)
    other = Datasets([type(made["DM"])("DM", "", months, made["DM"].variables)])
    assert sorted(deidentify(other, key).datasets["DM"].frame["AGE"])[-2:] == [1080.0, 1080.0]


# Places and cells


def test_small_places_are_grouped(made, key):
    done = deidentify(made, key, smallest_group=2)
    # LIMA has one subject: it takes the next larger site along, which is all there is.
    assert set(done.datasets["DM"].frame["SITEID"]) == {"S00"}
    assert done.report.sites == (2, 1)
    assert done.datasets["DM"].frame["COUNTRY"].to_list().count("KOR") == 5
    assert done.datasets["DM"].frame["COUNTRY"].null_count() == 1


def test_cells_are_counted(made, key):
    report = deidentify(made, key, smallest_group=2).report
    assert report.smallest_cell == 1
    assert sum(cell.subjects for cell in report.small_cells) == len(report.small_cells)
    assert all(cell.subjects < 2 for cell in report.small_cells)
    ages = {dict(cell.values)["AGE"] for cell in report.small_cells}
    assert ages <= {"<18", "18-44", "45-64", "65-89", ">89"}
    assert "18-44" in ages
    said = "\n".join(report.lines())
    assert "6 subjects recoded; 2 sites became 1." in said
    assert "AE AETERM: 4 (the words of the investigator; the coded term stands in their place)" in said
    assert "ZZ : 1 (a data set without subjects that is not known)" in said


def test_age_groups_begin_where_they_say(made):
    frame = pl.DataFrame({"AGE": [17.0, 18.0, 44.0, 45.0, 64.0, 65.0, 89.0, 90.0, None]})
    subjects = type(made["DM"])("DM", "", frame, (Variable("AGE", "", "number"),))
    cells, least = count_cells(subjects, (18.0, 45.0, 65.0), 89.0)
    found = {cell.values[0][1]: cell.subjects for cell in cells}
    assert found == {"<18": 1, "18-44": 2, "45-64": 2, "65-89": 2, ">89": 1, "": 1}
    assert least == 1


def test_subjects_alike_are_no_small_cell(made, key):
    frame = made["DM"].frame.with_columns(
        AGE=pl.lit(50.0), SEX=pl.lit("F"), RACE=pl.lit("ASIAN"), SITEID=pl.lit("KORA"), COUNTRY=pl.lit("KOR")
    )
    alike = Datasets([type(made["DM"])("DM", "", frame, made["DM"].variables)])
    report = deidentify(alike, key).report
    assert (report.smallest_cell, report.small_cells, report.sites) == (6, (), (1, 1))


# Rules


def test_a_users_rule_comes_first(made, key):
    keep = Rule("AE", "AEZZZ", "keep", "harmless here")
    done = deidentify(made, key, rules=[keep], qualifiers=["AENOTE"]).datasets
    assert done["AE"].frame["AEZZZ"].null_count() == 0
    assert done["SUPPAE"].frame["QVAL"].to_list() == ["Y", "told by the husband", "Y"]


def test_wrong_rules_and_data_are_refused(made, key):
    with pytest.raises(UsageError, match="found action 'hide'"):
        Rule("AE", "AETERM", "hide", "")
    with pytest.raises(UsageError, match="expected a regular expression"):
        Rule("AE", "[", "keep", "")
    with pytest.raises(UsageError, match="no subjects"):
        deidentify(Datasets([made["TV"]]), key)
    with pytest.raises(UsageError, match="groups of 1"):
        deidentify(made, key, smallest_group=1)


def test_shipped_rules():
    assert len(load_rules()) > 20
    for dataset, variable, action in [
        ("DM", "USUBJID", "subject"),
        ("AE", "AESTDTC", "date"),
        ("ADSL", "TRTSDT", "date"),
        ("DM", "BRTHDTC", "drop"),
        ("ADSL", "BRTHDT", "drop"),
        ("ADAE", "ASTDTF", "keep"),
        ("ADSL", "TRTSDTM", "seconds"),
        ("CM", "CMTRT", "coded"),
        ("EX", "EXTRT", "keep"),
        ("EX", "EXLOT", "code"),
        ("LB", "LBNRIND", "keep"),
        ("ADLB", "ANRIND", "keep"),
        ("ADTTE", "CNSR", "keep"),
        ("ADTIS", "CRIT1FL", "keep"),
        ("DM", "ANYTHING", "drop"),
        ("AE", "AEACNOTH", "drop"),
    ]:
        assert (variable, find_rule(dataset, variable).action) == (variable, action)


# Laws of the shift

DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2100, 12, 31))


@given(DAYS, DAYS, st.integers(-40_000, -1))
def test_the_shift_keeps_what_lies_between(one, other, days):
    cells = pl.Series([one.isoformat(), f"{other.isoformat()}T10:30"])
    shifted = shift_text(cells, pl.Series([days, days])).to_list()
    new = [dt.date.fromisoformat(text[:10]) for text in shifted]
    assert (new[1] - new[0]) == (other - one)
    assert (new[0] - one).days == days
    assert shifted[1][10:] == "T10:30"
    assert shift_dates(pl.Series([one, other]), pl.Series([days, days])).to_list() == new


@given(DAYS, st.integers(-40_000, -1), st.sampled_from([7, 4]))
def test_a_partial_date_stays_near_the_whole_one(day, days, length):
    whole, part = shift_text(pl.Series([day.isoformat(), day.isoformat()[:length]]), pl.Series([days] * 2))
    assert len(part) == length
    middle = dt.date.fromisoformat(f"{part}-15" if length == 7 else f"{part}-07-02")
    assert abs((dt.date.fromisoformat(whole) - middle).days) <= (31 if length == 7 else 366)


def test_what_is_no_date_is_emptied():
    cells = ["2023-02-30", "unknown", "1899-12-31", "2200-01-01", "--04-15", "", None]
    assert shift_text(pl.Series(cells), pl.Series([-5] * 7)).to_list() == [None] * 7


def test_the_order_of_rows_and_data_sets_does_not_matter(made, key):
    mixed = Datasets(
        [type(d)(d.name, d.label, d.frame.reverse(), d.variables) for d in reversed(list(made.values()))]
    )
    one, other = deidentify(made, key), deidentify(mixed, key)
    for name, dataset in one.datasets.items():
        columns = dataset.frame.columns
        assert dataset.frame.sort(columns).equals(other.datasets[name].frame.sort(columns))
    assert one.report.small_cells == other.report.small_cells
    assert deidentify(made, key).datasets["AE"].frame.equals(one.datasets["AE"].frame)
