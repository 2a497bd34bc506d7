"""Dose response: points, fitted curve with its band, and the half-way dose with its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    SMALL,
    WIDTH,
    label_axis,
    panel,
    sheet,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DoseCurve", "draw_dose_response"]

_HEIGHT = 250.0
_LEFT, _RIGHT = 62.0, 12.0
_HUES = ("first", "second", "third")
_MARKERS = ("o", "s", "^")
_LINES = ("-", "--", ":")
_KEY_ROW = 20.0
_ZERO_STEP = 3.0
_DECADES_WITH_HALVES = 2


@dataclass(frozen=True, slots=True)
class DoseCurve:
    """One preparation or donor, or one analyte of a standard curve.

    Parameters
    ----------
    label
        Its name.
    doses, responses
        The points; a dose of 0 is drawn beside the axis.
    curve
        Dose, fitted response, lower and upper limit of its band, for rising doses above 0; empty where no
        curve could be fitted.
    ec50
        Half-way dose with the limits of its interval; None where there is none.
    note
        What to say where there is no curve.
    """

    label: str
    doses: tuple[float, ...]
    responses: tuple[float, ...]
    curve: tuple[tuple[float, float, float, float], ...] = ()
    ec50: tuple[float, float, float] | None = None
    note: str = ""


def draw_dose_response(
    curves: Sequence[DoseCurve],
    *,
    dose_label: str,
    response_label: str,
    log_response: bool = False,
    data_kind: DataKind = "measured",
) -> str:
    """Draw one to three dose responses on a logarithmic dose axis.

    Each has its own hue, marker and line style. The half-way dose is a mark on the dose axis with its
    interval and stands as numbers in the key.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no point above dose 0, or there are more than three curves.
    """
    positive = [dose for curve in curves for dose in curve.doses if dose > 0]
    if not positive or len(curves) > len(_HUES):
        raise UsageError(
            f"draw_dose_response: found {len(curves)} curves; expected one to three with doses above 0."
        )
    top = 24.0
    keys = len(curves) * _KEY_ROW
    with sheet(top + _HEIGHT + 58 + keys, data_kind) as figure:
        axes = panel(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, _HEIGHT)
        axes.set_xscale("log")
        if log_response:
            axes.set_yscale("log")
        zero = _place_of_zero(curves, min(positive))
        for number, curve in enumerate(curves):
            _draw_curve(axes, curve, number, zero)
        _frame(axes, curves, zero, positive)
        label_axis(axes, dose_label)
        figure.text(
            0,
            1 - 4 / (top + _HEIGHT + 58 + keys),
            shorten(response_label, WIDTH * 0.6, SMALL),
            va="top",
            size=SMALL,
            color=hue("muted"),
        )
        _draw_key(panel(figure, 0, top + _HEIGHT + 54, WIDTH, max(keys, _KEY_ROW)), curves)
        return svg_text(figure)


def _place_of_zero(curves: Sequence[DoseCurve], least: float) -> float | None:
    """Return where dose 0 is drawn on the logarithmic axis; None where there is none."""
    return least / _ZERO_STEP if any(0 in curve.doses for curve in curves) else None


def _draw_curve(axes: "Axes", curve: DoseCurve, number: int, zero: float | None) -> None:
    colour = hue(_HUES[number])
    if curve.curve:
        doses, fitted, low, high = (list(column) for column in zip(*curve.curve, strict=True))
        axes.fill_between(doses, low, high, color=colour, alpha=0.16, linewidth=0, zorder=1)
        axes.plot(doses, fitted, color=colour, linewidth=2.0, linestyle=_LINES[number], zorder=3)
    at = [dose if dose > 0 else zero or math.nan for dose in curve.doses]
    axes.plot(
        at,
        curve.responses,
        linestyle="none",
        marker=_MARKERS[number],
        markersize=5.5,
        markerfacecolor=colour,
        markeredgecolor=hue("ground"),
        markeredgewidth=0.8,
        zorder=4,
    )


def _frame(axes: "Axes", curves: Sequence[DoseCurve], zero: float | None, positive: Sequence[float]) -> None:
    low, high = min(positive), max(positive)
    axes.set_xlim((zero or low) / 1.5, high * 1.5)
    ticks = _ticks(low, high)
    axes.set_xticks([*([zero] if zero else []), *ticks])
    axes.set_xticklabels([*(["0"] if zero else []), *(format_number(tick) for tick in ticks)])
    axes.minorticks_off()
    axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
    bottom, height = axes.get_ylim()[0], 0.035
    for number, curve in enumerate(curves):
        if curve.ec50 is None:
            continue
        estimate, least, most = curve.ec50
        y = 0.02 + number * height
        limits = [max(least, axes.get_xlim()[0]), min(most, axes.get_xlim()[1])]
        style: Any = {"transform": axes.get_xaxis_transform(), "color": hue(_HUES[number]), "zorder": 5}
        axes.plot(limits, [y, y], linewidth=2.0, solid_capstyle="butt", **style)
        axes.plot([estimate], [y], marker="D", markersize=6, markeredgecolor=hue("ground"), **style)
    axes.set_ylim(bottom=bottom)


def _ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1.0, 3.0) if last - first <= _DECADES_WITH_HALVES else (1.0,)
    ticks = [step * 10.0**decade for decade in range(first, last + 1) for step in steps]
    return [tick for tick in ticks if low * 0.99 <= tick <= high * 1.01] or [low, high]


def _draw_key(axes: "Axes", curves: Sequence[DoseCurve]) -> None:
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(max(len(curves), 1) * _KEY_ROW, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    for number, curve in enumerate(curves):
        y = (number + 0.5) * _KEY_ROW
        colour = hue(_HUES[number])
        axes.plot([2, 26], [y, y], color=colour, linewidth=2.0, linestyle=_LINES[number])
        axes.plot([14], [y], marker=_MARKERS[number], markersize=5.5, color=colour)
        detail = _detail(curve)
        width = WIDTH - 34 - text_width(detail, SMALL) - 8
        axes.text(
            34,
            y,
            shorten(curve.label, max(width, 60), SMALL),
            size=SMALL,
            va="center_baseline",
            color=hue("ink"),
        )
        axes.text(
            WIDTH,
            y,
            shorten(detail, WIDTH - 100, SMALL),
            size=SMALL,
            va="center_baseline",
            ha="right",
            color=hue("muted"),
        )


def _detail(curve: DoseCurve) -> str:
    if curve.ec50 is None:
        return curve.note
    estimate, low, high = curve.ec50
    shown = [
        format_number(value) if math.isfinite(value) else "∞"
        for value in (_three(estimate), _three(low), _three(high))
    ]
    return f"EC50 {shown[0]} ({shown[1]} to {shown[2]})"


def _three(value: float) -> float:
    """Round to three significant digits."""
    return float(f"{value:.3g}")
