"""Many BOIN trials at once decide as one trial does, and agree with the exact characteristics."""

from itertools import product

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.trial.escalation import Boin, I3Plus3, Mtpi2, exact_characteristics
from mitograft.trial.escalation.boin_arrays import select_doses
from mitograft.trial.escalation.simulate_boin import simulate_boin


@pytest.mark.parametrize("target", [0.2, 0.3])
def test_selection_is_that_of_one_trial(target):
    # Every outcome of three doses with 0, 3 or 6 patients, and every dose from which they are eliminated.
    design = Boin(3, target)
    arm = [(n, y) for n in (0, 3, 6) for y in range(n + 1)]
    cases = [(*rows, top) for rows in product(arm, repeat=3) for top in range(4)]
    treated = np.array([[n for n, _ in case[:3]] for case in cases])
    toxic = np.array([[y for _, y in case[:3]] for case in cases])
    allowed = np.array([case[3] for case in cases])
    found = select_doses(design, treated, toxic, allowed)
    for row, case in enumerate(cases):
        counts = case[: case[3]]
        expected = design.select([n for n, _ in counts], [y for _, y in counts])
        assert found[row] == (expected or 0), case


@pytest.mark.parametrize(
    "design",
    [
        Boin(3, 0.30, max_patients=15),
        Boin(3, 0.25, cohort=1, max_patients=9),
        Boin(3, 0.20, max_patients=13, enough=6, start=2),
        Mtpi2(3, 0.20, max_patients=13, enough=6, start=2),
        I3Plus3(3, 0.30, max_patients=15),
    ],
)
@pytest.mark.parametrize("rates", [(0.10, 0.25, 0.45), (0.45, 0.60, 0.80)])
def test_agrees_with_the_exact_characteristics(design, rates):
    trials = 10_000
    exact, drawn = exact_characteristics(design, rates), simulate_boin(design, rates, trials, seed=7)
    assert drawn.none + sum(drawn.selection) == pytest.approx(1, abs=1e-12)
    for share, seen in zip((*exact.selection, exact.none), (*drawn.selection, drawn.none), strict=True):
        assert abs(share - seen) <= 4.5 * (share * (1 - share) / trials) ** 0.5 + 1e-12
    seen_stops = dict(drawn.stops)
    assert set(seen_stops) <= set(dict(exact.stops))
    for cause, share in exact.stops:
        error = (max(share * (1 - share), 0.0) / trials) ** 0.5
        assert abs(share - seen_stops.get(cause, 0.0)) <= 4.5 * error + 1e-12
    assert drawn.patients == pytest.approx(exact.patients, abs=4.5 * 7.5 / trials**0.5)
    assert drawn.toxicities == pytest.approx(exact.toxicities, abs=4.5 * 7.5 / trials**0.5)


def test_agrees_with_the_printed_simulation():
    # simFastBOIN vignette: 10 cohorts of 3, 18 patients are enough, 1,000 trials; three standard errors of
    # the difference of two simulations.
    drawn = simulate_boin(Boin(5, enough=18), (0.10, 0.25, 0.40, 0.55, 0.70), 10_000, seed=2)
    printed = (0.108, 0.524, 0.338, 0.028, 0.001)
    for share, seen in zip(drawn.selection, printed, strict=True):
        assert abs(share - seen) <= 3 * (share * (1 - share) * (1 / 1000 + 1 / 10_000)) ** 0.5 + 5e-4


def test_certain_outcomes():
    design = Boin(3, max_patients=12)
    assert simulate_boin(design, (0, 0, 0), 50).selection == (0.0, 0.0, 1.0)
    toxic = simulate_boin(design, (1, 1, 1), 50)
    assert toxic.none == 1.0
    assert toxic.patients == (3.0, 0.0, 0.0)


def test_same_seed_same_result_and_wrong_input_is_refused():
    design = Boin(3)
    rates = (0.1, 0.2, 0.3)
    assert simulate_boin(design, rates, 100, seed=1) == simulate_boin(design, rates, 100, seed=1)
    assert simulate_boin(design, rates, 100, seed=1) != simulate_boin(design, rates, 100, seed=2)
    with pytest.raises(UsageError, match="at least 1"):
        simulate_boin(design, rates, 0)
    with pytest.raises(UsageError, match="one per dose"):
        simulate_boin(design, (0.1,), 10)
