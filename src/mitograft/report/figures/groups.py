"""How groups look in the figures that compare them: hue, marker and line differ together; and their key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.report.figures.canvas import FONT, WIDTH, panel, shorten, text_width
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["GroupStyle", "draw_key", "group_styles", "key_height", "styles_by_role"]

_ROW = 20.0
_MARK = 40.0
_GAP = 18.0

_Line = str | tuple[float, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class GroupStyle:
    """Hue, marker and line of a group."""

    colour: str
    marker: str
    line: _Line


_STYLES: tuple[tuple[str, str, _Line], ...] = (
    ("first", "o", "solid"),
    ("second", "s", (0.0, (5.0, 2.0))),
    ("third", "^", (0.0, (1.5, 1.5))),
    ("ink", "D", (0.0, (6.0, 2.0, 1.5, 2.0))),
    ("none", "v", (0.0, (3.0, 1.0))),
    ("minimal", "P", (0.0, (8.0, 3.0))),
)


def group_styles(figure: str, labels: Sequence[str]) -> list[GroupStyle]:
    """Return a style for every group.

    Raises
    ------
    UsageError
        If there are no groups, more than six, or two of one name.
    """
    if not 1 <= len(labels) <= len(_STYLES) or len(set(labels)) != len(labels):
        raise UsageError(
            f"{figure}: found the groups {list(labels)}; expected one to {len(_STYLES)}, each once. "
            "Draw more groups as several figures."
        )
    return [
        GroupStyle(hue(role), marker, line) for (role, marker, line), _ in zip(_STYLES, labels, strict=False)
    ]


def styles_by_role(roles: Sequence[str]) -> list[GroupStyle]:
    """Return a style for every group of mice: the healthy, the control, then the treated ones in their order.

    The styles are those of ``group_styles`` for groups in that order, so that a group looks alike in figures
    that show all groups and in figures that leave some out.
    """
    order = {"healthy": 0, "control": 1}
    treated = iter(range(2, len(_STYLES)))
    places = [order[role] if role in order else next(treated, len(_STYLES) - 1) for role in roles]
    return [GroupStyle(hue(_STYLES[i][0]), *_STYLES[i][1:]) for i in places]


def _places(labels: Sequence[str]) -> list[tuple[float, int]]:
    """Return the left end and the row of every entry: as many side by side as fit."""
    places, left, row = [], 0.0, 0
    for label in labels:
        width = min(_MARK + text_width(label) + _GAP, WIDTH)
        if left and left + width > WIDTH:
            left, row = 0.0, row + 1
        places.append((left, row))
        left += width
    return places


def key_height(labels: Sequence[str]) -> float:
    """Return the height the key needs."""
    return _ROW * (_places(labels)[-1][1] + 1)


def draw_key(figure: "Figure", top: float, labels: Sequence[str], *, lines: bool) -> None:
    """Draw the key at a distance from the top of the sheet, with each group's line or its marker alone."""
    height = key_height(labels)
    axes: Axes = panel(figure, 0, top, WIDTH, height)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    styles = group_styles("key", labels)
    for label, style, (left, row) in zip(labels, styles, _places(labels), strict=True):
        y = _ROW * (row + 0.5)
        if lines:
            axes.plot([left + 3, left + 33], [y, y], color=style.colour, linewidth=1.8, linestyle=style.line)
        axes.plot([left + 18], [y], color=style.colour, marker=style.marker, markersize=7, clip_on=False)
        text = shorten(label, WIDTH - left - _MARK)
        axes.text(left + _MARK, y, text, size=FONT, va="center_baseline", color=hue("ink"))
