r"""Reference-based imputation of a repeated outcome by conditional means, with the jackknife; deterministic.

1. An imputation model by REML (``reference_imputation_model.py``), from data not touched by events.
2. Each missing value becomes its conditional mean given what was seen of the subject, with mean and
   covariance put together from those of the own and of the reference arm by a strategy
   (``reference_imputation_strategy.py``).
3. ANCOVA of the completed outcomes at each visit, arms and covariates (``reference_imputation_analysis.py``).
4. Standard errors by the jackknife over subjects, steps 1 to 3 each time; tests and intervals from the
   normal distribution. There is no random draw: the same data give the same bytes.

Two standard errors answer two questions. ``jackknife`` is how much the estimate varies from trial to trial;
with much missing it can be smaller than with complete data, since the strategy borrows from the reference.
``information-anchored`` holds fixed what the strategy shifts each imputed value against missing at random,
so that missing values cost information as they do at random (Lu 2021). The estimate is the same.

All intervals are approximate, made for many subjects. Of a handful the jackknife often has no standard error,
as the data without one subject determine no model; the note of a result then says so.

Sources: Carpenter, Roger and Kenward, J Biopharm Stat 2013;23:1352; Wolbers et al., Pharm Stat 2022;21:1246;
Lu, Stat Biopharm Res 2021;13:483; Cro et al., J R Stat Soc A 2019;182:623 (information anchoring).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_covariance import FALLBACK_CHAIN
from mitograft.statistics.reference_imputation_analysis import (
    ImputedEffect,
    TippingPoint,
    find_tipping_point,
    summarise_jackknife,
    weigh_subjects,
)
from mitograft.statistics.reference_imputation_data import STRATEGIES, TrialOutcome, check_trial_outcome
from mitograft.statistics.reference_imputation_model import ImputationModels, fit_imputation_models
from mitograft.statistics.reference_imputation_strategy import complete_outcomes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["VARIANCES", "ImputationSettings", "ReferenceImputation", "impute_reference"]

Variance = Literal["jackknife", "information-anchored"]
VARIANCES: tuple[Variance, ...] = ("jackknife", "information-anchored")


@dataclass(frozen=True, slots=True)
class ImputationSettings:
    """How to impute.

    Parameters
    ----------
    common_covariance
        Whether all arms share one covariance, or each arm has its own, with its own slopes of covariates.
    discard
        Whether values seen after an event are set aside (hypothetical strategy) or kept (treatment policy).
    structures
        Covariance structures in the order to try; those after the first are used only if it does not fit.
    """

    common_covariance: bool = True
    discard: bool = False
    structures: str | Sequence[str] = FALLBACK_CHAIN


@dataclass(frozen=True, eq=False)
class ReferenceImputation:
    """Imputed outcomes and their analysis; make it with ``impute_reference``.

    Parameters
    ----------
    trial
        The data, as imputed from.
    models
        The imputation models, of all subjects and without each.
    """

    trial: TrialOutcome
    models: ImputationModels
    _samples: Array = field(repr=False)

    @property
    def completed(self) -> Array:
        """Outcomes with missing values imputed, subjects x visits; NaN where that was not possible."""
        completed: Array = self._samples[0]
        return completed

    def shift(self, by_arm: Mapping[Any, "ArrayLike"], *, after_event_only: bool = False) -> Array:
        """Return a shift of imputed values, subjects x visits, for the argument ``delta``.

        Parameters
        ----------
        by_arm
            What to add to imputed values of an arm: one number, or one for each visit.
        after_event_only
            Whether values missing before the event are left as they are.

        Raises
        ------
        UsageError
            If an arm is unknown or the numbers do not fit the visits.
        """
        found = np.zeros(self.trial.outcome.shape)
        for arm, values in by_arm.items():
            try:
                found[self.trial.arm == self._place(arm)] = np.asarray(values, dtype=float)
            except ValueError as error:
                raise UsageError(
                    f"Shift of {arm!r}: found {values!r}; expected a number, or one for each of "
                    f"{self.trial.outcome.shape[1]} visits."
                ) from error
        where = self.trial.missing & self.trial.after_event if after_event_only else self.trial.missing
        return np.where(where, found, 0.0)

    def mean(
        self,
        arm: Any,
        visit: int,
        *,
        delta: "ArrayLike | None" = None,
        variance: Variance = "jackknife",
        level: float = 0.95,
    ) -> ImputedEffect:
        """Return the adjusted mean of an arm at a visit, at the mean of the covariates.

        Parameters
        ----------
        arm, visit
            Where; visits are counted from 0.
        delta
            Added to imputed values: a number, one for each visit, or subjects x visits (``shift``).
        variance
            Which standard error.
        level
            Level of the interval.

        Raises
        ------
        UsageError
            If the arm, the visit or the variance is unknown, or ``delta`` does not fit or is not finite.
        """
        return self._estimate((arm, None), visit, delta, variance, level)

    def difference(
        self,
        arm: Any,
        visit: int,
        *,
        delta: "ArrayLike | None" = None,
        variance: Variance = "jackknife",
        level: float = 0.95,
    ) -> ImputedEffect:
        """Return the adjusted mean of an arm minus that of the reference; arguments as for ``mean``.

        Raises
        ------
        UsageError
            As for ``mean``, or if the arm is the reference.
        """
        return self._estimate((arm, self._check_compared(arm)), visit, delta, variance, level)

    def tip(
        self,
        arm: Any,
        visit: int,
        *,
        delta: "ArrayLike | None" = None,
        variance: Variance = "jackknife",
        level: float = 0.95,
    ) -> TippingPoint:
        """Return the multiples of ``delta`` at which the difference becomes significant, or ceases to be.

        Parameters
        ----------
        arm, visit, variance, level
            As for ``mean``.
        delta
            The shift that is multiplied; 1 for every imputed value of the arm if not given.

        Raises
        ------
        UsageError
            As for ``difference``.
        """
        reference = self._check_compared(arm)
        along = self.shift({arm: 1.0}) if delta is None else self._check_delta(delta)
        weights = self._weights[:, len(self.trial.arms) + self._place(arm) - 1]
        values = self._combine(weights, self._check_visit(visit), variance, None)
        gains = weights @ along[:, visit]
        found = summarise_jackknife(values, level, scale=self._size(visit))
        method = f"{self._describe(variance)}; solved for the shift"
        significant = None if found.p is None else found.p < 1.0 - level
        shifts = () if significant is None else find_tipping_point(values, gains, level)
        note = found.note if significant is None or shifts else "no shift changes the conclusion"
        if found.estimate is None:
            note = self._explain(visit)
        elif not np.any(along[:, visit]):
            note = "nothing is imputed and shifted at this visit"
        nearest = min(shifts, key=abs, default=None)
        return TippingPoint(arm, reference, visit, level, significant, shifts, nearest, method, note)

    @cached_property
    def _weights(self) -> Array:
        return weigh_subjects(self.trial)

    @cached_property
    def _anchored(self) -> Array:
        """Values at random, shifted as the strategy shifts those of the model of all subjects."""
        at_random = complete_outcomes(self.trial.assume_at_random(), self.models)
        anchored: Array = at_random + (self._samples[0] - at_random[0])
        return anchored

    def _estimate(
        self,
        arms: tuple[Any, Any],
        visit: int,
        delta: "ArrayLike | None",
        variance: Variance,
        level: float,
    ) -> ImputedEffect:
        arm, reference = arms
        size, place = len(self.trial.arms), self._place(arm)
        contrast = place if reference is None else size + place - 1
        shift = None if delta is None else self._check_delta(delta)
        values = self._combine(self._weights[:, contrast], self._check_visit(visit), variance, shift)
        found = summarise_jackknife(values, level, scale=self._size(visit))
        return ImputedEffect(
            arm,
            reference,
            visit,
            self.trial.arm.size,
            int(self.trial.missing[:, visit].sum()),
            *found[:6],
            method=self._describe(variance),
            note=self._explain(visit) if found.estimate is None else found.note,
        )

    def _combine(self, weights: Array, visit: int, variance: Variance, shift: Array | None) -> Array:
        """Return the estimate for all subjects and without each."""
        if variance not in VARIANCES:
            raise UsageError(f"Variance: found {variance!r}; expected one of {', '.join(VARIANCES)}.")
        values = (self._samples if variance == "jackknife" else self._anchored)[..., visit]
        if shift is not None:
            values = values + shift[:, visit]
        n = self.trial.arm.size
        kept = np.vstack([np.ones(n, dtype=bool), ~np.eye(n, dtype=bool)])
        found: Array = np.sum(weights * np.where(kept, values, 0.0), axis=1)
        return found

    def _size(self, visit: int) -> float:
        return float(np.nanmax(np.abs(self._samples[0, :, visit]), initial=0.0))

    def _explain(self, visit: int) -> str:
        """Say why there is no estimate at a visit."""
        lost = np.flatnonzero(np.isnan(self._samples[0, :, visit]))
        if not lost.size:
            return "not estimable: the arms and covariates of these subjects are not separable"
        if np.all(np.isnan(self.trial.modelled[:, visit])):
            return "no data at this visit to impute from"
        if not all(self.models.structures):
            return f"no imputation model ({self.models.reason})"
        early = (self.trial.strategy[lost] == "LMCF") & (self.trial.event[lost] == 0)
        if np.any(early):
            return f"LMCF needs a visit before the event; subject {lost[early][0]} (from 0) has none"
        return f"the data do not determine the values missing of {lost.size} subjects at this visit"

    def _describe(self, variance: Variance) -> str:
        used = sorted(set(self.trial.strategy[(self.trial.missing & self.trial.after_event).any(axis=1)]))
        words = ", ".join(STRATEGIES[name] for name in used) or "nothing missing after an event"
        structure = " and ".join(dict.fromkeys(name or "none" for name in self.models.structures))
        how = "" if variance == "jackknife" else ", information-anchored"
        return (
            f"conditional mean imputation ({words}) from a model for repeated measurements by REML "
            f"(covariance: {structure}), ANCOVA at the visit, jackknife over {self.trial.arm.size} subjects"
            f"{how}, normal limits"
        )

    def _place(self, arm: Any) -> int:
        if arm not in self.trial.arms:
            raise UsageError(f"Arm: found {arm!r}; expected one of {list(self.trial.arms)}.")
        return self.trial.arms.index(arm)

    def _check_compared(self, arm: Any) -> Any:
        if self._place(arm) == 0:
            raise UsageError(f"Arm: found the reference, {arm!r}, compared with itself; expected another.")
        return self.trial.arms[0]

    def _check_visit(self, visit: int) -> int:
        k = self.trial.outcome.shape[1]
        if visit not in range(k):
            raise UsageError(f"Visit: found {visit!r}; expected one from 0 to {k - 1}.")
        return visit

    def _check_delta(self, delta: "ArrayLike") -> Array:
        found, shape = np.asarray(delta, dtype=float), self.trial.outcome.shape
        fits = found.ndim == 0 or found.shape in {shape, shape[1:]}
        if not fits or not np.all(np.isfinite(found)):
            raise UsageError(
                f"Delta: found shape {found.shape}, or a number that is not finite; expected a number, one "
                f"for each of {shape[1]} visits, or {shape[0]} x {shape[1]} of them."
            )
        return np.where(self.trial.missing, found, 0.0)


def impute_reference(
    outcome: "ArrayLike",
    arm: Sequence[Any] | npt.NDArray[Any],
    reference: Any,
    *,
    covariates: Sequence["ArrayLike"] = (),
    strategy: str | Mapping[Any, str] | Sequence[str] = "MAR",
    event: Sequence[int] | npt.NDArray[np.integer[Any]] | None = None,
    settings: ImputationSettings | None = None,
) -> ReferenceImputation:
    """Impute a repeated outcome by conditional means, for all subjects and without each in turn.

    Parameters
    ----------
    outcome
        Subjects x visits, NaN where missing.
    arm
        Arm of each subject.
    reference
        The arm that others are compared with, and whose mean is copied.
    covariates
        Numbers known at baseline, one sequence for each covariate; in the imputation model with slopes for
        each visit, in the analysis of each visit with one slope each.
    strategy
        ``MAR``, ``JR``, ``CR``, ``CIR`` or ``LMCF``: for all, for each arm (a mapping), or for each subject.
    event
        First visit after the event of each subject, counted from 0; the number of visits for none. Drop-out
        where not given: the first of the visits missing up to the end.
    settings
        How to impute; as ``ImputationSettings`` has it if not given.

    Raises
    ------
    UsageError
        If shapes differ, a number is infinite, a covariate is missing, the reference is no arm, there is one
        arm only, or a strategy, an event or a covariance structure is not one of those allowed.

    >>> y = [[1, 2], [2, 4], [3, 5], [2, np.nan], [4, 3], [5, 6], [6, 6], [7, np.nan]]
    >>> found = impute_reference(y, list("ppppdddd"), "p", strategy="JR").difference("d", 1)
    >>> f"{found.estimate:.2f} ({found.se:.2f}), {found.n_imputed} of {found.n} imputed"
    '1.56 (0.77), 2 of 8 imputed'
    """
    how = settings or ImputationSettings()
    trial = check_trial_outcome(
        outcome, arm, reference, covariates=covariates, strategy=strategy, event=event, discard=how.discard
    )
    models = fit_imputation_models(trial, common_covariance=how.common_covariance, structures=how.structures)
    return ReferenceImputation(trial, models, complete_outcomes(trial, models))
