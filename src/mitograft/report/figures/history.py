"""A single-arm result read against the history of placebo."""

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
    row_text,
    sheet,
    shorten,
    svg_text,
)
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Curve", "draw_history"]

_HEIGHT = 380.0
_KEY_ROW = 20.0
_STYLES = (
    ("first", "o", "solid"),
    ("second", "s", (0, (5, 2))),
    ("third", "^", (0, (1.5, 1.5))),
    ("muted", "D", (0, (5, 2, 1, 2))),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """One way of reading the result: a name and a probability for each number of responders, 0 to n."""

    label: str
    probabilities: tuple[float, ...]


def draw_history(
    curves: Sequence[Curve],
    *,
    line: float = 0.95,
    placebo_rate: float | None = None,
    observed: int | None = None,
    data_kind: DataKind = "measured",
) -> str:
    """Draw the probability that the treated rate exceeds placebo, for every number of responders.

    Parameters
    ----------
    curves
        One to four readings (for example history at full weight, history discounted, robust prior, naive);
        each with n + 1 probabilities for 0 to n responders. The legend keeps their order; the fourth is drawn
        in the colour of plain text.
    line
        Probability at which a line is drawn; markers that reach it are filled, the others hollow.
    placebo_rate
        Share of responders on placebo, marked on the axis of responders; None for no mark.
    observed
        Number of responders seen; None for no mark.

    Raises
    ------
    UsageError
        If there are no curves, more than four, or curves of different length.
    """
    if not 1 <= len(curves) <= len(_STYLES) or len({len(curve.probabilities) for curve in curves}) != 1:
        raise UsageError(
            f"draw_history: found {len(curves)} curves of lengths "
            f"{[len(curve.probabilities) for curve in curves]}; expected one to four of the same length."
        )
    n = len(curves[0].probabilities) - 1
    top = 12.0 + _KEY_ROW * len(curves)
    with sheet(_HEIGHT, data_kind) as figure:
        _draw_key(panel(figure, 0, 14, WIDTH, top - 12), curves)
        axes = panel(figure, 34, top + 34, WIDTH - 42, _HEIGHT - top - 80)
        axes.set_xlim(-0.35, n + 0.35)
        axes.set_ylim(-0.03, 1.03)
        axes.set_xticks(range(n + 1))
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.50", "0.75", "1"])
        axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
        label_axis(axes, f"responders of {n} treated patients")
        _draw_line(axes, line)
        _draw_marks(axes, n, placebo_rate, observed)
        for curve, (role, marker, dashes) in zip(curves, _STYLES, strict=False):
            _draw_curve(axes, curve, line, (role, marker, dashes))
        return svg_text(figure)


def _draw_key(axes: "Axes", curves: Sequence[Curve]) -> None:
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(_KEY_ROW * len(curves), 0)
    axes.set_xticks([])
    axes.set_yticks([])
    for row, (curve, (role, marker, dashes)) in enumerate(zip(curves, _STYLES, strict=False)):
        y = _KEY_ROW * (row + 0.5)
        axes.plot([4, 36], [y, y], color=hue(role), linewidth=1.8, linestyle=dashes)
        axes.plot([20], [y], color=hue(role), marker=marker, markersize=7, clip_on=False)
        axes.text(44, y, shorten(curve.label, WIDTH - 48), size=FONT, va="center_baseline", color=hue("ink"))


def _draw_line(axes: "Axes", line: float) -> None:
    axes.axhline(line, color=hue("ink"), linewidth=1.1, dashes=(4, 3), zorder=1)
    row_text(axes, f"probability {format_number(line)}", (0.01, line + 0.045), size=SMALL)
    axes.annotate(
        "probability that the treated rate exceeds placebo",
        (0, 1),
        xycoords="axes fraction",
        xytext=(-30, 6),
        textcoords="offset points",
        size=SMALL,
        color=hue("muted"),
    )


def _draw_marks(axes: "Axes", n: int, placebo_rate: float | None, observed: int | None) -> None:
    if placebo_rate is not None:
        at = placebo_rate * n
        axes.axvline(at, color=hue("muted"), linewidth=0.9, dashes=(1.5, 2.5), zorder=1)
        words = f"placebo rate {format_number(100 * placebo_rate, 0)}%"
        _note(axes, words, at, 0.0, right=at < n / 2)
    if observed is not None:
        axes.axvspan(observed - 0.3, observed + 0.3, color=hue("grid"), alpha=0.6, linewidth=0, zorder=0)
        _note(axes, f"seen: {observed} of {n}", observed, 0.09, right=observed < n / 2)


def _note(axes: "Axes", words: str, x: float, y: float, *, right: bool) -> None:
    axes.annotate(
        words,
        (x, y),
        xytext=(4 if right else -4, 1),
        textcoords="offset points",
        ha="left" if right else "right",
        size=SMALL,
        color=hue("muted"),
    )


def _draw_curve(axes: "Axes", curve: Curve, line: float, style: tuple[str, str, object]) -> None:
    role, marker, dashes = style
    ks = range(len(curve.probabilities))
    axes.plot(ks, curve.probabilities, color=hue(role), linewidth=1.8, linestyle=dashes, zorder=3)
    for k, probability in zip(ks, curve.probabilities, strict=True):
        axes.plot(
            [k],
            [probability],
            color=hue(role),
            marker=marker,
            markersize=7,
            markeredgewidth=1.6,
            markeredgecolor=hue(role),
            markerfacecolor=hue(role if probability >= line else "ground"),
            zorder=4,
            clip_on=False,
        )
