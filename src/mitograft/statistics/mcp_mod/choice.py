r"""Which model, or an average of models.

``choose_fit`` takes the smallest AIC (or AICc). ``average_fits`` weighs all models by ``exp(-AIC / 2)``
(Buckland, Burnham and Augustin, Biometrics 1997;53:603), so that the dose does not jump with the choice.
With as many parameters as doses models fit alike, and AIC chooses by the number of parameters and the
bounds alone; the note says so. No interval is given for the average: none is known to keep its level in a
small trial. The intervals of its models are in ``target_dose`` of each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mcp_mod.fit import ShapeFit
from mitograft.statistics.mcp_mod.target import Direction, TargetDose

__all__ = ["ModelAverage", "ModelChoice", "average_fits", "choose_fit"]

Criterion = Literal["aic", "aicc"]

_GRID = 2001
_BISECTIONS = 48
_TIED = 1e-6


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """The chosen fit (None where none could be judged), the criterion of each fit, and what to know."""

    fit: ShapeFit | None
    criteria: tuple[float | None, ...]
    note: str


@dataclass(frozen=True, eq=False)
class ModelAverage:
    """Fits with their weights, which add to 1."""

    fits: tuple[ShapeFit, ...]
    weights: tuple[float, ...]
    note: str

    def effect(self, doses: Sequence[float] | Array, *, reference: float = 0.0) -> Array:
        """Return the weighted mean of the fitted effects at doses."""
        effects = [
            w * f.effect(doses, reference=reference) for w, f in zip(self.weights, self.fits, strict=True)
        ]
        return np.asarray(np.sum(effects, axis=0))

    def target_dose(
        self, delta: float, *, direction: Direction = "increase", reference: float = 0.0
    ) -> TargetDose:
        """Return the smallest dose at which the averaged curve has an effect of ``delta``; no interval.

        Raises
        ------
        UsageError
            If ``delta`` is not above 0 or the direction unknown.
        """
        if not 0.0 < delta < math.inf or direction not in ("increase", "decrease"):
            raise UsageError(
                f"Target effect: found {delta} ({direction}); expected one above 0, increase or decrease."
            )
        up = 1.0 if direction == "increase" else -1.0
        grid = np.linspace(reference, self.fits[0].within.highest, _GRID)
        reached = np.flatnonzero(up * self.effect(grid, reference=reference) >= delta)
        dose, note = math.inf, "the averaged curve does not reach the target within the doses studied"
        if reached.size:
            low, high = float(grid[reached[0] - 1]), float(grid[reached[0]])
            for _ in range(_BISECTIONS):
                middle = 0.5 * (low + high)
                there = up * float(self.effect([middle], reference=reference)[0]) >= delta
                low, high = (low, middle) if there else (middle, high)
            dose, note = high, "no interval is given for an average of models"
        note = "; ".join(filter(None, [self.note, note]))
        return TargetDose(
            dose,
            None,
            None,
            math.nan,
            delta,
            "average",
            "model average by AIC weights",
            exact=False,
            note=note,
        )


def choose_fit(fits: Sequence[ShapeFit], *, criterion: Criterion = "aic") -> ModelChoice:
    """Choose the fit with the smallest criterion.

    Parameters
    ----------
    fits
        Fits of the same data.
    criterion
        ``aic`` or, for small samples, ``aicc``.

    Raises
    ------
    UsageError
        If there are no fits or the criterion is unknown.
    """
    values = _criteria(fits, criterion)
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    if not known:
        return ModelChoice(None, values, _NONE.format(criterion))
    best = min(known)[1]
    alike = [fits[place].shape for value, place in known if place != best and value - min(known)[0] < _TIED]
    notes = [f"{', '.join(alike)} would do as well: the first was taken"] if alike else []
    return ModelChoice(fits[best], values, "; ".join([*notes, *_saturated(fits)]))


def average_fits(fits: Sequence[ShapeFit], *, criterion: Criterion = "aic") -> ModelAverage | None:
    """Weigh the fits by ``exp(-criterion / 2)``; None where no fit has a criterion.

    Raises
    ------
    UsageError
        If there are no fits or the criterion is unknown.
    """
    values = _criteria(fits, criterion)
    known = [(fit, value) for fit, value in zip(fits, values, strict=True) if value is not None]
    if not known:
        return None
    least = min(value for _, value in known)
    raw = np.exp([-(value - least) / 2.0 for _, value in known])
    return ModelAverage(
        tuple(fit for fit, _ in known), tuple((raw / raw.sum()).tolist()), "; ".join(_saturated(fits))
    )


def _criteria(fits: Sequence[ShapeFit], criterion: str) -> tuple[float | None, ...]:
    if not fits or criterion not in ("aic", "aicc"):
        raise UsageError(
            f"Choice of model: found {len(fits)} fits by {criterion!r}; expected at least one, aic or aicc."
        )
    return tuple(fit.aic if criterion == "aic" else fit.aicc for fit in fits)


def _saturated(fits: Sequence[ShapeFit]) -> list[str]:
    names = [fit.shape for fit in fits if len(fit.values) == fit.means.doses.size]
    if not names:
        return []
    return [f"{', '.join(names)} use every dose: the data cannot choose between them"]


_NONE = "no fit has an {}: too few subjects or no variation within doses"
