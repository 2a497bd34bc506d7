"""The specification: it fits the formats, names only what exists, and can be carried out."""

import pytest

from mitograft.trial.adam import load_specification
from mitograft.trial.adam.derive import plan_steps
from mitograft.trial.adam.rules import RULES

SPEC = load_specification()
VARIABLES = [variable for dataset in SPEC for variable in dataset.variables]
BASIC = "PARAMCD PARAM PARAMN AVAL ADT SRCDOM SRCVAR SRCSEQ "
VISITS = BASIC + "AVALC AVISIT AVISITN ADY ANL01FL "
CHANGES = VISITS + "BASE CHG PCHG ABLFL "
PROMISED = {
    "ADSL": "USUBJID TRT01P TRT01PN TRT01A TRT01AN TRTSDT TRTEDT SAFFL FASFL ENRLFL DLTEVLFL EOSSTT DCSREAS "
    "AGE AGEGR1 SEX RACE ETHNIC DIAG DISDUR BMIBL WEIGHTBL HEIGHTBL COMPLFL",
    "ADAE": "AESEQ AETERM AEDECOD AEBODSYS ASTDT ASTDTF AENDT ASTDY AETOXGR ATOXGRN AREL AESER TRTEMFL DLTFL "
    "AOCCFL AOCCSFL AOCCPFL TRTA TRTAN",
    "ADLB": CHANGES + "ANRLO ANRHI ANRIND BNRIND ATOXGR BTOXGR SHIFT1",
    "ADQS": CHANGES,
    "ADTIS": VISITS + "CRIT1FL CRIT2FL CRIT3FL TISCAT",
    "ADTTE": BASIC + "CNSR STARTDT EVNTDESC",
    "ADEX": BASIC,
}


def test_names_and_labels_fit_a_transport_file():
    # XPT version 5: names up to 8 characters, labels up to 40, text up to 200 bytes (SAS TS-140).
    assert [v.name for v in VARIABLES if len(v.name) > 8] == []
    assert [v.label for v in VARIABLES if not 0 < len(v.label) <= 40] == []
    assert [v.name for v in VARIABLES if not 0 < v.length <= 200] == []
    assert [d.label for d in SPEC if len(d.label) > 40] == []
    assert [p.code for d in SPEC for p in d.parameters if len(p.code) > 8] == []


def test_every_rule_exists_and_every_function_is_used():
    used = {v.rule for v in VARIABLES} | {d.rule for d in SPEC}
    assert used - {"copy", "subject"} == set(RULES)


def test_every_derived_variable_says_how():
    assert [(v.dataset, v.name) for v in VARIABLES if v.origin == "Derived" and not v.method] == []
    assert all(v.sources for v in VARIABLES if v.rule in ("copy", "subject"))


@pytest.mark.parametrize("dataset", PROMISED)
def test_names_others_rely_on(dataset):
    assert set(PROMISED[dataset].split()) <= {v.name for v in SPEC[dataset].variables}


@pytest.mark.parametrize("dataset", list(SPEC.datasets))
def test_each_data_set_can_be_planned_alone(dataset):
    steps = plan_steps((dataset,))
    seen = set()
    for step in steps:
        for variable in step.variables:
            own = {(s.dataset, s.variable) for s in variable.sources if s.dataset in SPEC.datasets}
            made_here = {(step.dataset, v.name) for v in step.variables}
            assert own <= seen | made_here, (step.dataset, variable.name)
        seen |= {(step.dataset, v.name) for v in step.variables}
    assert {v.name for v in SPEC[dataset].variables} == {name for owner, name in seen if owner == dataset}


def test_parameters_of_the_score_pair_up():
    codes = {p.code for p in SPEC["ADTIS"].parameters}
    assert {"TIS", "TISLO", "TISHI"} <= codes
    assert {c[3:] for c in codes if c.startswith("APC")} == {"PG", "PT", "MM", "HA", "EN", "EX"}
    assert {c[3:] for c in codes if c.startswith("PTS")} == {"PG", "PT", "MM", "HA", "EN", "EX"}
