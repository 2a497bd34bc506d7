"""All ways a trial can go, as records: for designs with few paths, such as 3+3 with three doses.

A path is written as its cohorts in order, each as dose, DLT and patients: ``1: 0/3, 2: 1/3, 2: 0/3``; a
backfill cohort has a ``b`` before its dose. The probability of a path is the product of the binomial
probabilities of its cohorts for the given true rates.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.trial.escalation.characteristics import check_rates
from mitograft.trial.escalation.design import Cohort, Design

__all__ = ["PathRow", "path_text", "path_tree"]


@dataclass(frozen=True, slots=True)
class PathRow:
    """One way a trial can go, to its end."""

    path: str
    probability: float
    patients: int
    toxic: int
    action: str
    dose: int | None
    cause: str
    reason: str


def path_text(path: Sequence[Cohort]) -> str:
    """Return a path in words.

    >>> path_text([Cohort(1, 3, 0), Cohort(2, 3, 1)])
    '1: 0/3, 2: 1/3'
    """
    return ", ".join(
        f"{'b' if cohort.backfill else ''}{cohort.dose}: {cohort.toxic}/{cohort.treated}" for cohort in path
    )


def path_tree(design: Design, rates: Sequence[float], most: int = 10_000) -> tuple[PathRow, ...]:
    """Return every complete path with its probability, in order of the DLT (fewer first).

    Parameters
    ----------
    design
        Any design.
    rates
        True DLT rate of each dose, lowest dose first.
    most
        Paths at most. Paths of probability 0 are listed too.

    Raises
    ------
    UsageError
        If the rates do not fit the doses or there are more paths.
    """
    rows: list[PathRow] = []
    for row in _walk(design, check_rates(design, rates), (), 1.0):
        if len(rows) == most:
            raise UsageError(
                f"{design.name}: found more than {most} paths, expected fewer. "
                "Take exact_characteristics, which merges paths."
            )
        rows.append(row)
    return tuple(rows)


def _walk(
    design: Design, rates: tuple[float, ...], path: tuple[Cohort, ...], probability: float
) -> Iterator[PathRow]:
    said = design.recommend(path)
    if said.action != "treat" or said.dose is None:
        patients, toxic = sum(c.treated for c in path), sum(c.toxic for c in path)
        yield PathRow(
            path_text(path), probability, patients, toxic, said.action, said.dose, said.ending, said.reason
        )
        return
    size, rate = said.patients, rates[said.dose - 1]
    for toxic in range(size + 1):
        share = math.comb(size, toxic) * rate**toxic * (1 - rate) ** (size - toxic)
        cohort = Cohort(said.dose, size, toxic, said.backfill)
        yield from _walk(design, rates, (*path, cohort), probability * share)
