"""Cytokines of mice from the plate reader: a bead assay whose samples are the mice, through a run."""

import csv
import math
import shutil
from importlib.resources import files

import pytest

from mitograft.assays.plate.simulate import BeadAssayTruth, simulate_bead_assay
from mitograft.errors import InputError, StudyError
from mitograft.seeds import stream
from mitograft.simulation.mice import simulate_mice
from mitograft.simulation.truth import MouseTruth
from mitograft.statistics.curve_model import Curve
from mitograft.study.folder import open_study
from mitograft.study.run import run_study

TABLES = ("weights.csv", "function.csv", "metabolites.csv", "cytokines.csv")
LEVELS = {"healthy": 0.2, "CIM vehicle": 220.0, "CIM + PN-101 low": 150.0, "CIM + PN-101 high": 60.0}
CURVE = Curve(-1.0, 30.0, 20_000.0, math.log(600.0))


def settings(plates):
    text = files("mitograft.simulation").joinpath("pn101.toml").read_text(encoding="utf-8")
    mice = text[text.index("[mouse]") : text.index("[[mouse.comparisons]]")].replace("send = true", "")
    return f"""[study]
id = "plates"
title = "Cytokines from plates"
data_kind = "simulated"
seed = 5

{mice}
{plates}
[[mouse.comparisons]]
quantity = "inflammation"
contrast = "with PN-101 vs without, CIM mice"
outcome = "cytokine.il6"
first = "CIM + PN-101 high"
second = "CIM vehicle"

[claims]
judge = ["A09"]
"""


PLATES = '[[mouse.plates]]\nfiles = ["beads.csv"]\n'


def groups_of(folder):
    with (folder / "mouse" / "animals.csv").open(encoding="utf-8", newline="") as stream:
        return {row["animal"]: row["group"] for row in csv.DictReader(stream)}


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    simulate_mice(folder / "mouse", 5, MouseTruth(mice=6, photographed=1))
    for name in TABLES:
        (folder / "mouse" / name).unlink()
    for name in ("expression", "histology"):
        shutil.rmtree(folder / "mouse" / name)
    (folder / "mouse" / "plates").mkdir()
    write_beads(folder, groups_of(folder))
    (folder / "study.toml").write_text(settings(PLATES), encoding="utf-8")
    return folder


def analysed(folder):
    """Mice of the two groups that were not excluded."""
    with (folder / "mouse" / "animals.csv").open(encoding="utf-8", newline="") as stream:
        own = [row for row in csv.DictReader(stream) if row["group"] in ("CIM vehicle", "CIM + PN-101 high")]
    return [row["animal"] for row in own if not row["excluded"]]


def write_beads(folder, groups):
    samples = {}
    for animal, group in groups.items():
        spread = float(stream(5, "beads", animal).lognormal(0.0, 0.25))
        samples[animal] = {"IL-6": LEVELS[group] * spread}
    truth = BeadAssayTruth("mice", {"IL-6": CURVE}, {"IL-6": 10_000.0}, samples)
    simulate_bead_assay(truth, folder / "mouse" / "plates" / "beads.csv", stream(5, "beads"))


def test_concentrations_of_a_plate_become_an_outcome_of_mice(study):
    evidence = run_study(open_study(study), command=["mitograft", "run"]).findings.evidence
    row = next(e for e in evidence if e.quantity == "inflammation")
    # The truth is log(60 / 220) = -1.30; 6 mice a group with a spread of 0.25.
    assert row.low < -1.30 < row.high
    assert row.high < 0.0
    assert row.n == len(analysed(study))
    assert "plates/beads.csv" in (study / "out" / "manifest.json").read_text(encoding="utf-8")


def test_concentrations_below_quantification_are_censored_not_missing(study):
    mouse = run_study(open_study(study), command=["mitograft", "run"]).findings.mouse
    outcome = next(o for o in mouse.details.cytokines.outcomes if o.name == "cytokine.il6")
    healthy = [animal for animal, group in groups_of(study).items() if group == "healthy"]
    assert set(healthy) <= set(outcome.values) | set(outcome.below)
    assert set(healthy) & set(outcome.below)


def test_a_sample_that_is_no_mouse_is_named_by_its_well(study):
    write_beads(study, {**groups_of(study), "X99": "healthy"})
    with pytest.raises(InputError, match="unknown-animal") as caught:
        run_study(open_study(study), command=["mitograft", "run"])
    assert len(caught.value.violations) == 2  # in duplicate
    assert not (study / "out").exists()


def test_one_analyte_in_the_table_and_on_a_plate_is_refused(study):
    animal = next(iter(groups_of(study)))
    text = f"animal,date,analyte,concentration,unit\n{animal},2025-03-22,IL-6,5,pg/mL\n"
    day = (study / "mouse" / "animals.csv").read_text(encoding="utf-8")
    header = day.splitlines()[0].split(",")
    end = day.splitlines()[1].split(",")[header.index("end_date")]
    text = text.replace("2025-03-22", end)
    (study / "mouse" / "cytokines.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="analyte-twice"):
        run_study(open_study(study), command=["mitograft", "run"])


def test_a_plate_file_that_is_not_there_is_a_mistake_of_study_toml(study):
    (study / "study.toml").write_text(settings(PLATES.replace("beads", "absent")), encoding="utf-8")
    with pytest.raises(StudyError, match=r"absent\.csv"):
        run_study(open_study(study), command=["mitograft", "run"])
