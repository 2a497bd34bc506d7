r"""Linear mixed models by REML or maximum likelihood, with Satterthwaite degrees of freedom.

The model of ``n`` observations with fixed design ``X`` (n x p) and random terms ``Z_t``::

    y = X b + sum_t Z_t u_t + e,     u_t ~ N(0, Psi_t),   e ~ N(0, s^2 I),     V = sum_k v_k G_k

``V`` is linear in the variance parameters ``v`` (variances, and covariances of correlated terms), so that
likelihood, gradient and observed information are exact. The parameters are the entries of the Cholesky
factors of ``Psi_t`` and ``s``, so that no variance can turn negative; a variance of 0 is an admissible
estimate, reported as such and never an error (see ``likelihood.py`` for the mathematics).

Satterthwaite degrees of freedom of a contrast ``l``: with ``f(v) = l' (X' V^-1 X)^-1 l``, its gradient ``g``
and the inverse observed information ``A``, ``df = 2 f^2 / (g' A g)``. In balanced designs this is the
classical number. Variances estimated as 0 count as known, as in lmerTest.

Sources: Patterson and Thompson, Biometrika 1971;58:545 (REML); Satterthwaite, Biometrics Bull 1946;2:110;
Giesbrecht and Burns, Biometrics 1985;41:477 and Kuznetsova, Brockhoff and Christensen, J Stat Softw
2017;82(13) (Satterthwaite degrees of freedom in mixed models).

Which random terms: a random intercept of the donor alone treats wells as independent replicates of the
treatment effect. Where each donor gets every treatment, give the donor a random slope of the treatment too,
or analyse donor means (``blocked.py``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.likelihood import Likelihood, Maximum, maximise
from mitograft.statistics.random_terms import RandomTerm, build_components

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Contrast", "MixedFit", "RandomTerm", "VarianceComponent", "fit_mixed"]

_FULL_RANK = 1e-10
_NO_RESIDUAL = 1e-12  # of the variance of the data: rounding, not noise


@dataclass(frozen=True, slots=True)
class VarianceComponent:
    """One variance (or covariance) of the model.

    Parameters
    ----------
    name
        ``donor``, ``donor: slope``, ``donor: covariance of ...`` or ``residual``.
    value
        The estimate in squared units of the outcome (covariances may be negative).
    at_zero
        Whether the estimate lies on the boundary: a variance of 0.
    """

    name: str
    value: float
    at_zero: bool = False


@dataclass(frozen=True, slots=True)
class Contrast:
    """A linear combination of fixed effects with its interval and test against 0."""

    estimate: float
    se: float
    df: float
    t: float
    p: float
    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class MixedFit:
    """A fitted linear mixed model.

    Parameters
    ----------
    names, estimate, se
        Fixed effects in the order of the columns of the design.
    covariance
        Covariance matrix of the fixed effects, ``(X' V^-1 X)^-1``.
    components
        Variances and covariances, the residual variance last.
    log_likelihood
        Maximised (restricted) log-likelihood, with all constants.
    method
        ``REML`` or ``ML``.
    n
        Number of observations.
    converged
        Whether the maximum was found to the tolerance.
    singular
        Whether a variance is 0 or random effects are perfectly correlated.
    note
        What a reader must know, in sentences; empty where there is nothing.
    """

    names: tuple[str, ...]
    estimate: Array
    se: Array
    covariance: Array
    components: tuple[VarianceComponent, ...]
    log_likelihood: float
    method: str
    n: int
    converged: bool
    singular: bool
    note: str
    _likelihood: Likelihood = field(repr=False)
    _maximum: Maximum = field(repr=False)

    def variance(self, name: str) -> float:
        """Return the variance component of a name."""
        for component in self.components:
            if component.name == name:
                return component.value
        known = ", ".join(component.name for component in self.components)
        raise UsageError(f"Variance component: found {name!r}; expected one of {known}.")

    def contrast(self, weights: "ArrayLike | str", *, level: float = 0.95) -> Contrast:
        """Return a contrast of the fixed effects with t test and interval on Satterthwaite df.

        Parameters
        ----------
        weights
            One weight for each fixed effect, or the name of one fixed effect.
        level
            Level of the interval.
        """
        from scipy.special import stdtr, stdtrit

        l = self._weights(weights)  # noqa: E741 - the letter of the textbooks
        estimate, variance = float(l @ self.estimate), float(l @ self.covariance @ l)
        se = math.sqrt(variance)
        df = self._likelihood.satterthwaite(self._maximum, l)
        t = estimate / se
        reach = float(stdtrit(df, 1.0 - (1.0 - check_level(level)) / 2.0)) * se
        p = float(2.0 * stdtr(df, -abs(t)))
        return Contrast(estimate, se, df, t, p, estimate - reach, estimate + reach, level)

    def _weights(self, weights: "ArrayLike | str") -> Array:
        if isinstance(weights, str):
            if weights not in self.names:
                raise UsageError(f"Contrast: found {weights!r}; expected one of {', '.join(self.names)}.")
            return np.array([float(name == weights) for name in self.names])
        vector = np.asarray(weights, dtype=float)
        if vector.shape != (len(self.names),) or not np.any(vector) or not np.all(np.isfinite(vector)):
            raise UsageError(
                f"Contrast: found weights of shape {vector.shape}; expected {len(self.names)} "
                "finite weights, not all zero."
            )
        return vector


def fit_mixed(
    y: "ArrayLike",
    x: "ArrayLike",
    random: Sequence[RandomTerm],
    *,
    names: Sequence[str] | None = None,
    method: Literal["REML", "ML"] = "REML",
) -> MixedFit:
    """Fit a linear mixed model.

    Parameters
    ----------
    y
        Outcome of each observation.
    x
        Fixed design, one row for each observation (with a column of ones for the intercept).
    random
        Random terms.
    names
        Names of the fixed effects; ``x1``, ``x2`` and so on if not given.
    method
        Restricted (``REML``) or full (``ML``) maximum likelihood.

    Raises
    ------
    UsageError
        If shapes do not fit, a value is missing, the fixed design has less than full rank, or the terms
        leave no residual variation.

    Examples
    --------
    >>> speed = [10.0, 11.5, 12.5, 11.0, 13.5, 14.0, 15.0, 17.5]
    >>> plate = RandomTerm("plate", ["a", "a", "b", "b", "c", "c", "d", "d"])
    >>> fit = fit_mixed(speed, [[1, 0], [1, 1]] * 4, [plate], names=["control", "change"])
    >>> change = fit.contrast("change")
    >>> f"{change.estimate:.3f} {change.df:.3f} {change.p:.3f}"  # as the paired t test
    '0.750 3.000 0.444'
    """
    y, x = _check_data(y, x)
    labels = tuple(names) if names is not None else tuple(f"x{i + 1}" for i in range(x.shape[1]))
    if len(labels) != x.shape[1] or len(set(labels)) != len(labels):
        raise UsageError(f"Mixed model: found {len(labels)} names; expected {x.shape[1]} different ones.")
    if method not in ("REML", "ML"):
        raise UsageError(f"Mixed model: found method {method!r}; expected 'REML' or 'ML'.")
    components = build_components(random, len(y))
    likelihood = Likelihood.of(y, x, components, restricted=method == "REML")
    if likelihood.residual_df <= 0 or likelihood.remainder <= _NO_RESIDUAL:
        raise UsageError(
            "Mixed model: the fixed and random effects explain the data without remainder, so that no "
            "residual variance can be estimated. Give more replicates, or drop a random term."
        )
    maximum = maximise(likelihood)
    b, covariance = likelihood.fixed_effects(maximum)
    found = tuple(
        VarianceComponent(name, value, at_zero)
        for name, value, at_zero in likelihood.named_variances(maximum)
    )
    return MixedFit(
        names=labels,
        estimate=b,
        se=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        components=found,
        log_likelihood=likelihood.log_likelihood(maximum),
        method=method,
        n=len(y),
        converged=maximum.converged,
        singular=bool(np.any(~maximum.free)),
        note=_note(maximum, found),
        _likelihood=likelihood,
        _maximum=maximum,
    )


def _check_data(y: "ArrayLike", x: "ArrayLike") -> tuple[Array, Array]:
    outcome, design = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    if outcome.ndim != 1 or design.ndim != 2 or len(design) != len(outcome):
        raise UsageError(
            f"Mixed model: found an outcome of shape {outcome.shape} and a design of shape {design.shape}; "
            "expected n values and n rows."
        )
    if not (np.all(np.isfinite(outcome)) and np.all(np.isfinite(design))):
        raise UsageError("Mixed model: found missing or infinite values; leave those observations out first.")
    sizes = np.linalg.norm(design, axis=0)
    if np.any(sizes == 0) or np.linalg.matrix_rank(design / sizes, tol=_FULL_RANK) < design.shape[1]:
        raise UsageError(
            "Mixed model: the columns of the fixed design are not independent (an empty group, or a group "
            "that always goes with another). Drop or merge columns."
        )
    return outcome, design


def _note(maximum: Maximum, components: Sequence[VarianceComponent]) -> str:
    sentences = []
    if not maximum.converged:
        sentences.append(
            "The optimiser stopped before the maximum of the likelihood: do not use these estimates; "
            "simplify the random terms."
        )
    zero = [component.name for component in components if component.at_zero]
    if zero:
        verb = "is" if len(zero) == 1 else "are"
        sentences.append(
            f"The variance of {', '.join(zero)} {verb} estimated as 0 (singular fit) and counts as known "
            "in the degrees of freedom."
        )
    elif np.any(~maximum.free):
        sentences.append("Random effects are estimated as perfectly correlated (singular fit).")
    return " ".join(sentences)
