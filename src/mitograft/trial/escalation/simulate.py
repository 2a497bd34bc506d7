"""Operating characteristics by simulation: a check on the exact ones, and the way where those take too long.

``simulate_characteristics`` plays any design trial by trial. Each trial has its own random stream, so that
the first trials of a longer run are those of a shorter one.
"""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.trial.escalation.characteristics import Characteristics, check_rates
from mitograft.trial.escalation.design import Cohort, Design, Recommendation

__all__ = ["simulate_characteristics"]


def simulate_characteristics(
    design: Design, rates: Sequence[float], trials: int = 1000, seed: int = 1
) -> Characteristics:
    """Return shares and means over simulated trials.

    Parameters
    ----------
    design
        Any design.
    rates
        True DLT rate of each dose, lowest dose first.
    trials
        Number of trials.
    seed
        Seed of the study.

    Raises
    ------
    UsageError
        If the rates do not fit the doses or there is no trial.
    """
    true = check_rates(design, rates)
    if trials < 1:
        raise UsageError(f"Simulation: found {trials} trials, expected at least 1.")
    selection, patients, toxic = (np.zeros(design.doses) for _ in range(3))
    none = 0
    known: dict[Hashable, Recommendation] = {}
    ends: Counter[str] = Counter()
    for trial in range(trials):
        path, said = _play(design, true, stream(seed, "escalation", design.name, trial), known)
        for cohort in path:
            patients[cohort.dose - 1] += cohort.treated
            toxic[cohort.dose - 1] += cohort.toxic
        ends[said.ending] += 1
        if said.dose is None:
            none += 1
        else:
            selection[said.dose - 1] += 1
    shares = [tuple((sums / trials).tolist()) for sums in (selection, patients, toxic)]
    stops = tuple((cause, count / trials) for cause, count in sorted(ends.items()))
    return Characteristics(true, shares[0], none / trials, shares[1], shares[2], trials, stops)


def _play(
    design: Design, rates: Sequence[float], draws: np.random.Generator, known: dict[Hashable, Recommendation]
) -> tuple[list[Cohort], Recommendation]:
    path: list[Cohort] = []
    while True:
        key = design.digest(path)
        said = known.get(key)
        if said is None:
            said = known[key] = design.recommend(path)
        if said.action != "treat" or said.dose is None:
            return path, said
        toxic = int(draws.binomial(said.patients, rates[said.dose - 1]))
        path.append(Cohort(said.dose, said.patients, toxic, said.backfill))
