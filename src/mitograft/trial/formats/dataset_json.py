"""CDISC Dataset-JSON 1.1: a data set as one JSON object, or as NDJSON (first line the metadata, then rows).

The same data set always gives the same bytes: the time of creation is the one given. A variable has a
``keySequence`` only if it is part of the data set's key. Dates of an analysis data set are written as ISO
8601 text with ``targetDataType`` integer, as the standard asks for dates that SAS holds as numbers; the dates
of SDTM, which may be partial, are strings.

Source: CDISC, "Dataset-JSON v1.1" (2024), https://www.cdisc.org/standards/data-exchange/dataset-json
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mitograft.trial.dataset import Dataset, Variable

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FIXED_TIME", "VERSION", "encode_json", "encode_ndjson"]

VERSION = "1.1.0"
FIXED_TIME = "1970-01-01T00:00:00"
_LARGEST_EXACT = 2**53


def encode_json(dataset: Dataset, created: str = FIXED_TIME) -> bytes:
    """Return a data set as the bytes of a Dataset-JSON file, one line a row.

    Parameters
    ----------
    dataset
        The data set.
    created
        ``datasetJSONCreationDateTime`` (ISO 8601).
    """
    head = ",\n".join(f'"{key}":{_dumps(value)}' for key, value in _metadata(dataset, created).items())
    rows = ",\n".join(map(_dumps, _rows(dataset)))
    return f'{{\n{head},\n"rows":[\n{rows}\n]\n}}\n'.encode()


def encode_ndjson(dataset: Dataset, created: str = FIXED_TIME) -> bytes:
    """Return a data set as the bytes of a Dataset-JSON file in the NDJSON form (see ``encode_json``)."""
    lines = [_dumps(_metadata(dataset, created)), *map(_dumps, _rows(dataset))]
    return ("\n".join(lines) + "\n").encode()


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _metadata(dataset: Dataset, created: str) -> dict[str, Any]:
    return {
        "datasetJSONCreationDateTime": created,
        "datasetJSONVersion": VERSION,
        "itemGroupOID": f"IG.{dataset.name}",
        "records": dataset.frame.height,
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_column(dataset, variable) for variable in dataset.variables],
    }


def _column(dataset: Dataset, variable: Variable) -> dict[str, Any]:
    column = dataset.frame[variable.name]
    said: dict[str, Any] = {
        "itemOID": f"IT.{dataset.name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
    }
    if variable.type == "text":
        longest: Any = column.str.len_chars().max()
        said |= {"dataType": "string", "length": max(variable.length or 1, longest or 1)}
    elif variable.type == "date":
        said |= {"dataType": "date", "targetDataType": "integer", "displayFormat": "E8601DA."}
    else:
        said["dataType"] = "integer" if _is_whole(column) else "double"
    if variable.key:
        said["keySequence"] = variable.key
    return said


def _is_whole(column: "pl.Series") -> bool:
    """Tell whether a column of numbers holds whole ones only, and one at least."""
    filled = column.drop_nulls()
    return bool(filled.len() and ((filled == filled.floor()) & (filled.abs() <= _LARGEST_EXACT)).all())


def _rows(dataset: Dataset) -> Iterable[tuple[Any, ...]]:
    import polars as pl

    columns = []
    for variable in dataset.variables:
        column = dataset.frame[variable.name]
        if variable.type == "date":
            column = column.dt.to_string("%Y-%m-%d")
        elif variable.type == "number" and _is_whole(column):
            column = column.cast(pl.Int64)
        columns.append(column.to_list())
    return zip(*columns, strict=True)
