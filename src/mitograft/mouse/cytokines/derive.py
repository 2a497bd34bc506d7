"""From concentrations to one number for each mouse and analyte; what lies below a limit stays censored.

Technical replicates of a sample are put together on the logarithm, as their geometric mean. Where a replicate
lies below its limit, the geometric mean of the sample lies below the one computed with the limit in its
place, and that is what is kept: the sample is censored at that bound. So nothing is invented, and nothing is
claimed that is not known.

Values above the upper limit are left out and pointed out: the sample must be diluted and measured again.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.cytokines.contract import Concentration, CytokineOptions, Cytokines, Side
from mitograft.mouse.outcomes import Outcome

__all__ = ["CytokineOutcomes", "Sample", "derive_cytokines", "put_together"]

_NAMED = 6
_FEWEST = 2  # mice that make a day an outcome of its own
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """The concentration of one sample; on a ``side``, the limit below or above which it lies."""

    value: float
    side: Side
    replicates: int


@dataclass(frozen=True)
class CytokineOutcomes:
    """One number for each mouse.

    Parameters
    ----------
    panel
        ``cytokine.<analyte>``: one outcome for each analyte, on its day.
    by_day
        ``cytokine.<analyte>_day<d>``: every day of analytes measured on several.
    findings
        What a reader must know.
    """

    panel: tuple[Outcome, ...]
    by_day: tuple[Outcome, ...]
    findings: tuple[Finding, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All outcomes."""
        return (*self.panel, *self.by_day)


@dataclass
class _Analyte:
    """Samples of one analyte, by day and mouse."""

    name: str
    label: str
    unit: str
    days: dict[int, dict[str, Sample]] = field(default_factory=lambda: defaultdict(dict))


def put_together(replicates: Sequence[Concentration]) -> Sample | None:
    """Return the concentration of a sample; None where replicates lie below and above limits.

    >>> a = Concentration("M1", 21, "il6", "IL-6", 20.0, "pg/mL")
    >>> b = Concentration("M1", 21, "il6", "IL-6", 5.0, "pg/mL", "below")
    >>> sample = put_together([a, b])
    >>> sample.side, round(sample.value, 6)
    ('below', 10.0)
    """
    sides = {one.side for one in replicates} - {""}
    if len(sides) > 1:
        return None
    logs = math.fsum(math.log(one.value) for one in replicates) / len(replicates)
    value = replicates[0].value if len({one.value for one in replicates}) == 1 else math.exp(logs)
    return Sample(value, next(iter(sides), ""), len(replicates))


def derive_cytokines(
    read: Cytokines, colony: Colony, options: CytokineOptions | None = None
) -> CytokineOutcomes:
    """Return the outcomes of all analytes, in the order of the file.

    Mice excluded from the analysis are left out by the comparisons, not here.
    """
    options = options or CytokineOptions()
    findings = [*read.findings]
    panel: list[Outcome] = []
    by_day: list[Outcome] = []
    analytes = _samples(read, findings, options)
    findings += _other_days(analytes, options, read.source)
    for analyte in analytes:
        chosen = _day(analyte, options)
        if chosen in analyte.days:
            panel.append(_outcome(analyte, chosen, read.source, options, ""))
            findings += _judge(panel[-1], analyte.days[chosen], colony, options)
        days = [day for day in sorted(analyte.days) if len(analyte.days[day]) >= _FEWEST]
        if len(days) > 1:
            by_day += [_outcome(analyte, day, read.source, options, f"_day{day}") for day in days]
    if options.below == "half_limit":
        findings.append(
            Finding(
                "half-limit", "warning", read.source, "",
                "values below the limit were replaced by half the limit, as asked",
                "This biases ratios and understates the spread; the default treats them as censored.",
            )
        )  # fmt: skip
    kept = [tuple(o for o in found if o.values or o.below) for found in (panel, by_day)]
    return CytokineOutcomes(kept[0], kept[1], tuple(findings))


