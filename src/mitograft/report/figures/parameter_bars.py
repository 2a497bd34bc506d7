"""Parameters of groups: every donor a point beside mean and interval, one small panel a parameter."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import SMALL, WIDTH, panel, sheet, shorten, svg_text
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ParameterPanel", "PointGroup", "draw_parameter_points"]

_COLUMNS = 2
_LEFT = 36.0
_GAP = 14.0
_HEIGHT = 130.0
_TITLE = 46.0
_SPACE = 14.0
_FAR = 0.6  # values that all lie above this share of the highest need no zero on the axis


@dataclass(frozen=True, slots=True)
class PointGroup:
    """One group in a panel: a value for every donor, and the mean with its interval (NaN for none)."""

    label: str
    donors: Mapping[str, float]
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class ParameterPanel:
    """One parameter: its title, unit, groups, and a value at which a line is drawn."""

    title: str
    unit: str
    groups: tuple[PointGroup, ...]
    reference: float | None = field(default=None)


def draw_parameter_points(panels: Sequence[ParameterPanel], *, data_kind: DataKind = "measured") -> str:
    """Draw the donors of every group as points, with mean and interval at their right, two panels in a row.

    A thin line joins the points of one donor across the groups, so that a change within donors can be seen.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there are no panels, a panel has no group or more than six, or panels differ in their groups.
    """
    labels = [tuple(group.label for group in p.groups) for p in panels]
    if len(set(labels)) != 1:
        raise UsageError(
            f"draw_parameter_points: found panels with the groups {labels}; expected the same in all."
        )
    styles = group_styles("draw_parameter_points", labels[0])
    top = 16.0 + key_height(labels[0]) + 6.0
    rows = -(-len(panels) // _COLUMNS)
    width = (WIDTH - _GAP) / _COLUMNS - _LEFT
    with sheet(top + rows * (_TITLE + _HEIGHT + _SPACE), data_kind) as figure:
        draw_key(figure, 16, labels[0], lines=False)
        for index, one in enumerate(panels):
            row, column = divmod(index, _COLUMNS)
            left = _LEFT + column * (width + _LEFT + _GAP)
            axes = panel(figure, left, top + row * (_TITLE + _HEIGHT + _SPACE) + _TITLE, width, _HEIGHT)
            _draw_panel(axes, one, styles, width)
        return svg_text(figure)


def _draw_panel(axes: "Axes", one: ParameterPanel, styles: Sequence[GroupStyle], width: float) -> None:
    _scale(axes, one)
    for line, (text, colour) in enumerate(((one.unit, "muted"), (one.title, "ink"))):
        axes.annotate(
            shorten(text, width + _LEFT, SMALL),
            (0, 1),
            xycoords="axes fraction",
            xytext=(-_LEFT + 2, 12 + 15 * line),
            textcoords="offset points",
            size=SMALL,
            color=hue(colour),
        )
    if one.reference is not None:
        axes.axhline(one.reference, color=hue("muted"), linewidth=1.0, dashes=(3, 2), zorder=1)
    _join_donors(axes, one.groups)
    for x, (group, style) in enumerate(zip(one.groups, styles, strict=True)):
        _draw_group(axes, x, group, style)


def _scale(axes: "Axes", one: ParameterPanel) -> None:
    values = [] if one.reference is None else [one.reference]
    values += [v for g in one.groups for v in (*g.donors.values(), g.estimate, g.low, g.high)]
    finite = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if low < _FAR * high or low == high:
        low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.06 * (high - low) or 0.5
    axes.set_ylim(low - margin * (low != 0), high + margin)
    axes.set_xlim(-0.5, len(one.groups) - 0.5)
    axes.set_xticks([])
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(_tick)
    axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
    axes.axhline(0, color=hue("muted"), linewidth=0.9, zorder=1)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _places(count: int) -> list[float]:
    """Spread the donors evenly over the left of a group's place, in the order given."""
    return [-0.12] if count == 1 else [-0.3 + 0.36 * i / (count - 1) for i in range(count)]


def _join_donors(axes: "Axes", groups: Sequence[PointGroup]) -> None:
    donors = list(dict.fromkeys(name for group in groups for name in group.donors))
    for donor in donors:
        points = [
            (x + _places(len(group.donors))[list(group.donors).index(donor)], group.donors[donor])
            for x, group in enumerate(groups)
            if donor in group.donors
        ]
        if len(points) > 1:
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, color=hue("hatch"), linewidth=0.9, zorder=2)


def _draw_group(axes: "Axes", x: int, group: PointGroup, style: GroupStyle) -> None:
    for place, value in zip(_places(len(group.donors)), group.donors.values(), strict=True):
        axes.plot(
            [x + place],
            [value],
            color=style.colour,
            marker=style.marker,
            markersize=5.5,
            markerfacecolor=hue("ground"),
            markeredgecolor=style.colour,
            markeredgewidth=1.3,
            zorder=3,
            clip_on=False,
        )
    if math.isfinite(group.estimate):
        start, end = axes.get_ylim()
        axes.plot(
            [x + 0.26] * 2,
            [max(group.low, start), min(group.high, end)]
            if not math.isnan(group.low)
            else [group.estimate] * 2,
            color=style.colour,
            linewidth=2.2,
            zorder=4,
        )
        axes.plot([x + 0.14, x + 0.38], [group.estimate] * 2, color=style.colour, linewidth=2.6, zorder=4)
