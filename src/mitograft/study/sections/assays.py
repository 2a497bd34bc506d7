"""Sections of the cell assays, one for every assay that has files."""

from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.report.document import Section
from mitograft.study.invitro import Invitro
from mitograft.study.sections.myotubes import myotubes_section
from mitograft.study.sections.plates import plates_section
from mitograft.study.sections.respiration import respiration_section
from mitograft.study.sections.uptake import uptake_section

__all__ = ["assay_sections"]


def assay_sections(invitro: Invitro, data_kind: DataKind) -> Iterator[Section]:
    """Yield a section for every assay that has files."""
    details, assigned = invitro.details, invitro.assigned
    if details.seahorse is not None:
        yield respiration_section(details.seahorse, details.waves, assigned, data_kind)
    if details.plates is not None:
        yield plates_section(details.plates, data_kind)
    if details.myotube is not None:
        yield myotubes_section(details.myotube, assigned, data_kind)
    if details.uptake is not None:
        yield uptake_section(details.uptake, assigned, data_kind)
