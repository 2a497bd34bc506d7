"""The quick exact characteristics of BOIN, mTPI-2 and i3+3 are those found state by state."""

import pytest

from mitograft.errors import UsageError
from mitograft.trial.escalation import Boin, I3Plus3, Mtpi2, exact_characteristics
from mitograft.trial.escalation.boin_exact import exact_boin

DESIGNS = [
    Boin(3, 0.30, max_patients=15),
    Boin(3, 0.25, cohort=1, max_patients=9),
    Boin(3, 0.20, max_patients=13, enough=6, start=2),
    Boin(1, max_patients=7),
    Boin(2, max_patients=2, start=2),
    Mtpi2(3, 0.30, max_patients=12, enough=9),
    I3Plus3(3, 0.25, cohort=2, max_patients=11, start=2),
    Boin(9, max_patients=12),  # too many doses for the code
]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("first", [0.0, 0.05, 0.5, 1.0])
def test_same_as_state_by_state(design, first):
    rates = [min(1.0, first + 0.15 * place) for place in range(design.doses)]
    quick, plain = exact_boin(design, rates), exact_characteristics(design, rates)
    assert quick.none == pytest.approx(plain.none, rel=1e-10, abs=1e-15)
    assert quick.selection == pytest.approx(plain.selection, rel=1e-10, abs=1e-15)
    assert quick.patients == pytest.approx(plain.patients, rel=1e-10, abs=1e-15)
    assert [cause for cause, _ in quick.stops] == [cause for cause, _ in plain.stops]
    assert [p for _, p in quick.stops] == pytest.approx([p for _, p in plain.stops], rel=1e-10, abs=1e-15)
    assert quick.toxicities == pytest.approx(plain.toxicities, rel=1e-10, abs=1e-15)


def test_probabilities_add_up_in_a_full_trial():
    exact = exact_boin(Boin(5), (0.10, 0.25, 0.40, 0.55, 0.70))
    assert exact.none + sum(exact.selection) == pytest.approx(1, abs=1e-12)
    assert exact.sample_size <= 30


def test_wrong_rates_are_refused():
    with pytest.raises(UsageError, match="one per dose"):
        exact_boin(Boin(3), (0.1, 0.2))
