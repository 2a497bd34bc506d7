"""Claims: the shipped table, the rule of judgement and its laws."""

import csv
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.claims import Claim, judge, judge_all, load_claims
from mitograft.errors import UsageError
from mitograft.evidence import Evidence

RANK = {"not supported": 0, "inconclusive": 1, "supported": 2}


def claim(direction="higher", margin=0.0, **more):
    return Claim("X", "A claim.", "cell viability", "PN-101 vs none", direction, margin, "", "own", **more)


def row(low, high, *, kind="measured", note="", **more):
    values = {"quantity": "cell viability", "contrast": "PN-101 vs none", "unit": "%", **more}
    return Evidence(
        estimate=(low + high) / 2, low=low, high=high, level=0.95, n=6, method="t interval", source="a.csv",
        data_kind=kind, note=note, **values,
    )  # fmt: skip


# --- the table -------------------------------------------------------------------------------------------


def test_the_21_claims(shared):
    with (shared / "facts" / "claims.csv").open(encoding="utf-8") as file:
        facts = {fact["id"]: fact for fact in csv.DictReader(file)}
    claims = load_claims()
    assert [c.id for c in claims] == list(facts)
    assert len(claims) == 21
    for c in claims:
        fact = facts[c.id]
        assert (c.arm, c.system, c.quantity, c.source) == (
            fact["arm"],
            fact["system"],
            fact["quantity"],
            fact["source"],
        )
        assert c.contrast.startswith(fact["comparison"])
        expected = {"none": "lower"}.get(fact["direction"], fact["direction"].split()[0])
        assert c.direction == expected


def test_every_claim_is_told_apart_and_says_what_would_test_it():
    claims = load_claims()
    everything = [*claims, *(c.beside for c in claims if c.beside)]
    assert len({(c.quantity, c.contrast) for c in everything}) == len(everything)
    assert all(c.statement.endswith(".") and c.needs and c.source for c in everything)


def test_margins_without_a_source_are_flagged():
    margins = {c.id: (c.margin, c.flagged) for c in load_claims() if c.margin}
    assert margins == {"A10": (0.2, True), "A11": (0.33, True), "A12": (20.0, False)}


def test_nothing_at_hand_is_not_tested_and_says_what_would():
    for judgement in judge_all(load_claims(), []):
        assert judgement.verdict == "not tested"
        assert judgement.data_kind == ""
        assert judgement.reason.startswith(f"No evidence on {judgement.claim.quantity}")
        assert f"It would be tested by {judgement.claim.needs}." in judgement.reason


# --- the rule --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "margin", "low", "high", "verdict"),
    [
        ("higher", 0, 0.1, 2, "supported"),
        ("higher", 0, 0, 2, "inconclusive"),
        ("higher", 0, -1, 2, "inconclusive"),
        ("higher", 0, -2, 0, "not supported"),
        ("higher", 5, 3, 4, "not supported"),
        ("lower", 0, -2, -0.1, "supported"),
        ("lower", 0, -2, 0, "inconclusive"),
        ("lower", 0.33, 0, 0.336, "inconclusive"),
        ("lower", 0.33, 0, 0.3, "supported"),
        ("lower", 0, 0, 3, "not supported"),
        ("restored", 1, -0.9, 0.9, "supported"),
        ("restored", 1, -0.9, 1, "inconclusive"),
        ("restored", 1, -3, 0.5, "inconclusive"),
        ("restored", 1, -9, 9, "inconclusive"),
        ("restored", 1, 1, 2, "not supported"),
        ("restored", 1, -2, -1, "not supported"),
        ("higher", 0, 0.1, float("inf"), "supported"),
    ],
)
def test_interval_against_margin(direction, margin, low, high, verdict):
    judgement = judge(claim(direction, margin), [row(low, high)])
    assert judgement.verdict == verdict
    assert judgement.label == verdict
    assert judgement.data_kind == "measured"


def test_an_inclusive_margin_counts_as_reached():
    # TIS of at least 20: an interval from 20 upwards fulfils it.
    assert judge(claim("higher", 20, inclusive=True), [row(20, 40)]).verdict == "supported"
    assert judge(claim("higher", 20), [row(20, 40)]).verdict == "inconclusive"
    assert judge(claim("higher", 20, inclusive=True), [row(10, 20)]).verdict == "inconclusive"
    assert judge(claim("higher", 20, inclusive=True), [row(10, 19)]).verdict == "not supported"


def test_reason_names_interval_and_margin():
    reason = judge(claim("higher", 5), [row(6, 8)]).reason
    assert reason == "7 % (95 % interval 6 to 8), n = 6, t interval; the claim asks for more than 5."


