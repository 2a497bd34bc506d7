"""Tables of dose-limiting toxicity: by dose with exact intervals, and cohort by cohort against the design."""

from collections.abc import Sequence

from mitograft.evidence import DataKind
from mitograft.statistics.none_seen import none_seen
from mitograft.statistics.rounding import format_fixed
from mitograft.tables.parameters import Parameters
from mitograft.trial.adam import Adam
from mitograft.trial.escalation.conduct import ConductRow
from mitograft.trial.safety.dlt import DltAssessment, DltCohort, DltSubject
from mitograft.trial.safety.settings import listed
from mitograft.trial.safety.shares import exact_share, share_cell
from mitograft.trial.summary.result import EMPTY, Cell, Column, Records, Result, Row, Statistic
from mitograft.trial.summary.tally import sources_of

__all__ = ["summarise_conduct", "summarise_dlt"]

_DLT = "Dose-limiting toxicity"
_ALL = "All doses"


def summarise_dlt(
    found: DltAssessment, adam: Adam, settings: Parameters, *, data_kind: DataKind = "measured"
) -> Result:
    """Show for each dose and for all how many were evaluable and had a DLT, with the exact interval.

    Parameters
    ----------
    found, adam
        The assessment, and the data sets it was made from.
    settings
        ``level``, ``one_sided_levels``.
    data_kind
        As in ``Result``.
    """
    groups = [(arm.name, found.of_arm(arm.name)) for arm in found.arms]
    groups.append((_ALL, tuple(one for one in found.subjects if one.dose)))
    upper = listed(settings, "one_sided_levels")
    rows = tuple(Row(label, _dose_cells(label, group, settings, upper)) for label, group in groups)
    share = f"{100 * settings['level'].number:g}% CI"
    columns = (
        Column("Dosed"),
        Column("Evaluable"),
        Column(f"DLT/evaluable, % ({share})"),
        Column("Possible DLT"),
        Column(f"DLT with possible ones, % ({share})"),
        *(Column(f"{100 * level:g}%", span="No DLT: highest rate allowed, %") for level in upper),
    )
    placebo = "Placebo is not among all doses. " if any(arm.placebo for arm in found.arms) else ""
    notes = (
        *_definition(found, adam),
        f"{placebo}Intervals: Clopper-Pearson, exact. Highest rate allowed: exact one-sided limit, shown "
        "where no evaluable subject had a DLT; of all doses together it is that of the mean rate.",
    )
    return Result(
        "dlt-by-dose", "Dose-limiting toxicity by dose", "Safety population", "Dose", columns, rows, notes,
        data_kind, sources_of([adam.datasets["ADSL"], adam.datasets["ADAE"]]),
    )  # fmt: skip


def summarise_conduct(found: DltAssessment, adam: Adam, *, data_kind: DataKind = "measured") -> Result:
    """Show cohort by cohort what was given and seen, and what the design said next.

    Parameters
    ----------
    found, adam
        The assessment, and the data sets it was made from.
    data_kind
        As in ``Result``.
    """
    certain, possible = iter(found.conduct), iter(found.conduct_if_possible)
    rows = []
    for cohort in found.cohorts:
        said = next(certain, None) if cohort.counted() else None
        if_possible = next(possible, None) if cohort.counted(possible=True) else None
        rows.append(Row(f"Cohort {cohort.number}", _conduct_cells(cohort, said, if_possible)))
    columns = (
        Column("Dose", align="left"),
        *(Column(label) for label in ("Dosed", "Evaluable", "DLT", "Possible DLT")),
        *(
            Column(label, align="left")
            for label in ("Departure from the design", "The design says", "If the possible DLT count")
        ),
    )
    notes = [*_definition(found, adam)]
    if found.design:
        notes.append(f"Design: {found.design}. It goes on from what was really done.")
    notes.append(
        "Cohorts follow from the order of dosing: a cohort ends where the dose changes or the number asked "
        "for is evaluable."
    )
    return Result(
        "dlt-conduct", "Dose escalation as conducted", "Safety population", "", columns, tuple(rows),
        tuple(notes), data_kind, sources_of([adam.datasets["ADSL"], adam.datasets["ADAE"]]),
    )  # fmt: skip


