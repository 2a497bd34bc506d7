"""What patients gain without any treatment because they were admitted at their worst.

Two measurements of one patient, ``X1`` before and ``X2`` after, without treatment in between: mean ``m`` and
standard deviation ``s`` between patients, correlation ``r``. Who is admitted only with ``X1`` below ``c`` (a
score in which low is bad) will on average be nearer to ``m`` the next time::

    E[X2 - X1 | X1 < c] = (1 - r) (m - E[X1 | X1 < c]) = (1 - r) s phi(a) / Phi(a),   a = (c - m) / s

and the other way round where high is bad (James, Biometrics 1973;29:121; Davis, Am J Epidemiol 1976;104:493).
No cut-off, or a perfect correlation: no gain.

The Total Improvement Score adds a second gain. It counts improvement and not worsening, so that even
changes that average to nothing score points. ``points_all`` is that part (nobody selected), ``points`` both
together, by quadrature over ``X1`` with the bands of the score. The expected score is the sum over the
measures, whatever their correlation; the share of patients above a threshold is not (``untreated``).

The normal model lets a scale run beyond its ends, and most standard deviations and correlations are assumed
or derived with an assumption: the rows of ``regression_to_mean.csv`` say which.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.tis import Measure, TisRules, tis_rules
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = [
    "AdmittedMeasure",
    "ReturnToMean",
    "load_admitted_measures",
    "load_regression_parameters",
    "return_to_mean",
]

Array = npt.NDArray[np.float64]

_NODES, _REACH = 400, 9.0


@dataclass(frozen=True)
class AdmittedMeasure:
    """One core set measure: how it varies between patients and visits, and who is admitted.

    Parameters
    ----------
    measure
        The measure of the Total Improvement Score: its range, direction, bands and points.
    mean, sd
        Between all patients with the disease; of the logarithm where ``log``.
    reliability
        Correlation of two measurements of a patient without treatment in between.
    cutoff
        Admission asks for a value on the bad side of it (never the logarithm); None where everybody is
        admitted.
    size
        Range of the measure, the denominator of its percent change.
    log
        Whether the logarithm is normally distributed (the enzyme, in multiples of its upper limit).
    """

    measure: Measure
    mean: float
    sd: float
    reliability: float
    cutoff: float | None
    size: float
    log: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no distribution.

        Raises
        ------
        UsageError
            If the standard deviation is not positive, the correlation not within 0 to 1, or the cut-off of a
            logarithm not positive.
        """
        name, cutoff = self.measure.name, self.cutoff
        if not (np.isfinite(self.mean) and self.sd > 0 and 0 <= self.reliability <= 1):
            raise UsageError(
                f"{name}: found mean {self.mean:g}, standard deviation {self.sd:g} and correlation "
                f"{self.reliability:g}; expected a number, a positive number and a correlation from 0 to 1."
            )
        if cutoff is not None and (not np.isfinite(cutoff) or (self.log and cutoff <= 0)):
            raise UsageError(f"{name}: found cut-off {cutoff:g}; expected a finite value of the measure.")

    @property
    def standard_cutoff(self) -> float:
        """The cut-off in standard deviations on the side that is admitted; infinite where everybody is."""
        if self.cutoff is None:
            return float("inf")
        at = float(np.log(self.cutoff)) if self.log else self.cutoff
        return (at - self.mean) / self.sd * (1.0 if self.measure.up else -1.0)

    def value(self, z: Array) -> Array:
        """Return the measure at ``z`` standard deviations towards the good side of its mean."""
        x = self.mean + (self.sd if self.measure.up else -self.sd) * z
        return np.asarray(np.exp(x) if self.log else x)


@dataclass(frozen=True)
class ReturnToMean:
    """What one measure gains without treatment; improvement is positive.

    Parameters
    ----------
    measure
        The measure and what was assumed of it.
    admitted
        Share of patients with the disease on the admitted side of the cut-off.
    baseline
        Mean of the admitted at entry, in the unit of the measure.
    change, percent
        Expected improvement of the admitted, in that unit and in percent of the range.
    points_all, points
        Expected points of the Total Improvement Score if everybody were admitted, and of the admitted.
    method, exact
        How they were computed; exact within the normal model.
    """

    measure: AdmittedMeasure
    admitted: float
    baseline: float
    change: float
    percent: float
    points_all: float
    points: float
    method: str = "truncated normal distribution, by quadrature"
    exact: bool = True


