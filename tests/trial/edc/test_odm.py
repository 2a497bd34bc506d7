"""ODM-XML 1.3: what is read, what is refused, and that it agrees with REDCap."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitograft.errors import InputError, UserError
from mitograft.trial.edc import read_edc, read_edc_with_report
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.mapping import Export
from mitograft.trial.edc.odm import read_odm
from mitograft.trial.sdtm.domains import load_domains
from mitograft.trial.simulate import pn101_protocol, pn101_truth, simulate_trial, write_odm, write_redcap

SPACE = 'xmlns="http://www.cdisc.org/ns/odm/v1.3"'
METADATA = """
<Study OID="S"><MetaDataVersion OID="M" Name="1">
<FormDef OID="F.AE" Name="AE" Repeating="No">
<ItemGroupRef ItemGroupOID="G.HEAD"/><ItemGroupRef ItemGroupOID="G.AE"/>
</FormDef>
<ItemGroupDef OID="G.HEAD" Name="h" Repeating="No">
<ItemRef ItemOID="AEYN"/><ItemRef ItemOID="AEDATE"/></ItemGroupDef>
<ItemGroupDef OID="G.AE" Name="g" Repeating="Yes">
<ItemRef ItemOID="AETERM"/><ItemRef ItemOID="AESER"/></ItemGroupDef>
<ItemDef OID="AESER" Name="Serious" DataType="text"><CodeListRef CodeListOID="CL"/></ItemDef>
<CodeList OID="CL" Name="c" DataType="text">
<CodeListItem CodedValue="Y"><Decode><TranslatedText xml:lang="en">Yes &amp; so</TranslatedText>
<TranslatedText xml:lang="de">Ja</TranslatedText></Decode></CodeListItem>
<EnumeratedItem CodedValue="N"/></CodeList>
</MetaDataVersion></Study>
"""
MAPPING = """
[export]
kind = "odm"
file = "export.xml"
[visits]
LOG = ""
[subject]
SITEID = "@site"
[[record]]
domain = "AE"
form = "F.AE"
AETERM = "AETERM"
AESER = "AESER"
AESTDTC = { date = "AEDATE" }
"""


def item(oid, value):
    return f'<ItemData ItemOID="{oid}" Value="{value}"/>'


def group(oid, *items, key=""):
    return f'<ItemGroupData ItemGroupOID="{oid}" ItemGroupRepeatKey="{key}">{"".join(items)}</ItemGroupData>'


def document(*groups, head="", root="", metadata=METADATA, subject="001"):
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<ODM {SPACE} FileType="Snapshot" FileOID="1" ODMVersion="1.3.2" {root}>{metadata}
<ClinicalData StudyOID="S" MetaDataVersionOID="M">
<SubjectData SubjectKey="{subject}"><SiteRef LocationOID="01"/>
<StudyEventData StudyEventOID="LOG"><FormData FormOID="F.AE">
{"".join(groups)}
</FormData></StudyEventData></SubjectData></ClinicalData></ODM>"""


TWO = (
    group("G.HEAD", item("AEDATE", "2023-02")),
    group("G.AE", item("AETERM", "Headache &lt;mild&gt;"), item("AESER", "N"), key="1"),
    "\n",
    group("G.AE", item("AETERM", "Rash"), key="2"),
)


def line_of(text, words):
    return next(number for number, line in enumerate(text.splitlines(), start=1) if words in line)


