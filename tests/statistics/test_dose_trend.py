import itertools
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.dose_trend import dose_trend

PAIN = ([6, 7, 9, 14, 23], [32, 33, 32, 32, 32], [0, 1, 2, 3, 4])


@st.composite
def trials(draw, most=5):
    sizes = draw(st.lists(st.integers(0, most), min_size=1, max_size=4))
    events = [draw(st.integers(0, n)) for n in sizes]
    scores = [draw(st.integers(-4, 8)) / 2 for _ in sizes]
    return events, sizes, scores


def tables(events, sizes, scores):
    """Every table with as many events: its statistic and its number of arrangements."""
    for other in itertools.product(*(range(n + 1) for n in sizes)):
        if sum(other) == sum(events):
            ways = math.prod(math.comb(n, k) for n, k in zip(sizes, other, strict=True))
            yield sum(x * k for x, k in zip(scores, other, strict=True)), ways


def tail(events, sizes, scores, b):
    """P(T >= t) and P(T <= t) at slope b, by enumeration."""
    t = sum(x * k for x, k in zip(scores, events, strict=True))
    weighted = [(u, ways * math.exp(b * (u - t))) for u, ways in tables(events, sizes, scores)]
    whole = sum(w for _, w in weighted)
    return (
        sum(w for u, w in weighted if u >= t - 1e-9) / whole,
        sum(w for u, w in weighted if u <= t + 1e-9) / whole,
        sum(u * w for u, w in weighted) / whole - t,
    )


def test_pain_example_of_sas():
    # Data: SAS/STAT User's Guide, The FREQ Procedure, "Cochran-Armitage Trend Test", data set Pain (printed
    # there). Its printed results Z = -4.7918 and exact 7.237E-07 and 1.324E-06 are from memory, but R 4.2.2
    # (coin 1.4.2, survival 3.5.3) gives the same p values to all digits below, and the odds ratio. Z of SAS
    # divides by N where the conditional variance here divides by N - 1.
    found = dose_trend(*PAIN)
    assert found.z * math.sqrt(161 / 160) == pytest.approx(4.7918, abs=5e-5)
    assert found.p_increasing == pytest.approx(7.23688561622e-07, rel=1e-11)
    assert found.p_distance == pytest.approx(1.32357331746e-06, rel=1e-11)
    assert found.odds_ratio == pytest.approx(1.8387369167, rel=1e-9)
    assert found.kind == "exact"


def test_r_agrees_on_p_values_and_odds_ratio(rscript):
    # clogit(method = "exact") is the conditional likelihood of all patients as one stratum.
    code = """
    suppressMessages({library(coin); library(survival)})
    k <- c(0, 2, 1, 3); n <- c(3, 4, 3, 5); x <- c(0, 150, 300, 600)
    d <- data.frame(x = rep(x, n), y = unlist(mapply(function(k, n) rep(1:0, c(k, n - k)), k, n)))
    f <- x ~ factor(y, levels = c(1, 0))
    for (way in c("greater", "less", "two.sided"))
      cat(pvalue(independence_test(f, d, distribution = "exact", alternative = way)), "")
    cat(exp(300 * coef(clogit(y ~ x, d, method = "exact"))))
    """
    up, down, both, ratio = rscript(code, "coin", "survival")
    found = dose_trend([0, 2, 1, 3], [3, 4, 3, 5], [0, 150, 300, 600], step=300)
    assert found.p_increasing == pytest.approx(up, rel=1e-9)
    assert found.p_decreasing == pytest.approx(down, rel=1e-9)
    assert found.p_distance == pytest.approx(both, rel=1e-9)
    assert found.odds_ratio == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize("table", [(3, 4, 1, 6), (5, 9, 2, 10), (0, 5, 4, 6), (4, 4, 1, 5), (10, 12, 11, 13)])
def test_two_doses_are_fishers_table(table):
    # scipy 1.17: the conditional odds ratio of a 2 x 2 table and its exact interval.
    from scipy.stats import fisher_exact
    from scipy.stats.contingency import odds_ratio

    k1, n1, k2, n2 = table
    counts = [[k1, n1 - k1], [k2, n2 - k2]]
    found = dose_trend([k2, k1], [n2, n1], [0, 1])
    expected = odds_ratio(counts)
    assert found.odds_ratio == pytest.approx(expected.statistic, rel=1e-6)
    interval = expected.confidence_interval(0.95)
    assert found.low == pytest.approx(interval.low, rel=1e-6)
    assert found.high == pytest.approx(interval.high, rel=1e-6)
    assert found.p_increasing == pytest.approx(fisher_exact(counts, alternative="greater").pvalue, rel=1e-9)


@given(trials())
def test_enumeration_agrees(trial):
    found = dose_trend(*trial)
    up, down, off = tail(*trial, 0.0)
    assert found.p_increasing == pytest.approx(up, rel=1e-12)
    assert found.p_decreasing == pytest.approx(down, rel=1e-12)
    assert found.mean == pytest.approx(found.statistic + off, abs=1e-9)
    assert found.p == pytest.approx(min(1.0, 2 * min(up, down)), rel=1e-12)
    spread = [(u, ways) for u, ways in tables(*trial)]
    whole = sum(ways for _, ways in spread)
    variance = sum(ways * (u - found.mean) ** 2 for u, ways in spread) / whole
    assert found.variance == pytest.approx(variance, abs=1e-9)


