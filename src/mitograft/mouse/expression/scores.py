"""Scores of gene sets, one number a subject, and their comparison between groups.

* ``score_sets``: the mean, over the genes of a set, of each gene's z score over all subjects (standard
  deviation with divisor n - 1). It is relative to the subjects at hand.
* ``score_ssgsea``: single-sample enrichment (Barbie et al., Nature 2009;462:108), by gseapy.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from mitograft.mouse.expression.gene_sets import GeneSet
from mitograft.statistics.blocked import TResult, welch_t

__all__ = [
    "SetComparison",
    "compare_sets",
    "log_cpm",
    "log_normalised",
    "score_genes",
    "score_sets",
    "score_ssgsea",
]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SetComparison:
    """A score compared between two groups: difference of means (Welch) and Mann-Whitney's p value.

    ``p_adjusted`` adjusts Welch's p values of all sets of one contrast after Benjamini and Hochberg.
    """

    set: str
    tested: str
    reference: str
    difference: TResult
    p_rank: float
    p_adjusted: float


def log_cpm(values: npt.NDArray[np.int64]) -> Array:
    """Return log2(counts per million + 1), subjects x genes."""
    return np.asarray(np.log2(values / values.sum(axis=1, keepdims=True) * 1e6 + 1.0))


def log_normalised(values: npt.NDArray[np.int64], size_factors: Array) -> Array:
    """Return log2(counts / size factor + 1), subjects x genes."""
    return np.asarray(np.log2(values / size_factors[:, None] + 1.0))


def score_genes(expression: Array, genes: Sequence[str], wanted: Sequence[str]) -> Array:
    """Return the mean z score of some genes for every subject; NaN where none of them varies."""
    place = {gene: i for i, gene in enumerate(genes)}
    chosen = expression[:, [place[gene] for gene in wanted if gene in place]]
    spread = chosen.std(axis=0, ddof=1)
    varying = spread > 0.0
    if not np.any(varying):
        return np.full(len(expression), np.nan)
    z = (chosen[:, varying] - chosen[:, varying].mean(axis=0)) / spread[varying]
    return np.asarray(z.mean(axis=1))


def score_sets(expression: Array, genes: Sequence[str], sets: Sequence[GeneSet]) -> dict[str, Array]:
    """Return the mean z score of every set, by its id."""
    return {item.id: score_genes(expression, genes, item.genes) for item in sets}


def score_ssgsea(expression: Array, genes: Sequence[str], sets: Sequence[GeneSet]) -> dict[str, Array]:
    """Return the single-sample enrichment score of every set, by its id (not normalised over sets)."""
    import gseapy  # type: ignore[import-untyped]  # ships no types
    import pandas as pd

    if not sets:
        return {}
    table = pd.DataFrame(expression.T, index=list(genes))
    table.columns = [f"s{i}" for i in range(len(expression))]
    with warnings.catch_warnings():  # of the library about its own use of pandas
        warnings.simplefilter("ignore")
        found = gseapy.ssgsea(
            table, {item.id: list(item.genes) for item in sets}, outdir=None, min_size=1, max_size=len(genes),
            sample_norm_method="rank", threads=1, seed=1, verbose=False, no_plot=True,
        )  # fmt: skip
    wide = found.res2d.pivot_table(index="Name", columns="Term", values="ES", aggfunc="first")
    order = list(table.columns)
    return {item.id: np.asarray(wide.loc[order, item.id], dtype=float) for item in sets}


def compare_sets(
    scores: Mapping[str, Array], groups: Sequence[str], tested: str, reference: str
) -> tuple[SetComparison, ...]:
    """Compare every score between two groups of at least two subjects."""
    from scipy.stats import false_discovery_control, mannwhitneyu

    names = np.array(groups)
    rows = []
    for name, values in scores.items():
        first, second = values[names == tested], values[names == reference]
        if np.all(np.isfinite(values)):
            rank = float(mannwhitneyu(first, second).pvalue)
            rows.append((name, welch_t(cast("list[float]", list(first)), list(second)), rank))
    known = [i for i, row in enumerate(rows) if np.isfinite(row[1].p)]
    adjusted = np.full(len(rows), np.nan)
    if known:
        adjusted[known] = false_discovery_control([rows[i][1].p for i in known], method="bh")
    return tuple(
        SetComparison(name, tested, reference, difference, rank, float(p))
        for (name, difference, rank), p in zip(rows, adjusted, strict=True)
    )
