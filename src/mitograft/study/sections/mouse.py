"""Section: the mice: groups, comparisons with a picture for each outcome, dose trends, ARRIVE."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from mitograft.evidence import DataKind
from mitograft.mouse.animals import Colony
from mitograft.report.document import Block, Figure, Section, Table, TableColumn
from mitograft.report.figures.mouse_scores import draw_mouse_scores
from mitograft.study.mouse import Mouse, MouseCompared
from mitograft.study.sections.mouse_groups import axis_words, scored_groups
from mitograft.study.sections.mouse_rooms import room_sections
from mitograft.study.sections.readings import findings_table, p_text

__all__ = ["mouse_sections"]


def mouse_sections(mouse: Mouse, data_kind: DataKind) -> Iterator[Section]:
    """Yield the section of the mice, then one for every room that has files."""
    if mouse.colony is not None:
        yield _mice(mouse, mouse.colony, data_kind)
    yield from room_sections(mouse, data_kind)


def _mice(mouse: Mouse, colony: Colony, data_kind: DataKind) -> Section:
    made = [compared for compared in mouse.comparisons if not compared.result.refused]
    mice = list(colony)
    excluded = sum(bool(animal.excluded) for animal in mice)
    lead = f"{len(mice)} mice in {len(colony.groups)} groups, {excluded} excluded with a reason. "
    if mouse.comparisons:
        lead += f"{len(made)} of {len(mouse.comparisons)} comparisons could be made. "
    lead += (
        "The mouse is the unit: sections, raters and repeats are put together within it. CIM remits by "
        "itself: groups are compared at the same time since immunisation."
    )
    blocks: list[Block] = [_groups(colony)]
    if mouse.comparisons:
        blocks += [_comparisons(mouse.comparisons), _methods(mouse.comparisons)]
        blocks += list(_figures(mouse.comparisons, colony, data_kind))
    if mouse.trends:
        blocks.append(_trends(mouse))
    blocks += [_arrive(mouse), findings_table(mouse.findings(), "mouse-findings")]
    return Section("mice", "CIM mice", lead, tuple(blocks))


def _groups(colony: Colony) -> Table:
    rows = []
    for group in colony.groups.values():
        members = [animal for animal in colony if animal.group == group.name]
        ends = Counter(a.end_reason for a in members if a.end_reason not in ("", "scheduled"))
        early = ", ".join(f"{reason} {count}" for reason, count in ends.items())
        dose = f"{group.dose:g} {group.dose_unit}".strip() if group.dose else "0"
        excluded = sum(bool(animal.excluded) for animal in members)
        rows.append(
            (
                group.name, group.role, group.treatment, dose, group.route, group.schedule, len(members),
                excluded, early,
            )
        )  # fmt: skip
    return Table(
        "mouse-groups",
        "Groups",
        (
            TableColumn("group", "Group"),
            TableColumn("role", "Role"),
            TableColumn("treatment", "Treatment"),
            TableColumn("dose", "Dose"),
            TableColumn("route", "Route"),
            TableColumn("schedule", "Treated on day"),
            TableColumn("mice", "Mice", "", "decimal", 0),
            TableColumn("excluded", "Excluded", "", "decimal", 0),
            TableColumn("early", "Left early"),
        ),
        tuple(rows),
    )


def _comparisons(comparisons: Sequence[MouseCompared]) -> Table:
    return Table(
        "mouse-comparisons",
        "Comparisons of groups",
        (
            TableColumn("outcome", "Outcome"),
            TableColumn("contrast", "First vs second"),
            TableColumn("estimate", "Difference", "", "decimal", 2),
            TableColumn("interval", "95 % interval"),
            TableColumn("p", "p (Holm)"),
        ),
        tuple(_row(compared) for compared in comparisons),
        note="In brackets the mice. Intervals are 95 %, one by one; Holm's p is adjusted within each family "
        "of comparisons.",
    )


def _row(compared: MouseCompared) -> tuple[str | float | None, ...]:
    result = compared.result
    estimate = None if math.isnan(result.estimate) else result.estimate
    interval = "" if math.isnan(result.low) else f"{result.low:z.2f} to {result.high:z.2f}".replace("-", "−")
    holm = p_text(compared.p_holm)
    p = p_text(result.p) + (f" ({holm})" if holm else "")
    return (
        _named(compared), f"{result.first} ({result.n_first}) vs {result.second} ({result.n_second})",
        estimate, interval, p,
    )  # fmt: skip


def _named(compared: MouseCompared) -> str:
    """Return the outcome with the unit of its difference."""
    result = compared.result
    return result.outcome.label if result.unit in ("", "1") else f"{result.outcome.label} ({result.unit})"


def _methods(comparisons: Sequence[MouseCompared]) -> Table:
    return Table(
        "mouse-methods",
        "How each comparison was made",
        (
            TableColumn("outcome", "Outcome"),
            TableColumn("method", "Method"),
            TableColumn("left", "Defect left"),
            TableColumn("remark", "Remark"),
        ),
        tuple(
            (
                c.result.outcome.label + (f" ({c.asked.family})" if c.asked.family else ""), c.result.method,
                _left(c),
                c.result.refused or " ".join(filter(None, (c.result.beside, c.result.note))),
            )
            for c in comparisons
        ),
    )  # fmt: skip


def _left(compared: MouseCompared) -> str:
    left = compared.result.left
    if compared.asked.healthy is None:
        return ""
    if left is None or not left.bounded:
        return "not established"
    low, high = (f"{100 * end:z.0f}" for end in (left.low, left.high))
    verdict = left.verdict(compared.asked.margin)
    return f"{100 * left.estimate:z.0f} % ({100 * left.level:g} % interval {low} to {high} %): {verdict}"


def _figures(comparisons: Sequence[MouseCompared], colony: Colony, data_kind: DataKind) -> Iterator[Figure]:
    """Draw each compared outcome once, all groups beside each other."""
    outcomes = {compared.result.outcome.name: compared.result.outcome for compared in comparisons}
    for number, (name, outcome) in enumerate(outcomes.items(), start=1):
        groups = scored_groups(outcome, colony)
        if not any(group.values for group in groups):
            continue
        asked = [c for c in comparisons if c.result.outcome.name == name]
        words = "; ".join(_words(c) for c in asked)
        counts = ", ".join(f"{group.name} {len(group.values) + len(group.below)}" for group in groups)
        yield Figure(
            f"mouse-outcome-{number}",
            outcome.label,
            f"Each point is a mouse. {words} {outcome.note}".strip(),
            f"{outcome.label} of {counts} mice. {words}",
            draw_mouse_scores(groups, data_kind=data_kind, **axis_words(outcome)),
        )


def _words(compared: MouseCompared) -> str:
    result = compared.result
    names = f"{result.first} vs {result.second}"
    if result.refused:
        return f"{names}: {result.refused}"
    unit = "" if result.unit in ("", "1") else f" {result.unit}"
    return (
        f"{names}: {result.estimate:.2g}{unit} ({100 * result.level:g} % interval {result.low:.2g} to "
        f"{result.high:.2g}), p = {result.p:.2g}."
    )


def _trends(mouse: Mouse) -> Table:
    return Table(
        "mouse-trends",
        "Trends with the dose",
        (TableColumn("outcome", "Outcome"), TableColumn("groups", "Groups"), TableColumn("result", "Result")),
        tuple((t.outcome.label, " < ".join(t.groups), t.sentence) for t in mouse.trends),
    )


def _arrive(mouse: Mouse) -> Table:
    return Table(
        "arrive",
        "ARRIVE 2.0, Essential 10: what the files show",
        (
            TableColumn("number", "Item", "", "decimal", 0),
            TableColumn("title", "About"),
            TableColumn("standing", "Files say"),
            TableColumn("found", "Found"),
            TableColumn("remedy", "What to do"),
        ),
        tuple((i.number, i.title, i.standing, i.found, i.remedy) for i in mouse.arrive),
        note="Shown: the files bear it out. Contradicted: they say the opposite. Open: they do not say. "
        "Items: Percie du Sert N et al., PLoS Biol 2020;18:e3000410.",
    )
