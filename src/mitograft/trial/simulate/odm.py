"""Write site data as ODM-XML 1.3.2: metadata and clinical data of one study, with the mapping file to SDTM.

Forms, events and items are named as in the REDCap export, so that one mapping serves both. The description of
the study says that the data are simulated. CDISC Operational Data Model 1.3.2, sections 3.1.1 and 3.1.4.
"""

from collections.abc import Mapping
from pathlib import Path

from mitograft.provenance import atomic_write_text
from mitograft.trial.simulate.mapping import write_mapping
from mitograft.trial.simulate.odm_definitions import define_metadata
from mitograft.trial.simulate.odm_lines import Lines, element, leaf, open_element
from mitograft.trial.simulate.site import Form, FormRow, SiteData, case_report_form, event_of

__all__ = ["write_odm"]

_SPACE = "http://www.cdisc.org/ns/odm/v1.3"
_VERSION = "1"


def write_odm(site: SiteData, folder: Path) -> None:
    """Write ``export.xml`` and ``mapping.toml`` into a folder, which is made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    forms = case_report_form(tuple(arm.name for arm in site.protocol.arms))
    text = "\n".join(_document(site, forms)) + "\n"
    atomic_write_text(folder / "export.xml", text)
    atomic_write_text(folder / "mapping.toml", write_mapping(site.protocol, "odm"))


def _document(site: SiteData, forms: Mapping[str, Form]) -> Lines:
    study, moment = site.protocol.study, f"{site.truth.start}T00:00:00"
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield open_element(
        0,
        "ODM",
        {
            "xmlns": _SPACE,
            "ODMVersion": "1.3.2",
            "FileType": "Snapshot",
            "FileOID": f"{study}.simulated",
            "CreationDateTime": moment,
            "Description": "Simulated data of a clinical trial",
        },
    )
    yield open_element(1, "Study", {"OID": study})
    yield "  <GlobalVariables>"
    yield element(3, "StudyName", study)
    yield element(3, "StudyDescription", "SIMULATED: every value was drawn by a program, none was measured.")
    yield element(3, "ProtocolName", study)
    yield "  </GlobalVariables>"
    yield from define_metadata(site.protocol, forms.values(), _VERSION)
    yield " </Study>"
    yield from _administration(site)
    yield open_element(1, "ClinicalData", {"StudyOID": study, "MetaDataVersionOID": _VERSION})
    yield from _subjects(site, forms)
    yield " </ClinicalData>"
    yield "</ODM>"


def _administration(site: SiteData) -> Lines:
    yield open_element(1, "AdminData", {"StudyOID": site.protocol.study})
    places = dict.fromkeys(row.values["site"] for row in site.form("demography"))
    for place in sorted(places):
        head = {"OID": place, "Name": f"Invented site {place}", "LocationType": "Site"}
        yield open_element(2, "Location", head)
        reference = {"StudyOID": site.protocol.study, "MetaDataVersionOID": _VERSION}
        yield leaf(3, "MetaDataVersionRef", **reference, EffectiveDate=site.truth.start)
        yield "  </Location>"
    yield " </AdminData>"


def _subjects(site: SiteData, forms: Mapping[str, Form]) -> Lines:
    places = {row.subject: row.values["site"] for row in site.form("demography")}
    subjects: dict[str, dict[tuple[str, int], list[FormRow]]] = {}
    for row in site.rows:
        events = subjects.setdefault(row.subject, {})
        events.setdefault((row.event, row.occurrence), []).append(row)
    for subject, events in subjects.items():
        yield open_element(2, "SubjectData", {"SubjectKey": subject})
        if subject in places:
            yield leaf(3, "SiteRef", LocationOID=places[subject])
        for (event, occurrence), rows in events.items():
            repeat = {"StudyEventRepeatKey": str(occurrence)} if occurrence else {}
            yield open_element(3, "StudyEventData", {"StudyEventOID": event_of(event), **repeat})
            for row in rows:
                yield from _form(row, forms[row.form])
            yield "   </StudyEventData>"
        yield "  </SubjectData>"


def _form(row: FormRow, form: Form) -> Lines:
    repeat = {"FormRepeatKey": str(row.instance)} if form.repeating else {}
    yield open_element(4, "FormData", {"FormOID": row.form, **repeat})
    yield open_element(5, "ItemGroupData", {"ItemGroupOID": f"{row.form}_items"})
    for item, value in row.values.items():
        yield leaf(6, "ItemData", ItemOID=item, Value=value)
    yield "     </ItemGroupData>"
    yield "    </FormData>"
