"""What a SAS transport file can hold: checked before writing, and reported for files of others.

Libraries write text of more than 200 bytes or beyond ASCII into a version 5 file without a word; other
software then cuts it, or refuses the file. The limits are in ``data/limits.csv``.

Source: SAS Institute, TS-140; FDA, "Study Data Technical Conformance Guide", section on transport files.
"""

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import Violation, describe_cell
from mitograft.tables.parameters import load_rows
from mitograft.tables.problems import MOST_KEPT
from mitograft.tables.transport import Version
from mitograft.tables.transport_number import LARGEST, SMALLEST
from mitograft.trial.dataset import Dataset, Variable

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_transport"]

_FIRST_RECORD = 2
_NAMES = {5: re.compile(r"[A-Z][A-Z0-9_]*"), 8: re.compile(r"[A-Z_][A-Z0-9_]*", re.IGNORECASE)}
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class _Limits:
    name: int
    label: int
    text: int
    variables: int
    ascii: bool


def check_transport(dataset: Dataset, version: Version = 5) -> tuple[Violation, ...]:
    """Return everything about a data set that a transport file of a version cannot hold.

    Parameters
    ----------
    dataset
        The data set, read from any file or derived.
    version
        5 (what an authority takes) or 8.

    Returns
    -------
    violations
        In the order of the variables; rows count from 2, as in every message. Trailing blanks, which the
        format loses, are none.
    """
    limits = _limits(version)
    file = dataset.source or dataset.name
    found = [*_check_names(dataset, version, limits, file)]
    for variable in dataset.variables:
        column = dataset.frame[variable.name]
        if variable.type == "text":
            found += _check_text(variable, column, limits, file)
        elif variable.type == "number":
            found += _check_number(variable, column, file)
    if version == 5 and not found and _ends_blank(dataset):
        said, asked = "a last row without any value", "a value in the last row"
        row = dataset.frame.height + 1
        found.append(Violation("blank-last-row", said, asked, "Leave the row out.", file, row))
    return tuple(found[:MOST_KEPT])


def _check_names(dataset: Dataset, version: Version, limits: _Limits, file: str) -> list[Violation]:
    found: list[Violation] = []
    pattern = _NAMES[version]
    data_set_name = _bad_name(dataset.name, pattern, limits)
    if data_set_name:
        found.append(Violation("data-set-name", *data_set_name, "Rename the data set.", file))
    if len(dataset.label.encode()) > 40 or not dataset.label.isascii():
        said = f"a label of {len(dataset.label.encode())} bytes"
        found.append(
            Violation("data-set-label", said, "at most 40 characters of ASCII", "Shorten the label.", file)
        )
    if not 0 < len(dataset.variables) <= limits.variables:
        said, asked = f"{len(dataset.variables)} variables", f"1 to {limits.variables}"
        found.append(Violation("variable-count", said, asked, "Split the data set.", file))
    for variable in dataset.variables:
        name = _bad_name(variable.name, pattern, limits)
        if name:
            shown = variable.name[:_SHOWN]
            found.append(Violation("variable-name", *name, "Rename the variable.", file, None, shown))
        if len(variable.label.encode()) > limits.label or (limits.ascii and not variable.label.isascii()):
            said = f"a label of {len(variable.label.encode())} bytes"
            asked = f"at most {limits.label}" + (" characters of ASCII" if limits.ascii else " bytes")
            place = (file, None, variable.name[:_SHOWN])
            found.append(Violation("variable-label", said, asked, "Shorten the label.", *place))
    return found


def _bad_name(name: str, pattern: re.Pattern[str], limits: _Limits) -> tuple[str, str] | None:
    if len(name) <= limits.name and pattern.fullmatch(name):
        return None
    letters = "capital letters" if limits.ascii else "letters"
    return f"the name {name[:_SHOWN]!a}", f"{limits.name} {letters}, digits and underscores at most"


def _check_text(variable: Variable, column: "pl.Series", limits: _Limits, file: str) -> list[Violation]:
    found = []
    allowed = min(limits.text, variable.length or limits.text)
    if (variable.length or 0) > limits.text:
        said, asked = f"a length of {variable.length} bytes", f"at most {limits.text} bytes"
        found.append(Violation("variable-length", said, asked, "Shorten it.", file, None, variable.name))
    sizes = column.str.strip_chars_end(" ").str.len_bytes()
    for index in (sizes > allowed).arg_true().to_list()[:MOST_KEPT]:
        said, asked = f"text of {sizes[index]} bytes", f"at most {allowed} bytes"
        remedy = "Shorten it, or carry the rest on in a supplemental qualifier."
        found.append(
            Violation("text-length", said, asked, remedy, file, index + _FIRST_RECORD, variable.name)
        )
    wrong = r"[^\x20-\x7e]" if limits.ascii else r"[\x00-\x1f\x7f]"
    asked = "printable ASCII" if limits.ascii else "text without control characters"
    for index in column.str.contains(wrong).arg_true().to_list()[:MOST_KEPT]:
        said = "a control character" if str(column[index]).isascii() else "a character beyond ASCII"
        row = index + _FIRST_RECORD
        found.append(Violation("text-character", said, asked, "Replace it.", file, row, variable.name))
    return found


def _check_number(variable: Variable, column: "pl.Series", file: str) -> list[Violation]:
    sizes = column.abs()
    wrong = (sizes > LARGEST) | ((sizes > 0) & (sizes < SMALLEST))
    return [
        Violation(
            "number-range",
            describe_cell(column[index]),
            f"nothing beyond {LARGEST:.2g} and nothing but zero within {SMALLEST:.2g}",
            "Change the unit.",
            file,
            index + _FIRST_RECORD,
            variable.name,
        )
        for index in wrong.fill_null(value=False).arg_true().to_list()[:MOST_KEPT]
    ]


def _ends_blank(dataset: Dataset) -> bool:
    """Tell whether the last row is all blank text: a reader takes it for the blanks that fill a line."""
    if not dataset.frame.height or any(variable.type != "text" for variable in dataset.variables):
        return False
    return not any((cell or "").strip() for cell in dataset.frame.row(-1))


@functools.cache
def _limits(version: Version) -> _Limits:
    rows = load_rows("mitograft.trial.formats", "limits.csv")
    values = {row["id"]: row["value"] for row in rows if row["version"] == str(version)}
    return _Limits(
        name=int(values["name-bytes"]),
        label=int(values["label-bytes"]),
        text=int(values["text-bytes"]),
        variables=int(values["variables"]),
        ascii=values["characters"] == "ASCII",
    )
