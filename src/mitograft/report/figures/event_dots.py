"""Adverse events by term: the share of patients in each group, and risk differences with intervals."""

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
    shorten,
    svg_text,
)
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DotGroup", "EventRow", "RiskDifference", "draw_event_dots"]

_KEY_TOP = 18.0
_NAME = 20.0
_STEP = 14.0
_PAD = 6.0
_HEADING = 30.0
_GAP = 22.0
_MARGIN = 12.0
_BOTTOM = 46.0
_SHARE = 0.56  # of the width for the left panel where there are two


@dataclass(frozen=True, slots=True)
class DotGroup:
    """A group and its number of patients."""

    label: str
    patients: int


@dataclass(frozen=True, slots=True)
class RiskDifference:
    """Difference of two shares with its interval; NaN where there is none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class EventRow:
    """One term: patients with it in each group, differences of every group but the control, and a heading."""

    term: str
    patients: tuple[int, ...]
    differences: tuple[RiskDifference, ...] = ()
    group: str = ""


def draw_event_dots(
    groups: Sequence[DotGroup],
    rows: Sequence[EventRow],
    *,
    control: str | None = None,
    data_kind: DataKind = "measured",
) -> str:
    """Draw terms from the top, in the order given; each term's groups stand under its name.

    Left, the share of patients with the term, with their number; right, where ``control`` is named, the
    difference from it with the interval. A heading is set wherever the group of terms changes.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there are no groups, more than six or an empty one, no rows, counts that do not fit the groups, or
        a control that is none of them.
    """
    labels = [f"{group.label} (n = {group.patients})" for group in groups]
    styles = group_styles("draw_event_dots", labels)
    _check(groups, rows, control)
    places, height = _places(rows, len(groups))
    top = _KEY_TOP + key_height(labels) + (30.0 if control else 8.0)
    left_width = WIDTH * (_SHARE if control else 1.0) - 2 * _MARGIN
    with sheet(top + height + _BOTTOM, data_kind) as figure:
        draw_key(figure, _KEY_TOP, labels, lines=False)
        dots = panel(figure, _MARGIN, top, left_width, height)
        _draw_shares(dots, groups, rows, places, styles)
        if control:
            start = _MARGIN + left_width + _GAP
            side = panel(figure, start, top, WIDTH - start - _MARGIN, height)
            others = [s for s, g in zip(styles, groups, strict=True) if g.label != control]
            _draw_differences(side, rows, places, others)
            _head(dots, "share of patients")
            _head(side, f"difference from {control}")
        _draw_terms(dots, rows, places)
        return svg_text(figure)


def _check(groups: Sequence[DotGroup], rows: Sequence[EventRow], control: str | None) -> None:
    others = len(groups) - 1 if control else 0
    wrong = [
        row
        for row in rows
        if len(row.patients) != len(groups)
        or (control and len(row.differences) != others)
        or any(not 0 <= n <= group.patients for n, group in zip(row.patients, groups, strict=False))
    ]
    if not rows or wrong or any(group.patients < 1 for group in groups):
        raise UsageError(
            f"draw_event_dots: found {len(rows)} rows, {len(wrong)} of which do not fit the groups; expected "
            "a count within each group, and a difference for every group but the control."
        )
    if control is not None and control not in {group.label for group in groups}:
        raise UsageError(f"draw_event_dots: found the control {control!r}; expected one of the groups.")


def _places(rows: Sequence[EventRow], groups: int) -> tuple[list[tuple[float, str]], float]:
    """Return the top of every row with its heading (empty where the group goes on), and the whole height."""
    places: list[tuple[float, str]] = []
    y, before = 0.0, ""
    for row in rows:
        heading = row.group if row.group != before else ""
        before = row.group
        y += _HEADING if heading else 0.0
        places.append((y, heading))
        y += _NAME + _STEP * groups + _PAD
    return places, y


def _level(top: float, order: float) -> float:
    return top + _NAME + _STEP * (order + 0.5)


def _draw_shares(
    axes: "Axes",
    groups: Sequence[DotGroup],
    rows: Sequence[EventRow],
    places: Sequence[tuple[float, str]],
    styles: Sequence[GroupStyle],
) -> None:
    shares = [n / g.patients for row in rows for n, g in zip(row.patients, groups, strict=True)]
    _frame(axes, rows, places, len(groups))
    axes.set_xlim(0, min(1.0, max(0.2, math.ceil(11 * max(shares)) / 10)))
    axes.xaxis.set_major_formatter(_percent)
    axes.locator_params(axis="x", nbins=5)
    label_axis(axes, "patients with the event, %")
    for row, (top, _) in zip(rows, places, strict=True):
        for order, (count, group, style) in enumerate(zip(row.patients, groups, styles, strict=True)):
            x, y = count / group.patients, _level(top, order)
            axes.plot([0, x], [y, y], color=style.colour, linewidth=1.0, alpha=0.5, zorder=2)
            axes.plot(
                [x], [y], marker=style.marker, markersize=7, color=style.colour, clip_on=False, zorder=3
            )
            axes.annotate(
                str(count),
                (x, y),
                xytext=(8, 0),
                textcoords="offset points",
                va="center_baseline",
                size=SMALL,
                color=hue("muted"),
            )


def _draw_differences(
    axes: "Axes",
    rows: Sequence[EventRow],
    places: Sequence[tuple[float, str]],
    styles: Sequence[GroupStyle],
) -> None:
    found = [v for row in rows for d in row.differences for v in (d.value, d.low, d.high) if math.isfinite(v)]
    reach = min(1.0, max(0.1, 1.05 * max(map(abs, found), default=0.1)))
    _frame(axes, rows, places, len(styles) + 1)
    axes.set_xlim(-reach, reach)
    axes.xaxis.set_major_formatter(_percent)
    axes.locator_params(axis="x", nbins=4)
    axes.axvline(0, color=hue("muted"), linewidth=0.9, zorder=1)
    label_axis(axes, "points (interval)")
    for row, (top, _) in zip(rows, places, strict=True):
        for order, (difference, style) in enumerate(zip(row.differences, styles, strict=True)):
            y = _level(top, order + 0.5)
            if math.isfinite(difference.low) and math.isfinite(difference.high):
                ends = (max(difference.low, -reach), min(difference.high, reach))
                axes.plot(ends, [y, y], color=style.colour, linewidth=1.6, zorder=2)
            if math.isfinite(difference.value):
                axes.plot([difference.value], [y], marker=style.marker, markersize=7, color=style.colour)


def _frame(axes: "Axes", rows: Sequence[EventRow], places: Sequence[tuple[float, str]], groups: int) -> None:
    """Give a panel the scale of the rows and a line between terms."""
    high = _NAME + _STEP * groups + _PAD
    axes.set_ylim(places[-1][0] + high, 0)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x", color=hue("grid"), linewidth=0.8)
    for (top, _), _row in zip(places, rows, strict=True):
        axes.axhline(top + _NAME - 1, color=hue("grid"), linewidth=0.8, zorder=0)


def _percent(value: float, _position: float) -> str:
    return f"{round(100 * value):d}".replace("-", "\N{MINUS SIGN}")


def _head(axes: "Axes", text: str) -> None:
    axes.annotate(
        shorten(text, WIDTH * _SHARE, SMALL),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-_MARGIN / 2, 8),
        textcoords="offset points",
        size=SMALL,
        color=hue("muted"),
    )


def _draw_terms(axes: "Axes", rows: Sequence[EventRow], places: Sequence[tuple[float, str]]) -> None:
    """Write each term above its dots, and headings above their terms, over both panels."""
    for row, (top, heading) in zip(rows, places, strict=True):
        lines = [(row.term, top + 0.55 * _NAME, "normal", SMALL)]
        lines += [(heading, top - 0.4 * _HEADING, "bold", FONT)] if heading else []
        for text, y, weight, size in lines:
            words = shorten(text, WIDTH - 2 * _MARGIN, size)
            axes.annotate(
                words,
                (0, y),
                xycoords=axes.get_yaxis_transform(),
                xytext=(-_MARGIN / 2, 0),
                textcoords="offset points",
                va="center_baseline",
                size=size,
                weight=weight,
                color=hue("ink"),
                zorder=5,
                bbox={"facecolor": hue("ground"), "edgecolor": "none", "pad": 0.5},
            )
