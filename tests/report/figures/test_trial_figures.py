"""What stands in the figures of a trial, read from the SVG as a browser would."""

import math
import re
from functools import cache

import pytest
from lxml import etree

from mitograft.errors import UsageError
from mitograft.report.figures import (
    CourseGroup,
    DotGroup,
    EventRow,
    HeatmapRow,
    Measure,
    PatientChange,
    PatientLine,
    PatientTotal,
    RiskDifference,
    SurvivalGroup,
    SwimmerEvent,
    SwimmerLane,
    SwimmerWindow,
    Threshold,
    draw_change_waterfall,
    draw_component_heatmap,
    draw_event_dots,
    draw_kaplan_meier,
    draw_spaghetti,
    draw_swimmer,
    draw_waterfall,
)
from mitograft.report.figures.canvas import MARK_ID
from mitograft.report.palette import FIGURE_COLOURS, hue
from mitograft.report.svg import embed_svg

ADULT = (Threshold("minimal", 20), Threshold("moderate", 40), Threshold("major", 60))
WINDOW = SwimmerWindow("window of dose-limiting toxicity", 1, 15)
LANES = (
    SwimmerLane(
        "01-001", 85, "low", events=(SwimmerEvent(3, 1), SwimmerEvent(8, 4, True)), response=(29, 85)
    ),
    SwimmerLane("01-002", 40, "low", reason="withdrawal by subject"),
    SwimmerLane("02-003", 60, "high", events=(SwimmerEvent(30, 2),), ongoing=True),
)
GROUPS = (
    CourseGroup(
        "low", (PatientLine((29, 85), (10, math.nan)), PatientLine((29, 85), (30, 55))), (29, 85), (20, 55)
    ),
    CourseGroup("high", (PatientLine((29, 85), (math.nan, math.nan)),)),
)
CURVES = (
    SurvivalGroup(
        "low",
        (0, 10, 20),
        (1, 0.75, 0.4),
        (1, 0.4, 0.1),
        (1, 0.9, 0.7),
        90,
        (50, 90),
        (4, 2),
        (20, 10, math.inf),
    ),
    SurvivalGroup("high", (0,), (1,), (1,), (1,), 90, (90,), (3, 3), (math.inf, math.inf, math.inf)),
)
DOTS = (DotGroup("low", 3), DotGroup("high", 6))
EVENTS = (
    EventRow("Nausea", (1, 3), (RiskDifference(1 / 6, -0.4, 0.6),), "Gastrointestinal disorders"),
    EventRow(
        "Vomiting", (0, 1), (RiskDifference(math.nan, math.nan, math.nan),), "Gastrointestinal disorders"
    ),
)
CHANGES = (
    PatientChange("A", 12.5, "low"),
    PatientChange("B", -40, "low"),
    PatientChange("C", math.nan, "low"),
    PatientChange("D", 0, "high"),
)


@cache
def swimmer(kind="measured"):
    return draw_swimmer(LANES, WINDOW, data_kind=kind)


@cache
def spaghetti(kind="measured"):
    return draw_spaghetti(GROUPS, ADULT, quantity="TIS (0 to 100)", limits=(0, 100), data_kind=kind)


@cache
def kaplan_meier(kind="measured"):
    return draw_kaplan_meier(CURVES, (0, 85), event="without response", data_kind=kind)


@cache
def dots(kind="measured"):
    return draw_event_dots(DOTS, EVENTS, control="low", data_kind=kind)


@cache
def changes(kind="measured"):
    return draw_change_waterfall(
        CHANGES, (Threshold("halved", -50),), axis_label="CK, %", better="down", data_kind=kind
    )


FIGURES = (swimmer, spaghetti, kaplan_meier, dots, changes)


def texts(svg):
    """Return every text with its place."""
    root = etree.fromstring(svg.encode())
    found = []
    for node in root.iter("{http://www.w3.org/2000/svg}text"):
        x, y = node.get("x"), node.get("y")
        if x is None:
            x, y = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform")).groups()
        found.append((node.text, float(x), float(y)))
    return found


def words(svg):
    return [text for text, _, _ in texts(svg)]


def size(svg):
    return tuple(float(v) for v in etree.fromstring(svg.encode()).get("viewBox").split()[2:])


@pytest.mark.parametrize("draw", FIGURES)
def test_same_input_same_bytes_and_only_colours_the_page_can_turn_dark(draw):
    assert draw.__wrapped__() == draw()
    known = {colour.light for colour in FIGURE_COLOURS}
    assert set(re.findall(r"#[0-9a-f]{6}\b", draw())) <= known
    assert not re.search(r"#[0-9a-f]{6}", embed_svg(draw(), "figure-x", "words"))


