"""Scores per mouse: every mouse a point in its group, the centre of the group as a bar.

For any outcome with one number a mouse: grades, cytokines (values below the limit of quantification as open
triangles at the limit), the index of the metabolic shift. Effects and p values belong in the caption.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    SMALL,
    WIDTH,
    panel,
    row_text,
    sheet,
    shorten,
    svg_text,
    text_width,
    wrapped,
)
from mitograft.report.figures.groups import GroupStyle, styles_by_role
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MouseScoresGroup", "draw_mouse_scores"]

Role = Literal["healthy", "control", "treated"]

_TOP = 40.0
_PANEL = 210.0
_LINE = 15.0
_LINES = 3
_KEY = 18.0
_MOST_GROUPS = 8
_SIZE = 7.0
_STEP = 9.0  # between the middles of points side by side
_NEAR = 7.5  # points closer than this, upwards, must stand side by side
_BAR = 0.36  # half the width of the bar, in groups
_MOST_POWERS = 3  # ... of ten on an axis that has room for three ticks in each
_LEAST_RATIO = 1.5  # ends of a logarithmic axis are at least this far apart


@dataclass(frozen=True, slots=True)
class MouseScoresGroup:
    """One group of mice.

    Parameters
    ----------
    name, role
        Name under the axis; the role gives hue and shape.
    values
        One for each mouse.
    below
        Limits below which the values of further mice lie.
    centre
        Where the bar stands; NaN for none.
    """

    name: str
    role: Role
    values: tuple[float, ...]
    below: tuple[float, ...] = ()
    centre: float = math.nan


def draw_mouse_scores(
    groups: Sequence[MouseScoresGroup],
    *,
    axis_label: str,
    centre: str = "median",
    log: bool = False,
    ticks: Sequence[tuple[float, str]] = (),
    data_kind: DataKind = "measured",
) -> str:
    """Draw every mouse as a point, groups from left to right.

    Parameters
    ----------
    groups
        In the order wanted: healthy, vehicle, rising doses.
    axis_label
        What was measured, with its unit.
    centre
        What the bar is: ``median``, ``mean``, ``geometric mean``, ``share``.
    log
        Logarithmic axis, for values above 0.
    ticks
        Values and words of the axis where they are given (grades; no and yes); round numbers otherwise.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no group or more than eight, two of one name, or a value of 0 or less on a logarithmic
        axis.
    """
    _check(groups, log=log)
    marks = list(ticks) or _round_ticks(_values(groups), log=log)
    left = max((text_width(text, SMALL) for _, text in marks), default=0.0) + 12
    width = (WIDTH - left) / len(groups)
    names = _Names.of(groups, width)
    key = [*names.told, *_key_lines(groups, centre)]
    key_top = _TOP + _PANEL + names.height + 8
    with sheet(key_top + _KEY * len(key), data_kind) as figure:
        axes = panel(figure, left, _TOP, WIDTH - left, _PANEL)
        _draw_axes(axes, groups, marks, log=log)
        axes.annotate(
            shorten(axis_label, WIDTH, SMALL), (0, 1), xycoords="axes fraction", xytext=(-left, 12),
            textcoords="offset points", size=SMALL, color=hue("muted"),
        )  # fmt: skip
        names.draw(axes)
        for at, (group, style) in enumerate(
            zip(groups, styles_by_role([g.role for g in groups]), strict=True)
        ):
            _draw_group(axes, (at, width), group, style)
        _draw_key(panel(figure, 0, key_top, WIDTH, _KEY * len(key)), key)
        return svg_text(figure)


def _check(groups: Sequence[MouseScoresGroup], *, log: bool) -> None:
    names = [group.name for group in groups]
    if not 1 <= len(names) <= _MOST_GROUPS or len(set(names)) < len(names):
        raise UsageError(
            f"draw_mouse_scores: found {len(names)} groups; expected one to {_MOST_GROUPS}, each name once."
        )
    if log and min(_values(groups), default=1.0) <= 0.0:
        raise UsageError("draw_mouse_scores: found a value of 0 or less; a logarithmic axis has none.")


def _values(groups: Sequence[MouseScoresGroup]) -> list[float]:
    every = [v for group in groups for v in (*group.values, *group.below, group.centre)]
    return [value for value in every if math.isfinite(value)]


def _round_ticks(values: Sequence[float], *, log: bool) -> list[tuple[float, str]]:
    low, high = min(values, default=1.0 if log else 0.0), max(values, default=1.0)
    ticks = _log_ticks(low, high) if log else _linear_ticks(low, high)
    return [(tick, format_number(tick)) for tick in ticks]


def _linear_ticks(low: float, high: float) -> list[float]:
    """Return about five round values that span the data."""
    if low == high:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    return [round(i * step, 12) for i in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Return round values that span the data, as few for each power of ten as there is room for."""
    if high < _LEAST_RATIO * low:
        middle = math.sqrt(low * high)
        low, high = min(low, middle / _LEAST_RATIO), max(high, middle * _LEAST_RATIO)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if len(powers) <= _MOST_POWERS else (1,)
    ticks = [float(f"{step}e{power}") for power in powers for step in steps]
    first = max((i for i, tick in enumerate(ticks) if tick <= low), default=0)
    last = min((i for i, tick in enumerate(ticks) if tick >= high), default=len(ticks) - 1)
    return ticks[first : last + 1]


