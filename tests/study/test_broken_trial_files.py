"""Broken trials through ``mitograft run``: one message with every record, and ``out/`` as it was."""

import json
import re
import shutil
from dataclasses import replace

import polars as pl
import pytest

from mitograft.cli.main import main
from mitograft.errors import UsageError
from mitograft.simulation.trial import source_line
from mitograft.study.config import load_study
from mitograft.study.folder import open_study
from mitograft.study.trial import read_trial
from mitograft.trial.dataset import Dataset
from mitograft.trial.formats import read_datasets, write_datasets
from mitograft.trial.simulate import (
    Mistake,
    pn101_protocol,
    pn101_truth,
    simulate_trial,
    write_odm,
    write_redcap,
    write_sdtm,
)

STUDY = f"""[study]
id = "broken"
title = "A trial that is broken"
data_kind = "simulated"

[trial]
SOURCE
invented_terms = true

[trial.protocol]
study = "{pn101_protocol().study}"
"""


def settings(shape):
    protocol = pn101_protocol()
    arms = [
        f'\n[[trial.protocol.arms]]\ncode = "{a.code}"\nname = "{a.name}"\ndose = {a.dose}'
        for a in protocol.arms
    ]
    visits = [
        f'\n[[trial.protocol.visits]]\nnumber = {float(v.number)}\nname = "{v.name}"\nday = {v.day}\n'
        f"before = {v.before}\nafter = {v.after}"
        for v in protocol.visits
    ]
    return STUDY.replace("SOURCE", source_line(shape)) + "\n".join([*arms, *visits]) + "\n"


def write(folder, shape, *mistakes, kind="json"):
    site = simulate_trial(replace(pn101_truth(), mistakes=tuple(mistakes)), pn101_protocol(), 1)
    place = folder / "trial" / ("sdtm" if shape == "sdtm" else "edc")
    place.mkdir(parents=True)
    (folder / "study.toml").write_text(settings(shape), encoding="utf-8")
    if shape == "sdtm":
        write_sdtm(site, place, kind)
    else:
        {"redcap": write_redcap, "odm": write_odm}[shape](site, place)
    (folder / "out").mkdir()
    (folder / "out" / "report.html").write_text("the last good report", encoding="utf-8")
    return place


def refusal(folder, capsys):
    """Run the study; the message, after checking exit code, JSON form and that nothing was touched."""
    with pytest.raises(SystemExit) as end:
        main(["run", str(folder), "--quiet"])
    said = capsys.readouterr().err
    assert end.value.code == 2, said
    assert "Traceback" not in said
    assert [p.name for p in (folder / "out").iterdir()] == ["report.html"]
    assert (folder / "out" / "report.html").read_text(encoding="utf-8") == "the last good report"
    return said


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("unit_mismatch", "MG-1019"),
        ("event_before_birth", "MG-3003"),
        ("dose_after_death", "MG-3004"),
        ("visit_order", "MG-3012"),
        ("missing_id", "MG-1004"),
        ("date_swap", "MG-3001"),
        ("second_dose", "MG-4007"),
    ],
)
def test_mistakes_of_sites_stop_the_run_and_name_the_record(tmp_path, capsys, kind, rule):
    write(tmp_path / "s", "sdtm", Mistake(kind))
    said = refusal(tmp_path / "s", capsys)
    assert f"[{rule}]" in said
    assert re.search(r"Error: \w\w\.json[:,]", said)
    assert re.search(r"row \d+, column [A-Z]", said)


def test_an_error_that_is_accepted_with_a_reason_does_not_stop_the_run(tmp_path):
    write(tmp_path / "s", "sdtm", Mistake("second_dose"))
    path = tmp_path / "s" / "study.toml"
    kept = 'export = false\n\n[trial.accepted]\nMG-4007 = "One subject was dosed twice by mistake."\n'
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("invented_terms = true", f"invented_terms = true\n{kept}"), encoding="utf-8")
    assert load_study(tmp_path / "s").trial.accepted
    shutil.rmtree(tmp_path / "s" / "out")
    with pytest.raises(SystemExit) as end:
        main(["run", str(tmp_path / "s"), "--quiet"])
    assert end.value.code == 0
    assert "MG-4007" in (tmp_path / "s" / "out" / "trial" / "checks.csv").read_text(encoding="utf-8")


