"""Renders what it is given; computes nothing.

A ``Document`` is built from sections and blocks, ``render_html`` turns it into one self-contained page.
Figures are drawn by ``mitograft.report.figures``.
"""

from mitograft.report.document import (
    Block,
    ClaimRow,
    Document,
    Figure,
    Paragraph,
    Section,
    Table,
    TableColumn,
    Verdicts,
)
from mitograft.report.html import render_html
from mitograft.report.picture import LegendEntry, Picture, Pictures, ScaleBar
from mitograft.report.raster import shrink_png

__all__ = [
    "Block",
    "ClaimRow",
    "Document",
    "Figure",
    "LegendEntry",
    "Paragraph",
    "Picture",
    "Pictures",
    "ScaleBar",
    "Section",
    "Table",
    "TableColumn",
    "Verdicts",
    "render_html",
    "shrink_png",
]
