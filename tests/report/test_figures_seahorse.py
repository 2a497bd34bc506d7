"""The figures of respiration, read from the SVG as a browser would."""

import math
import re

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.canvas import MARK_ID
from mitograft.report.figures.energy_map import EnergyGroup, EnergyState, draw_energy_map
from mitograft.report.figures.groups import draw_key, group_styles, key_height
from mitograft.report.figures.parameter_bars import ParameterPanel, PointGroup, draw_parameter_points
from mitograft.report.figures.rate_agreement import RatePair, draw_rate_agreement
from mitograft.report.figures.traces import Injection, Trace, draw_traces
from mitograft.report.palette import FIGURE_COLOURS, hue
from mitograft.report.svg import embed_svg

TIMES = (1.4, 9.9, 18.4, 27.1)
TRACES = (
    Trace("healthy", TIMES, (50.0, 51.0, 49.0, 12.0), (45.0, 46.0, 44.0, 9.0), (55.0, 56.0, 54.0, 15.0)),
    Trace("patient", TIMES, (30.0, math.nan, 29.0, -2.0), wells=((31.0, 30.0, 28.0, -1.0),)),
)
INJECTIONS = (Injection("oligomycin", 22.0), Injection("FCCP", 24.0))
GROUPS = (
    PointGroup("healthy", {"D1": 40.0, "D2": 44.0}, 42.0, 38.0, 46.0),
    PointGroup("patient", {"D1": 22.0, "D2": 25.0, "D3": 20.0}, 22.3, 18.0, math.inf),
)
PANELS = tuple(
    ParameterPanel(title, "pmol/min", GROUPS) for title in ("Basal", "Proton leak", "Maximal respiration")
)
MAP = (
    EnergyGroup("healthy", EnergyState(8, 60, (7, 9), (55, 65)), EnergyState(14, 110)),
    EnergyGroup("patient", EnergyState(11, 35)),
)
PAIRS = (RatePair("A02, 1", 50.0, 50.3), RatePair("B03, 7", 100.0, 103.0), RatePair("C01, 2", math.nan, 1.0))

FIGURES = {
    "traces": lambda **k: draw_traces(TRACES, INJECTIONS, quantity="OCR (pmol/min)", **k),
    "parameters": lambda **k: draw_parameter_points(PANELS, **k),
    "energy map": lambda **k: draw_energy_map(MAP, **k),
    "agreement": lambda **k: draw_rate_agreement(PAIRS, **k),
}


def words(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def place(svg, text):
    (tag,) = re.findall(rf"<text([^>]*)>{re.escape(text)}</text>", svg)
    numbers = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", tag) or re.search(
        r'x="([-\d.]+)" y="([-\d.]+)"', tag
    )
    return tuple(map(float, numbers.groups()))


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_figures_are_440_wide_repeatable_and_fit_for_the_page(draw):
    svg = draw()
    assert svg == draw()
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    assert width == 440
    assert height < 700
    assert "<text" in embed_svg(svg, "figure", "what it shows")
    sizes = {float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)}
    assert min(sizes) >= 12
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= {colour.light for colour in FIGURE_COLOURS}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_text_stays_on_the_sheet(draw):
    svg = draw()
    height = float(re.search(r'viewBox="0 0 440 ([\d.]+)"', svg)[1])
    for tag in re.findall(r"<text([^>]*)>", svg):
        x, y = (float(v) for v in (re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", tag)
                                   or re.search(r'x="([-\d.]+)" y="([-\d.]+)"', tag)).groups())  # fmt: skip
        assert 0 <= x <= 440
        assert 0 <= y <= height


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_simulated_data_is_marked_on_the_figure(draw):
    assert f'id="{MARK_ID}"' not in draw()
    simulated = draw(data_kind="simulated")
    assert f'id="{MARK_ID}"' in simulated
    assert "SIMULATED DATA" in words(simulated)


def test_traces_name_groups_axes_and_injections():
    found = words(FIGURES["traces"]())
    assert {"healthy", "patient", "oligomycin", "FCCP", "time (min)", "OCR (pmol/min)"} <= set(found)


