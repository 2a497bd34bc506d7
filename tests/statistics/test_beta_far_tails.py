"""A probability near 1 whose whole error sits in a far tail, where two coarse sums once agreed by chance."""

import pytest

from mitograft.statistics.beta_difference import probability_greater


def test_far_tail_agrees_with_high_precision_and_with_its_mirror():
    # P(Y >= X) for X ~ Beta(249, 2), Y ~ Beta(1951, 186.5): 9.84817953715930928e-9 by mpmath at 30 digits.
    above = float(probability_greater(249, 2, 1951, 186.5))
    assert 1 - above == pytest.approx(9.84817953715931e-9, abs=1e-14)
    assert float(probability_greater(1951, 186.5, 249, 2)) == pytest.approx(9.84817953715931e-9, abs=1e-14)
