"""Section: uptake of donor mitochondria, their DNA, membrane potential and reactive oxygen."""

from collections.abc import Sequence

from mitograft.assays.samples import Assigned
from mitograft.assays.uptake.derive import UptakeResult
from mitograft.evidence import DataKind
from mitograft.report.document import Block, Paragraph, Section
from mitograft.study.sections.parameter_points import parameter_points
from mitograft.study.sections.readings import findings_table, parameter_table

__all__ = ["uptake_section"]

_NOTE = "No public images of uptake exist: these methods are validated on constructed data only."
_PARAMETERS = (
    ("positive_fraction", "Positive cells"),
    ("donor_signal_per_cell", "Donor signal per cell"),
    ("donor_mtdna_fraction_dpcr", "Donor mtDNA (digital PCR)"),
    ("donor_mtdna_fraction_qpcr", "Donor mtDNA (qPCR)"),
    ("tmrm_fold_over_fccp", "TMRM over FCCP"),
    ("jc1_red_green_ratio", "JC-1, red to green"),
    ("mitosox_relative", "MitoSOX"),
)


def uptake_section(result: UptakeResult, assigned: Sequence[Assigned], data_kind: DataKind) -> Section:
    """Show the estimates for each condition, the tables and the findings."""
    lead = (
        f"{len(result.estimates)} estimates of uptake, donor mtDNA, membrane potential and reactive oxygen."
    )
    points = parameter_points(
        result.readings,
        assigned,
        _PARAMETERS,
        title="Uptake, potential and reactive oxygen for each condition",
        name="uptake-points",
        data_kind=data_kind,
    )
    blocks: list[Block] = [Paragraph(_NOTE, "note"), *([points] if points else [])]
    blocks += [
        parameter_table(result.readings, "uptake-parameters"),
        findings_table(result.findings, "uptake-findings"),
    ]
    return Section("uptake", "Uptake of donor mitochondria", lead, tuple(blocks))
