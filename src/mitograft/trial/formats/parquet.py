"""A data set to a Parquet file and back; labels, lengths and keys travel in the file's own metadata."""

import io
import json
from typing import Any, Literal

from mitograft.tables.parquet import read_parquet
from mitograft.tables.problems import library_faults, refuse
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats.typed import typed_dataset, unique_names

__all__ = ["decode_parquet", "encode_parquet"]

_ENTRY = "mitograft.dataset"
_KIND = "Parquet file"


def encode_parquet(dataset: Dataset) -> bytes:
    """Return a data set as the bytes of a Parquet file; the same data set gives the same bytes."""
    described = {
        "name": dataset.name,
        "label": dataset.label,
        "variables": [[v.name, v.label, v.type, v.length, v.key] for v in dataset.variables],
    }
    stream = io.BytesIO()
    dataset.frame.write_parquet(stream, metadata={_ENTRY: json.dumps(described)})
    return stream.getvalue()


def decode_parquet(data: bytes, name: str, file: str) -> Dataset:
    """Return the data set in a Parquet file.

    Parameters
    ----------
    data
        The whole file.
    name, file
        Name to give the data set, and the file's for messages.

    Raises
    ------
    InputError
        If the content is no Parquet file, is damaged, or has columns that a data set cannot hold.
    """
    raw = read_parquet(data, file)  # decoded in a process of its own, so that damage cannot end this one
    names = unique_names(raw.columns, file)
    label, described = _described(data, file)
    kinds = _kinds(data, file)
    variables = [
        described.get(capital, Variable(capital, "", kinds[original]))
        for capital, original in zip(names, kinds, strict=True)
    ]
    renamed = raw.rename({old: new for old, new in zip(raw.columns, names, strict=True) if old != new})
    return typed_dataset(renamed, name, label, variables)


def _kinds(data: bytes, file: str) -> dict[str, Any]:
    import polars as pl

    with library_faults(file, _KIND):
        schema = pl.read_parquet_schema(io.BytesIO(data))
    return {
        name: "number" if kind.is_numeric() else "date" if kind == pl.Date else "text"
        for name, kind in schema.items()
    }


def _kind(text: object) -> Literal["text", "number", "date"]:
    if text == "number" or text == "date" or text == "text":
        return text
    raise ValueError("no type of a variable")


def _described(data: bytes, file: str) -> tuple[str, dict[str, Variable]]:
    """Return label and variables as ``encode_parquet`` noted them; nothing for files of others."""
    import polars as pl

    with library_faults(file, _KIND):
        noted = pl.read_parquet_metadata(io.BytesIO(data)).get(_ENTRY)
    if noted is None:
        return "", {}
    try:
        found = json.loads(noted)
        variables = {
            name: Variable(name, str(label), _kind(kind), length, key)
            for name, label, kind, length, key in found["variables"]
        }
        return str(found["label"]), variables
    except (ValueError, KeyError, TypeError):
        refuse(
            file,
            "damaged",
            "a damaged description of the variables",
            "none, or a whole one",
            "Export it anew.",
        )
