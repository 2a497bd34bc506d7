"""Responder counts, rates and differences as evidence, honest about incomplete patients.

A patient whose missing measures leave the response open is counted both ways: the estimate counts only sure
responders (as trials do that count a missing end point as failure), the interval runs from the lower limit
with sure responders to the upper limit with all possible ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.evidence import DataKind, Evidence
from mitograft.statistics.differences import newcombe
from mitograft.statistics.proportions import clopper_pearson

__all__ = ["Counts", "Origin", "count_responders", "derive_difference", "derive_rate"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where evidence comes from: the file, and the kind of its data."""

    source: str
    data_kind: DataKind
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Counts:
    """Sure and possible responders of ``n`` patients of one group."""

    group: str
    sure: int
    possible: int
    n: int


def count_responders(
    group: str, sure: npt.NDArray[np.bool_], possible: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]
) -> Counts:
    """Count within the chosen rows."""
    return Counts(group, int(sure[chosen].sum()), int(possible[chosen].sum()), int(chosen.sum()))


def derive_rate(quantity: str, counts: Counts, origin: Origin) -> Evidence:
    """Rate of one group with its Clopper-Pearson interval, widened by the undecided patients."""
    low = clopper_pearson(counts.sure, counts.n, level=origin.level)[0]
    high = clopper_pearson(counts.possible, counts.n, level=origin.level)[1]
    return Evidence(
        quantity=quantity,
        contrast=counts.group,
        estimate=counts.sure / counts.n,
        low=float(low),
        high=float(high),
        level=origin.level,
        unit="proportion",
        n=counts.n,
        method="Clopper-Pearson",
        source=origin.source,
        data_kind=origin.data_kind,
        note=_undecided(counts),
    )


def derive_difference(quantity: str, first: Counts, second: Counts, origin: Origin) -> Evidence:
    """Difference of two rates with Newcombe's hybrid interval, widened by the undecided patients."""
    low = newcombe(first.sure, first.n, second.possible, second.n, level=origin.level)[0]
    high = newcombe(first.possible, first.n, second.sure, second.n, level=origin.level)[1]
    notes = [note for note in (_undecided(first), _undecided(second)) if note]
    return Evidence(
        quantity=quantity,
        contrast=f"{first.group} - {second.group}",
        estimate=first.sure / first.n - second.sure / second.n,
        low=float(low),
        high=float(high),
        level=origin.level,
        unit="proportion",
        n=first.n + second.n,
        method="Newcombe hybrid score",
        source=origin.source,
        data_kind=origin.data_kind,
        note=" ".join(notes),
    )


def _undecided(counts: Counts) -> str:
    open_ones = counts.possible - counts.sure
    return f"{open_ones} of {counts.n} undecided in {counts.group} (missing measures)." if open_ones else ""
