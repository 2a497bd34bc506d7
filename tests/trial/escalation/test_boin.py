"""BOIN against printed boundaries, a printed conduct and printed operating characteristics."""

import pytest
from scipy.stats import beta

from mitograft.errors import UsageError
from mitograft.trial.escalation import Boin, Cohort, boin_boundaries, exact_characteristics
from mitograft.trial.escalation.boin_table import excess_probability
from mitograft.trial.escalation.isotonic import pool_adjacent

RATES = (0.10, 0.25, 0.40, 0.55, 0.70)


def trial(*outcomes: str) -> list[Cohort]:
    return [Cohort(int(text[0]), len(text) - 1, text.count("T")) for text in outcomes]


# Liu and Yuan, J R Stat Soc C 2015;64:507, table of boundaries
# (.3585 and .4795 are printed to 3 digits there).
@pytest.mark.parametrize(
    ("target", "escalate", "de_escalate", "tolerance"),
    [
        (0.15, 0.118, 0.179, 5e-4),
        (0.20, 0.157, 0.238, 5e-4),
        (0.25, 0.197, 0.298, 5e-4),
        (0.30, 0.236, 0.3585, 5e-4),
        (0.35, 0.276, 0.419, 5e-4),
        (0.40, 0.316, 0.4795, 5e-4),
    ],
)
def test_boundaries(target, escalate, de_escalate, tolerance):
    assert boin_boundaries(target) == pytest.approx((escalate, de_escalate), abs=tolerance)


def test_whole_number_limits():
    # Liu and Yuan 2015, table for target .30, n = 3, 6, ..., 30.
    limits = [Boin(5).limits(n) for n in range(3, 31, 3)]
    assert [row.escalate for row in limits] == [0, 1, 2, 2, 3, 4, 4, 5, 6, 7]
    assert [row.de_escalate for row in limits] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert [row.eliminate for row in limits] == [3, 4, 5, 7, 8, 9, 10, 11, 12, 14]
    assert [Boin(5).limits(n).eliminate for n in (1, 2)] == [None, None]


def test_conduct_of_the_tutorial():
    # Han et al. 2019, p 25: target .30, five doses, cohorts of three; dose after each cohort.
    path = trial(
        "1NNN", "2NNN", "3NTT", "2NTN", "3NNN", "3NNN", "4TTT", "3NTN", "3NNT", "3TNN"
    )  # fmt: skip
    design = Boin(5, 0.30, max_patients=60)
    assert [design.recommend(path[: k + 1]).dose for k in range(10)] == [2, 3, 2, 3, 3, 4, 3, 3, 3, 3]
    assert design.recommend(path[:1]).reason == "Dose 1: 0 DLT in 3, 0 or fewer; go up to dose 2."
    assert "eliminated" in design.recommend(path[:7]).reason
    end = Boin(5, 0.30, max_patients=30).recommend(path)
    assert (end.action, end.dose) == ("declare", 3)


def lies_near(exact: tuple[float, ...], percent: tuple[float, ...], trials: int) -> bool:
    """Say whether printed percentages are within three Monte Carlo standard errors, and rounding."""
    pairs = zip(exact, percent, strict=True)
    return all(abs(p - seen / 100) <= 3 * (p * (1 - p) / trials) ** 0.5 + 5e-4 for p, seen in pairs)


def test_exact_characteristics_lie_where_published_simulations_do():
    # simFastBOIN vignette, 10 cohorts of 3. First: 1,000 trials, a trial ends at "stay" with 18 patients at
    # the dose; second: 10,000 trials without early end, from an independent array program.
    early = exact_characteristics(Boin(5, enough=18), RATES)
    assert lies_near((*early.selection, early.none), (10.8, 52.4, 33.8, 2.8, 0.1, 0.1), 1000)
    assert early.patients == pytest.approx([6.8, 11.9, 7.7, 1.8, 0.1], abs=0.35)
    assert early.sample_size == pytest.approx(28.4, abs=0.05)
    full = exact_characteristics(Boin(5), RATES)
    assert lies_near((*full.selection, full.none), (9.8, 54.2, 31.9, 3.8, 0.1, 0.2), 10_000)


