"""Tables every cell assay shows: means of its groups, and what quality control says."""

import math
from collections.abc import Sequence

import numpy as np

from mitograft.assays.findings import Finding
from mitograft.assays.readings import Reading
from mitograft.report.document import Paragraph, Table, TableColumn

__all__ = ["findings_table", "p_text", "parameter_table"]


def parameter_table(readings: Sequence[Reading], name: str) -> Table:
    """Mean of each parameter in each group of each file."""
    cells: dict[tuple[str, str], dict[str, list[float]]] = {}
    units: dict[str, str] = {}
    for reading in readings:
        if reading.excluded or math.isnan(reading.value):
            continue
        units[reading.parameter] = reading.unit
        row = cells.setdefault((reading.source, reading.group or reading.position), {})
        row.setdefault(reading.parameter, []).append(reading.value)
    shown = [parameter for parameter in units if not parameter.endswith("_normalised")]
    columns = (
        TableColumn("source", "File"),
        TableColumn("group", "Group"),
        *(TableColumn(p, p.replace("_", " "), units[p], "decimal", 2) for p in shown),
    )
    rows = tuple(
        (*key, *(float(np.mean(values[p])) if p in values else None for p in shown))
        for key, values in cells.items()
    )
    return Table(name, "Mean of each group", columns, rows, collapsed=True)


def findings_table(findings: Sequence[Finding], name: str) -> Table | Paragraph:
    """List findings, the most severe first; a sentence where there are none."""
    if not findings:
        return Paragraph("Quality control has nothing to say about these files.")
    order = {"error": 0, "warning": 1, "note": 2}
    return Table(
        name,
        "What quality control says",
        (
            TableColumn("severity", "Severity"),
            TableColumn("source", "File"),
            TableColumn("place", "Place"),
            TableColumn("found", "Found"),
            TableColumn("remedy", "What to do"),
        ),
        tuple(
            (f.severity, f.source, f.place, f.found, f.remedy)
            for f in sorted(findings, key=lambda f: (order[f.severity], f.source, f.place))
        ),
        collapsed=True,
    )


def p_text(p: float) -> str:
    """Write a p value as a reader expects it; nothing where there is none.

    >>> [p_text(p) for p in (0.25, 0.0312, 0.00042, 3e-7, float("nan"))]
    ['0.25', '0.031', '0.00042', '< 0.0001', '']
    """
    if math.isnan(p):
        return ""
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"
