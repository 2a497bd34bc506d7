"""Differences between individuals of one host: log-normal parameters, and mice as a colony of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.chance import normals
from mitograft.mechanism.observe.instrument import log_sd, proportional_error
from mitograft.mechanism.population.patients import load_population
from mitograft.tables.parameters import Parameters

__all__ = ["Mice", "individual_parameters", "simulate_mice"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Mice:
    """Virtual mice, arrays (n,): how well immunisation takes (median 1), weight relative to the mean."""

    immunisation: Array
    weight: Array


def individual_parameters(
    values: Mapping[str, float],
    *,
    count: int,
    seed: int,
    spread: Mapping[str, float] | None = None,
    driven: Mapping[str, tuple[Array, float]] | None = None,
    first: int = 0,
    parameters: Parameters | None = None,
) -> dict[str, Array]:
    """Return each parameter for each individual: ``value exp(s (r trait + sqrt(1 - r^2) z))``, shape (n,).

    The value is the median. Parameters are drawn independently, apart from those tied to a trait; the numbers
    of one depend on its own name only, so that adding a parameter changes no other.

    Parameters
    ----------
    values
        Medians by name; 0 stays 0, and negative values keep their sign.
    count, seed, first
        Individuals, seed, number of the first.
    spread
        Standard deviation of the logarithm by name; default ``individual_log_sd`` of ``patients.csv``.
    driven
        By name: standard scores of a trait (n,), such as ``Patients.drive``, and its correlation with the
        logarithm of the parameter.

    Raises
    ------
    UsageError
        If a value is not finite, a spread negative, a correlation beyond 1, or a trait of another length.
    """
    given = parameters or load_population()
    usual, ties = given["individual_log_sd"].number, driven or {}
    out = {}
    for name, value in values.items():
        s = (spread or {}).get(name, usual)
        trait, r = ties.get(name, (np.zeros(count), 0.0))
        if not (np.isfinite(value) and 0.0 <= s < np.inf and abs(r) <= 1.0 and np.shape(trait) == (count,)):
            raise UsageError(
                f"Parameter {name} of individuals: found value {value:g}, spread {s:g}, correlation {r:g} "
                f"and {np.shape(trait)} scores; expected finite numbers, a spread from 0, a correlation from "
                f"-1 to 1 and {count} scores."
            )
        own = normals(seed, "mechanism", "population", "parameter", name, count=count, first=first)[:, 0]
        out[name] = value * np.exp(s * (r * trait + np.sqrt(1.0 - r * r) * own))
    return out


def simulate_mice(count: int, *, seed: int, first: int = 0, parameters: Parameters | None = None) -> Mice:
    """Return virtual mice of one strain, age and sex.

    Raises
    ------
    UsageError
        If the count is negative or a spread makes no sense.
    """
    given = parameters or load_population()
    z = normals(seed, "mechanism", "population", "mice", count=count, width=2, first=first)
    s, cv = given["mouse_immunisation_log_sd"].number, given["mouse_weight_cv"].number
    log_sd(cv)
    return Mice(np.exp(s * z[:, 0]), proportional_error(np.ones(count), z[:, 1], cv))
