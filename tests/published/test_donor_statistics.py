"""Donor statistics against published data and values computed with R (lme4, lmerTest, multcomp)."""

import csv
import math

import numpy as np
import pytest

from mitograft.statistics.blocked import fit_blocks, paired_t
from mitograft.statistics.donor_comparison import compare_donors, compare_dunnett
from mitograft.statistics.dunnett import dunnett
from mitograft.statistics.mixed import RandomTerm, fit_mixed

# Davies, Statistical Methods in Research and Production (1947), as `Dyestuff` in R's lme4: yield of six
# batches, five preparations each.
DYESTUFF = [
    1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
    1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445,
]  # fmt: skip
# Box and Tiao, Bayesian Inference in Statistical Analysis (1973), as `Dyestuff2` in lme4: batches alike.
DYESTUFF2 = [
    7.298, 3.846, 2.434, 9.566, 7.990, 5.220, 6.556, 0.608, 11.788, -0.892, 0.110, 10.386,
    13.434, 5.510, 8.166, 2.212,
    4.852, 7.092, 9.288, 4.980, 0.282, 9.014, 4.458, 9.446, 7.198, 1.722, 4.782, 8.106, 0.758, 3.758,
]  # fmt: skip
BATCHES = [i // 5 for i in range(30)]

# Belenky et al., J Sleep Res 2003;12:1, as `sleepstudy` in lme4: reaction times (1e-4 ms) of 18 subjects on
# days 0 to 9.
SLEEP = """
    2495600 2587047 2508006 3214398 3568519 4146901 3822038 2901486 4305853 4663535 2227339 2052658
    2029778 2047070 2077161 2159618 2136303 2177272 2242957 2373142 1990539 1943322 2343200 2328416
    2293074 2204579 2354208 2557511 2610125 2475153 3215426 3004002 2838565 2851330 2857973 2975855
    2802396 3182613 3053495 3540487 2876079 2850000 3018206 3201153 3162773 2933187 2900750 3348177
    2937469 3715811 2348606 2428118 2729613 3097688 3174629 3099976 4541619 3468311 3303003 2538644
    2838424 2895550 2767693 2998097 2971710 3381665 3320265 3488399 3333600 3620428 2654731 2762012
    2433647 2546723 2790244 2841912 3055248 3315229 3357469 3772990 2416083 2739472 2544907 2708021
    2514519 2546362 2454523 2353110 2357541 2372466 3123666 3138058 2916112 3461222 3657324 3918385
    4042601 4166923 4558643 4589167 2361032 2303167 2389256 2549220 2507103 2697744 2815648 3081020
    3362806 3516451 2562968 2434543 2562046 2555271 2689165 3297247 3794445 3629184 3944872 3890527
    2505265 3000576 2698939 2805891 2718274 3046336 2877466 2665955 3215418 3475655 2216771 2981939
    3268785 3468555 3487402 3528287 3544266 3604326 3756406 3885417 2719235 2684369 2572424 2776566
    3148222 3172135 2981353 3481229 3402800 3665131 2252640 2345235 2389008 2404730 2675373 3441937
    2811481 3475855 3651630 3722288 2698804 2724428 2778989 2817895 2791705 2845120 2592658 3046306
    3507807 3694692 2694117 2734740 2975968 3106316 2871726 3296076 3344818 3432199 3691417 3641236
"""


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def speeds(shared):
    """Lord et al., J Cell Biol 2020;219:e202001064: speeds of 300 cells, three replicates, two arms."""
    rows = read(shared / "data" / "in_vitro" / "gpl" / "superplots_combined.csv")
    return (
        [float(row["Speed"]) for row in rows],
        [row["Replicate"] for row in rows],
        [row["Treatment"] for row in rows],
    )


@pytest.fixture(scope="module")
def maximal(shared):
    """Maximal respiration of 40 wells on two plates (wmoldham/seahorse raw_1 and raw_3, Agilent rules)."""
    rows = read(shared / "data" / "in_vitro" / "seahorse" / "expected_agilent_rules_xfe24_plates_1_3.csv")
    return (
        [float(row["maximal"]) for row in rows],
        [row["plate"] for row in rows],
        [row["Group"] for row in rows],
    )


def test_random_intercept_of_the_superplots_data_as_lme4(speeds):
    y, replicate, treatment = speeds
    design = [[1.0, float(name != "Control")] for name in treatment]
    fit = fit_mixed(y, design, [RandomTerm("replicate", replicate)], names=("control", "drug"))
    assert fit.estimate == pytest.approx([31.58355, -9.986976], abs=5e-6)
    assert fit.se[1] == pytest.approx(0.717211, abs=5e-7)
    assert fit.variance("replicate") == pytest.approx(88.304, abs=5e-4)
    assert fit.variance("residual") == pytest.approx(38.579, abs=5e-4)
    # What makes this pseudo-replication: 296 degrees of freedom from three replicates.
    assert fit.contrast("drug").df == pytest.approx(296)


def test_replicate_means_of_the_superplots_data(speeds):
    result = compare_donors(*speeds, first="Control", second="Drug", replicate_unit="cell")
    assert result.estimate == pytest.approx(9.986976, abs=5e-7)
    assert result.estimate / result.se == pytest.approx(8.174, abs=5e-4)
    assert (result.df, result.n_first, result.n_second, result.paired) == (2, 3, 3, True)
    assert result.p == pytest.approx(0.0146, abs=5e-5)
    assert result.p_permutation == 0.25
    assert result.unit_note.startswith("The donor is the unit: 300 cells of 3 donors, averaged")


def test_maximal_respiration_by_group_and_plate_as_lme4(maximal):
    y, plate, group = maximal
    design = [[1.0, *(float(name == other) for other in "BCDE")] for name in group]
    fit = fit_mixed(y, design, [RandomTerm("plate", plate)], names=tuple("ABCDE"))
    assert fit.estimate == pytest.approx([60.61932, 1.46600, 19.42127, 25.52706, 11.38303], abs=5e-6)
    assert fit.se == pytest.approx([12.3905, *[7.07206] * 4], rel=1e-5)
    assert fit.variance("plate") == pytest.approx(257.037, abs=5e-4)
    assert fit.variance("residual") == pytest.approx(200.056, abs=5e-4)
    assert fit.contrast("D").df == pytest.approx(34)


def test_dunnett_with_wells_as_n_as_multcomp(maximal):
    y, _, group = maximal
    result = dunnett(fit_blocks(y, group), "A")
    assert [row.p for row in result.comparisons] == pytest.approx([0.9995, 0.1370, 0.0326, 0.5596], abs=5e-5)


def test_dunnett_on_plate_means_with_the_plate_as_block_as_multcomp(maximal):
    result = compare_dunnett(*maximal, control="A")
    assert [row.t for row in result.comparisons] == pytest.approx([0.3547, 4.6996, 6.1771, 2.7545], abs=5e-5)
    assert [row.p for row in result.comparisons] == pytest.approx([0.9866, 0.0255, 0.0097, 0.1320], abs=5e-5)
    assert (result.df, result.n_donors, result.blocked) == (4, 2, True)


def test_paired_t_of_students_sleep_data():
    # Student, Biometrika 1908;6:1: extra hours of sleep by two drugs in ten patients; t = 4.0621, df 9,
    # p = 0.002833, 95 % interval 0.70 to 2.46 (example of t.test in R).
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    result = paired_t(second, first)
    assert result.t == pytest.approx(4.0621, abs=5e-5)
    assert result.p == pytest.approx(0.002833, abs=5e-7)
    assert (result.low, result.high) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)


