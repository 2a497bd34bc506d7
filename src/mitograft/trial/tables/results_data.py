"""Analysis results data: one row a statistic, with a hash of the records it was computed from.

``to_ard`` follows the shape of the CDISC Analysis Results Standard (one result a row, with its group, method
and value); it is not a submission of that standard. ``records_of`` is the other half: one row a record and
cell, so that every number can be traced to rows of a data set and from there, by their origin, to a file.

The hash (SHA-256) is taken over the content of the records, not over their places: it stays the same when
rows are put in another order and changes when any value of them changes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.summary.result import Cell, Records, Result

if TYPE_CHECKING:
    import polars as pl

__all__ = ["digest_records", "records_of", "to_ard"]

_RESULTS = (
    ("RESULTID", "Table", "text"),
    ("ROWNUM", "Row of the table", "number"),
    ("COLNUM", "Column of the table", "number"),
    ("ROWLABEL", "Label of the row", "text"),
    ("GROUP", "Group of subjects", "text"),
    ("VARIABLE", "Variable analysed", "text"),
    ("LEVEL", "Level of the variable", "text"),
    ("STATNAME", "Statistic", "text"),
    ("STAT", "Value of the statistic", "number"),
    ("STATUNIT", "Unit of the statistic", "text"),
    ("CELLTEXT", "Text of the cell", "text"),
    ("DATAKIND", "Kind of the data", "text"),
    ("NRECORDS", "Number of records counted", "number"),
    ("RECHASH", "SHA-256 of the records counted", "text"),
)
_LINKS = (
    ("RESULTID", "Table", "text"),
    ("ROWNUM", "Row of the table", "number"),
    ("COLNUM", "Column of the table", "number"),
    ("DATASET", "Data set of the record", "text"),
    ("RECNUM", "Record of the data set, from 1", "number"),
    ("USUBJID", "Unique Subject Identifier", "text"),
)


def to_ard(results: Iterable[Result]) -> Dataset:
    """Return the statistics of tables as a data set named ARD.

    Parameters
    ----------
    results
        Any tables; their order is kept.

    Returns
    -------
    Dataset
        One row a statistic, in the order of tables, rows, columns and statistics.
    """
    lines: list[tuple[object, ...]] = []
    digests: dict[int, Sequence[bytes]] = {}
    for result in results:
        labels = [row.label for row in result.rows]
        for row, column, cell in result.cells():
            if not cell.statistics:
                continue
            counted = sum(map(len, cell.records))
            hashed = _hash(cell, result, digests)
            lines += [
                (
                    result.id, float(row), float(column), labels[row - 1] or None, s.group or None,
                    s.variable or None, s.level or None, s.name, s.value, s.unit or None, cell.text or None,
                    result.data_kind, float(counted), hashed,
                )
                for s in cell.statistics
            ]  # fmt: skip
    return _dataset("ARD", "Analysis Results Data", _RESULTS, lines)


def records_of(results: Iterable[Result]) -> Dataset:
    """Return which records each cell counts, as a data set named ARDREC.

    Parameters
    ----------
    results
        Any tables.
    """
    import numpy as np
    import polars as pl

    parts = []
    for result in results:
        of: dict[str, list[tuple[int, int, Records]]] = {}
        for row, column, cell in result.cells():
            for records in cell.records:
                of.setdefault(records.dataset, []).append((row, column, records))
        for name, found in of.items():
            frame = result.sources[name].frame
            rows, columns, counted = zip(*found, strict=True)
            sizes = [len(records) for records in counted]
            places = np.concatenate([records.rows for records in counted])
            link = {
                "ROWNUM": np.repeat(np.array(rows, dtype=float), sizes),
                "COLNUM": np.repeat(np.array(columns, dtype=float), sizes),
                "RECNUM": places + 1.0,
                "USUBJID": frame["USUBJID"].gather(places) if "USUBJID" in frame.columns else None,
            }
            part = pl.DataFrame(link).with_columns(RESULTID=pl.lit(result.id), DATASET=pl.lit(name))
            parts.append(part.select(list(_schema(_LINKS))).cast(_schema(_LINKS)))
    frame = pl.concat(parts) if parts else pl.DataFrame(schema=_schema(_LINKS))
    return Dataset("ARDREC", "Records of the Analysis Results", frame, _variables(_LINKS))


def digest_records(dataset: Dataset) -> list[bytes]:
    """Return the SHA-256 of each row of a data set: its name and, in order of name, each variable's value.

    A value is written as the shortest text that reads back as the same; a missing one differs from any text.
    """
    import polars as pl

    names = sorted(dataset.frame.columns)
    texts = [
        pl.format(
            "{}={}",
            pl.lit(name),
            pl.col(name).cast(pl.String).str.replace_all("\x1f", "\x1f\x1f", literal=True),
        )
        .fill_null(pl.lit(f"{name}"))
        .alias(name)
        for name in names
    ]
    lines = dataset.frame.select(pl.concat_str(texts, separator="\x1f|")).to_series().to_list()
    return [hashlib.sha256(f"{dataset.name}\x1f|{line}".encode()).digest() for line in lines]


def _hash(cell: Cell, result: Result, digests: dict[int, Sequence[bytes]]) -> str | None:
    if not cell.records:
        return None
    whole = hashlib.sha256()
    for records in sorted(cell.records, key=_name):
        dataset = result.sources[records.dataset]
        if id(dataset.frame) not in digests:
            digests[id(dataset.frame)] = digest_records(dataset)
        known = digests[id(dataset.frame)]
        for digest in sorted(known[row] for row in records.rows.tolist()):
            whole.update(digest)
    return whole.hexdigest()


def _name(records: Records) -> str:
    return records.dataset


def _dataset(
    name: str, label: str, contract: Sequence[tuple[str, str, str]], lines: Sequence[tuple[object, ...]]
) -> Dataset:
    import polars as pl

    frame = pl.DataFrame(lines, schema=_schema(contract), orient="row")
    return Dataset(name, label, frame, _variables(contract))


def _variables(contract: Sequence[tuple[str, str, str]]) -> tuple[Variable, ...]:
    return tuple(
        Variable(name, label, "number" if kind == "number" else "text") for name, label, kind in contract
    )


def _schema(contract: Sequence[tuple[str, str, str]]) -> "pl.Schema":
    import polars as pl

    return pl.Schema({name: pl.Float64() if kind == "number" else pl.String() for name, _, kind in contract})
