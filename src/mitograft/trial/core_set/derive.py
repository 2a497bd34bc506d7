"""From a core set table to Total Improvement Scores, one row a subject and later visit."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, Violation
from mitograft.outcome.tis import ENZYMES, Policy, TisRules, TisScore, score_tis, tis_rules
from mitograft.outcome.tis.enzyme import choose_enzyme
from mitograft.tables.contract import Cell, RawTable, Table
from mitograft.trial.core_set.check import check_core_set
from mitograft.trial.core_set.pairs import Pairs, pair_visits

__all__ = ["CohortScore", "derive_tis", "score_frame"]

_DECIMALS = 6  # of the percent changes written out; thirds stay recognisable


@dataclass(frozen=True)
class CohortScore:
    """Scores of a cohort with the rows they came from.

    ``subject`` and ``visit`` (length n) name the scored rows, ``rows`` gives baseline and later row as
    counted in the file, ``baseline`` and ``final`` the values compared, ``enzyme`` the enzyme followed.
    """

    subject: list[str]
    visit: list[str]
    rows: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
    baseline: Mapping[str, npt.NDArray[np.float64]]
    final: Mapping[str, npt.NDArray[np.float64]]
    enzyme: list[str]
    score: TisScore
    notes: tuple[str, ...]

    def columns(self) -> dict[str, Sequence[Cell]]:
        """Return the output table, column by column, missing values as None."""
        names = [measure.name for measure in self.score.rules.measures]
        out: dict[str, Sequence[Cell]] = {"subject": self.subject, "visit": self.visit}
        out |= {f"pct_{n}": _cells(np.round(self.score.percent[n], _DECIMALS) + 0.0) for n in names}
        out |= {f"points_{n}": _cells(self.score.points[n]) for n in names}
        out["tis"] = _cells(np.round(self.score.tis, _DECIMALS))
        out["tis_low"], out["tis_high"] = _cells(self.score.tis_low), _cells(self.score.tis_high)
        out["category"] = [name or None for name in self.score.category_names()]
        out["missing"] = [";".join(gaps) or None for gaps in self.score.missing_names()]
        return out


def _cells(values: npt.NDArray[np.float64]) -> list[Cell]:
    return [None if math.isnan(value) else value for value in values.tolist()]


def derive_tis(
    raw: RawTable,
    *,
    rules: TisRules | None = None,
    missing: Policy = "strict",
    baseline: str | None = None,
) -> CohortScore:
    """Check a core set table and score every later visit against its subject's baseline.

    Raises
    ------
    InputError
        With every violation of the table, or for subjects without a baseline.
    """
    chosen = rules or tis_rules()
    table, violations = check_core_set(raw, chosen)
    if violations:
        raise InputError(raw.source, violations)
    pairs, violations = pair_visits(table, baseline)
    if violations or not len(pairs.final):
        raise InputError(raw.source, violations or [_nothing_to_score(raw)])
    return _score(table, pairs, chosen, missing)


def _score(table: Table, pairs: Pairs, rules: TisRules, missing: Policy) -> CohortScore:
    names = [m.name for m in rules.measures if m.name != "enzyme"] + ["mmt8_max"]
    names += [name for e in ENZYMES for name in (e, f"{e}_uln") if e in table.numbers]
    present = [name for name in names if name in table.numbers]
    base, final = ({n: table.numbers[n][rows] for n in present} for rows in (pairs.baseline, pairs.final))
    if "mmt8_max" in base:  # a baseline row without a strength score may leave its maximum to the later visit
        base["mmt8_max"] = np.where(np.isnan(base["mmt8_max"]), final["mmt8_max"], base["mmt8_max"])
    score = score_tis(base, final, rules=rules, missing=missing)
    return CohortScore(
        subject=[cast("str", table.texts["subject"][i]) for i in pairs.final],
        visit=[cast("str", table.texts["visit"][i]) for i in pairs.final],
        rows=(table.rows[pairs.baseline], table.rows[pairs.final]),
        baseline=base,
        final=final,
        enzyme=_enzymes(base, rules),
        score=score,
        notes=_notes(table, pairs, missing),
    )


def _enzymes(base: Mapping[str, npt.NDArray[np.float64]], rules: TisRules) -> list[str]:
    values = {k: v for k, v in base.items() if k.removesuffix("_uln") in ENZYMES}
    if not values:
        return [""] * len(next(iter(base.values())))
    names = [*rules.enzyme_order, ""]
    return [names[code] for code in choose_enzyme(values, rules.enzyme_order).tolist()]


def _notes(table: Table, pairs: Pairs, missing: Policy) -> tuple[str, ...]:
    notes = []
    if len(pairs.alone):
        notes.append(f"Not scored: no later visit for the subject of row {_list(table.rows[pairs.alone])}.")
    if len(pairs.earlier):
        notes.append(f"Not scored: visits before the baseline in row {_list(table.rows[pairs.earlier])}.")
    if missing == "rescale":
        notes.append("Rescaled totals are non-standard: points are relative to the measures present.")
    if missing == "zero":
        notes.append("A missing measure adds 0 points: incomplete totals are lower bounds.")
    return tuple(notes)


def _list(rows: Iterable[int], most: int = 10) -> str:
    shown = [str(row) for row in rows]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def _nothing_to_score(raw: RawTable) -> Violation:
    return Violation(
        "no-later-visit",
        found="one visit for every subject",
        expected="a baseline and at least one later visit of some subject",
        remedy="Use the long form: one row a subject and visit.",
        file=raw.source,
    )


class _Frame(Protocol):
    """The part of a data frame used here; pandas and polars both have it."""

    @property
    def columns(self) -> Iterable[str]: ...

    def __getitem__(self, key: str) -> Iterable[Cell]: ...


F = TypeVar("F", bound=_Frame)


def score_frame(
    frame: F,
    *,
    rules: TisRules | None = None,
    missing: Policy = "strict",
    baseline: str | None = None,
) -> F:
    """Score a pandas or polars data frame in long form; the result is a frame of the same kind.

    Arguments as for ``derive_tis``; in messages the rows count from 1, without a header.
    """
    columns = {str(name): list(frame[name]) for name in frame.columns}
    count = len(next(iter(columns.values()), []))
    raw = RawTable("data frame", columns, range(1, count + 1))
    result = derive_tis(raw, rules=rules, missing=missing, baseline=baseline)
    return type(frame)(result.columns())  # type: ignore[call-arg]  # both kinds are built from a dict of columns
