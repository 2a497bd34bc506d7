"""Evidence rows: their rules, and files that give back exactly what was put in."""

import json
import math
import struct
from dataclasses import FrozenInstanceError, asdict, fields, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import EnvironmentFault, InputError, UsageError
from mitograft.evidence import (
    Evidence,
    decode_evidence,
    encode_evidence,
    filter_evidence,
    load_evidence,
)

ENDINGS = (".json", ".parquet")
NAMES = tuple(field.name for field in fields(Evidence))
ROW = Evidence(
    quantity="response rate",
    contrast="PN-101 vs placebo",
    estimate=0.5,
    low=0.25,
    high=0.75,
    level=0.95,
    unit="1",
    n=9,
    method="Clopper-Pearson",
    source="trial/scores.csv",
    data_kind="measured",
    note="",
)


def row(**changes):
    return replace(ROW, **changes)


def bits(rows):
    """Every field as it is stored, so that NaN equals NaN and -0.0 differs from 0.0."""
    return [
        tuple(struct.pack("<d", v) if isinstance(v, float) else (type(v), v) for v in asdict(r).values())
        for r in rows
    ]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
filled = texts.filter(lambda t: t.strip() != "")
number = st.floats(allow_nan=False) | st.just(math.nan)


@st.composite
def evidence(draw):
    values = [draw(st.floats(allow_nan=False)) for _ in range(3)]
    low, estimate, high = sorted(values)
    missing = [draw(st.booleans()) for _ in range(3)]
    low, estimate, high = (math.nan if m else v for m, v in zip(missing, (low, estimate, high), strict=True))
    return Evidence(
        quantity=draw(filled),
        contrast=draw(texts),
        estimate=estimate,
        low=low,
        high=high,
        level=draw(st.floats(0, 1, exclude_min=True, exclude_max=True)),
        unit=draw(filled),
        n=draw(st.integers(0, 2**63 - 1)),
        method=draw(filled),
        source=draw(filled),
        data_kind=draw(st.sampled_from(["measured", "published", "simulated"])),
        note=draw(texts),
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(evidence(), max_size=4))
@pytest.mark.parametrize("ending", ENDINGS)
def test_files_give_back_what_was_put_in(ending, rows):
    data = encode_evidence(rows, ending)
    again = decode_evidence(data, ending, "evidence" + ending)
    assert bits(again) == bits(rows)
    assert encode_evidence(again, ending) == data


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_hard_values_by_name(ending, tmp_path):
    rows = [
        row(estimate=-0.0, low=-math.inf, high=math.inf),
        row(estimate=math.nan, low=math.nan, high=math.nan, note="not reached"),
        row(estimate=5e-324, low=-5e-324, high=1.7976931348623157e308, n=0),
        row(
            quantity="\u00b5kat/L \u2265 3\u00d7ULN, \u7b4b\u708e \U0001f9ec",
            note="a\nb\t\0\u2028",
            contrast="",
        ),
    ]
    path = tmp_path / f"rows{ending}"
    path.write_bytes(encode_evidence(rows, ending))
    assert bits(load_evidence(path)) == bits(rows)
    path.write_bytes(encode_evidence([], ending))
    assert load_evidence(path) == ()


def test_json_is_strict_json_that_other_programs_read():
    def refuse(name):
        raise AssertionError(name)

    data = encode_evidence([row(estimate=math.nan, low=-math.inf, high=math.inf)], ".json")
    whole = json.loads(data, parse_constant=refuse)
    assert (whole["schema"], whole["version"]) == ("mitograft.evidence", 1)
    assert [whole["rows"][0][k] for k in ("estimate", "low", "high")] == ["NaN", "-Infinity", "Infinity"]
    assert list(whole["rows"][0]) == list(NAMES)


def test_numbers_are_plain_floats_whatever_they_came_as():
    made = row(estimate=np.float64(0.5), low=0, high=np.float32(0.75), n=np.int64(9))
    assert [type(made.estimate), type(made.low), type(made.high), type(made.n)] == [float, float, float, int]
    assert bits([made]) == bits([row(low=0.0)])