def test_other_quantity_or_contrast_does_not_count():
    others = [row(1, 2, quantity="ATP"), row(1, 2, contrast="PN-101 vs vehicle")]
    assert judge(claim(), others).verdict == "not tested"
    assert judge(claim(), others).evidence == ()


def test_case_and_spacing_of_names_do_not_matter():
    assert (
        judge(claim(), [row(1, 2, quantity="Cell  Viability", contrast="PN-101 VS none ")]).verdict
        == "supported"
    )


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (
            row(1, 2, unit="ratio"),
            "in the unit 'ratio' cannot be compared with the margin; give the log ratio",
        ),
        (row(float("nan"), float("nan")), "a row has no interval"),
    ],
)
def test_unusable_rows_are_shown_but_do_not_decide(bad, why):
    alone = judge(claim(), [bad])
    assert alone.verdict == "not tested"
    assert why in alone.reason
    assert alone.evidence == (bad,)
    assert judge(claim(), [bad, row(1, 2)]).verdict == "supported"


def test_unit_of_the_margin_must_match():
    judgement = judge(replace(claim(margin=20.0), unit="points"), [row(30, 40)])
    assert judgement.verdict == "not tested"
    assert "a row is in '%', the margin in 'points'" in judgement.reason


def test_least_favourable_row_decides_unless_one_is_primary():
    good, bad = row(1, 2), row(-1, 2)
    several = judge(claim(), [good, bad])
    assert (several.verdict, several.deciding) == ("inconclusive", bad)
    assert several.evidence == judge(claim(), [bad, good]).evidence
    assert "least favourable of 2 results" in several.reason
    named = judge(claim(), [replace(good, note="Primary: all donors"), bad])
    assert named.verdict == "supported"
    assert len(named.evidence) == 2
    two_named = judge(
        claim(), [replace(good, note="primary"), replace(bad, note="primary, wells"), row(-9, -8)]
    )
    assert two_named.deciding.low == -1


# --- simulated data --------------------------------------------------------------------------------------


def test_simulated_evidence_never_gives_a_plain_verdict():
    for low, high in ((1, 2), (-1, 1), (-2, -1)):
        judgement = judge(claim(), [row(low, high, kind="simulated")])
        assert judgement.data_kind == "simulated"
        assert judgement.label == f"{judgement.verdict} (simulated data)"
        assert judgement.reason.startswith(
            "In simulated data only, which tests the analysis and not the treatment"
        )


def test_real_rows_decide_before_simulated_ones():
    rows = [row(-1, 2), row(3, 4, kind="simulated", note="primary"), row(-4, -3, kind="simulated")]
    judgement = judge(claim(), rows)
    assert (judgement.verdict, judgement.data_kind) == ("inconclusive", "measured")
    assert len(judgement.evidence) == 3


# --- companions ------------------------------------------------------------------------------------------

TIS = Evidence(
    "IMACS-TIS", "after PN-101 vs own baseline", 35, 22.5, 47.5, 0.95, "points", 9, "median", "t", "measured"
)
PLACEBO = Evidence(
    "TIS>=20 response", "PN-101 vs historical placebo", 0.4, 0.1, 0.6, 0.95, "1", 9, "m", "t", "measured"
)


def a12():
    return next(c for c in load_claims() if c.id == "A12")


def test_a12_is_never_judged_without_the_comparison_with_placebo():
    alone = judge(a12(), [TIS])
    assert alone.verdict == "inconclusive"
    assert "Not judged by itself: what must stand beside it has no evidence (A12.placebo)." in alone.reason
    assert "Not tested" in alone.beside


def test_a12_shows_the_comparison_with_placebo_beside_its_verdict():
    both = judge(a12(), [TIS, PLACEBO])
    assert both.verdict == "supported"
    assert both.beside.startswith(
        "More patients reach a Total Improvement Score of 20 after PN-101 than under placebo."
    )
    assert "Supported: 0.4 (95 % interval 0.1 to 0.6)" in both.beside
    straddling = judge(a12(), [TIS, replace(PLACEBO, low=-0.1)])
    assert straddling.companion.verdict == "inconclusive"
    assert "To be read beside A12.placebo: inconclusive." in straddling.reason


def test_a_simulated_companion_does_not_vouch_for_real_data():
    judgement = judge(a12(), [TIS, replace(PLACEBO, data_kind="simulated")])
    assert judgement.verdict == "inconclusive"
    assert "what must stand beside it is only simulated" in judgement.reason
    simulated = judge(a12(), [replace(TIS, data_kind="simulated"), replace(PLACEBO, data_kind="simulated")])
    assert simulated.label == "supported (simulated data)"


