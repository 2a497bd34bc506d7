import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import InputError
from mitograft.product.attributes import load_attributes
from mitograft.product.read import Limit, load_example_specification, read_lots, read_specification
from mitograft.product.specification import certificate, judge_lot, judge_lots, summarise

EXAMPLE = load_example_specification()


def verdicts(raw, specification=EXAMPLE):
    judged = judge_lot(read_lots(raw), specification, "L-1")
    return judged, {row.limit.attribute: row for row in judged.attributes}


def test_a_good_lot_passes(lot_table):
    judged, rows = verdicts(lot_table())
    assert judged.verdict == "pass"
    assert (
        rows["membrane_potential"].verdict == "not tested"
    )  # not mandatory, so the lot does not depend on it
    assert judged.reason == "All 11 mandatory attributes pass."


@pytest.mark.parametrize("absent", ["respiratory_control_ratio", "atp_synthesis"])
def test_respiration_and_atp_synthesis_never_stand_in_for_each_other(lot_table, absent):
    # Freezing lowered oxygen use and not ATP synthesis: The bioenergetics of mitochondria after
    # cryopreservation (rat liver mitochondria).
    judged, rows = verdicts(lot_table(without=(absent,)))
    assert rows[absent].verdict == "not tested"
    assert rows[absent].reason.endswith("another potency assay does not stand in for it.")
    assert judged.verdict == "not tested"
    assert judged.reason == f"Not tested: {absent}."


def test_state_3_alone_gives_no_control_ratio(lot_table):
    added = ("respiration_state3", "90", "nmol/min/mg", "")
    _, rows = verdicts(lot_table(added, without=("respiratory_control_ratio",)))
    assert rows["respiratory_control_ratio"].verdict == "not tested"


def test_the_control_ratio_is_state_3_over_state_4(lot_table):
    added = (("respiration_state3", "90", "nmol/min/mg", ""), ("respiration_state4", "20", "nmol/min/mg", ""))
    _, rows = verdicts(lot_table(*added, without=("respiratory_control_ratio",)))
    assert rows["respiratory_control_ratio"].result.mean == 4.5
    assert "computed from state 3 and state 4" in rows["respiratory_control_ratio"].reason


def test_a_reported_control_ratio_that_contradicts_the_states_is_pointed_out(lot_table):
    added = (("respiration_state3", "90", "nmol/min/mg", ""), ("respiration_state4", "30", "nmol/min/mg", ""))
    judged, rows = verdicts(lot_table(*added))
    assert rows["respiratory_control_ratio"].result.mean == 5
    assert judged.notes == (
        "Lot L-1: the reported respiratory control ratio 5 differs from state 3 over state 4, 3; the "
        "reported one was judged. Check which of the three is wrong.",
    )


@pytest.mark.parametrize(
    ("attribute", "cell"),
    [
        ("particle_size_mean", ("1201", "nm", "")),
        ("tom20_positive", ("79.9", "%", "")),
        ("sterility", ("", "", "growth")),
        ("endotoxin", ("0.51", "EU/mL", "")),
        ("endotoxin", ("", "EU/mL", ">0.5")),
        ("atp_synthesis", ("", "nmol/min/mg", "<100")),
    ],
)
def test_a_mandatory_attribute_outside_its_limit_fails_the_lot(lot_table, attribute, cell):
    judged, rows = verdicts(lot_table(change={attribute: cell}))
    assert rows[attribute].verdict == "fail"
    assert judged.verdict == "fail"
    assert judged.reason == f"Failed: {attribute}."


@pytest.mark.parametrize(
    ("text", "verdict"), [("<0.05", "pass"), ("<0.5", "pass"), ("<1", "not tested"), (">0.1", "not tested")]
)
def test_a_result_below_a_limit_of_quantification_passes_only_where_that_settles_it(lot_table, text, verdict):
    _, rows = verdicts(lot_table(change={"endotoxin": ("", "EU/mL", text)}))
    assert rows["endotoxin"].verdict == verdict


@pytest.mark.parametrize("word", ["Negative", " not detected "])
def test_accepted_words_have_alternatives_and_no_case(lot_table, word):
    _, rows = verdicts(lot_table(change={"mycoplasma": ("", "", word)}))
    assert rows["mycoplasma"].verdict == "pass"


def test_units_are_converted_and_kept(lot_table):
    raw = lot_table(change={"protein": ("1100", "ug/mL", ""), "particle_size_mean": ("0.366", "um", "")})
    summaries = summarise(read_lots(raw), "L-1")
    assert summaries["protein"].mean == pytest.approx(1.1, rel=1e-15)
    assert summaries["particle_size_mean"].mean == pytest.approx(366, rel=1e-15)
    assert summaries["protein"].unit == "mg/mL"


