"""Swimmer plot: one lane a patient from first dose to the end, with doses, adverse events and response."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import (
    SMALL,
    WIDTH,
    label_axis,
    panel,
    sheet,
    shorten,
    svg_text,
    text_width,
)
from mitograft.report.figures.rows import RowLayout, draw_rows, layout_rows
from mitograft.report.figures.swimmer_marks import draw_grade, draw_marks_key, draw_symbol, marks_height
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SwimmerEvent", "SwimmerLane", "SwimmerWindow", "draw_swimmer"]

_ROW = 24.0
_BAR = 0.62
_TOP = 22.0
_NAME_ROW = 16.0
_BOTTOM = 50.0
_GRADES = range(1, 6)
_AFTER = 11.0  # units between the end of a lane and its words
_NARROWEST = 200.0
_NAMES = 110.0
_REASON = 170.0


@dataclass(frozen=True, slots=True)
class SwimmerEvent:
    """An adverse event: day of its start, grade (1 to 5) and whether it was dose-limiting."""

    day: float
    grade: int
    dose_limiting: bool = False


@dataclass(frozen=True, slots=True)
class SwimmerLane:
    """One patient.

    Parameters
    ----------
    label, group
        Name of the patient and the heading it stands under.
    end
        Last day; days count from the first dose (day 1).
    doses
        Days of dosing.
    events
        Adverse events.
    response
        First and last day of a response; None for none.
    ongoing
        Whether the patient is still followed.
    reason
        Why a patient left early; empty for completed or ongoing.

    Raises
    ------
    UsageError
        If a day is no number, the end lies before day 1, or a grade is not 1 to 5.
    """

    label: str
    end: float
    group: str = ""
    doses: tuple[float, ...] = (1.0,)
    events: tuple[SwimmerEvent, ...] = ()
    response: tuple[float, float] | None = None
    ongoing: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what the figure cannot show."""
        if not all(map(math.isfinite, self.days)) or self.end < 1:
            raise UsageError(
                f"SwimmerLane: found the days {self.days}; expected numbers, and an end from day 1."
            )
        grades = [event.grade for event in self.events if event.grade not in _GRADES]
        if grades:
            raise UsageError(
                f"SwimmerLane: found the grades {grades}; expected 1 to 5. Leave ungraded events out."
            )

    @property
    def days(self) -> tuple[float, ...]:
        """Every day that the lane shows."""
        return (self.end, *self.doses, *(event.day for event in self.events), *(self.response or ()))

    @property
    def fate(self) -> str:
        """The mark at the end: ``ongoing``, ``left`` or ``completed``."""
        return "ongoing" if self.ongoing else "left" if self.reason else "completed"


@dataclass(frozen=True, slots=True)
class SwimmerWindow:
    """A shaded stretch of days, for example that of dose-limiting toxicity, with its name."""

    name: str
    first: float
    last: float


def draw_swimmer(
    lanes: Sequence[SwimmerLane],
    window: SwimmerWindow | None = None,
    *,
    axis_label: str = "study day (first dose = day 1)",
    data_kind: DataKind = "measured",
) -> str:
    """Draw patients from their first dose to their end, in the order given.

    A box holds the grade of an adverse event at its start; where boxes meet, the higher grade is in front. A
    dose-limiting one is a diamond. A line along the foot of a lane is the response.

    Returns
    -------
    str
        SVG text, 440 units wide; 24 units high for each of up to 60 patients. More share the height of 60,
        without names, grades in figures and reasons.

    Raises
    ------
    UsageError
        If there is no patient.
    """
    if not lanes:
        raise UsageError("draw_swimmer: found no patient; expected one or more. Leave the figure away.")
    layout = layout_rows(
        [lane.label for lane in lanes], [lane.group for lane in lanes], row=_ROW, limit=_NAMES
    )
    top = _TOP + (_NAME_ROW if window else 0.0)
    kinds, grades = _marks(lanes)
    bottom = top + layout.height + _BOTTOM
    with sheet(bottom + marks_height(kinds, grades) + 2, data_kind) as figure:
        start = min(0.0, *(min(lane.days) for lane in lanes))
        last = max(2.0, *(max(lane.days) for lane in lanes))
        width = _panel_width(lanes, (start, last), layout)
        axes = panel(figure, layout.left, top, width, layout.height)
        axes.set_xlim(start, last)
        axes.set_ylim(layout.height, 0)
        axes.set_yticks([])
        axes.locator_params(axis="x", nbins=7, integer=True)
        axes.xaxis.set_major_formatter(lambda day, _: f"{day:g}")
        label_axis(axes, axis_label)
        _name_window(axes, window, WIDTH - layout.left)
        draw_rows(axes, layout)
        for row in layout.rows:
            if row.index is not None:
                _shade(axes, window, row.y, layout.row)
                _draw_lane(axes, lanes[row.index], row.y, layout)
        if kinds or grades:
            draw_marks_key(panel(figure, 0, bottom, WIDTH, marks_height(kinds, grades)), kinds, grades)
        return svg_text(figure)


