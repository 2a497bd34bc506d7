r"""What is measured in a dish: respiration, ATP, viability, fusion index.

Respiration follows supply and demand as the equations do. With oxidative supply :math:`o = v C` (C capacity
of the cell, own and donor's together) and glycolysis :math:`g` set by the medium,

.. math:: \mathrm{ATP\ linked} \propto \frac{o}{1 + o + g}, \qquad \mathrm{maximal} \propto C

so a healthy cell in galactose respires more. A lack of capacity shows in its ATP there first.

Viability and fusion index need counts of the dead and of the fused. The equations carry neither, so both are
integrals of rates over the times given (trapezoid): ask for times dense enough for the injury, hours apart.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.chance import normals
from mitograft.mechanism.observe.instrument import checked, load_instruments, proportional_error
from mitograft.tables.parameters import Parameters

__all__ = [
    "Respiration",
    "accumulate",
    "simulate_atp",
    "simulate_counted_share",
    "simulate_respiration",
]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Respiration:
    """Oxygen consumption of wells (pmol/min), each shape (n, m); ``basal`` includes leak and the rest."""

    basal: Array
    atp_linked: Array
    maximal: Array
    other: Array

    @property
    def spare(self) -> Array:
        """Spare capacity: maximal less basal; negative values are kept."""
        return np.asarray(self.maximal - self.basal)


def simulate_respiration(
    capacity: npt.ArrayLike,
    *,
    vox: float,
    glycolysis: float,
    seed: int,
    glucose: float = 1.0,
    parameters: Parameters | None = None,
    first: int = 0,
) -> Respiration:
    """Return the oxygen consumption of wells.

    Parameters
    ----------
    capacity
        Oxidative capacity of the cells, own and donor's together, 1 healthy, shape (n,) or (n, m).
    vox, glycolysis
        Greatest oxidative supply and glycolytic supply over demand, as in the equations (``vox``, ``gly``).
    glucose
        The glycolytic supply at which the healthy values of ``instruments.csv`` hold.
    seed, first
        Seed, and number of the first dish.

    Raises
    ------
    UsageError
        If the capacity is infinite or negative, or a supply is not positive.
    """
    if not (vox > 0.0 and glycolysis >= 0.0 and glucose >= 0.0):
        raise UsageError(f"Supply: found {vox:g}, {glycolysis:g} and {glucose:g}; expected positive numbers.")
    given = parameters or load_instruments()
    cells = _table(checked("Oxidative capacity", capacity))
    linked = cells * (1.0 + vox + glucose) / (1.0 + vox * cells + glycolysis)
    n, m = cells.shape
    z = normals(seed, "mechanism", "observe", "dish", "ocr", count=n, width=5 * m, first=first)
    z = z.reshape(n, m, 5)
    well = proportional_error(np.ones_like(cells), z[:, :, 0], given["ocr_cv"].number)
    cv = given["ocr_rate_cv"].number
    other = proportional_error(given["ocr_other"].number * well, z[:, :, 1], cv)
    leak = proportional_error(given["ocr_leak"].number * well, z[:, :, 2], cv)
    atp = proportional_error(given["ocr_atp"].number * linked * well, z[:, :, 3], cv)
    most = proportional_error(given["ocr_max"].number * cells * well, z[:, :, 4], cv)
    return Respiration(other + leak + atp, atp, other + most, other)


def simulate_atp(
    atp: npt.ArrayLike, *, seed: int, first: int = 0, parameters: Parameters | None = None
) -> Array:
    """Return ATP luminescence in percent of the healthy control; ``atp`` is 1 in healthy cells.

    Raises
    ------
    UsageError
        If it is infinite or negative.
    """
    given = parameters or load_instruments()
    true = checked("ATP", atp)
    table = _table(true)
    n, m = table.shape
    z = normals(seed, "mechanism", "observe", "dish", "atp", count=n, width=m, first=first)
    return proportional_error(100.0 * table, z, given["atp_cv"].number).reshape(true.shape)


def accumulate(rate: npt.ArrayLike, times: npt.ArrayLike) -> Array:
    """Return what a rate (n, m), per day, has added up to by each time (m,); zero at the first (trapezoid).

    Raises
    ------
    UsageError
        If the times do not rise or do not fit the rate.

    >>> accumulate([[1.0, 1.0, 3.0]], [0.0, 1.0, 2.0]).tolist()
    [[0.0, 1.0, 3.0]]
    """
    values, at = _table(checked("Rate", rate)), np.asarray(times, dtype=float)
    if at.shape != (values.shape[1],) or not np.all(np.diff(at) > 0.0):
        raise UsageError(
            f"Rate over time: found {values.shape[1]} rates and times of shape {at.shape}; expected as many "
            "times as rates, rising."
        )
    steps = 0.5 * (values[:, 1:] + values[:, :-1]) * np.diff(at)
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(steps, axis=1)], axis=1)


def simulate_counted_share(
    counted: npt.ArrayLike,
    rest: npt.ArrayLike,
    *,
    assay: str,
    seed: int,
    first: int = 0,
    parameters: Parameters | None = None,
) -> Array:
    """Return a share in percent as a count gives it: viability, or the fusion index.

    The true share is ``counted / (counted + rest)``; NaN where there is neither. It differs between wells (in
    proportion to ``share (1 - share)``), and a finite number of cells is counted, near enough normally
    distributed at these numbers and kept within 0 and 100.

    Parameters
    ----------
    counted, rest
        Live and dead cells (``viability``), or nuclei in myotubes and outside (``fusion``), in one unit.
    assay
        ``viability`` or ``fusion``.

    Raises
    ------
    UsageError
        For an unknown assay, arrays of different shapes, or negative or infinite counts.
    """
    sizes = {"viability": "viability_cells", "fusion": "fusion_nuclei"}
    if assay not in sizes:
        raise UsageError(f"Counted share: found assay {assay!r}; expected {' or '.join(sizes)}.")
    given = parameters or load_instruments()
    part, left = checked("Counted cells", counted), checked("The other cells", rest)
    if part.shape != left.shape:
        raise UsageError(f"Counted share: found shapes {part.shape} and {left.shape}; expected the same.")
    whole = _table(part + left)
    share = np.divide(_table(part), whole, out=np.full_like(whole, np.nan), where=whole > 0.0)
    n, m = share.shape
    z = normals(seed, "mechanism", "observe", "dish", assay, count=n, width=2 * m, first=first).reshape(
        n, m, 2
    )
    spread = 4.0 * share * (1.0 - share) * given[f"{assay}_spread"].number
    well = np.clip(share + spread * z[:, :, 0], 0.0, 1.0)
    seen = well + np.sqrt(well * (1.0 - well) / given[sizes[assay]].number) * z[:, :, 1]
    return (100.0 * np.clip(seen, 0.0, 1.0)).reshape(part.shape)


def _table(array: Array) -> Array:
    return array if array.ndim == 2 else array[:, None]
