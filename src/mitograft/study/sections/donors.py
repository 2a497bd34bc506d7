"""Donors and replicates of conditions as a superplot takes them, and in words."""

import math
from collections.abc import Iterable, Sequence

from mitograft.assays.samples import Assigned
from mitograft.report.figures.superplot import SuperplotDonor, SuperplotGroup
from mitograft.statistics.donors import DonorMean

__all__ = ["describe_groups", "measure_title", "measure_words", "superplot_groups"]

_ABBREVIATIONS = frozenset({"atp", "ocr", "ecar", "per", "tmrm"})


def superplot_groups(
    order: Sequence[str], used: Iterable[Assigned], means: Iterable[DonorMean]
) -> list[SuperplotGroup]:
    """Return the conditions from left to right with their donors and the replicates of each."""
    places = dict.fromkeys((a.reading, a.sample.condition, a.sample.donor) for a in used)
    values: dict[tuple[str, str], list[float]] = {}
    for reading, condition, donor in places:
        if not math.isnan(reading.value):
            values.setdefault((condition, donor), []).append(reading.value)
    known = {(mean.group, mean.donor): mean.mean for mean in means}
    return [
        SuperplotGroup(
            name,
            tuple(
                SuperplotDonor(donor, known[name, donor], tuple(values[name, donor]))
                for condition, donor in sorted(values)
                if condition == name and (name, donor) in known
            ),
        )
        for name in order
    ]


def describe_groups(groups: Iterable[SuperplotGroup]) -> str:
    """Say for each condition how many donors it has and between which means."""
    return "; ".join(
        f"{group.name}: {len(group.donors)} donors, means {min(d.mean for d in group.donors):.3g} to "
        f"{max(d.mean for d in group.donors):.3g}"
        for group in groups
        if group.donors
    )


def measure_words(parameter: str, unit: str = "") -> str:
    """Return ``assay.parameter`` in words, with its unit.

    >>> measure_words("plate.atp_content", "%")
    'ATP content (%)'
    """
    names = parameter.partition(".")[2].split("_")
    words = " ".join(word.upper() if word in _ABBREVIATIONS else word for word in names)
    return f"{words} ({unit})" if unit else words


def measure_title(parameter: str) -> str:
    """Return ``assay.parameter`` in words, as a title begins."""
    words = measure_words(parameter)
    return words[0].upper() + words[1:]
