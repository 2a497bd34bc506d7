"""Waterfall of changes: one bar a patient to the left or right of no change, best at the top."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    SMALL,
    WIDTH,
    label_axis,
    panel,
    row_text,
    sheet,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.figures.rows import GAP, draw_rows, layout_rows
from mitograft.report.figures.waterfall import Threshold
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PatientChange", "draw_change_waterfall"]

_TOP = 36.0
_BOTTOM = 44.0
_BAR = 0.66


@dataclass(frozen=True, slots=True)
class PatientChange:
    """One patient's change, with the heading the patient stands under; NaN where it is unknown."""

    label: str
    change: float
    group: str = ""


def draw_change_waterfall(
    patients: Sequence[PatientChange],
    thresholds: Sequence[Threshold] = (),
    *,
    axis_label: str,
    better: Literal["up", "down"] = "up",
    data_kind: DataKind = "measured",
) -> str:
    """Draw the changes of patients, sorted from best to worst within each group.

    A filled bar is an improvement, an open one a worsening. Groups keep the order in which they first occur;
    patients without a change come last, with the word "missing".

    Parameters
    ----------
    patients
        In any order.
    thresholds
        Changes with names, drawn as dashed lines.
    axis_label
        What changed, with the unit.
    better
        Direction of improvement.

    Returns
    -------
    str
        SVG text, 440 units wide; 19 units high for each of up to 60 patients. More share the height of 60.

    Raises
    ------
    UsageError
        If there is no patient.
    """
    if not patients:
        raise UsageError(
            "draw_change_waterfall: found no patient; expected one or more. Leave the figure away."
        )
    ranked = _ranked(patients, 1.0 if better == "up" else -1.0)
    rows = layout_rows([patient.label for patient in ranked], [patient.group for patient in ranked])
    values = [_value(patient) for patient in ranked] if rows.named else [""]
    low, high = _limits(patients, thresholds)
    with sheet(_TOP + rows.height + _BOTTOM, data_kind) as figure:
        width = WIDTH - rows.left - max(text_width(value, SMALL) for value in values) - 2 * GAP
        axes = panel(figure, rows.left, _TOP, width, rows.height)
        axes.set_xlim(low, high)
        axes.set_ylim(rows.height, 0)
        axes.set_yticks([])
        axes.locator_params(axis="x", nbins=6)
        axes.xaxis.set_major_formatter(_tick)
        label_axis(axes, axis_label)
        _draw_thresholds(axes, thresholds, width)
        draw_rows(axes, rows)
        axes.axvline(0, color=hue("muted"), linewidth=1.0, zorder=3)
        for row in rows.rows:
            if row.index is None:
                continue
            patient = ranked[row.index]
            _draw_bar(axes, patient.change, row.y, rows.row, better)
            if rows.named:
                row_text(axes, _value(patient), (1, row.y), GAP, size=SMALL)
        return svg_text(figure)


def _ranked(patients: Sequence[PatientChange], sign: float) -> list[PatientChange]:
    order = list(dict.fromkeys(patient.group for patient in patients))

    def place(patient: PatientChange) -> tuple[int, bool, float]:
        unknown = math.isnan(patient.change)
        return order.index(patient.group), unknown, 0.0 if unknown else -sign * patient.change

    return sorted(patients, key=place)


def _value(patient: PatientChange) -> str:
    return "missing" if math.isnan(patient.change) else format_number(patient.change)


def _limits(patients: Sequence[PatientChange], thresholds: Sequence[Threshold]) -> tuple[float, float]:
    values = [p.change for p in patients if math.isfinite(p.change)] + [t.value for t in thresholds] + [0.0]
    margin = 0.03 * (max(values) - min(values)) or 1.0
    return min(values) - margin, max(values) + margin


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _draw_thresholds(axes: "Axes", thresholds: Sequence[Threshold], width: float) -> None:
    low, high = axes.get_xlim()
    for threshold in thresholds:
        left = (threshold.value - low) / (high - low) < 0.5
        axes.axvline(threshold.value, color=hue("muted"), linewidth=0.9, dashes=(3, 2), zorder=1)
        axes.annotate(
            shorten(threshold.name, 0.5 * width, SMALL),
            (threshold.value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 5),
            textcoords="offset points",
            ha="left" if left else "right",
            size=SMALL,
            color=hue("ink"),
        )


def _draw_bar(axes: "Axes", change: float, y: float, row: float, better: str) -> None:
    improved = change > 0 if better == "up" else change < 0
    style: dict[str, Any] = {"color": hue("moderate"), "linewidth": 0.0}
    if not improved:
        style = {"facecolor": hue("ground"), "edgecolor": hue("second"), "linewidth": min(1.2, 0.25 * row)}
    if math.isfinite(change) and change != 0:
        axes.barh(y, change, height=_BAR * row, zorder=2, **style)
