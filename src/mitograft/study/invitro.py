"""The analysis of the cell assays: files, readings, donors and conditions, comparisons, evidence."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mitograft.assays.findings import Finding
from mitograft.assays.readings import Reading
from mitograft.assays.samples import Assigned, assign, read_samples
from mitograft.errors import UsageError
from mitograft.evidence import Evidence
from mitograft.study.assay_files import AssayDetails, analyse_assays
from mitograft.study.comparisons import Compared, compare_all
from mitograft.study.folder import Study
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
    comparisons, evidence
        The comparisons of study.toml, and what they give as evidence.
    """

    details: AssayDetails
    assigned: tuple[Assigned, ...]
    unassigned: tuple[Reading, ...]
    findings: tuple[Finding, ...]
    comparisons: tuple[Compared, ...]
    evidence: tuple[Evidence, ...] = field(default=())


def analyse_invitro(study: Study) -> Invitro | None:
    """Analyse the cell assays of a study; None without that part.

    Raises
    ------
    InputError
        If a file breaks a rule.
    UsageError
        If study.toml names files, parameters or conditions that do not exist.
    """
    part = study.config.invitro
    if part is None:
        return None
    folder = study.path(part.folder)
    if not folder.is_dir():
        raise UsageError(
            f"study.toml: found no folder {part.folder!r} for the cell assays; make it or leave "
            "[invitro] out."
        )
    details = analyse_assays(folder, part)
    table = folder / "samples.csv"
    if part.comparisons and not table.is_file():
        raise UsageError(
            f"study.toml: found comparisons but no {part.folder}/samples.csv; add it, it says whose "
            "each reading is."
        )
    samples = read_samples(read_table(table)) if table.is_file() else ()
    assigned, unassigned = assign(details.readings(), samples)
    comparisons = compare_all(part.comparisons, assigned)
    evidence = tuple(_evidence(comparisons, study))
    return Invitro(details, assigned, unassigned, details.findings(), comparisons, evidence)


def _evidence(comparisons: tuple[Compared, ...], study: Study) -> Iterator[Evidence]:
    for compared in comparisons:
        row = compared.evidence(study.config.study.data_kind)
        if row is not None:
            yield row
