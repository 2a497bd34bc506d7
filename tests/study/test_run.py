"""``mitograft new`` and ``mitograft run``: whole outputs, honest absences, nothing harmed by a failure."""

import csv
import json
import re

import pytest

from mitograft.evidence import load_evidence
from mitograft.provenance import AuditLog, Manifest, verify_folder


@pytest.fixture
def study(mitograft, tmp_path):
    """A copy of the embedded study."""
    assert mitograft("new", tmp_path / "study").code == 0
    return tmp_path / "study"


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_embedded_study_ends_in_a_report(mitograft, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = mitograft("run")
    assert run.code == 0
    assert "Report: mitograft-published/out/report.html" in run.out
    assert "[4/4] draw and write the report" in run.err
    names = set(contents(tmp_path / "mitograft-published" / "out"))
    tables = {f"tables/{name}.csv" for name in ("tis", "improvement", "history", "claims")}
    figures = {f"figures/{name}.svg" for name in ("waterfall", "components", "history-figure")}
    files = {"report.html", "evidence.json", "evidence.parquet", "manifest.json", "audit.jsonl"}
    assert names == tables | figures | files
    assert mitograft("run").code == 0  # a second time, in the same place


def test_a_changed_copy_of_the_embedded_study_is_not_overwritten(mitograft, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert mitograft("new", "mitograft-published").code == 0
    toml = tmp_path / "mitograft-published" / "study.toml"
    toml.write_text(toml.read_text() + "\n# mine\n")
    run = mitograft("run")
    assert run.code == 2
    assert "study.toml differs from the embedded study" in run.err
    assert toml.read_text().endswith("# mine\n")


def test_published_patients_give_the_known_results(mitograft, study):
    assert mitograft("run", study, "-q").code == 0
    with (study / "out" / "tables" / "tis.csv").open(encoding="utf-8") as file:
        rows = {row["subject"]: row for row in csv.DictReader(file)}
    assert len(rows) == 28
    # Untreated controls J to O of 10.1186/ar4263 under the stated assumptions.
    assert [rows[f"EX-{p}"]["tis_low"] for p in "JKLMNO"] == ["12.5", "17.5", "20", "0", "27.5", "0"]
    assert {row["data_kind"] for row in rows.values()} == {"published"}
    evidence = {(e.quantity, e.contrast): e for e in load_evidence(study / "out" / "evidence.json")}
    agreement = evidence["agreement with published marks", "all marked patients"]
    assert (agreement.estimate, agreement.n) == (1.0, 15)
    improved = evidence["improved by the 2004 definition", "exercise - untreated control"]
    assert improved.estimate == pytest.approx(6 / 9 - 1 / 6)
    assert load_evidence(study / "out" / "evidence.parquet") == load_evidence(study / "out" / "evidence.json")
    with (study / "out" / "tables" / "history.csv").open(encoding="utf-8") as file:
        history = list(csv.DictReader(file))
    assert [row["responders"] for row in history] == [str(k) for k in range(10)]
    assert float(history[6]["probability_full"]) < 0.95 < float(history[7]["probability_full"])
    assert float(history[1]["naive"]) > 0.99


def test_enzyme_points_of_the_pilot_do_not_depend_on_the_assumed_limit(mitograft, study):
    # The study says so in its assumption ck-limit-infliximab.
    table = study / "trial" / "core_set.csv"
    points = []
    for limit in ("3.3", "2.5"):
        table.write_text(table.read_text().replace(",3.3,ukat/L", f",{limit},ukat/L"))
        run = mitograft("score", table, "--baseline", "0")
        rows = csv.DictReader(run.out.splitlines())
        points.append([row["points_enzyme"] for row in rows if row["subject"].startswith("IFX")])
    assert points[0] == points[1]


def test_same_inputs_give_the_same_bytes(mitograft, study):
    assert mitograft("run", study).code == 0
    first = contents(study / "out")
    assert mitograft("run", study).code == 0
    second = contents(study / "out")
    differ = {name for name in first if first[name] != second[name]}
    assert differ <= {"manifest.json", "audit.jsonl"}


def test_a_failing_run_leaves_the_earlier_output(mitograft, study):
    assert mitograft("run", study).code == 0
    before = contents(study / "out")
    table = study / "trial" / "core_set.csv"
    table.write_text(table.read_text().replace("EX-A,0,0.5", "EX-A,0,50"))
    run = mitograft("run", study)
    assert run.code == 2
    assert "row 2, column physician_global: found '50'" in run.err
    assert contents(study / "out") == before


def test_notes_of_a_reader_survive_a_run(mitograft, study):
    assert mitograft("run", study).code == 0
    (study / "out" / "notes.txt").write_text("mine")
    assert mitograft("run", study).code == 0
    assert (study / "out" / "notes.txt").read_text() == "mine"
    assert verify_folder(study / "out", study) == []


def test_manifest_and_log_verify_and_a_changed_byte_is_found(mitograft, study):
    assert mitograft("run", study).code == 0
    out = study / "out"
    assert verify_folder(out, study) == []
    manifest = Manifest.load(out)
    assert {record.path for record in manifest.inputs} >= {"study.toml", "trial/core_set.csv"}
    assert AuditLog(out / "audit.jsonl").verify(manifest.audit_head) == []
    report = out / "report.html"
    report.write_bytes(report.read_bytes().replace(b"44 %", b"54 %", 1))
    assert any("report.html" in problem for problem in verify_folder(out, study))


def test_report_is_one_page_that_asks_for_nothing(mitograft, study):
    assert mitograft("run", study).code == 0
    page = (study / "out" / "report.html").read_text(encoding="utf-8")
    assert not re.search(
        r"<(?:link|img|script|iframe|object|embed)[^>]+(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page
    )
    for words in (
        "Claims",
        "Definition of improvement",
        "single arm of 9",
        "Values to confirm",
        "Provenance",
    ):
        assert words in page
    for flagged in ("ck_multiple", "mitax-stands-in", "history_weight"):
        assert flagged in page


def test_an_observed_group_is_read_against_history(mitograft, study):
    assert mitograft("run", study).code == 0
    rows = load_evidence(study / "out" / "evidence.json")
    against = [e for e in rows if e.contrast == "exercise vs historical placebo"]
    assert {e.quantity for e in against} == {"TIS>=20 response"}
    assert all(e.n == 9 for e in against)
    # Sure responders of nine: B and I exactly, E although two measures are missing; F stays open.
    (single,) = [e for e in rows if e.contrast == "exercise, single arm"]
    assert single.estimate == 3 / 9


def test_without_a_group_every_result_of_n_patients_is_read(mitograft, study):
    toml = study / "study.toml"
    toml.write_text(toml.read_text().replace('group = "exercise"\n', "n = 12\n"))
    assert mitograft("run", study).code == 0
    with (study / "out" / "tables" / "history.csv").open(encoding="utf-8") as file:
        assert [row["responders"] for row in csv.DictReader(file)] == [str(k) for k in range(13)]


def test_absent_parts_are_said(mitograft, tmp_path):
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "study.toml").write_text('[study]\nid = "bare"\ntitle = "Bare"\ndata_kind = "measured"\n')
    run = mitograft("run", folder)
    assert run.code == 0
    assert "no core set measures of patients" in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_simulated_data_is_marked_everywhere(mitograft, study):
    toml = study / "study.toml"
    toml.write_text(toml.read_text().replace('data_kind = "published" ', 'data_kind = "simulated" '))
    run = mitograft("run", study)
    assert "(simulated data)" in run.out
    page = (study / "out" / "report.html").read_text(encoding="utf-8")
    assert page.lower().count("simulated") > 10
    with (study / "out" / "tables" / "tis.csv").open(encoding="utf-8") as file:
        assert {row["data_kind"] for row in csv.DictReader(file)} == {"simulated"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"A01", "A02"', '"A01", "Z99"', "found claims Z99 to judge"),
        ('"untreated control"]]', '"nobody"]]', "found contrasts with 'nobody'"),
        ('group = "exercise"\n', 'group = "nobody"\n', "found history group 'nobody'"),
        ("missing =", 'primary_visit = "week 99"\nmissing =', "found primary_visit 'week 99'"),
        ("[parameters]\n", "[parameters]\nnonsense = 3\n", "found an unknown parameter 'nonsense'"),
        ("trial/subjects.csv", "trial/nothere.csv", "nothere.csv"),
    ],
)
def test_names_that_do_not_exist(mitograft, study, old, new, sentence):
    toml = study / "study.toml"
    text = toml.read_text()
    assert old in text
    toml.write_text(text.replace(old, new, 1))
    run = mitograft("run", study)
    assert run.code == 2
    assert sentence in run.err
    assert not (study / "out").exists()


