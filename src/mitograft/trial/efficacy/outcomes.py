"""The values an estimand is read from: one row a subject, one column a visit, strategies applied.

A value of the Total Improvement Score, or a response, on or after the day of an intercurrent event is kept,
set aside, made a failure or replaced by the last value before it, as the estimand says. Of several events the
strictest answer counts: composite before hypothetical before while on treatment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, Violation
from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Datasets
from mitograft.trial.efficacy.estimand import Estimand, Strategy
from mitograft.trial.efficacy.intercurrent import Intercurrent
from mitograft.trial.protocol import Protocol

__all__ = ["CATEGORIES", "Outcomes", "derive_outcomes"]

Array = npt.NDArray[np.float64]
CATEGORIES = ("None", "Minimal", "Moderate", "Major")
_FLAGS = {20: "CRIT1FL", 40: "CRIT2FL", 60: "CRIT3FL"}
_STRICTEST: tuple[Strategy, ...] = ("composite", "hypothetical", "while on treatment")


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Subjects of an estimand with their values.

    Parameters
    ----------
    estimand
        What is estimated.
    subjects, arms
        USUBJID and name of the arm given, in the order of the arms.
    strata
        Diagnosis of each subject; all empty where it is not known.
    visits
        Planned visits after baseline up to that of the estimand.
    scores
        Total Improvement Score by subject and visit after the strategies; NaN where there is none.
    responses
        1, 0 or NaN by subject and visit after the strategies.
    categories
        0 none to 3 major at the visit of the estimand; NaN where it cannot be told.
    days
        Study day of each assessment; the planned day where there was none.
    failed_day
        Study day of the first event whose strategy is composite; NaN without.
    stopped_day
        Study day of the first event whose strategy is hypothetical; NaN without.
    rows
        Rows of ADTIS behind each subject.
    changed
        Values that a strategy set aside or replaced.
    """

    estimand: Estimand
    subjects: tuple[str, ...]
    arms: tuple[str, ...]
    strata: tuple[str, ...]
    visits: tuple[str, ...]
    scores: Array
    responses: Array
    categories: Array
    days: Array
    failed_day: Array
    stopped_day: Array
    rows: tuple[tuple[int, ...], ...]
    changed: int

    def members(self, arm: str | None) -> npt.NDArray[np.int64]:
        """Return the places of the subjects of an arm; of all for None."""
        return np.array([i for i, name in enumerate(self.arms) if arm in (None, name)], dtype=np.int64)

    @property
    def at_visit(self) -> Array:
        """Scores at the visit of the estimand."""
        return self.scores[:, -1]

    @property
    def responds(self) -> Array:
        """Responses at the visit of the estimand; nobody is left open: not assessed counts as no response."""
        return np.nan_to_num(self.responses[:, -1], nan=0.0)


def derive_outcomes(
    data: Datasets, protocol: Protocol, estimand: Estimand, events: Intercurrent, settings: Parameters
) -> Outcomes:
    """Collect the values of an estimand.

    Parameters
    ----------
    data
        ADSL and ADTIS.
    protocol
        Arms and visits.
    estimand, events
        What is estimated, and what happened in between.
    settings
        The score of a composite failure.

    Raises
    ------
    InputError
        If the visit of the estimand is not planned after baseline.
    """
    import polars as pl

    visits = _visits(protocol, estimand)
    flag = "FASFL" if estimand.population == "full analysis" else "SAFFL"
    order = [arm.name for arm in protocol.arms]
    chosen = data["ADSL"].frame.filter(pl.col(flag) == "Y", pl.col("TRT01A").is_in(order))
    people = sorted(
        chosen.iter_rows(named=True), key=lambda row: (order.index(row["TRT01A"]), row["USUBJID"])
    )
    place = {row["USUBJID"]: i for i, row in enumerate(people)}
    cells = _Cells(len(people), protocol, visits)
    for number, row in enumerate(data["ADTIS"].frame.iter_rows(named=True)):
        if row["USUBJID"] in place and row["PARAMCD"] == "TIS" and row["AVISIT"] in visits:
            cells.put(place[row["USUBJID"]], visits.index(row["AVISIT"]), row, number, estimand.threshold)
    failed, stopped = (np.full(len(people), np.nan) for _ in range(2))
    changed = 0
    for i, row in enumerate(people):
        answered = _answers(estimand, events, row["USUBJID"], i, (failed, stopped))
        changed += cells.answer(i, answered, settings["composite_score"].number)
    return Outcomes(
        estimand, tuple(place), tuple(row["TRT01A"] for row in people),
        tuple(row.get("DIAG") or "" for row in people), visits, cells.scores, cells.responses,
        cells.category, cells.days, failed, stopped, tuple(tuple(rows) for rows in cells.rows), changed,
    )  # fmt: skip