def _draw_axes(
    axes: "Axes", groups: Sequence[MouseScoresGroup], marks: Sequence[tuple[float, str]], *, log: bool
) -> None:
    values = [*_values(groups), *(value for value, _ in marks)]
    move, back = _transform(log=log)
    low, high = move(min(values)), move(max(values))
    margin = 0.05 * (high - low) or 0.5
    if log:
        axes.set_yscale("log")
    axes.set_ylim(back(low - margin), back(high + margin))
    axes.set_xlim(-0.5, len(groups) - 0.5)
    axes.set_xticks([])
    axes.set_yticks([value for value, _ in marks], [shorten(text, WIDTH / 4, SMALL) for _, text in marks])
    axes.tick_params(which="both", length=0)
    axes.minorticks_off()
    axes.spines["bottom"].set_visible(True)
    for value, _ in marks:
        axes.axhline(value, color=hue("grid"), linewidth=0.8, zorder=0)


def _transform(*, log: bool) -> tuple[Callable[[float], float], Callable[[float], float]]:
    return (math.log10, lambda x: 10.0**x) if log else (float, float)


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the groups with their numbers of mice; letters, told below, where a name would be cut."""

    lines: tuple[tuple[str, ...], ...]
    told: tuple[str, ...]

    @classmethod
    def of(cls, groups: Sequence[MouseScoresGroup], width: float) -> "_Names":
        lines = [wrapped(group.name, width - 6, SMALL, most=_LINES) for group in groups]
        told: list[str] = []
        if any(text_width(line, SMALL) > width or line.endswith("…") for name in lines for line in name):
            letters = [chr(ord("A") + at) for at in range(len(groups))]
            lines = [[letter] for letter in letters]
            told = [shorten(f"{a}: {g.name}", WIDTH, SMALL) for a, g in zip(letters, groups, strict=True)]
        counts = [f"n = {len(group.values) + len(group.below)}" for group in groups]
        both = tuple((*name, count) for name, count in zip(lines, counts, strict=True))
        return cls(both, tuple(told))

    @property
    def height(self) -> float:
        """Height under the axis."""
        return _LINE * max(map(len, self.lines)) + 8

    def draw(self, axes: "Axes") -> None:
        for at, lines in enumerate(self.lines):
            for row, line in enumerate(lines):
                axes.annotate(
                    line,
                    (at, 0),
                    xycoords=axes.get_xaxis_transform(),
                    xytext=(0, -7 - row * _LINE),
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    size=SMALL,
                    color=hue("muted" if row == len(lines) - 1 else "ink"),
                )


def _draw_group(axes: "Axes", place: tuple[int, float], group: MouseScoresGroup, style: GroupStyle) -> None:
    (at, width), colour, marker = place, style.colour, style.marker
    points = [(value, marker, True) for value in group.values]
    points += [(limit, "v", False) for limit in group.below]
    points = sorted((point for point in points if math.isfinite(point[0])), key=lambda point: point[0])
    heights = [float(axes.transData.transform((at, value))[1]) for value, _, _ in points]
    for shift, (value, shape, known) in zip(_side_by_side(heights, 0.8 * width), points, strict=True):
        axes.plot(
            [at + shift / width],
            [value],
            marker=shape,
            markersize=_SIZE - (shape == "D"),
            markerfacecolor=colour if known else hue("ground"),
            markeredgecolor=hue("ground") if known else colour,
            markeredgewidth=0.8 if known else 1.4,
            linestyle="none",
            zorder=3,
            clip_on=False,
        )
    if math.isfinite(group.centre):
        axes.plot(
            [at - _BAR, at + _BAR], [group.centre] * 2, color=hue("ink"), linewidth=2.2, zorder=2,
            solid_capstyle="butt",
        )  # fmt: skip


def _side_by_side(heights: Sequence[float], room: float) -> list[float]:
    """Return how far from the middle each point stands, so that no two cover each other where there is room.

    ``heights`` are ascending; runs of close points are spread evenly around the middle.

    >>> _side_by_side([0.0, 0.0, 50.0], 60.0)
    [-4.5, 4.5, 0.0]
    """
    shifts: list[float] = []
    run: list[float] = []
    for height in [*heights, math.inf]:
        if run and height - run[0] >= _NEAR:
            step = min(_STEP, room / max(len(run) - 1, 1))
            shifts += [step * (i - (len(run) - 1) / 2) for i in range(len(run))]
            run = []
        run.append(height)
    return shifts


def _key_lines(groups: Sequence[MouseScoresGroup], centre: str) -> list[str]:
    parts = ["each point a mouse"]
    if any(math.isfinite(group.centre) for group in groups):
        parts.append(f"bar: {centre}")
    if any(group.below for group in groups):
        parts.append("open triangle: below the limit, drawn at the limit")
    return wrapped("; ".join(parts), WIDTH, SMALL)


def _draw_key(axes: "Axes", lines: Sequence[str]) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(len(lines), 0)
    axes.set_xticks([])
    axes.set_yticks([])
    for row, line in enumerate(lines):
        row_text(axes, line, (0, row + 0.5), size=SMALL, color=hue("muted"))
