"""Random streams: each depends on its own path only, and different paths are independent."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mitograft.errors import UsageError
from mitograft.seeds import derive_seed, stream

parts = st.one_of(st.text(max_size=6), st.integers(-(10**9), 10**9))
paths = st.lists(parts, min_size=1, max_size=4).map(tuple)


def test_frozen_values():
    # These numbers must never change: a change alters every simulated study.
    raw = stream(2024, "trial", "subject", 17).bit_generator.random_raw(3)
    assert raw.tolist() == FROZEN_RAW
    assert derive_seed(2024, "trial", "subject", 17) == FROZEN_SEED


FROZEN_RAW = [995873698625457567, 6945126157349217696, 5657175673491750811]
FROZEN_SEED = 1714261544255136245


@settings(deadline=None, max_examples=60)
@given(st.integers(), paths, paths)
def test_streams_agree_exactly_where_seed_and_path_agree(seed, one, other):
    same = [(type(p), p) for p in one] == [(type(p), p) for p in other]
    raw = [stream(seed, *path).bit_generator.random_raw(2).tolist() for path in (one, other)]
    assert (raw[0] == raw[1]) == same
    assert (derive_seed(seed, *one) == derive_seed(seed, *other)) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1,), ("1",)),
        (("ab", "c"), ("a", "bc")),
        (("a", "b"), ("ab",)),
        (("a", ""), ("a",)),
        ((1, 23), (12, 3)),
        ((1,), (-1,)),
        (("a", "b"), ("b", "a")),
        (("s\0",), ("s",)),
    ],
)
def test_paths_that_look_alike_differ(one, other):
    assert derive_seed(5, *one) != derive_seed(5, *other)
    assert stream(5, *one).random() != stream(5, *other).random()


def test_the_seed_matters_and_is_not_a_part_of_the_path():
    assert derive_seed(1, 2, "a") != derive_seed(2, 1, "a")
    assert derive_seed(1, "a") != derive_seed(-1, "a")


def test_a_derived_seed_is_not_the_stream_of_its_path():
    assert stream(derive_seed(3, "a"), "b").random() != stream(3, "a", "b").random()


def test_adding_a_draw_disturbs_no_other():
    def study(names):
        return {name: stream(7, "study", name).normal(size=5).tolist() for name in names}

    before = study(["haq", "mmt8"])
    after = study(["extra", "mmt8", "more", "haq"])
    assert {name: after[name] for name in before} == before


def test_numpy_whole_numbers_are_whole_numbers():
    assert derive_seed(np.int64(4), "subject", np.int32(3)) == derive_seed(4, "subject", 3)


@settings(deadline=None, max_examples=60)
@given(st.integers(), paths)
def test_derived_seeds_fit_signed_64_bits(seed, path):
    assert 0 <= derive_seed(seed, *path) < 2**63


@pytest.mark.parametrize(
    ("seed", "path", "found"),
    [
        (1, (), "found no path"),
        (1, (1.0,), "found a value of type float"),
        (1, (None,), "found a value of type NoneType"),
        (1, (True,), "found True or False"),
        (True, ("a",), "found True or False"),
        ("1", ("a",), "found a value of type str"),
        (1.5, ("a",), "found a value of type float"),
        (1, ("\ud800",), "found text with half a character"),
    ],
)
def test_other_seeds_and_paths_are_refused(seed, path, found):
    with pytest.raises(UsageError, match=rf"Random stream: {found}.*, expected"):
        stream(seed, *path)


# Independence. Each statistic is judged at a threshold that a true random source exceeds about once in a
# million runs; the same test applied to three poor constructions must reject each of them.


def _smallest_p(make, streams=200, draws=400):
    """Smallest corrected p-value of uniformity, correlation between streams, and repeated numbers."""
    table = np.array([make(k).random(draws) for k in range(streams)])
    p_first = stats.kstest(table[:, 0], "uniform").pvalue
    p_all = stats.kstest(table.ravel(), "uniform").pvalue
    correlation = np.corrcoef(table)[np.triu_indices(streams, 1)]
    p_each = 2 * stats.norm.sf(np.abs(correlation) * np.sqrt(draws))
    p_pairs = min(1.0, float(p_each.min()) * p_each.size)
    p_mean_square = 2 * min(
        stats.chi2(p_each.size).cdf(draws * np.sum(correlation**2)),
        stats.chi2(p_each.size).sf(draws * np.sum(correlation**2)),
    )
    # 80,000 numbers of 53 bits repeat by chance with probability 80,000**2 / 2**54 = 4e-7.
    p_repeats = 1.0 if np.unique(table).size == table.size else 4e-7
    return min(1.0, 5 * min(p_first, p_all, p_pairs, p_mean_square), p_repeats)


THRESHOLD = 1e-6


@pytest.mark.parametrize("name", ["by number", "by nested number", "by seed"])
def test_streams_are_independent(name):
    make = {
        "by number": lambda k: stream(1, "subject", k),
        "by nested number": lambda k: stream(1, "subject", k // 10, k % 10),
        "by seed": lambda k: stream(k, "subject"),
    }[name]
    assert _smallest_p(make) > THRESHOLD


class _Shifted:
    """A poor stream: the same sequence, started a little later."""

    def __init__(self, k):
        self.k = k

    def random(self, size):
        return np.random.Generator(np.random.PCG64(1)).random(size + self.k)[self.k :]


@pytest.mark.parametrize("name", ["repeated", "shifted", "path forgotten"])
def test_the_independence_test_can_fail(name):
    make = {
        "repeated": lambda k: stream(1, "subject", k // 2),
        "shifted": _Shifted,
        "path forgotten": lambda _: stream(1, "subject"),
    }[name]
    assert _smallest_p(make) < THRESHOLD


def test_no_two_of_many_paths_share_a_seed():
    many = itertools.product(range(30), ("a", "b"), range(30))
    seeds = [derive_seed(1, *path) for path in many]
    assert len(set(seeds)) == len(seeds) == 1800
