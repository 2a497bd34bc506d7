r"""How sure a response is, given that the core set measures are measured with error.

Each observed value is taken as true value plus a normal error with a known standard deviation, independent
between measures and visits, and nothing is assumed about the true value beforehand. The true change of a
measure is then normal around the observed one with standard deviation sqrt(2) times that of one measurement,
so that the probability of each band is a difference of two normal distribution functions,

.. math:: P(p_m = p_k) = \Phi\{(e_{k+1} - \Delta_m)/s_m\} - \Phi\{(e_k - \Delta_m)/s_m\},

and the distribution of the total is the convolution of the six on the lattice of 2.5 points: no simulation,
no Monte Carlo error. The error sizes are parameters (``error_sd_*`` of tis_rules.csv); most are assumed and
flagged. The probability answers "is the true change a response?", not "would an untreated patient respond?".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.tis.change import Change, EnzymeChange
from mitograft.outcome.tis.rules import CATEGORIES, Measure, TisRules, tis_rules
from mitograft.outcome.tis.score import Values, changes_of

__all__ = ["ResponderProbability", "responder_probability"]

Floats = npt.NDArray[np.float64]
_erfc = np.frompyfunc(math.erfc, 1, 1)


@dataclass(frozen=True)
class ResponderProbability:
    """Distribution of the true total of n subject-visits.

    Parameters
    ----------
    totals
        The lattice of totals 0, 2.5, ..., 100, shape (k,).
    distribution
        Probability of each total, shape (n, k); NaN where a measure is missing.
    thresholds
        Totals of minimal, moderate and major improvement.
    """

    totals: Floats
    distribution: Floats
    thresholds: tuple[float, ...]

    def at_least(self, category: str) -> Floats:
        """Probability that the true total reaches a category, shape (n,)."""
        if category not in CATEGORIES[1:]:
            raise UsageError(f"Found category {category!r}; expected one of {', '.join(CATEGORIES[1:])}.")
        threshold = self.thresholds[CATEGORIES.index(category) - 1]
        return np.asarray(self.distribution[:, self.totals >= threshold].sum(axis=1))

    @property
    def mean(self) -> Floats:
        """Expected true total, shape (n,)."""
        return np.asarray(self.distribution @ self.totals)


def responder_probability(
    baseline: Values,
    final: Values,
    *,
    rules: TisRules | None = None,
    error_sd: Mapping[str, float] | None = None,
) -> ResponderProbability:
    """Distribution of the true TIS under measurement error of the core set measures.

    Parameters
    ----------
    baseline, final, rules
        As for ``score_tis``.
    error_sd
        Standard deviation of one measurement by measure, in the unit of the parameter ``error_sd_<measure>``
        (a fraction of the maximum for MMT, of the value for the enzyme); default: those parameters.

    Raises
    ------
    UsageError
        For an unknown measure or a negative standard deviation.
    """
    chosen = rules or tis_rules()
    sizes = _error_sizes(chosen, error_sd or {})
    changes = changes_of(baseline, final, chosen)
    slots = int(sum(m.most for m in chosen.measures) / chosen.quantum) + 1
    total = np.zeros((len(changes[0].baseline), slots))
    total[:, 0] = 1.0
    for measure, change in zip(chosen.measures, changes, strict=True):
        unit = chosen.parameters[f"error_sd_{measure.name}"].unit
        deviation = _deviation(change, sizes[measure.name], unit)
        total = _convolve(total, _band_probabilities(change, deviation), measure, chosen)
    lattice = np.asarray(np.arange(slots) * float(chosen.quantum))
    return ResponderProbability(lattice, total, tuple(float(t) for t in chosen.thresholds))


def _error_sizes(rules: TisRules, given: Mapping[str, float]) -> dict[str, float]:
    names = [measure.name for measure in rules.measures]
    wrong = sorted(set(given) - set(names)) + [name for name, size in given.items() if not size >= 0]
    if wrong:
        raise UsageError(
            f"Found error_sd of {', '.join(wrong)}; "
            f"expected a number of 0 or more for each of {', '.join(names)}."
        )
    return {n: given.get(n, rules.parameters[f"error_sd_{n}"].number) for n in names}


def _band_probabilities(change: Change, deviation: Floats) -> Floats:
    """Probability of the five bands of one measure, shape (n, 5); NaN where the change is missing."""
    percent = np.round(change.percent(), 9)[:, None]
    spread = deviation[:, None]
    edges = np.array([float(100 * edge) for edge in change.edges])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, (percent - edges) / (spread * math.sqrt(2)), 0.0)
    above = np.where(spread > 0, 0.5 * np.asarray(_erfc(-z), dtype=float), percent > edges)
    above[np.isnan(percent[:, 0])] = np.nan
    padded = np.column_stack([np.ones(len(above)), above, np.zeros(len(above))])
    return np.asarray(padded[:, :-1] - padded[:, 1:])


def _deviation(change: Change, size: float, unit: str) -> Floats:
    """Give the standard deviation of the absolute percent change, shape (n,)."""
    if isinstance(change, EnzymeChange):
        first = size * change.baseline / change.baseline_uln
        second = size * change.final / change.final_uln
        return np.asarray(100 * np.hypot(first, second) / change.size)
    relative = size if unit == "fraction of the maximum" else size / np.asarray(change.size)
    return np.broadcast_to(100 * math.sqrt(2) * relative, (len(change.baseline),))


def _convolve(total: Floats, bands: Floats, measure: Measure, rules: TisRules) -> Floats:
    out = np.zeros_like(total)
    for band, points in enumerate(measure.points):
        shift = int(points / rules.quantum)
        moved = total[:, : total.shape[1] - shift]
        out[:, shift:] += moved * bands[:, band : band + 1]
    return out