def test_rows_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        ROW.estimate = 1.0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"level": 0.0}, r"column level: found 0\.0; expected a level between 0 and 1.* \[off-scale\]"),
        ({"level": 1.0}, r"column level: found 1\.0; expected"),
        ({"level": 95}, r"column level: found 95; expected|column level: found 95\.0; expected"),
        ({"level": math.nan}, r"column level: found nan; expected"),
        ({"low": 0.6}, r"column low: found low 0\.6 above estimate 0\.5; expected low <= estimate <= high"),
        ({"high": 0.4}, r"column estimate: found estimate 0\.5 above high 0\.4; expected low <= estimate"),
        ({"estimate": math.nan, "low": 1.0}, r"column low: found low 1\.0 above high 0\.75"),
        ({"estimate": "0.5"}, r"column estimate: found '0\.5'; expected a number"),
        ({"estimate": True}, r"column estimate: found text of 4 characters; expected a number"),
        ({"estimate": 10**400}, r"column estimate: .* expected a number"),
        ({"estimate": None}, r"column estimate: found an empty cell; expected a number"),
        ({"n": -1}, r"column n: found '-1'; expected a whole number of at least 0"),
        ({"n": 2**63}, r"column n: .* expected a whole number"),
        ({"n": 9.0}, r"column n: found '9\.0'; expected a whole number"),
        ({"n": True}, r"column n: .* expected a whole number"),
        ({"unit": " "}, r"column unit: found an empty cell; expected a text that is not empty. Fill it in"),
        ({"quantity": ""}, r"column quantity: found an empty cell"),
        ({"method": ""}, r"column method: found an empty cell"),
        ({"source": ""}, r"column source: found an empty cell"),
        ({"source": None}, r"column source: found an empty cell; expected text"),
        ({"note": 3}, r"column note: found '3'; expected text"),
        ({"note": "\ud83d"}, r"column note: found half a character; expected text that UTF-8 can hold"),
        ({"data_kind": "guessed"}, r"found text of 7 characters; expected one of measured, published, sim"),
    ],
)
def test_broken_rules_are_refused(changes, sentence):
    with pytest.raises(UsageError, match=sentence):
        row(**changes)


def test_all_broken_rules_are_named_at_once():
    with pytest.raises(UsageError) as caught:
        row(level=2.0, unit="", n=-1, data_kind="x")
    assert [c for c in NAMES if f"column {c}:" in str(caught.value)] == ["level", "unit", "n", "data_kind"]


def test_text_that_may_identify_somebody_is_not_quoted():
    with pytest.raises(UsageError) as caught:
        row(data_kind="Jane Doe", estimate="Jane Doe")
    assert "Jane" not in str(caught.value)


def test_filter_keeps_order_and_takes_all_by_default():
    rows = [row(quantity=q, contrast=c) for q in "ab" for c in "xy"]
    assert filter_evidence(rows) == tuple(rows)
    assert filter_evidence(iter(rows), quantity="a") == tuple(rows[:2])
    assert filter_evidence(rows, contrast="y") == (rows[1], rows[3])
    assert filter_evidence(rows, quantity="b", contrast="x") == (rows[2],)
    assert filter_evidence(rows, quantity="c") == ()


# Files that are not evidence


def _json(rows, **changes):
    return json.dumps({"schema": "mitograft.evidence", "version": 1, "rows": rows, **changes}).encode()


def _violations(data, ending=".json"):
    with pytest.raises(InputError) as caught:
        decode_evidence(data, ending, "e" + ending)
    assert str(caught.value).startswith(f"e{ending}: ")
    assert all(v.file == "e" + ending for v in caught.value.violations)
    return [(v.rule, v.row, v.column) for v in caught.value.violations]


def test_json_violations_are_all_listed_with_their_rows():
    good = asdict(ROW)
    without = {k: v for k, v in good.items() if k not in ("unit", "n")}
    rows = [good, good | {"level": 2, "unit": ""}, without | {"extra": 1}, [], good | {"low": 9}]
    assert _violations(_json(rows)) == [
        ("empty", 2, "unit"),
        ("off-scale", 2, "level"),
        ("missing-column", 3, "unit"),
        ("missing-column", 3, "n"),
        ("unknown-column", 3, "extra"),
        ("not-a-row", 4, None),
        ("out-of-order", 5, "low"),
        ("out-of-order", 5, "low"),
    ]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b"quantity,unit\n", "not-json"),
        (b"[" * 100_000, "not-json"),
        (b"[]", "not-evidence"),
        (b'{"rows": []}', "not-evidence"),
        (_json([], more=1), "not-evidence"),
        (_json({}), "not-evidence"),
        (_json([], schema="other"), "wrong-version"),
        (_json([], version=2), "wrong-version"),
        (_json([]).replace(b'"rows"', b'"rows": [], "rows"'), "not-json"),
        (_json([asdict(ROW) | {"estimate": math.nan}]), "not-json"),
        (_json([asdict(ROW)]).replace(b"0.75", b"1e999"), "not-json"),
    ],
)
def test_other_json_is_refused(data, rule):
    assert _violations(data) == [(rule, None, None)]