def test_dyestuff():
    # Bates et al., J Stat Softw 2015;67(1) and the manual of lme4: REML criterion 319.6543, variances 1764.0
    # and 2451.2, mean 1527.5 (19.38); balanced, so 5 degrees of freedom between six batches.
    fit = fit_mixed(DYESTUFF, [[1.0]] * 30, [RandomTerm("batch", BATCHES)], names=("mean",))
    assert -2 * fit.log_likelihood == pytest.approx(319.6543, abs=5e-5)
    assert (fit.variance("batch"), fit.variance("residual")) == pytest.approx((1764.05, 2451.25), rel=1e-7)
    mean = fit.contrast("mean")
    assert (mean.estimate, mean.se, mean.df) == pytest.approx((1527.5, 19.38341, 5.0), rel=1e-6)
    by_ml = fit_mixed(DYESTUFF, [[1.0]] * 30, [RandomTerm("batch", BATCHES)], method="ML")
    assert -2 * by_ml.log_likelihood == pytest.approx(327.3271, abs=5e-5)
    assert by_ml.variance("batch") == pytest.approx(1388.3333, rel=1e-7)


def test_dyestuff2_has_no_variance_between_batches():
    # The manual of lme4: batch 0, residual 13.81, mean 5.6656 (0.6784).
    fit = fit_mixed(DYESTUFF2, [[1.0]] * 30, [RandomTerm("batch", BATCHES)], names=("mean",))
    assert fit.variance("batch") == 0.0
    assert fit.singular
    assert "The variance of batch is estimated as 0 (singular fit)" in fit.note
    assert fit.variance("residual") == pytest.approx(13.806, abs=5e-4)
    mean = fit.contrast("mean")
    assert (mean.estimate, mean.se, mean.df) == pytest.approx((5.6656, 0.6784, 29), abs=5e-5)


def test_sleepstudy_with_correlated_intercept_and_slope():
    # lme4: variances 612.10, 35.07, correlation 0.07, residual 654.94, REML criterion 1743.6; lmerTest 3.1-3
    # (example of anova.lmerModLmerTest): F = 45.853 on 1 and 17 degrees of freedom, p = 3.264e-06.
    y = np.array(SLEEP.split(), dtype=float) / 1e4
    design = np.column_stack([np.ones(180), np.tile(np.arange(10.0), 18)])
    subject = RandomTerm("subject", list(np.repeat(np.arange(18), 10)), design, correlated=True)
    fit = fit_mixed(y, design, [subject], names=("intercept", "days"))
    assert fit.estimate == pytest.approx([251.405, 10.467], abs=5e-4)
    assert fit.se == pytest.approx([6.825, 1.546], abs=5e-4)
    intercept, slope = fit.variance("subject: intercept"), fit.variance("subject: slope")
    assert (intercept, slope, fit.variance("residual")) == pytest.approx((612.10, 35.07, 654.94), rel=1e-4)
    assert fit.variance("subject: covariance") / math.sqrt(intercept * slope) == pytest.approx(
        0.066, abs=5e-4
    )
    assert -2 * fit.log_likelihood == pytest.approx(1743.6, abs=0.05)
    days = fit.contrast("days")
    assert days.t**2 == pytest.approx(45.853, abs=5e-4)
    assert days.df == pytest.approx(17, abs=1e-6)
    assert days.p == pytest.approx(3.264e-06, rel=2e-4)
