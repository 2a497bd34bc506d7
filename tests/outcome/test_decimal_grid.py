from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.outcome.decimal_grid import LARGEST, STEPS, reaches, to_steps


@given(st.integers(-(10**15), 10**15))
def test_every_decimal_of_six_places_up_to_the_limit_comes_back(steps):
    written = f"{'-' if steps < 0 else ''}{abs(steps) // STEPS}.{abs(steps) % STEPS:06d}"
    assert to_steps(np.array(float(written))) == steps


def test_missing_becomes_zero_and_too_large_is_refused():
    assert to_steps(np.array([np.nan, -0.0, LARGEST])).tolist() == [0, 0, 10**15]
    with pytest.raises(UsageError, match=r"larger than 1e\+09"):
        to_steps(np.array([np.inf]))


whole = st.integers(-(10**15), 10**15)


@given(whole, st.fractions(0, 5, max_denominator=10**9), whole)
def test_comparison_agrees_with_fractions(part, share, total):
    assert reaches(np.array([part]), share, np.array([total])) == (part >= share * Fraction(total))


def test_equality_reaches_even_beyond_64_bits():
    share = Fraction(333_333_333, 1_000_000_000)
    total, part = np.array([10**15]), np.array([333_333_333 * 10**6])
    assert reaches(part, share, total)
    assert not reaches(part - 1, share, total)
