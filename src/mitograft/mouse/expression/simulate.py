"""Simulated expression of CIM mice: counts and samples a sequencing core would send, from a known truth.

Muscle is a mixture of muscle and infiltrating cells. In muscle, oxidative genes (the oxidative sets of the
panel and the genes of mitochondrial DNA) fall by ``2^-(fall x shift)``; infiltrating cells bring leukocyte
and interferon genes and dilute everything else. Counts are negative binomial around varying library sizes.
"""

import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.mouse.expression.gene_sets import load_panel
from mitograft.mouse.expression.orthologs import load_markers, load_orthologs
from mitograft.provenance import atomic_write_bytes, atomic_write_text
from mitograft.tables.write import format_csv

__all__ = ["ExpressionTruth", "GroupExpression", "simulate_counts"]

Array = npt.NDArray[np.float64]

_MARK = "SIMULATED"
_ABOVE = 4.0  # leukocyte genes: so much more of them in infiltrating cells than the usual gene of muscle
_TRACE = 0.05  # ... and so little in muscle fibres


@dataclass(frozen=True, slots=True)
class GroupExpression:
    """Truth of one group: shift (0 healthy, 1 full) and the share of infiltrating cells."""

    shift: float
    infiltrate: float


@dataclass(frozen=True)
class ExpressionTruth:
    """Truth of a simulated study.

    Parameters
    ----------
    animals
        Mouse to group.
    groups
        Truth of each group.
    fall
        Log2 fall of oxidative genes at a shift of 1.
    between_shifts, between_infiltrates
        Standard deviation between mice: of the shift; of the logarithm of the infiltrate.
    dispersion
        Dispersion of the counts.
    background
        Genes that belong to no set.
    reads
        Mean reads a gene and sample.
    date
        Day the muscle was taken, for the table of samples; empty leaves it out.
    """

    animals: Mapping[str, str]
    groups: Mapping[str, GroupExpression]
    fall: float = 1.0
    between_shifts: float = 0.08
    between_infiltrates: float = 0.25
    dispersion: float = 0.04
    background: int = 250
    reads: float = 400.0
    date: str = ""


def simulate_counts(truth: ExpressionTruth, folder: Path, rng: np.random.Generator) -> None:
    """Write ``counts.csv.gz`` and ``samples.csv`` into a folder that exists.

    Raises
    ------
    EnvironmentFault
        If the machine refuses.
    """
    genes, oxidative, leukocyte = _genes(truth.background)
    mice = list(truth.animals)
    counts = _counts(truth, oxidative, leukocyte, rng)
    samples = [f"S{number:02d}" for number in range(1, len(mice) + 1)]
    table = {f"gene ({_MARK})": list(genes)}
    table |= {sample: [str(x) for x in row] for sample, row in zip(samples, counts, strict=True)}
    atomic_write_bytes(folder / "counts.csv.gz", _packed(format_csv(table)))
    described = {"sample": samples, "animal": mice, "date": [truth.date] * len(mice)}
    described["note"] = [_MARK] * len(mice)
    if not truth.date:
        del described["date"]
    atomic_write_text(folder / "samples.csv", format_csv(described))


def _packed(text: str) -> bytes:
    """Pack with a fixed time; the name inside the header keeps the mark readable."""
    stream = io.BytesIO()
    with gzip.GzipFile(filename=f"{_MARK}.csv", mode="wb", fileobj=stream, mtime=0) as file:
        file.write(text.encode())
    return stream.getvalue()


def _genes(background: int) -> tuple[tuple[str, ...], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return mouse symbols, and which of them are oxidative and which belong to leukocytes."""
    by_axis: dict[str, set[str]] = {}
    for item in load_panel("mouse"):
        by_axis.setdefault(item.axis, set()).update(item.genes)
    oxidative = by_axis["oxidative"] | set(load_markers("mitochondrial", "mouse"))
    leukocyte = (by_axis["inflammatory"] | set(load_markers("infiltrate", "mouse"))) - oxidative
    muscle = by_axis["muscle"] | by_axis["glycolytic"] | set(load_markers("muscle", "mouse"))
    chosen = sorted(oxidative | leukocyte | muscle)
    others = [gene for gene in sorted(load_orthologs("mouse")) if gene not in set(chosen)]
    step = max(1, len(others) // background) if background else 1
    genes = (*chosen, *others[::step][:background])
    return (
        genes,
        np.array([gene in oxidative for gene in genes]),
        np.array([gene in leukocyte for gene in genes]),
    )


def _counts(
    truth: ExpressionTruth,
    oxidative: npt.NDArray[np.bool_],
    leukocyte: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    size, mice = len(oxidative), len(truth.animals)
    profile = rng.lognormal(0.0, 1.0, size)
    muscle = np.where(leukocyte, _TRACE, 1.0) * profile
    infiltrating = np.where(leukocyte, _ABOVE, 0.3) * profile
    groups = [truth.groups[group] for group in truth.animals.values()]
    shifts = np.array([g.shift for g in groups]) + truth.between_shifts * rng.standard_normal(mice)
    shares = np.array([g.infiltrate for g in groups])
    shares = np.minimum(shares * np.exp(truth.between_infiltrates * rng.standard_normal(mice)), 0.9)
    fibres = muscle * np.exp2(-truth.fall * shifts[:, None] * oxidative)
    mixture = (1.0 - shares[:, None]) * fibres + shares[:, None] * infiltrating
    library = truth.reads * size * rng.lognormal(0.0, 0.2, mice)
    mean = library[:, None] * mixture / mixture.sum(axis=1, keepdims=True)
    gamma = rng.gamma(1.0 / truth.dispersion, truth.dispersion, mean.shape)
    return np.asarray(rng.poisson(mean * gamma), dtype=np.int64)
