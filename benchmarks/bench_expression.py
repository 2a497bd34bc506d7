"""Differential expression of 40 samples: all genes at once against pydeseq2 called directly.

Both run the same pipeline of pydeseq2 on the same simulated counts in the same process, one core; only the
fits between its steps differ. The results are compared too, so that a fast wrong answer would be seen.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import Report, best_of, one_core, options

from mitograft.mouse.expression.counts import Counts
from mitograft.mouse.expression.differential import Contrast, fit_differential
from mitograft.mouse.expression.options import ExpressionOptions

SAMPLES = 40
PAIR = ("vehicle", "healthy")


def make_counts(genes: int) -> Counts:
    """Draw negative binomial counts of two groups with a dispersion trend and changed genes."""
    rng = np.random.default_rng(151757)
    mean = rng.lognormal(5.0, 1.5, genes)
    change = np.where(rng.random(genes) < 0.2, rng.normal(0.0, 1.0, genes), 0.0)
    alpha = (0.1 + 4.0 / mean) * rng.lognormal(0.0, 0.5, genes)
    half = SAMPLES // 2
    group = np.repeat([1.0, 0.0], half)[:, None]
    mu = mean * np.exp2(change * group) * rng.lognormal(0.0, 0.2, SAMPLES)[:, None]
    values = rng.poisson(mu * rng.gamma(1.0 / alpha, alpha, mu.shape)).astype(np.int64)
    names = tuple(f"G{i}" for i in range(genes))
    subjects = tuple(f"S{i}" for i in range(SAMPLES))
    return Counts(names, subjects, (PAIR[0],) * half + (PAIR[1],) * half, {}, values, "simulated")


def call_directly(counts: Counts) -> Any:
    """Run pydeseq2 as its documentation does, on one core."""
    import pandas as pd
    from pydeseq2.dds import DeseqDataSet  # type: ignore[import-untyped]  # ships no types
    from pydeseq2.default_inference import DefaultInference  # type: ignore[import-untyped]  # ships no types
    from pydeseq2.ds import DeseqStats  # type: ignore[import-untyped]  # ships no types

    table = pd.DataFrame(counts.values, index=list(counts.subjects), columns=list(counts.genes))
    metadata = pd.DataFrame({"group": list(counts.groups)}, index=list(counts.subjects))
    inference = DefaultInference(n_cpus=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = DeseqDataSet(counts=table, metadata=metadata, design="~group", inference=inference, quiet=True)
        data.deseq2()
        tests = DeseqStats(data, contrast=["group", *PAIR], inference=inference, quiet=True)
        tests.summary()
    return tests.results_df


def largest(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Return the largest absolute difference of what both have."""
    return float(np.nanmax(np.abs(first - second)))


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    report = Report("expression", "Differential expression of 40 samples")
    report.peers = {"pydeseq2": "DeseqDataSet and DeseqStats with DefaultInference(n_cpus=1)"}
    genes = 600 if choice.quick else 5_000
    counts = make_counts(genes)
    fit_differential(make_counts(100), [PAIR], ExpressionOptions())  # imports and first calls
    ours, fit = best_of(2, lambda: fit_differential(counts, [PAIR], ExpressionOptions()))
    theirs, table = best_of(1, lambda: call_directly(counts))
    contrast: Contrast = fit.contrasts[0]
    change, p, q = (np.asarray(table[name]) for name in ("log2FoldChange", "pvalue", "padj"))
    add = report.add
    add("genes", float(genes), "genes", "genes")
    add("seconds", ours, "s", "mitograft, all genes at once")
    add("pydeseq2_seconds", theirs, "s", "pydeseq2 called directly")
    add("ratio", theirs / ours, "x", "ratio to pydeseq2 (aim 1)")
    add(
        "change_difference",
        largest(contrast.log2_fold_change, change),
        "log2",
        "largest difference of a change",
    )
    add(
        "p_difference",
        largest(contrast.p / p, np.ones_like(p)),
        "",
        "largest relative difference of a p value",
    )
    different = float(np.sum((contrast.p_adjusted < 0.05) != (q < 0.05)))
    add("different", different, "genes", "genes called differently at 5 %")
    add("called", float(np.sum(q < 0.05)), "genes", "genes that pydeseq2 calls at 5 %")
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "pydeseq2"))


if __name__ == "__main__":
    main()
