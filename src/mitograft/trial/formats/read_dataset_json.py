"""Read CDISC Dataset-JSON 1.1, as one object or as NDJSON, with everything that is wrong with it.

Columns of the types integer, float, double and decimal (text, by the standard) become numbers; dates with
``targetDataType`` integer become dates; everything else stays text.
"""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from mitograft.errors import describe_cell
from mitograft.tables.contract import RawTable
from mitograft.tables.problems import Problems, refuse
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats.typed import FIRST_RECORD, typed_dataset, unique_names

__all__ = ["decode_json", "decode_ndjson"]

_LINE_END = "\n"
_VERSION_PREFIX = "1.1"
_NUMBERS = frozenset({"integer", "float", "double", "decimal"})
_TEXTS = frozenset({"string", "boolean", "datetime", "date", "time", "URI"})
_REQUIRED = {
    "datasetJSONCreationDateTime": str, "datasetJSONVersion": str, "itemGroupOID": str, "records": int,
    "name": str, "label": str, "columns": list,
}  # fmt: skip
_COLUMN_REQUIRED = ("itemOID", "name", "label", "dataType")
_REMEDY = "Export the data set anew as Dataset-JSON 1.1."
_SHOWN = 40
_LARGEST_EXACT = 2**53


def decode_json(data: bytes, name: str, file: str) -> Dataset:
    """Return the data set in a Dataset-JSON file.

    Parameters
    ----------
    data
        The whole file.
    name, file
        Name to give the data set, and the file's for messages.

    Raises
    ------
    InputError
        If it is not UTF-8, no JSON, cut off, of another version, or rows and columns do not belong together;
        lists every violation found.
    """
    text = _text(data, file)
    found = _parse(text, file, 1)
    if not isinstance(found, dict) or "datasetJSONVersion" not in found:
        _refuse_other(file)
    rows = found.get("rows", [])
    if not isinstance(rows, list):
        refuse(file, "row-shape", "rows that are no list", "a list of rows", _REMEDY)
    return _dataset(found, rows, name, file)


def decode_ndjson(data: bytes, name: str, file: str) -> Dataset:
    """Return the data set in a Dataset-JSON file of the NDJSON form (see ``decode_json``)."""
    lines = _text(data, file).split("\n")
    found = _parse(lines[0], file, 1)
    if not isinstance(found, dict) or "datasetJSONVersion" not in found:
        _refuse_other(file)
    filled = ((number, line) for number, line in enumerate(lines[1:], start=2) if line.strip())
    rows = [_parse(line, file, number) for number, line in filled]
    return _dataset(found, rows, name, file)


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if fault.reason == "unexpected end of data":
            _refuse_truncated(file, "text that stops within a character")
        found = f"the byte 0x{data[fault.start]:02X}, which is not UTF-8"
        refuse(file, "encoding", found, "text in UTF-8", "Save the file again in UTF-8.")


def _parse(text: str, file: str, line: int) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as fault:
        whole = text.rstrip()
        if fault.pos >= len(whole) or not whole.endswith(("}", "]")) or fault.msg.startswith("Unterminated"):
            _refuse_truncated(file, f"JSON that stops in line {line + whole.count(_LINE_END)}")
        found = f"text that is no JSON, from character {fault.colno} on"
        refuse(file, "not-json", found, "JSON", _REMEDY, row=line + fault.lineno - 1)
    except _ConstantError:
        refuse(file, "not-json", "NaN or Infinity", "a number, or null for no value", _REMEDY)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists within lists
        refuse(file, "not-json", "a value that is too long or too deep", "rows of plain values", _REMEDY)


class _ConstantError(ValueError):
    """A number that JSON does not have."""


def _refuse_constant(_: str) -> NoReturn:
    raise _ConstantError


def _refuse_truncated(file: str, found: str) -> NoReturn:
    remedy = "Copy or export the file again; copying it may have stopped half way."
    refuse(file, "truncated", found, "a whole Dataset-JSON file", remedy)


def _refuse_other(file: str) -> NoReturn:
    refuse(file, "not-dataset-json", "JSON of another kind", "a Dataset-JSON file of version 1.1", _REMEDY)


