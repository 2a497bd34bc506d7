"""Normalisation and differential expression with pydeseq2, the mouse (or patient) as the unit."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.expression.counts import Counts
from mitograft.mouse.expression.inference import make_inference
from mitograft.mouse.expression.options import ExpressionOptions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Contrast", "Differential", "fit_differential"]

Array = npt.NDArray[np.float64]
_ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Contrast:
    """Differential expression of one pair of groups; NaN where a gene was not tested.

    Parameters
    ----------
    tested, reference
        Groups; a positive change is higher in ``tested``.
    genes
        Symbols.
    base_mean, log2_fold_change, standard_error, statistic, p, p_adjusted
        As DESeq2 names them: mean of the normalised counts, change without shrinkage, Wald test, adjusted
        after Benjamini and Hochberg with independent filtering.
    """

    tested: str
    reference: str
    genes: tuple[str, ...]
    base_mean: Array
    log2_fold_change: Array
    standard_error: Array
    statistic: Array
    p: Array
    p_adjusted: Array

    @property
    def name(self) -> str:
        """``tested vs reference``."""
        return f"{self.tested} vs {self.reference}"

    def significant(self, *, rate: float = _ALPHA, above: float = -np.inf, below: float = np.inf) -> int:
        """Count genes at a false-discovery rate whose log2 change lies above and below the limits."""
        change = self.log2_fold_change
        return int(np.sum((self.p_adjusted < rate) & (change > above) & (change < below)))


@dataclass(frozen=True, eq=False)
class Differential:
    """What pydeseq2 gave: size factors, dispersions, contrasts, and the transformed counts if asked for."""

    size_factors: Array
    dispersions: Array
    contrasts: tuple[Contrast, ...]
    vst: Array | None
    findings: tuple[Finding, ...]


def fit_differential(
    counts: Counts, contrasts: Sequence[tuple[str, str]], options: ExpressionOptions
) -> Differential:
    """Fit ``~ group + covariates`` to all subjects and test pairs of groups.

    Raises
    ------
    InputError
        If a group of a contrast has fewer than two subjects, or covariates and groups cannot be told apart.
    """
    design = _design(counts)
    violations = _check(counts, contrasts, design)
    if violations:
        raise InputError(counts.source, violations)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data, tables = _fit(counts, contrasts, options)
    told = dict.fromkeys(
        " ".join(str(w.message).split())
        for w in said
        if "pydeseq2" in w.filename and issubclass(w.category, UserWarning)
    )
    remedy = "See the documentation of pydeseq2; the results stand with this reservation."
    findings = [Finding("pydeseq2", "note", counts.source, "", text.rstrip("."), remedy) for text in told]
    return Differential(
        np.asarray(data.obs["size_factors"], dtype=float),
        np.asarray(data.var["dispersions"], dtype=float),
        tuple(_contrast(*pair, counts.genes, table) for pair, table in zip(contrasts, tables, strict=True)),
        np.asarray(data.layers["vst_counts"]) if options.scale == "vst" else None,
        tuple(findings),
    )


def _fit(
    counts: Counts, contrasts: Sequence[tuple[str, str]], options: ExpressionOptions
) -> tuple[Any, list["pd.DataFrame"]]:
    import pandas as pd
    from pydeseq2.dds import DeseqDataSet  # type: ignore[import-untyped]  # ships no types
    from pydeseq2.ds import DeseqStats  # type: ignore[import-untyped]  # ships no types

    inference = make_inference(vectorised=options.vectorised)
    names = [f"s{i}" for i in range(len(counts.subjects))]  # a subject's name stays here
    table = pd.DataFrame(counts.values, index=names, columns=list(counts.genes))
    covariates = {f"covariate_{i}": list(c) for i, c in enumerate(counts.covariates.values())}
    metadata = pd.DataFrame({"group": list(counts.groups), **covariates}, index=names)
    every_gene_zero_somewhere = bool(np.all(np.any(counts.values == 0, axis=0)))
    data = DeseqDataSet(
        counts=table,
        metadata=metadata,
        design="~" + " + ".join(["group", *covariates]),
        inference=inference,
        size_factors_fit_type="poscounts" if every_gene_zero_somewhere else "ratio",
        quiet=True,
    )
    data.deseq2()
    tables = []
    for tested, reference in contrasts:
        tests = DeseqStats(data, contrast=["group", tested, reference], inference=inference, quiet=True)
        tests.summary()
        tables.append(tests.results_df)
    if options.scale == "vst":
        data.vst()
    return data, tables


def _contrast(tested: str, reference: str, genes: tuple[str, ...], table: "pd.DataFrame") -> Contrast:
    columns = ("baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj")
    return Contrast(tested, reference, genes, *(np.asarray(table[c], dtype=float) for c in columns))


def _design(counts: Counts) -> Array:
    """Return groups and covariates as columns of numbers, the first level of each left out."""
    columns = [np.ones(len(counts.groups))]
    for cells in (counts.groups, *counts.covariates.values()):
        if all(isinstance(cell, float) for cell in cells):
            columns.append(np.array(cells, dtype=float))
        else:
            levels = sorted(set(map(str, cells)))
            columns += [np.array([str(cell) == level for cell in cells], dtype=float) for level in levels[1:]]
    return np.column_stack(columns)


def _check(counts: Counts, contrasts: Sequence[tuple[str, str]], design: Array) -> list[Violation]:
    violations = []
    for group in dict.fromkeys(name for pair in contrasts for name in pair):
        number = counts.groups.count(group)
        if number < 2:
            found, expected = f"{number} subjects in a group to compare", "at least two"
            remedy = f"Compare other groups than '{group}', or add its counts."
            violations.append(Violation("too-few", found, expected, remedy, counts.source, column="group"))
    if np.linalg.matrix_rank(design) < design.shape[1]:
        found = "groups and covariates that cannot be told apart"
        remedy = "Take out the covariate that is the same as a group (all of one sex, one batch a group)."
        violations.append(Violation("confounded", found, "covariates that vary within groups", remedy,
                                    counts.source))  # fmt: skip
    elif len(design) <= design.shape[1]:
        found, expected = f"{len(design)} subjects for {design.shape[1]} coefficients", "more subjects"
        violations.append(Violation("too-few", found, expected, "Use fewer covariates.", counts.source))
    return violations
