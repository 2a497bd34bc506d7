"""What a transport file can hold: every limit is refused on writing and reported for files of others."""

import polars as pl
import pyreadstat
import pytest

from mitograft.errors import InputError
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats import check_transport, encode_dataset, read_dataset, write_datasets


def dataset(columns, *, name="XX", label="", variables=None):
    frame = pl.DataFrame(columns)
    made = [Variable(c, "", "text" if t == pl.String else "number") for c, t in frame.schema.items()]
    return Dataset(name, label, frame, tuple(variables or made))


def rules(item, version=5):
    return [(v.rule, v.row, v.column) for v in check_transport(item, version)]


def test_sound_data_break_no_limit(small):
    assert rules(small) == rules(small, 8) == []


@pytest.mark.parametrize(
    ("item", "version", "expected"),
    [
        (dataset({"NINELONGS": ["x"]}), 5, [("variable-name", None, "NINELONGS")]),
        (dataset({"NINELONGS": ["x"]}), 8, []),
        (dataset({"lower": ["x"]}), 5, [("variable-name", None, "lower")]),
        (dataset({"lower": ["x"]}), 8, []),
        (dataset({"1A": ["x"]}), 8, [("variable-name", None, "1A")]),
        (dataset({"A" * 33: ["x"]}), 8, [("variable-name", None, "A" * 33)]),
        (dataset({"A": ["x"]}, name="TOOLONGNAME"), 5, [("data-set-name", None, None)]),
        (dataset({"A": ["x"]}, label="L" * 41), 5, [("data-set-label", None, None)]),
        (dataset({"A": ["x"]}, variables=[Variable("A", "L" * 41)]), 5, [("variable-label", None, "A")]),
        (dataset({"A": ["x"]}, variables=[Variable("A", "L" * 41)]), 8, []),
        (dataset({"A": ["x"]}, variables=[Variable("A", "L" * 257)]), 8, [("variable-label", None, "A")]),
        (dataset({"A": ["x"]}, variables=[Variable("A", "µ")]), 5, [("variable-label", None, "A")]),
        (dataset({"A": ["x", "y" * 201]}), 5, [("text-length", 3, "A")]),
        (dataset({"A": ["y" * 200 + "  "]}), 5, []),  # trailing blanks are lost in any case
        (dataset({"A": ["y" * 201]}), 8, []),
        (dataset({"A": ["y" * 32_768]}), 8, [("text-length", 2, "A")]),
        (dataset({"A": ["xyz"]}, variables=[Variable("A", "", "text", 2)]), 5, [("text-length", 2, "A")]),
        (
            dataset({"A": ["x"]}, variables=[Variable("A", "", "text", 300)]),
            5,
            [("variable-length", None, "A")],
        ),
        (dataset({"A": ["µg", "x"]}), 5, [("text-character", 2, "A")]),
        (dataset({"A": ["µg", "x"]}), 8, []),
        (dataset({"A": ["a\nb"]}), 8, [("text-character", 2, "A")]),
        (dataset({"N": [1.0, 1e300, 1e-300, 0.0]}), 5, [("number-range", 3, "N"), ("number-range", 4, "N")]),
        (dataset({"A": ["x", None], "B": [None, " "]}), 5, [("blank-last-row", 3, None)]),
        (dataset({"A": ["x", None], "B": [None, " "]}), 8, []),
    ],
)
def test_each_limit(item, version, expected):
    assert rules(item, version) == expected
    form = {5: "xpt", 8: "xpt8"}[version]
    if expected:
        with pytest.raises(InputError) as caught:
            encode_dataset(item, form)
        assert [(v.rule, v.row, v.column) for v in caught.value.violations] == expected
    else:
        assert encode_dataset(item, form)


def test_200_bytes_are_bytes_not_characters():
    assert ("text-length", 2, "A") in rules(dataset({"A": ["µ" * 101]}))


def test_all_violations_of_all_data_sets_come_at_once_and_nothing_is_written(tmp_path, small):
    wrong = dataset({"lower": ["µ"], "B": ["x" * 300]})
    other = dataset({"C": ["x"]}, name="TOOLONGNAME")
    with pytest.raises(InputError) as caught:
        write_datasets([small, wrong, other], tmp_path / "new")
    assert sorted(v.rule for v in caught.value.violations) == [
        "data-set-name", "text-character", "text-length", "variable-name",
    ]  # fmt: skip
    assert not (tmp_path / "new").exists()


def test_text_of_patients_is_not_shown():
    secret = "Jane Doe of Seoul " * 20
    said = str(InputError("x", check_transport(dataset({"A": [secret, "Jané"]}))))
    assert "Jan" not in said
    assert "360" in said or "359" in said


def test_files_of_others_beyond_the_limits_are_read_and_reported(tmp_path):
    # pyreadstat writes text of 300 bytes and beyond ASCII into version 5 without a word.
    path = tmp_path / "xx.xpt"
    frame = pl.DataFrame({"A": ["x" * 300, "µg"]})
    pyreadstat.write_xport(frame, path, file_format_version=5)
    found = read_dataset(path)
    assert found.frame["A"].to_list() == ["x" * 300, "µg"]
    assert [v.rule for v in check_transport(found)] == ["variable-length", "text-length", "text-character"]


def test_infinite_numbers_are_refused_in_every_format():
    for form in ("xpt", "json", "csv", "parquet"):
        with pytest.raises(InputError, match=r"row 3, column N: found an infinite number"):
            encode_dataset(dataset({"N": [1.0, float("inf")]}), form)
