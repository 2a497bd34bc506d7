"""Cytokines as files and from plates: every way to write what lies below a limit, and every mistake."""

import math
from datetime import date

import pytest

from mitograft.errors import InputError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.cytokines.contract import CytokineOptions, Cytokines, analyte_id
from mitograft.mouse.cytokines.derive import derive_cytokines
from mitograft.mouse.cytokines.read import PlateValue, cytokines_of, cytokines_of_plates
from mitograft.tables.contract import Cell, RawTable

COLONY = Colony(
    {"vehicle": Group("vehicle", "control", "vehicle", 0.0, "")},
    {
        name: Animal(
            name, "vehicle", "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2), end_date=end,
            end_reason="scheduled",
        )
        for name, end in (("M1", date(2026, 3, 23)), ("M2", date(2026, 3, 23)), ("M3", None))
    },
    "animals.csv",
)  # fmt: skip


def row(**cells: Cell) -> dict[str, Cell]:
    plain: dict[str, Cell] = {"animal": "M1", "date": "2026-03-23", "analyte": "IL-6", "unit": "pg/mL"}
    return plain | cells


def raw(*rows: dict[str, Cell]) -> RawTable:
    names = dict.fromkeys(name for one in rows for name in one)
    return RawTable(
        "cytokines.csv", {n: [one.get(n) for one in rows] for n in names}, range(2, 2 + len(rows))
    )


def read(*rows: dict[str, Cell]) -> Cytokines:
    return cytokines_of(raw(*rows), COLONY)


def rules(*rows: dict[str, Cell]) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(InputError) as caught:
        read(*rows)
    return [(v.rule, v.row, v.column) for v in caught.value.violations]


@pytest.mark.parametrize(
    "cells",
    [
        {"concentration": "<12.5"},
        {"concentration": "< 12.5"},
        {"concentration": "<=12.5"},
        {"concentration": "<12.5", "lloq": "12.5", "flag": "below"},
        {"concentration": None, "lloq": "12.5", "flag": "below"},
        {"concentration": "3.1", "lloq": "12.5"},
        {"concentration": "3.1", "lloq": 12.5, "flag": "below"},
        {"concentration": "0", "lloq": "12.5"},
        {"concentration": "OOR <", "lloq": "12.5"},
        {"concentration": "BLQ", "lloq": "12.5"},
        {"concentration": "<LLOQ", "lloq": "12.5"},
    ],
)
def test_below_the_limit_is_below_the_limit_however_it_is_written(cells: dict[str, Cell]) -> None:
    [value] = read(row(**cells)).values
    assert (value.side, value.value, value.day, value.analyte) == ("below", 12.5, 21, "il6")


@pytest.mark.parametrize(
    ("cells", "side", "expected"),
    [
        ({"concentration": "12.5", "lloq": "12.5"}, "", 12.5),  # at the limit is measured
        ({"concentration": "40"}, "", 40.0),
        ({"concentration": 40.0, "lloq": 12.5, "uloq": 5000.0}, "", 40.0),
        ({"concentration": ">5000"}, "above", 5000.0),
        ({"concentration": "6100", "uloq": "5000"}, "above", 5000.0),
        ({"concentration": "OOR >", "uloq": "5000"}, "above", 5000.0),
        ({"concentration": None, "uloq": "5000", "flag": "above"}, "above", 5000.0),
    ],
)
def test_measured_values_and_values_above(cells: dict[str, Cell], side: str, expected: float) -> None:
    [value] = read(row(**cells)).values
    assert (value.side, value.value) == (side, expected)


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ({"concentration": None}, "empty", "concentration"),
        ({"concentration": None, "flag": "below"}, "no-limit", "lloq"),
        ({"concentration": "OOR <"}, "no-limit", "lloq"),
        ({"concentration": "3.1", "flag": "below"}, "no-limit", "lloq"),
        ({"concentration": ">ULOQ"}, "no-limit", "uloq"),
        ({"concentration": "40", "lloq": "12.5", "flag": "below"}, "flag-contradicts", "flag"),
        ({"concentration": "<12.5", "flag": "above"}, "flag-contradicts", "flag"),
        ({"concentration": "<12.5", "lloq": "10"}, "two-limits", "concentration"),
        ({"concentration": "-3"}, "not-a-number", "concentration"),
        ({"concentration": "12,5"}, "not-a-number", "concentration"),
        ({"concentration": "*12.5"}, "not-a-number", "concentration"),
        ({"concentration": "0"}, "off-scale", "concentration"),
        ({"concentration": "40", "lloq": "50", "uloq": "20"}, "limits-out-of-order", "lloq"),
        ({"concentration": "40", "lloq": "-1"}, "off-scale", "lloq"),
        ({"concentration": "40", "flag": "low"}, "unknown-value", "flag"),
        ({"concentration": "40", "analyte": "γ-!"}, None, None),
        ({"concentration": "40", "analyte": "!"}, "analyte-name", "analyte"),
    ],
)
def test_what_contradicts_itself_is_refused(
    cells: dict[str, Cell], rule: str | None, column: str | None
) -> None:
    if rule is None:
        assert read(row(**cells)).values[0].analyte == "g"
    else:
        assert rules(row(**cells)) == [(rule, 2, column)]


