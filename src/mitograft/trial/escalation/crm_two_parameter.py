r"""The two-parameter logistic model of the DLT rate by dose ("Bayesian logistic regression model").

``logit p_i = alpha + exp(beta) log(d_i / reference)`` with a bivariate normal prior on ``(alpha, beta)``
(Neuenschwander, Branson and Gsponer, Stat Med 2008;27:2420). ``exp(beta)`` keeps the rates rising with dose.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.trial.escalation.crm_grid import (
    Grid,
    check_sd,
    information,
    log_odds_of,
    log_rates,
    narrowest_sd,
)
from mitograft.trial.escalation.crm_quadrature import even_nodes, tail_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["TwoParameterModel"]

_STEP_ALPHA = 0.5  # of the narrowest posterior SD: error of integrals beyond a cut below 1e-8
_STEP_BETA = 0.6  # no cut is made in beta: error below 1e-10 even for data far from the prior


@dataclass(frozen=True)
class TwoParameterModel:
    """The two-parameter logistic model ("Bayesian logistic regression model").

    Parameters
    ----------
    amounts
        Dose of each level in any one unit, rising, above 0.
    reference
        Reference dose in the same unit; ``alpha`` is the log odds of a DLT there.
    mean
        Prior means of alpha and beta.
    sd
        Prior standard deviations of alpha and beta.
    correlation
        Prior correlation.
    """

    amounts: tuple[float, ...]
    reference: float
    mean: tuple[float, float]
    sd: tuple[float, float]
    correlation: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a model that cannot be.

        Raises
        ------
        UsageError
            If the doses do not rise above 0, or the reference or the prior is impossible.
        """
        for name in ("amounts", "mean", "sd"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        rising = all(a < b for a, b in pairwise((0.0, *self.amounts)))
        if not self.amounts or not rising or not self.reference > 0:
            raise UsageError(
                f"Two-parameter model: found doses {list(self.amounts)} and reference {self.reference:g}; "
                "expected rising doses above 0 and a reference above 0."
            )
        for parameter, sd in zip(("alpha", "beta"), self.sd, strict=True):
            check_sd(parameter, sd)
        if not -1 < self.correlation < 1:
            raise UsageError(
                f"Two-parameter model: found prior correlation {self.correlation:g}; expected one between -1 "
                "and 1."
            )

    @property
    def name(self) -> str:
        """Name with the prior."""
        return (
            f"two-parameter logistic model, prior means {self.mean[0]:g} and {self.mean[1]:g}, standard "
            f"deviations {self.sd[0]:g} and {self.sd[1]:g}, correlation {self.correlation:g}"
        )

    @property
    def doses(self) -> int:
        """Number of dose levels."""
        return len(self.amounts)

    def log_odds(self, parameters: "tuple[Array, ...]") -> "Array":
        """Return the log odds of the DLT rate, shape ``(doses, k)``."""
        alpha, beta = parameters
        odds: Array = alpha + np.log(np.array(self.amounts) / self.reference)[:, None] * np.exp(beta)
        return odds

    def grid(self, patients: int, half_width: float, limits: tuple[float, ...]) -> Grid:
        """Return the points for up to so many patients, shape of all (alpha, beta) pairs made flat."""
        alpha, step_a, beta, step_b = self._axes(patients, half_width)
        pairs = np.repeat(alpha, len(beta)), np.tile(beta, len(alpha))
        toxic, safe = log_rates(self.log_odds(pairs))
        plain = np.full(len(pairs[0]), step_a * step_b)
        sums = np.vstack(
            [plain, plain * pairs[0], plain * pairs[1], plain * np.exp(toxic)]
            + [step_b * self._above(alpha, step_a, beta, limit) for limit in limits]
        ).T
        outer = np.zeros((len(alpha), len(beta)), dtype=bool)
        outer[[0, -1], :] = outer[:, [0, -1]] = True
        return Grid(self._log_prior(*pairs), toxic, safe, sums, np.flatnonzero(outer))

    def _axes(self, patients: int, half_width: float) -> "tuple[Array, float, Array, float]":
        """Return the points of alpha and beta with their distances."""
        inner = (1 - self.correlation**2) ** 0.5
        narrow_a = narrowest_sd(self.sd[0] * inner, patients / 4)
        alpha, step_a = even_nodes(self.mean[0], half_width * self.sd[0], _STEP_ALPHA * narrow_a)
        beta, _ = even_nodes(self.mean[1], half_width * self.sd[1], self.sd[1] / 50)
        # The information about beta grows with alpha: looked at over the middle half of alpha's range.
        likely = alpha[:: max(1, len(alpha) // 16)]
        likely = likely[abs(likely - self.mean[0]) <= half_width / 4 * self.sd[0]]
        most = max(information(self, (np.full(len(beta), a), beta), beta) for a in likely)
        narrow_b = narrowest_sd(self.sd[1] * inner, patients * most)
        beta, step_b = even_nodes(self.mean[1], half_width * self.sd[1], _STEP_BETA * narrow_b)
        return alpha, step_a, beta, step_b

    def _above(self, alpha: "Array", step: float, beta: "Array", limit: float) -> "Array":
        """Return weights in alpha of the rate of each dose above a limit, shape ``(doses, k)``."""
        cuts = log_odds_of(limit) - self.log_odds((np.zeros(len(beta)), beta))
        return np.swapaxes(tail_weights(alpha, step, cuts), 1, 2).reshape(self.doses, -1)

    def _log_prior(self, alpha: "Array", beta: "Array") -> "Array":
        a, b = (alpha - self.mean[0]) / self.sd[0], (beta - self.mean[1]) / self.sd[1]
        exponent: Array = -(a**2 - 2 * self.correlation * a * b + b**2) / (2 * (1 - self.correlation**2))
        return exponent
