r"""Whether one odds ratio does for all cuts: a score test of proportional odds.

The effect of the arm (or every effect, as SAS LOGISTIC prints) is tested against one for each cut, at the
fit of proportional odds and with the expected information (Peterson and Harrell, Appl Stat 1990;39:205).
For two arms alone it is Pearson's chi-squared of the fitted table. It is for large samples: simulated sizes
are in ``ordinal_category.py``. In a small trial it shows next to nothing, least of all that the odds are
proportional.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.statistics.cumulative_logit import CumulativeLogit, Peak, two_arms

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["ParallelOddsTest", "parallel_odds_test"]

_RANK = 1e-9


@dataclass(frozen=True, slots=True)
class ParallelOddsTest:
    """Score test that one odds ratio does for all cuts; None where it does not exist, with the reason."""

    statistic: float | None
    df: int
    p: float | None
    reason: str = ""
    method: str = "score test of proportional odds, chi-squared, approximate"
    exact: bool = False


def parallel_odds_test(
    categories: "ArrayLike",
    in_first: Sequence[bool],
    *,
    factors: Mapping[str, Sequence[Hashable]] | None = None,
    covariates: "Mapping[str, ArrayLike] | None" = None,
    every_effect: bool = False,
) -> ParallelOddsTest:
    """Test whether one odds ratio does for all cuts.

    Parameters
    ----------
    categories, in_first, factors, covariates
        As in ``adjusted_odds``.
    every_effect
        Test the effects of factors and covariates along with that of the arm (SAS LOGISTIC).

    Raises
    ------
    UsageError
        As ``adjusted_odds``.

    >>> test = parallel_odds_test([3, 2, 2, 1, 0, 1, 1, 0, 3, 0], [True] * 5 + [False] * 5)
    >>> f"{test.statistic:.3f} on {test.df} df"
    '1.942 on 2 df'
    """
    from scipy.special import chdtrc

    arms = two_arms(categories, in_first, factors, covariates)
    cuts = arms.sizes[2] - 1
    effects = 1 + (arms.others.shape[1] if every_effect else 0)
    df = effects * (cuts - 1)
    if cuts < 2:
        return ParallelOddsTest(None, 0, None, "fewer than three categories: one odds ratio always does")
    if arms.confounded:
        return ParallelOddsTest(None, df, None, "arm and factors or covariates cannot be told apart")
    model = arms.model
    if any(any(model.directions(place)) for place in range(model.design.shape[1])):
        return ParallelOddsTest(None, df, None, "separation: the proportional odds model has no finite fit")
    score, information = _separate_effects(model, model.climb(), effects)
    sizes = np.sqrt(np.diag(information))
    scaled = information / np.outer(sizes, sizes)
    if np.linalg.eigvalsh(scaled)[0] < _RANK:
        return ParallelOddsTest(None, df, None, "too few subjects for an effect at each cut")
    statistic = float(score / sizes @ np.linalg.solve(scaled, score / sizes))
    return ParallelOddsTest(statistic, df, float(chdtrc(df, statistic)))


def _separate_effects(model: CumulativeLogit, peak: Peak, effects: int) -> tuple[Array, Array]:
    """Return score and expected information at the fit, with the first ``effects`` free at each cut.

    With ``g_j = F(a_j - x'b_j)`` and ``p_j = g_j - g_{j-1}``, the derivative of ``log p_y`` by the ``j``-th
    predictor is ``f_j / p_j`` for ``y = j`` and ``-f_j / p_{j+1}`` for ``y = j + 1``.
    """
    cuts, n = model.cuts, len(model.levels)
    shift = model.design @ peak.coefficients
    cumulative = 1.0 / (1.0 + np.exp(-(peak.cuts[None, :] - shift[:, None])))
    density = cumulative * (1.0 - cumulative)
    probability = np.diff(np.column_stack([np.zeros(n), cumulative, np.ones(n)]), axis=1)
    # Parameters: the cuts, the shared effects, then the free ones cut by cut.
    shared = model.design[:, effects:]
    rows = np.zeros((cuts, n, cuts + shared.shape[1] + cuts * effects))
    for j in range(cuts):
        rows[j, :, j] = 1.0
        rows[j, :, cuts : cuts + shared.shape[1]] = -shared
        at = cuts + shared.shape[1] + j * effects
        rows[j, :, at : at + effects] = -model.design[:, :effects]
    score = np.zeros(rows.shape[2])
    information = np.zeros((rows.shape[2], rows.shape[2]))
    for j in range(cuts):
        here, next_one = density[:, j] / probability[:, j], density[:, j] / probability[:, j + 1]
        score += ((model.levels == j) * here - (model.levels == j + 1) * next_one) @ rows[j]
        information += (rows[j].T * (density[:, j] * (here + next_one))) @ rows[j]
        if j + 1 < cuts:
            cross = (rows[j].T * (density[:, j + 1] * next_one)) @ rows[j + 1]
            information -= cross + cross.T
    return score, information
