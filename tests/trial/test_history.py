"""A single-arm result against historical placebo: laws, exact cross-checks, contrast with a naive reading."""

from dataclasses import replace
from fractions import Fraction
from math import comb

import numpy as np
import pytest

from mitograft.claims import judge, load_claims
from mitograft.errors import UsageError
from mitograft.evidence import Evidence
from mitograft.statistics.beta_difference import probability_greater
from mitograft.trial.history import load_single_arm_parameters, read_single_arm
from mitograft.trial.placebo import PlaceboArm, load_placebo_arms


@pytest.fixture(scope="module")
def nine():
    return read_single_arm(9, 20)


def readings(reading):
    return [reading.full, reading.discounted, reading.widened]


def test_every_result_is_read(nine):
    assert nine.k.tolist() == list(range(10))
    assert nine.rate == pytest.approx(np.arange(10) / 9)
    for reading in readings(nine):
        for column in (reading.probability, reading.difference, reading.low, reading.high, reading.chance):
            assert column.shape == (10,)


def test_more_responders_are_stronger_evidence(nine):
    for reading in readings(nine):
        for rising in (reading.probability, reading.difference, reading.low, reading.high):
            assert np.all(np.diff(rising) > 0)
        assert np.all(np.diff(reading.chance) < 0)
        assert np.all((reading.low < reading.difference) & (reading.difference < reading.high))


def test_probability_is_that_of_the_two_posteriors(nine):
    # 21 of 48 under Jeffreys priors: Beta(21.5, 27.5); a quarter of it: Beta(5.75, 7.25).
    k = np.arange(10)
    assert (nine.full.placebo.a, nine.full.placebo.b) == (21.5, 27.5)
    assert (nine.discounted.placebo.a, nine.discounted.placebo.b) == (5.75, 7.25)
    assert (nine.full.effective_size, nine.discounted.effective_size) == (48.0, 12.0)
    assert nine.full.probability == pytest.approx(
        probability_greater(0.5 + k, 9.5 - k, 21.5, 27.5), abs=1e-14
    )
    assert nine.discounted.probability == pytest.approx(
        probability_greater(0.5 + k, 9.5 - k, 5.75, 7.25), abs=1e-14
    )


def test_smallest_convincing_count(nine):
    for reading in readings(nine):
        for level, k in reading.smallest.items():
            assert reading.probability[k] >= level
            assert reading.probability[k - 1] < level
    assert nine.discounted.smallest[0.95] >= nine.full.smallest[0.95]


def test_nine_patients_need_seven_or_eight_responders(nine):
    # The size of NCT04976140: six of nine (67 %) would not convince against 21 of 48 on placebo.
    assert nine.full.smallest == {0.95: 7, 0.975: 8}
    assert nine.discounted.smallest == {0.95: 8, 0.975: 8}
    assert np.round(nine.full.probability[6], 3) == 0.897


def test_no_count_convinces_in_a_tiny_trial():
    assert read_single_arm(1, 20).full.smallest == {0.95: None, 0.975: None}


def test_chance_at_a_fixed_placebo_rate_is_the_exact_binomial_tail(nine):
    assert nine.placebo_rates == pytest.approx(np.arange(5, 61, 5) / 100)
    for i, rate in enumerate([Fraction(p, 100) for p in range(5, 61, 5)]):
        for k in range(10):
            exact = sum(comb(9, j) * rate**j * (1 - rate) ** (9 - j) for j in range(k, 10))
            assert nine.chance[i, k] == pytest.approx(float(exact), abs=1e-13)


def test_chance_over_the_posterior_is_at_least_that_at_the_estimate(nine):
    # Not knowing the placebo rate makes extreme counts more likely than at its mean.
    at_mean = (21.5 / 49) ** 9
    assert at_mean < nine.full.chance[9] < nine.discounted.chance[9]


def test_uncontrolled_reading_claims_more(nine):
    # One responder of nine "proves" improvement over baseline; against placebo it speaks the other way.
    assert nine.naive[1:].tolist() == [1.0] * 9
    assert 0 < nine.naive[0] < 0.5
    assert np.all(nine.full.probability < nine.naive)
    assert nine.full.probability[1] < 0.05
    assert nine.full.probability[4] == pytest.approx(0.5, abs=0.05)
    assert 5 / 9 > 0.4375
    assert nine.full.low[5] < 0 < nine.full.difference[5]


