"""Gene-set enrichment of a contrast: gseapy's prerank on the Wald statistic."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.mouse.expression.differential import Contrast
from mitograft.mouse.expression.gene_sets import GeneSet

__all__ = ["Enrichment", "enrich"]


@dataclass(frozen=True, slots=True)
class Enrichment:
    """Enrichment of one set in one contrast.

    Parameters
    ----------
    set, tested, reference
        Which set, and which groups; positive is higher in ``tested``.
    score, normalised
        Enrichment score, and that score over the mean of its permutations of the same sign (NES). The former
        is exact; the latter moves by about one hundredth with the permutations.
    p, q
        Of the permutations; ``q`` is the false-discovery rate over the sets scored together.
    genes
        Genes of the set in the ranking.
    leading
        Leading edge.
    """

    set: str
    tested: str
    reference: str
    score: float
    normalised: float
    p: float
    q: float
    genes: int
    leading: tuple[str, ...]


def enrich(
    contrast: Contrast, sets: Sequence[GeneSet], *, permutations: int, seed: int
) -> tuple[Enrichment, ...]:
    """Return the enrichment of every set, in their order; empty without sets or permutations.

    The normalised score of a set depends on its own size and the permutations only, not on the other sets.
    """
    if not sets or not permutations:
        return ()
    import gseapy  # type: ignore[import-untyped]  # ships no types
    import pandas as pd

    tested = np.isfinite(contrast.statistic)
    ranking = pd.Series(contrast.statistic[tested], index=np.array(contrast.genes, dtype=object)[tested])
    with warnings.catch_warnings():  # of the library about its own use of pandas
        warnings.simplefilter("ignore")
        found = gseapy.prerank(
            ranking.sort_values(ascending=False, kind="stable"),
            {item.id: list(item.genes) for item in sets},
            outdir=None, min_size=1, max_size=len(ranking), permutation_num=permutations, seed=seed,
            threads=1, no_plot=True, verbose=False,
        )  # fmt: skip
    rows = {str(row["Term"]): row for row in found.res2d.to_dict("records")}
    return tuple(
        Enrichment(
            item.id,
            contrast.tested,
            contrast.reference,
            float(rows[item.id]["ES"]),
            float(rows[item.id]["NES"]),
            float(rows[item.id]["NOM p-val"]),
            float(rows[item.id]["FDR q-val"]),
            len(item.genes),
            tuple(filter(None, str(rows[item.id]["Lead_genes"]).split(";"))),
        )
        for item in sets
        if item.id in rows
    )
