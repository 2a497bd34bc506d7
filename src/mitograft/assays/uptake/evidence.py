"""Estimates of uptake as evidence: the rows that have an interval, with donor and condition."""

import math
from collections.abc import Iterable, Iterator

from mitograft.assays.samples import Assigned, Sample
from mitograft.assays.uptake.estimates import Estimate
from mitograft.evidence import DataKind, Evidence

__all__ = ["uptake_evidence"]


def uptake_evidence(
    estimates: Iterable[Estimate], assigned: Iterable[Assigned], data_kind: DataKind
) -> Iterator[Evidence]:
    """Yield the estimates that have an interval of their own, each for one well or sample.

    Parameters
    ----------
    estimates
        What the uptake assay derived; excluded ones and those without an interval are left out (compare
        donors by ``[[invitro.comparisons]]`` instead).
    assigned
        Readings with their rows of ``samples.csv``; without a row the group of the file stands.
    data_kind
        Kind of the data.
    """
    samples = {
        (a.reading.source, a.reading.plate, a.reading.position, a.reading.group): a.sample for a in assigned
    }
    for estimate in estimates:
        known = math.isfinite(estimate.value) and math.isfinite(estimate.low) and not estimate.excluded
        if known and estimate.low <= estimate.value <= estimate.high:
            place = estimate.place
            key = place.source, place.plate, place.position, place.group
            yield _row(estimate, samples.get(key), data_kind)


def _row(estimate: Estimate, sample: Sample | None, data_kind: DataKind) -> Evidence:
    place = estimate.place
    who = place.group if sample is None else f"{sample.condition}, donor {sample.donor}"
    where = " ".join(part for part in (place.plate, place.position) if part)
    return Evidence(
        quantity=estimate.parameter.replace("_", " "),
        contrast=f"{who} ({where})" if who else where,
        estimate=estimate.value,
        low=estimate.low,
        high=estimate.high,
        level=estimate.level,
        unit=estimate.unit,
        n=1,
        method=estimate.method,
        source=place.source,
        data_kind=data_kind,
        note="One well or sample of one donor: the interval does not speak of donors.",
    )
