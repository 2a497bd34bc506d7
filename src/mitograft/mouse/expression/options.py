"""What study.toml may say about expression."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Duplicates", "ExpressionOptions", "ScoreScale", "Species"]

Species = Literal["mouse", "human"]
ScoreScale = Literal["log_cpm", "log_normalised", "vst"]
Duplicates = Literal["drop", "first", "sum"]


@dataclass(frozen=True, slots=True)
class ExpressionOptions:
    """How an expression study is read and analysed.

    Parameters
    ----------
    counts
        File of raw counts in the folder; empty takes the only file named ``counts.*``.
    samples
        Table that says which sample is which.
    sample_column, animal_column, group_column
        Its columns. The group is needed only where no colony says it; the animal only where one does.
    covariates
        Further columns that belong to the design (batch, sex); numbers stay numbers.
    species
        Whose gene symbols the counts carry.
    contrasts
        Pairs ``(tested, reference)`` of groups; empty derives them from the roles of the groups.
    healthy, untreated, treated
        Groups of the metabolic shift where no colony gives them their roles.
    gene_sets
        User's files (.gmt, or the .gmx layout of MitoPathways), added to the shipped panel.
    gene_set_species
        Whose symbols they carry.
    scale
        Expression that scores are made of: ``log_cpm`` is log2(counts per million + 1), ``log_normalised``
        log2(counts / size factor + 1), ``vst`` the variance-stabilising transformation.
    duplicates
        What to do with several rows of one symbol: ``drop`` all of them, keep the ``first`` or ``sum`` them.
    vectorised
        Whether to fit all genes at once; otherwise pydeseq2's own fits, gene by gene.
    permutations, seed
        Of the enrichment score; 0 permutations leave it out.
    """

    counts: str = ""
    samples: str = "samples.csv"
    sample_column: str = "sample"
    animal_column: str = "animal"
    group_column: str = "group"
    covariates: tuple[str, ...] = ()
    species: Species = "mouse"
    contrasts: tuple[tuple[str, str], ...] = ()
    healthy: str = ""
    untreated: str = ""
    treated: tuple[str, ...] = ()
    gene_sets: tuple[str, ...] = ()
    gene_set_species: Species = "human"
    scale: ScoreScale = "log_cpm"
    duplicates: Duplicates = "drop"
    vectorised: bool = True
    permutations: int = 1000
    seed: int = 1
