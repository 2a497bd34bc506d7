r"""Two groups on donor means, and any number of groups with the donor (or plate) as a block.

* ``paired_t``: differences ``d_i`` within donors; ``t = mean(d) / (s_d / sqrt(n))`` on ``n - 1`` degrees of
  freedom. Beside it stands the exact sign-flip permutation p value: the share of the ``2^n`` sign patterns
  whose ``|sum|`` is at least the observed one (Fisher, The Design of Experiments, 1935, section 21). With n
  donors it cannot be smaller than ``2 / 2^n``: 0.25 for three donors.
* ``welch_t``: independent donors, unequal variances, degrees of freedom after Welch (Biometrika 1947;34:28).
* ``BlockFit``: the additive model ``y_gb = group_g + block_b + e`` by least squares with fixed blocks;
  incomplete blocks allowed (recovered within blocks only). Without blocks it is the one-way layout.

Estimates are differences of means, first minus second. On a log scale give logarithms: the result is a log
ratio; ``as_percent`` turns it into a change in percent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.donors import exact_mean, exact_variance

__all__ = [
    "BlockFit",
    "TResult",
    "as_percent",
    "fit_blocks",
    "paired_t",
    "sign_flip_p",
    "t_result",
    "welch_t",
]

_MOST_FLIPPED = 20
_LOWEST_RANK = 1e-10
_SAME = 1e-12  # relative: a standard error below it is rounding


@dataclass(frozen=True, slots=True)
class TResult:
    """An estimate with interval and t test against 0.

    ``se`` of 0 (all differences alike) leaves nothing to judge by: then ``p``, ``low`` and ``high`` are NaN.
    ``p_permutation`` is NaN where no exact permutation test was made.
    """

    estimate: float
    se: float
    df: float
    t: float
    p: float
    low: float
    high: float
    level: float
    p_permutation: float = math.nan


def t_result(estimate: float, se: float, df: float, level: float, p_permutation: float = math.nan) -> TResult:
    """Return interval and two-sided test of an estimate on ``df`` degrees of freedom."""
    from scipy.special import stdtr, stdtrit

    half = (1.0 - check_level(level)) / 2.0
    if not se > 0.0 or not df > 0.0:
        nan = math.nan
        return TResult(estimate, se, df, nan, nan, nan, nan, level, p_permutation)
    t = estimate / se
    reach = -float(stdtrit(df, half)) * se
    p = float(2.0 * stdtr(df, -abs(t)))
    return TResult(estimate, se, df, t, p, estimate - reach, estimate + reach, level, p_permutation)


def paired_t(first: Sequence[float], second: Sequence[float], *, level: float = 0.95) -> TResult:
    """Compare two groups measured in the same donors, first minus second.

    >>> result = paired_t([21.0, 24.0, 29.0], [12.0, 15.0, 17.0])
    >>> f"{result.estimate:.1f} {result.df:.0f} {result.p:.4f} {result.p_permutation}"
    '10.0 2 0.0099 0.25'
    """
    if len(first) != len(second) or len(first) < 2:
        raise UsageError(
            f"Paired comparison: found {len(first)} and {len(second)} donors; expected the same donors, at "
            "least two."
        )
    differences = [a - b for a, b in zip(first, second, strict=True)]
    size = max(map(abs, [*first, *second]))
    se = math.sqrt(exact_variance(differences) / len(differences))
    se = se if se > _SAME * size else 0.0
    return t_result(exact_mean(differences), se, len(differences) - 1.0, level, sign_flip_p(differences))


def welch_t(first: Sequence[float], second: Sequence[float], *, level: float = 0.95) -> TResult:
    """Compare two groups of different donors, first minus second, without assuming equal variances."""
    if min(len(first), len(second)) < 2:
        raise UsageError(
            f"Unpaired comparison: found {len(first)} and {len(second)} donors; expected at least two "
            "in each group."
        )
    size = max(map(abs, [*first, *second]))
    parts = [(exact_variance(group) / len(group), len(group) - 1.0) for group in (first, second)]
    total = sum(part for part, _ in parts)
    se = math.sqrt(total)
    if not se > _SAME * size:
        return t_result(exact_mean(first) - exact_mean(second), 0.0, 0.0, level)
    df = total**2 / sum(part**2 / df for part, df in parts)
    return t_result(exact_mean(first) - exact_mean(second), se, df, level)


def sign_flip_p(differences: Sequence[float]) -> float:
    """Return the exact two-sided sign-flip p value of paired differences; NaN for more than 20 of them.

    >>> sign_flip_p([1.0, 2.0, 3.0, 4.0])
    0.125
    """
    n = len(differences)
    if n > _MOST_FLIPPED:
        return math.nan
    # The sign of the last difference is fixed: each pattern and its mirror have the same |sum|.
    sums = np.array([math.fsum(sorted(differences)[-1:])])
    for difference in sorted(differences)[:-1]:
        sums = np.concatenate([sums + difference, sums - difference])
    observed = abs(math.fsum(differences))
    size = math.fsum(map(abs, differences))
    return float(np.mean(np.abs(sums) >= observed - _SAME * size))


def as_percent(log_ratio: float) -> float:
    """Return a log ratio as a change in percent.

    >>> round(as_percent(math.log(1.5)), 10)
    50.0
    """
    return 100.0 * math.expm1(log_ratio)


@dataclass(frozen=True, eq=False)
class BlockFit:
    """Least-squares fit of ``group + block``.

    Parameters
    ----------
    groups, blocks
        Names; ``blocks`` is empty for the one-way layout.
    effects
        Estimate of each group, relative to an arbitrary origin: only differences mean something.
    covariance
        Covariance matrix of ``effects`` divided by the residual variance; for differences.
    df
        Residual degrees of freedom.
    residual_variance
        Residual mean square.
    """

    groups: tuple[str, ...]
    blocks: tuple[str, ...]
    effects: Array
    covariance: Array
    df: int
    residual_variance: float
    _weights: Array = field(repr=False)

    def contrast(self, weights: Sequence[float], *, level: float = 0.95) -> TResult:
        """Return a contrast of the groups; the weights must sum to 0."""
        w = np.asarray(weights, dtype=float)
        if w.shape != (len(self.groups),) or abs(w.sum()) > _LOWEST_RANK * np.abs(w).sum() or not np.any(w):
            raise UsageError(
                f"Contrast of groups: found weights {list(map(float, w))}; expected {len(self.groups)} "
                "weights that sum to 0."
            )
        se = math.sqrt(self.residual_variance * float(w @ self.covariance @ w))
        return t_result(float(w @ self.effects), se, float(self.df), level)

    def difference(self, first: str, second: str, *, level: float = 0.95) -> TResult:
        """Return the difference of two groups, first minus second."""
        return self.contrast(self.weights(first, second), level=level)

    def weights(self, first: str, second: str) -> list[float]:
        """Return the weights of the difference of two groups."""
        for name in (first, second):
            if name not in self.groups:
                raise UsageError(f"Groups: found {name!r}; expected one of {', '.join(self.groups)}.")
        return [float(name == first) - float(name == second) for name in self.groups]

    @cached_property
    def complete(self) -> bool:
        """Whether every group stands in every block, once."""
        return bool(self.blocks) and bool(np.all(self._weights == 1))


def fit_blocks(
    values: Sequence[float], groups: Sequence[str], blocks: Sequence[str] | None = None
) -> BlockFit:
    """Fit ``value = group + block`` by least squares.

    Parameters
    ----------
    values
        Means of donors (or plates).
    groups, blocks
        Group and block of each; without blocks the one-way layout.

    Raises
    ------
    UsageError
        If there are fewer than two groups, if blocks do not connect the groups, or if no degree of freedom
        is left for the residual variance.
    """
    y = np.asarray(values, dtype=float)
    names = tuple(sorted(set(groups)))
    labels = () if blocks is None else tuple(sorted(set(blocks)))
    if len(names) < 2 or len(y) != len(groups) or (blocks is not None and len(blocks) != len(y)):
        raise UsageError(
            f"Blocked comparison: found {len(y)} values in {len(names)} groups; expected one group (and "
            "block) for each value, and at least two groups."
        )
    group_part = np.array([[name == group for name in names] for group in groups], dtype=float)
    if blocks is None:
        block_part = np.ones((len(y), 1))
    else:
        block_part = np.array([[label == block for label in labels] for block in blocks], dtype=float)
    # Groups adjusted for blocks: the reduced normal equations of a block design.
    adjusted = group_part - block_part @ np.linalg.lstsq(block_part, group_part, rcond=None)[0]
    information = adjusted.T @ group_part
    if np.linalg.matrix_rank(information, tol=_LOWEST_RANK * len(y)) < len(names) - 1:
        raise UsageError(
            "Blocked comparison: the blocks do not connect all groups (some groups never share a block, "
            "directly or through others). Compare only groups that do."
        )
    covariance = np.linalg.pinv(information, rcond=_LOWEST_RANK, hermitian=True)
    effects = covariance @ (adjusted.T @ y)
    design = np.hstack([group_part, block_part])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    df = len(y) - (len(names) - 1) - block_part.shape[1]
    if df < 1:
        raise UsageError(
            f"Blocked comparison: found {len(y)} values for {len(names)} groups and {block_part.shape[1]} "
            "blocks; no degree of freedom is left for the residual variance. Add donors."
        )
    variance = float(residual @ residual) / df
    if variance <= (_SAME * float(np.max(np.abs(y)))) ** 2:
        variance = 0.0
    return BlockFit(names, labels, effects, covariance, df, variance, group_part.T @ block_part)
