"""Section: the 2004 definition of improvement against published marks."""

import numpy as np

from mitograft.report.document import Paragraph, Section, Table, TableColumn
from mitograft.study.analysis import Patients

__all__ = ["improvement_section"]

_MEASURES = ("physician", "patient", "strength", "disability", "enzyme", "extramuscular")


def improvement_section(patients: Patients) -> Section:
    """Show relative changes, the computed result and the published mark of each patient."""
    rows = [row for row in np.flatnonzero(patients.primary).tolist() if patients.determinable[row]]
    left_out = int(patients.primary.sum()) - len(rows)
    verdicts = [patients.agrees(row) for row in rows]
    compared = [verdict for verdict in verdicts if verdict is not None]
    table = Table(
        "improvement",
        "Relative change of each measure (percent of baseline, positive = better) and the result",
        (
            TableColumn("subject", "Patient"),
            TableColumn("group", "Group"),
            TableColumn("result", "Computed"),
            TableColumn("mark", "Published"),
            TableColumn("improved", "Better", "≥ 20 %", "right", 0),
            TableColumn("worse", "Worse", "≥ 25 %", "right", 0),
            *(TableColumn(name, name, "%", "decimal", 0) for name in _MEASURES),
        ),
        tuple(_row(patients, row) for row in rows),
        note="A worsening from 0 has no percentage and counts as worse. Measures missing at either visit are "
        "skipped.",
    )
    lead = (
        f"{sum(compared)} of {len(compared)} published marks follow from the published values "
        "by the IMACS definition of improvement of 2004."
        if compared
        else f"{sum(bool(patients.improvement.result[row]) for row in rows)} of {len(rows)} patients "
        "improved."
    )
    blocks: list[Paragraph | Table] = [
        Paragraph(
            "The definition asks for at least 3 of 6 measures improved by 20 % or more, no more than "
            "2 worse by "
            "25 % or more, and muscle strength not among the worse (10.1002/art.20349). Its change "
            "is relative "
            "to baseline; that of the Total Improvement Score is relative to the range of the scale."
        ),
        table,
    ]
    if compared:
        blocks.append(
            Paragraph(
                "Agreement with these marks settles that change is relative to baseline and that "
                "three measures "
                "must improve; it does not settle the cut for worsening (25 or 30 %), the rule on "
                "worsening from "
                "0 or the clause on muscle strength: with those changed, the same marks follow.",
                "note",
            )
        )
    if left_out:
        blocks.append(
            Paragraph(
                f"{left_out} patients have fewer than three published measures: the definition cannot be "
                "recomputed for them, and their published outcomes are neither confirmed nor contradicted.",
                "note",
            )
        )
    return Section("improvement", "Definition of improvement, 2004", lead, tuple(blocks))


def _row(patients: Patients, row: int) -> tuple[str | float | None, ...]:
    result, mark = patients.improvement, patients.marks[row]
    changes = [_percent(value) for value in result.relative_change[row].tolist()]
    return (
        patients.cohort.subject[row],
        patients.groups[row],
        "improved" if result.result[row] else "not improved",
        mark.mark if mark else None,
        int(result.n_improved[row]),
        int(result.n_worse[row]),
        *changes,
    )


def _percent(value: float) -> str | float | None:
    if np.isnan(value):
        return None
    return "from 0" if np.isinf(value) else value