def test_a_missing_companion_does_not_soften_a_refutation():
    assert judge(a12(), [replace(TIS, low=2.5, high=15, estimate=10)]).verdict == "not supported"


def test_transient_gain_needs_its_second_half():
    b07 = next(c for c in load_claims() if c.id == "B07")
    day2 = Evidence(b07.quantity, b07.contrast, 0.3, 0.1, 0.5, 0.95, "1", 4, "t", "s", "measured")
    later = replace(day2, contrast=b07.beside.contrast, estimate=0, low=-0.05, high=0.05)
    assert judge(b07, [day2]).verdict == "inconclusive"
    both = judge(b07, [day2, later])
    assert (both.verdict, both.companion.verdict) == ("supported", "supported")


def test_claims_without_companion_have_nothing_beside():
    assert judge(claim(), [row(1, 2)]).beside == ""


# --- laws ------------------------------------------------------------------------------------------------

ends = st.tuples(st.integers(-40, 40), st.integers(0, 40)).map(lambda x: (x[0] / 4, (x[0] + x[1]) / 4))
margins = st.integers(-20, 20).map(lambda x: x / 4)
kinds = st.sampled_from(["measured", "published", "simulated"])
many = st.lists(st.tuples(ends, kinds, st.sampled_from(["", "primary"])), min_size=1, max_size=5)


def made(rows):
    return [row(*interval, kind=kind, note=note) for interval, kind, note in rows]


@settings(deadline=None)
@given(ends, margins, st.booleans(), st.integers(0, 40))
def test_moving_in_the_direction_never_makes_it_worse(interval, margin, inclusive, shift):
    low, high = interval
    for direction, sign in (("higher", 1), ("lower", -1)):
        put = claim(direction, margin, inclusive=inclusive)
        before = judge(put, [row(low, high)]).verdict
        after = judge(put, [row(low + sign * shift / 4, high + sign * shift / 4)]).verdict
        assert RANK[after] >= RANK[before]


@settings(deadline=None)
@given(ends, st.integers(1, 20), st.integers(1, 8))
def test_shrinking_towards_the_reference_never_makes_restoration_worse(interval, margin, factor):
    put = claim("restored", margin / 4)
    before = judge(put, [row(*interval)]).verdict
    after = judge(put, [row(interval[0] / factor, interval[1] / factor)]).verdict
    assert RANK[after] >= RANK[before]


@settings(deadline=None)
@given(ends, margins, st.booleans())
def test_higher_and_lower_are_mirror_images(interval, margin, inclusive):
    low, high = interval
    up = judge(claim("higher", margin, inclusive=inclusive), [row(low, high)])
    down = judge(claim("lower", -margin, inclusive=inclusive), [row(-high, -low)])
    assert up.verdict == down.verdict


@settings(deadline=None)
@given(ends, st.integers(1, 20))
def test_restoration_does_not_know_the_sign(interval, margin):
    low, high = interval
    put = claim("restored", margin / 4)
    assert judge(put, [row(low, high)]).verdict == judge(put, [row(-high, -low)]).verdict


@settings(deadline=None)
@given(ends, margins)
def test_supported_and_refuted_exclude_each_other(interval, margin):
    higher = judge(claim("higher", margin), [row(*interval)]).verdict
    at_most = judge(claim("lower", margin, inclusive=True), [row(*interval)]).verdict
    assert {"supported": "not supported", "not supported": "supported"}.get(higher, "inconclusive") == at_most


@settings(deadline=None)
@given(many, st.randoms(use_true_random=False), st.sampled_from(["higher", "lower"]))
def test_the_order_of_rows_does_not_matter(rows, random, direction):
    evidence = made(rows)
    shuffled = evidence.copy()
    random.shuffle(shuffled)
    assert judge(claim(direction), evidence) == judge(claim(direction), shuffled)


@settings(deadline=None)
@given(many, ends)
def test_a_further_real_row_never_improves_the_verdict(rows, interval):
    evidence = [replace(one, note="", data_kind="measured") for one in made(rows)]
    before, after = judge(claim(), evidence), judge(claim(), [*evidence, row(*interval)])
    assert RANK[after.verdict] <= RANK[before.verdict]


# --- what cannot be a claim ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "margin", "sentence"),
    [
        ("bigger", 0.0, "found direction 'bigger'; expected higher, lower or restored"),
        ("restored", 0.0, r"found margin 0\.0; expected a finite number, above 0 for a claim of restoration"),
        ("higher", float("nan"), "found margin nan"),
    ],
)
def test_impossible_claims_are_refused(direction, margin, sentence):
    with pytest.raises(UsageError, match=sentence):
        claim(direction, margin)
