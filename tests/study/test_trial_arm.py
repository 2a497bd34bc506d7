"""The trial through ``mitograft run``: simulated site data in three shapes to tables, files and claims."""

import csv
import json
import re
import shutil
import tomllib
from importlib.resources import files

import pytest

from mitograft.cli.main import main
from mitograft.simulation.trial import SHAPES, simulate_patients, source_line
from mitograft.study.config import load_study
from mitograft.study.folder import open_study
from mitograft.study.run import run_study
from mitograft.trial.simulate import pn101_protocol

SUBJECT = "PN-101-101-02-001"


def write_study(folder, shape):
    """A study of the trial alone, with the settings of pn101."""
    folder.mkdir()
    (folder / "truth").mkdir()
    text = files("mitograft.simulation").joinpath("pn101.toml").read_text(encoding="utf-8")
    start, end = text.index("[product]"), text.index("# Site data of the trial")
    text = text[:start] + text[end:]
    text = re.sub(r"judge = \[.*\]", 'judge = ["A11", "A12"]', text)
    text = text.replace("SEED", "1").replace("TRIAL_SOURCE", source_line(shape))
    (folder / "study.toml").write_text(text, encoding="utf-8")
    simulate_patients(folder, 1, shape)
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The same patients in three shapes, each run once; the smaller ones without the export."""
    root = tmp_path_factory.mktemp("trial")
    found = {}
    for shape in SHAPES:
        folder = write_study(root / shape, shape)
        found[shape] = (folder, run_study(open_study(folder), command=["mitograft", "run"]))
    return found


def content(folder, name):
    return {path.name: path.read_bytes() for path in sorted((folder / "out" / "trial" / name).glob("*"))}


def test_the_settings_of_pn101_are_the_protocol_it_is_simulated_from(tmp_path):
    folder = write_study(tmp_path / "study", "redcap")
    part = load_study(folder).trial
    assert part.protocol.planned() == pn101_protocol()


@pytest.mark.parametrize("shape", ["odm", "sdtm"])
def test_every_shape_gives_the_same_analysis_data_sets_tables_and_listings(done, shape):
    for name in ("adam", "tables"):
        first, other = (content(done[s][0], name) for s in ("redcap", shape))
        assert first.keys() == other.keys()
        assert [key for key in first if first[key] != other[key]] == []


def test_reports_say_the_same_claims_in_every_shape(done):
    verdicts = [
        [(j.claim.id, j.verdict, j.evidence[0].estimate) for j in outcome.findings.judgements]
        for _, outcome in done.values()
    ]
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert {name for name, *_ in verdicts[0]} == {"A11", "A12"}


def test_nine_patients_without_a_severe_reaction_do_not_support_less_than_a_third(done):
    # 0 of 9: Clopper-Pearson upper limit 1 - 0.025 ** (1 / 9) = 0.3363.
    judged = {j.claim.id: j for j in done["redcap"][1].findings.judgements}["A11"]
    assert judged.evidence[0].estimate == 0.0
    assert judged.evidence[0].high == pytest.approx(1 - 0.025 ** (1 / 9))
    assert judged.verdict == "inconclusive"


def test_scores_of_the_report_are_those_of_the_analysis_data_set(done):
    findings = done["redcap"][1].findings
    cohort = findings.patients.cohort
    frame = findings.trial.adam.datasets["ADTIS"].frame
    own = {
        (row["USUBJID"], row["AVISIT"]): row["AVAL"]
        for row in frame.iter_rows(named=True)
        if row["PARAMCD"] == "TIS" and row["ANL01FL"] == "Y"
    }
    report = dict(zip(zip(cohort.subject, cohort.visit, strict=True), cohort.score.tis.tolist(), strict=True))
    assert own
    for key, value in own.items():
        assert (value is None and report[key] != report[key]) or value == report[key]


def test_every_simulated_table_says_so(done):
    for name, data in content(done["redcap"][0], "tables").items():
        if not name.endswith(".docx"):  # compressed; its header is that of the RTF
            assert b"simulated" in data.lower(), name
    folder = done["redcap"][0] / "out" / "trial"
    for path in (*folder.glob("*/*.xpt"), *folder.glob("*/*.json")):
        assert b"SIMULATED" in path.read_bytes(), path.name
    for path in folder.glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) > 1
        assert all("simulated" in line for line in lines[1:]), path.name


def test_results_data_link_each_number_to_records_that_exist(done):
    folder, outcome = done["redcap"]
    datasets = outcome.findings.trial.adam.datasets
    with (folder / "out" / "trial" / "ard_records.csv").open(encoding="utf-8", newline="") as stream:
        links = list(csv.DictReader(stream))
    assert links
    for link in links:
        frame = datasets[link["DATASET"]].frame
        assert frame["USUBJID"][int(float(link["RECNUM"])) - 1] == link["USUBJID"]


def test_explain_ends_in_the_field_of_the_export(done, capsys):
    folder = done["redcap"][0]
    with pytest.raises(SystemExit) as end:
        main(["explain", SUBJECT, "TIS", "WEEK 12", "--study", str(folder)])
    assert end.value.code == 0
    text = capsys.readouterr().out
    place = re.search(r"file records\.csv, row (\d+), field mmt8", text)
    assert place
    with (folder / "trial" / "edc" / "records.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    typed = rows[int(place[1]) - 2]["mmt8"]
    assert f"ADQS MMT8TOT BASELINE AVAL = {typed}" in text


def test_explain_in_odm_names_the_line_of_the_file(done, capsys):
    folder = done["odm"][0]
    with pytest.raises(SystemExit):
        main(["explain", SUBJECT, "HAQDI", "WEEK 4", "--study", str(folder), "--json"])
    text = json.dumps(json.loads(capsys.readouterr().out))
    line = int(re.search(r"file export\.xml, row (\d+)", text)[1])
    assert "<" in (folder / "trial" / "edc" / "export.xml").read_text(encoding="utf-8").splitlines()[line - 1]


def test_explain_of_an_unknown_visit_lists_the_visits(done, capsys):
    with pytest.raises(SystemExit) as end:
        main(["explain", SUBJECT, "TIS", "WEEK 99", "--study", str(done["sdtm"][0])])
    assert end.value.code == 2
    assert "WEEK 12" in capsys.readouterr().err


def test_deidentified_data_give_the_same_results(done, tmp_path, capsys):
    folder = done["redcap"][0]
    (tmp_path / "key").write_text("sixteen bytes or more\n", encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main(["deidentify", str(folder), str(tmp_path / "shared"), "--key-file", str(tmp_path / "key")])
    assert end.value.code == 0, capsys.readouterr().err
    again = tmp_path / "study"
    shutil.copytree(tmp_path / "shared" / "sdtm", again / "trial" / "sdtm")
    text = (
        (folder / "study.toml")
        .read_text(encoding="utf-8")
        .replace(source_line("redcap"), source_line("sdtm"))
    )
    text += '\n[trial.accepted]\nMG-1002 = "De-identified: words of the investigator were dropped."\n'
    (again / "study.toml").write_text(text, encoding="utf-8")
    run_study(open_study(again), command=["mitograft", "run"])
    # Events with a partial start may change sides of the dose; everything with complete dates stays.
    for name in ("tis-by-visit", "tis-response", "measure-haqdi", "laboratory-grade-shifts", "time-ttresp"):
        path = f"out/trial/tables/{name}.csv"
        assert (again / path).read_bytes() == (folder / path).read_bytes()
    data = b"".join(path.read_bytes() for path in (again / "out" / "trial").rglob("*") if path.is_file())
    assert SUBJECT.encode() not in data


def test_study_toml_is_still_toml_with_every_shape():
    text = files("mitograft.simulation").joinpath("pn101.toml").read_text(encoding="utf-8")
    for shape in SHAPES:
        content = tomllib.loads(text.replace("SEED", "1").replace("TRIAL_SOURCE", source_line(shape)))
        assert len(content["trial"]["protocol"]["visits"]) == 7