def test_no_responder_and_the_zero_rate(nine):
    # The prior's chance of no responder, B(1/2, 9 + 1/2) / B(1/2, 1/2), is the product of (2i - 1)/(2i).
    none = float(np.prod([Fraction(2 * i - 1, 2 * i) for i in range(1, 10)]))
    assert nine.naive[0] == pytest.approx(none / (1 + none), abs=1e-12)


def test_arms_kept_out_are_shown_but_not_pooled(nine):
    assert [arm.trial for arm in nine.full.arms] == ["ProDERM"]
    assert len(nine.widened.arms) == 2
    assert nine.widened.effective_size == 54
    only = [arm for arm in load_placebo_arms() if arm.pool]
    assert read_single_arm(2, 20, only).widened is None


def test_weight_zero_forgets_the_history():
    forgotten = read_single_arm(2, 20, weight=0.0)
    assert forgotten.full.name == "weight 0"
    assert (forgotten.full.placebo.a, forgotten.full.effective_size) == (0.5, 0.0)


def test_parameters_can_be_overridden_and_stay_flagged():
    settings = load_single_arm_parameters().override({"history_weight": "1", "conviction": "0.9"})
    reading = read_single_arm(3, 20, parameters=settings)
    assert reading.discounted.probability == pytest.approx(reading.full.probability, abs=1e-15)
    assert set(reading.full.smallest) == {0.9, 0.975}
    assert {"history_weight", "conviction"} <= {p.id for p in reading.parameters.flagged()}


def test_the_discount_has_no_source_and_says_so():
    weight = load_single_arm_parameters()["history_weight"]
    assert weight.flagged
    assert weight.citation.startswith("no source")


def test_users_own_arms():
    own = PlaceboArm("own", "", "placebo", "PM", 12, 40, 2, 10, 0, True, "source", "own data")
    reading = read_single_arm(2, 40, [own, replace(own, trial="other", responders=3)])
    assert (reading.full.placebo.a, reading.full.placebo.b) == (5.5, 15.5)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 20), "Treated patients: found 0; expected 1 to 10000"),
        ((9, 30), r"found no arm to pool with threshold 30; expected one of 20, 40, 60"),
        ((9, 20, []), "expected one of none, no arm has pool = yes"),
    ],
)
def test_impossible_requests_are_refused(arguments, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_single_arm(*arguments)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"history_weight": "2"}, "Weight of historical patients: found"),
        ({"rate_low": "0.7"}, "Grid of placebo response rates: found 0.7 to 0.6"),
        ({"rate_step": "0"}, "a positive step"),
        ({"credible_level": "95"}, "Level of an interval: found 95"),
    ],
)
def test_impossible_parameters_are_refused(change, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_single_arm(2, 20, parameters=load_single_arm_parameters().override(change))


def test_evidence_of_a_result(nine):
    rows = nine.as_evidence(7, treatment="PN-101", source="trial/tis.csv", data_kind="measured")
    assert [row.contrast for row in rows] == ["PN-101, single arm"] + ["PN-101 vs historical placebo"] * 3
    assert rows[0].estimate == pytest.approx(7 / 9)
    assert all(row.low <= row.estimate <= row.high and row.n == 9 and row.level == 0.95 for row in rows)
    assert "ProDERM" in rows[1].source
    with pytest.raises(UsageError, match="found 10; expected 0 to 9"):
        nine.as_evidence(10, treatment="PN-101", source="x", data_kind="measured")


def test_the_reading_is_what_claim_a12_must_stand_beside(nine):
    claim = next(claim for claim in load_claims() if claim.id == "A12")
    tis = Evidence(
        claim.quantity,
        claim.contrast,
        35,
        22.5,
        47.5,
        0.95,
        "points",
        9,
        "median",
        "trial/tis.csv",
        "measured",
    )
    alone = judge(claim, [tis])
    assert alone.verdict == "inconclusive"
    verdicts = {}
    for k in range(10):
        rows = nine.as_evidence(k, treatment="PN-101", source="trial/tis.csv", data_kind="measured")
        verdicts[k] = judge(claim, [tis, *rows]).companion.verdict
    assert verdicts[7] == "inconclusive"
    assert verdicts[9] == "supported"
    assert verdicts[0] == "not supported"
