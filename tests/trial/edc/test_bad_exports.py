"""What is wrong with a mapping or an export is said whole, with its place, and without a patient's values."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitograft.errors import InputError, UsageError, UserError
from mitograft.trial.edc import read_edc

MAPPING = [
    ('domain = "AE"', 'domain = "QQ"', "unknown-domain"),
    ('domain = "AE"', 'domain = "DM"', "unknown-domain"),
    ('AETERM = "aeterm"', 'AETERN = "aeterm"', "unknown-variable"),
    ('AETERM = "aeterm"', 'USUBJID = "aeterm"', "unknown-variable"),
    ('AETERM = "aeterm"', 'AETERM = "aetrem"', "unknown-field"),
    ('AETERM = "aeterm"', 'AETERM = { field = "aeterm", codez = {} }', "unknown-key"),
    ('AETERM = "aeterm"', 'AETERM = { text = "aeterm" }', "no-source"),
    ('AETERM = "aeterm"', "AETERM = 3", "no-source"),
    ('AETERM = "aeterm"', 'AETERM = { field = "aeterm", labels = true }', "no-choices"),
    ('AETERM = "aeterm"', 'AETERM = "race"', "boxes"),
    ('form = "adverse_events"', 'form = "adverse_event"', "unknown-form"),
    ('form = "adverse_events"', 'form = "adverse_events"\nevents = ["log"]', "unknown-event"),
    (
        'form = "adverse_events"',
        'form = "adverse_events"\nwhere = { field = "x", values = ["1"] }',
        "unknown-field",
    ),
    ('form = "adverse_events"', 'form = "adverse_events"\nwhere = { field = "aeser" }', "missing-key"),
    ('aeser", codes = { 1 =', 'aeser", codes = { 7 =', "unknown-choice"),
    ('0 = "N"', '0 = "No"', "unknown-term"),
    ('1 = "LOW"', '1 = "LOWER"', "unknown-term"),
    ('several = "MULTIPLE"', 'severall = "MULTIPLE"', "unknown-key"),
    ('race", codes = { 1 =', 'race", codes = { 8 =', "unknown-choice"),
    ('baseline_arm_1 = "BASELINE"', 'baseline_arm_1 = "BASLINE"', "unknown-visit"),
    ('baseline_arm_1 = "BASELINE"\n', "", "unmapped-event"),
    ('visit_date = "visdat"\n', "", "missing-key"),
    ('studyid = "PN-101-101"', 'studyid = "PN-101-102"', "other-study"),
    ('SITEID = "site"\n', "", "missing-key"),
    ('qnam = "AEDLT"', 'qnam = "AEDLTFLAG"', "too-long"),
    ('unit = "beats/min"', 'unit = "beats/min", unit_field = "pulse"', "two-sources"),
    ('field = "pulse", unit = "beats/min"', 'field = "ck", unit = "beats/min"', "other-form"),
    ('date = { date = "lbdat" }', 'date = { constant = "2023" }', "no-source"),
    ('["mhyear", "mhmonth", "mhday"]', '["mhyear", "mhmonth"]', "wrong-type"),
    ('date = "aestdat"', 'date = "aestdat", order = "DDMM"', "wrong-type"),
    ('records = "records.csv"', 'records = "../records.csv"', "outside-folder"),
    ('kind = "redcap"', 'kind = "edc"', "wrong-type"),
    ("[export]", "[exports]", "missing-key"),
    ('missing = ["-99"]', "missing = -99", "wrong-type"),
    ("high = 7.5", 'high = "7.5"', "wrong-type"),
    ("[units]", '[[conversion]]\nfrom = "a"\nto = "b"\nfactor = "x"\n[units]', "no-number"),
    ("[units]", '[[conversion]]\nfrom = "a"\nto = "b"\nfactor = "-1"\n[units]', "no-number"),
    ("[units]", "[[unit]]\n[units]", "unknown-key"),
    ("[subject]", "subject = 3\n[subjects]", "wrong-type"),
]


@pytest.mark.parametrize(("old", "new", "rule"), MAPPING)
def test_a_mistake_of_the_mapping(change, faults, old, new, rule):
    change("mapping.toml", old, new)
    found, _ = faults()
    assert rule in {item[0] for item in found}


RECORDS = [
    ("1450,30,200", "14 50,30,200", ("no-number", 2, "ck")),
    ("1450,30,200", "haemolysed,30,200", None),  # words are a result too
    ("1450,30,200", "1450,low,200", ("no-number", 2, "LBORNRLO")),
    ("1450,30,200", "1450,300,200", ("limits-out-of-order", 2, "LBORNRLO")),
    ("0.62,0.5,1.1,0.6,3.9,2", "0.62,0.5,1.1,0.6,3.9,", ("unknown-unit", 2, "creat")),
    ("0.62,0.5,1.1,0.6,3.9,2", "0.62,0.5,1.1,0.6,3.9,4", ("unknown-code", 2, "creat_u")),
    ("0.62,0.5,1.1,0.6,3.9,2", "0.62,0.5,1.1,0.6,3.9,mg/dL", ("label-export", 2, "creat_u")),
    ("2019-UNK-UNK", "UNK-UNK-2019", ("no-date", 2, "dxdat")),
    ("2019-UNK-UNK", "19", ("no-date", 2, "dxdat")),
    ("2015,UNK,12", "2015,UNK,42", ("no-date", 11, "mhyear")),
    ("2023-01-23,10:30,11:00", "2023-01-23,10:30,25:00", ("no-date", 3, "exstdat")),
    ("100,L01", "hundred,L01", ("no-number", 3, "exdose")),
    ("001,baseline_arm_1", ",baseline_arm_1", ("missing-subject", 3, "record_id")),
    ("001,baseline_arm_1", "001,screening_arm_1", ("row-twice", 3, None)),
    ("001,baseline_arm_1", "001,base_arm_1", ("unmapped-event", 3, None)),
    (",adverse_events,1", ",Adverse Events,1", ("unknown-form", 8, "redcap_repeat_instrument")),
    ("001,screening_arm_1,,,01,", "001,screening_arm_1,,,,", ("missing-site", 2, "site")),
    ("record_id,", "record,", ("missing-column", None, None)),
    ("record_id,", "Record,", ("label-export", None, None)),
    ("visnote", "visremark", ("not-in-dictionary", None, "visremark")),
    ("2023-02-10,,,,,", "2023-02,,,,,", ("unscheduled-without-date", 5, "visdat")),
    ("002,screening_arm_1,,,02,", "0 1,screening_arm_1,,,02,", None),
]


@pytest.mark.parametrize(("old", "new", "expected"), RECORDS)
def test_a_mistake_of_the_records(change, faults, folder, protocol, old, new, expected):
    change("records.csv", old, new)
    if expected is None:
        assert read_edc(folder, protocol)["DM"].frame.height == 2
        return
    found, message = faults()
    rule, row, column = expected
    assert (rule, "records.csv", row, column) in found
    assert "records.csv" in message


def test_all_mistakes_come_at_once(change, faults):
    change("mapping.toml", 'AETERM = "aeterm"', 'AETERM = "aetrem"')
    change("mapping.toml", 'CMTRT = "cmtrt"', 'CMTRT = "cmtr"')
    change("records.csv", "001,baseline_arm_1", ",baseline_arm_1")
    found, message = faults()
    assert [item[0] for item in found] == ["unknown-field", "unknown-field", "missing-subject"]
    assert "Did you mean aeterm?" in message
    assert "[[record]] 4 (AE) AETERM" in message


def test_patient_values_stay_out_of_messages(change, faults):
    change("records.csv", "2019-UNK-UNK", "about the time of the flood")
    change("records.csv", "001,logs_arm_1,adverse_events,1", "001,logs_arm_1,adverse_events,2")
    _, message = faults()
    assert "flood" not in message
    assert "Headache" not in message


def test_two_subjects_of_one_identifier(change, faults):
    change("mapping.toml", 'SUBJID = "record_id"', 'SUBJID = { constant = "001" }')
    change("records.csv", "002,screening_arm_1,,,02,", "002,screening_arm_1,,,01,")
    found, _ = faults()
    assert ("subject-twice", "records.csv", 14, "record_id") in found


def test_a_field_with_several_values_is_ambiguous(change, faults):
    change("mapping.toml", 'AETERM = "aeterm"', 'AETERM = "aeterm"\nAEMODIFY = "ck"')
    found, _ = faults()
    assert {item[0] for item in found} == {"ambiguous-field"}


def test_several_boxes_need_a_word(change, faults):
    change("mapping.toml", ', several = "MULTIPLE"', "")
    assert ("several-boxes", "records.csv", 14, "race") in faults()[0]


@pytest.mark.parametrize("text", ["[export", "\x00", "a = 1\na = 2"])
def test_a_mapping_that_is_no_toml(folder, protocol, text):
    (folder / "mapping.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no-toml"):
        read_edc(folder, protocol)


def test_what_is_not_there(folder, protocol, tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        read_edc(tmp_path / "absent", protocol)
    (folder / "records.csv").unlink()
    with pytest.raises(UsageError, match="no such file"):
        read_edc(folder, protocol)
    (folder / "mapping.toml").unlink()
    with pytest.raises(UsageError, match=r"mapping\.toml"):
        read_edc(folder, protocol)


def test_a_table_that_is_no_dictionary(folder, protocol):
    (folder / "dictionary.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no-dictionary"):
        read_edc(folder, protocol)


def test_an_empty_mapping_asks_for_what_it_needs(folder, faults):
    (folder / "mapping.toml").write_text("", encoding="utf-8")
    found, message = faults()
    assert {item[0] for item in found} == {"missing-key", "missing-table"}
    assert "[export] kind" in message


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["records.csv", "dictionary.csv", "mapping.toml"]),
    st.integers(0, 9000),
    st.binary(max_size=4),
)
def test_a_damaged_file_never_ends_in_a_traceback(folder, protocol, name, at, put):
    path = folder / name
    data = path.read_bytes()
    path.write_bytes(data[: at % len(data)] + put + data[at % len(data) + 3 :])
    try:
        with suppress(UserError):
            read_edc(folder, protocol)
    finally:
        path.write_bytes(data)
