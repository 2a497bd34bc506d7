"""Every format gives the same data set back: the CDISC pilot study and made frames; others read it too."""

import datetime as dt

import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitograft.errors import InputError, UsageError
from mitograft.tables.transport_number import LARGEST, SMALLEST
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.formats import FORMATS, encode_dataset, read_dataset, read_datasets, write_datasets

# A process of its own decodes Parquet and XLSX; the fast ones are tried more often.
FAST = ("xpt", "xpt8", "json", "ndjson", "csv")


def again(dataset, folder, form):
    (path,) = write_datasets([dataset], folder, form)
    return read_dataset(path)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["dm", "ae", "ds", "suppdm"])
def test_pilot_data_sets_come_back(tmp_path, read_pilot, name, form):
    dataset = read_pilot(name)
    found = again(dataset, tmp_path, form)
    assert found.frame.equals(dataset.frame)
    assert found.frame.schema == dataset.frame.schema
    assert (found.name, found.label) == (dataset.name, dataset.label)
    assert [v.label for v in found.variables] == [v.label for v in dataset.variables]


@pytest.mark.parametrize("form", FAST)
@pytest.mark.parametrize("name", ["vs", "lbch"])
def test_large_pilot_data_sets_come_back(tmp_path, read_pilot, name, form):
    dataset = read_pilot(name)
    assert dataset.frame.height > 29_000
    assert again(dataset, tmp_path, form).frame.equals(dataset.frame)


@pytest.mark.parametrize("form", FORMATS)
def test_types_labels_keys_and_dates_come_back(tmp_path, small, form):
    found = again(small, tmp_path, form)
    assert found.frame.equals(small.frame)
    assert found.frame.schema == small.frame.schema  # a column without any number keeps its type
    assert [(v.name, v.label, v.type) for v in found.variables] == [
        (v.name, v.label, v.type) for v in small.variables
    ]
    if form not in ("xpt", "xpt8"):  # a transport file has no keys
        assert [v.key for v in found.variables] == [v.key for v in small.variables]


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_data_set_gives_the_same_bytes(small, form):
    assert encode_dataset(small, form) == encode_dataset(small, form)


@pytest.mark.parametrize("form", FORMATS)
def test_every_row_says_where_it_was_read(tmp_path, small, form):
    (path,) = write_datasets([small], tmp_path, form)
    found = read_dataset(path)
    assert found.source == path.name
    assert found.origins.columns == ["file", "row", "fields"]
    assert found.origins.rows() == [(path.name, 2, ""), (path.name, 3, ""), (path.name, 4, "")]
    assert found.origin(1).row == 3
    assert found.origin(1).fields == ()


def test_adam_dates_are_dates_for_others_too(tmp_path, read_pilot):
    adsl = read_pilot("adsl", "cdiscpilotadam")
    dates = [v.name for v in adsl.variables if v.type == "date"]
    assert "TRTSDT" in dates
    for form in ("xpt", "xpt8"):
        (path,) = write_datasets([adsl], tmp_path / form, form)
        theirs, _ = pyreadstat.read_xport(path)
        assert len(theirs) == 254
        for name in dates:
            told = [None if value != value or value is None else str(value)[:10] for value in theirs[name]]
            assert told == [None if value is None else str(value) for value in adsl.frame[name]]
        assert read_dataset(path).frame.equals(adsl.frame)


def test_numbers_of_a_transport_file_are_those_that_others_read(tmp_path, read_pilot):
    ae = read_pilot("ae")
    (path,) = write_datasets([ae], tmp_path)
    theirs, _ = pyreadstat.read_xport(path)
    for variable in ae.variables:
        column = theirs[variable.name]
        empty = "" if variable.type == "text" else float("nan")
        expected = ae.frame[variable.name].fill_null(empty).to_list()
        found = [empty if value is None or value != value else value for value in column.tolist()]
        if variable.type == "number":
            assert pl.Series(found, dtype=pl.Float64).equals(pl.Series(expected, dtype=pl.Float64))
        else:
            assert found == [str(cell).rstrip(" ") for cell in expected]


# Made frames

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
TEXTS = PRINTABLE.map(lambda text: text.rstrip(" ") or None)
NUMBERS = st.floats(SMALLEST, LARGEST) | st.floats(-LARGEST, -SMALLEST) | st.integers(-999, 999).map(float)
CELLS = {
    "text": st.none() | TEXTS,
    "number": st.none() | NUMBERS,
    "date": st.none() | st.dates(dt.date(1582, 10, 16), dt.date(9999, 12, 31)),
}
KINDS = {"text": pl.String, "number": pl.Float64, "date": pl.Date}


@st.composite
def data_sets(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=5))
    count = draw(st.integers(0, 5))
    columns = {
        f"V{index}": draw(st.lists(CELLS[kind], min_size=count, max_size=count))
        for index, kind in enumerate(kinds)
    }
    # A row without any value is no record to a plain table, and blanks that fill a line to XPT 5.
    keep = [any(cell is not None for cell in row) for row in zip(*columns.values(), strict=True)]
    schema = {f"V{index}": KINDS[kind] for index, kind in enumerate(kinds)}
    frame = pl.DataFrame(columns, schema=schema).filter(pl.Series(keep, dtype=pl.Boolean))
    frame = frame.with_columns(pl.selectors.float() + 0.0)  # zero has no sign
    variables = [Variable(name, "", kind) for name, kind in zip(columns, kinds, strict=True)]
    return Dataset("XX", "Made", frame, tuple(variables))


