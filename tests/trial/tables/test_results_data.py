"""Analysis results data, links to records, listings."""

import hashlib

import polars as pl
import pytest

from mitograft.trial.conformance.findings import Finding, RecordRef
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.summary import (
    Cell,
    Column,
    Events,
    Population,
    Records,
    Result,
    Row,
    Statistic,
    summarise_events,
)
from mitograft.trial.tables import (
    Listing,
    digest_records,
    list_findings,
    list_records,
    records_of,
    to_ard,
    to_csv,
)


def dataset(name, columns):
    frame = pl.DataFrame(columns)
    return Dataset(name, name, frame, tuple(Variable(c) for c in frame.columns))


ADSL = {"USUBJID": ["1", "2"], "SAFFL": ["Y", "Y"], "TRT01A": ["A", "B"], "TRT01AN": [1.0, 2.0]}
ADAE = {
    "USUBJID": ["1", "1", "2"],
    "AESEQ": [1.0, 2.0, 1.0],
    "AEBODSYS": ["X", "X", "X"],
    "AEDECOD": ["a", "b", "a"],
    "TRTEMFL": ["Y", "Y", "Y"],
}


def events(columns=None):
    adsl, adae = dataset("ADSL", ADSL), dataset("ADAE", columns or ADAE)
    return summarise_events(Population(adsl), Events(adae, order="alphabet"))


def hashes(result):
    frame = to_ard([result]).frame
    return dict(zip(zip(frame["ROWLABEL"], frame["COLNUM"], strict=True), frame["RECHASH"], strict=True))


def test_one_row_a_statistic():
    frame = to_ard([events()]).frame
    assert frame.height == 4 * 2 * 4  # rows, groups; n, percent, denominator, events
    first = frame.row(0, named=True)
    assert (first["ROWLABEL"], first["GROUP"], first["STATNAME"], first["STAT"]) == (
        "Any event",
        "A",
        "n",
        1.0,
    )
    assert first["CELLTEXT"] == "1 (100.0%) [2]"
    assert first["NRECORDS"] == 2.0


def test_the_hash_follows_the_content_of_the_records():
    before = hashes(events())
    changed = {**ADAE, "AESEQ": [1.0, 3.0, 1.0]}
    after = hashes(events(changed))
    assert {key for key in before if before[key] != after[key]} == {
        ("Any event", 1.0),
        ("X", 1.0),
        ("b", 1.0),
    }
    turned = {name: values[::-1] for name, values in ADAE.items()}
    assert hashes(events(turned)) == before


def test_the_hash_can_be_computed_by_hand():
    one = dataset("D", {"USUBJID": ["1"], "B": [2.5], "A": [None]})
    line = "D\x1f|A\x1f|B=2.5\x1f|USUBJID=1"
    assert digest_records(one) == [hashlib.sha256(line.encode()).digest()]


@pytest.mark.parametrize("pair", [(["x\x1f|B=y"], ["z"]), ([None], ["y"]), ([""], ["y"])])
def test_values_cannot_pass_for_others(pair):
    first = dataset("D", {"A": pl.Series(pair[0], dtype=pl.String), "B": pair[1]})
    others = [(["x"], ["y"]), (["x\x1f"], ["y\x1f|B=z"]), (["A"], ["y"])]
    digests = {digest_records(dataset("D", {"A": a, "B": b}))[0] for a, b in others}
    assert digest_records(first)[0] not in digests
    assert len(digests) == len(others)


def test_records_link_cells_to_rows():
    result = events()
    links = records_of([result]).frame
    label = {i: row.label for i, row in enumerate(result.rows, start=1)}
    found = [(label[int(r)], int(c), int(n), u) for _, r, c, _, n, u in links.iter_rows()]
    assert ("a", 1, 1, "1") in found
    assert ("a", 2, 3, "2") in found
    assert ("b", 1, 2, "1") in found
    assert len(found) == 3 * 3  # each event in any, class and term


def test_cells_without_records_have_no_hash():
    cell = Cell("NE", (Statistic("A", "x", "", "p", None),))
    frame = to_ard([Result("t", "T", "All", "", (Column("A"),), (Row("r", (cell,)),))]).frame
    assert frame["RECHASH"].to_list() == [None]
    assert frame["STAT"].to_list() == [None]
    assert records_of([]).frame.height == 0
    two = Cell("2", (), (Records("D", [1, 0]), Records("E", [0])))
    sources = Datasets([dataset("D", {"K": ["a", "b"]}), dataset("E", {"K": ["c"]})])
    result = Result("t", "T", "All", "", (Column("A"),), (Row("r", (two,)),), sources=sources)
    assert records_of([result]).frame["USUBJID"].to_list() == [None, None, None]


def test_a_listing_shows_each_record_once_by_group_and_subject():
    listing = Listing(
        "ae", "Adverse events", {"AESEQ": "No.", "AEDECOD": "Term"}, {"TRTEMFL": "Y"}, ("AESEQ",)
    )
    result = list_records(Population(dataset("ADSL", ADSL)), dataset("ADAE", ADAE), listing)
    assert [(row.label, *(cell.text for cell in row.cells)) for row in result.rows] == [
        ("A (N=1)",), ("1", "1", "a"), ("", "2", "b"), ("B (N=1)",), ("2", "1", "a"),
    ]  # fmt: skip
    none = Listing("ae", "Serious", {"AESEQ": "No."}, {"TRTEMFL": "N"})
    assert list_records(Population(dataset("ADSL", ADSL)), dataset("ADAE", ADAE), none).rows == (
        Row("No such record."),
    )


def test_findings_are_listed_by_record():
    records = (
        RecordRef("AE", "1", 2, "ae.csv", 3, "AESTDTC"),
        RecordRef("AE", "2", None, "ae.csv", None, "AESTDTC"),
    )
    found = [
        Finding("MG-0001", "error", "AE", "Start after end.", records),
        Finding("MG-2", "note", "DM", "x", ()),
    ]
    rows = list_findings(found).rows
    assert [row.label for row in rows] == ["1", "2", "(whole data set)"]
    assert [cell.text for cell in rows[0].cells] == [
        "MG-0001",
        "error",
        "AE",
        "AE 2",
        "Start after end.",
        "ae.csv 3",
    ]
    assert "MG-0001" in to_csv(list_findings(found))
    assert list_findings([]).rows == (Row("No finding."),)
