"""Bad input of the mouse arm: one message that lists all, exit code 2, nothing written.

One case is one function that breaks the folder, with the words the message must hold.
"""

import csv
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mitograft.simulation.mice import simulate_mice
from mitograft.simulation.truth import MouseTruth


@dataclass(frozen=True)
class Case:
    """How to break a folder, and what the message must say."""

    damage: Callable
    words: tuple[str, ...]


CASES: dict[str, Case] = {}


def breaks(*words):
    def register(damage):
        CASES[damage.__name__] = Case(damage, words)
        return damage

    return register


def change(path, edit):
    """Read a table, let ``edit`` change its rows, write it back."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows, names = list(reader), reader.fieldnames
    edit(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)


def edit_counts(mouse, edit):
    path = mouse / "expression" / "counts.csv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    path.write_bytes(gzip.compress("\n".join(edit(lines)).encode(), mtime=0))


@breaks("animals.csv", "two-groups", "in another group")
def mouse_in_two_groups(mouse):
    def edit(rows):
        other = next(r["group"] for r in rows if r["group"] != rows[0]["group"])
        rows.append({**rows[0], "group": other})

    change(mouse / "animals.csv", edit)


@breaks("animals.csv", "dates-out-of-order", "not-a-date")
def dates_before_birth(mouse):
    def edit(rows):
        rows[0]["birth_date"] = "2027-01-01"
        rows[1]["day_zero"] = "2.3.2026"

    change(mouse / "animals.csv", edit)


@breaks("scores.csv", "grade")
def score_off_the_scheme(mouse):
    def edit(rows):
        rows[3]["grade"] = "11"

    change(mouse / "scores.csv", edit)


@breaks("weights.csv", "weight_g", "date")
def negative_weight_and_date_before_birth(mouse):
    def edit(rows):
        rows[0]["weight_g"] = "-19.5"
        rows[4]["date"] = "2001-01-01"

    change(mouse / "weights.csv", edit)


@breaks("counts.csv.gz", "whole number")
def counts_that_are_not_integers(mouse):
    def edit(lines):
        cells = lines[5].split(",")
        cells[2] = "13.7"
        return [*lines[:5], ",".join(cells), *lines[6:]]

    edit_counts(mouse, edit)


@breaks("samples.csv")
def sample_without_metadata(mouse):
    change(mouse / "expression" / "samples.csv", lambda rows: rows.pop())


@breaks("cytokines.csv", "unknown-animal")
def cytokine_of_a_mouse_nobody_knows(mouse):
    def edit(rows):
        rows[0]["animal"] = "M999"

    change(mouse / "cytokines.csv", edit)


@breaks("scores.csv", "weights.csv", "cytokines.csv", "metabolites.csv")
def four_files_at_once(mouse):
    for name in ("scores.csv", "weights.csv", "cytokines.csv", "metabolites.csv"):
        change(mouse / name, lambda rows: rows[0].update(animal="M999"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken") / "study"
    folder.mkdir()
    simulate_mice(folder / "mouse", 4, MouseTruth(mice=3, photographed=0))
    (folder / "study.toml").write_text(
        '[study]\nid = "mice"\ntitle = "Mice"\ndata_kind = "simulated"\n\n[mouse]\n', encoding="utf-8"
    )
    return folder


def fingerprint(folder):
    found = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


@pytest.mark.parametrize("name", CASES)
def test_one_message_lists_all_and_nothing_is_written(name, whole, tmp_path, mitograft):
    import shutil

    study = shutil.copytree(whole, tmp_path / "study")
    (study / "out").mkdir()
    (study / "out" / "kept.txt").write_text("earlier result")
    case = CASES[name]
    case.damage(study / "mouse")
    before = fingerprint(study)
    ran = mitograft("run", study)
    assert ran.code == 2
    assert ran.err.count("Error:") == 1
    assert "Traceback" not in ran.err
    for word in case.words:
        assert word in ran.err, ran.err
    assert "M999" not in ran.err
    assert fingerprint(study) == before