def test_endotoxin_units_are_no_enzyme_units(lot_table):
    # A unit library reads EU as exa-enzyme-units; 1 EU = 1 IU of endotoxin (Ph. Eur. 2.6.14).
    assert summarise(read_lots(lot_table(change={"endotoxin": ("0.1", "IU/mL", "")})), "L-1")[
        "endotoxin"
    ].mean == pytest.approx(0.1)
    with pytest.raises(InputError, match=r"row 11, column unit: found 'U/mL'; expected EU/mL"):
        read_lots(lot_table(change={"endotoxin": ("0.1", "U/mL", "")}))


def test_the_mean_or_every_replicate_meets_the_limit(lot_table):
    raw = lot_table(("protein", "2.5", "mg/mL", ""))  # beside 1.1: the mean is 1.8
    base = next(limit for limit in EXAMPLE if limit.attribute == "protein")
    every = Limit(**{name: getattr(base, name) for name in base.__slots__} | {"rule": "every"})
    assert verdicts(raw, [base])[0].verdict == "pass"
    judged, rows = verdicts(raw, [every])
    assert judged.verdict == "fail"
    assert rows["protein"].reason == "1 of 2 results do not meet 0.5 to 2."


def test_every_violation_of_a_table_of_lots_is_listed(lot_table):
    raw = lot_table(
        ("haemoglobin", "1", "g/L", ""),
        change={
            "protein": ("1.1", "nm", ""),
            "sterility": ("1", "", ""),
            "atp_synthesis": ("", "nmol/min/mg", ""),
            "endotoxin": ("0.05", "", ""),
        },
    )
    with pytest.raises(InputError) as refused:
        read_lots(raw)
    found = {(violation.row, violation.column, violation.rule) for violation in refused.value.violations}
    assert found == {
        (13, "attribute", "unknown-attribute"),
        (4, "unit", "wrong-unit"),
        (10, "value", "not-text"),
        (10, "result_text", "empty"),
        (8, "value", "empty"),
        (11, "unit", "empty"),
    }


def test_every_violation_of_a_specification_is_listed(raw_table):
    names = ("attribute", "low", "high", "expected", "unit", "rule", "stage", "mandatory", "source")
    cells = [
        ("protein", "2", "1", "", "mg/mL", "mean", "release", "yes", "house"),
        ("sterility", "1", "", "", "", "every", "release", "yes", "house"),
        ("tom20_positive", "", "", "", "%", "mean", "release", "yes", "house"),
        ("mycoplasma", "", "", "negative", "", "most", "release", "yes", ""),
    ]
    with pytest.raises(InputError) as refused:
        read_specification(raw_table(names, cells, "specification.csv"))
    found = {(violation.row, violation.column, violation.rule) for violation in refused.value.violations}
    assert found == {
        (2, "low", "out-of-order"),
        (3, "expected", "empty"),
        (3, "low", "not-text"),
        (4, "low", "empty"),
        (5, "rule", "unknown-value"),
        (5, "source", "empty"),
    }


def test_the_example_specification_says_that_it_is_one():
    assert all(limit.source.startswith("EXAMPLE: the limits of PN-101 are not public") for limit in EXAMPLE)
    assert {limit.status for limit in EXAMPLE} == {"assumed"}


def test_both_potency_assays_have_their_own_role():
    cards = load_attributes()
    assert cards["respiratory_control_ratio"].role == "potency respiration"
    assert cards["atp_synthesis"].role == "potency ATP synthesis"


def test_the_certificate_has_a_row_for_every_line(lot_table):
    columns = certificate(judge_lots(read_lots(lot_table(without=("protein",))), EXAMPLE))
    assert len(columns["attribute"]) == sum(limit.stage == "release" for limit in EXAMPLE)
    row = columns["attribute"].index("protein")
    assert (columns["verdict"][row], columns["result"][row], columns["limit"][row]) == (
        "not tested",
        "",
        "0.5 to 2",
    )


@given(value=st.floats(0.01, 10), low=st.floats(0.01, 10), high=st.floats(0.01, 10))
def test_a_number_passes_exactly_where_it_lies_within_its_limits(value, low, high):
    limit = Limit(
        "protein", low, high, (), "mg/mL", "mean", "release", mandatory=True, source="s", status="", note=""
    )
    result = _result(value)
    verdict = judge_lot([result], [limit], "A").verdict
    assert verdict == ("pass" if low <= value <= high else "fail")


@given(bound=st.floats(0.01, 10), truth=st.floats(0, 1, exclude_max=True), high=st.floats(0.01, 10))
def test_a_pass_from_a_bound_holds_for_every_true_value_below_it(bound, truth, high):
    limit = Limit(
        "endotoxin",
        math.nan,
        high,
        (),
        "EU/mL",
        "every",
        "release",
        mandatory=True,
        source="s",
        status="",
        note="",
    )
    verdict = judge_lot([_result(bound, "endotoxin", "<")], [limit], "A").verdict
    exact = judge_lot([_result(truth * bound, "endotoxin")], [limit], "A").verdict
    assert verdict == "not tested" or verdict == exact


def _result(value, attribute="protein", bound=""):
    from mitograft.product.read import LotResult

    return LotResult("A", attribute, value, "", "", bound, "1", "", "")
