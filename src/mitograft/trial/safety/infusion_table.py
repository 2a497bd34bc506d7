"""The table of infusion reactions: certain and possible ones, by relation and grade, with exact intervals."""

from collections.abc import Callable, Iterator

from mitograft.evidence import DataKind
from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.safety.infusion import InfusionReaction, InfusionReactions
from mitograft.trial.safety.shares import exact_share, share_cell
from mitograft.trial.summary.population import Population, members_of
from mitograft.trial.summary.result import Cell, Records, Result, Row, heading
from mitograft.trial.summary.tally import NOBODY, group_columns, sources_of, tally

__all__ = ["summarise_infusion_reactions"]

Wanted = Callable[[InfusionReaction], bool]


def summarise_infusion_reactions(
    population: Population,
    adae: Dataset,
    found: InfusionReactions,
    settings: Parameters,
    *,
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects with infusion reactions, certain and possible, by relation and highest grade.

    Parameters
    ----------
    population, adae
        Whose events.
    found
        From ``assess_infusion_reactions``.
    settings
        ``level``, ``severe_grade``.
    data_kind
        As in ``Result``.
    """
    rows: list[Row] = []
    for label, wanted, indent in _lines(found, settings["severe_grade"].number):
        rows.append(
            heading(label)
            if wanted is None
            else Row(label, _cells(population, adae, found, settings, (label, wanted)), indent)
        )
    place = "the end" if found.counted_from == "end" else "the start"
    notes = (
        f"Reaction: any event that began in an infusion or up to {found.minutes:g} min after {place} of it, "
        "whatever its term or causality. Possible: the times are not known and the dates allow it. A "
        "subject can have both.",
        f"Infusions: {found.infusions}, {found.untimed} of them without times of start and end.",
        f"Subjects with the event/subjects, percent and exact {100 * settings['level'].number:g}% interval "
        "(Clopper-Pearson).",
    )
    return Result(
        "infusion-reactions", "Infusion reactions by time", population.label, "", group_columns(population),
        tuple(rows), notes, data_kind, sources_of([population.subjects, adae]),
    )  # fmt: skip


def _lines(found: InfusionReactions, severe: float) -> Iterator[tuple[str, Wanted | None, int]]:
    yield "Certain", lambda one: one.certain, 0
    yield "Related", lambda one: one.certain and one.related, 1
    grades = {int(one.grade) for one in found.reactions if one.grade is not None}
    for grade in range(1, int(max([severe, *grades])) + 1):
        yield f"Grade {grade}", _of_grade(grade), 1
    if any(one.grade is None for one in found.reactions):
        yield "Grade missing", lambda one: one.certain and one.grade is None, 1
    yield "Possible", lambda one: not one.certain, 0
    yield "Related", lambda one: not one.certain and one.related, 1
    yield f"Grade {severe:g} or higher", lambda one: not one.certain and (one.grade or 0.0) >= severe, 1
    yield "Certain or possible", lambda one: True, 0  # noqa: ARG005  every one counts


def _of_grade(grade: int) -> Wanted:
    return lambda one: one.certain and one.grade == grade


def _cells(
    population: Population,
    adae: Dataset,
    found: InfusionReactions,
    settings: Parameters,
    line: tuple[str, Wanted],
) -> tuple[Cell, ...]:
    import polars as pl

    label, wanted = line
    rows = [one.row for one in found.reactions if wanted(one)]
    counted = tally(members_of(population, adae, pl.int_range(pl.len()).is_in(rows)))
    cells = []
    for i, group in enumerate(population.groups):
        part = counted.get(((), i), NOBODY)
        share = exact_share(part.subjects, group.size, level=settings["level"].number)
        cells.append(
            share_cell(share, group.label, "Infusion reaction", label, (Records(adae.name, part.rows),))
        )
    return tuple(cells)
