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
    sheet,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.figures.rows import RowLayout, draw_rows, layout_rows
from mitograft.report.numbers import MISSING, format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HeatmapRow", "Measure", "draw_component_heatmap"]

_ROW = 21.0
_LABEL_LIMIT = 120.0
_NAME_LIMIT = 170.0
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
        SVG text, 440 units wide; 21 units high for each of up to 60 patients. More share the height of 60,
        without names and points.

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
    layout = layout_rows(
        [row.label for row in rows], [row.group for row in rows], row=_ROW, limit=_LABEL_LIMIT
    )
    top = widest * _RISE + 30 + _TOP_GAP
    with sheet(top + layout.height + 30, data_kind) as figure:
        lean = max(widest * _LEAN - _ROW, 6.0)
        axes = panel(figure, layout.left, top, WIDTH - layout.left - lean, layout.height)
        axes.set_xlim(0, max(len(measures), 1))
        axes.set_ylim(layout.height, 0)
        axes.set_xticks([])
        axes.set_yticks([])
        _draw_measures(axes, names, measures)
        draw_rows(axes, layout)
        for place in layout.rows:
            if place.index is not None:
                _draw_row(axes, measures, rows[place.index], place.y, layout)
        _draw_key(panel(figure, layout.left, top + layout.height + 10, WIDTH - layout.left, 18))
        return svg_text(figure)


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


def _draw_row(
    axes: "Axes", measures: Sequence[Measure], row: HeatmapRow, middle: float, layout: RowLayout
) -> None:
    edge = 1.0 if layout.named else 0.1 * layout.row
    for column, (points, measure) in enumerate(zip(row.points, measures, strict=True)):
        level = 0 if points is None or measure.maximum <= 0 else _level(points / measure.maximum)
        corner = (column + 0.03, middle - layout.row / 2 + edge)
        _draw_box(axes, corner, (0.94, layout.row - 2 * edge), None if points is None else level)
        if layout.named:
            _write_points(axes, (column + 0.5, middle), points, level)


def _write_points(axes: "Axes", place: tuple[float, float], points: float | None, level: int) -> None:
    axes.text(
        *place,
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
