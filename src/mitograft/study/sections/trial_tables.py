"""A table of a trial as a table of the report."""

from mitograft.report.document import Table, TableColumn
from mitograft.trial.summary.result import Result

__all__ = ["result_table"]

_INDENT = "\u2003"  # an em space: leading blanks are lost in a page


def result_table(result: Result, *, collapsed: bool = False) -> Table:
    """Return the table as the report shows it; its full form lies beside the report as RTF, DOCX and CSV."""
    heads = [f"{c.span}: {c.header}" if c.span else c.header for c in result.columns]
    columns = tuple(
        TableColumn(f"column_{i}", head, align="left" if c.align == "left" else "right")
        for i, (head, c) in enumerate(zip(heads, result.columns, strict=True), start=1)
    )
    blank = ("\u200b",) * len(columns)  # an empty cell, or one of blanks, would be shown as a missing value
    rows = tuple(
        (_INDENT * row.indent + row.label, *([cell.text for cell in row.cells] or blank))
        for row in result.rows
    )
    return Table(
        f"trial-{result.id}",
        f"{result.title} ({result.population.lower()})",
        (TableColumn("label", result.stub or "Characteristic"), *columns),
        rows,
        note=" ".join(result.footnotes),
        collapsed=collapsed,
    )
