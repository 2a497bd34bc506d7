"""Check a raw table against its contract; collect every violation."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mitograft.errors import Violation, describe_cell
from mitograft.tables.contract import Cell, Column, Contract, RawTable, Table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["check", "is_missing", "parse_number"]

_MISSING = frozenset({"", ".", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null"})


def is_missing(cell: Cell) -> bool:
    """Tell whether a cell holds one of the accepted signs for "no value"."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or str(cell).strip() in _MISSING


def parse_number(cell: Cell) -> float | None:
    """Read a cell as a finite number, or return None where it is not one.

    >>> [parse_number(cell) for cell in ("2.5", " 7 ", "2,5", "1_0", "inf")]
    [2.5, 7.0, None, None, None]
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, str) and not all(c in "0123456789.+-eE " for c in cell):
        return None
    try:
        value = float(cell)  # type: ignore[arg-type]  # a cell that is no number raises
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def check(raw: RawTable, contract: Contract) -> tuple[Table, list[Violation]]:
    """Compare ``raw`` with ``contract``.

    Returns
    -------
    table
        The typed columns (cells that broke a rule are missing in it).
    violations
        Every broken rule; empty when the table keeps the contract.
    """
    import numpy as np

    violations = _header_violations(raw, contract)
    numbers: dict[str, npt.NDArray[np.float64]] = {}
    texts: dict[str, list[str | None]] = {}
    for column in contract.columns:
        cells = raw.columns.get(column.name)
        if cells is None:
            continue
        report = _Reporter(raw, column, violations)
        if column.role == "number":
            numbers[column.name] = _numbers(cells, column, report)
        else:
            texts[column.name] = _texts(cells, column, report)
    table = Table(raw.source, np.asarray(raw.rows, dtype=np.int64), numbers, texts)
    violations += _duplicates(table, contract)
    return table, violations


def _header_violations(raw: RawTable, contract: Contract) -> list[Violation]:
    known = contract.names()
    missing = [c for c in contract.columns if c.required and c.name not in raw.columns]
    unknown = [name for name in raw.columns if name not in known]
    found = [
        Violation(
            "missing-column",
            found="no such column",
            expected=f"a column '{c.name}' ({c.label})",
            remedy="Add it, or say which column holds it with --map.",
            file=raw.source,
            column=c.name,
        )
        for c in missing
    ]
    found += [
        Violation(
            "unknown-column",
            found="a column this table does not have",
            expected=_known(contract),
            remedy=_suggest(name, known),
            file=raw.source,
            row=1,
            column=name[:40] or "(no name)",
        )
        for name in unknown
    ]
    if not len(raw):
        found.append(
            Violation(
                "no-rows",
                found="no records below the header",
                expected="at least one record",
                remedy="Check that the right file or sheet was given.",
                file=raw.source,
            )
        )
    return found


def _known(contract: Contract) -> str:
    required = [column.name for column in contract.columns if column.required]
    optional = [column.name for column in contract.columns if not column.required]
    more = f", or of the {len(optional)} optional ones such as {optional[0]}" if optional else ""
    return f"one of {', '.join(required)}{more}"


def _suggest(name: str, known: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return f"{hint}Rename it, map it with --map '{name[:40]}=our_name', or skip it with --ignore."


class _Reporter:
    """Add violations of one column with the right row."""

    def __init__(self, raw: RawTable, column: Column, violations: list[Violation]) -> None:
        self.raw, self.column, self.violations = raw, column, violations

    def __call__(self, index: int, rule: str, found: str, expected: str, remedy: str) -> None:
        self.violations.append(
            Violation(rule, found, expected, remedy, self.raw.source, self.raw.rows[index], self.column.name)
        )


def _numbers(cells: Sequence[Cell], column: Column, report: Callable[..., None]) -> "npt.NDArray[np.float64]":
    """Convert cells; each distinct cell is judged once, so that long columns stay cheap."""
    import numpy as np

    cells = [str(cell) if isinstance(cell, bool) else cell for cell in cells]  # True would equal 1
    judged = {cell: _judge_number(cell, column) for cell in set(cells)}
    broken = {cell for cell, (_, problem) in judged.items() if problem}
    if broken:
        for i, cell in enumerate(cells):
            if cell in broken:
                report(i, *judged[cell][1])
    return np.array([judged[cell][0] for cell in cells], dtype=np.float64)


def _judge_number(cell: Cell, column: Column) -> tuple[float, tuple[str, ...]]:
    """Return the value (NaN where none) and the parts of the violation, empty where there is none."""
    if is_missing(cell):
        expected = f"{column.label}{_limits(column)}"
        return math.nan, ("empty", "an empty cell", expected, "Fill it in.") if column.filled else ()
    value = parse_number(cell)
    if value is None:
        return math.nan, (
            "not-a-number" if describe_cell(cell) != "a formula" else "formula",
            describe_cell(cell),
            f"a number{_limits(column)}, with a decimal point",
            "Write a plain number, or leave the cell empty where there is no value.",
        )
    low, high = column.low, column.high
    if (low is not None and value < low) or (high is not None and value > high):
        expected = f"{column.label}{_limits(column)}"
        return math.nan, ("off-scale", describe_cell(cell), expected, "Correct the value or its unit.")
    return value, ()


def _limits(column: Column) -> str:
    unit = f" {column.unit}" if column.unit else ""
    if column.low is not None and column.high is not None:
        return f" from {column.low:g} to {column.high:g}{unit}"
    if column.low is not None:
        return f" of at least {column.low:g}{unit}"
    if column.high is not None:
        return f" of at most {column.high:g}{unit}"
    return f" in {column.unit}" if column.unit else ""


def _texts(cells: Sequence[Cell], column: Column, report: Callable[..., None]) -> list[str | None]:
    values: list[str | None] = []
    for i, cell in enumerate(cells):
        if is_missing(cell):
            if column.filled:
                report(i, "empty", "an empty cell", column.label, "Fill it in.")
            values.append(None)
            continue
        text = _as_text(cell)
        if text[:1] == "=":
            report(i, "formula", "a formula", column.label, "Replace the formula by its value.")
        elif column.role == "category" and text not in column.allowed:
            report(
                i,
                "unknown-value",
                describe_cell(text),
                f"one of {', '.join(column.allowed)}",
                "Correct the spelling.",
            )
        values.append(text)
    return values


def _as_text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _duplicates(table: Table, contract: Contract) -> list[Violation]:
    keys = [table.texts[name] for name in contract.key if name in table.texts]
    if len(keys) != len(contract.key) or not keys:
        return []
    first: dict[tuple[str | None, ...], int] = {}
    found = []
    for i, key in enumerate(zip(*keys, strict=True)):
        if None in key:  # an incomplete key is reported as an empty cell, not as a repetition
            continue
        if key in first:
            found.append(
                Violation(
                    "duplicate",
                    found=f"the same {' and '.join(contract.key)} as in row {table.rows[first[key]]}",
                    expected=f"each combination of {' and '.join(contract.key)} once",
                    remedy="Keep one of the two rows.",
                    file=table.source,
                    row=int(table.rows[i]),
                    column=contract.key[-1],
                )
            )
        else:
            first[key] = i
    return found
