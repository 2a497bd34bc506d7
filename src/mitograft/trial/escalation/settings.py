"""Numbers of the designs that a protocol may set otherwise: rows of ``data/conduct.csv``."""

from fractions import Fraction
from functools import cache

from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["exact", "load_conduct_parameters"]


@cache
def load_conduct_parameters() -> Parameters:
    """Return the defaults of the designs and of conduct, with unit, status and citation."""
    return load_parameters("mitograft.trial.escalation", "conduct.csv")


def exact(given: float | None, name: str) -> Fraction:
    """Return a number as the decimal it was written as; the row of that name if None is given.

    A bound such as 0.30 - 0.05 must be 1/4 exactly: whether 1 of 4 lies below it decides a dose.
    """
    return load_conduct_parameters()[name].fraction if given is None else Fraction(repr(float(given)))