def _definition(found: DltAssessment, adam: Adam) -> tuple[str, ...]:
    settings = adam.settings
    words = (
        f"DLT: marked by the investigator, or a related event of grade {settings['dlt_grade'].value} or "
        f"higher (CTCAE {adam.protocol.ctcae}) that began on day 1 to {found.days + 1} and is not a raised "
        "creatine kinase, which is the disease."
    )
    assumed = ", ".join(parameter.id for parameter in found.flagged)
    open_words = f"Assumed parts of this definition: {assumed}." if assumed else ""
    evaluable = (
        f"Evaluable: followed to day {found.days + 1} or with a DLT. Possible DLT: date, grade or causality "
        "is missing in part and the event may be one; subjects with a certain DLT are not counted."
    )
    return tuple(note for note in (words, open_words, evaluable, *found.notes) if note)


def _dose_cells(
    label: str, group: Sequence[DltSubject], settings: Parameters, upper: Sequence[float]
) -> tuple[Cell, ...]:
    level = settings["level"].number
    evaluable = [one for one in group if one.evaluable]
    toxic, possible = [one for one in group if one.toxic], [one for one in group if one.possible]
    worst = [one for one in group if one.evaluable or one.possible]
    share = exact_share(len(toxic), len(evaluable), level=level)
    with_possible = exact_share(len(toxic) + len(possible), len(worst), level=level)
    limits = none_seen(len(evaluable), levels=upper).upper if evaluable and not toxic else ()
    shown = [
        Cell(
            format_fixed(100.0 * limit, 1),
            (Statistic(label, _DLT, f"one-sided {100 * one:g}%", "high", 100.0 * limit, "%"),),
        )
        for limit, one in zip(limits, upper, strict=False)
    ]
    return (
        _count(label, "Dosed", group),
        _count(label, "Evaluable", evaluable),
        share_cell(share, label, _DLT, "certain", _records(toxic)),
        _count(label, "Possible DLT", possible, events=True),
        share_cell(with_possible, label, _DLT, "certain or possible", _records([*toxic, *possible])),
        *(shown or [EMPTY] * len(upper)),
    )


def _conduct_cells(
    cohort: DltCohort, said: ConductRow | None, if_possible: ConductRow | None
) -> tuple[Cell, ...]:
    label, group = f"Cohort {cohort.number}", cohort.subjects
    reason = said.recommendation.reason if said else "Nobody was evaluable." if not cohort.counted() else ""
    other = if_possible.recommendation.reason if if_possible else ""
    return (
        Cell(cohort.arm, (Statistic(label, "Dose", "", "n", float(cohort.dose)),)),
        _count(label, "Dosed", group),
        _count(label, "Evaluable", [one for one in group if one.evaluable]),
        _count(label, _DLT, [one for one in group if one.toxic], events=True),
        _count(label, "Possible DLT", [one for one in group if one.possible], events=True),
        Cell(said.departure if said else ""),
        Cell(reason),
        Cell("" if other == reason else other),
    )


def _count(label: str, variable: str, group: Sequence[DltSubject], *, events: bool = False) -> Cell:
    subjects = (Records("ADSL", [one.row for one in group]),) if group else ()
    records = _records(group) if events else subjects
    number = float(len(group))
    return Cell(str(len(group)), (Statistic(label, variable, "", "n", number),), records)


def _records(group: Sequence[DltSubject]) -> tuple[Records, ...]:
    """Return the events that made subjects count: certain ones, or the possible ones of the others."""
    rows = [event.row for one in group for event in one.events if event.certain or one.possible]
    return (Records("ADAE", rows),) if rows else ()
