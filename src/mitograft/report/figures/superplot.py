"""Superplot: donors and their replicates in each group, and the comparison that rests on the donors.

After Lord et al., J Cell Biol 2020;219:e202001064: replicates faint, donor means bold, one mark for each
donor throughout.
"""

import math
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
    wrapped,
)
from mitograft.report.figures.intervals import Interval
from mitograft.report.numbers import format_interval, format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SuperplotDonor", "SuperplotGroup", "draw_superplot"]

_LEFT = 52.0
_TOP = 40.0
_PANEL = 230.0
_NAME_LINE = 15.0
_NAME_LINES = 3
_SLANT, _LEAN, _RISE = 55.0, 0.574, 0.819  # angle of slanted names, its cosine and sine
_ROW = 18.0
_KEY_LIMIT = 110.0
_GAP = 14.0
_CLOUD = 0.30  # half the width of the cloud of replicates, in groups
_SPREAD = 0.16  # half the width over which donor means stand
_SHAPES = ("o", "s", "^", "D", "v", "P", "X", "h")
_HUES = ("first", "second", "third")
_MOST_DONORS = len(_SHAPES) * len(_HUES)


@dataclass(frozen=True, slots=True)
class SuperplotDonor:
    """One donor in one group: the mean and the replicates behind it."""

    donor: str
    mean: float
    replicates: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SuperplotGroup:
    """One group with its donors."""

    name: str
    donors: tuple[SuperplotDonor, ...]


def draw_superplot(
    groups: Sequence[SuperplotGroup],
    *,
    axis_label: str,
    estimates: Sequence[Interval] = (),
    replicate_unit: str = "well",
    decimals: int | None = None,
    data_kind: DataKind = "measured",
) -> str:
    """Draw donor means (bold, one shape and hue for each donor) over their replicates (faint).

    A line joins the means of a donor from one group to the next group in which the donor occurs beside it.
    Estimates stand as text below, with their intervals; the caller computes them.

    Parameters
    ----------
    groups
        Groups from left to right.
    axis_label
        What was measured, with its unit.
    estimates
        Comparisons of donors to print.
    replicate_unit
        What a replicate is called: ``well``, ``field``.
    decimals
        Decimals of the estimates.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no group, a donor stands twice in a group, or there are more than 24 donors.
    """
    order = _donor_order(groups)
    left = max(_LEFT, max((text_width(text, SMALL) for text in _ticks(groups)[1]), default=0.0) + 8)
    names = _Names.of([group.name for group in groups], (WIDTH - left) / len(groups), left)
    key = _key_rows(order)
    lines = [_estimate_lines(row, decimals) for row in estimates]
    key_top = _TOP + _PANEL + names.height + 10
    text_top = key_top + _ROW * len(key) + 22
    height = text_top + sum(_ROW * len(line) + 4 for line in lines) + 4
    with sheet(height, data_kind) as figure:
        axes = panel(figure, left, _TOP, WIDTH - left, _PANEL)
        _draw_axes(axes, groups, axis_label, left)
        names.draw(axes)
        _draw_donors(axes, groups, order)
        _draw_key(panel(figure, 0, key_top, WIDTH, text_top - key_top), key, order, replicate_unit)
        if lines:
            _draw_estimates(panel(figure, 0, text_top, WIDTH, height - text_top), lines)
        return svg_text(figure)


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the groups under the axis: wrapped, or slanted where they would be cut."""

    lines: tuple[tuple[str, ...], ...]
    slanted: bool
    height: float

    @classmethod
    def of(cls, names: Sequence[str], width: float, left: float) -> "_Names":
        lines = tuple(tuple(wrapped(name, width - 6, SMALL, most=_NAME_LINES)) for name in names)
        if not any(line[-1].endswith("…") for line in lines):
            return cls(lines, slanted=False, height=_NAME_LINE * max(map(len, lines)) + 6)
        short = short_names(names, (left + width / 2) / _LEAN - 10)  # the first must not leave the sheet
        widest = max(text_width(name, SMALL) for name in short)
        return cls(tuple((name,) for name in short), slanted=True, height=widest * _RISE + 20)

    def draw(self, axes: "Axes") -> None:
        for at, lines in enumerate(self.lines):
            for row, line in enumerate(lines):
                axes.annotate(
                    line,
                    (at, 0),
                    xycoords=axes.get_xaxis_transform(),
                    xytext=(4 if self.slanted else 0, -6 - row * _NAME_LINE),
                    textcoords="offset points",
                    ha="right" if self.slanted else "center",
                    va="top",
                    rotation=_SLANT if self.slanted else 0,
                    rotation_mode="anchor",
                    size=SMALL,
                    color=hue("ink"),
                )


def _donor_order(groups: Sequence[SuperplotGroup]) -> dict[str, int]:
    if not groups:
        raise UsageError("Superplot: found no group; expected at least one.")
    for group in groups:
        names = [donor.donor for donor in group.donors]
        if len(set(names)) < len(names):
            raise UsageError(
                f"Superplot: found a donor twice in the group {group.name!r}; expected one mean each."
            )
    order = {name: at for at, name in enumerate(dict.fromkeys(d.donor for g in groups for d in g.donors))}
    if len(order) > _MOST_DONORS:
        raise UsageError(
            f"Superplot: found {len(order)} donors; expected at most {_MOST_DONORS}, so that each has a "
            "mark of its own."
        )
    return order


def _values(groups: Sequence[SuperplotGroup]) -> list[float]:
    every = [value for g in groups for d in g.donors for value in (d.mean, *d.replicates)]
    return [value for value in every if math.isfinite(value)]


def _ticks(groups: Sequence[SuperplotGroup]) -> tuple[list[float], list[str]]:
    """Return about five round values that span the data, and how they are written."""
    values = _values(groups)
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = [round(i * step, 12) for i in range(first, last + 1)]
    return ticks, [format_number(tick) for tick in ticks]


def _draw_axes(axes: "Axes", groups: Sequence[SuperplotGroup], label: str, left: float) -> None:
    ticks, texts = _ticks(groups)
    margin = 0.04 * (ticks[-1] - ticks[0])
    axes.set_xlim(-0.5, len(groups) - 0.5)
    axes.set_ylim(ticks[0] - margin, ticks[-1] + margin)
    axes.set_xticks([])
    axes.set_yticks(ticks, texts)
    axes.spines["bottom"].set_visible(True)
    for tick in ticks:
        axes.axhline(tick, color=hue("grid"), linewidth=0.8, zorder=0)
    axes.annotate(
        shorten(label, WIDTH, SMALL),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-left, 9),
        textcoords="offset points",
        size=SMALL,
        color=hue("muted"),
    )


def _draw_donors(axes: "Axes", groups: Sequence[SuperplotGroup], order: dict[str, int]) -> None:
    previous: dict[str, tuple[float, float]] = {}
    for at, group in enumerate(groups):
        here: dict[str, tuple[float, float]] = {}
        for place, donor in enumerate(group.donors):
            share = (place + 0.5) / len(group.donors) * 2 - 1
            _draw_replicates(axes, at + share * _SPREAD, donor, order[donor.donor], len(group.donors))
            if math.isfinite(donor.mean):
                here[donor.donor] = (at + share * _SPREAD, donor.mean)
        for name, (x, y) in here.items():
            if name in previous:
                axes.plot(
                    [previous[name][0], x], [previous[name][1], y], color=hue("muted"), linewidth=1, zorder=2
                )
            _draw_mark(axes, (x, y), order[name], size=10)
        previous = here


def _draw_replicates(axes: "Axes", x: float, donor: SuperplotDonor, number: int, donors: int) -> None:
    """Scatter replicates evenly over the donor's strip, in their own order (nothing is drawn at random)."""
    values = [value for value in donor.replicates if math.isfinite(value)]
    half = _CLOUD / donors
    for i, value in enumerate(values):
        # The golden ratio spreads neighbours apart however many there are.
        shift = (((i + 1) * 0.6180339887) % 1.0 * 2 - 1) * half
        axes.plot(
            [x + shift],
            [value],
            marker=_SHAPES[number % len(_SHAPES)],
            markersize=4,
            color=hue(_HUES[number % len(_HUES)]),
            markeredgewidth=0,
            alpha=0.35,
            linestyle="none",
            zorder=1,
        )


