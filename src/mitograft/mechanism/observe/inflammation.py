r"""From cells and necrosis to the inflammation a histologist grades.

.. math:: I = 0.8\,\mathrm{eff}_8 + 0.5\,\mathrm{eff}_4 + 0.5\,M_1 + 2\,\mathrm{NEC}, \qquad
          g = 4\,I^{1.5} / (I^{1.5} + 0.9^{1.5})

The weights are choices (``instruments.csv``), the same in the mouse and the patient.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.instrument import checked, load_instruments
from mitograft.tables.parameters import Parameters

__all__ = ["Course", "derive_grade", "derive_inflammation", "saturating"]

Array = npt.NDArray[np.float64]


class Course(Protocol):
    """What the solver gives: states and quantities of n individuals at m times, each shape (n, m)."""

    def state(self, name: str, /) -> Array:
        """Return a state by its name."""
        ...

    def quantity(self, name: str, /) -> Array:
        """Return an algebraic quantity by its name."""
        ...


def derive_inflammation(course: Course, *, parameters: Parameters | None = None) -> Array:
    """Return the index of inflammation, shape (n, m); about 1 is the peak of disease in the mouse.

    Raises
    ------
    UsageError
        If a state is infinite or negative beyond the integrator's error.
    """
    given = parameters or load_instruments()
    parts = {
        "CD8": course.quantity("eff_8"),
        "CD4": course.quantity("eff_4"),
        "M1": course.state("M1"),
        "NEC": course.state("NEC"),
    }
    total = np.zeros_like(parts["M1"])
    for name, part in parts.items():
        total = total + given[f"index_{name}"].number * np.maximum(checked(name, part, least=-1e-6), 0.0)
    return np.asarray(total)


def derive_grade(index: npt.ArrayLike, *, parameters: Parameters | None = None) -> Array:
    """Return the true histology grade of an index of inflammation, before any rater; same shape.

    Raises
    ------
    UsageError
        If the index is infinite or negative.

    >>> derive_grade([0.0, 0.9]).tolist()
    [0.0, 2.0]
    """
    given = parameters or load_instruments()
    top, half, power = (given[f"grade_{name}"].number for name in ("top", "half", "power"))
    return top * saturating(checked("Index of inflammation", index), half, power)


def saturating(x: Array, half: float, power: float = 1.0) -> Array:
    """Return ``x^power / (x^power + half^power)``.

    Raises
    ------
    UsageError
        If the half point or the power is not positive.
    """
    if not (half > 0.0 and power > 0.0):
        raise UsageError(
            f"Saturation: found half point {half:g}, power {power:g}; expected positive numbers."
        )
    return np.asarray(x**power / (x**power + half**power))
