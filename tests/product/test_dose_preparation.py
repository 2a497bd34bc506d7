import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.product.attributes import load_product_parameters
from mitograft.product.dose import prepare_dose, remaining, time_to
from mitograft.product.read import read_lots
from mitograft.product.specification import summarise


def test_volume_and_particles_of_the_phase_2_doses(lot_table):
    # NCT07122648: 300 and 600 ug. By the literature's 7e9 per mg about 2e9 and 4e9 particles.
    lot = summarise(read_lots(lot_table(change={"protein": ("2", "mg/mL", "")})), "L-1")
    for dose, particles in ((300, 2.1e9), (600, 4.2e9)):
        found = prepare_dose(dose, lot, hours=0)
        assert found.volume_ml == dose / 2000
        assert found.particles_literature == pytest.approx(particles)
        assert found.particles == pytest.approx(dose / 1000 * 8e9 / 2)  # the lot's own count per protein
        assert found.particles_source == "particle count and protein of the lot"
        assert (found.left, found.active_ug) == (1, dose)


def test_without_a_count_the_literature_stands_in_and_says_so(lot_table):
    lot = summarise(read_lots(lot_table(without=("particle_count", "protein"))), "L-1")
    found = prepare_dose(300, lot, hours=2)
    assert found.particles == pytest.approx(2.1e9)
    assert found.particles_source == "literature conversion"
    assert math.isnan(found.volume_ml)
    assert "No volume: the lot has no protein concentration." in found.notes


def test_what_is_left_at_the_bedside_has_the_interval_of_the_half_life(lot_table):
    found = prepare_dose(300, summarise(read_lots(lot_table()), "L-1"), hours=13.5)
    assert found.left == 0.5
    assert (found.left_low, found.left_high) == (2 ** (-13.5 / 6.8), 2 ** (-13.5 / 30))
    assert found.active_ug_low < found.active_ug == 150 < found.active_ug_high


def test_unconfirmed_numbers_are_listed(lot_table):
    lot = summarise(read_lots(lot_table()), "L-1")
    flagged = {parameter.id: parameter.status for parameter in prepare_dose(300, lot, hours=3).flagged}
    assert flagged == {
        "particles_per_mg_protein": "recall",
        "half_life": "secondary",
        "half_life_low": "secondary",
        "half_life_high": "secondary",
        "half_life_level": "secondary",
    }
    on_ice = prepare_dose(300, lot, hours=3, on_ice=True)
    assert "ice_loss_noticed" in {parameter.id for parameter in on_ice.flagged}
    assert "(weak source); 3 h is longer" in on_ice.notes[-1]


@pytest.mark.parametrize(("dose", "hours"), [(0, 1), (-1, 1), (math.nan, 1), (300, -1), (300, math.inf)])
def test_a_dose_or_time_out_of_range_is_refused(lot_table, dose, hours):
    with pytest.raises(UsageError, match="expected"):
        prepare_dose(dose, summarise(read_lots(lot_table()), "L-1"), hours=hours)


def test_a_half_life_outside_its_interval_is_refused(lot_table):
    values = load_product_parameters().override({"half_life": "5"})
    with pytest.raises(UsageError, match=r"5 h outside its interval 6\.8 to 30 h"):
        prepare_dose(300, summarise(read_lots(lot_table()), "L-1"), hours=1, parameters=values)


@given(hours=st.floats(0, 200), half_life=st.floats(0.5, 100))
def test_the_time_to_what_is_left_is_the_time_passed(hours, half_life):
    left = remaining(hours, half_life)
    if left > 0:
        assert time_to(left, half_life) == pytest.approx(hours, abs=1e-6)