def _draw_mark(axes: "Axes", place: tuple[float, float], number: int, size: float) -> None:
    axes.plot(
        [place[0]],
        [place[1]],
        marker=_SHAPES[number % len(_SHAPES)],
        markersize=size,
        markerfacecolor=hue(_HUES[number % len(_HUES)]),
        markeredgecolor=hue("ground"),
        markeredgewidth=1.2,
        linestyle="none",
        zorder=4,
        clip_on=False,
    )


def _key_rows(order: dict[str, int]) -> list[list[tuple[str, int, float]]]:
    """Set the donors in rows: name, number and place."""
    rows: list[list[tuple[str, int, float]]] = [[]]
    x = 0.0
    for name, number in zip(short_names(list(order), _KEY_LIMIT), order.values(), strict=True):
        width = 18 + text_width(name, SMALL) + _GAP
        if rows[-1] and x + width - _GAP > WIDTH:
            rows.append([])
            x = 0.0
        rows[-1].append((name, number, x))
        x += width
    return rows


def _plain(axes: "Axes") -> float:
    """Set an axis without ticks in page units from the top; return its height."""
    height = float(axes.bbox.height)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    return height


def _draw_key(
    axes: "Axes", rows: Sequence[Sequence[tuple[str, int, float]]], order: dict[str, int], unit: str
) -> None:
    _plain(axes)
    for row, entries in enumerate(rows):
        y = _ROW * (row + 0.5)
        for name, number, x in entries:
            _draw_mark(axes, (x + 7, y), number, size=9)
            row_text(axes, name, ((x + 18) / WIDTH, y), size=SMALL)
    if order:
        words = f"bold: mean of a donor; faint: {unit}s"
        row_text(
            axes, shorten(words, WIDTH, SMALL), (0, _ROW * (len(rows) + 0.5)), size=SMALL, color=hue("muted")
        )


def _estimate_lines(row: Interval, decimals: int | None) -> list[str]:
    numbers = format_interval(row.estimate, row.low, row.high, decimals)
    return wrapped(f"{row.label}: {numbers}", WIDTH, most=3)


def _draw_estimates(axes: "Axes", estimates: Sequence[Sequence[str]]) -> None:
    _plain(axes)
    y = _ROW * 0.5
    for lines in estimates:
        for line in lines:
            row_text(axes, line, (0, y))
            y += _ROW
        y += 4
