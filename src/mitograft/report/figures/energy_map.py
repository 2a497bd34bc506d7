"""Where groups stand between respiration and glycolysis, at rest and under stress."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import SMALL, WIDTH, label_axis, panel, sheet, shorten, svg_text
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EnergyGroup", "EnergyState", "draw_energy_map"]

_PLOT = 270.0
_LEFT = 44.0
_RIGHT = 12.0
_CORNERS = (
    (0, 1, "respiring (aerobic)"),
    (1, 1, "energetic"),
    (0, 0, "quiescent"),
    (1, 0, "glycolytic"),
)


@dataclass(frozen=True, slots=True)
class EnergyState:
    """A mean on the map; ``ecar_interval`` and ``ocr_interval`` are the ends of its intervals, or None."""

    ecar: float
    ocr: float
    ecar_interval: tuple[float, float] | None = None
    ocr_interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class EnergyGroup:
    """One group: its state at rest and, if measured, under stress."""

    label: str
    rest: EnergyState
    stressed: EnergyState | None = None


def draw_energy_map(
    groups: Sequence[EnergyGroup],
    *,
    ocr_label: str = "OCR (pmol/min)",
    ecar_label: str = "ECAR (mpH/min)",
    data_kind: DataKind = "measured",
) -> str:
    """Draw oxygen consumption against acidification, with an arrow from rest (hollow) to stress (filled).

    The words in the corners name what a group would do that stood there; the axes begin at zero.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there are no groups, more than six, or two of one name.
    """
    labels = [group.label for group in groups]
    styles = group_styles("draw_energy_map", labels)
    top = 16.0 + key_height(labels) + 44.0
    with sheet(top + _PLOT + 44.0, data_kind) as figure:
        draw_key(figure, 16, labels, lines=False)
        axes = panel(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, _PLOT)
        _scale(axes, [s for g in groups for s in (g.rest, g.stressed) if s])
        label_axis(axes, ecar_label)
        hint = "hollow: at rest; filled: under stress" if any(g.stressed for g in groups) else ""
        for words, height in ((ocr_label, 8), (hint, 24)):
            axes.annotate(
                shorten(words, WIDTH, SMALL),
                (0, 1),
                xycoords="axes fraction",
                xytext=(-_LEFT + 4, height),
                textcoords="offset points",
                size=SMALL,
                color=hue("muted"),
            )
        _draw_corners(axes)
        for group, style in zip(groups, styles, strict=True):
            _draw_group(axes, group, style)
        return svg_text(figure)


def _scale(axes: "Axes", states: Sequence[EnergyState]) -> None:
    ecar = [v for s in states for v in (s.ecar, *(s.ecar_interval or ()))]
    ocr = [v for s in states for v in (s.ocr, *(s.ocr_interval or ()))]
    for values, limit in ((ecar, axes.set_xlim), (ocr, axes.set_ylim)):
        finite = [v for v in values if math.isfinite(v)]
        low, high = min([0.0, *finite]), max([0.0, *finite]) or 1.0
        limit(low * 1.1, high + 0.12 * (high - low))
    axes.locator_params(nbins=6)
    axes.xaxis.set_major_formatter(_tick)
    axes.yaxis.set_major_formatter(_tick)
    axes.grid(visible=True, color=hue("grid"), linewidth=0.8)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _draw_corners(axes: "Axes") -> None:
    for x, y, words in _CORNERS:
        axes.annotate(
            words,
            (x, y),
            xycoords="axes fraction",
            xytext=(-5 if x else 5, -5 if y else 5),
            textcoords="offset points",
            ha="right" if x else "left",
            va="top" if y else "bottom",
            size=SMALL,
            color=hue("muted"),
            zorder=1,
        )


def _draw_group(axes: "Axes", group: EnergyGroup, style: GroupStyle) -> None:
    if group.stressed:
        axes.annotate(
            "",
            (group.stressed.ecar, group.stressed.ocr),
            (group.rest.ecar, group.rest.ocr),
            arrowprops={
                "arrowstyle": "->",
                "color": style.colour,
                "linewidth": 1.2,
                "shrinkA": 5,
                "shrinkB": 6,
            },
            zorder=2,
        )
    for state, filled in ((group.rest, False), (group.stressed, True)):
        if state:
            _draw_state(axes, state, style, filled=filled)


def _draw_state(axes: "Axes", state: EnergyState, style: GroupStyle, *, filled: bool) -> None:
    if state.ecar_interval:
        axes.plot(state.ecar_interval, [state.ocr] * 2, color=style.colour, linewidth=1.3, zorder=3)
    if state.ocr_interval:
        axes.plot([state.ecar] * 2, state.ocr_interval, color=style.colour, linewidth=1.3, zorder=3)
    axes.plot(
        [state.ecar],
        [state.ocr],
        color=style.colour,
        marker=style.marker,
        markersize=8,
        markerfacecolor=style.colour if filled else hue("ground"),
        markeredgecolor=style.colour,
        markeredgewidth=1.6,
        zorder=4,
    )