@given(trials(), st.sampled_from([0.8, 0.9, 0.95]))
def test_limits_and_estimates_solve_their_equations(trial, level):
    found = dose_trend(*trial, level=level)
    assume(not math.isnan(found.odds_ratio))
    half = (1 - level) / 2
    if found.low > 0:
        assert tail(*trial, math.log(found.low))[0] == pytest.approx(half, rel=1e-6)
    if found.high < math.inf:
        assert tail(*trial, math.log(found.high))[1] == pytest.approx(half, rel=1e-6)
    if 0 < found.odds_ratio < math.inf:
        assert tail(*trial, math.log(found.odds_ratio))[2] == pytest.approx(0, abs=1e-6)
    elif found.odds_ratio == math.inf:
        # Separated: half of the probability lies at the value seen.
        assert tail(*trial, math.log(found.median_unbiased))[0] == pytest.approx(0.5, rel=1e-6)
    assert 0 < found.median_unbiased < math.inf
    assert found.low < found.median_unbiased < found.high


@given(trials())
def test_turned_round(trial):
    events, sizes, scores = trial
    found = dose_trend(*trial)
    falling = dose_trend(events, sizes, [-x for x in scores])
    others = dose_trend([n - k for k, n in zip(events, sizes, strict=True)], sizes, scores)
    for turned in (falling, others):
        assert turned.p == found.p
        assert turned.p_increasing == found.p_decreasing
        if found.low > 0:
            assert turned.high == pytest.approx(1 / found.low, rel=1e-9)


@given(trials(), st.integers(-20, 20), st.sampled_from([0.1, 0.25, 3, 150]))
def test_origin_and_unit_of_the_scores_do_not_matter(trial, origin, unit):
    events, sizes, scores = trial
    found = dose_trend(*trial)
    moved = dose_trend(events, sizes, [round(origin + unit * x, 6) for x in scores], step=unit)
    assert moved.p == found.p
    assert moved.low == pytest.approx(found.low, rel=1e-9)
    assert moved.high == pytest.approx(found.high, rel=1e-9)


@pytest.mark.parametrize(("rate", "size"), [(0.1, 0.0015), (0.2, 0.0082), (0.3, 0.0185), (0.5, 0.03125)])
def test_type_one_error_at_nine_patients_is_that_of_the_docstring(rate, size):
    chance = [math.comb(3, k) * rate**k * (1 - rate) ** (3 - k) for k in range(4)]
    rejected = sum(
        math.prod(chance[k] for k in events)
        for events in itertools.product(range(4), repeat=3)
        if dose_trend(events, [3, 3, 3]).p <= 0.05
    )
    assert rejected == pytest.approx(size, abs=5e-5)


def test_decimal_scores_tie_where_the_decimals_do():
    # 0.1 + 0.2 is 0.3 here, though not among floats.
    one = dose_trend([1, 1, 0], [2, 2, 2], [0.1, 0.2, 0.3])
    assert one.p_increasing == dose_trend([1, 1, 0], [2, 2, 2], [1, 2, 3]).p_increasing


@pytest.mark.parametrize(
    ("events", "sizes", "words"),
    [
        ([], [], "Nobody"),
        ([0, 0], [0, 0], "Nobody"),
        ([1], [3], "one dose"),
        ([0, 2], [0, 3], "one dose"),
        ([0, 0, 0], [3, 3, 3], "No patient"),
        ([3, 3, 3], [3, 3, 3], "Every patient"),
    ],
)
def test_degenerate_data_are_answered(events, sizes, words):
    found = dose_trend(events, sizes)
    assert words in found.note
    assert (found.p, found.p_increasing, found.low, found.high) == (1.0, 1.0, 0.0, math.inf)
    assert math.isnan(found.odds_ratio)
    assert math.isnan(found.median_unbiased)


def test_equal_scores_have_no_trend():
    assert math.isnan(dose_trend([1, 2], [3, 3], [5, 5]).odds_ratio)


def test_separated_doses_have_a_finite_estimate():
    found = dose_trend([0, 0, 3], [3, 3, 3])
    assert found.odds_ratio == math.inf
    assert found.high == math.inf
    assert 1 < found.low < found.median_unbiased < math.inf
    assert "median-unbiased" in found.note


def test_too_many_tables_say_that_they_are_approximate():
    found = dose_trend([30, 50, 90, 20, 10, 30], [100] * 6, [0, 1.37, 3.81, 37.77, 51.3, 60.111])
    assert found.kind == "approximate"
    assert "approximation" in found.method
    assert math.isnan(found.odds_ratio)


@pytest.mark.parametrize(
    ("events", "sizes", "scores", "step"),
    [
        ([1], [2, 3], None, 1),
        ([4], [3], None, 1),
        ([-1, 1], [3, 3], None, 1),
        ([1, 1], [3, 3], [1, math.inf], 1),
        ([1, 1], [3, 3], None, 0),
        ([1, 0], [0, 3], None, 1),
    ],
)
def test_questions_without_sense(events, sizes, scores, step):
    with pytest.raises(UsageError, match="found"):
        dose_trend(events, sizes, scores, step=step)
