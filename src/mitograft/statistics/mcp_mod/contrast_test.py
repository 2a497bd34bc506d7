r"""Multiple contrast test of a dose response of any of the candidate shapes.

With the optimal contrasts ``c_i`` and estimates ``m`` of covariance ``S``, the statistics are ``t_i = c_i'
m / sqrt(c_i' S c_i)``. The adjusted p value of a candidate is ``P(max_j T_j >= t_i)`` for ``T``
multivariate t with the correlations of the contrasts (``max_t.py``). The smallest one tests "no response to
dose" with one error over all candidates (Bretz, Pinheiro and Branson, Biometrics 2005;61:738). Under normal
errors of one variance this is exact at any sample size; with a covariance taken as known it is for large
samples.

A significant shape is not thereby shown to be the true one: contrasts are correlated 0.7 and more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mcp_mod.contrasts import optimal_contrasts
from mitograft.statistics.mcp_mod.max_t import largest_t
from mitograft.statistics.mcp_mod.means import DoseMeans
from mitograft.statistics.mcp_mod.shapes import Candidate, DoseRange, defaults

__all__ = ["ContrastResult", "MultipleContrastTest", "multiple_contrast_test"]

Alternative = Literal["increase", "decrease", "two-sided"]

_ALTERNATIVES = ("increase", "decrease", "two-sided")


@dataclass(frozen=True, slots=True)
class ContrastResult:
    """One candidate: contrast, estimate with standard error, t, and p values; None where not to be had.

    ``p`` is adjusted for all candidates, ``p_unadjusted`` is for this one alone. Under the alternative
    ``decrease`` the contrast keeps its sign (positive for a rise) and small p values belong to negative t.
    """

    candidate: Candidate
    contrast: tuple[float, ...]
    estimate: float
    se: float | None
    t: float | None
    p: float | None
    p_unadjusted: float | None


@dataclass(frozen=True, eq=False)
class MultipleContrastTest:
    """The test over all candidates.

    Parameters
    ----------
    results
        One for each candidate, in the order given.
    correlation
        Correlations of the contrasts.
    doses, df, alternative, alpha
        What was tested; infinite ``df`` means that the covariance counts as known.
    critical
        Value of t (its absolute value) from which the test rejects.
    p
        Adjusted p value of "no dose response"; None where there is none, with the reason in ``note``.
    accuracy
        Numerical error of ``p``.
    method, exact, note
        The method in words, whether it keeps its error at any sample size (normal errors of one variance),
        and what is missing.
    """

    results: tuple[ContrastResult, ...]
    correlation: Array
    doses: Array
    df: float
    alternative: Alternative
    alpha: float
    critical: float | None
    p: float | None
    accuracy: float | None
    method: str
    exact: bool
    note: str

    @property
    def significant(self) -> tuple[Candidate, ...]:
        """The candidates with an adjusted p value of at most ``alpha``, the clearest first."""
        found = [r for r in self.results if r.p is not None and r.p <= self.alpha]
        return tuple(r.candidate for r in sorted(found, key=lambda r: r.p if r.p is not None else 1.0))


def multiple_contrast_test(
    means: DoseMeans,
    candidates: Sequence[Candidate],
    *,
    alternative: Alternative = "increase",
    alpha: float | None = None,
    within: DoseRange | None = None,
) -> MultipleContrastTest:
    """Test for a dose response of any of the candidate shapes.

    Parameters
    ----------
    means
        From ``dose_means`` or ``given_means``.
    candidates
        Shapes with guessed parameters, fixed before the trial.
    alternative
        Whether the response rises or falls with the dose (one-sided), or either.
    alpha
        Error over all candidates; 0.025 unless given (``mcp_mod.csv``).
    within
        Constants of linlog and betaMod; the defaults unless given.

    Raises
    ------
    UsageError
        If there are no candidates or they do not suit the doses, or the alternative or alpha is unknown.

    >>> from mitograft.statistics.mcp_mod.means import dose_means
    >>> means = dose_means([0] * 3 + [300] * 3 + [600] * 3, [1, 4, 6, 12, 15, 20, 14, 22, 19])
    >>> test = multiple_contrast_test(means, [Candidate("linear"), Candidate("emax", (100.0,))])
    >>> f"{test.p:.4f}", test.exact, [c.label for c in test.significant]
    ('0.0013', True, ['emax(100)', 'linear'])
    """
    if alternative not in _ALTERNATIVES:
        raise UsageError(f"Alternative: found {alternative!r}; expected one of {', '.join(_ALTERNATIVES)}.")
    alpha = defaults()["alpha"].number if alpha is None else alpha
    if not 0.0 < alpha < 0.5:
        raise UsageError(f"Error of the test: found {alpha}; expected a number between 0 and 0.5.")
    contrasts = optimal_contrasts(candidates, means.doses, means.unscaled, within=within)
    vectors = contrasts @ np.linalg.cholesky(means.unscaled)
    spread = np.linalg.norm(vectors, axis=1)
    units = vectors / spread[:, None]
    estimates = contrasts @ means.estimates
    common = (units @ units.T, means.doses, means.df, alternative, alpha)
    if means.variance is None:
        rows = [ContrastResult(c, tuple(x.tolist()), float(e), None, None, None, None)
                for c, x, e in zip(candidates, contrasts, estimates, strict=True)]  # fmt: skip
        nothing = (None, None, None)
        return MultipleContrastTest(
            tuple(rows), *common, *nothing, method=_METHOD, exact=False, note=means.note
        )
    se = spread * np.sqrt(means.variance)
    statistics = estimates / se
    two_sided = alternative == "two-sided"
    towards = np.abs(statistics) if two_sided else statistics * (1.0 if alternative == "increase" else -1.0)
    law = largest_t(units, means.df, two_sided=two_sided)
    alone = [largest_t(unit[None, :], means.df, two_sided=two_sided).tail(t)[0]
             for unit, t in zip(units, towards.tolist(), strict=True)]  # fmt: skip
    tails = [law.tail(t) for t in towards.tolist()]
    results = tuple(
        # The larger of both is true of the exact values: it keeps numerical error out of a single candidate.
        ContrastResult(c, tuple(x.tolist()), float(e), float(s), float(t), max(tail[0], p), p)
        for c, x, e, s, t, tail, p in zip(
            candidates, contrasts, estimates, se, statistics, tails, alone, strict=True
        )
    )
    best = min(range(len(results)), key=lambda i: results[i].p or 0.0)
    kind = (
        "exact under normal errors of one variance" if means.exact else "approximate: covariance from a model"
    )
    return MultipleContrastTest(
        results, *common, law.quantile(alpha), results[best].p, tails[best][1], f"{_METHOD}, {kind}",
        means.exact, means.note,
    )  # fmt: skip


_METHOD = "multiple contrast t test with optimal contrasts (Bretz, Pinheiro and Branson)"
