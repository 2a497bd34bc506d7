"""Every rule of the table has an example that it finds, and passes the study in which nothing is wrong."""

import copy

import polars as pl
import pytest

from mitograft.trial.conformance import load_rules, run_rules
from mitograft.trial.conformance.conditions.registry import CONDITIONS

RULES = {rule.id: rule for rule in load_rules()}
CORE = {rule.id: rule.reference for rule in load_rules() if rule.reference}
A, B, C = (f"PN-X-01-00{n}" for n in (1, 2, 3))  # low dose, high dose, screen failure


def put(name, row, **values):
    """Change cells of one row."""
    return lambda study: study[name][row].update(values)


def drop(name, *columns):
    """Take variables out of a data set."""

    def change(study):
        study[name] = [{k: v for k, v in row.items() if k not in columns} for row in study[name]]

    return change


def every(name, **values):
    """Change cells of all rows."""
    return lambda study: [row.update(values) for row in study[name]]


def again(name, row, **values):
    """Repeat a row with changes."""
    return lambda study: study[name].append({**copy.deepcopy(study[name][row]), **values})


def also(*changes):
    return lambda study: [change(study) for change in changes]


LATE = {"AESTDTC": "2024-03-16", "AEENDTC": "2024-03-20", "AESTDY": 16.0, "AEENDY": 20.0}
GRADE_3 = {"AETOXGR": "3", "AEREL": "RELATED"}
# rule: the change, the data set in which it is found, the number of records
EXAMPLES = {
    "MG-1001": (drop("AE", "AETERM"), "AE", 1),
    "MG-1002": (put("AE", 0, AEDECOD=None), "AE", 1),
    "MG-1003": (drop("AE", "AETOXGR", "AEACN"), "AE", 2),
    "MG-1004": (put("LB", 0, USUBJID=None), "LB", 1),
    "MG-1005": (put("MH", 0, USUBJID=f"{A}9"), "MH", 1),
    "MG-1006": (again("DM", 0, SUBJID="002"), "DM", 2),
    "MG-1007": (again("AE", 0, AESEQ=3.0, AESEV="SEVERE"), "AE", 2),
    "MG-1008": (put("AE", 1, AESEQ=1.0), "AE", 2),
    "MG-1009": (put("AE", 1, AESEQ=1.5), "AE", 1),
    "MG-1010": (every("DM", AGE="53"), "DM", 1),
    "MG-1011": (put("AE", 0, AETERM="\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 101), "AE", 1),
    "MG-1012": (also(put("AE", 0, AESTDTC="05MAR2024"), put("AE", 1, AEENDTC="2024-02-30")), "AE", 2),
    "MG-1013": (also(put("AE", 0, AETERM=" Fever"), put("AE", 1, AELLT=".")), "AE", 2),
    "MG-1014": (put("MH", 0, DOMAIN="AE"), "MH", 1),
    "MG-1015": (put("EX", 0, STUDYID="PN-Y"), "EX", 1),
    "MG-1016": (put("LB", 0, LBTEST="Creatin Kinase"), "LB", 4),
    "MG-1017": (put("SV", 1, VISIT="BASELINE"), "SV", 4),
    "MG-1018": (put("DM", 1, ARM="Low"), "DM", 2),
    "MG-1019": (put("LB", 0, LBSTRESU="ukat/L"), "LB", 1),
    "MG-1020": (put("LB", 0, LBSTRESU=None), "LB", 1),
    "MG-1021": (put("LB", 0, LBSTRESN=None), "LB", 1),
    "MG-1022": (put("LB", 0, LBSTRESC="901"), "LB", 1),
    "MG-1023": (put("LB", 0, LBORRES="901"), "LB", 1),
    "MG-1024": (put("LB", 0, LBSTAT="NOT DONE"), "LB", 1),
    "MG-1025": (put("LB", 0, LBORRES=None, LBSTRESC=None, LBSTRESN=None), "LB", 1),
    "MG-1026": (put("SUPPAE", 0, IDVARVAL="7"), "SUPPAE", 1),
    "MG-1027": (put("RELREC", 1, IDVAR="MHSPID"), "RELREC", 1),
    "MG-1028": (put("LB", 0, LBSTNRLO=300.0), "LB", 1),
    "MG-1029": (put("LB", 1, LBNRIND="HIGH"), "LB", 1),
    "MG-1030": (put("LB", 0, LBSTRESC=None), "LB", 1),
    "MG-1031": (put("DM", 0, SITEID="02"), "DM", 1),
    "MG-2001": (put("AE", 0, AESEV="mild"), "AE", 1),
    "MG-2002": (every("EX", EXROUTE="BY MOUTH"), "EX", 1),
    "MG-2003": (put("SV", 0, VISIT="WEEK 3"), "SV", 1),
    "MG-2004": (put("DM", 0, ARMCD="MID"), "DM", 1),
    "MG-2005": (put("DM", 0, ACTARMCD="MID"), "DM", 1),
    "MG-3001": (put("AE", 0, AEENDTC="2024-03-04"), "AE", 1),
    "MG-3002": (put("AE", 0, AESTDTC=None), "AE", 1),
    "MG-3003": (put("AE", 1, AESTDTC="1970-04"), "AE", 1),
    "MG-3004": (put("DM", 0, DTHDTC="2024-02-29", DTHFL="Y"), "EX", 1),
    "MG-3005": (put("DM", 0, DTHDTC="2024-03-04", DTHFL="Y"), "AE", 1),
    "MG-3006": (put("DM", 0, DTHDTC="2024-03-04", DTHFL="Y"), "LB", 1),
    "MG-3007": (put("DM", 0, RFICDTC="2024-03-02"), "EX", 1),
    "MG-3008": (put("DM", 0, RFICDTC="2024-03-02"), "QS", 2),
    "MG-3009": (put("DM", 0, DTHDTC="2024-09-01"), "DM", 1),
    "MG-3010": (put("AE", 0, AEOUT="FATAL"), "AE", 1),
    "MG-3011": (put("DS", 0, DSDECOD="DEATH"), "DS", 1),
    "MG-3012": (put("SV", 1, SVSTDTC="2024-02-27"), "SV", 1),
    "MG-3013": (put("FT", 1, FTDTC="2024-02-27"), "FT", 1),
    "MG-3014": (put("SV", 1, SVSTDTC="2024-03-18", SVSTDY=18.0), "SV", 1),
    "MG-3015": (put("AE", 0, AESTDY=4.0), "AE", 1),
    "MG-3016": (put("DM", 0, RFXSTDTC="2024-03-02"), "DM", 1),
    "MG-3017": (put("DM", 0, RFXSTDTC=None), "EX", 1),
    "MG-3018": (put("AE", 0, AESTDTC="2025-01-01", AEENDTC=None), "AE", 1),
    "MG-3019": (put("LB", 1, LBDTC="2025-01-01"), "LB", 1),
    "MG-4001": (put("DM", 0, AGE=18.0), "DM", 1),
    "MG-4002": (put("FT", 0, FTSTRESN=125.0), "DM", 1),
    "MG-4003": (also(put("RS", 0, RSSTRESN=1.9), put("RS", 1, RSSTRESN=1.0), put("QS", 0, QSSTRESN=0.0),
                     put("QS", 1, QSSTRESN=0.125)), "DM", 1),
    "MG-4004": (also(put("EX", 0, EXDOSE=300.0), put("EX", 1, EXDOSU="mg")), "EX", 2),
    "MG-4005": (put("EX", 0, EXLOT="L9"), "EX", 1),
    "MG-4006": (put("EX", 0, EXLOT=None), "EX", 1),
    "MG-4007": (again("EX", 0, EXSEQ=2.0, EXSTDTC="2024-03-02"), "EX", 2),
    "MG-4008": (put("DM", 0, ACTARMCD=None), "EX", 1),
    "MG-4009": (put("DM", 2, ACTARMCD="LOW"), "DM", 1),
    "MG-4010": (put("AE", 2, **LATE), "AE", 1),
    "MG-4011": (put("AE", 0, **GRADE_3), "AE", 1),
    "MG-4012": (put("AE", 2, AETOXGR="2"), "AE", 1),
    "MG-4013": (put("AE", 2, AEDECOD="Creatine kinase increased"), "AE", 1),
    "MG-4014": (put("AE", 2, AETOXGR="1"), "AE", 1),
    "MG-4015": (put("AE", 2, AETOXGR="5"), "AE", 1),
    "MG-4016": (put("AE", 2, AEOUT="FATAL"), "AE", 1),
    "MG-4017": (put("AE", 0, AETOXGR=None), "AE", 1),
    "MG-4018": (put("DS", 0, DSDECOD="SCREEN FAILURE"), "DS", 1),
    "MG-4019": (also(put("RS", 0, RSSTRESN=10.5), put("RS", 1, RSSTRESN=-1.0)), "RS", 2),
    "MG-4020": (put("LB", 0, LBSTNRHI=None), "LB", 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def check(study):
    return lambda rows, **more: run_rules(study.build(rows), study.protocol, lots=study.lots, **more)


@pytest.fixture
def good(study):
    return study.good()


@pytest.fixture(scope="module")
def clean(study, check):
    return check(study.good())


def test_every_rule_has_an_example():
    assert set(EXAMPLES) == set(RULES)


def test_every_condition_is_used_by_a_rule():
    assert set(CONDITIONS) == {rule.condition for rule in RULES.values()}


def test_the_good_study_breaks_no_rule(clean):
    assert clean.findings == ()


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_rule_passes_the_good_study_and_is_not_merely_skipped(clean, rule):
    assert ("passed", EXAMPLES[rule][1]) in {
        (o.status, o.domain) for o in clean.outcomes if o.rule_id == rule
    }


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_rule_finds_its_example(good, check, rule):
    change, domain, records = EXAMPLES[rule]
    change(good)
    found = [f for f in check(good, rules=[RULES[rule]]).findings if f.domain == domain]
    assert [len(finding.records) for finding in found] == [records]
    for record in found[0].records:
        assert record.dataset == domain
        assert record.variable
        assert record.file == f"{domain.lower()}.csv"


@pytest.mark.parametrize(("rule", "change"), [
    # what looks alike but is allowed
    ("MG-1002", put("AE", 0, AESEV=None)),  # not a required variable
    ("MG-1008", again("AE", 0, USUBJID=B, AESEQ=2.0)),  # the number repeats, the subject differs
    ("MG-1012", also(put("AE", 0, AESTDTC="2024---05"), put("AE", 1, AESTDTC="2024-03-05T10:30"))),
    ("MG-1017", also(again("SV", 0, VISITNUM=2.1, VISIT="UNSCHEDULED"),
                     again("SV", 0, VISITNUM=3.1, VISIT="UNSCHEDULED"))),
    ("MG-1022", put("LB", 0, LBSTRESC="<20", LBSTRESN=None)),
    ("MG-1023", put("LB", 0, LBORRES="15", LBORRESU="ukat/L")),
    ("MG-1026", also(*(put("SUPPAE", n, IDVAR=None, IDVARVAL=None) for n in (0, 1)))),
    ("MG-1026", put("SUPPAE", 0, IDVARVAL=" 1.0")),
    ("MG-2004", put("DM", 2, ARMCD="SCRNFAIL")),
    ("MG-3001", put("AE", 0, AESTDTC="2024-03", AEENDTC="2024-03-02")),  # may be either way
    ("MG-3001", put("AE", 0, AESTDTC="2024-03-05T12:00", AEENDTC="2024-03-05")),
    ("MG-3005", put("DM", 0, DTHDTC="2024-03", DTHFL="Y")),
    ("MG-3014", put("SV", 1, SVSTDTC="2024-03-17")),  # the last day of the window
    ("MG-3014", put("SV", 1, SVSTDTC="2024-03-13")),  # the first
    ("MG-4002", put("FT", 0, FTSTRESN=124.0)),
    ("MG-4003", also(put("RS", 0, RSSTRESN=2.0), put("RS", 1, RSSTRESN=1.0), put("QS", 0, QSSTRESN=0.0),
                     put("QS", 1, QSSTRESN=0.125))),  # global and enzyme
    ("MG-4004", put("EX", 0, EXDOSU="\N{GREEK SMALL LETTER MU}g")),
    ("MG-4010", put("AE", 2, AESTDTC="2024-03-15")),  # day 15: the last of the window
    ("MG-4011", put("AE", 0, **GRADE_3, **LATE)),
    ("MG-4011", put("AE", 0, **GRADE_3, AEDECOD="Blood creatine phosphokinase increased")),
    ("MG-4019", put("RS", 0, RSSTRESN=10.0)),
])  # fmt: skip
def test_a_rule_leaves_what_is_allowed(good, check, rule, change):
    change(good)
    assert check(good, rules=[RULES[rule]]).findings == ()


def test_a_mark_in_the_data_set_itself_counts_too(good, check):
    del good["SUPPAE"]
    every("AE", AEDLT="N")(good)
    put("AE", 2, AEDLT="Y", AETOXGR="2")(good)
    assert [f.rule_id for f in check(good).findings] == ["MG-4012"]


# CDISC CORE rule CORE-000675, negative example 01, lb.csv (github.com/cdisc-org/cdisc-open-rules, MIT):
# columns LBORRES, LBSTRESC, LBSTRESN, LBSTAT; its results name records 1, 3, 4, 5, 6, 7, 9 and 10.
CORE_675 = [
    ("3.9", "39", 39.0, "NOT DONE"), (None, None, None, "NOT DONE"), ("3.6", None, None, "NOT DONE"),
    (None, "0.04", None, "NOT DONE"), (None, None, 35.0, "NOT DONE"), ("0.05", "0.05", 0.05, "NOT DONE"),
    (None, None, 37.0, "NOT DONE"), ("3.7", "37", 37.0, None), (None, None, 0.03, "NOT DONE"),
    ("3.9", None, None, "NOT DONE"), ("0.04", "0.04", 0.04, None), (None, None, None, "NOT DONE"),
]  # fmt: skip
# CORE-000863, negative example 01, fa.csv: columns FASTRESC, FASTRESN; records 3 and 5.
CORE_863 = [("SEVERE", None), (None, None), ("-1.234", None), ("-1.235", -1.235), ("1.236", None)]


@pytest.fixture
def records_of(good, check):
    def find(rule, name, table):
        rows = [{"STUDYID": "PN-X", "DOMAIN": name, "USUBJID": A, **row} for row in table]
        found = check({"DM": good["DM"], name: rows}, rules=[RULES[rule]]).findings
        return [record.row for finding in found for record in finding.records]

    return find


def test_a_published_example_of_core_675_gives_its_published_records(records_of):
    names = ("LBORRES", "LBSTRESC", "LBSTRESN", "LBSTAT")
    rows = [dict(zip(names, cells, strict=True)) for cells in CORE_675]
    assert records_of("MG-1024", "LB", rows) == [1, 3, 4, 5, 6, 7, 9, 10]
    assert "CORE-000675" in CORE["MG-1024"]


def test_a_published_example_of_core_863_gives_its_published_records(records_of):
    rows = [{"FATESTCD": "X", "FASTRESC": c, "FASTRESN": n} for c, n in CORE_863]
    assert records_of("MG-1021", "FA", rows) == [3, 5]
    assert "CORE-000863" in CORE["MG-1021"]


@pytest.mark.parametrize("rule", sorted(set(EXAMPLES) - {"MG-2002", "MG-2003"}))  # those say the first record
def test_the_order_of_rows_does_not_change_what_is_found(good, check, rule):
    change, domain, _ = EXAMPLES[rule]
    change(good)
    before = check(good, rules=[RULES[rule]]).findings
    for rows in good.values():
        rows.reverse()
    after = check(good, rules=[RULES[rule]]).findings
    assert _who(before, domain) == _who(after, domain)


def _who(findings, domain):
    records = [record for finding in findings if finding.domain == domain for record in finding.records]
    return sorted((str(record.usubjid), str(record.seq), record.variable) for record in records)


def test_records_are_named_in_the_order_of_the_file(study, good, check):
    bad = {**good["AE"][0], **study.event(B), "AESTDTC": "bad"}
    good["AE"] += [{**bad, "AESEQ": float(n)} for n in range(9, 2, -1)]
    (finding,) = check(good, rules=[RULES["MG-1012"]]).findings
    assert [record.seq for record in finding.records] == [*range(9, 2, -1)]
    assert {record.usubjid for record in finding.records} == {B}
    assert [record.row for record in finding.records] == [*range(4, 11)]
    assert isinstance(finding.records[0].seq, int)


def test_subjects_without_a_dose_need_not_be_eligible(good, check):
    put("DM", 2, AGE=12.0)(good)
    assert C not in {r.usubjid for f in check(good).findings for r in f.records}


def test_frames_are_not_changed(study):
    data = study.build(study.good())
    before = {name: item.frame.clone() for name, item in data.items()}
    run_rules(data, study.protocol, lots=study.lots)
    assert all(pl.DataFrame.equals(item.frame, before[name]) for name, item in data.items())
