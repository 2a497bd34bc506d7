"""The false discovery rate of many tests: Benjamini and Hochberg's adjustment.

With ``m`` p values in ascending order, the adjusted ones are ``min_{j >= i} min(1, m p_(j) / j)``
(Benjamini and Hochberg, J R Stat Soc B 1995;57:289). Calling those at or below ``q`` keeps the expected
share of false findings among them at ``q`` for independent and positively dependent tests. It is for
screens (genes, cytokines, metabolites); a primary end point and its few companions take Holm's adjustment
(``multiplicity.py``).
"""

from collections.abc import Sequence

import numpy as np

from mitograft.errors import UsageError

__all__ = ["benjamini_hochberg"]


def benjamini_hochberg(p: Sequence[float]) -> tuple[float, ...]:
    """Return adjusted p values in the order given; NaN stays NaN and does not count.

    Raises
    ------
    UsageError
        If a p value lies outside 0 to 1.

    >>> [round(x, 4) for x in benjamini_hochberg([0.01, 0.04, 0.03, 0.005])]
    [0.02, 0.04, 0.04, 0.02]
    """
    values = np.asarray(p, dtype=float)
    known = np.flatnonzero(~np.isnan(values))
    if np.any((values[known] < 0.0) | (values[known] > 1.0)):
        raise UsageError("Benjamini and Hochberg's adjustment: found a p value outside 0 to 1.")
    order = known[np.argsort(-values[known], kind="stable")]
    ranks = np.arange(len(order), 0, -1)
    adjusted = values.copy()
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(values[order] * len(order) / ranks))
    return tuple(adjusted.tolist())
