"""Donor signal of single cells: one histogram a group, above the threshold of the untreated cells."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

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
from mitograft.report.figures.groups import GroupStyle, group_styles
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SignalGroup", "draw_cell_signals"]

_TOP = 44.0
_ROW = 74.0
_TEXT = 20.0
_SIDE = 14.0
_BOTTOM = 44.0
_BINS = 56
_FROM = 0.5  # percentiles between which the axis runs
_APART = 54.0  # units between two ticks

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class SignalGroup:
    """One group: its cells' signals and the words at the right, for example ``31 % positive``."""

    label: str
    signals: tuple[float, ...]
    note: str = ""


def draw_cell_signals(
    groups: Sequence[SignalGroup], threshold: float, *, axis_label: str, data_kind: DataKind = "measured"
) -> str:
    """Draw a histogram for each group below one another, on one axis, with the threshold through all.

    The axis is linear around 0 and logarithmic far from it (inverse hyperbolic sine), as cytometers show
    signals; each histogram is scaled to its own highest bar, and the few most extreme cells end on the
    outermost bars.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no group or more than six, or no finite signal.
    """
    styles = group_styles("draw_cell_signals", [group.label for group in groups])
    every = np.array([signal for group in groups for signal in group.signals], float)
    every = every[np.isfinite(every)]
    if not every.size:
        raise UsageError("draw_cell_signals: found no signal; expected cells. Leave the figure away.")
    scale = _scale(every, threshold)
    ends = np.append(np.percentile(every, (_FROM, 100 - _FROM)), threshold)
    low, high = (float(np.arcsinh(v / scale)) for v in (ends.min(), ends.max()))
    margin = 0.04 * (high - low) or 0.5
    edges = np.linspace(low - margin, high + margin, _BINS + 1)
    height = _ROW * len(groups)
    with sheet(_TOP + height + _BOTTOM, data_kind) as figure:
        axes = panel(figure, _SIDE, _TOP, WIDTH - 2 * _SIDE, height)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        ticks = _ticks(edges, scale)
        axes.set_xticks([float(np.arcsinh(t / scale)) for t in ticks], [format_number(t) for t in ticks])
        label_axis(axes, axis_label)
        for row, (group, style) in enumerate(zip(groups, styles, strict=True)):
            _draw_row(axes, row, np.arcsinh(np.array(group.signals, float) / scale), edges, style)
            _name(axes, row, group)
        _draw_threshold(axes, float(np.arcsinh(threshold / scale)), threshold)
        return svg_text(figure)


def _scale(every: Floats, threshold: float) -> float:
    """Return the signal up to which the axis is about linear."""
    if threshold > 0:
        return threshold / 2
    above = every[every > 0]
    return float(np.median(above)) / 10 if above.size else max(float(np.abs(every).max()), 1.0)


def _ticks(edges: Floats, scale: float) -> list[float]:
    """Return 0 and powers of ten (with their threefold where there is room) that keep apart."""
    low, high = (math.sinh(edge) * scale for edge in (edges[0], edges[-1]))
    power = math.floor(math.log10(max(abs(low), abs(high)))) + 1
    wanted = [0.0]
    for exponent in range(power, power - 7, -1):
        wanted += [sign * factor * 10.0**exponent for factor in (1, 3) for sign in (1, -1)]
    unit = (WIDTH - 2 * _SIDE) / (edges[-1] - edges[0])
    kept: list[float] = []
    for value in wanted:
        at = math.asinh(value / scale) * unit
        if low <= value <= high and all(abs(at - math.asinh(k / scale) * unit) >= _APART for k in kept):
            kept.append(value)
    return sorted(kept)


def _draw_row(axes: "Axes", row: int, places: Floats, edges: Floats, style: GroupStyle) -> None:
    counts, _ = np.histogram(np.clip(places[np.isfinite(places)], edges[0], edges[-1]), edges)
    bottom = _ROW * (row + 1) - 2
    tops = bottom - (_ROW - _TEXT - 8) * counts / max(int(counts.max()), 1)
    axes.fill_between(
        edges, np.append(tops, tops[-1]), bottom, step="post", color=style.colour, alpha=0.35, lw=0
    )
    axes.step(edges, np.append(tops, tops[-1]), where="post", color=style.colour, linewidth=1.3, zorder=3)
    axes.axhline(bottom, color=hue("grid"), linewidth=0.8, zorder=0)


def _name(axes: "Axes", row: int, group: SignalGroup) -> None:
    y = _ROW * row + _TEXT / 2
    room = WIDTH - 2 * _SIDE - text_width(group.note, SMALL) - 10
    row_text(axes, shorten(group.label, room, SMALL), (0, y), size=SMALL)
    row_text(axes, group.note, (1, y), ha="right", size=SMALL, color=hue("muted"))


def _draw_threshold(axes: "Axes", at: float, threshold: float) -> None:
    axes.axvline(at, color=hue("ink"), linewidth=1.1, dashes=(3, 2), zorder=4)
    start, end = axes.get_xlim()
    right = at > (start + end) / 2
    axes.annotate(
        f"threshold of the untreated cells, {threshold:.3g}",
        (at, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3 if right else -3, 6),
        textcoords="offset points",
        ha="right" if right else "left",
        size=SMALL,
        color=hue("muted"),
    )
