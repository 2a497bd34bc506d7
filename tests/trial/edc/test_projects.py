"""Other shapes of project: without events, long tables of results, several files, own conversions."""

import pytest

from mitograft.errors import InputError
from mitograft.trial.edc import read_edc, read_edc_with_report
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.context import Context
from mitograft.trial.edc.forms import FormRow, Forms
from mitograft.trial.edc.mapping import EdcMapping, Export
from mitograft.trial.edc.visits import find_visits

DICTIONARY = "field_name,form_name,field_type,field_label,select_choices_or_calculations\n"
HEAD = '[export]\nkind = "redcap"\nrecords = ["a.csv"]\ndictionary = "d.csv"\n'


@pytest.fixture
def project(tmp_path, protocol):
    def run(fields, mapping, **files):
        rows = "".join(f"{name},{form},{kind},{name},{choices}\n" for name, form, kind, choices in fields)
        (tmp_path / "d.csv").write_text(DICTIONARY + rows, encoding="utf-8")
        (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return read_edc_with_report(tmp_path, protocol)

    return run


FIELDS = [
    ("id", "base", "text", ""),
    ("site", "base", "text", ""),
    ("visit", "lab", "radio", '"1, First | 2, Second"'),
    *((name, "lab", "text", "") for name in ("day", "test", "value", "unit")),
]
LONG = """
visit_date = "day"
event = "visit"
[visits]
1 = "BASELINE"
2 = "UNSCHEDULED"
[units]
"micromol/l" = "umol/L"
[subject]
SITEID = "site"
[[record]]
domain = "LB"
form = "lab"
LBTESTCD = { field = "test", upper = true }
LBTEST = "test"
LBORRES = "value"
LBORRESU = "unit"
LBDTC = { date = "day", order = "DMY" }
"""


def test_one_row_for_each_result(project):
    """A project without events in which the laboratory sends a long table."""
    text = (
        "id,redcap_repeat_instrument,redcap_repeat_instance,site,visit,day,test,value,unit\n"
        "7,,,03,,,,,\n"
        "7,lab,1,,1,2023-01-02,creat,1.0,mg/dL\n"
        "7,lab,2,,1,2023-01-02,ck,10,ukat/L\n"
        "7,lab,3,,2,2023-01-09,creat,80,micromol/l\n"
    )
    mapping = (HEAD + LONG).replace(', order = "DMY"', "")
    data, report = project(FIELDS, mapping, a=text)
    lb = data["LB"].frame
    assert lb.select("LBTESTCD", "LBSTRESN", "LBSTRESU", "VISITNUM", "LBSEQ").rows() == [
        ("CREAT", 88.4, "umol/L", 2.0, 1.0),
        ("CK", 600.0, "U/L", 2.0, 2.0),
        ("CREAT", 80.0, "umol/L", 2.1, 3.0),
    ]
    assert lb["USUBJID"].unique().to_list() == ["PN-101-101-03-7"]
    assert report.changes["converted to the standard unit"] == 2


def test_own_conversion_comes_before_the_shipped_one(project):
    text = "id,redcap_repeat_instrument,redcap_repeat_instance,site,visit,day,test,value,unit\n7,,,03,,,,,\n"
    own = '[[conversion]]\ntest = "CREAT"\nfrom = "mg/dL"\nto = "umol/L"\nfactor = "88.42"\n'
    mapping = (HEAD + LONG).replace(', order = "DMY"', "") + own
    data, report = project(FIELDS, mapping, a=text + "7,lab,1,,1,2023-01-02,creat,1.0,mg/dL\n")
    assert data["LB"].frame["LBSTRESN"].to_list() == [88.42]
    assert len(report.conversions) == 1


def test_two_units_without_a_standard_are_refused(project):
    text = "id,redcap_repeat_instrument,redcap_repeat_instance,site,visit,day,test,value,unit\n7,,,03,,,,,\n"
    text += "7,lab,1,,1,2023-01-02,crp,1.0,mg/L\n7,lab,2,,1,2023-01-02,crp,1.0,nmol/L\n"
    with pytest.raises(InputError) as caught:
        project(FIELDS, (HEAD + LONG).replace(', order = "DMY"', ""), a=text)
    assert [(v.rule, v.row, v.column) for v in caught.value.violations] == [("unknown-unit", 4, "value")]


def test_records_in_several_files(project):
    mapping = (
        HEAD.replace('["a.csv"]', '["a.csv", "b.csv"]')
        + '[subject]\nSITEID = "site"\nDMDTC = { date = "day" }\n'
    )
    data, report = project(FIELDS, mapping, a="id,site\n1,01\n2,02\n", b="id,day\n2,2023-05\n1,2023-04\n")
    assert data["DM"].frame.select("SUBJID", "DMDTC").rows() == [("1", "2023-04"), ("2", "2023-05")]
    assert report.files == ("a.csv", "b.csv")
    origin = data["DM"].origin(0)
    assert (origin.file, origin.row, origin.fields) == ("a.csv", 2, ("site", "day@b.csv:3"))


def test_death_comes_from_disposition_or_a_fatal_event(change, folder, protocol):
    change("records.csv", ",1,2023-04-17,", ",6,2023-04-17,")
    dm = read_edc(folder, protocol)["DM"].frame
    assert dm.select("DTHDTC", "DTHFL").rows() == [("2023-04-17", "Y"), (None, None)]


def visits_of(days, protocol):
    """Number visits from (event, repeat, day)."""
    rows = tuple(
        FormRow("1", event, repeat, "v", "", "f.csv", n, {"day": day})
        for n, (event, repeat, day) in enumerate(days, start=2)
    )
    mapping = EdcMapping(
        "m",
        Export("redcap", visit_date="day"),
        {"b": "BASELINE", "w": "WEEK 1", "u": "UNSCHEDULED"},
        {},
        {},
        (),
        (),
        (),
        (),
    )
    forms = Forms({}, frozenset({"v"}), {}, rows)
    found = find_visits(Context(forms), mapping, protocol, Complaints("m"))
    return [found["1", event, repeat].number for event, repeat, _ in days]


def test_unscheduled_visits_count_within_their_interval(protocol):
    days = [
        ("u", "1", "2023-01-01"), ("b", "", "2023-01-10"), ("u", "2", "2023-01-10"), ("u", "4", "2023-01-12"),
        ("u", "3", "2023-01-11"), ("w", "", "2023-01-17"), ("u", "5", "2023-02-01"),
    ]  # fmt: skip
    assert visits_of(days, protocol) == [0.1, 2.0, 2.1, 2.3, 2.2, 3.0, 3.1]


def test_more_than_nine_unscheduled_visits_keep_their_order(protocol):
    days = [("b", "", "2023-01-01"), *(("u", str(n), f"2023-02-{n:02}") for n in range(1, 13))]
    numbers = visits_of(days, protocol)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 2.12


def test_the_data_access_group_can_be_the_site(project):
    mapping = HEAD + '[subject]\nSITEID = "@site"\n'
    data, _ = project(FIELDS, mapping, a="id,redcap_data_access_group,day\n1,seoul,2023\n2,busan,\n")
    assert data["DM"].frame["SITEID"].to_list() == ["busan", "seoul"]
    assert data["DM"].origin(1).fields == ("@site",)
