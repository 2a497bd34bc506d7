"""A fitted model for repeated measurements, and what can be asked of it.

Make it with ``fit_mmrm`` (``mmrm.py``). The mathematics is in ``mmrm_inference.py`` and
``mmrm_kenward_roger.py``.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.mixed import Contrast
from mitograft.statistics.mmrm_data import Basis
from mitograft.statistics.mmrm_inference import (
    METHODS,
    Method,
    MmrmTest,
    Uncertainty,
    describe_method,
    reduce_rank,
)
from mitograft.statistics.mmrm_kenward_roger import adjust_kenward_roger
from mitograft.statistics.mmrm_likelihood import RestrictedLikelihood, Solution
from mitograft.statistics.mmrm_search import Maximum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["MmrmFit"]


@dataclass(frozen=True, eq=False)
class MmrmFit:
    """A fitted model for repeated measurements.

    Parameters
    ----------
    structure
        Covariance structure used.
    visits
        Visits with data, in order; rows and columns of ``covariance``.
    covariance
        Covariance of the measurements of one subject.
    estimate, se
        Coefficients in the order of the columns of the design, with standard errors that take
        ``covariance`` as known; 0 and NaN for columns left out.
    coefficients_covariance
        Covariance of the coefficients that takes ``covariance`` as known.
    minus_two_log_likelihood
        ``-2 l`` at the maximum with all constants, as SAS prints it.
    n, n_subjects
        Measurements and subjects used.
    n_given
        Subjects given, those without any measurement included.
    """

    structure: str
    visits: tuple[Any, ...]
    covariance: Array
    estimate: Array
    se: Array
    coefficients_covariance: Array
    minus_two_log_likelihood: float
    n: int
    n_subjects: int
    n_given: int
    _likelihood: RestrictedLikelihood = field(repr=False)
    _maximum: Maximum = field(repr=False)
    _solution: Solution = field(repr=False)
    _basis: Basis = field(repr=False)
    _scale: float = field(repr=False)

    @property
    def n_parameters(self) -> int:
        """Number of covariance parameters."""
        return self._likelihood.structure.n_parameters

    @property
    def aic(self) -> float:
        """Akaike's criterion, counting the covariance parameters only, as for REML."""
        return self.minus_two_log_likelihood + 2.0 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of subjects given, as SAS has it."""
        return self.minus_two_log_likelihood + self.n_parameters * math.log(self.n_given)

    @property
    def dropped(self) -> tuple[int, ...]:
        """Columns of the design that were left out because they depend on those before them."""
        return self._basis.dropped

    def is_determined(self, weights: "ArrayLike") -> bool:
        """Whether the data determine a contrast: always, unless columns of the design were left out."""
        return self._basis.is_determined(self._check_weights(weights))

    def contrast(
        self, weights: "ArrayLike", *, method: Method = "satterthwaite", level: float = 0.95
    ) -> Contrast:
        """Return a contrast of the coefficients with t test against 0 and interval.

        Parameters
        ----------
        weights
            One weight for each column of the design.
        method
            ``satterthwaite``, ``kenward-roger`` (SAS: DDFM=KR) or ``kenward-roger-linear`` (without second
            derivatives of the covariance). Degrees of freedom are the same for all three.
        level
            Level of the interval.

        Raises
        ------
        UsageError
            If the weights do not fit the design or are all 0, the data do not determine the contrast, or the
            method is unknown.
        """
        from scipy.special import stdtr, stdtrit

        check_level(level)
        found = self._check_weights(weights)
        if not np.any(found):
            raise UsageError("Contrast: found weights that are all 0; expected at least one that is not.")
        along = self._turn(found[None])[0]
        estimate = float(found @ self.estimate)
        df = self._uncertainty.count_df(along)
        se = math.sqrt(float(along @ self._spread(method) @ along))
        half = se * float(stdtrit(df, 0.5 + level / 2.0))
        t = estimate / se
        p = 2.0 * float(stdtr(df, -abs(t)))
        return Contrast(estimate, se, df, t, p, estimate - half, estimate + half, level)

    def test(self, weights: "ArrayLike", *, term: str = "", method: Method = "satterthwaite") -> MmrmTest:
        """Test jointly that several contrasts are 0; for a single one this is its t test, squared.

        Parameters
        ----------
        weights
            One row for each contrast, one column for each column of the design. Rows that follow from the
            others are not counted.
        term
            Name of what is tested.
        method
            As for ``contrast``.

        Raises
        ------
        UsageError
            As for ``contrast``.
        """
        from scipy.special import fdtrc

        rows = np.atleast_2d(np.asarray(weights, dtype=float))
        rows = np.array([self._check_weights(row) for row in rows])
        if not np.any(rows):
            raise UsageError("Contrasts: found weights that are all 0; expected at least one that is not.")
        rows = reduce_rank(rows)
        along, value, q = self._turn(rows), rows @ self.estimate, len(rows)
        f = float(value @ np.linalg.solve(along @ self._spread(method) @ along.T, value)) / q
        scale = 1.0
        if q == 1:
            df = self._uncertainty.count_df(along[0])
        elif method == "satterthwaite":
            df = self._uncertainty.pool_df(along)
        else:
            scale, df = self._uncertainty.match_moments(along)
        if math.isnan(df):
            reason = "the data are too few for denominator degrees of freedom"
            return MmrmTest(term, None, q, None, None, 1.0, describe_method(method), reason=reason)
        p = float(fdtrc(q, df, scale * f))
        return MmrmTest(term, scale * f, q, df, p, scale, describe_method(method))

    def _check_weights(self, weights: "ArrayLike") -> Array:
        found = np.asarray(weights, dtype=float)
        if found.shape != self.estimate.shape or not np.all(np.isfinite(found)):
            raise UsageError(
                f"Contrast: found weights {found.tolist()}; expected {self.estimate.size} finite numbers."
            )
        return found

    def _turn(self, rows: Array) -> Array:
        """Return contrasts of the orthonormal coefficients in units of the data."""
        if not all(self._basis.is_determined(row) for row in rows):
            raise UsageError(
                f"Contrast: found one that the data do not determine, as columns {list(self.dropped)} of the "
                "design were left out; expected a contrast that the columns kept determine."
            )
        turned: Array = self._scale * rows @ self._basis.back
        return turned

    @cached_property
    def _uncertainty(self) -> Uncertainty:
        likelihood, theta = self._likelihood, self._maximum.theta
        slopes = likelihood.slopes(self._solution, likelihood.structure.differentiate(theta))
        w = np.asarray(2.0 * np.linalg.inv(self._maximum.hessian), dtype=float)
        return Uncertainty(self._solution.c, slopes[:, : likelihood.p, : likelihood.p], w)

    def _spread(self, method: Method) -> Array:
        """Return the covariance of the orthonormal coefficients that a method uses."""
        if method == "satterthwaite":
            return self._solution.c
        if method not in METHODS:
            raise UsageError(f"Contrast: found method {method!r}; expected one of {', '.join(METHODS)}.")
        return self._adjusted[method != "kenward-roger"]

    @cached_property
    def _adjusted(self) -> tuple[Array, Array]:
        arguments = self._likelihood, self._maximum.theta, self._uncertainty.w, self._solution
        full, linear = (adjust_kenward_roger(*arguments, linear=linear) for linear in (False, True))
        return full, linear
