"""Exact operating characteristics of a dose-escalation design: no simulation, no Monte Carlo error.

All outcomes of all cohorts are followed forward together. After each cohort, paths that lead to the same
state (``Design.digest``) are merged and their probabilities added: with s states and cohorts of m patients
the work is ``s (m + 1)`` steps instead of ``(m + 1)`` to the power of the number of cohorts. The number of
DLT in a cohort is binomial with the true rate of its dose, independent between cohorts.

Probabilities are added as they are, so that the result is exact up to rounding of the last digits.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.trial.escalation.design import Cohort, Design, Recommendation

__all__ = ["Characteristics", "check_rates", "exact_characteristics"]

_MOST_COHORTS = 1000
Path = tuple[Cohort, ...]


@dataclass(frozen=True, slots=True)
class Characteristics:
    """How a design behaves when the true DLT rates are known.

    Parameters
    ----------
    rates
        True DLT rate of each dose.
    selection
        Probability that each dose is declared the MTD.
    none
        Probability that no dose is.
    patients, toxicities
        Expected patients and expected DLT at each dose.
    trials
        Number of simulated trials; None where the numbers are exact.
    stops
        Why trials ended (``Recommendation.ending``), each with its probability, in order of the words.
    """

    rates: tuple[float, ...]
    selection: tuple[float, ...]
    none: float
    patients: tuple[float, ...]
    toxicities: tuple[float, ...]
    trials: int | None = None
    stops: tuple[tuple[str, float], ...] = ()

    @property
    def sample_size(self) -> float:
        """Expected number of patients."""
        return math.fsum(self.patients)

    @property
    def toxic_patients(self) -> float:
        """Expected number of patients with a DLT."""
        return math.fsum(self.toxicities)


class _Sums:
    """Running sums by dose."""

    def __init__(self, rates: Sequence[float]) -> None:
        self.rates = tuple(rates)
        self.selection = [0.0] * len(rates)
        self.patients = [0.0] * len(rates)
        self.none = 0.0
        self.stops: dict[str, float] = {}

    def end(self, said: Recommendation, probability: float) -> None:
        self.stops[said.ending] = self.stops.get(said.ending, 0.0) + probability
        if said.dose is None:
            self.none += probability
        else:
            self.selection[said.dose - 1] += probability

    def result(self) -> Characteristics:
        toxicities = tuple(n * rate for n, rate in zip(self.patients, self.rates, strict=True))
        return Characteristics(
            self.rates,
            tuple(self.selection),
            self.none,
            tuple(self.patients),
            toxicities,
            stops=tuple(sorted(self.stops.items())),
        )


def check_rates(design: Design, rates: Sequence[float]) -> tuple[float, ...]:
    """Return the true rates as numbers.

    Raises
    ------
    UsageError
        Unless there is one rate from 0 to 1 for each dose.
    """
    found = tuple(float(rate) for rate in rates)
    if len(found) != design.doses or not all(0 <= rate <= 1 for rate in found):
        raise UsageError(
            f"True DLT rates: found {list(found)}, expected {design.doses} numbers from 0 to 1, one per dose."
        )
    return found


def exact_characteristics(design: Design, rates: Sequence[float]) -> Characteristics:
    """Return the exact operating characteristics.

    Parameters
    ----------
    design
        Any design.
    rates
        True DLT rate of each dose, lowest dose first.

    Raises
    ------
    UsageError
        If the rates do not fit the doses, or the design goes on beyond 1000 cohorts.
    """
    sums = _Sums(check_rates(design, rates))
    layer: dict[Hashable, tuple[Path, float]] = {design.digest(()): ((), 1.0)}
    for _ in range(_MOST_COHORTS):
        layer = _follow(design, sums, layer)
        if not layer:
            return sums.result()
    raise UsageError(f"{design.name}: found no end after {_MOST_COHORTS} cohorts; expected one.")


def _follow(
    design: Design, sums: _Sums, layer: dict[Hashable, tuple[Path, float]]
) -> dict[Hashable, tuple[Path, float]]:
    """End the paths that are over, and treat the next cohort of the others."""
    after: dict[Hashable, tuple[Path, float]] = {}
    for path, probability in layer.values():
        said = design.recommend(path)
        if said.action != "treat" or said.dose is None:
            sums.end(said, probability)
            continue
        dose, size, rate = said.dose, said.patients, sums.rates[said.dose - 1]
        sums.patients[dose - 1] += probability * size
        for toxic in range(size + 1):
            share = math.comb(size, toxic) * rate**toxic * (1 - rate) ** (size - toxic)
            if share == 0.0:
                continue
            longer = (*path, Cohort(dose, size, toxic, said.backfill))
            key = design.digest(longer)
            known = after.get(key)
            after[key] = (
                (longer, probability * share) if known is None else (known[0], known[1] + probability * share)
            )
    return after