def _marks(lanes: Sequence[SwimmerLane]) -> tuple[list[str], list[int]]:
    """Return the kinds of marks and the grades that occur, for the key."""
    fates = {lane.fate for lane in lanes}
    occurs = {
        "dose": any(lane.doses for lane in lanes),
        "dose-limiting": any(event.dose_limiting for lane in lanes for event in lane.events),
        "response": any(lane.response for lane in lanes),
        **{fate: fate in fates for fate in ("completed", "ongoing", "left")},
    }
    grades = sorted({event.grade for lane in lanes for event in lane.events})
    return [kind for kind, there in occurs.items() if there], grades


def _panel_width(lanes: Sequence[SwimmerLane], days: tuple[float, float], layout: RowLayout) -> float:
    """Return the greatest width that leaves room for the words behind every lane."""
    widest = WIDTH - layout.left - _AFTER
    if not layout.named:
        return widest
    start, last = days
    for lane in lanes:
        if lane.reason:
            words = text_width(shorten(lane.reason, _REASON, SMALL), SMALL) + _AFTER
            share = (max(lane.days) - start) / (last - start)
            widest = min(widest, (WIDTH - layout.left - words) / share)
    return max(widest, _NARROWEST)


def _name_window(axes: "Axes", window: SwimmerWindow | None, width: float) -> None:
    if window is None:
        return
    axes.annotate(
        shorten(window.name, width, SMALL),
        (window.first, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-1, 5),
        textcoords="offset points",
        size=SMALL,
        color=hue("ink"),
    )


def _shade(axes: "Axes", window: SwimmerWindow | None, y: float, row: float) -> None:
    """Shade the window behind one lane, so that headings stay clear."""
    if window is not None:
        days = window.last - window.first
        axes.barh(y, days, left=window.first, height=1.01 * row, color=hue("heat-1"), alpha=0.4, zorder=1)


def _draw_lane(axes: "Axes", lane: SwimmerLane, y: float, layout: RowLayout) -> None:
    size = 1.0 if layout.named else min(1.0, 1.6 * layout.row / _ROW)
    bar = layout.row * _BAR
    axes.barh(y, lane.end - 1, left=1, height=bar, color=hue("grid"), zorder=2)
    if lane.response:
        foot = y + bar / 2
        axes.plot(lane.response, [foot, foot], color=hue("third"), linewidth=2.6 * size, zorder=4)
        draw_symbol(axes, "response", lane.response[0], foot, size)
    for day in lane.doses:
        draw_symbol(axes, "dose", day, y - bar / 2, size)
    draw_symbol(axes, lane.fate, lane.end, y, size)
    for event in sorted(lane.events, key=lambda event: event.grade):
        draw_grade(axes, event.grade, (event.day, y), limiting=event.dose_limiting, words=layout.named)
    if lane.reason and layout.named:
        axes.annotate(
            shorten(lane.reason, _REASON, SMALL),
            (max(lane.days), y),
            xytext=(_AFTER, 0),
            textcoords="offset points",
            va="center_baseline",
            size=SMALL,
            color=hue("muted"),
        )
