"""metabolites.csv to levels; everything that is wrong with the file in one message."""

import functools
import math
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation, describe_cell
from mitograft.mouse.animals import Colony, read_date
from mitograft.mouse.metabolites.contract import METABOLITES, RELATIVE_UNITS, Level, metabolite_id
from mitograft.tables.check import check, parse_number
from mitograft.tables.contract import RawTable, Table
from mitograft.tables.read import read_table
from mitograft.units import check_unit

__all__ = ["check_metabolites", "read_metabolites"]

Words = tuple[str, str, str]


def read_metabolites(path: Path, colony: Colony) -> tuple[Level, ...]:
    """Read the levels of a file.

    Raises
    ------
    InputError
        With every violation: a level of 0 without a limit, below and above at once, two units of one
        metabolite, an unknown unit or mouse, a date before birth or after the end, a level given twice.
    """
    levels, violations = check_metabolites(read_table(path), colony)
    if violations:
        raise InputError(path.name, violations)
    return levels


def check_metabolites(raw: RawTable, colony: Colony) -> tuple[tuple[Level, ...], list[Violation]]:
    """Compare a table of levels with its contract and the colony.

    Returns
    -------
    levels, violations
        Rows in which nothing is wrong, without those excluded or empty; what is wrong with the others.
    """
    table, violations = check(raw, METABOLITES)
    rows = _Rows(table, colony, {v.row for v in violations if v.column in ("lloq", "flag")})
    violations += colony.unknown(table.source, dict(zip(rows.numbers, rows.text["animal"], strict=True)))
    levels: list[Level] = []
    for index in range(len(table)):
        found = list(rows.check(index))
        violations += found
        level = None if found else rows.level(index)
        if level is not None:
            levels.append(level)
    violations += [*_units(rows), *_twice(rows)]
    return tuple(levels), violations


