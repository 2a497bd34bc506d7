"""Sections: weight and function over time; cytokines."""

import math
from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.mouse.animals import Colony
from mitograft.mouse.compare import group_values
from mitograft.mouse.cytokines.analyse import Panel, PanelRow
from mitograft.mouse.function.derive import treatment_days
from mitograft.mouse.function.results import CourseModel, GroupCurve, MouseCurve
from mitograft.report.document import Block, Figure, Section, Table, TableColumn
from mitograft.report.figures.cytokine_panels import (
    CytokineGroup,
    CytokinePanel,
    CytokineRatio,
    draw_cytokine_panels,
)
from mitograft.report.figures.mouse_curves import CurveGroup, CurveMouse, TreatmentDay, draw_mouse_curves
from mitograft.study.mouse_courses import CourseDetails, CytokineDetails
from mitograft.study.sections.mouse_groups import ROLES
from mitograft.study.sections.readings import findings_table, p_text

__all__ = ["courses_section", "cytokines_section"]

_BASELINE = 100.0


def courses_section(details: CourseDetails, colony: Colony, data_kind: DataKind) -> Section:
    """Show every course with its curves and the mixed model of it."""
    made = [model for model in details.models if not model.refused]
    lead = (
        f"{len(details.curves)} measures over time, {len(made)} modelled. Time since immunisation is always "
        "in the model, because CIM remits by itself."
    )
    blocks: list[Block] = []
    for number, model in enumerate(details.models, start=1):
        blocks.append(_curves(model, colony, number, data_kind))
    if details.models:
        blocks += [_effects(details.models), _days(details.models)]
    blocks.append(findings_table(details.findings, "course-findings"))
    return Section("courses", "Weight and function over time", lead, tuple(blocks))


