"""The Total Improvement Score from SDTM: published point table, missing measures, units, off-scale values."""

from dataclasses import replace

import pytest

from mitograft.errors import InputError
from mitograft.trial.adam import core_set_table, derive_adam
from mitograft.trial.core_set import derive_tis
from mitograft.trial.protocol import MeasureSource

BASELINE, WEEK12 = (2.0, "BASELINE", "2022-01-10"), (7.0, "WEEK 12", "2022-04-04")
MEASURES = {
    "phga": ("RS", "PHYGLOB"),
    "ext_vas": ("RS", "EXMUSC"),
    "ptga": ("QS", "PATGLOB"),
    "haq": ("QS", "HAQDI"),
    "mmt8": ("FT", "MMT8TOT"),
}


def domains_of(case, make):
    """The domains of one case of tis_cases.csv; the enzyme is creatine kinase, range 15 x ULN."""
    rows = {"RS": [], "QS": [], "FT": []}
    for name, (domain, code) in MEASURES.items():
        unit = "_cm" if f"{name}_0_cm" in case else ""
        for number, visit in ((0, BASELINE), (1, WEEK12)):
            value = case[f"{name}_{number}{unit}"]
            if value:
                rows[domain].append(make["result"](domain, code, float(value), visit))
    fall = float(case["enzyme_abs_pct_improvement"]) * 15 / 100
    first = max(fall, 0.0) + 1.0
    laboratory = make["laboratory"](first, round(first - fall, 6))
    return {d: make["rows"](d, "001", r) for d, r in rows.items()} | {
        "LB": make["rows"]("LB", "001", laboratory)
    }


def values(adam, name="AVAL"):
    frame = adam.datasets["ADTIS"].frame
    return dict(frame.select("PARAMCD", name).rows())


# PMC5577002 Table T3 by way of tis_cases.csv (constructed from the point table, exact fractions).
@pytest.mark.parametrize("number", range(8))
def test_published_points(number, tis_cases, trial, protocol, make):
    case = tis_cases[number]
    plan = replace(protocol, mmt8_max=int(case["mmt8_max"]))
    adam = derive_adam(trial(**domains_of(case, make)), plan)
    got = values(adam)
    names = {"PG": "phga", "PT": "ptga", "MM": "mmt", "HA": "haq", "EN": "enzyme", "EX": "ext"}
    for suffix, name in names.items():
        assert got[f"APC{suffix}"] == pytest.approx(float(case[f"abs_pct_{name}"]), abs=1e-4)
        assert got[f"PTS{suffix}"] == float(case[f"expected_points_{name}"])
    assert got["TIS"] == got["TISLO"] == got["TISHI"] == float(case["expected_tis"])
    assert values(adam, "TISCAT")["TIS"].lower() == case["expected_category_adult_20_40_60"]


def test_flags_follow_the_inclusive_thresholds(trial, protocol):
    # The small trial scores 35: minimal (>= 20), not moderate (>= 40).
    adam = derive_adam(trial(), protocol)
    assert [values(adam, f"CRIT{n}FL")["TIS"] for n in (1, 2, 3)] == ["Y", "N", "N"]
    assert values(adam, "CRIT2")["TIS"] == "TIS >= 40"


def test_a_missing_measure_leaves_bounds(trial, protocol):
    adam = derive_adam(trial(RS=None), protocol)
    got = values(adam)
    assert (got["APCPG"], got["PTSPG"], got["TIS"]) == (None, None, None)
    assert (got["TISLO"], got["TISHI"]) == (20, 60)  # 35 - 7.5 - 7.5, and 20 + 20 more at best
    assert [values(adam, f"CRIT{n}FL")["TIS"] for n in (1, 2, 3)] == ["Y", None, None]
    assert values(adam, "TISCAT")["TIS"] is None


def test_the_enzyme_of_the_baseline_is_followed(trial, protocol, make):
    rows = make["laboratory"](10.0, 9.1)
    later = [row for row in rows if not (row["LBTESTCD"] == "CK" and row["VISIT"] == "WEEK 12")]
    adam = derive_adam(trial(LB=make["rows"]("LB", "001", later)), protocol)
    assert values(adam)["APCEN"] is None  # no other enzyme stands in
    assert values(adam, "ENZYME")["APCEN"] == "CK"


def test_a_limit_that_is_missing_makes_no_value(trial, protocol, make):
    rows = [
        row | {"LBSTNRHI": None} if row["VISIT"] == "WEEK 12" else row for row in make["laboratory"](10, 9.1)
    ]
    adam = derive_adam(trial(LB=make["rows"]("LB", "001", rows)), protocol)
    assert values(adam)["PTSEN"] is None


def test_the_unit_of_the_enzyme_does_not_matter(trial, protocol, make):
    # 1 ukat/L is 60 U/L exactly.
    usual = trial(LB=make["rows"]("LB", "001", make["laboratory"](9.5, 8.6)))
    micro = trial(LB=make["rows"]("LB", "001", make["laboratory"](9.5, 8.6, 1 / 60, "ukat/L")))
    here, there = (derive_adam(data, protocol) for data in (usual, micro))
    for code in ("PTSEN", "TIS", "TISLO", "TISHI"):
        assert values(here)[code] == values(there)[code]
    for name in ("ANRIND", "BNRIND", "SHIFT1", "ABLFL", "ANL01FL"):
        assert here.datasets["ADLB"].frame[name].to_list() == there.datasets["ADLB"].frame[name].to_list()
    grades = [data.datasets["ADLB"].frame["ATOXGR"].to_list() for data in (here, there)]
    assert grades[0] == grades[1]


def test_measures_may_lie_elsewhere(trial, protocol, make):
    # The CDISC placement of single visual analogue scales is open: FA, QS and RS are in use.
    moved = [make["result"]("FA", "PGA", v, visit) for v, visit in ((6, BASELINE), (5.4, WEEK12))]
    rest = [make["result"]("RS", "EXMUSC", v, visit) for v, visit in ((6, BASELINE), (5.4, WEEK12))]
    plan = replace(protocol, measures=protocol.measures | {"physician_global": MeasureSource("FA", "PGA")})
    adam = derive_adam(trial(FA=make["rows"]("FA", "001", moved), RS=make["rows"]("RS", "001", rest)), plan)
    assert values(adam)["TIS"] == 35
    frame = adam.datasets["ADQS"].frame
    assert set(frame.filter(frame["PARAMCD"] == "PHYGLOB")["SRCDOM"]) == {"FA"}


def test_a_value_off_its_scale_is_refused_with_its_place(trial, protocol, make):
    rows = [make["result"]("RS", "PHYGLOB", value, visit) for value, visit in ((60, BASELINE), (-1, WEEK12))]
    with pytest.raises(InputError) as refused:
        derive_adam(trial(RS=make["rows"]("RS", "001", rows)), protocol)
    found = refused.value.violations
    assert [(v.rule, v.file, v.row, v.column) for v in found] == [
        ("off-scale", "raw_rs.csv", 2, "rs_field"),
        ("off-scale", "raw_rs.csv", 3, "rs_field"),
    ]
    assert "001" not in str(refused.value)


def test_the_table_of_measures_scores_the_same(trial, protocol):
    adam = derive_adam(trial(), protocol)
    cohort = derive_tis(core_set_table(adam, protocol), baseline="BASELINE")
    assert cohort.visit == ["WEEK 12"]
    assert cohort.score.tis.tolist() == [values(adam)["TIS"]]