@pytest.mark.parametrize(
    ("toxic", "treated", "target"), [(0, 3, 0.3), (2, 3, 0.2), (5, 9, 0.35), (14, 30, 0.3)]
)
def test_excess_is_the_tail_of_the_posterior(toxic, treated, target):
    expected = beta.sf(target, 1 + toxic, 1 + treated - toxic)
    assert excess_probability(toxic, treated, target) == pytest.approx(expected, rel=1e-12)


def test_elimination_of_the_lowest_dose_ends_the_trial():
    said = Boin(3).recommend(trial("1TTT"))
    assert (said.action, said.dose) == ("stop", None)
    assert "eliminated" in said.reason


def test_stay_at_the_ends_and_below_an_eliminated_dose():
    design = Boin(2)
    assert design.recommend(trial("1NTT")).dose == 1
    assert "no lower dose" in design.recommend(trial("1NTT")).reason
    assert "highest dose" in design.recommend(trial("1NNN", "2NNN")).reason
    said = design.recommend(trial("1NNN", "2TTT", "1NNN"))
    assert said.dose == 1
    assert "dose 2 is eliminated" in said.reason


def test_a_cohort_given_at_an_eliminated_dose_is_answered():
    said = Boin(3).recommend(trial("1NNN", "2TTT", "3NNN"))
    assert (said.action, said.dose) == ("treat", 1)


def test_last_cohort_is_what_is_left():
    assert Boin(3, max_patients=10).recommend(trial("1NNN", "2NNN", "3NNN")).patients == 1


def test_early_end_only_when_staying():
    design = Boin(3, enough=6)
    assert design.recommend(trial("1NTN", "1NTN")).action == "declare"  # 2 of 6: stay
    assert design.recommend(trial("1NTN", "1NNN")).dose == 2  # 1 of 6: up


def test_selection():
    design = Boin(4)
    assert design.select((0, 0, 0, 0), (0, 0, 0, 0)) is None
    assert design.select((3, 3, 3, 0), (0, 0, 0, 0)) == 3  # equal and below the target: the highest
    assert design.select((3, 3, 3, 0), (2, 2, 2, 0)) == 1  # equal and above: the lowest
    assert design.select((6, 6, 6, 0), (0, 2, 5, 0)) == 2
    # Doses 2 and 3 are pooled to 4 of 9, nearer to .30 than 0 of 3; above .30, so the lower of the two.
    assert design.select((3, 3, 6, 0), (0, 2, 2, 0)) == 2
    assert Boin(3).recommend([*trial("1NNN"), Cohort(1, 27, 0)]).dose == 1


def test_isotonic_regression():
    assert pool_adjacent([], []) == ()
    assert pool_adjacent([3.0, 2.0, 1.0], [1.0, 1.0, 1.0]) == (2.0, 2.0, 2.0)
    assert pool_adjacent([0.1, 0.2, 0.2, 0.9], [1, 1, 1, 1]) == (0.1, 0.2, 0.2, 0.9)
    with pytest.raises(UsageError, match="expected as many weights"):
        pool_adjacent([1.0], [])
    with pytest.raises(UsageError, match="above 0"):
        pool_adjacent([1.0], [0.0])


@pytest.mark.parametrize(
    "wrong",
    [{"doses": 0}, {"target": 0.8}, {"target": 0}, {"cohort": 0}, {"enough": 0}, {"start": 9}, {"cutoff": 1}],
)
def test_impossible_designs_are_refused(wrong):
    with pytest.raises(UsageError, match="expected"):
        Boin(**({"doses": 3} | wrong))


def test_limits_need_a_patient():
    with pytest.raises(UsageError, match="at least 1"):
        Boin(3).limits(0)
