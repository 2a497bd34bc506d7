"""A table as CSV: the printed cells, or the rows of any data set; no cell can run as a formula."""

from mitograft.tables.write import format_csv
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.result import Result
from mitograft.trial.tables.markup import plain_rows

__all__ = ["dataset_csv", "to_csv"]


def to_csv(result: Result) -> str:
    """Return a table as the text of a CSV file: label, indent and the printed cells of each row.

    Two columns of one heading are told apart by a number; the last column says the kind of the data.
    """
    heads, rows = plain_rows(result)
    names = ["label"]
    for head in heads[1:]:
        name, again = head, 2
        while name in names:
            name, again = f"{head} ({again})", again + 1
        names.append(name)
    columns: dict[str, list[str]] = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    columns["label"] = [row.label for row in result.rows]
    indents = [row.indent for row in result.rows]
    kind = [result.data_kind] * len(result.rows)
    return format_csv({"label": columns.pop("label"), "indent": indents, **columns, "data_kind": kind})


def dataset_csv(dataset: Dataset) -> str:
    """Return the rows of a data set as the text of a CSV file; dates as ISO 8601."""
    import polars as pl

    frame = dataset.frame.with_columns(pl.col(pl.Date).cast(pl.String))
    return format_csv({name: frame[name].to_list() for name in frame.columns})
