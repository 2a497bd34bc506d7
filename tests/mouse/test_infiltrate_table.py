"""images.csv: what is read, and every mistake of the table in one message."""

from datetime import date

import pytest

from mitograft.errors import InputError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.infiltrate.contract import ImageRow
from mitograft.mouse.infiltrate.read import check_images, read_images
from mitograft.tables.contract import RawTable

BORN, ZERO = date(2026, 1, 5), date(2026, 3, 2)
COLONY = Colony(
    {"healthy": Group("healthy", "healthy", "none", 0.0, "")},
    {name: Animal(name, "healthy", "F", "C57BL/6", BORN, ZERO) for name in ("M1", "M2")},
    "animals.csv",
)
COLUMNS = {
    "file": ["a.tif", "b.png", "c.jpg"],
    "animal": ["M1", "M1", "M2"],
    "date": ["2026-03-23"] * 3,
    "muscle": ["quadriceps"] * 3,
    "block": ["B1", "B2", "B1"],
    "pixel_size_um": ["", "0.5", "0.25"],
    "fibre_mask": ["a_fibres.tif", "", ""],
    "excluded": ["", "", "torn"],
}


def table(**changed):
    return RawTable("images.csv", {**COLUMNS, **changed}, (2, 3, 4))


def rules(**changed):
    _, violations = check_images(table(**changed), COLONY)
    return [(v.rule, v.row, v.column) for v in violations]


def test_rows_come_out_and_excluded_ones_do_not():
    rows, violations = check_images(table(), COLONY)
    assert violations == []
    assert rows == (
        ImageRow(2, "a.tif", "M1", date(2026, 3, 23), "quadriceps", "B1", "", None, "a_fibres.tif"),
        ImageRow(3, "b.png", "M1", date(2026, 3, 23), "quadriceps", "B2", "", 0.5),
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"animal": ["M1", "M9", "M2"]}, [("unknown-animal", 3, "animal")]),
        ({"date": ["2026-03-23", "2026-03-24", "2026-03-23"]}, [("two-days", 3, "date")]),
        ({"date": ["2026-03-23", "2026-03-23", "2025-12-24"]}, [("dates-out-of-order", 4, "date")]),
        ({"date": ["2026-03-23", "2026-03-23", "2026-02-24"]}, [("dates-out-of-order", 4, "date")]),
        ({"date": ["2026-03-23", "2026-03-23", "23.3.2026"]}, [("not-a-date", 4, "date")]),
        ({"file": ["a.tif", "a.tif", "c.jpg"]}, [("duplicate", 3, "file")]),
        ({"file": ["a.tif", "../b.png", "c.jpg"]}, [("outside-folder", 3, "file")]),
        ({"file": ["a.tif", "/etc/b.png", "c.jpg"]}, [("outside-folder", 3, "file")]),
        ({"file": ["a.tif", "C:\\b.png", "c.jpg"]}, [("outside-folder", 3, "file")]),
        ({"file": ["a.tif", "b.svs", "c.jpg"]}, [("unknown-ending", 3, "file")]),
        ({"fibre_mask": ["m.tif", "m.tif", ""]}, [("mask-twice", 3, "fibre_mask")]),
        ({"fibre_mask": ["b.png", "", ""]}, [("mask-twice", 2, "fibre_mask")]),
        ({"fibre_mask": ["m.jpg", "", ""]}, [("unknown-ending", 2, "fibre_mask")]),
        ({"nucleus_mask": ["a_fibres.tif", "", ""]}, [("mask-twice", 2, "nucleus_mask")]),
        ({"pixel_size_um": ["", "-0.5", "0.25"]}, [("off-scale", 3, "pixel_size_um")]),
        ({"pixel_size_um": ["", "0,5", "0.25"]}, [("not-a-number", 3, "pixel_size_um")]),
        ({"block": ["B1", "", "B1"]}, [("empty", 3, "block")]),
    ],
)
def test_each_mistake_is_found_at_its_place(changed, expected):
    assert rules(**changed) == expected


def test_a_missing_column_and_an_unknown_one():
    raw = RawTable(
        "images.csv", {k: v for k, v in COLUMNS.items() if k != "muscle"} | {"zoom": ["1"] * 3}, (2, 3, 4)
    )
    _, violations = check_images(raw, COLONY)
    assert [v.rule for v in violations] == ["missing-column", "unknown-column"]


def test_one_message_lists_all(tmp_path):
    path = tmp_path / "images.csv"
    path.write_text(
        "file,animal,date,muscle,block,pixel_size_um\n"
        "a.tif,M9,2026-03-23,quadriceps,B1,0.5\n"
        "../b.tif,M1,2025-01-01,quadriceps,B1,0\n"
        "c.gif,M2,soon,quadriceps,B1,0.5\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as refused:
        read_images(path, COLONY)
    assert sorted(v.rule for v in refused.value.violations) == [
        "dates-out-of-order",
        "not-a-date",
        "off-scale",
        "outside-folder",
        "unknown-animal",
        "unknown-ending",
    ]
