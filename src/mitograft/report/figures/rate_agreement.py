"""Recomputed rates against those of the instrument's own software."""

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
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RatePair", "draw_rate_agreement"]

_PLOT = 220.0
_LEFT = 48.0
_RIGHT = 12.0
_TOP = 56.0
_NAMED = 5


@dataclass(frozen=True, slots=True)
class RatePair:
    """One rate twice: the vendor's and the recomputed; ``label`` names well and measurement."""

    label: str
    vendor: float
    recomputed: float


def draw_rate_agreement(
    pairs: Sequence[RatePair],
    *,
    relative: float = 0.005,
    absolute: float = 0.5,
    unit: str = "pmol/min",
    data_kind: DataKind = "measured",
) -> str:
    """Draw the difference of every recomputed rate from the vendor's, with the tolerance as a band.

    A rate agrees where the difference is at most ``relative`` x the vendor's rate + ``absolute``. Those that
    do not are crosses; the five farthest out carry their labels. Points on the same spot are drawn once;
    pairs without a finite number are left out.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If no pair is finite.
    """
    shown = [p for p in pairs if math.isfinite(p.vendor) and math.isfinite(p.recomputed)]
    if not shown:
        raise UsageError("draw_rate_agreement: found no pair of finite rates; expected at least one.")
    beyond = [p for p in shown if _excess(p, relative, absolute) > 0]
    with sheet(_TOP + _PLOT + 44.0, data_kind) as figure:
        axes = panel(figure, _LEFT, _TOP, WIDTH - _LEFT - _RIGHT, _PLOT)
        _scale(axes, shown, (relative, absolute))
        axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
        label_axis(axes, f"rate of the instrument's software ({unit})")
        tolerance = f"{format_number(100 * relative)}% + {format_number(absolute)} {unit}"
        notes = (
            f"recomputed minus instrument ({unit})",
            f"{len(shown) - len(beyond)} of {len(shown)} rates within {tolerance} (band)",
        )
        for line, words in enumerate(notes):
            axes.annotate(
                shorten(words, WIDTH, SMALL),
                (0, 1),
                xycoords="axes fraction",
                xytext=(-_LEFT + 4, 8 + 16 * line),
                textcoords="offset points",
                size=SMALL,
                color=hue("ink" if line else "muted"),
            )
        _draw_band(axes, relative, absolute)
        _draw_points(axes, [p for p in shown if _excess(p, relative, absolute) <= 0])
        _draw_beyond(axes, sorted(beyond, key=lambda p: -_excess(p, relative, absolute)))
        return svg_text(figure)


def _difference(pair: RatePair) -> float:
    return pair.recomputed - pair.vendor


def _excess(pair: RatePair, relative: float, absolute: float) -> float:
    return abs(_difference(pair)) - (relative * abs(pair.vendor) + absolute)


def _scale(axes: "Axes", pairs: Sequence[RatePair], tolerance: tuple[float, float]) -> None:
    low, high = min(p.vendor for p in pairs), max(p.vendor for p in pairs)
    margin = 0.04 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    band = tolerance[0] * max(abs(low), abs(high)) + tolerance[1]
    reach = 1.12 * max(band, *(abs(_difference(p)) for p in pairs)) or 1.0
    axes.set_ylim(-reach, reach)
    axes.locator_params(nbins=6)
    axes.xaxis.set_major_formatter(_tick)
    axes.yaxis.set_major_formatter(_tick)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _draw_band(axes: "Axes", relative: float, absolute: float) -> None:
    start, end = axes.get_xlim()
    xs = sorted({start, end, *([0.0] if start < 0 < end else [])})
    highs = [relative * abs(x) + absolute for x in xs]
    lows = [-value for value in highs]
    axes.fill_between(xs, lows, highs, color=hue("grid"), alpha=0.6, linewidth=0, zorder=0.5)
    for edge in (lows, highs):
        axes.plot(xs, edge, color=hue("muted"), linewidth=0.9, dashes=(3, 2), zorder=1)
    axes.axhline(0, color=hue("muted"), linewidth=0.9, zorder=1)


def _draw_points(axes: "Axes", pairs: Sequence[RatePair]) -> None:
    (start, end), (low, high) = axes.get_xlim(), axes.get_ylim()
    across, up = (WIDTH - _LEFT - _RIGHT) / (end - start), _PLOT / (high - low)
    spots = {(round(p.vendor * across), round(_difference(p) * up)): p for p in pairs}
    axes.plot(
        [p.vendor for p in spots.values()],
        [_difference(p) for p in spots.values()],
        linestyle="none",
        marker="o",
        markersize=3.2,
        markerfacecolor="none",
        markeredgecolor=hue("first"),
        markeredgewidth=0.9,
        zorder=2,
    )


def _draw_beyond(axes: "Axes", pairs: Sequence[RatePair]) -> None:
    start, end = axes.get_xlim()
    for index, pair in enumerate(pairs):
        at = pair.vendor, _difference(pair)
        axes.plot(*at, marker="x", markersize=7, markeredgewidth=1.8, color=hue("second"), zorder=3)
        if index < _NAMED:
            text = shorten(pair.label, WIDTH / 3, SMALL)
            share = (pair.vendor - start) / (end - start) * (WIDTH - _LEFT - _RIGHT)
            left = share + 8 + text_width(text, SMALL) > WIDTH - _LEFT - _RIGHT
            axes.annotate(
                text,
                at,
                xytext=(-7 if left else 7, 0),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center_baseline",
                size=SMALL,
                color=hue("ink"),
                zorder=4,
            )
