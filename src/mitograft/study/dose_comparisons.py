"""Several doses against one control, by Dunnett on donors, as evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mitograft.assays.samples import Assigned
from mitograft.evidence import DataKind, Evidence
from mitograft.statistics.donor_comparison import DonorDunnett, compare_dunnett
from mitograft.study.comparisons import readings_of
from mitograft.study.config import DoseComparison, InvitroPart

__all__ = ["DosesCompared", "compare_doses"]


@dataclass(frozen=True, slots=True, repr=False)
class DosesCompared:
    """One set of doses of study.toml with its result and the readings behind it."""

    asked: DoseComparison
    result: DonorDunnett
    unit: str
    used: tuple[Assigned, ...]
    sources: tuple[str, ...]

    def evidence(self, data_kind: DataKind) -> Iterator[Evidence]:
        """Yield each dose against the control, with its simultaneous interval, in the order asked for."""
        found = {comparison.group: comparison for comparison in self.result.comparisons}
        for condition in self.asked.conditions:
            if condition not in found:
                continue
            one = found[condition]
            donors = {mean.donor for mean in self.result.donor_means if mean.group == condition}
            control = {mean.donor for mean in self.result.donor_means if mean.group == self.asked.control}
            yield Evidence(
                quantity=self.asked.quantity,
                contrast=self.asked.contrast_of(condition),
                estimate=one.estimate,
                low=one.low,
                high=one.high,
                level=self.result.level,
                unit="log ratio" if self.asked.scale == "log ratio" else self.unit or "1",
                n=len(donors & control) if self.result.blocked else len(donors | control),
                method=f"{self.asked.parameter}: Dunnett, {self.result.method}",
                source="; ".join(self.sources),
                data_kind=data_kind,
                note=f"{self.result.multiplicity} {self.result.unit_note}",
            )


def compare_doses(part: InvitroPart, assigned: Sequence[Assigned]) -> tuple[DosesCompared, ...]:
    """Make every dose comparison asked for."""
    return tuple(_compare(asked, assigned) for asked in part.dose_comparisons)


def _compare(asked: DoseComparison, assigned: Sequence[Assigned]) -> DosesCompared:
    wanted = {asked.control, *asked.conditions}
    used = tuple(
        a
        for a in readings_of(asked.parameter, assigned)
        if a.sample.condition in wanted and not a.reading.excluded
    )
    result = compare_dunnett(
        [a.reading.value for a in used],
        [a.sample.donor for a in used],
        [a.sample.condition for a in used],
        control=asked.control,
        scale=asked.scale,
    )
    unit = next((a.reading.unit for a in used), "")
    return DosesCompared(asked, result, unit, used, tuple(sorted({a.reading.source for a in used})))
