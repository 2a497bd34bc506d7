"""Kaplan-Meier curves: steps with bands, ticks for censoring, medians, and the numbers at risk below."""

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
from mitograft.report.figures.groups import GroupStyle, draw_key, group_styles, key_height
from mitograft.report.numbers import format_number
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SurvivalGroup", "draw_kaplan_meier"]

_PLOT = 220.0
_LEFT = 46.0
_RIGHT = 16.0
_BOTTOM = 46.0
_ROW = 17.0
_KEY_TOP = 16.0
_NOT_REACHED = "not reached"
_COLUMN = 7.0  # units of a digit under the axis


@dataclass(frozen=True, slots=True)
class SurvivalGroup:
    """One group's estimate.

    Parameters
    ----------
    label
        Name in the key.
    times, shares
        Where the estimate steps, from time 0, and the share without event from there on.
    lows, highs
        Ends of the interval of each share; NaN for none.
    end
        Last time of follow-up: the curve ends there.
    censored
        Times of patients who left without an event.
    at_risk
        Patients at risk just before each of the figure's ``risk_times``.
    median
        Median with its interval; infinite where not reached, NaN where unknown.
    """

    label: str
    times: tuple[float, ...]
    shares: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    end: float
    censored: tuple[float, ...] = ()
    at_risk: tuple[int, ...] = ()
    median: tuple[float, float, float] = (math.nan, math.nan, math.nan)

    def __post_init__(self) -> None:
        """Refuse what the figure cannot show."""
        lengths = {len(part) for part in (self.times, self.shares, self.lows, self.highs)}
        rising = all(a < b for a, b in zip(self.times, self.times[1:], strict=False))
        if len(lengths) != 1 or not self.times or not rising:
            raise UsageError(
                f"SurvivalGroup {self.label!r}: found {len(self.times)} times; expected ascending times, "
                "with a share and an interval for each."
            )
        if any(not 0 <= share <= 1 for share in self.shares):
            raise UsageError(f"SurvivalGroup {self.label!r}: found a share outside 0 to 1.")

    def share_at(self, time: float) -> float:
        """Return the share without event at a time; 1 before the first step."""
        at = [share for step, share in zip(self.times, self.shares, strict=True) if step <= time]
        return at[-1] if at else 1.0


def draw_kaplan_meier(
    groups: Sequence[SurvivalGroup],
    risk_times: Sequence[float],
    *,
    event: str,
    time_label: str = "days since first dose",
    rising: bool = False,
    data_kind: DataKind = "measured",
) -> str:
    """Draw one to six groups as steps.

    The shaded band is the interval, a small upright stroke a patient censored. Medians stand in the key.
    Under the axis are the patients at risk.

    Parameters
    ----------
    groups
        In the order of the key.
    risk_times
        Times of the ticks and of the numbers at risk.
    event
        What the share is of, for example ``without event``.
    time_label
        What the horizontal axis shows, with its unit.
    rising
        Whether to draw the share with the event (1 minus the estimate) instead of that without.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there are no groups or more than six, or the numbers at risk do not fit the times.
    """
    labels = [_name(group) for group in groups]
    styles = group_styles("draw_kaplan_meier", labels)
    if any(len(group.at_risk) != len(risk_times) for group in groups):
        raise UsageError(
            f"draw_kaplan_meier: found numbers at risk that do not fit the {len(risk_times)} times; expected "
            "one for each group and time."
        )
    top = _KEY_TOP + key_height(labels) + 28.0
    table = _ROW * (len(groups) + 1)
    with sheet(top + _PLOT + _BOTTOM + table, data_kind) as figure:
        draw_key(figure, _KEY_TOP, labels, lines=True)
        axes = panel(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, _PLOT)
        _scale(axes, groups, risk_times)
        label_axis(axes, time_label)
        _name_quantity(axes, event)
        for group, style in zip(groups, styles, strict=True):
            _draw_curve(axes, group, style, rising=rising)
            _draw_median(axes, group.median[0], style)
        below = panel(figure, 0, top + _PLOT + _BOTTOM, WIDTH, table)
        _draw_at_risk(axes, below, groups, risk_times, styles)
        return svg_text(figure)


