"""Donor means: replicates averaged within donor and group, because the donor is the unit.

Sums are exact (``math.fsum``), so that neither the order of replicates nor giving each of them twice changes
a single bit of what follows.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError

__all__ = ["DonorMean", "average_donors", "exact_mean", "exact_variance"]


@dataclass(frozen=True, slots=True)
class DonorMean:
    """The mean of one donor in one group, over ``n`` replicates, on the scale of the comparison."""

    donor: str
    group: str
    mean: float
    n: int


def average_donors(
    values: Sequence[float], donors: Sequence[str], groups: Sequence[str]
) -> tuple[DonorMean, ...]:
    """Average replicates within donor and group; missing values (NaN) are left out.

    Returns
    -------
    tuple of DonorMean
        In the order in which donor and group first occur.

    Raises
    ------
    UsageError
        If the three sequences differ in length or a value is infinite.
    """
    if not len(values) == len(donors) == len(groups):
        raise UsageError(
            f"Donor means: found {len(values)} values, {len(donors)} donors and {len(groups)} groups; "
            "expected one of each for every replicate."
        )
    cells: dict[tuple[str, str], list[float]] = {}
    for value, donor, group in zip(values, donors, groups, strict=True):
        number = float(value)
        if math.isinf(number):
            raise UsageError("Donor means: found an infinite value; expected numbers (NaN where missing).")
        if not math.isnan(number):
            cells.setdefault((donor, group), []).append(number)
    return tuple(DonorMean(*key, exact_mean(cell), len(cell)) for key, cell in cells.items())


def exact_mean(values: Iterable[float]) -> float:
    """Return the mean, whatever the order of the values."""
    numbers = list(values)
    return math.fsum(numbers) / len(numbers)


def exact_variance(values: Iterable[float]) -> float:
    """Return the sample variance (divisor ``n - 1``), whatever the order of the values."""
    numbers = list(values)
    mean = exact_mean(numbers)
    return math.fsum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1)