class _Rows:
    """The cells of the file, row by row, as text with their place."""

    def __init__(self, table: Table, colony: Colony, broken: set[int | None]) -> None:
        self.colony, self.broken, self.source = colony, broken, table.source
        self.numbers = [int(row) for row in table.rows]
        empty = [""] * len(table)
        names = [column.name for column in METABOLITES.columns if column.role != "number"]
        self.text = {n: [cell or "" for cell in table.texts[n]] if n in table.texts else empty for n in names}
        limits = table.numbers.get("lloq")
        self.limits = [math.nan] * len(table) if limits is None else limits.tolist()
        self.days: list[date | None] = [None] * len(table)

    def fault(self, index: int, rule: str, column: str, words: Words) -> Violation:
        """Return a violation of a cell: found, expected, remedy."""
        return Violation(rule, *words, self.source, self.numbers[index], column)

    def place(self, index: int) -> tuple[str, str, str]:
        """Mouse, tissue and metabolite of a row."""
        text = self.text
        return text["animal"][index], text["tissue"][index], metabolite_id(text["metabolite"][index])

    def check(self, index: int) -> Iterator[Violation]:
        """Find what is wrong with a row beyond its cells."""
        text, number = self.text["date"][index], self.numbers[index]
        self.days[index], broken = read_date(text, self.source, number, "date")
        yield from broken
        yield from self._check_day(index)
        yield from self._check_unit(index)
        if number not in self.broken and not self.text["excluded"][index]:
            yield from self._check_value(index)

    def _check_day(self, index: int) -> Iterator[Violation]:
        mouse, day = self.colony.animals.get(self.text["animal"][index]), self.days[index]
        if mouse is None or day is None:
            return
        if day < mouse.birth_date:
            words = "a date before the birth of the mouse", "a date on or after it", "Correct one of the two."
            yield self.fault(index, "dates-out-of-order", "date", words)
        elif mouse.end_date is not None and day > mouse.end_date:
            words = (
                "a date after the mouse left the study",
                "a date up to its end_date",
                "Correct one of the two.",
            )
            yield self.fault(index, "after-the-end", "date", words)

    def _check_unit(self, index: int) -> Iterator[Violation]:
        unit = self.text["unit"][index]
        if not unit or unit in RELATIVE_UNITS:
            return
        if _plain_unit(unit) is None:
            words = (
                describe_cell(unit), f"a unit such as nmol/g or uM, or {' or '.join(RELATIVE_UNITS)}",
                "Correct the unit; capital and small letters differ.",
            )  # fmt: skip
            yield self.fault(index, "unknown-unit", "unit", words)

    def _check_value(self, index: int) -> Iterator[Violation]:
        text, limit = self.text["value"][index], self.limits[index]
        flagged = self.text["flag"][index] == "below"
        number = parse_number(text.removeprefix("<")) if text else None
        if text and (number is None or number < 0.0):
            words = describe_cell(text), "a number of at least 0, or '<' and the limit", "Correct the value."
            yield self.fault(index, "not-a-level", "value", words)
        elif (text.startswith("<") and number == 0.0) or limit == 0.0:
            words = "a limit of 0", "a limit above 0", "Correct the limit."
            yield self.fault(index, "off-scale", "value", words)
        elif text.startswith("<"):
            if limit > 0.0 and not math.isclose(limit, number or 0.0):
                words = "another limit than in lloq", "the same limit in both", "Correct one of the two."
                yield self.fault(index, "two-limits", "value", words)
        elif number == 0.0 and not limit > 0.0:
            words = (
                "0",
                "a level above 0, or a limit in lloq",
                "Give the limit; levels are compared by ratio.",
            )
            yield self.fault(index, "off-scale", "value", words)
        elif flagged and not limit > 0.0:
            words = "below a limit that is not given", "the limit in lloq", "Fill in lloq."
            yield self.fault(index, "no-limit", "lloq", words)
        elif flagged and number is not None and number > limit:
            words = "a level above its limit, said to be below", "one of the two", "Correct value or flag."
            yield self.fault(index, "flag-contradicts", "flag", words)

    def level(self, index: int) -> Level | None:
        """Return the level of a row; None where it was excluded or not measured, or a cell is wrong."""
        text, day = {name: cells[index] for name, cells in self.text.items()}, self.days[index]
        mouse = self.colony.animals.get(text["animal"])
        if mouse is None or day is None or text["excluded"] or self.numbers[index] in self.broken:
            return None
        value, limit = text["value"], self.limits[index]
        number = parse_number(value.removeprefix("<")) if value else None
        if number is None and text["flag"] != "below":
            return None
        told = value.startswith("<") or text["flag"] == "below" or (number is not None and number < limit)
        bound = number if value.startswith("<") else limit
        return Level(
            animal=mouse.id,
            day=mouse.day(day),
            tissue=text["tissue"],
            metabolite=metabolite_id(text["metabolite"]),
            value=math.nan if told or number is None else number,
            unit=_plain_unit(text["unit"]) or text["unit"],
            limit=float(bound or 0.0) if told else 0.0,
            batch=text["batch"],
        )


@functools.cache
def _plain_unit(unit: str) -> str | None:
    """Return a unit as it is written in files; None for one that is unknown or no size (peak areas)."""
    try:
        return None if unit in RELATIVE_UNITS else check_unit(unit)
    except UsageError:
        return None


def _units(rows: _Rows) -> Iterator[Violation]:
    """Find a second unit of one metabolite in one tissue."""
    first: dict[tuple[str, str], tuple[str, int]] = {}
    for index, unit in enumerate(rows.text["unit"]):
        _, tissue, metabolite = rows.place(index)
        if not unit or not metabolite:
            continue
        known, row = first.setdefault((tissue, metabolite), (unit, rows.numbers[index]))
        if unit != known:
            words = f"another unit than in row {row}", "one unit for each metabolite", "Convert the levels."
            yield rows.fault(index, "mixed-units", "unit", words)


def _twice(rows: _Rows) -> Iterator[Violation]:
    """Find levels given twice, synonyms included."""
    first: dict[tuple[str, ...], int] = {}
    for index, number in enumerate(rows.numbers):
        key = (*rows.place(index), rows.text["date"][index])
        if not (key[0] and key[2]) or rows.text["excluded"][index]:
            continue
        if key in first:
            words: Sequence[str] = (
                f"the metabolite of row {first[key]} again", "each metabolite once a sample",
                "Keep one row, or exclude the other with a reason.",
            )  # fmt: skip
            yield rows.fault(index, "duplicate", "metabolite", (words[0], words[1], words[2]))
        first.setdefault(key, number)
