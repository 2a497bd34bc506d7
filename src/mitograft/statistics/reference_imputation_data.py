"""Outcomes of a trial with intercurrent events, checked: what reference-based imputation starts from.

Subjects are rows, visits are columns in order of time. The *event* of a subject is given by the first visit
after it, from which its strategy holds (counted from 0); without one it is the number of visits. Where events
are not given they are taken as drop-out: the first of the visits missing up to the end.

Values seen after an event are data for the analysis of a treatment-policy estimand. They tell nothing of the
course without the event, so that the imputation model leaves them out unless the strategy is MAR. Under a
hypothetical strategy they are not wanted at all and are discarded first.

Source: Carpenter, Roger and Kenward, J Biopharm Stat 2013;23:1352; ICH E9(R1) (events and strategies).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["STRATEGIES", "TrialOutcome", "check_trial_outcome", "find_drop_out"]

STRATEGIES = {
    "MAR": "missing at random",
    "JR": "jump to reference",
    "CR": "copy reference",
    "CIR": "copy increments in reference",
    "LMCF": "last mean carried forward",
}


@dataclass(frozen=True, eq=False)
class TrialOutcome:
    """Checked outcomes; make it with ``check_trial_outcome``.

    Parameters
    ----------
    outcome
        Subjects x visits, NaN where missing.
    arms
        Names of the arms, the reference first.
    arm
        Arm of each subject, as place in ``arms``.
    covariates
        Subjects x covariates, each freed of its mean.
    strategy
        Strategy of each subject.
    event
        First visit after the event of each subject; the number of visits without one.
    """

    outcome: Array
    arms: tuple[Any, ...]
    arm: npt.NDArray[np.intp]
    covariates: Array
    strategy: npt.NDArray[np.str_]
    event: npt.NDArray[np.intp]

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Which values are to be imputed."""
        return np.isnan(self.outcome)

    @property
    def after_event(self) -> npt.NDArray[np.bool_]:
        """Which values belong to visits after the event."""
        return np.arange(self.outcome.shape[1]) >= self.event[:, None]

    @cached_property
    def modelled(self) -> Array:
        """Outcomes that the imputation model uses; NaN for all others."""
        hidden = self.after_event & (self.strategy != "MAR")[:, None]
        return np.where(hidden, np.nan, self.outcome)

    def assume_at_random(self) -> "TrialOutcome":
        """Return the same data, with the values missing after every event missing at random."""
        return replace(self, strategy=np.full(self.strategy.size, "MAR"))


def check_trial_outcome(
    outcome: "ArrayLike",
    arm: Sequence[Any] | npt.NDArray[Any],
    reference: Any,
    *,
    covariates: Sequence["ArrayLike"] = (),
    strategy: str | Mapping[Any, str] | Sequence[str] = "MAR",
    event: Sequence[int] | npt.NDArray[np.integer[Any]] | None = None,
    discard: bool = False,
) -> TrialOutcome:
    """Check outcomes, arms, covariates, strategies and events.

    Parameters
    ----------
    outcome
        Subjects x visits, NaN where missing.
    arm
        Arm of each subject.
    reference
        The arm that others are compared with, and whose mean is copied.
    covariates
        Numbers known at baseline, one sequence for each covariate.
    strategy
        A key of ``STRATEGIES`` for all, for each arm, or for each subject.
    event
        First visit after the event of each subject, counted from 0; the number of visits for none. Drop-out
        where not given.
    discard
        Whether values seen after an event are set aside (hypothetical strategy) or kept (treatment policy).

    Raises
    ------
    UsageError
        If shapes differ, a number is infinite, a covariate is missing, the reference is no arm, there is one
        arm only, or a strategy or an event is not one of those allowed.
    """
    y = np.asarray(outcome, dtype=float)
    labels = np.asarray(arm).tolist()
    if y.ndim != 2 or y.shape[1] == 0 or len(labels) != y.shape[0] or np.any(np.isinf(y)):
        raise UsageError(
            f"Imputation: found outcomes of shape {y.shape} and arms of {len(labels)} subjects; expected a "
            "row for each subject and a column for each visit, finite or missing."
        )
    if reference not in labels or len(set(labels)) < 2:
        raise UsageError(
            f"Imputation: found arms {sorted(set(labels), key=str)} and reference {reference!r}; expected "
            "the reference and at least one other arm."
        )
    arms = (reference, *(name for name in dict.fromkeys(labels) if name != reference))
    n, k = y.shape
    numbers = [np.asarray(covariate, dtype=float) for covariate in covariates]
    if any(number.shape != (n,) or not np.all(np.isfinite(number)) for number in numbers):
        raise UsageError(
            f"Imputation: found covariates that are not {n} finite numbers each; expected those."
        )
    x = np.array(numbers).reshape(len(numbers), n).T
    at = find_drop_out(y) if event is None else _check_events(event, n, k)
    found = TrialOutcome(
        y,
        arms,
        np.array([arms.index(name) for name in labels], dtype=np.intp),
        x - x.mean(axis=0),
        _check_strategies(strategy, labels),
        at,
    )
    return replace(found, outcome=np.where(found.after_event, np.nan, y)) if discard else found


def find_drop_out(outcome: Array) -> npt.NDArray[np.intp]:
    """Return the first of the visits missing up to the end, for each subject; the number of visits for none.

    >>> find_drop_out(np.array([[1.0, np.nan, 2.0], [1.0, np.nan, np.nan]])).tolist()
    [3, 1]
    """
    seen = ~np.isnan(np.asarray(outcome, dtype=float))
    k = seen.shape[1]
    return np.where(seen.any(axis=1), k - np.argmax(seen[:, ::-1], axis=1), 0).astype(np.intp)


def _check_events(event: Sequence[int] | npt.NDArray[Any], n: int, k: int) -> npt.NDArray[np.intp]:
    found = np.asarray(event)
    if found.shape != (n,) or found.dtype.kind not in "iu" or found.min() < 0 or found.max() > k:
        raise UsageError(
            f"Events: found {found.tolist()}; expected for each of {n} subjects the first visit after the "
            f"event, from 0 to {k - 1}, or {k} for none."
        )
    return found.astype(np.intp)


def _check_strategies(
    strategy: str | Mapping[Any, str] | Sequence[str], labels: Sequence[Any]
) -> npt.NDArray[np.str_]:
    if isinstance(strategy, str):
        names = [strategy] * len(labels)
    elif isinstance(strategy, Mapping):
        names = [str(strategy.get(name, "")) for name in labels]
    else:
        names = [str(name) for name in strategy]
    wrong = sorted(set(names) - set(STRATEGIES))
    if wrong or len(names) != len(labels):
        raise UsageError(
            f"Strategies: found {len(names)} for {len(labels)} subjects, of them {wrong or 'none'} unknown; "
            f"expected one of {', '.join(STRATEGIES)} for all, for each arm or for each subject."
        )
    return np.array(names)