def test_close_injections_stand_on_two_levels():
    svg = FIGURES["traces"]()
    assert place(svg, "FCCP")[1] == pytest.approx(place(svg, "oligomycin")[1] - 16, abs=1)
    far = draw_traces(TRACES, (Injection("a", 4.0), Injection("b", 20.0)), quantity="OCR")
    assert place(far, "a")[1] == pytest.approx(place(far, "b")[1], abs=1)


def test_negative_rates_get_a_zero_line():
    positive = draw_traces(TRACES[:1], quantity="OCR")
    negative = FIGURES["traces"]()
    assert "−" not in "".join(words(positive))
    line = f"stroke: {hue('muted')}"
    assert negative.count(line) > positive.count(line)


def test_traces_with_parts_of_different_length_are_refused():
    bad = Trace("x", TIMES, (1.0, 2.0))
    with pytest.raises(UsageError, match=r"'x' has parts of the lengths \[2, 4\]"):
        draw_traces([bad], quantity="OCR")


@pytest.mark.parametrize("labels", [(), tuple("abcdefg"), ("a", "a")])
def test_groups_must_be_one_to_six_and_differ(labels):
    with pytest.raises(UsageError, match="expected one to 6, each once"):
        draw_traces([Trace(label, (1.0,), (1.0,)) for label in labels], quantity="OCR")
    with pytest.raises(UsageError, match="expected one to 6, each once"):
        draw_energy_map([EnergyGroup(label, EnergyState(1, 1)) for label in labels])


def test_six_groups_differ_in_hue_and_in_marker():
    styles = group_styles("figure", tuple("abcdef"))
    assert len({s.colour for s in styles}) == len({s.marker for s in styles}) == 6
    assert len({s.line for s in styles}) == 6


def test_key_takes_a_row_more_where_names_are_long():
    assert key_height(["a", "b", "c"]) == 20
    assert key_height(["a group with a rather long name", "another group of that kind", "c"]) == 40
    assert draw_key.__doc__


def test_parameters_show_every_donor_and_title():
    svg = FIGURES["parameters"]()
    assert {"Basal", "Proton leak", "Maximal respiration"} <= set(words(svg))
    marks = {role: len(re.findall(rf"<use [^>]*stroke: {hue(role)}", svg)) for role in ("first", "second")}
    # A donor's point in each of three panels; the mark in the key.
    assert marks == {"first": 2 * 3 + 1, "second": 3 * 3 + 1}


def test_panels_with_different_groups_are_refused():
    other = ParameterPanel("x", "", GROUPS[:1])
    with pytest.raises(UsageError, match="expected the same in all"):
        draw_parameter_points([PANELS[0], other])


def test_values_far_from_zero_need_no_zero():
    near = ParameterPanel("Coupling", "%", (PointGroup("a", {"D1": 80.0, "D2": 90.0}),))
    assert "0" not in words(draw_parameter_points([near]))
    assert "0" in words(FIGURES["parameters"]())


def test_panel_without_any_number_is_drawn_empty():
    empty = ParameterPanel("Leak", "%", (PointGroup("a", {}),))
    assert "Leak" in words(draw_parameter_points([empty]))


def test_energy_map_names_its_corners_and_says_what_hollow_means():
    found = words(FIGURES["energy map"]())
    assert {"energetic", "quiescent", "glycolytic", "respiring (aerobic)"} <= set(found)
    assert "hollow: at rest; filled: under stress" in found
    assert not any("hollow" in text for text in words(draw_energy_map(MAP[1:])))


def test_agreement_counts_and_names_the_rates_beyond_tolerance():
    found = words(FIGURES["agreement"]())
    assert "1 of 2 rates within 0.5% + 0.5 pmol/min (band)" in found
    assert "B03, 7" in found
    assert "A02, 1" not in found


def test_rate_on_the_border_of_the_tolerance_agrees():
    found = words(draw_rate_agreement([RatePair("x", 100.0, 101.0)], absolute=0.5))
    assert "1 of 1 rates within 0.5% + 0.5 pmol/min (band)" in found


def test_agreement_of_no_rates_is_refused():
    with pytest.raises(UsageError, match="no pair of finite rates"):
        draw_rate_agreement(PAIRS[2:])
