"""Counts and samples: every mistake in one message; odd gene names found and explained."""

import gzip

import numpy as np
import pytest

from mitograft.errors import InputError, UsageError
from mitograft.mouse.expression.counts import read_counts
from mitograft.mouse.expression.options import ExpressionOptions
from mitograft.mouse.expression.orthologs import load_markers, load_orthologs, translate
from mitograft.mouse.expression.symbols import explain_mangled, resolve_duplicates
from mitograft.tables.read import read_table
from mitograft.tables.write import encode_table

OPTIONS = ExpressionOptions(species="mouse")
COUNTS = "gene,S1,S2,S3,S4\nPtprc,1,2,3,4\nCkm,10,20,30,40\nmt-Nd1,5,6,7,8\n"
SAMPLES = "sample,group\nS1,a\nS2,a\nS3,b\nS4,b\n"


def write(folder, counts=COUNTS, samples=SAMPLES, name="counts.csv"):
    (folder / name).write_text(counts, encoding="utf-8")
    (folder / "samples.csv").write_text(samples, encoding="utf-8")
    return folder


def rules(folder, options=OPTIONS):
    with pytest.raises(InputError) as caught:
        read_counts(folder, options, None)
    return sorted({violation.rule for violation in caught.value.violations}), str(caught.value)


def test_genes_by_samples_and_samples_by_genes_are_the_same(tmp_path):
    first = read_counts(write(tmp_path), OPTIONS, None)
    turned = "sample,Ptprc,Ckm,mt-Nd1\nS2,2,20,6\nS1,1,10,5\nS3,3,30,7\nS4,4,40,8\n"
    second = read_counts(write(tmp_path, turned), OPTIONS, None)
    assert first.genes == second.genes == ("Ptprc", "Ckm", "mt-Nd1")
    assert first.groups == ("a", "a", "b", "b")
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.values[0], [1, 10, 5])


@pytest.mark.parametrize("name", ["counts.tsv", "counts.tsv.gz", "counts.csv.gz", "counts.xlsx"])
def test_every_format_reads_the_same(tmp_path, name):
    wanted = read_counts(write(tmp_path), OPTIONS, None)
    table = read_table(tmp_path / "counts.csv")
    (tmp_path / "counts.csv").unlink()
    text = COUNTS.replace(",", "\t") if ".tsv" in name else COUNTS
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    elif name.endswith(".tsv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    else:
        numbers = {k: list(v) if k == "gene" else [int(x) for x in v] for k, v in table.columns.items()}
        (tmp_path / name).write_bytes(encode_table(".xlsx", numbers))
    np.testing.assert_array_equal(read_counts(tmp_path, OPTIONS, None).values, wanted.values)


def test_the_header_of_r_lacks_the_corner(tmp_path):
    counts = read_counts(write(tmp_path, COUNTS.replace("gene,", "")), OPTIONS, None)
    assert counts.subjects == ("S1", "S2", "S3", "S4")


def test_all_mistakes_are_in_one_message(tmp_path):
    counts = "gene,S1,S1,S3,S9\nPtprc,1.5,2,-3,4\nCkm,x,20,30,40\nMyh4,,1,1,1\n"
    samples = "sample,group\nS1,a\nS1,b\nS3,\nS4,b\n"
    found, message = rules(write(tmp_path, counts, samples))
    assert found == [
        "duplicate", "duplicate-sample", "empty", "negative-count", "not-a-number", "not-whole",
        "sample-without-counts", "sample-without-metadata",
    ]  # fmt: skip
    assert "counts.csv" in message
    assert "samples.csv" in message
    assert "raw counts, not TPM" in message


def test_many_bad_counts_are_summed_up(tmp_path):
    rows = "".join(f"G{i},{i}.5,1,1,1\n" for i in range(100))
    with pytest.raises(InputError) as caught:
        read_counts(write(tmp_path, "gene,S1,S2,S3,S4\n" + rows), OPTIONS, None)
    listed = [v for v in caught.value.violations if v.rule == "not-whole"]
    assert len(listed) == 16
    assert "85 more such counts (25 % of all are so)" in listed[-1].found


@pytest.mark.parametrize(
    ("counts", "rule"),
    [
        ("gene,S1,S2,S3,S4\nENSMUSG00000026395,1,2,3,4\nENSMUSG00000030399,1,2,3,4\n", "not-symbols"),
        ("gene,S1,S2,S3,S4\nPTPRC,1,2,3,4\nCKM,1,2,3,4\n", "other-species"),
        ("gene,S1,S2,S3,S4\nPtprc,1,2,0,4\nCkm,1,2,0,4\n", "empty-sample"),
        ("gene,S1,S2,S3,S4\nPtprc,1,2,3\nCkm,1,2,3,4\n", "ragged-row"),
        ("gene,S1,S2,S3,S4\n", "no-rows"),
    ],
)
def test_matrices_that_cannot_be_used(tmp_path, counts, rule):
    assert rules(write(tmp_path, counts))[0] == [rule]


def test_damaged_gzip_and_missing_or_several_files(tmp_path):
    write(tmp_path)
    (tmp_path / "counts.csv.gz").write_bytes(b"not packed")
    with pytest.raises(UsageError, match=r"found counts.csv and counts.csv.gz; expected one file"):
        read_counts(tmp_path, OPTIONS, None)
    with pytest.raises(InputError, match="damaged or incomplete gzip file"):
        read_counts(tmp_path, ExpressionOptions(counts="counts.csv.gz"), None)
    with pytest.raises(UsageError, match="no such file"):
        read_counts(tmp_path, ExpressionOptions(counts="other.csv"), None)


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("2-Mar", "a date; MARCHF2 or MTARC2"),
        ("Mar-07", "a date; MARCHF7"),
        ("9-Sep", "a date; SEPTIN9"),
        ("1-DEC", "a date; DELEC1"),
        ("2001-03-02", "a date written out"),
        ("02/03/2001", "a date written out"),
        ("37316", "a number; a date's serial number or an Entrez identifier"),
        ("2.31E+13", "a number with an exponent; a RIKEN name such as 2310009E13Rik"),
    ],
)
def test_what_spreadsheets_do_to_symbols(symbol, told):
    assert explain_mangled(symbol, "human") == told


