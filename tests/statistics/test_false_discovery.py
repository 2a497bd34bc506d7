"""Benjamini and Hochberg against SciPy, and their published example."""

import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.false_discovery import benjamini_hochberg


def test_agrees_with_scipy():
    from scipy.stats import false_discovery_control

    rng = np.random.default_rng(1)
    p = rng.beta(0.5, 1, 500).round(3)  # with ties
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p), rel=1e-12)


def test_benjamini_hochberg_1995_thrombolysis():
    # J R Stat Soc B 1995;57:289, section 4.1: fifteen p values; at q = 0.05 the four smallest are rejected.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert sum(x <= 0.05 for x in benjamini_hochberg(p)) == 4


def test_missing_p_values_do_not_count():
    adjusted = benjamini_hochberg([0.01, math.nan, 0.04])
    assert adjusted[0] == 0.02
    assert math.isnan(adjusted[1])
    assert benjamini_hochberg([]) == ()


def test_bad_p():
    with pytest.raises(UsageError, match="outside 0 to 1"):
        benjamini_hochberg([0.5, 1.2])
