"""Uptake, donor mtDNA, potential, ROS: every well a point with its interval, one panel a parameter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import SMALL, WIDTH, panel, sheet, shorten, svg_text
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["UptakeGroup", "UptakePanel", "UptakePoint", "draw_uptake"]

_COLUMNS = 2
_LEFT = 42.0
_GAP = 14.0
_HEIGHT = 130.0
_TITLE = 40.0
_SPACE = 16.0
_KEY_TOP = 16.0
_CLOUD = 0.22  # half the width over which the points of a group stand
_SIDE = 0.14  # by which they stand left of their place, beside the mean
_MOST_SIZED = 12


@dataclass(frozen=True, slots=True)
class UptakePoint:
    """One well, sample or image: its value and the ends of its interval (NaN for none)."""

    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class UptakeGroup:
    """One condition in a panel: its points, and their mean where one is to be drawn."""

    label: str
    points: tuple[UptakePoint, ...]
    mean: float = math.nan


@dataclass(frozen=True, slots=True)
class UptakePanel:
    """One parameter: title, unit, groups, and a value at which a line is drawn (such as 1 for a ratio)."""

    title: str
    unit: str
    groups: tuple[UptakeGroup, ...]
    reference: float | None = None


def draw_uptake(panels: Sequence[UptakePanel], *, data_kind: DataKind = "measured") -> str:
    """Draw panels two in a row; a group keeps its hue and marker in all of them.

    Points have hollow marks, their intervals thin lines; a short bold line is the mean of a group. An
    interval without an upper or lower end runs to the edge of the panel. A group need not occur in every
    panel.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there are no panels, or no group or more than six in all.
    """
    if not panels:
        raise UsageError("draw_uptake: found no panel; expected one or more. Leave the figure away.")
    labels = list(dict.fromkeys(group.label for one in panels for group in one.groups))
    styles = dict(zip(labels, group_styles("draw_uptake", labels), strict=True))
    top = _KEY_TOP + key_height(labels) + 6.0
    width = (WIDTH - _GAP) / _COLUMNS - _LEFT
    rows = -(-len(panels) // _COLUMNS)
    with sheet(top + rows * (_TITLE + _HEIGHT + _SPACE), data_kind) as figure:
        draw_key(figure, _KEY_TOP, labels, lines=False)
        for index, one in enumerate(panels):
            row, column = divmod(index, _COLUMNS)
            left = _LEFT + column * (width + _LEFT + _GAP)
            above = top + row * (_TITLE + _HEIGHT + _SPACE) + _TITLE
            axes = panel(figure, left, above, width, _HEIGHT)
            _frame(axes, one, len(labels), width)
            for group in one.groups:
                _draw_group(axes, labels.index(group.label), group, styles[group.label])
        return svg_text(figure)


def _finite(one: UptakePanel) -> list[float]:
    values = [] if one.reference is None else [one.reference]
    for group in one.groups:
        values += [v for point in group.points for v in (point.value, point.low, point.high)]
        values.append(group.mean)
    return [value for value in values if math.isfinite(value)]


def _frame(axes: "Axes", one: UptakePanel, places: int, width: float) -> None:
    values = _finite(one) or [0.0, 1.0]
    low, high = min(*values, 0.0), max(*values, 0.0)  # shares and ratios are judged by their distance from 0
    margin = 0.1 * (high - low) or 0.5
    axes.set_ylim(low - margin * (low < 0), high + margin * (high > 0 or low == high))
    axes.set_xlim(-0.5, places - 0.5)
    axes.set_xticks([])
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(_tick)
    axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
    axes.axhline(0, color=hue("muted"), linewidth=0.9, zorder=1)
    if one.reference is not None:
        axes.axhline(one.reference, color=hue("muted"), linewidth=1.0, dashes=(3, 2), zorder=1)
    for line, (text, colour) in enumerate(((one.unit, "muted"), (one.title, "ink"))):
        axes.annotate(
            shorten(text, width + _LEFT, SMALL),
            (0, 1),
            xycoords="axes fraction",
            xytext=(-_LEFT + 2, 8 + 15 * line),
            textcoords="offset points",
            size=SMALL,
            color=hue(colour),
        )


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _places(count: int) -> list[float]:
    """Spread points evenly over the left of a group's place, in the order given."""
    if count == 1:
        return [-_SIDE]
    return [-_SIDE + _CLOUD * (2 * i / (count - 1) - 1) for i in range(count)]


def _draw_group(axes: "Axes", at: int, group: UptakeGroup, style: GroupStyle) -> None:
    start, end = axes.get_ylim()
    size = 5.5 if len(group.points) <= _MOST_SIZED else 3.5
    for shift, point in zip(_places(len(group.points)), group.points, strict=True):
        if not math.isfinite(point.value):
            continue
        if not math.isnan(point.low) and not math.isnan(point.high):
            ends = [max(point.low, start), min(point.high, end)]
            axes.plot([at + shift] * 2, ends, color=style.colour, linewidth=1.2, zorder=2)
        axes.plot(
            [at + shift],
            [point.value],
            marker=style.marker,
            markersize=size,
            markerfacecolor=hue("ground"),
            markeredgecolor=style.colour,
            markeredgewidth=1.3,
            linestyle="none",
            zorder=3,
            clip_on=False,
        )
    if math.isfinite(group.mean):
        axes.plot([at + 0.22, at + 0.42], [group.mean] * 2, color=style.colour, linewidth=2.6, zorder=4)
