"""The ARRIVE 2.0 Essential 10, as far as files and study.toml can speak to them.

Each item is *shown* (the files bear it out), *contradicted* (they say the opposite) or *open* (they do not
say). Software cannot judge whether an item is well reported; it can find out what is missing and what
cannot be true.

Source: Percie du Sert N et al., PLoS Biol 2020;18:e3000410 (the items; the wording here is ours).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from mitograft.mouse.animals import Animal, Colony

__all__ = ["ArriveItem", "Design", "Standing", "Told", "check_arrive"]

Standing = Literal["shown", "contradicted", "open"]
Answer = Literal["yes", "no", "unknown"]
_STAGES = ("allocation", "conduct", "assessment", "analysis")
_UNITS = ("mouse", "animal")
_FEW_GROUPS = 2


@dataclass(frozen=True, slots=True)
class Design:
    """What the investigator says about the design (``[mouse.design]`` of study.toml); empty where unsaid.

    Parameters
    ----------
    experimental_unit
        What was allocated and counts as one: ``mouse``.
    primary_outcome
        Name of the outcome that decides, for example ``histology.severity``.
    sample_size
        How the number of mice was chosen.
    criteria
        Inclusion and exclusion criteria, set beforehand.
    randomisation
        Method and, where a list was drawn, its seed.
    blinding
        ``yes``, ``no`` or ``unknown`` for allocation, conduct, assessment and analysis.
    reported_n
        Mice of each group as a text or table of the study states them.
    """

    experimental_unit: str = ""
    primary_outcome: str = ""
    sample_size: str = ""
    criteria: str = ""
    randomisation: str = ""
    blinding: Mapping[str, Answer] = field(default_factory=dict)
    reported_n: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What the analysis did: outcomes and the mice behind each, comparisons with interval, baseline weights.

    Parameters
    ----------
    outcomes
        Name of each outcome to the mice that have a value.
    compared
        Names of the outcomes that were compared with an interval.
    weighed
        Mice with a body weight at or before day zero.
    """

    outcomes: Mapping[str, frozenset[str]]
    compared: frozenset[str]
    weighed: frozenset[str]


@dataclass(frozen=True, slots=True)
class ArriveItem:
    """One item with what the files say to it."""

    number: int
    title: str
    standing: Standing
    found: str
    remedy: str = ""


Part = tuple[Standing, str, str]


def check_arrive(colony: Colony, design: Design, told: Told) -> tuple[ArriveItem, ...]:
    """Go through the ten items.

    Parameters
    ----------
    colony
        Groups and mice.
    design
        What the investigator says.
    told
        What the analysis did.

    Returns
    -------
    items
        One for each of the ten, in order; the gravest of its parts gives the standing.
    """
    checks = (
        ("Study design", _design(colony, design)),
        ("Sample size", _sample_size(colony, design)),
        ("Inclusion and exclusion criteria", _exclusions(colony, design, told)),
        ("Randomisation", _randomisation(colony, design)),
        ("Blinding", _blinding(design)),
        ("Outcome measures", _outcomes(design, told)),
        ("Statistical methods", _statistics(told)),
        ("Experimental animals", _animals(colony, told)),
        ("Experimental procedures", _procedures(colony)),
        ("Results", _results(design, told)),
    )
    return tuple(_item(number, title, list(parts)) for number, (title, parts) in enumerate(checks, start=1))


def _item(number: int, title: str, parts: Sequence[Part]) -> ArriveItem:
    standings = [standing for standing, _, _ in parts]
    worst: Standing = next((s for s in ("contradicted", "open") if s in standings), "shown")
    found = "; ".join(text for _, text, _ in parts)
    remedies = " ".join(dict.fromkeys(remedy for _, _, remedy in parts if remedy))
    return ArriveItem(number, title, worst, found, remedies)


def _said(text: str, what: str, key: str) -> Part:
    if text:
        return "shown", f"{what}: {text}", ""
    return "open", f"{what} not given", f"Say it in study.toml, [mouse.design] {key}."


def _design(colony: Colony, design: Design) -> Iterator[Part]:
    roles = Counter(group.role for group in colony.groups.values())
    words = ", ".join(f"{count} {role}" for role, count in roles.items())
    if len(colony.groups) < _FEW_GROUPS or not roles["control"]:
        yield "contradicted", f"groups: {words}", "A comparison needs a control group; add it to groups.csv."
    else:
        yield "shown", f"groups: {words}", ""
    unit = design.experimental_unit.lower()
    if unit and unit not in _UNITS:
        yield (
            "contradicted",
            f"experimental unit {unit}, but mice were allocated",
            "The unit is the mouse: sections, cells and fields are put together within it.",
        )
    else:
        yield _said(unit, "experimental unit", "experimental_unit")


def _sample_size(colony: Colony, design: Design) -> Iterator[Part]:
    counts = {name: len([a for a in colony if a.group == name]) for name in colony.groups}
    words = ", ".join(f"{name} {n}" for name, n in counts.items())
    yield "shown", f"mice: {words}; total {sum(counts.values())}", ""
    for name, stated in design.reported_n.items():
        if stated != counts.get(name, 0):
            yield (
                "contradicted",
                f"{stated} mice stated for {name}, {counts.get(name, 0)} in the file",
                "Find the missing mice, or correct the stated number.",
            )
    yield _said(design.sample_size, "how the number was chosen", "sample_size")