def _dataset(found: dict[str, Any], rows: Sequence[Any], name: str, file: str) -> Dataset:
    problems = Problems(file)
    _check_head(found, problems)
    problems.raise_any()
    variables = _variables(found["columns"], problems)
    problems.raise_any()
    names = unique_names([variable.name for variable in variables], file)
    variables = [_named(variable, capital) for variable, capital in zip(variables, names, strict=True)]
    if found["records"] != len(rows):
        said, asked = f"{len(rows)} rows", f"{found['records']}, as records says"
        problems.add("record-count", said, asked, "Copy or export the file again.")
    _check_widths(rows, len(names), problems)
    problems.raise_any()
    cells = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    for variable, spec, column in zip(variables, found["columns"], cells, strict=True):
        _check_cells(variable, spec["dataType"], column, problems)
    problems.raise_any()
    raw = RawTable(file, dict(zip(names, cells, strict=True)), range(FIRST_RECORD, len(rows) + FIRST_RECORD))
    try:
        return typed_dataset(raw, name, found["label"], variables)
    except UnicodeEncodeError:
        refuse(file, "encoding", "half of a character pair", "valid Unicode text", _REMEDY)


def _check_head(found: dict[str, Any], problems: Problems) -> None:
    for key, kind in _REQUIRED.items():
        if not isinstance(found.get(key), kind) or isinstance(found[key], bool):
            said = f"no usable {key}"
            problems.add("metadata", said, f"{key}, which the standard requires", _REMEDY)
    version = found.get("datasetJSONVersion")
    if isinstance(version, str) and not f"{version}.".startswith(f"{_VERSION_PREFIX}."):
        said = f"version {version[:_SHOWN]!a}"
        problems.add("version", said, "a Dataset-JSON file of version 1.1", _REMEDY)


def _variables(columns: list[Any], problems: Problems) -> list[Variable]:
    found = []
    if not columns:
        problems.add("metadata", "no columns", "one column at least", _REMEDY)
    for index, column in enumerate(columns, start=1):
        absent = [key for key in _COLUMN_REQUIRED if not isinstance(_get(column, key), str)]
        if absent:
            said = f"column {index} without {', '.join(absent)}"
            problems.add("metadata", said, ", ".join(_COLUMN_REQUIRED), _REMEDY)
            continue
        kind = column["dataType"]
        if kind not in _NUMBERS | _TEXTS:
            asked = f"one of {', '.join(sorted(_NUMBERS | _TEXTS))}"
            problems.add("data-type", f"the type {kind[:_SHOWN]!a}", asked, _REMEDY, None, column["name"])
        found.append(_variable(column, kind))
    return found


def _get(column: Any, key: str) -> Any:
    return column.get(key) if isinstance(column, dict) else None


def _variable(column: dict[str, Any], kind: str) -> Variable:
    length, key = column.get("length"), column.get("keySequence")
    as_date = kind == "date" and column.get("targetDataType") == "integer"
    is_number = kind in _NUMBERS
    return Variable(
        column["name"],
        column["label"],
        "number" if is_number else "date" if as_date else "text",
        length if isinstance(length, int) and kind == "string" else None,
        key if isinstance(key, int) else 0,
    )


def _named(variable: Variable, name: str) -> Variable:
    return Variable(name, variable.label, variable.type, variable.length, variable.key)


def _check_widths(rows: Sequence[Any], width: int, problems: Problems) -> None:
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width:
            said = f"a row of {len(row)} cells" if isinstance(row, list) else "a row that is no list"
            asked = f"{width} cells, one a column"
            problems.add("row-width", said, asked, _REMEDY, index + FIRST_RECORD)


def _check_cells(variable: Variable, kind: str, cells: Sequence[Any], problems: Problems) -> None:
    """Note the cells whose JSON type is not that of the column."""
    allowed: set[type] = {int, float, type(None)} if kind in _NUMBERS else {str, type(None)}
    extra: dict[str, type] = {"decimal": str, "boolean": bool}
    allowed.add(extra.get(kind, type(None)))
    large = kind in _NUMBERS and any(type(cell) is int and abs(cell) > _LARGEST_EXACT for cell in cells)
    if not large and set(map(type, cells)) <= allowed:
        return
    for index, cell in enumerate(cells):
        too_large = type(cell) is int and abs(cell) > _LARGEST_EXACT
        if type(cell) not in allowed or too_large:
            said = "a list or object" if isinstance(cell, list | dict) else describe_cell(cell)
            problems.add("cell-type", said, kind, _REMEDY, index + FIRST_RECORD, variable.name)
