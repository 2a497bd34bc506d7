r"""Analysis of covariance by least squares: groups compared at equal values of factors and covariates.

The model of ``n`` subjects is ``y = X b + e``, ``e ~ N(0, s^2)`` independent, with an intercept, one column
for each group and each level of a factor but the first, and one for each covariate. For a contrast ``l``:

* estimate ``l'b`` and standard error ``s sqrt(l' (X'X)^- l)`` with ``s^2 = RSS / (n - rank X)``,
* t statistic, p value and interval from Student's t with ``n - rank X`` degrees of freedom, exact under the
  model at any ``n``.

The adjusted mean of a group (least-squares mean) is the prediction with every covariate at its mean over all
subjects and the levels of every factor weighted alike, as in SAS LSMEANS and R emmeans, or as they were
observed (LSMEANS with OM) (Searle, Speed and Milliken, Am Stat 1980;34:216). Differences of groups are the
same either way, as there are no interactions.

Terms are tested by the F statistic of their columns given all others (type III sums of squares). A dose
given as covariate gives the linear trend over doses: its slope.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Ancova", "AncovaEstimate", "AncovaTest", "fit_ancova"]

Weights = Literal["equal", "observed"]

_GROUP = "group"
_FULL_RANK = 1e-10
_SEPARABLE = 1e-7
_NO_RESIDUAL = 1e-12  # of the standard deviation of the data: rounding, not noise


@dataclass(frozen=True, slots=True)
class AncovaEstimate:
    """A contrast of the model; None where the data do not determine it, with the reason.

    Parameters
    ----------
    estimate, se
        Value in units of the outcome, and standard error.
    df
        Degrees of freedom of the residuals.
    t, p
        Statistic and two-sided p value against 0.
    low, high
        Interval.
    reason
        Why something is None; empty otherwise.
    """

    estimate: float | None
    se: float | None
    df: int
    t: float | None
    p: float | None
    low: float | None
    high: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AncovaTest:
    """F test of one term; ``f`` and ``p`` are None where the data do not allow it, with the reason."""

    term: str
    f: float | None
    df: int
    residual_df: int
    p: float | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Ancova:
    """A fitted model; make it with ``fit_ancova``.

    Parameters
    ----------
    groups
        Groups in order, with the number of subjects in ``sizes``.
    sizes
        Subjects of each group.
    n, df
        Number of subjects, and degrees of freedom of the residuals.
    residual_sd
        Root mean squared error; None without degrees of freedom.
    coefficients, inverse
        Coefficients of the columns of the design, and a generalised inverse of ``X'X``.
    """

    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    n: int
    df: int
    residual_sd: float | None
    coefficients: Array
    inverse: Array
    _columns: Mapping[str, slice]
    _centre: Mapping[Weights, Array]
    _lengths: Array
    _row_space: Array
    _exact: bool

    def mean(self, group: str, *, weights: Weights = "equal", level: float = 0.95) -> AncovaEstimate:
        """Return the adjusted mean of a group.

        Raises
        ------
        UsageError
            If the group or the weights are unknown.
        """
        if weights not in self._centre:
            raise UsageError(f"Weights of factor levels: found {weights!r}; expected 'equal' or 'observed'.")
        return self._estimate(self._centre[weights] + self._shift(group), level)

    def difference(self, group: str, reference: str, *, level: float = 0.95) -> AncovaEstimate:
        """Return the adjusted mean of ``group`` minus that of ``reference``.

        Raises
        ------
        UsageError
            If a group is unknown.
        """
        return self._estimate(self._shift(group) - self._shift(reference), level)

    def slope(self, covariate: str, *, level: float = 0.95) -> AncovaEstimate:
        """Return the change of the outcome for one unit of a covariate.

        Raises
        ------
        UsageError
            If there is no such covariate.
        """
        place = self._columns.get(f"covariate {covariate}")
        if place is None:
            names = [name.removeprefix("covariate ") for name in self._columns if name.startswith("cov")]
            raise UsageError(f"Covariate: found {covariate!r}; expected one of {names}.")
        contrast = np.zeros(self.coefficients.size)
        contrast[place] = 1.0
        return self._estimate(contrast, level)

    def test(self, term: str) -> AncovaTest:
        """Test all columns of ``group``, of a factor or of a covariate, given the other terms.

        Raises
        ------
        UsageError
            If there is no such term.
        """
        from scipy.special import fdtrc

        place = next((s for name, s in self._columns.items() if name.split(" ", 1)[-1] == term), None)
        if place is None:
            names = [name.split(" ", 1)[-1] for name in self._columns]
            raise UsageError(f"Term: found {term!r}; expected one of {names}.")
        contrasts = np.eye(self.coefficients.size)[place]
        reason = self._why_not(contrasts) or ("" if len(contrasts) else "the term has one level only")
        if reason or self.residual_sd is None:
            return AncovaTest(term, None, len(contrasts), self.df, None, reason)
        spread = contrasts @ self.inverse @ contrasts.T
        values = contrasts @ self.coefficients
        f = float(values @ np.linalg.solve(spread, values)) / len(contrasts) / self.residual_sd**2
        return AncovaTest(term, f, len(contrasts), self.df, float(fdtrc(len(contrasts), self.df, f)))

    def _shift(self, group: str) -> Array:
        if group not in self.groups:
            raise UsageError(f"Group: found {group!r}; expected one of {', '.join(self.groups)}.")
        shift, place = np.zeros(self.coefficients.size), self.groups.index(group)
        if place:
            shift[self._columns[_GROUP].start + place - 1] = 1.0
        return shift

    def _why_not(self, contrasts: Array) -> str:
        scaled = contrasts / self._lengths
        off = scaled - scaled @ self._row_space
        if np.abs(off).max(initial=0.0) > _SEPARABLE * np.abs(scaled).max(initial=0.0):
            return "not estimable: the groups, factors and covariates of these subjects are not separable"
        if self.df < 1:
            return "no degrees of freedom are left for the residual variance"
        return "no residual variation; check for copied values" if self._exact else ""

    def _estimate(self, contrast: Array, level: float) -> AncovaEstimate:
        from scipy.special import stdtr, stdtrit

        check_level(level)
        reason = self._why_not(contrast[None, :])
        if reason.startswith("not estimable"):
            return AncovaEstimate(None, None, self.df, None, None, None, None, reason)
        estimate = float(contrast @ self.coefficients)
        if reason or self.residual_sd is None:
            return AncovaEstimate(estimate, None, self.df, None, None, None, None, reason)
        se = self.residual_sd * math.sqrt(max(float(contrast @ self.inverse @ contrast), 0.0))
        if se == 0.0:  # a group minus itself
            return AncovaEstimate(
                estimate, 0.0, self.df, None, None, estimate, estimate, "nothing to compare"
            )
        t, half = estimate / se, float(stdtrit(self.df, 0.5 + level / 2.0)) * se
        p = float(2.0 * stdtr(self.df, -abs(t)))
        return AncovaEstimate(estimate, se, self.df, t, p, estimate - half, estimate + half)


def fit_ancova(
    outcome: "ArrayLike",
    groups: Sequence[str],
    *,
    order: Sequence[str] | None = None,
    factors: Mapping[str, Sequence[object]] | None = None,
    covariates: Mapping[str, "ArrayLike"] | None = None,
) -> Ancova:
    """Fit an analysis of covariance.

    Parameters
    ----------
    outcome
        One number for each subject; none missing, as who is analysed is for the caller to say.
    groups
        Group of each subject.
    order
        The groups in order; as they first occur unless given. A group without subjects is refused.
    factors
        Name and level of each subject, such as the site.
    covariates
        Name and value of each subject, such as the value at baseline.

    Raises
    ------
    UsageError
        If there are no subjects, lengths differ, a value is missing, the groups are not those of ``order``,
        or two terms have one name.

    >>> fit = fit_ancova([1, 2, 4, 6, 7, 9], list("aaabbb"), covariates={"base": [1, 2, 3, 1, 2, 3]})
    >>> found = fit.difference("b", "a")
    >>> f"{found.estimate:.3f} ({found.se:.3f}) df {found.df} p {found.p:.5f}"
    '5.000 (0.272) df 3 p 0.00035'
    """
    y = _numbers(outcome, len(groups), "outcome")
    present = tuple(dict.fromkeys(groups))
    names = tuple(order) if order is not None else present
    if not present or len(set(names)) != len(names) or set(names) != set(present):
        raise UsageError(f"Groups: found {present}; expected subjects in each of {names} and no other.")
    terms = ["intercept", _GROUP, *(factors or {}), *(covariates or {})]
    if len(set(terms)) != len(terms):
        raise UsageError(f"Terms: found {terms}; expected different names, none of them intercept or group.")
    blocks = [("intercept", np.ones((y.size, 1)), 1.0), (_GROUP, _dummies(groups, names), 0.0)]
    for name, levels in (factors or {}).items():
        if len(levels) != y.size:
            raise UsageError(f"Factor {name}: found {len(levels)} values; expected {y.size}.")
        distinct = tuple(dict.fromkeys(levels))
        blocks.append((f"factor {name}", _dummies(levels, distinct), 1.0 / len(distinct)))
    for name, values in (covariates or {}).items():
        column = _numbers(values, y.size, f"covariate {name}")[:, None]
        blocks.append((f"covariate {name}", column, float(column.mean())))
    return _fit(y, names, tuple(list(groups).count(name) for name in names), blocks)


def _numbers(values: "ArrayLike", size: int, what: str) -> Array:
    numbers = np.asarray(values, dtype=float)
    if numbers.shape != (size,) or not np.all(np.isfinite(numbers)):
        raise UsageError(
            f"Analysis of covariance, {what}: found {numbers.size} values, or one missing or infinite; "
            f"expected a number for each of {size} subjects."
        )
    return numbers


def _dummies(values: Sequence[object], levels: Sequence[object]) -> Array:
    found = np.array([[value == level for level in levels[1:]] for value in values], dtype=float)
    return found.reshape(len(values), len(levels) - 1)


def _fit(
    y: Array, groups: tuple[str, ...], sizes: tuple[int, ...], blocks: Sequence[tuple[str, Array, float]]
) -> Ancova:
    design = np.hstack([block for _, block, _ in blocks])
    ends = np.cumsum([block.shape[1] for _, block, _ in blocks])
    columns = {
        name: slice(int(end) - block.shape[1], int(end))
        for (name, block, _), end in zip(blocks, ends, strict=True)
    }
    equal = np.concatenate([np.full(block.shape[1], weight) for _, block, weight in blocks])
    observed = np.where(np.arange(equal.size) < columns[_GROUP].stop, equal, design.mean(axis=0))
    lengths = np.linalg.norm(design, axis=0)
    lengths[lengths == 0.0] = 1.0
    u, s, vt = np.linalg.svd(design / lengths, full_matrices=False)
    kept = s > _FULL_RANK * s[0]
    u, s, vt = u[:, kept], s[kept], vt[kept]
    coefficients = (vt.T @ ((u.T @ y) / s)) / lengths
    inverse = (vt.T / s**2) @ vt / np.outer(lengths, lengths)
    df = y.size - int(kept.sum())
    residual = y - u @ (u.T @ y)
    sd = math.sqrt(float(residual @ residual) / df) if df > 0 else None
    exact = sd is not None and sd <= _NO_RESIDUAL * float(np.abs(y).max(initial=0.0))
    centre: dict[Weights, Array] = {"equal": equal, "observed": observed}
    return Ancova(
        groups, sizes, y.size, df, sd, coefficients, inverse, columns, centre, lengths, vt.T @ vt, exact
    )
