"""Shift map: how far each gene set of each group lies from healthy, one row a set."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    SMALL,
    WIDTH,
    label_axis,
    panel,
    row_text,
    sheet,
    short_names,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.figures.groups import GroupStyle, styles_by_role
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ShiftGroup", "ShiftRow", "draw_shift_map"]

Role = Literal["healthy", "control", "treated"]

_ROW = 26.0
_LABEL_LIMIT = 300.0
_GAP = 10.0
_KEY = 18.0
_TOP = 34.0
_MOST_GROUPS = 6
_SPREAD = 5.0


@dataclass(frozen=True, slots=True)
class ShiftGroup:
    """A group of the map; the role gives hue and shape."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """One gene set: difference from healthy and interval for each group, NaN where there is none."""

    label: str
    values: tuple[tuple[float, float, float], ...]
    heading: str = ""


def draw_shift_map(
    groups: Sequence[ShiftGroup],
    rows: Sequence[ShiftRow],
    *,
    axis_label: str,
    data_kind: DataKind = "measured",
) -> str:
    """Draw the distance from healthy of every set, with its interval, for every group but the healthy one.

    Parameters
    ----------
    groups
        In the order of the values of each row.
    rows
        One for each set, from the top; a heading stands above a row that has one.
    axis_label
        What the distance is measured in.
    data_kind
        Simulated and published data are marked.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no row, no group or more than six, or a row has not one value for each group.
    """
    if not rows or not 1 <= len(groups) <= _MOST_GROUPS or any(len(r.values) != len(groups) for r in rows):
        raise UsageError(
            f"draw_shift_map: found {len(rows)} rows and {len(groups)} groups; expected rows, one to "
            f"{_MOST_GROUPS} groups, and one value for each group in every row."
        )
    labels = short_names([row.label for row in rows], _LABEL_LIMIT)
    left = max(text_width(label, SMALL) for label in labels) + _GAP
    height = sum(_height(row) for row in rows)
    key = _key_lines(groups)
    with sheet(_TOP + height + 46 + _KEY * len(key), data_kind) as figure:
        axes = panel(figure, left, _TOP, WIDTH - left - 6, height)
        _draw_axes(axes, rows, height)
        y = 0.0
        for label, row in zip(labels, rows, strict=True):
            if row.heading:
                row_text(
                    axes,
                    shorten(row.heading, WIDTH - 8, SMALL),
                    (0, y + _ROW / 2),
                    -left,
                    weight="bold",
                    size=SMALL,
                )
                y += _ROW
            _draw_row(axes, (label, row), y + _ROW / 2, groups)
            y += _ROW
        label_axis(axes, axis_label)
        _draw_key(panel(figure, 0, _TOP + height + 46, WIDTH, _KEY * len(key)), key)
        return svg_text(figure)


def _height(row: ShiftRow) -> float:
    return 2 * _ROW if row.heading else _ROW


def _draw_axes(axes: "Axes", rows: Sequence[ShiftRow], height: float) -> None:
    numbers = [v for row in rows for value in row.values for v in value if math.isfinite(v)]
    low, high = min([*numbers, 0.0]), max([*numbers, 0.0])
    reach = (high - low) or 1.0
    axes.set_xlim(low - 0.06 * reach, high + 0.06 * reach)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=6)
    ticks = [tick for tick in axes.get_xticks() if low - 0.06 * reach <= tick <= high + 0.06 * reach]
    axes.set_xticks(ticks, [format_number(round(float(tick), 6)) for tick in ticks])
    axes.tick_params(length=0, labelsize=SMALL)
    axes.axvline(0.0, color=hue("muted"), linewidth=1.2, zorder=1)
    for tick in ticks:
        axes.axvline(tick, color=hue("grid"), linewidth=0.8, zorder=0)


def _draw_row(axes: "Axes", row: tuple[str, ShiftRow], y: float, groups: Sequence[ShiftGroup]) -> None:
    label, values = row[0], row[1].values
    axes.annotate(
        label, (0, y), xycoords=("axes fraction", "data"), xytext=(-_GAP, 0), textcoords="offset points",
        ha="right", va="center_baseline", size=SMALL, color=hue("ink"),
    )  # fmt: skip
    first = -_SPREAD * (len(groups) - 1) / 2
    styles = styles_by_role([group.role for group in groups])
    for place, ((estimate, low, high), style) in enumerate(zip(values, styles, strict=True)):
        if not math.isfinite(estimate):
            continue
        at = y + first + _SPREAD * place
        if math.isfinite(low) and math.isfinite(high):
            axes.plot(
                [low, high], [at, at], color=style.colour, linewidth=1.6, solid_capstyle="butt", zorder=2
            )
        axes.plot(
            [estimate], [at], style.marker, markersize=5.5, color=style.colour, markeredgecolor=hue("ground"),
            markeredgewidth=0.6, zorder=3,
        )  # fmt: skip


def _key_lines(groups: Sequence[ShiftGroup]) -> list[tuple[GroupStyle, str]]:
    return list(zip(styles_by_role([g.role for g in groups]), [g.name for g in groups], strict=True))


def _draw_key(axes: "Axes", lines: Sequence[tuple[GroupStyle, str]]) -> None:
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(len(lines), 0)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    for number, (style, name) in enumerate(lines):
        axes.plot([8], [number + 0.5], style.marker, markersize=5.5, color=style.colour)
        axes.text(
            18,
            number + 0.5,
            shorten(name, WIDTH - 24, SMALL),
            va="center_baseline",
            size=SMALL,
            color=hue("ink"),
        )
