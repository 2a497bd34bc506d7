"""Rows of patients under the headings of their groups: named while there is room, thin beyond."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from mitograft.report.figures.canvas import WIDTH, row_text, short_names, shorten, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GAP", "PatientRow", "RowLayout", "draw_rows", "layout_rows"]

GAP = 8.0
_HEADING = 28.0
_NAMED = 60  # most patients with a row high enough for a name
_THINNEST = 1.6


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A row centred at ``y``: a heading, or the patient at ``index``; an empty name is not shown."""

    y: float
    name: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class RowLayout:
    """All rows with their common height, the height of the whole and the room the names take."""

    rows: tuple[PatientRow, ...]
    row: float
    height: float
    label_width: float

    @property
    def left(self) -> float:
        """Where the panel begins."""
        return self.label_width + GAP if self.label_width else GAP

    @property
    def named(self) -> bool:
        """Whether rows are high enough for a name and a value."""
        return self.label_width > 0


def layout_rows(
    labels: Sequence[str], groups: Sequence[str], *, row: float = 19.0, limit: float = 132.0
) -> RowLayout:
    """Place patients in the order given, with a heading wherever the group changes.

    Up to 60 patients have rows ``row`` units high with names of at most ``limit`` units. More share the
    height of 60 without names, and headings say how many they are.
    """
    named = len(labels) <= _NAMED
    high = row if named else max(row * _NAMED / len(labels), _THINNEST)
    names = short_names(labels, limit) if named else [""] * len(labels)
    rows: list[PatientRow] = []
    y = 0.0
    for group, members in groupby(range(len(labels)), key=lambda index: groups[index]):
        indices = list(members)
        if group:
            rows.append(PatientRow(y + _HEADING * 0.62, group if named else f"{group} (n = {len(indices)})"))
            y += _HEADING
        for index in indices:
            rows.append(PatientRow(y + high / 2, names[index], index))
            y += high
    width = max((text_width(name) for name in names), default=0.0)
    return RowLayout(tuple(rows), high, max(y, row), width)


def draw_rows(axes: "Axes", layout: RowLayout) -> None:
    """Write headings and names to the left of a panel whose vertical scale is that of the layout."""
    for row in layout.rows:
        if row.index is None:
            row_text(axes, shorten(row.name, WIDTH - 4), (0, row.y), -layout.left, weight="bold")
        elif row.name:
            row_text(axes, row.name, (0, row.y), -GAP, ha="right")
