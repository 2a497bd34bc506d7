"""Read a table from a file: CSV, TSV, XLSX or Parquet, told apart by the ending of the name."""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from mitograft.errors import EnvironmentFault, UsageError
from mitograft.tables.contract import RawTable
from mitograft.tables.problems import refuse

__all__ = ["ENDINGS", "read_table"]

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
_MOST_BYTES = {".xlsx": 100_000_000, ".parquet": 1_000_000_000}
_MOST_TEXT_BYTES = 2_000_000_000
_PATH_ERRORS = {errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EINVAL}
_SIBLINGS = {
    ".xls": "Open it in a spreadsheet and save it as .xlsx.",
    ".xlsm": "Save it as .xlsx, without macros.",
    ".xlsb": "Open it in a spreadsheet and save it as .xlsx.",
    ".ods": "Open it in a spreadsheet and save it as .xlsx or .csv.",
    ".gz": "Unpack it first.",
    ".zip": "Unpack it first.",
}


def read_table(path: Path, *, sheet: str | None = None) -> RawTable:
    """Read one table as it stands, without giving it a meaning.

    Parameters
    ----------
    path
        A regular file: ``.csv`` (comma, semicolon or tab, found in the header line), ``.tsv`` or ``.txt``
        (tab), ``.xlsx`` or ``.parquet``. Text is UTF-8, with or without a byte order mark.
    sheet
        Name of the sheet of a workbook; None takes the first visible one.

    Returns
    -------
    table
        The first record with a value is the header. Cells of text files stay text as written; workbooks
        and Parquet give numbers where they hold numbers, and dates as text in ISO 8601. Records without
        any value are left out. A table without records is returned as such.

    Raises
    ------
    UsageError
        If the path, its ending or ``sheet`` is wrong.
    InputError
        If the content is wrong; lists every violation found.
    EnvironmentFault
        If the machine cannot read the file.
    """
    path = Path(path)
    size = _size_of_regular_file(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(_unknown_ending(path, ending))
    if sheet is not None and ending != ".xlsx":
        raise UsageError(f"{path}: only a workbook (.xlsx) has sheets; leave out the sheet '{sheet}'.")
    data = _read_bytes(path, size, _MOST_BYTES.get(ending, _MOST_TEXT_BYTES))
    if ending == ".xlsx":
        from mitograft.tables.workbook import read_workbook

        return read_workbook(data, path.name, sheet)
    if ending == ".parquet":
        from mitograft.tables.parquet import read_parquet

        return read_parquet(data, path.name)
    from mitograft.tables.text import read_text

    return read_text(data, path.name, None if ending == ".csv" else "\t")


def _unknown_ending(path: Path, ending: str) -> str:
    found = f"the ending '{ending}'" if ending else "no ending"
    remedy = _SIBLINGS.get(ending, "Save the table in one of these formats.")
    return f"{path}: found {found}; expected one of {', '.join(ENDINGS)}. {remedy}"


@contextmanager
def _path_faults(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a path into a sentence for the person who gave it."""
    try:
        yield
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file. Check the name and the folder.") from None
    except PermissionError:
        raise UsageError(
            f"{path}: no permission to read this file. Ask its owner, or copy it to where you may read it."
        ) from None
    except (OSError, ValueError) as fault:
        if isinstance(fault, OSError) and fault.errno not in _PATH_ERRORS:
            raise EnvironmentFault(
                f"{path}: the machine could not read this file ({fault.strerror})."
            ) from None
        raise UsageError(f"{path!s:.200}: not a path to a file. Check the name and the folder.") from None


def _size_of_regular_file(path: Path) -> int:
    with _path_faults(path):
        status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{path}: found a folder; expected a file. Name one file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(
            f"{path}: found a device or pipe; expected a regular file. Save the table to a file first."
        )
    return status.st_size


def _read_bytes(path: Path, size: int, most: int) -> bytes:
    """Read a whole file of at most ``most`` bytes."""
    if size > most:
        _refuse_size(path, most)
    with _path_faults(path), path.open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        _refuse_size(path, most)  # it grew since
    if not data:
        refuse(
            path.name,
            "empty-file",
            found="an empty file (0 bytes)",
            expected="a table with a header and records",
            remedy="Check that the right file was given and that copying it had finished.",
        )
    return data


def _refuse_size(path: Path, most: int) -> NoReturn:
    refuse(
        path.name,
        "too-large",
        found=f"a file of more than {most / 1e6:g} MB",
        expected=f"at most {most / 1e6:g} MB",
        remedy="Split the table, or keep only the columns you need.",
    )