@pytest.fixture
def read(tmp_path, protocol):
    def run(text, mapping=MAPPING):
        (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
        (tmp_path / "export.xml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_edc(tmp_path, protocol)

    return run


def test_repeating_item_groups_make_rows_with_the_values_beside_them(read):
    text = document(*TWO)
    ae = read(text)["AE"]
    assert ae.frame.select("AETERM", "AESER", "AESTDTC").rows() == [
        ("Headache <mild>", "N", "2023-02"),
        ("Rash", None, "2023-02"),
    ]
    assert [ae.origin(n).row for n in (0, 1)] == [line_of(text, "Headache"), line_of(text, "Rash")]
    assert ae.origin(1).fields == ("AETERM", f"AEDATE@{line_of(text, '<FormData')}")


def test_a_form_with_its_head_alone_makes_no_row(read):
    assert read(document(group("G.HEAD", item("AEYN", "N"), item("AEDATE", "2023"))))["AE"].frame.height == 0


def test_labels_come_from_code_lists_of_the_first_language(read):
    text = document(group("G.AE", item("AETERM", "x"), item("AESER", "Y")))
    mapping = MAPPING.replace('AESER = "AESER"', 'AETERM = { field = "AESER", labels = true }').replace(
        'AETERM = "AETERM"\n', ""
    )
    assert read(text, mapping)["AE"].frame["AETERM"].to_list() == ["Yes & so"]


def test_typed_items_null_flags_and_foreign_elements(read):
    body = (
        '<ItemGroupData ItemGroupOID="G.AE">'
        '<ItemDataString ItemOID="AETERM">Rash<!-- c --> all over</ItemDataString>'
        '<ItemData ItemOID="AESER" IsNull="Yes" Value="Y"/>'
        '<v:ItemData xmlns:v="urn:vendor" ItemOID="AETERM" Value="vendor"/>'
        '<AuditRecord><UserRef UserOID="u"/></AuditRecord>'
        "</ItemGroupData>"
    )
    assert read(document(body))["AE"].frame.select("AETERM", "AESER").rows() == [("Rash all over", None)]


def test_groups_that_occur_twice_repeat_whatever_the_metadata_say(read):
    text = document(*TWO, metadata="")
    assert read(text)["AE"].frame["AETERM"].to_list() == ["Headache <mild>", "Rash"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (document(*TWO, head='<!DOCTYPE ODM SYSTEM "file:///etc/passwd">'), "entities"),
        (document(*TWO, head='<!DOCTYPE ODM [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>'), "entities"),
        (document(*TWO, head='<!DOCTYPE ODM [<!ENTITY e SYSTEM "http://example.org/x">]>'), "entities"),
        (document(*TWO).replace('FileType="Snapshot"', 'FileType="Transactional"'), "transactional"),
        (document(*TWO).replace("odm/v1.3", "odm/v2.0"), "no-odm"),
        (document(*TWO).replace('"1.3.2"', '"2.0"'), "no-odm"),
        ("<html/>", "no-odm"),
        (document(*TWO)[:-30], "damaged"),
        ("", "damaged"),
        ("no xml", "damaged"),
        (document(*TWO).replace("Rash", "R&undefined;sh"), "damaged"),
        (document(*TWO).encode().replace(b"Rash", b"R\xffsh"), "damaged"),
        (document(*TWO).replace("UTF-8", "unheard-of"), "damaged"),
        (document(*TWO, subject=""), "missing-subject"),
        (document(*TWO).replace('FormOID="F.AE"', 'FormOID=""'), "missing-key"),
        (document(group("G.AE", item("AETERM", "a"), item("AETERM", "b"))), "item-twice"),
        (document(*TWO).replace('"LOG"', '"OTHER"'), "unmapped-event"),
    ],
)
def test_what_is_refused(read, text, rule):
    with pytest.raises(InputError) as caught:
        read(text)
    assert rule in {violation.rule for violation in caught.value.violations}
    assert "passwd" not in str(caught.value)


def test_places_are_called_lines_and_items(read):
    text = document(group("G.HEAD", item("AEDATE", "soon")), group("G.AE", item("AETERM", "Rash")))
    with pytest.raises(InputError, match=rf"line {line_of(text, '<FormData')}, item AEDATE: found text"):
        read(text)


def test_redcap_names_lose_what_redcap_puts_before_them(read):
    text = document(*TWO, root='SourceSystem="REDCap"')
    text = text.replace('"F.AE"', '"Form.adverse"').replace('"LOG"', '"Event.LOG"')
    assert read(text, MAPPING.replace("F.AE", "adverse"))["AE"].frame.height == 2


def test_utf16_is_read(read):
    text = document(*TWO).replace("UTF-8", "UTF-16")
    assert read(text.encode("utf-16"))["AE"].frame.height == 2


def test_a_file_is_read_in_pieces(tmp_path):
    many = [group("G.AE", item("AETERM", f"Event {n}"), key=str(n)) for n in range(5000)]
    (tmp_path / "e.xml").write_text(document(*many), encoding="utf-8")
    assert (tmp_path / "e.xml").stat().st_size > 5 * 65536
    forms = read_odm(tmp_path, Export("odm", file="e.xml"), Complaints("mapping.toml"))
    assert [row.values["AETERM"] for row in forms.rows if row.parent] == [f"Event {n}" for n in range(5000)]


@pytest.mark.parametrize("seed", [1, 7])
def test_redcap_and_odm_of_one_trial_give_one_sdtm(tmp_path, seed):
    """Two exports of the same simulated data, two readers, one mapper."""
    plan = pn101_protocol()
    site = simulate_trial(pn101_truth(), plan, seed)
    made = []
    for kind, write in (("redcap", write_redcap), ("odm", write_odm)):
        folder = tmp_path / kind
        folder.mkdir()
        write(site, folder)
        made.append(read_edc_with_report(folder, plan))
    (one, first), (other, second) = made
    assert list(one) == list(other)
    for name in one:
        assert one[name].frame.equals(other[name].frame), name
    assert set(one) <= {*load_domains(), "SUPPAE", "SUPPDM"}
    assert first.rows == second.rows
    assert first.left_out == second.left_out


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 40))
def test_a_damaged_file_never_ends_in_a_traceback(read, at, put, drop):
    data = document(*TWO).encode()
    with suppress(UserError):
        read(data[:at] + put + data[at + drop :])
