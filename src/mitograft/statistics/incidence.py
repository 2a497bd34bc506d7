"""How often something happens in two small groups: exact tests and an interval of the difference.

* Fisher's exact test keeps both margins fixed; with few animals it can attain few p values and is cautious.
* Boschloo's test takes Fisher's one-sided p value as its statistic and the largest probability over all
  common rates as its p value, doubled for two sides (Biometrika 1970;24:1). It never rejects more often
  than its level and, side by side, rejects wherever Fisher's one-sided test does.
* The interval of the difference is Miettinen and Nurminen's (``differences.py``); a score interval, not
  exact, but it has a width in every table, also 0 of n against 0 of n.

State before the data are seen which of the tests counts; Boschloo's is the one to prefer.
"""

from dataclasses import dataclass

from mitograft.statistics.counts import check_counts, check_level
from mitograft.statistics.differences import fisher_exact, miettinen_nurminen

__all__ = ["Incidence", "boschloo_exact", "compare_incidence"]


@dataclass(frozen=True, slots=True)
class Incidence:
    """Two incidences and their difference, first minus second.

    Parameters
    ----------
    k_first, n_first, k_second, n_second
        Animals affected and animals.
    difference, low, high, level
        Difference of the shares with Miettinen and Nurminen's interval.
    p_boschloo, p_fisher
        Two-sided p values of equal incidence.
    """

    k_first: int
    n_first: int
    k_second: int
    n_second: int
    difference: float
    low: float
    high: float
    level: float
    p_boschloo: float
    p_fisher: float


def compare_incidence(
    k_first: int, n_first: int, k_second: int, n_second: int, *, level: float = 0.95
) -> Incidence:
    """Compare ``k_first`` of ``n_first`` with ``k_second`` of ``n_second``.

    Raises
    ------
    UsageError
        If a count is not a whole number, a group is empty or ``k`` exceeds ``n``.

    >>> result = compare_incidence(7, 8, 2, 8)
    >>> f"{result.difference:.3f} {result.low:.3f} {result.high:.3f}"
    '0.625 0.128 0.872'
    >>> f"{result.p_boschloo:.4f} {result.p_fisher:.4f}"
    '0.0213 0.0406'
    """
    check_level(level)
    fisher = fisher_exact(k_first, n_first, k_second, n_second)  # checks the counts
    low, high = miettinen_nurminen(k_first, n_first, k_second, n_second, level=level)
    return Incidence(
        k_first=int(k_first),
        n_first=int(n_first),
        k_second=int(k_second),
        n_second=int(n_second),
        difference=k_first / n_first - k_second / n_second,
        low=float(low),
        high=float(high),
        level=level,
        p_boschloo=boschloo_exact(k_first, n_first, k_second, n_second),
        p_fisher=fisher,
    )


def boschloo_exact(k1: int, n1: int, k2: int, n2: int) -> float:
    """Return the two-sided p value of Boschloo's test, twice the smaller one-sided one."""
    from scipy.stats import boschloo_exact as test

    check_counts([k1, k2], [n1, n2])
    if k1 + k2 in (0, n1 + n2):
        return 1.0
    return float(min(1.0, test([[int(k1), int(k2)], [int(n1 - k1), int(n2 - k2)]]).pvalue))