@pytest.mark.parametrize("form", FAST)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dataset=data_sets())
def test_made_data_sets_come_back(tmp_path, form, dataset):
    found = again(dataset, tmp_path, form)
    assert found.frame.schema == dataset.frame.schema
    assert found.frame.equals(dataset.frame)


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dataset=data_sets())
def test_made_data_sets_come_back_from_a_process_of_its_own(tmp_path, form, dataset):
    assert again(dataset, tmp_path, form).frame.equals(dataset.frame)


@pytest.mark.parametrize("form", FORMATS)
def test_blanks_at_the_end_are_no_text_in_any_format(tmp_path, form):
    frame = pl.DataFrame({"A": ["x  ", "  ", "", " y"], "N": [float("nan"), 1.0, 2.0, 3.0]})
    dataset = Dataset("XX", "", frame, (Variable("A"), Variable("N", "", "number")))
    found = again(dataset, tmp_path, form).frame
    assert found["A"].to_list() == ["x", None, None, " y"]
    assert found["N"].to_list() == [None, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("form", ["json", "ndjson", "parquet", "csv", "xlsx", "xpt8"])
def test_text_beyond_ascii_comes_back_where_it_may_be_written(tmp_path, form):
    frame = pl.DataFrame({"A": ["Müller µg", "朝", 'a,"b"']})
    found = again(Dataset("XX", "", frame, (Variable("A"),)), tmp_path, form)
    assert found.frame["A"].to_list() == ["Müller µg", "朝", 'a,"b"']


# Folders


def test_a_folder_of_every_format_in_any_order(tmp_path, small):
    names = ["ZA", "ZB", "ZC", "ZD", "ZE", "ZF"]
    renamed = [Dataset(n, small.label, small.frame, small.variables) for n in names]
    for item, form in reversed(
        list(zip(renamed, ["xpt", "csv", "json", "ndjson", "xpt8", "csv"], strict=True))
    ):
        write_datasets([item], tmp_path, form)
    (tmp_path / "define.xml").write_text("<ODM/>")
    (tmp_path / ".hidden.xpt").write_text("no")
    found = read_datasets(tmp_path)
    assert list(found) == names
    assert all(found[name].frame["AESEQ"].equals(small.frame["AESEQ"]) for name in names)


def test_names_come_in_capitals(tmp_path):
    (tmp_path / "dm.csv").write_text("usubjid,age\nS-1,40\n")
    found = read_datasets(tmp_path)["DM"]
    assert found.frame.to_dicts() == [{"USUBJID": "S-1", "AGE": 40.0}]


def test_types_of_a_plain_table_follow_the_argument_then_the_names(tmp_path):
    (tmp_path / "lb.csv").write_text(
        "SUBJID,LBSEQ,LBORRES,LBSTRESN,LBDTC,ADT,AVAL,LBDY\n007,1,5,5,2024-01,2024-01-31,2,3\n"
    )
    found = read_datasets(tmp_path)["LB"]
    assert [v.type for v in found.variables] == [
        "text", "number", "text", "number", "text", "date", "number", "number"
    ]  # fmt: skip
    assert found.frame["SUBJID"].to_list() == ["007"]
    other = read_datasets(tmp_path, types={"lb": {"lborres": "number"}})["LB"]
    assert other.frame["LBORRES"].to_list() == [5.0]
    with pytest.raises(UsageError, match="expected text, number, date"):
        read_datasets(tmp_path, types={"LB": {"LBORRES": "float"}})


def test_one_name_in_two_files_is_refused(tmp_path, small):
    write_datasets([small], tmp_path, "xpt")
    write_datasets([small], tmp_path, "json")
    with pytest.raises(InputError, match=r"ADAE in 2 files \(adae\.json, adae\.xpt\).*\[repeated-data-set\]"):
        read_datasets(tmp_path)


def test_a_folder_without_data_sets_and_none_at_all(tmp_path, small):
    with pytest.raises(UsageError, match="no data set"):
        read_datasets(tmp_path)
    with pytest.raises(UsageError, match="Cannot read"):
        read_datasets(tmp_path / "none")
    with pytest.raises(UsageError, match="expected one of"):
        read_dataset(tmp_path / "dm.sas7bdat")
    with pytest.raises(UsageError, match="expected one of xpt"):
        encode_dataset(small, "sas")
    assert write_datasets(Datasets([]), tmp_path) == ()


def test_columns_must_be_of_the_type_of_their_variable(small):
    frame = small.frame.with_columns(pl.col("AESEQ").cast(pl.Int64))
    whole = Dataset(small.name, small.label, frame, small.variables)
    assert encode_dataset(whole, "json") == encode_dataset(small, "json")
    wrong = Dataset("XX", "", pl.DataFrame({"A": [1.0]}), (Variable("A"),))
    with pytest.raises(UsageError, match=r"XX\.A: found Float64; expected text"):
        encode_dataset(wrong, "csv")
