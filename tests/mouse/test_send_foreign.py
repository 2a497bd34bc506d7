"""A SEND folder that mitograft did not write: what can be read is read, the rest is said."""

import pandas as pd
import pyreadstat
import pytest

from mitograft.errors import InputError, UsageError
from mitograft.mouse.animals import read_animals
from mitograft.mouse.function.contract import WEIGHTS
from mitograft.mouse.send.layouts import plain_rows
from mitograft.mouse.send.read import import_send, read_domains, read_send
from mitograft.tables.check import check

SETS = {
    "STUDYID": "T1", "DOMAIN": "TX", "SETCD": ["1", "1", "2", "2"],
    "SET": ["Control", "Control", "High", "High"],
    "TXSEQ": [1.0, 2.0, 1.0, 2.0], "TXPARMCD": ["TCNTRL", "TRTDOS", "TRTDOS", "TRTDOSU"],
    "TXPARM": ["Control Type", "Dose Level", "Dose Level", "Dose Units"],
    "TXVAL": ["VEHICLE", "0", "30", "mg/kg"],
}  # fmt: skip
SUBJECTS = {
    "STUDYID": "T1", "DOMAIN": "DM", "USUBJID": ["T1-101", "T1-201"], "SUBJID": ["101", "201"],
    "RFSTDTC": ["2025-05-01T08:00", "2025-05-01T08:10"], "RFENDTC": "2025-05-15", "BRTHDTC": "2025-03-01",
    "SEX": ["M", "F"], "SPECIES": "MOUSE", "STRAIN": "C57BL/6", "ARMCD": ["1", "2"],
    "ARM": ["Control", "High"], "SETCD": ["1", "2"],
}  # fmt: skip
DOSES = {
    "STUDYID": "T1", "DOMAIN": "EX", "USUBJID": ["T1-101", "T1-201", "T1-201"], "EXSEQ": [1.0, 1.0, 2.0],
    "EXTRT": ["Saline", "Compound X", "Compound X"], "EXDOSE": [0.0, 30.0, 30.0], "EXDOSU": "mg/kg",
    "EXDOSFRQ": "ONCE", "EXROUTE": "INTRAVENOUS", "EXSTDTC": ["2025-05-01", "2025-05-01", "2025-05-08"],
}  # fmt: skip
ENDS = {
    "STUDYID": "T1", "DOMAIN": "DS", "USUBJID": ["T1-101", "T1-201"], "DSSEQ": 1.0,
    "DSTERM": ["Scheduled necropsy", "Moribund"], "DSDECOD": ["TERMINAL SACRIFICE", "MORIBUND SACRIFICE"],
    "DSSTDTC": ["2025-05-15", "2025-05-12"],
}  # fmt: skip
BODY = {
    "STUDYID": "T1", "DOMAIN": "BW", "USUBJID": ["T1-101", "T1-201", "T1-201", "T1-101"],
    "BWSEQ": [1.0, 1.0, 2.0, 2.0], "BWTESTCD": ["BW", "BW", "BW", "TERMBW"],
    "BWTEST": ["Body Weight", "Body Weight", "Body Weight", "Terminal Body Weight"],
    "BWORRES": ["21.5", "0.0204", "20.1", "21"], "BWORRESU": ["g", "kg", "g", "g"],
    "BWSTRESC": ["21.5", "20.4", "20.1", "21"], "BWSTRESN": [21.5, 20.4, 20.1, 21.0], "BWSTRESU": "g",
    "BWDTC": ["2025-05-01", "2025-04-30T07:00", "", "2025-05-15"], "BWDY": [1.0, -1.0, 8.0, 15.0],
}  # fmt: skip
TISSUE = {
    "STUDYID": "T1", "DOMAIN": "MI", "USUBJID": ["T1-101", "T1-201"], "MISEQ": 1.0, "MITESTCD": "MIEXAM",
    "MITEST": "Microscopic Examination", "MIORRES": ["No findings", "Inflammation, mild"],
    "MISTRESC": ["UNREMARKABLE", "INFLAMMATION"], "MISPEC": "MUSCLE, SKELETAL", "MISEV": ["", "2 OF 5"],
    "MIDTC": ["2025-05-15", "2025-05-12"], "MIDY": [15.0, 12.0],
}  # fmt: skip
BLOOD = {
    "STUDYID": "T1", "DOMAIN": "LB", "USUBJID": "T1-101", "LBSEQ": [1.0, 2.0],
    "LBTESTCD": ["CK", "HGB"], "LBTEST": ["Creatine Kinase", "Hemoglobin"],
    "LBCAT": ["CLINICAL CHEMISTRY", "HEMATOLOGY"], "LBORRES": ["250", "14.2"], "LBORRESU": ["U/L", "g/dL"],
    "LBSTRESC": ["250", "14.2"], "LBSTRESN": [250.0, 14.2], "LBSTRESU": ["U/L", "g/dL"],
    "LBDTC": "2025-05-15", "LBDY": 15.0,
}  # fmt: skip
FOREIGN = {"TX": SETS, "DM": SUBJECTS, "EX": DOSES, "DS": ENDS, "BW": BODY, "MI": TISSUE, "LB": BLOOD}


