r"""Simon's two-stage designs: a single arm that stops early when too few respond, found by exact search.

``n1`` patients first. With ``r1`` or fewer responders the trial stops; otherwise it goes on to ``n``, and the
treatment is called worth more study with more than ``r`` responders. For a true response rate ``p``, with
``b`` and ``B`` the binomial probability and distribution function::

    stop(p)   = B(r1; n1, p)
    accept(p) = sum_{x = r1 + 1}^{n1} b(x; n1, p) (1 - B(r - x; n - n1, p))
    EN(p)     = n1 + (1 - stop(p)) (n - n1)

A design is admitted where ``accept(p0) <= alpha`` and ``accept(p1) >= 1 - beta``. *Optimal* is the least
``EN(p0)``; *minimax* the least ``n`` and among these the least ``EN(p0)`` (Simon, Control Clin Trials
1989;10:1).

The search is complete, not bounded by a guess. Power asks for ``stop(p1) <= beta``, which for each ``n1``
leaves a largest ``r1`` and so a largest ``stop(p0)``; ``EN(p0)`` of any design with this ``n1`` is then at
least ``n1 + (1 - that) (n - n1)``, which grows with ``n``. The search over ``n`` ends once this bound exceeds
the best design for every ``n1``. Binomial probabilities are built by repeated convolution (sums of positive
terms), so that nothing is approximated beyond rounding.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

__all__ = ["TwoStageCharacteristics", "TwoStageDesign", "simon_two_stage"]

Criterion = Literal["optimal", "minimax"]

_MOST = 200
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class TwoStageCharacteristics:
    """What a design does at one true response rate.

    Parameters
    ----------
    rate
        The true response rate.
    stop_early
        Probability of stopping after the first stage.
    accept
        Probability of calling the treatment worth more study.
    expected_n
        Mean number of patients.
    """

    rate: float
    stop_early: float
    accept: float
    expected_n: float


@dataclass(frozen=True, slots=True)
class TwoStageDesign:
    """Stop after ``n1`` with ``r1`` or fewer responders; accept with more than ``r`` of ``n``.

    Raises
    ------
    UsageError
        If not ``0 <= r1 < n1 < n`` and ``r1 <= r < n``.
    """

    r1: int
    n1: int
    r: int
    n: int

    def __post_init__(self) -> None:
        """Refuse limits that are no two-stage design."""
        if not (0 <= self.r1 < self.n1 < self.n and self.r1 <= self.r < self.n):
            raise UsageError(
                f"Two-stage design: found {self}; expected 0 <= r1 < n1 < n and r1 <= r < n "
                "(responders at which to stop, patients, in stage 1 and in all)."
            )

    def __str__(self) -> str:
        """Write it as in the tables: ``r1/n1 r/n``."""
        return f"{self.r1}/{self.n1} {self.r}/{self.n}"

    def at(self, rate: float) -> TwoStageCharacteristics:
        """Return the exact characteristics at one true response rate, from 0 to 1.

        >>> row = TwoStageDesign(1, 10, 5, 29).at(0.1)
        >>> f"{row.stop_early:.2f} {row.expected_n:.1f} {row.accept:.3f}"
        '0.74 15.0 0.047'
        """
        if not 0.0 <= rate <= 1.0:
            raise UsageError(f"Response rate: found {rate!r}; expected a number from 0 to 1.")
        first, second = _Binomials(rate)[self.n1], _Binomials(rate)[self.n - self.n1]
        stop = float(first[: self.r1 + 1].sum())
        accept = float(_accept(first, second)[self.r1, self.r])
        return TwoStageCharacteristics(rate, stop, accept, self.n1 + (1.0 - stop) * (self.n - self.n1))


def simon_two_stage(
    p0: float,
    p1: float,
    *,
    alpha: float = 0.05,
    beta: float = 0.2,
    criterion: Criterion = "optimal",
    most: int = _MOST,
) -> TwoStageDesign:
    """Return Simon's optimal or minimax two-stage design.

    Parameters
    ----------
    p0, p1
        Response rate of no interest, and the higher one that is to be found.
    alpha, beta
        Largest probability of accepting at ``p0`` and of not accepting at ``p1``.
    criterion
        ``optimal`` or ``minimax``.
    most
        Largest number of patients tried.

    Raises
    ------
    UsageError
        If an argument is out of range, or no design with at most ``most`` patients has these errors.

    >>> str(simon_two_stage(0.1, 0.3)), str(simon_two_stage(0.1, 0.3, criterion="minimax"))
    ('1/10 5/29', '1/15 5/25')
    """
    if not 0.0 < p0 < p1 < 1.0:
        raise UsageError(f"Two-stage design: found rates {p0!r} and {p1!r}; expected 0 < p0 < p1 < 1.")
    if not (0.0 < alpha < 1.0 and 0.0 < beta < 1.0):
        raise UsageError(f"Two-stage design: found errors {alpha!r} and {beta!r}; expected 0 to 1.")
    if criterion not in ("optimal", "minimax"):
        raise UsageError(f"Two-stage design: found {criterion!r}; expected 'optimal' or 'minimax'.")
    search = _Search(p0, p1, alpha, beta)
    for n in range(2, most + 1):
        if search.best is not None and (criterion == "minimax" or search.is_over(n)):
            return search.best
        search.try_size(n)
    if search.best is not None and (criterion == "minimax" or search.is_over(most + 1)):
        return search.best
    found = "none" if search.best is None else f"{search.best}, not shown to be the best,"
    raise UsageError(
        f"Two-stage design for {p0:g} and {p1:g}: found {found} with at most {most} patients; "
        "expected a larger difference, larger errors or a larger `most`."
    )


class _Binomials:
    """Binomial probabilities of one rate for each number of patients, built when asked for."""

    def __init__(self, rate: float) -> None:
        self._step = np.array([1.0 - rate, rate])
        self._known = [np.ones(1)]

    def __getitem__(self, n: int) -> Array:
        while len(self._known) <= n:
            self._known.append(np.convolve(self._known[-1], self._step))
        return self._known[n]


def _accept(first: Array, second: Array) -> Array:
    """Return the probability of accepting for every ``r1`` (row, below n1) and ``r`` (column, below n)."""
    n1, n2 = first.size - 1, second.size - 1
    more = np.cumsum(second[::-1])[::-1][1:]  # more than 0, 1, ... n2 - 1 responders in the second stage
    # above[j]: more than j - n1 responders in the second stage
    above = np.concatenate([np.ones(n1), more, np.zeros(n1 + 1)])
    joint = first[:, None] * above[np.arange(n1 + n2)[None, :] - np.arange(n1 + 1)[:, None] + n1]
    return np.cumsum(joint[::-1], axis=0)[::-1][1:]


class _Search:
    def __init__(self, p0: float, p1: float, alpha: float, beta: float) -> None:
        self.alpha, self.beta = alpha, beta
        self.under, self.over = _Binomials(p0), _Binomials(p1)
        self.best: TwoStageDesign | None = None
        self.best_expected = np.inf
        self._stops: list[tuple[int, Array]] = [(-1, np.empty(0))]

    def stops(self, n1: int) -> tuple[int, Array]:
        """Return the largest ``r1`` that leaves the power (-1: none) and ``stop(p0)`` for each ``r1``."""
        while len(self._stops) <= n1:
            size = len(self._stops)
            missed = np.cumsum(self.over[size])[:-1]
            most = int(np.count_nonzero(missed <= self.beta + _ROUNDING)) - 1
            self._stops.append((most, np.cumsum(self.under[size])[:-1]))
        return self._stops[n1]

    def least_expected(self, n1: int, n: int) -> float:
        most, stop = self.stops(n1)
        return float("inf") if most < 0 else n1 + (1.0 - float(stop[most])) * (n - n1)

    def is_over(self, n: int) -> bool:
        """Say whether no trial of ``n`` patients or more can beat the best one."""
        return all(self.least_expected(n1, n) >= self.best_expected for n1 in range(1, n))

    def try_size(self, n: int) -> None:
        for n1 in range(1, n):
            if self.least_expected(n1, n) < self.best_expected:
                self._try(n1, n)

    def _try(self, n1: int, n: int) -> None:
        most, stop = self.stops(n1)
        expected = n1 + (1.0 - stop[: most + 1]) * (n - n1)
        false = _accept(self.under[n1], self.under[n - n1])[: most + 1]
        power = _accept(self.over[n1], self.over[n - n1])[: most + 1]
        # accept falls with r: the smallest r that keeps alpha has the most power
        kept = (false <= self.alpha + _ROUNDING) & (np.arange(n)[None, :] >= np.arange(most + 1)[:, None])
        r = np.argmax(kept, axis=1)
        rows = np.arange(most + 1)
        good = kept[rows, r] & (power[rows, r] >= 1.0 - self.beta - _ROUNDING)
        good &= expected < self.best_expected
        if good.any():
            r1 = int(np.flatnonzero(good)[np.argmin(expected[good])])
            self.best = TwoStageDesign(r1, n1, int(r[r1]), n)
            self.best_expected = float(expected[r1])
