"""Holm's adjustment against published values and a peer, and its laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.multiplicity import bonferroni_level, holm

# The 15 p values of the thrombolysis trial in Benjamini and Hochberg, J R Stat Soc B 1995;57:289, of which
# procedures that bound the chance of any false finding at 0.05 reject the first three.
BENJAMINI_HOCHBERG = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
    0.7590, 1.0000,
]  # fmt: skip


def test_published_thrombolysis_example():
    adjusted = holm(BENJAMINI_HOCHBERG)
    assert adjusted[:4] == pytest.approx((0.0015, 0.0056, 0.0247, 0.1140))
    assert sum(p <= 0.05 for p in adjusted) == 3


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize("size", [1, 2, 5, 12])
def test_like_statsmodels(size):
    p = stream(1, "tests", "holm", size).uniform(0, 0.2, size).tolist()
    # The peer's own rounding of 1 - (1 - p) shows at p near 0.
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


@given(p_values, st.randoms())
def test_order_does_not_matter_and_nothing_gets_smaller(p, random):
    places = list(range(len(p)))
    random.shuffle(places)
    shuffled = holm([p[i] for i in places])
    assert [shuffled[places.index(i)] for i in range(len(p))] == list(holm(p))
    assert all(a >= b for a, b in zip(holm(p), p, strict=True))


def test_missing_p_values_do_not_count():
    found = holm([0.02, math.nan, 0.01])
    assert math.isnan(found[1])
    assert (found[0], found[2]) == holm([0.02, 0.01])


def test_levels_hold_together():
    assert bonferroni_level(1) == 0.95
    assert bonferroni_level(8) == pytest.approx(1 - 0.05 / 8)
    with pytest.raises(UsageError, match="expected at least one"):
        bonferroni_level(0)
    with pytest.raises(UsageError, match="outside 0 to 1"):
        holm([np.nextafter(1, 2)])
