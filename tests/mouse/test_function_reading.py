"""Weights and function tests as files: what is read, and every mistake of both files in one message."""

import pytest

from mitograft.errors import InputError, UsageError
from mitograft.mouse.animals import Colony, read_animals
from mitograft.mouse.function.check import name_of_test
from mitograft.mouse.function.read import check_follow_up, read_follow_up
from mitograft.tables.contract import Cell, RawTable


def table(name: str, columns: dict[str, list[Cell]]) -> RawTable:
    return RawTable(name, columns, range(2, 2 + len(next(iter(columns.values())))))


@pytest.fixture
def colony() -> Colony:
    groups = {
        "group": ["vehicle", "PN-101"],
        "role": ["control", "treated"],
        "treatment": ["vehicle", "PN-101"],
        "dose": ["0", "5"],
        "dose_unit": ["ug", "ug"],
        "schedule": ["7", "7; 14"],
    }
    animals = {
        "animal": ["M1", "M2"],
        "group": ["vehicle", "PN-101"],
        "sex": ["F", "F"],
        "strain": ["C57BL/6"] * 2,
        "birth_date": ["2026-01-05"] * 2,
        "day_zero": ["2026-03-02"] * 2,
        "end_date": ["2026-03-23", "2026-03-14"],
        "end_reason": ["scheduled", "humane end point"],
    }
    return read_animals(table("animals.csv", dict(animals)), table("groups.csv", dict(groups)))


def weights(**changed: list[Cell]) -> RawTable:
    columns: dict[str, list[Cell]] = {
        "animal": ["M1", "M1", "M2"],
        "date": ["2026-03-02", "2026-03-09", "2026-03-02"],
        "weight_g": ["20.0", "19.0", "21.0"],
    }
    return table("weights.csv", columns | changed)


def function(**changed: list[Cell]) -> RawTable:
    columns: dict[str, list[Cell]] = {
        "animal": ["M1", "M1", "M2"],
        "date": ["2026-03-09"] * 3,
        "test": ["Grip", "Grip", "CK"],
        "value": ["1.0", "1.4", "400"],
        "unit": ["N", "N", "U/L"],
        "trial": ["1", "2", ""],
    }
    return table("function.csv", columns | changed)


def rules(error: pytest.ExceptionInfo[InputError]) -> list[tuple[str, str, int | None]]:
    return [(v.file, v.rule, v.row) for v in error.value.violations]


def test_days_count_from_immunisation_and_trials_are_put_together(colony: Colony) -> None:
    followed = check_follow_up(colony, weights(), function())
    weight, grip, ck = followed.series
    assert weight.values == {"M1": ((0, 20.0), (7, 19.0)), "M2": ((0, 21.0),)}
    assert grip.values["M1"] == ((7, pytest.approx(1.2)),)
    assert (ck.name, ck.measure.scale, ck.unit, ck.source) == ("ck", "log", "U/L", "function.csv")
    assert followed.findings == ()


def test_trials_of_a_log_scale_are_averaged_as_logarithms_and_of_hanging_the_longest_counts(
    colony: Colony,
) -> None:
    for test, expected in (("ck", 20.0), ("hanging", 40.0), ("another one", 25.0)):
        raw = function(
            animal=["M1", "M1"], date=["2026-03-09"] * 2, test=[test] * 2, value=["10", "40"],
            unit=["x"] * 2, trial=["1", "2"],
        )  # fmt: skip
        [series] = check_follow_up(colony, None, raw).series
        assert series.values["M1"] == ((7, pytest.approx(expected)),)
    assert series.name == "another_one"


def test_every_mistake_of_both_files_is_in_one_message(colony: Colony) -> None:
    raw = weights(
        animal=["M1", "M9", "M1", "M2", "M2", "M1", "M1"],
        date=["2026-01-01", "2026-03-02", "2026-03-09", "2026-03-20", "9.3.26", "2026-03-16", "2026-03-16"],
        weight_g=["20", "20", "-3", "20", "20", "0", "18"],
    )
    other = function(test=["grip", "grip", "ck"], unit=["N", "g", "U/L"], value=["1", "", "0"])
    with pytest.raises(InputError) as caught:
        check_follow_up(colony, raw, other)
    assert set(rules(caught)) == {
        ("weights.csv", "dates-out-of-order", 2),
        ("weights.csv", "unknown-animal", 3),
        ("weights.csv", "off-scale", 4),
        ("weights.csv", "after-the-end", 5),
        ("weights.csv", "not-a-date", 6),
        ("weights.csv", "off-scale", 7),
        ("weights.csv", "duplicate", 8),
        ("function.csv", "two-units", 3),
        ("function.csv", "empty", 3),
        ("function.csv", "off-scale", 4),
    }
    assert "weights.csv, function.csv: 10 problems" in str(caught.value)
    assert "M9" not in str(caught.value)


def test_a_trial_written_twice_and_a_weight_among_the_tests_are_refused(colony: Colony) -> None:
    with pytest.raises(InputError, match="number the trials in the column trial"):
        check_follow_up(colony, None, function(trial=["1", "1", ""]))
    with pytest.raises(InputError, match=r"move weights to weights\.csv"):
        check_follow_up(colony, None, function(test=["grip", "Weight", "ck"], trial=["", "", ""]))
    with pytest.raises(InputError, match="test-name"):
        check_follow_up(colony, None, function(test=["grip", "握力", "ck"], trial=["", "", ""]))


def test_missing_columns_are_one_message_not_a_traceback(colony: Colony) -> None:
    raw = function()
    for name in ("animal", "date", "test", "value", "unit"):
        left = {k: v for k, v in raw.columns.items() if k != name}
        with pytest.raises(InputError, match=f"a column '{name}'"):
            check_follow_up(colony, None, RawTable("function.csv", left, raw.rows))


def test_an_excluded_measurement_needs_no_value_and_is_told(colony: Colony) -> None:
    raw = weights(weight_g=["20", "", "21"], excluded=["", "balance broken", ""])
    followed = check_follow_up(colony, raw, None)
    assert followed.series[0].values["M1"] == ((0, 20.0),)
    assert [f.rule for f in followed.findings] == ["measurement-excluded"]


def test_jumps_are_pointed_out_not_refused(colony: Colony) -> None:
    raw = weights(
        animal=["M1"] * 4,
        date=["2026-03-02", "2026-03-04", "2026-03-06", "2026-03-20"],
        weight_g=["20.0", "2.0", "19.5", "12.0"],
    )
    found = check_follow_up(colony, raw, None).findings
    assert [(f.rule, f.place) for f in found] == [
        ("implausible-jump", "M1, weight, day 2"),
        ("implausible-jump", "M1, weight, day 4"),
    ]


def test_a_mouse_that_falls_at_once_is_no_jump(colony: Colony) -> None:
    raw = function(
        animal=["M1", "M1"], date=["2026-03-02", "2026-03-04"], test=["rotarod"] * 2, value=["120", "0"],
        unit=["s"] * 2, trial=["", ""],
    )  # fmt: skip
    assert check_follow_up(colony, None, raw).findings == ()


def test_no_file_at_all_is_a_mistake_of_the_caller(colony: Colony) -> None:
    with pytest.raises(UsageError, match="expected weights, function tests or both"):
        read_follow_up(colony)


@pytest.mark.parametrize(
    ("written", "name"), [("Grip strength (N)", "grip_strength_n"), ("CK", "ck"), ("  rota-rod ", "rota_rod")]
)
def test_names_of_tests_become_names_of_outcomes(written: str, name: str) -> None:
    assert name_of_test(written) == name
