"""The figures of uptake, read from the SVG as a browser would."""

import math
import re

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.canvas import MARK_ID
from mitograft.report.figures.uptake import UptakeGroup, UptakePanel, UptakePoint, draw_uptake
from mitograft.report.figures.uptake_signals import SignalGroup, draw_cell_signals
from mitograft.report.palette import FIGURE_COLOURS
from mitograft.report.svg import embed_svg

TREATED = UptakeGroup(
    "patient + PN-101", (UptakePoint(0.5, 0.4, 0.6), UptakePoint(0.6), UptakePoint(math.nan)), 0.55
)
UNTREATED = UptakeGroup("patient", (UptakePoint(0.01, 0.0, math.inf),))
PANELS = (
    UptakePanel("Positive cells", "share of the cells", (UNTREATED, TREATED)),
    UptakePanel("Donor mtDNA", "share of mtDNA", (TREATED,)),
    UptakePanel("ROS", "relative to control", (UNTREATED,), reference=1.0),
)
SIGNALS = (
    SignalGroup("untreated", tuple(float(v % 23) - 3 for v in range(200)), "200 cells, 1% positive"),
    SignalGroup("treated", tuple(float(v**2 % 997) for v in range(200)), "200 cells, 80% positive"),
)
FIGURES = {
    "wells": lambda **k: draw_uptake(PANELS, **k),
    "signals": lambda **k: draw_cell_signals(SIGNALS, 18.0, axis_label="signal of a cell (RFU)", **k),
    "signals without a threshold": lambda **k: draw_cell_signals(SIGNALS, 0.0, axis_label="signal", **k),
    "one signal": lambda **k: draw_cell_signals((SignalGroup("a", (5.0,)),), 5.0, axis_label="signal", **k),
}


def words(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_figures_are_repeatable_legible_and_fit_for_the_page(draw):
    svg = draw()
    assert svg == draw()
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    assert width == 440
    assert height < 700
    assert "<text" in embed_svg(svg, "figure", "what it shows")
    assert min(float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)) >= 12
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= {colour.light for colour in FIGURE_COLOURS}
    for tag in re.findall(r"<text([^>]*)>", svg):
        place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", tag) or re.search(
            r'x="([-\d.]+)" y="([-\d.]+)"', tag
        )
        assert 0 <= float(place[1]) <= 440
        assert 0 <= float(place[2]) <= height


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_simulated_figures_say_so(draw):
    assert MARK_ID not in draw()
    assert "SIMULATED DATA" in words(draw(data_kind="simulated"))


def test_every_panel_and_group_is_named():
    shown = words(FIGURES["wells"]())
    for text in ("Positive cells", "Donor mtDNA", "ROS", "patient", "patient + PN-101", "share of mtDNA"):
        assert text in shown


def test_signals_show_threshold_and_shares():
    shown = words(FIGURES["signals"]())
    assert "threshold of the untreated cells, 18" in shown
    assert "200 cells, 80% positive" in shown
    ticks = [text for text in shown if text.replace("−", "-").lstrip("-").isdigit()]
    assert ticks == sorted(ticks, key=int)
    assert {"0", "100"} <= set(ticks)


def test_a_higher_value_stands_higher():
    def heights(value):
        one = UptakePanel("x", "u", (UptakeGroup("a", (UptakePoint(value), UptakePoint(1.0))),))
        return [float(y) for y in re.findall(r'<use [^>]*y="([\d.]+)"', draw_uptake([one]))][-2:]

    low, top = heights(0.2)
    assert low > top
    assert heights(0.8)[0] < low


def test_nothing_to_draw_is_refused():
    with pytest.raises(UsageError, match="found no panel"):
        draw_uptake([])
    with pytest.raises(UsageError, match="found no signal"):
        draw_cell_signals((SignalGroup("a", (math.nan,)),), 1.0, axis_label="signal")
    seven = tuple(UptakeGroup(f"g{k}", (UptakePoint(1.0),)) for k in range(7))
    with pytest.raises(UsageError, match="one to 6"):
        draw_uptake([UptakePanel("x", "u", seven)])