@pytest.mark.parametrize("draw", FIGURES)
def test_everything_stands_within_the_sheet_in_type_readable_on_a_phone(draw):
    width, height = size(draw())
    assert width == 440
    assert all(0 <= x <= width and 0 <= y <= height for _, x, y in texts(draw()))
    assert min(map(float, re.findall(r"font-size: ([\d.]+)px", draw()))) >= 12


@pytest.mark.parametrize("draw", FIGURES)
def test_the_mark_of_the_kind_of_data(draw):
    assert MARK_ID not in draw()
    assert "SIMULATED DATA" in words(draw("simulated"))
    assert "SIMULATED DATA" not in embed_svg(draw("simulated"), "figure-x", "words")


def test_swimmer_names_patients_grades_reasons_window_and_only_marks_that_occur():
    seen = words(swimmer())
    for expected in ("01-001", "low", "high", "withdrawal by subject", WINDOW.name, "dose-limiting", "4"):
        assert expected in seen
    assert seen.count("1") == 2  # the event and the key
    plain = words(draw_swimmer((SwimmerLane("A", 85),)))
    for absent in ("dose-limiting", "response", "left early", "still followed", "adverse event, by grade"):
        assert absent not in plain
    assert "completed" in plain


def test_swimmer_writes_the_reason_behind_the_lane_and_within_the_sheet():
    late = SwimmerLane("A", 85, reason="withdrawal by subject")
    (place,) = [x for text, x, _ in texts(draw_swimmer((late,))) if text == "withdrawal by subject"]
    assert 200 < place < 440 - 130
    (early,) = [x for text, x, _ in texts(draw_swimmer((late, LANES[1]))) if text == "withdrawal by subject"][
        1:
    ]
    assert early < place


@pytest.mark.parametrize(
    "wrong",
    [{"end": 0}, {"end": math.nan}, {"end": 9, "doses": (math.inf,)}, {"end": 9, "response": (3, math.nan)}],
)
def test_swimmer_refuses_days_it_cannot_place(wrong):
    with pytest.raises(UsageError, match="expected numbers, and an end from day 1"):
        SwimmerLane("A", **wrong)


def test_swimmer_refuses_what_is_no_grade_and_no_patient():
    with pytest.raises(UsageError, match=r"found the grades \[6\]; expected 1 to 5"):
        SwimmerLane("A", 9, events=(SwimmerEvent(1, 6),))
    with pytest.raises(UsageError, match="expected one or more"):
        draw_swimmer(())


@pytest.mark.parametrize("n", [1, 60, 61, 254])
def test_many_patients_share_the_height_of_sixty(n):
    lanes = [SwimmerLane(f"P{i:03}", 85, "all") for i in range(n)]
    totals = [PatientTotal(f"P{i:03}", i % 101, i % 101, "none", "all") for i in range(n)]
    rows = [HeatmapRow(f"P{i:03}", (i % 20,), "all") for i in range(n)]
    measure = (Measure("Physician global", 20),)
    for svg in (draw_swimmer(lanes), draw_waterfall(totals, ADULT), draw_component_heatmap(measure, rows)):
        assert size(svg)[1] < 60 * 24 + 220
        assert ("P000" in words(svg)) == (n <= 60)
        assert (f"all (n = {n})" in words(svg)) == (n > 60)


def test_spaghetti_counts_who_was_measured_and_names_the_thresholds_in_every_panel():
    seen = words(spaghetti())
    assert {"low (n = 2)", "high (n = 0)", "TIS (0 to 100)"} <= set(seen)
    assert seen.count("moderate") == 2


def test_spaghetti_breaks_the_line_where_a_visit_has_no_value():
    whole = CourseGroup("a", (PatientLine((1, 2, 3), (1.0, 2.0, 3.0)),))
    broken = CourseGroup("a", (PatientLine((1, 2, 3), (1.0, math.nan, 3.0)),))

    def strokes(group):
        line = rf'd="([^"]*)"[^>]*style="fill: none; stroke: {hue("minimal")}'
        return sum(path.count("L ") for path in re.findall(line, draw_spaghetti((group,), quantity="x")))

    assert strokes(whole) == 2
    assert strokes(broken) == 0


def test_spaghetti_refuses_days_without_values():
    with pytest.raises(UsageError, match="days and values of different number"):
        draw_spaghetti((CourseGroup("a", (PatientLine((1, 2), (1,)),)),), quantity="x")
    with pytest.raises(UsageError, match="expected one or more"):
        draw_spaghetti((), quantity="x")


def test_kaplan_meier_says_medians_and_numbers_at_risk():
    seen = words(kaplan_meier())
    assert "low: median 20 (from 10)" in seen
    assert "high: median not reached" in seen
    assert seen.count("3") == 2
    bounded = SurvivalGroup("a", (0,), (1,), (1,), (1,), 9, (), (), (33, 25, 51))
    assert "a: median 33 (25 to 51)" in words(draw_kaplan_meier((bounded,), (), event="alive"))


