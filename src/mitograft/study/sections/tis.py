"""Section: Total Improvement Scores with components, bounds and certainty."""

from collections import Counter

import numpy as np

from mitograft.evidence import DataKind
from mitograft.outcome.tis import CATEGORIES, NextCategory, TisRules
from mitograft.report.document import Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures import (
    HeatmapRow,
    Measure,
    PatientTotal,
    Threshold,
    draw_component_heatmap,
    draw_waterfall,
)
from mitograft.study.analysis import Patients

__all__ = ["tis_section"]

_SHORT = {
    "physician_global": "physician",
    "patient_global": "patient",
    "mmt8": "strength",
    "haq": "disability",
    "enzyme": "enzyme",
    "extramuscular": "extramuscular",
    "cmas": "CMAS",
    "chq_phs": "CHQ-PhS",
    "das": "DAS",
}


def tis_section(patients: Patients, data_kind: DataKind) -> Section:
    """Show the waterfall, the component heat map and the table of all scored visits."""
    score = patients.cohort.score
    low, high = score.category(score.tis_low), score.category(score.tis_high)
    sure = low == high
    count = Counter(CATEGORIES[code] for code in low[sure & patients.primary].tolist())
    known = ", ".join(f"{count[name]} {name}" for name in CATEGORIES if count[name])
    open_ones = int((~sure & patients.primary).sum())
    lead = f"{int(patients.primary.sum())} patients: {known}"
    lead += f"; {open_ones} undecided because measures are missing." if open_ones else "."
    return Section(
        "tis",
        "Total Improvement Score",
        lead,
        (
            Paragraph(_method(score.rules)),
            _waterfall(patients, data_kind),
            _heatmap(patients, data_kind),
            _table(patients),
        ),
    )


def _method(rules: TisRules) -> str:
    limits = ", ".join(
        f"{name} from {float(t):g}" for name, t in zip(CATEGORIES[1:], rules.thresholds, strict=True)
    )
    return (
        "Each measure gives points for its absolute percent change (change divided by the range of "
        "the scale; "
        f"10.1002/art.40064), and the total runs from 0 to 100: {limits} points ({rules.population}). "
        "All band edges are decided exactly. Where a measure is missing, the lowest and the highest "
        "total that "
        "any value of it could give are shown."
    )


def _waterfall(patients: Patients, data_kind: DataKind) -> Figure:
    cohort, score = patients.cohort, patients.cohort.score
    rows = np.flatnonzero(patients.primary).tolist()
    names = score.category(score.tis_low)
    totals = [
        PatientTotal(
            cohort.subject[row],
            float(score.tis_low[row]),
            float(score.tis_high[row]),
            CATEGORIES[names[row]],
            patients.groups[row],
        )
        for row in rows
    ]
    limits = [
        Threshold(name, float(value))
        for name, value in zip(CATEGORIES[1:], score.rules.thresholds, strict=True)
    ]
    exact = sum(total.low == total.high for total in totals)
    best = max(totals, key=lambda total: total.low)
    alt = (
        f"Bars of the total of {len(totals)} patients by group. {exact} totals are known; for the others a "
        f"hatched bar ends at the lowest attainable total and a line runs to the highest. The highest sure "
        f"total is {best.low:g} ({best.label}). Thresholds at "
        f"{', '.join(f'{limit.value:g} ({limit.name})' for limit in limits)}."
    )
    return Figure(
        "waterfall",
        "Total Improvement Score of each patient",
        "Filled bars are exact totals. Hatched bars with a line show the lowest and highest attainable total "
        "where measures are missing.",
        alt,
        draw_waterfall(totals, limits, data_kind=data_kind),
    )


def _heatmap(patients: Patients, data_kind: DataKind) -> Figure:
    cohort, score = patients.cohort, patients.cohort.score
    measures = [Measure(_SHORT[m.name], float(m.most)) for m in score.rules.measures]
    rows = [
        HeatmapRow(
            cohort.subject[row],
            tuple(_or_none(score.points[m.name][row]) for m in score.rules.measures),
            patients.groups[row],
        )
        for row in np.flatnonzero(patients.primary).tolist()
    ]
    gaps = sum(value is None for row in rows for value in row.points)
    alt = (
        f"Points of {len(rows)} patients in six measures; {gaps} of {6 * len(rows)} cells are missing. "
        "The numbers are in the table below."
    )
    return Figure(
        "components",
        "Where the points come from",
        "Points of each measure; the shade is the share of its maximum. Hatched cells with a dash "
        "are missing.",
        alt,
        draw_component_heatmap(measures, rows, data_kind=data_kind),
    )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _table(patients: Patients) -> Table:
    score = patients.cohort.score
    columns = (
        TableColumn("subject", "Patient"),
        TableColumn("visit", "Visit", "", "right"),
        TableColumn("group", "Group"),
        *(
            TableColumn(f"points_{m.name}", _SHORT[m.name], "points", "decimal", 1)
            for m in score.rules.measures
        ),
        TableColumn("tis", "TIS", "points", "decimal", 1),
        TableColumn("tis_low", "Lowest", "points", "decimal", 1),
        TableColumn("tis_high", "Highest", "points", "decimal", 1),
        TableColumn("category", "Category"),
        TableColumn("probability", "P(true TIS reaches minimal)", "", "decimal", 2),
        TableColumn("next", "Smallest further change to the next category"),
        TableColumn("file_rows", "File rows", "", "right"),
    )
    return Table(
        "tis-table",
        "Total Improvement Score of every scored visit, with its components",
        columns,
        tuple(_table_row(patients, row) for row in range(len(patients.cohort.subject))),
        note="The probability allows for measurement error of every measure at both visits (error sizes are "
        "assumptions, listed below); it says how sure the response is, not whether the treatment caused it. "
        "File rows are the rows of baseline and visit in the core set file.",
        collapsed=True,
    )


def _table_row(patients: Patients, row: int) -> tuple[str | float | None, ...]:
    cohort, score = patients.cohort, patients.cohort.score
    out = cohort.columns()
    points = [_or_none(score.points[m.name][row]) for m in score.rules.measures]
    totals = [_or_none(float(values[row])) for values in (score.tis, score.tis_low, score.tis_high)]
    return (
        cohort.subject[row],
        cohort.visit[row],
        patients.groups[row],
        *points,
        *totals,
        str(out["category"][row] or "no score"),
        _or_none(float(patients.probability.at_least("minimal")[row])),
        _next(patients.following[row]),
        f"{cohort.rows[0][row]}, {cohort.rows[1][row]}",
    )


def _next(following: NextCategory | None) -> str | None:
    if following is None:
        return None
    if not following.steps:
        return f"{following.category}: not by one measure alone"
    step = following.steps[0]
    goal = (
        f"to {step.target:g} {step.unit}" if step.target is not None else f"past {step.limit:.3g} {step.unit}"
    )
    return f"{following.category}: {_SHORT[step.measure]} {goal}"
