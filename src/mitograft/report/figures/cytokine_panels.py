"""A panel of cytokines: every mouse on a log axis, and beside it the ratio to control with its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import SMALL, WIDTH, panel, sheet, shorten, svg_text
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.figures.log_ticks import log_ticks
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CytokineGroup", "CytokinePanel", "CytokineRatio", "draw_cytokine_panels"]

_KEY_TOP = 16.0
_ROW = 17.0
_LEFT = 48.0
_POINTS = 146.0
_FOREST = 214.0  # left end of the intervals
_RIGHT = 12.0
_TITLE = 25.0
_HEIGHT = 84.0
_LINE = 36.0  # height of one interval with its numbers
_SPACE = 16.0
_BOTTOM = 44.0
_CLOUD = 0.28
_WIDEST = 3.0  # decades of the ratio on either side at most


@dataclass(frozen=True, slots=True)
class CytokineGroup:
    """Values of the mice of a group, and the limits of those below their limit."""

    label: str
    values: tuple[float, ...]
    below: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class CytokineRatio:
    """Ratio of a group (its label) to the control with interval and adjusted p value.

    Ends may be 0 or infinite; a NaN interval says with ``refused`` why there is none.
    """

    label: str
    ratio: float
    low: float
    high: float
    q: float
    refused: str = ""


@dataclass(frozen=True, slots=True)
class CytokinePanel:
    """One analyte."""

    title: str
    unit: str
    groups: tuple[CytokineGroup, ...]
    ratios: tuple[CytokineRatio, ...] = ()


def draw_cytokine_panels(
    panels: Sequence[CytokinePanel], *, control: str, data_kind: DataKind = "measured"
) -> str:
    """Draw one row for each analyte: points on the left, ratios to ``control`` on the right.

    A value below the limit of quantification is an open triangle at its limit. The axis of the ratios is the
    same in all rows; an interval that reaches beyond it ends in an arrow. Beside each ratio stands ``q``, its
    p value adjusted over the panel.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no panel, no group or more than six, or a value or limit is not above 0.
    """
    if not panels:
        raise UsageError("draw_cytokine_panels: found no panel; expected one or more. Leave the figure away.")
    labels = list(dict.fromkeys(group.label for one in panels for group in one.groups))
    styles = dict(zip(labels, group_styles("draw_cytokine_panels", labels), strict=True))
    _check(panels)
    below = any(group.below for one in panels for group in one.groups)
    top = _KEY_TOP + key_height(labels) + _ROW * below + 8.0
    heights = [max(_HEIGHT, _LINE * len(one.ratios)) + _TITLE + _SPACE for one in panels]
    span = _span(panels)
    with sheet(top + _ROW + sum(heights) + _BOTTOM, data_kind) as figure:
        draw_key(figure, _KEY_TOP, labels, lines=False)
        if below:
            _draw_below_key(figure, _KEY_TOP + key_height(labels))
        at = top
        for index, (one, height) in enumerate(zip(panels, heights, strict=True)):
            inner = height - _TITLE - _SPACE
            points = panel(figure, _LEFT, at + _TITLE, _POINTS, inner)
            _draw_points(points, one, labels, styles)
            if any(other.ratios for other in panels):
                forest = panel(figure, _FOREST, at + _TITLE, WIDTH - _FOREST - _RIGHT, inner)
                last = index == len(panels) - 1
                _draw_ratios(forest, one, styles, span, label=f"ratio to {control}" if last else "")
            at += height
        return svg_text(figure)


def _check(panels: Sequence[CytokinePanel]) -> None:
    for one in panels:
        values = [v for group in one.groups for v in (*group.values, *group.below)]
        if not all(math.isfinite(v) and v > 0.0 for v in values):
            raise UsageError(
                f"draw_cytokine_panels: {one.title!r} has a value or limit that is not above 0; a log axis "
                "cannot show it."
            )


def _span(panels: Sequence[CytokinePanel]) -> tuple[float, float]:
    """Return the ends of the axis of ratios, as logarithms: all finite ends and 1, within limits."""
    ends = [v for one in panels for r in one.ratios for v in (r.ratio, r.low, r.high)]
    logs = [math.log10(v) for v in ends if math.isfinite(v) and v > 0.0]
    low = max(min([*logs, -0.3]), -_WIDEST)
    high = min(max([*logs, 0.3]), _WIDEST)
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def _draw_below_key(figure: "Figure", top: float) -> None:
    axes: Axes = panel(figure, 0, top, WIDTH, _ROW)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(_ROW, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    _triangle(axes, 18, _ROW / 2, hue("muted"))
    text = "below the limit of quantification, drawn at the limit"
    axes.text(40, _ROW / 2, text, size=SMALL, va="center_baseline", color=hue("muted"))


def _triangle(axes: "Axes", x: float, y: float, colour: str) -> None:
    axes.plot(
        [x],
        [y],
        marker="v",
        color=colour,
        markersize=7,
        markerfacecolor=hue("ground"),
        markeredgecolor=colour,
        markeredgewidth=1.4,
        zorder=4,
        clip_on=False,
    )


def _draw_points(
    axes: "Axes", one: CytokinePanel, labels: Sequence[str], styles: dict[str, GroupStyle]
) -> None:
    logs = [math.log10(v) for group in one.groups for v in (*group.values, *group.below)] or [0.0, 1.0]
    low, high = min(logs), max(logs)
    margin = max(0.08 * (high - low), 0.06)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_xticks([])
    ticks = log_ticks(low - margin, high + margin, most=4)
    axes.set_yticks([math.log10(tick) for tick in ticks], [format_number(tick) for tick in ticks])
    axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
    axes.spines["bottom"].set_visible(True)
    title = f"{one.title} ({one.unit})" if one.unit else one.title
    axes.annotate(
        shorten(title, _FOREST - 10.0, SMALL),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-_LEFT + 4, 11),
        textcoords="offset points",
        size=SMALL,
        color=hue("ink"),
    )
    for group in one.groups:
        style, at = styles[group.label], labels.index(group.label)
        n = len(group.values) + len(group.below)
        places = [at + _CLOUD * ((2 * i / (n - 1) - 1) if n > 1 else 0.0) for i in range(n)]
        for x, value in zip(places, group.values, strict=False):
            axes.plot([x], [math.log10(value)], marker=style.marker, markersize=5, color=style.colour,
                      markeredgewidth=0, zorder=3)  # fmt: skip
        for x, limit in zip(places[len(group.values) :], group.below, strict=True):
            _triangle(axes, x, math.log10(limit), style.colour)


def _draw_ratios(
    axes: "Axes",
    one: CytokinePanel,
    styles: dict[str, GroupStyle],
    span: tuple[float, float],
    *,
    label: str,
) -> None:
    height = max(_HEIGHT, _LINE * len(one.ratios))
    axes.set_xlim(*span)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    ticks = log_ticks(*span, most=5)
    axes.set_xticks([math.log10(tick) for tick in ticks], [format_number(t) for t in ticks] if label else [])
    axes.axvline(0.0, color=hue("muted"), linewidth=1.0, dashes=(3, 2), zorder=1)
    axes.grid(visible=True, axis="x", color=hue("grid"), linewidth=0.8)
    if label:
        axes.spines["bottom"].set_visible(True)
        axes.set_xlabel(shorten(label, WIDTH - _FOREST, SMALL), size=SMALL, color=hue("muted"), labelpad=5)
    step = height / max(1, len(one.ratios))
    for index, ratio in enumerate(one.ratios):
        _draw_ratio(axes, ratio, styles[ratio.label], (index + 0.5) * step)


def _draw_ratio(axes: "Axes", ratio: CytokineRatio, style: GroupStyle, middle: float) -> None:
    known = not math.isnan(ratio.low) and not math.isnan(ratio.high)
    axes.annotate(
        _words(ratio) if known else shorten(ratio.refused or "not compared", WIDTH - _FOREST - 8, SMALL),
        (0, middle - 9),
        xycoords=axes.get_yaxis_transform(),
        size=SMALL,
        va="center_baseline",
        color=hue("ink" if known else "muted"),
        bbox={"facecolor": hue("ground"), "edgecolor": "none", "pad": 1.0},
        zorder=5,
    )
    if not known:
        return
    start, end = axes.get_xlim()
    low, high = (math.log10(v) if v > 0.0 else -math.inf for v in (ratio.low, ratio.high))
    shown = max(low, start), min(high, end)
    axes.plot(shown, [middle + 8] * 2, color=style.colour, linewidth=2, zorder=3)
    for value, place, mark in ((low, shown[0], "<"), (high, shown[1], ">")):
        beyond = value != place
        axes.plot([place], [middle + 8], marker=mark if beyond else "|", markersize=7 if beyond else 9,
                  markeredgewidth=2, color=style.colour, clip_on=False, zorder=3)  # fmt: skip
    if math.isfinite(ratio.ratio) and ratio.ratio > 0.0 and start <= math.log10(ratio.ratio) <= end:
        axes.plot([math.log10(ratio.ratio)], [middle + 8], marker=style.marker, markersize=7,
                  color=style.colour, zorder=4)  # fmt: skip


def _words(ratio: CytokineRatio) -> str:
    """Write ratio, interval and adjusted p value.

    >>> _words(CytokineRatio("a", 0.4512, 0.2, 1.0, 0.0312))
    '0.45 (0.20 to 1.0), q 0.031'
    """
    numbers = [_two_digits(v) for v in (ratio.ratio, ratio.low, ratio.high)]
    q = "" if math.isnan(ratio.q) else f", q {'< 0.001' if ratio.q < 0.001 else _two_digits(ratio.q)}"
    return f"{numbers[0]} ({numbers[1]} to {numbers[2]}){q}"


def _two_digits(value: float) -> str:
    """Write a positive number with two significant digits."""
    if not math.isfinite(value) or value == 0.0:
        return format_number(value)
    decimals = max(0, 1 - math.floor(math.log10(float(f"{value:.1e}"))))
    return format_number(value, decimals)
