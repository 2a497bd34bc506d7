"""What is measured in a mouse: histology grade, incidence, grip, weight, cytokines, metabolic shift.

Every function takes arrays of shape (n, m), n mice at m times, and a seed, and gives what the instrument
would show, in its unit. NaN (a mouse whose equations failed) stays NaN. ``first`` is the number of the first
mouse of a batch. ``occasion`` names the measurement: the same name gives the same errors.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.chance import normals
from mitograft.mechanism.observe.inflammation import derive_grade, saturating
from mitograft.mechanism.observe.instrument import checked, load_instruments, proportional_error, to_scale
from mitograft.tables.parameters import Parameters

__all__ = [
    "CYTOKINES",
    "derive_incidence",
    "derive_shift",
    "simulate_cytokines",
    "simulate_grades",
    "simulate_grip",
    "simulate_shift",
    "simulate_weight",
]

Array = npt.NDArray[np.float64]
CYTOKINES = ("IL1", "TNF", "IL6", "IL17", "IFNG")


def simulate_grades(
    index: npt.ArrayLike,
    *,
    seed: int,
    occasion: str = "grade",
    first: int = 0,
    parameters: Parameters | None = None,
) -> Array:
    """Return the grade of each mouse: the mean over blocks and raters of what they wrote down.

    Blocks scatter around the mouse and raters around the block; each rater writes down the nearest step of
    the scheme. Below grade 1 the scatter shrinks in proportion: a muscle without lesions is graded 0 by
    everybody.

    Parameters
    ----------
    index
        Index of inflammation (``derive_inflammation``), shape (n,) or (n, m).
    seed, occasion, first
        See above.
    parameters
        Default: ``instruments.csv``.

    Raises
    ------
    UsageError
        If the index is infinite or negative, or there is no block or no rater.
    """
    given = parameters or load_instruments()
    true, shape = _table(derive_grade(index, parameters=given))
    blocks, raters = (int(given[f"grade_{name}"].number) for name in ("blocks", "raters"))
    if blocks < 1 or raters < 1:
        raise UsageError(f"Histology: found {blocks} blocks and {raters} raters; expected at least one each.")
    n, m = true.shape
    path = ("mechanism", "observe", "mouse", occasion)
    block = normals(seed, *path, "block", count=n, width=m * blocks, first=first).reshape(n, m, blocks, 1)
    rater = normals(seed, *path, "rater", count=n, width=m * blocks * raters, first=first)
    scatter = given["grade_block_sd"].number * block + given["grade_rater_sd"].number * rater.reshape(
        n, m, blocks, raters
    )
    seen = true[:, :, None, None] + np.minimum(true, 1.0)[:, :, None, None] * scatter
    step, top = given["grade_step"].number, given["grade_top"].number
    written = to_scale(seen, step=step, low=0.0, high=top).mean(axis=(2, 3))
    return np.where(true < given["grade_lesion"].number, 0.0, written).reshape(shape)


def derive_incidence(grades: npt.ArrayLike, *, parameters: Parameters | None = None) -> Array:
    """Return 1 for a mouse with disease, 0 without, NaN where it has no grade; shape of ``grades``."""
    given = parameters or load_instruments()
    values = checked("Grades", grades)
    return np.where(np.isnan(values), np.nan, values >= given["incidence_least"].number)


def simulate_grip(
    fibre: npt.ArrayLike,
    index: npt.ArrayLike,
    *,
    seed: int,
    occasion: str = "grip",
    first: int = 0,
    parameters: Parameters | None = None,
) -> Array:
    """Return grip strength in percent of a healthy baseline: fibre mass, less what inflammation takes.

    Raises
    ------
    UsageError
        If an array is infinite or negative or their shapes differ.
    """
    given = parameters or load_instruments()
    mass, shape = _table(checked("Functional fibre mass", fibre))
    inflamed = _same(checked("Index of inflammation", index), shape, mass)
    loss = given["grip_pain"].number * saturating(inflamed, given["grip_half"].number)
    true = given["grip_healthy"].number * mass * (1.0 - loss)
    return proportional_error(true, _errors(seed, occasion, true, first), given["grip_cv"].number).reshape(
        shape
    )


def simulate_weight(
    index: npt.ArrayLike,
    days: npt.ArrayLike,
    *,
    seed: int,
    occasion: str = "weight",
    first: int = 0,
    parameters: Parameters | None = None,
) -> Array:
    """Return body weight (g): slow growth, less what inflammation takes; ``days`` since immunisation, (m,).

    Raises
    ------
    UsageError
        If the index is infinite or negative.
    """
    given = parameters or load_instruments()
    inflamed, shape = _table(checked("Index of inflammation", index))
    growth = 1.0 + given["weight_growth"].number * np.asarray(days, dtype=float)
    loss = given["weight_loss"].number * saturating(inflamed, given["weight_half"].number)
    true = given["weight_start"].number * growth * (1.0 - loss)
    seen = true + given["weight_sd"].number * _errors(seed, occasion, true, first)
    return to_scale(seen, step=given["weight_step"].number, low=0.0, high=np.inf).reshape(shape)


def simulate_cytokines(
    quantities: Mapping[str, npt.ArrayLike],
    *,
    seed: int,
    occasion: str = "cytokines",
    first: int = 0,
    parameters: Parameters | None = None,
) -> dict[str, Array]:
    """Return serum cytokines (pg/mL) with log-normal error; NaN below the limit of quantification.

    Parameters
    ----------
    quantities
        By name (``IL1, TNF, IL6, IL17, IFNG``), in units of the model, each shape (n,) or (n, m).

    Raises
    ------
    UsageError
        For an unknown cytokine, or an infinite or negative quantity.
    """
    given = parameters or load_instruments()
    unknown = sorted(set(quantities) - set(CYTOKINES))
    if unknown:
        raise UsageError(f"Cytokines: found {', '.join(unknown)}; expected some of {', '.join(CYTOKINES)}.")
    out = {}
    for name, quantity in quantities.items():
        amount, shape = _table(checked(name, quantity))
        true = given[f"{name}_base"].number + given[f"{name}_scale"].number * amount
        z = _errors(seed, f"{occasion} {name}", true, first)
        seen = proportional_error(true, z, given["cytokine_cv"].number)
        out[name] = np.where(seen < given["cytokine_lloq"].number, np.nan, seen).reshape(shape)
    return out


def derive_shift(capacity: npt.ArrayLike, *, parameters: Parameters | None = None) -> Array:
    """Return the metabolic shift, log2 of glycolytic over oxidative expression against healthy muscle.

    Zero is healthy muscle, positive a shift towards glycolysis: ``-(1 + k) log2(capacity)``.

    Parameters
    ----------
    capacity
        Oxidative capacity of fibres, own and donor's together, 1 healthy.

    Raises
    ------
    UsageError
        If it is infinite or negative.

    >>> derive_shift([1.0, 0.5]).tolist()
    [-0.0, 2.0]
    """
    given = parameters or load_instruments()
    visible = np.maximum(checked("Oxidative capacity", capacity), given["shift_floor"].number)
    return np.asarray(-(1.0 + given["shift_glycolysis"].number) * np.log2(visible))


def simulate_shift(
    capacity: npt.ArrayLike,
    *,
    seed: int,
    occasion: str = "shift",
    first: int = 0,
    parameters: Parameters | None = None,
) -> Array:
    """Return the metabolic shift of one sample a mouse, with the error of a sample (log2).

    Raises
    ------
    UsageError
        As ``derive_shift``.
    """
    given = parameters or load_instruments()
    true, shape = _table(derive_shift(capacity, parameters=given))
    return (true + given["shift_sd"].number * _errors(seed, occasion, true, first)).reshape(shape)


def _errors(seed: int, occasion: str, like: Array, first: int) -> Array:
    n, m = like.shape
    return normals(seed, "mechanism", "observe", "mouse", occasion, count=n, width=m, first=first)


def _table(array: Array) -> tuple[Array, tuple[int, ...]]:
    """Return the array as (n, m), and the shape to give it back."""
    return (array if array.ndim == 2 else array[:, None]), array.shape


def _same(array: Array, shape: tuple[int, ...], like: Array) -> Array:
    if array.shape != shape:
        raise UsageError(f"Found arrays of shapes {shape} and {array.shape}; expected the same shape.")
    return array.reshape(like.shape)