def _samples(read: Cytokines, findings: list[Finding], options: CytokineOptions) -> tuple[_Analyte, ...]:
    """Put the replicates of every sample together; add what looks odd to the findings."""
    cells: dict[tuple[str, int, str], list[Concentration]] = defaultdict(list)
    for one in read.values:
        cells[one.analyte, one.day, one.animal].append(one)
    analytes: dict[str, _Analyte] = {}
    for (name, day, animal), replicates in cells.items():
        analyte = analytes.setdefault(name, _Analyte(name, replicates[0].label, replicates[0].unit))
        place = f"{animal}, {analyte.label}, day {day}"
        measured = [one.value for one in replicates if not one.side]
        most = options.rules["replicate_factor"].number
        if len(measured) > 1 and max(measured) > most * min(measured):
            findings.append(
                Finding(
                    "replicates-apart", "warning", read.source, place,
                    f"replicates of {min(measured):.4g} and {max(measured):.4g} {analyte.unit}",
                    "Look for a pipetting error; their geometric mean was used.",
                )
            )  # fmt: skip
        sample = put_together(replicates)
        if sample is None:
            findings.append(
                Finding(
                    "replicates-contradict", "warning", read.source, place,
                    "replicates below and above the limits", "Measure again; the sample was left out.",
                )
            )  # fmt: skip
        else:
            analyte.days[day][animal] = sample
    return tuple(analytes.values())


def _outcome(analyte: _Analyte, day: int, source: str, options: CytokineOptions, suffix: str) -> Outcome:
    samples = analyte.days[day]
    values = {animal: s.value for animal, s in samples.items() if not s.side}
    below = {animal: s.value for animal, s in samples.items() if s.side == "below"}
    note = f"Day {day}; technical replicates as their geometric mean."
    if options.below == "half_limit" and below:
        values = {
            animal: s.value * (_HALF if s.side else 1.0) for animal, s in samples.items() if s.side != "above"
        }
        note += f" {len(below)} values below the limit replaced by half of it."
        below = {}
    return Outcome(
        f"cytokine.{analyte.name}{suffix}", analyte.label + (f", day {day}" if suffix else ""),
        analyte.unit, "log", values, source, below, note,
    )  # fmt: skip


def _judge(
    outcome: Outcome, samples: Mapping[str, Sample], colony: Colony, options: CytokineOptions
) -> Iterator[Finding]:
    """Point out values above the limit, analytes mostly below it, and partly censored replicates."""
    above = [animal for animal, s in samples.items() if s.side == "above"]
    if above:
        listed = ", ".join(above[:_NAMED]) + (", …" if len(above) > _NAMED else "")
        yield Finding(
            "above-limit", "warning", outcome.source, f"{outcome.label}: {listed}",
            f"{len(above)} sample{'s' if len(above) > 1 else ''} above the upper limit of quantification",
            "Dilute and measure again: the highest values were left out, which hides differences.",
        )  # fmt: skip
    mice = [a.id for a in colony.included() if a.id in samples]
    low = [animal for animal in mice if samples[animal].side == "below"]
    if mice and len(low) > options.rules["mostly_below"].number * len(mice):
        yield Finding(
            "mostly-below", "note", outcome.source, outcome.label,
            f"{len(low)} of {len(mice)} mice below the limit of quantification",
            "The ratio rests on few measured values; see its interval.",
        )  # fmt: skip


def _other_days(analytes: Sequence[_Analyte], options: CytokineOptions, source: str) -> Iterator[Finding]:
    """Say which mice were sampled on another day than that of the outcome, once for analytes alike."""
    alike: dict[tuple[int, str], list[str]] = defaultdict(list)
    for analyte in analytes:
        chosen = _day(analyte, options)
        other = {day: len(samples) for day, samples in sorted(analyte.days.items()) if day != chosen}
        if other:
            listed = ", ".join(f"{count} on day {day}" for day, count in other.items())
            alike[chosen, listed].append(analyte.label)
    for (chosen, listed), labels in alike.items():
        yield Finding(
            "other-days", "note", source, ", ".join(labels),
            f"the outcome named after the analyte is of day {chosen}; mice sampled on other days: {listed}",
            "CIM remits by itself: days are not mixed. Mice that left early are missing from the last day.",
        )  # fmt: skip


def _day(analyte: _Analyte, options: CytokineOptions) -> int:
    """Return the day of the outcome that carries the name of the analyte alone."""
    return max(analyte.days) if options.day is None else options.day
