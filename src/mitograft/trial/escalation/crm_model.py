r"""One-parameter models of the DLT rate by dose for the continual reassessment method (CRM).

The prior is ``beta ~ N(0, sd^2)``. The *skeleton* are the rates held likely before the trial; the model gives
them back at ``beta = 0`` (Cheung, Dose Finding by the Continual Reassessment Method, 2011, chapter 3):

* ``PowerModel`` ("empiric"): ``p_i = skeleton_i ^ exp(beta)``;
* ``LogisticModel``: ``logit p_i = a0 + exp(beta) x_i`` with ``x_i = logit(skeleton_i) - a0``.

``exp(beta)`` keeps the rates rising with dose. In both, all rates fall as beta grows.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.trial.escalation.crm_grid import (
    Grid,
    check_sd,
    crm_parameters,
    information,
    log_odds_of,
    log_rates,
    narrowest_sd,
)
from mitograft.trial.escalation.crm_quadrature import even_nodes, tail_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["LogisticModel", "PowerModel"]

_STEP = 0.5  # of the narrowest posterior SD: error of integrals beyond a cut below 1e-8, of the others nil


def _default(name: str) -> float:
    return field(default_factory=lambda: crm_parameters()[name].number)


def _prior_sd() -> float:
    return float(crm_parameters()["prior_variance"].number ** 0.5)


def _check_skeleton(skeleton: tuple[float, ...], sd: float) -> None:
    rising = all(a < b for a, b in pairwise(skeleton))
    if not skeleton or not rising or not all(0 < rate < 1 for rate in skeleton):
        raise UsageError(
            f"Skeleton: found {list(skeleton)}, expected rising rates between 0 and 1, one for each dose."
        )
    check_sd("beta", sd)


def _line_grid(model: "PowerModel | LogisticModel", patients: int, half_width: float, cuts: "Array") -> Grid:
    """Return the grid of a one-parameter model; above a cut in beta, shape (limits, doses), rates are low."""
    beta, _ = even_nodes(0.0, half_width * model.sd, model.sd / 50)
    narrowest = narrowest_sd(model.sd, patients * information(model, (beta,), beta))
    beta, step = even_nodes(0.0, half_width * model.sd, _STEP * narrowest)
    toxic, safe = log_rates(model.log_odds((beta,)))
    plain = np.full(len(beta), step)
    above = step - tail_weights(beta, step, cuts.ravel())
    sums = np.vstack([plain, plain * beta, plain * np.exp(toxic), above]).T
    return Grid(-0.5 * (beta / model.sd) ** 2, toxic, safe, sums, np.array([0, len(beta) - 1]))


@dataclass(frozen=True)
class PowerModel:
    """The power ("empiric") model.

    Parameters
    ----------
    skeleton
        Rates held likely, lowest dose first, rising, between 0 and 1.
    sd
        Standard deviation of the prior of beta.
    """

    skeleton: tuple[float, ...]
    sd: float = field(default_factory=_prior_sd)

    def __post_init__(self) -> None:
        """Refuse a model that cannot be.

        Raises
        ------
        UsageError
            If the skeleton does not rise between 0 and 1, or the standard deviation is not in range.
        """
        object.__setattr__(self, "skeleton", tuple(self.skeleton))
        _check_skeleton(self.skeleton, self.sd)

    @property
    def name(self) -> str:
        """Name with the prior."""
        return f"power model, prior variance {self.sd**2:.3g}"

    @property
    def doses(self) -> int:
        """Number of dose levels."""
        return len(self.skeleton)

    def log_odds(self, parameters: "tuple[Array, ...]") -> "Array":
        """Return the log odds of the DLT rate, shape ``(doses, k)``."""
        log_rate = np.log(self.skeleton)[:, None] * np.exp(parameters[0])
        odds: Array = log_rate - np.log(-np.expm1(log_rate))
        return odds

    def grid(self, patients: int, half_width: float, limits: tuple[float, ...]) -> Grid:
        """Return the points for up to so many patients; a rate is above a limit where beta is below a cut."""
        cuts = [[np.log(np.log(limit) / np.log(rate)) for rate in self.skeleton] for limit in limits]
        return _line_grid(self, patients, half_width, np.array(cuts))


@dataclass(frozen=True)
class LogisticModel:
    """The one-parameter logistic model.

    Parameters
    ----------
    skeleton
        Rates held likely, lowest dose first, rising, between 0 and 1.
    intercept
        Fixed intercept ``a0``, above the log odds of all rates of the skeleton.
    sd
        Standard deviation of the prior of beta.
    """

    skeleton: tuple[float, ...]
    intercept: float = _default("logistic_intercept")
    sd: float = field(default_factory=_prior_sd)

    def __post_init__(self) -> None:
        """Refuse a model that cannot be.

        Raises
        ------
        UsageError
            If the skeleton does not rise between 0 and 1, reaches the rate at the intercept, or the standard
            deviation is not in range.
        """
        object.__setattr__(self, "skeleton", tuple(self.skeleton))
        _check_skeleton(self.skeleton, self.sd)
        if not self.intercept > log_odds_of(self.skeleton[-1]):
            raise UsageError(
                f"Logistic model: found intercept {self.intercept:g} and highest rate {self.skeleton[-1]:g}; "
                f"expected an intercept above the log odds of it, {log_odds_of(self.skeleton[-1]):.3g}."
            )

    @property
    def name(self) -> str:
        """Name with intercept and prior."""
        return f"logistic model, intercept {self.intercept:g}, prior variance {self.sd**2:.3g}"

    @property
    def doses(self) -> int:
        """Number of dose levels."""
        return len(self.skeleton)

    @property
    def labels(self) -> tuple[float, ...]:
        """The scaled doses ``x_i``, all below 0."""
        return tuple(log_odds_of(rate) - self.intercept for rate in self.skeleton)

    def log_odds(self, parameters: "tuple[Array, ...]") -> "Array":
        """Return the log odds of the DLT rate, shape ``(doses, k)``."""
        odds: Array = self.intercept + np.array(self.labels)[:, None] * np.exp(parameters[0])
        return odds

    def grid(self, patients: int, half_width: float, limits: tuple[float, ...]) -> Grid:
        """Return the points for up to so many patients; a rate is above a limit where beta is below a cut."""
        far = 2 * half_width * self.sd  # beyond all points: limits that the model always stays below
        cuts = [[self._cut(log_odds_of(limit), label, far) for label in self.labels] for limit in limits]
        return _line_grid(self, patients, half_width, np.array(cuts))

    def _cut(self, log_odds: float, label: float, far: float) -> float:
        ratio = (log_odds - self.intercept) / label
        return float(np.log(ratio)) if ratio > 0 else -far
