r"""The likelihood of proportional odds with any design, where its maximum lies, and when it lies at infinity.

For categories ``0 .. J-1`` and a row ``x`` of the design, ``logit P(Y <= j) = a_j - x'b`` (McCullagh, J R
Stat Soc B 1980;42:109). The log-likelihood is concave. It has no maximum exactly when there is a direction
``(d, e)`` of cuts and coefficients, other than 0, along which no subject's probability falls: ``d_j >=
x'e`` for those in category ``j`` below the highest, ``d_{j-1} <= x'e`` for those above the lowest (Albert
and Anderson, Biometrika 1984;71:1, for logits). Whether a coefficient goes to infinity is then a linear
programme: its largest and smallest value over those directions. The log-likelihood still has a limit, found
by climbing until nothing is gained.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.errors import InternalError, UsageError
from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["CumulativeLogit", "Peak", "TwoArms", "two_arms"]

_RANK = 1e-9

_STEPS = 400
_HALVINGS = 60
_SETTLED = 1e-10
_RIDGE = 1e-13
_LEAST = 1e-7


@dataclass(frozen=True, eq=False)
class Peak:
    """Where the climb ended: cuts, coefficients, log-likelihood and its Hessian."""

    cuts: Array
    coefficients: Array
    value: float
    hessian: Array


@dataclass(frozen=True, eq=False)
class CumulativeLogit:
    """The data of a proportional odds model.

    Parameters
    ----------
    levels
        Category of each subject, 0 to ``J - 1``; every category occurs.
    design
        One row for each subject, without intercept; columns linearly independent of each other and of 1.
    """

    levels: npt.NDArray[np.int64]
    design: Array

    @property
    def cuts(self) -> int:
        """Number of cuts, one less than the categories."""
        return int(self.levels.max())

    def directions(self, column: int) -> tuple[bool, bool]:
        """Return whether the coefficient of a column can go to plus, to minus infinity."""
        from scipy.optimize import linprog

        rows = self._steps()
        size = self.cuts + self.design.shape[1]
        found = []
        for sign in (1.0, -1.0):
            cost = np.zeros(size)
            cost[self.cuts + column] = -sign
            solved = linprog(cost, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1.0, 1.0), method="highs")
            if solved.status != 0:
                raise InternalError("Proportional odds: the search for separation did not end.")
            found.append(bool(-solved.fun > _LEAST))
        return found[0], found[1]

    def climb(self, fixed: float | None = None) -> Peak:
        """Maximise by Newton steps; ``fixed`` holds the first coefficient.

        Raises
        ------
        InternalError
            If the climb does not end.
        """
        below = np.cumsum(np.bincount(self.levels))[:-1] / self.levels.size
        x = np.concatenate([np.log(below / (1.0 - below)), np.zeros(self.design.shape[1])])
        free = np.ones(x.size, dtype=bool)
        if fixed is not None:
            x[self.cuts], free[self.cuts] = fixed, False
            # Between the cuts that fit the subjects with this column and those without.
            x[: self.cuts] += fixed * float(self.design[:, 0].mean())
        value, gradient, hessian = self.derivatives(x)
        for _ in range(_STEPS):
            inner = -hessian[np.ix_(free, free)]
            step = np.zeros(x.size)
            ridge = _RIDGE * float(np.trace(inner)) * np.eye(len(inner))
            step[free] = np.linalg.solve(inner + ridge, gradient[free])
            gain, length = float(gradient @ step), 1.0
            if gain < _SETTLED:
                break
            for _ in range(_HALVINGS):
                moved = self.derivatives(x + length * step)
                if moved[0] >= value + 1e-4 * length * gain:
                    break
                length /= 2.0
            else:
                break  # nothing left but rounding
            x = x + length * step
            value, gradient, hessian = moved
        else:
            raise InternalError("Proportional odds: the fit did not settle.")
        return Peak(x[: self.cuts], x[self.cuts :], value, hessian)

    def derivatives(self, x: Array) -> tuple[float, Array, Array]:
        """Return log-likelihood, gradient and Hessian in cuts and coefficients."""
        cuts, shift = x[: self.cuts], self.design @ x[self.cuts :]
        upper_rows, lower_rows = self._rows()
        if np.any(np.diff(cuts) <= 0.0):
            return -math.inf, np.zeros(x.size), np.zeros((x.size, x.size))
        padded = np.concatenate([[-math.inf], cuts, [math.inf]])
        u, low = padded[self.levels + 1] - shift, padded[self.levels] - shift
        with np.errstate(over="ignore"):
            # log (F(u) - F(l)) = log F(u) + log (1 - F(l)) + log (1 - exp(l - u)): exact far out.
            gap = np.exp(padded[self.levels] - padded[self.levels + 1])
            value = float(np.sum(-np.log1p(np.exp(-u)) - np.log1p(np.exp(low)) + np.log1p(-gap)))
            above, below = 1.0 / (1.0 + np.exp(u)), 1.0 / (1.0 + np.exp(-low))
        ratio = gap / (1.0 - gap)
        bend = ratio * (1.0 + ratio)
        gradient = upper_rows.T @ (above + ratio) - lower_rows.T @ (below + ratio)
        cross = (upper_rows.T * bend) @ lower_rows
        hessian = cross + cross.T
        hessian -= (upper_rows.T * (above * (1.0 - above) + bend)) @ upper_rows
        hessian -= (lower_rows.T * (below * (1.0 - below) + bend)) @ lower_rows
        return value, gradient, hessian

    def _rows(self) -> tuple[Array, Array]:
        """Return the derivatives of each subject's upper and lower cut; rows of 0 where it is infinite."""
        marks = np.vstack([np.zeros(self.cuts), np.eye(self.cuts), np.zeros(self.cuts)])
        upper = np.hstack([marks[self.levels + 1], -self.design])
        lower = np.hstack([marks[self.levels], -self.design])
        upper[self.levels == self.cuts] = 0.0
        lower[self.levels == 0] = 0.0
        return upper, lower

    def _steps(self) -> Array:
        """Return the rows that must not be negative along a direction in which nothing is lost."""
        upper, lower = self._rows()
        rows = np.vstack([upper[self.levels < self.cuts], -lower[self.levels > 0]])
        return np.asarray(rows[np.any(rows != 0.0, axis=1)])