def test_an_accepted_rule_that_does_not_exist_is_a_mistake_of_study_toml(tmp_path, capsys):
    write(tmp_path / "s", "sdtm")
    path = tmp_path / "s" / "study.toml"
    path.write_text(path.read_text(encoding="utf-8") + '\n[trial.accepted]\nMG-9 = "x"\n', encoding="utf-8")
    assert "MG-9" in refusal(tmp_path / "s", capsys)


def test_duplicated_keys_unknown_terms_and_wrong_study_are_told_together(tmp_path, capsys):
    place = write(tmp_path / "s", "sdtm")
    content = json.loads((place / "dm.json").read_text(encoding="utf-8"))
    names = [column["name"] for column in content["columns"]]
    first, second = content["rows"][:2]
    second[names.index("USUBJID")] = first[names.index("USUBJID")]
    first[names.index("SEX")] = "FEMALE"
    content["rows"][2][names.index("STUDYID")] = "OTHER"
    (place / "dm.json").write_text(json.dumps(content), encoding="utf-8")
    said = refusal(tmp_path / "s", capsys)
    for rule in ("MG-1006", "MG-2001", "MG-1015"):
        assert f"[{rule}]" in said
    assert "FEMALE" not in said


def test_transport_file_with_over_long_text(tmp_path, capsys):
    place = write(tmp_path / "s", "sdtm", kind="xpt")
    long = read_datasets(place)["DS"]
    frame = long.frame.with_columns(pl.lit("x" * 300).alias("DSTERM"))
    free = tuple(replace(variable, length=None) for variable in long.variables)
    made = Dataset(long.name, long.label, frame, free, long.source)
    (place / "ds.xpt").unlink()
    write_datasets([made], place, "xpt8")  # version 5 cannot hold it
    shutil.rmtree(tmp_path / "s" / "out")
    with pytest.raises(SystemExit) as end:
        main(["run", str(tmp_path / "s"), "--quiet"])
    said = capsys.readouterr().err
    assert end.value.code == 2, said
    assert "DSTERM" in said
    assert "200 bytes" in said


def test_a_truncated_dataset_json(tmp_path, capsys):
    place = write(tmp_path / "s", "sdtm")
    data = (place / "lb.json").read_bytes()
    (place / "lb.json").write_bytes(data[: len(data) // 2])
    assert "lb.json" in refusal(tmp_path / "s", capsys)


def test_a_truncated_transport_file(tmp_path, capsys):
    place = write(tmp_path / "s", "sdtm", kind="xpt")
    data = (place / "lb.xpt").read_bytes()
    (place / "lb.xpt").write_bytes(data[: len(data) // 2 + 7])
    assert "lb.xpt" in refusal(tmp_path / "s", capsys)


def test_xml_with_an_external_entity(tmp_path, capsys):
    place = write(tmp_path / "s", "odm")
    (tmp_path / "secret").write_text("a secret", encoding="utf-8")
    text = (place / "export.xml").read_text(encoding="utf-8")
    start = text.index("<ODM")
    trap = f'<!DOCTYPE ODM [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]>\n'
    (place / "export.xml").write_text(text[:start] + trap + text[start:], encoding="utf-8")
    said = refusal(tmp_path / "s", capsys)
    assert "export.xml" in said
    assert "a secret" not in said


def test_a_mapping_with_a_field_that_does_not_exist(tmp_path, capsys):
    place = write(tmp_path / "s", "redcap")
    text = (place / "mapping.toml").read_text(encoding="utf-8")
    (place / "mapping.toml").write_text(text.replace('"aeterm"', '"aetrem"'), encoding="utf-8")
    said = refusal(tmp_path / "s", capsys)
    assert "aetrem" in said
    assert "aeterm" in said  # what comes close


def test_a_folder_that_is_not_there(tmp_path, capsys):
    place = write(tmp_path / "s", "sdtm")
    shutil.rmtree(place)
    assert "trial/sdtm" in refusal(tmp_path / "s", capsys)


def test_invented_terms_are_refused_for_measured_data(tmp_path):
    write(tmp_path / "s", "sdtm")
    path = tmp_path / "s" / "study.toml"
    text = path.read_text(encoding="utf-8").replace('data_kind = "simulated"', 'data_kind = "measured"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="licensed dictionary"):
        read_trial(open_study(tmp_path / "s"))
