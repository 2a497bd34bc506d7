"""Rules that end a trial: each is met when it should be, names its cause, and is counted."""

import math

import pytest

from mitograft.errors import UsageError
from mitograft.trial.escalation import (
    Boin,
    Cohort,
    EnoughPatients,
    LowestTooToxic,
    MostPatients,
    Mtpi2,
    PreciseEnough,
    Stopping,
    ThreePlusThree,
    chosen_dose,
    exact_characteristics,
)

RATES = (0.10, 0.25, 0.45)


def test_most_patients_cuts_the_last_cohort_and_ends():
    trial = Stopping(Boin(3), (MostPatients(8),))
    path = [Cohort(1, 3, 0), Cohort(2, 3, 1)]
    assert trial.recommend(path).patients == 2
    said = trial.recommend([*path, Cohort(2, 2, 0)])
    assert (said.action, said.dose, said.cause) == ("declare", 2, "most patients treated")
    assert said.reason == "8 patients treated, the most are 8; MTD is dose 2."
    assert trial.recommend([]).patients == 3
    assert Stopping(Boin(3), (MostPatients(2),)).recommend([]).patients == 2


def test_enough_patients_only_at_the_dose_that_would_be_declared():
    trial = Stopping(Boin(3), (EnoughPatients(6),))
    assert trial.recommend([Cohort(1, 3, 0), Cohort(2, 3, 1)]).action == "treat"
    said = trial.recommend([Cohort(1, 3, 0), Cohort(2, 6, 2)])
    assert (said.action, said.dose, said.cause) == ("declare", 2, "enough patients at the dose")
    # Dose 1 has six, but the design goes up: no end.
    assert trial.recommend([Cohort(1, 6, 0)]).dose == 2


def test_precision_is_the_width_of_the_exact_interval():
    # Clopper-Pearson 95 % for 2 of 6 is .0433 to .7772 (R 4.2.2, binom.test), .7339 wide.
    path = [Cohort(1, 3, 0), Cohort(2, 6, 2)]
    assert Stopping(Boin(3), (PreciseEnough(0.733),)).recommend(path).action == "treat"
    said = Stopping(Boin(3), (PreciseEnough(0.734),)).recommend(path)
    assert said.cause == "rate at the dose known precisely enough"
    assert "2 DLT in 6, exact 95% interval 0.043 to 0.777" in said.reason


def test_lowest_dose_too_toxic_ends_without_mtd():
    # A flat prior and 2 DLT in 3: P(p > .3) = P(Binomial(4, .3) <= 2).
    excess = sum(math.comb(4, k) * 0.3**k * 0.7 ** (4 - k) for k in range(3))
    path = [Cohort(1, 3, 2)]
    assert Stopping(Boin(3), (LowestTooToxic(excess + 1e-9),)).recommend(path).action == "treat"
    said = Stopping(Boin(3), (LowestTooToxic(excess - 1e-9),)).recommend(path)
    assert (said.action, said.dose, said.cause) == ("stop", None, "lowest dose too toxic")
    assert Stopping(Boin(3), (LowestTooToxic(0.5, patients=6),)).recommend(path).action == "treat"


def test_safety_is_asked_also_when_the_design_declares():
    path = [Cohort(1, 3, 0), Cohort(1, 3, 2), Cohort(1, 3, 2)]
    design = Boin(3, max_patients=9)
    assert design.recommend(path).action == "declare"
    assert Stopping(design, (LowestTooToxic(0.8),)).recommend(path).action == "stop"
    # A rule that is not of safety leaves the design's own cause.
    assert Stopping(design, (MostPatients(9),)).recommend(path) == design.recommend(path)


def test_first_rule_met_names_the_cause():
    path = [Cohort(1, 3, 0), Cohort(2, 6, 2)]
    rules = (EnoughPatients(6), MostPatients(9))
    assert Stopping(Boin(3), rules).recommend(path).cause == "enough patients at the dose"
    assert Stopping(Boin(3), rules[::-1]).recommend(path).cause == "most patients treated"


def test_dose_of_a_three_plus_three_cut_short():
    design = ThreePlusThree(3, "nct04976140")
    trial = Stopping(design, (MostPatients(6),))
    # Dose 2 with 1 of 3 is neither tolerated nor too toxic yet: the MTD is dose 1.
    assert trial.recommend([Cohort(1, 3, 0), Cohort(2, 3, 1)]).dose == 1
    assert trial.recommend([Cohort(1, 3, 0), Cohort(2, 3, 0)]).dose == 2
    nothing = trial.recommend([Cohort(1, 3, 1), Cohort(1, 3, 1)])
    assert nothing == design.recommend([Cohort(1, 3, 1), Cohort(1, 3, 1)])  # 2 of 6: the design ends it
    short = Stopping(design, (MostPatients(3),)).recommend([Cohort(1, 3, 1)])
    assert (short.action, short.dose, short.cause) == ("stop", None, "most patients treated")
    assert "no dose can be declared" in short.reason
    assert design.choose([Cohort(1, 3, 2), Cohort(1, 3, 0)]) is None


def test_dose_of_a_design_that_cannot_choose():
    class Plain:
        name, doses, target = "plain", 3, 0.3

        def __init__(self, said):
            self.said = said

        def recommend(self, path):  # noqa: ARG002
            return self.said

    up = ThreePlusThree(3).recommend([Cohort(1, 3, 0)])
    assert up.dose == 2
    assert chosen_dose(Plain(up), [Cohort(1, 3, 0)]) == 1
    assert chosen_dose(Plain(up), []) is None


@pytest.mark.parametrize("design", [Boin(3), Mtpi2(3), ThreePlusThree(3)], ids=lambda design: design.name)
def test_causes_of_all_ends_add_up(design):
    rules = (LowestTooToxic(0.9), EnoughPatients(6), PreciseEnough(0.6), MostPatients(15))
    found = exact_characteristics(Stopping(design, rules), RATES)
    assert sum(share for _, share in found.stops) == pytest.approx(1, abs=1e-12)
    assert found.sample_size <= 15
    assert [cause for cause, _ in found.stops] == sorted(cause for cause, _ in found.stops)
    unruled = exact_characteristics(Stopping(design, ()), RATES)
    assert unruled == exact_characteristics(design, RATES)


def test_a_maximum_by_rule_is_the_maximum_of_the_design():
    ruled = exact_characteristics(Stopping(Boin(3), (MostPatients(12),)), RATES)
    assert ruled == exact_characteristics(Boin(3, max_patients=12), RATES)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (MostPatients, (0,)),
        (EnoughPatients, (0,)),
        (PreciseEnough, (0.0,)),
        (PreciseEnough, (0.3, 1.0)),
        (LowestTooToxic, (1.0,)),
        (LowestTooToxic, (0.9, 0)),
    ],
)
def test_impossible_rules_are_refused(kind, wrong):
    with pytest.raises(UsageError, match="expected"):
        kind(*wrong)
