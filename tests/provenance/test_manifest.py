"""Manifest, hashes, versions and what is left out of the record."""

import errno
import hashlib
import json
import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mitograft
from mitograft.errors import EnvironmentFault, InputError, UsageError
from mitograft.provenance import (
    AUDIT_NAME,
    MANIFEST_NAME,
    AuditLog,
    FileRecord,
    Manifest,
    folder_records,
    foreign_files,
    make_manifest,
    redact_command,
    sha256_file,
    sha256_folder,
    verify_folder,
)

SHIPPED = Path(mitograft.__file__).parent / "py.typed"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study folder with one run in it."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    root = tmp_path / "home of Jane Doe" / "study"
    (root / "trial").mkdir(parents=True)
    (root / "trial" / "scores.csv").write_text("subject,haq\n1,2.5\n")
    (root / "study.toml").write_text("id = 'x'\n")
    (tmp_path / "elsewhere.csv").write_text("a\n")
    out = root / "out"
    (out / "figures").mkdir(parents=True)
    (out / "report.html").write_text("<html>")
    (out / "figures" / "tis.svg").write_text("<svg>")
    (out / "empty.csv").touch()
    log = AuditLog(out / AUDIT_NAME)
    log.append("run-started")
    record(root)
    return root


def record(root, **changes):
    inputs = [root / "trial" / "scores.csv", root / "study.toml", SHIPPED, root.parents[1] / "elsewhere.csv"]
    values = {
        "command": ["mitograft", "run"],
        "seeds": {"study": 7},
        "inputs": inputs,
        "root": root,
        "outputs": root / "out",
        "audit_head": AuditLog(root / "out" / AUDIT_NAME).head(),
    }
    made = make_manifest(**(values | changes))
    made.write(root / "out")
    return made


def test_the_manifest_says_what_went_in_and_came_out(study):
    made = Manifest.load(study / "out")
    assert [(r.place, r.path, r.size) for r in made.inputs] == [
        ("mitograft", "py.typed", SHIPPED.stat().st_size),
        ("outside", "elsewhere.csv", 2),
        ("study", "study.toml", 9),
        ("study", "trial/scores.csv", 18),
    ]
    assert [(r.path, r.size) for r in made.outputs] == [
        ("empty.csv", 0),
        ("figures/tis.svg", 5),
        ("report.html", 6),
    ]
    assert made.outputs[2].sha256 == hashlib.sha256(b"<html>").hexdigest()
    assert (made.time, made.seeds, made.command) == (
        "2023-11-14T22:13:20Z",
        {"study": 7},
        ("mitograft", "run"),
    )
    assert made.outside() == (made.inputs[1],)


def test_the_manifest_names_the_software(study):
    versions = Manifest.load(study / "out").versions
    assert versions.mitograft == mitograft.__version__
    assert versions.python.endswith(".".join(map(str, sys.version_info[:3])))
    assert versions.packages["numpy"] == metadata.version("numpy")
    required = {
        re.match(r"[\w.-]+", r).group() for r in metadata.requires("mitograft") if "extra ==" not in r
    }
    assert set(versions.packages) == required
    assert re.fullmatch("[0-9a-f]{64}", versions.code_sha256)
    assert platform.node() not in versions.platform or len(platform.node()) < 4


def test_the_same_run_gives_the_same_bytes(study):
    first = (study / "out" / MANIFEST_NAME).read_bytes()
    record(study)
    assert (study / "out" / MANIFEST_NAME).read_bytes() == first
    assert b"Jane" not in first
    assert str(study).encode() not in first


def test_what_is_loaded_is_what_was_written(study):
    made = record(study, kept=["b", "a"], seeds={"z": 2**70, "a": -1})
    assert Manifest.load(study / "out") == made
    assert made.kept == ("a", "b")


def test_a_whole_folder_has_no_problems(study):
    assert verify_folder(study / "out", study) == []
    assert verify_folder(study / "out") == []
    # The next run appends to the log; the earlier head is still in it.
    AuditLog(study / "out" / AUDIT_NAME).append("run-finished")
    assert verify_folder(study / "out", study) == []


