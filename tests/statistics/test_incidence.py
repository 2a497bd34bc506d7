"""Incidence in two small groups: Boschloo by its definition, and what it must never do."""

import itertools
import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.incidence import boschloo_exact, compare_incidence


def by_definition(k1, n1, k2, n2):
    """Boschloo's p value over a fine grid of the common rate, with Fisher's tails by hand."""

    def tail(a, b, sign):
        total = a + b
        rows = [(x, math.comb(n1, x) * math.comb(n2, total - x)) for x in range(total + 1) if x <= n1]
        rows = [(x, w) for x, w in rows if total - x <= n2]
        hit = sum(w for x, w in rows if sign * x >= sign * a)
        return hit / math.comb(n1 + n2, total)

    rate = np.linspace(0, 1, 20_001)
    sides = []
    for sign in (1, -1):
        observed = tail(k1, k2, sign)
        chance = np.zeros_like(rate)
        for a, b in itertools.product(range(n1 + 1), range(n2 + 1)):
            if tail(a, b, sign) <= observed * (1 + 1e-12):
                ways = math.comb(n1, a) * math.comb(n2, b)
                chance += ways * rate ** (a + b) * (1 - rate) ** (n1 + n2 - a - b)
        sides.append(chance.max())
    return min(1.0, 2 * min(sides))


@pytest.mark.parametrize("counts", [(7, 8, 2, 8), (5, 5, 1, 6), (3, 10, 9, 10), (1, 6, 0, 9)])
def test_boschloo_by_definition(counts):
    assert boschloo_exact(*counts) == pytest.approx(by_definition(*counts), abs=1e-6)


def test_nobody_or_everybody_affected():
    for k in (0, 8):
        result = compare_incidence(k, 8, k, 8)
        assert (result.p_boschloo, result.p_fisher, result.difference) == (1.0, 1.0, 0.0)
        assert result.high - result.low > 0.5


def test_all_against_none():
    result = compare_incidence(5, 5, 0, 5)
    assert result.p_fisher == pytest.approx(2 / 252)
    assert result.p_boschloo == pytest.approx(2 * 0.5**10)
    assert (result.difference, result.high) == (1.0, 1.0)


def test_bad_counts():
    with pytest.raises(UsageError, match="found 6 responders of 5"):
        compare_incidence(6, 5, 0, 5)
