"""Simulated groups of 5 to 10 mice: size and power of the tests, coverage of the intervals.

    pytest tests/recovery/test_mouse_statistics_recovery.py -m slow -s       prints the tables

MITOGRAFT_SLOW_RUNS=2000 is the full size of each line; by default only gross errors would be seen.
"""

import math
import os
from functools import cache

import numpy as np
import pytest

from mitograft.seeds import stream
from mitograft.statistics.censored import compare_censored
from mitograft.statistics.permutation import rank_sum_test
from mitograft.statistics.probabilistic_index import probabilistic_index

RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "60"))
NOISE = 3.5 * math.sqrt(0.05 * 0.95 / RUNS)  # of a simulated share near 5 %
CUTS = np.array([-1.2, -0.6, 0.0, 0.5, 1.0, 1.6])  # of a normal severity into seven grades
pytestmark = pytest.mark.slow


def show(line):
    print(line)  # noqa: T201  the tables are what a full run is for


def draw(rng, mean, sd, shape):
    return np.searchsorted(CUTS, rng.normal(mean, sd, shape))


def chances(mean, sd):
    below = [0.0, *(0.5 * math.erfc((mean - c) / (sd * math.sqrt(2))) for c in CUTS), 1.0]
    return np.diff(below)


def true_index(first, second):
    one, two = chances(*first), chances(*second)
    return float(one @ (np.cumsum(two) - 0.5 * two))


@cache
def index_of(first, second):
    return probabilistic_index(first, second)


def studies(name, n, first, second):
    rng = stream(2026, name, n)
    pairs = zip(draw(rng, *first, (RUNS, n)), draw(rng, *second, (RUNS, n)), strict=True)
    return [index_of(tuple(sorted(a.tolist())), tuple(sorted(b.tolist()))) for a, b in pairs]


@pytest.mark.parametrize("n", [5, 6, 8, 10])
def test_false_claims_and_power_of_the_exact_test(n):
    false = np.mean([r.p <= 0.05 for r in studies("null", n, (0.0, 1.0), (0.0, 1.0))])
    power = np.mean([r.p <= 0.05 for r in studies("effect", n, (1.0, 1.0), (0.0, 1.0))])
    strong = np.mean([r.p <= 0.05 for r in studies("strong", n, (2.0, 1.0), (0.0, 1.0))])
    show(f"\nn {n}: false claims {false:.3f}, power at 1 SD {power:.2f}, at 2 SD {strong:.2f}")
    assert false <= 0.05 + NOISE
    assert strong > power > false


@pytest.mark.parametrize("n", [5, 6, 8, 10])
@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("null", (0.0, 1.0), (0.0, 1.0)),
        ("1 SD", (1.0, 1.0), (0.0, 1.0)),
        ("3 SD, mostly separated", (3.0, 1.0), (0.0, 1.0)),
        ("unequal spread", (1.5, 2.0), (0.0, 1.0)),
        ("healthy all but zero", (0.8, 1.0), (-3.0, 1.0)),
    ],
)
def test_coverage_of_the_index(n, name, first, second):
    truth = true_index(first, second)
    results = studies(name, n, first, second)
    covered = np.mean([r.low <= truth <= r.high for r in results])
    width = np.mean([r.high - r.low for r in results])
    show(f"\nn {n}, {name}: index {truth:.3f}, coverage {covered:.3f}, mean width {width:.2f}")
    assert covered >= 0.92 - NOISE
    assert min(r.high - r.low for r in results) > 0.1


@pytest.mark.parametrize(
    ("n", "effect", "limit"), [(5, 1.5, -9.0), (5, 1.5, 0.0), (8, 0.0, 0.0), (10, 1.5, 0.8)]
)
def test_censored_ratio_is_recovered_where_half_the_limit_is_not(n, effect, limit):
    rng, runs = stream(2026, "censored", n, str(limit)), max(RUNS // 3, 40)
    found, stand_in, covered = [], [], []
    for _ in range(runs):
        first, second = rng.normal(effect, 0.8, n), rng.normal(0.0, 0.8, n)
        seen = [np.exp(x[x >= limit]) for x in (first, second)]
        if not len(seen[0]) + len(seen[1]) >= 3:
            continue
        below = [[math.exp(limit)] * (n - len(x)) for x in seen]
        result = compare_censored(*seen, *below)
        found.append(result.log_ratio)
        covered.append(result.low <= effect <= result.high)
        half = [np.where(x >= limit, x, limit - math.log(2)).mean() for x in (first, second)]
        stand_in.append(half[0] - half[1])
    bias, other = np.median(found) - effect, np.median(stand_in) - effect
    share = np.mean(covered)
    show(f"\nn {n}, limit {limit}: bias {bias:+.2f}, half the limit {other:+.2f}, covered {share:.3f}")
    noise = 3.5 * 1.25 * 0.8 * math.sqrt(2 / n / runs)
    assert abs(bias) < 0.08 + noise
    assert share >= 0.92 - 3.5 * math.sqrt(0.05 * 0.95 / runs)
    if limit > 0.5:  # half of the animals censored, nearly all of one group
        assert abs(other) > abs(bias)


def test_mid_p_is_less_cautious():
    rng = stream(2026, "mid")
    pairs = [(draw(rng, 0.0, 1.0, 6), draw(rng, 0.0, 1.0, 6)) for _ in range(RUNS)]
    tests = [rank_sum_test(a, b) for a, b in pairs]
    assert all(t.p_mid < t.p for t in tests if t.p < 1.0)
