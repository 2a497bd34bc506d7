"""What the protocol of a trial fixes in advance: arms, visits with windows, dose-limiting toxicity, measures.

study.toml fills it (``[trial.protocol]``); checks, derivations, summaries and the simulator read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mitograft.errors import UsageError

__all__ = ["CORE_SET", "Arm", "MeasureSource", "Protocol", "Visit"]

Measure = Literal["physician_global", "patient_global", "mmt8", "haq", "extramuscular"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One planned arm: SDTM code and name, analysis order (from 1), dose (None: unknown), placebo or not."""

    code: str
    name: str
    order: int
    dose: float | None = None
    unit: str = "ug"
    placebo: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One planned visit: number, name, study day (1 = first dose, no day 0), days allowed around it."""

    number: float
    name: str
    day: int
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class MeasureSource:
    """Where SDTM holds a core set measure: domain and test code; sponsors differ (RS, FA or QS for a VAS)."""

    domain: str
    testcd: str


CORE_SET: Mapping[str, MeasureSource] = {
    "physician_global": MeasureSource("RS", "PHYGLOB"),
    "patient_global": MeasureSource("QS", "PATGLOB"),
    "mmt8": MeasureSource("FT", "MMT8TOT"),
    "haq": MeasureSource("QS", "HAQDI"),
    "extramuscular": MeasureSource("RS", "EXMUSC"),
}
"""The usual places; the test codes are sponsor-defined, not CDISC terms."""


@dataclass(frozen=True)
class Protocol:
    """A trial as planned.

    Parameters
    ----------
    study
        STUDYID.
    arms, visits
        In order.
    baseline_visit, primary_visit
        Names of the visits whose measures are the baseline and the end point.
    dlt_days
        Length of the window for dose-limiting toxicity, in days after the first dose (day 1 to this day + 1).
    mmt8_max
        Maximum of the strength test (150 bilateral, 80 unilateral).
    measures
        Where each core set measure lies (``CORE_SET`` if nothing else is said); enzymes are in LB under CK,
        ALDOLASE, ALT, AST, LDH.
    doses
        Administrations each subject is to have; None where the protocol leaves it open.
    cutoff
        Data cut-off (ISO date); no date is imputed beyond it.
    ctcae
        Version of the grading table.
    """

    study: str
    arms: tuple[Arm, ...]
    visits: tuple[Visit, ...]
    baseline_visit: str = "BASELINE"
    primary_visit: str = "WEEK 12"
    dlt_days: int = 14
    mmt8_max: int = 150
    measures: Mapping[str, MeasureSource] = field(default_factory=lambda: dict(CORE_SET))
    doses: int | None = 1
    cutoff: str | None = None
    ctcae: str = "5.0"

    def __post_init__(self) -> None:
        """Refuse a protocol that contradicts itself.

        Raises
        ------
        UsageError
            If codes or visits occur twice, or a named visit is not planned.
        """
        for what, names in (
            ("arm code", [arm.code for arm in self.arms]),
            ("arm order", [str(arm.order) for arm in self.arms]),
            ("visit", [visit.name for visit in self.visits]),
            ("visit number", [f"{visit.number:g}" for visit in self.visits]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise UsageError(f"Protocol: found {what} {', '.join(twice)} twice; expected each once.")
        planned = {visit.name for visit in self.visits}
        for name in (self.baseline_visit, self.primary_visit):
            if name not in planned:
                raise UsageError(f"Protocol: found visit {name!r}; expected one of {', '.join(planned)}.")

    def arm(self, code: str) -> Arm | None:
        """Return the arm of a code; None where it is not planned."""
        return next((arm for arm in self.arms if arm.code == code), None)

    def visit(self, name: str) -> Visit | None:
        """Return the visit of a name; None where it is not planned (an unscheduled visit)."""
        return next((visit for visit in self.visits if visit.name == name), None)