def test_every_mistake_is_in_one_message() -> None:
    found = rules(
        row(concentration="40"),
        row(concentration="41"),
        row(concentration="40", animal="M9"),
        row(concentration="40", animal="M2", unit="ng/mL"),
        row(concentration="40", animal="M2", date="2025-12-24", analyte="IL6"),
        row(concentration="40", animal="M2", date="2026-04-24", analyte="TNF"),
        row(concentration="x", animal="M2", analyte="TNF"),
    )
    assert sorted(found) == sorted([
        ("duplicate", 3, "replicate"), ("unknown-animal", 4, "animal"), ("two-units", 5, "unit"),
        ("dates-out-of-order", 6, "date"), ("two-spellings", 6, "analyte"), ("after-the-end", 7, "date"),
        ("not-a-number", 8, "concentration"),
    ])  # fmt: skip


def test_missing_columns_are_one_message_not_a_traceback() -> None:
    whole = raw(row(concentration="40"))
    for name in whole.columns:
        left = {k: v for k, v in whole.columns.items() if k != name}
        with pytest.raises(InputError, match=f"a column '{name}'"):
            cytokines_of(RawTable("cytokines.csv", left, whole.rows), COLONY)


def test_replicates_and_materials_are_told_apart() -> None:
    found = read(
        row(concentration="10", replicate="1"),
        row(concentration="40", replicate="2"),
        row(concentration="3", material="muscle"),
    )
    outcomes = {o.name: o for o in derive_cytokines(found, COLONY).outcomes}
    assert outcomes["cytokine.il6"].values == pytest.approx({"M1": 20.0})
    assert outcomes["cytokine.il6_muscle"].values == {"M1": 3.0}
    assert outcomes["cytokine.il6_muscle"].label == "IL-6, muscle"


def test_an_excluded_value_needs_no_concentration_and_is_told() -> None:
    found = read(row(concentration=None, excluded="haemolysis"), row(concentration="4", animal="M2"))
    assert [v.animal for v in found.values] == ["M2"]
    assert [f.rule for f in found.findings] == ["measurement-excluded"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("TNF-α", "tnfa"), ("TNFalpha", "tnfalpha"), ("TNF-alpha", "tnfa"), ("IL-1beta", "il1b"),
        ("IL-12 (p70)", "il12p70"), ("KC/GRO", "kc_gro"), ("Gamma-globulin", "gglobulin"),
    ],
)  # fmt: skip
def test_names_of_analytes(written: str, name: str) -> None:
    assert analyte_id(written) == name


def value(animal: str = "M1", number: float = 40.0, excluded: str = "", **more: object) -> PlateValue:
    return PlateValue(animal, "IL-6", number, "pg/mL", excluded, place="P1 A01", **more)  # type: ignore[arg-type]


def test_values_from_plates_are_measured_censored_or_missing() -> None:
    found = cytokines_of_plates(
        [
            value(),
            value("M2", 3.0, "below the limit of quantification, 12.35 pg/mL", limit=12.3456),
            value("M2", math.nan, "below the limit of quantification, 12.35 pg/mL"),
            value("M1", math.nan, "above the limit of quantification, 5e+03 pg/mL"),
            value("M1", math.nan, "no value"),
        ],
        COLONY,
        "elisa.csv",
    )
    assert [(v.animal, v.day, v.value, v.side) for v in found.values] == [
        ("M1", 21, 40.0, ""), ("M2", 21, 12.3456, "below"), ("M2", 21, 12.35, "below"),
        ("M1", 21, 5000.0, "above"),
    ]  # fmt: skip
    assert [f.rule for f in found.findings] == ["value-left-out"]


def test_plates_name_the_sample_they_cannot_place() -> None:
    wrong = [
        value("M9"),
        value("M3"),
        value("M1", when=date(2025, 12, 1)),
        value("M2", when=date(2026, 4, 1)),
        value(),
        PlateValue("M2", "IL-6", 4.0, "ng/mL"),
    ]
    with pytest.raises(InputError) as caught:
        cytokines_of_plates(wrong, COLONY, "elisa.csv")
    assert [v.rule for v in caught.value.violations] == [
        "unknown-animal", "no-date", "dates-out-of-order", "dates-out-of-order", "two-units",
    ]  # fmt: skip
    assert "M9" not in str(caught.value)


def test_the_words_of_the_plate_reader_are_understood() -> None:
    """The sentence is written by assays.plate; this room must not import it, so the test joins the two."""
    from mitograft.assays.plate.concentrations import _reading
    from mitograft.assays.plate.results import Concentration

    for flag, side in (("<LLOQ", "below"), ("<curve", "below"), (">ULOQ", "above")):
        limited = Concentration("e.csv", "P1", "A01", "IL-6", "M1", 3.0, 1.0, 5.0, "pg/mL", flag, 12.5)
        reading = _reading(limited, "concentration", "M1")
        [found] = cytokines_of_plates(
            [PlateValue(reading.group, "IL-6", reading.value, reading.unit, reading.excluded)],
            COLONY,
            reading.source,
        ).values
        assert (found.side, found.value) == (side, 12.5)


def test_half_the_limit_is_put_in_only_where_asked_and_said_aloud() -> None:
    found = read(row(concentration="<12.5"), row(concentration="40", animal="M2"))
    default = derive_cytokines(found, COLONY)
    assert default.panel[0].values == {"M2": 40.0}
    assert default.panel[0].below == {"M1": 12.5}
    half = derive_cytokines(found, COLONY, CytokineOptions(below="half_limit"))
    assert half.panel[0].values == {"M1": 6.25, "M2": 40.0}
    assert half.panel[0].below == {}
    assert [f.rule for f in half.findings] == ["half-limit"]
    assert "replaced by half" in half.panel[0].note
