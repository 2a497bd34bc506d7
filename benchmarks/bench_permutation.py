"""The exact rank-sum test with ties at ten mice a group: 184,756 splits, seven grades.

Peers on the same data in the same run:

* ``scipy.stats.permutation_test`` with ``n_resamples=inf`` and a vectorised statistic (sum of mid-ranks);
* ``itertools.combinations`` in plain Python.

All three p values must agree; the difference is reported.
"""

import itertools

import numpy as np
from harness import Report, best_of, one_core, options

from mitograft.statistics.permutation import rank_sum_test
from mitograft.statistics.probabilistic_index import probabilistic_index

TREATED = [0, 1, 1, 2, 2, 3, 3, 4, 1, 0]
VEHICLE = [2, 3, 3, 4, 4, 5, 6, 5, 2, 1]


def by_scipy() -> float:
    """Two-sided exact p value by SciPy."""
    from scipy.stats import permutation_test, rankdata

    ranks = rankdata(TREATED + VEHICLE)
    groups = ranks[: len(TREATED)], ranks[len(TREATED) :]

    def statistic(x: "np.ndarray", y: "np.ndarray", axis: int) -> "np.ndarray":  # noqa: ARG001  SciPy's form
        return np.asarray(np.sum(x, axis=axis))

    return float(permutation_test(groups, statistic, vectorized=True, n_resamples=np.inf).pvalue)


def by_enumeration() -> float:
    """Two-sided exact p value over every split, in plain Python."""
    values = TREATED + VEHICLE
    doubled = [2 * sum(v < x for v in values) + values.count(x) + 1 for x in values]
    m, observed = len(TREATED), sum(doubled[: len(TREATED)])
    low = high = total = 0
    for split in itertools.combinations(doubled, m):
        found = sum(split)
        low += found <= observed
        high += found >= observed
        total += 1
    return min(1.0, 2.0 * min(low, high) / total)


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    report = Report("permutation", "Exact rank-sum test with ties, ten mice a group (184,756 splits)")
    report.peers = {
        "scipy": "scipy.stats.permutation_test, exact, vectorised rank sum",
        "enumeration": "itertools.combinations in plain Python",
    }
    times = 3 if choice.quick else 10
    seconds, ours = best_of(times * 10, lambda: rank_sum_test(TREATED, VEHICLE))
    scipy_seconds, scipy_p = best_of(times, by_scipy)
    plain_seconds, plain_p = best_of(1 if choice.quick else 3, by_enumeration)
    index_seconds, _ = best_of(times, lambda: probabilistic_index(TREATED, VEHICLE))
    rng = np.random.default_rng(25)
    large = rng.integers(0, 7, 25).tolist(), rng.integers(0, 7, 25).tolist()
    large_seconds, _ = best_of(times, lambda: rank_sum_test(*large))
    add = report.add
    add("seconds", seconds, "s", "mitograft (aim below 0.2)")
    add("scipy_seconds", scipy_seconds, "s", "scipy")
    add("plain_seconds", plain_seconds, "s", "enumeration")
    add("ratio_to_scipy", scipy_seconds / seconds, "x", "ratio to scipy")
    add("ratio_to_enumeration", plain_seconds / seconds, "x", "ratio to enumeration")
    add("arrangements", ours.arrangements, "", "splits counted")
    add("p", ours.p, "", "p value, two-sided")
    add("difference", max(abs(ours.p - scipy_p), abs(ours.p - plain_p)), "", "largest difference of p values")
    add("index_seconds", index_seconds, "s", "probabilistic index with interval, the test included")
    add("large_seconds", large_seconds, "s", "25 a group (1.3e14 splits), exact")
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "scipy"))


if __name__ == "__main__":
    main()
