"""Waterfall of total improvement scores: one bar a patient, best at the top."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    SMALL,
    WIDTH,
    label_axis,
    panel,
    row_text,
    sheet,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.figures.rows import GAP, RowLayout, draw_rows, layout_rows
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PatientTotal", "Threshold", "draw_waterfall"]

_ROW = 19.0
_TOP = 34.0
_NAME_ROW = 15.0
_BOTTOM = 70.0
_LABEL_LIMIT = 132.0
_BAR = 0.66
_MAXIMUM = 100
_LEVELS = ("none", "minimal", "moderate", "major")


@dataclass(frozen=True, slots=True)
class PatientTotal:
    """One patient's total: exact (``low == high``) or known only within bounds.

    Parameters
    ----------
    label
        Name of the patient.
    low, high
        Lowest and highest attainable total, 0 to 100; equal when every measure is there.
    category
        ``none``, ``minimal``, ``moderate`` or ``major``: the category of ``low``.
    group
        Heading under which the patient stands; empty for none.

    Raises
    ------
    UsageError
        If the totals are not ordered within 0 to 100, or the category is unknown.
    """

    label: str
    low: float
    high: float
    category: str
    group: str = ""

    def __post_init__(self) -> None:
        """Refuse what the figure cannot show."""
        if not 0 <= self.low <= self.high <= _MAXIMUM or self.category not in _LEVELS:
            raise UsageError(
                f"PatientTotal: found {self.low} to {self.high}, category {self.category!r}; "
                f"expected 0 <= low <= high <= {_MAXIMUM} and one of {', '.join(_LEVELS)}."
            )

    @property
    def complete(self) -> bool:
        """Whether the total is exact."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Threshold:
    """A total from which a category holds, with the category's name."""

    name: str
    value: float


def draw_waterfall(
    patients: Sequence[PatientTotal],
    thresholds: Sequence[Threshold],
    *,
    axis_label: str = "Total Improvement Score (0 to 100)",
    data_kind: DataKind = "measured",
) -> str:
    """Draw the totals of patients, sorted from best to worst within each group.

    A filled bar is an exact total. Where measures are missing the hatched bar ends at the lowest attainable
    total and a whisker reaches to the highest. Groups keep the order in which they first occur.

    Returns
    -------
    str
        SVG text, 440 units wide; 19 units high for each of up to 60 patients, whose names and totals are
        written. More patients share the height of 60.
    """
    ranked = _ranked(patients)
    rows = layout_rows(
        [patient.label for patient in ranked], [patient.group for patient in ranked], limit=_LABEL_LIMIT
    )
    values = [_value(patient) for patient in ranked] if rows.named else []
    width = WIDTH - rows.left - max((text_width(value, SMALL) for value in values), default=GAP) - GAP
    names = _threshold_rows(thresholds, width)
    top = _TOP + _NAME_ROW * max((row for _, row in names), default=0)
    with sheet(top + rows.height + _BOTTOM, data_kind) as figure:
        axes = panel(figure, rows.left, top, width, rows.height)
        axes.set_xlim(0, _MAXIMUM)
        axes.set_ylim(rows.height, 0)
        axes.set_yticks([])
        axes.set_xticks([0, 20, 40, 60, 80, 100])
        label_axis(axes, axis_label)
        _draw_thresholds(axes, names)
        draw_rows(axes, rows)
        for row in rows.rows:
            if row.index is not None:
                _draw_patient(axes, ranked[row.index], row.y, rows)
        if any(not patient.complete for patient in patients):
            _draw_key(panel(figure, 0, top + rows.height + 40, WIDTH, 30))
        return svg_text(figure)


def _ranked(patients: Sequence[PatientTotal]) -> list[PatientTotal]:
    """Sort from best to worst within the groups, which keep their order."""
    order = list(dict.fromkeys(patient.group for patient in patients))
    return sorted(patients, key=lambda p: (order.index(p.group), -p.low, -p.high))


def _value(patient: PatientTotal) -> str:
    if patient.complete:
        return format_number(patient.low)
    return f"{format_number(patient.low)} to {format_number(patient.high)}"


def _threshold_rows(thresholds: Iterable[Threshold], width: float) -> list[tuple[Threshold, int]]:
    """Put each name in the lower row, or in the upper one where it would run into its neighbour."""
    placed: list[tuple[Threshold, int]] = []
    ends = [0.0, 0.0]
    for threshold in sorted(thresholds, key=lambda t: t.value):
        at = threshold.value / _MAXIMUM * width
        row = 0 if at >= ends[0] else 1
        ends[row] = at + text_width(threshold.name, SMALL) + 4
        placed.append((threshold, row))
    return placed


def _draw_thresholds(axes: "Axes", placed: Iterable[tuple[Threshold, int]]) -> None:
    for threshold, row in placed:
        axes.axvline(threshold.value, color=hue("muted"), linewidth=0.9, dashes=(3, 2), zorder=1)
        axes.annotate(
            shorten(threshold.name, WIDTH / 2, SMALL),
            (threshold.value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-1, 5 + _NAME_ROW * row),
            textcoords="offset points",
            size=SMALL,
            color=hue("ink"),
        )


def _draw_patient(axes: "Axes", patient: PatientTotal, y: float, rows: RowLayout) -> None:
    if rows.named:
        row_text(axes, _value(patient), (1, y), GAP, size=SMALL)
    _draw_bar(axes, patient, y, rows.row)


def _draw_bar(axes: "Axes", patient: PatientTotal, y: float, row: float = _ROW) -> None:
    colour = hue(patient.category)
    half = row * _BAR / 2
    if patient.complete:
        axes.barh(y, patient.low, height=2 * half, color=colour, zorder=2)
        if patient.low == 0:
            axes.plot([0, 0], [y - half, y + half], color=colour, linewidth=3, zorder=3, clip_on=False)
        return
    axes.barh(
        y,
        patient.low,
        height=2 * half,
        facecolor=hue("ground"),
        edgecolor=colour,
        linewidth=1.2,
        hatch="/////",
        zorder=2,
    )
    axes.plot([patient.low, patient.high], [y, y], color=hue("muted"), linewidth=1, zorder=3)
    axes.plot([patient.high] * 2, [y - half * 0.6, y + half * 0.6], color=hue("muted"), linewidth=1, zorder=3)


def _draw_key(axes: "Axes") -> None:
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(30, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    key = PatientTotal("", 16, 34, "moderate")
    _draw_bar(axes, key, 15)
    axes.text(
        44,
        15,
        "measures missing: lowest to highest attainable total",
        size=SMALL,
        va="center_baseline",
        color=hue("muted"),
    )
