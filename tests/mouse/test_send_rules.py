"""The rules of SEND: each broken one is found, at its record, among all the others."""

import pytest

from mitograft.mouse.send.check import check_send
from mitograft.mouse.send.domain import Domain, study_day
from mitograft.mouse.send.write import make_send
from mitograft.tables.contract import RawTable

ANIMALS = {
    "animal": ["M1", "M2"], "group": ["vehicle", "PN-101"], "sex": ["F", "F"], "strain": ["C57BL/6"] * 2,
    "birth_date": ["2026-01-05"] * 2, "day_zero": ["2026-03-02"] * 2, "end_date": ["2026-03-23"] * 2,
    "end_reason": ["scheduled"] * 2, "cage": ["C1", "C2"],
}  # fmt: skip
GROUPS = {
    "group": ["vehicle", "PN-101"], "role": ["control", "treated"], "treatment": ["vehicle", "PN-101"],
    "dose": ["0", "5"], "dose_unit": ["ug"] * 2, "schedule": ["7", "7"],
}  # fmt: skip
WEIGHTS = {
    "animal": ["M1", "M1", "M2"],
    "date": ["2026-03-01", "2026-03-02", "2026-03-02"],
    "weight_g": ["20"] * 3,
}


def build():
    raw = {"animals": ANIMALS, "groups": GROUPS, "weights": WEIGHTS}
    tables = {n: RawTable(f"{n}.csv", c, range(2, 2 + len(next(iter(c.values()))))) for n, c in raw.items()}
    return make_send(tables, "S1")[0]


def change(domains, name, variable, index, value):
    domain = domains[name]
    columns = {key: list(cells) for key, cells in domain.columns.items()}
    columns.setdefault(variable, [""] * len(domain))[index] = value
    return {**domains, name: Domain(name, columns, {variable: "Label", **domain.labels})}


# PhUSE PDS2014 define.xml: day + 1 on or after RFSTDTC, the plain difference before it.
def test_there_is_no_day_zero():
    from datetime import date

    start = date(2026, 3, 2)
    days = [study_day(date.fromordinal(start.toordinal() + k), start) for k in range(-2, 3)]
    assert days == [-2, -1, 1, 2, 3]


def test_a_sound_study_has_no_violation():
    assert check_send(build()) == []


@pytest.mark.parametrize(
    ("name", "variable", "index", "value", "rule"),
    [
        ("BW", "BWDY", 1, 0.0, "day-zero"),
        ("BW", "BWDY", 1, 2.0, "study-day"),
        ("BW", "BWDY", 0, float("nan"), "study-day"),
        ("BW", "USUBJID", 2, "S1-M3", "not-in-dm"),
        ("BW", "USUBJID", 2, "", "subject-or-pool"),
        ("BW", "BWSEQ", 1, 1.0, "sequence"),
        ("BW", "BWSEQ", 1, 1.5, "sequence"),
        ("BW", "BWTESTCD", 0, "1BW", "test-code"),
        ("BW", "BWTESTCD", 0, "OTHER", "test-code-pair"),
        ("BW", "BWTEST", 0, "B" * 41, "test-name"),
        ("BW", "BWSTRESN", 0, 21.0, "numeric-result"),
        ("BW", "BWSTRESU", 0, "", "no-unit"),
        ("BW", "BWORRES", 0, "", "result-or-status"),
        ("BW", "BWSTAT", 0, "NOT DONE", "result-or-status"),
        ("BW", "BWSTAT", 0, "done", "status"),
        ("BW", "BWSTRESC", 0, "", "no-standard-result"),
        ("BW", "BWDTC", 0, "01MAR2026", "not-iso-8601"),
        ("BW", "BWDTC", 0, "2026-13-01", "not-iso-8601"),
        ("BW", "POOLID", 0, "P1", "not-in-pooldef"),
        ("BW", "STUDYID", 0, "S2", "several-studies"),
        ("BW", "DOMAIN", 0, "LB", "other-domain"),
        ("BW", "BWREASND", 0, "x" * 201, "too-long"),
        ("BW", "BWREASND", 0, "µ", "not-ascii"),
        ("BW", "BWORRESUNIT", 0, "g", "variable-name"),
        ("BW", "BWTEST", 0, 1.0, "variable-type"),
        ("DM", "SETCD", 0, "G9", "not-in-tx"),
        ("DM", "SETCD", 0, "GROUPNINE", "code-length"),
        ("DM", "ARMCD", 0, "G9", "not-in-ta"),
        ("DM", "SEX", 0, "", "required-empty"),
        ("DM", "USUBJID", 1, "S1-M1", "duplicate-subject"),
        ("DM", "RFENDTC", 0, "2026-02-01", "dates-out-of-order"),
        ("TA", "ETCD", 0, "REST", "not-in-te"),
        ("SUPPDM", "USUBJID", 0, "S1-M9", "no-such-record"),
    ],
)
def test_each_broken_rule_is_found_at_its_record(name, variable, index, value, rule):
    found = check_send(change(build(), name, variable, index, value))
    assert rule in {violation.rule for violation in found}
    first = next(violation for violation in found if violation.rule == rule)
    assert first.file == f"{name.lower()}.xpt"
    assert first.row in (None, index + 1, index + 2)  # a pair is told at its second record
    assert "S1-M" not in str(first)


def test_missing_domains_variables_and_labels_are_found_together():
    domains = build()
    del domains["TX"]
    bw = domains["BW"]
    columns = {name: cells for name, cells in bw.columns.items() if name != "BWTEST"}
    domains["BW"] = Domain("BW", columns, {**bw.labels, "BWDTC": "L" * 41})
    found = {(v.rule, v.file, v.column) for v in check_send(domains)}
    assert found == {
        ("missing-domain", "tx.xpt", None),
        ("missing-variable", "bw.xpt", "BWTEST"),
        ("variable-label", "bw.xpt", "BWDTC"),
    }


def test_a_number_twice_in_two_subjects_is_no_fault():
    domains = build()
    bw = domains["BW"]
    assert [bw.number("BWSEQ", i) for i in range(3)] == [1.0, 2.0, 1.0]
