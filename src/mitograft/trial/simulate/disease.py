"""Draw the disease of one subject and its course; the equations stand in ``truth``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.trial.simulate.truth import EnzymeTruth, MeasureTruth, TrialTruth

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Disease", "draw_disease", "observe_enzyme", "observe_measure", "progress"]


@dataclass(frozen=True, slots=True)
class Disease:
    """Latent disease of one subject.

    Parameters
    ----------
    abnormality
        Measure to a(0), 0 to 1.
    multiple
        Enzyme to m(0), in upper limits.
    share
        Measure and enzyme to the share that is gone at the primary visit.
    """

    abnormality: Mapping[str, float]
    multiple: Mapping[str, float]
    share: Mapping[str, float]

    def measure(self, name: str, truth: MeasureTruth, gone: float) -> float:
        """Return the value of a measure without noise once ``gone`` of the course is over (0 to 1)."""
        left = min(1.0, max(0.0, self.abnormality[name] * (1.0 - self.share[name] * gone)))
        return truth.max * (1.0 - left) if truth.up else truth.max * left

    def enzyme(self, name: str, truth: EnzymeTruth, gone: float) -> float:
        """Return an enzyme in upper limits without noise."""
        excess = np.log(self.multiple[name] / truth.normal) * (1.0 - self.share[name] * gone)
        return float(truth.normal * np.exp(excess))


def draw_disease(
    truth: TrialTruth, effect: float, start: np.random.Generator, response: np.random.Generator
) -> Disease:
    """Draw one subject; ``start`` gives the baseline, ``response`` the share."""
    names = [*truth.measures, *truth.enzymes]
    normals = _correlated(start, len(names), truth.correlation)
    u = dict(zip(names, normals.tolist(), strict=True))
    abnormality = {
        name: float(1 / (1 + np.exp(-(np.log(m.median / (1 - m.median)) + m.spread * u[name]))))
        for name, m in truth.measures.items()
    }
    multiple = {name: float(e.median * np.exp(e.spread * u[name])) for name, e in truth.enzymes.items()}
    common = truth.placebo_share + effect + truth.between * float(response.standard_normal())
    own = response.standard_normal(len(names)) * truth.apart
    share = {name: min(1.0, common + float(part)) for name, part in zip(names, own, strict=True)}
    return Disease(abnormality, multiple, share)


def progress(weeks: float, primary: float, half_time: float) -> float:
    """Return g(w), the part of the course that is over: 0 at the dose, 1 at the primary visit.

    >>> progress(0, 12, 4), progress(12, 12, 4), round(progress(4, 12, 4), 4)
    (0.0, 1.0, 0.5714)
    """
    if weeks <= 0:
        return 0.0
    return float((1 - 2 ** (-weeks / half_time)) / (1 - 2 ** (-primary / half_time)))


def observe_measure(truth: MeasureTruth, value: float, rng: np.random.Generator) -> float:
    """Return one measurement: noise, nearest step, within the scale."""
    noisy = value + truth.noise * float(rng.standard_normal())
    steps = round(min(truth.max, max(0.0, noisy)) / truth.step)
    return min(truth.max, round(steps * truth.step, 6))


def observe_enzyme(truth: EnzymeTruth, multiple: float, rng: np.random.Generator) -> float:
    """Return one measurement of an enzyme in upper limits."""
    return float(multiple * np.exp(truth.noise * rng.standard_normal()))


def _correlated(rng: np.random.Generator, count: int, correlation: float) -> "npt.NDArray[np.float64]":
    """Draw standard normals of which any two are correlated: one common factor."""
    draws = rng.standard_normal(count + 1)
    return np.asarray(np.sqrt(correlation) * draws[0] + np.sqrt(1 - correlation) * draws[1:])
