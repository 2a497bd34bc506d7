r"""The multiple contrast test by permutation: exact for a handful of subjects, whatever the errors.

If the dose does nothing, every arrangement of the responses on the doses is equally likely. All
``N! / (n_1! ... n_k!)`` arrangements are counted, 1680 for three doses of three; the p value is the share of
them whose largest t statistic (largest absolute value) is at least the observed one. The t statistics are
those of ``contrast_test.py``.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mcp_mod.contrast_test import Alternative
from mitograft.statistics.mcp_mod.contrasts import optimal_contrasts
from mitograft.statistics.mcp_mod.means import dose_means
from mitograft.statistics.mcp_mod.shapes import Candidate, DoseRange, defaults

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["PermutedContrastTest", "permute_contrast_test"]

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class PermutedContrastTest:
    """Result of the permutation test.

    Parameters
    ----------
    p, smallest_p
        The p value, and the smallest one these sizes could give; None where there are too many arrangements.
    arrangements
        How many there are.
    method, exact, note
        The method in words, whether it is exact (always, where there is a p value), what is missing.
    """

    p: float | None
    smallest_p: float | None
    arrangements: int
    method: str
    exact: bool
    note: str


def permute_contrast_test(
    doses: "ArrayLike",
    responses: "ArrayLike",
    candidates: Sequence[Candidate],
    *,
    alternative: Alternative = "increase",
    within: DoseRange | None = None,
) -> PermutedContrastTest:
    """Test for a dose response by all arrangements of the responses on the doses.

    Parameters
    ----------
    doses, responses
        Dose and response of each subject.
    candidates, alternative, within
        As in ``multiple_contrast_test``.

    Raises
    ------
    UsageError
        If data or candidates are not usable.

    >>> test = permute_contrast_test([0, 0, 0, 600, 600, 600], [1, 2, 4, 5, 8, 9], [Candidate("linear")])
    >>> test.p, test.arrangements
    (0.05, 20)
    """
    if alternative not in ("increase", "decrease", "two-sided"):
        raise UsageError(f"Alternative: found {alternative!r}; expected increase, decrease or two-sided.")
    means = dose_means(doses, responses)
    at, y = np.asarray(doses, dtype=float), np.asarray(responses, dtype=float)
    groups = np.array([int(np.sum(at == dose)) for dose in means.doses])
    count = math.factorial(y.size) // math.prod(math.factorial(size) for size in groups.tolist())
    contrasts = optimal_contrasts(candidates, means.doses, means.unscaled, within=within)
    most = int(defaults()["most_arrangements"].number)
    if count > most:
        note = f"{count} arrangements are more than the {most} that are counted out; use the t test"
        return PermutedContrastTest(None, None, count, _METHOD, exact=False, note=note)
    y = y - y.mean()
    if not np.any(np.abs(y) > _SAME * max(1.0, float(np.abs(np.asarray(responses, dtype=float)).max()))):
        return PermutedContrastTest(1.0, 1.0, count, _METHOD, exact=True, note="all responses are the same")
    sums = np.array(list(_sums(y, groups.tolist())))
    reached = _largest(sums / groups, float(y @ y), groups, contrasts, alternative)
    observed = np.array([y[at == dose].mean() for dose in means.doses])
    mine = float(_largest(observed[None, :], float(y @ y), groups, contrasts, alternative)[0])
    p = float(np.mean(_at_least(reached, mine)))
    smallest = float(np.mean(_at_least(reached, float(reached.max()))))
    return PermutedContrastTest(p, smallest, count, _METHOD, exact=True, note="")


_METHOD = "multiple contrast test, exact permutation of the responses over the doses"


def _at_least(reached: Array, value: float) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):  # infinite less infinite
        return (reached >= value) | (np.abs(reached - value) <= _SAME * (1.0 + abs(value)))


def _largest(
    averages: Array, squares: float, groups: Array, contrasts: Array, alternative: Alternative
) -> Array:
    """Return the largest t of each arrangement; infinite where nothing is left within doses."""
    df = float(groups.sum()) - len(groups)
    # Responses are centred; what the means do not explain is left within doses.
    left = np.maximum(squares - (averages**2) @ groups, 0.0)
    estimates = averages @ contrasts.T
    if alternative == "decrease":
        estimates = -estimates
    elif alternative == "two-sided":
        estimates = np.abs(estimates)
    spread = np.sqrt((contrasts**2 / groups).sum(axis=1))
    none = left <= _SAME * squares
    # Without a variance within doses (one subject a dose) the contrasts themselves are compared.
    scale = np.ones(len(left)) if df == 0 else np.sqrt(np.where(none, 1.0, left) / df)
    t = estimates / spread / scale[:, None]
    if df > 0:
        t[none] = np.where(np.abs(estimates[none]) <= _SAME * math.sqrt(squares), 0.0,
                           np.copysign(math.inf, estimates[none]))  # fmt: skip
    return np.asarray(t.max(axis=1))


def _sums(y: Array, groups: list[int]) -> Iterator[list[float]]:
    """Yield the sums by dose of every arrangement."""

    def place(left: tuple[int, ...], sizes: list[int]) -> Iterator[list[float]]:
        if len(sizes) == 1:
            yield [float(y[list(left)].sum())]
            return
        for chosen in combinations(left, sizes[0]):
            rest = tuple(i for i in left if i not in chosen)
            first = float(y[list(chosen)].sum())
            for others in place(rest, sizes[1:]):
                yield [first, *others]

    return place(tuple(range(len(y))), groups)
