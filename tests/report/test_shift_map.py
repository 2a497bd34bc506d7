"""The shift map: one row a set, one mark a group; what cannot be drawn is refused."""

import math

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.shift_map import ShiftGroup, ShiftRow, draw_shift_map

GROUPS = (ShiftGroup("CIM vehicle", "control"), ShiftGroup("CIM + PN-101", "treated"))


def test_rows_headings_groups_and_the_mark_are_drawn() -> None:
    rows = (
        ShiftRow("Citric acid cycle", ((-2.0, -2.5, -1.5), (-0.5, -1.0, 0.1)), "Oxidative"),
        ShiftRow("Interferon", ((3.0, 2.0, 4.0), (math.nan, math.nan, math.nan)), "Immune"),
    )
    svg = draw_shift_map(GROUPS, rows, axis_label="mean z", data_kind="simulated")
    for text in ("Citric acid cycle", "Oxidative", "Immune", "CIM + PN-101", "mean z", "SIMULATED"):
        assert text in svg


def test_a_row_needs_one_value_a_group() -> None:
    with pytest.raises(UsageError, match="one value for each group"):
        draw_shift_map(GROUPS, (ShiftRow("TCA", ((0.0, -1.0, 1.0),)),), axis_label="mean z")
