"""Evidence rows as the bytes of a file, and back, without loss.

JSON is for people, Parquet for programs. Not-a-number, infinities, the sign of zero and any text come back as
they were, and the same rows always give the same bytes. A file names its schema and version. A Parquet file
also holds a SHA-256 of its rows, so that a damaged one is refused; JSON may be written by hand.

Who writes a file writes the bytes atomically (``provenance``).
"""

import hashlib
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn, cast

from mitograft.errors import EnvironmentFault, InputError, UsageError, Violation, describe_cell
from mitograft.evidence.row import COLUMNS, NUMBERS, TEXTS, Evidence, row_violations

__all__ = ["decode_evidence", "encode_evidence", "load_evidence"]

_SCHEMA = "mitograft.evidence"
_VERSION = 1
_BEYOND_JSON = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encode_evidence(rows: Iterable[Evidence], ending: str) -> bytes:
    """Return the content of an evidence file; the same rows give the same bytes.

    Parameters
    ----------
    rows
        The rows, in the order they are to have.
    ending
        ``.json`` or ``.parquet``.

    Raises
    ------
    UsageError
        If the ending is another.
    """
    listed = tuple(rows)
    _check_ending(ending)
    return _to_json(listed) if ending.lower() == ".json" else _to_parquet(listed)


def decode_evidence(data: bytes, ending: str, source: str) -> tuple[Evidence, ...]:
    """Return the rows of an evidence file's content.

    Parameters
    ----------
    data
        The file's bytes.
    ending
        ``.json`` or ``.parquet``.
    source
        The file's name for messages.

    Raises
    ------
    UsageError
        If the ending is another.
    InputError
        If the content is not evidence of this version; lists all violations, with the number of the
        record (the first is 1) as row.
    """
    _check_ending(ending)
    return _from_json(data, source) if ending.lower() == ".json" else _from_parquet(data, source)


def load_evidence(path: Path) -> tuple[Evidence, ...]:
    """Read an evidence file, ``.json`` or ``.parquet`` by its ending.

    Raises
    ------
    UsageError
        If the path is not a readable file with one of these endings.
    InputError
        As ``decode_evidence``.
    EnvironmentFault
        If the disk fails.
    """
    _check_ending(path.suffix)
    try:
        data = path.read_bytes()
    except OSError as error:
        mendable = isinstance(
            error, FileNotFoundError | IsADirectoryError | NotADirectoryError | PermissionError
        )
        raise (UsageError if mendable else EnvironmentFault)(
            f"Cannot read '{path}': found {(error.strerror or 'no access').lower()}, expected an evidence "
            f"file. {'Check the path and its permissions' if mendable else 'Check the disk'}."
        ) from error
    return decode_evidence(data, path.suffix, path.name)


def _check_ending(ending: str) -> None:
    if ending.lower() not in {".json", ".parquet"}:
        raise UsageError(
            f"Evidence file: found the ending {ending!r}, expected .json or .parquet. Rename the file."
        )