def _curves(model: CourseModel, colony: Colony, number: int, data_kind: DataKind) -> Figure:
    curves = model.curves
    label = curves.series.measure.label
    unit = "% of baseline" if curves.scale == "percent" else curves.unit
    order = {name: (ROLES[group.role], group.dose) for name, group in colony.groups.items()}
    groups = sorted(model.groups, key=lambda g: order[g.group])
    return Figure(
        f"course-{number}",
        f"{label} over time",
        "Marks with bars are means of the mice measured that day with 95 % intervals, thin lines are mice, a "
        f"cross is a mouse that left early. {_sentence(model.refused or model.method)}",
        f"{label} ({unit}). {_words(model)}",
        draw_mouse_curves(
            [_group(group) for group in groups],
            _treatments(colony),
            quantity=f"{label} ({unit})",
            log=curves.scale == "log",
            reference=_BASELINE if curves.scale == "percent" else None,
            data_kind=data_kind,
        ),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _group(group: GroupCurve) -> CurveGroup:
    days = tuple(map(float, group.days))
    mice = tuple(map(_mouse, group.mice))
    return CurveGroup(group.group, days, group.means, group.lows, group.highs, group.counts, mice)


def _mouse(mouse: MouseCurve) -> CurveMouse:
    return CurveMouse(tuple(map(float, mouse.days)), mouse.values, left=bool(mouse.left))


def _treatments(colony: Colony) -> list[TreatmentDay]:
    given = {
        day
        for name, days in treatment_days(colony).items()
        for day in days
        if colony.groups[name].role == "treated"
    }
    return [TreatmentDay("treatment" if i == 0 else "", float(day)) for i, day in enumerate(sorted(given))]


def _words(model: CourseModel) -> str:
    if model.refused:
        return model.refused
    return "; ".join(
        f"{e.group} minus {e.control} over all days {e.overall.estimate:.2g} {model.unit} (95 % interval "
        f"{e.overall.low:.2g} to {e.overall.high:.2g})"
        for e in model.effects
    )


def _effects(models: tuple[CourseModel, ...]) -> Table:
    return Table(
        "course-effects",
        "Treatment effects averaged over days (mixed model)",
        (
            TableColumn("measure", "Measure"),
            TableColumn("contrast", "Treated vs control"),
            TableColumn("effect", "Effect", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("p", "p"),
            TableColumn("p_holm", "p, Holm"),
        ),
        tuple(
            (
                f"{m.curves.series.measure.label} ({m.unit})",
                f"{e.group} ({e.n_treated}) vs {e.control} ({e.n_control})", e.overall.estimate,
                e.overall.low, e.overall.high, p_text(e.overall.p), p_text(e.p_holm),
            )
            for m in models
            for e in m.effects
        ),
        note="In brackets the mice. Restricted maximum likelihood, Satterthwaite's degrees of freedom; Holm "
        "over the treated groups.",
    )  # fmt: skip


def _days(models: tuple[CourseModel, ...]) -> Table:
    return Table(
        "course-days",
        "Effects day by day, with the mice measured",
        (
            TableColumn("measure", "Measure"),
            TableColumn("contrast", "Treated vs control"),
            TableColumn("day", "Day", "", "decimal", 0),
            TableColumn("mice", "Mice"),
            TableColumn("effect", "Effect", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("p_holm", "p, Holm over days"),
        ),
        tuple(
            (
                m.curves.series.measure.label, f"{e.group} vs {e.control}", d.day,
                f"{d.n_treated} vs {d.n_control}",
                d.contrast.estimate, d.contrast.low, d.contrast.high, p_text(d.p_holm),
            )
            for m in models
            for e in m.effects
            for d in e.days
        ),
        collapsed=True,
    )  # fmt: skip


def cytokines_section(details: CytokineDetails, colony: Colony, data_kind: DataKind) -> Section:
    """Show every analyte: mice, values below the limit, ratios to the control."""
    panel = details.panel
    lead = (
        f"{len(details.outcomes)} analytes. Values below the limit of quantification are censored, not "
        "replaced."
    )
    blocks: list[Block] = []
    if panel is not None:
        lead += f" {len(panel.called)} of {panel.tested} comparisons called. {panel.rule}."
        blocks += list(_panel_blocks(panel, colony, data_kind))
    blocks.append(findings_table(details.findings, "cytokine-findings"))
    return Section("cytokines", "Cytokines", lead, tuple(blocks))


def _panel_blocks(panel: Panel, colony: Colony, data_kind: DataKind) -> Iterator[Block]:
    groups = sorted(colony.groups.values(), key=lambda g: (ROLES[g.role], g.dose))
    rows: dict[str, list[PanelRow]] = {}
    for row in panel.rows:
        rows.setdefault(row.outcome.name, []).append(row)
    panels = []
    for of_analyte in rows.values():
        outcome = of_analyte[0].outcome
        found = [group_values(outcome, colony, group.name) for group in groups]
        shown = tuple(CytokineGroup(v.group, v.values, v.below) for v in found if v.n)
        panels.append(CytokinePanel(outcome.label, outcome.unit, shown, tuple(map(_ratio, of_analyte))))
    yield Figure(
        "cytokine-panels",
        "Cytokines of each mouse, and ratios to the control",
        "Each point is a mouse; an open triangle is a value below the limit of quantification, drawn at the "
        f"limit. Ratios to {panel.control} with 95 % intervals; q is adjusted over the panel.",
        "; ".join(f"{row.outcome.label}, {_ratio_words(row)}" for row in panel.rows) + ".",
        draw_cytokine_panels(panels, control=panel.control, data_kind=data_kind),
    )
    yield Table(
        "cytokine-ratios",
        f"Ratios to {panel.control}",
        (
            TableColumn("analyte", "Analyte"),
            TableColumn("group", "Group"),
            TableColumn("mice", "Mice"),
            TableColumn("ratio", "Ratio", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("p", "p"),
            TableColumn("q", "p, adjusted"),
            TableColumn("method", "Method"),
        ),
        tuple(_ratio_row(row) for row in panel.rows),
        note=f"{panel.rule}.",
        collapsed=True,
    )


def _ratio(row: PanelRow) -> CytokineRatio:
    return CytokineRatio(row.comparison.first, *row.ratio, row.q, row.comparison.refused)


def _ratio_words(row: PanelRow) -> str:
    if row.comparison.refused:
        return f"{row.comparison.first}: {row.comparison.refused}"
    ratio, low, high = row.ratio
    return f"{row.comparison.first}: ratio {ratio:.2g} ({low:.2g} to {high:.2g}), q = {row.q:.2g}"


def _ratio_row(row: PanelRow) -> tuple[str | float | None, ...]:
    found = row.comparison
    numbers = [v if math.isfinite(v) else None for v in row.ratio]
    mice = f"{found.n_first} vs {found.n_second}"
    words = found.refused or found.method
    return (row.outcome.label, found.first, mice, *numbers, p_text(found.p), p_text(row.q), words)
