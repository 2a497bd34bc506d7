"""The simulated study pn101: coherent, marked and found again through files.

What broken files do to it stands in test_broken_files.py.
"""

import csv
import re
import shutil

import pytest
from openpyxl import load_workbook

from mitograft.evidence import load_evidence
from mitograft.provenance import verify_folder


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A simulated study with fewer images, analysed once."""
    from mitograft.simulation.truth import MouseTruth, StudyTruth
    from mitograft.simulation.write import simulate_study
    from mitograft.study.folder import open_study
    from mitograft.study.run import run_study

    folder = tmp_path_factory.mktemp("pn101") / "study"
    simulate_study(folder, 7, StudyTruth(fields=1, mouse=MouseTruth(photographed=1)))
    run_study(open_study(folder), command=["mitograft", "run"])
    return folder


@pytest.fixture
def study(written, tmp_path):
    """A copy to break; without images, their comparisons and mice, to be quick."""
    left_out = ("myotubes", "mouse", "trial", "uptake_images.csv", "uptake_*.tif")
    shutil.copytree(written, tmp_path / "study", ignore=shutil.ignore_patterns(*left_out))
    toml = tmp_path / "study" / "study.toml"
    head, _, tail = toml.read_text().partition("\n[claims]")
    head = head.partition("\n[mouse]")[0]
    parts = [part for part in head.split("[[invitro.comparisons]]") if "myotube." not in part]
    toml.write_text("[[invitro.comparisons]]".join(parts) + "\n[claims]" + tail)
    table = tmp_path / "study" / "invitro" / "samples.csv"
    table.write_text("".join(row for row in table.read_text().splitlines(keepends=True) if ".tif" not in row))
    return tmp_path / "study"


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_claims_a01_to_a12_are_judged_and_marked_as_simulated(written):
    with (written / "out" / "tables" / "claims.csv").open(encoding="utf-8") as file:
        claims = {row["claim"]: row for row in csv.DictReader(file)}
    assert set(claims) == {f"A{i:02d}" for i in range(1, 13)}
    assert {row["data_kind"] for row in claims.values()} == {"simulated"}
    assert all("simulated data only" in row["reason"] for row in claims.values())
    verdicts = {name: row["verdict"] for name, row in claims.items()}
    assert {name for name, verdict in verdicts.items() if verdict == "supported"} >= set(list(claims)[:10])
    # 0 of 9 severe reactions: the upper limit, 0.336, is above a third; no trial of nine can support it.
    assert verdicts["A11"] == "inconclusive"
    assert all(row["evidence_source"] for row in claims.values())


def test_comparisons_count_donors_not_wells(written):
    rows = {(e.quantity, e.contrast): e for e in load_evidence(written / "out" / "evidence.json")}
    assert rows["mitochondrial function", "PN-101 vs no PN-101, IIM myoblasts"].n == 5
    assert rows["mitochondrial function", "IIM myoblasts vs healthy myoblasts"].n == 10
    compared = [e for e in rows.values() if " vs " in e.contrast and "myoblasts" in e.contrast]
    assert len(compared) == 7
    assert all("donor is the unit" in e.note for e in compared)


def test_restored_is_not_said_where_only_raised(written):
    # Truth: 0.6 x 1.35 = 0.81 of healthy respiration, so about half of the defect is left.
    page = (written / "out" / "report.html").read_text(encoding="utf-8")
    page = page[page.index('id="section-comparisons"') : page.index('id="section-mice"')]  # mice are restored
    assert "Restored, or only raised?" in page
    assert "Raised, not shown to be restored" in page or "Not shown:" in page
    assert "Restored: " not in page


def test_every_simulated_file_says_so(written):
    for path in sorted((written / "invitro").rglob("*")):
        if path.suffix == ".xlsx":
            sheet = load_workbook(path, read_only=True)["Assay Configuration"]
            assert any("SIMULATED" in str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
        elif path.is_file():
            assert b"SIMULATED" in path.read_bytes() or b"simulated" in path.read_bytes()
    page = (written / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("Simulated data") > 20


def test_every_photograph_in_the_page_leads_to_its_file(written):
    page = (written / "out" / "report.html").read_text(encoding="utf-8")
    links = re.findall(r'href="\./(overlays/[^"]+\.png)"', page)
    assert len(links) == page.count('<img src="data:image/png;base64,') == 18
    assert all((written / "out" / link).is_file() for link in links)


def test_lots_and_uptake_are_evidence_too(written):
    rows = load_evidence(written / "out" / "evidence.parquet")
    release = {e.contrast: e.estimate for e in rows if e.quantity.startswith("lot passes release")}
    assert release == {"L001": 1, "L002": 1, "L003": 0}
    assert sum(e.quantity.startswith("relative potency") for e in rows) == 2
    assert sum(e.quantity.startswith("shelf life") for e in rows) == 1
    assert any("donor P1" in e.contrast for e in rows if e.quantity == "positive fraction")
    tables = written / "out" / "tables"
    assert all((tables / f"{name}.csv").is_file() for name in ("doses", "potency", "stability"))


def test_outputs_verify(written):
    assert verify_folder(written / "out", written) == []
    assert len(list((written / "out" / "overlays").glob("*.png"))) == 25


def test_the_analysis_never_opens_the_truth(study, mitograft):
    assert mitograft("run", study).code == 0
    with_truth = contents(study / "out")
    shutil.rmtree(study / "truth")
    assert mitograft("run", study).code == 0
    without = contents(study / "out")
    assert {n for n in with_truth if with_truth[n] != without[n]} <= {"manifest.json", "audit.jsonl"}


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    from mitograft.simulation.truth import MouseTruth, StudyTruth
    from mitograft.simulation.write import simulate_study

    truth = StudyTruth(donors=2, fields=0, mouse=MouseTruth(mice=3, photographed=1))
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate_study(tmp_path / name, seed, truth)
    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    layouts = {f"invitro/plates/layout_{assay}.csv" for assay in ("atp", "viability")}
    assert {n for n in a if a[n] == c[n]} == {
        "invitro/samples.csv",
        "product/specification.csv",
        "product/doses.csv",
        "invitro/uptake/uptake_images.csv",
        "mouse/expression/samples.csv",
        "mouse/groups.csv",
        "trial/edc/dictionary.csv",
        "trial/edc/mapping.toml",
        *layouts,
    }


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("seahorse.maximal_respiration", "seahorse.maximum", "found a comparison of 'seahorse.maximum'"),
        ('first = "IIM"', 'first = "nobody"', "with condition 'nobody'"),
        ('healthy = "healthy"', 'healthy = "nobody"', "with condition 'nobody'"),
        ('"atp_3.csv"', '"atp_33.csv"', "found plate files atp_33.csv"),
        (
            'data_kind = "simulated"',
            'data_kind = "measured"',
            "these files are marked as simulated: atp_1.csv",
        ),
        ('folder = "invitro"', 'folder = "elsewhere"', "found no folder 'elsewhere'"),
    ],
)
def test_names_that_do_not_exist(mitograft, study, old, new, sentence):
    toml = study / "study.toml"
    assert old in toml.read_text()
    toml.write_text(toml.read_text().replace(old, new, 1))
    run = mitograft("run", study)
    assert run.code == 2
    assert sentence in run.err


@pytest.mark.parametrize(
    "name", ["myotubes/P1_1_1.ome.tif", "uptake/uptake_cells.csv", "seahorse/seahorse_1.xlsx"]
)
def test_one_simulated_file_cannot_pass_for_measured(mitograft, written, tmp_path, name):
    place = tmp_path / "study" / "invitro" / name
    place.parent.mkdir(parents=True)
    shutil.copy(written / "invitro" / name, place)
    head = '[study]\nid = "x"\ntitle = "x"\ndata_kind = "measured"\n[invitro]\n'
    (tmp_path / "study" / "study.toml").write_text(head)
    run = mitograft("run", tmp_path / "study")
    assert run.code == 2
    assert f"these files are marked as simulated: {place.name}" in run.err


def test_simulate_refuses_a_folder_with_something_in_it(mitograft, tmp_path):
    (tmp_path / "x").write_text("x")
    run = mitograft("simulate", tmp_path)
    assert run.code == 2
    assert "found something there already" in run.err
