"""Heat map of the points each core set measure gives each patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    SMALL,
    WIDTH,
    panel,
    row_text,
    sheet,
    short_names,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.numbers import MISSING, format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HeatmapRow", "Measure", "draw_component_heatmap"]

_ROW = 21.0
_HEADING = 28.0
_LABEL_LIMIT = 120.0
_NAME_LIMIT = 170.0
_GAP = 8.0
_SLANT = 55.0
_LEAN, _RISE = 0.574, 0.819  # cosine and sine of the slant
_TOP_GAP = 12.0
_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Measure:
    """A core set measure: its name and the most points it can give."""

    name: str
    maximum: float


@dataclass(frozen=True, slots=True)
class HeatmapRow:
    """One patient: points in the order of the measures, None where the measure is missing."""

    label: str
    points: tuple[float | None, ...]
    group: str = ""


def draw_component_heatmap(
    measures: Sequence[Measure], rows: Sequence[HeatmapRow], *, data_kind: DataKind = "measured"
) -> str:
    """Draw patients by measures; the points stand in each cell, its shade is their share of the maximum.

    A missing measure is a hatched cell with a dash. A heading is set wherever the group changes.

    Returns
    -------
    str
        SVG text, 440 units wide; 21 units high for each patient.

    Raises
    ------
    UsageError
        If a row has not one entry for each measure.
    """
    for row in rows:
        if len(row.points) != len(measures):
            raise UsageError(
                f"draw_component_heatmap: found {len(row.points)} points in a row, expected {len(measures)}."
            )
    names = [shorten(measure.name, _NAME_LIMIT, SMALL) for measure in measures]
    widest = max((text_width(name, SMALL) for name in names), default=0.0)
    labels = short_names([row.label for row in rows], _LABEL_LIMIT)
    left = max((text_width(label) for label in labels), default=0.0) + _GAP
    top = widest * _RISE + 30 + _TOP_GAP
    headings = sum(bool(heading) for heading in _headings(rows))
    height = len(rows) * _ROW + headings * _HEADING
    with sheet(top + max(height, _ROW) + 30, data_kind) as figure:
        lean = max(widest * _LEAN - _ROW, 6.0)
        axes = panel(figure, left, top, WIDTH - left - lean, max(height, _ROW))
        axes.set_xlim(0, max(len(measures), 1))
        axes.set_ylim(max(height, _ROW), 0)
        axes.set_xticks([])
        axes.set_yticks([])
        _draw_measures(axes, names, measures)
        _draw_rows(axes, measures, list(zip(labels, rows, strict=True)), left)
        _draw_key(panel(figure, left, top + max(height, _ROW) + 10, WIDTH - left, 18))
        return svg_text(figure)


def _headings(rows: Sequence[HeatmapRow]) -> list[str]:
    previous = [""] + [row.group for row in rows]
    return [row.group if row.group != before else "" for row, before in zip(rows, previous, strict=False)]


def _draw_measures(axes: "Axes", names: Sequence[str], measures: Sequence[Measure]) -> None:
    for column, (name, measure) in enumerate(zip(names, measures, strict=True)):
        axes.annotate(
            f"of {format_number(measure.maximum)}",
            (column + 0.5, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            size=SMALL,
            color=hue("muted"),
        )
        axes.annotate(
            name,
            (column + 0.5, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 22),
            textcoords="offset points",
            rotation=_SLANT,
            rotation_mode="anchor",
            size=SMALL,
            color=hue("ink"),
        )


def _draw_rows(
    axes: "Axes", measures: Sequence[Measure], rows: Sequence[tuple[str, HeatmapRow]], left: float
) -> None:
    y = 0.0
    for (label, row), heading in zip(rows, _headings([row for _, row in rows]), strict=True):
        if heading:
            row_text(axes, shorten(heading, WIDTH - 4), (0, y + _HEADING * 0.6), -left, weight="bold")
            y += _HEADING
        middle = y + _ROW / 2
        row_text(axes, label, (0, middle), -_GAP, ha="right")
        for column, (points, measure) in enumerate(zip(row.points, measures, strict=True)):
            _draw_cell(axes, (column, middle), points, measure.maximum)
        y += _ROW


def _draw_cell(axes: "Axes", place: tuple[int, float], points: float | None, maximum: float) -> None:
    column, middle = place
    level = 0 if points is None or maximum <= 0 else _level(points / maximum)
    _draw_box(
        axes, (column + 0.03, middle - _ROW / 2 + 1), (0.94, _ROW - 2), None if points is None else level
    )
    axes.text(
        column + 0.5,
        middle,
        MISSING if points is None else format_number(points),
        ha="center",
        va="center_baseline",
        size=SMALL,
        color=hue("ink" if points is None else f"on-heat-{level}"),
    )


def _draw_box(
    axes: "Axes", corner: tuple[float, float], size: tuple[float, float], level: int | None
) -> None:
    """Draw a shaded box, or a hatched one where ``level`` is None."""
    from matplotlib.patches import Rectangle

    box = Rectangle(corner, *size, linewidth=0)
    if level is None:
        box.set(facecolor=hue("ground"), edgecolor=hue("hatch"), hatch="////")
    else:
        box.set(facecolor=hue(f"heat-{level}"), edgecolor="none")
    axes.add_patch(box)


def _level(share: float) -> int:
    """Return the shade of a share: 0 for none, then quarters."""
    return 0 if share <= 0 else min(_LEVELS, 1 + int(share * _LEVELS - 1e-9))


def _draw_key(axes: "Axes") -> None:
    axes.set_xlim(0, axes.bbox.width)
    axes.set_ylim(18, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    x = 0.0
    for words, levels in (("no points", (0,)), ("up to the maximum", (1, 2, 3, 4)), ("missing", (None,))):
        for level in levels:
            _draw_box(axes, (x, 2), (13, 13), level)
            x += 14
        axes.text(x + 3, 9, words, size=SMALL, va="center_baseline", color=hue("muted"))
        x += text_width(words, SMALL) + 12
