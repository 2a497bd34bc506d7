"""One number of an efficacy analysis, with all a reader needs to judge it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mitograft.evidence import DataKind, Evidence
from mitograft.statistics.multiplicity import holm
from mitograft.trial.efficacy.estimand import Estimand

__all__ = ["Estimate", "Kind", "adjust_primary", "as_evidence", "or_nan"]

Kind = Literal["exact", "conservative", "approximate"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate of one analysis.

    Parameters
    ----------
    analysis
        Name of the analysis.
    contrast
        An arm, all arms, or one arm against another.
    estimate, low, high, level
        NaN where there is none; a limit may be infinite.
    p
        Two-sided p value; NaN where there is none.
    unit
        Of the estimate.
    n
        Subjects behind it.
    method
        How it was computed, in words.
    kind
        ``exact``: the interval covers at least its level and p rejects at most its own, whatever the truth;
        ``conservative``: the same by a bound; ``approximate``: for large samples only.
    primary
        Whether it is the analysis the estimand is judged by.
    note
        Anything a reader must know: what was left out, why there is no number.
    adjusted_p
        p after Holm over the comparisons of the primary analysis; NaN elsewhere.
    """

    analysis: str
    contrast: str
    estimate: float
    low: float
    high: float
    level: float
    p: float
    unit: str
    n: int
    method: str
    kind: Kind
    primary: bool = False
    note: str = ""
    adjusted_p: float = math.nan


def or_nan(value: float | None) -> float:
    """Return the number, NaN where there is none."""
    return math.nan if value is None else value


def adjust_primary(estimates: Iterable[Estimate]) -> tuple[Estimate, ...]:
    """Return the estimates with Holm's p values beside those of the primary analysis."""
    listed = list(estimates)
    places = [i for i, row in enumerate(listed) if row.primary]
    adjusted = holm([listed[i].p for i in places])
    for i, p in zip(places, adjusted, strict=True):
        listed[i] = replace(listed[i], adjusted_p=p)
    return tuple(listed)


def as_evidence(
    estimand: Estimand, estimates: Sequence[Estimate], *, source: str, data_kind: DataKind
) -> tuple[Evidence, ...]:
    """Return evidence rows; the name of the estimand is part of the quantity, its description of the note."""
    return tuple(
        Evidence(
            quantity=estimand.title, contrast=row.contrast, estimate=row.estimate, low=row.low, high=row.high,
            level=row.level, unit=row.unit, n=row.n, method=f"{row.analysis}: {row.method} ({row.kind})",
            source=f"{source}, ADTIS", data_kind=data_kind,
            note=("primary; " if row.primary else "")
            + f"{estimand.description} {row.note}".strip(),
        )
        for row in estimates
        if not math.isnan(row.estimate)
    )  # fmt: skip
