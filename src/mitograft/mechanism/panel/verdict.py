"""Effects of simulated experiments with their intervals, and the rules that name them."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mitograft.mechanism.panel.vocabulary import Quantity, panel_settings

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Effect", "holds", "measure_effect", "obeys", "tends"]


@dataclass(frozen=True)
class Effect:
    """The effect on one quantity: middle and interval over experiments, one for each parameter set.

    ``scale`` is ``ratio`` (perturbed over reference; 1 is no effect) or ``difference`` (0 is no effect). The
    interval holds what parameter sets disagree on and what chance does to groups of this size.
    """

    quantity: str
    scale: str
    value: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """The effect in words."""
        return f"{self.scale} {self.value:.2f} ({self.low:.2f} to {self.high:.2f})"

    @property
    def none(self) -> float:
        """The value that means no effect."""
        return 1.0 if self.scale == "ratio" else 0.0


def _number(name: str) -> float:
    return panel_settings()[name].number


def measure_effect(
    quantity: Quantity, perturbed: "Array", reference: "Array", grade: "Array"
) -> tuple[Effect, "Array"]:
    """Return the effect on a quantity and its value in each parameter set.

    Incidence is compared by difference; everything else by the ratio of group means, unless the mice of the
    reference are healthy: then a ratio says nothing, and grades are compared by difference.

    Parameters
    ----------
    quantity
        What is compared.
    perturbed, reference
        Readings, (sets, animals).
    grade
        Grades of the reference, (sets, animals).
    """
    import numpy as np

    a, b = perturbed.mean(axis=1), reference.mean(axis=1)
    grades = grade.mean(axis=1)
    grades = grades[~np.isnan(grades)]
    healthy = bool(grades.size and np.median(grades) < _number("healthy_grade"))
    if quantity.measure == "incidence" or (healthy and quantity.measure == "severity"):
        scale, each = "difference", a - b
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            scale, each = "ratio", np.where((a == 0) & (b == 0), 1.0, a / b)
    known = each[~np.isnan(each)]
    if not known.size:
        return Effect(quantity.name, scale, math.nan, math.nan, math.nan), each
    tail = (1 - _number("level")) / 2
    # "nearest": an infinite ratio must not make its neighbours nan by interpolation.
    low, value, high = (float(q) for q in np.quantile(known, (tail, 0.5, 1 - tail), method="nearest"))
    return Effect(quantity.name, scale, value, low, high), each


def _limits(effect: Effect) -> tuple[float, float, tuple[float, float], tuple[float, float]]:
    """Return what counts as lower and as higher, and as unchanged for middle and for interval."""
    if effect.scale == "ratio":
        lower, same, far = _number("lower_ratio"), _number("same_ratio"), _number("same_limit")
        return lower, 1 / lower, (same, 1 / same), (far, 1 / far)
    kind = "share" if effect.quantity == "incidence" else "grade"
    least = _number("share_difference" if kind == "share" else "difference")
    most = _number(f"{kind}_limit")
    return -least, least, (-least, least), (-most, most)


def _directed(expected: str, sign: int) -> str:
    if sign < 0:
        return {"lower": "higher", "higher": "lower"}.get(expected, expected)
    return expected


def holds(effect: Effect, expected: str, sign: int) -> bool:
    """Say whether the effect is the expected one by its middle and its whole interval."""
    lower, higher, middle, whole = _limits(effect)
    wanted = _directed(expected, sign)
    if wanted == "lower":
        return effect.value <= lower and effect.high < effect.none
    if wanted == "higher":
        return effect.value >= higher and effect.low > effect.none
    if wanted == "unchanged":
        return middle[0] <= effect.value <= middle[1] and whole[0] <= effect.low and effect.high <= whole[1]
    if effect.scale != "ratio":
        return False
    if wanted == "remits":
        return effect.high < _number("remits_ratio")
    return effect.low > _number("remits_ratio")


def obeys(effect: Effect, each: "Array", expected: str, sign: int) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Say for each parameter set whether its own experiment shows the expected effect, (sets,)."""
    import numpy as np

    lower, higher, middle, _ = _limits(effect)
    wanted = _directed(expected, sign)
    with np.errstate(invalid="ignore"):
        if wanted == "lower":
            return np.asarray(each <= lower)
        if wanted == "higher":
            return np.asarray(each >= higher)
        if wanted == "unchanged":
            return np.asarray((each >= middle[0]) & (each <= middle[1]))
        if effect.scale != "ratio":
            return np.zeros(len(each), bool)
        limit = _number("remits_ratio")
        return np.asarray(each < limit) if wanted == "remits" else np.asarray(each > limit)


def tends(effect: Effect, expected: str, sign: int, each: "Array | None" = None) -> Any:
    """Say whether the middle of an effect (or each of ``each``) does not point the other way."""
    import numpy as np

    value: Any = effect.value if each is None else each
    wanted = _directed(expected, sign)
    if wanted in ("lower", "remits"):
        result = np.asarray(value) <= effect.none
    elif wanted == "higher":
        result = np.asarray(value) >= effect.none
    else:
        result = ~np.isnan(np.asarray(value))
    return bool(result) if each is None else result
