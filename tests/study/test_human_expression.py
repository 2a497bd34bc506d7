"""GSE151757 from counts to gene sets by one command: a study of nothing but expression of patients."""

import csv
import shutil

import pytest

STUDY = """\
[study]
id = "gse151757"
title = "GSE151757: inclusion body myositis against amputees"
data_kind = "published"

[mouse]

[mouse.expression]
samples = "samples.xlsx"
sample_column = "Sample_id"
group_column = "Phenotype"
species = "human"
contrasts = [["IBM", "AMP"]]
duplicates = "first"
"""


def rows(folder, name):
    with (folder / "out" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_one_command_goes_from_counts_to_gene_sets(shared, tmp_path, mitograft):
    folder = tmp_path / "study" / "mouse" / "expression"
    folder.mkdir(parents=True)
    data = shared / "data" / "in_vivo" / "gse151757"
    shutil.copy(data / "GSE151757_9199.csv", folder / "counts.csv")
    shutil.copy(data / "GSE151757.meta.xlsx", folder / "samples.xlsx")
    study = tmp_path / "study"
    (study / "study.toml").write_text(STUDY, encoding="utf-8")
    ran = mitograft("run", study)
    assert ran.code == 0, ran.err
    genes = rows(study, "expression")
    called = [g for g in genes if g["p_adjusted"] and float(g["p_adjusted"]) < 0.05]
    change = [float(g["log2_fold_change"]) for g in called]
    assert (len(genes), len(called)) == (9198, 5040)
    assert (sum(c > 1 for c in change), sum(c < -1 for c in change)) == (1196, 338)
    sets = {row["set"]: row for row in rows(study, "gene_sets")}
    assert float(sets["interferon_gamma"]["nes"]) == pytest.approx(2.96, rel=0.02)
    assert float(sets["respiratory_electron_transport"]["nes"]) == pytest.approx(-1.39, rel=0.02)
    told = {row["rule"]: row["found"] for row in rows(study, "mouse_quality_control")}
    assert "2-Mar" in told["mangled-symbol"]
    assert "absent-mitochondrial-genes" in told
    assert 'id="section-expression"' in (study / "out" / "report.html").read_text(encoding="utf-8")
