"""Every number that the code uses is a row with a source and a stated degree of confirmation."""

import csv
from pathlib import Path

import pytest

from mitograft.tables.parameters import STATUSES

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "mitograft"
# Names, labels and rules of the analysis data sets: no numbers of anybody; Define-XML documents them.
STRUCTURE = {
    PACKAGE / "trial" / "adam" / "data" / f"{name}.csv"
    for name in ("codelists", "datasets", "parameters", "specification")
}
# Numbers that a fit of ours made, a row a draw; the pages of the model say by what tool and from what.
FITTED = {
    PACKAGE / "mechanism" / "data" / "ensemble.csv",
    PACKAGE / "mechanism" / "observe" / "data" / "drift_ridge.csv",
}
TABLES = sorted(set(PACKAGE.glob("**/data/*.csv")) - STRUCTURE - FITTED)


def test_there_are_data_files():
    assert {"tis_points.csv", "tis_rules.csv", "doi.csv", "claims.csv"} <= {path.name for path in TABLES}


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_row_has_a_citation_and_a_known_status(path):
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    assert rows
    for number, row in enumerate(rows, start=2):
        assert None not in row, f"row {number} has more cells than the header"
        assert None not in row.values(), f"row {number} has fewer cells than the header"
        citation = row["citation"] if "citation" in row else row["source"]
        assert citation.strip(), f"row {number} names no source"
        assert row["status"] in STATUSES - {"overridden"}, f"row {number}: {row['status']!r}"
