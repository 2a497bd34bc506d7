"""What stands in the figures: read from the SVG as a browser would."""

import math
import re
from dataclasses import dataclass, field
from functools import cache
from xml.parsers import expat

import matplotlib as mpl
import pytest

from mitograft.errors import UsageError
from mitograft.report.figures import (
    Curve,
    HeatmapRow,
    Interval,
    Measure,
    PatientTotal,
    Threshold,
    draw_component_heatmap,
    draw_history,
    draw_intervals,
    draw_waterfall,
)
from mitograft.report.figures.canvas import MARK_ID, short_names, shorten, text_width, wrapped
from mitograft.report.palette import FIGURE_COLOURS, hue
from mitograft.report.svg import embed_svg

ADULT = (Threshold("minimal", 20), Threshold("moderate", 40), Threshold("major", 60))
PATIENTS = (
    PatientTotal("A", 25, 25, "minimal", "exercise"),
    PatientTotal("B", 72.5, 72.5, "major", "exercise"),
    PatientTotal("C", 10, 70, "none", "infliximab"),
    PatientTotal("D", 0, 0, "none", "infliximab"),
)
MEASURES = (Measure("Physician global", 20), Measure("Muscle strength (MMT-8)", 32.5))
ROWS = (HeatmapRow("A", (20, None), "exercise"), HeatmapRow("B", (0, 10), "exercise"))
CURVES = (
    Curve("history at full weight", (0.01, 0.2, 0.96)),
    Curve("history discounted", (0.02, 0.3, 0.94)),
    Curve("naive", (0.1, 0.95, 1.0)),
)
INTERVALS = (
    Interval("strength", 4.1, -0.8, 9.0),
    Interval("beyond", 2.0, -1.0, math.inf),
    Interval("nothing", math.nan, math.nan, math.nan),
)


@cache
def waterfall(kind="measured"):
    return draw_waterfall(PATIENTS, ADULT, data_kind=kind)


@cache
def heatmap(kind="measured"):
    return draw_component_heatmap(MEASURES, ROWS, data_kind=kind)


@cache
def history(kind="measured"):
    return draw_history(CURVES, placebo_rate=0.438, observed=2, data_kind=kind)


@cache
def intervals(kind="measured"):
    return draw_intervals(INTERVALS, unit="points", reference=0, reference_label="no change", data_kind=kind)


FIGURES = (waterfall, heatmap, history, intervals)


