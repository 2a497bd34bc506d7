"""Section: metabolites: ratios, energy charge, pathways."""

import math
from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.mouse.animals import Colony
from mitograft.mouse.compare import compare_groups
from mitograft.mouse.metabolites.analyse import MetaboliteResult
from mitograft.mouse.outcomes import Outcome
from mitograft.report.document import Block, Figure, Section, Table, TableColumn
from mitograft.report.figures.mouse_scores import draw_mouse_scores
from mitograft.study.sections.mouse_groups import axis_words, scored_groups
from mitograft.study.sections.readings import findings_table

__all__ = ["metabolites_section"]

_SHOWN = ("metabolite.lactate_pyruvate", "metabolite.energy_charge")


def metabolites_section(result: MetaboliteResult, colony: Colony, data_kind: DataKind) -> Section:
    """Show the two measures every reader looks for, and all others as means of the groups."""
    known = len({level.metabolite for level in result.levels})
    lead = f"{known} metabolites; ratios, energy charge and pathways derived from them, mouse by mouse."
    blocks: list[Block] = list(_figures(result, colony, data_kind))
    blocks += [_table(result, colony), findings_table(result.findings, "metabolite-findings")]
    return Section("metabolites", "Metabolites", lead, tuple(blocks))


def _figures(result: MetaboliteResult, colony: Colony, data_kind: DataKind) -> Iterator[Figure]:
    for number, outcome in enumerate((o for o in result.outcomes if o.name in _SHOWN), start=1):
        groups = scored_groups(outcome, colony)
        if groups:
            counts = ", ".join(f"{group.name} {len(group.values) + len(group.below)}" for group in groups)
            yield Figure(
                f"metabolite-{number}",
                outcome.label,
                f"Each point is a mouse. {outcome.note}".strip(),
                f"{outcome.label}, mice: {counts}.",
                draw_mouse_scores(groups, data_kind=data_kind, **axis_words(outcome)),
            )


def _table(result: MetaboliteResult, colony: Colony) -> Table:
    """Compare every outcome of each treated group with the control."""
    controls = [group.name for group in colony.groups.values() if group.role == "control"]
    treated = [group.name for group in colony.groups.values() if group.role == "treated"]
    rows = [
        _row(outcome, colony, group, controls[0])
        for outcome in result.outcomes
        for group in treated
        if len(controls) == 1
    ]
    return Table(
        "metabolite-differences",
        "Treated groups against the control",
        (
            TableColumn("name", "Measure"),
            TableColumn("group", "Group"),
            TableColumn("mice", "Mice"),
            TableColumn("estimate", "Difference", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("unit", "Unit"),
        ),
        tuple(rows),
        note="95 % intervals, one by one: a screen, not a family of tests. Log ratio: 0 is no difference.",
        collapsed=True,
    )


def _row(outcome: Outcome, colony: Colony, group: str, control: str) -> tuple[str | float | None, ...]:
    found = compare_groups(outcome, colony, group, control)
    numbers = [v if math.isfinite(v) else None for v in (found.estimate, found.low, found.high)]
    return (
        outcome.label,
        group,
        f"{found.n_first} vs {found.n_second}",
        *numbers,
        found.unit or found.refused,
    )
