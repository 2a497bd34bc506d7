"""Comparisons of study.toml: readings of two conditions, compared donor by donor, as evidence."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mitograft.assays.samples import Assigned
from mitograft.errors import UsageError
from mitograft.evidence import DataKind, Evidence
from mitograft.statistics.donor_comparison import DonorComparison, compare_donors
from mitograft.statistics.donor_mixed import compare_mixed
from mitograft.statistics.donors import average_donors
from mitograft.statistics.equivalence import RemainingDefect, remaining_defect
from mitograft.statistics.multiplicity import bonferroni_level, holm
from mitograft.study.config import Comparison, InvitroPart
from mitograft.study.mistakes import Mistakes, one_of

__all__ = ["REPLICATES", "Compared", "check_comparisons", "compare_all", "readings_of"]

REPLICATES = {"seahorse": "well", "plate": "well", "myotube": "field", "uptake": "sample"}
_ADJUSTED = "Interval adjusted (Bonferroni) for the {count} comparisons of its family{name}."


@dataclass(frozen=True, slots=True, repr=False)
class Compared:
    """One comparison of study.toml with its result and the readings behind it.

    Parameters
    ----------
    asked
        The comparison as study.toml has it.
    result
        The primary analysis.
    unit, used, sources
        Unit of the readings, the readings and their files.
    left, left_refused
        The share of the defect that is left, or why there is none.
    beside
        Donor means, where a mixed model is the primary analysis; None otherwise.
    why
        Which analysis is the primary one and why, where the comparison asks for a mixed model.
    p_holm, family_size
        p value adjusted by Holm within the family, and the number of comparisons in it.
    adjusted
        Whether the interval is adjusted for the family too.
    """

    asked: Comparison
    result: DonorComparison
    unit: str
    used: tuple[Assigned, ...]
    sources: tuple[str, ...]
    left: RemainingDefect | None = None
    left_refused: str = ""
    beside: DonorComparison | None = None
    why: str = ""
    p_holm: float = math.nan
    family_size: int = 0
    adjusted: bool = False

    @property
    def n(self) -> int:
        """Donors that enter the primary analysis."""
        result = self.result
        if result.method.startswith("mixed"):  # donors in both groups count once
            return len({mean.donor for mean in result.donor_means})
        return result.n_first + (0 if result.paired else result.n_second)

    def evidence(self, data_kind: DataKind) -> Evidence | None:
        """Return the primary analysis as evidence; None where it was refused."""
        result = self.result
        if result.refused:
            return None
        return Evidence(
            quantity=self.asked.quantity,
            contrast=self.asked.contrast,
            estimate=result.estimate,
            low=result.low,
            high=result.high,
            level=result.level,
            unit="log ratio" if self.asked.scale == "log ratio" else self.unit or "1",
            n=self.n,
            method=f"{self.asked.parameter}: {result.method}",
            source="; ".join(self.sources),
            data_kind=data_kind,
            note=" ".join(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        """Say what decides a claim: a row whose note begins with 'Primary' goes before others."""
        if self.asked.family == "primary":
            yield "Primary comparison."
        if self.asked.family == "secondary":
            yield "Secondary comparison."
        if self.why:
            yield self.why
        if self.adjusted:
            yield _ADJUSTED.format(count=self.family_size, name=_family_words(self.asked))
        yield self.result.unit_note


def _family_words(asked: Comparison) -> str:
    return f" ({asked.family})" if asked.family else ""


def check_comparisons(part: InvitroPart, assigned: Sequence[Assigned], mistakes: Mistakes) -> None:
    """Note every comparison of a parameter or condition that does not occur among the readings."""
    for number, asked in enumerate(part.comparisons):
        roles = {"first": asked.first, "second": asked.second, "healthy": asked.healthy}
        named = {role: name for role, name in roles.items() if name is not None}
        _check(("invitro", "comparisons", number), asked.parameter, named, assigned, mistakes)
    for number, doses in enumerate(part.dose_comparisons):
        keys = ("invitro", "dose_comparisons", number)
        _check(keys, doses.parameter, {"control": doses.control}, assigned, mistakes)
        for condition in doses.conditions:
            _check(keys, doses.parameter, {"conditions": condition}, assigned, mistakes)


def _check(
    keys: tuple[str | int, ...],
    parameter: str,
    named: dict[str, str],
    assigned: Sequence[Assigned],
    mistakes: Mistakes,
) -> None:
    found = readings_of(parameter, assigned)
    if not found:
        known = sorted({f"{a.reading.assay}.{a.reading.parameter}" for a in assigned})
        mistakes.add(
            "no-parameter", (*keys, "parameter"), f"a comparison of {parameter!r}", one_of(known, parameter),
            "Correct the parameter.",
        )  # fmt: skip
        return
    conditions = sorted({a.sample.condition for a in found})
    for role, name in named.items():
        if name not in conditions:
            mistakes.add(
                "no-condition", (*keys, role), f"a comparison of {parameter} with condition {name!r}",
                f"{one_of(conditions, name)}, the conditions of samples.csv with such readings",
                "Correct the condition here or in samples.csv.",
            )  # fmt: skip


def readings_of(parameter: str, assigned: Sequence[Assigned]) -> list[Assigned]:
    """Return the readings of ``assay.parameter``."""
    assay, _, name = parameter.partition(".")
    return [a for a in assigned if a.reading.assay == assay and a.reading.parameter == name]


def compare_all(part: InvitroPart, assigned: Sequence[Assigned]) -> tuple[Compared, ...]:
    """Make every comparison asked for, and adjust each family as ``multiplicity`` says."""
    made = [_compare(comparison, assigned) for comparison in part.comparisons]
    for family in dict.fromkeys(compared.asked.family for compared in made):
        members = [i for i, one in enumerate(made) if one.asked.family == family and not one.result.refused]
        adjusted = holm([made[i].result.p for i in members])
        for i, p in zip(members, adjusted, strict=True):
            made[i] = _adjusted(made[i], p, len(members), part.multiplicity)
    return tuple(made)


def _adjusted(compared: Compared, p: float, count: int, rule: Literal["none", "holm"]) -> Compared:
    moved = replace(compared, p_holm=p, family_size=count)
    if rule == "none" or count == 1:
        return moved
    level = bonferroni_level(count, compared.result.level)
    beside = None if moved.beside is None else moved.beside.at_level(level)
    return replace(moved, result=moved.result.at_level(level), beside=beside, adjusted=True)


def _compare(asked: Comparison, assigned: Sequence[Assigned]) -> Compared:
    of_parameter = readings_of(asked.parameter, assigned)
    both = (asked.first, asked.second)
    used = tuple(a for a in of_parameter if a.sample.condition in both and not a.reading.excluded)
    means = _made(asked, used, mixed=False)
    left, why = _left(asked, of_parameter)
    plain = Compared(
        asked=asked,
        result=means,
        unit=next((a.reading.unit for a in used), ""),
        used=used,
        sources=tuple(sorted({a.reading.source for a in used})),
        left=left,
        left_refused=why,
    )
    if asked.analysis == "donor_means" or means.refused:
        return plain
    model = _made(asked, used, mixed=True)
    if model.refused:
        words = f"Donor means are the primary analysis, although a mixed model was asked for: {model.refused}"
        return replace(plain, why=words)
    words = (
        "The mixed model is the primary analysis, as study.toml asks; donor means beside it give "
        f"{means.estimate:.3g} ({100 * means.level:g} % interval {means.low:.3g} to {means.high:.3g})."
    )
    return replace(plain, result=model, beside=means, why=words)


def _made(asked: Comparison, used: Sequence[Assigned], *, mixed: bool) -> DonorComparison:
    return (compare_mixed if mixed else compare_donors)(
        [a.reading.value for a in used],
        [a.sample.donor for a in used],
        [a.sample.condition for a in used],
        first=asked.first,
        second=asked.second,
        scale=asked.scale,
        replicate_unit=REPLICATES[asked.parameter.partition(".")[0]],
    )


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
