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

__all__ = [
    "Block",
    "ClaimRow",
    "Document",
    "Figure",
    "Paragraph",
    "Section",
    "Table",
    "TableColumn",
    "Verdicts",
    "render_html",
]
