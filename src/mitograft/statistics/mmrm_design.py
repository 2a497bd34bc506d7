"""Design of a trial with arms and visits, and least-squares means with equal weights from an MMRM.

The design has one column for each arm at each visit with data, centred covariates, each with its own slope at
every visit where wanted, and factors coded as deviations from their unweighted mean. The coefficient of an
arm at a visit is then its least-squares mean itself: at the mean of each covariate over all measurements and
at equal weights of the levels of each factor, as LSMEANS of SAS and emmeans of R have it unless told
otherwise. (Weights proportional to the data would give other numbers.)

Source: Searle, Speed and Milliken, Am Stat 1980;34:216.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mixed import Contrast
from mitograft.statistics.mmrm import Method, MmrmResult

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["AdjustedMean", "VisitDesign", "build_visit_design", "compare_arms", "estimate_means"]


@dataclass(frozen=True, eq=False)
class VisitDesign:
    """A design matrix and what its columns are.

    Parameters
    ----------
    matrix
        One row for each measurement.
    cells
        Arm and visit of the first columns.
    names
        Names of all columns.
    """

    matrix: Array
    cells: tuple[tuple[Any, Any], ...]
    names: tuple[str, ...]

    def weigh(self, arm: Any, visit: Any) -> Array | None:
        """Return the weights of a least-squares mean; None where the arm has no data at the visit."""
        if (arm, visit) not in self.cells:
            return None
        weights = np.zeros(len(self.names))
        weights[self.cells.index((arm, visit))] = 1.0
        return weights


@dataclass(frozen=True, slots=True)
class AdjustedMean:
    """A least-squares mean, or a difference of two, at a visit.

    Parameters
    ----------
    arm, visit
        Where.
    contrast
        The estimate; None where there is none.
    reason
        Why there is none; empty where there is one.
    reference
        The arm subtracted; None for a mean.
    """

    arm: Any
    visit: Any
    contrast: Contrast | None
    reason: str = ""
    reference: Any = None


def build_visit_design(
    arm: Sequence[Any] | npt.NDArray[Any],
    visit: Sequence[Any] | npt.NDArray[Any],
    *,
    covariates: Sequence["ArrayLike"] = (),
    by_visit: bool = True,
    factors: Sequence[Sequence[Any] | npt.NDArray[Any]] = (),
) -> VisitDesign:
    """Build the design of arm x visit with covariates and factors.

    Parameters
    ----------
    arm, visit
        Arm and visit of each measurement; leave out measurements that are missing first.
    covariates
        Numbers known at baseline, one sequence for each covariate.
    by_visit
        Whether each covariate has a slope of its own at every visit, or one for all.
    factors
        Such as sites; one sequence for each factor.

    Raises
    ------
    UsageError
        If lengths differ or a covariate is not finite.

    >>> design = build_visit_design(["A", "A", "B", "B"], [1, 2, 1, 2], covariates=[[3, 3, 5, 5]])
    >>> design.names
    ('A at 1', 'A at 2', 'B at 1', 'B at 2', 'covariate 1 at 1', 'covariate 1 at 2')
    """
    arms, visits = np.asarray(arm), np.asarray(visit)
    numbers = [np.asarray(covariate, dtype=float) for covariate in covariates]
    groups = [np.asarray(factor) for factor in factors]
    if any(entry.shape != (visits.size,) for entry in (arms, visits, *numbers, *groups)):
        raise UsageError("Design: found sequences of different lengths; expected one entry a measurement.")
    if not all(np.all(np.isfinite(number)) for number in numbers):
        raise UsageError("Design: found a covariate that is missing or infinite; expected numbers.")
    cells = tuple(sorted(set(zip(arms.tolist(), visits.tolist(), strict=True))))
    columns = {f"{a} at {v}": ((arms == a) & (visits == v)).astype(float) for a, v in cells}
    for i, number in enumerate(numbers, start=1):
        centred = number - number.mean()
        each = {f"covariate {i} at {v}": centred * (visits == v) for v in np.unique(visits)}
        columns |= each if by_visit else {f"covariate {i}": centred}
    for i, group in enumerate(groups, start=1):
        *levels, last = np.unique(group)
        columns |= {f"factor {i}: {at}": (group == at) * 1.0 - (group == last) for at in levels}
    return VisitDesign(np.column_stack(list(columns.values())), cells, tuple(columns))


def estimate_means(
    result: MmrmResult,
    design: VisitDesign,
    cells: Sequence[tuple[Any, Any]] | None = None,
    *,
    method: Method = "satterthwaite",
    level: float = 0.95,
) -> tuple[AdjustedMean, ...]:
    """Estimate least-squares means of arms at visits, of all with data unless ``cells`` names some."""
    wanted = design.cells if cells is None else cells
    return tuple(
        AdjustedMean(arm, visit, *_estimate(result, design.weigh(arm, visit), method, level))
        for arm, visit in wanted
    )


def compare_arms(
    result: MmrmResult,
    design: VisitDesign,
    pairs: Sequence[tuple[Any, Any]],
    visit: Any,
    *,
    method: Method = "satterthwaite",
    level: float = 0.95,
) -> tuple[AdjustedMean, ...]:
    """Estimate differences of least-squares means at a visit; each pair is an arm and its reference."""
    found = []
    for arm, reference in pairs:
        one, other = design.weigh(arm, visit), design.weigh(reference, visit)
        weights = None if one is None or other is None else one - other
        contrast, reason = _estimate(result, weights, method, level)
        found.append(AdjustedMean(arm, visit, contrast, reason, reference))
    return tuple(found)


def _estimate(
    result: MmrmResult, weights: Array | None, method: Method, level: float
) -> tuple[Contrast | None, str]:
    if result.fit is None:
        return None, f"no model converged ({result.reason})"
    if weights is None:
        return None, "no data of an arm at this visit"
    if not np.any(weights):
        return None, "an arm compared with itself"
    return result.fit.contrast(weights, method=method, level=level), ""
