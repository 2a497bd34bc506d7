"""The marks of a swimmer plot and their key: shape and words differ, not colour alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mitograft.report.figures.canvas import SMALL, WIDTH, text_width
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_grade", "draw_marks_key", "draw_symbol", "marks_height"]

_ROW = 20.0
_SIGN = 20.0
_GAP = 14.0
_TOP_GRADE = 4
_BOX = 14.0
_SMALL_BOX = 4.0
_WORDS = {
    "dose": "dose",
    "response": "response",
    "completed": "completed",
    "ongoing": "still followed",
    "left": "left early",
    "dose-limiting": "dose-limiting",
}
_ENDS = frozenset({"completed", "ongoing", "left"})
_SYMBOLS: dict[str, dict[str, Any]] = {
    "dose": {"marker": "v", "markersize": 9, "color": "ink"},
    "response": {"marker": "^", "markersize": 7, "color": "third"},
    "completed": {"marker": "|", "markersize": 15, "markeredgewidth": 2.4, "color": "ink"},
    "ongoing": {"marker": ">", "markersize": 9, "color": "ink"},
    "left": {"marker": "x", "markersize": 9, "markeredgewidth": 2.2, "color": "ink"},
}


def draw_symbol(axes: "Axes", kind: str, x: float, y: float, size: float = 1.0) -> None:
    """Draw one of ``dose``, ``response``, ``completed``, ``ongoing`` and ``left``."""
    style = dict(_SYMBOLS[kind])
    style["color"] = hue(style["color"])
    style["markersize"] *= size
    axes.plot([x], [y], linestyle="none", clip_on=False, zorder=40 if kind in _ENDS else 5, **style)


def draw_grade(axes: "Axes", grade: int, place: tuple[float, float], *, limiting: bool, words: bool) -> None:
    """Draw an adverse event: a box with its grade, a diamond where it was dose-limiting.

    Without ``words`` the mark is small and empty.
    """
    level = min(grade, _TOP_GRADE)
    colour = hue("second") if limiting else hue(f"heat-{level}")
    box = (_BOX if words else _SMALL_BOX) * (1.0 if limiting else 0.93)
    order = 10.0 + 2 * grade + 20.0 * limiting
    axes.plot(
        *([value] for value in place),
        marker="D" if limiting else "s",
        markersize=box,
        color=colour,
        markeredgecolor=hue("ground"),
        markeredgewidth=0.8 if words else 0.3,
        clip_on=False,
        zorder=order,
    )
    if words:
        ink = hue("ground") if limiting else hue(f"on-heat-{level}")
        style: dict[str, Any] = {"ha": "center", "va": "center_baseline", "size": SMALL, "color": ink}
        axes.text(*place, str(grade), zorder=order + 1, weight="bold" if limiting else "normal", **style)


def _entries(kinds: Sequence[str], grades: Sequence[int]) -> list[tuple[str, float, float, int]]:
    """Return every entry with its words' width, left end and row."""
    placed, left, row = [], 0.0, 0
    for kind in [*kinds, *(["grade"] if grades else [])]:
        words = text_width(_text(kind), SMALL)
        width = (_SIGN if kind != "grade" else (_BOX + 3) * len(grades) + 6) + words + _GAP
        if left and left + width - _GAP > WIDTH:
            left, row = 0.0, row + 1
        placed.append((kind, words, left, row))
        left += width
    return placed


def _text(kind: str) -> str:
    return _WORDS.get(kind, "adverse event, by grade")


def marks_height(kinds: Sequence[str], grades: Sequence[int]) -> float:
    """Return the height the key of these marks needs."""
    return _ROW * (max((row for *_, row in _entries(kinds, grades)), default=-1) + 1)


def draw_marks_key(axes: "Axes", kinds: Sequence[str], grades: Sequence[int]) -> None:
    """Draw the key of the marks that occur; the panel is as wide as the sheet and ``marks_height`` high."""
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(max(marks_height(kinds, grades), _ROW), 0)
    axes.set_xticks([])
    axes.set_yticks([])
    for kind, _, left, row in _entries(kinds, grades):
        y = _ROW * (row + 0.5)
        at = left + _SIGN
        if kind == "grade":
            for place, grade in enumerate(grades):
                draw_grade(axes, grade, (left + 8 + (_BOX + 3) * place, y), limiting=False, words=True)
            at = left + (_BOX + 3) * len(grades) + 6
        elif kind == "dose-limiting":
            axes.plot([left + 9], [y], marker="D", markersize=11, color=hue("second"))
        else:
            _draw_sign(axes, kind, left, y)
        axes.text(at, y, _text(kind), size=SMALL, va="center_baseline", color=hue("muted"))


def _draw_sign(axes: "Axes", kind: str, left: float, y: float) -> None:
    if kind == "response":
        axes.plot([left + 4, left + 17], [y, y], color=hue("third"), linewidth=2.6)
    draw_symbol(axes, kind, left + (4 if kind == "response" else 8), y, 0.9)
