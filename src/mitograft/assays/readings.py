"""Readings: what every assay derives from its files, in one shape for the statistics.

A reading is one number of one replicate (a well, a field of view). Which donor and which treatment it belongs
to is not in the instrument's file; a ``samples`` table says it (see ``samples.py``).
"""

from dataclasses import dataclass

__all__ = ["Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one replicate.

    Parameters
    ----------
    assay
        ``seahorse``, ``plate``, ``myotube`` or ``uptake``.
    parameter
        What was measured, for example ``maximal_respiration`` or ``fusion_index``.
    value, unit
        The number (NaN where it could not be derived) and its unit.
    source
        File it came from, relative to the study folder.
    plate
        Plate or slide; readings of one plate share its errors.
    position
        Well (``A01``) or field within the plate.
    group
        Group name as written in the instrument's file; empty where it has none.
    excluded
        Why the reading is left out of comparisons; empty where it is not.
    """

    assay: str
    parameter: str
    value: float
    unit: str
    source: str
    plate: str
    position: str
    group: str = ""
    excluded: str = ""
