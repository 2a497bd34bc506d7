"""Files that are not what they should be: one clear message, every violation, never a bare traceback."""

import contextlib
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitograft.errors import InputError
from mitograft.trial.formats import encode_dataset, read_dataset, read_datasets, write_datasets


def problems(path):
    with pytest.raises(InputError) as caught:
        read_dataset(path)
    return [(v.rule, v.row, v.column) for v in caught.value.violations]


def put(folder, name, data):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def changed(small, **changes):
    found = json.loads(encode_dataset(small, "json"))
    found.update(changes)
    return json.dumps(found)


def test_transport(tmp_path, small):
    data = encode_dataset(small, "xpt")
    assert problems(put(tmp_path, "a.xpt", b"")) == [("empty-file", None, None)]
    assert problems(put(tmp_path, "a.xpt", b"PK" + data)) == [("not-a-transport-file", None, None)]
    assert problems(put(tmp_path, "a.xpt", data[:-3])) == [("damaged", None, None)]
    eight = encode_dataset(small, "xpt8")
    assert problems(put(tmp_path, "a.xpt", eight[:-80])) == [("truncated", None, None)]
    half = put(tmp_path, "a.xpt", eight[:-80])
    with pytest.raises(InputError, match="copying it may have stopped half way"):
        read_dataset(half)


def test_a_date_must_be_a_whole_number_of_days(tmp_path, small):
    data = encode_dataset(small, "xpt")
    first = small.frame["ASTDT"][0]
    number = (first - first.replace(1960, 1, 1)).days
    assert number == 23435
    old = bytes.fromhex("445b8b0000000000")
    assert data.count(old) == 1
    assert problems(put(tmp_path, "a.xpt", data.replace(old, bytes.fromhex("445b8b8000000000")))) == [
        ("not-a-date", 2, "ASTDT")
    ]
    assert problems(put(tmp_path, "a.xpt", data.replace(old, bytes.fromhex("4a5b8b0000000000")))) == [
        ("not-a-date", 2, "ASTDT")
    ]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_a_cut_off_dataset_json_gives_one_clear_message(tmp_path, small, form, share):
    data = encode_dataset(small, form)
    path = put(tmp_path, f"adae.{form}", data[: int(len(data) * share)])
    with pytest.raises(InputError) as caught:
        read_dataset(path)
    (violation,) = caught.value.violations
    assert violation.rule in ("truncated", "record-count")
    assert "half way" in violation.remedy or "export the file again" in violation.remedy


def test_ndjson_cut_between_two_lines(tmp_path, small):
    lines = encode_dataset(small, "ndjson").splitlines(keepends=True)
    assert problems(put(tmp_path, "a.ndjson", b"".join(lines[:-1]))) == [("record-count", None, None)]


def test_dataset_json(tmp_path, small):
    good = json.loads(encode_dataset(small, "json"))
    rows, columns = good["rows"], good["columns"]
    for changes, expected in [
        ({"datasetJSONVersion": "1.0.0"}, [("version", None, None)]),
        ({"records": 4}, [("record-count", None, None)]),
        ({"records": None, "label": 7}, [("metadata", None, None)] * 2),
        ({"rows": [rows[0], rows[1][:-1], [*rows[2], 1]]}, [("row-width", 3, None), ("row-width", 4, None)]),
        ({"rows": {"a": 1}}, [("row-shape", None, None)]),
        ({"rows": [rows[0], {"a": 1}, rows[2]]}, [("row-width", 3, None)]),
        ({"columns": [*columns[:-1], columns[0]]}, [("repeated-variable", None, "USUBJID")]),
        ({"columns": []}, [("metadata", None, None)]),
        ({"columns": [*columns[:-1], {"name": "X"}]}, [("metadata", None, None)]),
        ({"columns": [*columns[:-1], {**columns[-1], "dataType": "blob"}]}, [("data-type", None, "CHG")]),
    ]:
        assert problems(put(tmp_path, "a.json", changed(small, **changes))) == expected
    wrong = [list(row) for row in rows]
    wrong[0][0], wrong[1][1], wrong[2][3], wrong[2][4] = 5, "two", [1], "2024-13-01"
    assert problems(put(tmp_path, "a.json", changed(small, rows=wrong))) == [
        ("cell-type", 2, "USUBJID"), ("cell-type", 3, "AESEQ"), ("cell-type", 4, "AVAL"),
    ]  # fmt: skip
    wrong = [list(row) for row in rows]
    wrong[2][4] = "2024-13-01"
    assert problems(put(tmp_path, "a.json", changed(small, rows=wrong))) == [("not-a-date", 4, "ASTDT")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 2]", "not-dataset-json"),
        ('{"a": 1}', "not-dataset-json"),
        ('{"datasetJSONVersion": }', "not-json"),
        ('{"datasetJSONVersion": NaN}', "not-json"),
        ('{"datasetJSONVersion": ' + "9" * 5000 + "}", "not-json"),
        ("[" * 100_000, "not-json"),
        ("", "empty-file"),
        (b"\xff\xfe{}", "encoding"),
    ],
)
def test_other_json(tmp_path, text, expected):
    for ending in ("json", "ndjson"):
        assert [rule for rule, *_ in problems(put(tmp_path, f"a.{ending}", text))] in (
            [expected],
            ["truncated"],
        )


