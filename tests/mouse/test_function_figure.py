"""The figure of courses over time, read from the SVG as a browser would."""

import math
import re
from dataclasses import replace

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.canvas import MARK_ID
from mitograft.report.figures.log_ticks import log_ticks
from mitograft.report.figures.mouse_curves import CurveGroup, CurveMouse, TreatmentDay, draw_mouse_curves
from mitograft.report.palette import FIGURE_COLOURS
from mitograft.report.svg import embed_svg

DAYS = (0.0, 7.0, 14.0, 21.0)
VEHICLE = CurveGroup(
    "vehicle", DAYS, (100.0, 94.0, 88.0, 93.0), (99.0, 92.0, 84.0, math.nan), (101.0, 96.0, 92.0, math.nan),
    (8, 8, 7, 1),
    (CurveMouse(DAYS, (100.0, 95.0, 90.0, 93.0)), CurveMouse(DAYS[:2], (100.0, 78.0), left=True)),
)  # fmt: skip
TREATED = replace(VEHICLE, label="PN-101", means=(100.0, 94.0, 95.0, 98.0), counts=(9, 9, 9, 9), mice=())
GIVEN = (TreatmentDay("PN-101", 7.0), TreatmentDay("", 14.0))


def draw(**more):
    return draw_mouse_curves((VEHICLE, TREATED), GIVEN, quantity="body weight (% of baseline)", **more)


def words(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize(
    "more",
    [{}, {"log": True}, {"reference": 100.0}, {"log": True, "reference": 100.0}],
    ids=["plain", "log", "reference", "both"],
)
def test_it_is_repeatable_legible_and_fit_for_the_page(more):
    svg = draw(**more)
    assert svg == draw(**more)
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    assert width == 440
    assert height < 600
    assert "<text" in embed_svg(svg, "figure", "what it shows")
    assert min(float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)) >= 12
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= {colour.light for colour in FIGURE_COLOURS}
    for tag in re.findall(r"<text([^>]*)>", svg):
        place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", tag) or re.search(
            r'x="([-\d.]+)" y="([-\d.]+)"', tag
        )
        assert 0 <= float(place[1]) <= 440
        assert 0 <= float(place[2]) <= height


def test_it_names_groups_treatment_days_and_counts():
    shown = words(draw())
    for text in (
        "vehicle",
        "PN-101",
        "left the study early",
        "mice measured",
        "days since immunisation",
        "7",
    ):
        assert text in shown
    assert shown.count("PN-101") == 2  # the key and the line of treatment
    at = shown.index("mice measured")
    assert [t for t in shown[at + 1 :] if t.isdigit()] == ["8", "8", "7", "1", "9", "9", "9", "9"]


def test_without_early_ends_nothing_is_said_of_them():
    assert "left the study early" not in words(draw_mouse_curves((TREATED,), quantity="weight"))


def test_simulated_data_say_so():
    assert MARK_ID not in draw()
    assert "SIMULATED DATA" in words(draw(data_kind="simulated"))


def test_many_days_leave_room_between_counts():
    days = tuple(float(d) for d in range(40))
    line = (1.0,) * 40
    many = CurveGroup("vehicle", days, line, line, line, tuple(range(100, 140)))
    counts = [t for t in words(draw_mouse_curves((many,), quantity="weight")) if re.fullmatch(r"1[0-3]\d", t)]
    assert counts[0] == "100"
    assert counts[-1] == "139"
    assert len(counts) <= 15


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(UsageError, match="different lengths"):
        draw_mouse_curves((replace(TREATED, counts=(1,)),), quantity="weight")
    with pytest.raises(UsageError, match="no log axis"):
        draw_mouse_curves((replace(TREATED, lows=(0.0,) * 4),), quantity="weight", log=True)
    with pytest.raises(UsageError, match="expected one to"):
        draw_mouse_curves((), quantity="weight")


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.3), (-2.2, 3.9), (-9.0, 12.0), (0.5, 0.9), (2.0, 2.0)])
def test_ticks_of_a_log_axis_are_round_few_and_inside(low, high):
    ticks = log_ticks(low, high, most=5)
    assert 1 <= len(ticks) <= 5
    assert ticks == sorted(ticks)
    for tick in ticks:
        assert low - 1e-9 <= math.log10(tick) <= high + 1e-9
        assert float(f"{tick:.0e}") == tick
