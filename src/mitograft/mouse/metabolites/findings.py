"""What a reader of metabolite levels should know before using them."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from mitograft.evidence.finding import Finding, Severity
from mitograft.mouse.animals import Colony
from mitograft.mouse.metabolites.contract import Level, load_metabolites
from mitograft.mouse.metabolites.derive import Derived, PathwayScore, Sample
from mitograft.tables.parameters import Parameters

__all__ = ["find_metabolite_problems"]

Part = tuple[str, Severity, str, str, str]
_SHOWN = 6


def find_metabolite_problems(
    levels: Sequence[Level],
    samples: Sequence[Sample],
    derived: Mapping[str, Mapping[str, Derived]],
    pathways: Sequence[PathwayScore],
    colony: Colony,
    thresholds: Parameters,
    source: str,
) -> tuple[Finding, ...]:
    """Return the findings; ``derived`` holds each ratio and the energy charge by the place of the sample."""
    parts = [
        *_energy(derived.get("energy_charge", {}), thresholds["energy_charge_least"].number),
        *_not_derived(derived),
        *_pathways(pathways),
        *_names(levels),
        *_batches(levels, colony),
        *_mice(samples, colony),
        *_days(levels, samples, colony, thresholds["days_apart"].number),
    ]
    return tuple(Finding(rule, severity, source, *rest) for rule, severity, *rest in parts)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _energy(charges: Mapping[str, Derived], least: float) -> Iterator[Part]:
    for place, charge in charges.items():
        if charge.value < least:
            found = f"energy charge {charge.value:.2f}, below {least:g}: hardly that of living tissue"
            remedy = (
                "Ask how fast the tissue was frozen: ATP breaks down within seconds. Exclude the sample if "
                "it was slow; the value is used as it stands."
            )
            yield "low-energy-charge", "warning", place, found, remedy


def _not_derived(derived: Mapping[str, Mapping[str, Derived]]) -> Iterator[Part]:
    remedies = {
        "not measured": "Measure both in every sample, or compare the levels themselves.",
        "units that do not convert into each other": "Give both in one kind of unit.",
        "no amounts of substance": "Give ATP, ADP and AMP as amounts (nmol/g), not as peak areas.",
    }
    for name, of_sample in derived.items():
        reasons: dict[str, list[str]] = {}
        for place, value in of_sample.items():
            if value.reason:
                reasons.setdefault(value.reason, []).append(place)
        for reason, places in reasons.items():
            if reason == "not measured" and len(places) == len(of_sample):
                continue  # this file is not about it
            found = (
                f"{name} of {len(places)} of {len(of_sample)} samples left out ({reason}): {_listed(places)}"
            )
            remedy = remedies.get(
                reason, "Mice left out are not missing at random: say so beside the result."
            )
            yield "not-derived", "warning", "", found, remedy


def _pathways(pathways: Sequence[PathwayScore]) -> Iterator[Part]:
    for score in pathways:
        if score.reason:
            remedy = "The metabolites are compared one by one."
            yield "no-pathway-score", "note", score.pathway, score.reason, remedy
        elif score.left_out:
            found = f"without {_listed(score.left_out)}: below the limit or missing in a mouse, or constant"
            remedy = "The score is that of the other metabolites."
            yield "pathway-without", "note", score.pathway, found, remedy


def _names(levels: Sequence[Level]) -> Iterator[Part]:
    unknown = [n for n in dict.fromkeys(x.metabolite for x in levels) if n not in load_metabolites()]
    if unknown:
        found = f"names that are not in the table of metabolites: {_listed(unknown)}"
        yield "unknown-metabolite", "note", "", found, "They are compared, but enter no ratio or pathway."


def _batches(levels: Sequence[Level], colony: Colony) -> Iterator[Part]:
    groups: dict[str, set[str]] = {}
    for level in levels:
        if level.batch and not colony.animals[level.animal].excluded:
            groups.setdefault(level.batch, set()).add(colony.animals[level.animal].group)
    every = set().union(*groups.values()) if groups else set()
    if len(groups) < 2:  # one batch cannot differ from another
        return
    uneven = [batch for batch, seen in groups.items() if seen != every]
    if uneven:
        found = f"{len(uneven)} of {len(groups)} batches hold mice of some groups only: {_listed(uneven)}"
        yield (
            "batch-by-group", "warning", "", found,
            "Batch and group cannot be told apart there: measure all groups in each batch.",
        )  # fmt: skip
    else:
        found = f"{len(groups)} batches, each with mice of all groups"
        yield "batches", "note", "", found, "Levels are not adjusted for the batch; it widens the intervals."


def _mice(samples: Sequence[Sample], colony: Colony) -> Iterator[Part]:
    for tissue in dict.fromkeys(sample.tissue for sample in samples):
        there = {sample.animal for sample in samples if sample.tissue == tissue}
        for group in colony.groups:
            mice = colony.included(group)
            missing = [mouse.id for mouse in mice if mouse.id not in there]
            if missing:
                what = f" of {tissue}" if tissue else ""
                found = f"{len(missing)} of {len(mice)} mice have no sample{what}: {_listed(missing)}"
                remedy = "Add the levels, or exclude the mice with a reason."
                yield "mouse-without-sample", "warning", group, found, remedy


def _days(levels: Sequence[Level], samples: Sequence[Sample], colony: Colony, apart: float) -> Iterator[Part]:
    last = {(sample.animal, sample.tissue): sample.day for sample in samples}
    early = {x.animal for x in levels if x.day < last[x.animal, x.tissue]}
    if early:
        found = f"several samples of one tissue in {len(early)} mice: {_listed(sorted(early))}"
        yield "earlier-samples", "note", "", found, "The last one is used."
    for tissue in dict.fromkeys(sample.tissue for sample in samples):
        days: dict[str, list[int]] = {}
        for sample in samples:
            mouse = colony.animals[sample.animal]
            immunised = colony.groups[mouse.group].role != "healthy"
            if sample.tissue == tissue and immunised and not mouse.excluded:
                days.setdefault(mouse.group, []).append(sample.day)
        middle = {group: median(found_days) for group, found_days in days.items()}
        if middle and max(middle.values()) - min(middle.values()) > apart:
            found = "; ".join(f"{group}: day {day:g}" for group, day in middle.items())
            remedy = "CIM remits by itself: compare groups on one day only."
            yield "days-apart", "warning", tissue, f"samples taken on different days ({found})", remedy
