"""One trial as REDCap, ODM and SDTM files: the same SDTM comes of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from mitograft.trial.dataset import Datasets
from mitograft.trial.edc import read_edc, read_edc_with_report
from mitograft.trial.formats import read_datasets
from mitograft.trial.protocol import CORE_SET, MeasureSource
from mitograft.trial.simulate import (
    SiteData,
    is_simulated,
    pn101_protocol,
    pn101_truth,
    simulate_trial,
    tabulate_sdtm,
    write_odm,
    write_redcap,
    write_sdtm,
)

Writer = Callable[[SiteData, Path], None]
WRITERS = {"redcap": write_redcap, "odm": write_odm}


@pytest.fixture(params=["phase1", "phase2"])
def site(request: pytest.FixtureRequest) -> SiteData:
    found: SiteData = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("shape", WRITERS)
def test_an_export_becomes_the_same_sdtm(site: SiteData, shape: str, tmp_path: Path) -> None:
    WRITERS[shape](site, tmp_path)
    mapped, written = read_edc(tmp_path, site.protocol), tabulate_sdtm(site)
    assert set(mapped) == set(written)
    for name, dataset in written.items():
        if name == "TS":  # an export of the sites cannot say DATAKIND there; SUPPDM says it
            continue
        assert mapped[name].variables == dataset.variables, name
        assert mapped[name].frame.equals(dataset.frame), name
    assert is_simulated(mapped)


@pytest.mark.parametrize("shape", WRITERS)
def test_measures_may_lie_elsewhere(shape: str, tmp_path: Path) -> None:
    """Sponsors differ in where they put a visual analogue scale; the protocol says where."""
    places = {
        "physician_global": MeasureSource("QS", "PGA"),
        "extramuscular": MeasureSource("QS", "EXGLOB"),
    }
    protocol = replace(pn101_protocol(), measures={**CORE_SET, **places})
    truth = replace(pn101_truth(), missing_measure=0.2, unscheduled=1.0, partial_dates=0.5)
    site = simulate_trial(truth, protocol, 8)
    WRITERS[shape](site, tmp_path)
    mapped, written = read_edc(tmp_path, protocol), tabulate_sdtm(site)
    assert set(mapped) == set(written)
    assert all(mapped[name].frame.equals(written[name].frame) for name in written if name != "TS")
    assert {"PGA", "EXGLOB", "PATGLOB", "HAQDI"} == set(mapped["QS"].frame["QSTESTCD"])
    assert "RS" not in mapped


@pytest.mark.parametrize("shape", WRITERS)
def test_only_eligibility_is_left_out(phase1: SiteData, shape: str, tmp_path: Path) -> None:
    WRITERS[shape](phase1, tmp_path)
    _, report = read_edc_with_report(tmp_path, phase1.protocol)
    assert {form for form, _ in report.left_out} == {"eligibility"}


@pytest.mark.parametrize("format", ["xpt", "xpt8", "json", "ndjson", "csv"])
def test_sdtm_files_are_read_back(phase1: SiteData, format: str, tmp_path: Path) -> None:  # noqa: A002
    write_sdtm(phase1, tmp_path / "sdtm", format)
    back, written = read_datasets(tmp_path / "sdtm"), tabulate_sdtm(phase1)
    assert set(back) == set(written)
    for name, dataset in written.items():
        assert back[name].frame.equals(dataset.frame), name
    assert is_simulated(back)


@pytest.mark.parametrize("writer", [write_redcap, write_odm, write_sdtm])
def test_same_data_same_bytes(phase1: SiteData, writer: Writer, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        writer(phase1, tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_every_file_says_that_it_is_simulated(phase1: SiteData, tmp_path: Path) -> None:
    write_redcap(phase1, tmp_path)
    write_odm(phase1, tmp_path / "odm")
    assert "simulated" in (tmp_path / "records.csv").read_text(encoding="utf-8")
    assert "SIMULATED" in (tmp_path / "odm" / "export.xml").read_text(encoding="utf-8")
    assert not is_simulated(Datasets([]))


def test_odm_is_read_by_odmlib(phase1: SiteData, tmp_path: Path) -> None:
    """Independent reader: odmlib 0.2 (order of elements, required attributes, references)."""
    from odmlib import loader, odm_loader
    from odmlib.odm_1_3_2.rules import metadata_schema

    write_odm(phase1, tmp_path)
    reader = loader.ODMLoader(odm_loader.XMLODMLoader())
    reader.open_odm_document(str(tmp_path / "export.xml"))
    document = reader.load_odm()
    assert document.verify_order()
    assert metadata_schema.MetadataSchema().check_conformance(document.Study[0].to_dict(), "Study")
    assert len(document.ClinicalData[0].SubjectData) == 11


def test_redcap_dictionary_has_its_18_columns(phase1: SiteData, tmp_path: Path) -> None:
    write_redcap(phase1, tmp_path)
    dictionary = pl.read_csv(tmp_path / "dictionary.csv", infer_schema=False)
    records = pl.read_csv(tmp_path / "records.csv", infer_schema=False)
    assert dictionary.width == 18
    assert dictionary.item(0, 0) == "record_id"
    named = set(dictionary[:, 0])
    boxes = {name for name in records.columns if "___" in name}
    standard = {f"{form}_complete" for form in dictionary[:, 1]}
    standard |= {"redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"}
    assert set(records.columns) - boxes - standard <= named


def test_reference_dates_of_a_subject(phase1: SiteData) -> None:
    data = tabulate_sdtm(phase1)
    people = data["DM"].frame
    dosed = people.filter(pl.col("ACTARMCD").is_not_null())
    assert dosed.height == 9
    assert people.filter(pl.col("ARMCD").is_null()).height == 2
    doses = data["EX"].frame.select("USUBJID", "EXSTDTC")
    joined = dosed.join(doses, on="USUBJID")
    assert joined["RFSTDTC"].equals(joined["EXSTDTC"].rename("RFSTDTC"))
    assert (dosed["RFICDTC"] < dosed["RFSTDTC"]).all()


def test_units_are_standard_whatever_the_site_writes(phase2: SiteData) -> None:
    creatinine = tabulate_sdtm(phase2)["LB"].frame.filter(pl.col("LBTESTCD") == "CREAT")
    assert set(creatinine["LBORRESU"]) == {"mg/dL", "umol/L"}
    assert set(creatinine["LBSTRESU"]) == {"umol/L"}
    assert creatinine["LBSTRESN"].is_between(20, 200).all()


def test_events_are_coded_where_a_dictionary_is_given(phase2: SiteData) -> None:
    from mitograft.trial.coding import invented_dictionary

    plain, coded = tabulate_sdtm(phase2), tabulate_sdtm(phase2, invented_dictionary())
    assert plain["AE"].frame["AEDECOD"].null_count() == plain["AE"].frame.height
    assert coded["AE"].frame["AEDECOD"].null_count() == 0
    assert coded["AE"].frame["AEBODSYS"].null_count() == 0