def test_json_by_hand_may_hold_whole_numbers_and_a_byte_order_mark():
    rows = [asdict(ROW) | {"estimate": 1, "low": 0, "high": "Infinity"}]
    assert decode_evidence(b"\xef\xbb\xbf" + _json(rows), ".json", "e.json")[0].estimate == 1.0


def _parquet(tmp_path, frame, **changes):
    metadata = {"schema": "mitograft.evidence", "version": "1", "sha256": "0" * 64} | changes
    frame.write_parquet(tmp_path / "x.parquet", metadata=metadata)
    return (tmp_path / "x.parquet").read_bytes()


def test_parquet_violations_are_all_listed(tmp_path):
    frame = pl.DataFrame([asdict(ROW), asdict(ROW)])
    odd = frame.drop("n", "unit").with_columns(extra=pl.lit(1))
    assert _violations(_parquet(tmp_path, odd), ".parquet") == [
        ("missing-column", None, "unit"),
        ("missing-column", None, "n"),
        ("unknown-column", None, "extra"),
    ]
    typed = frame.with_columns(n=pl.Series([9.0, 9.5]), low=pl.Series(["a", None]), level=pl.Series([0.5, 2]))
    assert _violations(_parquet(tmp_path, typed), ".parquet") == [
        ("not-a-number", 1, "low"),
        ("not-a-count", 1, "n"),
        ("not-a-number", 2, "low"),
        ("not-a-count", 2, "n"),
    ]


def test_other_parquet_is_refused(tmp_path):
    frame = pl.DataFrame([asdict(ROW)])
    frame.write_parquet(tmp_path / "plain.parquet")
    plain = (tmp_path / "plain.parquet").read_bytes()
    assert _violations(plain, ".parquet") == [("wrong-version", None, None)]
    assert _violations(_parquet(tmp_path, frame, version="2"), ".parquet") == [("wrong-version", None, None)]
    assert _violations(_parquet(tmp_path, frame), ".parquet") == [("damaged", None, None)]
    assert _violations(b"PAR1", ".parquet") == [("not-parquet", None, None)]
    assert _violations(b"", ".parquet") == [("not-parquet", None, None)]


def test_a_damaged_parquet_file_is_refused_or_gives_the_same_rows():
    # A changed byte may hit something that carries no row (the writer's name); it never changes a row.
    data = encode_evidence([ROW, row(estimate=math.nan)], ".parquet")
    refused = 0
    for position in range(0, len(data), 17):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        try:
            again = decode_evidence(bytes(damaged), ".parquet", "e.parquet")
        except InputError:
            refused += 1
        else:
            assert bits(again) == bits([ROW, row(estimate=math.nan)])
    assert refused > 20


@pytest.mark.parametrize("ending", ["", ".csv", ".xlsx", "json"])
def test_other_endings_are_refused(ending, tmp_path):
    sentence = r"found the ending '.*', expected \.json or \.parquet\. Rename the file"
    with pytest.raises(UsageError, match=sentence):
        encode_evidence([ROW], ending)
    with pytest.raises(UsageError, match=sentence):
        decode_evidence(b"", ending, "x")
    with pytest.raises(UsageError, match=sentence):
        load_evidence(tmp_path / f"rows{ending.replace('json', '')}")


def test_a_path_that_cannot_be_read_is_said_in_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(
        UsageError, match=r"Cannot read '.*e\.json': found no such file or directory, expected"
    ):
        load_evidence(tmp_path / "e.json")
    (tmp_path / "d.json").mkdir()
    with pytest.raises(UsageError, match="found is a directory, expected an evidence file"):
        load_evidence(tmp_path / "d.json")

    def broken(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pathlib.Path.read_bytes", broken)
    with pytest.raises(EnvironmentFault, match=r"found input/output error, .* Check the disk"):
        load_evidence(tmp_path / "e.json")
