"""The trial design data sets say what the protocol says."""

import polars as pl

from mitograft.trial.protocol import Arm, Protocol, Visit
from mitograft.trial.sdtm.design import Criterion, study_criteria, study_facts, trial_design

ARMS = (
    Arm("HIGH", "PN-101 high", 2, 600.0),
    Arm("LOW", "PN-101 low", 1, 300.0),
    Arm("PBO", "Placebo", 3, 0.0, placebo=True),
)
VISITS = (
    Visit(1, "SCREENING", -14, 14, 13), Visit(2, "BASELINE", 1), Visit(3, "WEEK 12", 85, 3, 3),
)  # fmt: skip
PROTOCOL = Protocol("X-1", ARMS, VISITS, cutoff="2024-01-31")


def test_arms_pass_three_elements_in_order():
    data = trial_design(PROTOCOL)
    ta = data["TA"].frame
    assert ta["ARMCD"].to_list() == ["LOW"] * 3 + ["HIGH"] * 3 + ["PBO"] * 3
    assert ta["EPOCH"].to_list() == ["SCREENING", "TREATMENT", "FOLLOW-UP"] * 3
    assert set(ta["ETCD"]) == set(data["TE"].frame["ETCD"])
    assert data["TE"].frame["ETCD"].n_unique() == data["TE"].frame.height
    durations = dict(data["TE"].frame.select("ETCD", "TEDUR").iter_rows())
    assert (durations["SCRN"], durations["LOW"], durations["FU"]) == ("P14D", "P1D", "P84D")


def test_visits_have_their_days_and_windows():
    tv = trial_design(PROTOCOL)["TV"].frame
    assert tv.select("VISITNUM", "VISIT", "VISITDY").rows() == [(v.number, v.name, v.day) for v in VISITS]
    assert tv["TVSTRL"].to_list()[1:] == ["Day 1", "Day 85, from 3 days before to 3 days after"]


def test_summary_counts_values_of_one_parameter():
    ts = trial_design(PROTOCOL)["TS"].frame
    doses = ts.filter(pl.col("TSPARMCD") == "DOSE")
    assert doses.select("TSSEQ", "TSVAL").rows() == [(1.0, "300"), (2.0, "600")]
    values = dict(ts.select("TSPARMCD", "TSVAL").iter_rows())
    assert values["NARMS"] == "3"
    assert values["LENGTH"] == "P98D"  # day -14 to day 85, and there is no day 0
    assert values["DCUTDTC"] == "2024-01-31"
    assert ts.select(pl.struct("TSPARMCD", "TSSEQ").is_duplicated().any()).item() is False


def test_criteria_and_facts_belong_to_their_study():
    assert trial_design(PROTOCOL)["TI"].frame.height == 0
    assert len(study_criteria("PN-101-101")) == 6
    # ClinicalTrials.gov NCT04976140: the registry number of the phase 1/2a trial.
    assert {fact.value for fact in study_facts("PN-101-101") if fact.code == "REGID"} == {"NCT04976140"}
    given = trial_design(PROTOCOL, criteria=[Criterion("INCL01", "INCLUSION", "Adult")])["TI"].frame
    assert given.select("IETESTCD", "IECAT").rows() == [("INCL01", "INCLUSION")]