@dataclass
class Drawing:
    """The texts (with their place) and the styles of a figure."""

    width: float = 0
    height: float = 0
    texts: list[tuple[str, float, float]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def words(self):
        return [text for text, _, _ in self.texts]

    def height_of(self, words):
        (found,) = [y for text, _, y in self.texts if text == words]
        return found


def read(svg):
    drawing = Drawing()
    inside = []

    def start(name, attributes):
        if name == "svg":
            drawing.width, drawing.height = map(float, attributes["viewBox"].split()[2:])
        if name == "text":
            x, y = attributes.get("x"), attributes.get("y")
            if x is None:
                x, y = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", attributes["transform"]).groups()
            drawing.texts.append(("", float(x), float(y)))
            inside.append(True)
        drawing.styles.append(attributes.get("style", ""))
        drawing.ids.add(attributes.get("id", ""))

    def data(text):
        if inside:
            words, x, y = drawing.texts[-1]
            drawing.texts[-1] = (words + text, x, y)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: inside.pop() if name == "text" else None
    parser.CharacterDataHandler = data
    parser.Parse(svg, True)
    return drawing


@pytest.mark.parametrize("draw", FIGURES)
def test_the_same_input_gives_the_same_bytes_whatever_the_readers_settings(draw):
    first = draw.__wrapped__()
    with mpl.rc_context(
        {"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "red", "text.usetex": False}
    ):
        mpl.rcParams["svg.hashsalt"] = "other"
        assert draw.__wrapped__() == first
        assert mpl.rcParams["font.size"] == 30  # put back as it was


@pytest.mark.parametrize("draw", FIGURES)
def test_no_date_no_program_and_nothing_from_elsewhere(draw):
    svg = draw()
    assert "<dc:date>" not in svg
    assert "Matplotlib" not in svg
    assert not re.search(r'(href|src)="(?!#)', svg)
    assert "DejaVu" not in svg
    assert svg.count("font-family") == 1


@pytest.mark.parametrize("draw", FIGURES)
def test_every_colour_is_one_the_page_can_turn_dark(draw):
    known = {colour.light for colour in FIGURE_COLOURS}
    assert set(re.findall(r"#[0-9a-f]{6}\b", draw())) <= known
    embedded = str(embed_svg(draw(), "figure-x", "words"))
    assert not re.search(r"#[0-9a-f]{6}", embedded)
    assert "var(--figure-ink)" in embedded


@pytest.mark.parametrize("draw", FIGURES)
def test_text_is_at_least_9_pixels_high_on_a_phone_of_360_pixels(draw):
    svg = draw()
    drawn = read(svg)
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", svg)]
    sizes += [float(size) for size in re.findall(r"font: [^;]*?([\d.]+)px", svg)]
    assert len(sizes) >= len(drawn.texts)
    assert min(sizes) * (360 - 2 * 12) / drawn.width >= 9


@pytest.mark.parametrize("draw", FIGURES)
def test_everything_stands_within_the_sheet(draw):
    drawn = read(draw())
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for _, x, y in drawn.texts)


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_on_its_own_carries_the_mark_and_the_page_puts_its_own(draw):
    assert MARK_ID not in read(draw()).ids
    for kind, words in (("simulated", "SIMULATED DATA"), ("published", "published data, re-analysed")):
        assert words in read(draw(kind)).words()
        assert words not in embed_svg(draw(kind), "figure-x", "words")
    assert "label" not in embed_svg(draw(), "figure-x", "words").partition("<defs")[0].replace(
        "aria-label", ""
    )


@pytest.mark.parametrize("draw", FIGURES)
def test_two_figures_on_one_page_share_no_id(draw):
    one, other = (
        set(re.findall(r'id="([^"]+)"', embed_svg(draw(), name, "words"))) for name in ("one", "two")
    )
    assert not one & other


def test_waterfall_orders_patients_from_best_to_worst_within_their_group():
    drawn = read(waterfall())
    order = ["exercise", "B", "A", "infliximab", "C", "D"]
    heights = [drawn.height_of(words) for words in order]
    assert heights == sorted(heights)


def test_waterfall_shows_exact_totals_bounds_and_the_names_of_thresholds():
    words = read(waterfall()).words()
    for expected in ("72.5", "25", "10 to 70", "0", "minimal", "moderate", "major"):
        assert expected in words
    assert "measures missing: lowest to highest attainable total" in words


def test_waterfall_hatches_only_what_is_incomplete():
    complete = [patient for patient in PATIENTS if patient.complete]
    assert "<pattern" not in draw_waterfall(complete, ADULT)
    assert "<pattern" in waterfall()
    assert "measures missing" not in draw_waterfall(complete, ADULT)


def test_waterfall_names_thresholds_that_stand_close_in_two_rows():
    near = (Threshold("minimal", 30), Threshold("moderate", 35))
    drawn = read(draw_waterfall(PATIENTS, near))
    assert drawn.height_of("moderate") < drawn.height_of("minimal")
    apart = read(waterfall())
    assert apart.height_of("moderate") == apart.height_of("minimal")


@pytest.mark.parametrize("n", [0, 1, 60])
def test_waterfall_grows_with_the_number_of_patients(n):
    patients = [PatientTotal(f"P{i}", i, i, "none") for i in range(n)]
    drawn = read(draw_waterfall(patients, ADULT))
    assert drawn.height >= 19 * n
    assert {f"P{i}" for i in range(n)} <= set(drawn.words())


@pytest.mark.parametrize(
    ("low", "high", "category"),
    [(-1, 5, "none"), (50, 40, "none"), (0, 101, "none"), (math.nan, 5, "none"), (0, 5, "excellent")],
)
def test_waterfall_refuses_totals_it_cannot_show(low, high, category):
    with pytest.raises(UsageError, match="expected 0 <= low <= high <= 100 and one of none, minimal"):
        PatientTotal("A", low, high, category)


def test_heatmap_refuses_rows_of_another_length():
    with pytest.raises(UsageError, match="found 1 points in a row, expected 2"):
        draw_component_heatmap(MEASURES, (HeatmapRow("A", (1,)),))


def test_heatmap_prints_points_and_marks_what_is_missing():
    svg = heatmap()
    words = read(svg).words()
    for expected in ("Physician global", "of 20", "Muscle strength (MMT-8)", "of 32.5", "20", "0", "10", "–"):
        assert expected in words
    assert words.count("–") == 1
    assert "<pattern" in svg
    complete = draw_component_heatmap(MEASURES, (HeatmapRow("B", (0, 10)),))
    assert read(complete).words().count("–") == 0


@pytest.mark.parametrize(
    ("points", "role"),
    [
        (0, "heat-0"),
        (2.5, "heat-1"),
        (5, "heat-1"),
        (7.5, "heat-2"),
        (10, "heat-2"),
        (15, "heat-3"),
        (20, "heat-4"),
    ],
)
def test_heatmap_shades_by_quarters_of_the_maximum(points, role):
    svg = draw_component_heatmap((Measure("Physician global", 20),), (HeatmapRow("A", (points,)),))
    drawn = read(svg)
    at = next(i for i, style in enumerate(drawn.styles) if hue(f"on-{role}") in style)
    assert at
    assert sum(hue(role) in style for style in drawn.styles) == 2  # the cell and the key


def test_heatmap_sets_a_heading_wherever_the_group_changes():
    rows = (HeatmapRow("A", (1, 1), "one"), HeatmapRow("B", (1, 1), "one"), HeatmapRow("C", (1, 1), "two"))
    words = read(draw_component_heatmap(MEASURES, rows)).words()
    assert words.count("one") == 1
    assert words.count("two") == 1


def test_history_says_which_curve_is_which_and_fills_what_reaches_the_line():
    svg = history()
    words = read(svg).words()
    for expected in (
        "history at full weight",
        "history discounted",
        "naive",
        "responders of 2 treated patients",
        "probability 0.95",
        "placebo rate 44%",
        "seen: 2 of 2",
        "0",
        "1",
        "2",
    ):
        assert expected in words
    hollow = re.findall(rf"fill: {hue('ground')}; stroke: (#[0-9a-f]{{6}})", svg)
    assert sorted(hollow) == sorted([hue("first")] * 2 + [hue("second")] * 3 + [hue("third")])


def test_history_tells_four_curves_apart():
    svg = draw_history((*CURVES, Curve("fourth", (0.0, 0.5, 1.0))))
    assert "fourth" in read(svg).words()
    filled = re.findall(r"fill: (#[0-9a-f]{6}); stroke: (#[0-9a-f]{6})", svg)
    lines = {stroke for fill, stroke in filled if fill in (stroke, hue("ground"))}
    assert {hue(role) for role in ("first", "second", "third", "muted")} <= lines


def test_history_leaves_out_what_it_is_not_given():
    words = read(draw_history(CURVES[:1])).words()
    assert not [word for word in words if word.startswith(("placebo rate", "seen"))]


@pytest.mark.parametrize("curves", [(), CURVES * 2, (Curve("a", (0.1, 0.2)), Curve("b", (0.1,)))])
def test_history_refuses_curves_it_cannot_tell_apart(curves):
    with pytest.raises(UsageError, match="expected one to four of the same length"):
        draw_history(curves)


def test_intervals_show_numbers_and_reference():
    words = read(intervals()).words()
    for expected in ("strength", "4.1 (−0.8 to 9)", "2 (−1 to ∞)", "nothing", "–", "no change", "points"):
        assert expected in words


@pytest.mark.parametrize(
    "rows", [(), (Interval("x", math.nan, -math.inf, math.inf),), (Interval("x", 1, 1, 1),)]
)
def test_intervals_can_be_drawn_whatever_is_known(rows):
    assert read(draw_intervals(rows, unit="points")).height > 0


def test_long_labels_are_wrapped_or_cut_to_their_place():
    label = "difference between endurance exercise and control in muscle strength at twelve weeks " * 2
    words = read(draw_intervals((Interval(label, 1, 0, 2),), unit="points")).words()
    assert [word for word in words if word.endswith("…")]
    assert all(text_width(word) <= 440 for word in words)


def test_names_cut_to_a_width_stay_different():
    names = [f"IIM-KR-SNUH-{i:04}-2021-A" for i in range(30)]
    cut = short_names(names, 100)
    assert len(set(cut)) == 30
    assert all(text_width(name) <= 100 for name in cut)
    assert short_names(["A", "B"], 100) == ["A", "B"]
    assert short_names([], 100) == []
    same = short_names(["a very long name that does not fit"] * 2, 60)
    assert same[0] == same[1]
    assert "…" in same[0]


def test_cutting_never_exceeds_the_width_and_leaves_short_text_alone():
    assert shorten("short", 100) == "short"
    assert wrapped("a b c", 500) == ["a b c"]
    for text in ("W" * 60, "日本語" * 30, "e\u0301" * 80):
        assert text_width(shorten(text, 80)) <= 80
        assert text_width(shorten(text, 80, keep_end=True)) <= 80
