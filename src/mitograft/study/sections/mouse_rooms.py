"""Sections of the rooms of the mouse arm that have files."""

from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.report.document import Section
from mitograft.study.mouse import Mouse
from mitograft.study.sections.mouse_courses import courses_section, cytokines_section
from mitograft.study.sections.mouse_expression import expression_section
from mitograft.study.sections.mouse_histology import histology_section
from mitograft.study.sections.mouse_images import images_section
from mitograft.study.sections.mouse_metabolites import metabolites_section

__all__ = ["room_sections"]


def room_sections(mouse: Mouse, data_kind: DataKind) -> Iterator[Section]:
    """Yield one section for each room."""
    details, colony = mouse.details, mouse.colony
    if details.histology is not None:
        yield histology_section(details.histology)
    if details.images is not None and colony is not None:
        yield images_section(details.images, colony, data_kind)
    if details.courses is not None and colony is not None:
        yield courses_section(details.courses, colony, data_kind)
    if details.cytokines is not None and colony is not None:
        yield cytokines_section(details.cytokines, colony, data_kind)
    if details.metabolites is not None and colony is not None:
        yield metabolites_section(details.metabolites, colony, data_kind)
    if details.expression is not None:
        yield expression_section(details.expression, colony, data_kind)
