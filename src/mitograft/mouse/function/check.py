"""Check tables of weights and function tests against their contracts and the colony."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mitograft.errors import Violation, describe_cell
from mitograft.mouse.animals import Colony
from mitograft.mouse.function.contract import FUNCTION, WEIGHTS, Measure
from mitograft.mouse.function.days import read_days
from mitograft.tables.check import check
from mitograft.tables.contract import RawTable, Table

__all__ = ["Row", "check_function", "check_weights", "name_of_test"]


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement in which nothing is wrong; ``excluded`` is empty where it belongs to the analysis."""

    animal: str
    day: int
    test: str
    value: float
    unit: str
    trial: str
    excluded: str
    row: int


def name_of_test(text: str) -> str:
    """Return the name of a test as outcomes write it.

    >>> name_of_test("Grip strength"), name_of_test("CK")
    ('grip_strength', 'ck')
    """
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def check_weights(raw: RawTable, colony: Colony) -> tuple[tuple[Row, ...], list[Violation]]:
    """Return the sound rows of a table of weights and everything that is wrong with the others."""
    table, violations = check(raw, WEIGHTS)
    days, more = read_days(table, colony)
    cells = _Cells(table, "weight_g", {v.row for v in violations if v.column == "weight_g"})
    violations += more
    rows: list[Row] = []
    for index, day in enumerate(days):
        found = list(cells.check_value(index, positive=True))
        violations += found
        if day is not None and not found and cells.sound(index):
            rows.append(cells.row(index, day, "weight", "g"))
    return _once(rows), violations


def check_function(
    raw: RawTable, colony: Colony, measures: Mapping[str, Measure]
) -> tuple[tuple[Row, ...], list[Violation]]:
    """Return the sound rows of a table of function tests and everything that is wrong with the others.

    Two units of one test, the same trial twice, and values of 0 of what is compared by its ratio are errors.
    """
    table, violations = check(raw, FUNCTION)
    days, more = read_days(table, colony)
    cells = _Cells(table, "value", {v.row for v in violations if v.column == "value"})
    violations += more
    units: dict[str, tuple[str, int]] = {}
    first: dict[tuple[str, int, str, str], int] = {}
    rows: list[Row] = []
    for index, day in enumerate(days):
        test = name_of_test(cells.text("test", index))
        log = test in measures and measures[test].scale == "log"
        found = [
            *cells.check_value(index, positive=log),
            *cells.check_test(index, test),
            *cells.check_unit(index, test, units),
        ]
        if day is not None:
            found += cells.check_twice(index, day, test, first)
        violations += found
        if day is not None and not found and cells.sound(index):
            rows.append(cells.row(index, day, test, cells.text("unit", index)))
    return tuple(rows), violations


def _once(rows: list[Row]) -> tuple[Row, ...]:
    """Leave out repetitions, which the contract has already reported."""
    kept: dict[tuple[str, int], Row] = {}
    for row in rows:
        kept.setdefault((row.animal, row.day), row)
    return tuple(kept.values())


class _Cells:
    """The cells of a table, row by row."""

    def __init__(self, table: Table, column: str, broken: set[int | None]) -> None:
        self.table, self.column, self.broken = table, column, broken
        self.numbers = [int(row) for row in table.rows]
        self.values = table.numbers.get(column)

    def text(self, name: str, index: int) -> str:
        """Return a cell of text, empty where there is none."""
        cells = self.table.texts.get(name)
        return (cells[index] or "") if cells is not None else ""

    def value(self, index: int) -> float:
        """Return the number of a row; NaN where there is none."""
        return math.nan if self.values is None else float(self.values[index])

    def sound(self, index: int) -> bool:
        """Tell whether the row has what a measurement needs."""
        return self.numbers[index] not in self.broken and self.values is not None

    def fault(self, index: int, rule: str, column: str, words: tuple[str, str, str]) -> Violation:
        """Return a violation: what was found and expected, and what to do."""
        return Violation(rule, *words, self.table.source, self.numbers[index], column)

    def check_value(self, index: int, *, positive: bool) -> Iterator[Violation]:
        """Find a value that is missing without a reason, that stands beside one, or that is 0."""
        if not self.sound(index):
            return
        value, why = self.value(index), self.text("excluded", index)
        if math.isnan(value) and not why:
            words = "an empty cell", "a number, or a reason in the column excluded", "Fill in one of the two."
            yield self.fault(index, "empty", self.column, words)
        elif value == 0.0 and positive and not why:
            words = "0", "a number above 0", "Correct the value, or leave it out with a reason in excluded."
            yield self.fault(index, "off-scale", self.column, words)

    def check_test(self, index: int, test: str) -> Iterator[Violation]:
        """Find a test whose name cannot be a name of an outcome."""
        written = self.text("test", index)
        if written and test in ("", "weight"):
            words = (
                describe_cell(written),
                "a name in Latin letters other than weight",
                "Name the test, or move weights to weights.csv.",
            )
            yield self.fault(index, "test-name", "test", words)

    def check_unit(self, index: int, test: str, units: dict[str, tuple[str, int]]) -> Iterator[Violation]:
        """Find a second unit of the same test."""
        unit = self.text("unit", index)
        if not test or not unit:
            return
        known, row = units.setdefault(test, (unit, self.numbers[index]))
        if unit != known:
            words = f"another unit than in row {row}", "one unit for each test", "Convert the values."
            yield self.fault(index, "two-units", "unit", words)

    def check_twice(
        self, index: int, day: int, test: str, first: dict[tuple[str, int, str, str], int]
    ) -> Iterator[Violation]:
        """Find a trial of a mouse and day that stands there already."""
        key = self.text("animal", index), day, test, self.text("trial", index)
        if test and key in first:
            words = (
                f"the animal, date, test and trial of row {first[key]}",
                "each trial once",
                "Keep one of the two rows, or number the trials in the column trial.",
            )
            yield self.fault(index, "duplicate", "trial", words)
        first.setdefault(key, self.numbers[index])

    def row(self, index: int, day: int, test: str, unit: str) -> Row:
        """Return the measurement of a row."""
        return Row(
            self.text("animal", index), day, test, self.value(index), unit, self.text("trial", index),
            self.text("excluded", index), self.numbers[index],
        )  # fmt: skip