@dataclass(frozen=True, eq=False)
class TwoArms:
    """Two arms with their categories; make it with ``two_arms``.

    Parameters
    ----------
    levels, in_first
        Category as a number from 0 without gaps, and whether the subject is in the first arm.
    others
        Factors and covariates as centred columns at right angles; the effects they span are the same.
    confounded
        Whether they tell the arm of every subject.
    """

    levels: npt.NDArray[np.int64]
    in_first: npt.NDArray[np.bool_]
    others: Array
    confounded: bool

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Subjects in the first and second arm, and categories seen."""
        return int(self.in_first.sum()), int((~self.in_first).sum()), int(self.levels.max()) + 1

    @property
    def model(self) -> CumulativeLogit:
        """The model with the arm in the first column."""
        return CumulativeLogit(self.levels, np.column_stack([self.in_first.astype(float), self.others]))

    @property
    def without_arm(self) -> CumulativeLogit:
        """The model without the arm."""
        return CumulativeLogit(self.levels, self.others)


def two_arms(
    categories: "ArrayLike",
    in_first: Sequence[bool],
    factors: Mapping[str, Sequence[Hashable]] | None = None,
    covariates: "Mapping[str, ArrayLike] | None" = None,
) -> TwoArms:
    """Prepare the categories of two arms with factors and covariates.

    Raises
    ------
    UsageError
        If an arm is empty, lengths differ or a value is missing.
    """
    numbers = np.asarray(categories, dtype=float)
    arm = np.asarray(in_first, dtype=bool)
    if numbers.ndim != 1 or not np.all(np.isfinite(numbers)) or arm.size != numbers.size:
        raise UsageError(
            f"Proportional odds: found {numbers.size} categories, or one missing, and {arm.size} arms; "
            "expected a category and an arm for each subject."
        )
    if not np.any(arm) or np.all(arm):
        raise UsageError("Proportional odds: found subjects in one arm only; expected some in each.")
    others = _others(arm.size, factors or {}, covariates or {})
    column = arm - arm.mean()
    left = column - others @ (others.T @ column) / arm.size
    confounded = bool(np.linalg.norm(left) <= _RANK * np.linalg.norm(column))
    return TwoArms(np.unique(numbers, return_inverse=True)[1], arm, others, confounded)


def _others(
    size: int, factors: Mapping[str, Sequence[Hashable]], covariates: "Mapping[str, ArrayLike]"
) -> Array:
    columns = [np.zeros((size, 0))]
    for name, values in factors.items():
        distinct = list(dict.fromkeys(values))
        if len(values) != size:
            raise UsageError(f"Factor {name}: found {len(values)} values; expected {size}.")
        marks = [[float(value == other) for other in distinct[1:]] for value in values]
        columns.append(np.array(marks).reshape(size, len(distinct) - 1))
    for name, given in covariates.items():
        column = np.asarray(given, dtype=float)
        if column.shape != (size,) or not np.all(np.isfinite(column)):
            raise UsageError(f"Covariate {name}: found {column.size} or one missing; expected {size} values.")
        columns.append(column[:, None])
    others = np.hstack(columns)
    others = others - others.mean(axis=0)
    length = np.linalg.norm(others, axis=0)
    others = others[:, length > _RANK] / length[length > _RANK]
    if not others.shape[1]:
        return np.asarray(others)
    u, s, _ = np.linalg.svd(others, full_matrices=False)
    return np.asarray(u[:, s > _RANK * s[0]] * math.sqrt(size))