def _exclusions(colony: Colony, design: Design, told: Told) -> Iterator[Part]:
    excluded = Counter(animal.excluded for animal in colony if animal.excluded)
    words = "; ".join(f"{count} for {reason}" for reason, count in excluded.items())
    yield "shown", f"excluded: {words or 'none'}", ""
    early = [a for a in colony if a.end_reason in ("humane end point", "found dead")]
    if early:
        yield "shown", f"{len(early)} mice left early ({_endings(early)})", ""
    included = {animal.id for animal in colony.included()}
    silent = included - {animal.id for animal in early}
    primary = told.outcomes.get(design.primary_outcome)
    if primary is not None and silent - primary:
        yield (
            "contradicted",
            f"{len(silent - primary)} mice without the primary outcome and without a reason",
            "Give the reason in animals.csv, column excluded, or the missing values.",
        )
    yield _said(design.criteria, "criteria", "criteria")


def _endings(animals: Sequence[Animal]) -> str:
    counts = Counter(animal.end_reason for animal in animals)
    return ", ".join(f"{reason} {count}" for reason, count in counts.items())


def _randomisation(colony: Colony, design: Design) -> Iterator[Part]:
    yield _said(design.randomisation, "method", "randomisation")
    mice = list(colony)
    # Healthy mice are not randomised to a treatment; they are judged only where treatments are compared.
    compared = [a for a in mice if colony.groups[a.group].role != "healthy"]
    groups = {a.group for a in compared}
    cages = {a.cage for a in compared if a.cage}
    if cages and len(groups) > 1:
        mixed = [cage for cage in cages if len({a.group for a in compared if a.cage == cage}) > 1]
        if mixed:
            yield "shown", f"{len(mixed)} of {len(cages)} cages hold more than one group", ""
        else:
            yield (
                "contradicted",
                "each cage holds one group only: effects of the cage cannot be told from the treatment",
                "Say so beside every result; next time mix groups within cages.",
            )
    else:
        yield "open", "cages not given", "Add the column cage to animals.csv."
    if len(groups) > 1 and all(a.order is not None for a in compared) and _in_runs(compared):
        yield (
            "contradicted",
            "the randomisation order runs through one group after the other",
            "A drawn list mixes groups: check randomisation_order in animals.csv.",
        )
    for trait in ("sex", "strain"):
        if len(groups) > 1 and _separates(compared, trait):
            yield (
                "contradicted",
                f"{trait} differs between the groups and never within",
                "Compare like with like.",
            )


def _in_runs(mice: Sequence[Animal]) -> bool:
    ordered = [a.group for a in sorted(mice, key=lambda a: a.order or 0)]
    runs = 1 + sum(a != b for a, b in pairwise(ordered))
    return runs == len(set(ordered)) and len(ordered) > 2 * len(set(ordered))


def _separates(mice: Sequence[Animal], trait: str) -> bool:
    by_group: dict[str, set[str]] = {}
    for animal in mice:
        by_group.setdefault(animal.group, set()).add(str(getattr(animal, trait)))
    values = list(by_group.values())
    return all(len(v) == 1 for v in values) and len(set().union(*values)) > 1


def _blinding(design: Design) -> Iterator[Part]:
    for stage in _STAGES:
        answer = design.blinding.get(stage, "unknown")
        if answer == "unknown":
            yield "open", f"{stage}: not said", "Say yes or no in study.toml, [mouse.design.blinding]."
        elif answer == "no":
            yield "contradicted", f"{stage}: not blinded", "Name it as a limit beside the results."
        else:
            yield "shown", f"{stage}: blinded", ""


def _outcomes(design: Design, told: Told) -> Iterator[Part]:
    yield _said(design.primary_outcome, "primary outcome", "primary_outcome")
    if design.primary_outcome and design.primary_outcome not in told.outcomes:
        yield (
            "contradicted",
            "the primary outcome was not measured",
            f"Correct its name: measured were {', '.join(sorted(told.outcomes)[:8]) or 'none'}.",
        )


def _statistics(told: Told) -> Iterator[Part]:
    if told.compared:
        yield "shown", "every method is named beside its result; tests are exact or say what they assume", ""
    else:
        yield "open", "no comparison was asked for", "Add [[mouse.comparisons]] to study.toml."


def _animals(colony: Colony, told: Told) -> Iterator[Part]:
    mice = list(colony)
    strains = ", ".join(sorted({a.strain for a in mice}))
    sexes = ", ".join(f"{n} {sex}" for sex, n in sorted(Counter(a.sex for a in mice).items()))
    ages = sorted((a.day_zero - a.birth_date).days / 7 for a in mice)
    span = f"{ages[0]:.1f} to {ages[-1]:.1f} weeks old on day zero" if ages else "no mice"
    yield "shown", f"mouse, {strains}, {sexes}, {span}", ""
    without = [a for a in mice if a.id not in told.weighed]
    if without:
        yield (
            "open",
            f"no weight at or before day zero for {len(without)} of {len(mice)} mice",
            "Add it to weights.csv.",
        )
    else:
        yield "shown", "each mouse weighed at or before day zero", ""


def _procedures(colony: Colony) -> Iterator[Part]:
    for group in colony.groups.values():
        if group.role == "healthy":
            continue
        missing = [name for name in ("route", "schedule") if not getattr(group, name)]
        if missing:
            remedy = "Add the columns route and schedule to groups.csv."
            yield "open", f"{group.name}: {' and '.join(missing)} not given", remedy
        else:
            dose = f"{group.dose:g} {group.dose_unit}".strip()
            yield "shown", f"{group.name}: {dose}, {group.route}, day {group.schedule}", ""


def _results(design: Design, told: Told) -> Iterator[Part]:
    if told.compared:
        yield "shown", f"{len(told.compared)} outcomes compared, each with effect and interval", ""
    else:
        yield "open", "no effect with interval", "Add [[mouse.comparisons]] to study.toml."
    if design.primary_outcome and design.primary_outcome not in told.compared:
        yield "open", "the primary outcome was not compared", "Add a comparison of it."
