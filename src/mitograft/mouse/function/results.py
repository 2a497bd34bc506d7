"""What the model over time says: effects by day and overall, who was measured when, means for figures."""

from dataclasses import dataclass

from mitograft.evidence import DataKind, Evidence
from mitograft.evidence.finding import Finding
from mitograft.mouse.function.derive import Curves
from mitograft.statistics.mixed import Contrast

__all__ = ["Attendance", "CourseModel", "DayEffect", "GroupCurve", "MouseCurve", "TreatmentEffect"]


@dataclass(frozen=True, slots=True)
class DayEffect:
    """Difference of a group from the control on one day, with the mice measured in both."""

    day: int
    n_treated: int
    n_control: int
    contrast: Contrast
    p_holm: float


@dataclass(frozen=True)
class TreatmentEffect:
    """One treated group against the control.

    Parameters
    ----------
    group, control
        Treated minus control.
    n_treated, n_control
        Mice in the model.
    overall
        Mean of the effects of the days, each day with the same weight.
    per_day
        Change of the effect in a day: slope of the straight line through the effects of the days; None with
        a single day.
    days
        Effects of the single days; their p values adjusted together by Holm's method.
    p_holm
        p value of the overall effect, adjusted by Holm's method over the treated groups.
    """

    group: str
    control: str
    n_treated: int
    n_control: int
    overall: Contrast
    per_day: Contrast | None
    days: tuple[DayEffect, ...]
    p_holm: float


@dataclass(frozen=True, slots=True)
class Attendance:
    """Mice of a group on each day: measured, still in the study, gone before their scheduled end."""

    group: str
    days: tuple[int, ...]
    measured: tuple[int, ...]
    present: tuple[int, ...]
    left: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MouseCurve:
    """The course of one mouse; ``left`` is why it left early, empty where it did not."""

    animal: str
    days: tuple[int, ...]
    values: tuple[float, ...]
    left: str = ""


@dataclass(frozen=True, slots=True)
class GroupCurve:
    """Means of the mice measured on each day, with Student's interval (NaN with one mouse), and the mice.

    On the log scale all values are exponentials: geometric means.
    """

    group: str
    days: tuple[int, ...]
    means: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    counts: tuple[int, ...]
    mice: tuple[MouseCurve, ...]


@dataclass(frozen=True)
class CourseModel:
    """A course over time compared between groups.

    Parameters
    ----------
    curves
        What was compared, on the scale of analysis.
    control
        Group of the untreated mice.
    effects
        One for each treated group; empty where ``refused``.
    change
        Change of the control from the first to the last day of the model: what the disease does by itself;
        None where ``refused``.
    time
        How time since immunisation entered: ``factor``, ``linear`` or ``spline``.
    random
        Random terms kept, in words.
    attendance
        Who was measured when, group by group (all groups of the colony).
    groups
        Means for figures, group by group.
    method
        The model in a sentence.
    findings
        What a reader must know.
    refused
        Why there is no model; empty where there is one.
    """

    curves: Curves
    control: str
    effects: tuple[TreatmentEffect, ...]
    change: Contrast | None
    time: str
    random: str
    attendance: tuple[Attendance, ...]
    groups: tuple[GroupCurve, ...]
    method: str
    findings: tuple[Finding, ...] = ()
    refused: str = ""

    @property
    def unit(self) -> str:
        """Unit of effects."""
        units = {"percent": "percentage points", "log": "log ratio", "own": self.curves.unit or "1"}
        return units[self.curves.scale]

    def effect(self, group: str) -> TreatmentEffect | None:
        """Return the effect of a group; None where the model has none."""
        return next((effect for effect in self.effects if effect.group == group), None)

    def evidence(
        self, group: str, quantity: str, contrast: str, data_kind: DataKind, note: str = ""
    ) -> Evidence | None:
        """Return the overall effect of a group as evidence; None where there is none."""
        found = self.effect(group)
        if found is None:
            return None
        overall = found.overall
        return Evidence(
            quantity=quantity,
            contrast=contrast,
            estimate=overall.estimate,
            low=overall.low,
            high=overall.high,
            level=overall.level,
            unit=self.unit,
            n=found.n_treated + found.n_control,
            method=f"function.{self.curves.series.name}: {self.method}",
            source=self.curves.series.source,
            data_kind=data_kind,
            note=note,
        )