def test_numbers_and_text_that_no_data_set_holds(tmp_path, small):
    text = changed(small).replace("-1234.5", "1e999")
    assert problems(put(tmp_path, "a.json", text)) == [("not-a-number", 4, "AVAL")]
    text = changed(small).replace("-1234.5", "12345678901234567890")
    assert problems(put(tmp_path, "a.json", text)) == [("cell-type", 4, "AVAL")]
    text = changed(small).replace("Headache", "\\ud800")
    assert problems(put(tmp_path, "a.json", text)) == [("encoding", None, None)]


def test_decimals_are_text_that_are_numbers(tmp_path, small):
    good = json.loads(encode_dataset(small, "json"))
    good["columns"][3]["dataType"] = "decimal"
    for row, value in zip(good["rows"], ["0.1", None, "-1234.5"], strict=True):
        row[3] = value
    found = read_dataset(put(tmp_path, "adae.json", json.dumps(good)))
    assert found.frame.equals(small.frame)


def test_plain_tables(tmp_path):
    assert problems(put(tmp_path, "dm.csv", b"USUBJID,AGE\nS-1,4\xff0\n"))[0][0] == "encoding"
    assert problems(put(tmp_path, "dm.csv", "USUBJID,usubjid\nS-1,S-2\n")) == [
        ("repeated-variable", None, "USUBJID")
    ]
    assert problems(put(tmp_path, "dm.csv", "USUBJID,AGE,TRTSDT\nS-1,forty,2024-02-30\nS-2,inf,5\n")) == [
        ("not-a-number", 2, "AGE"), ("not-a-date", 2, "TRTSDT"),
        ("not-a-number", 3, "AGE"), ("not-a-date", 3, "TRTSDT"),
    ]  # fmt: skip
    assert problems(put(tmp_path, "dm.parquet", b"PAR1 and nothing"))[0][0] == "damaged"
    assert problems(put(tmp_path, "dm.xlsx", b"PK\x03\x04 nothing"))[0][0] == "damaged"


def test_a_wrong_description_of_variables_is_refused(tmp_path, small):
    write_datasets([small], tmp_path, "csv")
    path = tmp_path / "_variables.csv"
    good = path.read_text()
    path.write_text(good.replace("number", "float", 1).replace("date", "day", 1))
    with pytest.raises(InputError, match="variable-type"):
        read_datasets(tmp_path)
    path.write_text("dataset,label\nADAE,x\n")
    assert len(problems(tmp_path / "adae.csv")) == 5


def test_the_violations_of_all_files_come_at_once(tmp_path, small):
    write_datasets([small], tmp_path)
    put(tmp_path, "dm.csv", "USUBJID,AGE\nS-1,x\nS-2,y\n")
    put(tmp_path, "vs.json", "{")
    put(tmp_path, "ex.xpt", b"nothing")
    with pytest.raises(InputError) as caught:
        read_datasets(tmp_path)
    assert sorted((v.file, v.rule) for v in caught.value.violations) == [
        ("dm.csv", "not-a-number"), ("dm.csv", "not-a-number"), ("ex.xpt", "not-a-transport-file"),
        ("vs.json", "truncated"),
    ]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_byte_gives_a_data_set_or_a_refusal(tmp_path, small, data):
    form = data.draw(st.sampled_from(["xpt", "xpt8", "json", "ndjson", "csv"]))
    content = bytearray(encode_dataset(small, form))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    ending = "xpt" if form == "xpt8" else form
    with contextlib.suppress(InputError):
        assert isinstance(read_dataset(put(tmp_path, f"adae.{ending}", bytes(content))).frame, pl.DataFrame)
