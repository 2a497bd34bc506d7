"""Design of a trial with arms and visits, and least-squares means with equal weights from an MMRM.

The design has one column for each arm at each visit with data, centred covariates, each with its own slope at
every visit where wanted, and factors coded as deviations from their unweighted mean. The coefficient of an
arm at a visit is then its least-squares mean itself: at the mean of each covariate over all measurements and
at equal weights of the levels of each factor, as LSMEANS of SAS and emmeans of R have it unless told
otherwise. (Weights proportional to the data would give other numbers.)

Terms are tested by joint contrasts of these means and coefficients, each level against the last (type III):
arm, visit and arm by visit over the visits at which every arm has data, each factor, and for each covariate
its mean slope and the difference of its slopes between visits. The test of visit is at the mean of the
covariates; SAS has it where they are 0.

Source: Searle, Speed and Milliken, Am Stat 1980;34:216.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mixed import Contrast
from mitograft.statistics.mmrm import MmrmResult
from mitograft.statistics.mmrm_inference import Method, MmrmTest, describe_method

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "AdjustedMean",
    "VisitDesign",
    "build_visit_design",
    "compare_arms",
    "estimate_means",
    "summarise_terms",
    "weigh_terms",
]


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
    slopes, levels
        Columns of each covariate, and of each factor.
    """

    matrix: Array
    cells: tuple[tuple[Any, Any], ...]
    names: tuple[str, ...]
    slopes: tuple[range, ...] = ()
    levels: tuple[range, ...] = ()

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
    method
        How standard error and degrees of freedom were found, in words.
    kind
        ``approximate``: the interval is, whatever the method.
    """

    arm: Any
    visit: Any
    contrast: Contrast | None
    reason: str = ""
    reference: Any = None
    method: str = ""
    kind: Literal["exact", "approximate"] = "approximate"


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
    slopes, levels = [], []
    for i, number in enumerate(numbers, start=1):
        centred, before = number - number.mean(), len(columns)
        each = {f"covariate {i} at {v}": centred * (visits == v) for v in np.unique(visits)}
        columns |= each if by_visit else {f"covariate {i}": centred}
        slopes.append(range(before, len(columns)))
    for i, group in enumerate(groups, start=1):
        *others, last = np.unique(group)
        before = len(columns)
        columns |= {f"factor {i}: {at}": (group == at) * 1.0 - (group == last) for at in others}
        levels.append(range(before, len(columns)))
    return VisitDesign(
        np.column_stack(list(columns.values())), cells, tuple(columns), tuple(slopes), tuple(levels)
    )


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
        AdjustedMean(
            arm,
            visit,
            *_estimate(result, design.weigh(arm, visit), method, level),
            method=describe_method(method),
        )
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
        found.append(AdjustedMean(arm, visit, contrast, reason, reference, describe_method(method)))
    return tuple(found)


def summarise_terms(
    result: MmrmResult, design: VisitDesign, *, method: Method = "kenward-roger"
) -> tuple[MmrmTest, ...]:
    """Test every term of a design (type III); a term without a test says why."""
    return tuple(_test(result, term, rows, method) for term, rows in weigh_terms(design).items())


def weigh_terms(design: VisitDesign) -> dict[str, Array]:
    """Return the contrasts of each term, one row for each; no rows where a term has none.

    >>> design = build_visit_design(["A", "A", "B", "B"], [1, 2, 1, 2])
    >>> {term: rows.tolist() for term, rows in weigh_terms(design).items()}["arm"]
    [[0.5, 0.5, -0.5, -0.5]]
    """
    size = len(design.names)
    found = dict(zip(("arm", "visit", "arm by visit"), _weigh_cells(design), strict=True))
    for i, columns in enumerate(design.slopes, start=1):
        rows = np.eye(size)[list(columns)]
        found[f"covariate {i}"] = rows.mean(axis=0, keepdims=True)
        if len(columns) > 1:
            found[f"covariate {i} by visit"] = rows[:-1] - rows[-1]
    for i, columns in enumerate(design.levels, start=1):
        rows = np.eye(size)[list(columns)]
        found[f"factor {i}"] = rows + rows.sum(axis=0)
    return found


def _weigh_cells(design: VisitDesign) -> tuple[Array, Array, Array]:
    """Return contrasts of arms, of visits and of both, over the visits at which every arm has data."""
    arms = sorted({arm for arm, _ in design.cells})
    visits = [v for v in sorted({v for _, v in design.cells}) if all((a, v) in design.cells for a in arms)]
    places = [design.cells.index((arm, visit)) for arm in arms for visit in visits]
    means = np.eye(len(design.names))[places].reshape(len(arms), len(visits), len(design.names))
    if not visits:
        nothing = np.zeros((0, len(design.names)))
        return nothing, nothing, nothing
    by_arm, by_visit = means.mean(axis=1), means.mean(axis=0)
    both = means[:-1, :-1] - means[-1:, :-1] - means[:-1, -1:] + means[-1:, -1:]
    return by_arm[:-1] - by_arm[-1], by_visit[:-1] - by_visit[-1], both.reshape(-1, len(design.names))


def _test(result: MmrmResult, term: str, rows: Array, method: Method) -> MmrmTest:
    words = describe_method(method)
    reason = ""
    if result.fit is None:
        reason = f"no model converged ({result.reason})"
    elif not len(rows):
        reason = "nothing to compare: one level, or no visit at which every arm has data"
    elif not all(result.fit.is_determined(row) for row in rows):
        reason = "the data do not determine it: columns of the design depend on each other"
    if reason or result.fit is None:
        return MmrmTest(term, None, len(rows), None, None, 1.0, words, reason=reason)
    return result.fit.test(rows, term=term, method=method)


def _estimate(
    result: MmrmResult, weights: Array | None, method: Method, level: float
) -> tuple[Contrast | None, str]:
    if result.fit is None:
        return None, f"no model converged ({result.reason})"
    if weights is None:
        return None, "no data of an arm at this visit"
    if not np.any(weights):
        return None, "an arm compared with itself"
    if not result.fit.is_determined(weights):
        return None, "the data do not determine it: columns of the design depend on each other"
    return result.fit.contrast(weights, method=method, level=level), ""
