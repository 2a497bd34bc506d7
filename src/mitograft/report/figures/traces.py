"""Rates over time, with the injections: the panel by which a biologist knows a Seahorse experiment."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Injection", "Trace", "draw_traces"]

_PLOT = 230.0
_LEFT = 44.0
_RIGHT = 10.0
_BOTTOM = 44.0
_LABEL = 16.0


@dataclass(frozen=True, slots=True)
class Injection:
    """An injection: what was added, and when (min)."""

    label: str
    minute: float


@dataclass(frozen=True, slots=True)
class Trace:
    """One group over time.

    Parameters
    ----------
    label
        Name of the group.
    minutes, values
        Times and means (NaN for a gap).
    lows, highs
        Ends of the interval at every time; empty for none.
    wells
        Single wells or donors, each with a value for every time; drawn thin behind the mean.
    """

    label: str
    minutes: tuple[float, ...]
    values: tuple[float, ...]
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    wells: tuple[tuple[float, ...], ...] = ()


def draw_traces(
    traces: Sequence[Trace],
    injections: Sequence[Injection] = (),
    *,
    quantity: str,
    data_kind: DataKind = "measured",
) -> str:
    """Draw the rate of one to six groups over time, with a labelled line at every injection.

    Parameters
    ----------
    traces
        The groups, in the order of the key.
    injections
        Lines; labels that would run into each other stand on two levels.
    quantity
        What the vertical axis shows, with its unit (``oxygen consumption rate (pmol/min)``).

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there are no groups or more than six, or the lengths of a trace differ.
    """
    labels = [trace.label for trace in traces]
    styles = group_styles("draw_traces", labels)
    _check(traces)
    top = 18.0 + key_height(labels) + 26.0 + 2 * _LABEL
    with sheet(top + _PLOT + _BOTTOM, data_kind) as figure:
        draw_key(figure, 16, labels, lines=True)
        axes = panel(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, _PLOT)
        _scale(axes, traces, injections)
        axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)
        label_axis(axes, "time (min)")
        axes.annotate(
            shorten(quantity, WIDTH, SMALL),
            (0, 1),
            xycoords="axes fraction",
            xytext=(-_LEFT + 4, 10 + 2 * _LABEL),
            textcoords="offset points",
            size=SMALL,
            color=hue("muted"),
        )
        _draw_injections(axes, injections)
        for order, (trace, style) in enumerate(zip(traces, styles, strict=True)):
            _draw_trace(axes, trace, style, order)
        return svg_text(figure)


def _check(traces: Sequence[Trace]) -> None:
    for trace in traces:
        lengths = {len(trace.minutes), len(trace.values), *map(len, trace.wells)}
        if trace.lows or trace.highs:
            lengths |= {len(trace.lows), len(trace.highs)}
        if len(lengths) != 1:
            raise UsageError(
                f"draw_traces: the trace {trace.label!r} has parts of the lengths {sorted(lengths)}; "
                "expected a value for every time."
            )


def _scale(axes: "Axes", traces: Sequence[Trace], injections: Sequence[Injection]) -> None:
    """Let the axes span every finite value and zero."""
    times = [m for trace in traces for m in trace.minutes] + [i.minute for i in injections]
    series = [s for t in traces for s in (t.values, t.lows, t.highs, *t.wells)]
    values = [v for part in series for v in part if math.isfinite(v)]
    low, high = min([0.0, *values]), max([0.0, *values]) or 1.0
    margin = 0.04 * (high - low)
    axes.set_ylim(low - margin * (low < 0), high + margin)
    axes.set_xlim(0, 1.02 * max(times, default=1.0))
    axes.locator_params(nbins=6)
    axes.xaxis.set_major_formatter(_tick)
    axes.yaxis.set_major_formatter(_tick)
    if low < 0:
        axes.axhline(0, color=hue("muted"), linewidth=0.9, zorder=1)


def _tick(value: float, _position: float) -> str:
    return format_number(value)


def _draw_injections(axes: "Axes", injections: Sequence[Injection]) -> None:
    """Draw the lines; a label stands a level higher where the one before it reaches into its place."""
    start, end = axes.get_xlim()
    unit = (WIDTH - _LEFT - _RIGHT) / (end - start)
    reached = [-math.inf, -math.inf]
    for injection in sorted(injections, key=lambda i: i.minute):
        x = (injection.minute - start) * unit
        text = shorten(injection.label, 0.4 * WIDTH, SMALL)
        width = text_width(text, SMALL)
        right = x + width > WIDTH - _LEFT - _RIGHT
        begin = x - width if right else x
        level = 0 if begin > reached[0] else 1
        reached[level] = begin + width + 6
        axes.plot(
            [injection.minute] * 2,
            [0, 1 + (5 + level * _LABEL + 0.6 * _LABEL) / _PLOT],
            transform=axes.get_xaxis_transform(),
            color=hue("muted"),
            linewidth=0.9,
            dashes=(3, 2),
            zorder=1,
            clip_on=False,
        )
        axes.annotate(
            text,
            (injection.minute, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if right else 4, 5 + level * _LABEL),
            textcoords="offset points",
            ha="right" if right else "left",
            size=SMALL,
            color=hue("ink"),
            bbox={"facecolor": hue("ground"), "edgecolor": "none", "pad": 1.0},
            zorder=5,
        )


def _draw_trace(axes: "Axes", trace: Trace, style: GroupStyle, order: int) -> None:
    for well in trace.wells:
        axes.plot(trace.minutes, well, color=style.colour, linewidth=0.9, alpha=0.5, zorder=2)
    if trace.lows:
        low, high = (np.where(np.isfinite(end), end, np.nan) for end in (trace.lows, trace.highs))
        axes.fill_between(
            trace.minutes, low, high, color=style.colour, alpha=0.18, linewidth=0, zorder=1.5 + 0.01 * order
        )
    axes.plot(
        trace.minutes,
        trace.values,
        color=style.colour,
        linewidth=1.8,
        linestyle=style.line,
        marker=style.marker,
        markersize=6,
        markeredgecolor=hue("ground"),
        markeredgewidth=0.6,
        zorder=3 + 0.01 * order,
        clip_on=False,
    )
