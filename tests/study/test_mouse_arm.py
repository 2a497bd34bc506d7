"""The mouse arm through ``mitograft run``: from simulated files to claims, and back through SEND."""

import csv
import re
import shutil
from importlib.resources import files

import pytest

from mitograft.simulation.mice import simulate_mice
from mitograft.simulation.truth import MouseTruth

SMALL = MouseTruth(mice=5, photographed=1)


def settings(*, seed=3):
    """Return the study.toml of pn101 without the parts that are not mice."""
    text = files("mitograft.simulation").joinpath("pn101.toml").read_text(encoding="utf-8")
    start, end = text.index("[product]"), text.index("[mouse]")
    text = text[:start] + text[end : text.index("# Site data of the trial")] + text[text.index("[claims]") :]
    judged = re.search(r"judge = \[.*\]", text)[0]
    return text.replace("SEED", str(seed)).replace(judged, 'judge = ["A08", "A09", "A10"]')


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study of mice alone, not yet run."""
    folder = tmp_path_factory.mktemp("mice") / "study"
    folder.mkdir()
    simulate_mice(folder / "mouse", 3, SMALL)
    (folder / "study.toml").write_text(settings(), encoding="utf-8")
    return folder


@pytest.fixture
def study(made, tmp_path):
    """A copy of it that a test may break."""
    return shutil.copytree(made, tmp_path / "study")


@pytest.fixture(scope="module")
def done(made, tmp_path_factory):
    """A copy of it, run once."""
    from mitograft.study.folder import open_study
    from mitograft.study.run import run_study

    folder = shutil.copytree(made, tmp_path_factory.mktemp("done") / "study")
    run_study(open_study(folder), command=["mitograft", "run"])
    return folder


def rows(folder, name):
    with (folder / "out" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_claims_on_mice_are_judged_and_marked_as_simulated(done):
    verdicts = {row["claim"]: row for row in rows(done, "claims")}
    assert verdicts["A08"]["verdict"] == "supported"
    assert {row["data_kind"] for row in verdicts.values()} == {"simulated"}
    assert all(row["low"] and row["high"] for row in verdicts.values())
    assert {row["claim"]: row["evidence_source"] for row in verdicts.values()} == {
        "A08": "scores.csv",
        "A09": "cytokines.csv",
        "A10": "counts.csv.gz",
    }


def test_excluded_mice_enter_no_comparison(done):
    found = {row["outcome"]: row for row in rows(done, "mouse_comparisons")}
    assert found["histology.severity"]["n_second"] == "5"
    with (done / "mouse" / "animals.csv").open(encoding="utf-8", newline="") as stream:
        excluded = [row for row in csv.DictReader(stream) if row["excluded"]]
    assert len(excluded) == 1
    treated = sum(row["group"] == "CIM + PN-101 high" for row in excluded)
    assert found["histology.severity"]["n_first"] == str(5 - treated)


def test_every_room_leaves_outcomes_and_the_page_a_section(done):
    stems = {row["outcome"].partition(".")[0] for row in rows(done, "mouse_outcomes")}
    assert stems == {"histology", "function", "cytokine", "expression", "metabolite"}
    page = (done / "out" / "report.html").read_text(encoding="utf-8")
    for name in ("mice", "histology", "images", "courses", "cytokines", "metabolites", "expression"):
        assert f'id="section-{name}"' in page
    assert [row["item"] for row in rows(done, "arrive")] == [str(i) for i in range(1, 11)]


def test_mice_that_went_through_send_give_the_same_comparisons(done, tmp_path, mitograft):
    second = tmp_path / "second"
    shutil.copytree(done / "out" / "send", second / "mouse" / "send")
    shutil.copytree(done / "mouse" / "expression", second / "mouse" / "expression")
    roles = {"healthy": "healthy", "CIM vehicle": "control", "CIM + PN-101 low": "treated",
             "CIM + PN-101 high": "treated"}  # fmt: skip
    lines = "\n".join(f'"{group}" = "{role}"' for group, role in roles.items())
    text = (
        settings()
        .replace("send = true\n", "")
        .replace("[mouse.design]", f"[mouse.roles]\n{lines}\n\n[mouse.design]", 1)
    )
    (second / "study.toml").write_text(text, encoding="utf-8")
    ran = mitograft("run", second)
    assert ran.code == 0, ran.err
    numbers = ("outcome", "n_first", "n_second", "estimate", "low", "high", "p")
    here, there = (
        {row["outcome"]: [row[n] for n in numbers] for row in rows(folder, "mouse_comparisons")}
        for folder in (done, second)
    )
    assert there == here


def test_the_same_files_give_the_same_bytes(done, study, mitograft):
    assert mitograft("run", study).code == 0
    for name in ("evidence.parquet", "tables/mouse_outcomes.csv", "send/dm.xpt", "figures/shift-map.svg"):
        assert (study / "out" / name).read_bytes() == (done / "out" / name).read_bytes()


def test_names_that_do_not_exist_come_in_one_message(study, mitograft):
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('outcome = "function.grip_auc"', 'outcome = "function.grip_auk"')
    text = text.replace('first = "CIM + PN-101 high"', 'first = "CIM + PN-101 hihg"', 1)
    (study / "study.toml").write_text(text, encoding="utf-8")
    ran = mitograft("run", study)
    assert ran.code == 2, ran.err
    assert "function.grip_auc?" in ran.err
    assert "CIM + PN-101 high?" in ran.err
    assert not (study / "out").exists()
