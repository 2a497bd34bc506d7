"""Several means: the F test of one-way analysis of variance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["one_way_anova"]


def one_way_anova(groups: Sequence["ArrayLike"]) -> float | None:
    """Return the p value of equal means under normal errors of one variance.

    ``F = (SSB / (k - 1)) / (SSW / (N - k))``; missing values and empty groups are left out. None where fewer
    than two groups, or no spread within groups, are left.

    >>> f"{one_way_anova([[6, 8, 4, 5, 3, 4], [8, 12, 9, 11, 6, 8], [13, 9, 11, 8, 7, 12]]):.4f}"
    '0.0024'
    """
    from scipy.special import fdtrc

    samples = [np.asarray(group, dtype=float) for group in groups]
    samples = [np.sort(sample[~np.isnan(sample)]) for sample in samples]
    samples = [sample for sample in samples if sample.size]
    total = sum(sample.size for sample in samples)
    between_df, within_df = len(samples) - 1, total - len(samples)
    if between_df < 1 or within_df < 1:
        return None
    grand = sum(float(sample.sum()) for sample in samples) / total
    between = sum(sample.size * (float(sample.mean()) - grand) ** 2 for sample in samples)
    within = sum(float(np.sum((sample - sample.mean()) ** 2)) for sample in samples)
    if within <= 0.0:
        return None
    return float(fdtrc(between_df, within_df, between / between_df / (within / within_df)))
