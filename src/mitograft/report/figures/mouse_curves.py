"""Courses of mice over time: group means with intervals, every mouse behind them, and who was measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

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
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.figures.log_ticks import log_ticks
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CurveGroup", "CurveMouse", "TreatmentDay", "draw_mouse_curves"]

_PLOT = 230.0
_LEFT = 46.0
_RIGHT = 14.0
_BOTTOM = 46.0
_ROW = 17.0
_LABEL = 16.0
_KEY_TOP = 16.0
_DODGE = 4.0  # units between the error bars of neighbouring groups
_COLUMN = 26.0  # least distance of counts under the axis
_ENDED = "left the study early"


@dataclass(frozen=True, slots=True)
class CurveMouse:
    """One mouse: days, values, and whether it left the study early at the last of them."""

    days: tuple[float, ...]
    values: tuple[float, ...]
    left: bool = False


@dataclass(frozen=True, slots=True)
class CurveGroup:
    """One group: days with means, ends of their intervals (NaN for none), mice measured, and the mice."""

    label: str
    days: tuple[float, ...]
    means: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    counts: tuple[int, ...]
    mice: tuple[CurveMouse, ...] = ()


@dataclass(frozen=True, slots=True)
class TreatmentDay:
    """A day on which treatment was given; an empty label repeats the one before."""

    label: str
    day: float


def draw_mouse_curves(
    groups: Sequence[CurveGroup],
    treatments: Sequence[TreatmentDay] = (),
    *,
    quantity: str,
    log: bool = False,
    reference: float | None = None,
    data_kind: DataKind = "measured",
) -> str:
    """Draw one to six groups over the days since immunisation.

    Thin lines are mice, marks with bars the means of those measured on the day with their interval; a cross
    ends the line of a mouse that left early. The number of mice measured stands under the axis.

    Parameters
    ----------
    groups
        In the order of the key.
    treatments
        Labelled dashed lines.
    quantity
        What the vertical axis shows, with its unit.
    log
        Whether the vertical axis is logarithmic; values must then be above 0.
    reference
        Value of a dashed horizontal line, for example 100 % of baseline.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there are no groups or more than six, lengths differ, or a value is not above 0 on a log axis.
    """
    labels = [group.label for group in groups]
    styles = group_styles("draw_mouse_curves", labels)
    _check(groups, log=log)
    ended = any(mouse.left for group in groups for mouse in group.mice)
    key = key_height(labels) + (_ROW if ended else 0.0)
    top = _KEY_TOP + key + 26.0 + _LABEL * bool(treatments)
    table = _ROW * (len(groups) + 1)
    with sheet(top + _PLOT + _BOTTOM + table, data_kind) as figure:
        draw_key(figure, _KEY_TOP, labels, lines=True)
        if ended:
            _draw_ended(figure, _KEY_TOP + key_height(labels))
        axes = panel(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, _PLOT)
        _scale(axes, groups, [t.day for t in treatments], reference, log=log)
        _label(axes, quantity, _LABEL * bool(treatments))
        if reference is not None:
            axes.axhline(_at(reference, log=log), color=hue("muted"), linewidth=1.0, dashes=(3, 2), zorder=1)
        _draw_treatments(axes, treatments)
        unit = (axes.get_xlim()[1] - axes.get_xlim()[0]) / (WIDTH - _LEFT - _RIGHT)
        for order, (group, style) in enumerate(zip(groups, styles, strict=True)):
            shift = (order - (len(groups) - 1) / 2.0) * _DODGE * unit
            _draw_group(axes, group, style, shift, log=log)
        _draw_counts(axes, panel(figure, 0, top + _PLOT + _BOTTOM, WIDTH, table), groups, styles)
        return svg_text(figure)


def _check(groups: Sequence[CurveGroup], *, log: bool) -> None:
    for group in groups:
        parts = (group.days, group.means, group.lows, group.highs, group.counts)
        lengths = {len(part) for part in parts}
        if len(lengths) != 1 or any(len(m.days) != len(m.values) for m in group.mice):
            raise UsageError(
                f"draw_mouse_curves: the group {group.label!r} has parts of different lengths; expected a "
                "value for every day."
            )
        if log and any(v <= 0.0 for part in _series(group) for v in part if math.isfinite(v)):
            raise UsageError(f"draw_mouse_curves: {group.label!r} has values that no log axis can show.")


def _series(group: CurveGroup) -> tuple[tuple[float, ...], ...]:
    return (group.means, group.lows, group.highs, *(mouse.values for mouse in group.mice))


def _at(value: float, *, log: bool) -> float:
    """Return the height of a value on the axis; NaN where it has none."""
    if not math.isfinite(value):
        return math.nan
    return math.log10(value) if log else value


def _scale(
    axes: "Axes",
    groups: Sequence[CurveGroup],
    treated: Sequence[float],
    reference: float | None,
    *,
    log: bool,
) -> None:
    """Let the axes span every value and day."""
    values = [
        _at(v, log=log) for group in groups for part in _series(group) for v in part if math.isfinite(v)
    ]
    values += [] if reference is None else [_at(reference, log=log)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.05 * (high - low) or 0.5
    axes.set_ylim(low - margin, high + margin)
    days = [day for group in groups for day in group.days] + [
        d for g in groups for m in g.mice for d in m.days
    ]
    first, last = min([*days, *treated], default=0.0), max([*days, *treated], default=1.0)
    room = 0.045 * (last - first) or 0.5
    axes.set_xlim(first - room, last + room)
    axes.locator_params(axis="x", nbins=8, integer=True)
    axes.xaxis.set_major_formatter(_tick)
    if log:
        ticks = log_ticks(low - margin, high + margin, most=6)
        axes.set_yticks([math.log10(tick) for tick in ticks], [format_number(tick) for tick in ticks])
    else:
        axes.locator_params(axis="y", nbins=6)
        axes.yaxis.set_major_formatter(_tick)
    axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _label(axes: "Axes", quantity: str, above: float) -> None:
    label_axis(axes, "days since immunisation")
    axes.annotate(
        shorten(quantity, WIDTH, SMALL),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-_LEFT + 4, 10 + above),
        textcoords="offset points",
        size=SMALL,
        color=hue("muted"),
    )


def _draw_treatments(axes: "Axes", treatments: Sequence[TreatmentDay]) -> None:
    """Draw a line at each day; a label is left out where it would run into the one before."""
    start, end = axes.get_xlim()
    unit = (WIDTH - _LEFT - _RIGHT) / (end - start)
    reached = -math.inf
    for treatment in sorted(treatments, key=lambda t: t.day):
        x = (treatment.day - start) * unit
        axes.axvline(treatment.day, color=hue("muted"), linewidth=0.9, dashes=(3, 2), zorder=1)
        text = shorten(treatment.label, 0.5 * WIDTH, SMALL)
        width = text_width(text, SMALL)
        right = x + width > WIDTH - _LEFT - _RIGHT
        begin = x - width if right else x
        if not text or begin < reached:
            continue
        reached = begin + width + 6
        axes.annotate(
            text,
            (treatment.day, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 5),
            textcoords="offset points",
            ha="right" if right else "left",
            size=SMALL,
            color=hue("ink"),
        )


def _draw_group(axes: "Axes", group: CurveGroup, style: GroupStyle, shift: float, *, log: bool) -> None:
    for mouse in group.mice:
        heights = [_at(v, log=log) for v in mouse.values]
        axes.plot(mouse.days, heights, color=style.colour, linewidth=0.8, alpha=0.35, zorder=2)
        if mouse.left and mouse.days:
            axes.plot(
                mouse.days[-1:],
                heights[-1:],
                marker="x",
                markersize=8,
                markeredgewidth=1.8,
                color=style.colour,
                zorder=4,
            )
    days = [day + shift for day in group.days]
    for day, low, high in zip(days, group.lows, group.highs, strict=True):
        ends = [_at(low, log=log), _at(high, log=log)]
        if not any(map(math.isnan, ends)):
            axes.plot([day] * 2, ends, color=style.colour, linewidth=1.4, zorder=3)
    axes.plot(
        days,
        [_at(v, log=log) for v in group.means],
        color=style.colour,
        linewidth=1.8,
        linestyle=style.line,
        marker=style.marker,
        markersize=6,
        markeredgecolor=hue("ground"),
        markeredgewidth=0.6,
        zorder=5,
    )


def _draw_ended(figure: "Figure", top: float) -> None:
    axes = _bare(panel(figure, 0, top, WIDTH, _ROW), _ROW)
    axes.plot([18], [_ROW / 2], marker="x", markersize=8, markeredgewidth=1.8, color=hue("muted"))
    axes.text(40, _ROW / 2, _ENDED, size=SMALL, va="center_baseline", color=hue("muted"))


def _bare(axes: "Axes", height: float) -> "Axes":
    """Give a panel the scale of the sheet, from its top, and no axes."""
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes


def _draw_counts(
    plot: "Axes", below: "Axes", groups: Sequence[CurveGroup], styles: Sequence[GroupStyle]
) -> None:
    """Write the mice measured, one row for each group, under as many of its days as there is room for."""
    axes = _bare(below, _ROW * (len(groups) + 1))
    start, end = plot.get_xlim()
    unit = (WIDTH - _LEFT - _RIGHT) / (end - start)
    days = sorted({day for group in groups for day in group.days})
    shown = _spread([_LEFT + (day - start) * unit for day in days])
    axes.text(4, _ROW / 2, "mice measured", size=SMALL, va="center_baseline", color=hue("muted"))
    for row, (group, style) in enumerate(zip(groups, styles, strict=True), start=1):
        y = _ROW * (row + 0.5)
        axes.plot([14], [y], marker=style.marker, markersize=6, color=style.colour)
        counts = dict(zip(group.days, group.counts, strict=True))
        for index, x in shown:
            if days[index] in counts:
                text = str(counts[days[index]])
                axes.text(x, y, text, size=SMALL, ha="center", va="center_baseline", color=hue("ink"))


def _spread(places: Sequence[float]) -> list[tuple[int, float]]:
    """Return the places (with their index) that keep their distance; the last one is always kept."""
    if all(after - before >= _COLUMN for before, after in pairwise(places)):
        return list(enumerate(places))
    kept: list[tuple[int, float]] = []
    for index, x in enumerate(places):
        if not kept or x - kept[-1][1] >= _COLUMN:
            kept.append((index, x))
    last = len(places) - 1
    if kept[-1][0] != last:
        kept[-1] = (last, places[last])
    return kept
