"""Look over a sheet's cells before any library reads them: formulas, errors, merged cells, extent, text.

Formulas are refused because a workbook holds at best the value it had when it was last calculated. The
limits on extent and text keep a small file from asking for more memory than there is: two values in
opposite corners make a full rectangle, and one long text can be shared by millions of cells.
"""

from typing import NoReturn

from mitograft.tables.markup import Attributes, walk
from mitograft.tables.problems import Problems, refuse
from mitograft.tables.records import MOST_COLUMNS

__all__ = ["check_sheet", "column_letters", "shared_lengths"]

_DIGITS = "0123456789"
_LONGEST_LETTERS, _LONGEST_NUMBER = 3, 7
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_LONGEST_NEEDED = 32
_MOST_CHARACTERS = 100_000_000
_ALWAYS_FINE_AREA = 1_000_000
_MOST_AREA_PER_VALUE = 20
_ALPHABET = 26
_KNOWN_ERRORS = frozenset(
    {"#REF!", "#DIV/0!", "#VALUE!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
_COPY_ANEW = "Copy the table into a new workbook, or save the sheet as CSV in UTF-8."


def column_letters(column: int) -> str:
    """Return the letters a spreadsheet shows for a column counted from 1.

    >>> column_letters(1), column_letters(28)
    ('A', 'AB')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, _ALPHABET)
        letters = chr(ord("A") + rest) + letters
    return letters


def shared_lengths(content: bytes, file: str) -> list[int]:
    """Return the length of every shared text of the workbook, in order."""
    lengths: list[int] = []

    def start(name: str, _: Attributes) -> None:
        if name == "si":
            lengths.append(0)

    def text(characters: str) -> None:
        if lengths:
            lengths[-1] += len(characters)

    walk(content, file, start, text=text)
    return lengths


def check_sheet(content: bytes, problems: Problems, shared: list[int]) -> None:
    """Note every formula, error and merged cell of a sheet.

    Parameters
    ----------
    content
        The sheet's XML part.
    problems
        Receives the violations.
    shared
        Lengths of the workbook's shared texts (``shared_lengths``).

    Raises
    ------
    InputError
        If the values reach too far or hold too much text for the sheet to be read at all.
    """
    look = _Look(problems, shared)
    walk(content, problems.file, look.start, look.end, look.text)
    look.refuse_extent()
    look.note_merged()


class _Look:
    """The state of one pass over a sheet; rows and columns count from 1.

    The three callbacks run for every cell, so they do their own bookkeeping instead of calling on.
    """

    def __init__(self, problems: Problems, shared: list[int]) -> None:
        self.problems, self.shared = problems, shared
        self.row, self.column, self.digits = 0, 0, "0"
        self.kind: str | None = None
        self.value, self.length = "", 0
        self.in_cell = self.in_value = self.has_value = self.has_formula = False
        self.filled = self.characters = 0
        self.top, self.bottom, self.left, self.right = _LAST_ROW, 0, _LAST_COLUMN, 0
        self.columns: dict[str, int] = {}
        self.merged: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self.in_cell, self.value, self.length = True, "", 0
            self.kind = attributes.get("t")
            self.in_value = self.has_value = self.has_formula = False
            self._enter(attributes.get("r"))
        elif name in {"v", "t"}:
            self.in_value = self.has_value = self.in_cell
        elif name == "f":
            self.has_formula = self.in_cell
        elif name == "row":
            self._enter_row(attributes.get("r"))
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))

    def text(self, characters: str) -> None:
        if self.in_value:
            self.length += len(characters)
            if (
                len(self.value) < _LONGEST_NEEDED
            ):  # an error or the number of a shared text, not a text itself
                self.value += characters

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self.in_value = False
        elif name == "c" and self.in_cell:
            self.in_cell = False
            if self.has_formula or self.kind == "e":
                self._note_formula_or_error()
            if self.has_value:
                self._count_value(self.row, self.column)

    def _enter_row(self, digits: str | None) -> None:
        self.digits = str(self.row + 1) if digits is None else digits
        self.row = self._row(self.digits)
        self.column = 0

    def _enter(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
            if self.column > _LAST_COLUMN or not self.row:
                self._refuse_reference()
            return
        letters = reference.rstrip(_DIGITS)
        digits = reference[len(letters) :]
        if digits != self.digits:
            self.digits, self.row = digits, self._row(digits)
        self.column = self.columns.get(letters) or self._column(letters)

    def _row(self, digits: str) -> int:
        if not digits.isascii() or not digits.isdecimal() or len(digits) > _LONGEST_NUMBER:
            self._refuse_reference()
        row = int(digits)
        if not 1 <= row <= _LAST_ROW:
            self._refuse_reference()
        return row

    def _column(self, letters: str) -> int:
        if not letters.isascii() or not letters.isalpha() or len(letters) > _LONGEST_LETTERS:
            self._refuse_reference()
        column = 0
        for letter in letters.upper():
            column = column * _ALPHABET + ord(letter) - ord("A") + 1
        if column > _LAST_COLUMN:
            self._refuse_reference()
        self.columns[letters] = column
        return column

    def _refuse_reference(self) -> NoReturn:
        refuse(
            self.problems.file,
            "damaged",
            found="a cell outside the sheet",
            expected=f"cells in rows 1 to {_LAST_ROW} and columns A to {column_letters(_LAST_COLUMN)}",
            remedy=_COPY_ANEW,
        )

    def _note_formula_or_error(self) -> None:
        if self.has_formula:
            rule, found, remedy = "formula", "a formula", "Copy the cells and paste them as values."
        else:
            rule, found = "error-value", self.value if self.value in _KNOWN_ERRORS else "an error"
            remedy = "Correct the cell, or empty it where there is no value."
        self.problems.add(rule, found, "a value", remedy, self.row, column_letters(self.column))

    def _count_value(self, row: int, column: int) -> None:
        self.filled += 1
        if not self.top <= row <= self.bottom:
            self.top, self.bottom = min(row, self.top), max(row, self.bottom)
        if not self.left <= column <= self.right:
            self.left, self.right = min(column, self.left), max(column, self.right)
        if self.kind != "s":
            self.characters += self.length
            return
        try:
            self.characters += self.shared[int(self.value)]
        except (ValueError, IndexError):
            refuse(
                self.problems.file,
                "damaged",
                found="a cell that points to a text the workbook does not hold",
                expected="a complete workbook",
                remedy=_COPY_ANEW,
                row=row,
            )

    def refuse_extent(self) -> None:
        """Refuse values that would need a far larger rectangle, or far more text, than the file holds."""
        height, width = self.bottom - self.top + 1, self.right - self.left + 1
        if not self.filled:
            return
        if width > MOST_COLUMNS:
            found, expected = f"values across {width} columns", f"at most {MOST_COLUMNS} columns"
        elif height * width > max(_ALWAYS_FINE_AREA, _MOST_AREA_PER_VALUE * self.filled):
            found = f"{self.filled} values scattered over {height} rows and {width} columns"
            expected = "one table without values far away from it"
        elif self.characters > _MOST_CHARACTERS:
            found = f"{self.characters / 1e6:.0f} million characters of text"
            expected = f"at most {_MOST_CHARACTERS / 1e6:.0f} million"
        else:
            return
        refuse(self.problems.file, "too-large", found, expected, _COPY_ANEW)

    def note_merged(self) -> None:
        """Note merged cells that touch the table."""
        for reference in self.merged:
            first, _, last = reference.partition(":")
            self._enter(first)
            top, left = self.row, self.column
            self._enter(last or first)
            if self.row < self.top or top > self.bottom or self.column < self.left or left > self.right:
                continue
            self.problems.add(
                "merged-cells",
                found=f"the merged cells {reference}",
                expected="one value in every cell",
                remedy="Unmerge them and write the value into each cell.",
                row=top,
                column=column_letters(left),
            )
