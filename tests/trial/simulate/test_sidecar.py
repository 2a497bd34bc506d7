import csv
import json
from importlib.resources import files
from pathlib import Path

from mitograft.tables.parameters import STATUSES
from mitograft.trial.simulate import SiteData, write_truth


def test_truth_beside_the_data(phase1: SiteData, tmp_path: Path) -> None:
    write_truth(phase1, tmp_path / "truth.json")
    content = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert content["data_kind"] == "simulated"
    assert content["seed"] == 1
    assert len(content["subjects"]) == 11
    assert {arm["code"]: arm["effect"] for arm in content["truth"]["arms"]} == {
        "LOW": 0.3,
        "MID": 0.35,
        "HIGH": 0.4,
    }


def test_every_number_has_a_source_and_effects_are_assumed() -> None:
    folder = files("mitograft.trial.simulate").joinpath("data")
    for file in folder.iterdir():
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        assert rows, file.name
        if "status" in rows[0]:
            assert all(row["status"] in STATUSES and row["citation"] for row in rows), file.name
    rows = list(csv.DictReader(folder.joinpath("assumptions.csv").read_text(encoding="utf-8").splitlines()))
    effects = [row for row in rows if row["id"].startswith(("effect", "dose_", "dlt", "placebo"))]
    assert len(effects) >= 10
    assert {row["status"] for row in effects} == {"assumed"}
