"""Courses of patients over visits: every patient a line, a panel for each group, with the group's median."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    FONT,
    SMALL,
    WIDTH,
    label_axis,
    panel,
    sheet,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.figures.waterfall import Threshold
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CourseGroup", "PatientLine", "draw_spaghetti"]

_PLOT = 150.0
_LEFT = 46.0
_TITLE = 36.0
_TOP = 42.0
_BOTTOM = 44.0
_TICKS = 0.065  # least share of the axis between two visits for ticks at the visits
_FAINT = 40  # patients from which lines are thinner


@dataclass(frozen=True, slots=True)
class PatientLine:
    """One patient: days and values; NaN for a visit without a value."""

    days: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CourseGroup:
    """One group: its patients, and days with the median of those measured (NaN for none)."""

    label: str
    patients: tuple[PatientLine, ...]
    days: tuple[float, ...] = ()
    medians: tuple[float, ...] = ()


def draw_spaghetti(
    groups: Sequence[CourseGroup],
    thresholds: Sequence[Threshold] = (),
    *,
    quantity: str,
    limits: tuple[float, float] | None = None,
    axis_label: str = "study day (first dose = day 1)",
    data_kind: DataKind = "measured",
) -> str:
    """Draw a panel for each group, one above the other on one scale.

    Thin lines with points are patients; a line breaks where a visit has no value. The thick line with
    diamonds is the median of the group. Dashed lines are thresholds.

    Parameters
    ----------
    groups
        Panels from the top.
    thresholds
        Values with names.
    quantity
        What the vertical axis shows, with its unit.
    limits
        Ends of the vertical axis, for example 0 and 100 for a total score; from the data where not given.

    Returns
    -------
    str
        SVG text, 440 units wide; 186 units high for each group.

    Raises
    ------
    UsageError
        If there is no group, or days and values differ in number.
    """
    _check(groups)
    gutter = max((text_width(threshold.name, SMALL) + 8 for threshold in thresholds), default=14.0)
    gutter = min(gutter, 0.25 * WIDTH)
    bottom, top = _limits(groups, thresholds) if limits is None else limits
    first, last = _days(groups)
    with sheet(_TOP + len(groups) * (_PLOT + _TITLE) + _BOTTOM, data_kind) as figure:
        for order, group in enumerate(groups):
            at = _TOP + order * (_PLOT + _TITLE) + _TITLE
            axes = panel(figure, _LEFT, at - 6, WIDTH - _LEFT - gutter, _PLOT)
            axes.set_ylim(bottom, top)
            axes.set_xlim(first, last)
            _scale(axes, _measured(groups), thresholds if limits else ())
            _above(axes, _title(group), 11, FONT, "ink")
            if order == 0:
                _above(axes, quantity, 32, SMALL, "muted")
            _draw_thresholds(axes, thresholds, gutter)
            _draw_group(axes, group)
            if order + 1 < len(groups):
                axes.set_xticklabels([])
            else:
                label_axis(axes, axis_label)
        return svg_text(figure)


def _check(groups: Sequence[CourseGroup]) -> None:
    if not groups:
        raise UsageError("draw_spaghetti: found no group; expected one or more. Leave the figure away.")
    for group in groups:
        pairs = [(group.days, group.medians), *((line.days, line.values) for line in group.patients)]
        if any(len(days) != len(values) for days, values in pairs):
            raise UsageError(
                f"draw_spaghetti: the group {group.label!r} has days and values of different number; "
                "expected a value for every day, NaN where there is none."
            )


def _values(groups: Sequence[CourseGroup]) -> list[float]:
    return [v for group in groups for line in group.patients for v in line.values if math.isfinite(v)]


def _limits(groups: Sequence[CourseGroup], thresholds: Sequence[Threshold]) -> tuple[float, float]:
    values = [*_values(groups), *(threshold.value for threshold in thresholds)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def _measured(groups: Sequence[CourseGroup]) -> list[float]:
    """Return the days on which anybody was measured."""
    days = {day for group in groups for line in group.patients for day in line.days}
    return sorted(days | {day for group in groups for day in group.days})


def _days(groups: Sequence[CourseGroup]) -> tuple[float, float]:
    days = _measured(groups)
    first, last = min(days, default=0.0), max(days, default=1.0)
    room = 0.03 * (last - first) or 0.5
    return first - room, last + room


def _title(group: CourseGroup) -> str:
    count = sum(any(map(math.isfinite, line.values)) for line in group.patients)
    return f"{group.label} (n = {count})"


def _scale(axes: "Axes", days: Sequence[float], thresholds: Sequence[Threshold]) -> None:
    """Set ticks at the visits where there is room for them, and at the thresholds."""
    span = axes.get_xlim()[1] - axes.get_xlim()[0]
    if len(days) > 1 and min(b - a for a, b in pairwise(days)) >= _TICKS * span:
        axes.set_xticks(days)
    else:
        axes.locator_params(axis="x", nbins=8, integer=True)
    axes.xaxis.set_major_formatter(_tick)
    if thresholds:
        ends = axes.get_ylim()
        axes.set_yticks(sorted({*ends, *(t.value for t in thresholds if ends[0] <= t.value <= ends[1])}))
    else:
        axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(_tick)
    axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _above(axes: "Axes", text: str, up: float, size: float, colour: str) -> None:
    axes.annotate(
        shorten(text, WIDTH, size),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-_LEFT + 4, up),
        textcoords="offset points",
        size=size,
        color=hue(colour),
        weight="bold" if colour == "ink" else "normal",
    )


def _draw_thresholds(axes: "Axes", thresholds: Sequence[Threshold], gutter: float) -> None:
    for threshold in thresholds:
        axes.axhline(threshold.value, color=hue("muted"), linewidth=0.9, dashes=(3, 2), zorder=1)
        axes.annotate(
            shorten(threshold.name, gutter - 6, SMALL),
            (1, threshold.value),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center_baseline",
            size=SMALL,
            color=hue("ink"),
        )


def _draw_group(axes: "Axes", group: CourseGroup) -> None:
    many = len(group.patients) > _FAINT
    for line in group.patients:
        axes.plot(
            line.days,
            line.values,
            color=hue("minimal"),
            linewidth=0.5 if many else 1.0,
            alpha=0.55 if many else 0.9,
            marker="o",
            markersize=1.5 if many else 3.0,
            markeredgewidth=0,
            clip_on=False,
            zorder=2,
        )
    axes.plot(
        group.days,
        group.medians,
        color=hue("major"),
        linewidth=2.4,
        marker="D",
        markersize=6,
        markeredgecolor=hue("ground"),
        markeredgewidth=0.8,
        clip_on=False,
        zorder=4,
    )
