"""mTPI-2 and i3+3: decisions as published and by another way, refusal of impossible intervals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from mitograft.errors import UsageError
from mitograft.trial.escalation import Boin, Cohort, I3Plus3, Mtpi2, decision_table
from mitograft.trial.escalation.settings import exact

TARGETS = st.sampled_from([0.15, 0.2, 0.25, 0.3, 1 / 3, 0.4, 0.45])


def test_mtpi2_decisions_as_published():
    # Guo et al., Contemp Clin Trials 2017;58:23, figure 3 (target .30, interval .25 to .35), as its decisions
    # are quoted for 3, 6, 9 and 10 patients in the tests of the R package escalation (test_mtpi2.R).
    rows = {row.n: row.letters for row in decision_table(Mtpi2(5, 0.30), 10)}
    assert rows[3] == "ESDU"
    assert rows[6] == "EESDUUU"  # 3 of 6 goes down; mTPI stays there
    assert rows[9] == "EEESDUUUUU"
    assert rows[10] == "EEESDDUUUUU"


def brute_force(y: int, n: int, target: float, below: float, above: float) -> str:
    """mTPI-2 by SciPy's Beta distribution and floating intervals."""
    low, high = target - below, target + above
    width = high - low
    intervals, right = [], low
    while right > 1e-9:
        intervals.append((max(right - width, 0.0), right, "E"))
        right -= width
    intervals.append((low, high, "S"))
    left = high
    while left < 1 - 1e-9:
        intervals.append((left, min(left + width, 1.0), "D"))
        left += width
    posterior = beta(1 + y, 1 + n - y)
    if n >= 3 and posterior.sf(target) > 0.95:
        return "U"
    return max(
        intervals, key=lambda part: (posterior.cdf(part[1]) - posterior.cdf(part[0])) / (part[1] - part[0])
    )[2]


@pytest.mark.parametrize(
    ("target", "below", "above"), [(0.3, 0.05, 0.05), (0.2, 0.05, 0.05), (0.25, 0.1, 0.02)]
)
def test_mtpi2_is_what_the_beta_distribution_says(target, below, above):
    for row in decision_table(Mtpi2(3, target, below=below, above=above), 15):
        assert row.letters == "".join(brute_force(y, row.n, target, below, above) for y in range(row.n + 1))


def by_the_rule(y: int, n: int, target: float) -> str:
    """i3+3 read off its three sentences, with fractions."""
    goal = Fraction(repr(target))
    low, high = goal - Fraction(1, 20), goal + Fraction(1, 20)
    if n >= 3 and beta.sf(target, 1 + y, 1 + n - y) > 0.95:
        return "U"
    if Fraction(y, n) < low:
        return "E"
    if Fraction(y, n) <= high:
        return "S"
    return "S" if Fraction(y - 1, n) < low else "D"


@pytest.mark.parametrize("target", [0.2, 0.25, 0.3])
def test_i3plus3_is_what_its_sentences_say(target):
    # Liu, Wang and Ji, J Biopharm Stat 2020;30:294.
    for row in decision_table(I3Plus3(3, target), 20):
        assert row.letters == "".join(by_the_rule(y, row.n, target) for y in range(row.n + 1))


def test_bounds_are_decimals_not_floats():
    # As floats 0.35 + 0.05 is below 0.4, and 2 of 5 (or 4 of 10) would lie above the interval; they do not.
    assert 0.35 + 0.05 < 0.4
    assert decision_table(I3Plus3(3, 0.35), 10)[9].letters[4] == "S"
    assert decision_table(I3Plus3(3, 0.35), 10)[9].letters[5] == "D"
    assert decision_table(I3Plus3(3, 0.40, below=0.1), 10)[9].letters[3] == "S"


@given(TARGETS, st.integers(1, 40), st.sampled_from([Boin, Mtpi2, I3Plus3]))
def test_more_dlt_never_say_a_higher_dose(target, n, kind):
    limits = kind(3, target).limits(n)
    assert -1 <= limits.escalate < limits.de_escalate <= n + 1
    # Up only from a rate not above the target, down only from one not below it.
    assert limits.escalate <= n * target + 1e-9
    assert limits.de_escalate >= n * target - 1e-9
    assert limits.eliminate is None or n >= 3


@pytest.mark.parametrize("kind", [Mtpi2, I3Plus3])
def test_conduct_and_reasons(kind):
    design = kind(3, max_patients=9)
    assert design.recommend([]).dose == 1
    assert design.recommend([Cohort(1, 3, 0)]).reason == "Dose 1: 0 DLT in 3, 0 or fewer; go up to dose 2."
    assert design.recommend([Cohort(1, 3, 0), Cohort(2, 3, 2)]).dose == 1
    stopped = design.recommend([Cohort(1, 3, 3)])
    assert (stopped.action, stopped.cause) == ("stop", "lowest dose too toxic")
    full = design.recommend([Cohort(1, 3, 0), Cohort(2, 3, 1), Cohort(2, 3, 1)])
    assert (full.action, full.dose, full.cause) == ("declare", 2, "most patients treated")
    assert kind.__name__.lower()[0] in design.name


def test_i3plus3_does_not_go_down_from_a_single_patient():
    assert I3Plus3(3, cohort=1).recommend([Cohort(1, 1, 0), Cohort(2, 1, 1)]).dose == 2
    assert Mtpi2(3, cohort=1).recommend([Cohort(1, 1, 0), Cohort(2, 1, 1)]).dose == 1


@pytest.mark.parametrize("kind", [Mtpi2, I3Plus3])
@pytest.mark.parametrize(
    "wrong",
    [
        {"below": 0.4},
        {"above": 0.8},
        {"below": 0.0, "above": 0.0},
        {"below": -0.1},
        {"target": 0.02},
        {"cohort": 0},
    ],
)
def test_impossible_intervals_are_refused(kind, wrong):
    with pytest.raises(UsageError, match="expected"):
        kind(3, **wrong)


def test_limits_need_a_patient_and_defaults_are_rows():
    with pytest.raises(UsageError, match="at least 1"):
        Mtpi2(3).limits(0)
    assert exact(None, "mtpi2_below") == Fraction(1, 20)
    assert exact(0.1, "mtpi2_below") == Fraction(1, 10)
