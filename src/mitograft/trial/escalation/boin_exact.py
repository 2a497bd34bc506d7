"""Exact operating characteristics of BOIN, mTPI-2 and i3+3, quick: all states after a cohort are array rows.

It follows the same states as ``characteristics.exact_characteristics`` and gives the same numbers; the
states of one layer are moved together (``boin_arrays``) and merged by one whole number
that codes dose and counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.trial.escalation.boin_arrays import BoinTables, Whole, ending_causes, select_doses
from mitograft.trial.escalation.characteristics import Characteristics, check_rates, exact_characteristics
from mitograft.trial.escalation.interval import IntervalDesign

__all__ = ["exact_boin"]

_LARGEST_CODE = 2**63


@dataclass
class _Layer:
    """States after a number of cohorts: next dose (from 0), counts by dose, doses left, probability."""

    dose: Whole
    treated: Whole
    toxic: Whole
    allowed: Whole
    chance: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "_Layer":
        return _Layer(
            self.dose[rows], self.treated[rows], self.toxic[rows], self.allowed[rows], self.chance[rows]
        )


def exact_boin(design: IntervalDesign, rates: Sequence[float]) -> Characteristics:
    """Return the exact operating characteristics of an interval design.

    Parameters
    ----------
    design
        BOIN, mTPI-2 or i3+3; with too many doses for a code of 63 bits it is followed state by state.
    rates
        True DLT rate of each dose, lowest dose first.

    Raises
    ------
    UsageError
        If the rates do not fit the doses.
    """
    true = check_rates(design, rates)
    base = design.max_patients + 1
    if (base * base) ** design.doses * design.doses >= _LARGEST_CODE:
        return exact_characteristics(design, true)
    tables, selection, patients = BoinTables(design), np.zeros(design.doses + 1), np.zeros(design.doses)
    layer, causes = _first(design), dict[str, float]()
    left = design.max_patients
    while left > 0 and len(layer.dose):
        size = min(design.cohort, left)
        left -= size
        patients += size * np.bincount(layer.dose, layer.chance, minlength=design.doses)
        layer, over = _treat(layer, np.asarray(true), size, tables)
        ended = layer.take(over | (left == 0))
        mtd = select_doses(design, ended.treated, ended.toxic, ended.allowed)
        selection += np.bincount(mtd, ended.chance, minlength=design.doses + 1)
        for cause, share in ending_causes(design, mtd, ended.treated, ended.allowed, ended.chance).items():
            causes[cause] = causes.get(cause, 0.0) + share
        layer = _merge(layer.take(~over), base)
    return Characteristics(
        true,
        tuple(selection[1:].tolist()),
        float(selection[0]),
        tuple(patients.tolist()),
        tuple((patients * true).tolist()),
        stops=tuple(sorted(causes.items())),
    )


def _first(design: IntervalDesign) -> _Layer:
    none = np.zeros((1, design.doses), dtype=np.int64)
    return _Layer(np.array([design.start - 1]), none, none, np.array([design.doses]), np.ones(1))


def _treat(
    layer: _Layer, rates: npt.NDArray[np.float64], size: int, tables: BoinTables
) -> tuple[_Layer, npt.NDArray[np.bool_]]:
    """Return every outcome of the next cohort of every state, and which of them are over."""
    toxic = np.tile(np.arange(size + 1), len(layer.dose))
    after = layer.take(np.repeat(np.arange(len(layer.dose)), size + 1))
    rows, rate = np.arange(len(toxic)), rates[after.dose]
    ways = np.array([math.comb(size, y) for y in range(size + 1)])
    after.chance = after.chance * ways[toxic] * rate**toxic * (1 - rate) ** (size - toxic)
    after.treated[rows, after.dose] += size
    after.toxic[rows, after.dose] += toxic
    dose = after.dose
    after.dose, after.allowed, over = tables.move(
        dose, after.treated[rows, dose], after.toxic[rows, dose], after.allowed
    )
    return after, over


def _merge(layer: _Layer, base: int) -> _Layer:
    """Add up the probabilities of equal states: same next dose and same counts."""
    code = layer.dose.copy()
    for place in range(layer.treated.shape[1]):
        code = (code * base + layer.treated[:, place]) * base + layer.toxic[:, place]
    _, first, state = np.unique(code, return_index=True, return_inverse=True)
    merged = layer.take(first)
    merged.chance = np.bincount(state, layer.chance, minlength=len(first)).astype(np.float64)
    return merged