def write(folder, **changed):
    for name, columns in {**FOREIGN, **changed}.items():
        if columns is not None:
            frame = pd.DataFrame(columns)
            pyreadstat.write_xport(
                frame, folder / f"{name.lower()}.xpt", table_name=name, file_format_version=5,
                column_labels=[f"Label of {column}" for column in frame.columns],
            )  # fmt: skip
    return folder


def test_a_minimal_foreign_folder_is_read(tmp_path):
    tables = read_send(write(tmp_path))
    assert set(tables) == {"animals", "groups", "weights", "scores", "function"}
    colony = read_animals(tables["animals"], tables["groups"])
    high = colony.groups["High"]
    assert (high.role, high.treatment, high.dose, high.dose_unit) == ("treated", "Compound X", 30.0, "mg/kg")
    assert (high.route, high.schedule) == ("INTRAVENOUS", "0; 7")
    assert colony.groups["Control"].role == "control"
    mouse = colony.animals["201"]
    assert (mouse.group, mouse.end_reason, mouse.end_date.isoformat()) == (
        "High",
        "humane end point",
        "2025-05-12",
    )
    assert not check(tables["weights"], WEIGHTS)[1]


def test_units_days_and_severities_are_brought_to_those_of_the_study_folder(tmp_path):
    tables = read_send(write(tmp_path))
    weights = plain_rows(tables["weights"])
    assert [(w["animal"], w["date"], w["weight_g"]) for w in weights] == [
        ("101", "2025-05-01", "21.5"),
        ("201", "2025-04-30", "20.4"),  # 0.0204 kg
        ("201", "2025-05-08", "20.1"),  # no date: study day 8 of RFSTDTC
    ]
    scores = plain_rows(tables["scores"])
    assert [(s["grade"], s["muscle"], s["rater"]) for s in scores] == [
        ("0", "MUSCLE, SKELETAL", "not stated"),
        ("2", "MUSCLE, SKELETAL", "not stated"),
    ]
    assert plain_rows(tables["function"]) == [
        {"animal": "101", "date": "2025-05-15", "test": "Creatine Kinase", "value": "250", "unit": "U/L"}
    ]


def test_what_is_not_read_is_said(tmp_path):
    findings = import_send(write(tmp_path)).findings
    told = {(f.rule, f.source) for f in findings}
    assert ("not-imported", "lb.xpt") in told
    assert ("not-imported", "bw.xpt") in told
    assert ("send-missing-domain", "ts.xpt") in told
    assert ("send-missing-variable", "tx.xpt") not in told
    # A weight without a date has a day all the same: no violation of the day.
    assert ("send-study-day", "bw.xpt") not in told


def test_words_of_severity_need_a_grade(tmp_path):
    write(tmp_path, MI={**TISSUE, "MISEV": ["", "MILD"]})
    with pytest.raises(InputError, match="severity-in-words"):
        read_send(tmp_path)
    tables = import_send(tmp_path, severity={"mild": 2}).tables
    assert plain_rows(tables["scores"])[1]["grade"] == "2"


def test_a_healthy_group_can_be_named(tmp_path):
    tables = import_send(write(tmp_path), roles={"Control": "healthy"}).tables
    assert plain_rows(tables["groups"])[0]["role"] == "healthy"


def test_everything_that_prevents_reading_is_listed(tmp_path):
    body = {**BODY, "BWORRESU": ["g", "mL", "g", "g"], "USUBJID": ["T1-101", "T1-201", "T1-999", "T1-101"]}
    sets = {key: value[:1] if isinstance(value, list) else value for key, value in SETS.items()}
    write(tmp_path, BW=body, TX=sets, EX=None, MI={**TISSUE, "MISEV": ["", "SOME"]})
    with pytest.raises(InputError) as caught:
        read_send(tmp_path)
    assert sorted(v.rule for v in caught.value.violations) == [
        "not-in-dm", "severity-in-words", "unit", "unknown-role",
    ]  # fmt: skip


def test_a_folder_needs_subjects(tmp_path):
    with pytest.raises(InputError, match=r"no dm\.xpt"):
        read_send(write(tmp_path, DM=None))
    with pytest.raises(UsageError):
        read_send(tmp_path / "nowhere")


def test_all_files_that_are_no_transport_files_are_listed(tmp_path):
    write(tmp_path)
    (tmp_path / "cl.xpt").write_text("animal,date\n", encoding="utf-8")
    (tmp_path / "om.xpt").write_bytes(b"")
    whole = (tmp_path / "bw.xpt").read_bytes()
    (tmp_path / "bw.xpt").write_bytes(whole[:700])
    with pytest.raises(InputError) as caught:
        read_domains(tmp_path)
    found = {violation.file: violation.rule for violation in caught.value.violations}
    assert found["cl.xpt"] == found["om.xpt"] == "not-a-transport-file"
    assert found["bw.xpt"] == "damaged"
