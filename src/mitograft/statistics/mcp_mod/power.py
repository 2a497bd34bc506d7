r"""Power of the multiple contrast test, and the number of subjects it needs.

With true means ``mu``, group sizes ``n`` and standard deviation ``sigma`` the statistics are ``(l_i' z +
d_i) / u`` with ``d_i = c_i' mu / (sigma sqrt(sum c_ij^2 / n_j))``, ``z`` standard normal and ``u =
sqrt(chi2_nu / nu)``, ``nu = N - k``. The power is ``1 - E_z P(u >= max_i (l_i' z + d_i) / c)``, averaged
over fixed quasi-random ``z`` (good to about 2e-4), with ``c`` the critical value of the test.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mcp_mod.contrasts import optimal_contrasts
from mitograft.statistics.mcp_mod.max_t import largest_t
from mitograft.statistics.mcp_mod.shapes import Candidate, DoseRange, defaults

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["ContrastPower", "contrast_power", "smallest_group_size"]

_POINTS_LOG2 = 14
_SCRAMBLES = 4
_RANK = 1e-9
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class ContrastPower:
    """Power under each candidate as the truth, in the order given, with the critical value used.

    ``method`` says how; it is exact under normal errors of one variance up to ``accuracy``.
    """

    powers: tuple[float, ...]
    critical: float
    df: float
    accuracy: float
    method: str = "noncentral multivariate t by quasi-random directions, normal errors of one variance"
    exact: bool = True


def contrast_power(
    doses: "ArrayLike",
    sizes: "ArrayLike",
    candidates: Sequence[Candidate],
    *,
    largest_effect: float,
    sigma: float,
    alpha: float | None = None,
    within: DoseRange | None = None,
) -> ContrastPower:
    """Return the power of the one-sided test with each candidate in turn as the truth.

    Parameters
    ----------
    doses, sizes
        Different doses, and the number of subjects at each.
    candidates
        The candidate shapes; each is scaled to ``largest_effect`` over the doses.
    largest_effect, sigma
        Largest difference from the lowest dose, and standard deviation within doses.
    alpha
        One-sided error; 0.025 unless given (``mcp_mod.csv``).

    Raises
    ------
    UsageError
        If sizes, effect or standard deviation are not usable, or leave no degrees of freedom.

    >>> shapes = [Candidate("linear"), Candidate("emax", (100.0,))]
    >>> found = contrast_power([0, 300, 600], [12] * 3, shapes, largest_effect=20, sigma=18)
    >>> [round(power, 2) for power in found.powers]
    [0.73, 0.8]
    """
    at = np.asarray(doses, dtype=float)
    n = np.asarray(sizes, dtype=float)
    if at.shape != n.shape or not np.all((n >= 1.0) & (n == np.rint(n))) or len(np.unique(at)) != at.size:
        raise UsageError("Power: found sizes that do not fit; expected one whole number for each dose.")
    df = float(n.sum()) - len(n)
    if not (0.0 < sigma < math.inf and 0.0 < largest_effect < math.inf and df > 0.0):
        raise UsageError(
            f"Power: found effect {largest_effect:g}, standard deviation {sigma:g} and {df:g} degrees of "
            "freedom; expected all above 0."
        )
    order = np.argsort(at)
    at, n = at[order], n[order]
    within = within or DoseRange.of(at)
    covariance = np.diag(1.0 / n)
    contrasts = optimal_contrasts(candidates, at, covariance, within=within)
    vectors = contrasts / np.sqrt(n)
    spread = np.linalg.norm(vectors, axis=1)
    units = vectors / spread[:, None]
    critical = largest_t(units, df).quantile(defaults()["alpha"].number if alpha is None else alpha)
    powers, errors = [], []
    for candidate in candidates:
        g = candidate.values(at, within)
        size = np.abs(g - g[0]).max()
        shift = contrasts @ (g / size * largest_effect) / (sigma * spread)
        power, error = _power(units, shift, critical, df)
        powers.append(power)
        errors.append(error)
    return ContrastPower(tuple(powers), critical, df, max(errors))


def smallest_group_size(
    doses: "ArrayLike",
    candidates: Sequence[Candidate],
    *,
    power: float,
    largest_effect: float,
    sigma: float,
    alpha: float | None = None,
    within: DoseRange | None = None,
) -> int:
    """Return the smallest number of subjects a dose with this power under every candidate.

    Raises
    ------
    UsageError
        If the power is not between 0 and 1, or would need more than 100,000 subjects a dose.
    """
    if not 0.0 < power < 1.0:
        raise UsageError(f"Power: found {power}; expected a number between 0 and 1.")
    at = np.asarray(doses, dtype=float)

    def enough(n: int) -> bool:
        found = contrast_power(
            at, np.full(at.shape, n), candidates,
            largest_effect=largest_effect, sigma=sigma, alpha=alpha, within=within,
        )  # fmt: skip
        return min(found.powers) >= power

    low, high = 1, 2
    while not enough(high):
        low, high = high, high * 2
        if high > _MOST:
            raise UsageError(f"Power {power}: found no size up to {_MOST} a dose; expected a larger effect.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _power(units: Array, shift: Array, critical: float, df: float) -> tuple[float, float]:
    from scipy.special import chdtrc, ndtri
    from scipy.stats import qmc

    from mitograft.seeds import stream

    u, s, _ = np.linalg.svd(units, full_matrices=False)
    loadings = (u * s)[:, s > _RANK * s[0]]
    found = []
    for scramble in range(_SCRAMBLES):
        rng = stream(0, "contrast power", loadings.shape[1], scramble)  # fixed: same question, same answer
        points = qmc.Sobol(loadings.shape[1], scramble=True, rng=rng).random_base2(_POINTS_LOG2)
        z = ndtri(np.clip(points, 1e-12, 1.0 - 1e-12))
        largest = np.maximum((z @ loadings.T + shift).max(axis=1), 0.0) / critical
        found.append(1.0 - float(np.mean(chdtrc(df, df * largest**2))))
    return float(np.mean(found)), 3.0 * float(np.std(found, ddof=1)) / math.sqrt(_SCRAMBLES)