def test_kaplan_meier_steps_are_the_estimate_and_rise_on_request():
    falling, rising = (
        draw_kaplan_meier(CURVES[:1], (0, 85), event="x", rising=rising) for rising in (False, True)
    )

    def heights(svg):
        line = re.search(
            rf'd="([^"]*)"[^>]*style="fill: none; stroke: {hue("first")}; stroke-width: 1.8', svg
        )
        paths = re.findall(
            rf'd="([^"]*)"[^>]*style="fill: none; stroke: {hue("first")}; stroke-width: 1.8', svg
        )
        assert line
        path = max(paths, key=len)
        return [float(y) for y in re.findall(r"[ML] [\d.]+ ([\d.]+)", path)]

    down, up = heights(falling), heights(rising)
    assert down == sorted(down)  # downwards on the sheet
    assert up == sorted(up, reverse=True)
    steps = sorted(set(down))
    assert (steps[1] - steps[0]) / (steps[2] - steps[0]) == pytest.approx(0.25 / 0.6, abs=1e-3)


def test_a_share_holds_until_the_next_step():
    assert [CURVES[0].share_at(t) for t in (0, 9.9, 10, 19.9, 20, 500)] == [1, 1, 0.75, 0.75, 0.4, 0.4]


@pytest.mark.parametrize(
    ("times", "shares", "said"),
    [
        ((), (), "ascending"),
        ((0, 0), (1, 1), "ascending"),
        ((0, 1), (1,), "ascending"),
        ((0,), (1.1,), "outside 0 to 1"),
    ],
)
def test_kaplan_meier_refuses_what_is_no_estimate(times, shares, said):
    with pytest.raises(UsageError, match=said):
        SurvivalGroup("a", times, shares, shares, shares, 9)


def test_kaplan_meier_refuses_numbers_at_risk_of_other_times():
    with pytest.raises(UsageError, match="numbers at risk that do not fit the 1 times"):
        draw_kaplan_meier(CURVES, (0,), event="x")


def test_dots_stand_at_their_share_with_their_count():
    seen = texts(dots())
    said = [text for text, _, _ in seen]
    assert said.count("Gastrointestinal disorders") == 1
    assert {"Nausea", "Vomiting", "low (n = 3)", "high (n = 6)", "difference from low"} <= set(said)
    one_of_three, three_of_six = (next(x for text, x, _ in seen if text == t) for t in ("1", "3"))
    zero = next(x for text, x, _ in seen if text == "0" and x < 40)
    assert (three_of_six - zero) / (one_of_three - zero) == pytest.approx(1.5, abs=0.05)


def test_dots_of_one_group_need_no_comparison():
    svg = draw_event_dots(DOTS[:1], (EventRow("Nausea", (1,)),))
    assert not [text for text in words(svg) if text.startswith("difference")]


@pytest.mark.parametrize(
    "rows", [(), (EventRow("x", (1,)),), (EventRow("x", (4, 1)),), (EventRow("x", (-1, 1)),)]
)
def test_dots_refuse_counts_that_do_not_fit(rows):
    with pytest.raises(UsageError, match="do not fit the groups"):
        draw_event_dots(DOTS, rows)


def test_dots_refuse_an_unknown_control_and_missing_differences():
    with pytest.raises(UsageError, match="expected one of the groups"):
        draw_event_dots(DOTS, EVENTS, control="placebo")
    with pytest.raises(UsageError, match="a difference for every group but the control"):
        draw_event_dots(DOTS, (EventRow("x", (1, 1)),), control="low")


def test_changes_go_from_best_to_worst_and_the_unknown_come_last():
    places = {text: y for text, _, y in texts(changes())}
    order = ["low", "B", "A", "C", "high", "D"]
    assert [places[name] for name in order] == sorted(places[name] for name in order)
    assert {"missing", "−40", "12.5", "halved"} <= set(places)
    up = {text: y for text, _, y in texts(draw_change_waterfall(CHANGES, axis_label="x", better="up"))}
    assert up["A"] < up["B"] < up["C"]


def test_changes_fill_improvement_and_leave_worsening_open():
    def fills(change, better):
        svg = draw_change_waterfall((PatientChange("A", change),), axis_label="x", better=better)
        return hue("moderate") in svg, hue("second") in svg

    assert fills(5, "up") == fills(-5, "down") == (True, False)
    assert fills(-5, "up") == fills(5, "down") == (False, True)
    with pytest.raises(UsageError, match="expected one or more"):
        draw_change_waterfall((), axis_label="x")
