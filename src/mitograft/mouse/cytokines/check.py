"""Check a table of cytokines: contract, mice, days, and what a value below or above a limit means."""

import math
import re
from collections.abc import Iterator

from mitograft.errors import Violation, describe_cell
from mitograft.mouse.animals import Colony
from mitograft.mouse.cytokines.contract import CYTOKINES, Concentration, Side, analyte_id
from mitograft.mouse.function.days import read_days
from mitograft.tables.check import check, parse_number
from mitograft.tables.contract import RawTable, Table

__all__ = ["check_cytokines"]

Words = tuple[str, str, str]

_BOUND = re.compile(r"([<>])\s*=?\s*([0-9][0-9.eE+-]*)")
_SIGNS: dict[str, Side] = {
    "<": "below", "oor <": "below", "oor<": "below", "<lloq": "below", "< lloq": "below", "blq": "below",
    "bloq": "below", "bql": "below", "below": "below", "<loq": "below",
    ">": "above", "oor >": "above", "oor>": "above", ">uloq": "above", "> uloq": "above", "alq": "above",
    "aql": "above", "above": "above",
}  # fmt: skip
_SAME = 1e-9


def check_cytokines(
    raw: RawTable, colony: Colony
) -> tuple[tuple[Concentration, ...], tuple[str, ...], list[Violation]]:
    """Compare a table with the contract and the colony.

    Returns
    -------
    values, excluded, violations
        Sound rows; mouse and analyte of each sound row that is left out with a reason; everything that is
        wrong with the others.
    """
    table, violations = check(raw, CYTOKINES)
    days, more = read_days(table, colony)
    violations += more
    rows = _Rows(table, {(v.row, v.column) for v in violations})
    values: list[Concentration] = []
    excluded: list[str] = []
    for index, day in enumerate(days):
        found = [*rows.check_names(index), *rows.check_twice(index, day)]
        side, value, wrong = rows.judge(index)
        found += wrong
        violations += found
        if day is None or found or rows.broken(index):
            continue
        if rows.text("excluded", index):
            excluded.append(f"{rows.text('animal', index)}, {rows.text('analyte', index)}")
        else:
            values.append(rows.value(index, day, side, value))
    return tuple(values), tuple(excluded), violations