def test_changed_missing_and_new_files_are_named(study):
    out = study / "out"
    (out / "report.html").write_text("<htmL>")
    (out / "figures" / "tis.svg").unlink()
    (out / "figures" / "more").mkdir()
    (out / "figures" / "more" / "new.svg").touch()
    (out / "empty.csv").unlink()
    (out / "empty.csv").mkdir()
    (study / "trial" / "scores.csv").write_text("subject,haq\n1,2.25\n")
    (study / "study.toml").unlink()
    outputs = [
        "output empty.csv: is no longer a file.",
        "output figures/tis.svg: is missing.",
        "output report.html: changed since the run.",
        "output figures/more/new.svg: is new since the run.",
    ]
    assert verify_folder(out) == outputs
    assert verify_folder(out, study) == [
        *outputs,
        "input study.toml: is missing.",
        "input trial/scores.csv: changed since the run.",
    ]


def test_a_link_in_place_of_an_output_is_named(study):
    report = study / "out" / "report.html"
    report.rename(study / "moved.html")
    report.symlink_to(study / "moved.html")
    assert verify_folder(study / "out") == ["output report.html: was replaced by a link."]


def covered(study):
    out = study / "out"
    files = [p for p in out.rglob("*") if p.is_file() and p.stat().st_size]
    return [*files, study / "trial" / "scores.csv", study / "study.toml"]


def test_every_changed_byte_is_found(study):
    # Every position of every small file, and every 7th of the manifest, each with another bit.
    for path in covered(study):
        whole = path.read_bytes()
        for position in range(0, len(whole), 7 if path.name == MANIFEST_NAME else 1):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << position % 8
            path.write_bytes(damaged)
            assert verify_folder(study / "out", study) != [], (path.name, position)
        path.write_bytes(whole)
    assert verify_folder(study / "out", study) == []


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_of_any_byte_is_found(study, data):
    path = data.draw(st.sampled_from(sorted(covered(study))))
    whole = path.read_bytes()
    position = data.draw(st.integers(0, len(whole) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda v: v != whole[position]))
    try:
        path.write_bytes(whole[:position] + bytes([value]) + whole[position + 1 :])
        assert verify_folder(study / "out", study) != []
    finally:
        path.write_bytes(whole)


def test_a_shortened_log_is_found_through_the_manifest(study):
    (study / "out" / AUDIT_NAME).write_bytes(b"")
    problem = "audit.jsonl: the entry that the manifest names is missing: the log was shortened or replaced."
    assert verify_folder(study / "out") == [problem]


def test_a_changed_manifest_is_refused_with_one_sentence(study):
    path = study / "out" / MANIFEST_NAME
    whole = path.read_text()
    for text, found in [
        (whole.replace('"study": 7', '"study": 8'), "found a manifest that was changed"),
        (whole.replace(" ", "  ", 1), "found a manifest that was changed"),
        (whole + "\n", "found a manifest that was changed"),
        (whole.replace('"version": 1,', '"version": 2,'), "found another kind or version"),
        ("[]", "found something else; expected a manifest written by mitograft"),
        ("", "found something else"),
        ("[" * 100_000, "found something else"),
        ("\u00b5", "found something else"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=rf"manifest\.json: 1 problem found\.\n.*{found}.*Run the study"):
            Manifest.load(study / "out")
        assert len(verify_folder(study / "out")) == 1


def test_a_manifest_with_a_right_hash_and_wrong_fields_is_refused(study):
    path = study / "out" / MANIFEST_NAME
    for wrong in ({"time": "x"}, {"inputs": 3}, {"versions": {}}):
        body = {"schema": "mitograft.manifest", "version": 1} | wrong
        text = json.dumps(body, sort_keys=True, indent=1) + "\n"
        body["self"] = hashlib.sha256(text.encode()).hexdigest()
        path.write_text(json.dumps(body, sort_keys=True, indent=1) + "\n")
        with pytest.raises(InputError, match="found other fields; expected those of a manifest"):
            Manifest.load(study / "out")


def test_a_folder_without_a_manifest_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"Cannot read '.*manifest\.json': found no such file or folder"):
        verify_folder(tmp_path)


def test_files_of_somebody_else_are_told_apart_and_kept(study):
    out = study / "out"
    assert foreign_files(out) == ()
    (out / "figures" / "notes.txt").write_text("mine")
    (out / ".DS_Store").touch()
    assert foreign_files(out) == (".DS_Store", "figures/notes.txt")
    made = record(study, kept=foreign_files(out))
    assert "figures/notes.txt" not in {r.path for r in made.outputs}
    assert verify_folder(out, study) == []
    assert foreign_files(out) == (".DS_Store", "figures/notes.txt")
    (out / "figures" / "notes.txt").write_text("changed by me")
    assert verify_folder(out, study) == []
    assert foreign_files(study / "trial") == ()


