"""Distributions of the Total Improvement Score like those of a published trial, with all their truths known.

A score is one of 0, 2.5, ..., 100. The shares at or above 20, 40 and 60 are the published ones. Within the
bands the distribution is not published; assumed are: a share of the scores below 20 exactly 0 and the others
equally likely, equally likely scores in the two middle bands, and above 60 shares that fall linearly to 100.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["SCORES", "THRESHOLDS", "TisScores", "load_error_rate_parameters", "tis_scores"]

SCORES: Array = 2.5 * np.arange(41.0)
THRESHOLDS = (20, 40, 60)


@cache
def load_error_rate_parameters() -> Parameters:
    """Return what is claimed, simulated and called too much, each with its citation."""
    return load_parameters("mitograft.statistics.error_rates", "error_rates.csv")


class TisScores:
    """A distribution over the scores.

    Parameters
    ----------
    probabilities
        Probability of each score.
    """

    def __init__(self, probabilities: Array) -> None:
        self.probabilities = probabilities
        self._ends = np.cumsum(probabilities)[:-1]

    def at(self, z: Array) -> Array:
        """Return the scores at standard normal values: the distribution's quantiles at their probability."""
        from scipy.special import ndtr

        return np.asarray(SCORES[np.searchsorted(self._ends, ndtr(z), side="right")])

    @property
    def mean(self) -> float:
        """The mean."""
        return float(self.probabilities @ SCORES)

    @property
    def median(self) -> float:
        """The smallest score at or below which half of the patients are."""
        return float(SCORES[np.searchsorted(np.cumsum(self.probabilities), 0.5)])

    def index(self, other: "TisScores") -> float:
        """Return the probability of a higher score than from ``other``, ties for half."""
        below = np.cumsum(other.probabilities) - other.probabilities / 2.0
        return float(self.probabilities @ below)

    @property
    def categories(self) -> Array:
        """Probabilities of no, minimal, moderate and major improvement."""
        places = np.searchsorted(THRESHOLDS, SCORES, side="right")
        return np.bincount(places, weights=self.probabilities).astype(float)


def tis_scores(arm: str) -> TisScores:
    """Return the distribution like that of an arm, ``placebo`` or ``treated``."""
    parameters = load_error_rate_parameters()
    shares = [parameters[f"{arm}_at_least_{threshold}"].number for threshold in THRESHOLDS]
    return TisScores(_spread(shares, parameters["zero_share"].number))


def _spread(at_least: Sequence[float], zero_share: float) -> Array:
    masses = -np.diff([1.0, *at_least, 0.0])
    bands = np.searchsorted(THRESHOLDS, SCORES, side="right")
    weights = np.ones(SCORES.size)
    weights[0] = zero_share / (1.0 - zero_share) * (np.sum(bands == 0) - 1)
    top = bands == len(THRESHOLDS)
    weights[top] = np.arange(top.sum(), 0, -1)
    totals = np.bincount(bands, weights=weights)
    return np.asarray(masses[bands] * weights / totals[bands])