def load_regression_parameters() -> Parameters:
    """Return means, standard deviations, correlations and cut-offs, each with its citation."""
    return load_parameters("mitograft.trial", "regression_to_mean.csv")


def load_admitted_measures(
    parameters: Parameters | None = None, *, rules: TisRules | None = None
) -> tuple[AdmittedMeasure, ...]:
    """Return the six core set measures of adults as the parameters describe them.

    Parameters
    ----------
    parameters
        As of ``load_regression_parameters``, the default.
    rules
        Bands and points; the adult IMACS score by default.

    Raises
    ------
    UsageError
        If a parameter is no number that makes sense.
    """
    given, chosen = parameters or load_regression_parameters(), rules or tis_rules()
    return tuple(
        AdmittedMeasure(
            measure=measure,
            mean=given[f"{measure.name}_mean"].number,
            sd=given[f"{measure.name}_sd"].number,
            reliability=given[f"{measure.name}_reliability"].number,
            cutoff=given[f"{measure.name}_cutoff"].number,
            size=_size(measure, chosen),
            log=measure.name == "enzyme",
        )
        for measure in chosen.measures
    )


def return_to_mean(measure: AdmittedMeasure) -> ReturnToMean:
    """Return what the admitted gain in one measure without any treatment."""
    from scipy.special import ndtr

    everybody, every_weight = _nodes(float("inf"))
    z, weight = _nodes(measure.standard_cutoff)
    before = measure.value(z)
    change = float(weight @ _expected_gain(measure, z))
    return ReturnToMean(
        measure=measure,
        admitted=float(ndtr(measure.standard_cutoff)),
        baseline=float(weight @ before),
        change=change,
        percent=100.0 * change / measure.size,
        points_all=float(every_weight @ _expected_points(measure, everybody)),
        points=float(weight @ _expected_points(measure, z)),
    )


def _size(measure: Measure, rules: TisRules) -> float:
    if measure.name == "enzyme":
        return float(rules.multiple("ck"))
    return 150.0 if measure.size is None else float(measure.size)


@lru_cache(maxsize=1)
def _legendre() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(_NODES)


def _nodes(cutoff: float) -> tuple[Array, Array]:
    """Return nodes and weights for a standard normal variable known to be at most ``cutoff``."""
    high = min(cutoff, _REACH)
    low = min(-_REACH, high - _REACH)
    x, weight = _legendre()
    z = (low + high) / 2.0 + (high - low) / 2.0 * x
    log_density = -(z**2) / 2.0
    share = weight * np.exp(log_density - log_density.max())
    return z, np.asarray(share / share.sum())


def _expected_gain(measure: AdmittedMeasure, z: Array) -> Array:
    """Return the expected improvement of a patient who was at ``z``, in the unit of the measure."""
    r = measure.reliability
    if not measure.log:
        return np.asarray((r - 1.0) * z * measure.sd)
    spread = measure.sd**2 * (1.0 - r**2) / 2.0  # of a log-normal distribution the mean lies above exp(mean)
    return np.asarray(measure.value(z) - measure.value(r * z) * np.exp(spread))


def _expected_points(measure: AdmittedMeasure, z: Array) -> Array:
    """Return the expected points of a patient who was at ``z``: over the bands, step x P(beyond its edge)."""
    points = [float(p) for p in measure.measure.points]
    total = np.full_like(z, points[0])
    for edge, before, after in zip(measure.measure.edges, points, points[1:], strict=False):
        total += (after - before) * _beyond(measure, z, float(edge) * measure.size / 100.0)
    return total


def _beyond(measure: AdmittedMeasure, z: Array, gain: float) -> Array:
    """Return the probability that a patient who was at ``z`` improves by more than ``gain``."""
    from scipy.special import ndtr

    r, needed = measure.reliability, np.full_like(z, np.inf)
    if measure.log:
        left = measure.value(z) - gain
        possible = left > 0.0
        needed[possible] = (measure.mean - np.log(left[possible])) / measure.sd
    else:
        needed = z + gain / measure.sd
    if r == 1.0:
        return np.asarray((z > needed).astype(float))
    return np.asarray(ndtr((r * z - needed) / np.sqrt(1.0 - r**2)))
