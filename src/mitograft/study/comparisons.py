"""Comparisons of study.toml: readings of two conditions, compared donor by donor, as evidence."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mitograft.assays.samples import Assigned
from mitograft.errors import UsageError
from mitograft.evidence import DataKind, Evidence
from mitograft.statistics.donor_comparison import DonorComparison, compare_donors
from mitograft.statistics.donors import average_donors
from mitograft.statistics.equivalence import RemainingDefect, remaining_defect
from mitograft.study.config import Comparison

__all__ = ["Compared", "compare_all"]

_REPLICATES = {"seahorse": "well", "plate": "well", "myotube": "field", "uptake": "sample"}


@dataclass(frozen=True, slots=True, repr=False)
class Compared:
    """One comparison of study.toml with its result and the readings behind it."""

    asked: Comparison
    result: DonorComparison
    unit: str
    used: tuple[Assigned, ...]
    sources: tuple[str, ...]
    left: RemainingDefect | None = None
    left_refused: str = ""

    def evidence(self, data_kind: DataKind) -> Evidence | None:
        """Return the comparison as evidence; None where it was refused."""
        if self.result.refused:
            return None
        result = self.result
        return Evidence(
            quantity=self.asked.quantity,
            contrast=self.asked.contrast,
            estimate=result.estimate,
            low=result.low,
            high=result.high,
            level=result.level,
            unit="log ratio" if self.asked.scale == "log ratio" else self.unit or "1",
            n=result.n_first + (0 if result.paired else result.n_second),
            method=f"{self.asked.parameter}: {result.method}",
            source="; ".join(self.sources),
            data_kind=data_kind,
            note=result.unit_note,
        )


def compare_all(comparisons: Iterable[Comparison], assigned: Sequence[Assigned]) -> tuple[Compared, ...]:
    """Make every comparison asked for.

    Raises
    ------
    UsageError
        If a parameter or a condition does not occur among the readings.
    """
    return tuple(_compare(comparison, assigned) for comparison in comparisons)


def _compare(asked: Comparison, assigned: Sequence[Assigned]) -> Compared:
    assay, _, parameter = asked.parameter.partition(".")
    of_parameter = [a for a in assigned if a.reading.assay == assay and a.reading.parameter == parameter]
    if not of_parameter:
        known = sorted({f"{a.reading.assay}.{a.reading.parameter}" for a in assigned})
        raise UsageError(
            f"study.toml: found a comparison of {asked.parameter!r}; expected one of "
            f"{', '.join(known) or 'none'}."
        )
    conditions = sorted({a.sample.condition for a in of_parameter})
    named = [name for name in (asked.first, asked.second, asked.healthy) if name is not None]
    absent = [name for name in named if name not in conditions]
    if absent:
        raise UsageError(
            f"study.toml: found a comparison of {asked.parameter} with condition {absent[0]!r}; "
            f"expected one of samples.csv with such readings: {', '.join(conditions)}."
        )
    used = tuple(
        a
        for a in of_parameter
        if a.sample.condition in (asked.first, asked.second) and not a.reading.excluded
    )
    result = compare_donors(
        [a.reading.value for a in used],
        [a.sample.donor for a in used],
        [a.sample.condition for a in used],
        first=asked.first,
        second=asked.second,
        scale=asked.scale,
        replicate_unit=_REPLICATES[assay],
    )
    unit = next((a.reading.unit for a in used), "")
    left, why = _left(asked, of_parameter)
    return Compared(asked, result, unit, used, tuple(sorted({a.reading.source for a in used})), left, why)


def _left(asked: Comparison, readings: Sequence[Assigned]) -> tuple[RemainingDefect | None, str]:
    """Estimate the share of the defect that is left, donor by donor; the sentence says why there is none."""
    if asked.healthy is None:
        return None, ""
    known = [a for a in readings if not a.reading.excluded and not math.isnan(a.reading.value)]
    means: dict[str, dict[str, float]] = {}
    for mean in average_donors(
        [a.reading.value for a in known],
        [a.sample.donor for a in known],
        [a.sample.condition for a in known],
    ):
        means.setdefault(mean.group, {})[mean.donor] = mean.mean
    treated, untreated = means.get(asked.first, {}), means.get(asked.second, {})
    both = sorted(set(treated) & set(untreated))
    healthy = list(means.get(asked.healthy, {}).values())
    try:
        found = remaining_defect([treated[d] for d in both], [untreated[d] for d in both], healthy)
    except UsageError as error:
        return None, str(error)
    return found, ""