def _name(group: SurvivalGroup) -> str:
    middle, low, high = group.median
    if math.isnan(middle):
        return group.label
    return f"{group.label}: median {_time(middle)}{_interval(low, high)}"


def _interval(low: float, high: float) -> str:
    """Write an interval in words; nothing where neither end was reached."""
    if math.isfinite(low) and math.isfinite(high):
        return f" ({_time(low)} to {_time(high)})"
    return f" (from {_time(low)})" if math.isfinite(low) else ""


def _time(value: float) -> str:
    return _NOT_REACHED if not math.isfinite(value) else format_number(value)


def _scale(axes: "Axes", groups: Sequence[SurvivalGroup], risk_times: Sequence[float]) -> None:
    last = max([1.0, *risk_times, *(group.end for group in groups)])
    axes.set_xlim(0, 1.01 * last)
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axes.set_xticks(list(risk_times), [format_number(time) for time in risk_times])
    axes.grid(visible=True, axis="y", color=hue("grid"), linewidth=0.8)


def _name_quantity(axes: "Axes", event: str) -> None:
    axes.annotate(
        shorten(f"patients {event}, %", WIDTH, SMALL),
        (0, 1),
        xycoords="axes fraction",
        xytext=(-_LEFT + 4, 10),
        textcoords="offset points",
        size=SMALL,
        color=hue("muted"),
    )


def _draw_curve(axes: "Axes", group: SurvivalGroup, style: GroupStyle, *, rising: bool) -> None:
    def heights(shares: Sequence[float]) -> list[float]:
        return [1 - share if rising else share for share in shares]

    times = [*group.times, max(group.end, group.times[-1])]
    lows, highs = heights([*group.lows, group.lows[-1]]), heights([*group.highs, group.highs[-1]])
    axes.fill_between(times, lows, highs, step="post", color=style.colour, alpha=0.13, linewidth=0, zorder=2)
    line = heights([*group.shares, group.shares[-1]])
    axes.step(times, line, where="post", color=style.colour, linewidth=1.8, linestyle=style.line, zorder=4)
    axes.plot(
        group.censored,
        heights([group.share_at(time) for time in group.censored]),
        linestyle="none",
        marker="|",
        markersize=9,
        markeredgewidth=1.4,
        color=style.colour,
        clip_on=False,
        zorder=5,
    )


def _draw_median(axes: "Axes", median: float, style: GroupStyle) -> None:
    """Drop a line from the half to the axis at the median, with the group's marker at its foot."""
    if not math.isfinite(median):
        return
    axes.plot([0, median], [0.5, 0.5], color=hue("muted"), linewidth=0.9, dashes=(3, 2), zorder=3)
    axes.plot([median] * 2, [-0.02, 0.5], color=style.colour, linewidth=1.0, dashes=(3, 2), zorder=3)
    axes.plot(
        [median], [-0.02], color=style.colour, marker=style.marker, markersize=7, clip_on=False, zorder=6
    )


def _draw_at_risk(
    plot: "Axes",
    axes: "Axes",
    groups: Sequence[SurvivalGroup],
    risk_times: Sequence[float],
    styles: Sequence[GroupStyle],
) -> None:
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(_ROW * (len(groups) + 1), 0)
    axes.set_xticks([])
    axes.set_yticks([])
    unit = (WIDTH - _LEFT - _RIGHT) / plot.get_xlim()[1]
    axes.text(4, _ROW / 2, "patients at risk", size=SMALL, va="center_baseline", color=hue("muted"))
    for row, (group, style) in enumerate(zip(groups, styles, strict=True), start=1):
        y = _ROW * (row + 0.5)
        axes.plot([14], [y], marker=style.marker, markersize=6, color=style.colour)
        reached = 22.0
        for time, count in zip(risk_times, group.at_risk, strict=True):
            x, half = _LEFT + time * unit, text_width(str(count), SMALL) / 2
            if x - half >= reached:
                reached = x + half + 4
                text = str(count)
                axes.text(x, y, text, size=SMALL, ha="center", va="center_baseline", color=hue("ink"))
