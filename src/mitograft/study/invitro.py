"""The analysis of the cell assays: files, readings, donors and conditions, comparisons, evidence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mitograft.assays.findings import Finding
from mitograft.assays.readings import Reading
from mitograft.assays.samples import Assigned, assign, read_samples, require_known_sources
from mitograft.evidence import DataKind, Evidence
from mitograft.study.assay_files import AssayDetails, analyse_assays
from mitograft.study.comparisons import Compared, check_comparisons, compare_all
from mitograft.study.dose_comparisons import DosesCompared, compare_doses
from mitograft.study.folder import Study
from mitograft.study.mistakes import Mistakes
from mitograft.study.read_each import Broken
from mitograft.tables.read import read_table

__all__ = ["Invitro", "analyse_invitro"]


@dataclass(frozen=True, repr=False)
class Invitro:
    """Everything derived from the cell assays of a study.

    Parameters
    ----------
    details
        The results of each assay, for its own section of the report.
    assigned, unassigned
        Readings with their donor and condition, and those ``samples.csv`` does not speak of.
    findings
        What quality control says, over all assays.
    comparisons, doses, evidence
        The comparisons of study.toml, doses against a control, and what they give as evidence.
    multiplicity
        How the comparisons of a family are adjusted: ``none`` or ``holm``.
    """

    details: AssayDetails
    assigned: tuple[Assigned, ...]
    unassigned: tuple[Reading, ...]
    findings: tuple[Finding, ...]
    comparisons: tuple[Compared, ...]
    doses: tuple[DosesCompared, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    multiplicity: Literal["none", "holm"] = "none"


def analyse_invitro(study: Study) -> Invitro | None:
    """Analyse the cell assays of a study; None without that part.

    Raises
    ------
    InputError
        If a file breaks a rule.
    StudyError
        If study.toml names files, wells, parameters or conditions that do not exist; lists all of them.
    """
    part = study.config.invitro
    if part is None:
        return None
    folder, mistakes = study.path(part.folder), Mistakes(study.folder)
    table = folder / "samples.csv"
    if not folder.is_dir():
        mistakes.add(
            "no-folder", ("invitro", "folder"), f"no folder {part.folder!r} for the cell assays", "one",
            "Make it, or leave [invitro] out.",
        )  # fmt: skip
        mistakes.raise_any()
    asked = "comparisons" if part.comparisons else "dose_comparisons"
    if (part.comparisons or part.dose_comparisons) and not table.is_file():
        mistakes.add(
            "no-samples", ("invitro", asked), f"comparisons but no {part.folder}/samples.csv",
            "that table: it says whose each reading is", "Add it.",
        )  # fmt: skip
    broken = Broken()
    samples = broken.reading(lambda: read_samples(read_table(table)) if table.is_file() else ()) or ()
    details = analyse_assays(folder, study.config, samples, mistakes, broken)
    require_known_sources(samples, details.readings(), table.name)
    assigned, unassigned = assign(details.readings(), samples)
    check_comparisons(part, assigned, mistakes)
    mistakes.raise_any()
    comparisons, doses = compare_all(part, assigned), compare_doses(part, assigned)
    kind = study.config.study.data_kind
    return Invitro(
        details, assigned, unassigned, details.findings(), comparisons, doses,
        tuple(_evidence(comparisons, doses, kind)), part.multiplicity,
    )  # fmt: skip


def _evidence(
    comparisons: tuple[Compared, ...], doses: tuple[DosesCompared, ...], kind: DataKind
) -> Iterator[Evidence]:
    for compared in comparisons:
        row = compared.evidence(kind)
        if row is not None:
            yield row
    for one in doses:
        yield from one.evidence(kind)
