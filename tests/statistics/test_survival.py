"""Kaplan-Meier, Greenwood, Brookmeyer-Crowley and log-rank against published values and laws."""

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.survival import kaplan_meier, log_rank

# Remission of acute leukaemia in weeks, 6-mercaptopurine and placebo: Freireich et al., Blood 1963;21:699,
# as printed by Gehan, Biometrika 1965;52:203.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
SEEN = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_kaplan_meier_of_the_leukaemia_trial():
    # Kaplan-Meier and Greenwood standard error of the treated group: Cox and Oakes, Analysis of Survival
    # Data, 1984, table 4.1; Collett, Modelling Survival Data, 2003, chapter 2 (the same numbers).
    curve = kaplan_meier(TREATED, SEEN)
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    errors = {6: 0.0764, 7: 0.0869, 10: 0.0963, 13: 0.1068, 16: 0.1141, 22: 0.1282, 23: 0.1346}
    for time, share in printed.items():
        place = curve.times.tolist().index(time)
        assert round(float(curve.survival[place]), 3) == share
        assert round(float(curve.error[place]), 4) == errors[time]


def test_median_and_log_rank_of_the_leukaemia_trial():
    # Medians 23 and 8 weeks; log-rank chi-squared 16.79 on 1 degree of freedom, 9 and 21 events where 19.25
    # and 10.75 were expected: Kleinbaum and Klein, Survival Analysis, 2012, chapter 2.
    assert kaplan_meier(TREATED, SEEN).quantile().time == 23
    assert kaplan_meier(PLACEBO, [1] * 21).quantile().time == 8
    test = log_rank([(TREATED, SEEN), (PLACEBO, [1] * 21)])
    assert round(test.statistic, 2) == 16.79
    assert test.df == 1
    assert test.observed == (9.0, 21.0)
    assert tuple(round(value, 2) for value in test.expected) == (19.25, 10.75)


def test_intervals_of_the_leukaemia_trial():
    # lifelines 0.30.3, median_survival_times of KaplanMeierFitter (log(-log)): 13 to infinity; 4 to 11.
    treated, placebo = kaplan_meier(TREATED, SEEN).quantile(), kaplan_meier(PLACEBO, [1] * 21).quantile()
    assert (treated.low, treated.high) == (13.0, None)
    assert (placebo.low, placebo.high) == (4.0, 11.0)


def test_without_censoring_the_curve_is_the_empirical_one():
    curve = kaplan_meier(PLACEBO, [1] * 21)
    for time in range(25):
        share = sum(value > time for value in PLACEBO) / 21
        assert curve.at(time)[0] == pytest.approx(share, abs=1e-15)
        if 0 < share < 1:  # Greenwood is then the binomial standard error
            place = int(np.searchsorted(curve.times, time, side="right")) - 1
            assert curve.error[place] == pytest.approx(np.sqrt(share * (1 - share) / 21), rel=1e-12)


def test_a_median_between_two_times_is_their_middle():
    # SAS and R: where the curve equals one half over a stretch, its middle.
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).quantile().time == 2.5
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0]).quantile().time == 2.0


def test_numbers_at_risk_count_those_censored_at_that_time():
    curve = kaplan_meier([1, 2, 2, 3], [1, 0, 1, 0])
    assert curve.numbers_at_risk([0, 1, 2, 2.5, 3, 4]).tolist() == [4, 4, 3, 1, 1, 0]


def test_nothing_is_said_beyond_the_last_observation():
    assert np.isnan(kaplan_meier([1, 2], [1, 0]).at(3)[0])
    assert kaplan_meier([1, 2], [1, 1]).at(3)[0] == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_laws(seed):
    rng = np.random.default_rng(seed)
    times, events = rng.integers(0, 20, 40).astype(float), (rng.random(40) < 0.6).astype(float)
    curve = kaplan_meier(times, events)
    assert np.all(np.diff(curve.survival) <= 1e-15)
    inner = (curve.survival > 0) & (curve.survival < 1)
    assert np.all((curve.low[inner] < curve.survival[inner]) & (curve.survival[inner] < curve.high[inner]))
    order = rng.permutation(40)
    assert np.array_equal(kaplan_meier(times[order], events[order]).survival, curve.survival)
    weeks = kaplan_meier(times / 7, events)  # the unit of time does not matter
    assert np.array_equal(weeks.survival, curve.survival)
    halves = [(times[:20], events[:20]), (times[20:], events[20:])]
    test = log_rank(halves)
    assert test.statistic == pytest.approx(log_rank(halves[::-1]).statistic, rel=1e-9)
    assert sum(test.observed) == pytest.approx(sum(test.expected))
    assert log_rank([halves[0], halves[0]]).p == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("times", "events", "message"),
    [
        ([], [], "found 0 times and 0 events; expected one each"),
        ([1, 2], [1], "found 2 times and 1 events"),
        ([1, -2], [1, 0], "negative; expected 0 or later"),
        ([1, np.nan], [1, 0], "missing, infinite or negative"),
        ([1, 2], [1, 2], "neither 0 nor 1"),
    ],
)
def test_samples_that_cannot_be_used_are_refused(times, events, message):
    with pytest.raises(UsageError, match=message):
        kaplan_meier(times, events)
    with pytest.raises(UsageError, match="at least two"):
        log_rank([([1], [1])])