def _to_json(rows: Sequence[Evidence]) -> bytes:
    records = [{name: _plain(value) for name, value in asdict(row).items()} for row in rows]
    whole = {"schema": _SCHEMA, "version": _VERSION, "rows": records}
    return (json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8")


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return next(name for name, beyond in _BEYOND_JSON.items() if repr(beyond) == repr(value))
    return value


def _digest(rows: Sequence[Evidence]) -> str:
    return hashlib.sha256(_to_json(rows)).hexdigest()


def _to_parquet(rows: Sequence[Evidence]) -> bytes:
    import polars as pl

    kinds = {**dict.fromkeys(TEXTS, pl.String), **dict.fromkeys(NUMBERS, pl.Float64), "n": pl.Int64}
    columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    buffer = io.BytesIO()
    pl.DataFrame(columns, schema={name: kinds[name] for name in COLUMNS}).write_parquet(
        buffer,
        compression="zstd",
        statistics=False,
        metadata={"schema": _SCHEMA, "version": str(_VERSION), "sha256": _digest(rows)},
    )
    return buffer.getvalue()


def _from_json(data: bytes, source: str) -> tuple[Evidence, ...]:
    try:
        whole = json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_refuse_number,  # bare NaN is not JSON; the files write "NaN"
            parse_float=_finite,
            object_pairs_hook=_without_duplicates,
        )
    except (ValueError, RecursionError):
        _refuse(source, "not-json", "something that is not plain JSON in UTF-8", "a JSON evidence file")
    if not isinstance(whole, dict) or set(whole) != {"schema", "version", "rows"}:
        _refuse(source, "not-evidence", "other content", "the three fields schema, version and rows")
    _check_version(whole["schema"], whole["version"], source)
    if not isinstance(whole["rows"], list):
        _refuse(source, "not-evidence", "rows that are not a list", "a list of rows")
    return _build([_with_numbers(record) for record in whole["rows"]], source)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError
    return row


def _with_numbers(record: object) -> object:
    if not isinstance(record, dict):
        return record
    return {
        name: _BEYOND_JSON.get(value, value) if name in NUMBERS and isinstance(value, str) else value
        for name, value in record.items()
    }


def _from_parquet(data: bytes, source: str) -> tuple[Evidence, ...]:
    import polars as pl

    try:
        metadata = pl.read_parquet_metadata(io.BytesIO(data))
        frame = pl.read_parquet(io.BytesIO(data))
    except (Exception, pl.exceptions.PanicException):  # damage surfaces as any kind of error
        _refuse(
            source, "not-parquet", "something that is not a whole Parquet file", "a Parquet evidence file"
        )
    _check_version(metadata.get("schema"), metadata.get("version"), source)
    broken = _column_violations(frame.columns)
    if broken:
        raise InputError(source, [replace(violation, file=source) for violation in broken])
    rows = _build(list(frame.iter_rows(named=True)), source)
    if metadata.get("sha256") != _digest(rows):
        _refuse(source, "damaged", "rows other than those that were written", "an undamaged file")
    return rows


def _check_version(schema: object, version: object, source: str) -> None:
    if (schema, str(version)) != (_SCHEMA, str(_VERSION)):
        found = f"schema {describe_cell(schema)}, version {describe_cell(version)}"
        _refuse(source, "wrong-version", found, f"{_SCHEMA}, version {_VERSION}")


def _refuse(source: str, rule: str, found: str, expected: str) -> NoReturn:
    remedy = "Give a file that this version of mitograft wrote."
    raise InputError(source, [Violation(rule, found, expected, remedy, file=source)])


def _build(records: Sequence[object], source: str) -> tuple[Evidence, ...]:
    broken: list[Violation] = []
    rows: list[Evidence] = []
    for number, record in enumerate(records, start=1):
        found = _record_violations(record)
        broken += [replace(violation, file=source, row=number) for violation in found]
        if not broken:
            rows.append(Evidence(**cast("dict[str, Any]", record)))
    if broken:
        raise InputError(source, broken)
    return tuple(rows)


def _record_violations(record: object) -> list[Violation]:
    if not isinstance(record, dict):
        expected = "a row with the columns of evidence"
        return [Violation("not-a-row", describe_cell(record), expected, "Correct it.")]
    return _column_violations(record) or row_violations(record)


def _column_violations(names: Iterable[str]) -> list[Violation]:
    present = list(names)
    listed = [
        Violation("missing-column", "no such column", "every column of evidence", "Add it.", column=name)
        for name in COLUMNS
        if name not in present
    ]
    expected = f"only {', '.join(COLUMNS)}"
    listed += [
        Violation(
            "unknown-column", "a column evidence does not have", expected, "Leave it out.", column=name[:40]
        )
        for name in present
        if name not in COLUMNS
    ]
    return listed
