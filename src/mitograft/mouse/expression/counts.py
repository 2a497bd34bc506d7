"""Raw counts and what the samples are: read, checked all at once, put together to one row a mouse."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, UsageError, Violation, describe_cell
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.expression.matrix import ENDINGS, Matrix, read_matrix
from mitograft.mouse.expression.options import ExpressionOptions
from mitograft.mouse.expression.orthologs import load_orthologs
from mitograft.mouse.expression.samples import Samples, read_samples
from mitograft.mouse.expression.symbols import (
    find_absent_mitochondrial,
    find_mangled,
    resolve_duplicates,
)

__all__ = ["Counts", "find_counts_file", "read_counts"]

_SHOWN = 15  # cells named for each rule; the rest is counted
_ENSEMBL = ("ENSMUSG", "ENSG")
_MOST_FOREIGN = 0.5


@dataclass(frozen=True, eq=False)
class Counts:
    """Raw counts of a study.

    Parameters
    ----------
    genes, subjects
        Symbols, each once; mice (or, without a colony, samples).
    groups
        Group of each subject.
    covariates
        Further columns of the design, by name, one value for each subject.
    values
        Subjects x genes, whole numbers.
    source
        File of the counts.
    findings
        What was noticed while reading.
    """

    genes: tuple[str, ...]
    subjects: tuple[str, ...]
    groups: tuple[str, ...]
    covariates: Mapping[str, tuple[str | float, ...]]
    values: npt.NDArray[np.int64]
    source: str
    findings: tuple[Finding, ...] = ()

    def of(self, groups: Sequence[str]) -> "Counts":
        """Return the subjects of some groups."""
        kept = [i for i, group in enumerate(self.groups) if group in groups]
        return replace(
            self,
            subjects=tuple(self.subjects[i] for i in kept),
            groups=tuple(self.groups[i] for i in kept),
            covariates={name: tuple(cells[i] for i in kept) for name, cells in self.covariates.items()},
            values=self.values[kept],
        )


def find_counts_file(folder: Path, name: str) -> Path:
    """Return the file of the counts: the one named, or the only one called ``counts`` with a known ending.

    Raises
    ------
    UsageError
        If there is none or more than one.
    """
    if name:
        return folder / name
    found = sorted(path for e in ENDINGS if (path := folder / f"counts{e}").is_file())
    if len(found) != 1:
        shown = " and ".join(path.name for path in found) or "none"
        raise UsageError(
            f"{folder}: found {shown}; expected one file of counts: counts{', counts'.join(ENDINGS)}."
        )
    return found[0]


def read_counts(folder: Path, options: ExpressionOptions, colony: Colony | None) -> Counts:
    """Read and check the counts and the samples of a study.

    Samples of one mouse are added up, because the mouse is the unit; excluded mice are left out.

    Raises
    ------
    InputError
        With every violation of both files.
    UsageError
        If a file is missing or has no usable ending.
    """
    matrix = read_matrix(find_counts_file(folder, options.counts))
    samples, violations = read_samples(folder / options.samples, options, colony)
    matrix = _samples_first(matrix, samples)
    violations = [*violations, *matrix.violations, *_match(matrix, samples), *_check_counts(matrix)]
    violations += _check_symbols(matrix, options)
    if violations:
        files = dict.fromkeys(v.file for v in violations)
        raise InputError(", ".join(files), violations)
    place = {name: i for i, name in enumerate(matrix.rows)}
    order = [place[sample] for sample in samples.names]
    values = matrix.values[order].astype(np.int64)
    genes, values, findings = resolve_duplicates(
        matrix.columns, values, options.duplicates, matrix.source, options.species
    )
    findings = [*find_mangled(matrix.columns, matrix.source, options.species), *findings]
    findings += find_absent_mitochondrial(genes, matrix.source, options.species)
    counts = Counts(genes, samples.names, samples.groups, samples.covariates, values, matrix.source)
    counts, more = _one_row_a_mouse(counts, samples, colony)
    return replace(counts, findings=(*findings, *more))


def _samples_first(matrix: Matrix, samples: Samples) -> Matrix:
    """Return the matrix as samples x genes, whichever way the file has it."""
    known = set(samples.names)
    across, down = (sum(name in known for name in names) for names in (matrix.columns, matrix.rows))
    if down > across:
        return matrix
    lines = tuple(range(2, 2 + len(matrix.columns)))
    return replace(
        matrix,
        rows=matrix.columns,
        columns=matrix.rows,
        lines=lines,
        values=np.ascontiguousarray(matrix.values.T),
    )


def _match(matrix: Matrix, samples: Samples) -> Iterator[Violation]:
    """Find samples without metadata, metadata without counts, and samples counted twice."""
    known, counted = set(samples.names), Counter(matrix.rows)
    for name, row in zip(samples.names, samples.rows, strict=True):
        if name not in counted:
            yield Violation(
                "sample-without-counts", "a sample that has no counts", f"a sample of {matrix.source}",
                "Correct its name, or take the row out.", samples.source, row, "sample",
            )  # fmt: skip
    seen: set[str] = set()
    for position, name in enumerate(matrix.rows, start=2):
        if name in seen:
            yield Violation(
                "duplicate-sample", f"the counts of one sample again (place {position})", "each sample once",
                "Keep one, or name them apart.", matrix.source,
            )  # fmt: skip
        elif name not in known:
            yield Violation(
                "sample-without-metadata", f"counts (place {position}) of a sample without a row",
                f"every sample in {samples.source}", "Add its row, or take its counts out.", matrix.source,
            )  # fmt: skip
        seen.add(name)


def _check_counts(matrix: Matrix) -> Iterator[Violation]:
    """Find negative counts, counts that are not whole, and samples without a single read."""
    values = matrix.values
    with np.errstate(invalid="ignore"):
        rules = {
            "negative-count": (
                values < 0,
                "a number of at least 0",
                "Give raw counts, not changes or logarithms.",
            ),
            "not-whole": (
                (values >= 0) & (values != np.rint(values)),
                "a whole number of reads",
                "Give raw counts, not TPM, FPKM, CPM or normalised values.",
            ),
        }
    for rule, (broken, expected, remedy) in rules.items():
        places = np.argwhere(broken)
        for sample, gene in places[:_SHOWN]:
            found = f"{describe_cell(f'{values[sample, gene]:g}')} (sample {sample + 1}, gene {gene + 1})"
            yield Violation(rule, found, expected, remedy, matrix.source)
        if len(places) > _SHOWN:
            share = 100.0 * len(places) / values.size
            found = f"{len(places) - _SHOWN} more such counts ({share:.2g} % of all are so)"
            yield Violation(rule, found, expected, remedy, matrix.source)
    for sample in np.flatnonzero(np.nansum(np.abs(values), axis=1) == 0):
        found, remedy = f"no read at all in sample {sample + 1}", "Take the sample out, or count it again."
        yield Violation("empty-sample", found, "reads in every sample", remedy, matrix.source)


def _check_symbols(matrix: Matrix, options: ExpressionOptions) -> Iterator[Violation]:
    """Find names that are no symbols of the species."""
    genes = set(matrix.columns)
    ensembl = sum(gene.startswith(_ENSEMBL) for gene in genes)
    if ensembl > _MOST_FOREIGN * len(genes):
        found = f"Ensembl identifiers ({ensembl} of {len(genes)} names)"
        remedy = "Replace the identifiers by symbols; the annotation the reads were counted with has both."
        yield Violation("not-symbols", found, "gene symbols", remedy, matrix.source)
        return
    other = "human" if options.species == "mouse" else "mouse"
    own, foreign = (len(genes & load_orthologs(s).keys()) for s in (options.species, other))
    if foreign > own:
        found = f"more symbols of {other} genes ({foreign}) than of {options.species} genes ({own})"
        remedy = f"Set species = '{other}', or give counts of {options.species} genes."
        yield Violation("other-species", found, f"symbols of {options.species} genes", remedy, matrix.source)


def _one_row_a_mouse(counts: Counts, samples: Samples, colony: Colony | None) -> tuple[Counts, list[Finding]]:
    """Add up the samples of a mouse and leave excluded mice out."""
    findings: list[Finding] = []
    animals = samples.animals or samples.names
    excluded = {a.id for a in colony if a.excluded} if colony else set()
    order = [name for name in dict.fromkeys(animals) if name not in excluded]
    left = len(set(animals)) - len(order)
    if left:
        found = f"{left} mice that the study leaves out"
        findings.append(Finding("excluded", "note", samples.source, "", found, "Their counts were not used."))
    first = [animals.index(name) for name in order]
    values = np.array(
        [counts.values[[i for i, a in enumerate(animals) if a == name]].sum(axis=0) for name in order],
        dtype=np.int64,
    ).reshape(len(order), len(counts.genes))
    if len(order) + left < len(animals):
        found = f"{len(animals)} samples of {len(order) + left} mice"
        remedy = "The counts of one mouse were added up: the mouse is the unit."
        findings.append(Finding("several-samples", "note", samples.source, "", found, remedy))
    covariates = {name: tuple(cells[i] for i in first) for name, cells in counts.covariates.items()}
    groups = tuple(counts.groups[i] for i in first)
    return replace(
        counts, subjects=tuple(order), groups=groups, covariates=covariates, values=values
    ), findings
