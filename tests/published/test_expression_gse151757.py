"""GSE151757 (24 IBM, 9 amputees, 6 TMD controls; MIT copy of Myopathy-Spectrum), counts to gene sets.

Expected: pydeseq2 0.5.4 called directly, design ~cohort, one of the two rows 2-Mar dropped (5040 of 9198
genes at 5 %, 1196 above +1 and 338 below -1); edgeR's own table of the same samples; scores and enrichment.
"""

import shutil

import numpy as np
import pandas as pd
import pytest

from mitograft.mouse.expression.analyse import analyse_expression
from mitograft.mouse.expression.options import ExpressionOptions

# NES of gseapy.prerank (seed 1, 1000 permutations, ranked by the statistic).
ENRICHMENT = {
    "interferon_gamma": 2.960,
    "interferon_alpha_beta": 2.633,
    "muscle_contraction": 1.866,
    "mitochondrial_protein_import": -1.992,
    "complex_i_biogenesis": -1.560,
    "respiratory_electron_transport": -1.390,
    "glycolysis": -1.535,
    "tca_cycle": -1.181,
}
FOUND = {
    "respiratory_electron_transport": (103, 78),
    "complex_i_biogenesis": (57, 42),
    "tca_cycle": (22, 21),
    "glycolysis": (72, 55),
    "fatty_acid_oxidation": (38, 24),
    "interferon_alpha_beta": (73, 41),
    "interferon_gamma": (93, 53),
}


@pytest.fixture(scope="module")
def cohort(shared):
    return shared / "data" / "in_vivo" / "gse151757"


@pytest.fixture(scope="module")
def result(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("expression")
    shutil.copy(cohort / "GSE151757_9199.csv", folder / "counts.csv")
    shutil.copy(cohort / "GSE151757.meta.xlsx", folder / "samples.xlsx")
    options = ExpressionOptions(
        samples="samples.xlsx", sample_column="Sample_id", group_column="Phenotype", species="human",
        contrasts=(("IBM", "AMP"),), duplicates="first",
    )  # fmt: skip
    return analyse_expression(folder, None, options)


def test_the_numbers_of_changed_genes(result):
    contrast = result.differential.contrasts[0]
    assert len(contrast.genes) == 9198
    assert contrast.significant() == 5040
    assert contrast.significant(above=1.0) == 1196
    assert contrast.significant(below=-1.0) == 338


def test_edger_agrees(result, cohort):
    edger = pd.read_csv(cohort / "edger_IBM_vs_9Amputee.csv", index_col=0)
    edger = edger[~edger.index.duplicated(keep=False)]
    contrast = result.differential.contrasts[0]
    ours = pd.DataFrame(
        {"change": contrast.log2_fold_change, "q": contrast.p_adjusted}, index=list(contrast.genes)
    )
    both = ours.join(edger, how="inner")
    assert len(both) > 9000
    assert np.corrcoef(both["change"], both["logFC"])[0, 1] > 0.98
    sure = both[(both["q"] < 0.05) & (both["FDR"] < 0.05)]
    assert len(sure) > 4000
    assert np.mean(np.sign(sure["change"]) == np.sign(sure["logFC"])) > 0.999


def test_the_ratio_does_not_separate_but_interferon_does(result):
    """Expected trap: oxidative minus glycolytic AMP -.228, IBM -.090, TMD +.702; IBM v AMP p .585."""
    from scipy.stats import mannwhitneyu

    values = next(o for o in result.outcomes if o.name == "expression.oxidative_minus_glycolytic").values
    groups = np.array(result.counts.groups)
    score = np.array([values[s] for s in result.counts.subjects])
    means = {g: score[groups == g].mean() for g in ("AMP", "IBM", "TMD")}
    assert means == pytest.approx({"AMP": -0.228, "IBM": -0.090, "TMD": 0.702}, abs=5e-4)
    p = mannwhitneyu(score[groups == "IBM"], score[groups == "AMP"]).pvalue
    assert p == pytest.approx(0.585, abs=5e-4)
    interferon = next(row for row in result.comparisons if row.set == "interferon_gamma")
    assert interferon.p_adjusted < 1e-4
    assert interferon.p_rank < 1e-3
    assert result.shift.defect.difference.p > 0.05


def test_enrichment(result):
    """The permutations of one seed depend on what else is scored; NES moves by about 1 % with them."""
    found = {row.set: row for row in result.enrichments}
    for name, expected in ENRICHMENT.items():
        assert found[name].normalised == pytest.approx(expected, rel=0.02), name
    assert found["interferon_gamma"].q < 0.001
    assert found["mitochondrial_protein_import"].q < 0.01


def test_coverage(result):
    coverage = {item.set: (item.size, item.found) for item in result.coverage}
    assert {name: coverage[name] for name in FOUND} == FOUND


def test_what_a_reader_is_told(result):
    told = {finding.rule: finding.found for finding in result.findings}
    assert told["mangled-symbol"].startswith("13 gene names that a spreadsheet has changed: 2-Mar")
    assert "2-Mar (a date; MARCHF2 or MTARC2)" in told["duplicate-symbol"]
    assert told["absent-mitochondrial-genes"].startswith("none of the 13 protein genes")