def _visits(protocol: Protocol, estimand: Estimand) -> tuple[str, ...]:
    names = [visit.name for visit in protocol.visits]
    later = names[names.index(protocol.baseline_visit) + 1 :]
    if estimand.visit not in later:
        violation = Violation(
            "no-visit", f"the visit {estimand.visit!r} in estimand {estimand.id}",
            f"a planned visit after baseline: {', '.join(later)}", "Correct the name.", "study.toml",
        )  # fmt: skip
        raise InputError("study.toml", [violation])
    return tuple(later[: later.index(estimand.visit) + 1])


def _answers(
    estimand: Estimand, events: Intercurrent, subject: str, place: int, marks: tuple[Array, Array]
) -> list[tuple[int, Strategy]]:
    failed, stopped = marks
    answered: list[tuple[int, Strategy]] = []
    for event in events.of(subject):
        strategy = estimand.strategy(event.kind)
        if strategy == "treatment policy" or event.day < 1:
            continue
        answered.append((event.day, strategy))
        if strategy == "composite":
            failed[place] = np.fmin(failed[place], event.day)
        elif strategy == "hypothetical":
            stopped[place] = np.fmin(stopped[place], event.day)
    return answered


class _Cells:
    """Values by subject and visit, while they are collected."""

    def __init__(self, people: int, protocol: Protocol, visits: Sequence[str]) -> None:
        shape = (people, len(visits))
        self.scores, self.responses, self.categories = (np.full(shape, np.nan) for _ in range(3))
        planned: Mapping[str, int] = {visit.name: visit.day for visit in protocol.visits}
        self.days = np.tile([float(planned[name]) for name in visits], (people, 1))
        self.rows: list[list[int]] = [[] for _ in range(people)]

    @property
    def category(self) -> Array:
        """Categories at the last visit."""
        return self.categories[:, -1]

    def put(self, person: int, visit: int, row: Mapping[str, object], number: int, threshold: int) -> None:
        """Take one row of ADTIS."""
        value, answer, category = row["AVAL"], row[_FLAGS[threshold]], row["TISCAT"]
        if isinstance(value, float):
            self.scores[person, visit] = value
        if answer in ("Y", "N"):
            self.responses[person, visit] = float(answer == "Y")
        if category in CATEGORIES:
            self.categories[person, visit] = CATEGORIES.index(str(category))
        day = row.get("ADY")
        if isinstance(day, float):
            self.days[person, visit] = day
        self.rows[person].append(number)

    def answer(self, person: int, answered: Sequence[tuple[int, Strategy]], failure: float) -> int:
        """Apply the strategies of one subject; return how many values they changed."""
        changed = 0
        for visit, day in enumerate(self.days[person]):
            mine = {strategy for since, strategy in answered if day >= since}
            strategy = next((name for name in _STRICTEST if name in mine), None)
            if strategy is None:
                continue
            changed += 1
            if strategy == "composite":
                new = (failure, 0.0, 0.0)
            elif strategy == "hypothetical":
                new = (np.nan, np.nan, np.nan)
            else:
                new = self._last(person, visit, answered)
            self.scores[person, visit], self.responses[person, visit], self.categories[person, visit] = new
        return changed

    def _last(
        self, person: int, visit: int, answered: Sequence[tuple[int, Strategy]]
    ) -> tuple[float, float, float]:
        """Return the last values seen before the event; none where there are none."""
        since = min(day for day, strategy in answered if strategy == "while on treatment")
        seen = [
            v for v in range(visit) if self.days[person, v] < since and not np.isnan(self.scores[person, v])
        ]
        if not seen:
            return np.nan, np.nan, np.nan
        last = seen[-1]
        return (
            float(self.scores[person, last]),
            float(self.responses[person, last]),
            float(self.categories[person, last]),
        )