@pytest.mark.parametrize("symbol", ["MARCHF2", "Sept7", "1700001C19Rik", "mt-Nd1", "H2-K1", "A2M", "7SK"])
def test_sound_symbols_are_left_alone(symbol):
    assert explain_mangled(symbol, "mouse") == ""


def test_duplicates_follow_a_stated_rule():
    genes, values = ["Ttn", "2-Mar", "", "2-Mar"], np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    results = {}
    for rule in ("drop", "first", "sum"):
        names, counts, findings = resolve_duplicates(genes, values, rule, "counts.csv", "mouse")
        results[rule] = (names, counts.tolist())
        assert [f.rule for f in findings] == ["duplicate-symbol", "nameless-gene"]
        assert f"'{rule}'" in findings[0].remedy
    assert results == {
        "drop": (("Ttn",), [[1], [5]]),
        "first": (("Ttn", "2-Mar"), [[1, 2], [5, 6]]),
        "sum": (("Ttn", "2-Mar"), [[1, 6], [5, 14]]),
    }
    assert values.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_findings_name_what_was_not_counted(tmp_path):
    counts = read_counts(write(tmp_path), OPTIONS, None)
    found = {finding.rule: finding.found for finding in counts.findings}
    assert found["absent-mitochondrial-genes"].startswith("1 of the 13 protein genes")


def test_orthologs_go_by_the_table_and_never_by_letters():
    human, mouse = load_orthologs("human"), load_orthologs("mouse")
    assert len(human) == len(mouse) > 16_000
    assert {mouse[gene]: gene for gene in mouse} == human
    assert mouse["mt-Nd1"] == "MT-ND1"
    assert human["MT-CYB"] == "mt-Cytb"
    assert "H2-K1" not in mouse
    assert "HLA-A" not in human
    assert translate(["mt-Nd1", "H2-K1", "Ckm"], "mouse", "human") == ("MT-ND1", "CKM")
    assert set(load_markers("mitochondrial", "mouse")) <= mouse.keys()
