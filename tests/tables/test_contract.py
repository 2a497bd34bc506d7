"""Raw tables: renaming refuses what would lose a column."""

import pytest

from mitograft.errors import UsageError
from mitograft.tables.contract import RawTable

RAW = RawTable("x.csv", {"a": ["1"], "b": ["2"]}, [2])


def test_rename_keeps_order_and_cells():
    assert dict(RAW.rename({"a": "c"}).columns) == {"c": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"x": "y"}, "cannot rename 'x'; expected a column of the file"),
        ({"a": "b"}, "'b'; expected one column"),
    ],
)
def test_rename_refuses_to_lose_a_column(names, sentence):
    with pytest.raises(UsageError, match=sentence):
        RAW.rename(names)
