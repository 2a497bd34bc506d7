"""The reviewer's guide in draft, and the folder of a trial."""

import io
import zipfile
from dataclasses import replace

import polars as pl
import pytest
from lxml import etree

from mitograft.errors import InputError, UsageError
from mitograft.trial.conformance.findings import Finding, RecordRef
from mitograft.trial.dataset import Dataset
from mitograft.trial.define import define_content, export_files, export_trial, reviewers_guide
from mitograft.trial.formats import read_datasets

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
DEF = "{http://www.cdisc.org/ns/def/v2.1}"
XLINK = "{http://www.w3.org/1999/xlink}"
RECORD = RecordRef("AE", "S-1", 1, "ae.csv", 2, "AETERM")
FINDINGS = (
    Finding("MG-9002", "note", "TS", "A | bar and *stars*.", (RECORD,)),
    Finding("MG-9001", "error", "AE", "An end before its start.", (RECORD, RECORD)),
)


@pytest.fixture(scope="module")
def guide(sdtm, adam, protocol):
    return reviewers_guide(sdtm, adam, protocol, findings=FINDINGS, data_kind="simulated")


@pytest.fixture(scope="module")
def files(sdtm, adam, protocol):
    return export_files(sdtm, adam, protocol, findings=FINDINGS, data_kind="simulated")


def words_of(docx):
    from docx import Document

    document = Document(io.BytesIO(docx))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in document.paragraphs], cells


def test_guide_says_that_it_is_a_draft_and_claims_no_compliance(guide):
    paragraphs, _ = words_of(guide.docx)
    for text in (guide.markdown, " ".join(paragraphs)):
        assert "DRAFT" in text
        assert "SIMULATED DATA" in text
        assert "complian" not in text.lower()
        assert "Nothing here says that the data meet what an authority asks" in text


def test_guide_lists_data_sets_populations_findings_and_unconfirmed_choices(guide, sdtm, adam):
    _, cells = words_of(guide.docx)
    for name, dataset in {**sdtm, **adam.datasets}.items():
        assert name in cells
        assert f"| {name} | " in guide.markdown
        assert str(dataset.frame.height) in cells
    treated = (adam.datasets["ADSL"].frame["SAFFL"] == "Y").sum()
    assert f"{treated} of {adam.datasets['ADSL'].frame.height}" in cells
    flagged = adam.flagged()
    assert flagged
    assert set(flagged) <= set(cells)


def test_findings_stand_from_the_worst_with_their_number_of_records(guide):
    assert guide.markdown.index("MG-9001") < guide.markdown.index("MG-9002")
    assert "error: 2, warning: 0, note: 1" in guide.markdown
    assert "A \\| bar and \\*stars\\*." in guide.markdown


def test_guide_tells_no_checks_from_checks_that_found_nothing(sdtm, adam, protocol):
    assert "No checks were run" in reviewers_guide(sdtm, adam, protocol).markdown
    assert "found nothing" in reviewers_guide(sdtm, adam, protocol, findings=()).markdown


def test_guide_holds_no_patient(guide, sdtm):
    paragraphs, cells = words_of(guide.docx)
    text = guide.markdown + "".join(paragraphs + cells)
    for subject in sdtm["DM"].frame["USUBJID"]:
        assert subject not in text
    for term in sdtm["AE"].frame["AETERM"]:
        assert term not in text


def test_guide_of_bare_data_sets_says_what_it_was_not_given(sdtm, adam, protocol):
    assert "was not handed over" in reviewers_guide(sdtm, adam.datasets, protocol).markdown


def test_every_table_of_the_markdown_has_one_width(guide):
    for block in guide.markdown.split("\n\n"):
        if block.startswith("|"):
            widths = {line.replace("\\|", "").count("|") for line in block.splitlines()}
            assert len(widths) == 1


def test_same_input_same_bytes(guide, sdtm, adam, protocol, files):
    again = reviewers_guide(sdtm, adam, protocol, findings=FINDINGS, data_kind="simulated")
    assert again == guide
    assert export_files(sdtm, adam, protocol, findings=FINDINGS, data_kind="simulated") == files
    with zipfile.ZipFile(io.BytesIO(guide.docx)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_export_holds_every_data_set_twice_with_both_definitions(files, sdtm, adam, schema):
    expected = {"reviewers-guide.docx", "reviewers-guide.md", "sdtm/define.xml", "adam/define.xml"}
    expected |= {f"sdtm/{name.lower()}.{end}" for name in sdtm for end in ("xpt", "json")}
    expected |= {f"adam/{name.lower()}.{end}" for name in adam.datasets for end in ("xpt", "json")}
    assert set(files) == expected
    for part in ("sdtm", "adam"):
        schema.validate(files[f"{part}/define.xml"].decode())
        root = etree.fromstring(files[f"{part}/define.xml"])
        for leaf in root.iter(f"{DEF}leaf"):
            href = leaf.get(f"{XLINK}href")
            assert (href.removeprefix("../") if href.startswith("../") else f"{part}/{href}") in files


def test_what_is_exported_reads_back_the_same_with_the_lengths_of_the_definition(
    sdtm, adam, protocol, tmp_path
):
    paths = export_trial(sdtm, adam, protocol, tmp_path / "out", data_kind="simulated")
    assert all(path.is_file() for path in paths)
    for part, expected in (("sdtm", sdtm), ("adam", adam.datasets)):
        folder = tmp_path / "out" / part
        transport = tmp_path / f"{part}-xpt"
        transport.mkdir()
        for path in folder.glob("*.xpt"):
            (transport / path.name).write_bytes(path.read_bytes())
        found = read_datasets(transport)
        root = etree.fromstring((folder / "define.xml").read_bytes())
        lengths = {node.get("OID"): node.get("Length") for node in root.iter(f"{ODM}ItemDef")}
        for name, dataset in expected.items():
            assert found[name].frame.equals(dataset.frame)
            for variable in found[name].variables:
                said = lengths[f"IT.{name}.{variable.name}"]
                if variable.type == "text" and said:
                    assert variable.length == int(said)


def test_limits_are_checked_before_anything_is_written(sdtm, adam, protocol, tmp_path):
    frame = sdtm["AE"].frame.with_columns(pl.lit("é" * 150).alias("AETERM"))
    variables = tuple(replace(v, length=None) for v in sdtm["AE"].variables)
    broken = sdtm.with_items([Dataset("AE", "Adverse Events", frame, variables)])
    with pytest.raises(InputError) as caught:
        export_trial(broken, adam, protocol, tmp_path / "out")
    assert {v.rule for v in caught.value.violations} >= {"text-length", "text-character"}
    assert "é" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(sdtm, adam, protocol, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="expected a new or empty folder"):
        export_trial(sdtm, adam, protocol, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_keys_in_the_guide_are_those_of_the_definition(adam, guide):
    for dataset in define_content(adam.datasets).datasets:
        keys = " ".join(i.name for i in sorted(dataset.items, key=lambda i: i.key) if i.key)
        assert f"| {keys} |" in guide.markdown
