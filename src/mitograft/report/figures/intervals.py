"""Estimates with their intervals, one below the other, against a reference value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

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
    wrapped,
)
from mitograft.report.numbers import format_interval, format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Interval", "draw_intervals"]

_ROW = 44.0
_LINE = 16.0
_TOP = 26.0
_BOTTOM = 44.0
_SIDE = 12.0


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval; a NaN estimate is a quantity that could not be estimated."""

    label: str
    estimate: float
    low: float
    high: float


def draw_intervals(
    rows: Sequence[Interval],
    *,
    unit: str,
    reference: float | None = None,
    reference_label: str = "",
    decimals: int | None = None,
    data_kind: DataKind = "measured",
) -> str:
    """Draw estimates (squares) with intervals (lines) on one axis in ``unit``.

    The label and the numbers stand above each interval, so that long labels fit. An interval that reaches
    beyond the axis, or to infinity, ends in an arrow. The axis spans the finite values and the reference.

    Returns
    -------
    str
        SVG text, 440 units wide; 44 units high for each row and 16 for each further line of its label.
    """
    labels = [_label(row, decimals) for row in rows]
    tops = list(accumulate((_ROW + _LINE * (len(label) - 1) for label in labels), initial=0.0))
    height = max(tops[-1], _ROW)
    with sheet(_TOP + height + _BOTTOM, data_kind) as figure:
        axes = panel(figure, _SIDE, _TOP, WIDTH - 2 * _SIDE, height)
        start, end = _span(rows, reference)
        axes.set_xlim(start, end)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        axes.locator_params(axis="x", nbins=6)
        axes.xaxis.set_major_formatter(_tick)
        label_axis(axes, unit)
        if reference is not None:
            _draw_reference(axes, reference, shorten(reference_label, WIDTH / 2, SMALL))
        for row, label, top in zip(rows, labels, tops, strict=False):
            _draw_row(axes, row, label, top, decimals)
        return svg_text(figure)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _span(rows: Sequence[Interval], reference: float | None) -> tuple[float, float]:
    """Return the ends of the axis: all finite values and the reference, with a margin."""
    values = [value for row in rows for value in (row.estimate, row.low, row.high) if math.isfinite(value)]
    if reference is not None:
        values.append(reference)
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin


def _draw_reference(axes: "Axes", reference: float, label: str) -> None:
    axes.axvline(reference, color=hue("muted"), linewidth=1.0, dashes=(3, 2), zorder=1)
    start, end = axes.get_xlim()
    right = reference > (start + end) / 2
    axes.annotate(
        label,
        (reference, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3 if right else -3, 6),
        textcoords="offset points",
        ha="right" if right else "left",
        size=SMALL,
        color=hue("muted"),
    )


def _label(row: Interval, decimals: int | None) -> list[str]:
    """Return the label's lines: they share the row with the numbers."""
    numbers = format_interval(row.estimate, row.low, row.high, decimals)
    return wrapped(row.label, WIDTH - 2 * _SIDE - text_width(numbers) - 10)


def _draw_row(axes: "Axes", row: Interval, label: Sequence[str], top: float, decimals: int | None) -> None:
    numbers = format_interval(row.estimate, row.low, row.high, decimals)
    for index, line in enumerate(label):
        row_text(axes, line, (0, top + 13 + index * _LINE))
    row_text(axes, numbers, (1, top + 13), ha="right")
    if not math.isnan(row.estimate):
        _draw_interval(axes, row, top + 31 + _LINE * (len(label) - 1))


def _draw_interval(axes: "Axes", row: Interval, y: float) -> None:
    start, end = axes.get_xlim()
    low, high = max(row.low, start), min(row.high, end)
    axes.plot([low, high], [y, y], color=hue("first"), linewidth=2, zorder=2)
    for value, shown, marker in ((row.low, low, "<"), (row.high, high, ">")):
        beyond = value != shown
        axes.plot(
            [shown],
            [y],
            marker=marker if beyond else "|",
            markersize=7 if beyond else 9,
            markeredgewidth=2,
            color=hue("first"),
            clip_on=False,
        )
    if math.isfinite(row.estimate):
        axes.plot([row.estimate], [y], marker="s", markersize=8, color=hue("first"), zorder=3)