def test_new_refuses_a_folder_with_something_in_it(mitograft, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    run = mitograft("new", tmp_path / "full")
    assert (run.code, run.err.count("Error:")) == (2, 1)
    assert mitograft("new", tmp_path / "absent" / "study").code == 2


def test_machine_readable_outcome(mitograft, study):
    run = mitograft("run", study, "--json")
    document = json.loads(run.out)
    assert document["ok"]
    assert {c["id"]: c["verdict"] for c in document["claims"]}["P03"] == "supported"
    assert run.err == ""


def test_embedded_patients_are_the_published_ones(study, shared):
    with (shared / "facts" / "patients.csv").open(encoding="utf-8") as file:
        published = list(csv.DictReader(file))
    with (study / "trial" / "core_set.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(published) == 56
    pairs = {"physician_global": "phga", "patient_global": "ptga", "mmt8": "mmt", "haq": "haq", "ck": "ck"}
    for patient, first, last in zip(published, rows[::2], rows[1::2], strict=True):
        assert first["subject"].endswith(f"-{patient['patient']}")
        for visit, row in enumerate((first, last)):
            for ours, theirs in pairs.items():
                expected = patient[f"{theirs}{visit}"]
                assert (float(row[ours]) if row[ours] else "") == (float(expected) if expected else "")
            tenfold = patient[f"ext{visit}"]
            assert (float(row["extramuscular"]) if row["extramuscular"] else "") == (
                pytest.approx(10 * float(tenfold)) if tenfold else ""
            )
