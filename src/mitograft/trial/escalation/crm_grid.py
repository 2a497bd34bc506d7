r"""Where the posterior of a model of the DLT rate is added up, for the continual reassessment method (CRM).

A model says at which points of its parameters a posterior is to be added up (``Grid``). The points are a
fixed share of the standard deviation of the narrowest posterior that so many patients can lead to (from the
largest Fisher information of one patient) apart, so that the error does not depend on the data.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters, load_parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "Grid",
    "ToxicityModel",
    "check_sd",
    "crm_parameters",
    "information",
    "log_odds_of",
    "log_rates",
    "narrowest_sd",
    "rates_at",
]

_WIDEST = 20.0  # prior SD of beta: exp(16 * 20) is still a number


@lru_cache(maxsize=1)
def crm_parameters() -> Parameters:
    """Return the defaults of the CRM with their sources (``data/crm.csv``)."""
    return load_parameters("mitograft.trial.escalation", "crm.csv")


@dataclass(frozen=True, eq=False)
class Grid:
    """Where and with which weights a posterior is added up.

    Parameters
    ----------
    log_prior
        Log density of the prior at each of k points, up to a constant, shape ``(k,)``.
    log_toxic, log_safe
        Log of the DLT rate and of its complement, shape ``(doses, k)``.
    sums
        Columns of weights, shape ``(k, 1 + parameters + doses + limits x doses)``: of the total, of the mean
        of each parameter, of the mean rate of each dose, and of the probability that the rate of each dose
        is above each limit.
    edge
        Points on the edge, where the posterior must have vanished, as indices.
    """

    log_prior: "Array"
    log_toxic: "Array"
    log_safe: "Array"
    sums: "Array"
    edge: "NDArray[np.intp]"


class ToxicityModel(Protocol):
    """A model of the DLT rate by dose: hashable, so that results can be kept."""

    def __hash__(self) -> int:
        """Return the hash of its values."""

    @property
    def name(self) -> str:
        """Name with the prior, for tables."""

    @property
    def doses(self) -> int:
        """Number of dose levels."""

    def log_odds(self, parameters: "tuple[Array, ...]") -> "Array":
        """Return the log odds of the DLT rate, shape ``(doses, k)``, at k values of each parameter."""

    def grid(self, patients: int, half_width: float, limits: tuple[float, ...]) -> Grid:
        """Return the points for up to so many patients, over ``half_width`` prior SDs to each side."""


def log_rates(log_odds: "Array") -> "tuple[Array, Array]":
    """Return the log of the rate and of its complement, accurate at both ends."""
    return -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)


def rates_at(model: ToxicityModel, parameters: tuple[float, ...]) -> tuple[float, ...]:
    """Return the DLT rate of each dose at given parameters."""
    odds = model.log_odds(tuple(np.array([value]) for value in parameters))
    return tuple(np.exp(log_rates(odds)[0][:, 0]).tolist())


def log_odds_of(rate: float) -> float:
    """Return the log odds of a rate."""
    return float(np.log(rate) - np.log1p(-rate))


def check_sd(parameter: str, sd: float) -> None:
    """Raise UsageError unless the standard deviation of a prior is in range."""
    if not 0 < sd <= _WIDEST:
        raise UsageError(
            f"Prior of {parameter}: found standard deviation {sd:g}, expected one above 0 and at most "
            f"{_WIDEST:g}."
        )


def narrowest_sd(sd: float, data: float) -> float:
    """Return the standard deviation of a posterior whose data give so much Fisher information."""
    return float((sd**-2 + data) ** -0.5)


def information(model: ToxicityModel, parameters: "tuple[Array, ...]", along: "Array") -> float:
    """Return the largest Fisher information of one patient about the parameter that runs along the points."""
    odds = model.log_odds(parameters)
    toxic, safe = log_rates(odds)
    slope = np.gradient(odds, along, axis=1)
    return float(np.max(slope**2 * np.exp(toxic + safe)))
