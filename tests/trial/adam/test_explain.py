"""Every value leads back to the row of the file it came from."""

import pytest

from mitograft.errors import UsageError
from mitograft.trial.adam import derive_adam, explain, load_specification

SPEC = load_specification()


@pytest.fixture
def told(trial, protocol):
    data = trial()
    adam = derive_adam(data, protocol)
    return lambda parameter, visit=None, subject="001": explain(adam, data, subject, parameter, visit)


def test_a_score_leads_to_the_rows_of_all_measures(told):
    trace = told("TIS", "WEEK 12")
    assert trace.root.value == "35"
    assert trace.root.formula == "7.5 + 2.5 + 10 + 5 + 2.5 + 7.5"
    assert len(trace.root.steps) == 6
    text = "\n".join(trace.lines())
    assert "100 x (124 - 120) / 150" in text
    assert "100 x (2000 / 200 - 1820 / 200) / 15" in text
    assert "6 % lies above 5 up to 15 %: 7.5 points" in text
    # Row by row: QS rows 2 to 5, FT rows 2 and 3, RS rows 2 to 5, CK in LB rows 2 and 7.
    rows = {"qs": (2, 3, 4, 5), "ft": (2, 3), "rs": (2, 3, 4, 5), "lb": (2, 7)}
    expected = {f"file raw_{d}.csv, row {r}, field {d}_field" for d, numbers in rows.items() for r in numbers}
    assert set(trace.files()) == expected


def test_the_formula_of_a_score_gives_its_value(told):
    trace = told("TIS", "WEEK 12")
    assert sum(float(part) for part in trace.root.formula.split(" + ")) == float(trace.root.value)


def test_a_missing_measure_is_said(trial, protocol):
    data = trial(RS=None)
    adam = derive_adam(data, protocol)
    lines = "\n".join(explain(adam, data, "001", "TIS", "WEEK 12").lines())
    assert "? + 2.5 + 10 + 5 + 2.5 + ?" in lines
    assert "no value at baseline" in lines


@pytest.mark.parametrize("name", [v.name for v in SPEC["ADSL"].variables])
def test_every_variable_of_a_subject_can_be_explained(told, name):
    trace = told(name)
    assert trace.root.rule
    assert trace.files() or name in ("FASFL",)


@pytest.mark.parametrize("name", [v.name for v in SPEC["ADAE"].variables])
def test_every_variable_of_an_event_can_be_explained(told, name):
    assert told(name, "AE:1").files()


@pytest.mark.parametrize("name", [v.name for v in SPEC["ADLB"].variables])
def test_every_variable_of_a_result_can_be_explained(told, name):
    trace = told(f"CK.{name}", "WEEK 12")
    assert trace.lines()[1].startswith(f"ADLB CK WEEK 12 {name} = ")


@pytest.mark.parametrize("code", ["TTRESP", "TTAE", "TTDISC", "TTDLT", "TOTDOSE", "NDOSES", "DOSE"])
def test_times_and_doses_can_be_explained(told, code):
    assert told(code).files()


def test_the_weight_comes_from_the_row_that_was_taken(told):
    assert "file raw_vs.csv, row 4, field vs_field" in told("WEIGHTBL").files()


def test_a_trace_as_data(told):
    tree = told("BMIBL").as_dict()
    assert (tree["subject"], tree["value"], tree["formula"]) == (
        "PN-101-101-01-001",
        "25",
        "64 / (160 / 100)^2",
    )


def test_the_full_identifier_works_too(told):
    assert told("AGE", subject="PN-101-101-01-001").root.value == "50"


@pytest.mark.parametrize(
    ("subject", "parameter", "visit", "said"),
    [
        ("999", "TIS", "WEEK 12", "no such subject"),
        ("001", "NOPE", None, "expected one of APCPG.*TIS.*CK.*AGE"),
        ("001", "CK", "WEEK 3", "expected one of BASELINE, WEEK 12"),
        ("001", "CK", None, "several visits; expected one of BASELINE, WEEK 12"),
        ("001", "CK.NOPE", "WEEK 12", "no variable NOPE in ADLB"),
        ("001", "TRTEMFL", None, "expected which, such as AE:3"),
        ("001", "TRTEMFL", "AE:9", "expected one of AE:1"),
        ("001", "TRTEMFL", "AE:x", "expected one of AE:1"),
        ("002", "TIS", "WEEK 12", "the subject has no such record"),
    ],
)
def test_what_cannot_be_explained_is_said_with_what_there_is(told, subject, parameter, visit, said):
    with pytest.raises(UsageError, match=said) as refused:
        told(parameter, visit, subject)
    assert "01-002" not in str(refused.value)
