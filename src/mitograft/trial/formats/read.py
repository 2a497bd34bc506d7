"""Read data sets: one file, or every file of a folder, whatever the mixture of formats."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.provenance.faults import fault_of
from mitograft.tables.problems import refuse
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.formats.parquet import decode_parquet
from mitograft.trial.formats.plain import Described, read_description, read_plain
from mitograft.trial.formats.read_dataset_json import decode_json, decode_ndjson
from mitograft.trial.formats.transport import decode_xpt
from mitograft.trial.formats.variable_types import check_types

__all__ = ["READ_ENDINGS", "read_dataset", "read_datasets"]

Types = Mapping[str, Mapping[str, str]]

_MOST_BYTES = 2_000_000_000
_PLAIN = (".csv", ".tsv", ".xlsx")
_APART = (".parquet", ".xlsx")  # decoded in a process of its own, whose start takes most of the time
_DECODERS: Mapping[str, Callable[[bytes, str, str], Dataset]] = {
    ".xpt": decode_xpt,
    ".json": decode_json,
    ".ndjson": decode_ndjson,
    ".parquet": decode_parquet,
}
READ_ENDINGS = (*_DECODERS, *_PLAIN)
"""Endings of the files that hold a data set."""


def read_dataset(path: Path, *, types: Types | None = None) -> Dataset:
    """Read one data set; it is called as the file, in capitals.

    Parameters
    ----------
    path
        A file ``.xpt`` (SAS transport, version 5 or 8), ``.json`` or ``.ndjson`` (Dataset-JSON 1.1),
        ``.parquet``, ``.csv``, ``.tsv`` or ``.xlsx``.
    types
        For plain tables, which hold no types: data set to variable to ``text``, ``number`` or ``date``.
        What it does not name follows ``_variables.csv`` beside the file, then the names of variables.

    Returns
    -------
    dataset
        Text without trailing blanks, null where empty; ``origins`` with file and row (the first record is
        row 2, whatever the format).

    Raises
    ------
    UsageError
        If the path or its ending is wrong.
    InputError
        If the content is wrong; lists every violation found.
    EnvironmentFault
        If the machine cannot read the file.
    """
    return _read(Path(path), check_types(types or {}), None)


def read_datasets(folder: Path, *, types: Types | None = None) -> Datasets:
    """Read every data set of a folder, by name in alphabetical order; other files are left alone.

    Parameters
    ----------
    folder
        Files as for ``read_dataset``, in any mixture; hidden ones and those whose name begins with an
        underscore are left out.
    types
        As for ``read_dataset``.

    Raises
    ------
    UsageError
        If there is no such folder, or no data set in it.
    InputError
        If files are wrong or two hold a data set of one name; lists the violations of all files.
    EnvironmentFault
        If the machine cannot read a file.
    """
    folder = Path(folder)
    paths = _find(folder)
    known = check_types(types or {})
    violations = _twice(paths)
    found: dict[str, Dataset] = {}
    described = read_description(folder)
    for path, read in zip(paths, _read_all(paths, known, described), strict=True):
        if isinstance(read, InputError):
            violations += read.violations
        else:
            found[_name(path)] = read
    if violations:
        files = {violation.file for violation in violations}
        raise InputError(files.pop() if len(files) == 1 else str(folder), violations)
    return Datasets(found[name] for name in sorted(found))


def _read_all(
    paths: Sequence[Path], types: Types, described: Described | None
) -> Iterator[Dataset | InputError]:
    """Read files in their order; those that a process of its own decodes are read side by side."""

    def read(path: Path) -> Dataset | InputError:
        try:
            return _read(path, types, described)
        except InputError as error:
            return error

    apart = [path for path in paths if path.suffix.lower() in _APART]
    with ThreadPoolExecutor(max(1, min(len(apart), os.cpu_count() or 1))) as pool:
        started = {path: pool.submit(read, path) for path in apart}
        for path in paths:
            yield started[path].result() if path in started else read(path)


def _find(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise fault_of(error, "read", folder) from error
    paths = [
        path
        for path in entries
        if path.suffix.lower() in READ_ENDINGS and not path.name.startswith((".", "_")) and path.is_file()
    ]
    if not paths:
        endings = ", ".join(READ_ENDINGS)
        raise UsageError(f"{folder}: found no data set; expected files that end in one of {endings}.")
    return paths


def _twice(paths: Iterable[Path]) -> list[Violation]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(_name(path), []).append(path.name)
    return [
        Violation(
            "repeated-data-set",
            f"the data set {name} in {len(files)} files ({', '.join(files)})",
            "each data set in one file",
            "Keep one of them.",
            files[1],
        )
        for name, files in found.items()
        if len(files) > 1
    ]


def _name(path: Path) -> str:
    return path.stem.upper()


def _read(path: Path, types: Types, described: Described | None) -> Dataset:
    ending = path.suffix.lower()
    if ending in _PLAIN:
        beside = read_description(path.parent) if described is None else described
        return read_plain(path, _name(path), types.get(_name(path), {}), beside)
    decode = _DECODERS.get(ending)
    if decode is None:
        found = f"the ending '{ending}'" if ending else "no ending"
        raise UsageError(f"{path}: found {found}; expected one of {', '.join(READ_ENDINGS)}.")
    return decode(_bytes(path), _name(path), path.name)


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise fault_of(error, "read", path) from error
    if size > _MOST_BYTES:
        found, expected = f"{size / 1e6:.0f} MB", f"at most {_MOST_BYTES / 1e6:.0f} MB"
        refuse(path.name, "too-large", found, expected, "Split the data set.")
    if not data:
        refuse(path.name, "empty-file", "an empty file", "a data set", "Copy or export the file again.")
    return data
