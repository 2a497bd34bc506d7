r"""Weights that make virtual individuals match published means and shares, moving as little as possible.

Of all weights that reach the targets, those nearest to equal weights by relative entropy:

.. math:: w_i \propto \exp\left(\lambda^\top (x_i - t)\right), \qquad \sum_i w_i x_i = t

(entropy balancing: Hainmueller, Political Analysis 2012;20:25). A share is a mean of a 0-1 column, a standard
deviation is matched through the mean of squares. Kish's effective size ``1 / sum w^2`` says what is left of
n.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.chance import uniforms

__all__ = ["Balance", "Weighting", "fit_weights", "select_by_weight"]

Array = npt.NDArray[np.float64]
_ROUNDS, _NEAR = 100, 1e-10


@dataclass(frozen=True)
class Balance:
    """One target: its mean before and after weighting."""

    name: str
    target: float
    before: float
    after: float


@dataclass(frozen=True)
class Weighting:
    """Weights and what they cost.

    Parameters
    ----------
    weights
        Shape (n,), sum 1.
    effective
        Kish's effective number of individuals, 1 to n.
    largest
        The largest weight relative to equal weights.
    balance
        Each target before and after.
    reached
        Whether all targets are met.
    note
        Why not, where not.
    """

    weights: Array
    effective: float
    largest: float
    balance: tuple[Balance, ...]
    reached: bool
    note: str = ""
    method: str = "entropy balancing"


def fit_weights(columns: Mapping[str, npt.ArrayLike], targets: Mapping[str, float]) -> Weighting:
    """Return weights under which the mean of each column is its target.

    Targets that no weighting of these individuals reaches are answered with the weights that come nearest,
    and a note.

    Parameters
    ----------
    columns
        By name, each shape (n,), finite.
    targets
        By name; every target needs its column.

    Raises
    ------
    UsageError
        If a column is missing, not finite or of another length, or there is nobody.
    """
    names = list(targets)
    missing = [name for name in names if name not in columns]
    if missing or not names:
        raise UsageError(
            f"Weights: found no column for {', '.join(missing) or 'any target'}; give one for each."
        )
    x = np.stack([np.asarray(columns[name], dtype=float) for name in names], axis=1)
    wanted = np.array([targets[name] for name in names], dtype=float)
    if x.ndim != 2 or not len(x) or not (np.all(np.isfinite(x)) and np.all(np.isfinite(wanted))):
        raise UsageError("Weights: found an empty or not finite column or target; expected finite numbers.")
    spread = x.std(axis=0)
    scale = np.where(spread > 0.0, spread, 1.0)
    weights = _tilted((x - wanted) / scale)
    after = weights @ x
    misses = [
        name
        for name, got, goal, unit in zip(names, after, wanted, scale, strict=True)
        if abs(got - goal) > 1e-6 * unit
    ]
    balance = tuple(
        Balance(name, float(goal), float(before), float(got))
        for name, goal, before, got in zip(names, wanted, x.mean(axis=0), after, strict=True)
    )
    note = f"No weights of these individuals reach {', '.join(misses)}." if misses else ""
    largest, effective = float(weights.max() * len(x)), float(1.0 / np.sum(weights**2))
    return Weighting(weights, effective, largest, balance, not misses, note)


def select_by_weight(weighting: Weighting, *, seed: int) -> npt.NDArray[np.int64]:
    """Return rows kept with probability weight over largest weight: unweighted individuals, none twice."""
    chance = weighting.weights / weighting.weights.max()
    drawn = uniforms(seed, "mechanism", "population", "selection", count=len(chance))[:, 0]
    return np.flatnonzero(drawn < chance)


def _tilted(y: Array) -> Array:
    """Minimise log(mean(exp(y b))) by damped Newton steps; return the weights."""
    b = np.zeros(y.shape[1])
    value, weights = _potential(y, b)
    for _ in range(_ROUNDS):
        gradient = weights @ y
        if np.max(np.abs(gradient)) < _NEAR:
            break
        hessian = (y * weights[:, None]).T @ y - np.outer(gradient, gradient)
        # The pseudo-inverse answers columns that depend on each other; a cap keeps hopeless targets finite.
        step = -np.linalg.pinv(hessian, rcond=1e-12, hermitian=True) @ gradient
        step *= min(1.0, 5.0 / max(float(np.max(np.abs(step))), 1e-300))
        length = 1.0
        while length > 1e-8:
            new_value, new_weights = _potential(y, b + length * step)
            if new_value <= value + 1e-4 * length * float(gradient @ step):
                break
            length /= 2.0
        else:
            break
        b, value, weights = b + length * step, new_value, new_weights
        if np.max(np.abs(b)) > 200.0:
            break
    return weights


def _potential(y: Array, b: Array) -> tuple[float, Array]:
    exponent = y @ b
    top = float(exponent.max())
    raised = np.exp(exponent - top)
    total = float(raised.sum())
    return top + np.log(total / len(y)), raised / total
