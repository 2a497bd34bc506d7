"""Results of lots in storage, the regression line with its confidence bound, the limit and the shelf life."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    FONT,
    SMALL,
    WIDTH,
    label_axis,
    panel,
    sheet,
    short_names,
    shorten,
    svg_text,
)
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["StabilityLine", "StabilityLot", "draw_stability"]

_HEIGHT = 320.0
_KEY_ROW = 18.0
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_ROLES = ("first", "second", "third", "ink")


@dataclass(frozen=True, slots=True)
class StabilityLot:
    """The results of one lot: a name, times and values."""

    label: str
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StabilityLine:
    """The regression line that decides, with its bound or bounds at the same times; empty where none."""

    times: tuple[float, ...]
    mean: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()


def draw_stability(
    lots: Sequence[StabilityLot],
    line: StabilityLine | None,
    *,
    label: str,
    time_label: str,
    limits: Sequence[float] = (),
    shelf_life: float = math.nan,
    data_kind: DataKind = "measured",
) -> str:
    """Draw a stability study.

    Parameters
    ----------
    lots
        One marker each, at most eight.
    line
        The line (solid) and its confidence bound (dashed) that decide the shelf life; None for none.
    label, time_label
        What the two axes show, with their units.
    limits
        Accepted limits, drawn across.
    shelf_life
        Time of the mark; NaN or infinity for no mark.

    Raises
    ------
    UsageError
        If there is no lot, more than eight, or a lot whose times and values differ in number.
    """
    uneven = [lot.label for lot in lots if len(lot.times) != len(lot.values)]
    if not 1 <= len(lots) <= len(_MARKERS) or uneven:
        raise UsageError(
            f"draw_stability: found {len(lots)} lots, {len(uneven)} with times and values that differ in "
            f"number; expected one to {len(_MARKERS)} lots, a value for every time."
        )
    rows = math.ceil(len(lots) / 2)
    top = 20.0 + _KEY_ROW * rows
    with sheet(_HEIGHT + top, data_kind) as figure:
        _draw_key(panel(figure, 0, 16, WIDTH, _KEY_ROW * rows), lots)
        axes = panel(figure, 52, top + 26, WIDTH - 66, _HEIGHT - 76)
        axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
        label_axis(axes, time_label)
        axes.locator_params(nbins=6)
        for setter in (axes.xaxis, axes.yaxis):
            setter.set_major_formatter(_tick)
        _name_values(axes, label)
        for lot, marker, role in zip(lots, _MARKERS, _ROLES * 2, strict=False):
            axes.plot(
                *(lot.times, lot.values),
                linestyle="none",
                marker=marker,
                markersize=6,
                color=hue(role),
                zorder=4,
            )
        if line is not None:
            _draw_line(axes, line)
        _draw_marks(axes, limits, shelf_life)
        return svg_text(figure)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _draw_key(axes: "Axes", lots: Sequence[StabilityLot]) -> None:
    rows = math.ceil(len(lots) / 2)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(_KEY_ROW * rows, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    names = short_names([lot.label for lot in lots], WIDTH / 2 - 32)
    for k, (name, marker, role) in enumerate(zip(names, _MARKERS, _ROLES * 2, strict=False)):
        x, y = 8 + (k % 2) * WIDTH / 2, _KEY_ROW * (k // 2 + 0.5)
        axes.plot([x], [y], color=hue(role), marker=marker, markersize=6, clip_on=False)
        axes.text(x + 12, y, name, size=FONT, va="center_baseline", color=hue("ink"))


def _name_values(axes: "Axes", label: str) -> None:
    axes.annotate(
        shorten(label, WIDTH - 20, SMALL),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-46, 8),
        textcoords="offset points",
        size=SMALL,
        color=hue("muted"),
    )


def _draw_line(axes: "Axes", line: StabilityLine) -> None:
    axes.plot(line.times, line.mean, color=hue("ink"), linewidth=1.6, zorder=3)
    for bound in (line.lower, line.upper):
        if bound:
            axes.plot(line.times, bound, color=hue("ink"), linewidth=1.2, dashes=(4, 3), zorder=3)


def _draw_marks(axes: "Axes", limits: Sequence[float], shelf_life: float) -> None:
    for limit in limits:
        axes.axhline(limit, color=hue("second"), linewidth=1.2, dashes=(1.5, 1.5), zorder=2)
        axes.annotate(
            f"limit {format_number(limit)}",
            (0, limit),
            xycoords=("axes fraction", "data"),
            xytext=(4, 4),
            textcoords="offset points",
            size=SMALL,
            color=hue("muted"),
        )
    if math.isfinite(shelf_life):
        axes.axvline(shelf_life, color=hue("muted"), linewidth=1.0, dashes=(3, 2), zorder=1)
        right = shelf_life > sum(axes.get_xlim()) / 2
        axes.annotate(
            f"shelf life {format_number(float(f'{shelf_life:.3g}'))}",
            (shelf_life, 0),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if right else 4, 6),
            textcoords="offset points",
            ha="right" if right else "left",
            size=SMALL,
            color=hue("muted"),
        )
