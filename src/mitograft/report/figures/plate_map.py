"""Plate map: the signal of every well as a shade, and what stands in it as a sign."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import SMALL, WIDTH, panel, sheet, shorten, svg_text, text_width, wrapped
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PlateWell", "draw_plate_map"]

_SIGNS: Mapping[str, tuple[str, str]] = {
    "blank": ("B", "blank"),
    "control": ("C", "control"),
    "positive": ("P", "positive control"),
    "standard": ("S", "standard"),
    "sample": ("", "sample"),
    "unused": ("·", "unused"),
}
_EMPTY = frozenset({"blank", "unused"})  # roles that have no signal of their own
_SIZES = ((6, 8), (8, 12), (16, 24), (32, 48))
_LEVELS = 5
_LEFT = 26.0
_TOP = 44.0
_KEY, _KEY_LINE = 44.0, 16.0
_LEAST_CELL_WITH_SIGN = 12.0


@dataclass(frozen=True, slots=True)
class PlateWell:
    """One well: row and column from 0, signal (NaN where there is none), role, and whether it is left out."""

    row: int
    column: int
    value: float
    role: str = "sample"
    excluded: bool = False


def draw_plate_map(
    wells: Sequence[PlateWell], *, title: str = "", unit: str = "", data_kind: DataKind = "measured"
) -> str:
    """Draw a plate: five shades over the range of the signal, letters for the roles.

    The range is that of the wells with cells or analyte: blanks would leave no shade for the rest. A signal
    over more than two decades is shaded by its logarithm. A well without a value is hatched unless it is
    blank or unused, and one that is left out of the results is crossed.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no well, or one lies outside a plate of 1536 wells.
    """
    if not wells or max(well.row for well in wells) >= 32 or max(well.column for well in wells) >= 48:
        raise UsageError(
            f"draw_plate_map: found {len(wells)} wells; expected wells within 32 rows, 48 columns."
        )
    rows, columns = _size(wells)
    cell = (WIDTH - _LEFT) / columns
    key = _key_lines(wells)
    foot = _KEY + _KEY_LINE * (len(key) > 1)
    height = _TOP + rows * cell + 18 + foot
    with sheet(height, data_kind) as figure:
        axes = panel(figure, _LEFT, _TOP, WIDTH - _LEFT, rows * cell)
        axes.set_xlim(0, columns)
        axes.set_ylim(rows, 0)
        _number_axes(axes, rows, columns, cell)
        shade = _Shade(_signals(wells))
        for well in wells:
            _draw_well(axes, well, shade, cell)
        figure.text(0, 1 - 2 / height, shorten(title, WIDTH * 0.6), va="top", color=hue("ink"))
        _draw_key(panel(figure, 0, _TOP + rows * cell + 12, WIDTH, foot), shade, unit, key)
        return svg_text(figure)


def _size(wells: Sequence[PlateWell]) -> tuple[int, int]:
    rows, columns = max(well.row for well in wells) + 1, max(well.column for well in wells) + 1
    return next(size for size in _SIZES if rows <= size[0] and columns <= size[1])


def _signals(wells: Sequence[PlateWell]) -> list[float]:
    """Return the finite signals, without those of blank and unused wells where there are others."""
    known = [well for well in wells if math.isfinite(well.value)]
    full = [well.value for well in known if well.role not in _EMPTY and not well.excluded]
    return full or [well.value for well in known]


class _Shade:
    """Five shades over the range of the finite values; what lies outside takes the nearest."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        self.logarithmic = low > 0 and high / low > 100.0
        self.low, self.high = low, high

    def __call__(self, value: float) -> int:
        low, high = self._scaled(self.low), self._scaled(self.high)
        inside = self._scaled(min(max(value, self.low), self.high))
        share = (inside - low) / (high - low) if high > low else 0.0
        return min(_LEVELS - 1, int(share * _LEVELS))

    def edges(self) -> list[float]:
        """Return the six edges between and around the shades, as values."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        edges = [low + (high - low) * k / _LEVELS for k in range(_LEVELS + 1)]
        return [10.0**edge if self.logarithmic else edge for edge in edges]

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value


def _number_axes(axes: "Axes", rows: int, columns: int, cell: float) -> None:
    step = 1 if cell >= text_width("24", SMALL) else 2 if cell * 2 >= text_width("24", SMALL) else 4
    axes.xaxis.tick_top()
    axes.set_xticks([column + 0.5 for column in range(0, columns, step)])
    axes.set_xticklabels([str(column + 1) for column in range(0, columns, step)])
    step = 1 if cell >= SMALL else 2
    axes.set_yticks([row + 0.5 for row in range(0, rows, step)])
    axes.set_yticklabels([_letters(row) for row in range(0, rows, step)])
    axes.spines["bottom"].set_visible(False)


def _letters(row: int) -> str:
    return chr(ord("A") + row) if row < 26 else f"A{chr(ord('A') + row - 26)}"


def _draw_well(axes: "Axes", well: PlateWell, shade: _Shade, cell: float) -> None:
    from matplotlib.patches import Rectangle

    box = Rectangle((well.column + 0.04, well.row + 0.04), 0.92, 0.92, linewidth=0)
    known = math.isfinite(well.value)
    level = shade(well.value) if known else 0
    if known:
        box.set(facecolor=hue(f"heat-{level}"), edgecolor="none")
    elif well.role in _EMPTY:
        box.set(facecolor=hue("ground"), edgecolor=hue("grid"), linewidth=0.8)
    else:
        box.set(facecolor=hue("ground"), edgecolor=hue("hatch"), hatch="////")
    axes.add_patch(box)
    if well.excluded:
        _cross(axes, (well.column, well.row), hue(f"on-heat-{level}") if known else hue("ink"))
    sign = _SIGNS.get(well.role, ("?", ""))[0]
    if sign and cell >= _LEAST_CELL_WITH_SIGN:
        colour = hue(f"on-heat-{level}") if known else hue("ink")
        axes.text(
            well.column + 0.5,
            well.row + 0.5,
            sign,
            ha="center",
            va="center_baseline",
            size=SMALL,
            color=colour,
        )


def _cross(axes: "Axes", corner: tuple[int, int], colour: str) -> None:
    x, y = corner
    for ends in ([y + 0.18, y + 0.82], [y + 0.82, y + 0.18]):
        axes.plot([x + 0.18, x + 0.82], ends, color=colour, linewidth=1.3)


def _draw_key(axes: "Axes", shade: _Shade, unit: str, key: Sequence[str]) -> None:
    from matplotlib.patches import Rectangle

    axes.set_xlim(0, WIDTH)
    axes.set_ylim(_KEY + _KEY_LINE * (len(key) > 1), 0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    edges = [format_number(float(f"{edge:.2g}")) for edge in shade.edges()]
    x = 0.0
    for level in range(_LEVELS):
        axes.add_patch(Rectangle((x, 1), 13, 13, linewidth=0, facecolor=hue(f"heat-{level}")))
        x += 14
    words = f"{edges[0]} to {edges[-1]} {unit}".strip() + (" (logarithmic)" if shade.logarithmic else "")
    axes.text(
        x + 5, 8, shorten(words, WIDTH - x - 5, SMALL), size=SMALL, va="center_baseline", color=hue("muted")
    )
    for line, said in enumerate(key):
        y = 32 + _KEY_LINE * line
        axes.text(0, y, said, size=SMALL, va="center_baseline", color=hue("muted"))


def _key_lines(wells: Sequence[PlateWell]) -> list[str]:
    """Say what the letters and signs of these wells mean."""
    roles = {well.role for well in wells}
    named = [f"{sign} {name}" for role, (sign, name) in _SIGNS.items() if role in roles and sign]
    if "sample" in roles and named:
        named.append("no letter: sample")
    if any(well.excluded for well in wells):
        named.append("crossed: left out")
    if any(not math.isfinite(well.value) and well.role not in _EMPTY for well in wells):
        named.append("hatched: no value")
    return wrapped(", ".join(named), WIDTH, SMALL) if named else []
