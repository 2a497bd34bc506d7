"""Levels of a study to ratios, energy charge, pathway scores, outcomes and findings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mitograft.errors import InputError
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.metabolites.contract import (
    RELATIVE_UNITS,
    Level,
    Ratio,
    load_metabolite_parameters,
    load_metabolites,
    load_ratios,
)
from mitograft.mouse.metabolites.derive import (
    Derived,
    PathwayScore,
    Sample,
    derive_energy,
    derive_pathway,
    derive_pool,
    derive_ratio,
    latest_samples,
)
from mitograft.mouse.metabolites.findings import find_metabolite_problems
from mitograft.mouse.metabolites.read import check_metabolites
from mitograft.mouse.outcomes import Outcome, Scale
from mitograft.tables.contract import RawTable
from mitograft.tables.parameters import Parameter, Parameters, load_rows
from mitograft.tables.read import read_table

__all__ = ["MetaboliteResult", "analyse_metabolites"]


@dataclass(frozen=True, eq=False)
class MetaboliteResult:
    """Everything the report shows of metabolite levels.

    Parameters
    ----------
    levels
        Every level that is not excluded.
    samples
        The last sample of each tissue of each mouse, excluded mice too.
    derived
        Ratio (or ``energy_charge``) to the place of the sample (mouse, or mouse and tissue) to its value.
    pathways
        Scores by tissue and pathway.
    outcomes
        ``metabolite.<name>`` and ``metabolite.<ratio>`` on the logarithm, ``metabolite.energy_charge``,
        ``metabolite.adenylate_pool`` and ``metabolite.pathway.<name>``; with several tissues the tissue
        follows the first point. Excluded mice are left out.
    findings, parameters
        What to know before using them; flagged parameters and rules they rest on.
    """

    levels: tuple[Level, ...]
    samples: tuple[Sample, ...]
    derived: Mapping[str, Mapping[str, Derived]]
    pathways: tuple[PathwayScore, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]


def analyse_metabolites(
    table: Path | RawTable, colony: Colony, *, parameters: Parameters | None = None
) -> MetaboliteResult:
    """Read and analyse metabolites.csv.

    Parameters
    ----------
    table
        The file, or its table.
    colony
        Mice and groups.
    parameters
        Thresholds; those that ship without it.

    Raises
    ------
    InputError
        With everything that is wrong with the table.
    """
    raw = read_table(table) if isinstance(table, Path) else table
    thresholds = parameters or load_metabolite_parameters()
    levels, violations = check_metabolites(raw, colony)
    if violations:
        raise InputError(raw.source, violations)
    samples = latest_samples(levels)
    study = _Study(samples, colony, raw.source)
    used = [r for r in load_ratios() if any(not derive_ratio(s, r).reason for s in samples)]
    derived = {ratio.id: study.each(partial(derive_ratio, ratio=ratio)) for ratio in load_ratios()}
    derived["energy_charge"] = study.each(derive_energy)
    pathways = tuple(study.pathways(int(thresholds["healthy_least"].number)))
    return MetaboliteResult(
        levels=levels,
        samples=samples,
        derived=derived,
        pathways=pathways,
        outcomes=tuple(study.outcomes(pathways)),
        findings=find_metabolite_problems(levels, samples, derived, pathways, colony, thresholds, raw.source),
        parameters=(*thresholds.flagged(), *_rules(used)),
    )


def _rules(ratios: Sequence[Ratio]) -> Iterator[Parameter]:
    """Yield the ratios that were used, as flagged rules."""
    rows = {row["id"]: row for row in load_rows("mitograft.mouse.metabolites", "ratios.csv")}
    for ratio in ratios:
        row = rows[ratio.id]
        value = f"({row['numerator']}) / ({row['denominator']})"
        yield Parameter(f"ratio_{ratio.id}", value, "1", "rule", row["status"], row["citation"], ratio.label)


class _Study:
    """Samples with the mice they come from."""

    def __init__(self, samples: Sequence[Sample], colony: Colony, source: str) -> None:
        self.samples, self.colony, self.source = samples, colony, source
        self.tissues = list(dict.fromkeys(sample.tissue for sample in samples))

    def place(self, sample: Sample) -> str:
        """Name a sample: the mouse, with several tissues the tissue too."""
        return sample.animal if len(self.tissues) == 1 else f"{sample.animal}, {sample.tissue}"

    def each(self, derive: Callable[[Sample], Derived]) -> dict[str, Derived]:
        """Return the value of each sample of a mouse that belongs to the analysis, by its place."""
        kept = {mouse.id for mouse in self.colony.included()}
        return {self.place(s): derive(s) for s in self.samples if s.animal in kept}

    def of(self, tissue: str) -> list[Sample]:
        """Return the samples of a tissue of the mice that belong to the analysis."""
        kept = {mouse.id for mouse in self.colony.included()}
        return [s for s in self.samples if s.tissue == tissue and s.animal in kept]

    def pathways(self, least: int) -> Iterator[PathwayScore]:
        """Yield the scores of every pathway of which two metabolites were measured."""
        healthy = {m.id for m in self.colony.included() if self.colony.groups[m.group].role == "healthy"}
        members: dict[str, list[str]] = {}
        for metabolite in load_metabolites().values():
            if metabolite.pathway:
                members.setdefault(metabolite.pathway, []).append(metabolite.id)
        for tissue in self.tissues:
            samples = self.of(tissue)
            for pathway, names in members.items():
                if len({name for name in names for s in samples if name in s.levels}) > 1:
                    yield derive_pathway(samples, pathway, names, healthy, least)

    def outcomes(self, pathways: Sequence[PathwayScore]) -> Iterator[Outcome]:
        """Yield the outcomes of every tissue."""
        for tissue in self.tissues:
            samples = self.of(tissue)
            yield from self._levels(tissue, samples)
            for ratio in load_ratios():
                values = {s.animal: derive_ratio(s, ratio) for s in samples}
                kinds = {s.levels[n].unit for s in samples for n in ratio.numerator if n in s.levels}
                note = "Ratio of peak areas, not of amounts." if kinds & set(RELATIVE_UNITS) else ""
                yield from self._outcome((tissue, ratio.id, ratio.label, "1"), "log", values, note)
            charges = {s.animal: derive_energy(s) for s in samples}
            what = tissue, "energy_charge", "Adenylate energy charge", "1"
            yield from self._outcome(what, "interval", charges, "From 0 (all AMP) to 1 (all ATP).")
            pools = {s.animal: derive_pool(s) for s in samples}
            unit = next((s.levels["atp"].unit for s in samples if "atp" in s.levels), "1")
            yield from self._outcome((tissue, "adenylate_pool", "ATP + ADP + AMP", unit), "log", pools)
            for score in (p for p in pathways if p.tissue == tissue):
                values = {animal: Derived(value) for animal, value in score.scores.items()}
                words = f"{score.pathway.replace('_', ' ')}, pathway score".capitalize()
                note = f"Mean z of {', '.join(score.used)}, on the healthy mice, whose spread is estimated."
                what = tissue, f"pathway.{score.pathway}", words, "SD"
                yield from self._outcome(what, "interval", values, note)

    def _levels(self, tissue: str, samples: Sequence[Sample]) -> Iterator[Outcome]:
        known = load_metabolites()
        for name in dict.fromkeys(n for s in samples for n in s.levels):
            found = {s.animal: s.levels[name] for s in samples if name in s.levels}
            values = {
                animal: Derived(below=level.limit) if level.below else Derived(level.value)
                for animal, level in found.items()
            }
            unit = next(iter(found.values())).unit
            label = known[name].label if name in known else name.replace("_", " ")
            yield from self._outcome((tissue, name, label, unit), "log", values)

    def _outcome(
        self, what: tuple[str, str, str, str], scale: Scale, values: Mapping[str, Derived], note: str = ""
    ) -> Iterator[Outcome]:
        """Yield the outcome, unless no mouse has a value; ``what`` is tissue, name, label, unit."""
        tissue, name, label, unit = what
        several = len(self.tissues) > 1
        part = f"{tissue.casefold().replace(' ', '_') or 'other'}." if several else ""
        known = {animal: v.value for animal, v in values.items() if not v.reason and not v.below}
        below = {animal: v.below for animal, v in values.items() if v.below}
        if known or below:
            yield Outcome(
                name=f"metabolite.{part}{name}",
                label=f"{label} ({tissue})" if tissue else label,
                unit=unit,
                scale=scale,
                values=known,
                source=self.source,
                below=below,
                note=note,
            )
