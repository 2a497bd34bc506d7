"""Efficacy results as tables: one for each estimand, and a listing of the intercurrent events."""

import math
from collections.abc import Iterator, Sequence

from mitograft.evidence import DataKind
from mitograft.statistics.rounding import format_fixed
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.efficacy.estimand import EVENTS, Estimand
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.intercurrent import Intercurrent
from mitograft.trial.efficacy.outcomes import Outcomes
from mitograft.trial.summary.result import Cell, Column, Records, Result, Row, Statistic, heading

__all__ = ["estimand_table", "intercurrent_table"]

_LEFT = "left"


def estimand_table(
    outcomes: Outcomes, estimates: Sequence[Estimate], score: Dataset, data_kind: DataKind
) -> Result:
    """Return the analyses of one estimand, the primary one first within each contrast.

    Parameters
    ----------
    outcomes, estimates
        What was analysed, and what came of it.
    score
        ADTIS, whose rows are behind the numbers.
    data_kind
        As in ``Result``.
    """
    estimand = outcomes.estimand
    level = estimates[0].level if estimates else 0.95
    columns = (
        Column("Estimate"), Column(f"{100 * level:g}% interval"), Column("p"), Column("Subjects"),
        Column("Level held", align=_LEFT),
    )  # fmt: skip
    behind = (Records(score.name, [row for rows in outcomes.rows for row in rows]),)
    remarks = _Remarks()
    rows: list[Row] = []
    for contrast in dict.fromkeys(row.contrast for row in estimates):
        rows.append(heading(contrast))
        rows += [
            _row(estimand, row, behind, remarks.mark(row)) for row in estimates if row.contrast == contrast
        ]
    several = sum(row.primary and not math.isnan(row.adjusted_p) for row in estimates) > 1
    notes = (*_notes(outcomes, several=several), *remarks.lines())
    return Result(
        f"estimand-{estimand.id}", _title(estimand), f"{estimand.population.capitalize()} population",
        "Analysis", columns, tuple(rows), notes, data_kind, Datasets([score]),
    )  # fmt: skip


class _Remarks:
    """Methods and remarks as footnotes with letters; equal ones share a letter."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def mark(self, row: Estimate) -> str:
        """Return the marks of an estimate."""
        texts = [text for text in (row.method, row.note) if text]
        marks = [self.texts.setdefault(text, _letter(len(self.texts))) for text in texts]
        return f"{'*' if row.primary else ''} [{', '.join(marks)}]" if marks else ""

    def lines(self) -> Iterator[str]:
        """Yield the footnotes."""
        yield from (f"[{letter}] {text.rstrip('.')}." for text, letter in self.texts.items())


def _letter(place: int) -> str:
    first, second = divmod(place, 26)
    return ("" if first == 0 else chr(96 + first)) + chr(97 + second)


def _title(estimand: Estimand) -> str:
    return estimand.title[0].upper() + estimand.title[1:]


def _notes(outcomes: Outcomes, *, several: bool) -> Iterator[str]:
    yield f"Estimand: {outcomes.estimand.description}"
    if outcomes.changed:
        yield f"{outcomes.changed} values were set aside or replaced by these rules."
    yield (
        "Primary analyses are marked *. Exact and conservative methods hold their level at any size; "
        "approximate ones are for large samples and may not hold it in a trial this small."
    )
    if several:
        yield "p in brackets: Holm's adjustment over the comparisons of the primary analysis."


def _row(estimand: Estimand, row: Estimate, behind: tuple[Records, ...], mark: str) -> Row:
    group = (row.contrast, estimand.title)

    def statistic(name: str, value: float, unit: str = "") -> Statistic:
        finite = value if math.isfinite(value) else None
        return Statistic(group[0], group[1], row.analysis, name, finite, unit)

    decimals = {"points": 1, "days": 0}.get(row.unit, 2)
    p = _p(row.p) + (f" ({_p(row.adjusted_p)})" if not math.isnan(row.adjusted_p) else "")
    interval = "" if math.isnan(row.low) else f"{_number(row.low, decimals)} to {_number(row.high, decimals)}"
    unit = "" if row.unit == "1" else f" {row.unit}"
    return Row(
        row.analysis + mark,
        (
            Cell(
                "" if math.isnan(row.estimate) else _number(row.estimate, decimals) + unit,
                (statistic("estimate", row.estimate, row.unit),), behind,
            ),
            Cell(interval, (statistic("low", row.low, row.unit), statistic("high", row.high, row.unit))),
            Cell("" if math.isnan(row.p) else p, (statistic("p", row.p),)),
            Cell(str(row.n), (statistic("n", float(row.n)),)),
            Cell(row.kind),
        ),
        1,
    )  # fmt: skip


def _p(value: float) -> str:
    return "<0.0001" if value < 0.0001 else format_fixed(value, 4)


def _number(value: float, decimals: int) -> str:
    if math.isinf(value):
        return "not reached" if value > 0 else "no limit"
    return format_fixed(value, decimals)


def intercurrent_table(
    events: Intercurrent, estimands: Sequence[Estimand], medication: Dataset | None, data_kind: DataKind
) -> Result:
    """Return the intercurrent events by subject, with the strategy of each estimand."""
    columns = (
        Column("Event", align=_LEFT), Column("Study day"), Column("What was seen", align=_LEFT),
        *(Column(f"Strategy: {estimand.id}", align=_LEFT) for estimand in estimands),
    )  # fmt: skip
    rows = []
    for event in events.events:
        behind = (Records(medication.name, event.rows),) if medication is not None and event.rows else ()
        cells = [
            Cell(event.kind, (), behind),
            Cell(str(event.day), (Statistic(event.subject, event.kind, "", "day", float(event.day)),)),
            Cell(event.what),
        ]
        rows.append(
            Row(event.subject, (*cells, *(Cell(estimand.strategy(event.kind)) for estimand in estimands)))
        )
    if not rows:
        rows.append(Row("None found", (Cell(""),) * len(columns)))
    seen = {kind: sum(event.kind == kind for event in events.events) for kind in EVENTS}
    notes = (
        "Events found: " + ", ".join(f"{kind} {n}" for kind, n in seen.items()) + ".",
        *events.unclear,
        "Rescue: a drug of a rescue category begun after dosing. Dose change: the daily dose of a background "
        "drug further from that at dosing than the limit. A partial date counts from its earliest day.",
    )
    return Result(
        "intercurrent-events", "Intercurrent events and the answer of each estimand", "Safety population",
        "Subject", columns, tuple(rows), notes, data_kind,
        Datasets([medication] if medication is not None else []),
    )  # fmt: skip