def test_an_input_that_is_missing_is_said(study):
    with pytest.raises(UsageError, match=r"Cannot read '.*none\.csv': found no such file or folder"):
        record(study, inputs=[study / "none.csv"])


# Hashes


def test_hashes_are_those_of_the_standard(tmp_path):
    # FIPS 180-2, appendix B.1 and B.3: "abc" and one million times "a".
    (tmp_path / "abc").write_bytes(b"abc")
    (tmp_path / "million").write_bytes(b"a" * 10**6)
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    assert sha256_file(tmp_path / "abc") == abc
    assert sha256_file(tmp_path / "million") == million
    assert folder_records(tmp_path) == (
        FileRecord("abc", abc, 3),
        FileRecord("million", million, 10**6),
    )


def test_a_folder_hash_tells_names_and_content_apart(tmp_path):
    def folder(name, files):
        for path, content in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(content)
        return sha256_folder(tmp_path / name)

    base = folder("a", {"x": "1", "y/z": "2"})
    assert folder("b", {"y/z": "2", "x": "1"}) == base
    others = [
        {"x": "2", "y/z": "1"},
        {"x": "1", "y": "2"},
        {"x": "1"},
        {"x": "1", "y/z": "2", "w": ""},
        {"x1": ""},
    ]
    hashes = {folder(f"o{k}", files) for k, files in enumerate(others)}
    assert len(hashes | {base}) == len(others) + 1
    assert sha256_folder(tmp_path / "o3", leave_out=["w"]) == base


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of POSIX")
def test_what_is_not_a_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    sentence = "found a folder, link, pipe or device, expected a file"
    with pytest.raises(UsageError, match=sentence):
        sha256_file(tmp_path / "pipe")
    with pytest.raises(UsageError, match=sentence):
        folder_records(tmp_path)
    (tmp_path / "pipe").unlink()
    (tmp_path / "loop").symlink_to(tmp_path)
    with pytest.raises(UsageError, match=sentence):
        folder_records(tmp_path)
    with pytest.raises(UsageError, match="found a folder"):
        sha256_file(tmp_path)
    with pytest.raises(UsageError, match="found no such folder"):
        folder_records(tmp_path / "none")


def test_a_file_that_the_machine_refuses_is_said(tmp_path, monkeypatch):
    (tmp_path / "a").touch()

    def refuse(*_):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(EnvironmentFault, match=r"Cannot read '.*/a': found no permission"):
        sha256_file(tmp_path / "a")


# The time


@pytest.mark.parametrize("text", ["", "-1", "1.5", "now", "\u0663", "9" * 30])
def test_a_wrong_source_date_epoch_is_said(text, monkeypatch, tmp_path):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH: found something else, expected the seconds"):
        AuditLog(tmp_path / "a").append("run")


def test_without_it_the_time_is_now_in_utc(monkeypatch, tmp_path):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    log = AuditLog(tmp_path / "a")
    log.append("run")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", log.entries()[0].time)


# The command line


def test_a_command_line_gives_nobody_away(tmp_path, monkeypatch):
    root = tmp_path / "Jane Doe"
    (root / "trial").mkdir(parents=True)
    (root / "trial" / "a.csv").touch()
    monkeypatch.chdir(tmp_path)
    command = [
        f"{root}/bin/mitograft",
        "score",
        str(root / "trial" / "a.csv"),
        "--missing",
        "strict",
        "--population=adult",
        f"--output={tmp_path}/result.csv",
        "--map",
        "Jane Doe=subject",
        "--baseline",
        "V1",
        "-o",
        "12.5",
        "Doe, J.",
        str(root),
        "Jane Doe/trial/a.csv",
        "",
    ]
    redacted = redact_command(command, root)
    assert redacted == (
        "mitograft",
        "score",
        "trial/a.csv",
        "--missing",
        "strict",
        "--population=adult",
        "--output=result.csv",
        "--map",
        "text of 16 characters",
        "--baseline",
        "V1",
        "-o",
        "12.5",
        "text of 7 characters",
        ".",
        "trial/a.csv",
        "an empty cell",
    )
    assert "Jane" not in " ".join(redacted)
    assert redact_command([], root) == ()


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30))
def test_free_text_is_never_quoted(text):
    name = f"Xq{text}Zw"
    redacted = redact_command(["mitograft", f"--subject={name}", name], Path())
    if os.sep not in name:  # of a path the last name is kept
        assert name not in " ".join(redacted)
