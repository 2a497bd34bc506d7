"""Animals and groups: what is read, and every mistake in one message."""

from datetime import date

import pytest

from mitograft.errors import InputError
from mitograft.mouse.animals import read_animals
from mitograft.tables.contract import Cell, RawTable

GROUPS = {
    "group": ["healthy", "vehicle", "PN-101"],
    "role": ["healthy", "control", "treated"],
    "treatment": ["none", "vehicle", "PN-101"],
    "dose": ["0", "0", "5"],
    "dose_unit": ["ug", "ug", "ug"],
}
ANIMALS = {
    "animal": ["M1", "M2", "M3"],
    "group": ["healthy", "vehicle", "PN-101"],
    "sex": ["F", "F", "F"],
    "strain": ["C57BL/6"] * 3,
    "birth_date": ["2026-01-05"] * 3,
    "day_zero": ["2026-03-02"] * 3,
    "end_date": ["2026-03-23"] * 3,
    "excluded": ["", "", "injection failed"],
}


def table(name: str, columns: dict[str, list[Cell]], **changed: list[Cell]) -> RawTable:
    merged = {**columns, **changed}
    return RawTable(name, merged, range(2, 2 + len(next(iter(merged.values())))))


def read(**changed: list[Cell]) -> None:
    read_animals(table("animals.csv", ANIMALS, **changed), table("groups.csv", GROUPS))


def test_a_colony_knows_days_groups_and_exclusions() -> None:
    colony = read_animals(table("animals.csv", ANIMALS), table("groups.csv", GROUPS))
    assert colony.animals["M2"].day(date(2026, 3, 16)) == 14
    assert [animal.id for animal in colony.included()] == ["M1", "M2"]
    assert colony.included("PN-101") == ()
    assert colony.groups["PN-101"].dose == 5.0


def test_every_mistake_is_in_one_message() -> None:
    with pytest.raises(InputError) as caught:
        read(
            animal=["M1", "M1", "M3"],
            group=["healthy", "vehicle", "unheard of"],
            birth_date=["2026-01-05", "2026-04-01", "5.1.26"],
            end_date=["2026-02-01", "2026-03-23", "2026-03-23"],
        )
    rules = sorted(v.rule for v in caught.value.violations)
    assert rules == ["dates-out-of-order", "dates-out-of-order", "not-a-date", "two-groups", "unknown-group"]
    assert "M1" not in str(caught.value)


def test_the_same_row_twice_is_called_so() -> None:
    with pytest.raises(InputError, match="the same mouse as in row 2"):
        read(animal=["M1", "M1", "M3"], group=["healthy", "healthy", "PN-101"])


def test_files_name_only_known_mice() -> None:
    colony = read_animals(table("animals.csv", ANIMALS), table("groups.csv", GROUPS))
    assert [v.row for v in colony.unknown("weights.csv", {2: "M1", 3: "M9", 4: ""})] == [3]
