import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.mdaat import MITAX_SYSTEMS, MYOACT_SYSTEMS, defaults, mitax, myoact


def test_myoact_is_the_sum_over_sixty():
    assert len(MYOACT_SYSTEMS) == 6
    assert myoact([10] * 6).score == 1
    assert myoact([0.6, 1.2, 0, 0, 0, 4.2]).score == 0.1


def test_myoact_divides_by_the_systems_assessed():
    result = myoact([[5, 5, 5, np.nan, np.nan, np.nan], [np.nan] * 6])
    np.testing.assert_array_equal(result.score, [0.5, np.nan])
    np.testing.assert_array_equal(result.low, [0.25, 0])
    np.testing.assert_array_equal(result.high, [0.75, 1])
    assert result.missing.tolist() == [3, 6]


def test_mitax_weights_add_to_sixty_three():
    # A=9, B=3, C=1, D=E=0 over seven systems; recalled, therefore flagged.
    assert len(MITAX_SYSTEMS) == 7
    result = mitax([["A"] * 7, ["A", "B", "C", "D", "E", "E", "E"], ["E"] * 7])
    np.testing.assert_array_equal(result.score, [1, 13 / 63, 0])
    assert {"mitax_total", "mitax_weight/A"} <= {p.id for p in result.flagged}


def test_mitax_with_a_system_not_assessed():
    result = mitax(["B", "E", "E", "E", "E", "E", None])
    assert np.isnan(result.score)
    assert (result.low, result.high, result.missing) == (3 / 63, 12 / 63, 1)


def test_mistakes_are_explained():
    with pytest.raises(UsageError, match=r"MITAX: 1 cell without points(.|\n)*index 1: found 'F'"):
        mitax(["A", "F", "A", "A", "A", "A", "A"])
    with pytest.raises(UsageError, match="expected 7 items on the last axis"):
        mitax(["A"] * 6)
    with pytest.raises(UsageError, match=r"cardiac: found '10\.1', expected a number from 0 to 10"):
        myoact([0, 0, 0, 0, 0, 10.1])
    with pytest.raises(UsageError, match="found a denominator of 54"):
        mitax(["A"] * 7, parameters=defaults().override({"mitax_total": "54"}))
    with pytest.raises(UsageError, match="override of myoact_divide_by"):
        myoact([0] * 6, parameters=defaults().override({"myoact_divide_by": "60"}))
