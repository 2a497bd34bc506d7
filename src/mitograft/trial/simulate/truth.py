"""What is true in a simulated trial: every effect, distribution and rate, before anything is drawn.

No number here was measured on PN-101. The defaults are rows of ``data/*.csv``, each marked as assumed; a
result found in simulated data shows that the analysis finds what was put in, and nothing about the product.

A measure is drawn as its *abnormality* a, 0 the best end of the scale and 1 the worst:

    logit a(0) = logit(median) + spread u,     a(w) = a(0) (1 - share g(w)),
    g(w) = (1 - 2^(-w / half_time)) / (1 - 2^(-W / half_time))

with w in weeks since the dose and W the week of the primary visit, so that ``share`` is the part of the
abnormality that is gone at the primary visit. An enzyme is drawn in multiples m of its upper limit:
``log m(0) = log(median) + spread u`` and ``log m`` moves towards ``log(normal)`` by the same share. The u of
one subject are correlated standard normals; the share of a subject is

    share = placebo_share + effect(arm) + between v,     measure by measure + apart v_m.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_parameters, load_rows

__all__ = [
    "MISTAKES",
    "PACKAGE",
    "ArmTruth",
    "EnzymeTruth",
    "MeasureTruth",
    "Mistake",
    "MistakeKind",
    "TrialTruth",
    "assumptions",
]

PACKAGE = "mitograft.trial.simulate"
"""Where the data files of this room are."""
Allocation = Literal["sequential", "blocked"]
MistakeKind = Literal[
    "unit_mismatch",
    "date_swap",
    "event_before_birth",
    "dose_after_death",
    "visit_order",
    "unknown_term",
    "duplicate_record",
    "missing_id",
    "second_dose",
    "ineligible",
]
MISTAKES: Mapping[str, str] = {
    "unit_mismatch": "creatinine in a unit the others do not use",
    "date_swap": "an adverse event ends before it starts",
    "event_before_birth": "an adverse event starts before the birth date",
    "dose_after_death": "the death date lies before the dose",
    "visit_order": "the dates of two visits are exchanged",
    "unknown_term": "an adverse event in words no dictionary has",
    "duplicate_record": "an adverse event entered twice",
    "missing_id": "an adverse event without its subject",
    "second_dose": "a second dose in a trial of one dose",
    "ineligible": "strength at baseline above the limit of entry",
}
"""Kinds of typing errors and what they look like."""


@dataclass(frozen=True, slots=True)
class ArmTruth:
    """Truth of one arm.

    Parameters
    ----------
    code
        Arm code of the protocol.
    subjects
        How many are enrolled and dosed.
    effect
        Share of the abnormality gone at the primary visit beyond placebo; 0 is no effect.
    dlt
        Probability of a dose-limiting toxicity of a subject.
    related
        Factor on the rates of the related part of adverse events.
    dropout
        Hazard of leaving the trial, per week.
    lot
        Lot that is given; made up from the arm where none is named.
    """

    code: str
    subjects: int
    effect: float = 0.0
    dlt: float = 0.0
    related: float = 1.0
    dropout: float = 0.004
    lot: str = ""


@dataclass(frozen=True, slots=True)
class MeasureTruth:
    """A core set measure: scale, distribution of the abnormality at baseline, noise of one measurement."""

    max: float
    step: float
    up: bool
    median: float
    spread: float
    noise: float


@dataclass(frozen=True, slots=True)
class EnzymeTruth:
    """A muscle enzyme in multiples of its upper limit: median, log SD, level in health, log SD of noise."""

    median: float
    spread: float
    normal: float
    noise: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """A typing error asked for: its kind, and the subject (SUBJID; "" for the first one that fits)."""

    kind: MistakeKind
    subject: str = ""


@lru_cache(maxsize=1)
def assumptions() -> Mapping[str, float]:
    """Return the shipped assumptions by id."""
    return {row.id: row.number for row in load_parameters(PACKAGE, "assumptions.csv")}


def _measures() -> Mapping[str, MeasureTruth]:
    names = ("max", "step", "median", "spread", "noise")
    return {
        row["id"]: MeasureTruth(up=row["better"] == "up", **{name: float(row[name]) for name in names})
        for row in load_rows(PACKAGE, "measures.csv")
    }


def _enzymes() -> Mapping[str, EnzymeTruth]:
    names = ("median", "spread", "normal", "noise")
    return {
        row["id"]: EnzymeTruth(**{name: float(row[name]) for name in names})
        for row in load_rows(PACKAGE, "enzymes.csv")
    }


def _assumed(name: str) -> float:
    return field(default_factory=lambda: assumptions()[name])


@dataclass(frozen=True)
class TrialTruth:
    """Truth of a simulated trial; all defaults are assumptions.

    Parameters
    ----------
    arms
        One for each arm of the protocol that is simulated, in the order of enrolment.
    allocation
        ``sequential``: arm after arm, as a dose escalation; ``blocked``: permuted blocks with one subject of
        each arm, as a randomised trial. The escalation rule itself is not played.
    screen_failures
        Subjects screened and not enrolled.
    placebo_share, between, apart, half_time, correlation
        See the module.
    measures, enzymes
        Core set measures by the names of ``Protocol.measures``; enzymes by test code.
    missing_measure, partial_dates
        Share of measures after baseline that are missing; share of dates of events, history and medication
        whose day, or day and month, are unknown.
    unscheduled
        Expected unscheduled visits of a subject.
    recruitment_gap
        Days between two first doses.
    start
        Day of the first dose (ISO 8601).
    mistakes
        Typing errors to make on purpose.
    notes
        Said in the truth file.

    Raises
    ------
    UsageError
        If a share, rate or number of subjects is out of bounds.
    """

    arms: tuple[ArmTruth, ...]
    allocation: Allocation = "sequential"
    screen_failures: int = 0
    placebo_share: float = _assumed("placebo_share")
    between: float = _assumed("between")
    apart: float = _assumed("apart")
    half_time: float = _assumed("half_time")
    correlation: float = _assumed("correlation")
    measures: Mapping[str, MeasureTruth] = field(default_factory=_measures)
    enzymes: Mapping[str, EnzymeTruth] = field(default_factory=_enzymes)
    missing_measure: float = _assumed("missing_measure")
    partial_dates: float = _assumed("partial_dates")
    unscheduled: float = _assumed("unscheduled")
    recruitment_gap: float = _assumed("recruitment_gap")
    start: str = "2022-01-10"
    mistakes: tuple[Mistake, ...] = ()
    notes: tuple[str, ...] = ("Simulated. Every effect is assumed; no number was measured.",)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        shares = {
            "correlation": self.correlation,
            "missing_measure": self.missing_measure,
            "partial_dates": self.partial_dates,
            **{f"dlt of {arm.code}": arm.dlt for arm in self.arms},
        }
        sizes = {
            "between": self.between,
            "apart": self.apart,
            "unscheduled": self.unscheduled,
            "screen_failures": self.screen_failures,
            "recruitment_gap": self.recruitment_gap,
            **{f"subjects of {arm.code}": arm.subjects for arm in self.arms},
            **{f"dropout of {arm.code}": arm.dropout for arm in self.arms},
            **{f"related of {arm.code}": arm.related for arm in self.arms},
        }
        wrong = [f"{name} {value:g}" for name, value in shares.items() if not 0 <= value <= 1]
        wrong += [f"{name} {value:g}" for name, value in sizes.items() if not 0 <= value < float("inf")]
        wrong += [f"mistake {mistake.kind}" for mistake in self.mistakes if mistake.kind not in MISTAKES]
        if wrong or self.half_time <= 0 or not self.arms:
            raise UsageError(
                f"Truth of a trial: found {', '.join(wrong) or 'no arm, or a half time not above 0'}; "
                "expected at least one arm, shares from 0 to 1, rates from 0 and known kinds of mistakes."
            )

    def arm(self, code: str) -> ArmTruth:
        """Return the truth of an arm.

        Raises
        ------
        UsageError
            If the truth has no such arm.
        """
        for arm in self.arms:
            if arm.code == code:
                return arm
        raise UsageError(f"Truth of a trial: found no arm {code!r}; expected one of its arms.")
