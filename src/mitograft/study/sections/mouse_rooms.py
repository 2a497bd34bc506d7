"""Sections of the rooms of the mouse arm that have files."""

from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.report.document import Section
from mitograft.study.mouse import Mouse
from mitograft.study.sections.mouse_courses import courses_section, cytokines_section
from mitograft.study.sections.mouse_expression import expression_section
from mitograft.study.sections.mouse_histology import histology_section

__all__ = ["room_sections"]


def room_sections(mouse: Mouse, data_kind: DataKind) -> Iterator[Section]:
    """Yield one section for each room."""
    details = mouse.details
    if details.histology is not None:
        yield histology_section(details.histology)
    if details.courses is not None and mouse.colony is not None:
        yield courses_section(details.courses, mouse.colony, data_kind)
    if details.cytokines is not None and mouse.colony is not None:
        yield cytokines_section(details.cytokines, mouse.colony, data_kind)
    if details.expression is not None:
        yield expression_section(details.expression, mouse.colony, data_kind)
