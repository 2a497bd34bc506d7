"""Data sets as plain tables (CSV, XLSX), which hold no labels and, as text, no types.

Beside the tables of a folder stands ``_variables.csv`` with one row for each variable: data set, its label,
variable, label, type, length, key. Where it is absent, the type follows from the name (``variable_types``).
Text that a spreadsheet would run as a formula is escaped in the file and restored on reading.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.problems import Problems
from mitograft.tables.read import read_table
from mitograft.tables.write import encode_table
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats.typed import typed_dataset, unique_names
from mitograft.trial.formats.variable_types import TYPES, type_by_name

__all__ = ["DESCRIPTION", "encode_description", "encode_plain", "read_description", "read_plain"]

DESCRIPTION = "_variables.csv"
_COLUMNS = ("dataset", "dataset_label", "variable", "label", "type", "length", "key")

Described = Mapping[str, tuple[str, Mapping[str, Variable]]]


def encode_plain(dataset: Dataset, ending: str) -> bytes:
    """Return a data set as the bytes of a ``.csv`` or ``.xlsx`` file, dates as ISO 8601 text."""
    columns: dict[str, Any] = {}
    for variable in dataset.variables:
        column = dataset.frame[variable.name]
        columns[variable.name] = (
            column.dt.to_string("%Y-%m-%d") if variable.type == "date" else column
        ).to_list()
    return encode_table(ending, columns)


def encode_description(datasets: Iterable[Dataset]) -> bytes:
    """Return ``_variables.csv`` for data sets."""
    rows = [
        (dataset.name, dataset.label, v.name, v.label, v.type, v.length, v.key)
        for dataset in datasets
        for v in dataset.variables
    ]
    columns: dict[str, list[Cell]] = {
        name: [row[index] for row in rows] for index, name in enumerate(_COLUMNS)
    }
    return encode_table(".csv", columns)


def read_description(folder: Path) -> Described:
    """Return label and variables by data set from ``_variables.csv``; nothing where there is none.

    Raises
    ------
    InputError
        If a column is absent or a cell wrong; lists every violation.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        return {}
    raw = read_table(path)
    problems = Problems(path.name)
    for name in _COLUMNS:
        if name not in raw.columns:
            problems.add(
                "missing-column", f"no column {name}", "the columns " + ", ".join(_COLUMNS), "Add it."
            )
    problems.raise_any()
    found: dict[str, tuple[str, dict[str, Variable]]] = {}
    for index, row in enumerate(raw.rows):
        cells = {name: str(raw.columns[name][index] or "") for name in _COLUMNS}
        variable = _variable(cells, row, problems)
        name = cells["dataset"].upper()
        found.setdefault(name, (cells["dataset_label"], {}))[1][variable.name] = variable
    problems.raise_any()
    return found


def _variable(cells: Mapping[str, str], row: int, problems: Problems) -> Variable:
    kind: Any = cells["type"]
    if kind not in TYPES:
        problems.add("variable-type", f"{kind[:20]!a}", f"one of {', '.join(TYPES)}", "Mend it.", row, "type")
    for name in ("length", "key"):
        if cells[name] and not cells[name].isdecimal():
            problems.add("not-a-number", f"{cells[name][:20]!a}", "a whole number", "Mend it.", row, name)
            return Variable(cells["variable"].upper())
    length = int(cells["length"]) if cells["length"] else None
    return Variable(cells["variable"].upper(), cells["label"], kind, length, int(cells["key"] or 0))


def read_plain(path: Path, name: str, types: Mapping[str, str], described: Described) -> Dataset:
    """Read a table (.csv, .tsv, .txt, .xlsx) as a data set.

    Parameters
    ----------
    path
        The file.
    name
        Name to give the data set.
    types
        Variable to ``text``, ``number`` or ``date``, before everything else.
    described
        What ``_variables.csv`` says; then the names decide.

    Raises
    ------
    InputError, UsageError, EnvironmentFault
        As ``read_table``; an InputError also for cells that are not of their variable's type.
    """
    raw = read_table(path)
    names = unique_names(raw.columns, path.name)
    label, known = described.get(name, ("", {}))
    variables = [_typed(known.get(n, Variable(n, "", type_by_name(n))), types.get(n)) for n in names]
    renamed = RawTable(path.name, dict(zip(names, raw.columns.values(), strict=True)), raw.rows)
    return typed_dataset(renamed, name, label, variables)


def _typed(variable: Variable, kind: Any) -> Variable:
    if kind is None:
        return variable
    return Variable(variable.name, variable.label, kind, variable.length, variable.key)
