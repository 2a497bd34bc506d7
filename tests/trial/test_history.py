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
    assert len(reading.readings) == 5
    return reading.readings


def test_every_result_is_read(nine):
    assert nine.k.tolist() == list(range(10))
    assert nine.rate == pytest.approx(np.arange(10) / 9)
    for reading in readings(nine):
        for column in (reading.probability, reading.difference, reading.low, reading.high, reading.chance):
            assert column.shape == (10,)
        assert reading.conflict.shape == (10,)
        assert reading.method.startswith("posterior difference, ")
    assert [reading.name for reading in readings(nine)] == [
        "full",
        "discounted",
        "all arms",
        "meta-analytic",
        "robust meta-analytic",
    ]
    assert [reading.exact for reading in readings(nine)] == [True, True, True, False, False]


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
    assert len(nine.widened.arms) == 3
    assert nine.widened.effective_size == 96
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
        ({"tau_scale": "0"}, "Scale of the heterogeneity prior: found 0"),
        ({"vague_weight": "1.5"}, "Weight of the vague part: found 1.5"),
        ({"centre_rate": "1"}, "Parameter centre_rate: found 1"),
        ({"mixture_components": "9"}, "Components of a mixture: found 9"),
    ],
)
def test_impossible_parameters_are_refused(change, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_single_arm(2, 20, parameters=load_single_arm_parameters().override(change))


def test_evidence_of_a_result(nine):
    rows = nine.as_evidence(7, treatment="PN-101", source="trial/tis.csv", data_kind="measured")
    assert [row.contrast for row in rows] == ["PN-101, single arm"] + ["PN-101 vs historical placebo"] * 5
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
    assert [verdicts[k] for k in (4, 7, 8)] == ["inconclusive"] * 3
    assert verdicts[9] == "supported"
    assert verdicts[0] == "not supported"


def test_claim_a12_is_judged_by_the_least_favourable_reading_and_never_alone(nine):
    claim = next(claim for claim in load_claims() if claim.id == "A12")
    tis = Evidence(
        claim.quantity, claim.contrast, 35, 22.5, 47.5, 0.95, "points", 9, "median", "t.csv", "measured"
    )
    rows = nine.as_evidence(8, treatment="PN-101", source="t.csv", data_kind="measured")
    # Pooled history alone would support 8 of 9; the readings with borrowing do not.
    pooled = [row for row in rows if "meta-analytic" not in row.method]
    assert judge(claim, [tis, *pooled]).companion.verdict == "supported"
    judgement = judge(claim, [tis, *rows])
    assert judgement.companion.verdict == "inconclusive"
    assert (
        "robust" in judgement.companion.deciding.method
        or "meta-analytic" in judgement.companion.deciding.method
    )
    assert judgement.beside
    # The rate of the single arm is no evidence for the comparison.
    alone = judge(claim, [tis, rows[0]])
    assert (alone.verdict, alone.companion.verdict) == ("inconclusive", "not tested")


def test_borrowing_with_one_arm_is_wide_and_says_why(nine):
    assert nine.prior.arms == 1
    assert "One past arm shows nothing of how much arms differ" in nine.meta_analytic.note
    assert "off by at most" in nine.meta_analytic.note
    assert nine.fit_error < 5e-4
    # 48 patients of one arm are worth about 6, with a vague part about 4.6 (ELIR).
    assert nine.meta_analytic.effective_size == pytest.approx(5.9, abs=0.1)
    assert nine.robust.effective_size == pytest.approx(4.6, abs=0.1)
    assert nine.robust.size.moment < nine.meta_analytic.size.moment < nine.discounted.size.moment
    # Nothing but nine of nine convinces.
    assert nine.meta_analytic.smallest == {0.95: 9, 0.975: 9}
    assert nine.robust.smallest == {0.95: 9, 0.975: 9}


def test_k_of_nine_against_the_robust_prior(nine):
    # What the concept page prints.
    expected = [0.031, 0.109, 0.214, 0.346, 0.493, 0.635, 0.755, 0.849, 0.920, 0.976]
    assert nine.robust.probability == pytest.approx(expected, abs=1e-3)
    assert np.all(nine.robust.low[:9] < 0)


def test_probability_against_the_meta_analytic_prior_is_the_integral_over_its_grid(nine):
    from scipy.special import betainc

    for k in range(10):
        exact = (1 - betainc(0.5 + k, 9.5 - k, nine.prior.rate)) @ nine.prior.mass
        assert nine.meta_analytic.probability[k] == pytest.approx(exact, abs=2 * nine.fit_error)
    uniform = probability_greater(0.5 + nine.k, 9.5 - nine.k, 1, 1)
    mixed = 0.8 * nine.meta_analytic.probability + 0.2 * uniform
    assert nine.robust.probability == pytest.approx(mixed, abs=1e-12)


def test_without_heterogeneity_borrowing_is_pooling(nine):
    settings = load_single_arm_parameters().override({"tau_scale": "0.01"})
    close = read_single_arm(9, 20, parameters=settings)
    assert close.meta_analytic.probability == pytest.approx(nine.full.probability, abs=0.01)
    assert close.meta_analytic.effective_size == pytest.approx(49, rel=0.05)


def test_vague_weight_goes_from_the_history_to_nothing():
    parameters = load_single_arm_parameters()
    none = read_single_arm(3, 20, parameters=parameters.override({"vague_weight": "0"}))
    assert none.robust.probability == pytest.approx(none.meta_analytic.probability, abs=1e-12)
    assert none.robust.kept is None
    every = read_single_arm(3, 20, parameters=parameters.override({"vague_weight": "1"}))
    assert every.robust.probability == pytest.approx(probability_greater(0.5 + every.k, 3.5 - every.k, 1, 1))
    assert every.robust.kept == pytest.approx(np.zeros(4))


def test_conflict_and_the_weight_the_history_keeps(nine):
    # Full history: 9 of 9 on placebo would be a surprise of its own probability, B(30.5, 27.5)/B(21.5, 27.5).
    assert nine.full.conflict[9] == pytest.approx(nine.full.chance[9], abs=1e-12)
    assert nine.full.conflict.max() == pytest.approx(1.0)
    for reading in readings(nine):
        assert 3 <= int(np.argmax(reading.conflict)) <= 5
        assert np.all(np.diff(reading.conflict[5:]) < 0)
    assert [reading.kept is None for reading in readings(nine)] == [True] * 4 + [False]
    # Where the history fits it gains weight over 0.8, at the ends it loses.
    assert nine.robust.kept[4] > 0.8 > nine.robust.kept[9]
    assert nine.robust.kept[9] == pytest.approx(0.60, abs=0.01)


def test_everybody_and_nobody_responded_on_placebo():
    for responders in (0, 12):
        arm = PlaceboArm("own", "", "placebo", "PM", 12, 20, responders, 12, 0, True, "source", "own data")
        reading = read_single_arm(2, 20, [arm])
        for one in reading.readings:
            assert np.isfinite(one.probability).all()
            assert np.isfinite([one.low, one.high]).all()


def test_arms_that_differ_are_not_worth_their_sum(nine):
    # 21 of 48, 2 of 6 and 31 of 42 pooled count as 96 patients; as arms that differ, as fewer than one alone.
    every = [replace(arm, pool=True) for arm in load_placebo_arms() if arm.threshold == 20]
    reading = read_single_arm(9, 20, every)
    assert reading.full.effective_size == 96
    assert reading.meta_analytic.effective_size < nine.meta_analytic.effective_size
    assert reading.prior.heterogeneity.mean > nine.prior.heterogeneity.mean


def test_more_arms_are_worth_more(nine):
    arm = next(arm for arm in load_placebo_arms() if arm.pool and arm.threshold == 20)
    three = read_single_arm(9, 20, [replace(arm, trial=name) for name in ("A", "B", "C")])
    assert three.prior.arms == 3
    assert "One past arm" not in three.meta_analytic.note
    assert three.meta_analytic.effective_size > 2 * nine.meta_analytic.effective_size
    assert three.prior.heterogeneity.mean < nine.prior.heterogeneity.mean
