"""Figures of plates: dose response and plate map."""

import math
import re

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.dose_response import DoseCurve, draw_dose_response
from mitograft.report.figures.plate_map import PlateWell, draw_plate_map

CURVE = DoseCurve(
    "PN-101 D1",
    (0.0, 1.0, 10.0, 100.0),
    (40.0, 45.0, 66.0, 80.0),
    tuple((dose, 40 + dose / 3, 35 + dose / 3, 45 + dose / 3) for dose in (1.0, 10.0, 100.0)),
    (8.04, 5.2, 13.1),
)


def words(svg):
    return [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def draw(*curves, **options):
    return draw_dose_response(
        list(curves), dose_label="PN-101, ug/mL", response_label="Viability, %", **options
    )


def test_dose_response_says_what_it_shows():
    found = words(draw(CURVE))
    assert {"PN-101, ug/mL", "Viability, %", "PN-101 D1", "EC50 8.04 (5.2 to 13.1)", "0"} <= set(found)


def test_a_curve_that_failed_shows_its_note_and_an_open_interval_its_sign():
    failed = DoseCurve("flat", (1.0, 2.0), (5.0, 5.0), note="no change with the dose")
    open_ended = DoseCurve("open", (1.0, 2.0), (5.0, 6.0), ec50=(2.0, 1.0, math.inf))
    found = words(draw(failed, open_ended))
    assert "no change with the dose" in found
    assert "EC50 2 (1 to ∞)" in found


def test_the_same_input_gives_the_same_bytes_and_simulated_data_are_marked():
    assert draw(CURVE, data_kind="simulated") == draw(CURVE, data_kind="simulated")
    assert "SIMULATED DATA" in words(draw(CURVE, data_kind="simulated"))


def test_dose_response_refuses_what_it_cannot_show():
    with pytest.raises(UsageError, match="found 0 curves"):
        draw()
    with pytest.raises(UsageError, match="found 4 curves"):
        draw(CURVE, CURVE, CURVE, CURVE)
    with pytest.raises(UsageError, match="with doses above 0"):
        draw(DoseCurve("x", (0.0,), (1.0,)))


def test_plate_map_letters_shades_and_holes():
    wells = [
        PlateWell(0, 0, 10.0, "blank"),
        PlateWell(0, 1, 100.0, "control"),
        PlateWell(7, 11, 5000.0),
        PlateWell(1, 1, math.nan, "standard"),
    ]
    svg = draw_plate_map(wells, title="P1", unit="RLU")
    found = words(svg)
    assert {"P1", "A", "H", "1", "12", "B", "C", "S", "100 to 5000 RLU"} <= set(found)
    assert "B blank, C control, S standard, no letter: sample, hatched: no value" in " ".join(found)
    assert "pattern" in svg


def test_plate_map_crosses_what_is_left_out_and_leaves_blanks_plain():
    full = [PlateWell(0, column, 100.0 * (column + 1)) for column in range(3)]
    plain = draw_plate_map([*full, PlateWell(1, 0, math.nan, "blank")])
    assert "pattern" not in plain
    crossed = draw_plate_map([*full, PlateWell(1, 0, 9000.0, excluded=True)])
    assert "crossed: left out" in " ".join(words(crossed))
    assert "100 to 300" in words(crossed)  # a well that is left out does not set the shades of the others


def test_plate_map_of_1536_wells_and_refusals():
    wells = [PlateWell(row, column, float(row * column)) for row in range(32) for column in range(48)]
    assert "AE" in words(draw_plate_map(wells))
    with pytest.raises(UsageError, match="found 0 wells"):
        draw_plate_map([])
    with pytest.raises(UsageError, match="within 32 rows"):
        draw_plate_map([PlateWell(32, 0, 1.0)])
