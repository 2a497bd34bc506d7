r"""The posterior of a model of the DLT rate after so many patients and DLT by dose, by quadrature.

The likelihood of ``y_i`` DLT in ``n_i`` patients is ``prod p_i^y_i (1 - p_i)^(n_i - y_i)``; only these counts
matter, so that results are kept by counts. No sampling and no asymptotic approximation.

The points cover eight prior standard deviations to each side. Where the posterior has not vanished at the
edge (data the prior held impossible), they cover twice as many, until it has.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mitograft.errors import UsageError
from mitograft.trial.escalation.crm_grid import Grid, ToxicityModel, rates_at

__all__ = ["CrmPosterior", "fit_crm"]

_HALF_WIDTH = 8.0  # prior SDs: the prior beyond is 1e-15
_VANISHED = 1e-10  # of the largest density
_DOUBLINGS = 5
_LEAST_PATIENTS = 16


@dataclass(frozen=True, slots=True)
class CrmPosterior:
    """Posterior of the DLT rates.

    Parameters
    ----------
    parameters
        Posterior mean of each parameter (beta, or alpha and beta).
    plug_in
        DLT rate of each dose at the posterior mean of the parameters.
    rates
        Posterior mean of the DLT rate of each dose.
    excess
        For each limit asked for, the posterior probability that the rate of each dose is above it.
    method
        How the numbers were found, in words.
    """

    parameters: tuple[float, ...]
    plug_in: tuple[float, ...]
    rates: tuple[float, ...]
    excess: tuple[tuple[float, ...], ...]
    method: str


def fit_crm(
    model: ToxicityModel,
    treated: tuple[int, ...],
    toxic: tuple[int, ...],
    limits: tuple[float, ...] = (),
) -> CrmPosterior:
    """Return the posterior.

    Parameters
    ----------
    model
        Model with its prior.
    treated, toxic
        Patients and DLT at each dose, lowest first; zero where nobody was treated.
    limits
        Rates between 0 and 1 that ``excess`` is asked for.

    Raises
    ------
    UsageError
        If the counts do not fit the doses, or the data are beyond anything the prior allows.

    >>> from mitograft.trial.escalation.crm_model import PowerModel
    >>> found = fit_crm(PowerModel((0.1, 0.2, 0.4, 0.6)), (3, 3, 0, 0), (0, 2, 0, 0))
    >>> [round(rate, 3) for rate in found.plug_in]
    [0.24, 0.368, 0.566, 0.728]
    """
    return _fit(model, treated, toxic, limits)


@lru_cache(maxsize=2**15)
def _fit(
    model: ToxicityModel, treated: tuple[int, ...], toxic: tuple[int, ...], limits: tuple[float, ...]
) -> CrmPosterior:
    _check(model, treated, toxic, limits)
    size = _LEAST_PATIENTS
    while size < sum(treated):
        size *= 2
    for doubling in range(_DOUBLINGS):
        sums = _add_up(_grid(model, size, _HALF_WIDTH * 2**doubling, limits), treated, toxic)
        if sums is not None:
            return _posterior(model, sums, len(limits))
    raise UsageError(
        f"CRM: found {list(toxic)} DLT in {list(treated)} patients, next to impossible under the prior of "
        f"the {model.name}; expected a prior that covers the data. Choose a wider one."
    )


def _check(
    model: ToxicityModel, treated: tuple[int, ...], toxic: tuple[int, ...], limits: tuple[float, ...]
) -> None:
    fits = len(treated) == len(toxic) == model.doses
    if not fits or not all(0 <= y <= n for n, y in zip(treated, toxic, strict=True)):
        raise UsageError(
            f"CRM: found patients {list(treated)} and DLT {list(toxic)}; expected {model.doses} numbers "
            "each, one per dose, and no more DLT than patients."
        )
    if not all(0 < limit < 1 for limit in limits):
        raise UsageError(f"CRM: found limits {list(limits)}, expected rates between 0 and 1.")


@lru_cache(maxsize=8)
def _grid(model: ToxicityModel, size: int, half_width: float, limits: tuple[float, ...]) -> Grid:
    return model.grid(size, half_width, limits)


def _add_up(grid: Grid, treated: tuple[int, ...], toxic: tuple[int, ...]) -> list[float] | None:
    """Return the sums of the posterior over the columns of the grid; None where it reaches the edge."""
    density = grid.log_prior.copy()
    for place, (n, y) in enumerate(zip(treated, toxic, strict=True)):
        if y:
            density += y * grid.log_toxic[place]
        if n > y:
            density += (n - y) * grid.log_safe[place]
    density -= density.max()
    np.exp(density, out=density)
    if density[grid.edge].max() > _VANISHED:
        return None
    found: list[float] = (density @ grid.sums).tolist()
    return found


def _posterior(model: ToxicityModel, sums: list[float], limits: int) -> CrmPosterior:
    total, doses = sums[0], model.doses
    means = tuple(value / total for value in sums[1:])
    first = len(means) - doses * (limits + 1)
    rates = means[first : first + doses]
    above = means[first + doses :]
    excess = tuple(
        tuple(min(1.0, max(0.0, value)) for value in above[k * doses : (k + 1) * doses])
        for k in range(limits)
    )
    parameters = means[:first]
    return CrmPosterior(
        parameters,
        rates_at(model, parameters),
        rates,
        excess,
        f"Bayesian posterior of the {model.name}, by quadrature without asymptotic approximation",
    )
