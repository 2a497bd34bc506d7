"""Minimal clinically important differences: the smallest change patients feel, per measure.

Each is a group-level anchor from one study, not a threshold of response for one patient; the total
improvement score's own categories are 20, 40 and 60.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.decimal_grid import STEPS, reaches, to_steps
from mitograft.outcome.items import read_numbers
from mitograft.tables.parameters import Parameter, Parameters, load_parameters

__all__ = ["McidResult", "defaults", "exceeds_mcid"]


@dataclass(frozen=True, slots=True, eq=False)
class McidResult:
    """Which changes are at least the minimal clinically important difference.

    Parameters
    ----------
    reached
        Shape of ``change``: whether the improvement is at least the difference; False where missing.
    missing
        Where no change was given.
    parameter
        The difference used, with unit, status and citation.
    """

    reached: npt.NDArray[np.bool_]
    missing: npt.NDArray[np.bool_]
    parameter: Parameter


@cache
def defaults() -> Parameters:
    """Return the differences with unit and citation; the ids are the measures."""
    return load_parameters("mitograft.outcome", "mcid.csv")


def exceeds_mcid(measure: str, change: npt.ArrayLike, *, parameters: Parameters | None = None) -> McidResult:
    """Tell which changes reach the minimal clinically important difference (change >= MCID, exactly).

    Parameters
    ----------
    measure
        An id of ``defaults()``.
    change
        Improvement in the measure's own unit, any shape: positive = better, whatever the direction of the
        scale. NaN = missing. Differences of decimals are read to the nearest 1e-6.
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If the measure has no difference on file.

    Examples
    --------
    >>> exceeds_mcid("physician_global", [1.0, 1.1, -3.0, 5.6 - 4.5]).reached.tolist()
    [False, True, False, True]
    """
    rules = defaults() if parameters is None else parameters
    if measure not in rules.rows:
        known = ", ".join(p.id for p in rules)
        raise UsageError(f"Found measure {measure!r}, expected one of {known}. No difference is on file.")
    values = read_numbers(f"Change in {measure}", change)
    missing = np.isnan(values)
    reached = reaches(to_steps(values), rules[measure].fraction, np.array(STEPS)) & ~missing
    return McidResult(reached, missing, rules[measure])