class _Rows:
    """The cells of the file, row by row, and what earlier rows said."""

    def __init__(self, table: Table, wrong: set[tuple[int | None, str | None]]) -> None:
        self.table, self.wrong = table, wrong
        self.numbers = [int(row) for row in table.rows]
        self.units: dict[str, tuple[str, int]] = {}
        self.spellings: dict[str, tuple[str, int]] = {}
        self.seen: dict[tuple[str, int, str, str], int] = {}

    def text(self, name: str, index: int) -> str:
        """Return a cell of text, empty where there is none."""
        cells = self.table.texts.get(name)
        return (cells[index] or "") if cells is not None else ""

    def limit(self, name: str, index: int) -> float:
        """Return a limit; NaN where there is none."""
        cells = self.table.numbers.get(name)
        return math.nan if cells is None else float(cells[index])

    def analyte(self, index: int) -> str:
        """Return the name of the analyte in outcomes."""
        return analyte_id(self.text("analyte", index), self.text("material", index))

    def broken(self, index: int) -> bool:
        """Tell whether a cell that matters breaks the contract."""
        columns = {"analyte", "concentration", "unit", "lloq", "uloq", "flag"}
        absent = {"analyte", "concentration", "unit"} - set(self.table.texts)
        return bool(absent) or any((self.numbers[index], column) in self.wrong for column in columns)

    def fault(self, index: int, rule: str, column: str, words: Words) -> Violation:
        """Return a violation: what was found and expected, and what to do."""
        return Violation(rule, *words, self.table.source, self.numbers[index], column)

    def check_names(self, index: int) -> Iterator[Violation]:
        """Find a second unit or spelling of an analyte, and a name that leaves nothing."""
        written, unit, name = self.text("analyte", index), self.text("unit", index), self.analyte(index)
        if not written:
            return
        if not analyte_id(written):
            words = describe_cell(written), "a name with Latin letters or digits", "Correct the name."
            yield self.fault(index, "analyte-name", "analyte", words)
            return
        spelt, row = self.spellings.setdefault(name, (written, self.numbers[index]))
        if spelt != written:
            words = f"another spelling than in row {row}", "one spelling of each analyte", "Correct one."
            yield self.fault(index, "two-spellings", "analyte", words)
        known, row = self.units.setdefault(name, (unit, self.numbers[index])) if unit else (unit, 0)
        if unit != known:
            words = f"another unit than in row {row}", "one unit for each analyte", "Convert the values."
            yield self.fault(index, "two-units", "unit", words)

    def check_twice(self, index: int, day: int | None) -> Iterator[Violation]:
        """Find a replicate that stands there already."""
        if day is None or not self.text("analyte", index):
            return
        key = self.text("animal", index), day, self.analyte(index), self.text("replicate", index)
        if key in self.seen:
            words = (
                f"the animal, date, analyte and replicate of row {self.seen[key]}",
                "each replicate once",
                "Keep one of the two rows, or number technical replicates in the column replicate.",
            )
            yield self.fault(index, "duplicate", "replicate", words)
        self.seen.setdefault(key, self.numbers[index])

    def judge(self, index: int) -> tuple[Side, float, list[Violation]]:
        """Return on which side of which limit a value lies (or the value itself), and what is wrong."""
        if self.broken(index):
            return "", math.nan, []
        cell, flag = self.text("concentration", index), self.text("flag", index)
        lloq, uloq = self.limit("lloq", index), self.limit("uloq", index)
        if lloq >= uloq:
            words = "a lower limit at or above the upper one", "lloq below uloq", "Correct the limits."
            return "", math.nan, [self.fault(index, "limits-out-of-order", "lloq", words)]
        if self.text("excluded", index):
            return "", math.nan, []
        side, bound, value, words_or_none = _read_cell(cell)
        if words_or_none:
            return "", math.nan, [self.fault(index, "not-a-number", "concentration", words_or_none)]
        if flag and side and flag != side:
            words = f"a value {side} its limit", f"the flag {side}, or none", "Correct the flag or the value."
            return "", math.nan, [self.fault(index, "flag-contradicts", "flag", words)]
        side = side or ("below" if flag == "below" else "above" if flag == "above" else "")
        return self._place(index, side, bound, value)

    def _place(
        self, index: int, side: Side, bound: float, value: float
    ) -> tuple[Side, float, list[Violation]]:
        """Compare value, side and limits."""
        lloq, uloq = self.limit("lloq", index), self.limit("uloq", index)
        if not math.isnan(value):
            inside = not (value < lloq or value > uloq)
            outer: Side = "below" if value < lloq else "above" if value > uloq else ""
            known = not math.isnan(uloq if side == "above" else lloq)
            if side and known and (inside or outer != side):
                words = (
                    f"a value that is not {side} its limit",
                    f"a value {side} the limit where the flag says so",
                    "Correct the flag, the value or the limit.",
                )
                return "", math.nan, [self.fault(index, "flag-contradicts", "flag", words)]
            side = side or outer
        if not side:
            return self._measured(index, value)
        limit = lloq if side == "below" else uloq
        if not math.isnan(bound) and not math.isnan(limit) and abs(bound - limit) > _SAME * limit:
            words = (
                f"a value {'<' if side == 'below' else '>'} {bound:g} beside a limit of {limit:g}",
                "one limit for a value",
                "Remove or correct one of the two.",
            )
            return "", math.nan, [self.fault(index, "two-limits", "concentration", words)]
        limit = limit if math.isnan(bound) else bound
        if not limit > 0.0:
            column = "lloq" if side == "below" else "uloq"
            words = (
                f"a value {side} a limit that is not given",
                f"a limit above 0 in {column}, or the value as {'<' if side == 'below' else '>'}12.5",
                "Fill it in; it stands in the report of the instrument.",
            )
            return "", math.nan, [self.fault(index, "no-limit", column, words)]
        return side, limit, []

    def _measured(self, index: int, value: float) -> tuple[Side, float, list[Violation]]:
        if math.isnan(value):
            words = (
                "an empty cell",
                "a concentration, <limit, a flag with its limit, or a reason in excluded",
                "Fill in one of them.",
            )
            return "", value, [self.fault(index, "empty", "concentration", words)]
        if value <= 0.0:
            words = (
                describe_cell(f"{value:g}"),
                "a concentration above 0, or one below a limit given in lloq",
                "Give the lower limit of quantification.",
            )
            return "", value, [self.fault(index, "off-scale", "concentration", words)]
        return "", value, []

    def value(self, index: int, day: int, side: Side, value: float) -> Concentration:
        """Return the concentration of a row."""
        material = self.text("material", index)
        label = self.text("analyte", index) + (f", {material}" if material else "")
        return Concentration(
            self.text("animal", index), day, self.analyte(index), label, value, self.text("unit", index),
            side, f"row {self.numbers[index]}",
        )  # fmt: skip


def _read_cell(cell: str) -> tuple[Side, float, float, Words | None]:
    """Return side, its bound and the value of a cell (NaN for none), and words where it is none of these."""
    nan = math.nan
    if not cell:
        return "", nan, nan, None
    if cell.casefold() in _SIGNS:
        return _SIGNS[cell.casefold()], nan, nan, None
    bounded = _BOUND.fullmatch(cell)
    number = parse_number(bounded[2] if bounded else cell)
    if number is None or number < 0.0:
        expected = "a number of at least 0 with a decimal point, <12.5, >5000 or an empty cell with a flag"
        return "", nan, nan, (describe_cell(cell), expected, "Correct the cell.")
    if bounded:
        return ("below" if bounded[1] == "<" else "above"), number, nan, None
    return "", nan, number, None
