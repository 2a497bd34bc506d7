"""The lock, the versions and the text of the repository keep their promises."""

import re
import runpy
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mitograft

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PARTS = runpy.run_path(str(ROOT / "tools" / "install.py"))["read_parts"](LOCK)


def read_pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==(\S+)", text))


def wanted_requirements(part: str) -> list[Requirement]:
    groups = PROJECT["dependency-groups"]
    lines = {
        "run": PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"],
        "develop": groups["dev"] + groups["docs"],
    }[part]
    return [Requirement(line) for line in lines]


def test_the_lock_has_two_parts_without_overlap():
    assert list(PARTS) == ["run", "develop"]
    pins = [read_pins(body) for body in PARTS.values()]
    assert all(pins)
    assert not set(pins[0]) & set(pins[1])


@pytest.mark.parametrize("part", ["run", "develop"])
def test_the_lock_covers_every_dependency_of_pyproject(part):
    pins = read_pins(PARTS["run"]) if part == "run" else read_pins(LOCK)
    for requirement in wanted_requirements(part):
        version = pins.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in the lock; run make lock"
        assert requirement.specifier.contains(version), f"{requirement} is locked to {version}; run make lock"


def test_the_build_group_is_the_build_system():
    assert PROJECT["dependency-groups"]["build"] == PROJECT["build-system"]["requires"]


def test_every_locked_package_has_hashes():
    blocks = re.split(r"(?m)^(?=[a-z0-9])", LOCK)[1:]
    assert len(blocks) == len(read_pins(LOCK))
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block.splitlines()[0]


def test_the_lock_names_no_index_host():
    text = re.sub(r"--hash=sha256:[0-9a-f]{64}", "", LOCK)
    assert not re.findall(
        r"(?i)\S*(?:://|--index|--extra-index|--find-links|--trusted-host|@ file|www\.)\S*", text
    )
    assert not re.findall(r"(?i)\b[a-z0-9-]+\.(?:org|com|net|io|dev)\b", text)


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.search(r"(?m)^## \[(\d[^]]*)\] - (\d{4}-\d\d-\d\d)$", changelog)
    assert released
    assert mitograft.__version__ == citation["version"] == released[1]
    assert str(citation["date-released"]) == released[2]


def test_the_citation_file_has_what_its_format_requires():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] == PROJECT["project"]["license"]
    assert citation["title"]
    assert citation["message"]
    for work in (citation, *citation["references"]):
        assert work["authors"]
        assert all({"name", "family-names"} & set(author) for author in work["authors"])
    assert all({"type", "title", "authors"} <= set(work) for work in citation["references"])


def test_no_tracked_file_names_the_place_it_was_written_in():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    private = ["/".join(words) for words in (["", "work", ""], ["shared", "facts"], ["shared", "design"])]
    private += [".lib" + "rary"]
    found = [
        f"{name}: {text}"
        for name in names
        for text in private
        if text in (ROOT / name).read_bytes().decode("utf-8", errors="replace")
    ]
    assert not found
