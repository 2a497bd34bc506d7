import pytest

from mitograft.tables.contract import RawTable


@pytest.fixture
def raw_table():
    """Build a raw table from column names and rows of cells."""

    def build(names, cells, source="table.csv"):
        columns = {name: [row[k] for row in cells] for k, name in enumerate(names)}
        return RawTable(source, columns, range(2, len(cells) + 2))

    return build
