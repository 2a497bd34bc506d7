"""Manual muscle testing: MMT-8 on one side (0-80) or both (0-150), MMT-24 (0-260).

Each muscle group is graded 0-10 (Kendall points; IMACS form 04); the score is the sum, up is better. State
the maximum beside every value: 75 of 80 and 75 of 150 are different patients.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.items import ItemScale, Score, read_codes, score_sum
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = [
    "CARD_BILATERAL",
    "CARD_MMT8",
    "CARD_MMT24",
    "defaults",
    "mmt8",
    "mmt8_bilateral",
    "mmt24",
    "muscles",
    "points_from_grades",
]

FloatArray = npt.NDArray[np.float64]

CARD_MMT8 = INSTRUMENTS["MMT-8"]
CARD_BILATERAL = INSTRUMENTS["MMT-8 bilateral"]
CARD_MMT24 = INSTRUMENTS["MMT-24"]


@cache
def defaults() -> Parameters:
    """Return the muscles, grades and error of measurement with their citations."""
    return load_parameters("mitograft.outcome", "mmt.csv")


def muscles(form: str) -> tuple[str, ...]:
    """Return the order in which ``mmt8``, ``mmt8_bilateral`` or ``mmt24`` expects its grades.

    Raises
    ------
    UsageError
        If ``form`` is none of the three.
    """
    return _scale(form, trace=None).names


def mmt8(grades: npt.ArrayLike, *, trace: float | None = None) -> Score:
    """Score MMT-8 tested on one side: sum of eight grades, 0-80.

    Parameters
    ----------
    grades
        Shape (..., 8), 0-10, in the order of ``muscles("mmt8")``; NaN = not tested.
    trace
        The number agreed for a trace contraction, if it is to be allowed between 0 and 1.

    Raises
    ------
    UsageError
        If a grade is off its scale.

    Examples
    --------
    >>> mmt8([10, 9, 9, 8, 8, 10, 10, 10]).score.item()
    74.0
    """
    return _score("mmt8", grades, trace)


def mmt8_bilateral(grades: npt.ArrayLike, *, trace: float | None = None) -> Score:
    """Score MMT-8 tested on both sides: neck flexors once and seven pairs, 0-150.

    Parameters
    ----------
    grades
        Shape (..., 15), 0-10, in the order of ``muscles("mmt8_bilateral")``; NaN = not tested.
    trace
        As in ``mmt8``.
    """
    return _score("mmt8_bilateral", grades, trace)


def mmt24(grades: npt.ArrayLike, *, trace: float | None = None) -> Score:
    """Score MMT-24: axial (0-20), proximal (0-160) and distal (0-80) grades, 0-260.

    Parameters
    ----------
    grades
        Shape (..., 26), 0-10, in the order of ``muscles("mmt24")``; NaN = not tested. The regions and
        their maxima are published; the names of the single muscles are recalled and only label the
        columns.
    trace
        As in ``mmt8``.
    """
    return _score("mmt24", grades, trace)


def points_from_grades(grades: npt.ArrayLike, *, trace: float | None = None) -> FloatArray:
    """Translate grades on the 0-5 scale with signs ("4-", "3+") into points 0-10.

    Not to be confused with the points themselves: "4" is a grade worth 8 points.

    Parameters
    ----------
    grades
        Text of any shape; empty text or None = not tested. "T" is another name of grade 1.
    trace
        Points for grade 1 (trace). No source says how it enters a sum, so it has no default.

    Raises
    ------
    UsageError
        If a grade is unknown, or is a trace and ``trace`` was not given; every place is listed.

    Examples
    --------
    >>> points_from_grades(["5", "4-", "2-", ""])
    array([10.,  7.,  1., nan])
    """
    table: dict[str, float | None] = {}
    for row in defaults():
        if row.id.startswith("grade/"):
            table[row.id.removeprefix("grade/")] = trace if row.value == "trace" else row.number
    table["T"] = table["1"]
    hint = "Grade 1 (T, trace) needs the argument trace: no source gives it points."
    return read_codes("Muscle grades", table, grades, hint)


def _scale(form: str, trace: float | None) -> ItemScale:
    cards = {"mmt8": CARD_MMT8, "mmt8_bilateral": CARD_BILATERAL, "mmt24": CARD_MMT24}
    if form not in cards:
        raise UsageError(f"Found form {form!r}, expected one of {', '.join(cards)}.")
    if trace is not None and not 0 <= trace <= 1:
        raise UsageError(f"Found {trace:g} points for a trace, expected a number from 0 to 1.")
    scale = ItemScale.of(cards[form].abbreviation, defaults(), form)
    also = () if trace is None else (trace,)
    return ItemScale(scale.instrument, scale.names, scale.highs, also=also)


def _score(form: str, grades: npt.ArrayLike, trace: float | None) -> Score:
    scale = _scale(form, trace)
    return score_sum(scale, scale.read(grades))
