"""Differential expression against R's DESeq2 1.34.0 (tables of owkin/PyDESeq2, MIT) on three small data sets.

The tolerances are those that pydeseq2 itself reaches on these tables.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from mitograft.mouse.expression.counts import Counts
from mitograft.mouse.expression.differential import fit_differential
from mitograft.mouse.expression.inference import make_inference
from mitograft.mouse.expression.options import ExpressionOptions


@pytest.fixture(scope="module")
def reference(shared):
    return shared / "data" / "in_vivo" / "pydeseq2_reference"


def read(folder):
    counts = pd.read_csv(folder / "test_counts.csv", index_col=0)
    return counts, pd.read_csv(folder / "test_metadata.csv", index_col=0)


def counts_of(folder, *covariates):
    counts, about = read(folder)
    columns = {name: tuple(about[name]) for name in covariates}
    values = counts[about.index].to_numpy().T
    return Counts(
        tuple(counts.index), tuple(about.index), tuple(about["condition"]), columns, values, "x.csv"
    )


@pytest.mark.parametrize("vectorised", [True, False])
def test_one_factor(reference, vectorised):
    wanted = pd.read_csv(reference / "single_factor" / "r_test_res.csv", index_col=0)
    sizes = pd.read_csv(reference / "single_factor" / "r_test_size_factors.csv", index_col=0)["x"]
    options = ExpressionOptions(vectorised=vectorised)
    fit = fit_differential(counts_of(reference / "synthetic"), [("B", "A")], options)
    found = fit.contrasts[0]
    assert found.log2_fold_change[0] == pytest.approx(0.632812, abs=5e-6)
    assert found.standard_error[0] == pytest.approx(0.289104, abs=1e-4)
    assert found.p[0] == pytest.approx(0.0286058, rel=3e-3)
    assert found.p_adjusted[0] == pytest.approx(0.0641325, rel=3e-3)
    assert np.max(np.abs(found.log2_fold_change - wanted["log2FoldChange"])) < 2.3e-6
    assert np.max(np.abs(found.p / wanted["pvalue"] - 1)) < 0.0025
    np.testing.assert_allclose(fit.size_factors, sizes, rtol=1e-9)


def test_more_genes_than_samples_and_a_covariate(reference):
    wanted = pd.read_csv(reference / "wide" / "r_test_res.csv", index_col=0)
    counts = counts_of(reference / "wide", "group")
    found = fit_differential(counts, [("B", "A")], ExpressionOptions()).contrasts[0]
    assert np.max(np.abs(found.log2_fold_change - wanted["log2FoldChange"])) < 6e-4
    assert np.max(np.abs(found.p / wanted["pvalue"] - 1)) < 0.005


def test_a_continuous_covariate_tested_itself(reference):
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.ds import DeseqStats

    wanted = pd.read_csv(reference / "continuous" / "r_test_res.csv", index_col=0)
    counts, about = read(reference / "continuous")
    inference = make_inference()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = DeseqDataSet(
            counts=counts.T, metadata=about, design="~group + condition + measurement",
            inference=inference, quiet=True,
        )  # fmt: skip
        data.deseq2()
        vector = np.array([0.0, 0.0, 0.0, 1.0])
        tests = DeseqStats(data, contrast=vector, inference=inference, quiet=True)
        tests.summary()
    found = tests.results_df
    assert np.max(np.abs(found["log2FoldChange"] - wanted["log2FoldChange"])) < 3e-6
    assert np.max(np.abs(found["pvalue"] / wanted["pvalue"] - 1)) < 0.0015


def test_other_hypotheses_are_left_to_pydeseq2(reference):
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.ds import DeseqStats

    wanted = pd.read_csv(reference / "single_factor" / "r_test_res_greater.csv", index_col=0)
    counts, about = read(reference / "synthetic")
    inference = make_inference()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = DeseqDataSet(
            counts=counts.T, metadata=about, design="~condition", inference=inference, quiet=True
        )
        data.deseq2()
        tests = DeseqStats(
            data, contrast=["condition", "B", "A"], inference=inference, quiet=True,
            lfc_null=0.5, alt_hypothesis="greater",
        )  # fmt: skip
        tests.summary()
    positive = tests.results_df["stat"] > 0  # pydeseq2 holds the statistic at 0, where R goes on to p = 1
    assert positive.sum() >= 3
    assert np.max(np.abs(tests.results_df["pvalue"] / wanted["pvalue"] - 1)[positive]) < 0.0025
