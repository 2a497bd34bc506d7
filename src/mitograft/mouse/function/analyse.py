"""A mixed model of a course over time: treatment effects by day and overall, REML, Satterthwaite.

Random: an intercept of the mouse, and a slope over days (correlated with it) where it fits, that is, where it
raises the restricted log-likelihood by more than its two parameters cost (Akaike) and is not singular. The
effect averaged over days then has, in balanced data, exactly the test of a two-sample t test of the means of
mice over those days. Mice that leave early stay in the model with what was measured: valid where leaving
depends on what was measured before (missing at random), as with a humane end point set by weight.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.errors import UsageError
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.function.attendance import attend, group_curves
from mitograft.mouse.function.contract import CourseOptions
from mitograft.mouse.function.derive import Curves, visit_values
from mitograft.mouse.function.design import Design, Observation, build_design
from mitograft.mouse.function.results import Attendance, CourseModel, DayEffect, TreatmentEffect
from mitograft.statistics.counts import Array
from mitograft.statistics.mixed import Contrast, MixedFit, RandomTerm, fit_mixed
from mitograft.statistics.multiplicity import holm

__all__ = ["model_course"]

_FEWEST_MICE = 2
_WORDS = {"factor": "each day its own mean", "linear": "a straight line", "spline": "a natural cubic spline"}


def model_course(
    curves: Curves, colony: Colony, treated: Sequence[str], control: str, options: CourseOptions | None = None
) -> CourseModel:
    """Compare treated groups with the control over time.

    Parameters
    ----------
    curves
        From ``prepare`` or ``summarise``.
    colony
        Which mouse belongs to which group.
    treated, control
        Groups; effects are treated minus control. Healthy mice stay out of the model: their course and
        spread are not those of mice with myositis.
    options
        Window, days and time model.

    Raises
    ------
    UsageError
        If a group does not exist or is named twice. What the data do not allow is ``refused`` instead.
    """
    options = options or CourseOptions()
    _check_groups(colony, treated, control)
    attended, drawn = attend(curves, colony, options), group_curves(curves, colony, options)
    data = _observations(curves, colony, (*treated, control), options)
    findings = list(_unbaselined(curves, colony, (*treated, control)))
    if options.time == "factor":
        data, sparse = _without_sparse_days(data, treated, control, options)
        findings += [_sparse(curves, sparse)] if sparse else []
    refused = _refusal(curves, data, treated, control)
    if not refused:
        try:
            made = _Model.of(data, treated, control, options)
        except UsageError as error:
            refused = str(error)
    if refused:
        return CourseModel(
            curves, control, (), None, options.time, "", attended, drawn, "none", tuple(findings), refused
        )
    findings += _judge(curves, made, attended)
    return CourseModel(
        curves, control, made.effects(), made.change(), made.design.time, made.random,
        attended, drawn, made.method(curves), tuple(findings),
    )  # fmt: skip


def _check_groups(colony: Colony, treated: Sequence[str], control: str) -> None:
    named = [*treated, control]
    absent = [name for name in named if name not in colony.groups]
    if absent or not treated or len(set(named)) < len(named):
        raise UsageError(
            f"Course over time: found the groups {', '.join(map(repr, named))}; expected a control and "
            f"one or more other groups of {', '.join(colony.groups)}, each once."
        )


def _observations(
    curves: Curves, colony: Colony, groups: Sequence[str], options: CourseOptions
) -> list[Observation]:
    """Return the values after the first day of the window; without any baseline it is not asked for."""
    found = []
    for animal in colony.included():
        if animal.group not in groups or (curves.baseline and animal.id not in curves.baseline):
            continue
        baseline = curves.baseline.get(animal.id, math.nan)
        visits = visit_values(curves.values.get(animal.id, ()), options)
        found += [
            Observation(animal.id, animal.group, day, value, baseline)
            for day, value in visits.items()
            if curves.window.first < day <= curves.window.last
        ]
    return found


def _without_sparse_days(
    data: Sequence[Observation], treated: Sequence[str], control: str, options: CourseOptions
) -> tuple[list[Observation], list[int]]:
    """Leave out days on which there is nobody to compare with."""
    least = options.rules["fewest_on_day"].number
    count = {(group, day): 0 for group in (*treated, control) for day in {o.day for o in data}}
    for o in data:
        count[o.group, o.day] += 1
    sparse = {
        o.day
        for o in data
        if count[control, o.day] < least or max(count[group, o.day] for group in treated) < least
    }
    return [o for o in data if o.day not in sparse], sorted(sparse)


def _refusal(curves: Curves, data: Sequence[Observation], treated: Sequence[str], control: str) -> str:
    if not data:
        return f"No day after day {curves.window.first} on which control and treated mice were measured."
    days = sorted({o.day for o in data})
    if len(days) == 1:
        return (
            f"Control and treated mice were measured together on day {days[0]} only: a course over time "
            "needs two days. Compare the outcome of that day, knowing that a difference on one day can be "
            "faster remission or later onset."
        )
    mice = {group: {o.animal for o in data if o.group == group} for group in (*treated, control)}
    few = [group for group, found in mice.items() if len(found) < _FEWEST_MICE]
    if few:
        return f"{len(mice[few[0]])} mice of {few[0]} can be used; at least {_FEWEST_MICE} are needed."
    return ""


class _Model:
    """The fitted model and what is read off it."""

    def __init__(self, data: Sequence[Observation], design: Design, fit: MixedFit, random: str,
                 options: CourseOptions) -> None:  # fmt: skip
        self.data, self.design, self.fit, self.random, self.options = data, design, fit, random, options
        self.control = ""

    @classmethod
    def of(
        cls, data: Sequence[Observation], treated: Sequence[str], control: str, options: CourseOptions
    ) -> "_Model":
        """Fit with a random intercept, then with a random slope, and keep the one that fits."""
        baseline = not math.isnan(data[0].baseline)
        design = build_design(data, treated, options.time, baseline=baseline)
        y, mice = [o.value for o in data], [o.animal for o in data]
        fit = fit_mixed(y, design.x, [RandomTerm("mouse", mice)], names=design.names)
        random = "intercept of the mouse"
        steeper = _with_slope(data, design) if options.random_slope else None
        gain = options.rules["random_slope_gain"].number
        if steeper and 2.0 * (steeper.log_likelihood - fit.log_likelihood) > gain:
            fit, random = steeper, "intercept and slope of the mouse"
        model = cls(data, design, fit, random, options)
        model.control = control
        return model

    def effects(self) -> tuple[TreatmentEffect, ...]:
        """Return the effects of all treated groups."""
        made = [self._effect(group) for group in self.design.treated]
        adjusted = holm([overall.p for _, overall, _, _ in made])
        found = []
        for (group, overall, slope, days), p in zip(made, adjusted, strict=True):
            p_days = holm([contrast.p for _, contrast in days])
            single = tuple(
                DayEffect(day, self._count(group, day), self._count(self.control, day), contrast, p_day)
                for (day, contrast), p_day in zip(days, p_days, strict=True)
            )
            counts = (self._count(group), self._count(self.control))
            found.append(TreatmentEffect(group, self.control, *counts, overall, slope, single, p))
        return tuple(found)

    def _effect(self, group: str) -> tuple[str, Contrast, Contrast | None, list[tuple[int, Contrast]]]:
        rows = {day: self.design.effect(group, day) for day in self.design.days}
        weights = {day: row for day, row in rows.items() if row is not None}
        if not weights:
            raise UsageError(f"Course over time: {group} and {self.control} share no day.")
        level = self.options.level
        days = [(day, self.fit.contrast(row, level=level)) for day, row in weights.items()]
        overall = self.fit.contrast(np.mean(list(weights.values()), axis=0), level=level)
        return group, overall, self._slope(weights), days

    def _slope(self, weights: dict[int, Array]) -> Contrast | None:
        """Return the slope of the straight line through the effects of the days."""
        if len(weights) == 1:
            return None
        days = np.array(list(weights), dtype=float)
        apart = days - days.mean()
        line = (apart / (apart @ apart)) @ np.array(list(weights.values()))
        return self.fit.contrast(line, level=self.options.level)

    def _count(self, group: str, day: int | None = None) -> int:
        return len({o.animal for o in self.data if o.group == group and day in (None, o.day)})

    def change(self) -> Contrast:
        """Return the change of the control from the first to the last day."""
        first, last = self.design.days[0], self.design.days[-1]
        weights = self.design.control(last) - self.design.control(first)
        return self.fit.contrast(weights, level=self.options.level)

    def method(self, curves: Curves) -> str:
        """Say the model in a sentence."""
        adjusted = ", adjusted for baseline" if "baseline" in self.design.names else ""
        days = self.design.days
        span = f"days {days[0]} to {days[-1]}"
        return (
            f"mixed model of {curves.series.measure.label.lower()} over {span} ({len(days)} measured), "
            f"time since immunisation as {_WORDS[self.design.time]}{adjusted}, treatment by time; "
            f"random: {self.random}; REML, Satterthwaite; mean of the effects of the days"
        )


def _with_slope(data: Sequence[Observation], design: Design) -> MixedFit | None:
    """Return the fit with a random slope; None where it cannot be had or is singular."""
    if len(design.days) <= _FEWEST_MICE:
        return None
    mice = [o.animal for o in data]
    days = np.array([o.day for o in data], dtype=float)
    days = (days - days.mean()) / np.ptp(days)
    columns = np.stack([np.ones_like(days), days], axis=1)
    term = RandomTerm("mouse", mice, columns, ("intercept", "slope"), correlated=True)
    try:
        fit = fit_mixed([o.value for o in data], design.x, [term], names=design.names)
    except UsageError:
        return None
    return fit if fit.converged and not fit.singular else None


def _unbaselined(curves: Curves, colony: Colony, groups: Sequence[str]) -> Iterator[Finding]:
    """Find groups in which a mouse is not in the model for want of a baseline."""
    if not curves.baseline:
        return
    for group in groups:
        lost = [a.id for a in colony.included(group) if a.id not in curves.baseline]
        if lost:
            yield Finding(
                "not-in-model", "note", curves.series.source, f"{group}, {curves.series.name}",
                f"{len(lost)} of {len(colony.included(group))} mice without a baseline or any measurement",
                "They are not in the model over time.",
            )  # fmt: skip


def _sparse(curves: Curves, days: Sequence[int]) -> Finding:
    listed = ", ".join(map(str, days))
    return Finding(
        "sparse-days", "warning", curves.series.source, curves.series.name,
        f"too few mice of control or treated groups on days {listed}; the days were left out of the model",
        "Where visits are spread over days, name nominal days, or use time as a line or spline.",
    )  # fmt: skip


def _judge(curves: Curves, model: _Model, attended: Sequence[Attendance]) -> Iterator[Finding]:
    """Say who left early, and what the fit has to say."""
    source, name = curves.series.source, curves.series.name
    for seen in attended:
        if seen.group in (*model.design.treated, model.control) and seen.left[-1]:
            yield Finding(
                "left-early", "note", source, f"{seen.group}, {name}",
                f"{seen.left[-1]} mice left before the scheduled end",
                "They count with what was measured until then; see the mice measured on each day.",
            )  # fmt: skip
    if model.fit.note:
        yield Finding("model", "note", source, name, model.fit.note.rstrip("."), "See the concept page.")
